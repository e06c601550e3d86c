"""`plansync health`: whether what should sync by itself still does."""

from __future__ import annotations

import typer

from plansync.cli.context import Common
from plansync.cli.options import Every, Plan


def command(context: typer.Context, plan: Plan = None, every: Every = "") -> None:
    """Say when plans were last synced on this machine; ends with 1 where that is longer ago than twice the interval.

    The interval is that of `plansync watch`; for a job of your own name it with --every.
    """
    from plansync.cli.healthy import health

    common: Common = context.obj
    raise typer.Exit(health(common, plan, every))
