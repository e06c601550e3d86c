"""What a sync remembers, reverted, restored and copied: each moment of a plan is measured by the one it belongs to."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.mortals import Mortals
from tests.support.outline import body
from tests.support.people import Copy, Person, Place, Ran
from tests.support.repository import began, cloned, git, keep

OLD = "this is the plan as it was before a later sync"


def notes(ran: Ran) -> str:
    return "\n".join(note["text"] for note in ran.json["notes"])


def work(copy: Copy, person: Person) -> list[tuple[str, str]]:
    """A day on both sides, synced: a close, a rename and a tick there, two ticks here; what it changed in the plan."""
    before = copy.content
    person.close(copy.outline.task("1.1").title)
    person.rename(copy.outline.task("3.1").title, "Renamed since")
    person.tick(copy.outline.task("3.2").title, copy.outline.task("3.2").steps[0])
    copy.tick(*copy.outline.task("2.1").steps[:2])
    copy.sync()
    return body(copy.since(before))


# ------------------------------------------------------------------ only the plan is older


@pytest.mark.parametrize("has_git", [False, True])
def test_an_old_copy_saved_over_a_newer_plan_takes_nothing_back(
    copy: Copy, person: Person, has_git: bool
) -> None:
    if has_git:
        began(copy)
    old = copy.content
    changed = work(copy, person)
    newer, before = copy.content, person.everything()
    copy.plan.write_bytes(old)

    shown = copy.run("diff", "--json")
    ran = copy.sync()

    assert OLD in notes(shown) and OLD in notes(ran)
    assert "(4 of its items differ from then)" in notes(ran)
    assert shown.kinds("tracker", "planned") == []
    assert ran.writes == 0
    assert (copy.content, person.everything()) == (newer, before)
    assert body(copy.since(old)) == changed
    assert copy.is_settled()


def test_work_done_in_an_old_copy_before_it_was_saved_is_an_edit(copy: Copy, person: Person) -> None:
    """Its bytes are none that a run saw, so its differences are the author's; the guards look at them."""
    old = copy.content
    work(copy, person)
    copy.plan.write_bytes(old)
    copy.tick(copy.outline.task("4.1").steps[0])

    ran = copy.sync()

    assert OLD not in notes(ran)
    assert person.issue(copy.outline.task("1.1").title)["state"] == "open"


def test_a_tick_taken_back_is_no_old_copy(copy: Copy, person: Person) -> None:
    """The bytes are those of before, to the letter; one item alone is rather somebody's second thought."""
    task = copy.outline.task("2.1")
    copy.tick(copy.outline.task("4.1").steps[0])
    copy.sync()
    before = copy.content
    for letter in ("x", " ", "x", " "):
        if letter == "x":
            copy.tick(task.steps[0])
        else:
            copy.untick(task.steps[0])
            assert copy.content == before
        copy.sync()
        assert person.boxes(task.title)[0][0] == letter


def test_an_old_copy_saved_a_second_time_is_meant(copy: Copy, person: Person) -> None:
    old = copy.content
    work(copy, person)
    copy.plan.write_bytes(old)
    copy.sync()
    copy.plan.write_bytes(old)

    ran = copy.sync()

    assert OLD not in notes(ran)
    assert person.boxes(copy.outline.task("2.1").title)[0][0] == " "
    assert person.issue(copy.outline.task("1.1").title)["state"] == "open"
    assert person.issue(copy.outline.task("3.1").title)
    assert copy.content.count(b"- [x]") == old.count(b"- [x]")
    assert copy.is_settled()


def test_an_edit_on_an_old_copy_that_meets_newer_news_is_asked_about(copy: Copy, person: Person) -> None:
    """An editor holds the plan as it was right before a sync, with an edit that this sync sent."""
    task, other = copy.outline.task("1.2"), copy.outline.task("3.1")
    copy.replace(f"Task 1.2: {task.title}", "Task 1.2: As it was")
    person.rename(other.title, "Renamed since")
    old = copy.content
    copy.sync()
    person.rename("As it was", "As it is now")
    copy.sync()
    copy.plan.write_bytes(old)

    ran = copy.sync(exits=4)

    assert OLD in notes(ran)
    ((conflict),) = ran.json["conflicts"]
    assert (conflict["field"], conflict["base"]) == ("title", task.title)
    assert (conflict["plan"], conflict["issue"]) == ("As it was", "As it is now")
    assert "Renamed since" in copy.text
    copy.run("resolve", conflict["id"], "--take", "issue")
    assert copy.is_settled()


