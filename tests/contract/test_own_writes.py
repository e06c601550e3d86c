"""What a run wrote itself is no news to the next one, though GitLab moves an issue with each of its links."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest

from plansync.sandbox.kinds import Tier
from plansync.sandbox.records import Records
from plansync.trackers.base import Record, Thing
from plansync.trackers.mirror import Mirror
from tests.contract.test_conformance_github import Clock
from tests.contract.test_conformance_gitlab import Inside
from tests.contract.test_requests import Kept

LINKED = {(Thing.ISSUE, number) for number in (1, 2, 3)}


async def _write(bench: Inside, kept: Kept) -> None:
    """Make three issues: the second waits for the first, and the third takes a while."""
    tracker = bench.open()
    mirror = Mirror(tracker, kept)
    await mirror.read(())
    made = []
    for number in (1, 2, 3):
        bench.tick()
        made.append(await tracker.create(Thing.ISSUE, {"title": f"Task {number}", "body": "plansync:"}))
        mirror.keep(replace(made[-1], blockers=()), is_own=True)
    bench.tick()
    minutes = await tracker.estimate(3, 90)
    mirror.keep(replace(made[2], blockers=(), estimate=minutes), is_own=True)
    bench.tick()
    answer = await tracker.block(2, made[0])
    mirror.keep(replace(answer, blockers=(1,)), is_own=True)
    await tracker.aclose()


async def _read(bench: Inside, kept: Kept) -> tuple[int, dict[int, Record]]:
    """Read as the next run does; count the requests."""
    tracker = bench.open()
    mirror = Mirror(tracker, kept)
    await mirror.read(LINKED, edges=LINKED)
    await tracker.aclose()
    return tracker.requests.total, {record.ref: record for record in mirror.records.values()}


def _play(*acts: Callable[[Inside], None]) -> list[tuple[int, dict[int, Record]]]:
    """Write; after each act, by a person and a while later, read."""
    clock, kept, found = Clock(), Kept(), []
    with closing(Records(now=clock)) as records:
        bench = Inside(records, clock, Tier.PREMIUM)
        asyncio.run(_write(bench, kept))
        for act in acts:
            bench.tick()
            act(bench)
            found.append(asyncio.run(_read(bench, kept)))
    return found


def nothing(bench: Inside) -> None:
    """Leave all as it is."""


def test_the_next_read_costs_two_requests_and_shows_what_was_written() -> None:
    (requests, records), (again, _) = _play(nothing, nothing)

    assert [records[ref].blockers for ref in (1, 2, 3)] == [(), (1,), ()]
    assert records[3].estimate == 90
    assert (requests, again) == (2, 2)


@pytest.mark.parametrize("waits", [1, 3])
def test_a_link_by_a_person_is_seen_though_nothing_else_moved(waits: int) -> None:
    """The issue was moved by a write of ours too, but not that far."""
    ((_, records),) = _play(lambda bench: bench.link(waits, 2 if waits == 3 else 3))

    assert records[waits].blockers == ((2,) if waits == 3 else (3,))


def test_a_link_by_a_person_is_seen_after_a_read_too() -> None:
    (_, before), (_, after) = _play(nothing, lambda bench: bench.link(3, 1))

    assert (before[3].blockers, after[3].blockers) == ((), (1,))


def test_another_change_by_a_person_lets_the_links_be_read() -> None:
    ((requests, records),) = _play(lambda bench: bench.edit(1, title="By a person"))

    assert (records[1].title, records[1].blockers) == ("By a person", ())
    assert requests == 3
