"""Labels and owners that this account cannot give an issue: left out from then on, and to whoever may give them.

Only this machine remembers what a tracker dropped: the plan still says it, so that a copy of somebody with more rights
writes it. One that the issue bears all the same is not left out.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from plansync.model import Field, Item, Snapshot, Uid
from plansync.text import folded
from plansync.trackers.mirror import NOTES, Mirror

_KEY = f"{NOTES}unkept"

Unkept = Mapping[Uid, Mapping[Field, Collection[str]]]
"""What was dropped of each item, folded."""


def unkept(mirror: Mirror) -> Unkept:
    """Read what is remembered."""
    with contextlib.suppress(ValueError, TypeError, AttributeError):
        said = json.loads(mirror.notes.get(_KEY, b"{}"))
        return {
            Uid(u): {Field(f): [*map(str, names)] for f, names in sets.items()} for u, sets in said.items()
        }
    return {}  # what cannot be read is not there


def remember(mirror: Mirror, uid: Uid, dropped: Mapping[Field, Iterable[str]]) -> None:
    """Remember what a tracker dropped of an item."""
    known = {u: {f.value: [*names] for f, names in sets.items()} for u, sets in unkept(mirror).items()}
    for name, elements in dropped.items():
        mine = known.setdefault(uid, {})
        mine[name.value] = sorted({*mine.get(name.value, ()), *(folded(each) for each in elements)})
    mirror.note(_KEY, json.dumps(known, ensure_ascii=False).encode())


def forget(mirror: Mirror) -> None:
    """Ask for all of it again."""
    if _KEY in mirror.notes:
        mirror.note(_KEY, b"{}")


def settable(side: Snapshot, remote: Snapshot, lost: Unkept, unassignable: Collection[str]) -> Snapshot:
    """Show the plan without labels and owners that its issues do not bear, and do not get by this account."""
    if not lost and not unassignable:
        return side

    def lens(item: Item) -> Item:
        sets = lost.get(item.uid, {})
        away = {name: {*sets.get(name, ())} - _borne(remote.get(item.uid), name) for name in sets}
        away[Field.OWNERS] = {*away.get(Field.OWNERS, ()), *unassignable}
        fields = {
            name: tuple(each for each in value if folded(each) not in away[name])
            for name, value in item.fields.items()
            if name in away and isinstance(value, tuple)
        }
        return replace(item, fields={**item.fields, **fields}) if fields else item

    return {uid: lens(item) for uid, item in side.items()}


def without(side: Snapshot, uid: Uid, lost: Mapping[Field, Collection[str]]) -> dict[Uid, Item]:
    """Show an item without some elements of its sets."""
    if uid not in side:
        return dict(side)
    sets = {name: side[uid].fields.get(name) for name in lost}
    kept = {
        name: tuple(each for each in value if folded(each) not in {folded(gone) for gone in lost[name]})
        for name, value in sets.items()
        if isinstance(value, tuple)
    }
    return {**side, uid: replace(side[uid], fields={**side[uid].fields, **kept})}


def _borne(item: Item | None, name: Field) -> set[str]:
    value = item.fields.get(name) if item else None
    return {folded(each) for each in value} if isinstance(value, tuple) else set()
