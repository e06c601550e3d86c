"""Steps of one task that read the same: which is which, once one came or went, nobody can tell.

Source: sync semantics §2.1, "Step identity".
"""

from __future__ import annotations

from collections import defaultdict

from plansync.model import Base, Field, Item, Snapshot, Tick, Uid, steps_of, text_of, tick_of
from plansync.text import words


def doubtful(base: Base, local: Snapshot, remote: Snapshot, owner: Uid) -> dict[str, tuple[Uid, ...]]:
    """List the groups of equal steps of which one came or went while their ticks differ, by their text.

    As long as each side holds as many as before they are told apart by their turn; and where both sides show them
    alike, there is nothing to tell apart.
    """
    sides = [_groups(side, owner) for side in (local, remote)]
    thens = [_groups(side, owner) for side in (base.local, base.remote)]
    found: dict[str, tuple[Uid, ...]] = {}
    for text in sides[0].keys() | sides[1].keys():
        ours, theirs = (side.get(text, []) for side in sides)
        ticks = [[tick_of(step) for step in group] for group in (ours, theirs)]
        is_moved = len(ours) != len(theirs) or (
            owner in base.agreed
            and any(len(s.get(text, [])) != len(t.get(text, [])) for s, t in zip(sides, thens, strict=True))
        )
        is_alike = ticks[0] == ticks[1] or len({*ticks[0], *ticks[1]}) == 1
        if max(len(ours), len(theirs)) > 1 and is_moved and not is_alike:
            found[text] = tuple(dict.fromkeys(step.uid for step in (*ours, *theirs)))
    return found


def told(side: Snapshot, owner: Uid, text: str) -> str:
    """Say how often a step stands on a side, and how many of them are ticked."""
    group = _groups(side, owner).get(text, [])
    ticked = sum(tick_of(step) is Tick.TICKED for step in group)
    return f"{text} ({len(group)} times, {ticked} ticked)"


def _groups(side: Snapshot, owner: Uid) -> dict[str, list[Item]]:
    found = defaultdict[str, list[Item]](list)
    for step in steps_of(side, owner):
        found[words(text_of(step, Field.TEXT))].append(step)
    return found
