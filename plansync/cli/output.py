"""Turns a report into words or JSON. Everything that came from outside passes `in_line` here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

import typer

from plansync.cli.door import say
from plansync.model import (
    Change,
    Conflict,
    Drift,
    Field,
    Kind,
    Operation,
    Side,
    State,
    Value,
    conflict_id,
    owner_of,
)
from plansync.reconcile.reasons import DUPLICATE
from plansync.store.state import Target
from plansync.sync.events import Done, Report, Status
from plansync.sync.ways import How, in_words
from plansync.text import HIDDEN, cut, in_line, neutralise

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
_SIGNS = {"create": "+", "add": "+", "close": "x", "reopen": "~", "remove": "-", "drop": "x"}
_TEXT_MAX = 60


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
    return min(codes, key=_WORST_FIRST.index)


def is_new(report: Report, conflict: Conflict) -> bool:
    """Say whether the memory of the plan did not know a conflict before this run."""
    return conflict_id(conflict.uid, conflict.field) not in report.told


# --------------------------------------------------------------------- JSON


def as_json(report: Report, target: Target, url: str, code: int, duration_s: float) -> str:
    """Write the run document, `plansync/run/1`."""
    return dumped(
        {
            "schema": "plansync/run/1",
            "command": report.command,
            "run": report.run,
            "plan": report.plan,
            "tracker": {"kind": target.kind, "project": target.project, "url": url},
            "outcome": OUTCOMES[code],
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
            "duration_s": round(duration_s, 3),
        }
    )


def dumped(document: object) -> str:
    """Write any JSON document."""
    return _OBEYED.sub(_escaped, json.dumps(document, ensure_ascii=False, indent=2))


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


# --------------------------------------------------------------------- text


class Writer:
    """Prints for people: results on stdout, what went wrong on stderr."""

    def __init__(self, has_color: bool) -> None:
        self.has_color = has_color

    def style(self, text: str, **how: Any) -> str:
        """Colour a text where colours are wanted."""
        return typer.style(text, **how) if self.has_color else text

    def say(self, text: str = "") -> None:
        """Print one line."""
        say(text)

    def heading(self, text: str) -> None:
        """Print a heading."""
        self.say(self.style(text, bold=True))

    def report(self, report: Report, *, verbose: bool, quiet: bool) -> None:
        """Print what a run did, or would do."""
        if not quiet:
            self._side(report, Side.REMOTE, "To the tracker", verbose)
            self._side(report, Side.LOCAL, "To the plan", verbose)
        self._conflicts(report)
        self._left(report)
        self._failures(report)
        if not quiet:
            for note in report.notes:
                self.say(self.style(f"note: {in_line(note.text)}", dim=True))
            self.say(summary(report))

    def _side(self, report: Report, side: Side, title: str, verbose: bool) -> None:
        done = [d for d in report.done if d.operation.side is side and d.status in _SHOWN]
        if not done:
            return
        self.heading(title)
        ids = [d for d in done if d.operation.kind in ("set-marker", "set-link")]
        for item in done if verbose else [d for d in done if d not in ids]:
            self._line(report, item)
        if ids and not verbose:
            lines = len({d.operation.uid for d in ids})
            is_removed = all(not d.operation.changes[0].new for d in ids)
            words = "ids and links removed from" if is_removed else "ids and links on"
            self.say(f"  {self.style('~', fg='yellow')} {words} {counted(lines, 'line')}")

    def _line(self, report: Report, done: Done) -> None:
        op = done.operation
        sign = next((s for word, s in _SIGNS.items() if op.kind.startswith(word)), "~")
        color = {"+": "green", "-": "red", "x": "red"}.get(sign, "yellow")
        number = f"#{done.ref}" if done.ref and op.side is Side.REMOTE and "milestone" not in op.kind else ""
        deferred = self.style(" (waits: pull first)", dim=True) if _waits_for_pull(report, done) else ""
        if done.status is Status.DEFERRED and not deferred:
            deferred = self.style(" (deferred)", dim=True)
        if done.status is Status.UNKNOWN:
            deferred = self.style(" (outcome unknown; the next run finds out)", dim=True)
        words = in_line(described(report, op))
        self.say(f"  {self.style(sign, fg=color)} {number + ' ' if number else ''}{words}{deferred}")

    def decisions(self, report: Report) -> None:
        """Print what is for a person to decide, and nothing else."""
        self._conflicts(report)
        self._drifts(report)
        if not report.conflicts and not report.drifts and not report.error:
            self.say("Nothing to decide.")

    def suggestions(self, report: Report) -> None:
        """Print the commands that would link what looks alike."""
        lines = [note.text for note in report.notes if note.text.startswith("plansync link ")]
        for line in lines:
            self.say(in_line(line))
        if not lines and not report.error:
            self.say("No open issue looks like a task without an issue.")

    def _conflicts(self, report: Report) -> None:
        if not report.conflicts:
            return
        self.heading("For you to decide")
        for conflict in report.conflicts:
            if conflict.field is Field.EXISTENCE:
                self._existence(report, conflict)
                continue
            if conflict.field is Field.TWIN:
                text = (
                    f"two runs made an issue for it, {conflict.local} and {conflict.remote}, and they differ"
                )
                self._item(report, conflict, text)
                self._ways(report, conflict)
                continue
            line = report.lines.get(conflict.uid, 0)
            issue = report.remote.get(owner_of(conflict.uid))
            place = f"line {line}" if line else "plan"
            self._item(report, conflict, f"{conflict.field.value} differs")
            self.say(f"      {place}: {_told(report, conflict.local)}")
            self.say(f"      {f'#{issue.at}' if issue else 'tracker'}: {_told(report, conflict.remote)}")
        if any(c.field not in (Field.EXISTENCE, Field.TWIN) for c in report.conflicts):
            self.say(
                "  Decide: plansync resolve ID --take plan (or issue), or make both sides say the same and run again."
            )
        self.say("  Everything else goes on syncing.")

    def _existence(self, report: Report, conflict: Conflict) -> None:
        """Tell of a record that is gone, or of a task that is."""
        line = report.lines.get(conflict.uid, 0)
        if conflict.local == "removed":
            issue = report.remote.get(conflict.uid)
            since = ", and its issue changed since" if conflict.remote == "changed" else ""
            what = f"is no longer in the plan{since} (#{issue.at if issue else '?'} is open)"
        else:
            what = f"{conflict.base} is {conflict.remote}{f' (line {line})' if line else ''}"
        self._item(report, conflict, what)
        self._ways(report, conflict)

    def _drifts(self, report: Report) -> None:
        if not report.drifts:
            return
        self.heading("As somebody left it, and nothing waits for it")
        for drift in report.drifts:
            self._item(report, drift, drift.text)
            self._ways(report, drift)

    def _item(self, report: Report, about: Conflict | Drift, what: str) -> None:
        is_conflict = isinstance(about, Conflict)
        sign = self.style("!", fg="red", bold=True) if is_conflict else self.style("~", fg="yellow")
        name = in_line(cut(report.labels.get(about.uid, about.uid), _TEXT_MAX))
        self.say(
            f"  {sign} {self.style(conflict_id(about.uid, about.field), bold=True)} {name}: {in_line(what)}"
        )

    def _ways(self, report: Report, about: Conflict | Drift) -> None:
        """List the ways out, each with the command that takes it."""
        key = conflict_id(about.uid, about.field)
        for how in report.ways.get((about.uid, about.field), ()):
            self.say(f"      plansync resolve {key} --how {how:<12} {in_words(How(how), about.field)}")

    def _left(self, report: Report) -> None:
        if report.left:
            self.heading("Changed since, so for you to do")
        for note in report.left:
            self.say(f"  {self.style('!', fg='red', bold=True)} {in_line(note.text)}")

    def _failures(self, report: Report) -> None:
        for done in report.done:
            is_told = report.error is not None and done.error == str(report.error)  # said once, at the end
            if done.error and done.status is not Status.SKIPPED and not is_told:
                name = report.labels.get(done.operation.uid, done.operation.uid)
                say(in_line(f"plansync: {done.operation.kind} {name}: {done.error}"), err=True)


_SHOWN = (Status.PLANNED, Status.APPLIED, Status.DEFERRED, Status.UNKNOWN)


def _waits_for_pull(report: Report, done: Done) -> bool:
    return done.status is Status.DEFERRED and done.operation.side is Side.REMOTE and report.command == "push"


def described(report: Report, op: Operation) -> str:
    """Say one operation in words."""
    name = cut(report.labels.get(op.uid, op.uid), _TEXT_MAX)
    item = report.local.get(op.uid) or report.remote.get(op.uid)
    title = cut(str(item.fields.get(Field.TITLE, "")), _TEXT_MAX) if item else ""
    whole = (
        title if item and item.kind is Kind.PHASE else f"{name} {title}" if title and title != name else name
    )
    owner = report.labels.get(owner_of(op.uid), "")
    line = report.lines.get(op.uid, 0)
    where = f" ({owner}, line {line})" if line else f" ({owner})"
    match op.kind:
        case "create-milestone":
            return f"milestone {whole}"
        case "create-issue":
            return f"issue {whole}"
        case "close-issue":
            return f"close {whole} {_closed_as(report, op)}"
        case "reopen-issue":
            return f"reopen {whole}"
        case "update-issue" | "update-milestone" if any(c.rule == "adopt" for c in op.changes):
            return f"take over for {whole}"
        case "update-issue" if any(c.field is Field.STEPS and c.old is None for c in op.changes):
            return f"our part anew for {whole}"
        case "add-task":
            phase = report.local.get(next((c.new for c in op.changes if c.field is Field.PHASE), ""))  # type: ignore[call-overload]
            where = f" to {phase.fields.get(Field.TITLE, '')}" if phase else ""
            return f"task {title or name}{where}"
        case "set-labels":
            return f"label for {whole}"
        case "update-issue" | "update-milestone":
            return f"{whole}: {_changes_in_words(op.changes)}"
        case "set-milestone":
            phase = report.local.get(op.changes[0].new)  # type: ignore[call-overload]
            return f"move {whole} to {phase.fields.get(Field.TITLE, '') if phase else 'no phase'}"
        case "tick" | "untick" | "drop-step" | "set-criterion":
            return f"{op.kind.replace('-', ' ')} {name}{where}"
        case "set-status":
            return f"status of {whole}: {op.changes[0].new or 'line removed'}"
        case "rename" | "edit-step":
            return f"{_said(op.changes[0].old)} → {_said(op.changes[0].new)}{where}"
        case "move-task":
            phase = report.local.get(op.changes[0].new)  # type: ignore[call-overload]
            return f"move {whole} to {phase.fields.get(Field.TITLE, '') if phase else 'no phase'}"
        case "update-summary":
            return "summary: " + ", ".join(_summary_line(report, c) for c in op.changes)
        case _:
            return f"{op.kind.replace('-', ' ')} {name}{where}"


def _closed_as(report: Report, op: Operation) -> str:
    (change,) = op.changes
    if change.rule == DUPLICATE:
        kept = report.remote.get(op.needs[0])
        return f"as a duplicate of #{kept.at if kept else '?'}"
    return "as won't do" if change.new == State.DROPPED else "as done"


def _summary_line(report: Report, change: Change) -> str:
    key = change.field.value.replace("_", " ").capitalize()
    return f"{key} {_name_of(report, change.old)} → {_name_of(report, change.new)}"


def _name_of(report: Report, value: Value | None) -> str:
    item = report.local.get(value) if isinstance(value, str) else None  # type: ignore[call-overload]
    return str(item.fields.get(Field.TITLE, value)) if item else str(value)


def _changes_in_words(changes: Sequence[Change]) -> str:
    """Sum up what changes in one issue: `2 steps ticked, title`."""
    counts: dict[str, int] = {}
    for change in changes:
        if change.field is Field.TICK and change.old is not None:
            word = {"ticked": "ticked", "open": "unticked", "dropped": "dropped"}[str(change.new)]
            counts[f"step {word}"] = counts.get(f"step {word}", 0) + 1
        elif change.field is Field.TEXT:
            word = "step added" if change.old is None else "step reworded"
            counts[word] = counts.get(word, 0) + 1
        elif change.field not in (Field.TICK, Field.STEPS):
            counts[change.field.value] = 0
        elif change.field is Field.STEPS:
            counts.setdefault("steps", 0)
    if len(counts) > 1:
        counts.pop("steps", None)
    return ", ".join(
        word if not n else f"{n} {word.replace('step', 'steps', 1) if n > 1 else word}"
        for word, n in counts.items()
    )


def _said(value: Value | None) -> str:
    if value is None:
        return "nothing"
    return in_line(f"“{cut(value, _TEXT_MAX)}”" if isinstance(value, str) else str(value))


def _told(report: Report, value: Value | None) -> str:
    """Say one side of a conflict; tasks by their titles."""
    if not isinstance(value, tuple):
        return _said(_name_of(report, value) if value is not None else None)
    return in_line(", ".join(_name_of(report, v).removeprefix("=") for v in value)) or "nothing"


def counted(number: int, word: str) -> str:
    """Write a number with its word: `1 issue`, `2 issues`."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def summary(report: Report) -> str:
    """Sum up a run in one line."""
    is_ahead = report.is_dry or report.is_rebuilt
    status = (Status.PLANNED,) if is_ahead else (Status.APPLIED,)
    kinds = [d.operation.kind for d in report.done if d.status in status and d.operation.side is Side.REMOTE]
    made = _listed(
        (sum(k == "create-milestone" for k in kinds), "milestone"),
        (sum(k == "create-issue" for k in kinds), "issue"),
    )
    tracker = sum(not k.startswith("create-") for k in kinds)
    plan = report.count(Side.LOCAL, *status)
    waiting = sum(d.status is Status.DEFERRED for d in report.done)
    failed = sum(d.status in (Status.REFUSED, Status.UNKNOWN, Status.SKIPPED) for d in report.done)
    parts = [f"{made} {'to make' if is_ahead else 'made'}"] if made else []
    verb = "to make" if is_ahead else "made"
    parts += [f"{counted(tracker, 'change')} {verb} on the tracker"] if tracker else []
    parts += [f"{counted(plan, 'edit')} {verb} in the plan"] if plan else []
    parts += [f"{waiting} deferred"] if waiting else []
    parts += [f"{failed} not done"] if failed else []
    parts += [f"{counted(len(report.conflicts), 'conflict')} to decide"] if report.conflicts else []
    return ("; ".join(parts) + "." if parts else "Nothing to do: plan and tracker agree.") + _cost(report)


