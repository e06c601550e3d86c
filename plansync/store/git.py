"""Asking git, where it is: never a write, a hook or a network."""

from __future__ import annotations

import subprocess
from pathlib import Path

_LIMIT_S = 5


def ask(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    """Ask git in a folder; empty where it has no answer, or is not there."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            input=given,
            capture_output=True,
            timeout=_LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return b""
    return done.stdout if done.returncode == 0 else b""
