"""Saved changesets: what a diff showed, with all that it rested on, to be applied later or not at all.

The file says what is to be done; how it is done is decided again from what is there. It is applied only
where that gives exactly the operations that were saved: nothing in the file is ever written by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from plansync.document.structure import content_end
from plansync.errors import SafetyStop, StoreError
from plansync.model import (
    OVERVIEW,
    SECTIONS,
    Change,
    Changeset,
    Field,
    Item,
    Note,
    Operation,
    Side,
    Uid,
    Value,
    is_step,
    owner_of,
    steps_of,
    text_of,
)
from plansync.store import state
from plansync.store.files import digest
from plansync.store.header import LINEAGE
from plansync.sync.decision import decide
from plansync.sync.derived import is_derived, without_sections
from plansync.sync.events import Done, Status
from plansync.sync.session import Session
from plansync.text import cut

SCHEMA = "plansync/changeset/1"
_FAMILY = "plansync/changeset/"
_COMPUTED = (Field.COMPLETION, Field.CURRENT_PHASE, Field.OVERALL, Field.UPDATED)
_NAMED_MAX = 5


@dataclass(frozen=True, slots=True)
class Footing:
    """What one item's operations rest on: digests of its text in the plan, its record, its memory.

    `issue` is empty where it has none yet; `revision`: when the tracker last changed it.
    """

    ref: int | None
    revision: str
    issue: str
    plan: str
    memory: str


def document(session: Session, chosen: Sequence[Done], at: str) -> dict[str, Any]:
    """Write down what is planned, and what it rests on."""
    planned = [done for done in chosen if done.status is Status.PLANNED]
    owners = dict.fromkeys(owner_of(done.operation.uid) for done in planned)
    written = {
        "schema": SCHEMA,
        "plan": session.project.path,
        "lineage": session.lineage,
        "target": asdict(session.project.target),
        "at": at,
        "digest": session.digest,
        "items": {uid: asdict(_footing(session, uid)) for uid in owners},
        "operations": [_operation(session, done) for done in planned],
    }
    return written | {"check": _check(written)}


def _operation(session: Session, done: Done) -> dict[str, Any]:
    op = done.operation
    return {
        "id": done.id,
        **_essence(op),
        "label": session.label_of(op.uid),
        "ref": done.ref,
    }


def _essence(op: Operation) -> dict[str, Any]:
    """Give what makes an operation the same one: all but its name and its turn."""
    changes = [
        {"item": c.uid, "field": c.field.value, "old": _plain(c.old), "new": _plain(c.new), "rule": c.rule}
        for c in op.changes
    ]
    return {"side": op.side.value, "kind": op.kind, "task": op.uid, "changes": changes}


def _plain(value: Value | None) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _check(written: Mapping[str, Any]) -> str:
    """Seal a file, so that one that was edited or cut is known."""
    kept = {key: value for key, value in written.items() if key != "check"}
    return digest(json.dumps(kept, sort_keys=True, ensure_ascii=False).encode())


def _digest(value: object) -> str:
    return digest(json.dumps(value, sort_keys=True, ensure_ascii=False, default=list).encode())


def _footing(session: Session, uid: Uid) -> Footing:
    record = session.record_of(uid)
    memory = any(uid in side for side in (session.base.local, session.base.remote, session.base.agreed))
    seen = [record.body, record.title, record.state.value, record.milestone] if record else []
    return Footing(
        ref=record.ref if record else None,
        revision=record.revision if record else "",
        issue=_digest(seen) if record else "",
        plan=_in_plan(session, uid),
        memory=_digest(state.record(session.base, uid)) if memory else "",
    )


def _in_plan(session: Session, uid: Uid) -> str:
    """Name what the plan says of an item by its bytes; of the plan as a whole by what is read from it."""
    item = session.local.get(uid)
    if item is None:
        return ""
    document_ = session.document
    if item.at is None or item.at < 0:
        steps = [sorted(s.fields.items()) for s in steps_of(session.local, uid)]
        fields = {f: v for f, v in item.fields.items() if f not in (*_COMPUTED, Field.STEPS)}
        return _digest([sorted(fields.items()), steps])
    node = document_.nodes[item.at]
    span = node.block.span if Field.STEPS not in item.fields else node.span
    end = span.end if node.is_item or span is node.block.span else content_end(document_, span)
    text = document_.source[span.start : end]
    return _digest([text.decode("utf-8", "replace"), text_of(item, Field.PHASE)])


# ------------------------------------------------------------------ applying


@dataclass(frozen=True, slots=True)
class SavedChangeset:
    """A changeset as it was saved. `operations`: the essence of each, `items`: what they rest on."""

    plan: str
    lineage: str
    target: state.Target
    items: Mapping[Uid, Footing]
    operations: Sequence[Mapping[str, Any]]

    def decide(self, session: Session) -> Changeset:
        """Decide again, and take what was saved where nothing that it touches moved.

        Raises: StoreError for the changeset of another plan or target; SafetyStop where something moved.
        """
        self._check_place(session)
        session.settles = None
        today = decide(session)
        items = [each for each in self.items.items() if each[0] != OVERVIEW or not self._is_derived]
        moved = [words for uid, then in items for words in self._moved(session, uid, then)]
        if moved and self._is_done(session):
            session.notes.append(Note("", "all of this changeset is done already; nothing is left to write"))
            return _nothing(session)
        if moved:
            _refuse(moved)
        self._check_same(today)
        owners = set(self.items)
        owners -= {OVERVIEW} if self._is_derived else set()
        session.settles = lambda uid, name: owner_of(uid) in owners or name in SECTIONS
        return self._narrowed(session, decide(session))

    @property
    def _is_derived(self) -> bool:
        """Whether nothing of the overview was saved but what follows from the rest."""
        return all(is_derived(_read(op)) for op in self.operations if owner_of(Uid(op["task"])) == OVERVIEW)

    def _check_place(self, session: Session) -> None:
        project = session.project
        if project.target != self.target:
            raise StoreError(f"this changeset is for {self.target}, not for {project.target}")
        if self.lineage != session.lineage or self.plan != project.path:
            raise StoreError(
                f"this changeset is of {self.plan} (plan {self.lineage}), not of {project.path} "
                f"(plan {session.lineage})"
            )

    def _moved(self, session: Session, uid: Uid, then: Footing) -> Iterator[str]:
        """Say where an item moved since."""
        now, name = _footing(session, uid), cut(session.label_of(uid), 60)
        if now.ref != then.ref:
            was = f"#{then.ref}" if then.ref else "none"
            yield f"{name}: its issue is {f'#{now.ref}' if now.ref else 'gone'} (was {was})"
        elif (now.revision, now.issue) != (then.revision, then.issue):
            yield f"{name}: #{now.ref} changed on the tracker" + (
                f" ({now.revision})" if now.revision else ""
            )
        if now.plan != then.plan:
            line = session.line_of(uid)
            yield f"{name}: edited in the plan" + (f" (line {line})" if line else "")
        elif now.memory != then.memory and now.ref == then.ref:
            yield f"{name}: synced by another run since"

    def _is_done(self, session: Session) -> bool:
        """Say whether both sides hold all that was to be written."""
        own = [_read(op) for op in self.operations]
        changes = [(op.side, c) for op in own if not is_derived(op) for c in without_sections(op).changes]
        return all(_holds(session, side, change) for side, change in changes)

    def _check_same(self, today: Changeset) -> None:
        """See that what is decided today for these items is what was saved.

        Raises: SafetyStop; settings may have changed, or the program.
        """
        owners = set(self.items) - ({OVERVIEW} if self._is_derived else set())
        now = [op for op in today.operations if owner_of(op.uid) in owners]
        if _own_keys(now) != _own_keys([_read(op) for op in self.operations]):
            raise SafetyStop(
                "nothing was written: for these items something else would be decided today than what was saved "
                "(other settings, or another version); save it again: plansync diff --out FILE"
            )

    def _narrowed(self, session: Session, changeset: Changeset) -> Changeset:
        saved = {_key(op) for op in self.operations}
        operations = []
        for op in changeset.operations:
            if owner_of(op.uid) not in self.items:
                continue
            is_as_saved = _key(_essence(op)) in saved
            if is_as_saved or not is_derived(op):
                operations.append(op if is_as_saved else without_sections(op))
            elif any(is_derived(_read(each)) for each in self.operations):
                text = "what is computed of the plan says something else by now; it is left to the next sync"
                session.notes.append(Note(OVERVIEW, text))
        return replace(changeset, operations=tuple(operations), conflicts=())


def _nothing(session: Session) -> Changeset:
    session.settles = lambda uid, name: False
    return replace(decide(session), operations=(), conflicts=())


def _own_keys(operations: Sequence[Operation]) -> list[str]:
    """Name what is to be done, without what follows from it."""
    return sorted(_key(_essence(without_sections(op))) for op in operations if not is_derived(op))


def _key(operation: Mapping[str, Any]) -> str:
    kept = {name: operation[name] for name in ("side", "kind", "task", "changes")}
    return json.dumps(kept, sort_keys=True)


def _holds(session: Session, side: Side, change: Change) -> bool:
    items = session.local if side is Side.LOCAL else session.remote
    item: Item | None = items.get(change.uid)
    if change.new is None:
        return change.field is Field.LINK or item is None
    if item is None:
        return False
    if is_step(change.uid) or change.field is not Field.STEPS:
        return item.fields.get(change.field) == change.new
    return True  # its members have changes of their own, and a tracker may keep them in its own order


def _refuse(moved: Sequence[str]) -> None:
    listed = "; ".join(moved[:_NAMED_MAX])
    more = f"; and {len(moved) - _NAMED_MAX} more" if len(moved) > _NAMED_MAX else ""
    raise SafetyStop(
        f"nothing was written: what this changeset touches moved since it was saved. {listed}{more}. "
        "Look again and save it anew: plansync diff --out FILE"
    )


def load(raw: bytes, name: str) -> SavedChangeset:
    """Read a saved changeset; `name` is for messages.

    Raises: StoreError where it is none, was edited, or is of a later version.
    """
    try:
        read = json.loads(raw)
    except (ValueError, RecursionError):
        read = None
    schema = str(read.get("schema", "")) if isinstance(read, dict) else ""
    if not schema.startswith(_FAMILY) or read is None:
        raise StoreError(f"{name} is no saved changeset; `plansync diff --out FILE` writes one")
    if schema != SCHEMA:
        raise StoreError(f"{name} was written by a later plansync ({schema}); install that one")
    if read.get("check") != _check(read):
        raise StoreError(
            f"{name} was edited or cut since it was saved; save it again: plansync diff --out FILE"
        )
    try:
        return SavedChangeset(
            plan=_text(read["plan"]),
            lineage=_lineage(read["lineage"]),
            target=state.Target(**read["target"]),
            items={Uid(uid): Footing(**footing) for uid, footing in read["items"].items()},
            operations=[_sound(operation) for operation in read["operations"]],
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise StoreError(f"{name} is damaged; save it again: plansync diff --out FILE") from None


def _sound(operation: Any) -> Mapping[str, Any]:
    """Read one operation's essence.

    Raises: KeyError, TypeError or ValueError where it has none.
    """
    return _essence(_read(operation))


def _read(operation: Mapping[str, Any]) -> Operation:
    changes = tuple(
        Change(Uid(_text(c["item"])), Field(c["field"]), _value(c["old"]), _value(c["new"]), _text(c["rule"]))
        for c in operation["changes"]
    )
    kind, uid = _text(operation["kind"]), Uid(_text(operation["task"]))
    return Operation(Side(operation["side"]), kind, uid, changes, 0)


def _text(raw: Any) -> str:
    if not isinstance(raw, str):
        raise TypeError
    return raw


def _lineage(raw: Any) -> str:
    """Read the plan's own id: a first push would write it into the plan."""
    if not LINEAGE.fullmatch(_text(raw)):
        raise ValueError
    return str(raw)


def _value(raw: Any) -> Value | None:
    return tuple(raw) if isinstance(raw, list) else raw
