"""What a shell completes: the scripts are sourced by real shells, which ask the program while somebody types."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from tests.support.people import LIMIT_S

_ENV = {
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "TERM": "dumb",
    "LANG": "C.UTF-8",
}
BASH, ZSH, FISH = (shutil.which(name) or "" for name in ("bash", "zsh", "fish"))
_BEGINS = {
    "bash": ([BASH, "--norc", "--noprofile", "-i"], 'eval "$(plansync completion bash)"'),
    "zsh": ([ZSH, "-f", "-i"], 'autoload -Uz compinit; compinit -u -D; eval "$(plansync completion zsh)"'),
}
_COMPLETED = {
    "heal": "health",
    "state reta": "retarget",
    "push --dry": "--dry-run",
    "health --js": "--json",
    "state show --no-co": "--no-color",
    "diff --format mark": "markdown",
    "status A-pl": "A-plan.md",
}
"""What is typed before the tab, and the whole last word that stands there then."""
_CLEAR = "\x15"
"""Ctrl-U, which takes the line back."""


@pytest.mark.parametrize(
    "shell",
    [
        pytest.param("bash", marks=pytest.mark.skipif(not BASH, reason="bash is not installed")),
        pytest.param("zsh", marks=pytest.mark.skipif(not ZSH, reason="zsh is not installed")),
    ],
)
def test_a_shell_completes_what_is_typed(shell: str, tmp_path: Path) -> None:
    (tmp_path / "A-plan.md").touch()
    argv, begin = _BEGINS[shell]
    child = pexpect.spawn(
        argv[0],
        argv[1:],
        cwd=tmp_path,
        env={**_ENV, "HOME": str(tmp_path)},
        encoding="utf-8",
        timeout=LIMIT_S / 4,
    )
    child.sendline(f"{begin}; PS1='ready''> '")
    child.expect_exact("ready> ")
    try:
        for typed, whole in _COMPLETED.items():
            child.send(f"plansync {typed}\t")
            child.expect_exact(whole)
            child.send(_CLEAR)
    finally:
        child.close(force=True)


@pytest.mark.skipif(not FISH, reason="fish is not installed")
def test_fish_lists_what_may_follow(tmp_path: Path) -> None:
    asked = (
        'plansync completion fish | source; complete -C "plansync heal"; complete -C "plansync health --js"'
    )

    listed = subprocess.run(
        [FISH, "--no-config", "-c", asked],
        cwd=tmp_path,
        env={**_ENV, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=True,
    ).stdout

    assert {line.split("\t")[0] for line in listed.splitlines()} == {"health", "--json"}


def test_a_shell_that_is_not_known_is_refused(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "plansync", "completion", "tcsh"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )

    assert ran.returncode == 2
    assert "'tcsh' is not one of 'bash', 'zsh', 'fish'" in ran.stderr
