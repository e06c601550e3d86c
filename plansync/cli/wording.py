"""What was done and what is to be decided, in words. Everything that came from outside passes `in_line` here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from plansync import durations
from plansync.model import Change, Conflict, Drift, Field, Kind, Operation, Side, State, Uid, Value, owner_of
from plansync.reconcile.reasons import DUPLICATE
from plansync.sync.events import Report, Status
from plansync.sync.existence import is_of_milestone
from plansync.text import cut, in_line

TEXT_MAX = 60
"""How many characters of a title or step a line shows."""
_STEP_MAX = 28
_IN_SECONDS = 90
_LONG_PAUSE_S = 60
_RUNS_MAX = 20


def described(report: Report, op: Operation, beside: Sequence[Operation] = ()) -> str:
    """Say one operation in words; `beside`: the links, and a new issue's estimate, that are said along with it."""
    name = cut(report.labels.get(op.uid, op.uid), TEXT_MAX)
    item = report.local.get(op.uid) or report.remote.get(op.uid)
    title = cut(str(item.fields.get(Field.TITLE, "")), TEXT_MAX) if item else ""
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
            times = [said(o.changes[0].new) for o in beside if o.kind == "set-estimate"]
            links = [o for o in beside if o.kind != "set-estimate"]
            waits = [links_in_words(report, _changes_of(links), is_new=True)] if links else []
            return ", ".join([f"issue {whole}", *times, *waits])
        case "close-issue":
            return f"close {whole} {_closed_as(report, op)}"
        case "reopen-issue":
            return f"reopen {whole}"
        case "update-issue" if any(c.rule == "adopt" for c in op.changes):
            return f"{whole}: our part, below the issue's own text"
        case "update-milestone" if any(c.rule == "adopt" for c in op.changes):
            return f"milestone {whole}: our line in its description"
        case "update-issue" if any(c.field is Field.STEPS and c.old is None for c in op.changes):
            return f"{whole}: our part anew"
        case "add-task":
            phase = report.local.get(next((c.new for c in op.changes if c.field is Field.PHASE), ""))  # type: ignore[call-overload]
            where = f" to {phase.fields.get(Field.TITLE, '')}" if phase else ""
            return f"task {title or name}{where}"
        case "set-labels" if op.changes[0].rule == "adopt":
            return f"{whole}: label +plansync"
        case "set-labels" | "set-assignees":
            return f"{whole}: {_elements_in_words(report, op)}"
        case "add-dependency" | "remove-dependency":
            return f"{whole}: {links_in_words(report, _changes_of((op, *beside)))}"
        case "close-milestone" | "reopen-milestone":
            return f"{op.kind.removesuffix('-milestone')} milestone {whole}"
        case "set-estimate":
            return f"estimate of {whole}: {said(op.changes[0].old)} → {said(op.changes[0].new)}"
        case "set-field":
            return f"dependencies of {whole}: {links_in_words(report, op.changes)}"
        case "update-issue" | "update-milestone":
            return f"{whole}: {', '.join(changes_in_words(report, _changes_of((op, *beside))))}"
        case "set-milestone":
            phase = report.local.get(op.changes[0].new)  # type: ignore[call-overload]
            return f"move {whole} to {phase.fields.get(Field.TITLE, '') if phase else 'no phase'}"
        case "tick" | "untick" | "drop-step" | "set-criterion":
            return f"{op.kind.replace('-', ' ')} {name}{where}"
        case "set-status":
            return f"status of {whole}: {op.changes[0].new or 'line removed'}"
        case "rename" | "edit-step":
            return f"{said(op.changes[0].old)} → {said(op.changes[0].new)}{where}"
        case "move-task":
            phase = report.local.get(op.changes[0].new)  # type: ignore[call-overload]
            return f"move {whole} to {phase.fields.get(Field.TITLE, '') if phase else 'no phase'}"
        case "update-summary":
            return "summary: " + ", ".join(_summary_line(report, c) for c in op.changes)
        case _:
            return f"{op.kind.replace('-', ' ')} {name}{where}"


