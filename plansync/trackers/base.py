"""The role of a tracker: it speaks of milestones and issues, never of plans.

One operation is one request. A body is opaque text here; what it means is `mapping`'s to say.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol, TypedDict

from plansync.model import Field, State
from plansync.trackers.pacing import Bucket


class Thing(StrEnum):
    """The two kinds of record that a tracker keeps for us."""

    MILESTONE = "milestone"
    ISSUE = "issue"


@dataclass(frozen=True, slots=True)
class Record:
    """A milestone or an issue as the tracker last showed it.

    `revision` moves whenever the record does (GitHub: `updated_at`; whole seconds, so equal
    revisions do not prove equal content). `milestone` is a milestone's number, `None` for none. `comments`: how
    many people (or bots) wrote below an issue. `created`: when it was made, in ISO 8601, empty where nobody says.
    `is_duplicate`: it is closed because another one is the same. `is_reopened`: it was closed once, and is open.
    """

    thing: Thing
    ref: int
    title: str
    state: State
    body: str = ""
    url: str = ""
    revision: str = ""
    milestone: int | None = None
    labels: tuple[str, ...] = ()
    node: str = ""
    comments: int = 0
    created: str = ""
    is_duplicate: bool = False
    is_reopened: bool = False


class Written(TypedDict, total=False):
    """The fields of one write; an absent key is left alone. `body` is a milestone's description.

    `is_duplicate`: an issue is closed because another one is the same.
    """

    title: str
    body: str
    state: State
    milestone: int | None
    labels: tuple[str, ...]
    is_duplicate: bool


class Absence(StrEnum):
    """Why a direct read shows no record."""

    GONE = "deleted on the tracker"
    MOVED = "transferred to another repository"
    DENIED = "not readable with this token"
    OTHER = "not an issue"


class Page(NamedTuple):
    """One page of a listing. `is_unchanged`: the tracker said that it did not move (304). `is_last`: none follows."""

    records: tuple[Record, ...]
    is_unchanged: bool
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class Repository:
    """What a run that will write must know about its target, and what a person is told of it.

    `parent`: the repository that it is a fork of. `visibility`: public, private or internal, empty where nobody says.
    """

    node: str
    name: str
    url: str = ""
    can_write: bool = True
    refusal: str = ""
    visibility: str = ""
    parent: str = ""
    default_branch: str = ""


@dataclass(frozen=True, slots=True)
class Traits:
    """What differs between trackers and is no code: limits, abilities, looks."""

    name: str
    title_max: int
    body_max: int
    writes_at_once: int
    stores: frozenset[Field]
    is_paced: bool = False


@dataclass(slots=True)
class Requests:
    """How many requests a run made, and how many seconds it waited for their answers."""

    total: int = 0
    writes: int = 0
    not_modified: int = 0
    by_method: dict[str, int] = field(default_factory=dict)
    took_s: float = 0.0


class Tracker(Protocol):
    """What an adapter offers. Every method is at most one request, or one request a page.

    All methods raise the `TrackerError` family; a write whose answer was lost raises
    `OutcomeUnknown`, one that certainly did not land raises any other.
    """

    @property
    def traits(self) -> Traits:
        """Limits and abilities."""
        ...

    @property
    def requests(self) -> Requests:
        """The running count."""
        ...

    @property
    def bucket(self) -> Bucket | None:
        """How much was written lately; `None` where writes are not paced."""
        ...

    async def repository(self) -> Repository:
        """Read the target itself."""
        ...

    async def account(self) -> str:
        """Say whose token this is; empty where the tracker does not say."""
        ...

    async def is_protected(self, branch: str) -> bool | None:
        """Say whether a branch takes no direct pushes; `None` where the tracker does not say."""
        ...

    def changed(self, since: str) -> AsyncIterator[Page]:
        """List all issues, most recently changed first; `since` is a hint (a revision, or empty)."""
        ...

    def labelled(self, label: str) -> AsyncIterator[Page]:
        """List all issues that bear a label, open and closed."""
        ...

    def milestones(self) -> AsyncIterator[Page]:
        """List all milestones, open and closed."""
        ...

    async def newest(self) -> tuple[Record, ...]:
        """List the issues created last: one page, never from a cache."""
        ...

    async def look(self, thing: Thing, ref: int) -> Record | Absence:
        """Read one record directly."""
        ...

    async def create(self, thing: Thing, fields: Written) -> Record:
        """Make one record; the answer is the truth."""
        ...

    async def update(self, thing: Thing, ref: int, fields: Written) -> Record:
        """Write the given fields of one record, no others; the answer is the truth."""
        ...

    async def label(self, ref: int, labels: tuple[str, ...]) -> tuple[str, ...]:
        """Add labels to an issue, which keeps its own; answers with all that it bears then."""
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...
