"""The journal keeps what is open, and the last runs for the history."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from plansync.errors import StoreError
from plansync.model import Field, Side
from plansync.store import shelf
from plansync.store.history import History, Told, ToldChange, ToldStep, dump
from plansync.store.journal import RUNS_MAX, Journal, Outcome

TOLD = Told(
    id="op1",
    side=Side.REMOTE,
    kind="update-issue",
    item="k3f9a2c",
    label="Task 1.1",
    title="Set up",
    ref=3,
    changes=(ToldChange("k3f9a2c", Field.STEPS, "Set up", ("k3f9a2c/1",), (), "order", base=()),),
    state_then="todo",
    implied_then=("k3f9a2c/1",),
    steps={"k3f9a2c/1": ToldStep("Pick a photo", "open", 1)},
    names={"a": "b"},
)


@pytest.fixture
def db() -> Iterator[shelf.Database]:
    with closing(shelf.connect(None)) as made:
        yield made


def ran(journal: Journal, run: str, outcome: Outcome = Outcome.LANDED, *, is_folded: bool = True) -> None:
    journal.begin(run, "sync")
    told = {"told": [dump(TOLD)], "records": {}}
    number = journal.intend(f"op of {run}", run, "k3f9a2c", "update-issue", told, (f"op of {run}", b"{}"))
    journal.settle(number, outcome)
    if is_folded:
        journal.fold("state")
    journal.end(run, "done")


def rows(db: shelf.Database, table: str) -> int:
    return int(db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])


def test_what_is_told_of_an_operation_comes_back_as_it_was(db: shelf.Database) -> None:
    ran(Journal(db, "plan", "now"), "run")

    (kept,) = History(db, "plan").operations("run")

    assert kept.told == TOLD
    assert (kept.run, kept.at, kept.outcome, kept.has_landed) == ("run", "now", "landed", True)


def test_a_refused_operation_is_told_as_refused_after_the_fold(db: shelf.Database) -> None:
    ran(Journal(db, "plan", "now"), "run", Outcome.REFUSED)

    (kept,) = History(db, "plan").operations("run")

    assert kept.outcome == "refused"
    assert Journal(db, "plan", "now").pending() == []


def test_the_last_runs_are_kept_and_older_ones_forgotten(db: shelf.Database) -> None:
    journal = Journal(db, "plan", "now")
    ran(Journal(db, "other plan", "now"), "other")
    for number in range(RUNS_MAX + 7):
        ran(journal, str(number))

    runs = History(db, "plan").runs()

    assert [run.id for run in runs] == [str(n) for n in range(RUNS_MAX + 6, 6, -1)]
    assert rows(db, "journal") == rows(db, "before") == RUNS_MAX + 1
    assert [run.id for run in History(db, "other plan").runs()] == ["other"]


def test_what_is_still_open_stays_whatever_its_age(db: shelf.Database) -> None:
    journal = Journal(db, "plan", "now")
    ran(journal, "unknown", Outcome.UNKNOWN)
    journal.begin("cut off", "push")
    journal.intend("op", "cut off", "k3f9a2c", "create-issue", {"records": {}})
    for number in range(RUNS_MAX + 1):
        ran(journal, str(number))

    assert [entry.run for entry in journal.pending()] == ["unknown", "cut off"]
    assert [run.id for run in History(db, "plan").runs()][-2:] == ["cut off", "unknown"]


def test_a_run_that_had_nothing_to_write_leaves_no_trace(db: shelf.Database) -> None:
    journal = Journal(db, "plan", "now")
    journal.begin("quiet", "sync")
    number = journal.intend("", "quiet", "", "agree", {"records": {}})
    journal.settle(number, Outcome.LANDED)
    journal.fold("state")
    journal.end("quiet", "done")

    assert rows(db, "run") == rows(db, "journal") == 0


def test_a_text_before_a_run_comes_back_as_it_was(db: shelf.Database) -> None:
    journal = Journal(db, "plan", "now")
    journal.begin("run", "pull")
    journal.keep_before("run", "plan", "# Pläne\r\n".encode() * 1000)

    assert History(db, "plan").before("run", "plan") == ["# Pläne\r\n".encode() * 1000]
    assert db.execute("SELECT LENGTH(bytes) FROM before").fetchone()[0] < 200


def _older(path: Path) -> None:
    """Make a database as the first version left it: with an open row, and a text as it was."""
    with closing(shelf.connect(path)) as db:
        db.execute("PRAGMA user_version=1")
        journal = Journal(db, "plan", "then")
        journal.begin("run", "push")
        changes: list[Any] = [["k3f9a2c", "title", "A", "B", "push"]]
        journal.intend("op", "run", "k3f9a2c", "update-issue", {"changes": changes, "records": {}})
        db.execute("INSERT INTO before (run, what, bytes) VALUES ('run', 'plan', ?)", (b"# Plan\n",))
    path.chmod(0o644)


def test_an_older_database_is_brought_up_without_losing_what_is_open(tmp_path: Path) -> None:
    path = tmp_path / "plansync.db"
    _older(path)

    with closing(shelf.connect(path)) as db:
        (entry,) = Journal(db, "plan", "now").pending()
        (kept,) = History(db, "plan").operations("run")
        assert History(db, "plan").before("run", "plan") == [b"# Plan\n"]
        assert rows(db, "before") == 1
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("PRAGMA user_version").fetchone()[0] == 2
    assert (entry.op, entry.outcome) == ("op", Outcome.INTENDED)
    assert not kept.is_whole
    assert [(c.field, c.old, c.new) for c in kept.told.changes] == [(Field.TITLE, "A", "B")]


def test_an_older_database_can_be_looked_at_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "plansync.db"
    _older(path)

    with closing(shelf.reading(path)) as db:
        assert History(db, "plan").before("run", "plan") == [b"# Plan\n"]
        with pytest.raises(StoreError):
            db.execute("DELETE FROM run")


def test_a_later_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plansync.db"
    with closing(shelf.connect(path)) as db:
        db.execute("PRAGMA user_version=99")

    for way in (shelf.connect, shelf.reading):
        with pytest.raises(StoreError, match="later plansync"):
            way(path)


def test_the_database_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "local" / "plansync.db"
    with closing(shelf.connect(path)) as db:
        db.execute("INSERT INTO run VALUES ('a', 'b', 'c', 'd', '')")
        modes = [stat.S_IMODE(p.stat().st_mode) for p in path.parent.glob("plansync.db*")]

    assert modes == [0o600, 0o600, 0o600]
    path.chmod(0o644)
    shelf.connect(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