_ELEMENT_WORDS = {Field.LABELS: "label", Field.OWNERS: "assignee"}


def _elements_in_words(report: Report, op: Operation) -> str:
    """Say what comes into a set and what goes: `label +bug, -ui`."""
    coming, going = _coming_and_going(report, op.changes[0])
    signs = [*(f"+{name}" for name in coming), *(f"-{name}" for name in going)]
    return f"{_ELEMENT_WORDS[op.changes[0].field]} {', '.join(signs)}"


def named(report: Report, uid: Uid) -> str:
    """Name what is to be decided: a phase by its title, a step by its task as well."""
    name, owner = report.labels.get(uid, uid), owner_of(uid)
    if (known := report.local.get(uid) or report.base.agreed.get(uid)) and known.kind is Kind.PHASE:
        return cut(str(known.fields.get(Field.TITLE, name)), TEXT_MAX)
    if owner == uid:
        return cut(name, TEXT_MAX)
    return f"{cut(report.labels.get(owner, owner), TEXT_MAX)}, step “{cut(name, TEXT_MAX)}”"


def _changes_of(operations: Iterable[Operation]) -> list[Change]:
    return [change for op in operations for change in op.changes]


def links_in_words(report: Report, changes: Sequence[Change], *, is_new: bool = False) -> str:
    """Say what a task waits for from now on, and for what no longer; `is_new`: the task waited for nothing before.

    Empty where it waits for the same, written in another way.
    """
    both = [_coming_and_going(report, change) for change in changes]
    coming, going = (", ".join(dict.fromkeys(n for pair in both for n in pair[side])) for side in (0, 1))
    parts = [f"{'' if is_new else 'now '}waits for {coming}"] if coming else []
    parts += [f"no longer {'' if coming else 'waits '}for {going}"] if going else []
    return ", ".join(parts)


def steps_in_words(report: Report, operations: Sequence[Operation]) -> str:
    """Say several steps of one task of which the same becomes: `tick 3 steps of Task 1.1 Dig, lines 8 to 12`."""
    first, owner = operations[0], owner_of(operations[0].uid)
    item = report.local.get(owner)
    title = cut(str(item.fields.get(Field.TITLE, "")), TEXT_MAX) if item else ""
    name = cut(report.labels.get(owner, owner), TEXT_MAX)
    whole = f"{name} {title}" if title and title != name else name
    lines = sorted(line for op in operations if (line := report.lines.get(op.uid, 0)))
    where = f" (lines {lines[0]} to {lines[-1]})" if lines else ""
    return f"{first.kind.removesuffix('-step').replace('-', ' ')} {counted(len(operations), 'step')} of {whole}{where}"


def _coming_and_going(report: Report, change: Change) -> tuple[list[str], list[str]]:
    old, new = (value if isinstance(value, tuple) else () for value in (change.old, change.new))
    return [_named(report, n) for n in new if n not in old], [_named(report, o) for o in old if o not in new]


def _named(report: Report, name: str) -> str:
    return cut(report.labels.get(name) or _name_of(report, name).removeprefix("="), 40)


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


_FIELD_WORDS = {
    Field.FRAME: "what stands around the title",
    Field.DECISIONS: "what needs a decision",
    Field.OUTSIDERS: "what is not in the plan yet",
}
"""What people call a field; the others are called as they are."""
_SHORT = {Field.TITLE, Field.ESTIMATE, Field.DUE}
"""What is said with the value that it had and the one that it gets."""
_LINKS = {Field.DEPENDS, Field.EDGES}


