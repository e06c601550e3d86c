"""Several plans in one project: each with its own tracker where it says so, one command, one summary."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.people import Copy, Person, Place
from tests.support.sandbox import Sandbox

PLAN = """\
# Plan: {name}

## Phase 1: Ground

### Task 1.1: Dig {name}

- [ ] Begin
- [ ] End

### Task 1.2: Level {name}

- [ ] Begin
"""
NAMES = ("garden", "bus", "shed")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A second tracker; a test may put it down, and whoever comes next starts another one."""
    started = Sandbox(tmp_path_factory.mktemp("other"))
    yield started
    started.close()


@pytest.fixture
def copy(tmp_path: Path, tracker: Place, other: Sandbox) -> Copy:
    """Lay out three plans, of which the second is kept on another server than the others."""
    other.restore(other.empty)
    made = Copy.of(PLAN.format(name="garden").encode(), tmp_path / "work", tracker, name="plans/garden.md")
    for name in NAMES[1:]:
        (made.folder / "plans" / f"{name}.md").write_text(PLAN.format(name=name), encoding="utf-8")
    made.flags = ()
    made.env["PLANSYNC_PACE"] = "off"
    settings(made, tracker, other.place.api_url)
    return made


def settings(copy: Copy, tracker: Place, other_url: str) -> None:
    (copy.folder / "plansync.toml").write_text(
        f'repo = "{tracker.repo}"\napi_url = "{tracker.api_url}"\n\n[[plan]]\npath = "plans/*.md"\n\n'
        f'[[plan]]\npath = "plans/bus.md"\napi_url = "{other_url}"\nrepo = "{tracker.repo}"\n',
        encoding="utf-8",
    )


def titles(place: Place) -> list[str]:
    person = Person(place)
    try:
        return sorted(issue["title"] for issue in person.issues())
    finally:
        person.leave()


def test_each_plan_goes_to_its_own_tracker(copy: Copy, tracker: Place, other: Sandbox) -> None:
    ran = copy.run("push", "--yes")

    assert titles(tracker) == ["Dig garden", "Dig shed", "Level garden", "Level shed"]
    assert titles(other.place) == ["Dig bus", "Level bus"]
    assert ran.out.splitlines()[-1] == "3 plans: 3 done."
    again = copy.run("sync", "--json").json
    assert [each["plan"] for each in again["runs"]] == ["plans/bus.md", "plans/garden.md", "plans/shed.md"]
    assert {each["requests"]["writes"] for each in again["runs"]} == {0}
    urls = [each["tracker"]["url"] for each in again["runs"]]
    assert urls[0] != urls[1] == urls[2]


def test_a_tracker_that_is_down_stops_no_other_plan(
    copy: Copy, tracker: Place, tmp_path: Path, person: Person
) -> None:
    (tmp_path / "down").mkdir()
    down = Sandbox(tmp_path / "down")
    settings(copy, tracker, down.place.api_url)
    copy.run("push", "--yes")
    down.close()
    person.close("Dig garden")
    person.close("Dig shed")
    copy.env["PLANSYNC_MAX_WAIT_S"] = "0"

    ran = copy.run("sync", exits=1)

    for name in ("garden", "shed"):
        assert "- [x] Begin\n- [x] End" in (copy.folder / "plans" / f"{name}.md").read_text("utf-8")
    assert ran.out.splitlines()[-2:] == ["3 plans: 1 failed, 2 done.", "  plans/bus.md: error (1)"]
    assert "connection failed" in ran.err


def test_the_worst_exit_code_is_that_of_the_command(copy: Copy, person: Person, tracker: Place) -> None:
    copy.run("push", "--yes")
    person.rename("Dig garden", "Theirs")
    copy.replace("Task 1.1: Dig garden", "Task 1.1: Ours")
    (copy.folder / "plans" / "shed.md").write_text("nothing\n", encoding="utf-8")

    ran = copy.run("sync", "--json", exits=1)

    assert [each["outcome"] for each in ran.json["runs"]] == ["done", "conflicts", "error"]
    assert ran.json["outcome"] == "error"


def test_a_conflict_is_decided_without_naming_its_plan(copy: Copy, person: Person) -> None:
    copy.run("push", "--yes")
    person.rename("Dig garden", "Theirs")
    copy.replace("Task 1.1: Dig garden", "Task 1.1: Ours")
    (conflict,) = copy.run("sync", "--json", exits=4).json["runs"][1]["conflicts"]

    copy.run("resolve", conflict["id"], "--take", "plan")

    assert person.issue("Ours")["state"] == "open"
    assert copy.run("resolve").out.count("Nothing to decide.") == 3


