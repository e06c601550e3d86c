"""What push, pull, sync and diff share: open the plan, ask where it must be asked, run, print."""

from __future__ import annotations

import asyncio
import math
import shlex
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plansync.cli.context import Common, check_named_target, find_plan
from plansync.cli.door import confirm, say
from plansync.cli.stopping import Stopper
from plansync.errors import ConfigError, PlansyncError, SafetyStop

if TYPE_CHECKING:
    from plansync.cli.output import Writer
    from plansync.config import Home
    from plansync.model import Changeset
    from plansync.store.state import Target
    from plansync.sync.events import Done, Report
    from plansync.sync.session import Session
    from plansync.sync.settling import Settling

_WRITES_UNASKED = 20


@dataclass(frozen=True, slots=True)
class Request:
    """One run as asked for on the command line.

    `asks`: it is confirmed however little it writes. `look`: the command, without the plan, that shows what it
    would do. `heard`: is given the report, once it is printed.
    """

    command: str
    plan: Path | None
    dry_run: bool = False
    yes: bool = False
    allow: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    max_time: str = ""
    fail_on: str = "any"
    wants_pending: bool = False
    format: str = "text"
    only_conflicts: bool = False
    only_suggestions: bool = False
    settling: Settling | None = None
    asks: bool = False
    look: tuple[str, ...] = ("diff",)
    prepare: Callable[[Session], Awaitable[None]] | None = None
    decide: Callable[[Session], Changeset] | None = None
    decided: Callable[[Session, Sequence[Done]], None] | None = None
    lineage: str = ""
    rounds: int = 3
    rebuild: bool = False
    full: bool = False
    assume: str = ""
    heard: Callable[[Report], object] | None = None


def perform(common: Common, request: Request) -> int:
    """Run, print, and return the exit code."""
    from plansync import wiring
    from plansync.cli import progress
    from plansync.cli.documents import as_json
    from plansync.cli.in_markdown import markdown
    from plansync.cli.outcome import exit_code
    from plansync.cli.output import Writer
    from plansync.model import Take
    from plansync.sync.events import Report
    from plansync.sync.guards import ALLOWED
    from plansync.sync.run import Direction, Options, run
    from plansync.text import in_line

    if unknown := [name for name in request.allow if name not in ALLOWED]:
        raise ConfigError(f"--allow takes one of {', '.join(ALLOWED)}; not {', '.join(unknown)}")
    home = common.home()
    plan = find_plan(home, request.plan)
    home = wiring.bound(home, plan)
    check_named_target(home)
    target = wiring.target_of(home.settings)
    began = time.monotonic()
    is_json = common.as_json or request.format == "json"
    if home.settings.kind == "sandbox" and not is_json and request.format == "text" and not common.quiet:
        say(_sandbox_hint(home))
    listener = progress.listener(common)
    stopper = Stopper()
    deadline = time.monotonic() + seconds(request.max_time) if request.max_time else None
    limits = wiring.Limits(stopper.stop, math.inf if deadline is None else deadline)
    asker = _Asker(common, request, Writer(common.has_color), str(target))
    direction = {"push": Direction.PUSH, "pull": Direction.PULL}.get(request.command, Direction.BOTH)

    async def go() -> Report:
        async with wiring.project(
            home, plan, listener.listen, is_dry=request.dry_run, limits=limits
        ) as project:
            options = Options(
                direction,
                request.dry_run,
                request.allow,
                common.is_attended,
                asker.confirm,
                listener.listen,
                request.only,
                deadline,
                request.settling,
                stopper.stop,
                lineage=request.lineage,
                rounds=request.rounds,
                rebuild=request.rebuild,
                full=request.full,
                assume=Take(request.assume) if request.assume else None,
                names_account=common.is_attended and not request.yes,
                **_hooks(request),
            )
            with stopper.listening():
                return await run(project, request.command, options)

    try:
        with listener:
            report = asyncio.run(go())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    except PlansyncError as error:
        if not is_json:
            raise
        report = Report(request.command, "", str(plan), error=error)
    code = exit_code(report, request.fail_on, request.wants_pending)
    if is_json:
        say(as_json(report, target, _web(target), code, time.monotonic() - began))
    elif request.format == "markdown":
        say(markdown(report))
    elif request.only_conflicts:
        Writer(common.has_color).decisions(report)
    elif request.only_suggestions:
        Writer(common.has_color).suggestions(report)
    else:
        Writer(common.has_color).report(report, verbose=common.verbose > 0, quiet=common.quiet)
    if report.error:
        say(f"plansync: {in_line(str(report.error))}", err=True)
    if request.heard:
        request.heard(report)
    if report.is_interrupted:
        say("stopped; what was done is remembered, run the same command again to go on", err=True)
    return code


