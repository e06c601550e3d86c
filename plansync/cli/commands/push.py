"""`plansync push`: plan → tracker."""

from __future__ import annotations

import typer

from plansync.cli.context import Common
from plansync.cli.options import Allow, Assume, DryRun, FailOn, FailOnChoice, Full, MaxTime, Only, Plan, Yes


def command(
    context: typer.Context,
    plan: Plan = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    only: Only = None,
    allow: Allow = None,
    max_time: MaxTime = "",
    fail_on: FailOn = FailOnChoice.ANY,
    full: Full = False,
    assume: Assume = None,
) -> None:
    """Create and update issues from the plan; a task with news on the tracker waits for a pull."""
    from plansync.cli.running import Request, perform

    common: Common = context.obj
    request = Request(
        "push",
        plan,
        dry_run,
        yes,
        tuple(allow or ()),
        tuple(only or ()),
        max_time,
        fail_on.value,
        assume=assume.value if assume else "",
        full=full,
    )
    raise typer.Exit(perform(common, request))
