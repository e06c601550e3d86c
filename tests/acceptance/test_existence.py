"""Issues and milestones that are gone: a run asks, never makes them anew by itself, and each way out is one command."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.people import Copy, Person
from tests.support.sandbox import Sandbox

BOTH = True


def decisions(copy: Copy, exits: int = 4) -> list[Any]:
    found: list[Any] = copy.run("resolve", "--json", exits=exits).json["conflicts"]
    return found


def only(copy: Copy) -> Any:
    (found,) = decisions(copy)
    return found


def drift(copy: Copy) -> Any:
    (found,) = copy.run("resolve", "--json").json["drifts"]
    return found


@pytest.fixture
def deleted(copy: Copy, person: Person, sandbox: Sandbox) -> int:
    """The number of the issue of task 1.1, which somebody deleted."""
    number = int(person.issue(copy.outline.task("1.1").title)["number"])
    sandbox.delete(number)
    return number


def test_a_deleted_issue_is_asked_about_and_nothing_is_written(
    copy: Copy, person: Person, deleted: int
) -> None:
    plan, there = copy.content, person.everything_else()

    ran = copy.sync(exits=4)

    assert ran.operations == []
    assert (plan, there) == (copy.content, person.everything_else())
    found = only(copy)
    assert (found["field"], found["base"]) == ("existence", f"issue #{deleted}")
    assert found["issue"].startswith("deleted on the tracker")
    assert found["how"] == ["recreate", "drop"]
    assert found["line"]
    told = copy.run("resolve", exits=4).out
    assert f"issue #{deleted} is {found['issue']} (line {found['line']})" in told
    assert f"plansync resolve {found['id']} --how recreate" in told


def test_a_link_to_it_is_not_owed_before_that_is_decided(copy: Copy, deleted: int) -> None:
    """No sync can write a link to an issue that is not there."""
    copy.sync(exits=4)

    told = copy.run("status").out

    assert f"Task 1.1: issue #{deleted} is gone from the tracker" in told and "Owed:" not in told


def test_it_is_told_once_as_news(copy: Copy, deleted: int) -> None:
    copy.sync("--fail-on", "new", exits=4)

    plan, state = copy.content, copy.state.read_bytes()
    copy.sync("--fail-on", "new", exits=0)
    assert (plan, state) == (copy.content, copy.state.read_bytes())


def test_all_else_goes_on_syncing(copy: Copy, person: Person, deleted: int) -> None:
    other = copy.outline.task("1.2")
    copy.tick(other.steps[0])

    copy.sync(exits=4)

    assert person.boxes(other.title)[0][0] == "x"


def test_a_new_issue_is_made_where_somebody_says_so(copy: Copy, person: Person, deleted: int) -> None:
    task = copy.outline.task("1.1")
    copy.tick(task.steps[0])

    copy.run("resolve", only(copy)["id"], "--how", "recreate")

    made = person.issue(task.title)
    assert made["number"] > deleted
    assert person.boxes(task.title)[0][0] == "x"
    assert made["milestone"]["title"] == person.issue(copy.outline.task("1.2").title)["milestone"]["title"]
    assert f"[#{made['number']}]" in copy.section("1.1") and f"[#{deleted}]" not in copy.text
    assert decisions(copy, exits=0) == []
    assert {"add-dependency"} == {*copy.sync().kinds("tracker")} - {"update-issue"}, (
        "its links went with the old one"
    )
    assert copy.is_settled()


def test_taking_the_plan_means_a_new_issue_and_taking_the_issue_a_dropped_task(
    copy: Copy, person: Person, sandbox: Sandbox, deleted: int
) -> None:
    second = copy.outline.task("2.1")
    sandbox.delete(int(person.issue(second.title)["number"]))
    first, other = sorted(decisions(copy), key=lambda each: int(each["line"]))

    copy.run("resolve", first["id"], "--take", "plan", exits=4)
    copy.run("resolve", other["id"], "--take", "issue")

    assert person.issue(copy.outline.task("1.1").title)["state"] == "open"
    assert "**Status**: Dropped" in copy.section("2.1")
    assert {"add-dependency"} == {*copy.sync().kinds("tracker")} - {"update-issue"}, (
        "its links went with the old one"
    )
    assert copy.is_settled()


def test_a_dropped_task_gets_no_issue_and_is_not_asked_about_again(
    copy: Copy, person: Person, deleted: int
) -> None:
    count = len(person.issues())

    copy.run("resolve", only(copy)["id"], "--how", "drop")

    assert "**Status**: Dropped" in copy.section("1.1")
    assert len(person.issues()) == count
    assert copy.is_settled()


def test_dropping_the_task_by_hand_settles_it_too(copy: Copy, deleted: int) -> None:
    copy.sync(exits=4)
    title = copy.outline.task("1.1").title
    line = next(each for each in copy.text.splitlines() if f"Task 1.1: {title}" in each)
    copy.replace(line, f"{line}\r\n\r\n**Status**: Dropped")

    copy.sync()

    assert decisions(copy, exits=0) == []


def test_a_way_that_is_none_here_is_refused_with_those_that_are(copy: Copy, deleted: int) -> None:
    found = only(copy)

    for how in ("restore", "close", "follow"):
        ran = copy.run("resolve", found["id"], "--how", how, exits=2)
        assert "--how recreate, drop" in ran.err
    assert "no side can be taken" in copy.run("resolve", found["id"], "--take", "base", exits=2).err


@pytest.mark.github
def test_a_transferred_issue_is_asked_about_and_may_be_made_anew(
    copy: Copy, person: Person, sandbox: Sandbox
) -> None:
    task = copy.outline.task("1.1")
    number = int(person.issue(task.title)["number"])
    sandbox.transfer(number)
    copy.sync(exits=4)
    found = only(copy)
    assert found["issue"] == "transferred to another repository"
    assert found["how"] == ["recreate", "drop"]

    refused = copy.run("resolve", found["id"], "--how", "follow", exits=2)
    copy.run("resolve", found["id"], "--how", "recreate")

    assert "a plan has one target" in refused.err
    assert person.issue(task.title)["number"] > number
    assert {"add-dependency"} == {*copy.sync().kinds("tracker")} - {"update-issue"}, (
        "its links went with the old one"
    )
    assert copy.is_settled()


def test_an_issue_that_came_back_under_another_number_is_followed(
    copy: Copy, person: Person, sandbox: Sandbox
) -> None:
    task = copy.outline.task("1.1")
    old = person.issue(task.title)
    sandbox.delete(int(old["number"]))
    new = person.write(old["title"], old["body"].replace("[ ]", "[x]", 1), labels=["plansync"])
    copy.sync(exits=4)

    copy.run("resolve", only(copy)["id"], "--how", "follow")

    assert f"[#{new}]" in copy.section("1.1")
    copy.sync()
    assert "- [x]" in copy.section("1.1")
    assert len([each for each in person.tasks() if each["title"] == task.title]) == 1
    assert copy.is_settled()


@pytest.mark.parametrize("how", ["recreate", "follow", "drop"])
def test_beside_a_copy_of_an_issue_that_is_gone_it_is_done_as_was_said(
    copy: Copy, person: Person, sandbox: Sandbox, how: str
) -> None:
    task = copy.outline.task("1.1")
    old, lines = person.issue(task.title), copy.text.count("**Dependencies**: Task 1.1")
    cloned = person.write(old["title"], old["body"], labels=["plansync"])
    sandbox.delete(int(old["number"]))
    copy.sync(exits=4)

    copy.run("resolve", only(copy)["id"], "--how", how)
    copy.sync()

    there = {each["number"]: each["state"] for each in person.tasks() if each["title"] == task.title}
    (new,) = [number for number in there if f"[#{number}]" in copy.section("1.1")]
    assert (new == cloned) is (how != "recreate")
    assert there == ({new: "open", cloned: "open"} if how != "drop" else {cloned: "closed"})
    assert copy.text.count("**Dependencies**: Task 1.1") == lines > 0
    assert copy.is_settled()


def test_making_it_anew_takes_the_one_that_bears_its_mark(
    copy: Copy, person: Person, sandbox: Sandbox
) -> None:
    """A run that died after it made the issue, and whose memory of that is lost, made it all the same."""
    task = copy.outline.task("1.1")
    old = person.issue(task.title)
    sandbox.delete(int(old["number"]))
    person.write(old["title"], re.sub(r" op=\w+", " op=0a1b2c3d", old["body"]), labels=["plansync"])

    copy.run("resolve", only(copy)["id"], "--how", "recreate")

    assert len([each for each in person.tasks() if each["title"] == task.title]) == 1
    copy.sync()
    assert copy.is_settled()


def test_a_deleted_milestone_is_one_question_and_comes_back_with_its_issues(
    copy: Copy, person: Person
) -> None:
    phase = person.issue(copy.outline.task("1.1").title)["milestone"]
    inside = [each["title"] for each in person.tasks() if each["milestone"]["number"] == phase["number"]]
    person.delete_milestone(phase["number"])

    ran = copy.sync(exits=4)
    assert (ran.json["drifts"], ran.json["notes"]) == ([], [])
    found = only(copy)
    assert (found["base"], found["issue"]) == (f"milestone #{phase['number']}", "deleted on the tracker")
    assert (
        "Phase 1: Groundwork: its milestone is deleted on the tracker (line "
        in copy.run("resolve", exits=4).out
    )
    assert "Phase 1: its milestone is gone from the tracker" in copy.run("status").out
    copy.run("resolve", found["id"], "--how", "recreate")

    again = {person.issue(title)["milestone"]["title"] for title in inside}
    assert again == {phase["title"]}
    assert copy.is_settled()


@pytest.mark.parametrize("is_open", [True, False])
def test_a_phase_is_no_more_and_no_less_done_because_an_issue_of_it_is_gone(
    copy: Copy, person: Person, sandbox: Sandbox, is_open: bool
) -> None:
    numbers = [task.number for task in copy.outline.tasks if task.number.startswith("1.")]
    for number in numbers[is_open:]:
        copy.tick(number)
    copy.sync("--allow", "mass-change")
    states = {each["title"]: each["state"] for each in person.milestones()}
    gone = [copy.outline.task(number).title for number in (numbers[:1] if is_open else numbers)]
    for title in gone:
        sandbox.delete(int(person.issue(title)["number"]))

    ran = copy.sync("--allow", "mass-change", exits=4)

    assert len(ran.json["conflicts"]) == len(gone)
    assert {each["title"]: each["state"] for each in person.milestones()} == states


@pytest.mark.parametrize("how", ["recreate", "drop"])
def test_a_task_that_comes_into_a_phase_whose_milestone_is_gone_gets_its_issue(
    copy: Copy, person: Person, how: str
) -> None:
    phase = person.issue(copy.outline.task("1.1").title)["milestone"]
    moved, one = copy.outline.task("2.1").title, copy.outline.task("1.1").title
    person.delete_milestone(phase["number"])
    section = copy.section("2.1")
    copy.replace(section, "")
    copy.replace(
        f"### Task 1.1: {one}", f"### Task 1.0: Quite new\n\n- [ ] Begin\n\n{section}\n\n### Task 1.1: {one}"
    )

    ran = copy.sync(exits=4)
    assert ran.json["outcome"] == "conflicts"
    assert person.issue("Quite new")["milestone"] is person.issue(moved)["milestone"] is None
    copy.run("resolve", only(copy)["id"], "--how", how)

    found = [person.issue(title)["milestone"] for title in ("Quite new", moved, one)]
    assert [each and each["title"] for each in found] == [phase["title"] if how == "recreate" else None] * 3
    assert copy.is_settled()


def test_a_phase_can_do_without_its_milestone(copy: Copy, person: Person) -> None:
    phase = person.issue(copy.outline.task("1.1").title)["milestone"]
    person.delete_milestone(phase["number"])

    copy.run("resolve", only(copy)["id"], "--how", "drop")

    assert decisions(copy, exits=0) == []
    assert copy.is_settled()


def test_a_deleted_overview_is_made_anew_or_done_without(
    copy: Copy, person: Person, sandbox: Sandbox
) -> None:
    old = person.overview()
    sandbox.delete(int(old["number"]))

    copy.run("resolve", only(copy)["id"], "--how", "recreate")
    new = person.overview()
    sandbox.delete(int(new["number"]))
    copy.run("resolve", only(copy)["id"], "--how", "drop")

    assert new["title"] == old["title"] and new["number"] > old["number"]
    assert not [each for each in person.issues() if "kind=overview" in (each["body"] or "")]
    assert copy.is_settled()


def test_an_issue_out_of_its_milestone_is_noted_once_and_left(copy: Copy, person: Person) -> None:
    title = copy.outline.task("1.1").title
    person._patch(title, milestone=None)

    first, second = copy.sync(), copy.sync()

    text = first.json["notes"][0]["text"]
    assert "in no milestone of this plan" in text
    assert text.endswith(f"; the ways out: plansync resolve {copy.name}")
    assert second.json["notes"] == []
    assert person.issue(title)["milestone"] is None
    assert drift(copy)["how"] == ["restore", "accept"]
    assert copy.is_settled()


def test_it_is_put_back_where_somebody_says_so(copy: Copy, person: Person) -> None:
    title = copy.outline.task("1.1").title
    phase = person.issue(title)["milestone"]["title"]
    person._patch(title, milestone=None)

    copy.run("resolve", drift(copy)["id"], "--how", "restore")

    assert person.issue(title)["milestone"]["title"] == phase
    assert copy.run("resolve", "--json").json["drifts"] == []
    assert copy.is_settled()


def test_it_is_accepted_and_told_again_only_when_it_happens_again(copy: Copy, person: Person) -> None:
    title = copy.outline.task("1.1").title
    phase = person.issue(title)["milestone"]["title"]
    person._patch(title, milestone=None)

    copy.run("resolve", drift(copy)["id"], "--how", "accept")
    assert "Nothing to decide." in copy.run("resolve").out
    assert copy.is_settled()

    person.move(title, phase)
    copy.sync()
    person._patch(title, milestone=None)
    assert "in no milestone of this plan" in copy.sync().out


def test_a_task_that_was_put_elsewhere_moves_with_its_phase_after_it_is_put_back(
    copy: Copy, person: Person
) -> None:
    other = person.add_milestone("Somebody's")
    title = copy.outline.task("1.1").title
    person._patch(title, milestone=other)
    copy.sync()

    copy.run("resolve", drift(copy)["id"], "--how", "restore")

    assert person.issue(title)["milestone"]["title"] != "Somebody's"
    assert copy.is_settled()


def test_a_reason_that_differs_is_put_right_by_reopening_and_closing(copy: Copy, person: Person) -> None:
    title = copy.outline.task("1.1").title
    person.close(title)
    copy.sync()
    line = next(each for each in copy.text.splitlines() if f"Task 1.1: {title}" in each)
    copy.replace(line, f"{line}\r\n\r\n**Status**: Dropped")
    assert "only the reason differs" in copy.sync().out
    found = drift(copy)
    assert (found["field"], found["how"]) == ("reason", ["fix-reason", "accept"])

    ran = copy.run("resolve", found["id"], "--how", "fix-reason", "--json")

    assert ran.kinds("tracker") == ["reopen-issue", "close-issue"]
    assert person.issue(title)["state_reason"] == "not_planned"
    assert copy.run("resolve", "--json").json["drifts"] == []
    assert copy.is_settled()
