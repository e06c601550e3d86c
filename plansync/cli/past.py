"""The history as a document, and as words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from plansync.cli.columns import columns
from plansync.cli.output import Writer
from plansync.cli.wording import counted
from plansync.model import Side
from plansync.reconcile.reasons import in_words
from plansync.store.history import Kept, PastRun, Told, ToldChange
from plansync.text import cut, in_line

_TEXT_MAX = 60
_OUTCOMES = {
    "done": "done",
    "partial": "some of it was not done",
    "conflicts": "done, with something to decide",
    "failed": "ended by an error",
    "": "cut off",
}
_STATES = {
    "landed": "done",
    "refused": "not done",
    "unknown": "outcome unknown; the next run finds out",
    "intended": "begun, and cut off; the next run finds out",
}


# ----------------------------------------------------------------- document


def of_runs(path: Path, runs: Sequence[PastRun]) -> dict[str, Any]:
    """Write the list of runs."""
    return _document(path, [_run(run) for run in runs])


def of_run(path: Path, run: PastRun, kept: Sequence[Kept]) -> dict[str, Any]:
    """Write one run with its operations."""
    return _document(path, [_run(run)], run.id, [_operation(k) for k in kept])


def of_operation(path: Path, kept: Kept, before: Sequence[bytes]) -> dict[str, Any]:
    """Write one operation, with what its issue said before."""
    operation = _operation(kept) | {"before": json.loads(before[0]) if before else {}}
    return _document(path, [], kept.run, [operation])


def _document(
    path: Path, runs: list[dict[str, Any]], run: str = "", operations: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    return {
        "schema": "plansync/log/1",
        "plan": str(path),
        "run": run,
        "runs": runs,
        "operations": list(operations),
    }


def _run(run: PastRun) -> dict[str, Any]:
    counts = {"tracker": run.tracker, "plan": run.plan, "not_done": run.other}
    return {"id": run.id, "command": run.command, "at": run.at, "outcome": run.outcome or "cut-off", **counts}


def _operation(kept: Kept) -> dict[str, Any]:
    told = kept.told
    return {
        "id": told.id,
        "run": kept.run,
        "at": kept.at,
        "side": told.side.value,
        "kind": told.kind,
        "task": told.item,
        "label": told.label,
        "title": told.title,
        "ref": told.ref,
        "url": told.url,
        "status": kept.outcome,
        "changes": [_change(told, change) for change in told.changes],
    }


def _change(told: Told, change: ToldChange) -> dict[str, Any]:
    return {
        "item": change.item,
        "label": change.label,
        "field": change.field.value,
        "old": _plain(change.old),
        "new": _plain(change.new),
        "base": _plain(change.base),
        "plan": _plain(change.plan),
        "issue": _plain(change.issue),
        "names": {u: name for u, name in told.names.items() if u in (change.old, change.new)},
        "rule": change.rule,
        "reason": in_words(change.rule),
    }


def _plain(value: object) -> Any:
    return list(value) if isinstance(value, tuple) else value


def text_before(raw: bytes) -> bytes:
    """Give an issue's text from what was kept of it; without one, its other fields a line each."""
    fields = json.loads(raw)
    if isinstance(fields.get("body"), str):
        return str(fields["body"]).encode()
    return "".join(f"{name}: {value}\n" for name, value in fields.items()).encode()


# -------------------------------------------------------------------- words


def print_past(writer: Writer, document: Mapping[str, Any]) -> None:
    """Print what was asked for: runs, one run, or one operation."""
    if not document["run"]:
        _print_runs(writer, document["runs"])
    elif document["runs"]:
        _print_run(writer, document["runs"][0], document["operations"])
    else:
        _print_operation(writer, document["operations"][0])


def _print_runs(writer: Writer, runs: Sequence[Mapping[str, Any]]) -> None:
    if not runs:
        writer.say("No run has written anything here yet; this machine remembers its own runs only.")
        return
    rows = [(r["id"], _when(r), in_line(r["command"]), _sums(r)) for r in runs]
    for line in columns(rows):
        writer.say(line)
    writer.say("What a run did: plansync log RUN; to set it back: plansync undo RUN")


