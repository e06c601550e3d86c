"""`plansync diff`: what a sync would do, both ways."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from plansync.cli.context import Common
from plansync.cli.options import Only, Plan


class Format(StrEnum):
    """How a diff is printed."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


def command(
    context: typer.Context,
    plan: Plan = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 6 where anything would change.")
    ] = False,
    form: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TEXT,
    only: Only = None,
) -> None:
    """Show what a sync would do, in both directions; writes nothing."""
    from plansync.cli.running import Request, perform

    common: Common = context.obj
    request = Request(
        "diff", plan, dry_run=True, only=tuple(only or ()), wants_pending=exit_code, format=form.value
    )
    raise typer.Exit(perform(common, request))