def changes_in_words(report: Report, changes: Sequence[Change]) -> list[str]:
    """Say what changes in one issue: a step by its words where it is the only one, else `2 steps ticked`."""
    steps: dict[str, list[Change]] = {}
    words: list[str] = []
    for change in changes:
        if change.field is Field.TICK and change.old is not None:
            verb = {"ticked": "ticked", "open": "unticked", "dropped": "dropped"}[str(change.new)]
            steps.setdefault(verb, []).append(change)
        elif change.field is Field.TEXT:
            steps.setdefault("added" if change.old is None else "reworded", []).append(change)
        elif change.field in _SHORT:
            words.append(f"{change.field.in_words} {said(change.old)} → {said(change.new)}")
        elif change.field not in (Field.TICK, Field.STEPS, *_LINKS):
            words.append(_FIELD_WORDS.get(change.field, change.field.in_words))
    told = [_steps_in_words(report, verb, found) for verb, found in steps.items()]
    if links := [c for c in changes if c.field in _LINKS]:
        words.append(links_in_words(report, links) or "dependencies")
    if not told and not words:
        return ["steps"]
    return [*told, *dict.fromkeys(words)]


def each_step(report: Report, op: Operation) -> list[str]:
    """Say each change of an issue's steps by itself, where `changes_in_words` only counts some."""
    steps = [c for c in op.changes if (c.field is Field.TICK and c.old is not None) or c.field is Field.TEXT]
    words = [word for change in steps for word in changes_in_words(report, [change])]
    return words if len(changes_in_words(report, steps)) < len(words) else []


def _steps_in_words(report: Report, verb: str, changes: Sequence[Change]) -> str:
    """Say of steps of one issue what becomes of them on the tracker."""
    first = changes[0]
    if len(changes) > 1:
        return f"{len(changes)} steps {verb}"
    if verb == "reworded":
        return f"{said(first.old)} → {said(first.new)}"
    item = report.local.get(first.uid) or report.remote.get(first.uid)
    text = first.new if first.field is Field.TEXT else item and item.fields.get(Field.TEXT)
    return f"{said(cut(str(text), _STEP_MAX))} {verb}" if text else f"1 step {verb}"


def said(value: Value | None) -> str:
    """Quote a value, cut to what a line shows; a number is minutes."""
    if value is None or value == 0:
        return "nothing"
    if isinstance(value, int):
        return durations.compact(value)
    return in_line(f"“{cut(value, TEXT_MAX)}”" if isinstance(value, str) else str(value))


_OPEN = "open"
"""What people call a task that is to do."""


def told(report: Report, value: Value | None) -> str:
    """Say one side of a conflict; tasks by their titles."""
    if isinstance(value, int):
        return said(value)
    if value == State.TODO:
        return said(_OPEN)
    if not isinstance(value, tuple):
        return said(_name_of(report, value) if value is not None else None)
    return in_line(", ".join(_name_of(report, v).removeprefix("=") for v in value)) or "nothing"


def differing(report: Report, conflict: Conflict) -> str:
    """Say what there is to decide: fields that differ, an issue or a task that is gone, two issues of one task."""
    if conflict.field is Field.TWIN:
        return f"two runs made an issue for it, {conflict.local} and {conflict.remote}, and they differ"
    if conflict.field is not Field.EXISTENCE:
        return f"{conflict.field.in_words} differs"
    here, there = places(report, conflict)
    if conflict.local != "removed":
        # A milestone's number on GitLab is one that no page of it shows.
        what = "its milestone" if is_of_milestone(conflict) else conflict.base
        return f"{what} is {conflict.remote}{f' ({here})' if here else ''}"
    since = ", and its issue changed since" if conflict.remote == "changed" else ""
    return f"is no longer in the plan{since} ({there or '#?'} is open)"


def places(report: Report, conflict: Conflict) -> tuple[str, str]:
    """Say where both sides of a conflict stand, `line 31` and `#12`; empty where that is not known."""
    line, issue = report.lines.get(conflict.uid, 0), report.remote.get(owner_of(conflict.uid))
    return f"line {line}" if line else "", f"#{issue.at}" if issue else ""


def ways_in_words(report: Report, about: Conflict | Drift) -> dict[str, str]:
    """Say what each way out does; nothing where a value is to be taken."""
    from plansync.sync.ways import How, in_words

    ways = report.ways.get((about.uid, about.field), ())
    return {how: in_words(How(how), about, has_other=How.FOLLOW in ways) for how in ways}


