"""A plan's standing in words: the document `plansync/status/1`, laid out for a person at a terminal."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from plansync import durations
from plansync.cli.columns import cells, line_width, padded, shortened
from plansync.cli.pending import counted
from plansync.durations import Duration
from plansync.text import in_line

if TYPE_CHECKING:
    from plansync.cli.output import Writer

Words: TypeAlias = dict[str, Any]
"""A part of the document."""

_BAR, _SHORTEST_BAR = 20, 8
_LISTED = 3
_NAME_MAX = 24
_ESTIMATE_MAX = 24
_ARROW = " → "
SEE = "; see plansync diff"
_URGENT = ("Decide", "Unclear", "Cycle")
_FIELDS = {"": "something", "twin": "two issues were made for it"}


def print_standing(writer: Writer, found: Words) -> None:
    """Print everything, in groups: how far, what next, what decides the end, where it is tracked."""
    width = line_width()
    writer.leads_as_in(found["path"])
    writer.heading(shortened(in_line(found["title"]), width))
    if not found["phases"] and not found["unphased"]:
        writer.say("No tasks yet: nothing in this file reads as a phase or a task.")
        writer.say(in_line(f"How it is read: plansync inspect {shlex.quote(found['path'])}"))
        return
    _how_far(writer, found, width)
    for group in (_what_next(found, width), _what_is_open(found, width), _what_decides(found, width)):
        lines = list(group)
        for line in [""] * bool(lines) + lines:
            writer.say(_marked(writer, line))
    writer.say()
    writer.say(_where(found))
    if found["remote"]:
        writer.say(f"Beside its tracker: {remote_in_words(found['remote'])}.")
    if refs := [f"#{each['ref']}" for each in found["removed"]]:
        text = f"{_count(len(refs), 'open issue')} of tasks that are gone from the plan ({_few(refs)})"
        writer.say(f"{text}; to close: plansync prune")
    for path in found["gone"]:
        writer.say(in_line(f"Gone, and still remembered: {path}; plansync state forget {shlex.quote(path)}"))


def _marked(writer: Writer, line: str) -> str:
    """Let stand out what needs a person."""
    label, colon, rest = line.partition(":")
    is_urgent = colon and label in _URGENT
    return f"{writer.style(label + colon, fg='red', bold=True)}{rest}" if is_urgent else line


# ---------------------------------------------------------------- how far


def _how_far(writer: Writer, found: Words, width: int) -> None:
    rows = [(in_line(p["title"]), p) for p in found["phases"]]
    if found["unphased"]:
        rows.append(("Without a phase" if rows else "All tasks", found["unphased"]))
    counts = [f"{row['done']}/{row['total']}" for _, row in rows]
    lefts = [_left_in(row) for _, row in rows]
    room = width - 6 - max(map(len, counts)) - max(map(len, lefts))
    longest = max(cells(title) for title, _ in rows)
    length = min(_BAR, max(_SHORTEST_BAR, room - longest))
    for (title, row), count, left in zip(rows, counts, lefts, strict=True):
        name = padded(shortened(title, room - length), min(longest, room - length))
        end = f"  {count:<{max(map(len, counts))}}{left}".rstrip()
        writer.say(f"  {name}  {bar(writer, row, length)}{end}")
    for line in _totals(found):
        writer.say(line)


def _left_in(row: Words) -> str:
    return f"  {durations.write(row['left_min'])} left" if row["left_min"] else ""


def bar(writer: Writer, row: Words, length: int) -> str:
    """Draw how much is done: something as soon as anything is, all only when all is."""
    full: int = max(row["percent"] * length // 100, int(row["done"] > 0))
    return writer.style("█" * full, fg="green") + "░" * (length - full)


def _totals(found: Words) -> Iterator[str]:
    time, points = found["time"], found["points"]
    by_time = f" ({time['percent']}% by time)" if time["total_min"] else ""
    left = f", {_range(time['left_low_min'], found['left_min'])} left by the estimates"
    tasks = f"{found['done']} of {_count(found['total'], 'task')}"
    yield f"{found['percent']}% done: {tasks}{by_time}{left if found['left_min'] else ''}"
    if points["total"]:
        yield f"{points['done']:g} of {points['total']:g} points done"
    if time["unestimated"] and time["total_min"] and found["done"] < found["total"]:
        yield f"{_count(time['unestimated'], 'task')} without an estimate of time"


def _range(low: int, high: int) -> str:
    return durations.write_range(Duration(low, high))


# -------------------------------------------------------------- what next


def _what_next(found: Words, width: int) -> Iterator[str]:
    """Say what can begin, what waits, and what a person has to look at."""
    if found["implied_order"]:  # then all others wait for the one before, which is no news
        yield from _listed("Next", [task(t, width - 9) for t in found["next"]], 0)
        after = found["waiting"]
        yield from _listed(
            "Then", [task(t, width - 9) for t in after[: _LISTED - 1]], len(after) - _LISTED + 1
        )
    else:
        first = [task(t, width - 9) for t in found["next"][:_LISTED]]
        yield from _listed("Next", first, len(found["next"]) - _LISTED)
        waiting = [_waiting(t, width - 9) for t in found["waiting"][:_LISTED]]
        yield from _listed("Waiting", waiting, len(found["waiting"]) - _LISTED)
    if found["unclear"]:
        verb = "waits" if len(found["unclear"]) == 1 else "wait"
        yield f"Unclear: what {_names(found['unclear'])} {verb} for (no such task, or more than one)"


def _listed(label: str, lines: Sequence[str], more: int) -> Iterator[str]:
    """List under one label, which stands on the first line only."""
    for number, line in enumerate(lines):
        yield f"{'' if number else label + ':':<9}{line}"
    if more > 0:
        yield f"{'':9}and {more} more"


def task(found: Words, room: int) -> str:
    """Name a task with its issue and estimate; a title too long gives way to them."""
    number = f"  #{found['ref']}" if found["ref"] else ""
    estimate = shortened(in_line(found["estimate"]), _ESTIMATE_MAX)
    return _fitted(found, f"{number}  ({estimate})" if estimate else number, room)


def _waiting(task: Words, room: int) -> str:
    number = f"  #{task['ref']}" if task["ref"] else ""
    return _fitted(task, f"{number} (for {_names(task['for'])})", room)


def _fitted(task: Words, end: str, room: int) -> str:
    name = in_line(f"{task['label']} {task['title']}").strip()
    return shortened(name, max(room - cells(end), _NAME_MAX)) + end


def _names(tasks: Sequence[Words]) -> str:
    """Name some tasks in short: `Task 1.1, 1.2, 1.3 and 4 more`."""
    more = f" and {len(tasks) - _LISTED} more" if len(tasks) > _LISTED else ""
    return ", ".join(_short(tasks[:_LISTED])) + more


def _short(tasks: Sequence[Words]) -> list[str]:
    """Name tasks by number, or title; the word before the number is said once where all have the same."""
    names = [shortened(in_line(t["label"] or t["title"]), _NAME_MAX) for t in tasks]
    words = {m[1] if (m := re.match(r"(\D+\s)\d", name)) else "" for name in names}
    word = words.pop() if len(words) == 1 else ""
    return names[:1] + [name.removeprefix(word) for name in names[1:]]


# ------------------------------------------------------------- what is open


def _what_is_open(found: Words, width: int) -> Iterator[str]:
    """List what waits for a person's word, with the command that takes it, and what waits for a run."""
    titles = {p["uid"]: p["title"] for p in found["phases"]}
    decisions = found["decisions"]
    lines = [_decision(d, titles, width - 9) for d in decisions[:_LISTED]]
    yield from _listed("Decide", lines, len(decisions) - _LISTED)
    if decisions:
        plan = shlex.quote(found["path"])
        yield in_line(f"{'':9}both sides: plansync resolve {plan}")
        first = decisions[0]
        words = [f"--how {first['how'][0]}", *first["how"][1:]] if first["how"] else ["--take plan", "issue"]
        take, others = words[0], ", ".join(words[1:])
        yield in_line(f"{'':9}decide: plansync resolve {first['id']} {take} {plan}  (or {others})")
    halves = [_owed(found["owed"], side) for side in ("tracker", "plan")]
    yield from _listed("Owed", [shortened(half, width - 9) for half in halves if half], 0)


