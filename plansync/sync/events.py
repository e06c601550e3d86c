"""What a run tells while it works, and what it reports when it is over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from plansync.errors import PlansyncError
from plansync.model import Base, Conflict, Drift, Field, Note, Operation, Side, Snapshot, Uid
from plansync.trackers.base import Repository, Requests


class Status(StrEnum):
    """What became of one operation; one that is only agreed is not written, because the tracker keeps no such thing."""

    PLANNED = "planned"
    APPLIED = "applied"
    AGREED = "agreed"
    DEFERRED = "deferred"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


@dataclass(slots=True)
class Done:
    """One operation and what became of it."""

    operation: Operation
    id: str
    status: Status = Status.PLANNED
    ref: int | None = None
    url: str = ""
    error: str = ""
    has_moved: bool = False


def told_of(op: Operation) -> set[Uid]:
    """Name the items that a line about an operation speaks of: its own, and those that it waits for, or did."""
    sides = [
        side
        for change in op.changes
        if change.field in (Field.EDGES, Field.DEPENDS)
        for side in (change.old, change.new)
    ]
    ends = (end for side in sides if isinstance(side, tuple) for end in side)
    return {op.uid, *(Uid(end) for end in ends if not end.startswith("="))}


@dataclass(frozen=True, slots=True)
class Cost:
    """What is still to come. `pause_s`: the longest single wait in it; `mails`: as many as there can be."""

    requests: int = 0
    writes: int = 0
    seconds: float = 0.0
    mails: int = 0
    pause_s: float = 0.0


@dataclass(slots=True)
class Report:
    """One run's result.

    `urls`: where the issues that are spoken of are, by their numbers.
    `told`: ids of the conflicts that the plan's memory knew before. `moved`: when the issue of a conflict
    last changed. `drifts`: what is not as it was left, and no conflict; `ways`: what can be done about a conflict or
    a drift that no value settles. `waiting`: how many tasks have edits in the plan that a block which cannot be read
    holds up. `left`: what an undo did not touch, because it changed since. `is_rebuilt`: what
    was agreed was lost, so nothing but the state file is written. `error`: what ended the run early. `cost`: what the
    planned operations take. `repository` and `account`: where and as whom they would be made, where that was read.
    """

    command: str
    run: str
    plan: str
    done: list[Done] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    drifts: list[Drift] = field(default_factory=list)
    waiting: int = 0
    ways: dict[tuple[Uid, Field], tuple[str, ...]] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    requests: Requests = field(default_factory=Requests)
    base: Base = field(default_factory=Base)
    local: Snapshot = field(default_factory=dict)
    remote: Snapshot = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    urls: dict[int, str] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    left: list[Note] = field(default_factory=list)
    told: frozenset[str] = frozenset()
    error: PlansyncError | None = None
    cost: Cost = field(default_factory=Cost)
    repository: Repository | None = None
    account: str = ""
    is_dry: bool = False
    is_interrupted: bool = False
    is_rebuilt: bool = False

    @property
    def outcome(self) -> str:
        """Sum up how the run ended, for the history."""
        if self.error:
            return "failed"
        if any(d.status in (Status.REFUSED, Status.UNKNOWN, Status.SKIPPED) for d in self.done):
            return "partial"
        return "conflicts" if self.conflicts or self.left else "done"

    def count(self, side: Side, *statuses: Status) -> int:
        """Count operations on one side."""
        return sum(d.operation.side is side and d.status in statuses for d in self.done)


@dataclass(frozen=True, slots=True)
class Progressed:
    """One more operation was begun: the `number`-th of `total`; `left_s`: what it and all after it take."""

    number: int
    total: int
    text: str
    left_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """The run pauses: for how long, and why."""

    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A request was answered; `status` is 0 where it was not."""

    method: str
    path: str
    status: int
    took_s: float


Event = Progressed | Waiting | Answered
Listener = Callable[[Event], None]
