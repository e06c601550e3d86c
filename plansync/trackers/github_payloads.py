"""What GitHub's REST API shows, as far as we read it, and what it means to all trackers.

A payload needs a number, a title and a state; all else may be missing. Bodies are opaque text.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict

from plansync.model import State
from plansync.text import sound
from plansync.trackers.base import Record, Repository, Thing


def _text(value: object) -> object:
    return "" if value is None else value


def _names(value: object) -> object:
    """Take labels as GitHub's schema allows them: objects, some with no name, or plain strings."""
    if not isinstance(value, list):
        return value or ()
    names = [each.get("name") if isinstance(each, dict) else each for each in value]
    return [name for name in names if name is not None]


def _logins(value: object) -> object:
    """Take accounts as the API shows them: objects with a `login`; a deleted account may be null."""
    return (
        [each["login"] for each in value if isinstance(each, dict) and each.get("login")]
        if isinstance(value, list)
        else ()
    )


Text = Annotated[str, BeforeValidator(_text)]
Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
Logins = Annotated[tuple[str, ...], BeforeValidator(_logins)]


class Site:
    """What a payload does not say of itself: its project, the pages there, which labels mean dropped."""

    def __init__(self, api_url: str, project: str, dropped_labels: Collection[str]) -> None:
        """Derive the pages' address; empty for a server whose pages we do not know."""
        self.project = project
        self.dropped = frozenset(label.casefold() for label in dropped_labels)
        root = web_root(api_url)
        self.url = f"{root}/{project}" if root else ""

    def page(self, folder: str, number: int) -> str:
        """Say where people look at a record."""
        return f"{self.url}/{folder}/{number}" if self.url else ""


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Numbered(_Lenient):
    number: int


class _Links(_Lenient):
    """How many issues block one, in any repository: `blocked_by` counts the open ones, `total_blocked_by` all."""

    total_blocked_by: int


class IssuePayload(_Numbered):
    """An issue as the API shows it; a truthy `pull_request` means that it is none."""

    title: str
    state: Literal["open", "closed"]
    state_reason: Text = ""
    body: Text = ""
    labels: Names = ()
    milestone: _Numbered | None = None
    html_url: Text = ""
    updated_at: Text = ""
    node_id: Text = ""
    comments: int = 0
    created_at: Text = ""
    id: int = 0
    assignees: Logins = ()
    issue_dependencies_summary: _Links | None = None
    repository_url: Text = ""
    pull_request: object = None

    @property
    def repository(self) -> str:
        """Name the repository that it is in, folded; empty where it does not say."""
        return "/".join(self.repository_url.casefold().rsplit("/", 2)[1:])

    def record(self, site: Site) -> Record:
        """Turn it into what all trackers share."""
        return Record(
            thing=Thing.ISSUE,
            ref=self.number,
            title=sound(self.title),
            state=self._state(site.dropped),
            body=sound(self.body),
            url=self.html_url or site.page("issues", self.number),
            revision=self.updated_at,
            milestone=self.milestone.number if self.milestone else None,
            labels=self.labels,
            node=self.node_id,
            comments=self.comments,
            created=self.created_at,
            is_duplicate=self.state == "closed" and self.state_reason == "duplicate",
            is_reopened=self.state == "open" and self.state_reason == "reopened",
            assignees=self.assignees,
            key=self.id,
            blockers=() if self._blocked_by == 0 else None,
            blocked_by=self._blocked_by,
        )

    @property
    def _blocked_by(self) -> int | None:
        """Count what blocks it; `None` on a server that keeps no such links (Enterprise before 3.19)."""
        return self.issue_dependencies_summary.total_blocked_by if self.issue_dependencies_summary else None

    def _state(self, dropped: Collection[str]) -> State:
        if self.state == "open":
            return State.TODO
        is_labelled = any(label.casefold() in dropped for label in self.labels)
        return (
            State.DROPPED if is_labelled or self.state_reason in ("not_planned", "duplicate") else State.DONE
        )


class MilestonePayload(_Numbered):
    """A milestone as the API shows it."""

    title: str
    state: Literal["open", "closed"] = "open"
    description: Text = ""
    due_on: Text = ""
    html_url: Text = ""
    updated_at: Text = ""
    node_id: Text = ""
    pull_request: None = None
    repository: Literal[""] = ""

    def record(self, site: Site) -> Record:
        """Turn it into what all trackers share."""
        return Record(
            thing=Thing.MILESTONE,
            ref=self.number,
            title=sound(self.title),
            state=State.TODO if self.state == "open" else State.DONE,
            body=sound(self.description),
            url=self.html_url or site.page("milestone", self.number),
            revision=self.updated_at,
            node=self.node_id,
            due=self.due_on[:10],
        )


class _Permissions(_Lenient):
    admin: bool = False
    maintain: bool = False
    push: bool = False
    triage: bool = False


class _Named(_Lenient):
    full_name: Text = ""


class AccountPayload(_Lenient):
    """A user, as far as a name goes."""

    login: Text = ""


class BranchPayload(_Lenient):
    """A branch, and whether it is protected."""

    protected: bool | None = None


class RepositoryPayload(_Lenient):
    """A repository as the API shows it; `permissions` is shown to a signed-in user only."""

    node_id: Text = ""
    full_name: Text = ""
    html_url: Text = ""
    archived: bool = False
    has_issues: bool = True
    permissions: _Permissions | None = None
    private: bool | None = None
    visibility: Text = ""
    default_branch: Text = ""
    parent: _Named | None = None

    def record(self, site: Site) -> Repository:
        """Turn it into what a run must know before it writes."""
        name = self.full_name or site.project
        refusal = self._refusal(name)
        is_private = {True: "private", False: "public", None: ""}[self.private]
        return Repository(
            self.node_id,
            name,
            self.html_url or site.url,
            not refusal,
            refusal,
            visibility=sound(self.visibility) or is_private,
            parent=sound(self.parent.full_name) if self.parent else "",
            default_branch=sound(self.default_branch),
        )

    def _refusal(self, name: str) -> str:
        if self.archived:
            return f"{name} is archived and takes no writes; unarchive it in its settings"
        if not self.has_issues:
            parent = self.parent.full_name if self.parent else ""
            return issues_off(name) + (
                f"; it is a fork of {parent}, which is another repository" if parent else ""
            )
        may = self.permissions
        if may and not (may.push or may.triage or may.maintain or may.admin):
            return f"this token may read {name} but not edit its issues; it needs `Issues: write`"
        return ""


Payload: TypeAlias = IssuePayload | MilestonePayload
PAYLOADS: dict[Thing, type[IssuePayload] | type[MilestonePayload]] = {
    Thing.ISSUE: IssuePayload,
    Thing.MILESTONE: MilestonePayload,
}


def web_root(api_url: str) -> str:
    """Derive the pages' address from the API's; empty for a server that is laid out otherwise."""
    url = api_url.strip().rstrip("/")
    if match := re.fullmatch(r"https://api\.(github\.com|[^/]+\.ghe\.com)", url, re.IGNORECASE):
        return f"https://{match[1]}"
    return url.removesuffix("/api/v3") if url.endswith("/api/v3") else ""


def issues_off(name: str) -> str:
    """Say that a repository takes no issues, and what to do."""
    return f"issues are switched off in {name}; switch them on in its settings, under Features"
