"""A bug becomes a file and an exit code; its traceback is not for the person at the terminal."""

from __future__ import annotations

import platform
import tempfile
import traceback

from plansync import __version__
from plansync.cli.door import safe, say
from plansync.errors import ExitCode


def told(error: Exception) -> int:
    """Write down what went wrong for a report, say where it is, and give the exit code."""
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="plansync-bug-", suffix=".log", delete=False, encoding="utf-8"
        ) as file:
            file.write(
                f"plansync {__version__}, Python {platform.python_version()}, {platform.platform()}\n\n"
            )
            file.write(safe("".join(traceback.format_exception(error)), has_style=False))
        details = f"details are in {file.name}"
    except OSError as why:
        details = f"its details could not be written down ({why.strerror})"
    say(f"plansync: this is a bug ({type(error).__name__}); {details}", err=True)
    return ExitCode.BUG
