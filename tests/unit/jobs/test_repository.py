"""What git says where it fails, for a message."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from plansync.jobs.repository import GitFailed, Repository


def failing(folder: Path, script: str) -> Repository:
    """A work tree whose git is a script."""
    git = folder / "git"
    git.write_text(f"#!/bin/sh\n{script}\n")
    git.chmod(0o755)
    return Repository(folder, environ={**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"})


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("kill -9 $$", "origin cannot be pushed to: git ended with -9 and said nothing; run again"),
        ("echo 'fatal: no such host' >&2; exit 128", "origin cannot be pushed to: no such host"),
    ],
)
def test_a_push_that_fails_says_why(script: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(GitFailed) as failed:
        failing(tmp_path, script).push("origin", "HEAD:main")

    assert str(failed.value) == says
