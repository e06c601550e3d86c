"""Both ways: what people do on the tracker reaches the plan, what stands in the plan reaches the tracker.

The plan of these tasks has boxes and no word for a state, so a closed issue means ticked boxes, and
the last tick means a closed issue; each follows from the other once, when it happens, and never again.
"""

from __future__ import annotations

from tests.acceptance.conftest import Source, in_every_form
from tests.support.outline import Change, body, in_footer
from tests.support.people import Copy, Person

BOTH = True


def ticked(*steps: str) -> list[Change]:
    return [(f"- [ ] {step}", f"- [x] {step}") for step in steps]


def unticked(*steps: str) -> list[Change]:
    return [(new, old) for old, new in ticked(*steps)]


def footer(changes: list[Change]) -> dict[str, str]:
    """The computed lines as they are now, by their key."""
    return {
        key: value.rstrip()
        for _, line in filter(in_footer, changes)
        for key, _, value in [line.removeprefix("**").partition("**: ")]
    }


@in_every_form
def test_a_closed_issue_ticks_its_boxes_in_the_plan_and_changes_nothing_else(
    copy: Copy, person: Person, plan: Source
) -> None:
    task = copy.outline.task("1.1")
    before = copy.content
    person.close(task.title)

    ran = copy.pull()

    changed = copy.since(before)
    assert body(changed) == ticked(*task.steps)
    live = {"Implementation Status", "Last Updated"} if plan.is_live else set()
    assert footer(changed).keys() == {"Completion", *live}, "a blank to fill in is left to its author"
    assert footer(changed)["Completion"] == "8% (1/12 tasks completed)"
    assert ran.writes == 0, "a pull writes nothing to the tracker"


@in_every_form
def test_reopened_exactly_the_boxes_that_followed_from_closing_are_unticked(
    copy: Copy, person: Person, plan: Source
) -> None:
    task = copy.outline.task("1.1")
    copy.tick(task.steps[1])
    copy.sync()
    own, own_bytes = copy.text, copy.content
    person.close(task.title)
    copy.pull()
    closed = copy.content
    person.reopen(task.title)

    copy.pull()

    steps = [step for step in task.steps if step != task.steps[1]]
    assert body(copy.since(closed)) == unticked(*steps), "a tick of somebody's own stays"
    assert body(copy.since(own_bytes)) == []
    assert plan.is_live or copy.text == own
    copy.sync()
    assert copy.is_settled()


def test_closing_reopening_and_closing_again_is_followed_each_time(copy: Copy, person: Person) -> None:
    task = copy.outline.task("1.1")
    for _ in range(2):
        before = copy.content
        person.close(task.title)
        copy.sync()
        assert body(copy.since(before)) == ticked(*task.steps)
        assert person.boxes(task.title) == [("x", step) for step in task.steps]

        person.reopen(task.title)
        copy.sync()
        assert body(copy.since(before)) == []
        assert person.boxes(task.title) == [(" ", step) for step in task.steps]
    assert copy.is_settled()


@in_every_form
def test_a_box_ticked_in_an_issue_changes_one_character_of_the_plan(
    copy: Copy, person: Person, plan: Source
) -> None:
    task = copy.outline.task("2.2")
    before = copy.content
    person.tick(task.title, task.steps[2])

    ran = copy.sync()

    assert body(copy.since(before)) == ticked(task.steps[2])
    if not plan.is_live:
        pairs = zip(before, copy.content, strict=True)
        assert [(chr(old), chr(new)) for old, new in pairs if old != new] == [(" ", "x")]
    assert ran.own_writes == 0
    assert copy.is_settled()


def test_unticked_in_an_issue_it_is_unticked_in_the_plan(copy: Copy, person: Person) -> None:
    task = copy.outline.task("2.2")
    copy.tick(task.steps[2])
    copy.sync()
    before = copy.content
    person.untick(task.title, task.steps[2])

    copy.sync()

    assert body(copy.since(before)) == unticked(task.steps[2])


