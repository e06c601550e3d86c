"""`plansync doctor`: looks at all that a sync stands on, and mends what it can where it is told to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plansync.cli.context import Common, find_plan
from plansync.cli.door import confirm, say, tell
from plansync.errors import SafetyStop

if TYPE_CHECKING:
    from plansync.cli.examining import Finding

_SIGNS = {"well": "ok", "note": "note", "ill": "ILL"}
_COLORS = {"well": "green", "note": "yellow", "ill": "red"}


def command(
    context: typer.Context,
    plan: Annotated[
        Path | None, typer.Argument(metavar="PLAN", help="The plan; else the one found here.")
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what doctor can mend; asks about each.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="With --fix: ask nothing.")] = False,
) -> None:
    """Look at plan, state file, git, this machine's memory and the tracker, and say what mends what is ill."""
    from plansync import wiring
    from plansync.cli.examining import Health, examine

    common: Common = context.obj
    home = common.home()
    path = find_plan(home, plan)
    home = wiring.bound(home, path)
    if fix and not yes and not common.is_attended:
        raise SafetyStop("doctor --fix asks about each thing that it mends; add --yes to mend them unasked")
    found: list[Finding] = []
    mended: list[str] = []
    for each in examine(home, path):
        found.append(each)
        if not common.as_json:
            _print(common, each)
        if fix and each.mend and (yes or confirm(f"Mend this: {each.text}?")):
            each.mend()
            mended.append(each.name)
            if not common.as_json:
                tell(f"      mended: {each.name}")
    ill = [each for each in found if each.health is Health.ILL and each.name not in mended]
    code = 1 if ill else 0
    if common.as_json:
        say(json.dumps(_document(str(path), found, mended), indent=2, ensure_ascii=False))
    elif not common.quiet:
        tell(f"{len(ill)} in the way of a sync." if ill else "Nothing is in the way of a sync.")
    raise typer.Exit(code)


def _print(common: Common, found: Finding) -> None:
    if common.quiet and found.health.value == "well":
        return
    sign = _SIGNS[found.health.value]
    if common.has_color:
        sign = typer.style(sign, fg=_COLORS[found.health.value])
    say(f"{sign}{' ' * (5 - len(_SIGNS[found.health.value]))}{_in_line(f'{found.name}: {found.text}')}")
    if found.way:
        say(f"     {_in_line(found.way)}")


def _in_line(text: str) -> str:
    from plansync.text import in_line

    return in_line(text)


def _document(plan: str, found: list[Finding], mended: list[str]) -> dict[str, Any]:
    return {
        "schema": "plansync/doctor/1",
        "plan": plan,
        "findings": [
            {
                "name": f.name,
                "health": f.health.value,
                "text": f.text,
                "way": f.way,
                "is_mended": f.name in mended,
            }
            for f in found
        ],
    }