def _decision(found: Words, titles: Words, room: int) -> str:
    """Say what one conflict is about, and what the plan says there now."""
    name = shortened(in_line(found["label"] or found["title"] or "the plan"), _NAME_MAX)
    step = f", step “{shortened(in_line(found['step']), _NAME_MAX)}”" if found["step"] else ""
    if found["field"] == "existence":
        return shortened(f"{found['id']} {name}: {_gone(found, titles)}", room)
    value = found["plan"]
    words = titles.get(value, value) if isinstance(value, str) else ""
    says = f"; the plan says “{in_line(words)}”" if words else ""
    what = _FIELDS.get(found["field"], found["field"].replace("_", " "))
    return shortened(f"{found['id']} {name}{step}: {what}{says}", room)


def _gone(found: Words, titles: Words) -> str:
    """Say which side of something is gone."""
    is_phase = found["task"] in titles
    number = f" #{found['ref']}" if found["ref"] else ""
    if "recreate" in found["how"]:
        return f"{'its milestone' if is_phase else f'issue{number}'} is gone from the tracker"
    return f"gone from the plan; {'milestone' if is_phase else 'issue'}{number} is open"


def _owed(owed: Sequence[Words], side: str) -> str:
    """Say what one side lacks; empty where it lacks nothing."""
    lacking = [o for o in owed if o["side"] == side]
    if not lacking:
        return ""
    what = counted([field for o in lacking for field in o["fields"]])
    return f"the {side} still lacks {what} ({_names(lacking)}); a sync does it"