def test_a_box_ticked_in_the_plan_changes_one_character_of_the_issue(copy: Copy, person: Person) -> None:
    task = copy.outline.task("2.2")
    copy.sync()
    before = person.issue(task.title)
    copy.tick(task.steps[2])

    ran = copy.sync()

    after = person.issue(task.title)
    assert ran.own_writes == 1
    old, new = before["body"].splitlines(), after["body"].splitlines()
    changed = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
    assert changed[1:] == ticked(task.steps[2]), "beside the stamp of the write"
    assert changed[0][0].startswith("<!-- plansync:begin ")
    about = {"body", "body_html", "description", "task_completion_status", "task_status", "updated_at"}
    assert {k: v for k, v in before.items() if after[k] != v}.keys() <= about


@in_every_form
def test_the_last_tick_in_the_plan_closes_the_issue_and_a_person_may_hold_it_open(
    copy: Copy, person: Person
) -> None:
    task = copy.outline.task("1.2")
    copy.tick("1.2")

    copy.sync()

    issue = person.issue(task.title)
    assert (issue["state"], issue["state_reason"]) == ("closed", "completed")
    assert person.boxes(task.title) == [("x", step) for step in task.steps]

    person.reopen(task.title)
    copy.sync()
    before = copy.content
    for _ in range(2):
        ran = copy.sync()
        assert (ran.writes, ran.json["operations"]) == (0, [])
    assert person.issue(task.title)["state"] == "open"
    assert copy.content == before
    assert f"- [x] {task.steps[0]}" in copy.text, "what people ticked stays ticked"


def test_an_issue_held_open_counts_as_open_until_its_boxes_move(copy: Copy, person: Person) -> None:
    task = copy.outline.task("1.2")
    copy.tick("1.2")
    copy.sync()
    person.reopen(task.title)
    copy.sync()
    assert "**Completion**: 0% (0/12 tasks completed)" in copy.text

    copy.untick(task.steps[0])
    copy.sync()
    copy.tick(task.steps[0])
    copy.sync()

    assert person.issue(task.title)["state"] == "closed"
    assert "**Completion**: 8% (1/12 tasks completed)" in copy.text


def test_the_last_tick_in_an_issue_closes_it_and_ticks_the_plan(copy: Copy, person: Person) -> None:
    task = copy.outline.task("3.1")
    before = copy.content
    for step in task.steps:
        person.tick(task.title, step)

    copy.sync()

    assert body(copy.since(before)) == ticked(*task.steps)
    issue = person.issue(task.title)
    assert (issue["state"], issue["state_reason"]) == ("closed", "completed")
    assert copy.is_settled()


def test_a_box_opened_again_in_the_plan_reopens_the_issue(copy: Copy, person: Person) -> None:
    task = copy.outline.task("1.1")
    person.close(task.title)
    copy.sync()

    copy.untick(task.steps[3])
    copy.sync()

    assert person.issue(task.title)["state"] == "open"
    assert [letter for letter, _ in person.boxes(task.title)] == ["x", "x", "x", " "]
    assert copy.is_settled()


@in_every_form
def test_closed_as_not_planned_and_reopened_the_plan_is_as_it_was(
    copy: Copy, person: Person, plan: Source
) -> None:
    task = copy.outline.task("1.1")
    before, text = copy.content, copy.text
    person.close(task.title, "not_planned")

    copy.pull()

    assert body(copy.since(before)) == [("", "**Status**: Dropped  ")]
    lines = copy.section("1.1").splitlines()
    at = lines.index("**Status**: Dropped  ")
    assert lines[at - 1] == "" or lines[at - 1].startswith("**Issue**"), "first among the metadata"
    assert footer(copy.since(before)).get("Completion", "0% (0/11 tasks completed)") == (
        "0% (0/11 tasks completed)"
    ), "a dropped task leaves the denominator"

    person.reopen(task.title)
    copy.pull()

    assert body(copy.since(before)) == []
    assert plan.is_live or copy.text == text
    assert plan.is_live or copy.content == before


