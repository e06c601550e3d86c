"""The real program against a tracker that is watched, and against one whose reads lag behind its writes."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.contract.openapi import load
from tests.support.front import Front
from tests.support.people import Copy, Person

ISSUES = 13


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    contract = load()

    def look(request: httpx.Request, answer: httpx.Response) -> None:
        contract.check_request(request)
        contract.check_response(request, answer)

    started = Front(tmp_path_factory.mktemp("front"), look)
    yield started
    started.close()


@pytest.fixture
def stage(front: Front) -> Front:
    front.restore(front.empty)
    return front


def test_a_plans_whole_life_is_in_the_words_that_github_describes(
    copy: Copy, stage: Front, person: Person
) -> None:
    first, second = copy.outline.task("1.2"), copy.outline.task("2.1")
    copy.tick(*first.steps)
    copy.sync()
    person.close(second.title)
    copy.sync()
    copy.sync()

    assert stage.found == []
    assert {method for method, _, _ in stage.asked} >= {"GET", "PATCH"}
    assert all(status < 400 for _, _, status in stage.asked), stage.asked


def test_a_first_push_is_in_the_words_that_github_describes(fresh: Copy, stage: Front) -> None:
    fresh.push()

    assert stage.found == []
    sent = [(method, path.rpartition("/")[2]) for method, path, _ in stage.asked]
    assert sent.count(("POST", "issues")) == ISSUES
    assert ("POST", "blocked_by") in sent


@pytest.mark.parametrize("lag", [1, 3, 20])
def test_reads_that_lag_behind_writes_make_nothing_twice(
    lag: int, fresh: Copy, stage: Front, person: Person
) -> None:
    stage.lag = lag
    fresh.push()
    fresh.tick("1.2")
    lagging = fresh.run("sync", exits=None)

    assert stage.stale > 0
    assert lagging.code in (0, 7), "done, or stopped before any write: the issues cannot be read yet"
    stage.restore(stage.remember())  # the replica has caught up
    fresh.sync()
    titles = [issue["title"] for issue in person.issues()]
    assert len(titles) == len(set(titles)) == ISSUES
    assert person.issue(fresh.outline.task("1.2").title)["state_reason"] == "completed"
    assert fresh.is_settled()
