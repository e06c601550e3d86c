"""Byte-range replacements: the only way in which a plan or a body is ever changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from plansync.errors import Unwritable


class Edit(NamedTuple):
    """Replace the bytes from `start` to `end` (excluded) by `text`."""

    start: int
    end: int
    text: bytes


def apply_edits(source: bytes, edits: Iterable[Edit]) -> bytes:
    """Apply edits from the end; insertions at one place keep their order.

    Raises: Unwritable where two edits overlap: what one of them means, the other would take away.
    """
    parts: list[bytes] = []
    end = 0
    for edit in sorted(edits, key=lambda e: (e.start, e.end)):
        if edit.start < end:
            raise Unwritable("two changes meet in one place; make one of them by hand")
        parts += [source[end : edit.start], edit.text]
        end = edit.end
    return b"".join([*parts, source[end:]])
