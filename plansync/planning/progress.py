"""Progress of a plan, and the lines in it that follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from plansync.model import (
    OVERALL_WORDS,
    OVERVIEW,
    Field,
    Item,
    Kind,
    Snapshot,
    State,
    Tick,
    Uid,
    Value,
    steps_of,
    text_of,
    tick_of,
)


class Progress(NamedTuple):
    """Tasks done, and tasks that count: dropped ones leave the denominator."""

    done: int
    total: int

    @property
    def percent(self) -> int:
        """Whole percents, rounded down: 100 only when all is done."""
        return self.done * 100 // self.total if self.total else 0


def shown_state(items: Snapshot, uid: Uid, remembered: State | None = None) -> State:
    """Tell a task's state from the plan alone: its status line, else what is remembered, else its boxes."""
    item = items[uid]
    if (said := item.fields.get(Field.STATE)) is not None:
        return State(str(said))
    if remembered is not None:
        return State.TODO if remembered is State.DROPPED else remembered
    ticks = [tick_of(s) for s in steps_of(items, uid) if not s.fields.get(Field.OPTIONAL)]
    counting = [t for t in ticks if t is not Tick.DROPPED]
    return State.DONE if counting and all(t is Tick.TICKED for t in counting) else State.TODO


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
        Field.OVERALL: OVERALL_WORDS[_overall(items, states, now)],
    }
    if (phase := current_phase(items, states)) is not None:
        values[Field.CURRENT_PHASE] = phase
    return {name: value for name, value in values.items() if name in plan.fields}


def _overall(items: Snapshot, states: Mapping[Uid, State], now: Progress) -> int:
    if now.total and now.done == now.total:
        return 2
    is_begun = now.done or any(tick_of(s) is Tick.TICKED for uid in states for s in steps_of(items, uid))
    return 1 if is_begun else 0


def current_phase(items: Snapshot, states: Mapping[Uid, State]) -> Uid | None:
    """Find the first phase with a task to do; the last one when all is done."""
    phases = [u for u, i in items.items() if i.kind is Kind.PHASE]
    for phase in phases:
        if any(states[t.uid] is State.TODO for t in tasks_in(items, phase) if t.uid in states):
            return phase
    return phases[-1] if phases else None


def tasks_in(items: Snapshot, phase: str) -> list[Item]:
    """List a phase's tasks in the plan's order; an empty uid stands for tasks without a phase."""
    return [i for i in items.values() if i.kind is Kind.TASK and text_of(i, Field.PHASE) == phase]
