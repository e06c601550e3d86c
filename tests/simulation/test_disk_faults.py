"""Writes that fail, fall short or are cut off: a file holds all of its old text or all of its new one.

Each way of writing by itself, at every call and with everything that a crash may leave. What becomes of a
whole sync on such a disk: `test_disk_runs.py`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from plansync.errors import Moved, PlanError, PlansyncError, PlanUnsure
from plansync.store.files import PlanFiles, digest
from tests.simulation.disk import Fault, FaultyDisk, crashes, faults
from tests.simulation.world import Crash

OLD = "".join(f"- [ ] step {number} of the old text, so wide\n" for number in range(60)).encode()
LONGER = b"# One more line\n" + OLD.replace(b"[ ] step 4", b"[x] step 4, reworded")
SHORTER = OLD.replace(b", so wide", b"")
KEPT, FORMER = "plan.md.jsonl", "gone.md.jsonl"
PLAN, STATE, RECORD = "docs/plan.md", f".plansync/docs/{KEPT}", ".plansync/local/1.record"
IGNORE = ".plansync/.gitignore"


@dataclass(frozen=True)
class Way:
    """One way in which a file is written: from `old` to `new`, at `path`."""

    name: str
    path: str
    old: bytes
    new: bytes
    act: Callable[[PlanFiles, bytes], object]
    is_closed: bool = False
    prepare: Callable[[Path], None] = lambda root: None

    def open(self, root: Path) -> tuple[PlanFiles, FaultyDisk]:
        """Lay out the files that it begins with."""
        (root / RECORD).parent.mkdir(parents=True)
        (root / "docs").mkdir()
        (root / PLAN).write_bytes(OLD)
        (root / self.path).parent.mkdir(exist_ok=True)
        if self.old:
            (root / self.path).write_bytes(self.old)
        self.prepare(root)
        disk = FaultyDisk(root, closed=root / "docs" if self.is_closed else None)
        former = root / ".plansync" / FORMER
        files = PlanFiles(
            root / "docs" / "plan.md",
            root / ".plansync" / "docs" / KEPT,
            root / RECORD,
            former if former.exists() else None,
            disk,
        )
        return files, disk


def _replace(files: PlanFiles, new: bytes) -> str:
    return files.replace(new, digest(files.read()))


def _aside(files: PlanFiles, new: bytes) -> str:
    return files.keep_state_aside("bad")


def _without_folder(root: Path) -> None:
    (root / ".plansync" / "docs").rmdir()


def _with_state(root: Path) -> None:
    (root / ".plansync" / "docs" / KEPT).write_bytes(OLD)


def _with_former(root: Path) -> None:
    (root / ".plansync" / FORMER).write_bytes(OLD)


WAYS = (
    Way("a plan is replaced by a longer one", PLAN, OLD, LONGER, _replace),
    Way("a plan is replaced by a shorter one", PLAN, OLD, SHORTER, _replace),
    Way("a plan is written over by a longer one", PLAN, OLD, LONGER, _replace, is_closed=True),
    Way("a plan is written over by a shorter one", PLAN, OLD, SHORTER, _replace, is_closed=True),
    Way("a first state file", STATE, b"", LONGER, PlanFiles.write_state, prepare=_without_folder),
    Way("a state file", STATE, OLD, LONGER, PlanFiles.write_state),
    Way("the state file of a moved plan", STATE, b"", LONGER, PlanFiles.write_state, prepare=_with_former),
    Way("a state file is kept aside", f"{STATE}.bad-1", b"", OLD, _aside, prepare=_with_state),
)


@dataclass
class Bench:
    """A way of writing, in a folder of its own for every try."""

    way: Way
    folder: Path
    number: int = 0

    def open(self) -> tuple[PlanFiles, FaultyDisk]:
        self.number += 1
        return self.way.open(self.folder / str(self.number))

    def calls(self) -> list[str]:
        files, disk = self.open()
        disk.start()
        self.way.act(files, self.way.new)
        return list(disk.calls)

    def content(self, disk: FaultyDisk) -> bytes:
        path = disk.root / self.way.path
        return path.read_bytes() if path.exists() else b""

    def check_mended(self, files: PlanFiles, disk: FaultyDisk, *allowed: bytes) -> None:
        """The next run finds one of these texts, and nothing beside it; it can write."""
        disk.start()
        assert not self.way.path.endswith("plan.md") or files.read() in allowed
        files.clear_up()
        assert self.content(disk) in allowed
        self.way.act(files, self.way.new)
        assert self.content(disk) == self.way.new
        known = (files.plan, files.state, files.former, disk.root / self.way.path, disk.root / IGNORE)
        assert [p for p in disk.root.rglob("*") if p.is_file() and p not in known] == []


@pytest.fixture(params=WAYS, ids=lambda way: way.name)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    return Bench(request.param, tmp_path)


def test_a_write_that_fails_at_any_call_leaves_the_old_text_or_the_new_one(bench: Bench) -> None:
    tried = 0
    for fault in faults(bench.calls()):
        files, disk = bench.open()
        disk.start(fault)
        allowed: tuple[bytes, ...] = (bench.way.old, bench.way.new)
        try:
            bench.way.act(files, bench.way.new)
        except PlanUnsure:
            pass
        except PlanError as error:
            allowed = (bench.way.old,)
            assert "it is unchanged" in str(error), fault
        except PlansyncError as error:
            assert "cannot be" in str(error), fault
        else:
            allowed = (bench.way.new,)
        tried += 1
        disk.fault = Fault("", 0)
        bench.check_mended(files, disk, *allowed)
    assert tried > 20


def test_a_write_that_a_crash_cuts_off_leaves_the_old_text_or_the_new_one(bench: Bench) -> None:
    calls = bench.calls()
    tried = 0
    for fault in crashes(calls):
        _, disk = _died(bench, fault)
        allowed = (bench.way.old, bench.way.new) if fault.at <= len(calls) else (bench.way.new,)
        for tree in disk.volume.possible():
            has_ended = fault.at > len(calls)
            assert not (has_ended and disk.root / RECORD in tree), "it would be taken at its word later"
            files, fresh = _died(bench, fault)
            fresh.volume.put({fresh.root / p.relative_to(disk.root): c for p, c in tree.items()})
            bench.check_mended(files, fresh, *allowed)
            tried += 1
    assert tried > len(calls)


def _died(bench: Bench, fault: Fault) -> tuple[PlanFiles, FaultyDisk]:
    files, disk = bench.open()
    disk.start(fault)
    try:
        bench.way.act(files, bench.way.new)
    except Crash:
        assert fault.at <= len(disk.calls)
    return files, disk


def test_a_crash_within_the_repair_of_a_crash_is_repaired_as_well(tmp_path: Path) -> None:
    bench = Bench(next(w for w in WAYS if w.is_closed and w.new is SHORTER), tmp_path)
    tried = 0
    for fault in crashes(bench.calls()):
        _, disk = _died(bench, fault)
        for tree in disk.volume.possible():
            for second in range(1, 12):
                files, fresh = _died(bench, fault)
                fresh.volume.put({fresh.root / p.relative_to(disk.root): c for p, c in tree.items()})
                fresh.start(Fault("crash", second))
                try:
                    files.clear_up()
                    break
                except Crash:
                    for again in list(fresh.volume.possible()):
                        fresh.volume.put(again)
                        bench.check_mended(files, fresh, OLD, SHORTER)
                        tried += 1
    assert tried > 20


# ------------------------------------------------------------------- what the files are


def _plan(folder: Path) -> PlanFiles:
    folder.mkdir(exist_ok=True)
    (folder / "plan.md").write_bytes(OLD)
    return PlanFiles(folder / "plan.md", folder / "state.jsonl", folder / "1.record")


def test_a_plan_with_other_names_keeps_them_and_says_so(tmp_path: Path) -> None:
    files = _plan(tmp_path)
    os.link(files.plan, tmp_path / "other.md")

    reason = files.replace(SHORTER, digest(OLD))

    assert "hard links" in reason
    assert (tmp_path / "other.md").read_bytes() == files.plan.read_bytes() == SHORTER
    assert not files.record.exists()


def test_a_replaced_plan_keeps_its_mode_its_owner_and_its_attributes(tmp_path: Path) -> None:
    files = _plan(tmp_path)
    files.plan.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(files.plan, 1234, 1234)
    has_attributes = _can_set(files.plan)
    before = files.plan.stat()

    assert files.replace(SHORTER, digest(OLD)) == ""

    after = files.plan.stat()
    assert before.st_ino != after.st_ino
    assert (before.st_mode, before.st_uid, before.st_gid) == (after.st_mode, after.st_uid, after.st_gid)
    assert not has_attributes or os.getxattr(files.plan, "user.plansync.test") == b"kept"


def _can_set(path: Path) -> bool:
    if hasattr(os, "setxattr"):
        try:
            os.setxattr(path, "user.plansync.test", b"kept")
            return True
        except OSError:
            pass
    return False


def test_a_plan_behind_a_link_is_replaced_and_the_link_stays(tmp_path: Path) -> None:
    inner = _plan(tmp_path / "inner")
    link = tmp_path / "plan.md"
    link.symlink_to(inner.plan)
    files = PlanFiles(link, inner.state, inner.record)

    files.replace(SHORTER, digest(OLD))

    assert link.is_symlink()
    assert inner.plan.read_bytes() == SHORTER


@dataclass
class Saving(FaultyDisk):
    """A disk on which somebody acts just before a call."""

    before: str = ""
    act: Callable[[], object] = lambda: None

    def _call(self, name: str, *names_in: Path) -> str:
        if name == self.before:
            self.before = ""
            self.act()
        return super()._call(name, *names_in)


@pytest.mark.parametrize("is_closed", [False, True], ids=["replaced", "written over"])
def test_an_editor_that_saves_while_the_new_text_is_made_ready_loses_nothing(
    tmp_path: Path, is_closed: bool
) -> None:
    files = _plan(tmp_path / "docs")
    files.record = tmp_path / "1.record"
    files.disk = Saving(
        tmp_path,
        closed=files.plan.parent if is_closed else None,
        before="sync",
        act=lambda: files.plan.write_bytes(LONGER),
    )

    with pytest.raises(Moved):
        files.replace(SHORTER, digest(OLD))

    assert files.plan.read_bytes() == LONGER
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["docs", "plan.md"]


@pytest.mark.parametrize("is_closed", [False, True], ids=["replaced", "written over"])
def test_a_link_that_is_put_in_the_plans_place_leads_nowhere(tmp_path: Path, is_closed: bool) -> None:
    files = _plan(tmp_path / "docs")
    files.record = tmp_path / "1.record"
    secret = tmp_path / "secret"
    secret.write_bytes(OLD)

    def swap() -> None:
        files.plan.unlink()
        files.plan.symlink_to(secret)

    at = "open" if is_closed else "rename"
    files.disk = Saving(tmp_path, closed=files.plan.parent if is_closed else None, before=at, act=swap)

    with suppress(PlanError):
        files.replace(SHORTER, digest(OLD))

    assert secret.read_bytes() == OLD
