"""What the handlers of GitHub's dialect share: pages of a listing, and the issue that a path names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from plansync.sandbox import github_shown as shown
from plansync.sandbox import github_taken as taken
from plansync.sandbox.door import Answer
from plansync.sandbox.github_door import Call
from plansync.sandbox.github_shown import Json, Site
from plansync.sandbox.github_taken import Refused
from plansync.sandbox.kinds import Issue, Milestone, Role
from plansync.sandbox.pages import Page

_T = TypeVar("_T")


def paged(call: Call, found: Sequence[_T], show: Callable[[Site, _T], Json]) -> Answer:
    """Answer one page of a listing that is at hand."""
    page = taken.page(call.query)
    body = [show(call.site, each) for each in found[page.offset : page.offset + page.size]]
    return Answer(body, headers=_link(call, _numbered(_steps(page, len(found)))))


def issue_links(call: Call, page: Page, total: int, cursor: str) -> dict[str, str]:
    """Give the Link header of a listing of issues; `cursor` leads on, and is empty on the last page.

    Only the way on is sure: a listing that page numbers do not reach to the end of names no other page.
    """
    steps = _numbered(_steps(page, total)) if total <= call.traits.page_offset_max else {}
    steps.pop("next", None)
    on = {"next": {"page": str(page.number + 1), "after": cursor}} if cursor else {}
    return _link(call, {**on, **steps})


def _steps(page: Page, total: int) -> dict[str, int]:
    """Say which pages lie around one."""
    last = max(1, -(-total // page.size))
    steps = {"prev": page.number - 1, "next": page.number + 1, "last": last, "first": 1}
    wanted = {"next", "last"} if page.number == 1 else set(steps)
    if page.number >= last:
        wanted &= {"prev", "first"}
    return {rel: n for rel, n in steps.items() if rel in wanted}


def _numbered(steps: Mapping[str, int]) -> dict[str, dict[str, str]]:
    return {rel: {"page": str(n)} for rel, n in steps.items()}


def _link(call: Call, steps: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Write a Link header; as at GitHub its addresses name the repository by id."""
    query = {name: value for name, value in call.query.items() if name not in ("page", "after")}
    led = [f'<{call.address}?{urlencode({**query, **to})}>; rel="{rel}"' for rel, to in steps.items()]
    return {"link": ", ".join(led)} if led else {}


def created(body: Json) -> Answer:
    """Answer with what was made, and where it is."""
    return Answer(body, 201, {"location": body["url"]})


def permit(call: Call) -> None:
    """Refuse a write to whoever may only read."""
    if not call.traits.may(Role.TRIAGE):
        message, needed = "Resource not accessible by personal access token", "issues=write"
        raise Refused(403, message, headers={"x-accepted-github-permissions": needed})


def there(record: _T | None) -> _T:
    """Insist on a record; without it the answer is a 404."""
    if record is None:
        raise taken.not_found()
    return record


def refuse_without_issues(call: Call) -> None:
    """Say that the repository has no issues."""
    if not call.traits.has_issues:
        raise Refused(410, "Issues are disabled for this repo")


def the_issue(call: Call) -> Issue:
    """Read the issue that the path names, or say where it went."""
    number = call.number()
    refuse_without_issues(call)
    if call.records.is_transferred(number):
        place = f"{call.site.api}/repositories/{call.records.repository_id + 1}/issues/{number}"
        raise Refused(301 if call.is_read else 307, "Moved Permanently", headers={"location": place})
    if call.records.is_deleted(number):
        raise Refused(410, "This issue was deleted")
    return there(call.records.issue(number))


def own_milestone(call: Call, number: int) -> Milestone | None:
    """Read a milestone of the repository's own: it inherits none."""
    found = call.records.milestone(number)
    return None if found is None or found.is_inherited else found


def one_issue(call: Call, issue: Issue) -> Json:
    """Show an issue as a direct read and a write do."""
    belongs_to = own_milestone(call, issue.milestone) if issue.milestone else None
    return shown.one_issue(call.site, issue, belongs_to)
