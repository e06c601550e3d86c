"""`plansync sandbox`: the embedded tracker, with its board, on loopback."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from plansync.cli.context import Common, plans_here
from plansync.errors import ConfigError
from plansync.sandbox.kinds import Tier

_SUB_PATH = re.compile(r"(?:/[\w.~-]+)+", re.ASCII)


def command(
    context: typer.Context,
    port: Annotated[int, typer.Option("--port", help="The port; 0 picks a free one.")] = 7526,
    db: Annotated[
        Path | None, typer.Option("--db", help="The records; default: this folder's sandbox.")
    ] = None,
    tier: Annotated[
        Tier | None, typer.Option("--tier", help="What its GitLab is licensed for; kept with the records.")
    ] = None,
    sub_path: Annotated[
        str, typer.Option("--sub-path", help="Where its GitLab is installed, as /gitlab.")
    ] = "",
) -> None:
    """Serve the embedded tracker and its web board on this machine only."""
    from plansync import config
    from plansync.sandbox.serve import serve
    from plansync.store import shelf

    if sub_path and not _SUB_PATH.fullmatch(sub_path):
        raise ConfigError(f"--sub-path cannot be {sub_path!r}; it is a path as in /gitlab")
    common: Common = context.obj
    home = common.home()
    if db is None:
        found = plans_here(home, Path.cwd())
        root = config.root_of(home, found[0]) if len(found) == 1 else home.root or Path.cwd()
        local = root / ".plansync" / "local"
        shelf.connect(local / "plansync.db").close()
        db = local / "sandbox.db"
    serve(db, port, as_json=common.as_json, out=sys.stdout, tier=tier, root=sub_path)
