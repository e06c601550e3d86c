"""Saved changesets: what a diff showed is done later, exactly, or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.people import Copy, Person, Ran

BOTH = True

FILE = "changes.json"


def save(copy: Copy, *more: str) -> Any:
    ran = copy.run("diff", "--out", FILE, "--json", *more)
    assert ran.writes == 0
    return json.loads((copy.folder / FILE).read_bytes())


def apply(copy: Copy, *more: str, exits: int = 0) -> Ran:
    return copy.run("apply", FILE, "--yes", "--json", *more, exits=exits)


def world(copy: Copy, person: Person) -> tuple[bytes, bytes, Any]:
    return copy.content, copy.state.read_bytes(), person.everything()


@pytest.fixture
def worked(copy: Copy, person: Person) -> Copy:
    """Work on both sides, not synced yet."""
    person.close(copy.outline.task("1.1").title)
    copy.tick("2.1")
    copy.replace(f"Task 1.2: {copy.outline.task('1.2').title}", "Task 1.2: Another title")
    return copy


def test_what_was_saved_is_what_is_done(worked: Copy, person: Person) -> None:
    saved = save(worked)

    ran = apply(worked)

    essence = ("side", "kind", "task")
    done = [{k: op[k] for k in essence} for op in ran.json["operations"] if op["status"] == "applied"]
    assert done == [{k: op[k] for k in essence} for op in saved["operations"]]
    assert saved["schema"] == "plansync/changeset/1"
    assert person.issue("Another title")
    assert worked.is_settled()


def test_saving_writes_nothing_but_the_file(worked: Copy, person: Person) -> None:
    before = world(worked, person)

    save(worked)

    assert before == world(worked, person)


def test_a_first_push_can_be_saved_and_applied(fresh: Copy, person: Person) -> None:
    saved = save(fresh)
    assert not (fresh.folder / ".plansync").exists()
    assert "--yes" in fresh.run("apply", FILE, exits=7).err

    apply(fresh)

    assert len(person.tasks()) == 12
    assert f"plan={saved['lineage']} -->" in fresh.text
    assert fresh.is_settled()


def test_what_it_does_not_touch_may_move(worked: Copy, person: Person) -> None:
    save(worked, "--only", "1.2")
    worked.tick("3.1")
    person.rename(worked.outline.task("3.2").title, "Elsewhere")
    person.tick(worked.outline.task("3.3").title, worked.outline.task("3.3").steps[0])

    ran = apply(worked)

    assert ran.kinds("tracker") == ["update-issue"]
    assert person.issue("Another title")
    assert "Elsewhere" not in worked.text
    assert person.issue(worked.outline.task("1.1").title)["state"] == "closed"
    worked.sync()
    assert "Task 3.2: Elsewhere" in worked.text
    assert worked.is_settled()


def test_it_refuses_where_the_plan_moved_and_says_where(worked: Copy, person: Person) -> None:
    save(worked)
    worked.replace("Task 1.2: Another title", "Task 1.2: A third title")
    before = world(worked, person)

    ran = worked.run("apply", FILE, "--yes", exits=7)

    assert "nothing was written" in ran.err
    assert "Task 1.2: edited in the plan (line " in ran.err
    assert before == world(worked, person)


def test_it_refuses_where_an_issue_moved_and_names_it(worked: Copy, person: Person) -> None:
    save(worked)
    task = worked.outline.task("2.1")
    person.tick(task.title, task.steps[0])
    number = person.issue(task.title)["number"]
    before = world(worked, person)

    ran = worked.run("apply", FILE, "--yes", exits=7)

    assert f"Task 2.1: #{number} changed on the tracker" in ran.err
    assert before == world(worked, person)


def test_it_refuses_where_another_run_synced_one_of_its_items(worked: Copy, person: Person) -> None:
    save(worked)
    worked.run("pull")
    before = world(worked, person)

    ran = worked.run("apply", FILE, "--yes", exits=7)

    assert "nothing was written" in ran.err
    assert before == world(worked, person)


def test_applied_twice_the_second_has_nothing_left_to_do(worked: Copy, person: Person) -> None:
    save(worked)
    apply(worked)
    before = world(worked, person)

    ran = apply(worked)

    assert (ran.json["operations"], ran.writes) == ([], 0)
    assert "done already" in str(ran.json["notes"])
    assert before == world(worked, person)


def test_what_was_applied_is_in_the_history_and_can_be_undone(worked: Copy, person: Person) -> None:
    save(worked)
    run = apply(worked).json["run"]

    (newest, *_) = worked.run("log", "--json").json["runs"]
    assert (newest["id"], newest["command"]) == (run, "apply")
    worked.run("undo", run, "--yes")

    assert person.issue(worked.outline.task("1.2").title)
    assert worked.is_settled()


def test_other_settings_decide_something_else_and_it_refuses(worked: Copy, person: Person) -> None:
    save(worked)
    settings = '[when]\nsteps_done = "nothing"\nissue_closed = "mark-task"\n'
    (worked.folder / "plansync.toml").write_text(settings, encoding="utf-8")
    before = world(worked, person)

    ran = worked.run("apply", FILE, "--yes", exits=7)

    assert "something else would be decided today" in ran.err
    assert before == world(worked, person)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text.replace('"Another title"', '"A title of mine"'), "was edited or cut"),
        (lambda text: text.replace("changeset/1", "changeset/2"), "by a later plansync"),
        (lambda text: text[:400], "is no saved changeset"),
        (lambda text: "# A plan\n", "is no saved changeset"),
        (lambda text: '{"schema": "plansync/changeset/1", "check": "0"}', "was edited or cut"),
    ],
)
def test_a_file_that_is_none_is_refused(worked: Copy, person: Person, damage: Any, message: str) -> None:
    save(worked)
    file = worked.folder / FILE
    file.write_text(damage(file.read_text(encoding="utf-8")), encoding="utf-8")
    before = world(worked, person)

    assert message in worked.run("apply", FILE, "--yes", exits=1).err
    assert before == world(worked, person)


def test_another_plan_and_another_target_are_refused(worked: Copy, tmp_path: Path) -> None:
    lineage = save(worked)["lineage"].encode()
    other = Copy.of(worked.original, tmp_path / "other" / "work", forked=worked.forked)
    other.env, other.flags = worked.env, worked.flags
    (other.folder / FILE).write_bytes((worked.folder / FILE).read_bytes())
    other.plan.write_bytes(worked.content.replace(lineage, b"zzzzzzzz"))

    assert "this changeset is of" in other.run("apply", FILE, "--yes", exits=1).err
    (alone := Copy.of(worked.original, tmp_path / "alone" / "work", forked=worked.forked)).env = worked.env
    (alone.folder / FILE).write_bytes((worked.folder / FILE).read_bytes())
    assert "is for" in alone.run("apply", FILE, "--yes", "--tracker", "sandbox", exits=1).err


def test_a_missing_file_and_one_that_is_something_else_are_said(worked: Copy) -> None:
    assert "cannot be read" in worked.run("apply", "nothing.json", exits=1).err

    ran = worked.run("diff", "--out", worked.name, exits=2)

    assert "is no saved changeset" in ran.err
    assert worked.text
