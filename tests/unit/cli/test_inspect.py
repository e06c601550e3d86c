"""What `plansync inspect` prints as a tree."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from plansync.cli.main import app

PLAN = """# Shed

### Task 1: Dig

- [x] Down to the clay
  - [ ] By hand
- [ ]* Take a picture
- [x] ~~Blast~~

### Task 2: Level

- [ ] With the long board
"""
KIRO = "# Implementation Plan\n\n- [ ] 1. Dig\n- [ ]* 2. Sow\n  - _Requirements: 1.1_\n"
TRAP = "```md\n```sh\nmake\n```\n\n### Task 3: Paint\n\n- [ ] White\n\n```\n"


def run(folder: Path, *arguments: str, text: str = PLAN) -> Result:
    (folder / "PLAN.md").write_text(text, encoding="utf-8")
    return CliRunner().invoke(app, [*arguments, str(folder / "PLAN.md")])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "plansync.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_optional_and_dropped_steps_are_not_in_the_count(folder: Path) -> None:
    lines = [line.split() for line in run(folder, "inspect").stdout.splitlines()]

    assert ["○", "Task", "1", "Dig", "1/2"] in lines
    assert not any("Down" in line for line in lines)


def test_verbose_shows_the_steps_below_their_task(folder: Path) -> None:
    lines = run(folder, "-v", "inspect").stdout.splitlines()

    at = next(i for i, line in enumerate(lines) if "Task 1 Dig" in line)
    assert lines[at + 1 : at + 5] == [
        "      ✔ Down to the clay",
        "        ○ By hand",
        "      ○ * Take a picture",
        "      ✘ Blast",
    ]


def test_an_optional_task_has_a_star(folder: Path) -> None:
    said = run(folder, "inspect", text=KIRO).stdout

    assert "  ○ * 2 Sow" in said
    assert "  ○ 1 Dig" in said


def test_a_task_that_is_not_written_says_why(folder: Path) -> None:
    lines = run(folder, "inspect", text=f"{PLAN}\n{TRAP}").stdout.splitlines()

    at = next(i for i, line in enumerate(lines) if "Task 3 Paint" in line)
    assert lines[at].startswith("  ○ ⚠ Task 3 Paint")
    assert lines[at + 1].startswith("      ⚠ not written: it stands among nested code fences")


def test_verbose_shows_what_stands_beside_a_tasks_text(folder: Path) -> None:
    keys = "**Labels**: setup, ui\n**Owner**: @ana\n**Risk**: High\n"
    text = f"# Shed\n\n## Phase 1: Ground\n\n**Due**: 2027-01-31\n\n### Task 1: Dig\n\n- [ ] Down\n\n{keys}"

    shown = run(folder, "-v", "inspect", text=text).output
    plain = run(folder, "inspect", text=text).output

    assert "Phase 1: Ground  (due 2027-01-31)\n" in shown
    assert "      labels: setup, ui · owner: @ana · risk: High\n" in shown
    assert "due" not in plain
    assert "labels" not in plain
