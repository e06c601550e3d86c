"""What GitLab's REST API shows, as far as we read it, and what it means to all trackers.

Nothing but a number, a title and a state need be there: the examples of the documentation are abridged, and older
servers show less. Bodies are opaque text.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict, Field

from plansync.model import State
from plansync.text import sound
from plansync.trackers.base import UNCOUNTED, Record, Thing

DROPPED = "plansync::dropped"
"""The label of an issue that was closed and not done: GitLab keeps no reason."""
DUPLICATE = "plansync::duplicate"
"""The label of an issue that was closed because another one is the same."""
OURS = frozenset({DROPPED, DUPLICATE})
"""Labels that stand for a state and are shown to nobody else."""

_MINUTE_S = 60


def _text(value: object) -> object:
    return "" if value is None else value


def _names(value: object) -> object:
    """Take labels as titles, or as objects where a listing was asked for details."""
    if not isinstance(value, list):
        return ()
    names = [each.get("name") if isinstance(each, dict) else each for each in value]
    return [name for name in names if name is not None]


def _listed(value: object) -> object:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else ()


def moment(text: str) -> str:
    """Write a time in UTC with milliseconds, so that two can be compared as texts.

    An instance shows `Z` or an offset of its own; one that cannot be read stays as it is.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


def _moment(value: object) -> object:
    return moment(value) if isinstance(value, str) else _text(value)


Text = Annotated[str, BeforeValidator(_text)]
Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
Moment = Annotated[str, BeforeValidator(_moment)]


class Site:
    """What a payload does not say of itself: its project, the pages there, which labels mean dropped."""

    def __init__(self, api_url: str, project: str, dropped_labels: Collection[str]) -> None:
        """Derive the pages' address; empty for a server whose pages we do not know."""
        self.project = project
        self.dropped = frozenset(label.casefold() for label in (*dropped_labels, *OURS))
        root = web_root(api_url)
        self.url = f"{root}/{project}" if root and not project.isdecimal() else ""

    def page(self, folder: str, number: int) -> str:
        """Say where people look at a record."""
        return f"{self.url}/-/{folder}/{number}" if self.url else ""


class Lenient(BaseModel):
    """A payload of which unknown keys are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Account(Lenient):
    """A user: the number that writes take, the name that people use."""

    id: int
    username: Text = ""
    state: Text = "active"


Accounts = Annotated[tuple[Account, ...], BeforeValidator(_listed)]


class _Milestone(Lenient):
    id: int


class TimeStats(Lenient):
    """How long an issue takes, in seconds; 0 where nobody says."""

    time_estimate: int = 0

    @property
    def minutes(self) -> int:
        """Give it in minutes: a part of one counts as one, so that something is never nothing."""
        return -(-self.time_estimate // _MINUTE_S)


class IssuePayload(Lenient):
    """An issue as the API shows it, or something else of the same numbers (a task, an incident).

    `id` is the one that proves identity, `iid` the number in the project. `moved_to`: it is the copy that stays behind
    where an issue was moved to another project.
    """

    iid: int
    title: str
    state: Literal["opened", "closed"]
    id: int = 0
    project_id: int | None = None
    description: Text = ""
    labels: Names = ()
    milestone: _Milestone | None = None
    assignees: Accounts = ()
    web_url: Text = ""
    created_at: Moment = ""
    updated_at: Moment = ""
    user_notes_count: int = 0
    issue_type: Text = "issue"
    time_stats: TimeStats | None = None
    moved_to: int | None = Field(default=None, validation_alias="moved_to_id")
    duplicate_of: Text = Field(default="", validation_alias=AliasPath("_links", "closed_as_duplicate_of"))

    @property
    def is_other(self) -> bool:
        """Whether it is no issue, and only shares the numbers of issues."""
        return self.issue_type not in ("", "issue")

    @property
    def is_moved(self) -> bool:
        """Whether the issue itself is in another project now."""
        return self.moved_to is not None

    def record(self, site: Site) -> Record:
        """Turn it into what all trackers share."""
        state = self._state(site.dropped)
        return Record(
            thing=Thing.ISSUE,
            ref=self.iid,
            title=sound(self.title),
            state=state,
            body=sound(self.description),
            url=self.web_url or site.page("issues", self.iid),
            revision=self.updated_at,
            milestone=self.milestone.id if self.milestone else None,
            labels=shown_labels(self.labels),
            node=str(self.id or ""),
            comments=self.user_notes_count,
            created=self.created_at,
            is_duplicate=state is State.DROPPED and self._is_duplicate,
            assignees=tuple(sound(each.username) for each in self.assignees if each.username),
            key=self.iid,
            blocked_by=UNCOUNTED,
            estimate=self.time_stats.minutes if self.time_stats else None,
        )

    @property
    def _is_duplicate(self) -> bool:
        return bool(self.duplicate_of) or DUPLICATE in self.labels

    def _state(self, dropped: Collection[str]) -> State:
        if self.state == "opened":
            return State.TODO
        is_labelled = any(label.casefold() in dropped for label in self.labels)
        return State.DROPPED if is_labelled or self.duplicate_of else State.DONE


class MilestonePayload(Lenient):
    """A milestone as the API shows it; one of a group belongs to all its projects."""

    id: int
    title: str
    iid: int = 0
    group_id: int | None = None
    state: Literal["active", "closed"] = "active"
    description: Text = ""
    due_date: Text = ""
    web_url: Text = ""
    updated_at: Moment = ""

    def record(self, site: Site) -> Record:
        """Turn it into what all trackers share. Its number is the global one: issues and routes take that."""
        return Record(
            thing=Thing.MILESTONE,
            ref=self.id,
            title=sound(self.title),
            state=State.TODO if self.state == "active" else State.DONE,
            body=sound(self.description),
            url=self.web_url or (site.page("milestones", self.iid) if self.iid else ""),
            revision=self.updated_at,
            node=str(self.id),
            due=self.due_date[:10],
            is_inherited=self.group_id is not None,
        )


class LinkedPayload(Lenient):
    """An issue at the other end of a link, as seen from this one."""

    iid: int
    issue_link_id: int
    link_type: Text = ""
    project_id: int | None = None


class LinkPayload(Lenient):
    """The answer to a link that was made or taken away: both ends, whichever way they were put."""

    source_issue: IssuePayload | None = None
    target_issue: IssuePayload | None = None
    link_type: Text = ""


class LabelPayload(Lenient):
    """A label of the project or of a group above it."""

    name: str


class BranchPayload(Lenient):
    """A branch, whether it is protected, and whether the account may push to it all the same."""

    protected: bool | None = None
    can_push: bool | None = None

    @property
    def is_shut(self) -> bool | None:
        """Whether it takes no push of this account's; by default maintainers push to a protected branch."""
        return self.protected and not self.can_push


Payload: TypeAlias = IssuePayload | MilestonePayload
PAYLOADS: dict[Thing, type[IssuePayload] | type[MilestonePayload]] = {
    Thing.ISSUE: IssuePayload,
    Thing.MILESTONE: MilestonePayload,
}


def shown_labels(labels: Collection[str]) -> tuple[str, ...]:
    """Leave out the labels that stand for a state."""
    return tuple(label for label in labels if label not in OURS)


def web_root(api_url: str) -> str:
    """Derive the pages' address from the API's; empty for a server that is laid out otherwise."""
    url = api_url.strip().rstrip("/")
    return url.removesuffix("/api/v4") if re.fullmatch(r"https?://.+/api/v4", url) else ""
