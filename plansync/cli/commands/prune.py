"""`plansync prune`: close the issues of tasks that are gone from the plan."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from plansync.cli.context import Common
from plansync.cli.options import DryRun, Yes
from plansync.errors import ConfigError


def command(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="TASK|REF... PLAN", help="An issue's number, or the task's title or id."),
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Close the issues of tasks that are gone from the plan, as not planned.

    Without a name: all that nobody touched since, and that have no comment. A task that comes back gets its issue
    back, open.
    """
    from plansync.cli.running import Request, perform
    from plansync.sync.prune import Prune

    common: Common = context.obj
    wanted, plan = _parted(names or [])
    # What is asked for here is what the guard would ask about, and it is listed before it is done.
    request = Request(
        "prune",
        plan,
        dry_run,
        yes,
        ("mass-change",),
        decide=Prune(wanted).decide,
        asks=True,
        look=("prune", "--dry-run", *wanted),
        several=not wanted,
    )
    raise typer.Exit(perform(common, request))


def _parted(names: Sequence[str]) -> tuple[list[str], Path | None]:
    """Tell what is to be closed from the plan, which is the one that is a file.

    Raises: ConfigError where more than one file is named.
    """
    plans = [name for name in names if Path(name).is_file()]
    if len(plans) > 1:
        raise ConfigError(f"{plans[0]} and {plans[1]} cannot both be the plan")
    return [name for name in names if name not in plans], Path(plans[0]) if plans else None
