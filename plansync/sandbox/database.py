"""The embedded tracker's database: its tables, transactions, counters, and the clock that stamps writes.

Knows no record beyond its row. Times are UTC text with whole seconds (`2026-11-22T10:00:00Z`), so that
they compare as text; `updated_us` is the finer form of `updated_at`, in microseconds since 1970.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plansync.errors import StoreError
from plansync.sandbox.moments import micros, written

_VERSION = 5
_FIRST_ID = 3_000_000_000  # above 2^31, as GitHub's ids are since 2025
BUSY_S = 5.0  # how long a write waits for another process

_SCHEMA = """
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE milestone (
    number INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE, title TEXT NOT NULL, description TEXT,
    due_on TEXT, state TEXT NOT NULL, author TEXT NOT NULL,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL, closed_at TEXT
);
CREATE TABLE issue (
    number INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE, is_pull INTEGER NOT NULL, title TEXT NOT NULL,
    body TEXT, state TEXT NOT NULL, reason TEXT, milestone INTEGER REFERENCES milestone(number),
    author TEXT NOT NULL, closed_by TEXT,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL, closed_at TEXT
);
CREATE INDEX issue_updated ON issue (updated_at);
CREATE INDEX issue_milestone ON issue (milestone);
CREATE TABLE gone (number INTEGER PRIMARY KEY);
CREATE TABLE transferred (number INTEGER PRIMARY KEY);
CREATE TABLE label (
    folded TEXT PRIMARY KEY, id INTEGER NOT NULL UNIQUE,
    name TEXT NOT NULL, color TEXT NOT NULL, description TEXT
) WITHOUT ROWID;
CREATE TABLE issue_label (
    issue INTEGER NOT NULL REFERENCES issue(number) ON DELETE CASCADE,
    folded TEXT NOT NULL REFERENCES label(folded) ON UPDATE CASCADE ON DELETE CASCADE,
    PRIMARY KEY (issue, folded)
) WITHOUT ROWID;
CREATE INDEX issue_label_folded ON issue_label (folded);
CREATE TABLE comment (
    id INTEGER PRIMARY KEY, issue INTEGER NOT NULL REFERENCES issue(number) ON DELETE CASCADE,
    body TEXT NOT NULL, author TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL
);
CREATE INDEX comment_issue ON comment (issue);
CREATE TABLE event (
    id INTEGER PRIMARY KEY, issue INTEGER NOT NULL REFERENCES issue(number) ON DELETE CASCADE,
    kind TEXT NOT NULL, reason TEXT, actor TEXT NOT NULL, at TEXT NOT NULL
);
CREATE INDEX event_issue ON event (issue);
"""
_RELATIONS = """
CREATE TABLE assignee (
    issue INTEGER NOT NULL REFERENCES issue(number) ON DELETE CASCADE,
    folded TEXT NOT NULL, login TEXT NOT NULL, PRIMARY KEY (issue, folded)
);
CREATE TABLE dependency (
    blocked INTEGER NOT NULL REFERENCES issue(number) ON DELETE CASCADE,
    blocker INTEGER NOT NULL REFERENCES issue(number) ON DELETE CASCADE,
    PRIMARY KEY (blocked, blocker)
) WITHOUT ROWID;
CREATE INDEX dependency_blocker ON dependency (blocker);
CREATE TABLE traits (one INTEGER PRIMARY KEY CHECK (one = 1), told TEXT NOT NULL);
"""
_TWO_DIALECTS = """
ALTER TABLE issue ADD COLUMN updated_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE issue ADD COLUMN kind TEXT NOT NULL DEFAULT 'issue';
ALTER TABLE issue ADD COLUMN is_confidential INTEGER NOT NULL DEFAULT 0;
ALTER TABLE issue ADD COLUMN due_date TEXT;
ALTER TABLE issue ADD COLUMN estimate_s INTEGER NOT NULL DEFAULT 0;
ALTER TABLE issue ADD COLUMN spent_s INTEGER NOT NULL DEFAULT 0;
ALTER TABLE issue ADD COLUMN moved_to INTEGER;
ALTER TABLE issue ADD COLUMN duplicate_of INTEGER;
ALTER TABLE milestone ADD COLUMN updated_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE milestone ADD COLUMN start_date TEXT;
ALTER TABLE milestone ADD COLUMN is_inherited INTEGER NOT NULL DEFAULT 0;
UPDATE issue SET updated_us = 1000000 * strftime('%s', updated_at);
UPDATE milestone SET updated_us = 1000000 * strftime('%s', updated_at);
CREATE INDEX issue_updated_us ON issue (updated_us);
ALTER TABLE label RENAME TO old_label;
ALTER TABLE issue_label RENAME TO old_issue_label;
CREATE TABLE label (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, folded TEXT NOT NULL,
    color TEXT NOT NULL, description TEXT
);
CREATE INDEX label_folded ON label (folded);
CREATE TABLE issue_label (
    issue INTEGER NOT NULL REFERENCES issue(number) ON DELETE CASCADE,
    label INTEGER NOT NULL REFERENCES label(id) ON DELETE CASCADE,
    PRIMARY KEY (issue, label)
) WITHOUT ROWID;
CREATE INDEX issue_label_label ON issue_label (label);
INSERT INTO label SELECT id, name, folded, color, description FROM old_label;
INSERT INTO issue_label SELECT issue, id FROM old_issue_label JOIN old_label USING (folded);
DROP TABLE old_issue_label;
DROP TABLE old_label;
CREATE TABLE link (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source INTEGER NOT NULL REFERENCES issue(number) ON DELETE CASCADE,
    target INTEGER NOT NULL REFERENCES issue(number) ON DELETE CASCADE,
    kind TEXT NOT NULL, at TEXT NOT NULL, UNIQUE (source, target, kind)
);
CREATE INDEX link_target ON link (target);
INSERT INTO link (source, target, kind, at)
    SELECT blocker, blocked, 'blocks', created_at FROM dependency JOIN issue ON number = blocked;
