"""The local database: caches as mappings, and the connection that the journal shares.

Losing it after a clean run costs requests, nothing else.
"""

from __future__ import annotations

import itertools
import os
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, cast

from plansync.errors import Busy, Damaged, StoreError
from plansync.store import replacing
from plansync.store.disk import DISK
from plansync.store.replacing import make_folders

_VERSION = 2
"""1: texts before a run stood uncompressed in `before`."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS shelf (name TEXT, key TEXT, value BLOB, PRIMARY KEY (name, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS journal (
    number INTEGER PRIMARY KEY,
    op TEXT, run TEXT, plan TEXT, item TEXT, kind TEXT, intent TEXT, state TEXT, at TEXT
);
CREATE TABLE IF NOT EXISTS before (number INTEGER PRIMARY KEY, run TEXT, what TEXT, bytes BLOB);
CREATE TABLE IF NOT EXISTS run (id TEXT PRIMARY KEY, plan TEXT, command TEXT, started TEXT, outcome TEXT);
CREATE TABLE IF NOT EXISTS plan (
    number INTEGER PRIMARY KEY,
    lineage TEXT, digest TEXT, state_digest TEXT, is_end INTEGER, content BLOB, state BLOB
);
CREATE INDEX IF NOT EXISTS plan_digest ON plan (lineage, digest);
CREATE INDEX IF NOT EXISTS journal_run ON journal (run);
"""


class Rows(sqlite3.Cursor):
    """What a statement found; a damaged file may show only while it is read."""

    def __next__(self) -> Any:
        """Give the next row."""
        try:  # not `_explaining`, which would cost more than the row
            return super().__next__()
        except sqlite3.Error as error:
            raise _explained_of(self.connection, error) from None

    def fetchone(self) -> Any:
        """Give the next row, `None` at the end."""
        with _explaining(self.connection):
            return super().fetchone()

    def fetchall(self) -> list[Any]:
        """Give all rows that are left."""
        with _explaining(self.connection):
            return super().fetchall()


