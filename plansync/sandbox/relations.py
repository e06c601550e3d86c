"""How issues of the embedded tracker relate: to the people they are given to, and to one another.

An issue may wait for others (its blockers). Pure storage, as `records`; what may relate to what is
the dialect's to say.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from plansync.sandbox.database import Database
from plansync.sandbox.kinds import Dependencies, Link, LinkKind, fold

_AMONG: Final = "IN (SELECT value FROM json_each(?))"
_BLOCKED, _BLOCKER = "target", "source"
_COUNTS: Final = """
    SELECT {own}, sum(state = 'open'), count(*) FROM link JOIN issue ON issue.number = {other}
    WHERE link.kind = 'blocks' AND {own} {among} GROUP BY {own}
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

    def meet(self, id_: int, login: str) -> None:
        """Keep which account has an id, so that it may be named by it."""
        with self._db.writing():
            self._db.execute("INSERT OR IGNORE INTO account VALUES (?, ?)", (id_, login))

    def account(self, id_: int) -> str | None:
        """Name the account that has an id."""
        row = self._db.execute("SELECT login FROM account WHERE id = ?", (id_,)).fetchone()
        return row[0] if row else None

    def accounts(self) -> list[str]:
        """List the accounts that were met."""
        return [login for (login,) in self._db.execute("SELECT login FROM account ORDER BY login")]

    # --- dependencies

    def dependencies(self, issues: Sequence[int]) -> dict[int, Dependencies]:
        """Count, for each of these issues, what it waits for and what waits for it."""
        blocked_by, blocking = self._counts(_BLOCKED, issues), self._counts(_BLOCKER, issues)
        return {each: Dependencies(*blocked_by[each], *blocking[each]) for each in issues}

    def blockers(self, issue: int) -> list[int]:
        """List what an issue waits for."""
        rows = self._db.execute(
            "SELECT source FROM link WHERE target = ? AND kind = 'blocks' ORDER BY source", (issue,)
        )
        return [number for (number,) in rows]

    def blocking(self, issue: int) -> list[int]:
        """List what waits for an issue."""
        rows = self._db.execute(
            "SELECT target FROM link WHERE source = ? AND kind = 'blocks' ORDER BY target", (issue,)
        )
        return [number for (number,) in rows]

    def block(self, issue: int, blocker: int) -> bool:
        """Let an issue wait for another; say whether it did not yet."""
        if issue in self.blocking(blocker):
            return False
        with self._db.writing():
            self._link(blocker, issue, LinkKind.BLOCKS)
            self._db.touch_if("issue", issue, True)
            return True

    def unblock(self, issue: int, blocker: int) -> bool:
        """Let an issue no longer wait for another; say whether it did."""
        with self._db.writing():
            removed = self._db.execute(
                "DELETE FROM link WHERE source = ? AND target = ? AND kind = 'blocks'", (blocker, issue)
            ).rowcount
            self._db.touch_if("issue", issue, bool(removed))
            return bool(removed)

    # --- links, of which a dependency is one kind

    def links(self, issue: int) -> list[Link]:
        """List an issue's links, whichever end it is, oldest first."""
        rows = self._db.execute(
            "SELECT id, source, target, kind, at FROM link WHERE ? IN (source, target) ORDER BY id", (issue,)
        )
        return [Link(id_, source, target, LinkKind(kind), at) for id_, source, target, kind, at in rows]

    def link(self, source: int, target: int, kind: LinkKind, *, moves: bool) -> Link:
        """Link two issues that are not linked; `moves`: whether that moves both."""
        with self._db.writing():
            made = self._link(source, target, kind)
            self._touch(made, moves)
            return made

    def unlink(self, link: Link, *, moves: bool) -> None:
        """Remove a link; `moves`: whether that moves both issues."""
        with self._db.writing():
            self._db.execute("DELETE FROM link WHERE id = ?", (link.id,))
            self._touch(link, moves)

    def _touch(self, link: Link, moves: bool) -> None:
        for end in (link.source, link.target):
            self._db.touch_if("issue", end, moves)

    def _link(self, source: int, target: int, kind: LinkKind) -> Link:
        now = self._db.time()
        id_ = self._db.execute(
            "INSERT INTO link (source, target, kind, at) VALUES (?, ?, ?, ?)", (source, target, kind, now)
        ).lastrowid
        assert id_ is not None
        return Link(id_, source, target, kind, now)

    def _counts(self, own: str, issues: Sequence[int]) -> dict[int, tuple[int, int]]:
        """Count the other ends, open ones and all."""
        other = _BLOCKER if own == _BLOCKED else _BLOCKED
        found: dict[int, tuple[int, int]] = dict.fromkeys(issues, (0, 0))
        sql = _COUNTS.format(own=own, other=other, among=_AMONG)
        for issue, are_open, total in self._db.execute(sql, (json.dumps(list(issues)),)):
            found[issue] = (are_open, total)
        return found
