"""The one door through which words leave for a terminal, a pipe or the log of a CI job.

Whatever came from a tracker, a plan or a file name is cleaned where a line is made of it; this is the second
fence, for all that is forgotten there: no control byte, no hidden character and no command to a CI runner
passes. Nothing else in the command line prints.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from plansync.text import in_line, visible

_STYLE = re.compile(r"(\x1b\[[0-9;]{1,11}m|\x1b\]8;;(?:(?:https?|file)://[!-~]{1,2000})?\x1b\\)")
"""Our own colours and links; they pass to a terminal only."""
_COMMAND = re.compile(r"^(\s*):(?=:)", re.MULTILINE)
"""A line that GitHub's runner obeys: it looks past leading blanks. Source: actions/runner, `ActionCommand`."""
_OLD_COMMAND = re.compile(r"##(?=\[|vso\[)")
"""What GitHub's and Azure's runners obey anywhere in a line."""


_gathered: list[list[str]] = []


@contextmanager
def gathering() -> Iterator[list[str]]:
    """Keep what would go to stdout, line by line."""
    _gathered.append([])
    try:
        yield _gathered[-1]
    finally:
        _gathered.pop()


def say(text: str = "", *, err: bool = False, is_for_runner: bool = False) -> None:
    """Print lines. `is_for_runner`: they are meant as commands to a CI runner, and are escaped as such."""
    if _gathered and not err:
        _gathered[-1].extend(text.split("\n"))
        return
    stream = sys.stderr if err else sys.stdout
    typer.echo(safe(text, has_style=stream.isatty(), is_for_runner=is_for_runner), err=err)


def tell(text: str, *, err: bool = False) -> None:
    """Print one line, whatever is in it: a file's name may hold line ends too."""
    say(in_line(text), err=err)


def confirm(question: str) -> bool:
    """Ask for a yes."""
    return typer.confirm(safe(in_line(question), has_style=False))


def ask(question: str, default: str) -> str:
    """Ask for a word."""
    return str(typer.prompt(safe(question, has_style=False), default=safe(default, has_style=False)))


def safe(text: str, *, has_style: bool, is_for_runner: bool = False) -> str:
    """Take out of a text whatever a terminal or a CI runner would obey."""
    parts = _STYLE.split(text)
    kept = (part if n % 2 and has_style else "" if n % 2 else visible(part) for n, part in enumerate(parts))
    text = "".join(kept)
    return text if is_for_runner else _OLD_COMMAND.sub("# #", _COMMAND.sub(r"\1: ", text))
