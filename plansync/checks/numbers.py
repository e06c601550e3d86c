"""What a plan says about itself in numbers: totals, counts, progress, estimates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from plansync import durations
from plansync.checks.context import Context
from plansync.checks.finding import Finding
from plansync.checks.words import is_blank
from plansync.document.edits import Edit
from plansync.document.metadata import Key
from plansync.document.rewrite import summary_edits
from plansync.document.tree import Node
from plansync.document.view import phase_names, state_in
from plansync.durations import Duration
from plansync.model import OVERALL_WORDS, OVERVIEW, Change, Field, Item, Snapshot, State, Uid, Value
from plansync.planning.progress import computed_lines
from plansync.text import words

_AMOUNT = re.compile(
    r"(?P<before>[~≈]?\s*)(?P<low>\d+(?:\.\d+)?)(?:(?P<to>\s*[-–—]\s*)(?P<high>\d+(?:\.\d+)?))?"
    r"(?P<blank>\s*)(?P<unit>[^\W\d_]+)(?P<after>\s*)"
)
_COUNT = re.compile(r"(\d{1,6})(?![\d.,:/])(?:\s+[^\W\d_]+)?")
_CHOICES = re.compile(r"\s*(?:\||｜)\s*")
_PROGRESS = re.compile(r"(\d+)% (\d+)/(\d+)")


# ---------------------------------------------------------------------- totals


class _Sum(NamedTuple):
    """What the tasks of a phase, or of the plan, come to. `is_whole`: each of them says its time."""

    tasks: int
    total: Duration
    is_whole: bool


def total_time(context: Context) -> Iterator[Finding]:
    """Find totals that are not the sum of the tasks' estimates."""
    sums = _sums(context)
    for key in _keys(context, "total_time"):
        text, phase = context.document.text(key.value), context.phase_at(key.line.start)
        said, real = durations.read(text), sums.get(phase)
        if said is None or real is None or not real.total.high:
            continue
        if _is_right(said, real.total) or (not real.is_whole and said.high >= real.total.high):
            continue
        least = "" if real.is_whole else "at least "
        message = (
            f"the tasks' estimates add up to {least}{durations.write_range(real.total)}, not {text.strip()}"
        )
        new = _rewritten(text, real.total) if real.is_whole and phase < 0 else ""
        yield context.finding("PLAN001", key.value, message, _put(context, key, new))


def _sums(context: Context) -> dict[int, _Sum]:
    """Add up each phase's tasks, by the phase's index, and the plan's under -1; dropped ones do not count."""
    every = [uid for uids in context.counting.values() for uid in uids]
    return {phase: _sum(context, uids) for phase, uids in {**context.counting, -1: every}.items()}


def _sum(context: Context, uids: Sequence[Uid]) -> _Sum:
    times = [context.times[u] for u in uids if u in context.times]
    total = Duration(sum(t.low for t in times), sum(t.high for t in times))
    return _Sum(len(uids), total, len(times) == len(uids) and not context.document.hidden)


def _is_right(said: Duration, total: Duration) -> bool:
    """Say whether a total is the sum's upper end, or a range that holds the sum."""
    return said.high == said.low == total.high or said.low <= total.low <= total.high <= said.high


