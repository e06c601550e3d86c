"""What the handlers of GitLab's dialect share: pages of a listing, and the issue that a path names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from plansync.sandbox import gitlab_shown as shown
from plansync.sandbox import gitlab_taken as taken
from plansync.sandbox.door import Answer
from plansync.sandbox.gitlab_door import Call
from plansync.sandbox.gitlab_site import Json
from plansync.sandbox.kinds import Issue, Role
from plansync.sandbox.pages import Page

_T = TypeVar("_T")


def paged(call: Call, found: Sequence[Json]) -> Answer:
    """Answer one page of a listing that is at hand."""
    page = taken.page(call.params)
    body = found[page.offset : page.offset + page.size]
    return Answer(body, headers=page_headers(call, page, len(found)))


def page_headers(call: Call, page: Page, total: int) -> dict[str, str]:
    """Say which pages lie around one; what is too much to count is not counted."""
    pages = max(1, -(-total // page.size))
    before = page.number - 1 if 1 < page.number <= pages + 1 else None
    after = page.number + 1 if page.number < pages else None
    is_counted = total <= call.traits.counted_max
    steps = {"prev": before, "next": after, "first": 1, "last": pages if is_counted else None}
    told = {
        "x-page": page.number,
        "x-per-page": page.size,
        "x-next-page": after or "",
        "x-prev-page": before or "",
        **({"x-total": total, "x-total-pages": pages} if is_counted else {}),
    }
    size = {"per_page": str(page.size)}
    links = {rel: {"page": str(to), **size} for rel, to in steps.items() if to is not None}
    return {**{name: str(value) for name, value in told.items()}, **link(call, links)}


def link(call: Call, steps: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Write a Link header."""
    asked = [
        (f"{name}[]" if isinstance(value, list) else name, each)
        for name, value in call.query.items()
        if name not in ("page", "per_page", "cursor")
        for each in (value if isinstance(value, list) else [value])
    ]
    led = [f'<{call.address}?{urlencode([*asked, *to.items()])}>; rel="{rel}"' for rel, to in steps.items()]
    return {"link": ", ".join(led)} if led else {}


def may(call: Call, role: Role) -> bool:
    """Say whether the token may what a role may."""
    return call.traits.may(role)


def permit(call: Call, role: Role = Role.TRIAGE) -> None:
    """Refuse a write to whoever has a lower role; the lowest that sorts issues is the planner's."""
    if not may(call, role):
        raise taken.said(403, "403 Forbidden")


def there(record: _T | None, what: str = "") -> _T:
    """Insist on a record; without it the answer is a 404."""
    if record is None:
        raise taken.not_found(what)
    return record


def require_issues(call: Call) -> None:
    """Refuse where the project has no issues."""
    if not call.traits.has_issues:
        raise taken.said(403, "403 Forbidden")


def can_see(call: Call, issue: Issue) -> bool:
    """Say whether an issue is shown to the token: no pull request, and nothing confidential of others to a guest."""
    is_own = call.site.me in (issue.author, *issue.assignees)
    return not issue.is_pull and (not issue.is_confidential or is_own or may(call, Role.TRIAGE))


def the_issue(call: Call, what: str = "") -> Issue:
    """Read the issue that the path names."""
    number = call.number("iid", "issue_iid")
    require_issues(call)
    issue = call.records.issue(number)
    return there(issue if issue and can_see(call, issue) else None, what)


def one_issue(call: Call, issue: Issue) -> Json:
    """Show an issue as a direct read and a write do."""
    belongs_to = call.records.milestone(issue.milestone) if issue.milestone else None
    return {**shown.issue(call.site, issue, belongs_to), "subscribed": issue.author == call.site.me}


def at_least_one(call: Call, names: Sequence[str]) -> None:
    """Refuse a change that changes nothing."""
    if not any(name in call.params for name in names):
        raise taken.bad(f"{', '.join(names)} are missing, at least one parameter must be provided")
