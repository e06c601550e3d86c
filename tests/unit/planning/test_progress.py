"""Progress by tasks, and where a plan is."""

from __future__ import annotations

import pytest

from plansync.model import Field, Item, Kind, Snapshot, State, Tick, Uid, Value
from plansync.planning.progress import Progress, by_phase, current_phase, progress, shown_state
from tests.unit.planning.tasks import plan, task


def boxes(*ticks: Tick, optional: int = 0) -> Snapshot:
    """Make a task `a` with these steps, the last ones optional."""
    uids = [Uid(f"a/{n}") for n in range(len(ticks))]
    needed = len(ticks) - optional
    fields: list[dict[Field, Value]] = [
        {Field.TICK: tick.value, Field.OPTIONAL: int(n >= needed)} for n, tick in enumerate(ticks)
    ]
    steps = [Item(u, Kind.STEP, f) for u, f in zip(uids, fields, strict=True)]
    return plan(task("a", steps=uids), *steps)


@pytest.mark.parametrize(
    ("items", "state"),
    [
        (boxes(), State.TODO),
        (boxes(Tick.TICKED, Tick.OPEN), State.TODO),
        (boxes(Tick.TICKED, Tick.TICKED), State.DONE),
        (boxes(Tick.TICKED, Tick.DROPPED), State.DONE),
        (boxes(Tick.DROPPED), State.TODO),
        (boxes(Tick.TICKED, Tick.OPEN, optional=1), State.DONE),
        (boxes(Tick.TICKED, optional=1), State.TODO),
    ],
)
def test_a_task_is_done_when_all_boxes_that_count_are_ticked(items: Snapshot, state: State) -> None:
    assert shown_state(items, Uid("a")) is state


def test_dropped_tasks_leave_the_denominator() -> None:
    states = {Uid("a"): State.DONE, Uid("b"): State.DROPPED, Uid("c"): State.TODO, Uid("d"): State.TODO}

    assert progress(states) == Progress(1, 3)
    assert progress(states).percent == 33
    assert progress({}).percent == 0


PHASES = plan(
    Item(Uid("p"), Kind.PHASE),
    Item(Uid("q"), Kind.PHASE),
    task("a", phase="p"),
    task("b", phase="q"),
    task("c"),
)


def test_tasks_are_sorted_by_phase_and_those_without_one_are_kept() -> None:
    assert by_phase(PHASES) == {"p": ["a"], "q": ["b"], "": ["c"]}


@pytest.mark.parametrize(
    ("first", "second", "current"),
    [
        (State.TODO, State.TODO, "p"),
        (State.DONE, State.TODO, "q"),
        (State.DONE, State.DROPPED, "q"),
        (State.TODO, State.DONE, "p"),
    ],
)
def test_the_current_phase_is_the_first_with_a_task_to_do_else_the_last(
    first: State, second: State, current: str
) -> None:
    assert current_phase(PHASES, {Uid("a"): first, Uid("b"): second}) == current


def test_a_plan_without_phases_is_in_none() -> None:
    assert current_phase(plan(task("a")), {Uid("a"): State.TODO}) is None
