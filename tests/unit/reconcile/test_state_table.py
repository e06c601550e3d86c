"""A task's state: every base × plan × issue case. Source: sync semantics §2.3."""

from __future__ import annotations

import pytest

from plansync.model import Base, Field, Item, Kind, Side, State, Uid, Value
from plansync.reconcile import Given, reconcile

TASK = Uid("aaaaaab")
REMOTE_STORES = frozenset({Field.TITLE, Field.STATE, Field.PHASE, Field.STEPS, Field.TEXT, Field.TICK})
LOCAL_STORES = frozenset({Field.TITLE, Field.STATUS, Field.STEPS, Field.TEXT, Field.TICK, Field.MARKER})


def _side(state: str | None, *, is_local: bool) -> dict[Uid, Item]:
    fields: dict[Field, Value] = {Field.TITLE: "Title", Field.STEPS: ()}
    if state:
        fields[Field.STATE] = state
    if is_local:
        fields |= {Field.MARKER: TASK, Field.CARRIER: "line", Field.STATUS: state or ""}
    return {TASK: Item(TASK, Kind.TASK, fields, at=1)}


def _decided(base: str | None, plan: str, issue: str) -> str:
    remembered = Base({}, {}, {})
    if base:
        same = _side(base, is_local=True)
        remembered = Base(same, _side(base, is_local=False), _side(base, is_local=False))
    given = Given(
        remembered,
        _side(plan, is_local=True),
        _side(issue, is_local=False),
        {Side.LOCAL: LOCAL_STORES, Side.REMOTE: REMOTE_STORES},
        "abcd1234",
        lambda items, states: {},
    )
    changeset = reconcile(given).changeset
    if changeset.conflicts:
        return "conflict"
    kinds = [f"{op.kind} {op.changes[0].new}" for op in changeset.operations if op.uid == TASK]
    return ", ".join(kinds) or ("note" if changeset.drifts else "agree")


TABLE = [
    # base, plan now, issue open, issue completed, issue not planned
    ("todo", "todo", "agree", "set-status done", "set-status dropped"),
    ("todo", "done", "close-issue done", "agree", "conflict"),
    ("todo", "dropped", "close-issue dropped", "conflict", "agree"),
    ("done", "todo", "agree", "reopen-issue todo", "conflict"),
    ("done", "done", "set-status todo", "agree", "set-status dropped"),
    ("done", "dropped", "conflict", "note", "agree"),
    ("dropped", "todo", "agree", "conflict", "reopen-issue todo"),
    ("dropped", "done", "conflict", "agree", "note"),
    ("dropped", "dropped", "set-status todo", "set-status done", "agree"),
    (None, "todo", "agree", "conflict", "conflict"),
    (None, "done", "conflict", "agree", "conflict"),
    (None, "dropped", "conflict", "conflict", "agree"),
]


@pytest.mark.parametrize(("base", "plan", "opened", "completed", "not_planned"), TABLE)
def test_the_state_table(base: str | None, plan: str, opened: str, completed: str, not_planned: str) -> None:
    found = [_decided(base, plan, issue) for issue in (State.TODO, State.DONE, State.DROPPED)]

    assert found == [opened, completed, not_planned]
