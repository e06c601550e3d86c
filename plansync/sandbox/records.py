"""The embedded tracker's records: milestones, issues, labels, comments, events, on SQLite.

Pure storage: no word of HTTP, and no rule of any tracker's dialect. Times are UTC text with whole
seconds (`2026-11-22T10:00:00Z`), so that they compare as text. `updated_at` moves when something
really changed, and never backwards. One `Records` is used from one thread at a time; several
processes may share a file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar, Unpack

from pydantic import TypeAdapter

from plansync.sandbox.database import BUSY_S, Database, clock
from plansync.sandbox.kinds import (
    Comment,
    Event,
    Issue,
    IssueChanges,
    Milestone,
    MilestoneChanges,
    Query,
    Reason,
    State,
    TraitChanges,
    Traits,
)
from plansync.sandbox.labels import Labels
from plansync.sandbox.listing import conditions
from plansync.sandbox.pulls import Pulls
from plansync.sandbox.relations import Relations

_T = TypeVar("_T")
_TRAITS: Final = TypeAdapter(Traits)

_MILESTONE_ROWS: Final = """
    SELECT m.number, m.id, m.title, m.description, m.due_on, m.state, m.author,
           m.created_at, m.updated_at, m.closed_at,
           (SELECT count(*) FROM issue i WHERE i.milestone = m.number AND i.state = 'open'),
           (SELECT count(*) FROM issue i WHERE i.milestone = m.number AND i.state = 'closed'),
           m.updated_us, m.start_date, m.is_inherited
    FROM milestone m
"""
_ISSUE_ROWS: Final = """
    SELECT number, id, is_pull, title, body, state, reason, milestone, author, closed_by,
           created_at, updated_at, closed_at,
           (SELECT count(*) FROM comment c WHERE c.issue = issue.number) AS comments,
           updated_us, kind, is_confidential, due_date, estimate_s, spent_s, moved_to, duplicate_of
    FROM issue
