"""`plansync log`: what earlier runs did, and why; offline."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plansync.cli.context import Common, find_plan
from plansync.cli.door import say
from plansync.cli.options import Plan
from plansync.errors import ConfigError

if TYPE_CHECKING:
    from plansync.config import Home
    from plansync.store.history import History, Kept, PastRun

_ID = re.compile(r"[0-9a-f]{8}")


def command(
    context: typer.Context,
    what: Annotated[
        str | None,
        typer.Argument(metavar="[RUN|OP|PLAN]", help="A run's or an operation's id; else the plan."),
    ] = None,
    plan: Plan = None,
    before: Annotated[
        bool,
        typer.Option("--before", help="Print the plan before that run, or the issue's text before that OP."),
    ] = False,
) -> None:
    """List the last runs; with a run its operations, with an operation the rule behind it."""
    from contextlib import closing

    from plansync.cli import past, which
    from plansync.cli.each import Looking

    common: Common = context.obj
    home = common.home()
    name = what or ""
    if plan is None and what is not None and (not _ID.fullmatch(what) or Path(what).exists()):
        name, plan = "", _plan(what)
    elif what is not None and not _ID.fullmatch(what):
        raise ConfigError(f"{what!r} is no id of a run or an operation; plansync log lists them")
    if not name and not before:
        raise typer.Exit(Looking("log", _runs, past.print_past).perform(common, plan))
    path = find_plan(home, plan or (which.with_run(home, name) if name else None))
    history = which.history_of(home, path)
    with closing(history.db):
        if before:
            _print_before(history, name)
        else:
            _show(common, history, path, name)


def _runs(home: Home, path: Path) -> dict[str, Any]:
    from contextlib import closing

    from plansync.cli import past, which

    history = which.history_of(home, path)
    with closing(history.db):
        return past.of_runs(path, history.runs())


def _plan(name: str) -> Path:
    """Take for the plan what is no id.

    Raises: ConfigError where it is neither.
    """
    if not Path(name).exists():
        raise ConfigError(
            f"{name} is no id of a run or an operation, and no file; plansync log lists the ids"
        )
    return Path(name)


def _found(history: History, name: str) -> PastRun | Kept:
    """Find what an id names.

    Raises: ConfigError where it is not in the history.
    """
    found = history.run(name) or history.operation(name)
    if found is None:
        raise ConfigError(f"{name} is not in the history of this plan here; plansync log lists its last runs")
    return found


def _show(common: Common, history: History, path: Path, name: str) -> None:
    from plansync.cli import past
    from plansync.cli.documents import dumped
    from plansync.cli.output import Writer
    from plansync.store.history import PastRun

    found = _found(history, name)
    if isinstance(found, PastRun):
        document = past.of_run(path, found, history.operations(found.id))
    else:
        document = past.of_operation(path, found, history.before(found.run, found.told.id))
    if common.as_json:
        say(dumped(document))
    else:
        past.print_past(Writer(common.has_color), document)


def _print_before(history: History, name: str) -> None:
    """Print a kept text: to a file or a program just as it was, to a terminal so that nothing in it is obeyed."""
    from plansync.cli import past
    from plansync.store.history import PastRun
    from plansync.text import visible

    if not name:
        raise ConfigError("--before needs the id of a run or an operation")
    found = _found(history, name)
    if isinstance(found, PastRun):
        kept = history.before(found.id, "plan")
    else:
        kept = [past.text_before(raw) for raw in history.before(found.run, found.told.id)]
    if not kept:
        raise ConfigError(f"{name} replaced no text, so none was kept")
    if sys.stdout.isatty():
        say("\n".join(visible(line) for line in kept[0].decode("utf-8", "replace").splitlines()))
    else:
        sys.stdout.buffer.write(kept[0])
        sys.stdout.buffer.flush()
