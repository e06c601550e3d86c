"""The history: what each run did and why, and setting a run back without losing what people did since."""

from __future__ import annotations

import re
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from tests.support.mortals import KILLED, Mortals
from tests.support.outline import Outline, body
from tests.support.people import Copy, Issue, Person, Ran

BOTH = True

LIVE = pytest.mark.parametrize("plan", ["example", "example-crlf"], indirect=True)


def log(copy: Copy, *which: str) -> Any:
    return copy.run("log", *which, "--json").json


def last(copy: Copy) -> str:
    """The id of the last run that wrote something."""
    return str(log(copy)["runs"][0]["id"])


def undo(copy: Copy, run: str, *more: str, exits: int = 0) -> Ran:
    return copy.run("undo", run, "--yes", "--json", *more, exits=exits)


def look(person: Person) -> list[Issue]:
    """What one sees of every issue, without when it was written."""
    shown = ("number", "title", "state", "state_reason")
    return [
        {name: each[name] for name in shown}
        | {"boxes": person.boxes(each["title"]), "milestone": (each["milestone"] or {}).get("title")}
        for each in person.issues()
    ]


# ------------------------------------------------------------------------ log


@pytest.mark.github
def test_runs_are_listed_newest_first_with_what_they_did(copy: Copy) -> None:
    copy.tick("1.1")
    ran = copy.sync()

    newest, first = log(copy)["runs"]

    assert (newest["id"], newest["command"], newest["outcome"]) == (ran.json["run"], "sync", "done")
    assert newest["tracker"] == len(ran.kinds("tracker")) + 1, "the overview follows"
    assert newest["plan"] == len(ran.kinds("plan"))
    assert (first["command"], first["tracker"]) == ("push", 17 + 14)
    text = copy.run("log").out.splitlines()
    assert re.match(r"[0-9a-f]{8}  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC  ", text[0])
    assert (
        text[0].startswith(newest["id"]) and "done (3 changes on the tracker, 1 edit in the plan)" in text[0]
    )


def test_each_operation_of_a_run_is_found_by_the_id_that_the_run_told(copy: Copy, person: Person) -> None:
    person.close(copy.outline.task("1.1").title)
    copy.tick("2.1")
    ran = copy.sync()

    told = {op["id"]: op for op in ran.json["operations"]}
    kept = {op["id"]: op for op in log(copy, ran.json["run"])["operations"]}

    assert kept.keys() == told.keys()
    for name, op in told.items():
        (single,) = log(copy, name)["operations"]
        for key in ("id", "side", "kind", "task", "label", "ref"):
            assert single[key] == kept[name][key] == op[key]


def test_a_rule_is_told_in_words_with_the_values_of_that_time(copy: Copy) -> None:
    task = copy.outline.task("1.1")
    copy.tick("1.1")
    ran = copy.sync()
    (close,) = (op for op in ran.json["operations"] if op["kind"] == "close-issue")
    copy.untick("1.1")
    copy.sync()

    text = copy.run("log", close["id"]).out
    (change,) = log(copy, close["id"])["operations"][0]["changes"]

    assert "the last open step was ticked, so the task is done (R2)" in text
    assert task.title in text and f"to #{close['ref']}" in text
    assert "state: “todo” → “done”" in text
    assert (change["base"], change["issue"], change["rule"]) == ("todo", "todo", "R2")


def test_the_log_needs_no_tracker_and_no_token(copy: Copy) -> None:
    copy.env.pop("PLANSYNC_TOKEN")
    copy.flags = ()

    assert [run["command"] for run in log(copy)["runs"]] == ["push"]


def test_a_quiet_run_is_no_run_to_remember(copy: Copy) -> None:
    copy.sync()
    copy.run("sync", "--dry-run")

    assert [run["command"] for run in log(copy)["runs"]] == ["push"]


def test_an_id_that_nobody_knows_is_said(copy: Copy) -> None:
    assert "not in the history" in copy.run("log", "00000000", exits=2).err
    assert "plansync log" in copy.run("undo", "00000000", exits=2).err
    assert (
        "No run has written anything here yet"
        in Copy.of(copy.original, copy.folder.parent / "new" / "work", forked=copy.forked).run("log").out
    )


def test_texts_that_a_run_replaced_come_back_as_they_were(copy: Copy, person: Person) -> None:
    task = copy.outline.task("1.1")
    person.edit(task.title, lambda text: f"Words of mine: ünïcödé\n\n{text}")
    person.tick(task.title, task.steps[1])
    copy.tick(task.steps[0])
    plan, issue = copy.content, person.issue(task.title)["body"]

    ran = copy.sync()

    (update,) = (op["id"] for op in ran.operations if op["kind"] == "update-issue")
    before = copy.run("log", ran.json["run"], "--before").out.encode()
    assert before.replace(b"\r\n", b"\n") == plan.replace(b"\r\n", b"\n")
    assert copy.run("log", update, "--before").out.replace("\r\n", "\n") == issue.replace("\r\n", "\n")
    assert log(copy, update)["operations"][0]["before"] == {"body": issue}


