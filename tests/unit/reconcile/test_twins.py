"""Two issues of one task: which says nothing of its own, and what becomes of each. Source: sync semantics §2.9."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from plansync.model import (
    OVERVIEW,
    Base,
    Changeset,
    Choice,
    Field,
    Item,
    Kind,
    Side,
    Snapshot,
    State,
    Take,
    Twin,
    Uid,
    Value,
)
from plansync.reconcile import Given, reconcile

TASK, SECOND = Uid("aaaaaab"), Uid("aaaaaab+9")
STORES = frozenset(
    {Field.TITLE, Field.STATE, Field.STEPS, Field.TEXT, Field.TICK, Field.PROSE, Field.ESTIMATE}
)
Boxes = Mapping[str, str]
BOXES: Boxes = {"Dig": "open", "Sow": "ticked"}


def side(own: Mapping[Field, Value], boxes: Boxes = BOXES, at: int = 1, uid: Uid = TASK) -> dict[Uid, Item]:
    kind = Kind.PLAN if uid == OVERVIEW else Kind.TASK
    named = ((Uid(f"{uid}/{n}"), text) for n, text in enumerate(boxes, 1))
    steps: dict[Uid, dict[Field, Value]]
    steps = {step: {Field.TEXT: text, Field.TICK: boxes[text]} for step, text in named}
    fields: dict[Field, Value] = {
        Field.TITLE: "Garden",
        Field.PROSE: "Soon.",
        Field.STEPS: tuple(steps),
        **own,
    }
    items = {u: Item(u, Kind.STEP, f) for u, f in steps.items()}
    return {uid: Item(uid, kind, fields, at=at), **items}


def twin(own: Mapping[Field, Value] | None = None, boxes: Boxes = BOXES, *, is_spoken: bool = False) -> Twin:
    shown = side({Field.STATE: "todo", **(own or {})}, boxes, at=9)
    item = replace(shown.pop(TASK), uid=SECOND)
    return Twin(TASK, item, tuple(shown.values()), is_spoken)


def decided(
    *twins: Twin,
    state: str = "todo",
    accepted: tuple[str, ...] = (),
    pruned: Mapping[Uid, Choice] | None = None,
    local: Snapshot | None = None,
) -> Changeset:
    agreed = side({Field.STATE: state, Field.ACCEPTED: accepted})
    there = side({Field.STATE: state})
    given = Given(
        Base(side({Field.MARKER: TASK}), there, agreed),
        side({Field.MARKER: TASK, Field.STATE: state, Field.CARRIER: "line"}) if local is None else local,
        there,
        {Side.LOCAL: STORES, Side.REMOTE: STORES},
        "abcd1234",
        lambda items, states: {},
        pruned=pruned or {},
        twins=twins,
    )
    return reconcile(given).changeset


def closed(changeset: Changeset) -> list[tuple[str, Uid]]:
    return [(op.kind, op.uid) for op in changeset.operations if op.uid != TASK]


def asked(changeset: Changeset) -> list[tuple[Uid, Field, Value | None, Value | None]]:
    return [(c.uid, c.field, c.local, c.remote) for c in changeset.conflicts]


SILENT = [
    twin(),
    twin({Field.PROSE: ""}),
    twin({}, {"Dig": "open", "Sow": "open"}),
    twin({}, {"Sow": "ticked", "Dig": "open"}),
]
OUTSPOKEN = [
    twin({Field.TITLE: "Gardens"}),
    twin({Field.PROSE: "Late."}),
    twin({Field.ESTIMATE: "1 hour"}),
    twin({}, {"Dig": "ticked", "Sow": "ticked"}),
    twin({}, {"Dig": "dropped", "Sow": "ticked"}),
    twin({}, {"Dig": "open", "Sow": "ticked", "Reap": "open"}),
    twin({}, {"Dig": "open"}),
    twin({}, {}),
    twin(is_spoken=True),
]


@pytest.mark.parametrize("second", SILENT)
def test_one_that_says_nothing_of_its_own_is_closed(second: Twin) -> None:
    changeset = decided(second)
    assert closed(changeset) == [("close-issue", SECOND)]
    assert asked(changeset) == []


@pytest.mark.parametrize("second", OUTSPOKEN)
def test_one_that_says_something_is_asked_about(second: Twin) -> None:
    changeset = decided(second)
    assert closed(changeset) == []
    assert asked(changeset) == [(TASK, Field.TWIN, "#1", "#9")]


def test_what_only_the_plan_says_is_said() -> None:
    plan = side({Field.MARKER: TASK, Field.STATE: "todo", Field.CARRIER: "line", Field.PROSE: "Late."})
    assert closed(decided(twin({Field.PROSE: "Late."}), local=plan)) == [("close-issue", SECOND)]


@pytest.mark.parametrize(
    ("second", "state", "questions"),
    [("dropped", "todo", 1), ("done", "todo", 1), ("done", "done", 0), ("dropped", "done", 0)],
)
def test_one_that_somebody_closed_asks_where_the_task_is_open(
    second: str, state: str, questions: int
) -> None:
    changeset = decided(twin({Field.STATE: second}, is_spoken=True), state=state)
    assert closed(changeset) == []
    assert len(changeset.conflicts) == questions


@pytest.mark.parametrize("second", [SILENT[0], OUTSPOKEN[0]])
def test_one_that_is_done_with_is_left_alone(second: Twin) -> None:
    changeset = decided(second, accepted=("#9",))
    assert (closed(changeset), asked(changeset)) == ([], [])
    assert changeset.agreed[TASK].fields[Field.ACCEPTED] == ("#9",)


def test_a_person_closes_one_and_an_undo_opens_it_again() -> None:
    close = {SECOND: Choice(Take.VALUE, State.DROPPED.value, "whatever")}
    changeset = decided(OUTSPOKEN[0], pruned=close)
    assert (closed(changeset), asked(changeset)) == ([("close-issue", SECOND)], [])

    again = {SECOND: Choice(Take.VALUE, State.TODO.value, "undo r1")}
    changeset = decided(twin({Field.STATE: "dropped"}), accepted=("#9",), pruned=again)
    assert closed(changeset) == [("reopen-issue", SECOND)]
    assert changeset.operations[0].changes[0].rule == "undo r1"


def test_of_a_task_that_is_not_there_nothing_is_done() -> None:
    changeset = decided(OUTSPOKEN[0], local={})
    assert (closed(changeset), asked(changeset)) == ([], [])


def test_several_are_asked_about_one_after_the_other() -> None:
    third = OUTSPOKEN[0]._replace(item=replace(OUTSPOKEN[0].item, uid=Uid("aaaaaab+12"), at=12))
    assert asked(decided(OUTSPOKEN[0], third)) == [(TASK, Field.TWIN, "#1", "#9")]
    assert asked(decided(OUTSPOKEN[0], third, accepted=("#9",))) == [(TASK, Field.TWIN, "#1", "#12")]


def test_a_second_overview_is_closed_like_any_other() -> None:
    plan, there = (side({Field.MARKER: "abcd1234"}, uid=OVERVIEW), side({}, uid=OVERVIEW))
    shown = side({Field.STATE: "todo"}, at=9)
    second = Twin(OVERVIEW, replace(shown.pop(TASK), uid=Uid(f"{OVERVIEW}+9")), tuple(shown.values()))
    given = Given(
        Base(plan, there, there),
        plan,
        there,
        {Side.LOCAL: STORES, Side.REMOTE: STORES},
        "abcd1234",
        lambda items, states: {},
        twins=(second,),
    )
    assert [(op.kind, op.uid) for op in reconcile(given).changeset.operations] == [
        ("close-issue", second.item.uid)
    ]


def test_one_that_is_closed_as_a_duplicate_is_done_with_and_so_is_one_that_was_opened_again() -> None:
    shut = twin({Field.STATE: "dropped"})._replace(is_duplicate=True)
    again = OUTSPOKEN[0]._replace(is_reopened=True)
    for second in (shut, again):
        changeset = decided(second)
        assert (closed(changeset), asked(changeset)) == ([], [])


def test_one_that_is_open_where_the_task_was_dropped_is_asked_about() -> None:
    changeset = decided(twin(), state="dropped")
    assert (closed(changeset), asked(changeset)) == ([], [(TASK, Field.TWIN, "#1", "#9")])


def test_one_with_a_lower_number_is_never_closed_by_itself() -> None:
    first = twin()
    lower = first._replace(item=replace(first.item, at=0))
    changeset = decided(lower)
    assert (closed(changeset), asked(changeset)) == ([], [(TASK, Field.TWIN, "#1", "#0")])
