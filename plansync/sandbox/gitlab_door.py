"""The door of GitLab's dialect: what every request must have, and answers as responses.

Who may come in and what for, what goes wrong by chance, conditional reads. What a request means is `gitlab`'s.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, quote

from starlette.requests import Request
from starlette.responses import Response

from plansync.errors import StoreError
from plansync.sandbox import gitlab_taken as taken
from plansync.sandbox.door import PAYLOAD_MAX_BYTES, READS, Answer, Unreadable, is_known, landing, read_json
from plansync.sandbox.gitlab_budget import Budget
from plansync.sandbox.gitlab_site import Site
from plansync.sandbox.gitlab_taken import Params, Refused
from plansync.sandbox.guard import TooLarge, read_body
from plansync.sandbox.kinds import Traits, fold
from plansync.sandbox.records import Records

_FORM = "application/x-www-form-urlencoded"
_JOB_MAY = ("/projects/{id}/issues", "/projects/{id}/issues/{iid}")
"""What a CI job's token may read; it may write nothing here."""
_HIGHER = "The request requires higher privileges than provided by the access token."


@dataclass(frozen=True, slots=True)
class Call:
    """One request that passed the door; `address` is its own, without its query."""

    records: Records
    site: Site
    path: Mapping[str, str]
    params: Params
    query: Mapping[str, Any]
    address: str
    traits: Traits
    headers: Mapping[str, str]

    def number(self, name: str, told: str = "") -> int:
        """Read a number that the path names."""
        return taken.needed_number({told or name: self.path[name]}, told or name)


Handler: TypeAlias = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Door:
    """What every request must pass.

    `prefix`: the path that the server is installed under. `elsewhere`: what can be asked of the other project, by
    route; nothing can be written there.
    """

    records: Records
    token: str
    project: str
    prefix: str = ""
    elsewhere: Mapping[str, Handler] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)

    def to(self, do: Handler, path: str) -> Callable[[Request], Awaitable[Response]]:
        """Put the door before a handler."""

        async def answer(request: Request) -> Response:
            try:
                answered = await self._answer(request, do, path)
            except Refused as refused:
                answered = Answer(refused.body, refused.status, refused.headers)
            except StoreError as error:
                answered = Answer({"message": f"503 Service Unavailable: {error}"}, 503)
            response = _response(request, answered)
            response.headers.update(self.budget.headers(self.records.traits, self._now_s()))
            return response

        return answer

    async def _answer(self, request: Request, do: Handler, path: str) -> Answer:
        traits = self.records.traits
        self.budget.take(self.records, request.method, path, self._now_s())
        _refuse_stranger(request, self.token, path, traits, self.site(request, traits))
        call = await self._admit(request, traits)
        if "id" in call.path and path.startswith("/projects"):
            if self._is_elsewhere(call):
                return self._answer_elsewhere(request, call, path)
            self._refuse_other_project(request, call)
        if traits.is_archived and request.method not in READS:
            raise taken.said(403, "403 Forbidden")
        with landing(self.records, request.method):
            return do(call)

    async def _admit(self, request: Request, traits: Traits) -> Call:
        query = _gathered(parse_qsl(request.url.query, keep_blank_values=True, errors="replace"))
        payload = {} if request.method in READS else await _payload(request)
        path = {name: value.replace("\0", "/") for name, value in request.path_params.items()}
        site = self.site(request, traits)
        address = f"{request.url.scheme}://{request.url.netloc}{_raw_path(request)}"
        return Call(self.records, site, path, {**query, **payload}, query, address, traits, request.headers)

    def site(self, request: Request, traits: Traits) -> Site:
        """Say where this is, as the client called it."""
        root = f"{request.url.scheme}://{request.url.netloc}{self.prefix}"
        today = self.records.now().date()
        ids = self.records.repository_id, self.records.group_id
        return Site(root, self.project, *ids, traits.tier, today)

    def _is_elsewhere(self, call: Call) -> bool:
        other = call.site.other
        return call.path["id"] == str(other.project_id) or fold(call.path["id"]) == fold(other.project)

    def _answer_elsewhere(self, request: Request, call: Call, path: str) -> Answer:
        if request.method not in READS or path not in self.elsewhere:
            raise taken.said(403, "403 Forbidden")
        return self.elsewhere[path](replace(call, site=call.site.other))

    def _refuse_other_project(self, request: Request, call: Call) -> None:
        named = call.path["id"]
        if fold(named) in {fold(each) for each in call.traits.former_names}:
            if request.method not in READS:
                raise taken.said(405, "Non GET methods are not allowed for moved projects")
            place = call.address.replace(
                f"/projects/{quote(named, safe='')}", f"/projects/{call.site.project_id}", 1
            )
            asked = f"?{request.url.query}" if request.url.query else ""
            raise Refused(301, {"message": "301 Moved Permanently"}, headers={"location": place + asked})
        if named != str(call.site.project_id) and fold(named) != fold(self.project):
            raise taken.not_found("Project")

    def _now_s(self) -> float:
        return self.records.now().timestamp()


