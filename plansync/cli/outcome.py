"""How a run ended: its exit code, and the word for it.

Source: design, "Exit codes".
"""

from __future__ import annotations

from collections.abc import Iterable

from plansync.model import Conflict, Side, conflict_id
from plansync.sync.events import Report, Status

OUTCOMES = {
    0: "done",
    1: "error",
    2: "usage",
    3: "bug",
    4: "conflicts",
    5: "partial",
    6: "changes-pending",
    7: "stopped",
    8: "auth",
    9: "busy",
    130: "interrupted",
}
_WORST_FIRST = (130, 3, 2, 9, 8, 7, 1, 5, 4, 6, 0)


def worst(codes: Iterable[int]) -> int:
    """Say how several runs ended together; well, where there was none."""
    return min(codes, key=_WORST_FIRST.index, default=0)


def exit_code(report: Report, fail_on: str = "any", wants_pending: bool = False) -> int:
    """Say how a run ended. `fail_on`: which conflicts count (any, new, never)."""
    codes = [130 if report.is_interrupted else 0]
    if report.error:
        has_written = report.count(Side.REMOTE, Status.APPLIED) + report.count(Side.LOCAL, Status.APPLIED)
        codes.append(5 if has_written and report.error.exit_code == 1 else report.error.exit_code)
    if any(d.status in (Status.REFUSED, Status.UNKNOWN, Status.SKIPPED) for d in report.done):
        codes.append(5)
    if any(fail_on == "any" or (fail_on == "new" and is_new(report, c)) for c in report.conflicts):
        codes.append(4)
    if report.left:
        codes.append(4)
    if (wants_pending or (report.is_rebuilt and not report.is_dry)) and any(
        d.status is Status.PLANNED for d in report.done
    ):
        codes.append(6)
    return worst(codes)


def is_new(report: Report, conflict: Conflict) -> bool:
    """Say whether the memory of the plan did not know a conflict before this run."""
    return conflict_id(conflict.uid, conflict.field) not in report.told
