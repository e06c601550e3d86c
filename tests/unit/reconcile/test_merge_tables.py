"""The rows of the merge tables one by one: rules, comparisons, fates of steps, and their order."""

from __future__ import annotations

import pytest

from plansync.model import OVERVIEW, TITLE_MAX, Base, Field, Kind, Stamp, State, Uid, Value
from plansync.reconcile.bare import Bare
from plansync.reconcile.merge import merge, shown_state
from plansync.reconcile.rows import (
    CONFLICT,
    Case,
    Verdict,
    alike,
    plan_wins,
    same,
    three_way,
    three_way_state,
)
from tests.unit.reconcile.sides import (
    NOTHING,
    PHASE,
    TASK,
    asked,
    decide,
    known,
    noted,
    phase,
    plan,
    showing,
    task,
    without,
    written,
)

ONE, TWO, THREE = (Uid(f"{TASK}/{n}") for n in (1, 2, 3))


def case(
    agreed: Value | None,
    then: tuple[Value | None, Value | None],
    now: tuple[Value | None, Value | None],
    *,
    is_ahead: bool = False,
) -> Case:
    """What was agreed, and the plan's and the tracker's value then and now."""
    return Case(agreed, *then, *now, is_ahead, alike)


# -------------------------------------------------------------------------- rules


@pytest.mark.parametrize("now", [(None, "a"), ("a", None), (None, None)])
def test_where_a_side_shows_nothing_nothing_follows(now: tuple[str | None, str | None]) -> None:
    assert three_way(case("a", ("a", "a"), now)) == Verdict(None, "unknown")
    assert plan_wins(case("a", ("a", "a"), now)) == Verdict(None, "unknown")


def test_a_value_that_only_reads_like_the_agreed_one_leaves_that_as_it_was() -> None:
    """Else each run would remember another way of writing it."""
    title = Case("Dig it", "Dig it", "Dig it", "Dig  it", "Dig   it", True, same(Kind.TASK, Field.TITLE))

    assert three_way(title) == Verdict("Dig it", "agree")


def test_two_sides_that_come_to_the_same_agree_on_it() -> None:
    assert three_way(case("a", ("a", "a"), ("b", "b"))) == Verdict("b", "agree")
    assert three_way(case(None, (None, None), ("b", "b"))) == Verdict("b", "agree")


def test_without_a_base_two_values_are_asked_about() -> None:
    assert three_way(case(None, (None, None), ("a", "b"))) == CONFLICT == Verdict(None, "conflict", True)


@pytest.mark.parametrize(
    ("then", "now", "verdict"),
    [
        (("a", "a"), ("b", "a"), Verdict("b", "push")),
        (("a", "a"), ("a", "b"), Verdict("b", "pull")),
        (
            ("x", "a"),
            ("b", "a"),
            CONFLICT,
        ),  # the plan never held what was agreed, so its change did not know it
        (("a", "x"), ("a", "b"), CONFLICT),
        (("x", "x"), ("a", "x"), Verdict("a", "push")),  # it came to what was agreed by itself
        (("x", "x"), ("x", "a"), Verdict("a", "pull")),
        ((None, "a"), ("b", "a"), Verdict("b", "push")),  # a side that showed nothing then owed nothing
        (("a", None), ("a", "b"), Verdict("b", "pull")),
        (("x", "a"), ("x", "a"), Verdict("a", "finish")),
        (("a", "x"), ("a", "x"), Verdict("a", "finish")),
        (("x", "x"), ("x", "x"), Verdict("a", "finish")),
        (("a", "a"), ("a", "a"), Verdict("a", "agree")),
        (("a", "a"), ("b", "c"), CONFLICT),
    ],
)
def test_three_ways(then: tuple[str | None, str | None], now: tuple[str, str], verdict: Verdict) -> None:
    assert three_way(case("a", then, now)) == verdict


def test_a_newer_copys_issue_counts_as_changed() -> None:
    assert three_way(case("a", ("a", "a"), ("a", "a"), is_ahead=True)) == Verdict("a", "agree")
    assert three_way(case("a", ("a", "a"), ("b", "a"), is_ahead=True)) == CONFLICT
    assert three_way(case("a", ("x", "a"), ("x", "a"), is_ahead=True)) == Verdict("a", "pull")


