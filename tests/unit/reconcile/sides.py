"""Sides for tests of reconciling: few words in, snapshots out; and what was decided, in words again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from plansync.model import OVERVIEW, Base, Field, Item, Kind, Side, Snapshot, Stamp, Tick, Uid, Value
from plansync.reconcile import Decision, Given, reconcile

PHASE, TASK, OTHER, THIRD = Uid("fffffff"), Uid("ccccccc"), Uid("ddddddd"), Uid("eeeeeee")
LINEAGE = "abcd1234"
UNSTAMPED = Stamp()
NOTHING = Base({}, {}, {})
STORES = {side: frozenset(Field) for side in Side}
Written = tuple[str, str, str, dict[str, Value | None]]


def _fields(fields: Mapping[str, Value]) -> dict[Field, Value]:
    return {Field(name): value for name, value in fields.items()}


def _step(uid: Uid, word: str) -> Item:
    tick = Tick.DROPPED if word.startswith("~") else Tick.TICKED if word.isupper() else Tick.OPEN
    return Item(uid, Kind.STEP, {Field.TEXT: word.removeprefix("~").casefold(), Field.TICK: tick.value})


def task(uid: Uid, *steps: str, at: int = 1, stamp: Stamp = UNSTAMPED, **fields: Value) -> dict[Uid, Item]:
    """A task with its steps: `word` is an open one, `WORD` a ticked one, `~word` a dropped one."""
    names = tuple(Uid(f"{uid}/{n}") for n in range(1, len(steps) + 1))
    shown: dict[Field, Value] = {Field.TITLE: f"Task {uid}", Field.STEPS: names, Field.MARKER: uid}
    shown |= _fields(fields)
    found = {uid: Item(uid, Kind.TASK, shown, at, stamp)}
    return found | {name: _step(name, word) for name, word in zip(names, steps, strict=True)}


def phase(uid: Uid = PHASE, at: int = 1, **fields: Value) -> dict[Uid, Item]:
    return {uid: Item(uid, Kind.PHASE, {Field.TITLE: "Ground", Field.MARKER: uid} | _fields(fields), at)}


def plan(*criteria: str, **fields: Value) -> dict[Uid, Item]:
    """The plan itself, or the overview issue: with its success criteria as steps."""
    shown = showing(task(OVERVIEW, *criteria), OVERVIEW, **{"title": "Shed", "marker": LINEAGE} | fields)
    return shown | {OVERVIEW: replace(shown[OVERVIEW], kind=Kind.PLAN)}


def without(side: Snapshot, *names: Field, uid: Uid = TASK) -> dict[Uid, Item]:
    """Show a side on which fields of an item are unknown."""
    fields = {n: v for n, v in side[uid].fields.items() if n not in names}
    return {**side, uid: replace(side[uid], fields=fields)}


def showing(side: Snapshot, uid: Uid, **fields: Value) -> dict[Uid, Item]:
    """Show a side on which an item says something else."""
    return {**side, uid: replace(side[uid], fields={**side[uid].fields, **_fields(fields)})}


def known(side: Snapshot) -> Base:
    """A base that both sides held and agreed on."""
    return Base(side, side, side)


def given(base: Base | Snapshot, local: Snapshot, remote: Snapshot, **more: Any) -> Given:
    """All that a decision rests on; a single snapshot as the base was held by both sides and agreed."""
    then = base if isinstance(base, Base) else known(base)
    settings: dict[str, Any] = {"lineage": LINEAGE, "computed": lambda items, states: {}} | more
    return Given(then, local, remote, STORES, **settings)


def decide(base: Base | Snapshot, local: Snapshot, remote: Snapshot, **more: Any) -> Decision:
    return reconcile(given(base, local, remote, **more))


def written(decision: Decision) -> list[Written]:
    """List what is written: side, kind, uid, and the new value of each field (of a step: with its number)."""

    def name(uid: Uid, field: Field) -> str:
        step = uid.partition("/")[2]
        return f"{field.value} {step}" if step else field.value

    return [
        (op.side.value, op.kind, op.uid, {name(c.uid, c.field): c.new for c in op.changes})
        for op in decision.changeset.operations
    ]


def asked(decision: Decision) -> list[tuple[str, str]]:
    return [(c.uid, c.field.value) for c in decision.changeset.conflicts]


def noted(decision: Decision) -> list[str]:
    return [note.text for note in decision.changeset.notes]


def agreed(decision: Decision, uid: Uid, name: Field) -> Value | None:
    item = decision.changeset.agreed.get(uid)
    return item.fields.get(name) if item else None


def steps(decision: Decision, uid: Uid = TASK) -> str:
    """Write the agreed steps of a task as words again."""
    names = agreed(decision, uid, Field.STEPS)
    items = [decision.changeset.agreed[Uid(n)].fields for n in (names if isinstance(names, tuple) else ())]
    looks = {Tick.OPEN: "{}", Tick.TICKED: "{}", Tick.DROPPED: "~{}"}
    words = [(str(i[Field.TEXT]), Tick(str(i[Field.TICK]))) for i in items]
    return " ".join(looks[tick].format(text.upper() if tick is Tick.TICKED else text) for text, tick in words)
