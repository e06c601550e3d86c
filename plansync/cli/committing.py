"""A run with `--commit`: around it plan and state file are taken from git, and written back to it."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING

from plansync.cli.context import Common, find_plan
from plansync.cli.door import say
from plansync.cli.outcome import worst
from plansync.cli.running import Ran, Request, Runner
from plansync.errors import ConfigError, PlansyncError
from plansync.text import in_line

if TYPE_CHECKING:
    from pathlib import Path

    from plansync.jobs.writing_back import WriteBack

_INTERRUPTED, _CONFLICTS = 130, 4


def perform_and_commit(common: Common, request: Request) -> int:
    """Run, write back whatever it ended with, print, and return the exit code."""
    if request.dry_run:
        raise ConfigError("--commit and --dry-run contradict each other; give one of them")
    signals = _Signals()
    with signals.caught():
        runner = Runner(common, request)
        job = _job(common, runner.plan)
        job.begin()
        return _Committing(runner, job, signals).perform()


def commit_only(common: Common, plan: Path | None) -> int:
    """Write back what an earlier run left, and ask no tracker."""
    signals = _Signals()
    with signals.caught():
        job = _job(common, find_plan(common.home(), plan))
        job.begin()
        with signals.held():
            job.finish(lambda: None)
    return _INTERRUPTED if signals.is_heard else 0


def _job(common: Common, plan: Path) -> WriteBack:
    from plansync import wiring
    from plansync.jobs.opening import write_back

    def tell(text: str) -> None:
        if not common.quiet:
            say(in_line(text), err=True)

    return write_back(wiring.bound(common.home(), plan), plan, tell, is_attended=common.is_attended)


class _Committing:
    """One run between two looks at git."""

    def __init__(self, runner: Runner, job: WriteBack, signals: _Signals) -> None:
        self.runner, self.job, self.signals = runner, job, signals
        self.ran: Ran | None = None
        self.codes: list[int] = []

    def perform(self) -> int:
        """Make the run; its report is printed last, so that a pipe that breaks costs no commit."""
        try:
            self._run()
        except (PlansyncError, KeyboardInterrupt):
            self._after_nothing()
            raise
        error = None
        try:
            with self.signals.held():
                self.job.finish(self._again)
        except PlansyncError as failed:
            error = failed
        if self.ran is not None:
            self.runner.tell(self.ran)
        if error is not None:
            say(f"plansync: {in_line(str(error))}", err=True)
            self.codes.append(error.exit_code)
        return worst([*self.codes, *([_INTERRUPTED] if self.signals.is_heard else [])])

    def _run(self) -> None:
        self.ran = self.runner.run()
        # What a later run makes good is good; a conflict that was told once stays told.
        self.codes = [code for code in self.codes if code == _CONFLICTS] + [self.ran.code]

    def _again(self) -> None:
        """Run once more, on what others pushed meanwhile; a run that was stopped stays stopped."""
        is_stopped = self.signals.is_heard or (self.ran is not None and self.ran.report.is_interrupted)
        if not is_stopped:
            with self.signals.raised():
                self._run()

    def _after_nothing(self) -> None:
        """After a run that ended before it had anything to report: mostly it wrote nothing."""
        if self.job.has_changed():
            with self.signals.held():
                self.job.finish(lambda: None)
        else:
            self.job.abandon()


class _Signals:
    """SIGTERM and Ctrl-C while no run listens to them: they end the program, but not between commit and push."""

    def __init__(self) -> None:
        self.is_heard = False
        self._is_held = False

    @contextlib.contextmanager
    def caught(self) -> Iterator[None]:
        """Hear them as long as this lasts."""
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self._hear) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Let what is done now come to its end."""
        before, self._is_held = self._is_held, True
        try:
            yield
        finally:
            self._is_held = before

    @contextlib.contextmanager
    def raised(self) -> Iterator[None]:
        """Let a run in the middle of that be interrupted all the same."""
        before, self._is_held = self._is_held, False
        try:
            yield
        finally:
            self._is_held = before

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self.is_heard = True
        if not self._is_held:
            raise KeyboardInterrupt
