"""The door of GitHub's dialect: what every request must have, and answers as responses.

Who may come in, what a payload must be, conditional reads. What a request means is `github`'s.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from plansync.errors import StoreError
from plansync.sandbox import github_shown as shown
from plansync.sandbox import github_taken as taken
from plansync.sandbox.door import Answer, Unreadable, is_known, landing, read_json
from plansync.sandbox.github_budget import Budget, Rate
from plansync.sandbox.github_shown import Site
from plansync.sandbox.github_taken import Payload, Refused
from plansync.sandbox.guard import TooLarge
from plansync.sandbox.kinds import Traits, fold
from plansync.sandbox.records import Records

VERSIONS = ("2022-11-28", "2026-03-10")
_NO_AGENT = (
    "Request forbidden by administrative rules. Please make sure your request has a User-Agent header"
    " (https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required)."
)


@dataclass(frozen=True, slots=True)
class Call:
    """One request that passed the door."""

    records: Records
    site: Site
    path: Mapping[str, str]
    query: Mapping[str, str]
    payload: Payload
    address: str
    traits: Traits
    rate: Rate
    is_read: bool = True

    def number(self) -> int:
        """Read the number that the path names."""
        return taken.number(self.path["number"])


Handler: TypeAlias = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Door:
    """What every request must pass."""

    records: Records
    token: str
    repo: str
    budget: Budget = field(default_factory=Budget)

    def to(self, do: Handler, listing: str) -> Callable[[Request], Awaitable[Response]]:
        """Put the door before a handler; `listing` is its path below the repository."""

        async def answer(request: Request) -> Response:
            try:
                answered = await self._answer(request, do, listing)
            except Refused as refused:
                answered = Answer(refused.body, refused.status, refused.headers)
            except StoreError as error:
                answered = Answer(shown.error(503, str(error)), 503)
            return self._told(_response(request, answered))

        return answer

    async def _answer(self, request: Request, do: Handler, listing: str) -> Answer:
        _refuse_stranger(request, self.token)
        traits = self.records.traits
        if not request.url.path.endswith("/rate_limit"):
            is_creation = request.method == "POST"
            self.budget.take(traits, self.records.now().timestamp(), is_creation=is_creation)
        self._refuse_other_repository(request, traits)
        if traits.is_archived and request.method not in ("GET", "HEAD"):
            raise Refused(403, "Repository was archived so is read-only.")
        call = await self._admit(request, listing, traits)
        with landing(self.records, request.method):
            return do(call)

    async def _admit(self, request: Request, listing: str, traits: Traits) -> Call:
        site = Site(f"{request.url.scheme}://{request.url.netloc}", self.repo, traits.has_dependencies)
        query = dict(parse_qsl(request.url.query, keep_blank_values=True, errors="replace"))
        payload = {} if request.method == "GET" else await _payload(request)
        by_id = f"{site.api}/repositories/{self.records.repository_id}"
        return Call(
            self.records,
            site,
            request.path_params,
            query,
            payload,
            by_id + listing.replace("{number}", request.path_params.get("number", "")),
            traits,
            self.budget.rate(traits, self.records.now().timestamp()),
            request.method in ("GET", "HEAD"),
        )

    def _told(self, response: Response) -> Response:
        """Tell where the client stands, where anything is limited; a 304 was free."""
        traits = self.records.traits
        if response.status_code == 304:
            self.budget.give_back()
        if traits.hourly_max is not None:
            response.headers.update(self.budget.rate(traits, self.records.now().timestamp()).headers())
        return response

    def _refuse_other_repository(self, request: Request, traits: Traits) -> None:
        path, is_read = request.path_params, request.method in ("GET", "HEAD")
        if path.get("repository_id") not in (None, str(self.records.repository_id)):
            raise taken.not_found()
        if "repo" not in path:
            return
        name = f"{path['owner']}/{path['repo']}"
        if fold(name) in {fold(each) for each in traits.former_names}:
            by_id = f"/repositories/{self.records.repository_id}"
            place = str(request.url).replace(f"/repos/{name}", by_id, 1)
            raise Refused(301 if is_read else 307, "Moved Permanently", headers={"location": place})
        if fold(name) != fold(self.repo):
            raise taken.not_found()


def _refuse_stranger(request: Request, token: str) -> None:
    if not request.headers.get("user-agent"):
        raise Refused(403, _NO_AGENT)
    version = request.headers.get("x-github-api-version", VERSIONS[0])
    if version not in VERSIONS:
        raise Refused(400, f"API version {version!r} is not supported.")
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        raise Refused(401, "Requires authentication")
    is_ours = secrets.compare_digest(credential.strip().encode(), token.encode())
    if scheme.lower() not in ("bearer", "token") or not is_ours:
        raise Refused(401, "Bad credentials")


async def _payload(request: Request) -> Payload:
    """Read a JSON object; a bare list, which GitHub takes for labels, as an object of labels."""
    try:
        value = await read_json(request)
    except TooLarge as error:
        raise Refused(413, "Payload too large") from error
    except Unreadable as error:
        raise Refused(400, "Problems parsing JSON") from error
    if isinstance(value, list) and request.url.path.endswith("/labels"):
        value = {"labels": value}
    if not isinstance(value, dict):
        raise Refused(400, "Body should be a JSON object")
    return value


def _response(request: Request, answer: Answer) -> Response:
    content = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {**_common_headers(), **answer.headers}
    if request.method in ("GET", "HEAD") and answer.status == 200:
        digest = hashlib.sha256(b"%d " % answer.status + content).hexdigest()
        headers["etag"] = f'"{digest}"'
        if is_known(request.headers.get("if-none-match", ""), headers["etag"]):
            return Response(status_code=304, headers=headers)
    if answer.status == 204:
        return Response(status_code=204, headers=headers)
    return Response(content, answer.status, headers, "application/json; charset=utf-8")


def _common_headers() -> dict[str, str]:
    return {
        "cache-control": "private, max-age=60, s-maxage=60",
        "vary": "Accept, Authorization",
        "x-content-type-options": "nosniff",
        "x-github-request-id": secrets.token_hex(10).upper(),
    }


async def no_route(request: Request, error: Exception) -> Response:
    """Answer a path that no route takes, or not with this method."""
    return _response(request, Answer(taken.not_found().body, 404))


async def broken(request: Request, error: Exception) -> Response:
    """Answer where a handler failed by its own fault."""
    return _response(request, Answer(shown.error(500, "Server Error"), 500))
