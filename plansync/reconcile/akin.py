"""A task that may be one of which another copy of the plan made an issue, under another title and so another id.

Whether it is that one nobody can tell from here. It gets no issue of its own before a person, or git, says which it is.
Source: sync semantics §2.5, "conflict `same-task?`".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from plansync.model import Conflict, Field, Item, Kind, Snapshot, Uid, steps_of, text_of
from plansync.reconcile.given import Given
from plansync.reconcile.pairing import is_held, is_similar
from plansync.text import words

COMPARISONS_MAX = 4_000
"""Titles are only compared with each other where that stays cheap."""
_SHARED = 0.5
"""From this share of equal steps on, of the longer list, two tasks may be one."""


class Wording(NamedTuple):
    """The words by which a task is known."""

    title: str
    steps: frozenset[str]

    def is_akin(self, other: Wording) -> bool:
        """Say whether this may be the other, reworded."""
        longer = max(len(self.steps), len(other.steps))
        return (longer > 0 and len(self.steps & other.steps) >= _SHARED * longer) or is_similar(
            self.title, other.title
        )


def wording(title: str, steps: Sequence[str]) -> Wording:
    """Reduce a task to what is compared."""
    return Wording(words(title), frozenset(words(step) for step in steps))


def wording_of(item: Item, side: Snapshot) -> Wording:
    """Reduce a task of a side to what is compared."""
    return wording(text_of(item, Field.TITLE), [text_of(s, Field.TEXT) for s in steps_of(side, item.uid)])


def doubtful(given: Given) -> dict[Uid, Uid]:
    """List the tasks that would get an issue and may have one: which task of the tracker's each may be.

    That is one which this copy of the plan never held, and which is not in another phase for sure.
    """
    known = set(given.base.local) | set(given.base.agreed)
    strange = [
        (item, wording_of(item, given.remote))
        for uid, item in given.remote.items()
        if item.kind is Kind.TASK and item.at is not None and uid not in given.local and uid not in known
    ]
    new = list(_new(given)) if strange else []
    if len(new) * len(strange) > COMPARISONS_MAX:
        return {}
    found: dict[Uid, Uid] = {}
    for item in new:
        own = wording_of(item, given.local)
        alike = (
            other.uid
            for other, theirs in strange
            if _may_share_phase(given, item, other) and own.is_akin(theirs)
        )
        if (other := next(alike, None)) is not None:
            found[item.uid] = other
    return found


def _may_share_phase(given: Given, ours: Item, theirs: Item) -> bool:
    """Say whether two tasks stand in one phase, or in ones of which one side alone knows: it may be renamed."""
    here, there = text_of(ours, Field.PHASE), text_of(theirs, Field.PHASE)
    return here == there or here not in given.remote or there not in given.local


def _new(given: Given) -> Iterator[Item]:
    for uid, item in given.local.items():
        is_task = item.kind is Kind.TASK and uid not in given.skipped and uid not in given.apart
        if is_task and not is_held(given.base, given.remote, uid):
            yield item


def same_task(given: Given, doubts: dict[Uid, Uid]) -> list[Conflict]:
    """Ask of each such task whether it is the one that has an issue."""
    return [
        Conflict(uid, Field.EXISTENCE, f"issue #{given.remote[other].at}", "in the plan", "perhaps its own")
        for uid, other in doubts.items()
    ]
