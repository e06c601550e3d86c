"""The critical path: earliest and latest times, slack, and the laws that hold in any plan."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from hypothesis import given

from plansync.durations import Duration
from plansync.model import Snapshot, Uid
from plansync.planning.graph import graph
from plansync.planning.schedule import Schedule, schedule
from tests.unit.planning.tasks import hours, networks, plan, task, uids

Network = tuple[Snapshot, Mapping[Uid, Duration]]

DIAMOND = plan(task("a"), task("b", "a"), task("c", "a"), task("d", "bc"))


def scheduled(items: Snapshot, times: Mapping[Uid, Duration]) -> Schedule:
    found = schedule(graph(items), times)
    assert found is not None
    return found


def test_the_longer_way_round_is_critical_and_the_shorter_one_has_slack() -> None:
    found = scheduled(DIAMOND, hours(a=1, b=2, c=5, d=1))

    assert found.critical_path == uids("acd")
    assert found.length == Duration(420, 420)
    b = found.timings[Uid("b")]
    assert (b.earliest_start_min, b.earliest_finish_min) == (60, 180)
    assert (b.latest_start_min, b.latest_finish_min) == (240, 360)
    assert b.slack_min == 180
    assert [u for u, t in found.timings.items() if t.is_critical] == ["a", "c", "d"]


def test_the_upper_end_of_a_range_decides_and_the_lower_one_is_kept() -> None:
    found = scheduled(DIAMOND, hours(a=1, b=(3, 3), c=(1, 5), d=1))

    assert found.critical_path == uids("acd")
    assert found.length == Duration(5 * 60, 7 * 60)


def test_a_task_without_an_estimate_takes_no_time_and_is_told_apart() -> None:
    found = scheduled(DIAMOND, hours(b=2))

    assert found.length == Duration(120, 120)
    assert not found.timings[Uid("a")].is_estimated
    assert found.timings[Uid("b")].is_estimated


def test_without_any_estimate_the_path_is_the_one_of_most_tasks() -> None:
    items = plan(task("a"), task("b"), task("c", "b"), task("d", "c"), task("e", "a"))

    assert scheduled(items, {}).critical_path == uids("bcd")


def test_work_that_is_done_no_longer_counts() -> None:
    todo = graph(DIAMOND).only(uids("bd"))
    found = schedule(todo, hours(a=1, b=2, c=5, d=1))

    assert found is not None
    assert found.critical_path == uids("bd")
    assert found.length == Duration(180, 180)


def test_a_cycle_has_no_schedule() -> None:
    assert schedule(graph(plan(task("a", "b"), task("b", "a"))), {}) is None


def test_no_tasks_take_no_time() -> None:
    assert scheduled({}, {}) == Schedule({}, (), Duration(0, 0))


@given(networks())
def test_the_critical_path_takes_as_long_as_the_whole(network: Network) -> None:
    items, times = network
    found = scheduled(items, times)

    assert sum(found.timings[u].duration.high for u in found.critical_path) == found.length.high
    assert found.timings[found.critical_path[-1]].earliest_finish_min == found.length.high


@given(networks())
def test_the_critical_path_follows_dependencies_without_slack_or_pause(network: Network) -> None:
    needs = graph(network[0]).needs
    found = scheduled(*network)

    assert needs[found.critical_path[0]] == ()
    assert all(found.timings[u].is_critical for u in found.critical_path)
    for before, after in pairwise(found.critical_path):
        assert before in needs[after]
        assert found.timings[before].earliest_finish_min == found.timings[after].earliest_start_min


@given(networks())
def test_no_task_begins_before_what_it_needs_nor_has_less_than_no_slack(network: Network) -> None:
    needs = graph(network[0]).needs
    found = scheduled(*network)

    for uid, timing in found.timings.items():
        assert timing.slack_min >= 0
        assert 0 <= timing.earliest_start_min <= timing.earliest_finish_min <= timing.latest_finish_min
        assert all(found.timings[n].earliest_finish_min <= timing.earliest_start_min for n in needs[uid])
        assert all(found.timings[n].latest_finish_min <= timing.latest_start_min for n in needs[uid])


@given(networks())
def test_a_task_late_by_its_slack_delays_nothing_and_by_a_minute_more_all(network: Network) -> None:
    items, times = network
    found = scheduled(items, times)
    uid, timing = next(iter(found.timings.items()))

    for late, delay in ((timing.slack_min, 0), (timing.slack_min + 1, 1)):
        longer = timing.duration.high + late
        assert scheduled(items, {**times, uid: Duration(0, longer)}).length.high == found.length.high + delay


@given(networks())
def test_the_order_in_which_tasks_are_written_changes_no_time(network: Network) -> None:
    items, times = network
    turned = scheduled({uid: items[uid] for uid in reversed(list(items))}, times)
    found = scheduled(items, times)

    if not graph(items).is_implied:
        assert turned.length == found.length
        assert turned.timings == found.timings


@given(networks())
def test_the_length_lies_between_the_longest_task_and_all_of_them(network: Network) -> None:
    items, times = network
    length = scheduled(items, times).length

    assert length.low <= length.high
    assert max((t.high for t in times.values()), default=0) <= length.high
    assert length.high <= sum(t.high for t in times.values())
