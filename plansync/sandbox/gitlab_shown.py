"""How a record is shown in GitLab's dialect: records in, JSON-ready values out.

Never reads a request and never decides anything. The shapes are those of GitLab's own test schemas; a
contract test holds them to it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from plansync.sandbox import markdown
from plansync.sandbox.gitlab_time import human
from plansync.sandbox.kinds import (
    Comment,
    Event,
    Issue,
    Label,
    Link,
    LinkKind,
    Milestone,
    Role,
    State,
    Tier,
    Traits,
    account_id,
)
from plansync.sandbox.moments import at_micros

Json: TypeAlias = dict[str, Any]

OTHER: Final = "elsewhere"
_BIRTH: Final = "2026-01-01T00:00:00.000Z"
_LEVELS: Final = {Role.ADMIN: 50, Role.MAINTAIN: 40, Role.WRITE: 30, Role.TRIAGE: 15, Role.READ: 10}
"""Owner, maintainer, developer, planner, guest."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where this tracker stands: `root` with the path that it is installed under, the project's full path and ids."""

    root: str
    project: str
    project_id: int
    group_id: int
    tier: Tier
    today: date

    @property
    def api(self) -> str:
        """The API's base address."""
        return f"{self.root}/api/v4"

    @property
    def project_api(self) -> str:
        """The project's address in the API."""
        return f"{self.api}/projects/{self.project_id}"

    @property
    def project_html(self) -> str:
        """The project's address for people."""
        return f"{self.root}/{self.project}"

    @property
    def other(self) -> Site:
        """The other project of the group, where issues can be moved to."""
        return replace(self, project=f"{self.group}/{OTHER}", project_id=self.project_id + 1)

    @property
    def group(self) -> str:
        """The full path of the group that the project belongs to."""
        return self.project.rpartition("/")[0]

    @property
    def me(self) -> str:
        """The account whose token it is."""
        return self.project.partition("/")[0]


def level(role: Role) -> int:
    """Say a role as GitLab counts them."""
    return _LEVELS[role]


def user(site: Site, login: str) -> Json:
    """Show an account in short."""
    return {
        "id": account_id(login),
        "username": login,
        "public_email": "",
        "name": login,
        "state": "active",
        "locked": False,
        "avatar_url": None,
        "web_url": f"{site.root}/{login}",
    }


def account(site: Site, login: str) -> Json:
    """Show one's own account."""
    absent = dict.fromkeys(
        ("bio", "location", "linkedin", "twitter", "discord", "organization", "job_title"), ""
    )
    own = {"email": "", "commit_email": "", "two_factor_enabled": False, "external": False}
    return {
        **user(site, login),
        **absent,
        **own,
        "created_at": _BIRTH,
        "bot": False,
        "can_create_project": True,
    }


def member(site: Site, login: str, role: Role) -> Json:
    """Show an account with what it may do."""
    more = {
        "access_level": level(role),
        "created_at": _BIRTH,
        "expires_at": None,
        "membership_state": "active",
    }
    return {**user(site, login), **more}


def token(site: Site, traits: Traits) -> Json:
    """Show the token itself."""
    is_active = not traits.is_revoked and (traits.expires_on is None or traits.expires_on > f"{site.today}")
    return {
        "id": 1,
        "name": "plansync",
        "revoked": traits.is_revoked,
        "created_at": _BIRTH,
        "description": "",
        "scopes": list(traits.scopes),
        "user_id": account_id(site.me),
        "last_used_at": _BIRTH,
        "active": is_active,
        "granular": "granular" in traits.scopes,
        "expires_at": traits.expires_on,
    }


def version(site: Site, traits: Traits) -> Json:
    """Show what is installed."""
    kas = {"enabled": False, "externalUrl": None, "externalK8sProxyUrl": None, "version": None}
    is_enterprise = traits.tier is not Tier.CE
    return {"version": traits.version, "revision": "5a4db0c8a11", "kas": kas, "enterprise": is_enterprise}


