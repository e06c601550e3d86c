"""What the embedded tracker keeps: frozen values, the filters of a listing, the fields of a write.

No storage and no dialect. Times are UTC text with whole seconds, as `records` writes them.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypedDict

_FIRST_ACCOUNT_ID: Final = 2_200_000_000


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
    UPDATED_FINELY = "updated_us"
    COMMENTS = "comments"
    TITLE = "title"
    DUE = "due_date"
    ID = "id"


class LinkKind(StrEnum):
    """What a link says of its source and its target."""

    RELATES = "relates_to"
    BLOCKS = "blocks"


class Tier(StrEnum):
    """What a GitLab is licensed for: nothing at all (Community Edition), nothing yet, or links and more."""

    CE = "ce"
    FREE = "free"
    PREMIUM = "premium"


class Fault(StrEnum):
    """What may go wrong with one request to a GitLab, though nothing is wrong with it."""

    LOCK = "lock"  # 409: another process holds the row; only writes meet it
    THROTTLE = "throttle"  # 429 of the server's door: plain text, with headers
    LIMIT = "limit"  # 429 of the application: JSON, without headers
    BROKEN = "broken"  # 502, and HTML, from what stands before the server


class Role(StrEnum):
    """What an account may do in a repository; each may what the later ones may."""

    ADMIN = "admin"
    MAINTAIN = "maintain"
    WRITE = "push"
    TRIAGE = "triage"
    READ = "pull"


@dataclass(frozen=True, slots=True)
class Milestone:
    """A milestone; `open_issues` and `closed_issues` are counted, not stored.

    `is_inherited`: whether it is the group's, which GitHub has not.
    """

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
    updated_us: int = 0
    start_date: str | None = None
    is_inherited: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """A label; whether its name is unique whatever its case is the dialect's to say."""

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
    """An issue, or a pull request's issue side.

    What stands behind `dependencies` GitHub's dialect never shows. `moved_to`: the id that it has in another
    project; `duplicate_of`: a number here.
    """

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
    updated_us: int = 0
    kind: str = "issue"
    is_confidential: bool = False
    due_date: str | None = None
    estimate_s: int = 0
    spent_s: int = 0
    moved_to: int | None = None
    duplicate_of: int | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Two issues that have to do with each other."""

    id: int
    source: int
    target: int
    kind: LinkKind
    at: str


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
    `updated_us`, `created`: the first and the last instant that count, each may be missing. `has_pulls`: whether
    pull requests are among them.
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
    are_labels_exact: bool = False
    numbers: tuple[int, ...] | None = None
    kind: str | None = None
    updated_us: tuple[int | None, int | None] = (None, None)
    created: tuple[str | None, str | None] = (None, None)
    words: tuple[str, ...] = ()
    words_in: tuple[str, ...] = ("title", "body")
    is_confidential: bool | None = None
    author: str | None = None
    assignee: str | Belongs | None = None
    is_labelled: bool | None = None
    has_pulls: bool = True


@dataclass(frozen=True, slots=True)
class Traits:
    """What kind of server and repository the tracker plays.

    `has_dependencies`: whether issues can wait for one another; Enterprise Server before 3.19 has no such
    thing. `assignable`: the logins that issues can be given to besides the owner's, `None` for any.
    `role`: what the token may do. `former_names`: full names that lead here. `page_offset_max`: how far into
    a listing of issues a page number may reach. `hourly_max`: requests an hour, `None` for no limit;
    `creations_max`: creations a minute, likewise.

    Of a GitLab alone: `tier`; `faults`: what befalls the next requests, in order; `minutely_max`: requests a minute;
    `scopes` and `expires_on` (a day) of the token, and whether it `is_revoked`; `is_plain_rule`: whether quick
    actions are found as older servers did; `do_links_move`: whether a link moves both its issues, on which what is
    known of GitLab does not agree; `has_keyset`: whether issues are listed by cursor where asked;
    `counted_max`: how many records a listing counts; `offset_max`: how far in its pages reach.
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
    tier: Tier = Tier.PREMIUM
    faults: tuple[Fault, ...] = ()
    minutely_max: int | None = None
    scopes: tuple[str, ...] = ("api",)
    expires_on: str | None = None
    is_revoked: bool = False
    is_plain_rule: bool = False
    do_links_move: bool = True
    has_keyset: bool = True
    counted_max: int = 10_000
    offset_max: int = 50_000
    protected_branches: tuple[str, ...] = ("main",)
    version: str = "19.3.0"

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
    tier: Tier
    faults: tuple[Fault, ...]
    minutely_max: int | None
    scopes: tuple[str, ...]
    expires_on: str | None
    is_revoked: bool
    is_plain_rule: bool
    do_links_move: bool
    has_keyset: bool
    counted_max: int
    offset_max: int
    protected_branches: tuple[str, ...]
    version: str


class MilestoneChanges(TypedDict, total=False):
    """The fields of a milestone that a write may touch; an absent key is left alone."""

    title: str
    description: str | None
    due_on: str | None
    state: State
    start_date: str | None
    is_inherited: bool


class IssueChanges(TypedDict, total=False):
    """The fields of an issue that a write may touch; its state has verbs of its own."""

    title: str
    body: str | None
    milestone: int | None
    kind: str
    is_confidential: bool
    due_date: str | None
    estimate_s: int
    spent_s: int
    moved_to: int | None
    duplicate_of: int | None


class LabelChanges(TypedDict, total=False):
    """The fields of a label that a write may touch."""

    name: str
    color: str
    description: str | None


def fold(name: str) -> str:
    """Give the form in which the names of labels and of accounts compare."""
    return name.casefold()


def account_id(login: str) -> int:
    """Give the id of an account: the same wherever it is asked for."""
    return _FIRST_ACCOUNT_ID + zlib.crc32(fold(login).encode()) % 100_000_000
