"""`plansync resolve`: what both sides changed is listed, and a person's choice reaches both."""

from __future__ import annotations

from typing import Any

import pytest

from plansync.model import Field, Uid, conflict_id
from tests.support.people import Copy, Person

BOTH = True


def conflicts(copy: Copy) -> list[Any]:
    """List what is to be decided, as a program would."""
    ran = copy.run("resolve", "--json", exits=None)
    found: list[Any] = ran.json["conflicts"]
    assert ran.code == (4 if found else 0)
    return found


def only(copy: Copy) -> Any:
    (found,) = conflicts(copy)
    return found


@pytest.fixture
def renamed(copy: Copy, person: Person) -> Copy:
    """Both sides gave one task another title."""
    task = copy.outline.task("1.1")
    copy.replace(f"Task 1.1: {task.title}", "Task 1.1: Ours")
    person.rename(task.title, "Theirs")
    copy.sync(exits=4)
    return copy


def test_nothing_to_decide_is_said(copy: Copy) -> None:
    assert "Nothing to decide." in copy.run("resolve").out
    assert conflicts(copy) == []


def test_a_conflict_is_listed_with_both_values_and_the_way_out(renamed: Copy) -> None:
    found = only(renamed)
    ran = renamed.run("resolve", exits=4)

    assert (found["field"], found["plan"], found["issue"]) == ("title", "Ours", "Theirs")
    assert found["base"] == renamed.outline.task("1.1").title
    assert found["id"] == conflict_id(Uid(found["task"]), Field.TITLE)
    assert found["line"] and found["since"] and found["ref"]
    assert f"plansync resolve {found['id']} --take plan (or issue)" in ran.out


@pytest.mark.parametrize(
    ("how", "title"),
    [(("--take", "plan"), "Ours"), (("--take", "issue"), "Theirs"), (("--value", "Both"), "Both")],
)
def test_a_title_is_decided(renamed: Copy, person: Person, how: tuple[str, ...], title: str) -> None:
    renamed.run("resolve", only(renamed)["id"], *how)

    assert f"### Task 1.1: {title}" in renamed.text
    assert person.issue(title)
    assert conflicts(renamed) == []
    assert renamed.is_settled()


def test_what_was_agreed_can_be_taken_back_on_both_sides(renamed: Copy, person: Person) -> None:
    title = renamed.outline.task("1.1").title

    renamed.run("resolve", only(renamed)["id"], "--take", "base")

    assert f"### Task 1.1: {title}" in renamed.text
    assert person.issue(title)
    assert renamed.is_settled()


def test_a_title_that_would_be_written_over_is_shown(renamed: Copy) -> None:
    decision = ("resolve", only(renamed)["id"], "--take", "plan")

    assert (
        "Task 1.1 Ours: title “Theirs” → “Ours”  as was decided\n" in renamed.run(*decision, "--dry-run").out
    )
    renamed.run(*decision)
    renamed.replace("Task 1.1: Ours", "Task 1.1: Mine")

    assert "Task 1.1 Mine: title “Ours” → “Mine”  in the plan, line " in renamed.run("diff").out


def test_a_dry_run_shows_the_decision_and_writes_nothing(renamed: Copy, person: Person) -> None:
    plan, state, before = renamed.content, renamed.state.read_bytes(), person.everything()

    ran = renamed.run("resolve", only(renamed)["id"], "--take", "plan", "--dry-run", "--json")

    assert ran.kinds("tracker", "planned") == ["update-issue"]
    assert (plan, state, before) == (renamed.content, renamed.state.read_bytes(), person.everything())


def test_only_what_was_named_is_decided_and_all_else_waits(renamed: Copy, person: Person) -> None:
    other = renamed.outline.task("2.1")
    renamed.replace(f"Task 2.1: {other.title}", "Task 2.1: Mine")
    person.rename(other.title, "Yours")
    third = renamed.outline.task("3.1")
    person.rename(third.title, "News")
    first, second = sorted(conflicts(renamed), key=lambda each: int(each["line"]))

    ran = renamed.run("resolve", second["id"], "--take", "issue", exits=4)

    assert "Task 2.1: Yours" in renamed.text
    assert third.title in renamed.text, "news of other tasks waits for a sync"
    assert [c["id"] for c in conflicts(renamed)] == [first["id"]]
    assert "deferred" in ran.out
    renamed.sync(exits=4)
    assert "News" in renamed.text


def test_all_are_decided_at_once_after_a_yes(renamed: Copy, person: Person) -> None:
    other = renamed.outline.task("2.1")
    renamed.replace(f"Task 2.1: {other.title}", "Task 2.1: Mine")
    person.rename(other.title, "Yours")

    refused = renamed.run("resolve", "--all", "--take", "issue", exits=7)
    renamed.run("resolve", "--all", "--take", "issue", "--yes")

    assert "--yes" in refused.err
    assert "Task 1.1: Theirs" in renamed.text and "Task 2.1: Yours" in renamed.text
    assert renamed.is_settled()


