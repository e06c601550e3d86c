"""`plansync unlink`: leave again without a trace."""

from __future__ import annotations

from typing import Annotated

import typer

from plansync.cli.assent import require_assent
from plansync.cli.context import Common, find_plan
from plansync.cli.door import tell
from plansync.cli.options import Plan, Yes
from plansync.cli.worded import worded
from plansync.errors import ConfigError


@worded
def command(
    context: typer.Context,
    plan: Plan = None,
    every: Annotated[
        bool, typer.Option("--all", help="The whole plan; needed, so that nobody forgets it by accident.")
    ] = False,
    strip: Annotated[
        bool, typer.Option("--strip", help="Also take ids, links and the footer out of the plan.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Forget the links between a plan and its issues; the issues stay as they are."""
    from plansync import wiring
    from plansync.cli.wording import ids_and_links
    from plansync.sync.leave import unlink

    common: Common = context.obj
    if not every:
        raise ConfigError(
            "unlink is for a whole plan, never for one task; say so: plansync unlink --all [--strip]"
        )
    home = common.home()
    path = find_plan(home, plan)
    traces = ", and take every id and link out of it" if strip else ""
    what = f"this would forget which issues {path} has{traces}; the issues stay as they are"
    require_assent(common, what, "Go on?", yes=yes)
    paths = wiring.paths_of(wiring.bound(home, path), path)
    moved = [paths.former.file] if paths.former else []
    files = [wiring.plan_files(paths, state) for state in (*paths.states, *moved)]
    count = unlink(files, wiring.lock(paths), wiring.reads(home, paths), strip=strip)
    words = f"{ids_and_links(count)} taken out of {path}" if strip else f"{path} is unchanged"
    tell(f"Unlinked. {words}; the issues stay as they are.")