def test_the_history_is_for_its_owner_alone(copy: Copy) -> None:
    local = copy.folder / ".plansync" / "local"

    assert stat.S_IMODE(local.stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in local.glob("plansync.db*")} == {0o600}


def test_a_run_of_an_earlier_version_is_listed_and_not_undone(copy: Copy) -> None:
    copy.tick("1.1")
    run = copy.sync().json["run"]
    with closing(sqlite3.connect(copy.folder / ".plansync" / "local" / "plansync.db")) as db, db:
        db.execute("UPDATE journal SET intent = json_remove(intent, '$.told')")

    assert run in copy.run("log").out
    assert "update issue" in copy.run("log", run).out
    assert "kept too little" in copy.run("undo", run, exits=2).err


# ----------------------------------------------------------------------- undo

Work = Callable[[Outline, Copy, Person], None]


def closed(plan: Outline, copy: Copy, person: Person) -> None:
    person.close(plan.task("1.1").title)


def dropped(plan: Outline, copy: Copy, person: Person) -> None:
    person.close(plan.task("1.2").title, "not_planned")


def renamed(plan: Outline, copy: Copy, person: Person) -> None:
    person.rename(plan.task("1.2").title, "Named on the tracker")


def moved(plan: Outline, copy: Copy, person: Person) -> None:
    person.move(plan.task("2.1").title, plan.phases[2])


def ticked(plan: Outline, copy: Copy, person: Person) -> None:
    person.tick(plan.task("1.1").title, plan.task("1.1").steps[2])


def reworded(plan: Outline, copy: Copy, person: Person) -> None:
    step = plan.task("2.2").steps[1]
    person.edit(plan.task("2.2").title, lambda text: text.replace(step, f"{step}, by hand"))


def added(plan: Outline, copy: Copy, person: Person) -> None:
    step = plan.task("3.1").steps[0]
    person.edit(plan.task("3.1").title, lambda text: text.replace(step, f"{step}\n- [ ] Brand new here"))


def removed(plan: Outline, copy: Copy, person: Person) -> None:
    step = plan.task("3.2").steps[1]
    person.edit(plan.task("3.2").title, lambda text: text.replace(f"- [ ] {step}\n", ""))


def turned(plan: Outline, copy: Copy, person: Person) -> None:
    one, two, *_ = (f"- [ ] {step}" for step in plan.task("3.3").steps)
    person.edit(plan.task("3.3").title, lambda text: text.replace(f"{one}\n{two}", f"{two}\n{one}"))


def everything(plan: Outline, copy: Copy, person: Person) -> None:
    for work in (closed, dropped, renamed, moved, reworded, added, removed, turned):
        work(plan, copy, person)


WORKS = (closed, dropped, renamed, moved, ticked, reworded, added, removed, turned, everything)


@LIVE
@pytest.mark.parametrize("work", WORKS)
def test_a_pull_undone_gives_the_former_bytes_and_both_sides_agree(
    copy: Copy, person: Person, work: Work
) -> None:
    plan, issues = copy.content, look(person)
    work(copy.outline, copy, person)
    copy.pull()
    assert body(copy.since(plan))

    undo(copy, last(copy))

    assert copy.content == plan
    assert without_reasons(look(person)) == without_reasons(issues)
    assert copy.is_settled()


def without_reasons(issues: list[Issue]) -> list[Issue]:
    """An issue that was reopened says so; one that never was closed does not."""
    return [{k: v for k, v in each.items() if k != "state_reason"} for each in issues]


@LIVE
@pytest.mark.parametrize("work", [closed, everything])
def test_an_undo_can_be_undone(copy: Copy, person: Person, work: Work) -> None:
    work(copy.outline, copy, person)
    copy.sync()
    plan, issues = copy.content, look(person)
    undo(copy, last(copy))
    assert copy.content != plan

    undo(copy, last(copy))

    assert copy.content == plan
    assert look(person) == issues
    assert copy.is_settled()


def test_a_push_undone_takes_its_changes_back_on_both_sides(copy: Copy, person: Person) -> None:
    issues, plan = look(person), copy.content
    first, second = copy.outline.task("1.1"), copy.outline.task("1.2")
    copy.tick("1.1")
    copy.replace(f"Task 1.2: {second.title}", "Task 1.2: Another title")
    copy.replace(f"- [ ] {second.steps[0]}\n", f"- [ ] {second.steps[0]}\n- [ ] Another step\n")
    copy.push()
    assert person.issue(first.title)["state"] == "closed"

    undo(copy, last(copy))

    assert without_reasons(look(person)) == without_reasons(issues)
    assert body(copy.since(plan)) == []
    copy.sync()
    assert copy.is_settled()


