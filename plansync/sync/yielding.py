"""Letting go of an issue beside which another run made one with a lower number, at the same moment.

What was agreed of the one is taken for the other where that says the same or has gone further; the rest is unknown.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from plansync.model import (
    Base,
    Field,
    Item,
    State,
    Tick,
    Twin,
    Uid,
    Value,
    is_step,
    owner_of,
    steps_of,
    text_of,
)
from plansync.reconcile.rows import same
from plansync.store import state
from plansync.text import words
from plansync.trackers.mapping import View

_OPEN = {Field.STATE: State.TODO.value, Field.TICK: Tick.OPEN.value}
"""What was open, and is not there, was done there since: that is news, and no doubt."""


def to_yield(view: View, base: Base, following: Collection[Uid]) -> dict[Uid, Twin]:
    """List the issues of ours that are to be let go of, by their tasks, with the one that takes each one's place.

    That is a lower one that another run made, or one that a person wants a task to follow. Somebody may have put a
    forged block into one, so it is as it was made, or ours was closed as its duplicate.
    """

    def is_to_yield(twin: Twin) -> bool:
        is_lower = (twin.item.at or 0) < (view.items[twin.of].at or 0)
        is_sure = twin.is_new or view.records[twin.of].is_duplicate
        return (is_lower and is_sure) or twin.of in following

    lowest_last = sorted(view.twins, key=lambda t: t.item.at or 0, reverse=True)
    return {
        t.of: t for t in {t.of: t for t in lowest_last}.values() if t.of in base.remote and is_to_yield(t)
    }


def yield_to(base: Base, lower: Twin) -> None:
    """Remember the lower one as a task's issue."""
    known, there = base.remote[lower.of], lower.item
    steps = steps_of(base.remote, lower.of)
    doubted = _doubted(known, there)
    if [_words(s) for s in steps] == [_words(s) for s in lower.steps]:
        for step, now in zip(steps, lower.steps, strict=True):
            state.forget_fields(base, step.uid, _doubted(step, now))
    else:
        doubted += [Field.STEPS, Field.IMPLIED]
        _forget_steps(base, lower.of)
    state.forget_fields(base, lower.of, doubted)
    if isinstance(base.remote, dict):  # pragma: no branch — a run's own base is one
        now = base.remote[lower.of]
        base.remote[lower.of] = replace(now, at=there.at, stamp=there.stamp, node=there.node)


def _doubted(then: Item, now: Item) -> list[Field]:
    """List the fields of which the other issue says neither what was agreed of the one nor what may follow on it."""

    def is_kept(name: Field, was: Value) -> bool:
        return (
            name is Field.STEPS or was == _OPEN.get(name) or same(then.kind, name)(was, now.fields.get(name))
        )

    return [name for name, was in then.fields.items() if not is_kept(name, was)]


def _forget_steps(base: Base, owner: Uid) -> None:
    for side in (base.local, base.remote, base.agreed):
        for uid in [u for u in side if is_step(u) and owner_of(u) == owner]:
            if isinstance(side, dict):  # pragma: no branch — a run's own base is one
                del side[uid]


def _words(step: Item) -> str:
    return words(text_of(step, Field.TEXT))
