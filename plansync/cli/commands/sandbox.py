"""`plansync sandbox`: the embedded tracker, with its board, on loopback."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from plansync.cli.context import Common


def command(
    context: typer.Context,
    port: Annotated[int, typer.Option("--port", help="The port; 0 picks a free one.")] = 7526,
    db: Annotated[
        Path | None, typer.Option("--db", help="The records; default: this folder's sandbox.")
    ] = None,
) -> None:
    """Serve the embedded tracker and its web board on this machine only."""
    from plansync import config
    from plansync.sandbox.serve import serve
    from plansync.store import shelf

    common: Common = context.obj
    home = common.home()
    if db is None:
        found = config.plan_paths(home, Path.cwd())
        root = config.root_of(home, found[0]) if len(found) == 1 else home.root or Path.cwd()
        local = root / ".plansync" / "local"
        shelf.connect(local / "plansync.db").close()
        db = local / "sandbox.db"
    serve(db, port, as_json=common.as_json, out=sys.stdout)