TODO, DONE, DROPPED = State.TODO.value, State.DONE.value, State.DROPPED.value


@pytest.mark.parametrize(
    ("agreed", "then", "now", "verdict"),
    [
        # the plan's boxes say it: only what the issue does counts
        (None, (None, None), (None, TODO), Verdict(None, "unknown")),
        (TODO, (None, TODO), (None, None), Verdict(TODO, "unknown")),
        (TODO, (None, TODO), (None, TODO), Verdict(TODO, "agree")),
        (DONE, (None, TODO), (None, TODO), Verdict(DONE, "finish")),
        (TODO, (None, TODO), (None, DONE), Verdict(DONE, "pull")),
        (DONE, (None, TODO), (None, DROPPED), CONFLICT),
        (DONE, (None, TODO), (None, DONE), Verdict(DONE, "pull")),  # it came to what was agreed by itself
        # a status line that is gone says todo
        (DONE, (DONE, DONE), (None, DONE), Verdict(TODO, "push")),
        (DROPPED, (DROPPED, DROPPED), (None, DROPPED), Verdict(TODO, "push")),
        (TODO, (TODO, TODO), (None, DONE), Verdict(DONE, "pull")),
        # closed stays closed where only the reason differs
        (DONE, (DONE, DONE), (DROPPED, DONE), Verdict(None, "reason differs")),
        (DROPPED, (DROPPED, DROPPED), (DONE, DROPPED), Verdict(None, "reason differs")),
        (DONE, (DONE, DONE), (DONE, DROPPED), Verdict(DROPPED, "pull")),
        (TODO, (TODO, TODO), (DONE, TODO), Verdict(DONE, "push")),
    ],
)
def test_a_state(
    agreed: str | None,
    then: tuple[str | None, str | None],
    now: tuple[str | None, str | None],
    verdict: Verdict,
) -> None:
    assert three_way_state(case(agreed, then, now)) == verdict


@pytest.mark.parametrize(
    ("agreed", "then", "now", "verdict"),
    [
        ("a", ("a", "a"), ("a", "a"), Verdict("a", "agree")),
        (None, (None, None), ("a", "b"), CONFLICT),
        ("a", ("a", "a"), ("a", "b"), Verdict(None, "edited on the tracker")),
        ("a", ("a", "a"), ("b", "c"), CONFLICT),
        ("a", ("a", "a"), ("b", "a"), Verdict("b", "push")),
        ("a", ("a", "b"), ("a", "b"), Verdict("a", "finish")),
        ("b", ("a", "b"), ("a", "b"), Verdict("b", "agree")),  # somebody chose to leave the tracker's text
        ("b", ("a", "b"), ("c", "b"), Verdict("c", "push")),
    ],
)
def test_a_field_that_only_the_plan_writes(
    agreed: str | None, then: tuple[str | None, str | None], now: tuple[str, str], verdict: Verdict
) -> None:
    assert plan_wins(case(agreed, then, now)) == verdict


def test_a_text_of_the_plan_is_agreed_as_the_plan_writes_it() -> None:
    text = Case("x", "x", "x", "Dig  it", "Dig it", False, same(Kind.TASK, Field.ESTIMATE))

    assert plan_wins(text).value == "Dig  it"


# -------------------------------------------------------------------- comparisons

LONG = "word " * 60


