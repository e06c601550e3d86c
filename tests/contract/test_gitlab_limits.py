"""What GitLab refuses for a moment: too quick a pace, a record that another write holds, a server that stumbles.

Writes go eight at once, as a run sends them, against a tracker that counts and fails as GitLab does.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import closing

import pytest

from plansync.errors import OutcomeUnknown
from plansync.sandbox.app import REPO, TOKEN, app
from plansync.sandbox.kinds import Fault, Issue, Query
from plansync.sandbox.records import Records
from plansync.trackers.base import Thing
from plansync.trackers.gitlab import TRAITS, GitLab
from plansync.trackers.http import in_process
from plansync.trackers.token import Token
from tests.contract.test_limits import Counted, Hourglass


@pytest.fixture
def clock() -> Hourglass:
    return Hourglass()


@pytest.fixture
def records(clock: Hourglass) -> Iterator[Records]:
    with closing(Records(now=clock)) as opened:
        yield opened


async def at_once(writes: Iterable[Callable[[], Awaitable[object]]]) -> None:
    """Send writes, as many at once as GitLab takes."""
    free = asyncio.Semaphore(TRAITS.writes_at_once)

    async def one(write: Callable[[], Awaitable[object]]) -> None:
        async with free:
            await write()

    await asyncio.gather(*map(one, writes))


def run(records: Records, clock: Hourglass, story: Callable[[GitLab], Awaitable[None]]) -> Counter[int]:
    """Play a story, and count the statuses of the answers."""
    counted = Counted(in_process(app(records, token=TOKEN)))

    async def play() -> None:
        adapter = GitLab(
            "http://127.0.0.1:7526/api/v4",
            REPO,
            token=Token(TOKEN),
            transport=counted,
            sleep=clock.sleep,
            now=clock.unix_s,
            max_wait_s=600,
        )
        await story(adapter)
        await adapter.aclose()

    asyncio.run(play())
    return counted.statuses


def making(many: int) -> Callable[[GitLab], Awaitable[None]]:
    async def story(adapter: GitLab) -> None:
        await at_once(
            lambda number=number: adapter.create(Thing.ISSUE, {"title": f"t{number}"})  # type: ignore[misc]
            for number in range(many)
        )

    return story


def test_the_limit_on_creations_is_waited_for_and_nothing_is_made_twice(
    records: Records, clock: Hourglass
) -> None:
    """It is told in JSON and without a time: a minute is waited."""
    records.play(creations_max=200)
    began = clock()

    statuses = run(records, clock, making(500))

    assert (statuses[201], sum(statuses.values()) - statuses[201]) == (500, statuses[429])
    assert 0 < statuses[429] <= 2 * TRAITS.writes_at_once
    assert sorted(each.number for each in _issues(records)) == list(range(1, 501))
    assert 120 <= (clock() - began).total_seconds() <= 60 * statuses[429]


def test_the_limit_on_requests_is_waited_for_until_its_minute_is_over(
    records: Records, clock: Hourglass
) -> None:
    """It is told in plain text, with Retry-After."""
    records.play(minutely_max=50)

    statuses = run(records, clock, making(60))

    assert statuses[201] == len(_issues(records)) == 60
    assert 0 < statuses[429] <= TRAITS.writes_at_once


@pytest.mark.parametrize("fault", [Fault.LOCK, Fault.THROTTLE, Fault.LIMIT])
def test_a_create_that_was_refused_for_a_moment_is_made_once(
    records: Records, clock: Hourglass, fault: Fault
) -> None:
    records.play(faults=(fault,))

    run(records, clock, making(10))

    assert len(_issues(records)) == 10


def test_a_write_that_met_another_one_is_sent_again_after_a_look(records: Records, clock: Hourglass) -> None:
    records.add_issue("Old", "local")
    records.play(faults=(Fault.LOCK, Fault.LOCK))

    async def story(adapter: GitLab) -> None:
        await adapter.look(Thing.ISSUE, 1)
        await adapter.update(Thing.ISSUE, 1, {"title": "New"})

    statuses = run(records, clock, story)

    assert statuses == {409: 2, 200: 4}
    assert [each.title for each in _issues(records)] == ["New"]


def test_a_gateway_that_fails_is_asked_again_to_read_and_never_to_write(
    records: Records, clock: Hourglass
) -> None:
    records.play(faults=(Fault.BROKEN,))

    async def story(adapter: GitLab) -> None:
        assert await adapter.newest() == ()
        records.play(faults=(Fault.BROKEN,))
        with pytest.raises(OutcomeUnknown):
            await adapter.create(Thing.ISSUE, {"title": "t"})

    assert run(records, clock, story) == {502: 2, 200: 1}


def test_eight_writes_to_one_issue_all_land(records: Records, clock: Hourglass) -> None:
    """Each sends no more than its own change, so none takes another's away."""
    records.add_issue("One", "local")

    async def story(adapter: GitLab) -> None:
        await at_once(lambda n=n: adapter.label(1, (f"label {n}",)) for n in range(8))  # type: ignore[misc]

    run(records, clock, story)

    (issue,) = _issues(records)
    assert {label.name for label in issue.labels} == {f"label {n}" for n in range(8)}


def _issues(records: Records) -> list[Issue]:
    return records.issues(Query())[0]