def test_a_run_is_undone_without_naming_its_plan(copy: Copy, person: Person) -> None:
    copy.run("push", "--yes")
    copy.replace("Task 1.1: Dig garden", "Task 1.1: Dug")
    run = copy.run("sync", "--json").json["runs"][1]["run"]

    copy.run("undo", run)

    assert person.issue("Dig garden")["state"] == "open"
    assert f"Run {run}: sync" in copy.run("log", run).out


def test_an_option_stands_before_the_plans_own_table(copy: Copy, tracker: Place, other: Sandbox) -> None:
    copy.run("push", "--yes", "--api-url", tracker.api_url)

    assert len(titles(tracker)) == 6
    assert titles(other.place) == []


def test_what_is_about_one_task_needs_one_plan(copy: Copy) -> None:
    for words in (
        ("push", "--only", "1.1"),
        ("diff", "--out", "changes.json"),
        ("adopt", "3"),
        ("unlink", "--all"),
    ):
        assert "there are 3 plans here (plans/bus.md, plans/garden.md, plans/shed.md); name one" in (
            copy.run(*words, exits=2).err
        )


def test_several_plans_that_no_setting_names_are_not_guessed_at(copy: Copy) -> None:
    (copy.folder / "plansync.toml").write_text('tracker = "sandbox"\n', encoding="utf-8")
    for name in ("plan.md", "todo.md"):
        (copy.folder / name).write_text(PLAN.format(name=name), encoding="utf-8")

    assert "there are 2 plans here (plan.md, todo.md); name one" in copy.run("status", exits=2).err


def test_the_time_that_is_given_is_for_all_plans(copy: Copy) -> None:
    ran = copy.run("push", "--yes", "--json", "--max-time", "0s", exits=5)

    assert [each["error"] for each in ran.json["runs"]][1:] == ["not begun; run again to go on"] * 2


def test_status_says_in_a_line_where_each_plan_stands(copy: Copy) -> None:
    copy.run("push", "--yes", "plans/bus.md")
    (copy.folder / "plans" / "bus.md").write_text(
        (copy.folder / "plans" / "bus.md").read_text("utf-8").replace("[ ]", "[x]"), encoding="utf-8"
    )

    lines = copy.run("status").out.splitlines()

    assert lines[:4] == [
        "plans/bus.md     ████████████  100%  2/2",
        "plans/garden.md  ░░░░░░░░░░░░  0%    0/2  not on a tracker yet",
        "plans/shed.md    ░░░░░░░░░░░░  0%    0/2  not on a tracker yet",
        "3 plans, 33% done: 2 of 6 tasks",
    ]
    assert "Next in plans/garden.md: Task 1.1 Dig garden" in lines
    assert "plans/bus.md: 100% (2/2 tasks), 2 linked" in copy.run().out


def test_a_plan_that_is_not_there_is_told_and_the_others_are_shown(copy: Copy) -> None:
    file = copy.folder / "plansync.toml"
    file.write_text(f'{file.read_text("utf-8")}\n[[plan]]\npath = "plans/gone.md"\n', encoding="utf-8")

    ran = copy.run("status", exits=1)

    assert len([line for line in ran.out.splitlines() if line.startswith("plans/")]) == 3
    assert "gone.md" in ran.err
    assert json.loads(copy.run("inspect", "--json", exits=1).out)["plans"][3]["document"] is None


def test_a_diff_in_markdown_has_a_section_a_plan_and_one_summary(copy: Copy) -> None:
    out = copy.run("diff", "--format", "markdown").out

    assert [line for line in out.splitlines() if line.startswith("## ")] == [
        f"## `plans/{name}.md`" for name in sorted(NAMES)
    ]
    assert out.splitlines()[-1] == "3 plans: 3 done."


def test_nothing_is_said_quietly_of_plans_that_need_nobody(copy: Copy) -> None:
    copy.run("push", "--yes")
    (copy.folder / "plans" / "shed.md").write_text("nothing\n", encoding="utf-8")

    ran = copy.run("sync", "--quiet", exits=1)

    assert ran.out.splitlines() == [
        "plans/shed.md",
        "3 plans: 2 done, 1 failed.",
        "  plans/shed.md: error (1)",
    ]


def test_doctor_looks_at_each_plan(copy: Copy) -> None:
    copy.run("push", "--yes")
    (copy.folder / "plans" / "shed.md").unlink()
    file = copy.folder / "plansync.toml"
    file.write_text(f'{file.read_text("utf-8")}\n[[plan]]\npath = "plans/shed.md"\n', encoding="utf-8")

    found = copy.run("doctor", "--json", exits=1).json

    assert [each["plan"] for each in found["plans"]] == ["plans/bus.md", "plans/garden.md", "plans/shed.md"]
    assert [each["outcome"] for each in found["plans"]] == ["done", "done", "error"]
