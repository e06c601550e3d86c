"""Every answer that GitLab can give: how the run ends, what it says, and that the next one makes nothing twice.

The table is in `gitlab_faults.py`; a page of the documentation is made of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.acceptance.gitlab_faults import ROWS
from tests.acceptance.rows import Row
from tests.support.people import Copy, Ran
from tests.support.small_gitlab import SmallGitLab
from tests.support.small_server import REPO, Says

ISSUES, PHASES = 13, 4


@pytest.fixture(scope="module")
def small_gitlab() -> Iterator[SmallGitLab]:
    started = SmallGitLab()
    yield started
    started.close()


@pytest.fixture
def stage(small_gitlab: SmallGitLab) -> SmallGitLab:
    """The server of these tests misbehaves as ordered."""
    small_gitlab.restore(small_gitlab.empty)
    return small_gitlab


def assert_is_told(ran: Ran, row: Row, says: str) -> None:
    assert len(ran.err) < 3_000, "no page of HTML, no traceback"
    assert re.search(says, ran.err.replace("\n", " ")), f"{row.id}: {ran}"


def assert_completes(copy: Copy, stage: SmallGitLab) -> None:
    """Look that one more run makes what is missing, and nothing twice."""
    copy.push()
    titles = [issue["title"] for issue in stage.records.issues]
    assert len(titles) == len(set(titles)) == ISSUES
    assert len(stage.records.milestones) == PHASES
    assert copy.is_settled()


def _short_waits(row: Row) -> str:
    return "5" if row.read.code == 0 else "0"


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_an_answer_to_a_read(row: Row, fresh: Copy, stage: SmallGitLab) -> None:
    fresh.env["PLANSYNC_MAX_WAIT_S"] = _short_waits(row)
    stage.misbehave(row.answer, "GET", "/issues$", times=row.times)

    ran = fresh.run("push", "--yes", exits=row.read.code)

    assert_is_told(ran, row, row.read.says)
    if row.read.code:
        assert fresh.content == fresh.original
        assert stage.writes == []
    stage.behave()
    assert_completes(fresh, stage)


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_an_answer_to_a_create(row: Row, fresh: Copy, stage: SmallGitLab) -> None:
    fresh.env["PLANSYNC_MAX_WAIT_S"] = _short_waits(row)
    is_one = row.write.made == ISSUES - 1 or row.write.made is None
    stage.misbehave(row.answer, "POST", "/issues$", after=2, times=1 if is_one else row.times)

    ran = fresh.run("push", "--yes", exits=row.write.code)

    assert_is_told(ran, row, row.write.says)
    stage.behave()
    made = ISSUES - 1 + row.is_applied if row.write.made is None else row.write.made
    assert len(stage.records.issues) == made
    assert_completes(fresh, stage)


@pytest.mark.parametrize(
    ("answer", "times", "says"),
    [
        (Says(404, "404 Not found"), 99, "was deleted or made confidential meanwhile; nothing was written"),
        (Says(400, more={"message": {"base": ["no"]}}), 1, r"refused \(400: base no\)"),
        (Says(502, raw="<html>", is_applied=True), 1, "it may have been carried out all the same"),
    ],
    ids=["404", "400", "502 though it was done"],
)
def test_an_answer_to_an_edit(answer: Says, times: int, says: str, copy: Copy, stage: SmallGitLab) -> None:
    one, two = copy.outline.task("1.2"), copy.outline.task("2.1")
    copy.tick(one.steps[0], two.steps[0])
    number = next(i["iid"] for i in stage.records.issues if i["title"] == one.title)
    stage.misbehave(answer, "PUT", f"/issues/{number}$", times=times)

    ran = copy.run("sync", exits=5)

    assert re.search(says, ran.err)
    assert ["[x]" in body(stage, task.title) for task in (one, two)] == [answer.is_applied, True]
    stage.behave()
    copy.sync()
    assert all("[x]" in body(stage, task.title) for task in (one, two))
    assert copy.is_settled()
    assert len(stage.records.issues) == ISSUES


def body(stage: SmallGitLab, title: str) -> str:
    return str(next(i["description"] for i in stage.records.issues if i["title"] == title))


@pytest.mark.parametrize(("below", "after"), [("time_estimate", 0), ("time_estimate", 5), ("links", 0)])
def test_a_task_whose_estimate_or_link_fails_is_completed_by_the_next_run(
    below: str, after: int, fresh: Copy, stage: SmallGitLab
) -> None:
    stage.misbehave(Says(500, "500 Internal Server Error"), "POST", f"/{below}$", after=after, times=1)

    fresh.run("push", "--yes", exits=5)
    stage.behave()

    assert_completes(fresh, stage)
    assert sum(i["time_stats"]["time_estimate"] > 0 for i in stage.records.issues) == 12


def test_without_a_licence_links_are_asked_for_once_and_stand_in_the_texts(
    fresh: Copy, stage: SmallGitLab
) -> None:
    ran = fresh.run("push", "--yes")

    assert "keeps no links between issues that block each other: GitLab does with Premium" in ran.out
    refused = [asked for asked in stage.writes if asked.path.endswith("/links")]
    assert 1 <= len(refused) <= 8, "those that were on their way when the first was refused"
    stage.asked.clear()
    fresh.sync()
    assert not any(asked.path.endswith("/links") for asked in stage.writes)
    assert fresh.is_settled()


def test_a_renamed_project_is_asked_by_its_number(fresh: Copy, stage: SmallGitLab) -> None:
    stage.is_moved = True
    fresh.flags = (*fresh.flags[:2], "-R", "kitchen/cookbook")

    ran = fresh.run("push", "--yes")

    assert f"kitchen/cookbook is called {REPO} now" in ran.out
    assert f'set repo = "{REPO}"' in ran.out
    assert len(stage.records.issues) == ISSUES
    fresh.tick("1.2")
    fresh.sync()
    (done,) = [i for i in stage.records.issues if i["title"] == fresh.outline.task("1.2").title]
    assert done["state"] == "closed"
    assert fresh.is_settled()