# ------------------------------------------------------- what decides the end


def _what_decides(found: Words, width: int) -> Iterator[str]:
    if found["cycle"]:
        yield f"Cycle: {_chain(found['cycle'], width - 41)}; each waits for the one before it"
    elif found["total"] and found["done"] == found["total"]:
        yield "All done."
    if found["implied_order"] and found["next"]:
        yield "No task names a dependency, so the order is the plan's."
    path = found["critical_path"]
    if path and (path["left_min"] or not found["implied_order"]):  # a list read from top to bottom is no news
        yield from _critical(path, width)


def _critical(path: Words, width: int) -> Iterator[str]:
    """Say which tasks decide the end; a chain too long for the rest of the line has one of its own."""
    left = f", {_range(path['left_low_min'], path['left_min'])} left" if path["left_min"] else ""
    whole = f"Critical path: {_ARROW.join(_short(path['tasks']))}{left}"
    if cells(whole) <= width:
        yield whole
    else:
        yield f"Critical path{left}:"
        yield f"  {_chain(path['tasks'], width - 2)}"


def _chain(tasks: Sequence[Words], room: int) -> str:
    """Join tasks by arrows; what does not fit is left out in the middle."""
    names = _short(tasks)
    whole = _ARROW.join(names)
    if cells(whole) <= room or len(names) < 4:
        return whole
    ends = 1
    while cells(_elided(names, ends + 1)) <= room:
        ends += 1
    return _elided(names, ends)


def _elided(names: Sequence[str], ends: int) -> str:
    """Keep so many names at each end."""
    return _ARROW.join((*names[:ends], f"({len(names) - 2 * ends} more)", *names[-ends:]))


# ------------------------------------------------------------ where it is tracked


def _where(found: Words) -> str:
    if not found["is_written"]:
        return f"Read only: a plan in this form ({found['dialect']}) is shown, and never written by plansync."
    if not found["is_known"]:
        return "Whether it is on a tracker is not known: its state file cannot be read."
    if linked := found["linked"]:
        return f"{_count(linked, 'task')} {'has' if linked == 1 else 'have'} an issue."
    return "Not on a tracker yet; see what a push would do: plansync diff"


def remote_in_words(counts: Words) -> str:
    """Say how much a sync would do."""
    parts = [f"{_count(counts['to_tracker'], 'change')} to send"] if counts["to_tracker"] else []
    parts += [f"{_count(counts['to_plan'], 'edit')} to bring"] if counts["to_plan"] else []
    parts += [f"{_count(counts['conflicts'], 'conflict')} to decide"] if counts["conflicts"] else []
    return f"{', '.join(parts)}{SEE}" if parts else "both agree"


def _few(names: Sequence[str]) -> str:
    more = len(names) - _LISTED
    return f"{', '.join(names[:_LISTED])} and {more} more" if more > 0 else ", ".join(names)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
