"""`plansync new`: a starting plan to open and reword.

The texts are `plansync/starts/DIALECT.md`. In them `{title}` stands for the title that the file's name,
or its folder's, gives, and `{date}` for today; nothing else is replaced. Owns no file that exists.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from plansync.cli.context import Common
from plansync.cli.door import say

_ENDINGS = (".md", ".markdown")
_NO_TITLE = "New plan"


class Start(StrEnum):
    """The dialects that there is a starting plan for."""

    PHASE_TASK = "phase-task"
    KIRO = "kiro"
    SPEC_KIT = "spec-kit"
    OPENSPEC = "openspec"


def command(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="The plan to write, such as docs/plan.md.")],
    dialect: Annotated[Start, typer.Option("--dialect", help="How the plan is written.")] = Start.PHASE_TASK,
) -> None:
    """Write a starting plan to fill in; never over a file that is there."""
    from datetime import date

    from plansync import config
    from plansync.cli.documents import dumped
    from plansync.text import visible

    common: Common = context.obj
    _check_name(path)
    _create(
        path, starting_plan(dialect, config.plan_title(path.absolute(), _NO_TITLE), date.today().isoformat())
    )
    if common.as_json:
        say(dumped({"schema": "plansync/new/1", "path": str(path), "dialect": dialect.value}))
    elif not common.quiet:
        say(visible(_advice(path, dialect)))


def starting_plan(dialect: Start, title: str, date: str) -> bytes:
    """Read a starting text and put title and date into it."""
    from importlib.resources import files

    text = files("plansync").joinpath(f"starts/{dialect.value}.md").read_text("utf-8")
    return text.replace("{date}", date).replace("{title}", title).encode()


def _check_name(path: Path) -> None:
    from plansync.errors import ConfigError

    try:
        is_folder = path.is_dir()
    except OSError:
        is_folder = False  # writing will say what is wrong with the name
    if is_folder:
        raise ConfigError(f"{path} is a folder; name a file in it: plansync new {_quoted(path / 'plan.md')}")
    if path.suffix.casefold() not in _ENDINGS:
        better = path.with_name(f"{path.name}.md")
        raise ConfigError(f"a plan is a Markdown file; give it that ending: plansync new {_quoted(better)}")


def _create(path: Path, content: bytes) -> None:
    """Write a file that is not there yet, and its folders; leave no half of it.

    Raises: ConfigError where the file exists, if only since a moment, or cannot be written.
    """
    from plansync.errors import ConfigError

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"the folder {path.parent} cannot be made: {error.strerror}") from None
    try:
        file = path.open("xb")
    except FileExistsError:
        raise ConfigError(f"{path} is there already and was not touched; name another file") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None
    try:
        with file:
            file.write(content)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None


def _advice(path: Path, dialect: Start) -> str:
    lines = (
        f"wrote {path}, a plan to reword ({dialect.value})",
        "Put your own phases, tasks and times into it. Next, see where it stands and whether it adds up:",
        f"  plansync status {_quoted(path)}",
        f"  plansync check {_quoted(path)}",
    )
    return "\n".join(lines)


def _quoted(path: Path) -> str:
    import shlex

    return shlex.quote(str(path))