def _listed(*counts: tuple[int, str]) -> str:
    return " and ".join(counted(n, word) for n, word in counts if n)


def _cost(report: Report) -> str:
    total, unchanged = report.requests.total, report.requests.not_modified
    return f" ({counted(total, 'request')}{f', {unchanged} not modified' if unchanged else ''})"


def markdown(report: Report) -> str:
    """Write a changeset as Markdown, for a comment or a job summary."""
    lines: list[str] = []
    for side, title in ((Side.REMOTE, "To the tracker"), (Side.LOCAL, "To the plan")):
        items = [d for d in report.done if d.operation.side is side]
        lines += (
            [f"### {title}", "", *_bullets(described(report, d.operation) for d in items), ""]
            if items
            else []
        )
    if report.conflicts:
        words = (
            f"{report.labels.get(c.uid, c.uid)}: {c.field.value}: plan {_said(c.local)}, issue {_said(c.remote)}"
            for c in report.conflicts
        )
        lines += ["### For you to decide", "", *_bullets(words), ""]
    return "\n".join([*lines, summary(report)])


def _bullets(texts: Iterable[str]) -> list[str]:
    """List texts; none of them can be a tag or a picture, name a person, or link an issue."""
    plain = (in_line(text).replace("<", "&lt;").replace("![", "!\\[") for text in texts)
    return [f"- {neutralise(text)}" for text in plain]
