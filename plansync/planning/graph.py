"""What waits for what: the tasks of a plan as a graph, by the dependencies they name.

Where no task names one, the plan's own order is the order: each task waits for the one before it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from plansync.model import Field, Item, Kind, Snapshot, Uid, uids_of


@dataclass(frozen=True, slots=True)
class Graph:
    """Tasks, what each needs first, and one order in which all can be done.

    `needs` holds every task, in the plan's order. `unclear`: tasks that name a dependency which the
    plan does not have, or has twice; of these it is unknown what they wait for. `cycle`: tasks that
    wait for each other in a circle, first to last and the first again; then `order` is empty.
    """

    needs: Mapping[Uid, tuple[Uid, ...]]
    order: tuple[Uid, ...]
    is_implied: bool = False
    unclear: frozenset[Uid] = frozenset()
    cycle: tuple[Uid, ...] = ()

    @property
    def ready(self) -> tuple[Uid, ...]:
        """List the tasks that wait for nothing."""
        return tuple(u for u, needed in self.needs.items() if not needed and u not in self.unclear)

    @property
    def waiting(self) -> dict[Uid, tuple[Uid, ...]]:
        """Tell which tasks wait, and for which."""
        return {u: needed for u, needed in self.needs.items() if needed}

    def only(self, kept: Container[Uid]) -> Graph:
        """Leave tasks out, as if they were done: what needed them does not wait for them any more."""
        tasks = [u for u in self.needs if u in kept]
        unclear = self.unclear.intersection(tasks)
        if self.is_implied:
            return _sorted(_one_by_one(tasks), unclear, is_implied=True)
        needs = {u: tuple(n for n in self.needs[u] if n in kept) for u in tasks}
        if self.cycle:
            return _sorted(needs, unclear)
        return Graph(needs, tuple(u for u in self.order if u in kept), unclear=unclear)


def graph(items: Snapshot, partly: Mapping[Uid, tuple[Uid, ...]] | None = None) -> Graph:
    """Build the graph of a plan's tasks.

    `partly`: of tasks whose dependencies are not all known, those that are.
    """
    tasks = {u: i for u, i in items.items() if i.kind is Kind.TASK}
    unclear = frozenset(u for u, i in tasks.items() if Field.DEPENDS not in i.fields)
    known = partly or {}
    needs = {
        u: tuple(n for n in known.get(u, ()) if n in tasks) or _needed(i, tasks) for u, i in tasks.items()
    }
    if unclear or any(needs.values()):
        return _sorted(needs, unclear)
    return _sorted(_one_by_one(tasks), unclear, is_implied=len(tasks) > 1)


def _needed(task: Item, tasks: Container[Uid]) -> tuple[Uid, ...]:
    """List the tasks that a task names; free words name none."""
    return tuple(dict.fromkeys(u for u in uids_of(task, Field.DEPENDS) if u in tasks))


def _one_by_one(tasks: Iterable[Uid]) -> dict[Uid, tuple[Uid, ...]]:
    tasks = list(tasks)
    return dict.fromkeys(tasks[:1], ()) | {after: (before,) for before, after in pairwise(tasks)}


def _sorted(
    needs: Mapping[Uid, tuple[Uid, ...]], unclear: frozenset[Uid], *, is_implied: bool = False
) -> Graph:
    if _is_in_order(needs):
        return Graph(needs, tuple(needs), is_implied, unclear)
    try:
        order = tuple(TopologicalSorter(needs).static_order())
    except CycleError as error:
        return Graph(needs, (), is_implied, unclear, _from_first(error.args[1][:-1], needs))
    return Graph(needs, order, is_implied, unclear)


def _is_in_order(needs: Mapping[Uid, tuple[Uid, ...]]) -> bool:
    """Say whether each task stands after all that it needs: nearly every plan is written so."""
    seen: set[Uid] = set()
    for uid, needed in needs.items():
        if not seen.issuperset(needed):
            return False
        seen.add(uid)
    return True


def _from_first(circle: list[Uid], tasks: Iterable[Uid]) -> tuple[Uid, ...]:
    """Begin a circle with the task that stands first in the plan, and close it."""
    inside = set(circle)
    first = circle.index(next(u for u in tasks if u in inside))
    return (*circle[first:], *circle[:first], circle[first])