@pytest.mark.parametrize(
    ("kind", "name", "one", "other"),
    [
        (Kind.TASK, Field.TITLE, "Dig  it", "Dig it"),
        (Kind.TASK, Field.TITLE, f"{LONG}one", f"{LONG}other"),  # alike as far as a tracker holds them
        (Kind.PLAN, Field.TITLE, "Dig  it", "Dig it"),
        (Kind.PHASE, Field.TITLE, "Phase 1: Ground", "Phase 2: Ground"),
        (Kind.TASK, Field.PROSE, "one\r\ntwo", "one\ntwo"),
        (Kind.PLAN, Field.PROSE, "one\r\ntwo", "one\ntwo"),
        (Kind.TASK, Field.REQUIREMENTS, "R1,  R2", "R1, R2"),
        (Kind.TASK, Field.ESTIMATE, "2  days", "2 days"),
        (Kind.TASK, Field.DEPENDS, ("a", "b"), ("b", "a")),
        (Kind.STEP, Field.TEXT, "dig  it", "dig it"),
    ],
)
def test_what_reads_alike_is_alike(kind: Kind, name: Field, one: Value, other: Value) -> None:
    assert same(kind, name)(one, other)
    assert same(kind, name)(one, one)


@pytest.mark.parametrize(
    ("kind", "name", "one", "other"),
    [
        (Kind.TASK, Field.TITLE, "Dig it", "Dig them"),
        (Kind.TASK, Field.TITLE, f"one {LONG}", f"other {LONG}"),
        (Kind.PHASE, Field.TITLE, "Phase 1: Ground", "Phase 1: Garden"),
        (Kind.TASK, Field.PHASE, "ground", "garden"),
        (Kind.TASK, Field.PHASE, "one  phase", "one phase"),
        (Kind.TASK, Field.PROSE, "one\ntwo", "one two"),
        (Kind.TASK, Field.REQUIREMENTS, "R1", "R2"),
        (Kind.TASK, Field.DEPENDS, ("a", "b"), ("a",)),
        (Kind.TASK, Field.DEPENDS, ("a",), ("a", "b")),
        (Kind.TASK, Field.MARKER, "a  b", "a b"),
        (Kind.STEP, Field.TICK, "open", "ticked"),
    ],
)
def test_what_reads_otherwise_is_not(kind: Kind, name: Field, one: Value, other: Value) -> None:
    assert not same(kind, name)(one, other)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Kind.TASK, Field.TITLE),
        (Kind.PHASE, Field.TITLE),
        (Kind.TASK, Field.PROSE),
        (Kind.TASK, Field.ESTIMATE),
        (Kind.TASK, Field.DEPENDS),
        (Kind.TASK, Field.PHASE),
    ],
)
def test_what_is_not_shown_is_like_nothing_else(kind: Kind, name: Field) -> None:
    compare = same(kind, name)

    assert compare(None, None)
    assert not any(
        compare(*pair) for pair in ((None, ""), ("", None), (None, "None"), ("None", None), (None, ("a",)))
    )


def test_a_title_is_compared_as_far_as_a_tracker_holds_it() -> None:
    start = "x" * (TITLE_MAX - 1)

    assert not same(Kind.TASK, Field.TITLE)(f"{start}a", f"{start}b")
    assert same(Kind.TASK, Field.TITLE)(f"{start}xxa", f"{start}xxb")


# ------------------------------------------------------------------ what boxes say


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("dig LEVEL", State.TODO),
        ("DIG LEVEL", State.DONE),
        ("DIG ~level", State.DONE),
        ("~dig ~level", State.TODO),
        ("", State.TODO),
    ],
)
def test_the_boxes_of_a_task_say_its_state(words: str, state: State) -> None:
    side = task(TASK, *words.split())

    assert shown_state(side, TASK) is state
    assert shown_state(showing(side, TASK, state="dropped"), TASK) is State.DROPPED


def test_an_optional_step_says_nothing_of_the_state() -> None:
    side = task(TASK, "DIG", "level")

    assert shown_state(showing(side, TWO, optional="yes"), TASK) is State.DONE
    assert shown_state(showing(side, ONE, optional="yes"), TASK) is State.TODO


# -------------------------------------------------------------------------- items


def test_what_the_plan_says_of_a_new_task_is_taken_over() -> None:
    local = showing(task(TASK, "dig", title="Dig", state="todo", link="#1"), ONE, level=2, optional="yes")

    agreement = merge(NOTHING, local, {})

    assert agreement.items[TASK] == {Field.TITLE: "Dig", Field.STEPS: (ONE,), Field.STATE: "todo"}
    assert agreement.items[ONE] == {Field.TEXT: "dig", Field.TICK: "open", Field.LEVEL: 2}
    assert set(agreement.why.values()) == {"new"}


