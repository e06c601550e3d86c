"""What push, pull, sync and diff share: open the plan, ask where it must be asked, run, print."""

from __future__ import annotations

import asyncio
import math
import os
import shlex
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plansync.cli.context import Common, check_named_target, find_plan, find_plans, relative, state_file
from plansync.cli.door import say, tell
from plansync.cli.stopping import Stopper
from plansync.errors import ConfigError, ExitCode, PlansyncError

if TYPE_CHECKING:
    from plansync.config import Home
    from plansync.model import Changeset
    from plansync.store.state import Target
    from plansync.sync.events import Done, Report
    from plansync.sync.session import Session
    from plansync.sync.settling import Settling

_TOLD_BESIDES = {"GITHUB_ACTIONS", "PLANSYNC_DOTENV"}
_TIME_MAX = 8
"""Letters: a thousand years are enough for anybody, and more hours than a float holds are no time."""
_BEATS = ("sync", "push", "pull")
"""The commands that a job runs: each of their runs tells that it is alive."""


@dataclass(frozen=True, slots=True)
class Request:
    """One run as asked for on the command line.

    `asks`: it is confirmed however little it writes. `look`: the command, without the plan, that shows what it
    would do. `several`: without a plan it is for all that the settings name. `heard`: is given how each ended, once
    that is printed. `asks_after`: what it lists is asked about then, so that one alone need not be listed.
    `answered`: conflicts that are answered already, and decided by a run after this one, so that none of them is told.
    `commit`: plan and state file are written back to git, whatever it ends with. `watches`: nobody is there to be
    asked, and it comes round again after so many seconds. `is_settled`: the plan is not just being written.
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
    several: bool = False
    asks_after: bool = False
    answered: frozenset[str] = frozenset()
    commit: bool = False
    watches: float | None = None
    is_settled: bool = True
    heard: Callable[[Ended], object] | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How the run of one plan ended. `url`: of its project, empty where it has none."""

    plan: Path
    report: Report
    kind: str
    project: str
    url: str
    code: int
    took_s: float


def perform(common: Common, request: Request) -> int:
    """Run, print, and return the exit code."""
    from plansync import config
    from plansync.cli import several

    home = common.home()
    is_several = request.several and request.plan is None and config.names_several(home)
    if request.commit:
        from plansync.cli.committing import perform_and_commit

        return perform_and_commit(common, request, find_plans(home, None) if is_several else None)
    if is_several:
        return several.perform(Performer(common, request, home), find_plans(home, None))
    performer, plan = Performer(common, request, home), find_plan(home, request.plan)
    is_first = state_file(home, plan) is None
    ended = performer.run(plan, catches=performer.is_json)
    performer.tell(ended)
    if is_first and ended.kind != "sandbox":
        performer.tell_what_to_commit(plan)
    return ended.code


