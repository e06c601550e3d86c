"""`plansync apply`: do what a saved diff said."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plansync.cli.context import Common
from plansync.cli.options import Allow, Plan, Yes
from plansync.errors import StoreError

if TYPE_CHECKING:
    from plansync.config import Home


def command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What plansync diff --out wrote.")],
    plan: Plan = None,
    yes: Yes = False,
    allow: Allow = None,
) -> None:
    """Do exactly what a saved diff said, if nothing that it touches moved since; else nothing."""
    from plansync.cli.running import Request, perform
    from plansync.sync import saved

    common: Common = context.obj
    try:
        changeset = saved.load(file.read_bytes(), str(file))
    except OSError as error:
        raise StoreError(f"{file} cannot be read: {error.strerror}") from None
    request = Request(
        "apply",
        plan or _place(common.home(), changeset.plan),
        yes=yes,
        allow=tuple(allow or ()),
        decide=changeset.decide,
        lineage=changeset.lineage,
        rounds=1,
    )
    raise typer.Exit(perform(common, request))


def _place(home: Home, name: str) -> Path | None:
    """Find the plan that a changeset names, from the project's root; `None` where it is not there."""
    from plansync.cli.context import relative

    path = (home.root or Path.cwd()) / name
    return relative(path) if path.is_file() else None
