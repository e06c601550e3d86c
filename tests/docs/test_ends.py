"""What the page of commands says each may end with is what it ends with: without access, beside another run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from plansync import config, wiring
from plansync.cli.main import main
from tests.docs.conftest import Person
from tests.docs.reference import ANY, ENDS

PLAN = "PLAN.md"
ARGUMENTS = {
    **dict.fromkeys(("push", "pull", "sync"), ("--yes", PLAN)),
    "diff": (PLAN,),
    "apply": ("changes.json", "--yes"),
    "resolve": ("--all", "--take", "plan", "--yes", PLAN),
    "link": ("1.2", "5"),
    "adopt": ("5",),
    "undo": ("RUN", PLAN, "--yes"),
    "prune": ("--yes", PLAN),
    "unlink": ("--all", "--strip", "--yes", PLAN),
    "state rebuild": (PLAN,),
    "state rekey": ("--yes", PLAN),
    "state retarget": (PLAN, "-R", "octo/other", "--yes"),
    "state lineage": (PLAN, "--take", "0a1b2c3d"),
    **dict.fromkeys(("status", "inspect", "check", "log", "state show"), (PLAN,)),
}
"""Command lines that read the plan, or more."""
READ_NO_PLAN = {"state show", "state retarget"}
Ended = Callable[[str], int]


@pytest.fixture
def ended(
    plan: Path,
    person: Person,
    settings: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Ended:
    """A plan that was pushed, and a command on it; returns the code that it ended with."""
    plan.with_name("plansync.toml").write_text(settings, encoding="utf-8")
    monkeypatch.chdir(plan.parent)
    monkeypatch.setenv("PLANSYNC_TOKEN", person.token)
    assert main(["push", "--yes"]) == 0
    capsys.readouterr()
    assert main(["log", "--json"]) == 0
    run = json.loads(capsys.readouterr().out)["runs"][0]["id"]
    person.close(1)
    assert main(["diff", "--out", "changes.json"]) == 0
    person.call("POST", "issues", {"title": "One more"})

    def end(name: str) -> int:
        code = main([*name.split(), *(run if word == "RUN" else word for word in ARGUMENTS[name])])
        assert code in {*ENDS[name], *ANY}, capsys.readouterr().err
        return code

    return end


def those_with(code: int) -> list[str]:
    return [name for name in ARGUMENTS if code in ENDS[name]]


@pytest.mark.parametrize("name", [name for name in those_with(8) if name != "status"])  # it needs --remote
def test_a_command_that_asks_the_tracker_ends_with_8_where_the_token_is_wrong(
    name: str, ended: Ended, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANSYNC_TOKEN", "wrong")

    assert ended(name) == 8


@pytest.mark.parametrize("name", [name for name in those_with(9) if name != "check"])
def test_a_command_that_writes_ends_with_9_beside_another_run(name: str, ended: Ended, plan: Path) -> None:
    home = config.load(plan.parent, {}, {})

    with wiring.lock(wiring.paths_of(home, plan))("sync"):
        assert ended(name) == 9


@pytest.mark.parametrize("name", [name for name in those_with(1) if name not in READ_NO_PLAN])
def test_a_command_ends_with_1_where_the_plan_cannot_be_read(name: str, ended: Ended, plan: Path) -> None:
    plan.write_bytes(b"# \xff\n")

    assert ended(name) == 1


@pytest.mark.parametrize("name", ["status", "inspect", "check", "log", "state show"])
def test_a_command_that_only_looks_needs_no_access_and_waits_for_nobody(
    name: str, ended: Ended, plan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANSYNC_TOKEN", "wrong")

    with wiring.lock(wiring.paths_of(config.load(plan.parent, {}, {}), plan))("sync"):
        assert ended(name) == 0
