"""`--assume plan|issue`: one side is taken, once, for what differs and of which nothing is remembered."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.people import Copy, Person, Ran


@pytest.fixture
def lost(copy: Copy, person: Person) -> Copy:
    """Plan and issues differ in a title, a state, two ticks and a step's words, and the state file is gone."""
    one, two, three, four = (copy.outline.task(number) for number in ("1.1", "1.2", "2.1", "2.2"))
    copy.replace(f"Task 1.1: {one.title}", "Task 1.1: Ours")
    person.rename(one.title, "Theirs")
    person.close(two.title)
    copy.tick(three.steps[0])
    person.tick(three.title, three.steps[1])
    copy.replace(f"- [ ] {four.steps[0]}", f"- [ ] {four.steps[0]}, at home")
    person.edit(four.title, lambda body: body.replace(four.steps[0], f"{four.steps[0]}, at work"))
    copy.state.unlink()
    return copy


def tasks(copy: Copy) -> str:
    """The plan but for its computed lines, which follow the ticks in any run."""
    return copy.text.rpartition("\n---\n")[0]


def fields(ran: Ran) -> list[str]:
    return sorted(c["field"] for c in ran.json["conflicts"])


def rules(ran: Ran) -> set[str]:
    return {op["rule"] for op in ran.json["operations"]}


def ticked(boxes: list[tuple[str, str]]) -> list[str]:
    return [text for letter, text in boxes if letter == "x"]


def states(person: Person) -> dict[str, Any]:
    return {issue["title"]: issue["state"] for issue in person.tasks()}


def test_without_it_everything_unknown_waits(lost: Copy, person: Person) -> None:
    plan, before = tasks(lost), person.everything_else()

    lost.sync(exits=4)
    ran = lost.sync(exits=4)

    assert fields(ran) == ["state", "text", "tick", "tick", "title"]
    assert (tasks(lost), person.everything_else()) == (plan, before)


def test_the_issue_is_right(lost: Copy, person: Person) -> None:
    lost.sync(exits=4)
    before = person.tasks()

    ran = lost.sync("--assume", "issue")

    two, three, four = (lost.outline.task(number) for number in ("1.2", "2.1", "2.2"))
    assert "### Task 1.1: Theirs" in lost.text
    assert all(f"- [x] {step}" in lost.text for step in two.steps)
    assert f"- [ ] {three.steps[0]}" in lost.text and f"- [x] {three.steps[1]}" in lost.text
    assert f"- [ ] {four.steps[0]}, at work" in lost.text
    assert rules(ran) <= {"assumed", "computed"} and "assumed" in rules(ran)
    assert "the issue is taken as right (--assume)" in str(ran.json["notes"])
    assert [i["title"] for i in person.tasks()] == [i["title"] for i in before]
    assert states(person)[two.title] == "closed"
    assert ticked(person.boxes(three.title)) == [three.steps[1]]
    assert lost.is_settled()


def test_the_plan_is_right(lost: Copy, person: Person) -> None:
    lost.sync(exits=4)
    before = tasks(lost)

    ran = lost.sync("--assume", "plan")

    two, three, four = (lost.outline.task(number) for number in ("1.2", "2.1", "2.2"))
    assert person.issue("Ours")
    assert states(person)[two.title] == "open"
    assert ticked(person.boxes(three.title)) == [three.steps[0]]
    assert person.boxes(four.title)[0] == (" ", f"{four.steps[0]}, at home")
    assert rules(ran) <= {"assumed", "computed"} and "assumed" in rules(ran)
    assert tasks(lost) == before
    assert lost.is_settled()


def test_the_run_that_finds_the_loss_shows_what_it_would_do_and_remembers_none_of_it(
    lost: Copy, person: Person
) -> None:
    plan, before = tasks(lost), person.everything_else()

    ran = lost.sync("--assume", "issue", exits=6)

    assert fields(ran) == []
    assert ran.kinds("plan", "planned") and "assumed" in rules(ran)
    assert (tasks(lost), person.everything_else()) == (plan, before)
    assert fields(lost.sync(exits=4)) == ["state", "text", "tick", "tick", "title"], (
        "it held for that run only"
    )
    assert (tasks(lost), person.everything_else()) == (plan, before)


def test_a_conflict_of_which_the_base_is_known_stays_one(copy: Copy, person: Person) -> None:
    one, two = copy.outline.task("1.1"), copy.outline.task("1.2")
    copy.replace(f"Task 1.1: {one.title}", "Task 1.1: Ours")
    person.rename(one.title, "Theirs")
    copy.replace(f"- [ ] {two.steps[0]}\n", "")
    person.tick(two.title, two.steps[0])
    plan, before = copy.content, person.everything_else()

    ran = copy.sync("--assume", "issue", exits=4)

    assert fields(ran) == ["steps", "title"]
    assert not ran.operations
    assert (copy.content, person.everything_else()) == (plan, before)
    assert "--assume" not in str(ran.json["notes"])


def test_a_pull_takes_the_plan_and_owes_the_tracker_its_half(lost: Copy, person: Person) -> None:
    lost.sync(exits=4)
    before = person.everything()

    ran = lost.pull("--assume", "plan")

    assert ran.kinds("tracker", "deferred")
    assert person.everything() == before
    lost.sync()
    assert person.issue("Ours")
    assert lost.is_settled()


def test_a_push_leaves_alone_what_the_plan_would_have_to_take_first(lost: Copy) -> None:
    lost.sync(exits=4)
    before = lost.content

    ran = lost.push("--assume", "issue")

    assert set(ran.kinds("plan", "deferred")) >= {"rename", "tick", "edit-step"}
    assert lost.content == before
    assert fields(lost.sync(exits=4)) == ["state", "text", "tick", "tick", "title"]


def test_a_guard_still_stops_what_looks_like_a_mistake(copy: Copy, person: Person) -> None:
    titles = [copy.outline.task(number).title for number in ("1.1", "1.2", "1.3", "2.1", "2.2", "2.3")]
    for title in titles:
        person.close(title)
    copy.state.unlink()
    copy.sync(exits=4)
    before = person.everything()

    ran = copy.run("sync", "--yes", "--assume", "plan", exits=7)
    copy.sync("--assume", "plan", "--allow", "mass-change")

    assert "--allow mass-change" in ran.err
    assert [i["state"] for i in before].count("closed") == 6
    assert not [title for title in titles if person.issue(title)["state"] == "closed"]
    assert copy.is_settled()


def test_it_is_explained_in_the_log(lost: Copy) -> None:
    lost.sync(exits=4)
    ran = lost.sync("--assume", "issue")
    (operation,) = [op["id"] for op in ran.json["operations"] if op["kind"] == "rename"]

    assert "nothing was remembered of it" in lost.run("log", operation).out
