"""The GitLab adapter keeps what every adapter promises, on the sandbox: of each tier, in-process and over HTTP."""

from __future__ import annotations

import socket
from collections.abc import Iterator, MutableMapping
from contextlib import closing
from datetime import timedelta
from typing import Any, ClassVar

import httpx
import pytest

from plansync.sandbox.app import REPO, app
from plansync.sandbox.kinds import IssueChanges, Reason, Role, Tier
from plansync.sandbox.records import Records
from plansync.trackers.base import Thing, Tracker
from plansync.trackers.conformance import Bench, Conformance, Trait, Way
from plansync.trackers.gitlab import GitLab
from plansync.trackers.http import in_process
from plansync.trackers.token import Token
from tests.contract.test_conformance_github import PERSON, Broken, Clock, Losing, at_once
from tests.support.sandbox import Sandbox

CANARY, STRANGER = "glpat-canary0123456789", "glpat-stranger0123456789"
ROOT = "/sub"
"""The path that the server is installed under."""
LACKS = {
    Trait.HIDDEN,  # a confidential issue and a deleted one look alike
    Trait.REOPENED,
    Trait.CRLF,
    Trait.BLANKS,
    Trait.LINK_COUNTS,
}
TIERS = {
    Tier.PREMIUM: frozenset(LACKS),
    Tier.FREE: frozenset(LACKS | {Trait.LINKS, Trait.TEAMS}),
    Tier.CE: frozenset(LACKS | {Trait.LINKS, Trait.TEAMS}),
}


class GitLabBench(Bench):
    """The sandbox's records as a GitLab, with a person at them; how they are reached is a subclass's."""

    token = CANARY
    secrets = (CANARY, STRANGER)
    people = ("amara", "Jonas-K")
    nobody = "nobody-here"
    costs: ClassVar = {"is_assignable": 0, "assign": 2, "unassign": 2, "unblock": 2}
    """An issue's people are written as a whole, so they are read first; a link is named by a list alone."""

    def __init__(self, records: Records, tier: Tier) -> None:
        self.records, self.absent = records, TIERS[tier]
        records.play(assignable=self.people, tier=tier)

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
        return GitLab(address, project, token=token, cache=kept, sleep=at_once, **reached)

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

    def estimate(self, ref: int, minutes: int) -> None:
        self.records.change_issue(ref, estimate_s=minutes * 60)

    def inherit(self, title: str) -> int:
        return self.records.add_milestone(title, PERSON, is_inherited=True).id

    def delete(self, thing: Thing, ref: int) -> None:
        if thing is Thing.ISSUE:
            self.records.delete_issue(ref)
        else:
            found = self.records.milestone_with_id(ref)
            assert found
            self.records.delete_milestone(found.number)

    def transfer(self, ref: int) -> None:
        self.records.move_issue(ref, PERSON)

    def other(self) -> int:
        return self.records.change_issue(self.records.add_issue("a part", PERSON).number, kind="task").number


class Inside(GitLabBench):
    """Reached in-process, as a command reaches it."""

    def __init__(self, records: Records, clock: Clock, tier: Tier) -> None:
        super().__init__(records, tier)
        self.clock = clock

    def tick(self) -> None:
        self.clock.now += timedelta(seconds=1)

    def reach(self, way: Way) -> tuple[str, dict[str, Any]]:
        transport = in_process(app(self.records, token=CANARY, root=ROOT))
        wrapped = {Way.LOSSY: Losing(transport), Way.NOWHERE: Broken()}.get(way, transport)
        return f"http://127.0.0.1:7526{ROOT}/api/v4", {"transport": wrapped}


class Served(GitLabBench):
    """Reached over a socket, as any other tracker."""

    def __init__(self, records: Records, sandbox: Sandbox) -> None:
        super().__init__(records, Tier.PREMIUM)
        self.address, self.token = sandbox.place.api_url.replace("/api/v3", "/api/v4"), sandbox.place.token
        self.secrets = (self.token, STRANGER)

    def reach(self, way: Way) -> tuple[str, dict[str, Any]]:
        if way is Way.NOWHERE:
            with socket.socket() as taken:
                taken.bind(("127.0.0.1", 0))
                return f"http://127.0.0.1:{taken.getsockname()[1]}/api/v4", {}
        lossy = {"transport": Losing(httpx.AsyncHTTPTransport(verify=False))}
        return self.address, lossy if way is Way.LOSSY else {}


class TestInProcess(Conformance):
    @pytest.fixture(params=list(Tier), ids=lambda tier: tier.value)
    def bench(self, request: pytest.FixtureRequest) -> Iterator[Bench]:
        clock = Clock()
        with closing(Records(now=clock)) as records:
            yield Inside(records, clock, request.param)


class TestOverHttp(Conformance):
    @pytest.fixture
    def bench(self, sandbox: Sandbox) -> Iterator[Bench]:
        sandbox.restore(sandbox.empty)
        with closing(Records(sandbox.records)) as records:
            yield Served(records, sandbox)
