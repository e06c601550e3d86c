"""`plansync watch`: keeps plans and issues in step while it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from plansync.cli.context import Common
from plansync.cli.options import Every, Plan, Yes


def command(
    context: typer.Context,
    plan: Plan = None,
    every: Every = "",
    settle: Annotated[
        str,
        typer.Option("--settle", help="How long what is new, renamed or gone rests first: 60s by default."),
    ] = "",
    yes: Yes = False,
) -> None:
    """Sync on each save and on a timer, until told to end; Ctrl-C and SIGTERM finish the request in flight.

    A tick is synced 2 seconds after its save, what is new, renamed or gone in the plan after 60. Each run that did
    something prints a line, with --json its document; `plansync health` tells whether it still works.
    """
    from plansync.cli.watching import Watching

    common: Common = context.obj
    raise typer.Exit(Watching(common, plan, every, settle, has_leave=yes).go())