def _sandbox_hint(home: Home) -> str:
    """Say that the sandbox is used; where nobody chose it, how to choose something else."""
    hint = "Using the sandbox: nothing leaves this machine."
    if home.settings.tracker is not None:
        return hint
    how = f'repo = "OWNER/NAME" in {home.file.name}' if home.file else "plansync init"
    return f"{hint} Connect a repository: {how}"


def _hooks(request: Request) -> dict[str, Any]:
    """Give what a link, an undo, a saved changeset or the saving of one does at the points of a run."""
    hooks = {"prepare": request.prepare, "decide": request.decide, "decided": request.decided}
    return {name: hook for name, hook in hooks.items() if hook is not None}


def _web(target: Target) -> str:
    from plansync.trackers.registry import adapter

    web = "" if target.kind == "sandbox" else adapter(target.kind).web(target.api)
    return f"{web}/{target.project}" if web else ""


def seconds(text: str) -> float:
    """Read `90s`, `20m`, `2h`.

    Raises: ConfigError for anything else.
    """
    units = {"s": 1, "m": 60, "h": 3600}
    if not text[:-1].isdecimal() or text[-1:] not in units:
        raise ConfigError(f"--max-time takes a time such as 90s, 20m or 2h; not {text!r}")
    return float(text[:-1]) * units[text[-1]]


def _whose(report: Report) -> str:
    """Say who sees what would be made, and as whom it would be made."""
    seen = report.repository.visibility if report.repository else ""
    fork = f"a fork of {report.repository.parent}" if report.repository and report.repository.parent else ""
    told = [word for word in (seen, fork, f"as {report.account}" if report.account else "") if word]
    return f" ({', '.join(told)})" if told else ""


class _Asker:
    """Asks once before what a person would want to see first."""

    def __init__(self, common: Common, request: Request, writer: Writer, target: str) -> None:
        self.common, self.request, self.writer, self.target = common, request, writer, target

    def _look(self) -> str:
        """Write the command that shows what would be done, as one would type it here."""
        plan = [str(self.request.plan)] if self.request.plan else []
        given = ((f"--{name.replace('_', '-')}", value) for name, value in self.common.flags.items() if value)
        return shlex.join(["plansync", *self.request.look, *plan, *(word for pair in given for word in pair)])

    def confirm(self, report: Report) -> bool:
        """Show and ask on a terminal; elsewhere insist on `--yes`.

        Raises: SafetyStop where nobody can be asked.
        """
        from plansync.cli.wording import counted
        from plansync.sync.events import Status
        from plansync.sync.run import is_first_push

        writes = [
            d for d in report.done if d.status is Status.PLANNED and d.operation.side.value == "tracker"
        ]
        creates = [d for d in writes if d.operation.kind == "create-issue"]
        is_first = bool(creates) and is_first_push(report.base)
        if self.request.yes or not (is_first or self.request.asks or len(writes) > _WRITES_UNASKED):
            return True
        what = f"make {counted(*((len(creates), 'issue') if is_first else (len(writes), 'change')))}"
        if self.request.command == "prune":
            what = f"close {counted(len(writes), 'issue')} as not planned"
        if not self.common.is_attended:
            raise SafetyStop(
                f"this would {what} in {self.target}; add --yes to go on, or look first: {self._look()}"
            )
        sys.stdout.flush()
        report.is_dry = True
        self.writer.report(report, verbose=False, quiet=False)
        report.is_dry = False
        # The event loop keeps the first Ctrl-C for itself, which a prompt would never hear of.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            return confirm(f"This will {what} in {self.target}{_whose(report)}. Go on?")
        finally:
            signal.signal(signal.SIGINT, before)
