"""GitHub's REST dialect over the sandbox's records: its routes, and what each of them does.

Each route is a plain function from a call to an answer, behind one door (`github_door`). How
records look (`github_shown`) and payloads are read (`github_taken`) is told there, not here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route

from plansync.sandbox import github_shown as shown
from plansync.sandbox import github_taken as taken
from plansync.sandbox.github_door import VERSIONS, Answer, Call, Door, Handler, broken, no_route
from plansync.sandbox.github_shown import Json, Site
from plansync.sandbox.github_taken import Refused
from plansync.sandbox.kinds import (
    Belongs,
    Comment,
    Issue,
    IssueChanges,
    LabelChanges,
    Milestone,
    MilestoneChanges,
    Query,
    Reason,
    State,
)
from plansync.sandbox.records import Records

_HOUR_S = 3600
_T = TypeVar("_T")


# --- repository, account


def get_repository(call: Call) -> Answer:
    """Answer GET R."""
    _, open_issues = call.records.issues(Query(state=State.OPEN, limit=0))
    return Answer(shown.repository(call.site, call.records, open_issues))


def get_user(call: Call) -> Answer:
    """Answer GET /user."""
    return Answer(shown.account(call.site, call.site.owner))


def get_rate_limit(call: Call) -> Answer:
    """Answer GET /rate_limit."""
    return Answer(shown.rate_limit((int(time.time()) // _HOUR_S + 1) * _HOUR_S))


def get_versions(call: Call) -> Answer:
    """Answer GET /versions."""
    return Answer(list(VERSIONS))


# --- milestones


def list_milestones(call: Call) -> Answer:
    """Answer GET R/milestones."""
    state = taken.state_filter(call.query, "Milestone")
    order = taken.choice(call.query, "sort", ("due_on", "completeness"), "Milestone")
    direction = taken.choice(call.query, "direction", ("asc", "desc"), "Milestone")
    found = [each for each in call.records.milestones() if state in (None, each.state)]
    by = _due if order == "due_on" else _completeness
    return _paged(call, sorted(found, key=by, reverse=direction == "desc"), shown.milestone)


def get_milestone(call: Call) -> Answer:
    """Answer GET R/milestones/{number}."""
    return Answer(shown.milestone(call.site, _milestone(call)))


def create_milestone(call: Call) -> Answer:
    """Answer POST R/milestones."""
    title = taken.title(call.payload, "Milestone", taken.TITLE_MAX - 1)
    fields = _milestone_fields(call)
    _refuse_taken_title(call.records, title, None)
    made = call.records.add_milestone(title, call.site.owner, **fields)
    return _created(shown.milestone(call.site, made))


def update_milestone(call: Call) -> Answer:
    """Answer PATCH R/milestones/{number}."""
    before = _milestone(call)
    fields = _milestone_fields(call)
    if call.payload.get("title") is not None:
        fields["title"] = taken.title(call.payload, "Milestone", taken.TITLE_MAX - 1)
        _refuse_taken_title(call.records, fields["title"], before.number)
    return Answer(shown.milestone(call.site, call.records.change_milestone(before.number, **fields)))


def delete_milestone(call: Call) -> Answer:
    """Answer DELETE R/milestones/{number}: its issues stay, in none."""
    call.records.delete_milestone(_milestone(call).number)
    return Answer(None, 204)


def _milestone_fields(call: Call) -> MilestoneChanges:
    fields: MilestoneChanges = {}
    if "description" in call.payload:
        fields["description"] = taken.text(call.payload, "description", "Milestone")
    if "due_on" in call.payload:
        fields["due_on"] = taken.due_on(call.payload["due_on"])
    if state := taken.state(call.payload, "Milestone"):
        fields["state"] = state
    return fields


def _refuse_taken_title(records: Records, title: str, own: int | None) -> None:
    if records.milestone_titled(title) not in (None, own):
        raise taken.invalid("Milestone", "title", "already_exists")


def _milestone(call: Call) -> Milestone:
    return _found(call.records.milestone(call.number()))


def _due(each: Milestone) -> tuple[bool, str, int]:
    return each.due_on is None, each.due_on or "", each.number


def _completeness(each: Milestone) -> tuple[float, int]:
    total = each.open_issues + each.closed_issues
    return (each.closed_issues / total if total else 0.0), each.number


# --- issues


def list_issues(call: Call) -> Answer:
    """Answer GET R/issues."""
    page = taken.page(call.query)
    labels = tuple(name.strip() for name in call.query.get("labels", "").split(",") if name.strip())
    wanted = Query(
        state=taken.state_filter(call.query, "Issue"),
        labels=labels,
        milestone=_milestone_filter(call),
        since=taken.since(call.query, "Issue"),
        sort=taken.sort(call.query),
        is_descending=taken.choice(call.query, "direction", ("desc", "asc"), "Issue") == "desc",
        limit=page.size,
        offset=page.offset,
    )
    found, total = call.records.issues(wanted)
    milestones = {each.number: each for each in call.records.milestones()}
    body = [shown.issue(call.site, each, milestones.get(each.milestone or 0)) for each in found]
    return Answer(body, headers=_links(call, page, total))


def _milestone_filter(call: Call) -> int | Belongs | None:
    text = call.query.get("milestone", "")
    if text in ("", "*", "none"):
        return {"": None, "*": Belongs.ANY, "none": Belongs.NONE}[text]
    number = taken.milestone({"milestone": text})
    if number is None or call.records.milestone(number) is None:
        raise taken.invalid("Issue", "milestone", value=text)
    return number


def get_issue(call: Call) -> Answer:
    """Answer GET R/issues/{number}."""
    return Answer(_one(call, _issue(call)))


def create_issue(call: Call) -> Answer:
    """Answer POST R/issues."""
    title = taken.title(call.payload, "Issue")
    body = taken.text(call.payload, "body", "Issue")
    labels = taken.labels(call.payload.get("labels") or [])
    taken.assignees(call.payload)
    milestone = _existing_milestone(call)
    made = call.records.add_issue(title, call.site.owner, body=body, milestone=milestone, labels=labels)
    return _created(_one(call, made))


def update_issue(call: Call) -> Answer:
    """Answer PATCH R/issues/{number}: only what is named moves."""
    number, payload = _issue(call).number, call.payload
    changes: IssueChanges = {}
    if payload.get("title") is not None:
        changes["title"] = taken.title(payload, "Issue")
    if "body" in payload:
        changes["body"] = taken.text(payload, "body", "Issue")
    if "milestone" in payload:
        changes["milestone"] = _existing_milestone(call)
    labels = taken.labels(payload["labels"]) if payload.get("labels") is not None else None
    state, reason = taken.state(payload, "Issue"), taken.reason(payload)
    taken.assignees(payload)
    call.records.change_issue(number, **changes)
    if labels is not None:
        call.records.relabel_issue(number, labels)
    return Answer(_one(call, _turned(call, number, state, reason)))


def _turned(call: Call, number: int, state: State | None, reason: Reason | None) -> Issue:
    """Close or reopen; a reason counts only where the state changes."""
    if state is State.CLOSED:
        why = reason if reason in (Reason.NOT_PLANNED, Reason.DUPLICATE) else Reason.COMPLETED
        return call.records.close_issue(number, why, call.site.owner)
    if state is State.OPEN:
        return call.records.reopen_issue(number, call.site.owner)
    return _found(call.records.issue(number))


def _existing_milestone(call: Call) -> int | None:
    number = taken.milestone(call.payload)
    if number is not None and call.records.milestone(number) is None:
        raise taken.invalid("Issue", "milestone", value=call.payload["milestone"])
    return number


def _issue(call: Call) -> Issue:
    number = call.number()
    if call.records.is_transferred(number):
        place = f"{call.site.api}/repositories/{call.records.repository_id + 1}/issues/{number}"
        raise Refused(301 if call.is_read else 307, "Moved Permanently", place=place)
    if call.records.is_deleted(number):
        raise Refused(410, "This issue was deleted")
    return _found(call.records.issue(number))


def _one(call: Call, issue: Issue) -> Json:
    belongs_to = call.records.milestone(issue.milestone) if issue.milestone else None
    return shown.one_issue(call.site, issue, belongs_to)


# --- labels


def list_labels(call: Call) -> Answer:
    """Answer GET R/labels."""
    return _paged(call, call.records.labels(), shown.label)


def get_label(call: Call) -> Answer:
    """Answer GET R/labels/{name}."""
    return Answer(shown.label(call.site, _found(call.records.label(call.path["name"]))))


def create_label(call: Call) -> Answer:
    """Answer POST R/labels."""
    if "name" not in call.payload:
        raise taken.unusable('"name" wasn\'t supplied.')
    name = taken.label_name(call.payload["name"])
    color = taken.label_color(call.payload.get("color") or "ededed")
    text = taken.label_text(call.payload.get("description"))
    _refuse_taken_name(call.records, name)
    return _created(shown.label(call.site, call.records.add_label(name, color, text)))


def update_label(call: Call) -> Answer:
    """Answer PATCH R/labels/{name}."""
    before, changes = _found(call.records.label(call.path["name"])), LabelChanges()
    if call.payload.get("new_name") is not None:
        changes["name"] = taken.label_name(call.payload["new_name"])
        if changes["name"].casefold() != before.name.casefold():
            _refuse_taken_name(call.records, changes["name"])
    if call.payload.get("color") is not None:
        changes["color"] = taken.label_color(call.payload["color"])
    if "description" in call.payload:
        changes["description"] = taken.label_text(call.payload["description"])
    return Answer(shown.label(call.site, call.records.change_label(before.name, **changes)))


def list_issue_labels(call: Call) -> Answer:
    """Answer GET R/issues/{number}/labels."""
    return _paged(call, _issue(call).labels, shown.label)


def add_issue_labels(call: Call) -> Answer:
    """Answer POST R/issues/{number}/labels with all that the issue bears then."""
    issue = _issue(call)
    call.records.label_issue(issue.number, taken.labels(call.payload.get("labels")))
    return Answer([shown.label(call.site, each) for each in _issue(call).labels])


def set_issue_labels(call: Call) -> Answer:
    """Answer PUT R/issues/{number}/labels, which replaces them all."""
    issue = _issue(call)
    call.records.relabel_issue(issue.number, taken.labels(call.payload.get("labels") or []))
    return Answer([shown.label(call.site, each) for each in _issue(call).labels])


def remove_issue_label(call: Call) -> Answer:
    """Answer DELETE R/issues/{number}/labels/{name} with those that are left."""
    issue = _issue(call)
    if not call.records.unlabel_issue(issue.number, call.path["name"]):
        raise Refused(404, "Label does not exist")
    return Answer([shown.label(call.site, each) for each in _issue(call).labels])


def _refuse_taken_name(records: Records, name: str) -> None:
    if records.label(name) is not None:
        raise taken.invalid("Label", "name", "already_exists")


# --- comments


def list_comments(call: Call) -> Answer:
    """Answer GET R/issues/{number}/comments."""
    since = taken.since(call.query, "IssueComment")
    found = [each for each in call.records.comments(_issue(call).number) if each.updated_at >= since]
    return _paged(call, found, shown.comment)


def create_comment(call: Call) -> Answer:
    """Answer POST R/issues/{number}/comments."""
    issue = _issue(call)
    body = taken.text(call.payload, "body", "IssueComment")
    if body is None or not body.strip():
        raise taken.invalid("IssueComment", "body", "missing_field")
    made: Comment = call.records.add_comment(issue.number, body, call.site.owner)
    return _created(shown.comment(call.site, made))


# --- pages


def _paged(call: Call, found: Sequence[_T], show: Callable[[Site, _T], Json]) -> Answer:
    """Answer one page of a listing that is at hand."""
    page = taken.page(call.query)
    body = [show(call.site, each) for each in found[page.offset : page.offset + page.size]]
    return Answer(body, headers=_links(call, page, len(found)))


def _links(call: Call, page: taken.Page, total: int) -> dict[str, str]:
    """Give the Link header; as at GitHub its addresses name the repository by id."""
    last = max(1, -(-total // page.size))
    steps = {"prev": page.number - 1, "next": page.number + 1, "last": last, "first": 1}
    if page.number == 1:
        steps = {"next": 2, "last": last}
    if page.number >= last:
        steps = {rel: n for rel, n in steps.items() if rel in ("prev", "first")}
    links = [f'<{_page_address(call, n)}>; rel="{rel}"' for rel, n in steps.items()]
    return {"link": ", ".join(links)} if links else {}


def _page_address(call: Call, number: int) -> str:
    return f"{call.address}?{urlencode({**call.query, 'page': number})}"


def _created(body: Json) -> Answer:
    return Answer(body, 201, {"location": body["url"]})


def _found(record: _T | None) -> _T:
    if record is None:
        raise taken.not_found()
    return record


# --- the door

_OF_REPOSITORY: Sequence[tuple[str, str, Handler]] = (
    ("GET", "", get_repository),
    ("GET", "/milestones", list_milestones),
    ("POST", "/milestones", create_milestone),
    ("GET", "/milestones/{number}", get_milestone),
    ("PATCH", "/milestones/{number}", update_milestone),
    ("DELETE", "/milestones/{number}", delete_milestone),
    ("GET", "/issues", list_issues),
    ("POST", "/issues", create_issue),
    ("GET", "/issues/{number}", get_issue),
    ("PATCH", "/issues/{number}", update_issue),
    ("GET", "/issues/{number}/labels", list_issue_labels),
    ("POST", "/issues/{number}/labels", add_issue_labels),
    ("PUT", "/issues/{number}/labels", set_issue_labels),
    ("DELETE", "/issues/{number}/labels/{name:path}", remove_issue_label),
    ("GET", "/issues/{number}/comments", list_comments),
    ("POST", "/issues/{number}/comments", create_comment),
    ("GET", "/labels", list_labels),
    ("POST", "/labels", create_label),
    ("GET", "/labels/{name:path}", get_label),
    ("PATCH", "/labels/{name:path}", update_label),
)
_OF_ACCOUNT: Sequence[tuple[str, str, Handler]] = (
    ("GET", "/user", get_user),
    ("GET", "/rate_limit", get_rate_limit),
    ("GET", "/versions", get_versions),
)


def routes() -> list[tuple[str, str, str, Handler]]:
    """List every route: method, base, path below it, handler."""
    bases = ("/repos/{owner}/{repo}", "/repositories/{repository_id}")
    of_repository = [(verb, base, path, do) for base in bases for verb, path, do in _OF_REPOSITORY]
    return [*((verb, "", path, do) for verb, path, do in _OF_ACCOUNT), *of_repository]


def api(records: Records, *, token: str, repo: str) -> Starlette:
    """Build the API, to be mounted at `/api/v3`."""
    door = Door(records, token, repo)
    served = [Route(base + path, door.to(do, path), methods=[verb]) for verb, base, path, do in routes()]
    app = Starlette(routes=served, exception_handlers={HTTPException: no_route, Exception: broken})
    app.router.redirect_slashes = False  # a trailing slash is a 404 there
    return app