def _refuse_stranger(request: Request, token: str, path: str, traits: Traits, site: Site) -> None:
    """Let in whose token is good for what is asked."""
    job = request.headers.get("job-token")
    if job is not None:
        if not _is_ours(job, token) or path not in _JOB_MAY or request.method not in READS:
            raise taken.said(401, "401 Unauthorized")
        return
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    given = request.headers.get("private-token") or (bearer if scheme.lower() == "bearer" else "")
    if not given or not _is_ours(given, token):
        raise taken.said(401, "401 Unauthorized")
    if traits.is_revoked:
        raise _invalid_token("Token was revoked. You have to re-authorize from the user.")
    if traits.expires_on is not None and traits.expires_on <= f"{site.today}":
        raise _invalid_token("Token is expired. You can either do re-authorization or token refresh.")
    if "granular" in traits.scopes:
        if request.method not in READS:
            raise taken.said(403, "403 Forbidden")
        return
    needed = {"api", "read_api"} if request.method in READS else {"api"}
    if not needed & set(traits.scopes):
        told = {
            "error": "insufficient_scope",
            "error_description": _HIGHER,
            "scope": " ".join(sorted(needed)),
        }
        raise Refused(403, told)


def _is_ours(given: str, token: str) -> bool:
    return secrets.compare_digest(given.strip().encode(), token.encode())


def _invalid_token(why: str) -> Refused:
    return Refused(401, {"error": "invalid_token", "error_description": why})


async def _payload(request: Request) -> Mapping[str, Any]:
    """Read what a request says in its body: JSON, or a form."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind == _FORM:
            form = (await read_body(request, PAYLOAD_MAX_BYTES)).decode("utf-8", "replace")
            return _gathered(parse_qsl(form, keep_blank_values=True))
        value = await read_json(request)
    except TooLarge as error:
        raise Refused(413, {"message": "413 Request Entity Too Large"}) from error
    except Unreadable as error:
        raise taken.bad("Problem while parsing JSON") from error
    return value if isinstance(value, dict) else {}


def _gathered(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Gather what comes more than once, as `name[]`, in lists."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name.endswith("[]"):
            found.setdefault(name.removesuffix("[]"), []).append(value)
        else:
            found[name] = value
    return found


def _raw_path(request: Request) -> str:
    raw: bytes = request.scope["raw_path"]
    return raw.partition(b"?")[0].decode("latin-1")


def _response(request: Request, answer: Answer) -> Response:
    headers = {**_common_headers(), **answer.headers}
    if answer.status == 204:
        return Response(status_code=204, headers=headers)
    if isinstance(answer.body, str):
        kind = "text/html" if answer.body.startswith("<") else "text/plain"
        return Response(answer.body, answer.status, headers, kind)
    content = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":")).encode()
    if request.method in READS and answer.status == 200:
        headers["etag"] = f'W/"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
        if is_known(request.headers.get("if-none-match", ""), headers["etag"]):
            return Response(status_code=304, headers=headers)
    return Response(content, answer.status, headers, "application/json")


def _common_headers() -> dict[str, str]:
    correlation = secrets.token_hex(16)
    return {
        "cache-control": "max-age=0, private, must-revalidate",
        "vary": "Origin",
        "x-content-type-options": "nosniff",
        "x-frame-options": "SAMEORIGIN",
        "x-gitlab-meta": f'{{"correlation_id":"{correlation}","version":"1"}}',
        "x-request-id": correlation,
        "x-runtime": "0.010000",
    }


async def no_route(request: Request, error: Exception) -> Response:
    """Answer a path that no route takes."""
    status = getattr(error, "status_code", 404)
    told = {"error": "405 Not Allowed"} if status == 405 else {"error": "404 Not Found"}
    return _response(request, Answer(told, status if status == 405 else 404))


async def broken(request: Request, error: Exception) -> Response:
    """Answer where a handler failed by its own fault."""
    return _response(request, Answer({"message": "500 Internal Server Error"}, 500))
