"""Where the sandbox's GitLab stands, and how it shows what is there besides issues: accounts, the token, the project.

Never reads a request and never decides anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from plansync.sandbox.kinds import Role, Tier, Traits, account_id

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
