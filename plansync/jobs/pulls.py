"""GitHub's pull requests: one for a branch, made where there is none.

Source: GitHub REST docs, "Pulls": `GET` and `POST /repos/{owner}/{repo}/pulls`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

from pydantic import BaseModel, TypeAdapter, ValidationError

from plansync.errors import Rejected, Unavailable
from plansync.trackers.http import Http

_T = TypeVar("_T")


class _Pull(BaseModel):
    number: int
    html_url: str = ""


_PULLS: TypeAdapter[tuple[_Pull, ...]] = TypeAdapter(tuple[_Pull, ...])


@dataclass(frozen=True)
class Request:
    """What a request asks: to merge `head` into `base`."""

    head: str
    base: str
    title: str
    body: str


async def ensure(http: Http, project: str, request: Request) -> tuple[str, bool]:
    """See that a branch has an open request; says its address, and whether it is new.

    Shape: `project` is OWNER/NAME.
    Raises: the TrackerError family.
    """
    if found := await _open(http, project, request):
        return found.html_url, False
    given = {"title": request.title, "head": request.head, "base": request.base, "body": request.body}
    try:
        answer = await http.send("POST", f"repos/{_path(project)}/pulls", given)
    except Rejected:  # another run was quicker
        if found := await _open(http, project, request):
            return found.html_url, False
        raise
    return _read(TypeAdapter(_Pull), answer.body).html_url, True


async def _open(http: Http, project: str, request: Request) -> _Pull | None:
    owner = project.partition("/")[0]
    query = {"state": "open", "head": f"{owner}:{request.head}", "base": request.base}
    answer = await http.get(f"repos/{_path(project)}/pulls", query, is_cached=False)
    pulls: tuple[_Pull, ...] = _read(_PULLS, answer.body)
    return pulls[0] if pulls else None


def _path(project: str) -> str:
    return quote(project, safe="/")


def _read(adapter: TypeAdapter[_T], body: object) -> _T:
    try:
        return adapter.validate_python(body)
    except ValidationError:
        raise Unavailable("the tracker answered with no pull request; run again later") from None