"""
_LATER: Final = (
    "updated_us", "kind", "is_confidential", "due_date", "estimate_s", "spent_s", "moved_to", "duplicate_of",
)  # fmt: skip


class Records:
    """One repository's records, in a file or (without a path) in memory."""

    def __init__(
        self, path: Path | None = None, *, now: Callable[[], datetime] = clock, busy_s: float = BUSY_S
    ) -> None:
        self.path, self._db = path, Database(path, now, busy_s)
        self.relations = Relations(self._db)
        self.pulls = Pulls(self._db)
        self.labels = Labels(self._db, "folded", "ededed")
        self.exact_labels = Labels(self._db, "name", "6699cc")
        self.writing, self.close, self.now = self._db.writing, self._db.close, self._db.now
        self.repository_id = self._db.counter("repository")
        self.group_id = self.repository_id - 1

    # --- what it plays

    @property
    def traits(self) -> Traits:
        """What kind of tracker this is; read anew each time, as another process may change it."""
        row = self._db.execute("SELECT told FROM traits").fetchone()
        return _TRAITS.validate_json(row[0]) if row else Traits()

    def play(self, **traits: Unpack[TraitChanges]) -> None:
        """Be another kind of tracker from now on."""
        with self._db.writing():
            told = _TRAITS.dump_json(replace(self.traits, **traits)).decode()
            self._db.execute("REPLACE INTO traits VALUES (1, ?)", (told,))

    # --- milestones

    def milestones(self, *, with_inherited: bool = False) -> list[Milestone]:
        """List all milestones by number: the repository's own, and those that it inherits where wanted."""
        where = "" if with_inherited else "WHERE NOT m.is_inherited"
        return [_milestone(row) for row in self._db.execute(f"{_MILESTONE_ROWS} {where} ORDER BY m.number")]

    def milestone(self, number: int) -> Milestone | None:
        """Read one milestone."""
        row = self._db.execute(f"{_MILESTONE_ROWS} WHERE m.number = ?", (number,)).fetchone()
        return _milestone(row) if row else None

    def milestone_with_id(self, id_: int) -> Milestone | None:
        """Read the milestone that has this id."""
        row = self._db.execute(f"{_MILESTONE_ROWS} WHERE m.id = ?", (id_,)).fetchone()
        return _milestone(row) if row else None

    def milestone_titled(self, title: str) -> int | None:
        """Find the milestone with exactly this title, case included."""
        row = self._db.execute("SELECT number FROM milestone WHERE title = ?", (title,)).fetchone()
        return row[0] if row else None

    def add_milestone(self, title: str, author: str, /, **fields: Unpack[MilestoneChanges]) -> Milestone:
        """Make a milestone."""
        with self._db.writing():
            number, now = self._db.next("milestone"), self._db.time()
            self._db.execute(
                "INSERT INTO milestone (number, id, title, state, author, created_at, updated_at)"
                " VALUES (?, ?, ?, 'open', ?, ?, ?)",
                (number, self._db.next_id(), title, author, now, now),
            )
            self._db.touch_if("milestone", number, True)
            return self.change_milestone(number, **fields)

    def change_milestone(self, number: int, **changes: Unpack[MilestoneChanges]) -> Milestone:
        """Write the given fields of one milestone."""
        with self._db.writing():
            values: dict[str, Any] = dict(changes)
            if "state" in changes:
                was = self._db.execute(
                    "SELECT closed_at FROM milestone WHERE number = ?", (number,)
                ).fetchone()[0]
                values["closed_at"] = (was or self._db.time()) if changes["state"] is State.CLOSED else None
            self._db.write("milestone", number, values)
            return _there(self.milestone(number))

    def delete_milestone(self, number: int) -> None:
        """Remove a milestone; its issues stay, in none."""
        with self._db.writing():
            for (issue,) in self._db.execute(
                "SELECT number FROM issue WHERE milestone = ?", (number,)
            ).fetchall():
                self.change_issue(issue, milestone=None)
            self._db.execute("DELETE FROM milestone WHERE number = ?", (number,))

    # --- issues

    def issues(self, query: Query) -> tuple[list[Issue], int]:
        """List the issues that a query selects, and count them whatever its place and limit."""
        where, values = conditions(query)
        order, beyond = ("DESC", "<") if query.is_descending else ("ASC", ">")
        place = f"WHERE ({query.sort.value}, number) {beyond} (?, ?)" if query.after else ""
        rows = self._db.execute(
            f"SELECT * FROM ({_ISSUE_ROWS} {where}) {place}"
            f" ORDER BY {query.sort.value} {order}, number {order} LIMIT ? OFFSET ?",
            (*values, *(query.after or ()), query.limit, query.offset),
        ).fetchall()
        total = self._db.execute(f"SELECT count(*) FROM issue {where}", values).fetchone()[0]
        return self._whole(rows), total

    def issue(self, number: int) -> Issue | None:
        """Read one issue."""
        rows = self._db.execute(f"{_ISSUE_ROWS} WHERE number = ?", (number,)).fetchall()
        return next(iter(self._whole(rows)), None)

    def issue_with_id(self, id_: int) -> Issue | None:
        """Read the issue that has this id."""
        row = self._db.execute("SELECT number FROM issue WHERE id = ?", (id_,)).fetchone()
        return self.issue(row[0]) if row else None

    def is_deleted(self, number: int) -> bool:
        """Say whether an issue of this number was there once."""
        return bool(self._db.execute("SELECT 1 FROM gone WHERE number = ?", (number,)).fetchone())

    def is_transferred(self, number: int) -> bool:
        """Say whether an issue of this number went to another repository."""
        return bool(self._db.execute("SELECT 1 FROM transferred WHERE number = ?", (number,)).fetchone())

    def add_issue(
        self,
        title: str,
        author: str,
        *,
        body: str | None = None,
        milestone: int | None = None,
        labels: Sequence[str] = (),
        is_pull: bool = False,
        number: int | None = None,
    ) -> Issue:
        """Make an issue, and the labels it names that are not there yet; its number is the next, or a free one."""
        with self._db.writing():
            number, now = self._number(number), self._db.time()
            self._db.execute(
                "INSERT INTO issue (number, id, is_pull, title, body, milestone, author, created_at,"
                " updated_at, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'open')",
                (number, self._db.next_id(), is_pull, title, body, milestone, author, now, now),
            )
            self._db.touch_if("issue", number, True)
            self.labels.put_on(number, labels)
            self._touch_milestone(milestone)
            return _there(self.issue(number))

    def _number(self, wanted: int | None) -> int:
        now = self._db.counter("issue")
        if wanted is None or wanted > now:
            self._db.next("issue", 1 if wanted is None else wanted - now)
        return now + 1 if wanted is None else wanted

    def change_issue(self, number: int, **changes: Unpack[IssueChanges]) -> Issue:
        """Write the given fields of one issue."""
        with self._db.writing():
            before = _there(self.issue(number))
            if self._db.write("issue", number, dict(changes)) and "milestone" in changes:
                self._touch_milestone(before.milestone)
                self._touch_milestone(changes["milestone"])
            return _there(self.issue(number))

    def close_issue(self, number: int, reason: Reason, actor: str) -> Issue:
        """Close an open issue; a closed one stays as it is."""
        with self._db.writing():
            if _there(self.issue(number)).state is State.OPEN:
                fields = {
                    "state": State.CLOSED,
                    "reason": reason,
                    "closed_by": actor,
                    "closed_at": self._db.time(),
                }
                self._turn(number, "closed", actor, fields)
            return _there(self.issue(number))

    def reopen_issue(self, number: int, actor: str) -> Issue:
        """Reopen a closed issue; an open one stays as it is."""
        with self._db.writing():
            if _there(self.issue(number)).state is State.CLOSED:
                fields = {
                    "state": State.OPEN,
                    "reason": Reason.REOPENED,
                    "closed_by": None,
                    "closed_at": None,
                }
                self._turn(number, "reopened", actor, fields)
            return _there(self.issue(number))

    def delete_issue(self, number: int) -> None:
        """Remove an issue; its number is never given out again."""
        with self._db.writing():
            self._touch_milestone(_there(self.issue(number)).milestone)
            self._db.execute("DELETE FROM issue WHERE number = ?", (number,))
            self._db.execute("INSERT INTO gone VALUES (?)", (number,))

    def move_issue(self, number: int, actor: str) -> tuple[int, int]:
        """Close an issue that now is another project's; give its id and its number there."""
        with self._db.writing():
            there = (
                self._db.execute("SELECT count(*) FROM issue WHERE moved_to IS NOT NULL").fetchone()[0] + 1
            )
            id_ = self._db.next_id()
            self.close_issue(number, Reason.COMPLETED, actor)
            self.change_issue(number, moved_to=id_)
            return id_, there

    def transfer_issue(self, number: int) -> None:
        """Take an issue away to another repository: its old number tells where it is now."""
        with self._db.writing():
            self.delete_issue(number)
            self._db.execute("INSERT INTO transferred VALUES (?)", (number,))

    def _turn(self, number: int, kind: str, actor: str, fields: dict[str, Any]) -> None:
        self._db.write("issue", number, fields)
        self._db.execute(
            "INSERT INTO event (issue, kind, reason, actor, at) VALUES (?, ?, ?, ?, ?)",
            (number, kind, fields["reason"], actor, self._db.time()),
        )
        self._touch_milestone(_there(self.issue(number)).milestone)

    # --- comments, events

    def comments(self, issue: int) -> list[Comment]:
        """List an issue's comments, oldest first."""
        rows = self._db.execute(
            "SELECT id, issue, body, author, created_at, updated_at FROM comment WHERE issue = ? ORDER BY id",
            (issue,),
        )
        return [Comment(*row) for row in rows]

    def add_comment(self, issue: int, body: str, author: str) -> Comment:
        """Add a comment to an issue."""
        with self._db.writing():
            number, now = self._db.next_id(), self._db.time()
            self._db.execute(
                "INSERT INTO comment VALUES (?, ?, ?, ?, ?, ?)", (number, issue, body, author, now, now)
            )
            self._db.touch_if("issue", issue, True)
            return Comment(number, issue, body, author, now, now)

    def change_comment(self, id_: int, body: str) -> None:
        """Write another text of a comment."""
        with self._db.writing():
            self._db.execute(
                "UPDATE comment SET body = ?, updated_at = ? WHERE id = ?", (body, self._db.time(), id_)
            )

    def delete_comment(self, id_: int) -> None:
        """Remove a comment."""
        with self._db.writing():
            self._db.execute("DELETE FROM comment WHERE id = ?", (id_,))

    def events(self, issue: int) -> list[Event]:
        """List who closed and reopened an issue, oldest first."""
        rows = self._db.execute(
            "SELECT issue, kind, reason, actor, at FROM event WHERE issue = ? ORDER BY id", (issue,)
        )
        return [
            Event(n, kind, Reason(reason) if reason else None, actor, at)
            for n, kind, reason, actor, at in rows
        ]

    # --- the floor

    def _touch_milestone(self, number: int | None) -> None:
        """Note that a milestone moves when its counters do: at GitHub, which counts them."""
        if number is not None:
            self._db.execute(
                "UPDATE milestone SET updated_at = max(updated_at, ?) WHERE number = ?",
                (self._db.time(), number),
            )

    def _whole(self, rows: Sequence[tuple[Any, ...]]) -> list[Issue]:
        on = [row[0] for row in rows]
        labels = self.labels.on(on)
        assigned, links = self.relations.assignees(on), self.relations.dependencies(on)
        return [
            replace(_issue(row), labels=labels[n], assignees=assigned[n], dependencies=links[n])
            for n, row in zip(on, rows, strict=True)
        ]


def _milestone(row: Sequence[Any]) -> Milestone:
    values = list(row)
    values[5], values[14] = State(values[5]), bool(values[14])
    return Milestone(*values)


def _issue(row: Sequence[Any]) -> Issue:
    values = list(row)
    values[2], values[5] = bool(values[2]), State(values[5])
    values[6] = Reason(values[6]) if values[6] else None
    later = dict(zip(_LATER, values[14:], strict=True))
    return Issue(*values[:14], **{**later, "is_confidential": bool(later["is_confidential"])})


def _there(found: _T | None) -> _T:
    """Insist on a record that the caller knows to be there."""
    if found is None:
        raise LookupError("no such record")
    return found