def _when(told: Mapping[str, Any]) -> str:
    """Write a time as people read it; what is remembered is in UTC."""
    return in_line(told["at"]).replace("T", " ").replace("+00:00", " UTC")


def _sums(run: Mapping[str, Any]) -> str:
    counts = [counted(run["tracker"], "change") + " on the tracker"] if run["tracker"] else []
    counts += [counted(run["plan"], "edit") + " in the plan"] if run["plan"] else []
    counts += [f"{run['not_done']} not done"] if run["not_done"] else []
    outcome = _OUTCOMES.get(run["outcome"].replace("cut-off", ""), run["outcome"])
    return f"{outcome} ({', '.join(counts)})" if counts else outcome


def _print_run(writer: Writer, run: Mapping[str, Any], operations: Sequence[Mapping[str, Any]]) -> None:
    writer.heading(in_line(f"Run {run['id']}: {run['command']}, {_when(run)}"))
    writer.say(f"{_sums(run)}\n")
    for side, title in ((Side.REMOTE, "To the tracker"), (Side.LOCAL, "To the plan")):
        rows = [_row(op) for op in operations if op["side"] == side.value]
        if rows:
            writer.heading(title)
            for line in columns(rows):
                writer.say(f"  {line}")
    writer.say("Why one was made: plansync log OP")


def _row(op: Mapping[str, Any]) -> tuple[str, str, str]:
    number = f"#{op['ref']} " if op["ref"] and op["side"] == Side.REMOTE.value else ""
    status = "" if op["status"] == "landed" else f" ({_STATES.get(op['status'], op['status'])})"
    return op["id"], op["kind"].replace("-", " "), in_line(f"{number}{_name(op)}{status}")


def _name(op: Mapping[str, Any]) -> str:
    label, title = cut(op["label"], _TEXT_MAX), cut(op["title"], _TEXT_MAX)
    is_step = "/" in op["task"]
    if title.startswith((f"{label}:", f"{label}.", f"{label} ")):
        return title  # a phase's title has its number in it
    if not title or title == label:
        return label
    return f"{label} ({title})" if is_step else f"{label} {title}"


def _print_operation(writer: Writer, op: Mapping[str, Any]) -> None:
    writer.heading(in_line(f"{op['kind'].replace('-', ' ')} {_name(op)}"))
    where = f"#{op['ref']}" if op["side"] == Side.REMOTE.value and op["ref"] else f"the {op['side']}"
    status = _STATES.get(op["status"], op["status"])
    writer.say(in_line(f"In run {op['run']}, {_when(op)}, to {where}: {status}"))
    for change in op["changes"]:
        name = "" if change["item"] == op["task"] else f"{cut(change['label'], _TEXT_MAX)}: "
        words = f"{name}{change['field'].replace('_', ' ')}"
        writer.say()
        writer.say(in_line(f"  {words}: {_said(change, 'old')} → {_said(change, 'new')}"))
        if change["reason"]:
            writer.say(in_line(f"    because {change['reason']}"))
        if any(change[side] is not None for side in ("base", "plan", "issue")):
            sides = (("agreed", "base"), ("plan", "plan"), ("issue", "issue"))
            writer.say(in_line("    then: " + ", ".join(f"{w} {_said(change, s)}" for w, s in sides)))
    if op["before"].get("body"):
        writer.say()
        writer.say(f"The issue's text before it: plansync log {op['id']} --before")


def _said(change: Mapping[str, Any], which: str) -> str:
    value = change[which]
    if value is None:
        return "nothing"
    if isinstance(value, list):
        return counted(len(value), "step" if change["field"] == "steps" else "item")
    if isinstance(value, str):
        return f"“{cut(change['names'].get(value, value), _TEXT_MAX)}”"
    return str(value)
