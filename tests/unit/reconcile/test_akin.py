"""Which task may be one of another copy's: that is asked, and it gets no issue until then."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from plansync.model import Base, Conflict, Field, Item, Kind, Side, Snapshot, Uid, Value
from plansync.reconcile import Given, reconcile
from plansync.reconcile.akin import COMPARISONS_MAX

GROUND, ROOF = Uid("g2g2g2g"), Uid("r3r3r3r")
OURS, THEIRS = Uid("m5n7p2r"), Uid("w8x4q5z")
STEPS = ("Mark out", "Lift turf")


def task(uid: Uid, title: str, phase: Uid, steps: tuple[str, ...] = (), at: int | None = None) -> Snapshot:
    there = {
        Uid(f"{uid}/{n}"): Item(Uid(f"{uid}/{n}"), Kind.STEP, {Field.TEXT: text, Field.TICK: "open"}, n)
        for n, text in enumerate(steps)
    }
    fields: dict[Field, Value] = {Field.TITLE: title, Field.PHASE: phase, Field.STEPS: tuple(there)}
    fields |= {Field.MARKER: ""} if at is None else {Field.STATE: "todo"}
    return {**there, uid: Item(uid, Kind.TASK, fields, at=at)}


def phases(at: int | None = None) -> Snapshot:
    titles = {GROUND: "Phase 1: Ground", ROOF: "Phase 2: Roof"}
    return {
        u: Item(u, Kind.PHASE, {Field.TITLE: t}, at=at and at + n) for n, (u, t) in enumerate(titles.items())
    }


def given(title: str, steps: tuple[str, ...] = (), phase: Uid = GROUND) -> Given:
    """Let the plan hold a task that has no issue, and the tracker one that this copy never held."""
    local = {**phases(), **task(OURS, title, phase, steps)}
    remote = {**phases(at=1), **task(THEIRS, "Dig the hole", GROUND, STEPS, at=7)}
    stores = {side: frozenset(Field) for side in Side}
    return Given(Base({}, {}, {}), local, remote, stores, "plan0001", lambda items, states: {})


def creates(it: Given) -> list[str]:
    return [op.uid for op in reconcile(it).changeset.operations if op.kind == "create-issue"]


@pytest.mark.parametrize(
    ("title", "steps"),
    [("Dig a hole", ()), ("Dig the big hole", ("Other",)), ("Excavate", ("Mark out", "Other"))],
)
def test_a_task_that_reads_like_one_of_another_copys_is_asked_about(
    title: str, steps: tuple[str, ...]
) -> None:
    it = given(title, steps)

    assert creates(it) == []
    assert reconcile(it).changeset.conflicts == (
        Conflict(OURS, Field.EXISTENCE, "issue #7", "in the plan", "perhaps its own"),
    )
    assert reconcile(it).doubts == {OURS: THEIRS}


@pytest.mark.parametrize(
    ("title", "steps", "phase"),
    [("Excavate", (), GROUND), ("Excavate", ("Mark out", "One", "Two"), GROUND), ("Dig a hole", (), ROOF)],
)
def test_a_task_that_reads_otherwise_or_stands_elsewhere_is_a_new_one(
    title: str, steps: tuple[str, ...], phase: Uid
) -> None:
    it = given(title, steps, phase)

    assert creates(it) == [OURS]
    assert reconcile(it).changeset.conflicts == ()


def test_a_phase_that_may_be_renamed_keeps_no_two_tasks_apart() -> None:
    it = given("Dig a hole")
    renamed = Uid("k4k4k4k")
    local = {
        **task(OURS, "Dig a hole", renamed),
        renamed: Item(renamed, Kind.PHASE, {Field.TITLE: "Phase 1: Soil"}),
    }

    assert reconcile(replace(it, local=local)).doubts == {OURS: THEIRS}


def test_a_task_whose_issue_this_copy_knows_is_no_other_ones() -> None:
    """It was removed from the plan, and another one came: that is not another copy's doing."""
    it = given("Dig a hole")
    known = {THEIRS: it.remote[THEIRS]}

    assert creates(replace(it, base=Base(known, known, known))) == [OURS]


def test_a_person_says_that_it_is_another_one() -> None:
    assert creates(replace(given("Dig a hole"), apart={OURS})) == [OURS]


def test_a_person_says_that_it_is_that_one() -> None:
    it = replace(given("Dig a hole"), told={OURS: THEIRS})

    assert creates(it) == []
    assert [(c.uid, c.field) for c in reconcile(it).changeset.conflicts] == [(THEIRS, Field.TITLE)]


@pytest.mark.parametrize("is_cheap", [True, False])
def test_tasks_are_compared_with_each_other_only_where_that_stays_cheap(is_cheap: bool) -> None:
    """Where both sides have very many, nobody is asked, and each gets its issue."""
    most = math.isqrt(COMPARISONS_MAX)
    it = given("Dig a hole")
    local, remote = dict(it.local), dict(it.remote)
    for n in range(1, most + (not is_cheap)):
        local |= task(Uid(f"new{n:04}"), f"Ours, number {n}", ROOF)
    for n in range(1, most):
        remote |= task(Uid(f"old{n:04}"), f"Other {n}", GROUND, at=100 + n)

    crowded = replace(it, local=local, remote=remote)

    assert reconcile(crowded).doubts == ({OURS: THEIRS} if is_cheap else {})
    assert (OURS in creates(crowded)) is not is_cheap
    assert len(creates(crowded)) == (most - 1 if is_cheap else most + 1)
