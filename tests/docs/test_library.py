"""The page about the library: each example runs as it stands, and does what the page says."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest

import plansync
from plansync.errors import ConfigError, PlanError, SafetyStop, StoreError
from tests.docs.pages import ROOT, fenced

PAGE = "docs/library.md"
EXAMPLE = ROOT / "examples" / "implementation-plan.md"
WAYS: tuple[Literal["push", "pull"], ...] = ("push", "pull")
READING, CHECKING, SYNCING, FAILING = fenced(PAGE, "python")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a project whose plan is where the page has it."""
    (tmp_path / "docs").mkdir()
    shutil.copy(EXAMPLE, tmp_path / "docs" / "plan.md")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(code: str, folder: Path, exits: int = 0) -> list[str]:
    """Run an example as a script."""
    argv, env = [sys.executable, "-c", code], {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(argv, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == exits, done.stderr
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_the_first_example_tells_each_task(folder: Path) -> None:
    lines = run(READING, folder)

    text = EXAMPLE.read_text("utf-8")
    assert len(lines) == text.count("\n### Task ")
    assert all(": todo, " in line or ": done, " in line for line in lines)


def test_the_second_example_finds_what_check_finds(folder: Path) -> None:
    plan = folder / "docs" / "plan.md"
    plan.write_text(
        plan.read_text("utf-8").replace("**Dependencies**: Task 1.1", "**Dependencies**: Task 9.9", 1)
    )

    lines = run(CHECKING, folder, exits=1)

    assert any("error PLAN101" in line for line in lines)
    assert not any(" PLAN0" in line for line in lines)


def test_the_third_example_shows_a_first_push_and_makes_it(folder: Path) -> None:
    first, second = run(SYNCING, folder), run(SYNCING, folder)

    assert sum(line.startswith("tracker create-issue") for line in first) >= 12
    assert first[-1].startswith("done ")
    assert second == []


def test_the_fourth_example_says_what_is_wrong(folder: Path) -> None:
    (line,) = run(FAILING, folder)

    assert line.startswith("not begun: no token for https://api.github.com")


def test_what_the_page_names_is_what_is_offered() -> None:
    text = (ROOT / PAGE).read_text("utf-8")

    for name in plansync.Task.__slots__:
        assert f"`{name}`" in text
    assert set(plansync.__all__) <= set(dir(plansync))
    for name in plansync.__all__:
        assert getattr(plansync, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'frob'"):
        _ = plansync.frob


def test_importing_plansync_imports_nothing_of_it() -> None:
    code = "import sys, plansync; print(sorted(n for n in sys.modules if n.startswith('plansync') or n in HEAVY))"
    heavy = "HEAVY = {'httpx', 'pydantic', 'typer', 'rich', 'sqlite3', 'asyncio'}\n"

    assert run(heavy + code, ROOT) == ["['plansync']"]


def test_the_library_needs_nothing_of_the_command_line(folder: Path) -> None:
    code = (
        "import sys, plansync\nplan = plansync.open('docs/plan.md', tracker='sandbox')\nplan.diff()\n"
        "print([n for n in sys.modules if n.startswith(('plansync.cli', 'typer'))])"
    )

    assert run(code, folder) == ["[]"]


# --------------------------------------------------------------- beyond the page


def pushed(folder: Path) -> plansync.Plan:
    plan = plansync.open(folder / "docs" / "plan.md", tracker="sandbox")
    assert plan.sync().is_done
    return plan


def test_a_plan_says_what_is_in_it_after_each_run(folder: Path) -> None:
    plan = plansync.open(folder / "docs" / "plan.md", tracker="sandbox")
    assert {task.issue for task in plan.tasks} == {None}

    plan.sync()

    assert None not in {task.issue for task in plan.tasks if task.state == "todo"}
    assert plan.dialect == "phase-task"
    assert plan.title in EXAMPLE.read_text("utf-8")


def test_what_is_shown_is_what_is_applied_or_nothing(folder: Path) -> None:
    plan, file = pushed(folder), folder / "docs" / "plan.md"
    text = file.read_text("utf-8")
    file.write_text(text.replace("- [ ]", "- [x]", 1), encoding="utf-8")
    plan.read()
    changes = plan.diff()
    changes.save(folder / "changes.json")
    file.write_text(text.replace("- [ ]", "- [x]", 2), encoding="utf-8")

    with pytest.raises(SafetyStop):
        changes.apply()
    file.write_text(text.replace("- [ ]", "- [x]", 1), encoding="utf-8")

    assert json.loads((folder / "changes.json").read_text("utf-8"))["schema"] == "plansync/changeset/1"
    assert changes.apply().is_done
    assert plan.diff().is_empty


def test_a_push_alone_leaves_the_other_half(folder: Path) -> None:
    plan = pushed(folder)
    file = folder / "docs" / "plan.md"
    file.write_text(file.read_text("utf-8").replace("- [ ]", "- [x]", 1), encoding="utf-8")

    sides = {way: {op.side for op in plan.diff(way).operations if op.status == "planned"} for way in WAYS}
    assert "tracker" not in sides["pull"]
    assert sides["push"] == {"tracker"}
    operation = plan.diff("push").operations[0]
    assert (operation.kind, operation.changes["tick"]) == ("update-issue", ("open", "ticked"))


def test_a_guard_holds_without_anybody_to_ask(folder: Path) -> None:
    (folder / "plansync.toml").write_text("max_creates = 3\n", encoding="utf-8")
    plan = plansync.open(folder / "docs" / "plan.md", tracker="sandbox")

    with pytest.raises(SafetyStop, match="mass-create"):
        plan.sync()
    with pytest.raises(ConfigError, match=r"not mass-creat$"):
        plan.sync(allow=["mass-creat"])
    assert plan.sync(allow=["mass-create"]).is_done


def test_what_was_seen_is_saved_or_it_is_said_why_not(folder: Path) -> None:
    changes = plansync.open(folder / "docs" / "plan.md", tracker="sandbox").diff()

    changes.save(folder / "seen.json")
    with pytest.raises(StoreError, match="cannot be written"):
        changes.save(folder / "nowhere" / "seen.json")

    assert json.loads((folder / "seen.json").read_text(encoding="utf-8"))["schema"].startswith(
        "plansync/changeset/"
    )


def test_a_tracker_has_to_be_named(folder: Path) -> None:
    with pytest.raises(ConfigError, match="no tracker is named"):
        plansync.open(folder / "docs" / "plan.md").sync()


def test_what_cannot_be_opened_is_said_at_once(folder: Path) -> None:
    with pytest.raises(PlanError):
        plansync.open(folder / "docs" / "none.md")
    with pytest.raises(ConfigError):
        plansync.open(folder / "docs" / "plan.md", tracker="sandpit")
    with pytest.raises(ConfigError, match="FROB"):
        plansync.open(folder / "docs" / "plan.md").check(select=["FROB"])


def test_it_waits_where_a_loop_is_at_work_too(folder: Path) -> None:
    async def notebook() -> bool:
        return plansync.open("docs/plan.md", tracker="sandbox").diff().is_empty

    assert asyncio.run(notebook()) is False