def project(site: Site, traits: Traits, open_issues: int) -> Json:
    """Show the project."""
    name = site.project.rpartition("/")[2]
    plan = {} if traits.tier is Tier.CE else {"plan": traits.tier.value}
    access = {"access_level": level(traits.role), "notification_level": 3}
    return {
        "id": site.project_id,
        "description": "The plansync sandbox: nothing leaves this machine",
        "name": name,
        "name_with_namespace": site.project.replace("/", " / "),
        "path": name,
        "path_with_namespace": site.project,
        "created_at": _BIRTH,
        "default_branch": "main",
        "tag_list": [],
        "topics": [],
        "ssh_url_to_repo": f"{site.project_html}.git",
        "http_url_to_repo": f"{site.project_html}.git",
        "web_url": site.project_html,
        "readme_url": None,
        "forks_count": 0,
        "avatar_url": None,
        "star_count": 0,
        "last_activity_at": _BIRTH,
        "visibility": "private",
        "namespace": {
            "id": site.group_id,
            "name": site.group,
            "path": site.group.rpartition("/")[2],
            "kind": "group",
            "full_path": site.group,
            "parent_id": None,
            "avatar_url": None,
            "web_url": f"{site.root}/groups/{site.group}",
            **plan,
        },
        "_links": {
            "self": site.project_api,
            "issues": f"{site.project_api}/issues",
            "labels": f"{site.project_api}/labels",
            "members": f"{site.project_api}/members",
        },
        "archived": traits.is_archived,
        "empty_repo": True,
        "issues_enabled": traits.has_issues,
        "issues_access_level": "enabled" if traits.has_issues else "disabled",
        "merge_requests_enabled": True,
        "open_issues_count": open_issues,
        "permissions": {"project_access": access, "group_access": None},
    }


def branch(site: Site, name: str, traits: Traits) -> Json:
    """Show a branch, and whether it is protected."""
    is_protected = name in traits.protected_branches
    return {
        "name": name,
        "commit": {"id": "0" * 40, "short_id": "0" * 8, "created_at": _BIRTH, "title": "plans"},
        "merged": False,
        "protected": is_protected,
        "developers_can_push": False,
        "developers_can_merge": False,
        "can_push": level(traits.role) >= 40 or (level(traits.role) >= 30 and not is_protected),
        "default": name == "main",
        "web_url": f"{site.project_html}/-/tree/{quote(name)}",
    }


def protected_branch(site: Site, name: str) -> Json:
    """Show what a branch is protected against."""
    for_maintainers = [{"id": 1, "access_level": 40, "access_level_description": "Maintainers"}]
    return {
        "id": 1,
        "name": name,
        "push_access_levels": for_maintainers,
        "merge_access_levels": for_maintainers,
        "allow_force_push": False,
    }


def label(site: Site, shown: Label) -> Json:
    """Show a label."""
    red, green, blue = (int(shown.color[at : at + 2], 16) for at in (0, 2, 4))
    return {
        "id": shown.id,
        "name": shown.name,
        "description": shown.description,
        "description_html": shown.description or "",
        "text_color": "#1F1E24" if 299 * red + 587 * green + 114 * blue > 128_000 else "#FFFFFF",
        "color": f"#{shown.color}",
        "archived": False,
        "subscribed": False,
        "priority": None,
        "is_project_label": True,
    }


def milestone(site: Site, shown: Milestone) -> Json:
    """Show a milestone; its dates are days."""
    due = shown.due_on[:10] if shown.due_on else None
    owner = {"group_id": site.group_id} if shown.is_inherited else {"project_id": site.project_id}
    place = f"{site.root}/groups/{site.group}" if shown.is_inherited else site.project_html
    return {
        "id": shown.id,
        "iid": shown.number,
        **owner,
        "title": shown.title,
        "description": shown.description,
        "state": "active" if shown.state is State.OPEN else "closed",
        "created_at": in_ms(shown.created_at),
        "updated_at": from_micros(shown.updated_us),
        "due_date": due,
        "start_date": shown.start_date,
        "expired": due is not None and due < f"{site.today}",
        "web_url": f"{place}/-/milestones/{shown.number}",
    }