class Database(sqlite3.Connection):
    """A connection whose failures are ours to explain; `path`: where its file is, if it has one.

    `has_log`: what is written goes to a log beside the file first (WAL), and waits there for the disk.
    """

    path: Path | None = None
    has_log = False

    def cursor(self, factory: Any = Rows) -> Any:
        """Make a cursor whose failures are explained as well."""
        return super().cursor(factory)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Let statements happen together or not at all."""
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            if self.in_transaction:  # SQLite ends it by itself where the disk is full
                self.execute("ROLLBACK")
            raise

    @contextmanager
    def unsynced(self) -> Iterator[None]:
        """Let statements return before the disk has them; `sync`, or the next one outside of this, waits for all.

        A process that dies loses nothing of them; where the machine dies, the last ones may be missing, in their order.
        """
        if self.has_log:
            self.execute("PRAGMA synchronous=NORMAL")
        try:
            yield
        finally:
            if self.has_log:
                self.execute("PRAGMA synchronous=FULL")

    def sync(self) -> None:
        """Wait until the disk has all that was written; touches no connection, so that a thread may wait.

        It is what SQLite does at the end of each transaction (docs, "PRAGMA synchronous": FULL is NORMAL and a sync of
        the log), which has put the log's name on the disk before.
        """
        if not self.has_log or self.path is None:
            return
        try:
            handle = DISK.open(self.path.with_name(f"{self.path.name}-wal"))
            try:
                DISK.sync(handle)
            finally:
                DISK.close(handle)
        except OSError as error:
            raise _explained(error, self.path) from None

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """Run one statement.

        Raises: Busy where another program holds the file; Damaged where it is none of ours any more; StoreError where
        it cannot be read or written.
        """
        with _explaining(self):
            return cast(
                sqlite3.Cursor, self.cursor().execute(sql, parameters)
            )  # its own would make no `Rows`


@contextmanager
def _explaining(db: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _explained_of(db, error) from None


def _explained_of(db: sqlite3.Connection, error: sqlite3.Error) -> StoreError:
    return _explained(error, db.path if isinstance(db, Database) else None)


_WAYS_OUT = {
    sqlite3.SQLITE_FULL: "make room on the disk and run again; what was done is remembered",
    sqlite3.SQLITE_IOERR: "see that the disk is well and has room, and run again; what was done is remembered",
    sqlite3.SQLITE_READONLY: "make it and its folder writable, and run again",
    sqlite3.SQLITE_CANTOPEN: "see that it is a file that may be read and written, in such a folder, and run again",
}
_ASIDE = (
    "move it aside and run again. After a run that ended well it holds only caches; after one that was cut off some "
    "fields may be asked about"
)


def _explained(error: Exception, path: Path | None = None) -> StoreError:
    name = f"the local database{f' {path}' if path else ''}"
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Busy(f"{name} is in use by another program; try again")
    if isinstance(error, OSError):
        return StoreError(f"{name} cannot be used: {error.strerror}")
    if way := _WAYS_OUT.get(code):
        return StoreError(f"{name} cannot be used ({error}); {way}")
    return Damaged(f"{name} cannot be used ({error}); {_ASIDE}")


def connect(path: Path | None, *, is_cache: bool = False) -> Database:
    """Open the local database, or one in memory for a run that must leave no trace.

    A connection for caches does not wait for the disk at every write; the journal's does.
    Raises: StoreError where it cannot be opened, or is of a later version; Damaged where it is no database.
    """
    try:
        if path is not None:
            _make_folder(path.parent)
            _make_private(path)
        db = sqlite3.connect(path or ":memory:", isolation_level=None, timeout=5, factory=Database)
    except (sqlite3.Error, OSError) as error:
        raise _explained(error, path) from None
    try:
        _prepare(db, path, is_cache=is_cache)
    except sqlite3.Error as error:
        db.close()
        raise _explained(error, path) from None
    except StoreError:
        db.close()
        raise
    return db


def _prepare(db: Database, path: Path | None, *, is_cache: bool) -> None:
    db.path = path
    if path is not None:
        db.has_log = db.execute("PRAGMA journal_mode=WAL").fetchone()[0] == "wal" and not is_cache
    db.execute(f"PRAGMA synchronous={'NORMAL' if is_cache else 'FULL'}")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > _VERSION:
        raise StoreError(f"{path} was written by a later plansync; install that one, or delete the file")
    db.executescript(_SCHEMA)
    if version != _VERSION:
        _bring_up(db)


def _bring_up(db: Database) -> None:
    """Bring an older database to this version, all or nothing; rows that are still open stay as they are."""
    with db.transaction():
        if db.execute("PRAGMA user_version").fetchone()[0] == 1:
            for number, text in db.execute("SELECT number, bytes FROM before").fetchall():
                db.execute("UPDATE before SET bytes=? WHERE number=?", (zlib.compress(text), number))
        db.execute(f"PRAGMA user_version={_VERSION}")


def reading(path: Path) -> Database:
    """Open the database to look at it; nothing can be written.

    Raises: StoreError where it cannot be read, or is of a later version.
    """
    try:
        db = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5, isolation_level=None, factory=Database
        )
        db.path = path
        if db.execute("PRAGMA user_version").fetchone()[0] > _VERSION:
            raise StoreError(f"{path} was written by a later plansync; install that one")
    except sqlite3.Error as error:
        raise _explained(error, path) from None
    return db


def copy(path: Path) -> Database:
    """Open a copy of the database in memory: a dry run reads caches and writes nothing."""
    memory = sqlite3.connect(":memory:", isolation_level=None, factory=Database)
    memory.path = path
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as source:
            source.backup(memory)
        memory.executescript(_SCHEMA)
    except sqlite3.Error as error:
        raise _explained(error, path) from None
    return memory


def soundness(db: Database) -> str:
    """Look through the whole file; `ok`, or what is wrong.

    Raises: as `execute`.
    """
    return str(db.execute("PRAGMA quick_check").fetchone()[0])


_PARTS = ("-wal", "-journal")
"""What belongs to a database and is lost without it: SQLite deletes both where they lie beside an empty one."""


def put_aside(path: Path) -> Path:
    """Keep a database that cannot be read under another name, with all that belongs to it; says which.

    Nothing of it may be lost where we die in between, and its log may never be missing while it is there: an older
    state of the journal would be taken for the truth. So its parts get their new names first, and lose the old ones
    last.
    Raises: StoreError where that cannot be done; nobody else may have it open.
    """
    aside = next(name for name in _asides(path) if _is_free(path, name))
    try:
        for part in _PARTS:
            _name_too(_part(path, part), _part(aside, part))
        DISK.sync_folder(path.parent)
        DISK.rename(path, aside)
        DISK.sync_folder(path.parent)
        for part in (*_PARTS, "-shm"):
            DISK.delete(_part(path, part))
    except OSError as error:
        raise StoreError(f"{path} cannot be moved aside: {error.strerror}") from None
    return aside


def _asides(path: Path) -> Iterator[Path]:
    return (path.with_name(f"{path.name}.bad-{number}") for number in itertools.count(1))


def _is_free(path: Path, aside: Path) -> bool:
    """Say whether a name holds nothing, or only what was begun to be put aside under it."""
    pairs = ((_part(path, part), _part(aside, part)) for part in _PARTS)
    return not aside.exists() and all(
        not there.exists() or (here.exists() and here.samefile(there)) for here, there in pairs
    )


def _name_too(here: Path, there: Path) -> None:
    """Give a file a second name; where the disk knows no such thing, a copy."""
    if not here.exists() or there.exists():
        return
    try:
        os.link(here, there)
    except OSError:
        replacing.replace(DISK, there, here.read_bytes())


def _part(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _make_folder(folder: Path) -> None:
    """Make the local folder: private, and ignored by git without anybody's help."""
    make_folders(DISK, folder.parent)
    folder.mkdir(exist_ok=True, mode=0o700)
    DISK.sync_folder(folder.parent)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        replacing.replace(DISK, ignore, b"*\n")  # an empty one would be taken for somebody's wish


