"""What people do to the shape of a plan and of its issues: phases and milestones, places, names, marks."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from tests.support.outline import FOOTER, body
from tests.support.people import Copy, Person, Ran
from tests.support.repository import began

BOTH = True


def notes(ran: Ran) -> str:
    return "\n".join(note["text"] for note in ran.json["notes"])


def is_quiet(copy: Copy, person: Person, *arguments: str) -> Ran:
    """Run a sync in which nothing may be written but what the overview tells of it; give what it said."""
    plan, before = copy.content, person.everything_else()
    ran = copy.sync(*arguments)
    assert ran.operations == []
    assert (ran.own_writes, copy.content, person.everything_else()) == (0, plan, before)
    return ran


def milestone(person: Person, title: str) -> Any:
    (found,) = [each for each in person.milestones() if each["title"] == title]
    return found


# ------------------------------------------------------------------ an issue's milestone


@pytest.mark.parametrize("where", ["none", "foreign"])
def test_an_issue_taken_out_of_its_milestone_is_left_where_somebody_put_it(
    copy: Copy, person: Person, where: str
) -> None:
    task = copy.outline.task("2.1")
    number = None
    if where == "foreign":
        number = person.add_milestone("Somebody's own")
    issue = person.issue(task.title)["number"]
    person.change(issue, milestone=number)

    ran = is_quiet(copy, person)

    assert f"#{issue} is in no milestone of this plan; it is left there" in notes(ran)
    copy.tick(task.steps[0])
    person.rename(task.title, "Elsewhere")
    copy.sync()
    found = person.issue("Elsewhere")
    assert (found["milestone"] or {}).get("number") == number
    assert person.boxes("Elsewhere")[0] == ("x", task.steps[0]), "everything else goes on"
    assert "### Task 2.1: Elsewhere <!--" in copy.text
    person.move("Elsewhere", copy.outline.phases[1])
    assert "is in no milestone" not in notes(is_quiet(copy, person))


def test_a_task_moved_to_the_same_phase_on_both_sides_is_agreed(copy: Copy, person: Person) -> None:
    task = copy.outline.task("1.2")
    section = copy.section("1.2")
    copy.replace(f"{section}\n\n", "")
    below = copy.section("3.3")
    copy.replace(below, f"{below}\n\n{section}")
    person.move(task.title, copy.outline.phases[2])

    is_quiet(copy, person)


# ------------------------------------------------------------------ a task taken out


def test_a_task_taken_out_of_the_plan_is_listed_and_its_ticks_come_back_with_it(
    copy: Copy, person: Person
) -> None:
    task, whole = copy.outline.task("4.3"), copy.content
    number = person.issue(task.title)["number"]
    copy.replace(f"{copy.section('4.3')}\n\n", "")
    assert copy.sync().kinds("plan") == ["update-summary"]
    text = f"1 task is no longer in the plan and its issue stays open (#{number})"
    for _ in range(2):
        assert text in notes(is_quiet(copy, person))
    assert text in notes(copy.run("diff", "--json"))
    person.tick(task.title, task.steps[0])
    assert text in notes(is_quiet(copy, person))
    assert person.issue(task.title)["state"] == "open"

    copy.plan.write_bytes(whole)
    ran = copy.sync()

    assert ran.own_writes == 0
    assert body(copy.since(whole)) == [(f"- [ ] {task.steps[0]}", f"- [x] {task.steps[0]}")]
    assert copy.is_settled()


# ------------------------------------------------------------------ footer, path, copies


def test_a_plan_that_lost_its_last_line_gets_it_again_from_the_state_file(copy: Copy, person: Person) -> None:
    linked, before = copy.content, person.everything()
    copy.plan.write_bytes(re.sub(rb"\r?\n" + FOOTER.pattern.encode(), b"", linked))
    assert copy.content != linked

    ran = copy.sync()

    assert copy.content == linked
    assert ran.kinds("plan") == ["set-marker"]
    assert (ran.writes, person.everything()) == (0, before)


def test_a_plan_that_is_gone_changes_nothing_and_is_listed(copy: Copy, person: Person) -> None:
    began(copy)
    before, state = person.everything(), copy.state.read_bytes()
    away = copy.plan.rename(copy.folder.parent / "away.md")
    other = replace(copy, name="other.md")
    other.plan.write_bytes(copy.original.replace(b"# Implementation Plan: ", b"# Implementation Plan: Not "))

    assert "there is no such file" in copy.run("sync", "--yes", copy.name, exits=1).err
    assert person.everything() == before
    assert copy.state.read_bytes() == state
    assert copy.name in other.run("status", other.name, "--json").json["gone"]
    away.rename(copy.plan)
    other.plan.unlink()
    assert copy.is_settled()


def test_an_id_that_stands_on_two_tasks_is_found_by_check_and_guessed_by_nobody(
    copy: Copy, person: Person
) -> None:
    before = person.everything_else()
    one, two, whole = copy.section("1.1"), copy.outline.task("1.2"), copy.content
    marker = re.search(r"<!-- plansync:\w{7} -->", one)
    own = re.search(r"### Task 1\.2: .*?(<!-- plansync:\w{7} -->)", copy.text)
    assert marker and own
    copy.replace(own[1], marker[0])
    plan = copy.content

    checked = copy.run("check", "--json", copy.name, exits=None)
    ran = copy.sync()

    uid = marker[0][len("<!-- plansync:") : -len(" -->")]
    assert uid in checked.out
    lines = [n for n, line in enumerate(copy.text.splitlines(), 1) if uid in line]
    assert len(lines) == 2
    for line in lines:
        assert f"line {line}: the marker {uid} stands on two items; neither is synced" in notes(ran)
    assert body(copy.since(plan)) == []
    assert person.everything_else() == before
    copy.tick(two.steps[0])
    copy.sync()
    assert person.everything_else() == before
    copy.plan.write_bytes(whole)
    assert copy.sync().own_writes == 0
    assert copy.is_settled()


# ------------------------------------------------------------------ phases and milestones


def test_a_milestone_renamed_on_the_tracker_renames_the_heading(copy: Copy, person: Person) -> None:
    phase, before = copy.outline.phases[1], copy.content
    person.change_milestone(milestone(person, phase)["number"], title="Phase 2: Reading aloud")

    ran = copy.sync()

    ((old, new),) = body(copy.since(before))
    assert new == old.replace(phase, "Phase 2: Reading aloud")
    assert new.startswith("## Phase 2: Reading aloud <!-- plansync:")
    assert ran.own_writes == 0
    assert copy.is_settled()


def test_a_phase_renamed_differently_on_both_sides_is_a_conflict(copy: Copy, person: Person) -> None:
    phase = copy.outline.phases[1]
    copy.replace(f"## {phase}", "## Phase 2: As the plan says")
    copy.tick(copy.outline.task("2.1").steps[0])
    number = milestone(person, phase)["number"]
    person.change_milestone(number, title="Phase 2: As the milestone says")

    ran = copy.sync(exits=4)

    ((conflict),) = ran.json["conflicts"]
    assert (conflict["field"], conflict["base"]) == ("title", phase)
    assert (conflict["plan"], conflict["issue"]) == (
        "Phase 2: As the plan says",
        "Phase 2: As the milestone says",
    )
    assert person.boxes(copy.outline.task("2.1").title)[0][0] == "x", "its tasks go on"
    assert milestone(person, "Phase 2: As the milestone says")["number"] == number
    copy.run("resolve", conflict["id"], "--take", "plan")
    assert milestone(person, "Phase 2: As the plan says")["number"] == number
    assert copy.is_settled()


def test_a_phase_renamed_to_a_title_that_is_taken_gets_the_plans_name_behind_it(
    copy: Copy, person: Person
) -> None:
    person.add_milestone("Phase 2: Taken")
    title = copy.text.splitlines()[0].removeprefix("# ")
    copy.replace(f"## {copy.outline.phases[1]}", "## Phase 2: Taken")

    ran = copy.sync()

    assert ran.kinds("tracker") == ["update-milestone"]
    assert f"Phase 2: Taken ({title})" in [m["title"] for m in person.milestones()]
    inside = [each for each in person.tasks() if each["milestone"]["title"] == "Phase 2: Taken"]
    assert inside == [], "nobody's own milestone is taken over"
    assert "## Phase 2: Taken <!--" in copy.text
    assert copy.is_settled()


def test_a_phase_taken_out_of_the_plan_keeps_its_milestone_and_its_issues(copy: Copy, person: Person) -> None:
    whole, before = copy.content, person.everything_else()
    start, end = (whole.index(f"## {copy.outline.phases[n]} ".encode()) for n in (1, 2))
    copy.plan.write_bytes(whole[:start] + whole[end:])
    assert copy.sync().kinds("plan") == ["update-summary"]

    ran = is_quiet(copy, person)

    assert "3 tasks are no longer in the plan and their issues stay open" in notes(ran)
    assert person.everything_else() == before
    copy.plan.write_bytes(whole)
    assert copy.sync().own_writes == 0
    assert person.everything_else() == before
    assert copy.is_settled()


def test_a_milestone_closed_or_reopened_on_the_tracker_changes_no_task(copy: Copy, person: Person) -> None:
    number = milestone(person, copy.outline.phases[1])["number"]
    for state in ("closed", "open"):
        person.change_milestone(number, state=state)

        is_quiet(copy, person)

        assert milestone(person, copy.outline.phases[1])["state"] == state


def test_somebody_elses_issue_in_a_milestone_of_the_plan_is_left_alone(copy: Copy, person: Person) -> None:
    person.write("Of my own", "- [ ] mine", copy.outline.phases[0])

    is_quiet(copy, person)

    assert "Of my own" not in copy.text


# ------------------------------------------------------------------ marks and texts on the tracker


def test_the_discovery_label_taken_off_an_issue_is_not_put_back(copy: Copy, person: Person) -> None:
    task = copy.outline.task("2.1")
    person.unlabel(task.title, "plansync")

    is_quiet(copy, person)

    copy.tick(task.steps[0])
    copy.sync()
    assert person.boxes(task.title)[0][0] == "x"
    assert person.issue(task.title)["labels"] == []
    (copy.folder / ".plansync" / "local" / "plansync.db").unlink()
    assert copy.sync().writes == 0, "nor is another issue made where the cache of records is lost"
    assert len(person.issues()) == 13


def test_what_people_write_around_our_block_stays_byte_for_byte(copy: Copy, person: Person) -> None:
    task = copy.outline.task("2.1")
    above, below = "A word before.  \n\n- [ ] my own box\n\n", "\n\n## Talk\n\n- [x] agreed\n\ttabbed  \n"
    person.edit(task.title, lambda text: f"{above}{text}{below}")
    written = person.issue(task.title)["body"]

    is_quiet(copy, person)

    copy.tick(task.steps[0])
    copy.replace(f"Task 2.1: {task.title}", "Task 2.1: Renamed")
    copy.sync()
    now = person.issue("Renamed")["body"]
    begin, end = "<!-- plansync:begin", "<!-- plansync:end -->"
    assert now.partition(begin)[0] == written.partition(begin)[0]
    assert now.partition(end)[2] == written.partition(end)[2]
    assert now.count(f"- [x] {task.steps[0]}") == 1
    assert "my own box" not in copy.text and "agreed" not in copy.text


def cut_off(text: str) -> str:
    return text.replace("<!-- plansync:end -->", "")


def doubled(text: str) -> str:
    return f"{text}\n\n{text}"


def edited(text: str) -> str:
    return text.replace("kind=task", "kind=tusk")


def emptied(text: str) -> str:
    return "Nothing of it is needed any more."


@pytest.mark.parametrize("harm", [cut_off, doubled, edited, emptied])
def test_a_block_that_cannot_be_read_is_unknown_and_not_empty(copy: Copy, person: Person, harm: Any) -> None:
    """Steps and text wait; title, milestone and state go on by the number that is remembered."""
    task = copy.outline.task("2.1")
    number, plan = person.issue(task.title)["number"], copy.content
    person.edit(task.title, harm)
    damaged = person.issue(task.title)["body"]

    ran = is_quiet(copy, person)

    said = (
        f"#{number}: our block in its text is cut, doubled or gone; its steps and text wait until it is back"
    )
    assert said in notes(ran)
    copy.tick(task.steps[0])
    person.rename(task.title, "Renamed there")
    copy.sync()
    assert body(copy.since(plan))[0][1].startswith("### Task 2.1: Renamed there <!--")
    assert person.issue("Renamed there")["body"] == damaged
    person.close("Renamed there", "not_planned")
    copy.sync()
    assert "**Status**: Dropped" in copy.section("2.1")
    assert f"- [x] {task.steps[0]}\n" in copy.text, "nothing is unticked or removed because it cannot be seen"
    assert len(person.issues()) == 13


def test_a_block_that_is_mended_goes_on_from_where_it_was(copy: Copy, person: Person) -> None:
    task = copy.outline.task("2.1")
    whole = person.issue(task.title)["body"]
    person.edit(task.title, cut_off)
    copy.tick(task.steps[0])
    copy.sync()
    person.edit(task.title, lambda _: whole.replace("\r\n", "\n"))

    copy.sync()

    assert person.boxes(task.title)[0] == ("x", task.steps[0])
    assert copy.is_settled()


def test_a_block_copied_into_another_issue_is_reported_and_ignored(copy: Copy, person: Person) -> None:
    task = copy.outline.task("2.1")
    issue = person.issue(task.title)
    text = issue["body"].replace("- [ ]", "- [x]")
    person.write("A copy of it", text)

    ran = is_quiet(copy, person)

    said = f"#14 bears the same marker as #{issue['number']}; it is ignored as a copy"
    assert said in notes(ran)
    person.close("A copy of it")
    assert said in notes(is_quiet(copy, person))
    copy.tick(task.steps[0])
    copy.sync()
    assert person.issue("A copy of it")["body"] == text
    assert person.boxes(task.title)[0][0] == "x"


def test_issues_of_this_plan_that_another_copy_made_are_told_and_left_alone(
    copy: Copy, person: Person
) -> None:
    """This copy is older: the task that the issue belongs to was never in it."""
    older, state = copy.content, copy.state.read_bytes()
    copy.replace("### Task 1.3:", "### Task 1.2b: Something new\n\n- [ ] Begin\n\n### Task 1.3:")
    copy.sync()
    before = person.everything_else()
    copy.plan.write_bytes(older)
    copy.state.write_bytes(state)

    ran = is_quiet(copy, person)

    assert (
        "#14 belongs to a task that this copy of the plan has never held; nothing is done about it"
        in notes(ran)
    )
    assert person.everything_else() == before
