"""Whole syncs on a disk that fails: each ends well, or says why not, and the next one ends what it began.

The disk fails at every call, or the machine dies there and leaves any part of what was not durable; the
local database refuses to be written at every statement. In the end plan, issues and conflicts are those of
the sync that nothing disturbed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.simulation.disk import FailingDatabase, Fault, OnDisk, Tree, crashes, faults
from tests.simulation.driver import running
from tests.simulation.golden import GOLDEN, End, Golden, Stage
from tests.simulation.witness import Witness

_NAMES = ("first push", "steps come, go and change places on both sides")
_CHOSEN = [golden for golden in GOLDEN if golden.name in _NAMES]
_NEVER = 10**6


class DiskStage(Stage):
    """A scenario whose files lie on a disk that may fail, beside a database that may fail."""

    def __init__(
        self,
        golden: Golden,
        loop: asyncio.AbstractEventLoop,
        root: Path,
        db: FailingDatabase,
        is_closed: bool,
    ) -> None:
        super().__init__(golden, loop)
        self.first.db.close()
        self.disk = OnDisk(root, self.first.disk.plan, is_closed=is_closed)
        self.first.disk, self.first.db, self.failing = self.disk, db, db
        self.witness = Witness(self.disk, self.tracker, golden.look, is_strict=True)


@dataclass
class Played:
    """How a play ended. `said`: the log of the sync that was disturbed."""

    end: End
    calls: list[str]
    tries: int
    said: list[str]
    trees: list[Tree] = field(default_factory=list)

    @property
    def has_said_why(self) -> bool:
        return any("Error: " in line or "PlanUnsure: " in line for line in self.said)


@dataclass
class Play:
    """One scenario, played again and again in folders of its own."""

    golden: Golden
    folder: Path
    is_closed: bool
    number: int = 0

    def __call__(
        self,
        start: Callable[[DiskStage], None] = lambda stage: None,
        tree: Tree | None = None,
    ) -> Played:
        """Set up, `start` what goes wrong, sync, find the disk as `tree`, sync to the end."""
        self.number += 1
        root = self.folder / str(self.number)
        with running() as loop, closing(FailingDatabase.made()) as db:
            stage = DiskStage(self.golden, loop, root, db, self.is_closed)
            stage.set_up()
            faulty = stage.disk.faulty
            faulty.start()
            db.start()
            start(stage)
            before = len(stage.log)
            stage.die(_NEVER)
            played = Played(End("", (), ()), list(faulty.calls), db.tries, stage.log[before:])
            if faulty.fault.kind == "crash":
                found = faulty.volume.possible()
                played.trees = [{p.relative_to(root): c for p, c in each.items()} for each in found]
            if tree is not None:
                faulty.volume.put({root / p: c for p, c in tree.items()})
            faulty.start()
            db.start()
            played.end = stage.end()
            assert stage.disk.leftovers() == []
            return played

    def with_fault(self, fault: Fault, tree: Tree | None = None) -> Played:
        return self(lambda stage: stage.disk.faulty.start(fault), tree)


@pytest.fixture(params=_CHOSEN, ids=lambda golden: golden.name)
def golden(request: pytest.FixtureRequest) -> Golden:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(params=[False, True], ids=["replaced", "written over"])
def play(golden: Golden, request: pytest.FixtureRequest, tmp_path: Path) -> Play:
    return Play(golden, tmp_path, request.param)


def test_a_sync_whose_disk_fails_at_any_call_says_so_and_the_next_one_ends_it(play: Play) -> None:
    calm = play()
    assert len(calm.calls) > 10
    for fault in _lasting_once(calm.calls):
        played = play.with_fault(fault)
        assert played.end == calm.end, f"{fault}\n" + "\n".join(played.said)
        assert (
            played.has_said_why or fault.kind not in ("EIO", "ENOSPC") or _is_harmless(fault, calm.calls)
        ), fault


def _lasting_once(calls: list[str]) -> Iterator[Fault]:
    """List the faults, those of a full disk with all that follows."""
    return (f for f in faults(calls) if f.lasts == (f.kind == "ENOSPC"))


def _is_harmless(fault: Fault, calls: list[str]) -> bool:
    return calls[fault.at - 1] == "delete"


def test_a_sync_that_a_crash_of_the_machine_cuts_off_is_ended_by_the_next_one(play: Play) -> None:
    calm = play()
    tried = 0
    for fault in crashes(calm.calls):
        for tree in play.with_fault(fault).trees:
            played = play.with_fault(fault, tree)
            assert played.end == calm.end, f"{fault}\n" + "\n".join(played.said)
            tried += 1
    assert tried > len(calm.calls)


@pytest.mark.parametrize("lasts", [False, True], ids=["once", "from there on"])
def test_a_sync_whose_local_database_cannot_be_written_says_so_and_the_next_one_ends_it(
    golden: Golden, lasts: bool, tmp_path: Path
) -> None:
    play = Play(golden, tmp_path, is_closed=False)
    calm = play()
    assert calm.tries > 10
    for at in range(1, calm.tries + 1):
        played = play(lambda stage, at=at: stage.failing.start(at, lasts=lasts))  # type: ignore[misc]
        assert played.has_said_why, f"try {at}\n" + "\n".join(played.said)
        assert played.end == calm.end, f"try {at}\n" + "\n".join(played.said)
