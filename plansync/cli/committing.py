"""A run with `--commit`: around it plan and state file are taken from git, and written back to it."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import FrameType
from typing import TYPE_CHECKING

from plansync.cli.context import Common, find_plan, find_plans
from plansync.cli.door import say
from plansync.cli.outcome import worst
from plansync.cli.running import Ended, Performer, Request
from plansync.errors import ConfigError, ExitCode, PlansyncError
from plansync.text import in_line

if TYPE_CHECKING:
    from pathlib import Path

    from plansync.jobs.writing_back import WriteBack


def perform_and_commit(common: Common, request: Request, plans: Sequence[Path] | None) -> int:
    """Run, write back whatever it ended with, print, and return the exit code.

    `plans`: one after the other, and what goes wrong with one stops no other; `None`: only the one of the request.
    """
    if request.dry_run:
        raise ConfigError("--commit and --dry-run contradict each other; give one of them")
    home, signals = common.home(), _Signals()
    performer = Performer(common, request, home)
    with signals.caught():
        if plans is None:
            return _commit(performer, find_plan(home, request.plan), signals, catches=False).tell()
        return _commit_each(performer, plans, signals)


def _commit(performer: Performer, plan: Path, signals: _Signals, *, catches: bool) -> _Committing:
    job = _job(performer.common, plan)
    job.begin()
    done = _Committing(performer, plan, job, signals, catches=catches)
    done.perform()
    return done


def _commit_each(performer: Performer, plans: Sequence[Path], signals: _Signals) -> int:
    from plansync.cli import several
    from plansync.sync.events import Report

    all_: list[Ended] = []
    for plan in plans:
        done = None
        try:
            done = _commit(performer, plan, signals, catches=True)
            ended = done.ended()
        except PlansyncError as error:
            report = Report(performer.request.command, "", str(plan), error=error)
            settings = performer.home.settings
            ended = Ended(plan, report, settings.kind, settings.repo or "", "", error.exit_code, 0.0)
        several.tell(performer, ended, is_first=not all_)
        all_.append(ended)
        if done is not None:
            done.tell_error()
        if signals.is_heard:
            break
    return several.sum_up(performer, all_)


def commit_only(common: Common, plan: Path | None) -> int:
    """Write back what earlier runs left, of the plan that is named or of all, and ask no tracker."""
    signals, codes = _Signals(), [ExitCode.DONE]
    with signals.caught():
        plans = find_plans(common.home(), plan)
        for each in plans:
            try:
                job = _job(common, each)
                job.begin()
                with signals.held():
                    job.finish(lambda: None)
            except PlansyncError as error:
                if len(plans) == 1:
                    raise
                say(f"plansync: {in_line(f'{each}: {error}')}", err=True)
                codes.append(error.exit_code)
    return worst([*codes, *([ExitCode.INTERRUPTED] if signals.is_heard else [])])


def _job(common: Common, plan: Path) -> WriteBack:
    from plansync import wiring
    from plansync.jobs.opening import write_back

    def tell(text: str) -> None:
        if not common.quiet:
            say(in_line(text), err=True)

    return write_back(wiring.bound(common.home(), plan), plan, tell, is_attended=common.is_attended)


class _Committing:
    """One run between two looks at git."""

    def __init__(
        self, performer: Performer, plan: Path, job: WriteBack, signals: _Signals, *, catches: bool
    ) -> None:
        self.performer, self.plan, self.job, self.signals = performer, plan, job, signals
        self.catches = catches or performer.is_json
        self.ran: Ended | None = None
        self.codes: list[int] = []
        self.error: PlansyncError | None = None

    def perform(self) -> None:
        """Make the run; its report is printed last, so that a pipe that breaks costs no commit."""
        try:
            self._run()
        except (PlansyncError, KeyboardInterrupt):
            self._after_nothing()
            raise
        try:
            with self.signals.held():
                self.job.finish(self._again)
        except PlansyncError as failed:
            self.error = failed
            self.codes.append(failed.exit_code)

    def tell(self) -> int:
        """Print the run, and why it could not be written back; returns the exit code."""
        ended = self.ended()
        self.performer.tell(ended)
        self.tell_error()
        return ended.code

    def ended(self) -> Ended:
        """Say how the run and the writing back ended together."""
        assert self.ran is not None, "a run that raised is no run that ended"
        return replace(
            self.ran, code=worst([*self.codes, *([ExitCode.INTERRUPTED] if self.signals.is_heard else [])])
        )

    def tell_error(self) -> None:
        """Say why it could not be written back."""
        if self.error is not None:
            say(f"plansync: {in_line(str(self.error))}", err=True)

    def _run(self) -> None:
        self.ran = self.performer.run(self.plan, catches=self.catches)
        # What a later run makes good is good; a conflict that was told once stays told.
        self.codes = [code for code in self.codes if code == ExitCode.CONFLICTS] + [self.ran.code]

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