@pytest.mark.parametrize(("take", "state", "letter"), [("plan", "open", " "), ("issue", "closed", "x")])
def test_a_close_that_met_a_new_step_is_decided(
    copy: Copy, person: Person, take: str, state: str, letter: str
) -> None:
    """Whoever closed the issue did not know of the step; boxes are all that says the state."""
    task = copy.outline.task("1.1")
    copy.replace(f"- [ ] {task.steps[-1]}\n", f"- [ ] {task.steps[-1]}\n- [ ] And this\n")
    person.close(task.title)
    copy.sync(exits=4)
    found = only(copy)

    copy.run("resolve", found["id"], "--take", take)

    assert found["field"] == "state"
    assert person.issue(task.title)["state"] == state
    assert f"- [{letter}] And this" in copy.text
    assert f"- [{letter}] {task.steps[0]}" in copy.text
    assert copy.is_settled()


@pytest.mark.parametrize(("take", "state"), [("plan", "Dropped"), ("issue", "Done")])
def test_a_task_that_was_dropped_here_and_done_there_is_decided(
    copy: Copy, person: Person, take: str, state: str
) -> None:
    task = copy.outline.task("1.1")
    copy.push()
    heading = next(line for line in copy.text.splitlines() if line.startswith("### Task 1.1"))
    copy.replace(heading, f"{heading}\n\n**Status**: Dropped")
    person.close(task.title)
    copy.sync(exits=4)

    copy.run("resolve", only(copy)["id"], "--take", take, exits=None)

    assert conflicts(copy) == []
    assert ("**Status**: Dropped" in copy.text) is (state == "Dropped")


@pytest.mark.parametrize(("take", "is_there"), [("plan", False), ("issue", True)])
def test_a_step_removed_here_and_ticked_there_is_decided(
    copy: Copy, person: Person, take: str, is_there: bool
) -> None:
    task = copy.outline.task("1.1")
    copy.replace(f"- [ ] {task.steps[0]}\n", "")
    person.tick(task.title, task.steps[0])
    copy.sync(exits=4)

    copy.run("resolve", only(copy)["id"], "--take", take)

    assert (f"- [x] {task.steps[0]}" in copy.text) is is_there
    assert (task.steps[0] in [text for _, text in person.boxes(task.title)]) is is_there
    assert copy.is_settled()


def test_a_task_moved_to_two_phases_is_decided(copy: Copy, person: Person) -> None:
    task = copy.outline.task("1.1")
    section = copy.section("1.1")
    copy.replace(f"{section}\n\n", "")
    copy.replace(copy.section("2.1"), f"{section}\n\n{copy.section('2.1')}")
    milestones = [each["title"] for each in person.milestones()]
    person.move(task.title, milestones[2])
    copy.sync(exits=4)
    found = only(copy)

    copy.run("resolve", found["id"], "--value", milestones[2])

    assert found["field"] == "phase"
    assert person.issue(task.title)["milestone"]["title"] == milestones[2]
    assert copy.is_settled()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("00000000", "--take", "plan"), "no conflict 00000000 is open here"),
        (("--take", "plan"), "say which conflict"),
        (("00000000",), "say how"),
        (("--all", "--value", "x"), "--value is for one conflict"),
        (("00000000", "--take", "plan", "--value", "x"), "exclude each other"),
        (("one.md", "two.md"), "cannot both be the plan"),
    ],
)
def test_what_makes_no_sense_is_refused(copy: Copy, arguments: tuple[str, ...], words: str) -> None:
    before = copy.content

    ran = copy.run("resolve", *arguments, exits=2)

    assert words in ran.err
    assert copy.content == before


def test_a_value_that_the_field_cannot_have_is_refused(copy: Copy, person: Person) -> None:
    task = copy.outline.task("1.1")
    copy.replace(f"- [ ] {task.steps[-1]}\n", f"- [ ] {task.steps[-1]}\n- [ ] And this\n")
    person.close(task.title)
    copy.sync(exits=4)

    ran = copy.run("resolve", only(copy)["id"], "--value", "finished", exits=2)

    assert "it takes one of todo, done, dropped" in ran.err


def test_where_nothing_is_to_be_decided_nothing_else_is_done_either(copy: Copy) -> None:
    copy.tick(copy.outline.tasks[0].steps[0])
    before = copy.content

    ran = copy.run("resolve", "--all", "--take", "plan", "--yes", "--json")

    assert not ran.writes
    assert ran.kinds("tracker", "applied") == []
    assert copy.content == before
