"""Every answer that GitHub can give: how the run ends, what it says, and that the next one makes nothing twice.

The table is in `faults.py`; a page of the documentation is made of it.
"""

from __future__ import annotations

import re

import pytest

from tests.acceptance.answers import PAGE, page
from tests.acceptance.faults import ROWS
from tests.acceptance.rows import Row
from tests.support.people import Copy, Person, Ran
from tests.support.small_server import REPO, Says, SmallServer

ISSUES = 13


@pytest.fixture
def stage(small_server: SmallServer) -> SmallServer:
    """The server of these tests misbehaves as ordered."""
    small_server.restore(small_server.empty)
    return small_server


def assert_is_told(ran: Ran, row: Row, says: str) -> None:
    assert len(ran.err) < 2_000, "no page of HTML, no traceback"
    assert re.search(says, ran.err.replace("\n", " ")), f"{row.id}: {ran}"


def assert_completes(copy: Copy, person: Person) -> None:
    """Look that one more run makes what is missing, and nothing twice."""
    copy.push()
    titles = [issue["title"] for issue in person.issues()]
    assert len(titles) == len(set(titles)) == ISSUES
    assert len(person.milestones()) == 4
    assert copy.is_settled()


def _short_waits(row: Row) -> str:
    return "5" if row.read.code == 0 else "0"


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_an_answer_to_a_read(row: Row, fresh: Copy, stage: SmallServer, person: Person) -> None:
    fresh.env["PLANSYNC_MAX_WAIT_S"] = _short_waits(row)
    stage.misbehave(row.answer, "GET", "/issues$", times=row.times)

    ran = fresh.run("push", "--yes", exits=row.read.code)

    assert_is_told(ran, row, row.read.says)
    if row.read.code:
        assert fresh.content == fresh.original
        assert stage.writes == []
    stage.behave()
    assert_completes(fresh, person)


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_an_answer_to_a_create(row: Row, fresh: Copy, stage: SmallServer, person: Person) -> None:
    fresh.env["PLANSYNC_MAX_WAIT_S"] = _short_waits(row)
    is_one = row.write.made == ISSUES - 1 or row.write.made is None
    stage.misbehave(row.answer, "POST", "/issues$", after=2, times=1 if is_one else row.times)

    ran = fresh.run("push", "--yes", exits=row.write.code)

    assert_is_told(ran, row, row.write.says)
    stage.behave()
    made = ISSUES - 1 + row.is_applied if row.write.made is None else row.write.made
    assert len(person.issues()) == made
    assert_completes(fresh, person)


@pytest.mark.parametrize(
    ("answer", "times", "says"),
    [
        (Says(404, "Not Found"), 1, "was deleted, or this token may not edit it"),
        (Says(410, "This issue was deleted"), 99, "was deleted meanwhile; nothing was written"),
        (
            Says(422, "Validation Failed", more={"errors": ["no"]}),
            1,
            r"refused \(422: Validation Failed; no\)",
        ),
        (Says(502, raw="<html>", is_applied=True), 1, "it may have been carried out all the same"),
    ],
    ids=["404", "410", "422", "502 though it was done"],
)
def test_an_answer_to_an_edit(
    answer: Says, times: int, says: str, copy: Copy, stage: SmallServer, person: Person
) -> None:
    one, two = copy.outline.task("1.2"), copy.outline.task("2.1")
    copy.tick(one.steps[0], two.steps[0])
    stage.misbehave(answer, "PATCH", "/issues/2$", times=times)

    ran = copy.run("sync", exits=5)

    assert re.search(says, ran.err)
    ticked = [person.boxes(task.title)[0][0] for task in (one, two)]
    assert ticked == ["x" if answer.is_applied else " ", "x"], "the other one went on"
    stage.behave()
    copy.sync()
    assert [person.boxes(task.title)[0][0] for task in (one, two)] == ["x", "x"]
    assert copy.is_settled()
    assert len(person.issues()) == ISSUES


def test_a_renamed_repository_is_followed_with_method_and_body(
    fresh: Copy, stage: SmallServer, person: Person
) -> None:
    stage.former = "kitchen/cookbook"
    fresh.flags = (*fresh.flags[:2], "-R", stage.former)

    ran = fresh.run("push", "--yes")

    assert f"kitchen/cookbook is called {REPO} now" in ran.out
    assert f'set repo = "{REPO}"' in ran.out
    assert len(person.issues()) == ISSUES
    fresh.tick("1.2")
    fresh.sync()
    assert person.issue(fresh.outline.task("1.2").title)["state_reason"] == "completed"
    sent = [asked.method for asked in stage.writes]
    assert sent.count("POST") == ISSUES + 4, "the new address is asked for once, before the first write"
    assert fresh.is_settled()


def test_the_page_tells_what_the_tests_play() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.acceptance.answers writes it anew"
