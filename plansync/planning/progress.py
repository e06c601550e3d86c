"""Progress of a plan, and the lines in it that follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from plansync.model import (
    OVERALL_WORDS,
    OVERVIEW,
    Base,
    Field,
    Item,
    Kind,
    Snapshot,
    State,
    Tick,
    Uid,
    Value,
    state_of,
    steps_of,
    text_of,
    tick_of,
)
from plansync.text import words


class Progress(NamedTuple):
    """Tasks done, and tasks that count: dropped ones leave the denominator."""

    done: int
    total: int

    @property
    def percent(self) -> int:
        """Whole percents, rounded down: 100 only when all is done."""
        return self.done * 100 // self.total if self.total else 0


def shown_state(items: Snapshot, uid: Uid, base: Base | None = None) -> State:
    """Tell a task's state from the plan: its status line or own box, else its steps.

    What is remembered of it counts as long as its steps are those that were agreed on: then the state
    may say more than they do. Whoever ticked a box since said something newer.
    """
    item = items[uid]
    if (said := item.fields.get(Field.STATE)) is not None:
        return State(str(said))
    known = state_of(base.agreed.get(uid)) if base else None
    if base and known is not None and _ticks(items, uid) == _ticks(base.local, uid):
        return State.TODO if known is State.DROPPED else known
    return State.DONE if _is_ticked_off(steps_of(items, uid)) else State.TODO


def _ticks(items: Snapshot, uid: Uid) -> list[tuple[str, Tick | None]]:
    return [(words(text_of(step, Field.TEXT)), tick_of(step)) for step in steps_of(items, uid)]


def _is_ticked_off(steps: list[Item]) -> bool:
    """Say whether there are steps that count, and all of them are ticked."""
    has_ticked = False
    for step in steps:
        tick = tick_of(step)
        if step.fields.get(Field.OPTIONAL) or tick is Tick.DROPPED:
            continue
        if tick is not Tick.TICKED:
            return False
        has_ticked = True
    return has_ticked


def progress(states: Mapping[Uid, State]) -> Progress:
    """Count tasks."""
    counting = [s for s in states.values() if s is not State.DROPPED]
    return Progress(sum(s is State.DONE for s in counting), len(counting))


def computed_lines(items: Snapshot, states: Mapping[Uid, State]) -> dict[Field, Value]:
    """Compute the live lines that the plan has; others are not in the result."""
    plan = items.get(OVERVIEW)
    if plan is None or not states:
        return {}
    now = progress(states)
    values: dict[Field, Value] = {
        Field.COMPLETION: f"{now.percent}% {now.done}/{now.total}",
        Field.OVERALL: OVERALL_WORDS[overall(items, states, now)],
    }
    if (phase := current_phase(items, states)) is not None:
        values[Field.CURRENT_PHASE] = phase
    return {name: value for name, value in values.items() if name in plan.fields}


def computed_now(items: Snapshot, base: Base) -> dict[Field, Value]:
    """Compute the live lines that the plan has from its states as they show now."""
    tasks = (u for u, i in items.items() if i.kind is Kind.TASK)
    return computed_lines(items, {uid: shown_state(items, uid, base) for uid in tasks})


def overall(items: Snapshot, states: Mapping[Uid, State], now: Progress) -> int:
    """Say how far a plan is: the index of its word in `OVERALL_WORDS`."""
    if now.total and now.done == now.total:
        return 2
    is_begun = now.done or any(tick_of(s) is Tick.TICKED for uid in states for s in steps_of(items, uid))
    return 1 if is_begun else 0


def current_phase(items: Snapshot, states: Mapping[Uid, State]) -> Uid | None:
    """Find the first phase with a task to do; the last one when all is done."""
    phases = [u for u, i in items.items() if i.kind is Kind.PHASE]
    busy = {text_of(items.get(u), Field.PHASE) for u, s in states.items() if s is State.TODO}
    return next((p for p in phases if p in busy), phases[-1] if phases else None)


def by_phase(items: Snapshot) -> dict[str, list[Uid]]:
    """Sort the tasks by phase, in the plan's order; the empty uid stands for tasks without a phase."""
    found: dict[str, list[Uid]] = {u: [] for u, i in items.items() if i.kind is Kind.PHASE}
    for uid, item in items.items():
        if item.kind is Kind.TASK:
            found.setdefault(text_of(item, Field.PHASE), []).append(uid)
    return found
