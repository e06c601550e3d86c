"""Hold requests and responses to GitHub's own API description.

`Contract` loads the official subset with the corrections without which GitHub's real traffic fails
it; `Checked` is an httpx transport that checks all that passes through it. Checks nothing that the
description does not say: limits, silent drops and case rules are behaviour tests.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from openapi_schema_validator import OAS30Validator
from werkzeug.datastructures import Headers, ImmutableMultiDict

SUBSET = Path(__file__).parents[2].parent / "shared" / "api" / "github-openapi-subset.json"
UNDECLARED = {304, 307, 401, 403, 413, 429, 500, 502, 503, 504}
"""Statuses that may come from any call and that the description names for few."""
REFUSALS = {404, 410, 422}
_SILENT = re.compile(r"(PATCH|DELETE) /repos/[^/]+/[^/]+/(milestones|labels)/[^/]+|POST .*/assignees")
"""Operations of which the description declares success alone; what refuses them has the form of all refusals."""
_ABSENT = re.compile(r"/repos/[^/]+/[^/]+/branches/[^/]+")
"""Paths of GitHub's that the subset leaves out."""
_BY_ID = re.compile(r"^/repositories/\d+(?=/|$)")


class Breach(AssertionError):
    """A request or a response that the description does not allow."""


def corrected(node: Any) -> Any:
    """Repair the three habits of the description that real traffic breaks.

    A nullable enum gets null as a value; a nullable choice without a type gets a nullable first
    branch; discriminators go.
    """
    if isinstance(node, list):
        return [corrected(each) for each in node]
    if not isinstance(node, dict):
        return node
    node = {key: corrected(value) for key, value in node.items() if key != "discriminator"}
    if node.get("nullable") is True and isinstance(node.get("enum"), list) and None not in node["enum"]:
        node["enum"] = [*node["enum"], None]
    for choice in ("oneOf", "anyOf"):
        if node.get("nullable") is True and choice in node and "type" not in node:
            first, *rest = node[choice]
            node[choice] = [{**first, "nullable": True}, *rest]
    return node


def _let_due_dates_go(document: dict[str, Any]) -> None:
    """Allow `due_on: null`, with which clients take a due date away: no other way is described."""
    change = document["paths"]["/repos/{owner}/{repo}/milestones/{milestone_number}"]["patch"]
    fields = change["requestBody"]["content"]["application/json"]["schema"]["properties"]
    fields["due_on"]["nullable"] = True


class Contract:
    """GitHub's description, ready to be asked."""

    def __init__(self, base_path: str = "", repo: str = "local/plans") -> None:
        self._base_path, self._repo = base_path, repo
        self.document = corrected(json.loads(SUBSET.read_text("utf-8")))
        _let_due_dates_go(self.document)
        self._openapi = OpenAPI.from_dict(self.document, config=Config(spec_validator_cls=None))

    def check_request(self, request: httpx.Request) -> None:
        """Raise `Breach` where a request is none that GitHub describes, or has unknown fields."""
        asked = _Asked(request, self._path(request))
        if _ABSENT.fullmatch(asked.path):
            return
        try:
            result = self._openapi.unmarshal_request(asked)
        except OpenAPIError as error:
            raise Breach(_told(request, error)) from error
        if result.errors:
            raise Breach(_told(request, *result.errors))
        self._check_fields(request)

    def check_response(self, request: httpx.Request, response: httpx.Response) -> None:
        """Raise `Breach` where a response is none that GitHub describes for that request."""
        path, status = self._path(request), response.status_code
        if status in UNDECLARED or (_ABSENT.fullmatch(path) and status < 400):
            return
        if _ABSENT.fullmatch(path) or (status in REFUSALS and _SILENT.fullmatch(f"{request.method} {path}")):
            self._check_refusal(request, response)
            return
        try:
            result = self._openapi.unmarshal_response(_Asked(request, path), _Given(response))
        except OpenAPIError as error:
            raise Breach(_told(request, error)) from error
        if result.errors:
            raise Breach(f"{response.status_code} to {_told(request, *result.errors)}")

    def _check_refusal(self, request: httpx.Request, response: httpx.Response) -> None:
        schemas = self.document["components"]["schemas"]
        named = "validation-error" if response.status_code == 422 else "basic-error"
        for problem in OAS30Validator(schemas[named]).iter_errors(response.json()):
            raise Breach(_told(request, problem))

    def _path(self, request: httpx.Request) -> str:
        raw = request.url.raw_path.split(b"?")[0].decode("ascii").removeprefix(self._base_path)
        return _BY_ID.sub(f"/repos/{self._repo}", raw)

    def _check_fields(self, request: httpx.Request) -> None:
        """The description lets unknown fields pass; a client that sends some has a spelling mistake."""
        payload = json.loads(request.content) if request.content else None
        schema = self._body_schema(request)
        if isinstance(payload, dict) and schema is not None:
            unknown = payload.keys() - schema.keys()
            if unknown:
                raise Breach(_told(request, ValueError(f"unknown fields {sorted(unknown)}")))

    def _body_schema(self, request: httpx.Request) -> dict[str, Any] | None:
        operation = self._operation(request.method.lower(), self._path(request))
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        schema = content.get("schema", {})
        branches = [schema, *schema.get("oneOf", []), *schema.get("anyOf", [])]
        fields = {name: spec for each in branches for name, spec in each.get("properties", {}).items()}
        return fields or None

    def _operation(self, method: str, path: str) -> dict[str, Any]:
        for template, operations in self.document["paths"].items():
            pattern = re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(template))
            if method in operations and re.fullmatch(pattern, path):
                found: dict[str, Any] = operations[method]
                return found
        return {}


class Checked(httpx.AsyncBaseTransport):
    """A transport that checks what goes in and what comes out."""

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
        self.seen.append((request.method, request.url.path, response.status_code))
        return response


def load(base_path: str = "/api/v3") -> Contract:
    """Load the description, or skip the test that needs it."""
    if not SUBSET.exists():
        pytest.skip(f"GitHub's API description is not here ({SUBSET.name} in a folder beside the repository)")
    return Contract(base_path)


class _Asked:
    """An httpx request in the form that openapi-core reads."""

    def __init__(self, request: httpx.Request, path: str) -> None:
        self.host_url, self.path, self.method = "https://api.github.com", path, request.method.lower()
        self.body = request.content or None
        self.content_type = request.headers.get("content-type", "application/json").partition(";")[0]
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(request.url.params.multi_items()),
            header=Headers(request.headers.multi_items()),
        )


class _Given:
    """An httpx response in the form that openapi-core reads."""

    def __init__(self, response: httpx.Response) -> None:
        self.data, self.status_code = response.content, response.status_code
        self.content_type = response.headers.get("content-type", "").partition(";")[0]
        self.headers = Headers(response.headers.multi_items())


def _told(request: httpx.Request, *errors: Exception) -> str:
    causes = []
    for error in errors:
        inner = getattr(error.__cause__, "schema_errors", None) or getattr(error, "schema_errors", None) or ()
        causes.append("; ".join([str(error), *(f"{list(each.path)}: {each.message}" for each in inner)]))
    return f"{request.method} {request.url}: {' | '.join(causes)}"
