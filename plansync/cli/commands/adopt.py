"""`plansync adopt`: an issue that somebody made becomes a task of the plan."""

from __future__ import annotations

from typing import Annotated

import typer

from plansync.cli.context import Common
from plansync.cli.options import Allow, DryRun, Plan, Yes


def command(
    context: typer.Context,
    ref: Annotated[str, typer.Argument(metavar="REF", help="The issue: 12, '#12' or its address.")],
    plan: Plan = None,
    phase: Annotated[
        str, typer.Option("--phase", help="The phase it is to stand in, where its milestone does not say.")
    ] = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    allow: Allow = None,
) -> None:
    """Take an issue that somebody made into the plan: a new task with its title, at the end of a phase.

    The issue keeps its text and labels, and gets plansync's part below it.
    """
    from plansync.cli.running import Request, perform
    from plansync.sync.intake import Intake

    common: Common = context.obj
    intake = Intake(ref, phase)
    request = Request(
        "adopt",
        plan,
        dry_run,
        yes,
        tuple(allow or ()),
        prepare=intake.prepare,
        decide=intake.decide,
    )
    raise typer.Exit(perform(common, request))
