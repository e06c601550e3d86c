"""One plan, a tracker and a disk in memory, and runs between them that go wrong where a test wants it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from plansync.errors import PlansyncError
from plansync.store import shelf
from plansync.store.journal import Journal
from plansync.store.state import Target
from plansync.sync.events import Report
from plansync.sync.project import Project
from plansync.sync.reading import reader
from plansync.sync.run import Direction, Options, run
from plansync.sync.session import Session
from plansync.trackers.base import Record, Repository, Requests, Thing
from tests.simulation.world import CALM, Clock, Disk, Row, SimTracker

PLAN = """\
# Implementation Plan: Shed

## Phase 1: Ground

### Task 1.1: Dig

- [ ] Mark the corners
- [ ] Take the turf off

### Task 1.2: Level

- [ ] Fill with gravel

## Phase 2: Walls

### Task 2.1: Paint

- [ ] Buy paint

## Success Criteria

- [ ] It stays dry
"""
TARGET = Target("github", "https://tracker.test", "owner/name")


class Tracker(SimTracker):
    """The tracker of the simulation, without lags.

    By how a request begins: `errors` is what it is answered with, `ahead` what happens before it, once.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock, lambda text: None)
        self.is_lagging = False
        self.errors: dict[str, PlansyncError] = {}
        self.ahead: dict[str, Callable[[], object]] = {}
        self.here = Repository("R1", "owner/name")

    def _begin(self, method: str, what: str, *kinds: str) -> str:
        for start in [each for each in self.ahead if f"{method} {what}".startswith(each)]:
            self.ahead.pop(start)()
        for start, error in self.errors.items():
            if f"{method} {what}".startswith(start):
                raise error
        return super()._begin(method, what, *kinds)

    def _record(self, thing: Thing, row: Row) -> Record:
        return replace(
            super()._record(thing, row), url=f"https://tracker.test/owner/name/{thing.value}s/{row.ref}"
        )

    async def repository(self) -> Repository:
        await super().repository()
        return self.here


class Files(Disk):
    """A plan and its state file; `fails`: what a method raises."""

    def __init__(self, plan: bytes) -> None:
        super().__init__(plan)
        self.fails: dict[str, PlansyncError] = {}
        self.reason = ""

    def _fail(self, name: str) -> None:
        if name in self.fails:
            raise self.fails[name]

    def check_writable(self) -> None:
        self._fail("check_writable")

    def replace(self, content: bytes, expected: str) -> str:
        self._fail("replace")
        return super().replace(content, expected) or self.reason

    def write_state(self, content: bytes) -> None:
        self._fail("write_state")
        super().write_state(content)


@dataclass
class Bench:
    """What a test works on. `fields`: what else its project is made of; `at`: what happens at a point, once."""

    plan: str = PLAN
    fields: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock, self.files = Clock(), Files(self.plan.encode())
        self.tracker = Tracker(self.clock)
        self.db = shelf.connect(None)
        self.ids = count(1)
        self.at: dict[str, Callable[[], object]] = {}
        self.journal: type[Journal] = Journal

    def beside(self, other: Bench) -> Bench:
        """Work on the tracker of another one, as a machine that remembers nothing of it."""
        self.tracker, self.clock, self.ids = other.tracker, other.clock, other.ids
        return self

    def close(self) -> None:
        self.db.close()

    # ------------------------------------------------------------------ people

    def edit(self, old: str, new: str) -> None:
        """Change one place of the plan."""
        text = self.text
        assert text.count(old) == 1, old
        self.files.plan = text.replace(old, new).encode()

    @property
    def text(self) -> str:
        return self.files.plan.decode()

    def issue(self, title: str) -> Row:
        (found,) = (row for row in self.tracker.rows.values() if row.title == title)
        return found

    def touch(self, title: str, /, **changes: Any) -> None:
        """Change an issue, or a milestone, as somebody would on the tracker."""
        (key,) = (key for key, row in self.tracker.rows.items() if row.title == title)
        self.clock.pass_(5)
        self.tracker.put(key[0], replace(self.tracker.rows[key], **changes))

    def tick(self, title: str, step: str) -> None:
        body = self.issue(title).body
        assert f"[ ] {step}" in body
        self.touch(title, body=body.replace(f"[ ] {step}", f"[x] {step}"))

    def write(self, title: str, **fields: Any) -> int:
        """Open an issue by hand; says its number."""
        number = self.tracker.number(Thing.ISSUE)
        self.tracker.put(Thing.ISSUE, Row(number, title, **fields))
        return number

    def delete(self, title: str) -> None:
        (key,) = (key for key, row in self.tracker.rows.items() if row.title == title)
        del self.tracker.rows[key]

    # -------------------------------------------------------------------- runs

    def _point(self, name: str) -> None:
        if act := self.at.pop(name, None):
            act()

    async def _sleep(self, seconds: float) -> None:
        self.clock.pass_(seconds)

    def project(self) -> Project:
        self.files.weather = self.tracker.weather = CALM
        project = Project(
            name="plan",
            path="plan.md",
            parse=reader("plan.md"),
            files=self.files,
            target=TARGET,
            tracker=self.tracker,
            keeper=shelf.Shelf(self.db, "records"),
            journal=lambda lineage: self.journal(self.db, lineage, self.clock.stamp()),
            lock=lambda command: contextlib.nullcontext(),
            now=self.clock.now,
            new_id=lambda: f"{next(self.ids):08x}",
            sleep=self._sleep,
            monotonic=lambda: self.clock.seconds,
            at_point=self._point,
        )
        return replace(project, **self.fields)

    def run(self, direction: str = "sync", **options: Any) -> Report:
        """Run once, after a while."""
        self.clock.pass_(5)
        self.tracker.requests = Requests()
        made = Options(Direction(direction), **options)
        return asyncio.run(run(self.project(), direction, made))

    def read(self, then: Callable[[Session], Awaitable[object]] | None = None) -> Session:
        """Look at both sides as a run does, and do something with that."""

        async def look() -> Session:
            session = Session(self.project(), lambda event: None)
            await session.read_tracker()
            if then:
                await then(session)
            return session

        self.clock.pass_(5)
        return asyncio.run(look())

    def is_settled(self) -> bool:
        """Whether one more run finds nothing to write and nothing to ask."""
        report = self.run()
        return not (report.error or report.done or report.conflicts or report.requests.writes)

    def outcomes(self) -> list[str]:
        """List what the local memory says of the rows of the last run."""
        rows = self.db.execute("SELECT kind, state FROM journal ORDER BY number")
        return [f"{kind} {state}" for kind, state in rows]


def kinds(report: Report, *statuses: str) -> list[str]:
    """List the operations that ended so."""
    return [d.operation.kind for d in report.done if d.status in statuses]


def notes(report: Report) -> list[str]:
    return [note.text for note in report.notes]