def test_what_flows_only_to_the_tracker_is_taken_back_there(copy: Copy, person: Person) -> None:
    task = copy.outline.task("1.1")
    was = person.issue(task.title)["body"]
    copy.replace("Consent of the people who lend their pages", "A signed letter")
    copy.push()
    assert "A signed letter" in person.issue(task.title)["body"]

    undo(copy, last(copy))

    assert "Consent of the people" in person.issue(task.title)["body"]
    assert was.partition("\n")[2] == person.issue(task.title)["body"].partition("\n")[2]
    assert "A signed letter" in copy.text, "the author's words are his"
    assert copy.is_settled()


def test_a_dry_run_shows_an_undo_and_writes_nothing(copy: Copy, person: Person) -> None:
    person.rename(copy.outline.task("1.2").title, "Named on the tracker")
    copy.sync()
    before = copy.content, copy.state.read_bytes(), person.everything()

    ran = undo(copy, last(copy), "--dry-run")

    assert ran.kinds("plan", "planned")[0] == "rename"
    assert ran.kinds("tracker", "planned") == ["update-issue"]
    assert before == (copy.content, copy.state.read_bytes(), person.everything())
    assert [run["command"] for run in log(copy)["runs"]] == ["sync", "push"]


def test_what_moved_since_is_told_and_left_alone(copy: Copy, person: Person) -> None:
    first, second = copy.outline.task("1.1"), copy.outline.task("1.2")
    person.tick(first.title, first.steps[0])
    person.rename(second.title, "Named on the tracker")
    copy.sync()
    run = last(copy)
    copy.replace("Task 1.2: Named on the tracker", "Task 1.2: Named anew in the plan")

    ran = undo(copy, run, exits=4)

    assert ran.json["outcome"] == "conflicts"
    (note,) = [n["text"] for n in ran.json["notes"] if "left as it is" in n["text"]]
    assert "title was changed since" in note
    assert "Task 1.2: Named anew in the plan" in copy.text
    assert person.issue("Named on the tracker"), "a title that waits in the plan goes with the next sync only"
    assert person.boxes(first.title)[0][0] == " "
    assert f"- [ ] {first.steps[0]}" in copy.text
    assert log(copy)["runs"][0]["outcome"] == "conflicts"
    copy.sync()
    assert person.issue("Named anew in the plan")
    assert copy.is_settled()


def test_a_box_touched_on_the_tracker_since_is_left_alone(copy: Copy, person: Person) -> None:
    task = copy.outline.task("1.1")
    copy.tick(task.steps[0], task.steps[1])
    copy.push()
    person.edit(task.title, lambda text: text.replace(task.steps[0], "Something else altogether, new"))

    ran = undo(copy, last(copy), exits=4)

    assert "left as it is" in str(ran.json["notes"])
    assert [letter for letter, _ in person.boxes(task.title)][:2] == ["x", " "]
    copy.sync()
    assert copy.is_settled()


def test_what_waits_elsewhere_is_none_of_an_undo(copy: Copy, person: Person) -> None:
    first = copy.outline.task("1.1")
    person.tick(first.title, first.steps[0])
    copy.sync()
    run = last(copy)
    copy.tick(first.steps[1], "2.1")
    copy.replace("### Task 4.3:", "### Task 4.4: Made since\n\n- [ ] A step\n\n### Task 4.3:")
    person.rename(copy.outline.task("3.1").title, "Waiting")

    ran = undo(copy, run)

    assert ran.kinds("tracker") == ["update-issue"]
    assert [letter for letter, _ in person.boxes(first.title)][:2] == [" ", " "]
    assert "Waiting" not in copy.text
    assert f"- [x] {first.steps[1]}" in copy.text
    copy.sync()
    assert [letter for letter, _ in person.boxes(first.title)][:2] == [" ", "x"]
    assert "Task 3.1: Waiting" in copy.text
    assert copy.is_settled()


def test_an_issue_that_the_run_made_is_closed_as_not_planned(copy: Copy, person: Person) -> None:
    copy.replace("### Task 4.3:", "### Task 4.4: Made since\n\n- [ ] A step\n\n### Task 4.3:")
    copy.push()

    undo(copy, last(copy))

    issue = person.issue("Made since")
    assert (issue["state"], issue["state_reason"]) == ("closed", "not_planned")
    section = copy.section("4.4")
    assert "<!-- plansync:" in section and "**Status**: Dropped" in section
    assert copy.is_settled()

    undo(copy, last(copy))

    assert person.issue("Made since")["state"] == "open"
    assert "**Status**" not in copy.section("4.4")
    assert copy.is_settled()


