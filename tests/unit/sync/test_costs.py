"""What writes cost before they are made, and how a run that is stopped or led elsewhere behaves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from plansync.model import Operation, Side, Uid
from plansync.store.state import Target
from plansync.sync.costs import Remaining, cost
from plansync.sync.events import Cost, Event, Progressed
from plansync.sync.stopping import Stop
from plansync.trackers.base import Repository
from plansync.trackers.pacing import Bucket
from tests.unit.sync.bench import Bench


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


def _op(kind: str, side: Side = Side.REMOTE) -> Operation:
    return Operation(side, kind, Uid("aaaaaaa"), (), 1)


def test_what_only_the_plan_gets_is_free() -> None:
    assert cost([_op("tick", Side.LOCAL)], Bucket(), 0.0, 0.5, reads=9) == Cost()


def test_each_write_is_a_request_and_an_edit_looks_first() -> None:
    kinds = ("create-milestone", "create-issue", "update-issue", "add-dependency", "set-assignees")

    found = cost([_op(kind) for kind in kinds], None, 100.0, 0.5, reads=2)

    assert (found.requests, found.writes, found.mails, found.pause_s) == (2 + 1 + 5 + 1, 5, 3, 0.0)
    assert found.seconds == 9 * 0.5


def test_the_pace_is_part_of_the_time_and_answers_are_waited_for_meanwhile() -> None:
    writes = [_op("create-issue")] * 30

    at_once = cost(writes, Bucket(), 100.0, 0.0)
    slowly = cost(writes, Bucket(), 100.0, 2.0)
    full = cost(writes, Bucket(minutes=((0, 500),)), 60.0, 0.0)

    assert (at_once.seconds, at_once.pause_s) == (10.0, 1.0)
    assert (slowly.seconds, slowly.pause_s) == (62.0, 0.0)
    assert full.pause_s == 3_600.0


def test_what_is_left_is_reckoned_anew_every_few_seconds_and_goes_down_between() -> None:
    asked: list[int] = []

    def reckon(left: Sequence[Operation]) -> Cost:
        asked.append(len(left))
        return Cost(seconds=2.0 * len(left))

    remaining = Remaining([_op("create-issue")] * 10, reckon)

    said = [remaining.after(done, now) for done, now in ((0, 100.0), (1, 101.0), (2, 104.5), (3, 105.0))]

    assert said == [20.0, 19.0, 15.5, 14.0]
    assert asked == [10, 7]
    assert Remaining([], lambda left: Cost()).after(0, 1.0) == 0.0


def test_a_run_tells_what_it_will_take_and_how_much_is_left(bench: Bench) -> None:
    told: list[Event] = []

    dry = bench.run("push", is_dry=True)
    done = bench.run("push", listen=told.append)

    steps = [event for event in told if isinstance(event, Progressed)]
    assert dry.cost.writes == done.requests.writes == len(steps)
    assert [(step.number, step.total) for step in steps] == [
        (n, len(steps)) for n in range(1, len(steps) + 1)
    ]


def test_the_sandbox_costs_nothing(bench: Bench) -> None:
    bench.fields["target"] = Target("sandbox", "sandbox", "owner/name")

    assert bench.run("push", is_dry=True).cost == Cost()


def test_a_first_push_that_somebody_confirms_names_whose_token_it_is_and_the_next_does_not(
    bench: Bench,
) -> None:
    first = bench.run("push", names_account=True)
    bench.edit("- [ ] Fill with gravel", "- [x] Fill with gravel")
    second = bench.run("push", names_account=True)

    assert (first.account, second.account) == ("ada", "")
    assert first.repository == Repository("R1", "owner/name")


@pytest.mark.parametrize("name", ["owner/other", "OWNER/Name"])
def test_a_repository_that_is_called_otherwise_now_is_told(bench: Bench, name: str) -> None:
    bench.tracker.here = replace(bench.tracker.here, name=name)

    notes = [note.text for note in bench.run("push").notes]

    told = (
        "owner/name is called owner/other now; the old name leads there at most as long as nobody takes it, "
        'so set repo = "owner/other"'
    )
    assert (told in notes) is (name == "owner/other")


def test_a_pause_ends_when_the_run_is_to_end() -> None:
    async def go() -> tuple[bool, bool]:
        stop = Stop()
        await stop.pause(0.01)
        before = stop.is_asked
        asyncio.get_running_loop().call_later(0.01, stop.ask)
        await stop.pause(60.0)
        return before, stop.is_asked

    began = time.monotonic()

    assert asyncio.run(go()) == (False, True)
    assert time.monotonic() - began < 30
