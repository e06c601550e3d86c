"""Identity: a task is known by its id, so titles, numbers, places and whole copies may change freely."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.conftest import Source, in_every_form
from tests.support.mortals import Mortals
from tests.support.outline import MARKER, body, stripped
from tests.support.people import Copy, Person, Place, Ran

BOTH = True


def creates(ran: Ran) -> list[str]:
    return [kind for kind in ran.kinds("tracker") if kind.startswith("create-")]


def swap(copy: Copy, one: str, other: str) -> None:
    """Let two tasks of the plan change places, numbers and all the rest stays with them."""
    first, second = copy.section(one), copy.section(other)
    copy.replace(first, "(elsewhere)")
    copy.replace(second, first)
    copy.replace("(elsewhere)", second)


@in_every_form
def test_deleted_ids_are_written_again_and_nothing_is_made_twice(copy: Copy, person: Person) -> None:
    linked, before = copy.content, person.everything()
    copy.plan.write_bytes(MARKER.sub("", linked.decode()).encode())

    ran = copy.sync()

    assert copy.content == linked
    assert ran.writes == 0
    assert person.everything() == before


def test_deleted_ids_links_and_last_line_come_back_too(copy: Copy, person: Person) -> None:
    linked, before = copy.content, person.everything()
    copy.plan.write_bytes(stripped(linked))
    assert copy.content == copy.original

    ran = copy.sync()

    assert copy.content == linked
    assert ran.writes == 0
    assert person.everything() == before


def test_ids_deleted_while_people_worked_on_both_sides_lose_no_tick(copy: Copy, person: Person) -> None:
    one, two = copy.outline.task("1.1"), copy.outline.task("2.1")
    linked = copy.content
    copy.tick(one.steps[0])
    copy.plan.write_bytes(MARKER.sub("", copy.content.decode()).encode())
    person.tick(two.title, two.steps[1])

    ran = copy.sync()

    ticks = [(f"- [ ] {step}", f"- [x] {step}") for step in (one.steps[0], two.steps[1])]
    assert body(copy.since(linked)) == ticks
    assert person.boxes(one.title)[0] == ("x", one.steps[0])
    assert creates(ran) == []
    assert copy.is_settled()


@in_every_form
def test_an_untouched_copy_in_another_folder_takes_the_same_issues_over(
    copy: Copy, person: Person, plan: Source, tracker: Place, tmp_path: Path, forks: Mortals
) -> None:
    before = person.everything()
    other = Copy.of(plan.content, tmp_path / "another", tracker, forked=forks.run)

    ran = other.push()

    assert creates(ran) == []
    assert person.everything() == before
    assert other.content == copy.content
    assert other.is_settled()


def test_two_copies_go_on_side_by_side(
    copy: Copy, person: Person, plan: Source, tracker: Place, tmp_path: Path, forks: Mortals
) -> None:
    other = Copy.of(plan.content, tmp_path / "another", tracker, forked=forks.run)
    other.push()
    here, there = copy.outline.task("1.1"), copy.outline.task("1.2")
    copy.tick(here.steps[0])
    copy.sync()
    other.tick(there.steps[0])

    other.sync()
    copy.sync()

    assert other.content == copy.content
    assert f"- [x] {here.steps[0]}" in copy.text
    assert f"- [x] {there.steps[0]}" in copy.text
    assert copy.is_settled()
    assert other.is_settled()
    assert len(person.issues()) == 13


@in_every_form
def test_renamed_in_the_plan_the_same_issue_gets_the_new_title(copy: Copy, person: Person) -> None:
    task = copy.outline.task("2.1")
    number = person.issue(task.title)["number"]
    copy.replace(f"Task 2.1: {task.title}", "Task 2.1: Something else entirely")

    ran = copy.sync()

    assert ran.kinds("tracker") == ["update-issue"]
    assert ran.own_writes == 1
    assert person.issue("Something else entirely")["number"] == number
    assert copy.is_settled()


@in_every_form
def test_renamed_on_the_tracker_the_heading_changes_and_its_number_stays(copy: Copy, person: Person) -> None:
    task = copy.outline.task("2.1")
    before = copy.content
    person.rename(task.title, "Something else entirely")

    ran = copy.sync()

    ((old, new),) = body(copy.since(before))
    assert new == old.replace(task.title, "Something else entirely")
    assert new.startswith("### Task 2.1: Something else entirely <!-- plansync:")
    assert ran.own_writes == 0
    assert copy.is_settled()


def test_a_renamed_phase_renames_its_milestone(copy: Copy, person: Person) -> None:
    phase = copy.outline.phases[1]
    copy.replace(f"## {phase}", "## Phase 2: All the rest")

    ran = copy.sync()

    assert ran.kinds("tracker") == ["update-milestone"]
    assert [m["title"] for m in person.milestones()][1] == "Phase 2: All the rest"
    assert len(person.milestones()) == 4
    assert copy.is_settled()


@in_every_form
def test_renumbering_sends_nothing_to_the_tracker(copy: Copy, person: Person) -> None:
    before = person.everything()
    text = copy.content.decode()
    for old, new in (("1.3", "1.9"), ("1.2", "1.7"), ("1.1", "1.5")):
        text = text.replace(f"Task {old}:", f"Task {new}:").replace(f": Task {old}", f": Task {new}")
        text = text.replace(f", Task {old}", f", Task {new}")
    copy.plan.write_bytes(text.encode())
    plan = copy.content

    ran = copy.sync()

    assert ran.writes == 0
    assert ran.json["operations"] == []
    assert person.everything() == before
    assert copy.content == plan


@in_every_form
def test_a_task_moved_to_another_phase_moves_to_its_milestone(copy: Copy, person: Person) -> None:
    task = copy.outline.task("1.2")
    number, section = person.issue(task.title)["number"], copy.section("1.2")
    copy.replace(f"{section}\n\n", "")
    below = copy.section("3.3")
    copy.replace(below, f"{below}\n\n{section}")
    plan = copy.content

    ran = copy.sync()

    assert ran.kinds("tracker") == ["set-milestone"]
    issue = person.issue(task.title)
    assert (issue["number"], issue["milestone"]["title"]) == (number, copy.outline.phases[2])
    assert copy.content == plan
    assert copy.is_settled()


def test_an_issue_moved_to_another_milestone_moves_its_task_whole(copy: Copy, person: Person) -> None:
    task = copy.outline.task("1.2")
    section, before = copy.section("1.2"), copy.content
    person.move(task.title, copy.outline.phases[2])

    copy.sync()

    assert copy.section("1.2") == section
    assert copy.section("3.3") + f"\n\n{section}\n" in copy.text, "to the end of that phase"
    moved = body(copy.since(before))
    assert sorted(old for old, _ in moved) == sorted(new for _, new in moved), "and nothing else changed"
    assert copy.is_settled()


@in_every_form
def test_two_tasks_that_change_places_stay_who_they_are(copy: Copy, person: Person) -> None:
    before = person.everything()
    swap(copy, "2.1", "2.3")
    plan = copy.content

    ran = copy.sync()

    assert (ran.writes, creates(ran)) == (0, [])
    assert person.everything() == before
    assert copy.content == plan
    assert copy.is_settled()


def test_two_tasks_that_exchange_their_titles_exchange_the_titles_of_their_issues(
    copy: Copy, person: Person
) -> None:
    one, two = copy.outline.task("2.1"), copy.outline.task("2.3")
    numbers = person.issue(one.title)["number"], person.issue(two.title)["number"]
    copy.replace(f"Task 2.1: {one.title}", "Task 2.1: (elsewhere)")
    copy.replace(f"Task 2.3: {two.title}", f"Task 2.3: {one.title}")
    copy.replace("Task 2.1: (elsewhere)", f"Task 2.1: {two.title}")

    ran = copy.sync()

    assert ran.kinds("tracker") == ["update-issue"] * 2
    assert (person.issue(two.title)["number"], person.issue(one.title)["number"]) == numbers
    assert copy.is_settled()


def test_renamed_moved_and_renumbered_at_once_it_is_still_the_same_issue(copy: Copy, person: Person) -> None:
    task = copy.outline.task("1.2")
    number, section = person.issue(task.title)["number"], copy.section("1.2")
    copy.replace(f"{section}\n\n", "")
    below = copy.section("4.3")
    copy.replace(below, f"{below}\n\n{section.replace(f'1.2: {task.title}', '4.4: Tables and pictures', 1)}")
    person.tick(task.title, task.steps[0])

    ran = copy.sync()

    assert creates(ran) == []
    issue = person.issue("Tables and pictures")
    assert (issue["number"], issue["milestone"]["title"]) == (number, copy.outline.phases[3])
    assert copy.section("4.4").count("- [x]") == 1
    assert copy.is_settled()


def test_a_new_task_in_the_plan_becomes_one_new_issue(copy: Copy, person: Person) -> None:
    copy.replace(
        "### Task 1.3:",
        "### Task 1.2b: Something in between\n\n- [ ] First\n- [ ] Second\n\n### Task 1.3:",
    )

    ran = copy.sync()

    assert creates(ran) == ["create-issue"]
    assert person.issue("Something in between")["number"] == 14
    assert person.boxes("Something in between") == [(" ", "First"), (" ", "Second")]
    assert len(person.issues()) == 14
    assert copy.is_settled()


def test_a_task_taken_out_of_the_plan_leaves_its_issue_alone_and_comes_back_to_it(
    copy: Copy, person: Person
) -> None:
    task, whole = copy.outline.task("4.3"), copy.content
    before = person.issue(task.title)
    copy.replace(f"{copy.section('4.3')}\n\n", "")

    copy.sync()
    assert person.issue(task.title) == before
    copy.plan.write_bytes(whole)
    ran = copy.sync()

    assert creates(ran) == []
    assert len(person.issues()) == 13
    assert copy.is_settled()


# Steps: they carry no id, and are known by what they say.


def test_a_step_reworded_in_the_plan_is_reworded_in_the_issue_and_keeps_its_tick(
    copy: Copy, person: Person
) -> None:
    task = copy.outline.task("2.1")
    old = task.steps[1]
    new = f"{old}, gently"
    copy.replace(f"- [ ] {old}\n", f"- [ ] {new}\n")
    person.tick(task.title, old)

    copy.sync()

    assert f"- [x] {new}\n" in copy.text
    assert person.boxes(task.title)[1] == ("x", new)
    assert copy.is_settled()


def test_a_step_reworded_in_an_issue_is_reworded_in_the_plan(copy: Copy, person: Person) -> None:
    task = copy.outline.task("2.1")
    old = task.steps[1]
    before = copy.content
    copy.tick(old)
    person.edit(task.title, lambda text: text.replace(old, f"{old}, gently"))

    copy.sync()

    assert body(copy.since(before)) == [(f"- [ ] {old}", f"- [x] {old}, gently")]
    assert person.boxes(task.title)[1] == ("x", f"{old}, gently")
    assert copy.is_settled()


def test_a_step_added_on_either_side_stands_in_its_place_on_both(copy: Copy, person: Person) -> None:
    task = copy.outline.task("2.1")
    first, *_, last = task.steps
    before = copy.content
    copy.replace(f"- [ ] {first}\n", f"- [ ] {first}\n- [ ] Think\n")
    person.edit(task.title, lambda text: text.replace(f"- [ ] {last}", f"- [ ] {last}\n- [x] Celebrate"))

    copy.sync()

    assert body(copy.since(before)) == [("", "- [ ] Think"), ("", "- [x] Celebrate")]
    words = [text for _, text in person.boxes(task.title)]
    assert words == [first, "Think", *task.steps[1:], "Celebrate"]
    assert copy.is_settled()


def test_a_step_removed_on_either_side_is_removed_on_both(copy: Copy, person: Person) -> None:
    task = copy.outline.task("2.1")
    first, *middle, last = task.steps
    before = copy.content
    copy.replace(f"- [ ] {first}\n", "")
    person.edit(task.title, lambda text: text.replace(f"- [ ] {last}\n", ""))

    copy.sync()

    assert body(copy.since(before)) == [(f"- [ ] {first}", ""), (f"- [ ] {last}", "")]
    assert [text for _, text in person.boxes(task.title)] == middle
    assert copy.is_settled()


def test_steps_reordered_in_the_plan_are_reordered_in_the_issue(copy: Copy, person: Person) -> None:
    task = copy.outline.task("2.1")
    first, second, *_ = task.steps
    copy.replace(f"- [ ] {first}\n- [ ] {second}\n", f"- [ ] {second}\n- [ ] {first}\n")
    person.tick(task.title, second)

    copy.sync()

    assert person.boxes(task.title)[:2] == [("x", second), (" ", first)]
    assert f"- [x] {second}\n- [ ] {first}\n" in copy.text
    assert copy.is_settled()


def test_steps_reordered_in_an_issue_are_reordered_in_the_plan(copy: Copy, person: Person) -> None:
    task = copy.outline.task("2.1")
    first, second, *_ = task.steps
    old, new = f"- [ ] {first}\n- [ ] {second}\n", f"- [ ] {second}\n- [ ] {first}\n"
    person.edit(task.title, lambda text: text.replace(old, new))

    copy.sync()

    assert new in copy.text
    assert copy.is_settled()


# Both sides at once.


def test_different_things_changed_on_both_sides_of_one_task_all_hold(copy: Copy, person: Person) -> None:
    task = copy.outline.task("2.1")
    first, second, third, *_ = task.steps
    copy.replace(f"Task 2.1: {task.title}", "Task 2.1: Renamed in the plan")
    copy.replace(f"- [ ] {first}\n", f"- [x] {first}, in the plan\n")
    person.tick(task.title, second)
    person.edit(task.title, lambda text: text.replace(third, f"{third}, in the issue"))
    person.move(task.title, copy.outline.phases[3])

    copy.sync()

    issue = person.issue("Renamed in the plan")
    assert issue["milestone"]["title"] == copy.outline.phases[3]
    boxes = [("x", f"{first}, in the plan"), ("x", second), (" ", f"{third}, in the issue")]
    assert person.boxes("Renamed in the plan")[:3] == boxes
    assert [f"- [{letter}] {text}" in copy.section("2.1") for letter, text in boxes] == [True] * 3
    assert copy.section("2.1") in copy.text[copy.text.index(f"## {copy.outline.phases[3]}") :]
    assert copy.is_settled()


def test_the_same_step_reworded_differently_is_for_a_person_to_decide_and_stays(
    copy: Copy, person: Person
) -> None:
    task = copy.outline.task("2.1")
    first, second, *_ = task.steps
    copy.replace(f"- [ ] {first}\n", f"- [ ] {first}, here\n")
    person.edit(
        task.title,
        lambda text: text.replace(first, f"{first}, there").replace(f"[ ] {second}", f"[x] {second}"),
    )

    ran = copy.sync(exits=4)

    (conflict,) = ran.json["conflicts"]
    said = (conflict["field"], conflict["base"], conflict["plan"], conflict["issue"])
    assert said == ("text", first, f"{first}, here", f"{first}, there")
    assert conflict.keys() >= {"id", "task", "field", "base", "plan", "issue", "since", "line"}
    assert copy.text.splitlines()[conflict["line"] - 1] == f"- [ ] {first}, here"
    assert f"- [x] {second}\n" in copy.text, "everything else goes on"
    assert person.boxes(task.title)[0] == (" ", f"{first}, there")

    plan, issue = copy.content, person.issue(task.title)
    again = copy.sync(exits=4)
    assert again.json["conflicts"][0]["id"] == conflict["id"]
    assert (again.writes, copy.content, person.issue(task.title)) == (0, plan, issue)
    copy.sync("--fail-on", "new")

    copy.replace(f"{first}, here", f"{first}, there")
    copy.sync()
    assert copy.is_settled()


def test_a_task_renamed_differently_on_both_sides_is_a_conflict_and_the_rest_goes_on(
    copy: Copy, person: Person
) -> None:
    task = copy.outline.task("2.1")
    copy.replace(f"Task 2.1: {task.title}", "Task 2.1: As the plan says")
    copy.tick(task.steps[0])
    person.rename(task.title, "As the issue says")

    ran = copy.sync(exits=4)

    (conflict,) = ran.json["conflicts"]
    assert (conflict["field"], conflict["plan"]) == ("title", "As the plan says")
    assert person.boxes("As the issue says")[0] == ("x", task.steps[0])
    assert "Task 2.1: As the plan says" in copy.text
    copy.sync(exits=4)

    person.rename("As the issue says", "As the plan says")
    copy.sync()
    assert copy.is_settled()


def test_done_here_and_given_up_there_is_a_conflict_and_neither_side_is_touched(
    copy: Copy, person: Person
) -> None:
    task = copy.outline.task("1.1")
    section = copy.section("1.1")
    copy.replace(section, section.replace("**Requirements**", "**Status**: Dropped  \n**Requirements**"))
    person.close(task.title)
    plan = copy.content

    ran = copy.sync(exits=4)

    assert [c["field"] for c in ran.json["conflicts"]] == ["state"]
    assert person.issue(task.title)["state_reason"] == "completed"
    assert copy.content == plan
