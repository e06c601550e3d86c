"""The GitHub adapter keeps what every adapter promises, on the sandbox: over HTTP on loopback, and in-process."""

from __future__ import annotations

import socket
from collections.abc import Iterator, MutableMapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from plansync.sandbox.app import REPO, app
from plansync.sandbox.kinds import IssueChanges, Reason, Role
from plansync.sandbox.records import Records
from plansync.trackers.base import Thing, Tracker
from plansync.trackers.conformance import Bench, Conformance, Trait, Way
from plansync.trackers.conformance.links import Links
from plansync.trackers.github import GitHub
from plansync.trackers.http import in_process
from plansync.trackers.token import Token
from tests.support.sandbox import Sandbox

PERSON = "you"
CANARY, STRANGER = "ghp_canary0123456789", "ghp_stranger0123456789"


class Losing(httpx.AsyncBaseTransport):
    """A network on which writes arrive and their answers do not."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self.inner.handle_async_request(request)
        if request.method == "GET":
            return answer
        await answer.aread()
        raise httpx.ReadError("the connection was reset", request=request)

    async def aclose(self) -> None:
        await self.inner.aclose()


class Broken(httpx.AsyncBaseTransport):
    """A network that leads nowhere."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody listens", request=request)


async def at_once(wait_s: float) -> None:
    """Wait for nothing."""


class Clock:
    """A clock that stands still until it is told to move on."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class SandboxBench(Bench):
    """The sandbox's records, with a person at them; how they are reached is a subclass's."""

    absent = frozenset({Trait.HIDDEN, Trait.ESTIMATES, Trait.INHERITED})
    token = CANARY
    secrets = (CANARY, STRANGER)
    people = ("amara", "Jonas-K")
    nobody = "nobody-here"

    def __init__(self, records: Records) -> None:
        self.records = records
        records.play(assignable=self.people)

    def reach(self, way: Way) -> tuple[str, dict[str, Any]]:
        """Give an address and the transport to it."""
        raise NotImplementedError

    def open(self, way: Way = Way.USUAL, cache: MutableMapping[str, bytes] | None = None) -> Tracker:
        address, reached = self.reach(way)
        if way is Way.READER:
            self.records.play(role=Role.READ)
        token = Token(STRANGER if way is Way.STRANGER else self.token)
        project = "local/nothing" if way is Way.ELSEWHERE else REPO
        kept = {} if cache is None else cache
        return GitHub(address, project, token=token, cache=kept, is_paced=False, sleep=at_once, **reached)

    def edit(self, ref: int, *, title: str | None = None, body: str | None = None) -> None:
        changes: IssueChanges = {}
        if title is not None:
            changes["title"] = title
        if body is not None:
            changes["body"] = body
        self.records.change_issue(ref, **changes)

    def close(self, ref: int) -> None:
        self.records.close_issue(ref, Reason.COMPLETED, PERSON)

    def comment(self, ref: int) -> None:
        self.records.add_comment(ref, "noted", PERSON)

    def link(self, ref: int, blocker: int) -> None:
        self.records.relations.block(ref, blocker)

    def delete(self, thing: Thing, ref: int) -> None:
        (self.records.delete_issue if thing is Thing.ISSUE else self.records.delete_milestone)(ref)

    def transfer(self, ref: int) -> None:
        self.records.transfer_issue(ref)

    def other(self) -> int:
        return self.records.add_issue("a change", PERSON, is_pull=True).number


class Inside(SandboxBench):
    """Reached in-process, as a command reaches it."""

    def __init__(self, records: Records, clock: Clock) -> None:
        super().__init__(records)
        self.clock = clock

    def tick(self) -> None:
        self.clock.now += timedelta(seconds=1)

    def reach(self, way: Way) -> tuple[str, dict[str, Any]]:
        transport = in_process(app(self.records, token=CANARY))
        wrapped = {Way.LOSSY: Losing(transport), Way.NOWHERE: Broken()}.get(way, transport)
        return "http://127.0.0.1:7526/api/v3", {"transport": wrapped}


class Served(SandboxBench):
    """Reached over a socket, as any other tracker."""

    def __init__(self, records: Records, sandbox: Sandbox) -> None:
        super().__init__(records)
        self.address, self.token = sandbox.place.api_url, sandbox.place.token
        self.secrets = (self.token, STRANGER)

    def reach(self, way: Way) -> tuple[str, dict[str, Any]]:
        if way is Way.NOWHERE:
            with socket.socket() as taken:
                taken.bind(("127.0.0.1", 0))
                return f"http://127.0.0.1:{taken.getsockname()[1]}/api/v3", {}
        lossy = {"transport": Losing(httpx.AsyncHTTPTransport(verify=False))}
        return self.address, lossy if way is Way.LOSSY else {}


class TestInProcess(Conformance):
    @pytest.fixture
    def bench(self) -> Iterator[Bench]:
        clock = Clock()
        with closing(Records(now=clock)) as records:
            yield Inside(records, clock)


class TestOverHttp(Conformance):
    @pytest.fixture
    def bench(self, sandbox: Sandbox) -> Iterator[Bench]:
        sandbox.restore(sandbox.empty)
        with closing(Records(sandbox.records)) as records:
            yield Served(records, sandbox)


class TestWithoutLinks(Links):
    """Enterprise servers before 3.19 know nothing of dependencies."""

    @pytest.fixture
    def bench(self) -> Iterator[Bench]:
        clock = Clock()
        with closing(Records(now=clock)) as records:
            records.play(has_dependencies=False)
            opened = Inside(records, clock)
            opened.absent |= {Trait.LINKS}
            yield opened
