"""What keeps a server on loopback from being used by a web page elsewhere.

A name that is not this machine's own is refused (DNS rebinding), and so is a form that another site
sent. Also bounds what is read. Knows nothing of issues.
"""

from __future__ import annotations

import contextlib
import ipaddress
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_FORM = "application/x-www-form-urlencoded"
_FORM_FIELDS_MAX = 50


class TooLarge(Exception):
    """A body beyond its limit."""


class LoopbackOnly:
    """Let requests through that call this machine by one of its own names."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one request."""
        if scope["type"] == "http" and not is_loopback(Request(scope).headers.get("host", "")):
            refusal = PlainTextResponse("The sandbox answers to 127.0.0.1 and localhost only.\n", 421)
            await refusal(scope, receive, send)
            return
        with contextlib.suppress(
            ClientDisconnect
        ):  # whoever asked was killed or gave up; nobody waits for an answer
            await self._app(scope, receive, send)


def is_loopback(host: str) -> bool:
    """Say whether a Host header names this machine."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def is_same_origin(request: Request) -> bool:
    """Say whether no header tells that another site sent this request."""
    host = request.headers.get("host", "").lower()
    sent_from = [request.headers[name] for name in ("origin", "referer") if name in request.headers]
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    return all(_netloc(address) == host for address in sent_from)


async def read_body(request: Request, max_bytes: int) -> bytes:
    """Read a body, giving up at its limit."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > max_bytes:
            raise TooLarge
        parts.append(part)
    return b"".join(parts)


async def read_form(request: Request, max_bytes: int) -> dict[str, str]:
    """Read a form's fields; anything else counts as an empty form."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        return {}
    raw = (await read_body(request, max_bytes)).decode("utf-8", "replace")
    try:
        return dict(parse_qsl(raw, keep_blank_values=True, max_num_fields=_FORM_FIELDS_MAX, errors="replace"))
    except ValueError:
        return {}


def _netloc(address: str) -> str:
    """Read the host and port of an address; `null` and nonsense have none."""
    try:
        return urlsplit(address).netloc.lower()
    except ValueError:
        return ""