def issue(site: Site, shown: Issue, belongs_to: Milestone | None, *, in_detail: bool = False) -> Json:
    """Show an issue; `in_detail`: its labels as objects."""
    assignees = [user(site, each) for each in shown.assignees]
    names = sorted(shown.labels, key=lambda each: each.name)
    url = f"{site.project_api}/issues/{shown.number}"
    is_closed = shown.state is State.CLOSED
    duplicate_of = f"{site.project_api}/issues/{shown.duplicate_of}" if shown.duplicate_of else None
    return {
        "id": shown.id,
        "iid": shown.number,
        "project_id": site.project_id,
        "title": shown.title,
        "description": _text(shown),
        "state": "closed" if is_closed else "opened",
        "created_at": in_ms(shown.created_at),
        "updated_at": from_micros(shown.updated_us),
        "closed_at": in_ms(shown.closed_at) if shown.closed_at else None,
        "closed_by": user(site, shown.closed_by) if shown.closed_by and is_closed else None,
        "labels": [label(site, each) if in_detail else each.name for each in names],
        "milestone": milestone(site, belongs_to) if belongs_to else None,
        "assignees": assignees,
        "author": user(site, shown.author),
        "type": shown.kind.upper(),
        "assignee": assignees[0] if assignees else None,
        "user_notes_count": shown.comments,
        "merge_requests_count": 0,
        "upvotes": 0,
        "downvotes": 0,
        "due_date": shown.due_date,
        "confidential": shown.is_confidential,
        "discussion_locked": None,
        "issue_type": shown.kind,
        "web_url": f"{site.project_html}/-/{'issues' if shown.kind == 'issue' else 'work_items'}/{shown.number}",
        "time_stats": time_stats(shown),
        **_tasks(shown.body or ""),
        "_links": {
            "self": url,
            "notes": f"{url}/notes",
            "award_emoji": f"{url}/award_emoji",
            "project": site.project_api,
            "closed_as_duplicate_of": duplicate_of,
        },
        "references": {
            "short": f"#{shown.number}",
            "relative": f"#{shown.number}",
            "full": f"{site.project}#{shown.number}",
        },
        "severity": "UNKNOWN",
        "moved_to_id": shown.moved_to,
        "imported": False,
        "imported_from": "none",
        "service_desk_reply_to": None,
        **_licensed(site, shown),
    }


def _text(shown: Issue) -> str | None:
    """Give an issue's text as GitLab would have kept it, whatever the board's form made of its line ends."""
    if shown.body is None or shown.kind != "issue":
        return shown.body
    return shown.body.replace("\r", "").rstrip()


def time_stats(shown: Issue) -> Json:
    """Show how long an issue may take, and took."""
    return {
        "time_estimate": shown.estimate_s,
        "total_time_spent": shown.spent_s,
        "human_time_estimate": human(shown.estimate_s),
        "human_total_time_spent": human(shown.spent_s),
    }


def link_type(link: Link, seen_from: int) -> str:
    """Say what a link is, seen from one of its ends."""
    if link.kind is LinkKind.RELATES:
        return link.kind.value
    return "blocks" if link.source == seen_from else "is_blocked_by"


def linked(link: Link, seen_from: int, other: Json) -> Json:
    """Show the other end of a link."""
    at = in_ms(link.at)
    told = {"issue_link_id": link.id, "link_type": link_type(link, seen_from)}
    return {**other, **told, "link_created_at": at, "link_updated_at": at}


def note(site: Site, shown: Comment, on: Issue) -> Json:
    """Show a comment."""
    return _note(site, shown.id, shown.body, shown.author, (shown.created_at, shown.updated_at), on)


def event_note(site: Site, shown: Event, id_: int, on: Issue) -> Json:
    """Show what was done to an issue as the note that GitLab writes of it."""
    told = _note(site, id_, shown.kind, shown.actor, (shown.at, shown.at), on)
    return {**told, "system": True, "resolvable": False}


def _note(site: Site, id_: int, body: str, author: str, times: tuple[str, str], on: Issue) -> Json:
    return {
        "id": id_,
        "type": None,
        "body": body,
        "attachment": None,
        "author": user(site, author),
        "created_at": in_ms(times[0]),
        "updated_at": in_ms(times[1]),
        "system": False,
        "noteable_id": on.id,
        "noteable_type": "Issue",
        "project_id": site.project_id,
        "resolvable": False,
        "confidential": False,
        "internal": False,
        "imported": False,
        "imported_from": "none",
        "noteable_iid": on.number,
        "commands_changes": {},
    }


def in_ms(at: str) -> str:
    """Write a time of the records as GitLab does."""
    return at.replace("Z", ".000Z")


def from_micros(count: int) -> str:
    """Write an instant as GitLab does: milliseconds, though it is kept more finely."""
    instant = at_micros(count)
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03d}Z"


def _tasks(text: str) -> Json:
    """Count the boxes of a text; a dropped one counts in neither number, and one without words is none."""
    boxes = [each for each in markdown.boxes(text) if each.has_words and not each.is_dropped]
    count, done = len(boxes), sum(each.is_ticked for each in boxes)
    status = {"task_status": f"{done} of {count} checklist items completed"} if count else {}
    return {
        "task_completion_status": {"count": count, "completed_count": done},
        "has_tasks": bool(count),
        **status,
    }


def _licensed(site: Site, shown: Issue) -> Json:
    """Show what only the Enterprise Edition has, and what only a licence gives."""
    if site.tier is Tier.CE:
        return {}
    counted = {"blocking_issues_count": shown.dependencies.total_blocking}
    more = ("weight", "epic_iid", "epic", "iteration", "health_status")
    return {**counted, **(dict.fromkeys(more) if site.tier is Tier.PREMIUM else {})}