def test_a_plan_alone_checked_out_older_is_known_by_gits_history(
    copy: Copy, person: Person, tmp_path: Path
) -> None:
    """In another clone, as in a CI job: the local database there knows nothing."""
    began(copy)
    old = copy.content
    changed = work(copy, person)
    keep(copy, "Sync")
    newer = copy.content
    other = cloned(copy, tmp_path / "other", "main2")
    git(other.folder, "switch", "--quiet", "main")
    git(other.folder, "checkout", "--quiet", "HEAD~1", "--", other.name)
    assert other.content == old
    before = person.everything()

    ran = other.sync()

    assert OLD in notes(ran)
    assert (ran.writes, person.everything()) == (0, before)
    assert other.content == newer
    assert body(other.since(old)) == changed
    assert other.is_settled()


def test_an_old_plan_that_was_committed_without_its_state_file_is_known_too(
    copy: Copy, person: Person, tmp_path: Path
) -> None:
    began(copy)
    old = copy.content
    work(copy, person)
    keep(copy, "Sync")
    newer = copy.content
    copy.plan.write_bytes(old)
    keep(copy, "Save an old copy")
    other = cloned(copy, tmp_path / "other", "main2")
    git(other.folder, "switch", "--quiet", "main")

    ran = other.sync()

    assert OLD in notes(ran)
    assert ran.writes == 0
    assert other.content == newer


def test_ticks_taken_back_and_synced_elsewhere_are_no_old_copy(
    copy: Copy, person: Person, tmp_path: Path
) -> None:
    """Two ticks, set and taken back, each synced and committed: in a clone plan and state file belong together."""
    began(copy)
    steps = copy.outline.task("1.2").steps[0], copy.outline.task("2.2").steps[0]
    copy.tick(*steps)
    copy.sync()
    keep(copy, "Tick")
    for step in steps:
        copy.untick(step)
        copy.sync()
    keep(copy, "Untick")
    other = cloned(copy, tmp_path / "other", "main2")
    git(other.folder, "switch", "--quiet", "main")
    before = other.content

    ran = other.sync()

    assert OLD not in notes(ran)
    assert (ran.json["operations"], other.content) == ([], before)


# ------------------------------------------------------------------ plan and base are older, or one of them


def test_plan_and_state_file_checked_out_older_are_brought_forward(copy: Copy, person: Person) -> None:
    began(copy)
    changed = work(copy, person)
    keep(copy, "Sync")
    newer, before = copy.content, person.everything()
    git(copy.folder, "checkout", "--quiet", "HEAD~1", "--", ".")
    old = copy.content
    assert old != newer

    ran = copy.sync()

    assert (ran.writes, person.everything()) == (0, before)
    assert body(copy.since(old)) == changed
    assert copy.content == newer
    assert copy.is_settled()


def test_an_edit_on_an_older_checkout_that_meets_newer_news_is_asked_about(
    copy: Copy, person: Person
) -> None:
    """A value that went there and back since is news as well: only the issue's stamp tells."""
    began(copy)
    task, quiet = copy.outline.task("2.1"), copy.outline.task("4.1")
    copy.replace(f"Task 2.1: {task.title}", "Task 2.1: In between")
    copy.sync()
    copy.replace("Task 2.1: In between", f"Task 2.1: {task.title}")
    copy.tick(task.steps[0])
    copy.sync()
    keep(copy, "Sync")
    git(copy.folder, "checkout", "--quiet", "HEAD~1", "--", ".")
    copy.replace(f"Task 2.1: {task.title}", "Task 2.1: Of an old copy")
    copy.tick(quiet.steps[0])

    ran = copy.sync(exits=4)

    ((conflict),) = ran.json["conflicts"]
    assert (conflict["field"], conflict["plan"], conflict["issue"]) == ("title", "Of an old copy", task.title)
    assert f"- [x] {task.steps[0]}\n" in copy.text, "what the old copy did not touch is brought forward"
    assert person.boxes(quiet.title)[0][0] == "x", "and what nobody else touched goes out"


