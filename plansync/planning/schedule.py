"""When each task can be done, and which chain of tasks decides how long the whole takes.

The critical path method: a forward pass gives the earliest times, a backward pass the latest ones.
As many hands as needed are assumed; all times are working minutes from the start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from plansync.durations import Duration
from plansync.model import Uid
from plansync.planning.graph import Graph

_NO_TIME = Duration(0, 0)


@dataclass(frozen=True, slots=True)
class Timing:
    """When one task can be done, by the upper end of the estimates.

    A task without an estimate takes no time, and `is_estimated` says so.
    """

    duration: Duration
    is_estimated: bool
    earliest_start_min: int
    earliest_finish_min: int
    latest_start_min: int
    latest_finish_min: int

    @property
    def slack_min(self) -> int:
        """How long the task can be late before all is late."""
        return self.latest_start_min - self.earliest_start_min

    @property
    def is_critical(self) -> bool:
        """Whether all is late when this task is."""
        return self.slack_min == 0


@dataclass(frozen=True, slots=True)
class Schedule:
    """All tasks' times, the critical path from its first task to its last, and how long that takes."""

    timings: Mapping[Uid, Timing]
    critical_path: tuple[Uid, ...]
    length: Duration


def schedule(graph: Graph, times: Mapping[Uid, Duration]) -> Schedule | None:
    """Lay out the tasks of a graph; `None` where some wait for each other in a circle.

    `times`: the tasks that have an estimate.
    """
    if graph.cycle:
        return None
    highs = {u: times.get(u, _NO_TIME).high for u in graph.order}
    finish = _forward(graph, highs)
    length = max(finish.values(), default=0)
    latest = _backward(graph, highs, length)
    timings = {
        u: Timing(
            duration=times.get(u, _NO_TIME),
            is_estimated=u in times,
            earliest_start_min=finish[u] - highs[u],
            earliest_finish_min=finish[u],
            latest_start_min=latest[u] - highs[u],
            latest_finish_min=latest[u],
        )
        for u in graph.needs
    }
    lows = _forward(graph, {u: times.get(u, _NO_TIME).low for u in graph.order})
    return Schedule(timings, _longest_chain(graph, finish), Duration(max(lows.values(), default=0), length))


def _forward(graph: Graph, minutes: Mapping[Uid, int]) -> dict[Uid, int]:
    """Give each task's earliest finish."""
    finish: dict[Uid, int] = {}
    for uid in graph.order:
        finish[uid] = max((finish[n] for n in graph.needs[uid]), default=0) + minutes[uid]
    return finish


def _backward(graph: Graph, minutes: Mapping[Uid, int], length: int) -> dict[Uid, int]:
    """Give each task's latest finish."""
    latest = dict.fromkeys(graph.order, length)
    for uid in reversed(graph.order):
        for needed in graph.needs[uid]:
            latest[needed] = min(latest[needed], latest[uid] - minutes[uid])
    return latest


def _longest_chain(graph: Graph, finish: Mapping[Uid, int]) -> tuple[Uid, ...]:
    """Follow the tasks that decide the length back from the last one.

    Among chains of the same time the one of most tasks: so a plan without estimates has a path too.
    """
    hops: dict[Uid, int] = {}
    before: dict[Uid, Uid | None] = {}
    for uid in graph.order:
        before[uid] = max(graph.needs[uid], key=lambda n: (finish[n], hops[n]), default=None)
        hops[uid] = hops.get(before[uid], 0) + 1  # type: ignore[arg-type]
    chain: list[Uid] = []
    at = max(graph.needs, key=lambda u: (finish[u], hops[u]), default=None)
    while at is not None:
        chain.append(at)
        at = before[at]
    return tuple(reversed(chain))
