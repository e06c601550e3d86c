"""How a record is shown in GitHub's dialect: records in, JSON-ready values out.

Never reads a request and never decides anything. The shapes are those of GitHub's own API
description, version 2022-11-28; a contract test holds them to it.
"""

from __future__ import annotations

import base64
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias
from urllib.parse import quote

from plansync.sandbox.kinds import Comment, Issue, Label, Milestone, Role, State, account_id
from plansync.sandbox.records import Records

Json: TypeAlias = dict[str, Any]

DOCS = "https://docs.github.com/rest"
_BIRTH = "2026-01-01T00:00:00Z"
_USER_LINKS = ("followers", "subscriptions", "repos", "received_events")
_USER_TEMPLATES = {
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "events_url": "/events{/privacy}",
}
_REPO_LINKS = {
    "archive": "/{archive_format}{/ref}",
    "assignees": "/assignees{/user}",
    "blobs": "/git/blobs{/sha}",
    "branches": "/branches{/branch}",
    "collaborators": "/collaborators{/collaborator}",
    "comments": "/comments{/number}",
    "commits": "/commits{/sha}",
    "compare": "/compare/{base}...{head}",
    "contents": "/contents/{+path}",
    "contributors": "/contributors",
    "deployments": "/deployments",
    "downloads": "/downloads",
    "events": "/events",
    "forks": "/forks",
    "git_commits": "/git/commits{/sha}",
    "git_refs": "/git/refs{/sha}",
    "git_tags": "/git/tags{/sha}",
    "hooks": "/hooks",
    "issue_comment": "/issues/comments{/number}",
    "issue_events": "/issues/events{/number}",
    "issues": "/issues{/number}",
    "keys": "/keys{/key_id}",
    "labels": "/labels{/name}",
    "languages": "/languages",
    "merges": "/merges",
    "milestones": "/milestones{/number}",
    "notifications": "/notifications{?since,all,participating}",
    "pulls": "/pulls{/number}",
    "releases": "/releases{/id}",
    "stargazers": "/stargazers",
    "statuses": "/statuses/{sha}",
    "subscribers": "/subscribers",
    "subscription": "/subscription",
    "tags": "/tags",
    "teams": "/teams",
    "trees": "/git/trees{/sha}",
}
_REPO_COUNTS = (
    "forks", "forks_count", "stargazers_count", "watchers", "watchers_count",
    "size", "network_count", "subscribers_count",
)  # fmt: skip
_REPO_NO = (
    "fork", "has_projects", "has_wiki", "has_pages", "has_discussions", "has_downloads",
    "disabled", "is_template",
)  # fmt: skip
_REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")


@dataclass(frozen=True, slots=True)
class Site:
    """Where this tracker stands: `root` as the client called it, and the repository's full name.

    `has_dependencies`: whether its issues say what they wait for.
    """

    root: str
    repo: str
    has_dependencies: bool = True

    @property
    def api(self) -> str:
        """The API's base address."""
        return f"{self.root}/api/v3"

    @property
    def repo_api(self) -> str:
        """The repository's address in the API."""
        return f"{self.api}/repos/{self.repo}"

    @property
    def repo_html(self) -> str:
        """The repository's address for people."""
        return f"{self.root}/{self.repo}"

    @property
    def owner(self) -> str:
        """The account that the repository belongs to."""
        return self.repo.partition("/")[0]


def node_id(prefix: str, id_: int) -> str:
    """Give an opaque id in the look of GitHub's."""
    return f"{prefix}_{base64.urlsafe_b64encode(id_.to_bytes(8)).decode().rstrip('=')}"


def user(site: Site, login: str) -> Json:
    """Show an account in short."""
    id_ = account_id(login)
    url = f"{site.api}/users/{login}"
    return {
        "login": login,
        "id": id_,
        "node_id": node_id("U", id_),
        "avatar_url": f"{site.root}/avatars/{login}",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{site.root}/{login}",
        **{f"{name}_url": f"{url}/{name}" for name in _USER_LINKS},
        "organizations_url": f"{url}/orgs",
        **{name: url + rest for name, rest in _USER_TEMPLATES.items()},
        "type": "User",
        "user_view_type": "public",
        "site_admin": False,
    }


def account(site: Site, login: str) -> Json:
    """Show an account in full."""
    absent = dict.fromkeys(("name", "company", "location", "email", "hireable", "bio", "twitter_username"))
    counts = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
    return {
        **user(site, login), **absent, **counts, "blog": "", "created_at": _BIRTH, "updated_at": _BIRTH,
    }  # fmt: skip


def repository(site: Site, records: Records, open_issues: int) -> Json:
    """Show the repository."""
    id_, name = records.repository_id, site.repo.partition("/")[2]
    return {
        "id": id_,
        "node_id": node_id("R", id_),
        "name": name,
        "full_name": site.repo,
        "owner": user(site, site.owner),
        "private": True,
        "visibility": "private",
        "html_url": site.repo_html,
        "description": "The plansync sandbox: nothing leaves this machine",
        "url": site.repo_api,
        **{f"{key}_url": site.repo_api + rest for key, rest in _REPO_LINKS.items()},
        **{f"{key}_url": f"{site.repo_html}.git" for key in ("clone", "git", "ssh", "svn")},
        **dict.fromkeys(("mirror_url", "homepage", "language", "license")),
        **dict.fromkeys(_REPO_COUNTS, 0),
        **dict.fromkeys(_REPO_NO, False),
        "has_issues": records.traits.has_issues,
        "archived": records.traits.is_archived,
        "default_branch": "main",
        "topics": [],
        "open_issues": open_issues,
        "open_issues_count": open_issues,
        **dict.fromkeys(("created_at", "updated_at", "pushed_at"), _BIRTH),
        "permissions": {role.value: records.traits.may(role) for role in Role},
    }


