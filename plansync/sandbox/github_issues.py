"""Issues and their comments in GitHub's dialect."""

from __future__ import annotations

from dataclasses import replace

from plansync.sandbox import github_shown as shown
from plansync.sandbox import github_taken as taken
from plansync.sandbox.door import Answer
from plansync.sandbox.github_common import (
    created,
    issue_links,
    one_issue,
    own_milestone,
    paged,
    permit,
    refuse_without_issues,
    the_issue,
    there,
)
from plansync.sandbox.github_door import Call
from plansync.sandbox.github_taken import Refused
from plansync.sandbox.kinds import Belongs, Comment, Issue, IssueChanges, Query, Reason, Role, State
from plansync.sandbox.listing import place_of
from plansync.sandbox.pages import cursor

_TOO_FAR = (
    "Pagination with the page parameter is not supported for large datasets, please use cursor based"
    " pagination (after/before)"
)
_SORTING = ("labels", "milestone", "assignees")


def list_issues(call: Call) -> Answer:
    """Answer GET R/issues."""
    page, after = taken.page(call.query), taken.after(call.query)
    if after is None and page.offset > call.traits.page_offset_max:
        raise Refused(422, _TOO_FAR)
    labels = tuple(name.strip() for name in call.query.get("labels", "").split(",") if name.strip())
    wanted = Query(
        state=taken.state_filter(call.query, "Issue"),
        labels=labels,
        milestone=_milestone_filter(call),
        since=taken.since(call.query, "Issue"),
        sort=taken.sort(call.query),
        is_descending=taken.choice(call.query, "direction", ("desc", "asc"), "Issue") == "desc",
        limit=page.size + 1,
        offset=0 if after else page.offset,
        after=after,
    )
    found, total = call.records.issues(wanted)
    last = found[page.size - 1] if len(found) > page.size else None
    leads_on = cursor(place_of(last, wanted.sort), last.number) if last else ""
    milestones = {each.number: each for each in call.records.milestones()}
    body = [shown.issue(call.site, each, milestones.get(each.milestone or 0)) for each in found[: page.size]]
    return Answer(body, headers=issue_links(call, page, total, leads_on))


def _milestone_filter(call: Call) -> int | Belongs | None:
    text = call.query.get("milestone", "")
    if text in ("", "*", "none"):
        return {"": None, "*": Belongs.ANY, "none": Belongs.NONE}[text]
    number = taken.milestone({"milestone": text})
    if number is None or own_milestone(call, number) is None:
        raise taken.invalid("Issue", "milestone", value=text)
    return number


def get_issue(call: Call) -> Answer:
    """Answer GET R/issues/{number}."""
    return Answer(one_issue(call, the_issue(call)))


def create_issue(call: Call) -> Answer:
    """Answer POST R/issues."""
    refuse_without_issues(call)
    call = _sorted_out(call)
    title = taken.title(call.payload, "Issue")
    body = taken.text(call.payload, "body", "Issue")
    labels = taken.labels(call.payload.get("labels") or [])
    assignees = _assignable(call)
    milestone = _existing_milestone(call)
    made = call.records.add_issue(title, call.site.owner, body=body, milestone=milestone, labels=labels)
    call.records.relations.assign(made.number, assignees or ())
    return created(one_issue(call, there(call.records.issue(made.number))))


def update_issue(call: Call) -> Answer:
    """Answer PATCH R/issues/{number}: only what is named moves."""
    issue, call = the_issue(call), _sorted_out(call)
    if issue.author != call.site.owner:
        permit(call)
    number, payload = issue.number, call.payload
    changes: IssueChanges = {}
    if payload.get("title") is not None:
        changes["title"] = taken.title(payload, "Issue")
    if "body" in payload:
        changes["body"] = taken.text(payload, "body", "Issue")
    if "milestone" in payload:
        changes["milestone"] = _existing_milestone(call)
    labels = taken.labels(payload["labels"]) if payload.get("labels") is not None else None
    state, reason = taken.state(payload, "Issue"), taken.reason(payload)
    assignees = _assignable(call)
    call.records.change_issue(number, **changes)
    if labels is not None:
        call.records.labels.set_on(number, labels)
    if assignees is not None:
        call.records.relations.reassign(number, assignees)
    return Answer(one_issue(call, _turned(call, number, state, reason)))


def _sorted_out(call: Call) -> Call:
    """Drop, without a word, what only those sort issues by who may write."""
    if call.traits.may(Role.TRIAGE):
        return call
    kept = {name: value for name, value in call.payload.items() if name not in _SORTING}
    return replace(call, payload=kept)


def _turned(call: Call, number: int, state: State | None, reason: Reason | None) -> Issue:
    """Close or reopen; a reason counts only where the state changes."""
    if state is State.CLOSED:
        why = reason if reason in (Reason.NOT_PLANNED, Reason.DUPLICATE) else Reason.COMPLETED
        return call.records.close_issue(number, why, call.site.owner)
    if state is State.OPEN:
        return call.records.reopen_issue(number, call.site.owner)
    return there(call.records.issue(number))


def _existing_milestone(call: Call) -> int | None:
    number = taken.milestone(call.payload)
    if number is not None and own_milestone(call, number) is None:
        raise taken.invalid("Issue", "milestone", value=call.payload["milestone"])
    return number


def _assignable(call: Call) -> list[str] | None:
    """Read whom an issue is given to; one login that cannot have it refuses the whole write."""
    if call.payload.get("assignees") is None:
        return None
    logins = taken.logins(call.payload["assignees"])
    refused = [each for each in logins if not taken.is_assignable(call.traits, call.site.owner, each)]
    if refused:
        raise taken.invalid("Issue", "assignees", value=refused)
    return logins


# --- comments


def list_comments(call: Call) -> Answer:
    """Answer GET R/issues/{number}/comments."""
    since = taken.since(call.query, "IssueComment")
    found = [each for each in call.records.comments(the_issue(call).number) if each.updated_at >= since]
    return paged(call, found, shown.comment)


def create_comment(call: Call) -> Answer:
    """Answer POST R/issues/{number}/comments."""
    issue = the_issue(call)
    body = taken.text(call.payload, "body", "IssueComment")
    if body is None or not body.strip():
        raise taken.invalid("IssueComment", "body", "missing_field")
    made: Comment = call.records.add_comment(issue.number, body, call.site.owner)
    return created(shown.comment(call.site, made))
