"""Progress by time and by points."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plansync.durations import Duration
from plansync.model import State, Uid
from plansync.planning.effort import Points, effort, points
from plansync.planning.estimates import estimate
from tests.unit.planning.tasks import hours

DONE, TODO, DROPPED = State.DONE, State.TODO, State.DROPPED


def states(**named: State) -> dict[Uid, State]:
    return {Uid(name): state for name, state in named.items()}


def test_time_is_counted_by_the_upper_ends_and_both_are_kept() -> None:
    found = effort(states(a=DONE, b=TODO), hours(a=1, b=(2, 3)))

    assert (found.done, found.total) == (Duration(60, 60), Duration(180, 240))
    assert found.left == Duration(120, 180)
    assert found.percent == 25


def test_dropped_tasks_weigh_nothing() -> None:
    found = effort(states(a=DONE, b=DROPPED), hours(a=1, b=9))

    assert (found.percent, found.left.high) == (100, 0)


def test_tasks_without_an_estimate_are_counted_apart() -> None:
    found = effort(states(a=TODO, b=TODO, c=DROPPED), hours(a=1))

    assert (found.total.high, found.unestimated) == (60, 1)


def test_a_plan_without_estimates_is_at_no_percent() -> None:
    assert effort(states(a=DONE), {}).percent == 0


def test_points_are_added_like_time() -> None:
    found = {Uid(u): estimate(t) for u, t in {"a": "3 SP", "b": "0.5 SP", "c": "8 SP", "d": "2 h"}.items()}

    assert points(states(a=DONE, b=TODO, c=DROPPED, d=TODO), found) == Points(3, 3.5)


names = st.sampled_from([Uid(letter) for letter in "abcdefgh"])
ends = st.tuples(st.integers(1, 500), st.integers(0, 500)).map(lambda t: Duration(t[0], t[0] + t[1]))


@given(st.dictionaries(names, st.sampled_from(State)), st.dictionaries(names, ends))
def test_what_is_done_and_what_is_left_are_all_there_is(
    drawn: dict[Uid, State], times: dict[Uid, Duration]
) -> None:
    found = effort(drawn, times)

    assert found.done.high + found.left.high == found.total.high
    assert 0 <= found.left.low <= found.left.high
    assert 0 <= found.percent <= 100
    assert (found.percent == 100) <= (found.left.high == 0)
