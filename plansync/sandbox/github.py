"""GitHub's REST dialect over the sandbox's records: its routes.

Each route is a plain function from a call to an answer, behind one door (`github_door`). How
records look (`github_shown`) and payloads are read (`github_taken`) is told there, not here.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route

from plansync.sandbox import github_issues as issues
from plansync.sandbox import github_labels as labels
from plansync.sandbox import github_milestones as milestones
from plansync.sandbox import github_pulls as pulls
from plansync.sandbox import github_relations as relations
from plansync.sandbox import github_shown as shown
from plansync.sandbox.door import Answer
from plansync.sandbox.github_door import VERSIONS, Call, Door, Handler, broken, no_route
from plansync.sandbox.kinds import Query, State
from plansync.sandbox.records import Records


def get_repository(call: Call) -> Answer:
    """Answer GET R."""
    _, open_issues = call.records.issues(Query(state=State.OPEN, limit=0))
    return Answer(shown.repository(call.site, call.records, open_issues))


def get_user(call: Call) -> Answer:
    """Answer GET /user."""
    return Answer(shown.account(call.site, call.site.owner))


def get_rate_limit(call: Call) -> Answer:
    """Answer GET /rate_limit."""
    return Answer(shown.rate_limit(call.rate.limit, call.rate.used, call.rate.reset_s))


def get_versions(call: Call) -> Answer:
    """Answer GET /versions."""
    return Answer(list(VERSIONS))


_OF_REPOSITORY: Sequence[tuple[str, str, Handler]] = (
    ("GET", "", get_repository),
    ("GET", "/milestones", milestones.list_milestones),
    ("POST", "/milestones", milestones.create_milestone),
    ("GET", "/milestones/{number}", milestones.get_milestone),
    ("PATCH", "/milestones/{number}", milestones.update_milestone),
    ("DELETE", "/milestones/{number}", milestones.delete_milestone),
    ("GET", "/issues", issues.list_issues),
    ("POST", "/issues", issues.create_issue),
    ("GET", "/issues/{number}", issues.get_issue),
    ("PATCH", "/issues/{number}", issues.update_issue),
    ("GET", "/issues/{number}/labels", labels.list_issue_labels),
    ("POST", "/issues/{number}/labels", labels.add_issue_labels),
    ("PUT", "/issues/{number}/labels", labels.set_issue_labels),
    ("DELETE", "/issues/{number}/labels/{name:path}", labels.remove_issue_label),
    ("GET", "/issues/{number}/comments", issues.list_comments),
    ("POST", "/issues/{number}/comments", issues.create_comment),
    ("GET", "/issues/{number}/assignees/{login}", relations.check_assignee),
    ("POST", "/issues/{number}/assignees", relations.add_assignees),
    ("DELETE", "/issues/{number}/assignees", relations.remove_assignees),
    ("GET", "/issues/{number}/dependencies/blocked_by", relations.list_blocked_by),
    ("POST", "/issues/{number}/dependencies/blocked_by", relations.add_blocked_by),
    ("DELETE", "/issues/{number}/dependencies/blocked_by/{issue_id}", relations.remove_blocked_by),
    ("GET", "/issues/{number}/dependencies/blocking", relations.list_blocking),
    ("GET", "/assignees", relations.list_assignees),
    ("GET", "/assignees/{login}", relations.check_assignee),
    ("GET", "/labels", labels.list_labels),
    ("POST", "/labels", labels.create_label),
    ("GET", "/labels/{name:path}", labels.get_label),
    ("PATCH", "/labels/{name:path}", labels.update_label),
    ("DELETE", "/labels/{name:path}", labels.delete_label),
)
_OF_PULLS: Sequence[tuple[str, str, Handler]] = (
    ("GET", "/pulls", pulls.list_pulls),
    ("POST", "/pulls", pulls.create_pull),
)
"""What the API description at hand does not describe."""
_OF_ACCOUNT: Sequence[tuple[str, str, Handler]] = (
    ("GET", "/user", get_user),
    ("GET", "/rate_limit", get_rate_limit),
    ("GET", "/versions", get_versions),
)


def routes() -> list[tuple[str, str, str, Handler]]:
    """List every route that the API description knows: method, base, path below it, handler."""
    of_repository = _below(_OF_REPOSITORY)
    return [*((verb, "", path, do) for verb, path, do in _OF_ACCOUNT), *of_repository]


def _below(rows: Sequence[tuple[str, str, Handler]]) -> list[tuple[str, str, str, Handler]]:
    bases = ("/repos/{owner}/{repo}", "/repositories/{repository_id}")
    return [(verb, base, path, do) for base in bases for verb, path, do in rows]


def api(records: Records, *, token: str, repo: str) -> Starlette:
    """Build the API, to be mounted at `/api/v3`."""
    door = Door(records, token, repo)
    every = [*routes(), *_below(_OF_PULLS)]
    served = [Route(base + path, door.to(do, path), methods=[verb]) for verb, base, path, do in every]
    app = Starlette(routes=served, exception_handlers={HTTPException: no_route, Exception: broken})
    app.router.redirect_slashes = False  # a trailing slash is a 404 there
    return app
