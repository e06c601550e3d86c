"""What a plan's memory knows to be open: conflicts to decide, and halves that are agreed and not yet written.

Offline: it tells how things stood after the last run. What was edited on the tracker since is not in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple, TypeAlias

from plansync.model import (
    Base,
    Field,
    Item,
    Kind,
    Snapshot,
    State,
    Uid,
    Value,
    conflict_id,
    is_step,
    owner_of,
    text_of,
    uids_of,
)
from plansync.reconcile.merge import shown_state
from plansync.reconcile.pairing import pair
from plansync.reconcile.rows import same

Words: TypeAlias = dict[str, Any]
"""A part of a document."""
_WORDS = {"tick": ("tick", "ticks"), "text": ("step's words", "steps' words")}
"""One and many of what a step has."""
_ASKED = {"existence": "gone on one side", "twin": "two issues are there"}
"""What is to decide where that is no field."""
_GONE_THERE, _GONE_HERE, _TWO = ("recreate", "drop"), ("close", "keep"), ("accept", "close")
"""What `resolve --how` takes where an issue is gone, where a task is, and where two issues are one task's."""


class Half(NamedTuple):
    """One value that is agreed and that a side did not show yet."""

    side: str
    uid: Uid
    name: Field
    has: Value
    agreed: Value


def decisions(base: Base, local: Snapshot) -> list[Words]:
    """List the conflicts that were told and not decided, in the plan's order; `local` is the plan as it is now."""
    sides = (local, base.agreed, base.local, base.remote)
    owners = dict.fromkeys(u for side in sides for u in side if not is_step(u))
    return [_decision(base, local, u, c) for u in owners for c in told(base.agreed.get(u))]


def _decision(base: Base, local: Snapshot, owner: Uid, conflict: str) -> Words:
    uid, name = subject(conflict, owner, (local, base.agreed, base.local, base.remote))
    there = base.remote.get(owner)
    return {
        "id": conflict,
        "task": uid,
        "field": name.value if name else "",
        "ref": there.at if there else None,
        "step": _text(uid, Field.TEXT, local, base) if is_step(uid) else "",
        "plan": _says(local, uid, name),
        "base": _value(base.agreed, uid, name) if name is not Field.STEPS else None,
        "how": list(_ways(local, uid, name)),
    }


def _ways(local: Snapshot, uid: Uid, name: Field | None) -> tuple[str, ...]:
    """List what can be done where no side can be taken, as far as that is known without looking at the tracker."""
    if name is Field.EXISTENCE:
        return _GONE_THERE if uid in local else _GONE_HERE
    return _TWO if name is Field.TWIN else ()


def _says(local: Snapshot, uid: Uid, name: Field | None) -> Value | None:
    """Say what the plan says of a field now, be it by its boxes; which steps there are is too much for a line."""
    if name is Field.STATE and uid in local:
        return shown_state(local, uid).value
    return _value(local, uid, name) if name is not Field.STEPS else None


def told(item: Item | None) -> tuple[str, ...]:
    """List the open conflicts of an item."""
    found = item.fields.get(Field.TOLD, ()) if item else ()
    return found if isinstance(found, tuple) else ()


def subject(conflict: str, owner: Uid, sides: tuple[Snapshot, ...]) -> tuple[Uid, Field | None]:
    """Find what a conflict that was told is about; no field where it is of none that is known any more."""
    uids = (owner, *dict.fromkeys(s for side in sides for s in uids_of(side.get(owner), Field.STEPS)))
    pairs = ((u, f) for u in uids for f in Field)
    return next((pair for pair in pairs if conflict_id(*pair) == conflict), (owner, None))


def owed(base: Base, local: Snapshot) -> list[Words]:
    """List the items that lack something agreed, once for each side that lacks it."""
    found: dict[tuple[str, Uid], list[str]] = {}
    asked = {u for u, item in base.agreed.items() if conflict_id(u, Field.EXISTENCE) in told(item)}
    for uid, item in base.agreed.items():
        there = base.remote.get(owner_of(uid))
        if there is None or there.at is None or owner_of(uid) not in local:
            continue  # of a task that is gone nothing is written before it comes back
        for half in halves(base, uid):
            if half.side == "tracker" and _waits(half, asked):
                continue  # no sync does it before that is decided
            now = _value(local, uid, half.name)
            if half.side == "plan" and now is not None and same(item.kind, half.name)(now, half.agreed):
                continue  # somebody wrote it there since
            found.setdefault((half.side, owner_of(uid)), []).append(half.name.value)
    return [
        {"side": side, "task": owner, "fields": fields, "ref": base.remote[owner].at}
        for (side, owner), fields in found.items()
    ]


def _waits(half: Half, asked: Collection[Uid]) -> bool:
    """Say whether all that a half lacks are links to what may be gone for good."""
    if half.name is not Field.EDGES or not isinstance(half.has, tuple) or not isinstance(half.agreed, tuple):
        return False
    return {*half.has} < {*half.agreed} and {*half.agreed} - {*half.has} <= {*asked}


def removed(base: Base, local: Snapshot) -> list[Words]:
    """List the tasks that are gone from the plan while their issues were open when last seen, by number."""
    gone = {
        u: i for u, i in base.remote.items() if i.kind is Kind.TASK and u not in local and u in base.agreed
    }
    found = [
        {"uid": uid, "title": title_of(uid, local, base), "ref": item.at}
        for uid, item in gone.items()
        if item.at is not None and item.fields.get(Field.STATE) == State.TODO
    ]
    return sorted(found, key=lambda each: each["ref"])


def halves(base: Base, uid: Uid) -> Iterator[Half]:
    """List the halves of an item that are owed."""
    agreed = base.agreed.get(uid)
    for name, value in agreed.fields.items() if agreed else ():
        if agreed is None or name in (Field.TOLD, Field.NOTED, Field.ACCEPTED, Field.IMPLIED):
            continue
        for side, items in (("plan", base.local), ("tracker", base.remote)):
            shown = _value(items, uid, name)
            if shown is not None and not same(agreed.kind, name)(shown, value):
                yield Half(side, uid, name, shown, value)


def counted(names: list[str]) -> str:
    """Write the names of fields, those of steps with how many there are: `3 ticks, title`."""
    words = {name: _WORDS.get(name, (_ASKED.get(name, name.replace("_", " ")),) * 2) for name in names}
    counts = {name: names.count(name) for name in words}
    return ", ".join(
        f"{n} {words[name][n > 1]}" if name in _WORDS else words[name][0] for name, n in counts.items()
    )


def paired(base: Base, local: Snapshot) -> Snapshot:
    """Show the plan under the ids that it is remembered by."""
    return pair(base, local, base.remote)[0]


def plain(value: Value | None) -> Any:
    """Write a value as JSON has it."""
    return list(value) if isinstance(value, tuple) else value


def _value(side: Snapshot, uid: Uid, name: Field | None) -> Value | None:
    return side[uid].fields.get(name) if name and uid in side else None


def _text(uid: Uid, name: Field, local: Snapshot, base: Base) -> str:
    texts = (text_of(side.get(uid), name) for side in (local, base.agreed, base.local, base.remote))
    return next((text for text in texts if text), "")


def title_of(uid: Uid, local: Snapshot, base: Base) -> str:
    """Find an item's title, wherever it still has one."""
    return _text(uid, Field.TITLE, local, base)
