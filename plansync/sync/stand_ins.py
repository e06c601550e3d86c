"""What is remembered of the issues that were linked to one which another one stands in for, or that named it.

Nobody took that away: it went with the old issue, and is owed to the new one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from plansync.model import Base, Field, Item, Uid, uids_of


def without(item: Item, uid: Uid, *names: Field) -> Item:
    """Show an item that names another one no more."""
    left = {name: tuple(u for u in uids_of(item, name) if u != uid) for name in names if name in item.fields}
    return replace(item, fields={**item.fields, **left})


def unlinked(base: Base, uid: Uid) -> Iterator[Item]:
    """Show the tracker's items that were linked to an issue, or named it, as if they never had been."""
    for item in base.remote.values():
        left = without(item, uid, Field.EDGES, Field.DEPENDS)
        if left != item:
            yield left