def test_an_issue_that_somebody_worked_on_since_stays_open(copy: Copy, person: Person) -> None:
    copy.replace("### Task 4.3:", "### Task 4.4: Made since\n\n- [ ] A step\n\n### Task 4.3:")
    copy.push()
    person.tick("Made since", "A step")

    ran = undo(copy, last(copy), exits=4)

    assert "was worked on since" in str(ran.json["notes"])
    assert person.issue("Made since")["state"] == "open"


def test_undoing_a_first_push_is_a_mass_change_that_has_to_be_allowed(copy: Copy, person: Person) -> None:
    run = last(copy)
    before = copy.content, person.everything()

    stopped = copy.run("undo", run, "--yes", exits=7)

    assert "--allow mass-change" in stopped.err
    assert before == (copy.content, person.everything())

    undo(copy, run, "--allow", "mass-change", exits=4)

    assert {each["state_reason"] for each in person.tasks()} == {"not_planned"}
    assert person.overview()["state"] == "open", "its boxes are no task"
    assert len(person.milestones()) == 4
    assert copy.is_settled()


def test_undoing_twice_leaves_nothing_to_do(copy: Copy, person: Person) -> None:
    person.rename(copy.outline.task("1.2").title, "Named on the tracker")
    copy.sync()
    run = last(copy)
    undo(copy, run)
    plan = copy.content

    ran = undo(copy, run)

    assert (ran.json["operations"], ran.writes) == ([], 0)
    assert copy.content == plan


def test_a_number_that_another_step_bears_by_now_is_no_reason_to_untick_it(
    copy: Copy, person: Person
) -> None:
    task = copy.outline.task("1.1")
    copy.tick(task.steps[-1])
    copy.sync()
    run = last(copy)
    copy.replace(f"- [x] {task.steps[-1]}\n", "")
    copy.sync()
    copy.replace(f"- [ ] {task.steps[0]}\n", f"- [ ] {task.steps[0]}\n- [x] Quite another thing\n")
    copy.sync()

    undo(copy, run, exits=4)

    assert "- [x] Quite another thing" in copy.text
    assert copy.is_settled()


@pytest.mark.github
@pytest.mark.slow
@pytest.mark.parametrize("plan", ["example"], indirect=True)
def test_a_run_that_was_cut_off_is_in_the_log_and_what_landed_can_be_undone(
    copy: Copy, person: Person, forks: Mortals
) -> None:
    outline, step = copy.outline, copy.outline.task("2.1").steps[0]
    copy.tick(step)
    copy.replace(f"Task 4.2: {outline.task('4.2').title}", "Task 4.2: Named in the plan")
    person.rename(outline.task("3.1").title, "Named on the tracker")
    assert forks.run(copy, ["sync", "--yes"], dies_at=4).code == KILLED
    assert person.boxes(outline.task("2.1").title)[0] == ("x", step)

    (run, *_) = log(copy)["runs"]
    kept = log(copy, run["id"])["operations"]
    undo(copy, run["id"])

    assert (run["command"], run["outcome"]) == ("sync", "cut-off")
    assert [(op["kind"], op["status"]) for op in kept] == [
        ("update-issue", "landed"),
        ("update-issue", "intended"),
    ]
    assert person.boxes(outline.task("2.1").title)[0] == (" ", step)
    assert f"- [ ] {step}" in copy.text
    assert "Task 4.2: Named in the plan" in copy.text, "what had not landed waits for a sync"
    assert "Named on the tracker" not in copy.text
    copy.sync()
    assert person.issue("Named in the plan") and "Task 3.1: Named on the tracker" in copy.text
    assert copy.is_settled()


@pytest.mark.slow
@pytest.mark.parametrize("plan", ["example"], indirect=True)
def test_an_undo_may_die_at_any_point(copy: Copy, person: Person, stage: Any, forks: Mortals) -> None:
    former = copy.content
    everything(copy.outline, copy, person)
    copy.sync()
    run = last(copy)
    records = stage.remember()
    kept = {p: p.read_bytes() for p in copy.folder.rglob("*") if p.is_file()}
    for number in range(1, 60, 5):
        stage.restore(records)
        for path in [p for p in copy.folder.rglob("*") if p.is_file() and p not in kept]:
            path.unlink()
        for path, content in kept.items():
            path.write_bytes(content)
        if forks.run(copy, ["undo", run, "--yes"], dies_at=number).code != KILLED:
            break

        undo(copy, run)

        assert copy.content == former, f"died at point {number}"
        assert copy.is_settled()
