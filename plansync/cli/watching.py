"""What `plansync watch` puts together: the loop, one run after another, signals, and a line for what happened."""

from __future__ import annotations

import gc
import random
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from plansync.cli.context import Common, find_plans, here
from plansync.cli.door import say
from plansync.cli.running import Ended, Performer, Request, seconds
from plansync.errors import (
    ConfigError,
    ExitCode,
    PlanError,
    PlansyncError,
    RateLimited,
    SafetyStop,
    StoreError,
)
from plansync.text import in_line

if TYPE_CHECKING:
    from plansync.server.when import Pace, Went

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_JITTER = 0.1


@dataclass(slots=True)
class Watching:
    """One `plansync watch`. `has_leave`: it may make what a run asks about; nobody is there to answer."""

    common: Common
    plan: Path | None
    every: str
    settle: str
    has_leave: bool
    is_told: bool = False
    at_work: Performer | None = None
    said: dict[Path, str] = field(default_factory=dict)
    locks: dict[Path, ExitStack] = field(default_factory=dict)
    beside: dict[Path, tuple[Path, ...]] = field(default_factory=dict)
    _held: ExitStack = field(default_factory=ExitStack)

    def go(self) -> int:
        """Watch until told to end; that is how it is meant to end, so the exit code is 0.

        Raises: Busy where one of the plans is being watched already; ConfigError.
        """
        from plansync.server.watch import Ports, Watch

        plans = find_plans(self.common.home(), self.plan)
        pace = self._pace()
        ports = Ports(
            time.monotonic,
            time.time,
            time.sleep,
            lambda: random.uniform(1 - _JITTER, 1 + _JITTER),
            lambda: self.is_told,
        )
        with self._held, self._listening():
            for plan in plans:
                self._hold(plan)
            self._begin(plans, pace)
            Watch(
                pace,
                ports,
                self._plans,
                lambda plan, is_settled: self._run(plan, is_settled, pace),
                lambda plan: self.beside.get(plan, ()),
            ).go()
        if not self.common.as_json and not self.common.quiet:
            say("ended; what was done is remembered")
        return ExitCode.DONE

    def _pace(self) -> Pace:
        from plansync.server.when import Pace

        said = self.common.home().settings.watch
        every_s = seconds(self.every, "--every") if self.every else said.every_s
        settle_s = seconds(self.settle, "--settle") if self.settle else said.settle_s
        if not every_s:
            raise ConfigError("--every takes a time above zero, such as 5m")
        return Pace(every_s, said.quiet_s, settle_s)

    def _plans(self) -> Sequence[Path]:
        """List the plans anew: a pattern may match more by now, or fewer; one that is watched elsewhere is left out.

        Raises: ConfigError where the folder that this was started in is gone.
        """
        here()
        try:
            plans = find_plans(self.common.home(), self.plan)
        except PlansyncError as error:  # what was watched so far is watched on
            self._tell_once(Path(), str(error))
            return list(self.locks)
        self.said.pop(Path(), None)
        for plan in self.locks.keys() - set(plans):
            self.locks.pop(plan).close()
        for plan in [each for each in self.locks if not self._is_held(each)]:
            self.locks.pop(plan).close()  # its lock was deleted, as `git clean` does
        return [plan for plan in plans if plan in self.locks or self._takes_in(plan)]

    def _takes_in(self, plan: Path) -> bool:
        try:
            self._hold(plan)
        except PlansyncError as error:
            self._tell_once(plan, str(error))
            return False
        if not self.common.as_json and not self.common.quiet:
            self._line(plan, "watched from now on")
        return True

    def _hold(self, plan: Path) -> None:
        """Be the only one who watches a plan, until it is none of ours or this ends.

        Raises: Busy where somebody else does.
        """
        from plansync import config, wiring

        lock, home = ExitStack(), self.common.home()
        paths = wiring.paths_of(home, plan)
        lock.enter_context(wiring.watcher(paths))
        self.locks[plan] = self._held.enter_context(lock)
        self.beside[plan] = (home.file or paths.root / config.FILE, paths.state)

    def _is_held(self, plan: Path) -> bool:
        from plansync import wiring

        try:
            return wiring.is_watched(wiring.paths_of(self.common.home(), plan))
        except PlansyncError:  # settings that cannot be read any more
            return True

    def _begin(self, plans: Sequence[Path], pace: Pace) -> None:
        if self.common.as_json or self.common.quiet:
            return
        from plansync.cli.wording import duration

        names = ", ".join(str(plan) for plan in plans)
        every = duration(pace.every_s)
        say(in_line(f"Watching {names}: on each save, and every {every}. Ctrl-C ends it."))

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Hear signals for as long as this lasts, also between runs; the run at work is told of them."""

        def hear(number: int, frame: FrameType | None) -> None:
            self.is_told = True
            if self.at_work is not None:
                self.at_work.stopper.hear()

        before = {number: signal.signal(number, hear) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _run(self, plan: Path, is_settled: bool, pace: Pace) -> Went:
        """Sync one plan; whatever goes wrong is told and written down, and the watch goes on."""
        from plansync.server.when import Went

        performer: Performer | None
        request = Request("sync", plan, yes=self.has_leave, watches=pace.every_s, is_settled=is_settled)
        try:
            common = replace(self.common, quiet=True)
            self.at_work = performer = Performer(common, request, self.common.home())
            ended = performer.run(plan, catches=True)
        except KeyboardInterrupt:
            self.is_told = True
            return Went()
        except PlansyncError as error:  # settings that cannot be read any more
            self._tell_once(plan, str(error))
            return Went(has_failed=True, is_mine=True)
        except Exception as error:  # noqa: BLE001 - a bug is written down, and the other plans go on
            from plansync.cli.bug import told

            told(error)
            return Went(has_failed=True)
        finally:
            self.at_work = performer = None
            gc.collect()  # a run's values stand in circles, and nothing else would come to look for months
        self.is_told |= ended.code == ExitCode.INTERRUPTED
        self._tell(ended)
        return self._went(ended)

    def _went(self, ended: Ended) -> Went:
        from plansync.server.when import Went
        from plansync.sync.events import Status

        error = ended.report.error
        return Went(
            has_failed=error is not None and ended.code != ExitCode.BUSY,
            is_partial=error is None and ended.code == ExitCode.PARTIAL,
            is_busy=ended.code == ExitCode.BUSY,
            has_written=any(done.status is Status.APPLIED for done in ended.report.done),
            is_mine=isinstance(error, PlanError | SafetyStop | ConfigError | StoreError),
            wait_s=error.wait_s if isinstance(error, RateLimited) else 0.0,
        )

    def _tell(self, ended: Ended) -> None:
        """Print what a run did; one that had nothing to do says nothing, and the same trouble is said once."""
        from plansync.cli.documents import dumped, run_document
        from plansync.cli.wording import summary
        from plansync.sync.events import Status

        report = ended.report
        has_news = any(done.status is not Status.DEFERRED for done in report.done)
        if self.common.as_json:
            if has_news or report.error:
                say(dumped(run_document(ended), is_line=True))
            return
        if report.error:
            self._tell_once(ended.plan, str(report.error))
            return
        trouble = f"{len(report.conflicts)} to decide: plansync resolve" if report.conflicts else ""
        if trouble:
            self._tell_once(ended.plan, trouble)
        else:
            self.said.pop(ended.plan, None)
        if has_news and not self.common.quiet:
            self._line(ended.plan, summary(report))

    def _tell_once(self, plan: Path, text: str) -> None:
        if self.said.get(plan) != text:
            self.said[plan] = text
            self._line(plan, text, err=True)

    def _line(self, plan: Path, text: str, *, err: bool = False) -> None:
        at = datetime.now().astimezone().strftime("%H:%M:%S")
        name = f" {plan}:" if plan.name else ""
        say(in_line(f"{at}{name} {text}"), err=err)
