"""What waits for what: named dependencies, the plan's order where there are none, and circles."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given

from plansync.model import Snapshot, Uid
from plansync.planning.graph import Graph, graph
from tests.unit.planning.tasks import networks, plan, task, uids


def chain(length: int) -> Graph:
    names = [f"t{n:05}" for n in range(length)]
    fields = [(name, (before,)) for before, name in pairwise(names)]
    items = [task(names[0]), *(task(name, needs) for name, needs in fields)]
    return graph(plan(*reversed(items)))


def test_a_task_waits_for_those_it_names() -> None:
    found = graph(plan(task("a"), task("b", "a"), task("c", "ab")))

    assert found.ready == uids("a")
    assert found.waiting == {"b": uids("a"), "c": uids("ab")}
    assert found.order == uids("abc")
    assert not found.is_implied


def test_a_dependency_may_point_forward() -> None:
    assert graph(plan(task("a", "b"), task("b"))).order == uids("ba")


def test_free_words_and_repeated_names_add_no_edge() -> None:
    found = graph(plan(task("a", ["=the weather"]), task("b", "aa")))

    assert found.needs == {"a": (), "b": uids("a")}


def test_without_any_dependency_the_order_of_the_plan_is_implied() -> None:
    found = graph(plan(task("a"), task("b"), task("c")))

    assert found.is_implied
    assert found.waiting == {"b": uids("a"), "c": uids("b")}


def test_one_task_alone_has_no_order() -> None:
    assert not graph(plan(task("a"))).is_implied


def test_one_named_dependency_is_enough_to_imply_nothing() -> None:
    found = graph(plan(task("a"), task("b"), task("c", "b")))

    assert not found.is_implied
    assert found.ready == uids("ab")


def test_a_task_of_unknown_dependencies_is_neither_ready_nor_waiting() -> None:
    found = graph(plan(task("a"), task("b", None)))

    assert not found.is_implied
    assert (found.ready, found.waiting, found.unclear) == (uids("a"), {}, frozenset(uids("b")))


def test_what_is_left_out_is_not_waited_for() -> None:
    found = graph(plan(task("a"), task("b", "a"), task("c", "b"))).only(uids("ac"))

    assert found.ready == uids("ac")
    assert found.order == uids("ac")


def test_an_implied_order_closes_up_over_what_is_left_out() -> None:
    found = graph(plan(task("a"), task("b"), task("c"))).only(uids("ac"))

    assert found.is_implied
    assert found.waiting == {"c": uids("a")}


def test_a_cycle_is_named_from_its_first_task_to_itself() -> None:
    found = graph(plan(task("x", "b"), task("a", "c"), task("b", "a"), task("c", "b")))

    assert found.cycle == uids("abca")
    assert found.order == ()
    assert found.waiting[Uid("a")] == uids("c")


def test_a_task_that_needs_itself_is_a_cycle() -> None:
    assert graph(plan(task("a", "a"), task("b"))).cycle == uids("aa")


def test_a_cycle_ends_where_one_of_its_tasks_is_left_out() -> None:
    found = graph(plan(task("a", "b"), task("b", "a"))).only(uids("a"))

    assert (found.cycle, found.order) == ((), uids("a"))


def test_a_plan_without_tasks_has_an_empty_graph() -> None:
    assert graph({}) == Graph({}, ())


def test_a_chain_of_ten_thousand_tasks_is_no_deep_water() -> None:
    found = chain(10_000)

    assert len(found.order) == 10_000
    assert found.order[0] == "t00000"


@given(networks())
def test_the_order_has_every_task_once_and_after_what_it_needs(
    network: tuple[Snapshot, object],
) -> None:
    found = graph(network[0])
    place = {uid: number for number, uid in enumerate(found.order)}

    assert sorted(place) == sorted(network[0]) == sorted(found.order)
    assert all(place[Uid(n)] < place[u] for u, needed in found.needs.items() for n in needed)


@given(networks())
def test_some_task_is_ready_as_long_as_there_are_tasks(network: tuple[Snapshot, object]) -> None:
    found = graph(network[0])
    while found.needs:
        assert found.ready
        found = found.only(set(found.needs) - {found.ready[0]})
