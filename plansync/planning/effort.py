"""Progress by time and by points, where the plan has estimates of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from plansync.durations import Duration
from plansync.model import State, Uid
from plansync.planning.estimates import Estimate


class Effort(NamedTuple):
    """Time done and in all, of the tasks that count: dropped ones do not.

    `unestimated` counts the tasks that say no time; they weigh nothing.
    """

    done: Duration
    total: Duration
    unestimated: int

    @property
    def left(self) -> Duration:
        """Time of the tasks to do."""
        return Duration(self.total.low - self.done.low, self.total.high - self.done.high)

    @property
    def percent(self) -> int:
        """Whole percents of the time, rounded down: 100 only when all estimated work is done."""
        return self.done.high * 100 // self.total.high if self.total.high else 0


def effort(states: Mapping[Uid, State], times: Mapping[Uid, Duration]) -> Effort:
    """Add up the time of some tasks. `times`: the tasks that have an estimate."""
    counting = [u for u, s in states.items() if s is not State.DROPPED]
    done = [times[u] for u in counting if u in times and states[u] is State.DONE]
    total = [times[u] for u in counting if u in times]
    return Effort(_sum(done), _sum(total), len(counting) - len(total))


def _sum(times: list[Duration]) -> Duration:
    return Duration(sum(t.low for t in times), sum(t.high for t in times))


class Points(NamedTuple):
    """Points done and in all."""

    done: float
    total: float


def points(states: Mapping[Uid, State], found: Mapping[Uid, Estimate]) -> Points:
    """Add up the points of some tasks; dropped ones do not count."""
    counting = [(s, p) for u, s in states.items() if s is not State.DROPPED and (p := found[u].points)]
    return Points(sum(p for s, p in counting if s is State.DONE), sum(p for _, p in counting))