class Performer:
    """Performs one request for plan after plan, and shows how each went."""

    def __init__(self, common: Common, request: Request, home: Home) -> None:
        from plansync.sync import guards

        guards.require_known(request.allow)
        self.common, self.request, self.home = common, request, home
        self.has_hinted = False
        self.is_attended = common.is_attended and request.watches is None
        self.stopper = Stopper(hears=request.watches is None)
        self.deadline = time.monotonic() + seconds(request.max_time) if request.max_time else None

    @property
    def is_json(self) -> bool:
        """Whether one document is all that is printed."""
        return self.common.as_json or self.request.format == "json"

    def run(self, plan: Path, *, catches: bool) -> Ended:
        """Run for one plan. `catches`: what went wrong is in the report, and nothing is raised.

        Raises: the `PlansyncError` family, KeyboardInterrupt.
        """
        from plansync import wiring
        from plansync.cli.outcome import exit_code
        from plansync.sync.events import Report

        began, target = time.monotonic(), None
        try:
            home = wiring.bound(self.home, plan)
            check_named_target(home)
            target = wiring.target_of(home.settings)
            if home.settings.kind == "sandbox" and self._has_hints and not self.has_hinted:
                say(_sandbox_hint(home))
                self.has_hinted = True
            report = self._ran(home, plan, target)
        except PlansyncError as error:
            if not catches:
                self._beat(plan, Report(self.request.command, "", str(plan), error=error), error.exit_code)
                raise
            report = Report(self.request.command, "", str(plan), error=error)
        code = exit_code(report, self.request.fail_on, self.request.wants_pending)
        self._beat(plan, report, code)
        settings = self.home.settings
        kind, project = (target.kind, target.project) if target else (settings.kind, settings.repo or "")
        took_s = time.monotonic() - began
        return Ended(plan, report, kind, project, _web(target) if target else "", code, took_s)

    def _beat(self, plan: Path, report: Report, code: int) -> None:
        """Write down that a plan was synced, or why not: `plansync health` asks."""
        from datetime import UTC, datetime

        from plansync import wiring
        from plansync.cli.outcome import OUTCOMES
        from plansync.store import pulse

        request = self.request
        is_whole = request.command in _BEATS and not request.dry_run and not request.only
        if not is_whole or code == ExitCode.BUSY or report.is_interrupted:
            return
        paths = wiring.paths_of(self.home, plan)
        before = pulse.read(paths.pulse, paths.name)
        at = datetime.now(UTC).isoformat(timespec="seconds")
        error = str(report.error or "")
        pulse.beat(paths.pulse, before, at=at, outcome=OUTCOMES[code], error=error, every_s=request.watches)

    def tell_what_to_commit(self, plan: Path) -> None:
        """After a first push, say what belongs together in a commit: a plan without the other half costs questions."""
        from plansync import config
        from plansync.store.places import FOLDER

        root = config.root_of(self.home, plan)
        if not self._has_hints or config.git_root(root) is None or state_file(self.home, plan) is None:
            return
        files = (plan, self.home.file, root / FOLDER)
        names = [str(relative(file)) for file in files if file]
        tell("Next, commit the plan and what is remembered of it together:")
        say(f"  {shlex.join(['git', 'add', *names])}")

    @property
    def is_late(self) -> bool:
        """Whether the time that was given is over."""
        return self.deadline is not None and time.monotonic() >= self.deadline

    @property
    def _has_hints(self) -> bool:
        return not self.is_json and self.request.format == "text" and not self.common.quiet

    def _ran(self, home: Home, plan: Path, target: Target) -> Report:
        from plansync import wiring
        from plansync.cli import progress
        from plansync.cli.asking import Asker
        from plansync.cli.commands.check import found_in
        from plansync.cli.output import Writer
        from plansync.model import Take
        from plansync.sync.run import Direction, Options, run

        common, request = self.common, self.request
        listener = progress.listener(common)
        self.stopper = stopper = Stopper(hears=request.watches is None)
        limits = wiring.Limits(stopper.stop, math.inf if self.deadline is None else self.deadline)
        writer = Writer(common.has_color, plan)
        asker = Asker(common, request, writer, str(target), lambda: found_in(home, plan))

        def confirm(report: Report) -> bool:
            listener.clear()
            return asker.confirm(report)

        direction = {"push": Direction.PUSH, "pull": Direction.PULL}.get(request.command, Direction.BOTH)
        options = Options(
            direction,
            request.dry_run,
            request.allow,
            self.is_attended,
            confirm,
            listener.listen,
            request.only,
            self.deadline,
            request.settling,
            stopper.stop,
            lineage=request.lineage,
            rounds=request.rounds,
            rebuild=request.rebuild,
            full=request.full,
            assume=Take(request.assume) if request.assume else None,
            names_account=self.is_attended and not request.yes,
            is_settled=request.is_settled,
            **_hooks(request),
        )

        async def go() -> Report:
            async with wiring.project(
                home, plan, listener.listen, is_dry=request.dry_run, limits=limits
            ) as project:
                with stopper.listening():
                    return await run(project, request.command, options)

        try:
            with listener:
                return asyncio.run(go())
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None

    def tell(self, ended: Ended) -> None:
        """Print all that there is to say of the only run."""
        from plansync.cli.documents import dumped, run_document

        if self.is_json:
            say(dumped(run_document(ended)))
        elif not (self.request.asks_after and _is_lone(ended.report)):
            self.show(ended)
        self.tell_end(ended)

    def show(self, ended: Ended) -> None:
        """Print what a run did, in the form that was asked for."""
        from plansync.cli.in_markdown import markdown
        from plansync.cli.output import Writer

        common, request, report = self.common, self.request, _without(ended.report, self.request.answered)
        if request.format == "markdown":
            say(markdown(report))
            return
        writer = Writer(common.has_color, ended.plan)
        if request.only_conflicts:
            writer.decisions(report)
        elif request.only_suggestions:
            writer.suggestions(report)
        else:
            writer.report(report, verbose=common.verbose > 0, quiet=common.quiet)

    def tell_end(self, ended: Ended) -> None:
        """Say on stderr why a run did not come to its end."""
        from plansync.text import in_line

        if ended.report.error:
            say(f"plansync: {in_line(str(ended.report.error))}", err=True)
        if os.environ.keys() & _TOLD_BESIDES:
            from plansync.cli import ci

            ci.tell(ended, os.environ)
        if self.request.heard:
            self.request.heard(ended)


def _sandbox_hint(home: Home) -> str:
    """Say that the sandbox is used; where nobody chose it, how to choose something else."""
    hint = "Using the sandbox: nothing leaves this machine."
    if home.settings.tracker is not None:
        return hint
    how = f'repo = "OWNER/NAME" in {home.file.name}' if home.file else "plansync init"
    return f"{hint} Connect a repository: {how}"


def _without(report: Report, answered: frozenset[str]) -> Report:
    """Leave conflicts out of a report by their ids."""
    if not answered:
        return report
    from plansync.model import conflict_id

    conflicts = [c for c in report.conflicts if conflict_id(c.uid, c.field) not in answered]
    return replace(report, conflicts=conflicts)


def _is_lone(report: Report) -> bool:
    """Say whether a single thing is to be decided, of which its question tells all there is."""
    return len(report.conflicts) + len(report.drifts) == 1 and report.error is None


def _hooks(request: Request) -> dict[str, Any]:
    """Give what a link, an undo, a saved changeset or the saving of one does at the points of a run."""
    hooks = {"prepare": request.prepare, "decide": request.decide, "decided": request.decided}
    return {name: hook for name, hook in hooks.items() if hook is not None}


def _web(target: Target) -> str:
    from plansync.trackers.registry import adapter

    web = "" if target.kind == "sandbox" else adapter(target.kind).web(target.api)
    return f"{web}/{target.project}" if web else ""


def seconds(text: str, option: str = "--max-time") -> float:
    """Read `90s`, `20m`, `2h`.

    Raises: ConfigError for anything else.
    """
    units = {"s": 1, "m": 60, "h": 3600}
    if not text[:-1].isdecimal() or text[-1:] not in units or len(text) > _TIME_MAX:
        raise ConfigError(f"{option} takes a time such as 90s, 20m or 2h; not {text!r}")
    return float(text[:-1]) * units[text[-1]]
