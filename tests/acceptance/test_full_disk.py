"""Disks that are full, files that are something else, databases that are damaged: a reason, no loss, and a way on."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.support.people import Copy, Person, Ran, run

BLOCK_BYTES = 512

pytestmark = pytest.mark.parametrize("plan", ["example"], indirect=True)


def run_with_room(copy: Copy, room_bytes: int, *arguments: str) -> Ran:
    """Run the command in a process that may not let any file grow beyond that."""
    limit = f'ulimit -f {room_bytes // BLOCK_BYTES}; exec "$0" -m plansync "$@"'
    return run([*arguments, *copy.flags], copy.folder, copy.env, ("sh", "-c", limit, sys.executable))


def databases(copy: Copy) -> Path:
    return copy.folder / ".plansync" / "local" / "plansync.db"


def everything_is_there(copy: Copy, person: Person) -> None:
    """One issue a task, the overview, and nothing left to do."""
    titles = [issue["title"] for issue in person.issues()]
    assert len(titles) == len(set(titles)) == len(copy.outline.tasks) + 1
    assert copy.is_settled()


@pytest.mark.parametrize("room_bytes", [0, 4096, 40_000, 100_000, 130_000])
def test_a_first_push_that_finds_no_room_says_so_and_the_next_one_ends_it(
    fresh: Copy, person: Person, room_bytes: int
) -> None:
    ran = run_with_room(fresh, room_bytes, "push", "--yes")

    assert ran.code in (1, 5), ran
    assert "plansync: " in ran.err
    fresh.push()
    everything_is_there(fresh, person)


def test_a_pull_whose_plan_has_no_room_leaves_it_as_it_was(copy: Copy, person: Person) -> None:
    task = copy.outline.task("1.1")
    person.close(task.title)
    before = copy.content
    copy.plan.write_bytes(before + b"x" * 600_000 + b"\n")
    grown = copy.content

    ran = run_with_room(copy, 500_000, "pull")

    assert ran.code == 1, ran
    assert "the plan cannot be written (File too large); it is unchanged" in ran.err
    assert copy.content == grown
    assert list(copy.folder.glob(".*.plansync")) == []
    copy.plan.write_bytes(before)
    copy.sync()
    assert all(f"- [x] {step}" in copy.text for step in task.steps)
    everything_is_there(copy, person)


def _mount(*words: str) -> None:
    """Mount something; skip where that is not allowed."""
    if shutil.which("mount") is None:
        pytest.skip("there is no mount")
    if subprocess.run(["mount", *words], capture_output=True, check=False).returncode:
        pytest.skip("only root may mount")


@contextmanager
def mounted(folder: Path, size: str) -> Iterator[None]:
    """Put a small file system there."""
    folder.mkdir(exist_ok=True)
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("size", ["64k", "160k", "240k", "320k"])
def test_a_disk_that_fills_up_while_a_push_runs_loses_nothing(fresh: Copy, person: Person, size: str) -> None:
    content = fresh.content
    with mounted(fresh.folder, size):
        fresh.plan.write_bytes(content)

        ran = fresh.run("push", "--yes", exits=None)

        assert ran.code in (1, 5), ran
        assert "full" in ran.err or "No space left" in ran.err
        _mount("-o", "remount,size=8m", str(fresh.folder))
        fresh.push()
        everything_is_there(fresh, person)


def test_a_plan_with_another_name_keeps_it_and_that_is_said(copy: Copy, person: Person) -> None:
    task = copy.outline.task("1.1")
    person.close(task.title)
    other = copy.folder / "other.md"
    os.link(copy.plan, other)

    ran = copy.sync()

    assert "written over in place, because it has other names (hard links)" in str(ran.json["notes"])
    assert other.read_bytes() == copy.content
    assert all(f"- [x] {step}" in copy.text for step in task.steps)
    everything_is_there(copy, person)


def test_a_plan_that_is_mounted_by_itself_is_written_over(copy: Copy, person: Person) -> None:
    task = copy.outline.task("1.1")
    person.close(task.title)
    outside = copy.folder.parent / "outside.md"
    outside.write_bytes(copy.content)
    _mount("--bind", str(outside), str(copy.plan))
    try:
        ran = copy.sync()

        assert "because it is mounted by itself" in str(ran.json["notes"])
        assert all(f"- [x] {step}" in copy.text for step in task.steps)
        assert outside.read_bytes() == copy.content
        everything_is_there(copy, person)
    finally:
        subprocess.run(["umount", str(copy.plan)], check=True)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_read_only_folder_is_no_reason_not_to_pull(copy: Copy, person: Person) -> None:
    person.close(copy.outline.task("1.1").title)
    copy.folder.chmod(0o555)
    try:
        ran = copy.sync()
    finally:
        copy.folder.chmod(0o755)

    assert "because its folder is read-only" in str(ran.json["notes"])
    assert copy.is_settled()


# ------------------------------------------------------------------- something else in its place


def _folder(path: Path) -> None:
    path.mkdir()


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _link(path: Path) -> None:
    path.symlink_to(path.with_name("elsewhere"))
    path.with_name("elsewhere").write_bytes(b"kept\n")


@pytest.mark.parametrize("make", [_folder, _fifo, _link])
def test_a_state_file_that_is_something_else_is_neither_read_nor_written(
    copy: Copy, person: Person, make: Callable[[Path], None]
) -> None:
    copy.tick("1.1")
    state, before = copy.state, person.everything()
    kept = state.read_bytes()
    state.unlink()
    make(state)

    ran = copy.run("sync", "--yes", exits=1)

    assert "is a link or no regular file; move it away, and run again" in ran.err
    assert person.everything() == before
    assert make is not _link or state.with_name("elsewhere").read_bytes() == b"kept\n"
    if make is _folder:
        state.rmdir()
    else:
        state.unlink()
    state.write_bytes(kept)
    copy.sync()
    everything_is_there(copy, person)


@pytest.mark.parametrize("make", [_folder, _fifo])
def test_a_plan_that_is_something_else_stops_every_command(
    copy: Copy, person: Person, make: Callable[[Path], None]
) -> None:
    before = person.everything()
    copy.plan.unlink()
    make(copy.plan)

    for command in (["sync", "--yes"], ["status"], ["check"], ["inspect"]):
        ran = copy.run(*command, copy.name, exits=1)
        assert "this is no regular file" in ran.err or "this is a folder, not a plan" in ran.err

    assert person.everything() == before


@pytest.mark.parametrize("make", [_folder, _fifo])
def test_a_diff_is_saved_to_a_file_and_to_nothing_else(copy: Copy, make: Callable[[Path], None]) -> None:
    copy.tick("1.1")
    make(copy.folder / "changes.json")

    ran = copy.run("diff", "--out", "changes.json", exits=2)

    assert "changes.json is there and is no saved changeset; name another file" in ran.err


def test_a_diff_that_finds_no_room_leaves_the_one_that_was_saved_before(copy: Copy) -> None:
    copy.tick("1.1")
    with mounted(copy.folder / "small", "64k"):
        file = copy.folder / "small" / "changes.json"
        copy.run("diff", "--out", str(file))
        saved = file.read_bytes()
        copy.tick("1.2")
        with pytest.raises(OSError, match="No space"), file.with_name("rest").open("wb", buffering=0) as rest:
            while True:
                rest.write(b"x" * 1024)

        ran = copy.run("diff", "--out", str(file), exits=1)

        assert "changes.json cannot be written: No space left on device" in ran.err
        assert file.read_bytes() == saved
        assert sorted(p.name for p in file.parent.iterdir()) == ["changes.json", "rest"]


@pytest.mark.parametrize("name", [".plansync", ".plansync/local"])
def test_a_file_where_a_folder_belongs_is_named(fresh: Copy, person: Person, name: str) -> None:
    path = fresh.folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("in the way\n")

    ran = fresh.run("push", "--yes", exits=1)
    fresh.run("diff")

    assert f"{Path('.plansync', 'local', 'plansync.db')} cannot be used: " in ran.err
    assert person.everything() == []
    path.unlink()
    fresh.push()
    everything_is_there(fresh, person)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("command", [["status"], ["sync", "--yes", "--json"]], ids=lambda c: c[0])
def test_a_report_that_cannot_be_written_is_no_bug(copy: Copy, command: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "plansync", *command, *copy.flags],
            cwd=copy.folder,
            env=copy.env,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert done.returncode == 1
    assert done.stderr.decode().count("\n") == 1
    assert "cannot be written (No space left on device)" in done.stderr.decode()


# ------------------------------------------------------------------- the local database


def _begins_otherwise(db: Path) -> None:
    db.write_bytes(b"\xff" * 3000 + db.read_bytes()[3000:])


def _has_a_broken_schema(db: Path) -> None:
    content = bytearray(db.read_bytes())
    content[100:3100] = b"\xff" * 3000
    db.write_bytes(content)


def _has_broken_pages(db: Path) -> None:
    content = db.read_bytes()
    db.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))


@pytest.mark.parametrize("damage", [_begins_otherwise, _has_a_broken_schema, _has_broken_pages])
def test_a_damaged_database_is_named_with_a_way_out(
    copy: Copy, person: Person, damage: Callable[[Path], None]
) -> None:
    copy.tick("1.1")
    db, before = databases(copy), person.everything()
    damage(db)

    for command in (["sync", "--yes"], ["diff"], ["resolve"]):
        ran = copy.run(*command, exits=1)
        assert f"{Path('.plansync', 'local', 'plansync.db')} cannot be used" in ran.err
        assert "move it aside and run again" in ran.err

    assert person.everything() == before
    for file in db.parent.glob("plansync.db*"):
        file.rename(file.with_name(f"old-{file.name}"))
    copy.sync()
    everything_is_there(copy, person)


def test_a_database_that_another_program_holds_is_busy(copy: Copy, person: Person) -> None:
    copy.tick("1.1")
    before = person.everything()
    with closing(sqlite3.connect(databases(copy), isolation_level=None)) as held:
        held.execute("BEGIN EXCLUSIVE")

        ran = copy.run("sync", "--yes", exits=9)

        assert "plansync.db is in use by another program; try again" in ran.err
        assert person.everything() == before
        held.execute("ROLLBACK")
    copy.sync()
    everything_is_there(copy, person)
