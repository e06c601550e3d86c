"""`plansync resolve`: what is for a person to decide, and the decision."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plansync.cli.context import Common
from plansync.cli.door import tell
from plansync.cli.options import Allow, DryRun, Yes
from plansync.errors import ConfigError, ExitCode

if TYPE_CHECKING:
    from plansync.cli.running import Ended

_ID = re.compile(r"[0-9a-f]{8}")


class Side(StrEnum):
    """Whose value is taken."""

    PLAN = "plan"
    ISSUE = "issue"
    BASE = "base"


class How(StrEnum):
    """What is done about something that no value settles; see `sync.ways`."""

    RECREATE = "recreate"
    DROP = "drop"
    FOLLOW = "follow"
    CLOSE = "close"
    KEEP = "keep"
    RESTORE = "restore"
    ACCEPT = "accept"
    FIX_REASON = "fix-reason"
    REWRITE_BLOCK = "rewrite-block"


def command(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID... PLAN", help="The conflicts, by their ids; none: list them."),
    ] = None,
    take: Annotated[
        Side | None, typer.Option("--take", help="Take the value of this side; base: what was last agreed.")
    ] = None,
    value: Annotated[
        str, typer.Option("--value", help="Take this value: a text, state, tick or phase.")
    ] = "",
    how: Annotated[
        How | None,
        typer.Option(
            "--how", help="What to do where no value settles it: an issue that is gone, or strayed."
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Decide all that are open in one way.")] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    allow: Allow = None,
) -> None:
    """Decide the conflicts: asked about on a terminal, else listed, or as said; both sides then say what you chose."""
    from plansync.cli import which
    from plansync.cli.running import Request, perform
    from plansync.model import Take
    from plansync.sync import ways
    from plansync.sync.settling import Settling

    common: Common = context.obj
    ids, plan = _parted(names or [])
    _check(ids, (take, value, how), every)
    if not ids and not every:
        all_: list[Ended] = []
        is_asked = common.is_attended and not dry_run
        request = Request(
            "resolve",
            plan,
            dry_run=True,
            only_conflicts=True,
            heard=all_.append,
            several=True,
            asks_after=is_asked,
        )
        code = perform(common, request)
        raise typer.Exit(_ask(common, all_) if is_asked else code)
    settling = Settling(
        ids, Take(take.value) if take else Take.VALUE, value, ways.How(how.value) if how else None
    )
    named = ("--take", take.value) if take else ("--how", how.value) if how else ("--value", value)
    look = ("resolve", *(ids or ["--all"]), *named, "--dry-run")
    request = Request(
        "resolve",
        plan or (which.with_conflicts(common.home(), ids) if ids else None),
        dry_run,
        yes,
        tuple(allow or ()),
        settling=settling,
        asks=every,
        look=look,
        several=every,
    )
    raise typer.Exit(perform(common, request))


def _ask(common: Common, all_: Sequence[Ended]) -> int:
    """Ask about what was listed, and carry the answers out; nothing is written where all is left for later.

    Quitting ends the whole: what was answered by then is carried out, and no further plan is asked about. The last
    run for a plan says what of it is left to decide.
    """
    from plansync.cli.deciding import decide
    from plansync.cli.outcome import worst
    from plansync.cli.running import Request, perform

    all_codes: list[int] = []
    is_over = False
    for ended in all_:
        codes = [ended.code]
        if not ended.report.error and not is_over:
            settlings, is_over = decide(ended.report)
            for done, settling in enumerate(settlings, 1):
                later = frozenset(i for other in settlings[done:] for i in other.ids)
                request = Request("resolve", ended.plan, yes=True, settling=settling, answered=later)
                try:
                    codes.append(perform(common, request))
                except (
                    ConfigError
                ) as error:  # a value that was typed and cannot be; the other answers are good
                    tell(f"plansync: {error}", err=True)
                    codes.append(error.exit_code)
        all_codes += [codes[-1], *(code for code in codes[1:] if code != ExitCode.CONFLICTS)]
    return worst(all_codes)


def _parted(names: Sequence[str]) -> tuple[list[str], Path | None]:
    """Tell the ids of conflicts from the plan.

    Raises: ConfigError where more than one plan is named, or one that is not there.
    """
    ids = [name for name in names if _ID.fullmatch(name)]
    plans = [name for name in names if not _ID.fullmatch(name)]
    if len(plans) > 1:
        raise ConfigError(f"{plans[0]} and {plans[1]} cannot both be the plan; an id is eight of 0-9 and a-f")
    if plans and not Path(plans[0]).exists():
        raise ConfigError(
            f"{plans[0]} is no id of a conflict (eight of 0-9 and a-f), and no file; plansync resolve lists the ids"
        )
    return ids, Path(plans[0]) if plans else None


def _check(ids: Sequence[str], says: tuple[Side | None, str, How | None], every: bool) -> None:
    """Refuse what says nothing, or two things.

    Raises: ConfigError.
    """
    said = [each for each in says if each]
    if (ids or every) and not said:
        raise ConfigError("say how: --take plan, --take issue, --take base, --value TEXT, or --how ACTION")
    if len(said) > 1:
        raise ConfigError("--take, --value and --how exclude each other")
    if said and not (ids or every):
        raise ConfigError("say which conflict, by its id, or --all; plansync resolve lists them")
    if ids and every:
        raise ConfigError("name conflicts or say --all, not both")
    if every and says[1]:
        raise ConfigError("--value is for one conflict; with --all take a side")
