"""The history of a plan: its last runs with their operations, as the journal told them. Read only."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from plansync.model import Field, Side, Value
from plansync.store.journal import Outcome
from plansync.store.shelf import Database

_KEPT = "folded"
_LANDED = (_KEPT, Outcome.LANDED.value)


@dataclass(frozen=True, slots=True)
class ToldChange:
    """One field: old → new by a rule, with what was agreed and what each side said when it was decided.

    `label`: the item's name or, for a step, its text at that time.
    """

    item: str
    field: Field
    label: str
    old: Value | None
    new: Value | None
    rule: str
    base: Value | None = None
    plan: Value | None = None
    issue: Value | None = None


@dataclass(frozen=True, slots=True)
class ToldStep:
    """A step that an operation added or took away."""

    text: str
    tick: str
    level: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """One operation as it was when it was intended: enough to explain it, and to undo it.

    `state_then`, `state_agreed`: the task's state before the run and after it, `implied_then`: which of its ticks
    were ours before. `names`: the titles of items that values name.
    """

    id: str
    side: Side
    kind: str
    item: str
    label: str = ""
    title: str = ""
    ref: int | None = None
    url: str = ""
    changes: tuple[ToldChange, ...] = ()
    state_then: str | None = None
    state_agreed: str | None = None
    implied_then: tuple[str, ...] = ()
    steps: Mapping[str, ToldStep] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kept:
    """An operation in the history. `is_whole`: an older plansync kept less, too little to undo it."""

    told: Told
    run: str
    at: str
    outcome: str
    is_whole: bool = True

    @property
    def has_landed(self) -> bool:
        """Whether it is known to have been done."""
        return self.outcome == Outcome.LANDED.value


@dataclass(frozen=True, slots=True)
class PastRun:
    """One run. `outcome` is empty where it never came to its end; the counts are of what landed."""

    id: str
    command: str
    at: str
    outcome: str
    tracker: int = 0
    plan: int = 0
    other: int = 0


def dump(told: Told) -> dict[str, Any]:
    """Write what is told of an operation into a journal row."""
    return asdict(told)


def _load(raw: Mapping[str, Any]) -> Told:
    changes = tuple(_change(c) for c in raw["changes"])
    steps = {uid: ToldStep(**step) for uid, step in raw["steps"].items()}
    plain = {"side": Side(raw["side"]), "implied_then": tuple(raw["implied_then"])}
    return Told(**{**raw, **plain, "changes": changes, "steps": steps})


def _change(raw: Mapping[str, Any]) -> ToldChange:
    values = {name: _value(raw[name]) for name in ("old", "new", "base", "plan", "issue")}
    return ToldChange(**{**raw, **values, "field": Field(raw["field"])})


def _value(raw: Any) -> Value | None:
    return tuple(raw) if isinstance(raw, list) else raw


class History:
    """The runs of one plan, named by its lineage."""

    def __init__(self, db: Database, plan: str) -> None:
        self.db, self.plan = db, plan

    def runs(self) -> list[PastRun]:
        """List the runs that are remembered, the newest first."""
        sql = "SELECT id, command, started, outcome FROM run WHERE plan=? ORDER BY rowid DESC"
        return [self._counted(PastRun(*row)) for row in self.db.execute(sql, (self.plan,)).fetchall()]

    def run(self, name: str) -> PastRun | None:
        """Find one run."""
        return next((run for run in self.runs() if run.id == name), None)

    def _counted(self, run: PastRun) -> PastRun:
        kept = self.operations(run.id)
        landed = [k.told.side for k in kept if k.has_landed]
        plan, tracker = landed.count(Side.LOCAL), landed.count(Side.REMOTE)
        return PastRun(run.id, run.command, run.at, run.outcome, tracker, plan, len(kept) - len(landed))

    def operations(self, run: str) -> list[Kept]:
        """List the operations of one run, in their order."""
        return list(self._read("run=?", run))

    def operation(self, name: str) -> Kept | None:
        """Find one operation by its id. A plan write is one row for many of them."""
        narrowed = self._read("(op=? OR kind='write-plan')", name)
        return next((kept for kept in narrowed if kept.told.id == name), None)

    def _read(self, where: str, value: str) -> Iterator[Kept]:
        columns = "op, run, item, kind, intent, state, at"
        sql = f"SELECT {columns} FROM journal WHERE plan=? AND kind!='agree' AND {where} ORDER BY number"
        for row in self.db.execute(sql, (self.plan, value)).fetchall():
            yield from _kept(*row)

    def plan_writes(self, run: str) -> list[tuple[str, str]]:
        """List the plan replacements of a run that landed: the digests of the bytes before and after."""
        sql = "SELECT intent, state FROM journal WHERE plan=? AND kind='write-plan' AND run=? ORDER BY number"
        rows = self.db.execute(sql, (self.plan, run)).fetchall()
        intents = [json.loads(intent) for intent, state in rows if state in _LANDED]
        return [(str(i["pre"]), str(i["post"])) for i in intents]

    def before(self, run: str, what: str) -> list[bytes]:
        """Give a text as it was before a run: `plan`, `state`, or an operation's id for its issue's fields."""
        sql = "SELECT bytes FROM before WHERE run=? AND what=? ORDER BY number"
        return [_expanded(raw) for (raw,) in self.db.execute(sql, (run, what)).fetchall()]


def _expanded(raw: bytes) -> bytes:
    """Read a text that is kept; one that an older plansync kept is as it was."""
    try:
        return zlib.decompress(raw)
    except zlib.error:
        return bytes(raw)


def _kept(op: str, run: str, item: str, kind: str, raw: str, state: str, at: str) -> Iterator[Kept]:
    intent = json.loads(raw)
    outcome = Outcome.LANDED.value if state == _KEPT else state
    if "told" not in intent:
        changes = tuple(_change(_old_change(c)) for c in intent.get("changes", ()))
        side = Side(intent.get("side", Side.REMOTE.value))
        yield Kept(Told(op, side, kind, item, item, changes=changes), run, at, outcome, is_whole=False)
        return
    for each in intent["told"]:
        told = _load(each)
        if told.ref is None and told.kind == "create-issue":
            told = _load({**each, "ref": intent["records"].get(item, {}).get("ref")})
        yield Kept(told, run, at, outcome)


def _old_change(raw: list[Any]) -> dict[str, Any]:
    item, name, old, new, rule = raw
    values = dict.fromkeys(("base", "plan", "issue"))
    return {"item": item, "field": name, "label": item, "old": old, "new": new, "rule": rule, **values}