def _rewritten(text: str, total: Duration) -> str:
    """Write a total as its author wrote it, in the same unit; empty where that is not plain."""
    found = _AMOUNT.fullmatch(text)
    unit = durations.read(f"2 {found['unit']}") if found else None
    if not found or not unit:
        return ""
    is_english = found["unit"].casefold() in ("hour", "hours", "minute", "minutes")
    if is_english and not found["to"] and (found["low"] == "1" or total.high == unit.high // 2):
        return found["before"] + durations.write(total.high) + found["after"]
    low, high = (_amount(minutes, unit.high // 2) for minutes in total)
    amount = f"{low}{found['to']}{high}" if found["to"] and low != high else high
    return f"{found['before']}{amount}{found['blank']}{found['unit']}{found['after']}" if low and high else ""


def _amount(minutes: int, unit: int) -> str:
    """Write minutes in a unit, empty where two decimals do not hold them."""
    text = f"{minutes / unit:.2f}".rstrip("0").rstrip(".")
    return text if round(float(text) * unit) == minutes else ""


def task_count(context: Context) -> Iterator[Finding]:
    """Find a number of tasks that is not the plan's, nor its phase's."""
    count, more = len(context.tasks), len(context.document.hidden)
    sums = _sums(context)
    for key in _keys(context, "total_tasks"):
        text = context.document.text(key.value)
        found = _COUNT.match(text.strip())
        phase = sums.get(context.phase_at(key.line.start))
        if not found or not count or (phase and int(found[1]) == phase.tasks):
            continue
        if sums[-1].tasks <= int(found[1]) <= count + more:
            continue
        hidden = f" ({more} more headings are hidden by code fences)" if more else ""
        message = f"the plan has {count} task{'' if count == 1 else 's'}{hidden}, not {found[1]}"
        is_alone = found[1] == text.strip()
        is_plain = _COUNT.fullmatch(text.strip()) and "1" not in (found[1], str(count))
        new = text.replace(found[1], str(count), 1) if is_alone or is_plain else ""
        yield context.finding("PLAN002", key.value, message, _put(context, key, new))


def _keys(context: Context, name: str) -> list[Key]:
    return [key for key in context.document.keys if key.name == name and key.value.end > key.value.start]


def _put(context: Context, key: Key, new: str) -> tuple[Edit, ...]:
    """Put a new value in; none where tasks are hidden, because then the plan is not the one its author sees."""
    is_safe = new and not context.document.hidden
    return (Edit(key.value.start, key.value.end, new.encode()),) if is_safe else ()


# -------------------------------------------------------------------- progress


def completion(context: Context) -> Iterator[Finding]:
    """Find a completion line that does not fit the states."""
    said = _shown(context).get(Field.COMPLETION)
    now = _live(context).get(Field.COMPLETION)
    if said is None or now is None or _is_same_progress(str(said), str(now)):
        return
    percent, _, ratio = str(now).partition(" ")
    message = f"{ratio.replace('/', ' of ')} tasks are done ({percent})"
    yield from _stale(context, "PLAN004", Field.COMPLETION, message, now)


def _is_same_progress(said: str, now: str) -> bool:
    """Compare counts; the percentage may be rounded either way."""
    left, right = _PROGRESS.fullmatch(said), _PROGRESS.fullmatch(now)
    if not left or not right:
        return said == now
    return left.groups()[1:] == right.groups()[1:] and 0 <= int(left[1]) - int(right[1]) <= 1


def current_phase(context: Context) -> Iterator[Finding]:
    """Find a current phase that is another one than the states say."""
    said = _shown(context).get(Field.CURRENT_PHASE)
    now = _live(context).get(Field.CURRENT_PHASE)
    key = context.document.key(Field.CURRENT_PHASE.value)
    if key and isinstance(said, str) and isinstance(now, str) and said != now:
        label, whole = phase_names(context.document, context.node_of(Uid(now)))
        text = context.document.text(key.value)
        is_label = text == phase_names(context.document, context.node_of(Uid(said)))[0]
        message = f"the first phase with a task to do is {label or whole}; this says {text.strip()}"
        yield context.finding("PLAN005", key.value, message, _put(context, key, label if is_label else whole))


def overall_status(context: Context) -> Iterator[Finding]:
    """Find an implementation status that does not fit the states."""
    said = _shown(context).get(Field.OVERALL)
    now = _live(context).get(Field.OVERALL)
    if said is not None and now is not None and said != now:
        yield from _stale(context, "PLAN006", Field.OVERALL, f"by the boxes the plan is: {now}", now)


def _stale(context: Context, code: str, field: Field, message: str, now: Value) -> Iterator[Finding]:
    key = context.document.key(field.value)
    if key:
        old = context.document.text(key.value)
        edits = summary_edits(context.document, (Change(OVERVIEW, field, old, now),))
        fix = () if context.document.hidden else tuple(edits)
        yield context.finding(code, key.value, f"{message}; this says {old.strip()}", fix)


def _shown(context: Context) -> dict[Field, Value]:
    return dict(context.view.items[OVERVIEW].fields)


def _live(context: Context) -> dict[Field, Value]:
    """Compute every line that a plan can have, whether this one has it or not."""
    items: Snapshot = context.view.items
    every: dict[Field, Value] = {Field.COMPLETION: "", Field.OVERALL: "", Field.CURRENT_PHASE: ""}
    plan: Item = items[OVERVIEW]
    return computed_lines({**items, OVERVIEW: replace(plan, fields={**plan.fields, **every})}, context.states)


# --------------------------------------------------------------------- choices


def status_choices(context: Context) -> Iterator[Finding]:
    """Find lines that list what could be said."""
    document = context.document
    live = _live(context)
    for name in ("implementation_status", "current_phase"):
        key = document.key(name)
        choices = _choices(document.text(key.value)) if key else []
        if key and len(choices) > 1:
            new = _choice(context, name, choices, live)
            is_told = f"; by the boxes it is {new}" if new else ""
            yield context.finding(
                "PLAN007", key.value, f"all choices of “{key.key}” are left{is_told}", _put(context, key, new)
            )
    for _, node in (*context.phases, *context.tasks):
        key = node.key("status")
        choices = _choices(document.text(key.value)) if key else []
        if key and len(choices) > 1 and all(state_in(words(c).casefold()) for c in choices):
            yield context.finding("PLAN007", key.value, f"all choices of “{key.key}” are left")


def _choices(text: str) -> list[str]:
    parts = _CHOICES.split(text.strip())
    return parts if all(parts) else []


def _choice(context: Context, name: str, choices: list[str], live: dict[Field, Value]) -> str:
    """Take the choice that fits the states; empty where none is plainly that."""
    if name == "current_phase":
        at = live.get(Field.CURRENT_PHASE)
        known = phase_names(context.document, context.node_of(Uid(at))) if isinstance(at, str) else ()
        return next((c for c in choices if c in known), "")
    now = live.get(Field.OVERALL)
    if now not in OVERALL_WORDS:
        return ""
    if set(OVERALL_WORDS) <= set(choices):
        return str(now)
    states = [state_in(words(c).casefold()) for c in choices]
    is_in_order = states == [State.TODO, State.TODO, State.DONE]
    return choices[OVERALL_WORDS.index(str(now))] if is_in_order else ""


# ------------------------------------------------------------------- estimates


def missing_estimate(context: Context) -> Iterator[Finding]:
    """Find tasks to do without an estimate, where at least half of all tasks have one."""
    without = [u for u, e in context.estimates.items() if not e.text.strip() or is_blank(e.text)]
    if len(without) * 2 > len(context.estimates):
        return
    for node in _to_do(context, without):
        yield context.finding("PLAN008", node.title, f"{context.name_of(node)} has no estimate")


def _to_do(context: Context, uids: Iterable[Uid]) -> list[Node]:
    return [context.node_of(u) for u in uids if context.states[u] is State.TODO]
