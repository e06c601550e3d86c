"""Real git, as a person at a working copy uses it; nothing of the person who runs the tests is visible."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tests.support.people import Copy

ROOT = Path(__file__).parents[2]
_WHO = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Somebody"), ("EMAIL", "somebody@example.org"))
}


def git(folder: Path, *words: str, env: Mapping[str, str] | None = None, exits: int | None = 0) -> str:
    """Run git in a folder; gives what it printed."""
    base = {"PATH": env["PATH"] if env else "/usr/bin:/bin", "HOME": str(folder.parent), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        ["git", *words],
        cwd=folder,
        env={**base, **_WHO, "GIT_CONFIG_NOSYSTEM": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert exits is None or done.returncode == exits, f"git {' '.join(words)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def keep(copy: Copy, message: str = "Work") -> None:
    """Commit all that is there."""
    git(copy.folder, "add", "--all", env=copy.env)
    git(copy.folder, "commit", "--quiet", "--message", message, env=copy.env)


def began(copy: Copy) -> Copy:
    """Put a working copy under git."""
    git(copy.folder, "init", "--quiet", "--initial-branch", "main", env=copy.env)
    keep(copy, "Plan")
    return copy


def cloned(copy: Copy, folder: Path, branch: str) -> Copy:
    """Clone a working copy, onto a branch of its own."""
    git(copy.folder, "clone", "--quiet", str(copy.folder), str(folder), env=copy.env)
    git(folder, "switch", "--quiet", "--create", branch, env=copy.env)
    return replace(copy, folder=folder)


def merged(copy: Copy, other: Copy, exits: int | None = 0) -> str:
    """Merge what another working copy has committed."""
    git(copy.folder, "fetch", "--quiet", str(other.folder), "HEAD", env=copy.env)
    return git(copy.folder, "merge", "--no-edit", "FETCH_HEAD", env=copy.env, exits=exits)


def with_driver(copy: Copy) -> None:
    """Do in a clone what `plansync init` prints."""
    program = f'PYTHONPATH="{ROOT}" "{sys.executable}" -m plansync'
    git(copy.folder, "config", "merge.plansync.driver", f"{program} state merge %O %A %B", env=copy.env)
