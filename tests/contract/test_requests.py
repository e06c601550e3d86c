"""How many requests a read of a large project costs: what moved, and no more."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import closing

import pytest

from plansync.sandbox.kinds import Reason
from plansync.sandbox.records import Records
from plansync.trackers.base import Thing
from plansync.trackers.mirror import Mirror
from tests.contract.test_conformance_github import Clock, Inside

TASKS = 1000


class Kept(dict[str, bytes]):
    """Where a mirror outlives its run."""

    def put(self, values: Mapping[str, bytes | None]) -> None:
        for key, value in values.items():
            if value is None:
                self.pop(key, None)
            else:
                self[key] = value


async def _costs(records: Records, bench: Inside, closing_: bool) -> list[tuple[int, int]]:
    """Read, let one issue be closed in between where so told, and read again; count requests and 304s."""
    kept, cache, found = Kept(), dict[str, bytes](), []
    linked = {(Thing.ISSUE, number) for number in range(1, TASKS + 1)}
    for turn in range(3):
        tracker = bench.open(cache=cache)
        await Mirror(tracker, kept).read(linked)
        await tracker.aclose()
        found.append((tracker.requests.total, tracker.requests.not_modified))
        if closing_ and turn == 1:
            bench.tick()
            records.close_issue(TASKS // 2, Reason.COMPLETED, "you")
    return found


@pytest.mark.parametrize(("closes", "last"), [(False, (2, 2)), (True, (2, 1))])
def test_a_read_of_1000_issues_made_at_githubs_pace_costs_two_requests(
    closes: bool, last: tuple[int, int]
) -> None:
    """Nothing to do: both unchanged. One closed: one page of what moved, and the milestones, which did not."""
    clock = Clock()
    with closing(Records(now=clock)) as records:
        bench = Inside(records, clock)
        for number in range(TASKS):
            for _ in range(2):  # seconds between two writes, in the long run
                bench.tick()
            records.add_issue(f"Task {number}", "local", body="plansync:", labels=("plansync",))

        costs = asyncio.run(_costs(records, bench, closes))

    assert costs[-1] == last
