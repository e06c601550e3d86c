"""GitHub's pull requests: one for a branch, made where there is none.

Source: GitHub REST docs, "Pulls": `GET` and `POST /repos/{owner}/{repo}/pulls`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from urllib.parse import quote

from pydantic import BaseModel, TypeAdapter, ValidationError

from plansync.errors import Rejected, Unavailable
from plansync.trackers.http import Http

_T = TypeVar("_T")


class _Pull(BaseModel):
    number: int
    html_url: str = ""
    state: str = "open"
    closed_at: datetime | None = None


_PULLS: TypeAdapter[tuple[_Pull, ...]] = TypeAdapter(tuple[_Pull, ...])


@dataclass(frozen=True)
class Request:
    """What a request asks: to merge `head` into `base`."""

    head: str
    base: str
    title: str
    body: str


async def ensure(http: Http, project: str, request: Request, since: str = "") -> str:
    """See that a branch has an open request; says what became of it, nothing where it stands as it stood.

    Shape: `project` is OWNER/NAME. `since`: when the branch was last pushed, where that is not now: a request that
    people closed after that stays closed.
    Raises: the TrackerError family.
    """
    found = await _requests(http, project, request)
    if now := next((each for each in found if each.state == "open"), None):
        return "" if since else f"brought up to date: {now.html_url}"
    closed = found[0].closed_at if found else None
    if since and closed and closed >= datetime.fromisoformat(since):
        return f"left closed until there is something new to merge: {found[0].html_url}"
    given = {"title": request.title, "head": request.head, "base": request.base, "body": request.body}
    try:
        answer = await http.send("POST", f"repos/{_path(project)}/pulls", given)
    except Rejected:  # another run was quicker
        if any(each.state == "open" for each in await _requests(http, project, request)):
            return ""
        raise
    return f"made: {_read(TypeAdapter(_Pull), answer.body).html_url}"


async def _requests(http: Http, project: str, request: Request) -> tuple[_Pull, ...]:
    """List the requests of the branch, newest first."""
    owner = project.partition("/")[0]
    query = {"state": "all", "head": f"{owner}:{request.head}", "base": request.base}
    answer = await http.get(f"repos/{_path(project)}/pulls", query, is_cached=False)
    pulls: tuple[_Pull, ...] = _read(_PULLS, answer.body)
    return pulls


def _path(project: str) -> str:
    return quote(project, safe="/")


def _read(adapter: TypeAdapter[_T], body: object) -> _T:
    try:
        return adapter.validate_python(body)
    except ValidationError:
        raise Unavailable("the tracker answered with no pull request; run again later") from None
