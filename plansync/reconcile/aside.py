"""Setting aside: what a run must not settle, because it was asked for something else.

An undo and a saved changeset do what they say and nothing more. A field in which the sides differ and
that is not theirs is left as it is, unknown to this run: nothing is written and its base does not move.
"""

from __future__ import annotations

from collections.abc import Callable

from plansync.model import Field, Item, Snapshot, Uid, Value, is_step, owner_of
from plansync.reconcile.agreement import Agreement
from plansync.reconcile.rows import same

Settles = Callable[[Uid, Field], bool]
"""Says of a field whether a run may settle it."""


def set_aside(agreement: Agreement, local: Snapshot, remote: Snapshot, settles: Settles) -> None:
    """Take every difference out of the agreement that a run may not settle."""
    for uid, fields in agreement.items.items():
        owner = owner_of(uid)
        if owner not in local or owner not in remote:
            continue
        for name, value in list(fields.items()):
            if not settles(uid, name) and _differs(value, uid, name, (local.get(uid), remote.get(uid))):
                del fields[name]
                agreement.aside.add((uid, name))


def _differs(value: Value, uid: Uid, name: Field, sides: tuple[Item | None, Item | None]) -> bool:
    """Say whether a side has yet to be told what is agreed; a step that one side lacks differs in all."""
    if is_step(uid) and None in sides:
        return True
    shown = [(item.kind, item.fields[name]) for item in sides if item and name in item.fields]
    return any(not same(kind, name)(value, now) for kind, now in shown)