def _make_private(path: Path) -> None:
    """Let only its owner read the database: texts of issues are in it. What SQLite puts beside it follows it."""
    path.touch(mode=0o600)
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)


class Shelf(MutableMapping[str, bytes]):
    """One named cache in the database."""

    def __init__(self, db: Database, name: str) -> None:
        self.db, self.name = db, name

    def __getitem__(self, key: str) -> bytes:
        row = self.db.execute("SELECT value FROM shelf WHERE name=? AND key=?", (self.name, key)).fetchone()
        if row is None:
            raise KeyError(key)
        return bytes(row[0])

    def __setitem__(self, key: str, value: bytes) -> None:
        self.db.execute("INSERT OR REPLACE INTO shelf VALUES (?,?,?)", (self.name, key, value))

    def __delitem__(self, key: str) -> None:
        if not self.db.execute("DELETE FROM shelf WHERE name=? AND key=?", (self.name, key)).rowcount:
            raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter([row[0] for row in self.db.execute("SELECT key FROM shelf WHERE name=?", (self.name,))])

    def __len__(self) -> int:
        return int(self.db.execute("SELECT COUNT(*) FROM shelf WHERE name=?", (self.name,)).fetchone()[0])

    def revise(self, key: str, change: Callable[[bytes | None], bytes]) -> None:
        """Change one value while no other program can: read it and write it in one transaction."""
        with self.db.transaction():
            self[key] = change(self.get(key))

    def put(self, values: Mapping[str, bytes | None]) -> None:
        """Store many values at once, all or none; `None` deletes."""
        with self.db.transaction():
            for key, value in values.items():
                if value is None:
                    self.db.execute("DELETE FROM shelf WHERE name=? AND key=?", (self.name, key))
                else:
                    self[key] = value

    def items(self) -> list[tuple[str, bytes]]:  # type: ignore[override]
        """Read everything at once: a query for each record would be slow."""
        rows = self.db.execute("SELECT key, value FROM shelf WHERE name=?", (self.name,)).fetchall()
        return [(key, bytes(value)) for key, value in rows]
