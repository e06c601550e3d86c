"""Links between tasks that wait for each other: which can be made, and at what cost that is found out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from plansync.model import Base, Field, Item, Kind, Side, Uid, Value
from plansync.reconcile import Given
from plansync.reconcile.agreement import Agreement
from plansync.reconcile.elements import edge_changes, knotted
from plansync.reconcile.order import operations


@dataclass(slots=True)
class Counting(Agreement):
    """Counts how often it is asked."""

    asked: int = 0

    def get(self, uid: Uid, name: Field) -> Value | None:
        self.asked += 1
        return self.items.get(uid, {}).get(name)


def waiting(edges: Mapping[str, str]) -> Counting:
    """Make an agreement in which each task waits for those whose letters it names."""
    agreement = Counting()
    for uid, others in edges.items():
        agreement.set(Uid(uid), Field.EDGES, tuple(others), "new")
    return agreement


def given(agreement: Agreement) -> Given:
    local = {uid: Item(uid, Kind.TASK, fields) for uid, fields in agreement.items.items()}
    remote = {uid: Item(uid, Kind.TASK, {Field.EDGES: ()}, at=n) for n, uid in enumerate(local, 1)}
    stores = {Side.LOCAL: frozenset[Field](), Side.REMOTE: frozenset({Field.EDGES})}
    return Given(Base({}, {}, {}), local, remote, stores, "a1b2c3d4", lambda items, states: {})


@pytest.mark.parametrize(
    ("edges", "expected", "left_out"),
    [
        ({"a": "", "b": "a", "c": "ab"}, "", []),
        ({"a": "b", "b": "a", "c": "a"}, "abc", ["ab", "ba"]),
        ({"a": "c", "b": "a", "c": "b", "d": "ex", "e": ""}, "abc", ["ac", "ba", "cb"]),
        ({"a": "b", "b": "ac", "c": "d", "d": "c"}, "abcd", ["ab", "ba", "cd", "dc"]),
        ({"a": "a"}, "a", ["aa"]),
    ],
)
def test_what_closes_a_circle_is_not_linked_and_all_else_is(
    edges: dict[str, str], expected: str, left_out: list[str]
) -> None:
    agreement = waiting(edges)
    knots = knotted(agreement, given(agreement))

    made = {
        f"{uid}{op.needs[1]}"
        for uid in agreement.items
        for op in edge_changes(agreement, given(agreement), uid, 3, knots)
    }

    assert knots == set(expected)
    assert made == {f"{u}{o}" for u, others in edges.items() for o in others} - {*left_out, "dx"}


def test_looking_for_circles_takes_as_long_as_there_are_links() -> None:
    def asked(count: int) -> int:
        agreement = waiting({chr(0x4E00 + n): chr(0x4E00 + n - 1) if n else "" for n in range(count)})
        assert len(operations(agreement, given(agreement))) == count - 1
        return agreement.asked

    assert asked(800) < 2.5 * asked(400)
