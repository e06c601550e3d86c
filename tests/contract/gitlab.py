"""Hold requests and responses to what is known of GitLab: its own test schemas, made tighter, and its API description.

`Contract` may look at all that passes between a client and the sandbox. Where the description has no words for a
route (milestones, labels, notes, projects), the parameters are those of the fact sheet, written down here. What the
description says of replies is names alone: its types are defaults of its generator.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]
from referencing import Registry, Resource

SCHEMAS = Path(__file__).parents[2].parent / "shared" / "api" / "gitlab-schemas"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_FORMATS = FormatChecker(formats=["date"])
_FORMATS.checks("date-time")(lambda value: not isinstance(value, str) or bool(_TIME.fullmatch(value)))

_P, _I = "/projects/[^/]+", "/projects/[^/]+/issues/[^/]+"
_G = "/(?:projects|groups)/[^/]+"
_REPLIES: tuple[tuple[str, str], ...] = (
    (f"(GET|POST) {_P}/issues", "issue"),
    (f"(GET|PUT|DELETE) {_I}|POST {_I}/(move|clone)", "issue"),
    (f"GET {_I}/links", "related_issue"),
    (f"POST {_I}/links|(GET|DELETE) {_I}/links/[^/]+", "issue_link"),
    (
        f"POST {_I}/(time_estimate|reset_time_estimate|add_spent_time|reset_spent_time)|GET {_I}/time_stats",
        "time_stats",
    ),
    (f"GET {_P}/milestones/[^/]+/issues", "issue"),
    (f"(GET|POST) {_G}/milestones|(GET|PUT|DELETE) {_G}/milestones/[^/]+", "milestone"),
    (f"(GET|POST|PUT|DELETE) {_P}/labels(/[^/]+)?", "label"),
    (f"(GET|POST) {_I}/notes|(GET|PUT|DELETE) {_I}/notes/[^/]+", "note"),
)
"""Which schema an answer has to hold to; a listing, each of its entries."""

_PAGE = {"page", "per_page"}
_FOUND = {"title", "search", "state", "iids", "include_ancestors", "updated_after", "updated_before"}
_KEPT = {"title", "description", "start_date", "due_date"}
_PARAMETERS: tuple[tuple[str, set[str]], ...] = (
    (f"GET {_G}/milestones", _PAGE | _FOUND | {"include_parent_milestones"}),
    (f"POST {_G}/milestones", _KEPT),
    (f"PUT {_G}/milestones/[^/]+", _KEPT | {"state_event"}),
    (f"GET {_P}/milestones/[^/]+/issues", _PAGE),
    (f"(GET|DELETE) {_G}/milestones/[^/]+", set()),
    (f"GET {_P}/labels", _PAGE | {"with_counts", "include_ancestor_groups", "search", "archived"}),
    (f"POST {_P}/labels", {"name", "color", "description", "priority"}),
    (
        f"(PUT|DELETE) {_P}/labels(/[^/]+)?",
        {"name", "new_name", "color", "description", "priority", "archived"},
    ),
    (f"GET {_P}/labels/[^/]+", {"include_ancestor_groups"}),
    (f"GET {_I}/notes", _PAGE | {"sort", "order_by", "activity_filter"}),
    (f"POST {_I}/notes|PUT {_I}/notes/[^/]+", {"body", "created_at", "internal", "confidential"}),
    (f"(GET|DELETE) {_I}/notes/[^/]+", set()),
    ("GET /users", _PAGE | {"username", "search", "active"}),
    ("GET /user", set()),
    (f"GET {_P}", {"license", "statistics", "with_custom_attributes"}),
    (f"GET {_P}/members(/all)?", _PAGE | {"query", "user_ids", "state"}),
    (f"GET {_P}/members(/all)?/[^/]+", set()),
    (f"GET {_P}/repository/branches/[^/]+", set()),
    (f"GET {_P}/protected_branches", _PAGE | {"search"}),
    (f"GET {_P}/protected_branches/[^/]+", set()),
)
_LATER = {
    "GET /projects/{id}/issues": {"pagination"},
    "POST /projects/{id}/issues": {"start_date", "milestone", "add_labels", "remove_labels"},
    "PUT /projects/{id}/issues/{issue_iid}": {"start_date", "milestone"},
    "GET /projects/{id}/issues/{issue_iid}/links": _PAGE,
}
"""Parameters that are known from elsewhere, and that the description leaves out."""
_OTHER_STATUS = {
    "time_estimate": 200,
    "reset_time_estimate": 200,
    "reset_spent_time": 200,
    "links/{issue_link_id}": 200,
}
"""Answers of which the description's generator has the status wrong, by the end of their path."""


class Breach(AssertionError):
    """A request or a response that GitLab does not know."""


