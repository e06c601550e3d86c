"""The adapter's pace against a tracker that counts as GitHub does: two independent readings of the same limit."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from plansync.sandbox.app import REPO, TOKEN, app
from plansync.sandbox.records import Records
from plansync.trackers.base import Thing
from plansync.trackers.github import GitHub
from plansync.trackers.http import in_process
from plansync.trackers.token import Token

A_MINUTE = 80  # creations, of the API and the web together: GitHub REST docs, "Rate limits"


class Hourglass:
    """A clock that moves when somebody waits."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 22, 10, 0, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def unix_s(self) -> float:
        return self.at.timestamp()

    async def sleep(self, wait_s: float) -> None:
        self.at += timedelta(seconds=wait_s)


class Counted(httpx.AsyncBaseTransport):
    """Counts what was answered, by status."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner, self.statuses = inner, Counter[int]()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self.inner.handle_async_request(request)
        self.statuses[answer.status_code] += 1
        return answer


@pytest.fixture
def clock() -> Hourglass:
    return Hourglass()


@pytest.fixture
def records(clock: Hourglass) -> Iterator[Records]:
    with closing(Records(now=clock)) as opened:
        yield opened


def create(records: Records, clock: Hourglass, many: int, *, is_paced: bool) -> Counter[int]:
    """Make so many issues, and give the statuses of the answers."""
    counted = Counted(in_process(app(records, token=TOKEN)))

    async def run() -> None:
        github = GitHub(
            "http://127.0.0.1:7526/api/v3",
            REPO,
            token=Token(TOKEN),
            transport=counted,
            sleep=clock.sleep,
            now=clock.unix_s,
            is_paced=is_paced,
            max_wait_s=7200,
        )
        for number in range(many):
            await github.create(Thing.ISSUE, {"title": f"t{number}"})
        await github.aclose()

    asyncio.run(run())
    return counted.statuses


def test_the_pace_never_meets_the_limit_of_a_minute(records: Records, clock: Hourglass) -> None:
    records.play(creations_max=A_MINUTE)

    assert create(records, clock, 200, is_paced=True) == {201: 200}


def test_without_a_pace_the_limit_is_met_and_waited_for(records: Records, clock: Hourglass) -> None:
    records.play(creations_max=A_MINUTE)

    assert create(records, clock, 200, is_paced=False) == {201: 200, 403: 2}


def test_the_hours_limit_is_waited_for_until_it_is_over(records: Records, clock: Hourglass) -> None:
    records.play(hourly_max=50)

    assert create(records, clock, 60, is_paced=False) == {201: 60, 403: 1}
    assert clock() >= datetime(2026, 11, 22, 11, 0, 0, tzinfo=UTC)