def label(site: Site, shown: Label) -> Json:
    """Show a label."""
    return {
        "id": shown.id,
        "node_id": node_id("LA", shown.id),
        "url": f"{site.repo_api}/labels/{quote(shown.name, safe='')}",
        "name": shown.name,
        "color": shown.color,
        "default": False,
        "description": shown.description,
    }


def milestone(site: Site, shown: Milestone) -> Json:
    """Show a milestone."""
    url = f"{site.repo_api}/milestones/{shown.number}"
    return {
        "url": url,
        "html_url": f"{site.repo_html}/milestone/{shown.number}",
        "labels_url": f"{url}/labels",
        "id": shown.id,
        "node_id": node_id("MI", shown.id),
        "number": shown.number,
        "title": shown.title,
        "description": shown.description,
        "creator": user(site, shown.author),
        "open_issues": shown.open_issues,
        "closed_issues": shown.closed_issues,
        "state": shown.state,
        "created_at": shown.created_at,
        "updated_at": shown.updated_at,
        "due_on": shown.due_on,
        "closed_at": shown.closed_at,
    }


def issue(site: Site, shown: Issue, belongs_to: Milestone | None) -> Json:
    """Show an issue as a listing does."""
    url = f"{site.repo_api}/issues/{shown.number}"
    html_url = f"{site.repo_html}/{'pull' if shown.is_pull else 'issues'}/{shown.number}"
    return {
        "url": url,
        "repository_url": site.repo_api,
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "html_url": html_url,
        "id": shown.id,
        "node_id": node_id("PR" if shown.is_pull else "I", shown.id),
        "number": shown.number,
        "title": shown.title,
        "user": user(site, shown.author),
        "labels": [label(site, each) for each in shown.labels],
        "state": shown.state,
        "locked": False,
        "assignee": user(site, shown.assignees[0]) if shown.assignees else None,
        "assignees": [user(site, each) for each in shown.assignees],
        "milestone": milestone(site, belongs_to) if belongs_to else None,
        "comments": shown.comments,
        "created_at": shown.created_at,
        "updated_at": shown.updated_at,
        "closed_at": shown.closed_at,
        "author_association": "OWNER" if shown.author == site.owner else "COLLABORATOR",
        "active_lock_reason": None,
        "body": shown.body,
        "reactions": _reactions(url),
        "timeline_url": f"{url}/timeline",
        "performed_via_github_app": None,
        "state_reason": shown.reason,
        **({"issue_dependencies_summary": asdict(shown.dependencies)} if site.has_dependencies else {}),
        **(_pull(site, shown, html_url) if shown.is_pull else {}),
    }


def one_issue(site: Site, shown: Issue, belongs_to: Milestone | None) -> Json:
    """Show an issue as a direct read does: with who closed it."""
    closer = user(site, shown.closed_by) if shown.closed_by and shown.state is State.CLOSED else None
    return {**issue(site, shown, belongs_to), "closed_by": closer}


def comment(site: Site, shown: Comment) -> Json:
    """Show a comment."""
    url = f"{site.repo_api}/issues/comments/{shown.id}"
    return {
        "url": url,
        "html_url": f"{site.repo_html}/issues/{shown.issue}#issuecomment-{shown.id}",
        "issue_url": f"{site.repo_api}/issues/{shown.issue}",
        "id": shown.id,
        "node_id": node_id("IC", shown.id),
        "user": user(site, shown.author),
        "created_at": shown.created_at,
        "updated_at": shown.updated_at,
        "body": shown.body,
        "author_association": "OWNER" if shown.author == site.owner else "COLLABORATOR",
        "reactions": _reactions(url),
        "performed_via_github_app": None,
    }


def rate_limit(limit: int, used: int, reset_s: int) -> Json:
    """Show the budget, of which the sandbox spends none but the core's."""
    core = {"limit": limit, "used": used, "remaining": max(0, limit - used), "reset": reset_s}
    search = {"limit": 30, "used": 0, "remaining": 30, "reset": reset_s}
    return {"resources": {"core": core, "graphql": core, "search": search}, "rate": core}


def error(status: int, message: str, errors: list[Json] | None = None) -> Json:
    """Show a refusal."""
    detail = {} if errors is None else {"errors": errors}
    return {"message": message, **detail, "documentation_url": DOCS, "status": str(status)}


def _pull(site: Site, shown: Issue, html_url: str) -> Json:
    links = {"html_url": html_url, "diff_url": f"{html_url}.diff", "patch_url": f"{html_url}.patch"}
    return {
        "draft": False,
        "pull_request": {"url": f"{site.repo_api}/pulls/{shown.number}", **links, "merged_at": None},
    }


def _reactions(url: str) -> Json:
    return {"url": f"{url}/reactions", "total_count": 0, **dict.fromkeys(_REACTIONS, 0)}
