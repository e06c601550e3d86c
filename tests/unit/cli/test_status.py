"""What `plansync status` prints, for plans of every shape."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from plansync.cli.columns import cells
from plansync.cli.main import app

Status = Callable[[str], str]


@pytest.fixture
def status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Status:
    """Give the words of `plansync status` on a plan."""
    monkeypatch.chdir(tmp_path)

    def run(text: str, *options: str) -> str:
        (tmp_path / "PLAN.md").write_text(text, encoding="utf-8")
        ran = CliRunner().invoke(app, [*options, "status", "PLAN.md"])
        assert (ran.exit_code, ran.stderr) == (0, "")
        return ran.stdout

    return run


@pytest.fixture
def document(status: Callable[..., str]) -> Callable[[str], Any]:
    return lambda text: json.loads(status(text, "--json"))


def task(number: str, title: str = "Work", *, needs: str = "", time: str = "", is_done: bool = False) -> str:
    lines = [f"### Task {number}: {title}", "", f"- [{'x' if is_done else ' '}] Begin", ""]
    lines += [f"**Estimated Time**: {time}  "] if time else []
    lines += [f"**Dependencies**: {needs}"] if needs else []
    return "\n".join([*lines, "", ""])


def test_a_plan_is_told_from_its_phases_to_its_critical_path(status: Status) -> None:
    text = "# Plan: Shed\n\n## Phase 1: Ground\n\n" + task("1.1", "Dig", time="2 hours", is_done=True)
    text += task("1.2", "Level", time="1-2 hours", needs="Task 1.1")
    text += "## Phase 2: Walls\n\n" + task("2.1", "Frame", time="1 day", needs="Task 1.2")
    text += task("2.2", "Door", time="3 hours", needs="Task 1.2") + task(
        "2.3", "Paint", needs="Task 2.1, 2.2"
    )

    assert status(text).splitlines() == [
        "Plan: Shed",
        "  Phase 1: Ground  ██████████░░░░░░░░░░  1/2  2 hours left",
        "  Phase 2: Walls   ░░░░░░░░░░░░░░░░░░░░  0/3  11 hours left",
        "20% done: 1 of 5 tasks (13% by time), 12-13 hours left by the estimates",
        "1 task without an estimate of time",
        "",
        "Next:    Task 1.2 Level  (1-2 hours)",
        "Waiting: Task 2.1 Frame (for Task 1.2)",
        "         Task 2.2 Door (for Task 1.2)",
        "         Task 2.3 Paint (for Task 2.1, 2.2)",
        "",
        "Critical path: Task 1.2 → 2.1 → 2.3, 9-10 hours left",
        "",
        "Not on a tracker yet; see what a push would do: plansync diff",
    ]


def test_an_order_that_nobody_named_is_said_to_be_the_plans(status: Status) -> None:
    said = status("# Plan\n\n" + "".join(task(str(n)) for n in range(1, 7)))

    assert "  All tasks  ░░░░░░░░░░░░░░░░░░░░  0/6\n" in said
    assert "Next:    Task 1 Work\nThen:    Task 2 Work\n         Task 3 Work\n         and 3 more\n" in said
    assert "No task names a dependency, so the order is the plan's.\n" in said
    assert "Critical path" not in said, "read from top to bottom it says nothing new"
    timed = status("# Plan\n\n" + "".join(task(str(n), time="1 hour") for n in range(1, 7)))
    assert "Critical path: Task 1 → 2 → 3 → 4 → 5 → 6, 6 hours left\n" in timed


def test_a_cycle_is_named_and_the_rest_goes_on(status: Status, document: Callable[[str], Any]) -> None:
    text = "# Plan\n\n" + task("1", needs="Task 2") + task("2", needs="Task 1") + task("3", time="1 hour")

    said = status(text)

    assert "Cycle: Task 1 → 2 → 1; each waits for the one before it\n" in said
    assert "Next:    Task 3 Work  (1 hour)\n" in said
    assert "Critical path" not in said
    found = document(text)
    assert [t["label"] for t in found["cycle"]] == ["Task 1", "Task 2", "Task 1"]
    assert (found["critical_path"], found["schedule"], found["left_min"]) == (None, [], 60)


def test_a_dependency_that_is_not_there_is_told(status: Status) -> None:
    said = status("# Plan\n\n" + task("1") + task("2", needs="Task 9"))

    assert "Next:    Task 1 Work\n" in said
    assert "Unclear: what Task 2 waits for (no such task, or more than one)\n" in said


def test_a_file_without_tasks_gets_a_friendly_word(status: Status, document: Callable[[str], Any]) -> None:
    assert status("# Shopping\n\nmilk\n").splitlines() == [
        "Shopping",
        "No tasks yet: nothing in this file reads as a phase or a task.",
        "How it is read: plansync inspect PLAN.md",
    ]
    assert document("# Shopping\n")["total"] == 0


def test_a_phase_without_tasks_is_shown(status: Status) -> None:
    assert "  Phase 1: Later  ░░░░░░░░░░░░░░░░░░░░  0/0\n" in status("# Plan\n\n## Phase 1: Later\n")


def test_a_plan_that_is_done_says_so(status: Status) -> None:
    said = status("# Plan\n\n" + task("1", time="1 day", is_done=True))

    assert "100% done: 1 of 1 task (100% by time)\n" in said
    assert "\nAll done.\n" in said
    assert "Next" not in said
    assert "Critical path" not in said


def test_points_are_counted_where_there_is_no_time(status: Status) -> None:
    said = status("# Plan\n\n" + task("1", time="3 SP", is_done=True) + task("2", time="0.5 SP"))

    assert "3 of 3.5 points done\n" in said
    assert "Next:    Task 2 Work  (0.5 SP)\n" in said


@pytest.mark.parametrize("title", ["A very long title that goes on and on " * 4, "計画を立てて実行する" * 9])
def test_no_line_is_wider_than_a_terminal(status: Status, title: str) -> None:
    text = f"# {title}\n\n"
    for phase in range(1, 4):
        text += f"## Phase {phase}: {title}\n\n" + task(f"{phase}.1", title, time="2-3 hours")
        needs = ", ".join(
            f"Task {p}.{n}" for p in range(1, phase + 1) for n in range(1, 10 if p < phase else 2)
        )
        text += "".join(task(f"{phase}.{n}", title, needs=needs, time="1 day") for n in range(2, 10))

    said = status(text)

    assert max(map(cells, said.splitlines())) <= 80
    assert "Waiting: Task 1.2" in said
    assert " left\n" in said


def test_a_critical_path_too_long_for_its_line_has_one_of_its_own(status: Status) -> None:
    text = "# Plan\n\n" + "".join(task(f"{n // 4}.{n % 4}", time="1 hour") for n in range(12))

    assert (
        "Critical path, 12 hours left:\n"
        "  Task 0.0 → 0.1 → 0.2 → 0.3 → 1.0 → 1.1 → 1.2 → 1.3 → 2.0 → 2.1 → 2.2 → 2.3\n"
    ) in status(text)


def test_a_long_critical_path_is_shortened_in_the_middle(status: Status) -> None:
    text = "# Plan\n\n" + task("1") + "".join(task(str(n), needs=f"Task {n - 1}") for n in range(2, 101))

    assert (
        "Critical path:\n  Task 1 → 2 → 3 → 4 → 5 → 6 → 7 → (86 more) → 94 → 95 → 96 → 97 → 98 → 99 → 100\n"
    ) in status(text)


def test_foreign_text_commands_no_terminal(status: Status) -> None:
    assert "\x1b" not in status("# Plan\n\n" + task("1", "Red \x1b[31m", time="1 hour \x1b[2J"))
