"""JSON documents. No control or hidden character of theirs reaches a terminal or the runner of a CI job."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from plansync.cli.outcome import OUTCOMES
from plansync.model import Conflict, Drift, Value, conflict_id, owner_of
from plansync.sync.events import Cost, Done, Report
from plansync.text import HIDDEN, in_line

if TYPE_CHECKING:
    from plansync.cli.running import Ended


def run_document(ended: Ended) -> dict[str, Any]:
    """Make the run document, `plansync/run/1`."""
    report = ended.report
    return {
        "schema": "plansync/run/1",
        "command": report.command,
        "run": report.run,
        "plan": report.plan,
        "tracker": {"kind": ended.kind, "project": ended.project, "url": ended.url},
        "outcome": OUTCOMES[ended.code],
        "error": str(report.error) if report.error else "",
        "operations": [_operation(report, done) for done in report.done],
        "conflicts": [_conflict(report, c) for c in report.conflicts],
        "drifts": [_drift(report, d) for d in report.drifts],
        "notes": [{"task": n.uid, "text": in_line(n.text)} for n in (*report.notes, *report.left)],
        "requests": {
            "total": report.requests.total,
            "writes": report.requests.writes,
            "not_modified": report.requests.not_modified,
            "by_method": report.requests.by_method,
        },
        "needs": _needs(report.cost) if report.is_dry and report.cost.writes else None,
        "duration_s": round(ended.took_s, 3),
    }


def runs_document(command: str, all_: Sequence[Ended], code: int) -> dict[str, Any]:
    """Make the document of a command that was for several plans, `plansync/runs/1`."""
    return {
        "schema": "plansync/runs/1",
        "command": command,
        "outcome": OUTCOMES[code],
        "runs": [run_document(ended) for ended in all_],
    }


def dumped(document: object, *, is_line: bool = False) -> str:
    """Write any JSON document; `is_line`: in one line."""
    return _OBEYED.sub(_escaped, json.dumps(document, ensure_ascii=False, indent=None if is_line else 2))


_OBEYED = re.compile(rf"[^\n\x20-\x7e\xa0-\U0010ffff]|[{HIDDEN}\ud800-\udfff]|(?<=#)#(?=\[|vso\[)")


def _escaped(found: re.Match[str]) -> str:
    """Write a control or hidden character as JSON can, so that no terminal and no CI runner obeys it."""
    code = ord(found[0])
    if code > 0xFFFF:  # two halves, as UTF-16 has them
        return f"\\u{0xD800 + (code - 0x10000 >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
    return f"\\u{code:04x}"


def _operation(report: Report, done: Done) -> dict[str, Any]:
    op = done.operation
    return {
        "id": done.id,
        "side": op.side.value,
        "kind": op.kind,
        "task": op.uid,
        "label": report.labels.get(op.uid, op.uid),
        "ref": done.ref,
        "url": done.url,
        "fields": sorted({c.field.value for c in op.changes}),
        "status": done.status.value,
        "rule": next((c.rule for c in op.changes if c.rule), ""),
        "error": done.error,
    }


def _needs(cost: Cost) -> dict[str, Any]:
    return {
        "requests": cost.requests,
        "writes": cost.writes,
        "seconds": round(cost.seconds, 1),
        "mails": cost.mails,
    }


def _conflict(report: Report, conflict: Conflict) -> dict[str, Any]:
    owner = owner_of(conflict.uid)
    issue = report.remote[owner].at if owner in report.remote else None
    return {
        "id": conflict_id(conflict.uid, conflict.field),
        "task": conflict.uid,
        "field": conflict.field.value,
        "base": _plain(conflict.base),
        "plan": _plain(conflict.local),
        "issue": _plain(conflict.remote),
        "since": report.moved.get(conflict.uid, ""),
        "ref": issue,
        "line": report.lines.get(conflict.uid, 0),
        "how": list(report.ways.get((conflict.uid, conflict.field), ())),
    }


def _drift(report: Report, drift: Drift) -> dict[str, Any]:
    return {
        "id": conflict_id(drift.uid, drift.field),
        "task": drift.uid,
        "field": drift.field.value,
        "text": in_line(drift.text),
        "line": report.lines.get(drift.uid, 0),
        "how": list(report.ways.get((drift.uid, drift.field), ())),
    }


def _plain(value: Value | None) -> Any:
    return list(value) if isinstance(value, tuple) else value
