"""What the journal has on the disk, and when: a machine may die at any moment; writes made together wait together."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from plansync.errors import StoreError
from plansync.store import shelf
from plansync.store.disk import SystemDisk
from plansync.store.journal import Entry, Journal, Outcome

INTENT: dict[str, Any] = {"records": {}, "changes": []}
THEN: dict[str, Any] = {"records": {"k3f9a2c": {"crc": "1"}}, "changes": []}


class Machine(SystemDisk):
    """A machine that can lose its power: what the log holds then was synced, or SQLite waited for it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "plansync.db"
        self.syncs, self.kept_bytes, self.is_broken = 0, 0, False

    @property
    def log(self) -> Path:
        return self.path.with_name("plansync.db-wal")

    def sync(self, handle: int) -> None:
        time.sleep(0.02)  # as long as others take to come along
        if self.is_broken:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self.syncs += 1
        self.kept_bytes = os.fstat(handle).st_size

    def after(self, there: Path, *, size: int | None = None) -> list[Entry]:
        """Start anew somewhere else with what was on the disk, or with the whole log, and list what is open."""
        there.mkdir()
        shutil.copy(self.path, there)
        log = self.log.read_bytes()[: self.kept_bytes if size is None else size]
        (there / self.log.name).write_bytes(log)
        with closing(shelf.connect(there / self.path.name)) as db:
            return Journal(db, "plan", "now").pending()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path)
    monkeypatch.setattr(shelf, "DISK", made)
    return made


@pytest.fixture
def journal(machine: Machine) -> Iterator[Journal]:
    with closing(shelf.connect(machine.path)) as db:
        made = Journal(db, "plan", "now")
        made.begin("run", "push")
        machine.syncs, machine.kept_bytes = 0, machine.log.stat().st_size
        yield made


async def intend(journal: Journal, op: str) -> int:
    return await journal.intend_beside(op, "run", op, "create-issue", INTENT, (op, b"before"))


def test_what_is_intended_is_on_the_disk_before_it_is_sent(
    journal: Journal, machine: Machine, tmp_path: Path
) -> None:
    asyncio.run(intend(journal, "one"))

    (entry,) = machine.after(tmp_path / "anew")
    assert (entry.op, entry.outcome, entry.intent) == ("one", Outcome.INTENDED, INTENT)


def test_writes_that_are_intended_together_wait_for_the_disk_together(
    journal: Journal, machine: Machine, tmp_path: Path
) -> None:
    async def eight() -> None:
        await asyncio.gather(*(intend(journal, str(n)) for n in range(8)))

    asyncio.run(eight())

    assert machine.syncs <= 2, "the first one's, and one for those who came meanwhile"
    assert len(machine.after(tmp_path / "anew")) == 8


def test_who_comes_during_a_sync_waits_for_the_next(
    journal: Journal, machine: Machine, tmp_path: Path
) -> None:
    async def two() -> None:
        first = asyncio.create_task(intend(journal, "one"))
        await asyncio.sleep(0.01)
        await intend(journal, "two")
        await first

    asyncio.run(two())

    assert machine.syncs == 2
    assert [entry.op for entry in machine.after(tmp_path / "anew")] == ["one", "two"]


def test_an_outcome_that_the_disk_did_not_get_leaves_the_row_as_it_was_intended(
    journal: Journal, machine: Machine, tmp_path: Path
) -> None:
    number = asyncio.run(intend(journal, "one"))
    journal.settle(number, Outcome.LANDED, THEN, is_patient=True)

    (entry,) = machine.after(tmp_path / "machine")
    assert (entry.outcome, entry.intent) == (Outcome.INTENDED, INTENT)
    (entry,) = machine.after(tmp_path / "process", size=machine.log.stat().st_size)
    assert (entry.outcome, entry.intent) == (Outcome.LANDED, THEN), "a process that dies loses nothing"
    (entry,) = journal.pending()
    assert entry.outcome is Outcome.LANDED


def test_an_outcome_is_on_the_disk_with_whatever_is_intended_next(
    journal: Journal, machine: Machine, tmp_path: Path
) -> None:
    number = asyncio.run(intend(journal, "one"))
    journal.settle(number, Outcome.LANDED, THEN, is_patient=True)
    asyncio.run(intend(journal, "two"))

    first, second = machine.after(tmp_path / "anew")
    assert (first.outcome, first.intent) == (Outcome.LANDED, THEN)
    assert second.outcome is Outcome.INTENDED


def test_what_the_disk_does_not_take_is_not_taken_for_intended(journal: Journal, machine: Machine) -> None:
    machine.is_broken = True

    with pytest.raises(StoreError, match="cannot be used"):
        asyncio.run(intend(journal, "one"))


def test_after_what_may_wait_the_next_does_not(journal: Journal) -> None:
    with journal.db.unsynced():
        assert journal.db.execute("PRAGMA synchronous").fetchone()[0] == 1
    assert journal.db.execute("PRAGMA synchronous").fetchone()[0] == 2


def test_a_database_in_memory_waits_for_no_disk(machine: Machine) -> None:
    with closing(shelf.connect(None)) as db:
        asyncio.run(intend(Journal(db, "plan", "now"), "one"))

    assert machine.syncs == 0
