"""`plansync undo`: set back what one run changed."""

from __future__ import annotations

from typing import Annotated

import typer

from plansync.cli.context import Common
from plansync.cli.options import Allow, DryRun, Plan, Yes


def command(
    context: typer.Context,
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run's id, as plansync log lists it.")],
    plan: Plan = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    allow: Allow = None,
) -> None:
    """Set back what a run changed, on both sides; what changed since is told and left as it is.

    Issues that the run made are closed as not planned. An undo is a run, and can be undone.
    """
    from plansync.cli import which
    from plansync.cli.running import Request, perform
    from plansync.sync.undo import Undo

    common: Common = context.obj
    request = Request(
        "undo",
        plan or which.with_run(common.home(), run),
        dry_run,
        yes,
        tuple(allow or ()),
        decide=Undo(run).decide,
        look=("undo", run, "--dry-run"),
    )
    raise typer.Exit(perform(common, request))
