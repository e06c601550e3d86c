"""GitLab's REST dialect over the sandbox's records: its routes.

Each route is a plain function from a call to an answer, behind one door (`gitlab_door`). How records look
(`gitlab_shown`) and parameters are read (`gitlab_taken`) is told there, not here.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from plansync.sandbox import gitlab_issues as issues
from plansync.sandbox import gitlab_labels as labels
from plansync.sandbox import gitlab_links as links
from plansync.sandbox import gitlab_milestones as milestones
from plansync.sandbox import gitlab_notes as notes
from plansync.sandbox import gitlab_people as people
from plansync.sandbox import gitlab_site as shown
from plansync.sandbox import gitlab_tracking as tracking
from plansync.sandbox.door import Answer
from plansync.sandbox.gitlab_common import paged
from plansync.sandbox.gitlab_door import Call, Door, Handler, broken, no_route
from plansync.sandbox.gitlab_elsewhere import ELSEWHERE
from plansync.sandbox.gitlab_listing import list_issues
from plansync.sandbox.gitlab_taken import not_found
from plansync.sandbox.kinds import Query, State
from plansync.sandbox.records import Records


def get_version(call: Call) -> Answer:
    """Answer GET /version and /metadata."""
    return Answer(shown.version(call.site, call.traits))


def get_project(call: Call) -> Answer:
    """Answer GET P."""
    _, open_issues = call.records.issues(Query(state=State.OPEN, has_pulls=False, limit=0))
    return Answer(shown.project(call.site, call.traits, open_issues))


def get_branch(call: Call) -> Answer:
    """Answer GET P/repository/branches/{branch}; the default one and those that are protected are there."""
    name = call.path["branch"]
    if name not in ("main", *call.traits.protected_branches):
        raise not_found("Branch")
    return Answer(shown.branch(call.site, name, call.traits))


def list_protected_branches(call: Call) -> Answer:
    """Answer GET P/protected_branches."""
    return paged(call, [shown.protected_branch(call.site, each) for each in call.traits.protected_branches])


_P, _I = "/projects/{id}", "/projects/{id}/issues/{iid}"
_MILESTONES: Sequence[tuple[str, str, Handler]] = (
    ("POST", "/milestones", milestones.create_milestone),
    ("GET", "/milestones/{milestone_id}", milestones.get_milestone),
    ("PUT", "/milestones/{milestone_id}", milestones.update_milestone),
    ("DELETE", "/milestones/{milestone_id}", milestones.delete_milestone),
)


def routes() -> list[tuple[str, str, Handler]]:
    """List every route: method, path, handler."""
    return [
        ("GET", "/version", get_version),
        ("GET", "/metadata", get_version),
        ("GET", "/user", people.get_user),
        ("GET", "/users", people.list_users),
        ("GET", "/personal_access_tokens/self", people.get_token),
        ("GET", _P, get_project),
        ("GET", f"{_P}/members", people.list_members),
        ("GET", f"{_P}/members/all", people.list_members),
        ("GET", f"{_P}/members/all/{{user_id}}", people.get_member),
        ("GET", f"{_P}/members/{{user_id}}", people.get_member),
        ("GET", f"{_P}/repository/branches/{{branch}}", get_branch),
        ("GET", f"{_P}/protected_branches", list_protected_branches),
        ("GET", f"{_P}/milestones", milestones.list_milestones),
        ("GET", f"{_P}/milestones/{{milestone_id}}/issues", milestones.list_issues),
        *((verb, _P + path, do) for verb, path, do in _MILESTONES),
        ("GET", "/groups/{group}/milestones", milestones.list_group_milestones),
        *((verb, f"/groups/{{group}}{path}", milestones.of_group(do)) for verb, path, do in _MILESTONES),
        ("GET", f"{_P}/issues", list_issues),
        ("POST", f"{_P}/issues", issues.create_issue),
        ("GET", _I, issues.get_issue),
        ("PUT", _I, issues.update_issue),
        ("DELETE", _I, issues.delete_issue),
        ("POST", f"{_I}/move", issues.move_issue),
        ("GET", f"{_I}/links", links.list_links),
        ("POST", f"{_I}/links", links.create_link),
        ("GET", f"{_I}/links/{{link_id}}", links.get_link),
        ("DELETE", f"{_I}/links/{{link_id}}", links.delete_link),
        ("GET", f"{_I}/time_stats", tracking.get_stats),
        ("POST", f"{_I}/time_estimate", tracking.set_estimate),
        ("POST", f"{_I}/reset_time_estimate", tracking.reset_estimate),
        ("POST", f"{_I}/add_spent_time", tracking.add_spent),
        ("POST", f"{_I}/reset_spent_time", tracking.reset_spent),
        ("GET", f"{_I}/notes", notes.list_notes),
        ("POST", f"{_I}/notes", notes.create_note),
        ("GET", f"{_I}/notes/{{note_id}}", notes.get_note),
        ("PUT", f"{_I}/notes/{{note_id}}", notes.update_note),
        ("DELETE", f"{_I}/notes/{{note_id}}", notes.delete_note),
        ("GET", f"{_P}/labels", labels.list_labels),
        ("POST", f"{_P}/labels", labels.create_label),
        ("PUT", f"{_P}/labels", labels.update_label),
        ("DELETE", f"{_P}/labels", labels.delete_label),
        ("GET", f"{_P}/labels/{{name}}", labels.get_label),
        ("PUT", f"{_P}/labels/{{name}}", labels.update_label),
        ("DELETE", f"{_P}/labels/{{name}}", labels.delete_label),
    ]


class _EncodedOnce:
    """Let a route see where a slash stood for itself and where it was encoded, which a decoded path does not tell."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one request; within a part of its path, a slash becomes a NUL."""
        if scope["type"] == "http":
            raw = scope["raw_path"].partition(b"?")[0].decode("latin-1")
            path = "/".join(unquote(part).replace("/", "\0") for part in raw.split("/"))
            scope = {**scope, "path": path}
        await self._app(scope, receive, send)


def api(records: Records, *, token: str, project: str, prefix: str = "") -> ASGIApp:
    """Build the API, to be mounted at `/api/v4` below the prefix."""
    door = Door(records, token, project, prefix, ELSEWHERE)
    served = [Route(path, door.to(do, path), methods=[verb]) for verb, path, do in routes()]
    app = Starlette(routes=served, exception_handlers={HTTPException: no_route, Exception: broken})
    app.router.redirect_slashes = False  # a trailing slash is a 404 there
    return _EncodedOnce(app)
