"""`plansync doctor`: looks at all that a sync stands on, and mends what it can where it is told to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plansync.cli.context import Common, find_plans
from plansync.cli.door import confirm, say, tell
from plansync.errors import ExitCode, PlansyncError, SafetyStop

if TYPE_CHECKING:
    from plansync.cli.examining import Finding
    from plansync.config import Home

_SIGNS = {"well": "ok", "note": "note", "ill": "ILL"}
_TEXT_AT = 5
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
    from plansync import config
    from plansync.cli.documents import dumped

    common: Common = context.obj
    home = common.home()
    if fix and not yes and not common.is_attended:
        raise SafetyStop("doctor --fix asks about each thing that it mends; add --yes to mend them unasked")
    is_several = plan is None and config.names_several(home)
    examined: list[_Examined] = []
    for path in find_plans(home, plan):
        if is_several and not common.as_json:
            tell(f"{path}:")
        try:
            examined.append(_examined(common, home, path, fix=fix, yes=yes))
        except PlansyncError as error:
            if not is_several:
                raise
            tell(f"plansync: {error}", err=True)
            examined.append(_Examined(str(path), None, 1, str(error)))
    ill = sum(each.ill for each in examined)
    if common.as_json:
        say(dumped(_documents(examined) if is_several else examined[0].document))
    elif not common.quiet:
        tell(f"{ill} in the way of a sync." if ill else "Nothing is in the way of a sync.")
    raise typer.Exit(ExitCode.ERROR if ill else ExitCode.DONE)


@dataclass(frozen=True, slots=True)
class _Examined:
    """What was found out about one plan, and how much of it is in the way of a sync; or why nothing was."""

    plan: str
    document: dict[str, Any] | None
    ill: int
    error: str = ""


def _examined(common: Common, home: Home, path: Path, *, fix: bool, yes: bool) -> _Examined:
    """Examine one plan, telling what is found as it is found, and mend it where that is wanted."""
    from plansync import wiring
    from plansync.cli import progress
    from plansync.cli.examining import Health, examine

    found: list[Finding] = []
    mended: list[str] = []
    for each in examine(wiring.bound(home, path), path, progress.listener(common).listen):
        found.append(each)
        if not common.as_json:
            _print(common, each)
        if fix and each.mend and (yes or confirm(f"Mend this: {each.text}?")):
            each.mend()
            mended.append(each.name)
            if not common.as_json:
                tell(f"      mended: {each.name}")
    ill = sum(each.health is Health.ILL and each.name not in mended for each in found)
    return _Examined(str(path), _document(str(path), found, mended), ill)


def _documents(examined: list[_Examined]) -> dict[str, Any]:
    """Put the documents of several plans into one, `plansync/plans/1`."""
    outcomes = ["error" if each.ill else "done" for each in examined]
    plans = [
        {"plan": each.plan, "outcome": outcome, "error": each.error, "document": each.document}
        for each, outcome in zip(examined, outcomes, strict=True)
    ]
    return {
        "schema": "plansync/plans/1",
        "command": "doctor",
        "outcome": "error" if "error" in outcomes else "done",
        "plans": plans,
    }


def _print(common: Common, found: Finding) -> None:
    if common.quiet and found.health.value == "well":
        return
    from plansync.cli.output import Writer

    writer, sign = Writer(common.has_color), _SIGNS[found.health.value]
    blanks = " " * (_TEXT_AT - len(sign))
    text = _in_line(f"{found.name}: {found.text}")
    writer.say(f"{writer.style(sign, fg=_COLORS[found.health.value])}{blanks}{text}", _TEXT_AT)
    if found.way:
        writer.say(f"{' ' * _TEXT_AT}{_in_line(found.way)}", _TEXT_AT)


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
