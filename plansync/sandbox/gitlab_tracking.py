"""Time tracking in GitLab's dialect: what an issue may take, and what it took."""

from __future__ import annotations

from plansync.sandbox import gitlab_shown as shown
from plansync.sandbox import gitlab_taken as taken
from plansync.sandbox.door import Answer
from plansync.sandbox.gitlab_common import permit, the_issue
from plansync.sandbox.gitlab_door import Call
from plansync.sandbox.gitlab_time import seconds
from plansync.sandbox.kinds import IssueChanges

_NO_ESTIMATE = "Time estimate must have a valid format and be greater than or equal to zero."


def get_stats(call: Call) -> Answer:
    """Answer GET P/issues/{iid}/time_stats."""
    return Answer(shown.time_stats(the_issue(call)))


def set_estimate(call: Call) -> Answer:
    """Answer POST P/issues/{iid}/time_estimate."""
    count = seconds(taken.needed(call.params, "duration"))
    issue = the_issue(call)
    permit(call)
    if count is None or count < 0:
        raise taken.said(400, f'400 Bad request - {{:reason=>"{_NO_ESTIMATE}"}}')
    return _written(call, issue.number, {"estimate_s": count})


def reset_estimate(call: Call) -> Answer:
    """Answer POST P/issues/{iid}/reset_time_estimate."""
    issue = the_issue(call)
    permit(call)
    return _written(call, issue.number, {"estimate_s": 0})


def add_spent(call: Call) -> Answer:
    """Answer POST P/issues/{iid}/add_spent_time; a minus takes away."""
    count = seconds(taken.needed(call.params, "duration"))
    issue = the_issue(call)
    permit(call)
    if count is None:
        raise taken.said(400, "400 Bad request")
    if issue.spent_s + count < 0:
        raise taken.said(400, {"time_spent": ["Time to subtract exceeds the total time spent"]})
    return _written(call, issue.number, {"spent_s": issue.spent_s + count}, 201)


def reset_spent(call: Call) -> Answer:
    """Answer POST P/issues/{iid}/reset_spent_time."""
    issue = the_issue(call)
    permit(call)
    return _written(call, issue.number, {"spent_s": 0})


def _written(call: Call, issue: int, changes: IssueChanges, status: int = 200) -> Answer:
    return Answer(shown.time_stats(call.records.change_issue(issue, **changes)), status)
