"""Why an operation is planned, in a few words behind its line: what somebody did, and where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from plansync.cli.wording import ranges
from plansync.model import Change, Field, Operation, Side, State, Uid, owner_of
from plansync.reconcile.reasons import PHASE_DONE, PHASE_OPEN, UNLINKED
from plansync.sync.events import Report

_LINES_MAX = 3
_STATES = {
    State.DONE.value: "closed",
    State.DROPPED.value: "closed as won't do",
    State.TODO.value: "reopened",
}
_SAID = {State.DONE.value: "done", State.DROPPED.value: "dropped", State.TODO.value: "open again"}
_RULES: Mapping[str, str] = {
    "finish": "agreed in an earlier run",
    "resolved": "as was decided",
    "R2": "its last open step was ticked",
    "R3": "it has an open step again",
    "task removed": "no longer in the plan",
    PHASE_DONE: "its last open task was closed",
    PHASE_OPEN: "it has an open task again",
}


def because(report: Report, op: Operation) -> str:
    """Say why, empty where the line says it all: what is new, and what follows from the rest."""
    change = next(
        (c for c in op.changes if c.rule in ("push", "pull", "R1", "R4", "removed", UNLINKED)), None
    )
    if change is None:
        if op.kind == "add-step" and op.side is Side.LOCAL:
            return f"added in {_issue(report, op)}"
        if known := next((_RULES[c.rule] for c in op.changes if c.rule in _RULES), ""):
            return known
        new = [c.uid for c in op.changes if c.field is Field.TEXT and c.old is None]
        is_there = op.kind == "update-issue" and op.side is Side.REMOTE
        return f"in the plan{_where(report, new)}" if new and is_there else ""
    match change.rule:
        case "R1":
            return f"{_issue(report, op)} was closed"
        case "R4":
            return f"{_issue(report, op)} was reopened"
        case "removed":
            return "taken out of the plan" if op.side is Side.REMOTE else f"taken out of {_issue(report, op)}"
        case "push":
            return (
                f"{_verb(change)}in the plan{_where(report, [c.uid for c in op.changes if c.rule == 'push'])}"
            )
    if change.field in (Field.STATE, Field.STATUS):
        return f"{_issue(report, op)} was {_STATES.get(str(change.new), 'reopened')}"
    return f"{'unlinked ' if change.rule == UNLINKED else ''}in {_issue(report, op)}"


def _verb(change: Change) -> str:
    """Say what somebody did where the line does not: it names the state that follows, not who said it."""
    return f"{_SAID.get(str(change.new), 'changed')} " if change.field is Field.STATE else ""


def _issue(report: Report, op: Operation) -> str:
    item = report.remote.get(owner_of(op.uid))
    return f"#{item.at}" if item and item.at is not None else "its issue"


def _where(report: Report, uids: Iterable[Uid]) -> str:
    """Name the lines that the plan says it in, where they are few, or stand together."""
    lines = sorted({report.lines[u] for u in uids if report.lines.get(u)})
    if not lines:
        return ""
    if len(lines) <= _LINES_MAX:
        return f", line{'s' * (len(lines) > 1)} {', '.join(map(str, lines))}"
    words = ranges(lines)
    return f", lines {words}" if words.count(",") < _LINES_MAX else ""
