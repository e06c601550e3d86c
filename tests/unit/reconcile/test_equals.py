"""Equal steps, of which one came or went: never a guess. Source: sync semantics §2.1 and §2.10."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from plansync.model import Base, Choice, Field, Item, Kind, Snapshot, Take, Uid, Value
from plansync.reconcile.agreement import Agreement
from plansync.reconcile.merge import merge
from plansync.reconcile.pairing import pair

TASK = Uid("aaaaaab")
TEST = "Write tests"
Boxes = Sequence[tuple[str, str]]


def side(boxes: Boxes, mark: str) -> Snapshot:
    uids = [Uid(f"{TASK}/{mark}{n}") for n in range(1, len(boxes) + 1)]
    steps = {
        u: Item(u, Kind.STEP, {Field.TEXT: text, Field.TICK: tick})
        for u, (text, tick) in zip(uids, boxes, strict=True)
    }
    fields: dict[Field, Value] = {Field.TITLE: "Garden", Field.MARKER: TASK, Field.STEPS: tuple(uids)}
    return {TASK: Item(TASK, Kind.TASK, fields, at=1), **steps}


def merged(base: Boxes | None, plan: Boxes, issue: Boxes, take: Take | None = None) -> Agreement:
    then = side(base, "") if base is not None else {}
    known = Base(then, then, then)
    local, remote = pair(known, side(plan, "~"), side(issue, "~"))
    return merge(known, local, remote, {(TASK, Field.STEPS): Choice(take)} if take else {})


def told(agreement: Agreement) -> list[tuple[Field, Value | None, Value | None]]:
    return [(c.field, c.local, c.remote) for c in agreement.conflicts.values()]


OPEN, TICKED = (TEST, "open"), (TEST, "ticked")


@pytest.mark.parametrize(
    ("base", "plan", "issue"),
    [
        ([OPEN, OPEN], [OPEN, OPEN, OPEN], [TICKED, OPEN]),
        ([OPEN, OPEN], [OPEN, TICKED], [OPEN, OPEN, OPEN]),
        ([OPEN, TICKED], [OPEN], [OPEN, TICKED]),
        (None, [OPEN, OPEN, TICKED], [OPEN, TICKED]),
    ],
)
def test_where_one_came_or_went_and_ticks_differ_a_person_decides(
    base: Boxes | None, plan: Boxes, issue: Boxes
) -> None:
    agreement = merged(base, [*plan, ("Sow", "open")], [*issue, ("Sow", "open")])

    (conflict,) = told(agreement)
    ticked = sum(tick == "ticked" for _, tick in plan)
    assert conflict[:2] == (Field.STEPS, f"{TEST} ({len(plan)} times, {ticked} ticked)")
    assert [f[Field.TEXT] for f in agreement.items.values() if Field.TEXT in f] == ["Sow"]


@pytest.mark.parametrize(
    ("base", "plan", "issue"),
    [
        ([OPEN, OPEN], [OPEN, OPEN], [TICKED, OPEN]),
        ([OPEN, OPEN], [OPEN, OPEN, OPEN], [OPEN, OPEN]),
        ([OPEN], [OPEN, TICKED], [OPEN, TICKED]),
        ([OPEN], [TICKED], [OPEN]),
        (None, [OPEN, TICKED], [OPEN, TICKED]),
    ],
)
def test_where_none_did_or_all_are_alike_nothing_is_asked(
    base: Boxes | None, plan: Boxes, issue: Boxes
) -> None:
    assert told(merged(base, plan, issue)) == []


@pytest.mark.parametrize(
    ("take", "wanted"),
    [(Take.PLAN, [OPEN, OPEN, OPEN]), (Take.ISSUE, [TICKED, OPEN]), (Take.BASE, [OPEN, OPEN])],
)
def test_a_person_takes_a_side(take: Take, wanted: Boxes) -> None:
    agreement = merged([OPEN, OPEN], [OPEN, OPEN, OPEN], [TICKED, OPEN], take)

    assert told(agreement) == []
    steps = agreement.get(TASK, Field.STEPS)
    assert isinstance(steps, tuple)
    fields = [agreement.items[Uid(step)] for step in steps]
    assert [(f[Field.TEXT], f[Field.TICK]) for f in fields] == list(wanted)
