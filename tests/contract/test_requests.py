"""How many requests a read of a large project costs: what moved, and no more."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta

import pytest

from plansync.sandbox.kinds import Reason, Tier
from plansync.sandbox.records import Records
from plansync.trackers.base import Absence, Thing
from plansync.trackers.mirror import Mirror
from tests.contract.test_conformance_github import Clock, Inside
from tests.contract.test_conformance_gitlab import Inside as InGitLab

TASKS = 1000


class Kept(dict[str, bytes]):
    """Where a mirror outlives its run."""

    def put(self, values: Mapping[str, bytes | None]) -> None:
        for key, value in values.items():
            if value is None:
                self.pop(key, None)
            else:
                self[key] = value


async def _costs(records: Records, bench: Inside | InGitLab, closing_: bool) -> list[tuple[int, int]]:
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


@pytest.mark.parametrize("tier", [Tier.PREMIUM, Tier.FREE])
@pytest.mark.parametrize(("closes", "last"), [(False, (2, 2)), (True, (2, 1))])
def test_a_read_of_1000_issues_made_at_gitlabs_pace_costs_two_requests(
    tier: Tier, closes: bool, last: tuple[int, int]
) -> None:
    """The same: at rest even where eight writes at once made all of them within the overlap of a read."""
    clock = Clock()
    with closing(Records(now=clock)) as records:
        bench = InGitLab(records, clock, tier)
        for number in range(TASKS):
            for _ in range(2 if closes else number % 10 == 0):
                bench.tick()
            records.add_issue(f"Task {number}", "local", body="plansync:", labels=("plansync",))

        costs = asyncio.run(_costs(records, bench, closes))

    assert costs[-1] == last


def test_what_gitlab_was_not_asked_for_is_not_taken_for_missing() -> None:
    """A listing begins where the last read ended; of what lies before that it says nothing."""
    clock = Clock()
    with closing(Records(now=clock)) as records:
        bench = InGitLab(records, clock, Tier.PREMIUM)
        for number in range(5):
            clock.now += timedelta(minutes=10)
            records.add_issue(f"Task {number}", "local", body="plansync:", labels=("plansync",))
        costs = asyncio.run(_after_a_while(records, bench, clock))

    assert costs == [(3, 5), (2, 5), (4, 4)], "labels first; last the issue alone, and the project once"


async def _after_a_while(records: Records, bench: InGitLab, clock: Clock) -> list[tuple[int, int]]:
    """Read; let an hour pass and one issue change, and read; delete that one and read: count requests and records."""
    kept, found = Kept(), []
    linked = {(Thing.ISSUE, number) for number in range(1, 6)}
    for turn in range(3):
        if turn == 1:
            clock.now += timedelta(hours=1)
            bench.edit(3, title="Changed")
        elif turn == 2:
            records.delete_issue(3)
        tracker = bench.open()
        mirror = Mirror(tracker, kept)
        await mirror.read(linked)
        await tracker.aclose()
        found.append((tracker.requests.total, len(mirror.records)))
    return found


def test_a_full_read_takes_fifty_issues_in_a_request() -> None:
    """Where the tracker shows several at once; those that are away are asked about alone."""
    clock = Clock()
    with closing(Records(now=clock)) as records:
        bench = InGitLab(records, clock, Tier.PREMIUM)
        for number in range(100):
            records.add_issue(f"Task {number}", "local", body="plansync:", labels=("plansync",))
        records.delete_issue(50)
        requests, absent = asyncio.run(_full(bench))

    assert absent == {(Thing.ISSUE, 50): Absence.GONE}
    assert requests == 7, "labels, a page of issues, milestones, two batches, one issue, the project"


async def _full(bench: InGitLab) -> tuple[int, dict[tuple[Thing, int], Absence]]:
    tracker = bench.open()
    linked = [(Thing.ISSUE, number) for number in range(1, 101)]
    absent = await Mirror(tracker, Kept()).read(linked, full=True)
    await tracker.aclose()
    return tracker.requests.total, absent
