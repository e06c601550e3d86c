"""Answers kept to be replayed when the tracker says that nothing moved (304).

A row that cannot be read is a row that is not there. Knows no address and no token: the key is the caller's.
"""

from __future__ import annotations

import json
from collections.abc import MutableMapping
from typing import NamedTuple


class Kept(NamedTuple):
    """An answer in the cache: its ETag, its `Link` header, its parsed body."""

    etag: str
    link: str
    body: object


class Replay:
    """Keeps answers by key in a mapping of bytes."""

    def __init__(self, rows: MutableMapping[str, bytes] | None = None) -> None:
        self._rows: MutableMapping[str, bytes] = {} if rows is None else rows

    def find(self, key: str) -> Kept | None:
        """Find the answer kept under a key."""
        row = self._rows.get(key)
        try:
            match json.loads(row) if row else None:
                case [str(etag), str(link), body]:
                    return Kept(etag, link, body)
        except ValueError:
            pass
        return None

    def keep(self, key: str, kept: Kept) -> None:
        """Keep an answer instead of the one before."""
        self._rows[key] = json.dumps(kept).encode()
