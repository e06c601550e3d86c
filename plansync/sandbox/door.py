"""What the doors of both dialects share: an answer, a payload, a write that lands whole, a read that is known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.requests import Request

from plansync.sandbox.guard import read_body
from plansync.sandbox.records import Records

PAYLOAD_MAX_BYTES: Final = 7_000_000
"""More than GitLab's longest text, with each of its characters escaped."""
READS: Final = ("GET", "HEAD")


class Unreadable(Exception):
    """A payload that is no JSON."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send back; `body` `None` is no body."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


async def read_json(request: Request) -> Any:
    """Read a JSON value; no body is an empty object.

    Raises: `TooLarge`, and `Unreadable` for what is no JSON.
    """
    raw = await read_body(request, PAYLOAD_MAX_BYTES)
    try:
        value = json.loads(raw) if raw.strip() else {}
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        raise Unreadable from error
    return value


def landing(records: Records, method: str) -> AbstractContextManager[None]:
    """Make all that a write does land together, or nothing of it."""
    return nullcontext() if method in READS else records.writing()


def is_known(header: str, etag: str) -> bool:
    """Say whether a client has what it asks for; tags compare as weak ones."""
    tags = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return etag.removeprefix("W/") in tags or "*" in tags
