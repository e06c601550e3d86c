"""The role of a tracker: it speaks of milestones and issues, never of plans.

One operation is one request. A body is opaque text here; what it means is `mapping`'s to say.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol, TypedDict, runtime_checkable

from plansync.model import Field, State
from plansync.trackers.pacing import Bucket


class Thing(StrEnum):
    """The two kinds of record that a tracker keeps for us."""

    MILESTONE = "milestone"
    ISSUE = "issue"


UNCOUNTED = -1


@dataclass(frozen=True, slots=True)
class Record:
    """A milestone or an issue as the tracker last showed it.

    `revision` moves whenever the record does (GitHub: `updated_at`; whole seconds, so equal
    revisions do not prove equal content). `milestone` is a milestone's number, `None` for none. `comments`: how
    many people (or bots) wrote below an issue. `created`: when it was made, in ISO 8601, empty where nobody says.
    `is_duplicate`: it is closed because another one is the same. `is_reopened`: it was closed once, and is open.
    `key`: the number that links between issues take, where that is not `ref` (GitHub: the database's `id`).
    `blockers`: the issues of the same project that must be done before, by number; `None` where that was not read.
    `blocked_by`: how many such there are, of other projects too; `None` on a tracker that keeps no such links, and
    `UNCOUNTED` on one that does not say how many.
    `due`: the day on which a milestone is due, as YYYY-MM-DD. `estimate`: how many minutes an issue takes, 0 where
    nobody says; `None` on a tracker that keeps no estimates. `is_inherited`: a milestone that belongs to more projects
    than this one: it is used and never edited.
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
    assignees: tuple[str, ...] = ()
    key: int = 0
    blockers: tuple[int, ...] | None = None
    blocked_by: int | None = None
    due: str = ""
    estimate: int | None = None
    is_inherited: bool = False


class Written(TypedDict, total=False):
    """The fields of one write; an absent key is left alone. `body` is a milestone's description.

    `is_duplicate`: an issue is closed because another one is the same. `due`: YYYY-MM-DD, a milestone's.
    `labels` and `assignees` are given to an issue that is made; one that is there gets and loses single ones.
    `estimate`: minutes, 0 for none; it is said by `Tracker.estimate` alone.
    """

    title: str
    body: str
    state: State
    milestone: int | None
    labels: tuple[str, ...]
    assignees: tuple[str, ...]
    is_duplicate: bool
    due: str
    estimate: int


class Absence(StrEnum):
    """Why a direct read shows no record."""

    GONE = "deleted on the tracker"
    MOVED = "transferred to another repository"
    DENIED = "not readable with this token"
    OTHER = "not an issue"


class Page(NamedTuple):
    """One page of a listing. `is_unchanged`: the tracker said that it did not move (304). `is_last`: none follows.

    `since`: the listing leaves out what has an older revision than this; empty where it leaves out nothing.
    """

    records: tuple[Record, ...]
    is_unchanged: bool
    is_last: bool = False
    since: str = ""


@dataclass(frozen=True, slots=True)
class Repository:
    """What a run that will write must know about its target, and what a person is told of it.

    `parent`: the repository that it is a fork of. `visibility`: public, private or internal, empty where nobody says.
    `warning`: what stops no write today and will soon, a token that expires say. `role`: what the account is there,
    in the tracker's words, empty where nobody says.
    """

    node: str
    name: str
    url: str = ""
    can_write: bool = True
    refusal: str = ""
    visibility: str = ""
    parent: str = ""
    default_branch: str = ""
    warning: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a tracker calls its own, for messages.

    `member`: whom issues can be given to. `writer`: what it takes to write. `other`: what shares the numbers of issues.
    `gone` and `moved`: why an issue cannot be read.
    """

    place: str = "repository"
    member: str = "a collaborator of the repository"
    writer: str = "a token whose account has write access there"
    other: str = "a pull request"
    gone: str = Absence.GONE.value
    moved: str = Absence.MOVED.value

    def absent(self, thing: Thing, why: Absence) -> str:
        """Say why a record cannot be read."""
        own = {Absence.GONE: self.gone, Absence.MOVED: self.moved} if thing is Thing.ISSUE else {}
        return own.get(why, why.value)


@dataclass(frozen=True, slots=True)
class Traits:
    """What differs between trackers and is no code: limits, abilities, looks, words.

    `risk_label`: what a task of high risk is labelled with where the settings do not say. `drop_letter`: the letter in
    the box of a step that is dropped, empty where its text is struck through instead. `scope_mark`: what ends the scope
    in a label's name, of which an issue bears one label alone; empty where all labels go together.
    """

    name: str
    title_max: int
    body_max: int
    writes_at_once: int
    stores: frozenset[Field]
    is_paced: bool = False
    risk_label: str = "risk: high"
    drop_letter: str = ""
    scope_mark: str = ""
    terms: Terms = Terms()


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

    async def unlabel(self, ref: int, label: str) -> tuple[str, ...]:
        """Take one label off an issue; one that it does not bear is no error. Answers with those that it keeps."""
        ...

    async def is_assignable(self, login: str) -> bool:
        """Say whether an account can be given issues of this project."""
        ...

    async def assign(self, ref: int, logins: tuple[str, ...]) -> Record:
        """Give an issue to more people; it keeps those that it has."""
        ...

    async def unassign(self, ref: int, logins: tuple[str, ...]) -> Record:
        """Take an issue from people; the others keep it."""
        ...

    async def estimate(self, ref: int, minutes: int) -> int:
        """Say how long an issue takes, 0 for nothing; answers with the minutes that the tracker keeps.

        Raises: Unsupported where the tracker keeps no estimates.
        """
        ...

    async def blockers(self, ref: int) -> tuple[int, ...] | None:
        """List the issues of this project by which one is blocked; `None` where there are no such links."""
        ...

    async def block(self, ref: int, blocker: Record) -> Record:
        """Link an issue to one that must be done before; a link that is there is no error.

        Raises: Unsupported where the tracker keeps no such links, or not for this account.
        """
        ...

    async def unblock(self, ref: int, blocker: Record) -> Record:
        """Take such a link away; one that is not there is no error. Raises: as `block`."""
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...


@runtime_checkable
class Lasting(Protocol):
    """What an adapter offers besides, where its project has an address that no new name takes over."""

    def known_as(self, node: str) -> None:
        """Hear what proved its identity last (`Repository.node`): it is asked by that where its name fails."""
        ...


@runtime_checkable
class Batched(Protocol):
    """What an adapter offers besides, where its tracker shows several issues in one request."""

    async def several(self, refs: Sequence[int]) -> tuple[Record, ...]:
        """Read issues directly, as few requests as it takes; of one that is left out only `look` says why."""
        ...
