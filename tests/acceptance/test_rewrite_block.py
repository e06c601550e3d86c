"""`plansync resolve --how rewrite-block`: a block that is cut, doubled or gone comes back; people's text stays."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

import pytest

from tests.support.people import Copy, Person, boxes

BOTH = True

MARKS = re.compile(r"^<!-- plansync:(?:begin|end)[^\r\n]*\r?\n?", re.M)


def cut_at_the_end(text: str) -> str:
    return text.replace("<!-- plansync:end -->", "")


def cut_at_the_beginning(text: str) -> str:
    return re.sub("<!-- plansync:begin[^\n]*\n", "", text)


def doubled(text: str) -> str:
    return f"{text}\n\n{text}"


def gone(text: str) -> str:
    return "Only words now."


def way(copy: Copy) -> str:
    """Find the id by which `resolve` lists the unreadable block."""
    listed = copy.run("resolve", exits=None).out
    (line,) = [
        each for each in listed.splitlines() if "rewrite-block" in each and re.search("[0-9a-f]{8}", each)
    ]
    found = re.search("[0-9a-f]{8}", line)
    assert found
    return found[0]


@pytest.mark.parametrize("damage", [cut_at_the_end, cut_at_the_beginning, doubled, gone])
def test_a_block_is_appended_as_it_is_agreed_and_all_else_stays(
    copy: Copy, person: Person, damage: Callable[[str], str]
) -> None:
    task = copy.outline.task("2.1")
    person.tick(task.title, task.steps[0])
    copy.sync()
    person.edit(task.title, lambda text: damage(f"Mine.\n\n{text}\n\nMine too."))
    before = person.issue(task.title)["body"]
    copy.tick(task.steps[1])
    copy.sync()
    assert person.issue(task.title)["body"] == before, "unknown is not empty"
    for again in (copy.run("sync"), copy.run("diff", "--exit-code")):
        assert "edits of 1 task in the plan wait for its issue's block" in again.out
        assert "agree" not in again.out

    copy.run("resolve", way(copy), "--how", "rewrite-block")

    body = person.issue(task.title)["body"]
    assert body.startswith(MARKS.sub("", before))
    ours = body.partition("<!-- plansync:begin")[2]
    letters = ["x", "x", *(" " for _ in task.steps[2:])]
    assert boxes(ours) == list(zip(letters, task.steps, strict=True))
    assert copy.is_settled()


def test_where_the_plan_says_nothing_new_nothing_waits(copy: Copy, person: Person) -> None:
    title = copy.outline.task("2.1").title
    person.edit(title, cut_at_the_end)

    noted = copy.run("sync").out

    assert "Nothing to do: plan and tracker agree" in noted
    (command,) = re.findall(r"the ways out: plansync (.*)", noted)
    assert "rewrite-block" in copy.run(*shlex.split(command)).out


def test_the_overview_gets_its_block_back(copy: Copy, person: Person) -> None:
    title = person.overview()["title"]
    person.edit(title, lambda text: text.replace("<!-- plansync:end -->", ""))
    copy.sync()

    copy.run("resolve", way(copy), "--how", "rewrite-block")

    ours = person.overview()["body"].partition("plansync:begin")[2]
    assert boxes(ours) == [(" ", criterion) for criterion in copy.outline.criteria]
    assert copy.is_settled()


def test_a_block_that_can_be_read_is_not_written_anew(copy: Copy, person: Person) -> None:
    task = copy.outline.task("2.1")
    whole = person.issue(task.title)["body"]
    person.edit(task.title, lambda text: text.replace("<!-- plansync:end -->", ""))
    copy.sync()
    key = way(copy)
    person.edit(task.title, lambda text: whole)

    said = copy.run("resolve", key, "--how", "rewrite-block", exits=2).err

    assert f"no conflict {key} is open here" in said
    copy.sync()
    assert copy.is_settled()
