"""The question before a first push, many writes or a prune, and what a person sees before it is asked."""

from __future__ import annotations

import shlex
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from plansync.cli.columns import line_width, shortened
from plansync.cli.context import Common
from plansync.cli.door import confirm
from plansync.cli.output import Writer
from plansync.cli.wording import counted, needs, ranges, summary
from plansync.errors import PlansyncError, SafetyStop
from plansync.model import OVERVIEW, Field, Kind, Operation, Side, Uid
from plansync.sync.events import Report, Status
from plansync.sync.run import is_first_push
from plansync.text import in_line

if TYPE_CHECKING:
    from plansync.cli.findings import Checked
    from plansync.cli.running import Request

_WRITES_UNASKED = 20
_PHASES_SHOWN = 8


class Asker:
    """Asks once before what a person would want to see first. `check`: says what `plansync check` finds."""

    def __init__(
        self, common: Common, request: Request, writer: Writer, target: str, check: Callable[[], Checked]
    ) -> None:
        self.common, self.request, self.writer = common, request, writer
        self.target, self.check = target, check

    def _look(self) -> str:
        """Write the command that shows what would be done, as one would type it here."""
        plan = [str(self.request.plan)] if self.request.plan else []
        given = ((f"--{name.replace('_', '-')}", value) for name, value in self.common.flags.items() if value)
        return shlex.join(["plansync", *self.request.look, *plan, *(word for pair in given for word in pair)])

    def confirm(self, report: Report) -> bool:
        """Show and ask on a terminal; elsewhere insist on `--yes`.

        Raises: SafetyStop where nobody can be asked.
        """
        writes = [o for o in _planned(report) if o.side is Side.REMOTE]
        creates = [op for op in writes if op.kind == "create-issue"]
        is_first = bool(creates) and is_first_push(report.base)
        if self.request.yes or not (is_first or self.request.asks or len(writes) > _WRITES_UNASKED):
            return True
        what = f"make {counted(*((len(creates), 'issue') if is_first else (len(writes), 'change')))}"
        if self.request.command == "prune":
            what = f"close {counted(len(writes), 'issue')} as not planned"
        if not self.common.is_attended or self.request.watches is not None:
            raise SafetyStop(
                f"this would {what} in {self.target}; add --yes to go on, or look first: {self._look()}"
            )
        report.is_dry = True
        if is_first and not self.common.verbose:
            self._first(report)
        else:
            self.writer.report(report, verbose=self.common.verbose > 0, quiet=False)
        report.is_dry = False
        self._findings()
        sys.stdout.flush()
        # The event loop keeps the first Ctrl-C for itself, which a prompt would never hear of.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            return confirm(f"This will {what} in {self.target}{_whose(report)}. Go on?")
        finally:
            signal.signal(signal.SIGINT, before)

    def _first(self, report: Report) -> None:
        """Show a first push in what a person reads in ten seconds, however large it is; `-v` shows each issue."""
        self.writer.heading("To the tracker")
        for line in in_short(report):
            self.writer.say(
                f"  {self.writer.style('+', fg='green')} {shortened(in_line(line), line_width() - 4)}"
            )
        if edits := list(edits_in_short(report)):
            self.writer.heading("To the plan")
            for line in edits:
                first, *rest = wrap(line, line_width() - 4)
                self.writer.say(f"  {self.writer.style('~', fg='yellow')} {first}")
                for more in rest:
                    self.writer.say(f"    {more}")
        self.writer.notes(report)
        self.writer.say(summary(report))
        if cost := needs(report):
            self.writer.say(cost)

    def _findings(self) -> None:
        """Say what `plansync check` finds in the plan; where it cannot look, the run itself has told why."""
        from plansync.cli.findings import in_short as found_in_short

        try:
            checked = self.check()
        except PlansyncError:
            return
        for line in found_in_short(self.writer, checked):
            self.writer.say(line)


def in_short(report: Report) -> Iterator[str]:
    """Sum up what a first push makes, a line for each phase."""
    made = [op for op in _planned(report) if op.side is Side.REMOTE]
    kind_of = {u: item.kind for u, item in report.local.items()}
    phases = dict.fromkeys(op.uid for op in made if op.kind == "create-milestone")
    tasks = [op.uid for op in made if op.kind == "create-issue" and kind_of.get(op.uid) is Kind.TASK]
    counts = Counter(_phase_of(report, uid) for uid in tasks)
    rows = [f"milestone {_title(report, p)}, with {counted(counts[p], 'issue')}" for p in phases]
    if rest := [uid for uid in counts if uid not in phases]:
        others = counted(sum(counts[uid] for uid in rest), "issue")
        rows.append(f"{others} without a milestone of their own" if phases else others)
    yield from rows[:_PHASES_SHOWN]
    if len(rows) > _PHASES_SHOWN:
        yield f"and {len(rows) - _PHASES_SHOWN} more like these; plansync push -v lists them all"
    for op in made:
        if op.kind == "create-issue" and kind_of.get(op.uid) is not Kind.TASK:
            yield f"issue overview {_title(report, op.uid)}"
    links, times = (sum(op.kind == kind for op in made) for kind in ("add-dependency", "set-estimate"))
    if links:
        yield f"{counted(links, 'link')} between issues"
    if times:
        yield counted(times, "estimate")


def edits_in_short(report: Report) -> Iterator[str]:
    """Say on which lines a first push changes the plan."""
    edits = [op for op in _planned(report) if op.side is Side.LOCAL]
    marks = [op.uid for op in edits if op.kind == "set-marker"]
    ids = _lines(report, [uid for uid in marks if uid != OVERVIEW])
    if ids:
        yield f"an id, as a comment, in {ids}{'; one below the last line' if OVERVIEW in marks else ''}"
    if links := sum(op.kind == "set-link" for op in edits):
        yield f"{counted(links, 'link')}, at each task the one to its issue"
    others = [op for op in edits if op.kind not in ("set-marker", "set-link")]
    if others:
        lines = _lines(report, [op.uid for op in others])
        yield f"{counted(len(others), 'edit')}{f' in {lines}' if lines else ''}"


def _lines(report: Report, uids: Sequence[Uid]) -> str:
    numbers = sorted({line for uid in uids if (line := report.lines.get(uid, 0))})
    return f"{counted(len(numbers), 'line')} ({ranges(numbers)})" if numbers else ""


def _planned(report: Report) -> list[Operation]:
    return [d.operation for d in report.done if d.status is Status.PLANNED]


def _phase_of(report: Report, uid: Uid) -> Uid:
    item = report.local.get(uid)
    return Uid(str(item.fields.get(Field.PHASE) or "")) if item else Uid("")


def _title(report: Report, uid: Uid) -> str:
    item = report.local.get(uid)
    return str(item.fields.get(Field.TITLE, uid)) if item else str(uid)


def _whose(report: Report) -> str:
    """Say who sees what would be made, and as whom it would be made."""
    seen = report.repository.visibility if report.repository else ""
    fork = f"a fork of {report.repository.parent}" if report.repository and report.repository.parent else ""
    told = [word for word in (seen, fork, f"as {report.account}" if report.account else "") if word]
    return f" ({', '.join(told)})" if told else ""
