"""Moving the base: what may be remembered of an item after a write, and what a side will hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from plansync.model import (
    ELEMENTS,
    Base,
    Field,
    Item,
    Kind,
    Operation,
    Snapshot,
    Stamp,
    Tick,
    Uid,
    Value,
    is_step,
    owner_of,
    steps_of,
    text_of,
    tick_of,
    uids_of,
)
from plansync.text import folded, words

REMEMBERED: Mapping[Kind, tuple[Field, ...]] = {
    Kind.PLAN: (Field.TITLE, Field.PROSE, Field.STEPS, Field.TOLD, Field.NOTED, Field.ACCEPTED),
    Kind.PHASE: (
        Field.TITLE,
        Field.STATE,
        Field.DUE,
        Field.FINISHED,
        Field.TOLD,
        Field.NOTED,
        Field.ACCEPTED,
    ),
    Kind.TASK: (
        Field.TITLE,
        Field.FRAME,
        Field.STATE,
        Field.PHASE,
        Field.STEPS,
        Field.PROSE,
        Field.REQUIREMENTS,
        Field.ESTIMATE,
        Field.EFFORT,
        Field.DEPENDS,
        Field.EDGES,
        Field.LABELS,
        Field.OWNERS,
        Field.IMPLIED,
        Field.TOLD,
        Field.NOTED,
        Field.ACCEPTED,
    ),
    Kind.STEP: (Field.TEXT, Field.TICK),
}
"""The fields of the base, in the order in which the state file holds them."""


def held(side: Snapshot, agreed: Snapshot, operations: Iterable[Operation]) -> dict[Uid, Item]:
    """Show what a side will say once the operations are done."""
    after = dict(side)
    for op in operations:
        for change in op.changes:
            if change.new is None:
                continue
            item = after.get(change.uid) or _fresh(agreed, change.uid)
            after[change.uid] = replace(item, fields={**item.fields, change.field: change.new})
            if change.field is Field.STEPS and isinstance(change.new, tuple):
                after |= {Uid(u): agreed[Uid(u)] for u in change.new if u not in after and u in agreed}
    kept = {u for uid, item in after.items() if not is_step(uid) for u in uids_of(item, Field.STEPS)}
    return {u: i for u, i in after.items() if not is_step(u) or u in kept}


def _fresh(agreed: Snapshot, uid: Uid) -> Item:
    """Begin an item that the side does not have yet, with what no change of its own says."""
    known = agreed.get(uid)
    level = known.fields.get(Field.LEVEL) if known else None
    kind = Kind.STEP if is_step(uid) else known.kind if known else Kind.TASK
    return Item(uid, kind, {} if level is None else {Field.LEVEL: level})


def settle(
    base: Base, agreed: Snapshot, local: Snapshot, remote: Snapshot, owner: Uid, *, is_behind: bool = False
) -> Base:
    """Remember one item with its steps as it stands now on both sides.

    A side that does not hold what is agreed yet is remembered as it is: a half still owed. A field
    that is not agreed (in conflict, or unknown) keeps the base it had. `is_behind`: a newer copy wrote
    the issue; while a conflict stems from that, this base does not catch up with it. An item that is not in the plan
    any more is remembered as the plan last held it: it may come back.
    """
    if owner not in local:
        local = {**local, **{u: i for u, i in base.local.items() if owner_of(u) == owner}}
    steps: dict[Uid, None] = {}
    for side in (agreed, local, remote, base.agreed, base.local, base.remote):
        steps |= dict.fromkeys(uids_of(side.get(owner), Field.STEPS))
    are_steps_agreed = owner in agreed and Field.STEPS in agreed[owner].fields
    part = Base({}, {}, {})
    for uid in (owner, *steps):
        if uid in agreed or (are_steps_agreed and (uid in local or uid in remote)):
            _remember(part, uid, base, (local.get(uid), remote.get(uid), agreed.get(uid)))
        elif not are_steps_agreed:  # else it is a step that is gone on both sides; its number may come again
            _keep(part, uid, base)
    if is_behind and owner in agreed and Field.TOLD in agreed[owner].fields and owner in base.remote:
        there = _sides(part)[1]
        there[owner] = replace(there[owner], stamp=base.remote[owner].stamp)
    return part


def _keep(part: Base, uid: Uid, base: Base) -> None:
    for new, old in zip(_sides(part), _sides(base), strict=True):
        if uid in old:
            new[uid] = old[uid]


def _sides(base: Base) -> tuple[dict[Uid, Item], ...]:
    """Give the three sides of a base that is being built."""
    return tuple(s if isinstance(s, dict) else dict(s) for s in (base.local, base.remote, base.agreed))


def _remember(part: Base, uid: Uid, base: Base, now: Sequence[Item | None]) -> None:
    agreed = now[2]
    kind = next(item.kind for item in now if item is not None)
    for new, old, item in zip(_sides(part), _sides(base), now, strict=True):
        then = old.get(uid)
        values: dict[Field, Value] = {}
        for name in REMEMBERED[kind]:
            is_settled = agreed is None or name in agreed.fields
            is_name = name is Field.TEXT and then is None and item is not agreed  # what a step is known by
            source = item if is_settled or is_name else then
            if source is not None and name in source.fields:
                values[name] = _ours(name, source.fields[name], uid, base, now)
        if item is not None or values:
            known = item or then
            if item is not None and then is not None and item.stamp == Stamp():
                known = replace(
                    item, stamp=then.stamp
                )  # a block that cannot be read does not say how often we wrote
            new[uid] = Item(
                uid,
                kind,
                values,
                known.at if known else None,
                known.stamp if known else Stamp(),
                known.node if known else "",
            )


def _ours(name: Field, value: Value, uid: Uid, base: Base, now: Sequence[Item | None]) -> Value:
    """Leave out of a set what was never ours: what others do with their labels and links is not remembered."""
    if name not in ELEMENTS or not isinstance(value, tuple):
        return value
    sides = (now[0], now[2], *(side.get(uid) for side in (base.local, base.remote, base.agreed)))
    said = (item.fields.get(name) for item in sides if item is not None)
    ours = {folded(each) for names in said if isinstance(names, tuple) for each in names}
    return tuple(sorted(each for each in value if folded(each) in ours))


def fold(base: Base, part: Base, owner: Uid) -> Base:
    """Put one item's new memory into the base, in place of the old one."""
    for items, new in zip(_sides(base), _sides(part), strict=True):
        for uid in [owner, *uids_of(items.get(owner), Field.STEPS)]:
            items.pop(uid, None)
        items |= {u: i for u, i in new.items() if owner_of(u) == owner}
    return base


def said(side: Snapshot, uid: Uid) -> tuple[dict[Field, str], list[tuple[str, Tick | None]]]:
    """Say what an item shows of all that is remembered; its steps by their order, not by their names."""
    steps = [(words(text_of(s, Field.TEXT)), tick_of(s)) for s in steps_of(side, uid)]
    fields = (f for f in REMEMBERED[side[uid].kind] if f is not Field.STEPS and f not in ELEMENTS)
    return {f: words(str(side[uid].fields.get(f, ""))) for f in fields}, steps
