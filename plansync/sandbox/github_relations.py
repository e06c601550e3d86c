"""Assignees and dependencies in GitHub's dialect.

The path of a dependency names the blocked issue by number; its blocker is given by id.
"""

from __future__ import annotations

from collections.abc import Sequence

from plansync.sandbox import github_shown as shown
from plansync.sandbox import github_taken as taken
from plansync.sandbox.door import Answer
from plansync.sandbox.github_common import created, one_issue, paged, permit, the_issue, there
from plansync.sandbox.github_door import Call
from plansync.sandbox.github_shown import Json, Site
from plansync.sandbox.github_taken import Refused
from plansync.sandbox.kinds import Issue, Query, Role, State

_ASSIGNEES_MAX = 10

# --- assignees


def list_assignees(call: Call) -> Answer:
    """Answer GET R/assignees."""
    logins = dict.fromkeys((call.site.owner, *(call.traits.assignable or ())))
    return paged(call, list(logins), shown.user)


def check_assignee(call: Call) -> Answer:
    """Answer GET R/assignees/{login}, and the same of an issue: 204 for one who can be given it."""
    if "number" in call.path:
        the_issue(call)
    if not taken.is_assignable(call.traits, call.site.owner, call.path["login"]):
        raise taken.not_found()
    return Answer(None, 204)


def add_assignees(call: Call) -> Answer:
    """Answer POST R/issues/{number}/assignees: whoever cannot be given the issue is passed over in silence."""
    issue = the_issue(call)
    logins = taken.logins(call.payload.get("assignees") or [])
    new = [each for each in logins if taken.is_assignable(call.traits, call.site.owner, each)]
    if not call.traits.may(Role.TRIAGE):
        new = []  # in silence too
    room = max(0, _ASSIGNEES_MAX - len(issue.assignees))
    call.records.relations.assign(issue.number, new[:room])
    return Answer(one_issue(call, the_issue(call)), 201)


def remove_assignees(call: Call) -> Answer:
    """Answer DELETE R/issues/{number}/assignees; the names come in the body."""
    issue = the_issue(call)
    logins = taken.logins(call.payload.get("assignees") or [])
    if call.traits.may(Role.TRIAGE):
        call.records.relations.unassign(issue.number, logins)
    return Answer(one_issue(call, the_issue(call)))


# --- dependencies


def list_blocked_by(call: Call) -> Answer:
    """Answer GET R/issues/{number}/dependencies/blocked_by: what the issue waits for."""
    return _listed(call, call.records.relations.blockers(_depending(call).number))


def list_blocking(call: Call) -> Answer:
    """Answer GET R/issues/{number}/dependencies/blocking: what waits for the issue."""
    return _listed(call, call.records.relations.blocking(_depending(call).number))


def add_blocked_by(call: Call) -> Answer:
    """Answer POST R/issues/{number}/dependencies/blocked_by with the blocked issue."""
    permit(call)
    issue = _depending(call)
    blocker = there(call.records.issue_with_id(taken.issue_id(call.payload)))
    if blocker.is_pull:
        raise _refused("a pull request cannot block an issue")
    if blocker.number == issue.number:
        raise _refused("an issue cannot block itself")
    if not call.records.relations.block(issue.number, blocker.number):
        raise _refused("the issue is blocked by that one already")
    return created(one_issue(call, the_issue(call)))


def remove_blocked_by(call: Call) -> Answer:
    """Answer DELETE R/issues/{number}/dependencies/blocked_by/{issue_id} with the issue that was blocked."""
    permit(call)
    issue = _depending(call)
    blocker = there(call.records.issue_with_id(taken.number(call.path["issue_id"])))
    if not call.records.relations.unblock(issue.number, blocker.number):
        raise taken.not_found()
    return Answer(one_issue(call, the_issue(call)))


def _depending(call: Call) -> Issue:
    """Read the issue of the path, where the server knows dependencies at all."""
    if not call.traits.has_dependencies:
        raise taken.not_found()
    return the_issue(call)


def _refused(message: str) -> Refused:
    return taken.invalid("IssueDependency", "issue_id", "custom", message=message)


def _listed(call: Call, numbers: Sequence[int]) -> Answer:
    """Answer a page of whole issues, each with its repository."""
    _, open_issues = call.records.issues(Query(state=State.OPEN, limit=0))
    repository = shown.repository(call.site, call.records, open_issues)
    milestones = {each.number: each for each in call.records.milestones()}

    def show(site: Site, number: int) -> Json:
        issue = there(call.records.issue(number))
        return {**shown.issue(site, issue, milestones.get(issue.milestone or 0)), "repository": repository}

    return paged(call, numbers, show)
