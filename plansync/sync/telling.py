"""What the history is told of an operation when it is intended: enough to explain it, and to undo it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from plansync.model import (
    Change,
    Field,
    Item,
    Snapshot,
    Uid,
    Value,
    is_step,
    owner_of,
    steps_of,
    text_of,
    uids_of,
)
from plansync.store.history import Told, ToldChange, ToldStep
from plansync.sync.events import Done
from plansync.sync.session import Session, Then
from plansync.trackers.base import Record, Written

_NAMED = (Field.PHASE, Field.DEPENDS, Field.EDGES, Field.CURRENT_PHASE)


def told(session: Session, done: Done, after: Snapshot) -> Told:
    """Tell of one operation; `after`: its side with the operation done."""
    op, then = done.operation, session.then
    owner = owner_of(op.uid)
    changes = [*op.changes, *(_first_steps(after, owner) if op.kind == "create-issue" else ())]
    record = session.record_of(owner)
    return Told(
        id=done.id,
        side=op.side,
        kind=op.kind,
        item=op.uid,
        label=session.label_of(op.uid),
        title=_title(then, owner),
        ref=record.ref if record else None,
        url=record.url if record else "",
        changes=tuple(_change(session, c) for c in changes),
        state_then=_text(then.base.agreed, owner, Field.STATE),
        state_agreed=_text(session.agreed, owner, Field.STATE),
        implied_then=uids_of(then.base.agreed.get(owner), Field.IMPLIED),
        steps=_steps(session, op.changes, after),
        names=dict(_names(then, op.changes)),
    )


def _first_steps(after: Snapshot, owner: Uid) -> Iterator[Change]:
    """Tell of the steps that an issue is made with; the operation itself names only their list."""
    for step in steps_of(after, owner):
        for name in (Field.TEXT, Field.TICK):
            yield Change(step.uid, name, None, step.fields[name], "new")


def _change(session: Session, change: Change) -> ToldChange:
    then, uid = session.then, change.uid
    name = Field.STATE if change.field is Field.STATUS else change.field
    step = next((s[uid] for s in (then.local, then.remote, session.agreed) if uid in s), None)
    label = text_of(step, Field.TEXT) if is_step(uid) else session.label_of(uid)
    sides = (then.base.agreed, then.local, then.remote)
    base, plan, issue = (s[uid].fields.get(name) if uid in s else None for s in sides)
    return ToldChange(uid, change.field, label, change.old, change.new, change.rule, base, plan, issue)


def _steps(session: Session, changes: Iterable[Change], after: Snapshot) -> dict[str, ToldStep]:
    """Keep what a step said that comes or goes: once gone, nothing else remembers it."""
    then = session.then
    orders = [(_listed(c.old), _listed(c.new)) for c in changes if c.field is Field.STEPS]
    moving = [Uid(u) for old, new in orders for u in {*old} ^ {*new}]
    sides = (then.base.agreed, then.remote, then.local, after)  # the last that has it tells
    return {uid: _step(side[uid]) for side in sides for uid in moving if uid in side}


def _step(item: Item) -> ToldStep:
    level = item.fields.get(Field.LEVEL, 0)
    tick = text_of(item, Field.TICK)
    return ToldStep(text_of(item, Field.TEXT), tick, level if isinstance(level, int) else 0)


def _names(then: Then, changes: Iterable[Change]) -> Iterator[tuple[str, str]]:
    for change in changes:
        if change.field in _NAMED:
            for value in (change.old, change.new):
                for uid in _listed(value) or (value,):
                    if isinstance(uid, str) and (title := _title(then, Uid(uid))):
                        yield uid, title


def _listed(value: Value | None) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def _title(then: Then, uid: Uid) -> str:
    sides = (then.local, then.remote, then.base.local)
    return next((title for s in sides if (title := text_of(s.get(uid), Field.TITLE))), "")


def _text(side: Snapshot, uid: Uid, name: Field) -> str | None:
    return text_of(side.get(uid), name) or None


def before_image(record: Record | None, fields: Written) -> bytes | None:
    """Write down what a record says of the fields that are about to be written."""
    if record is None:
        return None
    now = {
        "title": record.title,
        "body": record.body,
        "state": record.state.value,
        "milestone": record.milestone,
    }
    return json.dumps({name: now[name] for name in fields if name in now}, ensure_ascii=False).encode()
