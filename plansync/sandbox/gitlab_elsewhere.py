"""The other project of GitLab's dialect: it holds the issues that were moved there, and is read and not written.

Its issues are counted anew, from 1: a number says nothing without its project, and an id does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from plansync.sandbox import gitlab_shown as shown
from plansync.sandbox import gitlab_site
from plansync.sandbox import gitlab_taken as taken
from plansync.sandbox.door import Answer
from plansync.sandbox.gitlab_common import paged, there
from plansync.sandbox.gitlab_door import Call, Handler
from plansync.sandbox.gitlab_site import Json
from plansync.sandbox.kinds import Issue, Query, Sort, State


def get_project(call: Call) -> Answer:
    """Answer GET of the project."""
    return Answer(gitlab_site.project(call.site, call.traits, len(_issues(call))))


def list_issues(call: Call) -> Answer:
    """Answer GET of its issues, newest first; of the filters it knows `iids[]` alone."""
    wanted = taken.numbers(call.params, "iids")
    found = [each for each in reversed(_issues(call)) if wanted is None or each.number in wanted]
    return paged(call, [shown.issue(call.site, each, None) for each in found])


def get_issue(call: Call) -> Answer:
    """Answer GET of one of its issues."""
    number = call.number("iid", "issue_iid")
    return Answer(one(call, there(next((each for each in _issues(call) if each.number == number), None))))


def one(call: Call, issue: Issue) -> Json:
    """Show an issue as it is there."""
    return {**shown.issue(call.site, issue, None), "subscribed": True}


def moved(issue: Issue, id_: int, number: int) -> Issue:
    """Say what an issue became when it was moved: open, in no milestone, with a number and an id of its own."""
    fresh = replace(issue, number=number, id=id_, state=State.OPEN, closed_at=None, closed_by=None)
    return replace(fresh, milestone=None, moved_to=None, duplicate_of=None, comments=0)


def _issues(call: Call) -> list[Issue]:
    found, _ = call.records.issues(Query(sort=Sort.ID, is_descending=False))
    gone = {each.moved_to: each for each in found if each.moved_to is not None}
    return [moved(gone[id_], id_, number) for number, id_ in enumerate(sorted(gone), 1)]


ELSEWHERE: Final[Mapping[str, Handler]] = {
    "/projects/{id}": get_project,
    "/projects/{id}/issues": list_issues,
    "/projects/{id}/issues/{iid}": get_issue,
}
"""What can be asked of the other project, by its route."""
