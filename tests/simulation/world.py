"""The world that a history plays in: a tracker, a disk, a clock, and everything that may go wrong."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random
from typing import Any, NamedTuple

from plansync.errors import AuthError, Moved, Rejected, Unsupported
from plansync.model import State
from plansync.store.files import digest
from plansync.trackers.base import Absence, Page, Record, Repository, Requests, Thing, Traits, Written
from plansync.trackers.github import TRAITS
from plansync.trackers.pacing import Bucket
from tests.simulation import faults

_EPOCH = 1_750_000_000
_RE_READ = (
    "update-issue",
    "set-milestone",
    "close-issue",
    "reopen-issue",
    "update-milestone",
    "set-estimate",
)
_WINDOW = (*(f"intended {kind}" for kind in _RE_READ), "before PATCH", "before POST estimate")
_RE_READS = ("after GET issue", "after GET milestone")
_AT_ONCE = 32  # points: eight re-reads and their writes at once
_PAGE, _NEWEST_PAGE = 5, 30
MARKED = re.compile(r"plansync:(?:begin|milestone) .*?plan=(\w{8}) id=(\w{7})")
_BOX = re.compile(r"^ *- \[.\] .*$", re.MULTILINE)
_REV = re.compile(r"plansync:begin .*? rev=(\d+) ")


def _boxes(body: str) -> list[str]:
    return _BOX.findall(body)


class Crash(BaseException):
    """The process is gone; nothing that follows happens."""


class Broken(AssertionError):
    """A promise that did not hold."""


class Clock:
    """Seconds that pass only when something takes time."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(_EPOCH + self.seconds, UTC)

    def stamp(self) -> str:
        """Show the time as trackers do, in whole seconds."""
        return datetime.fromtimestamp(_EPOCH + int(self.seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def pass_(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass(slots=True)
class Weather:
    """What goes wrong in one run. `crash_at` counts points, of which every request and write is two.

    `visits`: what somebody does when a point is reached, by its number. `rereads`: the points at which records were
    read again that are to be written at once, while other writes go on.
    """

    rng: Random
    rate: float = 0.0
    crash_at: int = 0
    visits: dict[int, Callable[[], None]] = field(default_factory=dict)
    points: int = 0
    rereads: dict[object, int] = field(default_factory=dict)
    is_signed_out: bool = False
    log: Callable[[str], None] = lambda text: None

    def point(self, name: str) -> None:
        """Pass a point at which a run may die, or somebody may act."""
        self.points += 1
        if self.points == self.crash_at:
            self.log(f"    dies at point {self.points}, {name}")
        if self.crash_at and self.points >= self.crash_at:  # nor does another task of the dead process go on
            raise Crash(name)
        # Between the re-read of an issue and its write nobody can be protected: no tracker compares and swaps.
        is_open = not name.startswith(_WINDOW) and name not in _RE_READS and not self._is_between()
        due = [at for at in self.visits if at <= self.points]
        if is_open and due:
            self.visits.pop(min(due))()

    def _is_between(self) -> bool:
        return any(self.points - at < _AT_ONCE for at in self.rereads.values())

    def draw(self, *kinds: str) -> str:
        """Pick what goes wrong with one request, mostly nothing."""
        if self.rate and self.rng.random() < self.rate:
            return self.rng.choice(kinds)
        return ""


CALM = Weather(Random(0))


@dataclass(frozen=True, slots=True)
class Row:
    """One record as the tracker keeps it; a number may belong to a pull request."""

    ref: int
    title: str
    body: str = ""
    state: State = State.TODO
    updated: str = ""
    milestone: int | None = None
    labels: tuple[str, ...] = ()
    is_pull: bool = False
    visible_at: float = 0.0
    created: str = ""
    reason: str = ""
    assignees: tuple[str, ...] = ()
    blockers: tuple[int, ...] = ()
    due: str = ""
    estimate: int = 0


class Late(NamedTuple):
    """A write whose sender gave up: it lands at `at`, unless its record was written meanwhile."""

    at: float
    thing: Thing
    then: Row | None
    row: Row


class SimTracker:
    """A tracker in memory: whole seconds, small pages, lists that lag behind writes."""

    keeps_estimates = False

    def __init__(self, clock: Clock, log: Callable[[str], None]) -> None:
        self.clock, self.log = clock, log
        self.requests = Requests()
        self.weather = CALM
        self.rows: dict[tuple[Thing, int], Row] = {}
        self.before: dict[tuple[Thing, int], Row | None] = {}
        self.numbers = {Thing.ISSUE: 0, Thing.MILESTONE: 0}
        self.is_stale_within_seconds = False
        self.is_lagging = True
        self.late: list[Late] = []
        self.unseen: set[int] = set()  # issues that a late write changed since they were last read themselves
        self.came_late: set[int] = set()  # the same, since the witness last looked
        self.chances = faults.ALL

    @property
    def traits(self) -> Traits:
        return TRAITS

    @property
    def bucket(self) -> Bucket | None:
        return None

    async def account(self) -> str:
        return "ada"

    async def is_protected(self, branch: str) -> bool | None:
        return None

    # -------------------------------------------------------------- records

    def issues(self) -> list[Row]:
        return [r for (thing, _), r in self.rows.items() if thing is Thing.ISSUE and not r.is_pull]

    def milestone_rows(self) -> list[Row]:
        return [r for (thing, _), r in self.rows.items() if thing is Thing.MILESTONE]

    def stamp(self) -> str:
        """Show the time as this tracker does."""
        return self.clock.stamp()

    def put(self, thing: Thing, row: Row) -> Row:
        """Keep a record as it is from now on."""
        now = self.stamp()
        row = replace(row, updated=now, created=row.created or now)
        self.before = {(thing, row.ref): self.rows.get((thing, row.ref))}
        self.rows[thing, row.ref] = row
        return row

    def catch_up(self) -> None:
        """Finish the writes whose time has come."""
        due = [late for late in self.late if late.at <= self.clock.seconds]
        self.late = [late for late in self.late if late not in due]
        for thing, then, row in (late[1:] for late in due):
            is_free = self.rows.get((thing, row.ref)) is then and not self._is_taken(thing, row)
            self.log(f"    {'late' if is_free else 'too late'}: {thing.value} #{row.ref}")
            if is_free:
                self.unseen.add(row.ref)
                self.came_late |= {row.ref} - {0}
                self.put(thing, row if row.ref else replace(row, ref=self.number(thing)))

    def _is_taken(self, thing: Thing, row: Row) -> bool:
        others = self.milestone_rows() if thing is Thing.MILESTONE else []
        return any(r.title == row.title and r.ref != row.ref for r in others)

    def number(self, thing: Thing) -> int:
        self.numbers[thing] += 1
        return self.numbers[thing]

    def _record(self, thing: Thing, row: Row) -> Record:
        url = f"https://tracker.test/{thing.value}s/{row.ref}"
        node = f"{thing.value[0]}{row.ref}"
        shown = Record(
            thing, row.ref, row.title, row.state, row.body, url, row.updated, row.milestone, row.labels, node
        )
        is_open = row.state is State.TODO
        return replace(
            shown,
            created=row.created,
            is_duplicate=row.reason == "duplicate" and not is_open,
            is_reopened=row.reason == "reopened" and is_open,
            assignees=row.assignees,
            key=row.ref,
            blockers=None if row.blockers else (),
            blocked_by=len(row.blockers),
            due=row.due,
        )

    def _listed(self, thing: Thing, *, is_stale: bool) -> list[Row]:
        rows = {key: row for key, row in self.rows.items() if key[0] is thing}
        if is_stale:
            for key, row in self.before.items():
                if key in rows and row is None and self.is_lagging:
                    del rows[key]
                elif (
                    key in rows
                    and row is not None
                    and (self.is_stale_within_seconds or row.updated != rows[key].updated)
                ):
                    rows[key] = row
        return [row for row in rows.values() if row.visible_at <= self.clock.seconds]

    # ------------------------------------------------------------- requests

    def _begin(self, method: str, what: str, *kinds: str) -> str:
        self.clock.pass_(0.2)
        self.catch_up()
        self.weather.point(f"before {method} {what}")
        self.requests.total += 1
        self.requests.by_method[method] = self.requests.by_method.get(method, 0) + 1
        self.requests.writes += method != "GET"
        fault = self.weather.draw(*kinds)
        self.log(f"    {method} {what}{f' [{fault}]' if fault else ''}")
        self.weather.is_signed_out |= fault == "401"
        if self.weather.is_signed_out:
            raise AuthError("401")
        return fault

    def _read(self, what: str, *kinds: str) -> str:
        """Begin a read; give what is odd about its answer.

        Raises: what the adapter raises where there is none.
        """
        fault = self._begin("GET", what, *(kinds or self.chances.read))
        if error := faults.raised(fault, is_read=True):
            raise error
        return fault

    async def repository(self) -> Repository:
        self._refuse_absent(self._read("repository"))
        return Repository("R1", "owner/name")

    @staticmethod
    def _refuse_absent(fault: str) -> None:
        if fault == faults.ABSENT:
            raise faults.absent(is_update=False)

    async def _pages(
        self,
        thing: Thing,
        what: str,
        order: Callable[[Row], object],
        chosen: Callable[[Row], bool],
        since: str = "",
    ) -> AsyncIterator[Page]:
        page = at = 0
        while True:
            page += 1
            fault = self._read(f"{what} page {page}", *self.chances.pages)
            self._refuse_absent(fault)
            rows = sorted(
                (r for r in self._listed(thing, is_stale=fault == "stale") if chosen(r)),
                key=order,  # type: ignore[arg-type]
                reverse=True,
            )
            if fault == "shifted" and page > 1:  # a record before the cursor came, or moved up
                at = max(0, at - 1)
            shown = rows[at : at + _PAGE]
            at += _PAGE
            self.weather.point(f"after GET {what}")
            is_last = at >= len(rows)
            yield Page(tuple(self._record(thing, r) for r in shown if not r.is_pull), False, is_last, since)
            if is_last:
                return

    def changed(self, since: str) -> AsyncIterator[Page]:
        return self._pages(Thing.ISSUE, "changed", lambda r: (r.updated, r.ref), lambda r: True)

    def labelled(self, label: str) -> AsyncIterator[Page]:
        return self._pages(Thing.ISSUE, "labelled", lambda r: r.ref, lambda r: label in r.labels)

    def milestones(self) -> AsyncIterator[Page]:
        return self._pages(Thing.MILESTONE, "milestones", lambda r: -r.ref, lambda r: True)

    async def newest(self) -> tuple[Record, ...]:
        self._refuse_absent(self._read("newest"))
        rows = sorted(self._listed(Thing.ISSUE, is_stale=False), key=lambda r: -r.ref)[:_NEWEST_PAGE]
        return tuple(self._record(Thing.ISSUE, r) for r in rows if not r.is_pull)

    async def look(self, thing: Thing, ref: int) -> Record | Absence:
        fault = self._read(f"{thing.value} #{ref}")
        row = self.rows.get((thing, ref))
        self.unseen.discard(ref)
        self.weather.point(f"after GET {thing.value}")
        if fault == faults.ABSENT:
            return Absence.DENIED
        if row is None:
            return Absence.GONE
        return Absence.OTHER if row.is_pull else self._record(thing, row)

    def _write(self, method: str, what: str) -> str:
        """Begin a write; give the fault after which it is carried out.

        Raises: what the adapter raises where it is not.
        """
        fault = self._begin(
            method, what, *self.chances.write, *(self.chances.late if self.is_lagging else ())
        )
        if fault == faults.ABSENT:
            raise faults.absent(is_update=method == "PATCH")
        error = faults.raised(fault, is_read=False)
        if error and not faults.lands(fault):
            raise error
        return fault

    def _answer(self, fault: str, thing: Thing, row: Row) -> Record:
        """Carry out a write, now or later, and answer it if that can be done."""
        if fault in faults.LATE:
            delay = self.weather.rng.choice((1, 5, 30) if row.ref else (1, 4, 8))
            self.late.append(Late(self.clock.seconds + delay, thing, self.rows.get((thing, row.ref)), row))
        else:
            row = self.put(thing, row)
        self.weather.point(f"applied {thing.value} #{row.ref}")
        if error := faults.raised(fault, is_read=False):
            raise error
        return self._record(thing, row)

    async def create(self, thing: Thing, fields: Written) -> Record:
        fault = self._write("POST", f"{thing.value} {fields.get('title')}")
        if thing is Thing.MILESTONE and any(r.title == fields["title"] for r in self.milestone_rows()):
            raise Rejected("a milestone of this title is there")
        self._check_single(thing, fields)
        late = self.weather.rng.choice((0, 0, 4, 9)) if self.weather.rate and self.is_lagging else 0
        row = Row(
            0 if fault in faults.LATE else self.number(thing),
            fields.get("title", ""),
            fields.get("body", ""),
            milestone=fields.get("milestone"),
            labels=fields.get("labels", ()),
            assignees=fields.get("assignees", ()),
            due=fields.get("due", ""),
            visible_at=self.clock.seconds + late,
        )
        return self._answer(fault, thing, row)

    def _check_single(self, thing: Thing, fields: Written) -> None:
        made = MARKED.search(fields.get("body", ""))
        for row in self.issues() if thing is Thing.ISSUE else self.milestone_rows():
            then = MARKED.search(row.body)
            if made and then and made.groups() == then.groups():
                raise Broken(f"a second {thing.value} is made for {made[2]}: #{row.ref} is there already")

    async def update(self, thing: Thing, ref: int, fields: Written) -> Record:
        fault = self._write("PATCH", f"{thing.value} #{ref} {', '.join(sorted(fields))}")
        row = self.rows.get((thing, ref))
        if row is None:
            raise Moved("it is gone")
        if thing is Thing.MILESTONE and any(
            r.title == fields.get("title") and r.ref != ref for r in self.milestone_rows()
        ):
            raise Rejected("a milestone of this title is there")
        old, new = _REV.search(row.body), _REV.search(fields.get("body", ""))
        # What only follows (the overview's derived parts) leaves it alone, so that no state file moves with it.
        is_derived = old and new and new[1] == old[1] and _boxes(fields.get("body", "")) == _boxes(row.body)
        is_derived = is_derived and "kind=overview" in row.body and "title" not in fields
        if old and new and int(new[1]) <= int(old[1]) and ref not in self.unseen and not is_derived:
            raise Broken(f"rev of #{ref} goes from {old[1]} to {new[1]}")
        shown: dict[str, Any] = {name: value for name, value in fields.items() if name != "is_duplicate"}
        if "state" in fields and fields["state"] is not row.state:
            is_open = fields["state"] is State.TODO
            shown["reason"] = "reopened" if is_open else "duplicate" if fields.get("is_duplicate") else ""
        return self._answer(fault, thing, replace(row, **shown))

    async def label(self, ref: int, labels: tuple[str, ...]) -> tuple[str, ...]:
        def added(row: Row) -> Row:
            return replace(row, labels=tuple(dict.fromkeys((*row.labels, *labels))))

        return self._beside("POST", f"labels of #{ref}", ref, added).labels

    async def unlabel(self, ref: int, label: str) -> tuple[str, ...]:
        def without(row: Row) -> Row:
            return replace(row, labels=tuple(x for x in row.labels if x.casefold() != label.casefold()))

        return self._beside("DELETE", f"label of #{ref}", ref, without).labels

    async def is_assignable(self, login: str) -> bool:
        self._read(f"assignee {login}")
        return True

    async def assign(self, ref: int, logins: tuple[str, ...]) -> Record:
        def given(row: Row) -> Row:
            return replace(row, assignees=tuple(dict.fromkeys((*row.assignees, *logins))))

        return self._beside("POST", f"assignees of #{ref}", ref, given)

    async def unassign(self, ref: int, logins: tuple[str, ...]) -> Record:
        def taken(row: Row) -> Row:
            return replace(row, assignees=tuple(x for x in row.assignees if x not in logins))

        return self._beside("DELETE", f"assignees of #{ref}", ref, taken)

    async def estimate(self, ref: int, minutes: int) -> int:
        raise Unsupported("this tracker keeps no estimates")

    async def blockers(self, ref: int) -> tuple[int, ...] | None:
        self._read(f"blockers of #{ref}")
        row = self.rows.get((Thing.ISSUE, ref))
        return row.blockers if row else None

    async def block(self, ref: int, blocker: Record) -> Record:
        def blocked(row: Row) -> Row:
            return replace(row, blockers=tuple(sorted({*row.blockers, blocker.key})))

        return self._beside("POST", f"blockers of #{ref}", ref, blocked)

    async def unblock(self, ref: int, blocker: Record) -> Record:
        def free(row: Row) -> Row:
            return replace(row, blockers=tuple(b for b in row.blockers if b != blocker.key))

        return self._beside("DELETE", f"blocker of #{ref}", ref, free)

    def _beside(self, method: str, what: str, ref: int, change: Callable[[Row], Row]) -> Record:
        fault = self._write(method, what)
        row = self.rows.get((Thing.ISSUE, ref))
        if row is None:
            raise Moved("it is gone")
        return self._answer(fault, Thing.ISSUE, change(row))

    async def aclose(self) -> None:
        return None


class Disk:
    """A plan and its state file in memory; see `store.files.PlanFiles`."""

    def __init__(self, plan: bytes, state: bytes = b"") -> None:
        self.plan, self.state = plan, state
        self.weather = CALM
        self.writes = 0
        self.before = b""  # as it was before the last write of a run that died, else empty

    def clear_up(self) -> None:
        return None

    def read(self) -> bytes:
        content = self.plan
        self.weather.point("read plan")
        return content

    def check_writable(self) -> None:
        return None

    def replace(self, content: bytes, expected: str) -> str:
        self.weather.point("before plan")
        if digest(self.plan) != expected:
            raise Moved("the plan was saved by someone while plansync worked; nothing was overwritten")
        self.writes += 1
        self.before, self.plan = self.plan, content
        return ""

    def read_state(self) -> bytes:
        return self.state

    def write_state(self, content: bytes) -> None:
        self.weather.point("before state")
        if content != self.state:
            self.writes += 1
            self.state = content

    def keep_state_aside(self, why: str) -> str:
        return why

    def forget_state(self) -> None:
        self.state = b""

    def commit(self) -> tuple[bytes, bytes]:
        """Keep both files as they are now, as git does."""
        return self.plan, self.state

    def check_out(self, commit: tuple[bytes, bytes]) -> None:
        """Put both files back as they were: the base travels with its plan."""
        self.plan, self.state = commit
