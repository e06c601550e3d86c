"""The ids of phases and tasks: made from their titles, so that every copy of a plan makes the same."""

from __future__ import annotations

import hashlib
from collections.abc import Container

from plansync.model import Uid
from plansync.text import words

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


class Minter:
    """Makes the uids that any copy of the plan makes for its titles; equals are told apart by ordinal.

    Source: design, "Minting a UID".
    """

    def __init__(self) -> None:
        self.made: set[Uid] = set()
        self.next: dict[tuple[str, str], int] = {}

    def mint(self, phase: str, title: str, taken: Container[str] = ()) -> Uid:
        """Make the next uid of a title that is not taken."""
        key = words(phase), words(title)
        while True:
            ordinal = self.next.get(key, 0)
            self.next[key] = ordinal + 1
            uid = _uid_of(*key, ordinal)
            if uid not in self.made and uid not in taken:
                self.made.add(uid)
                return uid


def _uid_of(phase: str, title: str, ordinal: int) -> Uid:
    digest = int.from_bytes(hashlib.sha256(f"{phase}\n{title}\n{ordinal}".encode()).digest(), "big")
    letters = []
    for _ in range(7):
        digest, rest = divmod(digest, len(_ALPHABET))
        letters.append(_ALPHABET[rest])
    return Uid("".join(letters))
