"""Pull requests of the embedded tracker: an issue that is one, and the two branches that it names.

The tracker keeps no commits, so it believes whoever names a branch.
"""

from __future__ import annotations

from dataclasses import dataclass

from plansync.sandbox.database import Database


@dataclass(frozen=True, slots=True)
class Pull:
    """What a request would merge: `head` into `base`; `issue` is the number that it shares with issues."""

    issue: int
    head: str
    base: str


class Pulls:
    """The pull requests of one repository."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, issue: int, head: str, base: str) -> Pull:
        """Make an issue that is a pull request one of these branches."""
        self._db.execute("INSERT INTO pull VALUES (?, ?, ?)", (issue, head, base))
        return Pull(issue, head, base)

    def all(self, head: str = "", base: str = "") -> list[Pull]:
        """List the pull requests of a branch, newest first; of any where none is named."""
        rows = self._db.execute("SELECT issue, head, base FROM pull ORDER BY issue DESC")
        found = (Pull(*row) for row in rows)
        return [each for each in found if head in ("", each.head) and base in ("", each.base)]
