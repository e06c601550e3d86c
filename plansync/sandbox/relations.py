"""How issues of the embedded tracker relate: to the people they are given to, and to one another.

An issue may wait for others (its blockers). Pure storage, as `records`; what may relate to what is
the dialect's to say.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from plansync.sandbox.database import Database
from plansync.sandbox.kinds import Dependencies, fold

_AMONG: Final = "IN (SELECT value FROM json_each(?))"
_COUNTS: Final = """
    SELECT {own}, sum(state = 'open'), count(*) FROM dependency JOIN issue ON issue.number = {other}
    WHERE {own} {among} GROUP BY {own}
"""


class Relations:
    """Assignees, and what blocks what."""

    def __init__(self, db: Database) -> None:
        self._db = db

    # --- people

    def assignees(self, issues: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """Tell whom each of these issues is given to, in the order of giving."""
        given: dict[int, tuple[str, ...]] = dict.fromkeys(issues, ())
        for issue, login in self._db.execute(
            f"SELECT issue, login FROM assignee WHERE issue {_AMONG} ORDER BY rowid",
            (json.dumps(list(issues)),),
        ):
            given[issue] += (login,)
        return given

    def assign(self, issue: int, logins: Sequence[str]) -> None:
        """Give an issue to more people."""
        with self._db.writing():
            added = sum(
                self._db.execute(
                    "INSERT OR IGNORE INTO assignee VALUES (?, ?, ?)", (issue, fold(login), login)
                ).rowcount
                for login in logins
            )
            self._db.touch_if("issue", issue, bool(added))

    def unassign(self, issue: int, logins: Sequence[str]) -> None:
        """Take an issue from people; one who has it not is passed over."""
        with self._db.writing():
            removed = sum(
                self._db.execute(
                    "DELETE FROM assignee WHERE issue = ? AND folded = ?", (issue, fold(login))
                ).rowcount
                for login in logins
            )
            self._db.touch_if("issue", issue, bool(removed))

    def reassign(self, issue: int, logins: Sequence[str]) -> None:
        """Give an issue to these people and no others."""
        with self._db.writing():
            kept = {fold(login) for login in logins}
            self.unassign(issue, [each for each in self.assignees([issue])[issue] if fold(each) not in kept])
            self.assign(issue, logins)

    # --- dependencies

    def dependencies(self, issues: Sequence[int]) -> dict[int, Dependencies]:
        """Count, for each of these issues, what it waits for and what waits for it."""
        blocked_by, blocking = self._counts("blocked", issues), self._counts("blocker", issues)
        return {each: Dependencies(*blocked_by[each], *blocking[each]) for each in issues}

    def blockers(self, issue: int) -> list[int]:
        """List what an issue waits for."""
        rows = self._db.execute("SELECT blocker FROM dependency WHERE blocked = ? ORDER BY blocker", (issue,))
        return [number for (number,) in rows]

    def blocking(self, issue: int) -> list[int]:
        """List what waits for an issue."""
        rows = self._db.execute("SELECT blocked FROM dependency WHERE blocker = ? ORDER BY blocked", (issue,))
        return [number for (number,) in rows]

    def block(self, issue: int, blocker: int) -> bool:
        """Let an issue wait for another; say whether it did not yet."""
        with self._db.writing():
            added = self._db.execute(
                "INSERT OR IGNORE INTO dependency VALUES (?, ?)", (issue, blocker)
            ).rowcount
            self._db.touch_if("issue", issue, bool(added))
            return bool(added)

    def unblock(self, issue: int, blocker: int) -> bool:
        """Let an issue no longer wait for another; say whether it did."""
        with self._db.writing():
            removed = self._db.execute(
                "DELETE FROM dependency WHERE blocked = ? AND blocker = ?", (issue, blocker)
            ).rowcount
            self._db.touch_if("issue", issue, bool(removed))
            return bool(removed)

    def _counts(self, own: str, issues: Sequence[int]) -> dict[int, tuple[int, int]]:
        """Count the other ends, open ones and all."""
        other = "blocker" if own == "blocked" else "blocked"
        found: dict[int, tuple[int, int]] = dict.fromkeys(issues, (0, 0))
        sql = _COUNTS.format(own=own, other=other, among=_AMONG)
        for issue, are_open, total in self._db.execute(sql, (json.dumps(list(issues)),)):
            found[issue] = (are_open, total)
        return found
