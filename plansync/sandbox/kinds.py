"""What the embedded tracker keeps: frozen values, the filters of a listing, the fields of a write.

No storage and no dialect. Times are UTC text with whole seconds, as `records` writes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypedDict


class State(StrEnum):
    """Whether an issue or a milestone is open."""

    OPEN = "open"
    CLOSED = "closed"


class Reason(StrEnum):
    """Why an issue is in its state."""

    COMPLETED = "completed"
    NOT_PLANNED = "not_planned"
    DUPLICATE = "duplicate"
    REOPENED = "reopened"


class Belongs(StrEnum):
    """A milestone filter that names no milestone."""

    ANY = "any"
    NONE = "none"


class Sort(StrEnum):
    """What a listing is ordered by."""

    CREATED = "created_at"
    UPDATED = "updated_at"
    COMMENTS = "comments"


class Role(StrEnum):
    """What an account may do in a repository; each may what the later ones may."""

    ADMIN = "admin"
    MAINTAIN = "maintain"
    WRITE = "push"
    TRIAGE = "triage"
    READ = "pull"


@dataclass(frozen=True, slots=True)
class Milestone:
    """A milestone; `open_issues` and `closed_issues` are counted, not stored."""

    number: int
    id: int
    title: str
    description: str | None
    due_on: str | None
    state: State
    author: str
    created_at: str
    updated_at: str
    closed_at: str | None
    open_issues: int
    closed_issues: int


@dataclass(frozen=True, slots=True)
class Label:
    """A label; its name is unique whatever its case."""

    id: int
    name: str
    color: str
    description: str | None


@dataclass(frozen=True, slots=True)
class Dependencies:
    """How many issues an issue waits for, and how many wait for it: the open ones, and all."""

    blocked_by: int = 0
    total_blocked_by: int = 0
    blocking: int = 0
    total_blocking: int = 0


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue, or a pull request's issue side."""

    number: int
    id: int
    is_pull: bool
    title: str
    body: str | None
    state: State
    reason: Reason | None
    milestone: int | None
    author: str
    closed_by: str | None
    created_at: str
    updated_at: str
    closed_at: str | None
    comments: int
    labels: tuple[Label, ...] = ()
    assignees: tuple[str, ...] = ()
    dependencies: Dependencies = Dependencies()


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment on an issue."""

    id: int
    issue: int
    body: str
    author: str
    created_at: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class Event:
    """Who closed or reopened an issue, and when."""

    issue: int
    kind: str
    reason: Reason | None
    actor: str
    at: str


@dataclass(frozen=True, slots=True)
class Query:
    """Which issues to list. Labels must all be there; `limit` -1 is no limit.

    `after`: the last issue that was seen, as what it is sorted by and its number; `offset` then counts from it.
    """

    state: State | None = None
    labels: tuple[str, ...] = ()
    milestone: int | Belongs | None = None
    since: str = ""
    sort: Sort = Sort.CREATED
    is_descending: bool = True
    limit: int = -1
    offset: int = 0
    after: tuple[str | int, int] | None = None


@dataclass(frozen=True, slots=True)
class Traits:
    """What kind of server and repository the tracker plays.

    `has_dependencies`: whether issues can wait for one another; Enterprise Server before 3.19 has no such
    thing. `assignable`: the logins that issues can be given to besides the owner's, `None` for any.
    `role`: what the token may do. `former_names`: full names that lead here. `page_offset_max`: how far into
    a listing of issues a page number may reach. `hourly_max`: requests an hour, `None` for no limit;
    `creations_max`: creations a minute, likewise.
    """

    has_dependencies: bool = True
    assignable: tuple[str, ...] | None = None
    role: Role = Role.ADMIN
    former_names: tuple[str, ...] = ()
    has_issues: bool = True
    is_archived: bool = False
    page_offset_max: int = 1000
    hourly_max: int | None = None
    creations_max: int | None = None

    def may(self, role: Role) -> bool:
        """Say whether the token may what a role may."""
        roles = list(Role)
        return roles.index(self.role) <= roles.index(role)


class TraitChanges(TypedDict, total=False):
    """The traits that a tracker may change; an absent key is left alone."""

    has_dependencies: bool
    assignable: tuple[str, ...] | None
    role: Role
    former_names: tuple[str, ...]
    has_issues: bool
    is_archived: bool
    page_offset_max: int
    hourly_max: int | None
    creations_max: int | None


class MilestoneChanges(TypedDict, total=False):
    """The fields of a milestone that a write may touch; an absent key is left alone."""

    title: str
    description: str | None
    due_on: str | None
    state: State


class IssueChanges(TypedDict, total=False):
    """The fields of an issue that a write may touch; its state has verbs of its own."""

    title: str
    body: str | None
    milestone: int | None


class LabelChanges(TypedDict, total=False):
    """The fields of a label that a write may touch."""

    name: str
    color: str
    description: str | None


def fold(name: str) -> str:
    """Give the form in which the names of labels and of accounts compare."""
    return name.casefold()
