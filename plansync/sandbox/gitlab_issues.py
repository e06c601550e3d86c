"""Issues in GitLab's dialect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from plansync.sandbox import gitlab_actions as actions
from plansync.sandbox import gitlab_elsewhere as elsewhere
from plansync.sandbox import gitlab_labels as labels
from plansync.sandbox import gitlab_taken as taken
from plansync.sandbox.door import Answer
from plansync.sandbox.gitlab_common import (
    at_least_one,
    may,
    one_issue,
    permit,
    require_issues,
    the_issue,
    there,
)
from plansync.sandbox.gitlab_door import Call
from plansync.sandbox.kinds import Issue, IssueChanges, Reason, Role, Tier, account_id
from plansync.sandbox.moments import moment

KINDS: Final = ("issue", "incident", "test_case", "task", "requirement", "ticket")
_MAKEABLE: Final = ("issue", "incident", "test_case", "task")
_FIELDS: Final = (
    "assignee_id", "assignee_ids", "confidential", "created_at", "description", "discussion_locked", "due_date",
    "start_date", "labels", "add_labels", "remove_labels", "milestone_id", "milestone", "severity", "state_event",
    "title", "issue_type",
)  # fmt: skip
_SORTING: Final = ("labels", "add_labels", "remove_labels", "milestone_id", "milestone", "assignee_id",
                   "assignee_ids", "due_date", "confidential")  # fmt: skip


def get_issue(call: Call) -> Answer:
    """Answer GET P/issues/{iid}."""
    return Answer(one_issue(call, the_issue(call)))


def create_issue(call: Call) -> Answer:
    """Answer POST P/issues."""
    require_issues(call)
    params = _sorted_out(call)
    title = taken.title(taken.needed(params, "title"))
    kind = taken.choice(params, "issue_type", _MAKEABLE, "issue")
    fields = _fields(call, params)
    fields["kind"] = kind
    told = actions.read(call, kind, taken.text(params, "description"))
    number = _wanted_number(call)
    made = call.records.add_issue(title, call.site.me, body=_limited(told.text), number=number).number
    call.records.change_issue(made, **fields)
    labels.changed(
        call, made, [*(taken.names(params, "labels") or []), *(taken.names(params, "add_labels") or [])],
        taken.names(params, "remove_labels") or [],
    )  # fmt: skip
    _assign(call, params, made)
    actions.act(call, made, told.commands)
    return Answer(one_issue(call, there(call.records.issue(made))), 201)


def update_issue(call: Call) -> Answer:
    """Answer PUT P/issues/{iid}: only what is named moves."""
    before = the_issue(call)
    at_least_one(call, _FIELDS)
    if before.author != call.site.me:
        permit(call)
    params, number = _sorted_out(call), before.number
    event = taken.choice(params, "state_event", ("close", "reopen"))
    fields = _fields(call, params)
    if "issue_type" in params:
        fields["kind"] = taken.choice(params, "issue_type", _MAKEABLE, before.kind)
    if taken.text(params, "title") is not None:
        fields["title"] = taken.title(taken.needed(params, "title"))
    new = taken.text(params, "description") if "description" in params else before.body
    was, told = actions.read(call, before.kind, before.body), actions.read(call, before.kind, new)
    if told.text != before.body:
        fields["body"] = _limited(told.text)
    call.records.change_issue(number, **fields)
    _relabel(call, params, number)
    _assign(call, params, number)
    if event:
        turn(call, number, is_closing=event == "close")
    actions.act(call, number, actions.difference(told.commands, was.commands))
    return Answer(one_issue(call, there(call.records.issue(number))))


def turn(call: Call, number: int, *, is_closing: bool) -> None:
    """Close or reopen an issue; once more is nothing."""
    if is_closing:
        call.records.close_issue(number, Reason.COMPLETED, call.site.me)
        return
    call.records.reopen_issue(number, call.site.me)
    call.records.change_issue(number, duplicate_of=None)


def delete_issue(call: Call) -> Answer:
    """Answer DELETE P/issues/{iid}: nothing is left of it, and its number never comes back."""
    issue = the_issue(call, "Issue")
    if issue.author != call.site.me:
        permit(call)
    if text := call.headers.get("if-unmodified-since"):
        _refuse_newer(issue, text)
    call.records.delete_issue(issue.number)
    return Answer(None, 204)


def _refuse_newer(issue: Issue, text: str) -> None:
    try:
        seen: datetime | None = parsedate_to_datetime(text)
    except ValueError:
        seen = moment(text)
    if seen is None or issue.updated_us // 1_000_000 > seen.timestamp():
        raise taken.said(412, "412 Precondition Failed")


def move_issue(call: Call) -> Answer:
    """Answer POST P/issues/{iid}/move: a new issue there, and the old one closed, with the new one's id."""
    issue = the_issue(call, "Issue")
    to = taken.needed_number(call.params, "to_project_id")
    permit(call)
    if to == call.site.project_id:
        raise taken.said(400, "Cannot move issue to project it originates from!")
    if to != call.site.other.project_id:
        raise taken.not_found("Project")
    if issue.moved_to is not None:
        raise taken.said(400, "Cannot move issue due to insufficient permissions!")
    id_, number = call.records.move_issue(issue.number, call.site.me)
    over_there = replace(call, site=call.site.other)
    return Answer(elsewhere.one(over_there, elsewhere.moved(issue, id_, number)), 201)