class Contract:
    """What is known of GitLab, ready to be asked; `base_path`: where its API is mounted."""

    def __init__(self, base_path: str) -> None:
        self._base_path = base_path
        named = {path.name: json.loads(path.read_text("utf-8")) for path in SCHEMAS.glob("*.schema.json")}
        resources = {f"gitlab/{name}": Resource.from_contents(schema) for name, schema in named.items()}
        registry: Registry[Any] = Registry().with_resources(resources.items())
        self._validators = {
            name.partition(".")[0]: Draft202012Validator(schema, registry=registry, format_checker=_FORMATS)
            for name, schema in named.items()
        }
        self._description = json.loads((SCHEMAS / "openapi-v2-subset.json").read_text("utf-8"))
        self._paths = {
            re.compile(re.sub(r"\{\w+\}", "[^/]+", path.removeprefix("/api/v4"))): path
            for path in self._description["paths"]
        }
        self.described: set[str] = set()

    def check_request(self, request: httpx.Request) -> None:
        """Raise `Breach` where a request says something that GitLab would pass over without a word."""
        asked, known = self._asked(request), self._known_parameters(request)
        unknown = {name.partition("[")[0] for name in _said(request)} - known
        if unknown:
            raise Breach(f"{asked}: GitLab knows no {sorted(unknown)} here")

    def check_response(self, request: httpx.Request, response: httpx.Response) -> None:
        """Raise `Breach` where a response is none that GitLab gives to that request."""
        status = response.status_code
        if status in (301, 304):
            return
        if status >= 400:
            self._check_refusal(request, response)
            return
        if status != 204:
            self._check_body(self._asked(request), response.json())
        self._check_described(request, response)

    def describes(self) -> set[str]:
        """Name every call that the description has words for."""
        paths = self._description["paths"]
        return {
            f"{verb.upper()} {path.removeprefix('/api/v4')}"
            for path, verbs in paths.items()
            for verb in verbs
        }

    def _check_refusal(self, request: httpx.Request, response: httpx.Response) -> None:
        kind = response.headers.get("content-type", "").partition(";")[0]
        if kind != "application/json":
            if (response.status_code, kind) not in ((429, "text/plain"), (502, "text/html")):
                raise Breach(f"{self._asked(request)}: {response.status_code} as {kind}")
            return
        self._validate(self._asked(request), "error", response.json())

    def _check_body(self, asked: str, body: Any) -> None:
        for pattern, name in _REPLIES:
            if re.fullmatch(pattern, asked):
                if isinstance(body, dict) and "summary" in body:
                    return  # a note that held nothing but quick actions
                for each in body if isinstance(body, list) else [body]:
                    self._validate(asked, name, each)

    def _validate(self, asked: str, name: str, value: Any) -> None:
        for problem in self._validators[name].iter_errors(value):
            raise Breach(f"{asked}: {list(problem.path)}: {problem.message}")

    def _check_described(self, request: httpx.Request, response: httpx.Response) -> None:
        operation, path = self._operation(request)
        if operation is None:
            return
        self.described.add(f"{request.method} {path}")
        end = path.partition("{issue_iid}/")[2]
        known = {*operation["responses"], str(_OTHER_STATUS.get(end, ""))}
        if str(response.status_code) not in known:
            raise Breach(f"{request.method} {path}: {response.status_code} is not among {sorted(known)}")
        declared: dict[str, Any] = next(
            (each for key, each in operation["responses"].items() if key.startswith("2")), {}
        )
        names = self._names(declared.get("schema"))
        body = response.json() if response.status_code != 204 else {}
        for each in body if isinstance(body, list) else [body]:
            if names and (invented := each.keys() - names - {"start_date", "revoked", "granular"}):
                raise Breach(f"{request.method} {path}: GitLab has no {sorted(invented)}")

    def _names(self, schema: Any) -> set[str]:
        """Name the fields that a reply is described to have."""
        if not isinstance(schema, Mapping):
            return set()
        if "items" in schema:
            return self._names(schema["items"])
        if "$ref" in schema:
            return set(
                self._description["definitions"][schema["$ref"].rpartition("/")[2]].get("properties", ())
            )
        return set()

    def _known_parameters(self, request: httpx.Request) -> set[str]:
        operation, path = self._operation(request)
        if operation is not None:
            found = {
                each["name"].partition("[")[0]
                for each in operation.get("parameters", ())
                if each["in"] != "body"
            }
            for each in operation.get("parameters", ()):
                if each["in"] == "body":
                    found |= self._names(each["schema"])
            return found | _LATER.get(f"{request.method} {path}", set())
        asked = self._asked(request)
        for pattern, names in _PARAMETERS:
            if re.fullmatch(pattern, asked):
                return names
        raise Breach(f"{asked}: no such route is known")

    def _operation(self, request: httpx.Request) -> tuple[Any, str]:
        for pattern, path in self._paths.items():
            operation = self._description["paths"][path].get(request.method.lower())
            if operation is not None and pattern.fullmatch(self.path(request)):
                return operation, path.removeprefix("/api/v4")
        return None, ""

    def _asked(self, request: httpx.Request) -> str:
        return f"{request.method} {self.path(request)}"

    def path(self, request: httpx.Request) -> str:
        """Give a request's path below the API, as it was encoded."""
        return request.url.raw_path.split(b"?")[0].decode("ascii").removeprefix(self._base_path)


class Checked(httpx.AsyncBaseTransport):
    """Passes requests on to a transport, checking both ways; `seen`: what was asked, by its path below the API."""

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        contract: Contract,
        seen: list[tuple[str, str, int]] | None = None,
    ) -> None:
        self.inner, self.contract = inner, contract
        self.seen = [] if seen is None else seen

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass one request on, checking both ways."""
        await request.aread()
        self.contract.check_request(request)
        response = await self.inner.handle_async_request(request)
        await response.aread()
        self.contract.check_response(request, response)
        self.seen.append((request.method, self.contract.path(request), response.status_code))
        return response


def load(base_path: str = "/api/v4") -> Contract:
    """Load what is known, or skip the test that needs it."""
    if not SCHEMAS.is_dir():
        pytest.skip(f"GitLab's schemas are not here ({SCHEMAS.name} in a folder beside the repository)")
    return Contract(base_path)


def example(name: str) -> Any:
    """Read one of the bodies that GitLab's own pages show."""
    return json.loads((SCHEMAS / "examples" / f"{name}.json").read_text("utf-8"))


def _said(request: httpx.Request) -> set[str]:
    """Name all that a request says, in its query and in its body."""
    query = {name for name, _ in parse_qsl(request.url.query.decode("ascii"), keep_blank_values=True)}
    body = json.loads(request.content) if request.content.strip() else {}
    return query | set(body)
