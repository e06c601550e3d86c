"""A state file that cannot be read stops no command that only looks."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from plansync.cli.main import app

PLAN = "# Shed\n\n### Task 1: Dig\n\n- [ ] Down to the clay\n"
NOT_YET = "Not on a tracker yet; see what a push would do: plansync diff"
NOT_KNOWN = "Whether it is on a tracker is not known: its state file cannot be read."


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "plansync.toml").touch()
    (tmp_path / "PLAN.md").write_text(PLAN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(verb: str) -> Result:
    return CliRunner().invoke(app, [verb, "PLAN.md"])


def told(ran: Result) -> str:
    """What was said, whether that the plan is on no tracker, or that this is not known."""
    return ran.stdout.replace(NOT_KNOWN, NOT_YET)


def test_a_folder_in_place_of_the_state_file_is_no_plan_without_one(folder: Path) -> None:
    (folder / ".plansync" / "PLAN.md.jsonl").mkdir(parents=True)

    ran = run("status")

    assert ran.exit_code == 0
    assert NOT_KNOWN in ran.stdout
    assert "PLAN.md.jsonl is a link or no regular file" in ran.stderr


@pytest.mark.parametrize("verb", ["inspect", "status", "check"])
@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (
            '<<<<<<< ours\n{"plansync":1}\n=======\n>>>>>>> theirs\n',
            "git's conflict markers; let plansync settle them: `plansync state merge PLAN.md`",
        ),
        (
            '{"other": 1}\n',
            "no state file of plansync; rebuild it from the issues: `plansync state rebuild PLAN.md`",
        ),
        ("\0\0", "no state file of plansync; rebuild it from the issues: `plansync state rebuild PLAN.md`"),
        ('{"plansync":99,"plan":"abcdefgh"}\n', "a later plansync (format 99); install that one"),
    ],
)
def test_a_state_file_that_cannot_be_read_stops_nobody_who_only_looks(
    folder: Path, verb: str, state: str, reason: str
) -> None:
    file = folder / ".plansync" / "PLAN.md.jsonl"
    file.parent.mkdir()
    before = run(verb)
    file.write_text(state, encoding="utf-8")

    after = run(verb)

    assert (after.exit_code, told(after)) == (before.exit_code, told(before))
    assert (NOT_KNOWN in after.stdout) == (verb == "status")
    (line,) = after.stderr.splitlines()
    assert line.startswith(f"plansync: {file} ")
    assert reason in line
    assert line.endswith("; for now this goes on without it")