DROP TABLE dependency;
CREATE TABLE account (id INTEGER PRIMARY KEY, login TEXT NOT NULL);
"""
"""What version 4 brought: what GitLab keeps and GitHub does not, labels told apart by case, links with ids."""
_PULLS = """
CREATE TABLE pull (
    issue INTEGER PRIMARY KEY REFERENCES issue(number) ON DELETE CASCADE, head TEXT NOT NULL, base TEXT NOT NULL
)
"""


def clock() -> datetime:
    """Tell the time."""
    return datetime.now(UTC)


def _unopened(path: Path | None, error: Exception) -> StoreError:
    return StoreError(f"{path}: the sandbox's records cannot be opened: {error}")


class Database:
    """One open database, in a file or (without a path) in memory."""

    def __init__(self, path: Path | None, now: Callable[[], datetime], busy_s: float) -> None:
        self.now = now
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            # One thread at a time is the rule; which thread is the caller's affair.
            self._connection = sqlite3.connect(
                path or ":memory:", isolation_level=None, timeout=busy_s, check_same_thread=False
            )
        except (sqlite3.Error, OSError) as error:
            raise _unopened(path, error) from error
        try:
            self._open()
        except (sqlite3.Error, StoreError) as error:
            self._connection.close()
            raise _unopened(path, error) from error

    def _open(self) -> None:
        for pragma in ("journal_mode = wal", "synchronous = normal", "foreign_keys = on"):
            self.execute(f"PRAGMA {pragma}")
        with self.writing():
            version = self.execute("PRAGMA user_version").fetchone()[0]
            if version > _VERSION:
                raise StoreError("they were written by a newer plansync; update plansync")
            if version == 0 and self.execute("SELECT 1 FROM sqlite_master").fetchone():
                raise StoreError("this is another program's database")
            if version == 0:
                self._create()
            self._upgrade(version)

    def _create(self) -> None:
        self._run(_SCHEMA)
        repository = _FIRST_ID + secrets.randbelow(1_000_000_000)
        counters = {"repository": repository, "id": _FIRST_ID, "issue": 0, "milestone": 0}
        self._connection.executemany("INSERT INTO counter VALUES (?, ?)", counters.items())

    def _upgrade(self, version: int) -> None:
        if version == 1:
            self.execute("CREATE TABLE transferred (number INTEGER PRIMARY KEY)")
        if version < 3:
            self._run(_RELATIONS)
        if version < 4:
            self._run(_TWO_DIALECTS)
        if version < _VERSION:
            self._run(_PULLS)
            self.execute(f"PRAGMA user_version = {_VERSION}")

    def _run(self, script: str) -> None:
        for statement in script.split(";"):
            self.execute(statement)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def execute(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> sqlite3.Cursor:
        """Run one statement."""
        return self._connection.execute(sql, values)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Make the writes within land together or not at all; may be nested."""
        if self._connection.in_transaction:
            yield
            return
        try:
            self.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise StoreError(f"the sandbox's records are busy; try again ({error})") from error
        try:
            yield
        except BaseException:
            self.execute("ROLLBACK")
            raise
        self.execute("COMMIT")

    def time(self) -> str:
        """Tell the time as rows have it."""
        return written(self.now().astimezone(UTC))

    def counter(self, name: str) -> int:
        """Read a counter."""
        value: int = self.execute("SELECT value FROM counter WHERE name = ?", (name,)).fetchone()[0]
        return value

    def next(self, name: str, step: int = 1) -> int:
        """Move a counter on and read it."""
        self.execute("UPDATE counter SET value = value + ? WHERE name = ?", (step, name))
        return self.counter(name)

    def next_id(self) -> int:
        """Give an id that no record has, in order and with gaps."""
        return self.next("id", 1 + secrets.randbelow(100))

    def write(self, table: str, number: int, values: dict[str, Any]) -> bool:
        """Write the columns that differ, and say whether any did."""
        if not values:
            return False
        now = self.execute(f"SELECT {', '.join(values)} FROM {table} WHERE number = ?", (number,)).fetchone()
        moved = {name: value for (name, value), old in zip(values.items(), now, strict=True) if value != old}
        if moved:
            columns = ", ".join(f"{name} = ?" for name in moved)
            self.execute(f"UPDATE {table} SET {columns} WHERE number = ?", (*moved.values(), number))
        self.touch_if(table, number, bool(moved))
        return bool(moved)

    def touch_if(self, table: str, number: int, has_moved: bool) -> None:
        """Stamp a row that something was done to; never backwards."""
        if has_moved:
            now = self.now().astimezone(UTC)
            self.execute(
                f"UPDATE {table} SET updated_at = max(updated_at, ?), updated_us = max(updated_us, ?)"
                " WHERE number = ?",
                (written(now), micros(now), number),
            )