def test_a_revert_of_plan_and_state_file_is_brought_forward_again(copy: Copy, person: Person) -> None:
    """As the pages say: git takes nothing back on the tracker, `plansync undo` does."""
    began(copy)
    changed = work(copy, person)
    keep(copy, "Sync")
    newer, before = copy.content, person.everything()
    git(copy.folder, "revert", "--no-edit", "HEAD", env=copy.env)
    old = copy.content
    assert old != newer

    ran = copy.sync()

    assert (ran.writes, person.everything()) == (0, before)
    assert body(copy.since(old)) == changed
    assert copy.content == newer


def test_only_the_state_file_restored_from_a_backup_costs_nothing(copy: Copy, person: Person) -> None:
    backup = copy.state.read_bytes()
    work(copy, person)
    newer, before, state = copy.content, person.everything(), copy.state.read_bytes()
    copy.state.write_bytes(backup)

    ran = copy.sync()

    assert (ran.writes, ran.json["operations"], ran.json["conflicts"]) == (0, [], [])
    assert (copy.content, person.everything()) == (newer, before)
    assert copy.state.read_bytes() == state
    assert copy.is_settled()


def test_a_state_file_restored_from_before_a_task_was_new_knows_it_by_its_block(
    copy: Copy, person: Person
) -> None:
    backup = copy.state.read_bytes()
    copy.replace("### Task 1.3:", "### Task 1.2b: Something new\n\n- [ ] Begin\n\n### Task 1.3:")
    copy.sync()
    before, plan = person.everything(), copy.content
    copy.state.write_bytes(backup)

    ran = copy.sync()

    assert ran.writes == 0
    assert (copy.content, person.everything()) == (plan, before)
    assert len(person.issues()) == 14
    copy.tick("Begin")
    copy.sync()
    assert person.issue("Something new")["state"] == "closed"


def test_a_plan_copied_without_its_state_file_reads_it_from_the_issues(
    copy: Copy, person: Person, tracker: Place, forks: Mortals, tmp_path: Path
) -> None:
    """No git: the plan went by mail. What it shares with the issues is agreed, what differs is asked about."""
    task = copy.outline.task("1.1")
    person.tick(task.title, task.steps[0])
    other = Copy.of(copy.content, tmp_path / "other", tracker, forked=forks.run)
    before = person.everything()

    ran = other.sync(exits=4)

    assert "is gone; what plan and issues share is read from the issues" in notes(ran)
    assert (other.content, person.everything()) == (copy.content, before)
    ((conflict),) = ran.json["conflicts"]
    assert (conflict["field"], conflict["plan"], conflict["issue"]) == ("tick", "open", "ticked")
    other.run("resolve", conflict["id"], "--take", "issue", exits=None)
    assert f"- [x] {task.steps[0]}\n" in other.text
    assert len(person.issues()) == 13


# ------------------------------------------------------------------ two machines


def test_two_machines_take_turns_and_each_brings_the_other_ones_work(
    copy: Copy, person: Person, tmp_path: Path
) -> None:
    other = Copy(tmp_path / "other", copy.env, copy.flags, copy.name, copy.original, copy.forked)
    shutil.copytree(copy.folder, other.folder)
    here, there = copy.outline.task("1.2"), copy.outline.task("2.2")
    copy.tick("1.2")
    other.replace(f"Task 2.2: {there.title}", "Task 2.2: From over there")

    copy.sync()
    other.sync()
    copy.sync()

    assert copy.content == other.content
    assert person.issue(here.title)["state"] == "closed"
    assert person.issue("From over there")
    assert copy.is_settled() and other.is_settled()


def test_the_same_new_task_on_two_machines_becomes_one_issue(
    copy: Copy, person: Person, tmp_path: Path
) -> None:
    other = Copy(tmp_path / "other", copy.env, copy.flags, copy.name, copy.original, copy.forked)
    shutil.copytree(copy.folder, other.folder)
    for each in (copy, other):
        each.replace("### Task 1.3:", "### Task 1.2b: Something new\n\n- [ ] Begin\n\n### Task 1.3:")
    copy.sync()
    before = person.everything()

    ran = other.sync()

    assert ran.writes == 0
    assert person.everything() == before
    assert other.content == copy.content
    assert other.is_settled()