def test_closed_as_a_duplicate_is_dropped_too(copy: Copy, person: Person) -> None:
    before = copy.content
    person.close(copy.outline.task("1.3").title, "duplicate")

    copy.pull()

    assert body(copy.since(before)) == [("", "**Status**: Dropped  ")]
    copy.sync()
    assert copy.is_settled()


def test_dropped_in_the_plan_the_issue_is_closed_as_not_planned(copy: Copy, person: Person) -> None:
    task = copy.outline.task("1.3")
    section = copy.section("1.3")
    copy.replace(section, section.replace("**Requirements**", "**Status**: Dropped  \n**Requirements**"))

    copy.sync()

    issue = person.issue(task.title)
    assert (issue["state"], issue["state_reason"]) == ("closed", "not_planned")

    copy.replace("**Status**: Dropped  \n", "")
    copy.sync()

    assert person.issue(task.title)["state"] == "open"
    assert copy.is_settled()


def test_a_pull_leaves_the_tracker_alone_and_the_next_sync_gives_it_its_half(
    copy: Copy, person: Person
) -> None:
    task = copy.outline.task("1.1")
    person.close(task.title)

    pulled = copy.pull()

    assert pulled.kinds("tracker", "deferred") == ["update-issue"]
    assert pulled.json["outcome"] == "done"
    assert {letter for letter, _ in person.boxes(task.title)} == {" "}

    copy.sync()

    assert {letter for letter, _ in person.boxes(task.title)} == {"x"}
    assert copy.is_settled()


def test_a_push_leaves_a_task_with_news_alone_and_says_pull_first(copy: Copy, person: Person) -> None:
    closed, other = copy.outline.task("1.1"), copy.outline.task("2.1")
    person.close(closed.title)
    copy.tick(closed.steps[0], other.steps[0])
    before = copy.content

    ran = copy.run("push", "--yes")

    assert "pull first" in ran.out
    assert copy.content == before
    assert {letter for letter, _ in person.boxes(closed.title)} == {" "}
    assert person.boxes(other.title)[0] == ("x", other.steps[0]), "a task without news goes out"

    copy.sync()

    assert {letter for letter, _ in person.boxes(closed.title)} == {"x"}
    assert body(copy.since(before)) == ticked(*closed.steps[1:])
    assert copy.is_settled()


def test_a_criterion_is_ticked_through_the_overview_both_ways(copy: Copy, person: Person) -> None:
    here, there = copy.outline.criteria[0], copy.outline.criteria[3]
    before = copy.content
    copy.tick(here)
    person.tick(person.overview()["title"], there)

    copy.sync()

    assert body(copy.since(before)) == ticked(here, there)
    assert [letter for letter, _ in person.boxes(person.overview()["title"])] == ["x", " ", " ", "x", " "]
    assert person.overview()["state"] == "open"
    assert copy.is_settled()


def test_all_tasks_done_means_a_hundred_percent(copy: Copy, person: Person) -> None:
    for task in copy.outline.tasks:
        person.close(task.title)

    copy.sync()

    assert "**Completion**: 100% (12/12 tasks completed)" in copy.text
    assert copy.is_settled()


def test_both_ways_at_once_in_different_tasks_and_in_the_same_one(copy: Copy, person: Person) -> None:
    one, two = copy.outline.task("2.1"), copy.outline.task("2.2")
    before = copy.content
    copy.tick(one.steps[0], two.steps[0])
    person.tick(one.title, one.steps[1])
    person.tick(one.title, one.steps[0])
    person.tick(two.title, two.steps[1])

    copy.sync()

    assert body(copy.since(before)) == ticked(*one.steps[:2], *two.steps[:2])
    assert [letter for letter, _ in person.boxes(one.title)][:3] == ["x", "x", " "]
    assert [letter for letter, _ in person.boxes(two.title)][:3] == ["x", "x", " "]
    assert copy.is_settled()