# --- what a write says


def _sorted_out(call: Call) -> Mapping[str, Any]:
    """Drop, without a word, what only those sort issues by who may."""
    if may(call, Role.TRIAGE):
        return call.params
    return {name: value for name, value in call.params.items() if name not in _SORTING}


def _fields(call: Call, params: Mapping[str, Any]) -> IssueChanges:
    fields: IssueChanges = {}
    if "milestone_id" in params:
        id_ = taken.number(params, "milestone_id")
        found = call.records.milestone_with_id(id_) if id_ else None
        if found or not id_:  # one that is out of scope is dropped, without a word
            fields["milestone"] = found.number if found else None
    elif title := taken.text(params, "milestone"):
        number = call.records.milestone_titled(title)
        if number is not None:
            fields["milestone"] = number
    if "due_date" in params:
        fields["due_date"] = taken.day(params, "due_date")
    if (is_confidential := taken.flag(params, "confidential")) is not None:
        fields["is_confidential"] = is_confidential
    return fields


def _wanted_number(call: Call) -> int | None:
    """Read the number that an owner may choose."""
    number = taken.number(call.params, "iid")
    if number is None or not may(call, Role.ADMIN):
        return None
    if call.records.issue(number):
        raise taken.said(409, "Duplicated issue")
    return number


def _limited(body: str | None) -> str | None:
    return None if body is None else taken.limited(body, "description", taken.TEXT_MAX)


def _relabel(call: Call, params: Mapping[str, Any], number: int) -> None:
    whole = taken.names(params, "labels") if "labels" in params else None
    if whole is not None:
        labels.relabel(call, number, whole)
    add, remove = (taken.names(params, f"{way}_labels") or [] for way in ("add", "remove"))
    if add or remove:
        labels.changed(call, number, add, remove)


def _assign(call: Call, params: Mapping[str, Any], number: int) -> None:
    """Give an issue to accounts that are named by id; who cannot have it is dropped, without a word."""
    ids = taken.numbers(params, "assignee_ids")
    if ids is None and "assignee_id" in params:
        ids = taken.numbers(params, "assignee_id")
    if ids is None:
        return
    logins = [login for id_ in ids if id_ and (login := assignable(call, id_))]
    call.records.relations.reassign(number, logins if call.traits.tier is Tier.PREMIUM else logins[:1])


def assignable(call: Call, id_: int) -> str | None:
    """Name the account of an id, where issues can be given to it."""
    known = {account_id(each): each for each in (call.site.me, *(call.traits.assignable or ()))}
    if call.traits.assignable is None:
        return known.get(id_) or call.records.relations.account(id_)
    return known.get(id_)
