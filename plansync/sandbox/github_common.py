"""What the handlers of GitHub's dialect share: pages of a listing, and the issue that a path names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from plansync.sandbox import github_shown as shown
from plansync.sandbox import github_taken as taken
from plansync.sandbox.github_door import Answer, Call
from plansync.sandbox.github_shown import Json, Site
from plansync.sandbox.github_taken import Refused
from plansync.sandbox.kinds import Issue

_T = TypeVar("_T")


def paged(call: Call, found: Sequence[_T], show: Callable[[Site, _T], Json]) -> Answer:
    """Answer one page of a listing that is at hand."""
    page = taken.page(call.query)
    body = [show(call.site, each) for each in found[page.offset : page.offset + page.size]]
    return Answer(body, headers=links(call, page, len(found)))


def links(call: Call, page: taken.Page, total: int) -> dict[str, str]:
    """Give the Link header; as at GitHub its addresses name the repository by id."""
    last = max(1, -(-total // page.size))
    steps = {"prev": page.number - 1, "next": page.number + 1, "last": last, "first": 1}
    if page.number == 1:
        steps = {"next": 2, "last": last}
    if page.number >= last:
        steps = {rel: n for rel, n in steps.items() if rel in ("prev", "first")}
    led = [f'<{_page_address(call, n)}>; rel="{rel}"' for rel, n in steps.items()]
    return {"link": ", ".join(led)} if led else {}


def _page_address(call: Call, number: int) -> str:
    return f"{call.address}?{urlencode({**call.query, 'page': number})}"


def created(body: Json) -> Answer:
    """Answer with what was made, and where it is."""
    return Answer(body, 201, {"location": body["url"]})


def there(record: _T | None) -> _T:
    """Insist on a record; without it the answer is a 404."""
    if record is None:
        raise taken.not_found()
    return record


def the_issue(call: Call) -> Issue:
    """Read the issue that the path names, or say where it went."""
    number = call.number()
    if call.records.is_transferred(number):
        place = f"{call.site.api}/repositories/{call.records.repository_id + 1}/issues/{number}"
        raise Refused(301 if call.is_read else 307, "Moved Permanently", place=place)
    if call.records.is_deleted(number):
        raise Refused(410, "This issue was deleted")
    return there(call.records.issue(number))


def one_issue(call: Call, issue: Issue) -> Json:
    """Show an issue as a direct read and a write do."""
    belongs_to = call.records.milestone(issue.milestone) if issue.milestone else None
    return shown.one_issue(call.site, issue, belongs_to)
