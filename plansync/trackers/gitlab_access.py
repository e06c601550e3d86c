"""What a token may do in a project of GitLab's, and for how long: said before the first write, in words.

Source: GitLab docs, "Personal access tokens API", "Projects API", "Permissions and roles".
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import BeforeValidator

from plansync.text import sound
from plansync.trackers.base import Repository
from plansync.trackers.gitlab_payloads import Lenient, Names, Site, Text

PLANNER = 15
"""The lowest role that may edit issues, labels and milestones, since GitLab 17.7."""
RIGHTS = "the scope `api`, and its account the role Planner or higher in the project"
"""What a token needs that writes issues."""
WARNED_DAYS = 30
"""How long before a token's last day a person is told of it."""
_ROLES = {
    5: "Minimal Access",
    10: "Guest",
    15: "Planner",
    20: "Reporter",
    30: "Developer",
    40: "Maintainer",
    50: "Owner",
}
_GRANULAR = "granular"


class _Access(Lenient):
    access_level: int = 0


class _Permissions(Lenient):
    """The roles of the account; both are null for one that has its rights from elsewhere, an administrator say."""

    project_access: _Access | None = None
    group_access: _Access | None = None

    @property
    def level(self) -> int:
        """Give the highest role that is known, 0 for none."""
        return max(
            (each.access_level for each in (self.project_access, self.group_access) if each), default=0
        )


class _Parent(Lenient):
    path_with_namespace: Text = ""


def _day(value: object) -> object:
    """Take a date, or a time, as a day; what is neither is no day."""
    try:
        return date.fromisoformat(str(value)[:10]) if value else None
    except ValueError:
        return None


class TokenPayload(Lenient):
    """A token as it sees itself."""

    scopes: Names = ()
    active: bool = True
    granular: bool = False
    expires_at: Annotated[date | None, BeforeValidator(_day)] = None

    def refusal(self, source: str) -> str:
        """Say why it cannot write; empty where it can, or where that cannot be told. `source`: where it was found."""
        if not self.active:
            return f"the token from {source} has expired or was revoked; make a new one"
        is_known = self.scopes and not self.granular and _GRANULAR not in self.scopes
        if is_known and "api" not in self.scopes:
            return (
                f"the token from {source} has the scopes {', '.join(self.scopes)}, which read only; to write issues it "
                "needs the scope `api`"
            )
        return ""

    def warning(self, source: str, now_s: float) -> str:
        """Say that it expires soon; empty while that is far away. Units: Unix seconds."""
        if self.expires_at is None:
            return ""
        days = (self.expires_at - datetime.fromtimestamp(now_s, UTC).date()).days
        if days > WARNED_DAYS:
            return ""
        when = "today" if days <= 0 else f"in {days} day{'s' if days > 1 else ''}"
        return f"the token from {source} expires {when} ({self.expires_at}); make a new one before that"


class ProjectPayload(Lenient):
    """A project as the API shows it."""

    id: int
    path_with_namespace: Text = ""
    web_url: Text = ""
    archived: bool = False
    issues_enabled: bool = True
    issues_access_level: Text = ""
    permissions: _Permissions | None = None
    visibility: Text = ""
    default_branch: Text = ""
    forked_from_project: _Parent | None = None

    def repository(self, site: Site, token: TokenPayload | None, source: str, now_s: float) -> Repository:
        """Turn it into what a run must know before it writes. `token`: where the tracker shows it."""
        name = sound(self.path_with_namespace) or site.project
        refusal = self._refusal(name) or (token.refusal(source) if token else "")
        return Repository(
            str(self.id),
            name,
            self.web_url or site.url,
            not refusal,
            refusal,
            visibility=sound(self.visibility),
            parent=sound(self.forked_from_project.path_with_namespace) if self.forked_from_project else "",
            default_branch=sound(self.default_branch),
            warning=token.warning(source, now_s) if token else "",
            role=_role(self._level),
        )

    @property
    def _level(self) -> int:
        return self.permissions.level if self.permissions else 0

    def _refusal(self, name: str) -> str:
        if self.archived:
            return f"{name} is archived and takes no writes; unarchive it in its settings"
        if not self.issues_enabled or self.issues_access_level == "disabled":
            return issues_off(name)
        if 0 < self._level < PLANNER:
            is_now = f"this token's account is {_role(self._level)} in {name}"
            return f"{is_now}; to edit issues it needs the role Planner or higher"
        return ""


def _role(level: int) -> str:
    """Name a role, empty where it is not known; an instance may have more than there are here."""
    return _ROLES.get(level, f"a role of level {level}" if level else "")


def issues_off(name: str) -> str:
    """Say that a project takes no issues, and what to do."""
    return f"issues are switched off in {name}; switch them on in its settings, under Visibility, project features"
