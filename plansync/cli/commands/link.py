"""`plansync link`: say which issue a task is that somebody made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from plansync.cli.context import Common
from plansync.cli.options import Allow, DryRun, Yes
from plansync.errors import ConfigError


def command(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TASK REF PLAN",
            help="A task by number, title or id, and an issue: 12, '#12' or its address. Or a phase and a milestone.",
        ),
    ] = None,
    suggest: Annotated[
        bool, typer.Option("--suggest", help="List issues that look like tasks without an issue; only PLAN.")
    ] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    allow: Allow = None,
) -> None:
    """Link a task to an issue that is there already; it keeps its text and gets plansync's part below it.

    Where title, state or milestone differ you are asked, as in any conflict: plansync resolve.
    """
    from plansync.cli.running import Request, perform
    from plansync.sync.linking import Linking

    common: Common = context.obj
    if suggest:
        raise typer.Exit(_suggest(common, names or []))
    if names is None or len(names) not in (2, 3):
        raise ConfigError("say which task and which issue, as in `plansync link 1.2 12`; or --suggest")
    linking = Linking(names[0], names[1])
    plan = Path(names[2]) if names[2:] else None
    request = Request(
        "link",
        plan,
        dry_run,
        yes,
        tuple(allow or ()),
        prepare=linking.prepare,
        decide=linking.decide,
    )
    raise typer.Exit(perform(common, request))


def _suggest(common: Common, names: list[str]) -> int:
    """List what could be linked, as lines to paste; nothing is written."""
    from plansync.cli.running import Request, perform
    from plansync.sync.suggesting import Suggesting

    if len(names) > 1:
        raise ConfigError("--suggest takes only the plan")
    looking = Suggesting()
    plan = Path(names[0]) if names else None
    request = Request(
        "link",
        plan,
        dry_run=True,
        only_suggestions=True,
        several=True,
        prepare=looking.prepare,
        decide=looking.decide,
    )
    return perform(common, request)
