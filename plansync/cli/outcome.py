"""How a run ended: its exit code, and the word for it."""

from __future__ import annotations

from collections.abc import Iterable

from plansync.errors import ExitCode
from plansync.model import Conflict, Side, conflict_id
from plansync.sync.events import Report, Status

OUTCOMES: dict[int, str] = {code.value: code.word for code in ExitCode}
_WORST_FIRST = (
    *(ExitCode.INTERRUPTED, ExitCode.BUG, ExitCode.USAGE, ExitCode.BUSY, ExitCode.AUTH, ExitCode.STOPPED),
    *(ExitCode.ERROR, ExitCode.PARTIAL, ExitCode.CONFLICTS, ExitCode.CHANGES_PENDING, ExitCode.DONE),
)


def worst(codes: Iterable[int]) -> ExitCode:
    """Say how several runs ended together; well, where there was none."""
    return min(map(ExitCode, codes), key=_WORST_FIRST.index, default=ExitCode.DONE)


def exit_code(report: Report, fail_on: str = "any", wants_pending: bool = False) -> ExitCode:
    """Say how a run ended. `fail_on`: which conflicts count (any, new, never)."""
    codes: list[int] = [ExitCode.INTERRUPTED if report.is_interrupted else ExitCode.DONE]
    if report.error:
        has_written = report.count(Side.REMOTE, Status.APPLIED) + report.count(Side.LOCAL, Status.APPLIED)
        code = report.error.exit_code
        codes.append(ExitCode.PARTIAL if has_written and code is ExitCode.ERROR else code)
    if any(d.status in (Status.REFUSED, Status.UNKNOWN, Status.SKIPPED) for d in report.done):
        codes.append(ExitCode.PARTIAL)
    if any(fail_on == "any" or (fail_on == "new" and is_new(report, c)) for c in report.conflicts):
        codes.append(ExitCode.CONFLICTS)
    if report.left:
        codes.append(ExitCode.CONFLICTS)
    if (wants_pending or (report.is_rebuilt and not report.is_dry)) and any(
        d.status is Status.PLANNED for d in report.done
    ):
        codes.append(ExitCode.CHANGES_PENDING)
    return worst(codes)


def is_new(report: Report, conflict: Conflict) -> bool:
    """Say whether the memory of the plan did not know a conflict before this run."""
    return conflict_id(conflict.uid, conflict.field) not in report.told