def test_a_conflict_tells_what_was_and_what_both_say() -> None:
    base, local, remote = (
        task(TASK, title=t, state=s) for t, s in (("a", "todo"), ("b", "done"), ("c", "dropped"))
    )

    conflicts = decide(base, local, remote).changeset.conflicts

    assert [(c.uid, c.field, c.base, c.local, c.remote) for c in conflicts] == [
        (TASK, Field.TITLE, "a", "b", "c"),
        (TASK, Field.STATE, "todo", "done", "dropped"),
    ]


def test_a_conflict_about_a_state_tells_what_the_boxes_say() -> None:
    then = task(TASK, "DIG", state="done")
    local = without(task(TASK, "DIG", carrier="boxes", status=""), Field.STATE)
    base = Base(local, showing(then, TASK, state="todo"), then)

    (conflict,) = decide(base, local, showing(then, TASK, state="dropped")).changeset.conflicts

    assert (conflict.base, conflict.local, conflict.remote) == ("done", "done", "dropped")


def test_an_issue_that_a_newer_copy_wrote_is_news_in_its_fields_and_its_steps() -> None:
    base = task(TASK, "dig", title="Then", state="todo", stamp=Stamp(1, "a"))
    local = task(TASK, "digs", title="Ours", state="todo")
    remote = task(TASK, "dig", title="Then", state="todo", stamp=Stamp(2, "b"))

    assert asked(decide(base, local, remote)) == [(TASK, "title"), (ONE, "text")]
    assert asked(decide(base, local, base)) == []


def test_dependencies_in_another_order_are_no_change() -> None:
    base = task(TASK, state="todo", depends=("ddddddd", "eeeeeee"))
    other = task(TASK, state="todo", depends=("eeeeeee", "ddddddd"))

    assert written(decide(base, other, base)) == []
    assert noted(decide(base, base, other)) == []


def test_a_text_that_was_edited_on_the_tracker_is_noted_and_left() -> None:
    base, remote = (
        task(TASK, state="todo", estimate="1 day"),
        task(TASK, state="todo", estimate="2 days", at=7),
    )

    decision = decide(base, base, remote)

    assert [(n.uid, n.text) for n in decision.changeset.notes] == [
        (TASK, "#7: estimate was edited on the tracker; plansync writes it only when the plan changes it")
    ]
    assert written(decision) == []


def test_a_reason_that_differs_is_told_with_the_issue() -> None:
    base = task(TASK, state="done")

    (drift,) = decide(base, task(TASK, state="dropped"), task(TASK, state="done", at=7)).changeset.drifts

    assert (drift.uid, drift.field, drift.text) == (
        TASK,
        Field.REASON,
        "#7 is closed on both sides for different reasons; only the reason differs",
    )


def test_what_is_about_to_get_its_block_back_is_no_news() -> None:
    local = {**phase(), **task(TASK, state="todo", phase=PHASE)}
    remote = {**phase(), **without(task(TASK, state="todo"), Field.STEPS)}

    assert {d[1] for d in merge(known(local), local, remote).drifts} == {Field.STEPS, Field.PHASE}
    assert {d[1] for d in merge(known(local), local, remote, bare={TASK: Bare()}).drifts} == {Field.PHASE}
    assert not merge(known(local), local, remote, bare={TASK: Bare(is_loose=True)}).drifts


def test_only_a_task_whose_phase_has_a_milestone_can_be_missing_in_it() -> None:
    task_ = task(TASK, state="todo", phase=PHASE)
    side = {**phase(), **task_}

    assert not merge(known(side), side, task(TASK, state="todo")).drifts
    assert not merge(known(side), side, side).drifts


def test_an_overview_without_its_block_is_told_like_a_task() -> None:
    side = plan("warm")

    assert {d[:2] for d in merge(known(side), side, without(plan(), Field.STEPS, uid=OVERVIEW)).drifts} == {
        (OVERVIEW, Field.STEPS)
    }