def counted(number: int, word: str) -> str:
    """Write a number with its word: `1 issue`, `2 issues`."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def ids_and_links(count: int) -> str:
    """Write how many marks of ours there are."""
    return f"{count} {'id or link' if count == 1 else 'ids and links'}"


def ranges(numbers: Sequence[int]) -> str:
    """Write sorted numbers in short: `3, 8–10, 12`; only the ends where that would be too many."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    if len(runs) > _RUNS_MAX:
        return f"between {numbers[0]} and {numbers[-1]}"
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


_FIRST_ESTIMATE = "set-estimate of a new issue"
_MADE = {
    "create-milestone": "milestone",
    "create-issue": "issue",
    "add-dependency": "link",
    _FIRST_ESTIMATE: "estimate",
}


def summary(report: Report) -> str:
    """Sum up a run in one line."""
    is_ahead = report.is_dry or report.is_rebuilt
    status = (Status.PLANNED,) if is_ahead else (Status.APPLIED,)
    done = [d.operation for d in report.done if d.status in status and d.operation.side is Side.REMOTE]
    new = {op.uid for op in done if op.kind == "create-issue"}
    kinds = [_FIRST_ESTIMATE if op.kind == "set-estimate" and op.uid in new else op.kind for op in done]
    made = _listed(*((kinds.count(kind), word) for kind, word in _MADE.items()))
    taken = kinds.count("remove-dependency")
    tracker = sum(k not in _MADE for k in kinds) - taken
    plan = report.count(Side.LOCAL, *status)
    waiting = sum(d.status is Status.DEFERRED for d in report.done)
    failed = sum(d.status in (Status.REFUSED, Status.UNKNOWN, Status.SKIPPED) for d in report.done)
    parts = [f"{made} {'to make' if is_ahead else 'made'}"] if made else []
    verb = "to make" if is_ahead else "made"
    parts += [f"{counted(tracker, 'change')} {verb} on the tracker"] if tracker else []
    parts += [f"{counted(taken, 'link')} {'to take out' if is_ahead else 'taken out'}"] if taken else []
    parts += [f"{counted(plan, 'edit')} {verb} in the plan"] if plan else []
    parts += [f"{waiting} deferred"] if waiting else []
    parts += [f"{failed} not done"] if failed else []
    parts += [f"{counted(len(report.conflicts), 'conflict')} to decide"] if report.conflicts else []
    parts += [_waiting(report.waiting)] if report.waiting else []
    nothing = "Nothing else to do." if report.left else "Nothing to do: plan and tracker agree."
    return ("; ".join(parts) + "." if parts else nothing) + _cost(report)


def needs(report: Report) -> str:
    """Say what the planned writes take; empty where nothing would be written on a tracker."""
    cost = report.cost
    if not cost.writes:
        return ""
    mails = f"; up to {counted(cost.mails, 'mail')} to watchers" if cost.mails else ""
    pause = f", with a pause of {duration(cost.pause_s)}" if cost.pause_s > _LONG_PAUSE_S else ""
    return f"Needs {counted(cost.requests, 'request')}, about {duration(cost.seconds)}{pause}{mails}."


def duration(seconds: float) -> str:
    """Write how long something takes: `20 s`, `12 min`, `1 h 20 min`."""
    if seconds <= _IN_SECONDS:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    return " ".join([*([f"{hours} h"] if hours else []), *([f"{rest} min"] if rest or not hours else [])])


def _waiting(tasks: int) -> str:
    block = "its issue's block" if tasks == 1 else "their issues' blocks"
    what = f"edits of {counted(tasks, 'task')} in the plan wait for {block}"
    return f"{what}: plansync resolve lists the ways out"


def _listed(*counts: tuple[int, str]) -> str:
    *most, last = [counted(n, word) for n, word in counts if n] or [""]
    return f"{', '.join(most)} and {last}" if most else last


def _cost(report: Report) -> str:
    total, unchanged = report.requests.total, report.requests.not_modified
    if not total:
        return ""  # they are not counted yet where a person is asked
    return f" ({counted(total, 'request')}{f', {unchanged} not modified' if unchanged else ''})"
