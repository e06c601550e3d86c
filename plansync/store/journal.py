"""The journal: what a run intends, before it does it, and what became of it.

A row carries the state-file records that become true when it lands, so after a crash the base is
the state file with the landed rows folded in, and recovery is one question a row: did it land?

Rows stay when that is answered: with what is told of their operations they are the plan's history
(`store.history` reads it), kept for the last fifty runs that had something to write.
"""

from __future__ import annotations

import asyncio
import json
import zlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from plansync.store.shelf import Database

RUNS_MAX = 50
_CLOSED = "('folded', 'refused')"


class Outcome(StrEnum):
    """What became of an operation. `UNKNOWN`: sent, and its answer was lost."""

    INTENDED = "intended"
    LANDED = "landed"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. `intent` holds `records` (uid → state-file record) and what recovery asks about."""

    number: int
    op: str
    run: str
    item: str
    kind: str
    intent: dict[str, Any]
    outcome: Outcome


class Journal:
    """The rows of one plan, named by its lineage, in the local database."""

    def __init__(self, db: Database, plan: str, now: str) -> None:
        self.db, self.plan, self.now = db, plan, now
        self._turn, self._written, self._synced = asyncio.Lock(), 0, 0

    def begin(self, run: str, command: str) -> None:
        """Note that a run started."""
        self.db.execute(
            "INSERT OR REPLACE INTO run VALUES (?,?,?,?,?)", (run, self.plan, command, self.now, "")
        )

    def end(self, run: str, outcome: str) -> None:
        """Note how a run ended; one that had nothing to write leaves no trace."""
        self.db.execute("UPDATE run SET outcome=? WHERE id=?", (outcome, run))
        self.db.execute(
            "DELETE FROM run WHERE id=? AND id NOT IN (SELECT run FROM journal WHERE kind!='agree')", (run,)
        )
        self._prune()

    def _prune(self) -> None:
        """Forget all but the last runs of this plan. What nobody knows the outcome of stays, however old."""
        kept = "SELECT id FROM run WHERE plan=:plan ORDER BY rowid DESC LIMIT :max"
        for sql in (
            f"DELETE FROM journal WHERE plan=:plan AND state IN {_CLOSED} AND run NOT IN ({kept})",
            f"DELETE FROM run WHERE plan=:plan AND id NOT IN ({kept}) AND id NOT IN (SELECT run FROM journal)",
            "DELETE FROM before WHERE run NOT IN (SELECT id FROM run)",
        ):
            self.db.execute(sql, {"plan": self.plan, "max": RUNS_MAX})

    def intend(
        self,
        op: str,
        run: str,
        item: str,
        kind: str,
        intent: dict[str, Any],
        before: tuple[str, bytes] | None = None,
    ) -> int:
        """Write down, durably, what is about to be sent; returns the row's number.

        `before`: the name of a text that will be replaced, and the text as it is now.
        """
        values = (op, run, self.plan, item, kind, _dump(intent), Outcome.INTENDED.value, self.now)
        sql = "INSERT INTO journal (op, run, plan, item, kind, intent, state, at) VALUES (?,?,?,?,?,?,?,?)"
        if before is None:
            return int(self.db.execute(sql, values).lastrowid or 0)
        with self.db.transaction():
            number = int(self.db.execute(sql, values).lastrowid or 0)
            self.keep_before(run, *before)
        return number

    async def intend_beside(
        self,
        op: str,
        run: str,
        item: str,
        kind: str,
        intent: dict[str, Any],
        before: tuple[str, bytes] | None = None,
    ) -> int:
        """Do as `intend`, and let other writes go on meanwhile: those that are intended together wait together."""
        with self.db.unsynced():
            number = self.intend(op, run, item, kind, intent, before)
        self._written += 1
        mine = self._written
        async with self._turn:
            if self._synced < mine:
                with_others = self._written
                await asyncio.to_thread(self.db.sync)
                self._synced = with_others
        return number

    def withdraw(self, number: int) -> None:
        """Take back what was intended and never sent: a run stopped in between."""
        self.db.execute("DELETE FROM journal WHERE number=? AND state='intended'", (number,))

    def settle(
        self, number: int, outcome: Outcome, intent: dict[str, Any] | None = None, *, is_patient: bool = False
    ) -> None:
        """Write down what became of it, with the records as they truly are now.

        `is_patient`: it is on the disk only with what is intended next. Where the machine dies before that, the row is
        there as it was intended, as after a death between the request and this.
        """
        if is_patient:
            with self.db.unsynced():
                self.settle(number, outcome, intent)
        elif intent is None:
            self.db.execute("UPDATE journal SET state=? WHERE number=?", (outcome.value, number))
        else:
            self.db.execute(
                "UPDATE journal SET state=?, intent=? WHERE number=?", (outcome.value, _dump(intent), number)
            )

    def pending(self) -> list[Entry]:
        """List the rows that no state file holds yet, in their order."""
        columns = "number, op, run, item, kind, intent, state"
        sql = f"SELECT {columns} FROM journal WHERE plan=? AND state NOT IN {_CLOSED} ORDER BY number"
        return [_entry(row) for row in self.db.execute(sql, (self.plan,)).fetchall()]

    def given_up(self, op: str) -> Entry | None:
        """Find the row of an operation that was taken for refused, by its name."""
        columns = "number, op, run, item, kind, intent, state"
        sql = f"SELECT {columns} FROM journal WHERE plan=? AND op=? AND state='refused'"
        row = self.db.execute(sql, (self.plan, op)).fetchone()
        return _entry(row) if row else None

    def late_states(self) -> dict[str, Entry]:
        """Find, by item, the state writes that were given up though they may come through, where none came after."""
        columns = "number, op, run, item, kind, intent, state"
        sql = (
            f"SELECT {columns} FROM journal WHERE number IN (SELECT max(number) FROM journal WHERE plan=? AND "
            "(kind GLOB 'close-*' OR kind GLOB 'reopen-*') GROUP BY item) AND state='refused'"
        )
        found = (_entry(row) for row in self.db.execute(sql, (self.plan,)).fetchall())
        return {entry.item: entry for entry in found if entry.intent.get("may_come")}

    def expect(self, run: str, old: str, new: str) -> None:
        """Write down that the state file (its digest: `old`) is about to become another one (`new`).

        A run that dies right after that write never comes to fold: its open rows are over that file, and where
        `old` is there again somebody put it back.
        """
        with self.db.transaction():
            for entry in self._unknown():
                self.settle(entry.number, Outcome.UNKNOWN, entry.intent | {"next": new})
            intent = {"state": old, "next": new, "records": {}, "changes": []}
            self.settle(self.intend("", run, "", "agree", intent), Outcome.LANDED)

    def fold(self, state: str) -> None:
        """Mark the rows that the state file (`state`: its digest) now holds; unknown ones stay open over it."""
        self.db.execute("UPDATE journal SET state='folded' WHERE plan=? AND state='landed'", (self.plan,))
        for entry in self._unknown():
            self.settle(entry.number, Outcome.UNKNOWN, entry.intent | {"state": state})

    def _unknown(self) -> list[Entry]:
        """List the rows of whose outcome nobody knows; those that landed may be thousands, and are not read."""
        columns = "number, op, run, item, kind, intent, state"
        sql = f"SELECT {columns} FROM journal WHERE plan=? AND state='unknown' ORDER BY number"
        return [_entry(row) for row in self.db.execute(sql, (self.plan,)).fetchall()]

    def knows(self, state: str) -> bool:
        """Say whether anything was ever intended over a state file, given by its digest."""
        sql = "SELECT 1 FROM journal WHERE plan=? AND instr(intent, ?) LIMIT 1"
        return self.db.execute(sql, (self.plan, state)).fetchone() is not None

    def has_made(self, item: str) -> bool:
        """Say whether an issue or milestone was made for an item, as far as is remembered."""
        sql = "SELECT 1 FROM journal WHERE plan=? AND item=? AND kind GLOB 'create-*' AND state IN ('landed', 'folded')"
        return self.db.execute(sql, (self.plan, item)).fetchone() is not None

    def is_new(self) -> bool:
        """Say whether nothing was ever intended for this plan."""
        return self.db.execute("SELECT 1 FROM journal WHERE plan=? LIMIT 1", (self.plan,)).fetchone() is None

    def is_empty(self) -> bool:
        """Say whether nothing was ever intended."""
        return self.db.execute("SELECT 1 FROM journal LIMIT 1").fetchone() is None

    def keep_before(self, run: str, what: str, content: bytes) -> None:
        """Keep a text as it was before a run replaced it, as long as the run is remembered."""
        values = (run, what, zlib.compress(content))
        self.db.execute("INSERT INTO before (run, what, bytes) VALUES (?,?,?)", values)


def _entry(row: tuple[int, str, str, str, str, str, str]) -> Entry:
    number, op, run, item, kind, intent, state = row
    return Entry(number, op, run, item, kind, json.loads(intent), Outcome(state))


def _dump(intent: dict[str, Any]) -> str:
    return json.dumps(intent, ensure_ascii=False)
