"""Issues and milestones that are not there any more: that is for a person to decide, never for a run.

Source: sync semantics §2.6.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from plansync.model import Base, Conflict, Drift, Field, Item, Kind, Snapshot, State, Uid, conflict_id
from plansync.reconcile.merge import shown_state
from plansync.trackers.base import Absence, Terms, Thing

LOST = (Absence.GONE, Absence.MOVED)
"""Absences that are certain. What merely cannot be read proves nothing."""
_ASKED = (Field.EXISTENCE, Field.TWIN)
"""What is asked about an item as a whole."""


def lost(
    absent: Mapping[tuple[Thing, int], Absence],
    known: Mapping[tuple[Thing, int], Uid],
    shown: Snapshot,
    base: Base,
    terms: Terms,
) -> list[Conflict]:
    """Ask about each item of the plan whose record is certainly not there, unless that was decided.

    A task that the plan calls dropped needs no issue any more.
    """
    found = []
    for key, absence in sorted(absent.items()):
        uid = known.get(key)
        if uid is None or uid not in shown or absence not in LOST or is_accepted(base, uid, Field.EXISTENCE):
            continue
        if shown[uid].kind is not Kind.TASK or shown_state(shown, uid) is not State.DROPPED:
            there = f"{key[0].value} #{key[1]}"
            found.append(Conflict(uid, Field.EXISTENCE, there, "in the plan", terms.absent(key[0], absence)))
    return found


def is_of_milestone(about: Conflict | Drift) -> bool:
    """Say whether it is a milestone whose being there is to be decided."""
    return isinstance(about, Conflict) and str(about.base).startswith(f"{Thing.MILESTONE.value} #")


def gone(
    absent: Mapping[tuple[Thing, int], Absence], known: Mapping[tuple[Thing, int], Uid]
) -> frozenset[Uid]:
    """List the items whose record is certainly not there, whatever was decided about it."""
    return frozenset(known[key] for key, absence in absent.items() if absence in LOST and key in known)


def is_accepted(base: Base, uid: Uid, name: str) -> bool:
    """Say whether a person decided to leave something as it is: a field, or a second issue by its `#number`."""
    accepted = base.agreed[uid].fields.get(Field.ACCEPTED) if uid in base.agreed else None
    return isinstance(accepted, tuple) and name in accepted


def accept(base: Base, uid: Uid, name: str) -> None:
    """Remember that a person decided to leave something as it is: a field, or a second issue by its `#number`."""
    if uid in base.agreed and isinstance(base.agreed, dict):
        base.agreed[uid] = accepting(base.agreed[uid], name)


def accepting(item: Item, name: str) -> Item:
    """Add one thing to what is accepted of an item."""
    known = item.fields.get(Field.ACCEPTED)
    names = {*(known if isinstance(known, tuple) else ()), str(name)}
    return replace(item, fields={**item.fields, Field.ACCEPTED: tuple(sorted(names))})


def tell(
    base: Base, conflicts: Iterable[Conflict], *, asked: Iterable[Conflict], unseen: Collection[Uid] = ()
) -> None:
    """Remember which conflicts about existence are told and open: no field says so by itself.

    `asked`: all that are open now, told or not; any other was decided, or settled itself. `unseen`: the items of
    which nothing can be said now.
    """
    told, lasting = _ids(conflicts), _ids(asked)
    for uid, item in [*base.agreed.items()]:
        known = item.fields.get(Field.TOLD)
        before = {*known} if isinstance(known, tuple) else set[str]()
        if not before and uid not in told:
            continue
        own = set() if uid in unseen else {conflict_id(uid, name) for name in _ASKED}
        ids = (before - own) | (before & lasting.get(uid, set())) | told.get(uid, set())
        if ids != before and isinstance(base.agreed, dict):
            base.agreed[uid] = replace(item, fields={**item.fields, Field.TOLD: tuple(sorted(ids))})


def _ids(conflicts: Iterable[Conflict]) -> dict[Uid, set[str]]:
    found: dict[Uid, set[str]] = {}
    for each in conflicts:
        if each.field in _ASKED:
            found.setdefault(each.uid, set()).add(conflict_id(each.uid, each.field))
    return found
