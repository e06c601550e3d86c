"""Parts of a listing: by page number, and by a cursor that says after which record to go on."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import Final

PER_PAGE_MAX: Final = 100
_CURSOR: Final = b"cursor:v2:"
_NUMBER: Final = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a listing is asked for."""

    number: int
    size: int

    @property
    def offset(self) -> int:
        """How many entries come before."""
        return (self.number - 1) * self.size


def positive(text: str | None, default: int) -> int:
    """Read a number above zero; anything else counts as absent."""
    return int(text) if text and _NUMBER.fullmatch(text) and int(text) > 0 else default


def cursor(value: str | int, number: int) -> str:
    """Write the cursor that leads on from an issue, given what the listing is sorted by."""
    return base64.urlsafe_b64encode(_CURSOR + json.dumps([value, number]).encode()).decode()


def place_at(text: str) -> tuple[str | int, int] | None:
    """Read a cursor back; `None` for what is none."""
    try:
        value, number = json.loads(base64.urlsafe_b64decode(text.encode()).removeprefix(_CURSOR))
    except (ValueError, TypeError):
        return None
    return (value, number) if type(number) is int and type(value) in (str, int) else None
