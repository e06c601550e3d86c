"""What sets a project up or mends it may die at any change that it makes to a file; nothing is lost, none is cut."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.conftest import EXAMPLE
from tests.support.mortals import KILLED, Mortals
from tests.support.people import Copy, Person
from tests.support.repository import git

POINTS_MAX = 80
OF_PEOPLE = {
    "CLAUDE.md": b"# Ours\r\n\r\nSay what you do.\r\n",
    ".plansync/.gitattributes": b"*.jsonl text\r\n# ours",
}


@pytest.fixture
def project(tmp_path: Path, forks: Mortals) -> Copy:
    """A plan under git that nobody set up yet, with files of people beside it."""
    copy = Copy.of(EXAMPLE.read_bytes(), tmp_path / "work", forked=forks.run)
    for name, content in OF_PEOPLE.items():
        (copy.folder / name).parent.mkdir(exist_ok=True)
        (copy.folder / name).write_bytes(content)
    git(copy.folder, "init", "--quiet")
    return copy


def files(folder: Path) -> dict[str, bytes]:
    """Read all files but those of git."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in folder.rglob("*")
        if p.is_file() and ".git" not in p.relative_to(folder).parts
    }


def deaths(copy: Copy, forks: Mortals, command: list[str], kept: Path, names: str = "*") -> Iterator[str]:
    """Let a command die at every point of it, each time in a new copy of what was there; names the points."""
    for number in range(1, POINTS_MAX):
        shutil.rmtree(copy.folder)
        shutil.copytree(kept, copy.folder)
        if forks.run(copy, command, dies_at=number, among_files=names).code != KILLED:
            assert number > 2, "it is killed nowhere"
            return
        yield forks.points()[-1]
    raise AssertionError("it never ends")


def test_init_may_die_at_any_file(project: Copy, forks: Mortals, tmp_path: Path) -> None:
    command = ["init", "--yes", "--agents", "--tracker", "sandbox"]
    before = files(project.folder)
    kept = shutil.copytree(project.folder, tmp_path / "kept")
    project.run(*command)
    whole = files(project.folder)

    for point in deaths(project, forks, command, Path(kept)):
        for name, content in files(project.folder).items():
            is_ours = name.endswith(".plansync")
            assert is_ours or content in (before.get(name), whole[name]), f"{point}: {name} is neither"
        project.run(*command, exits=None)
        if files(project.folder) != whole:
            project.run("doctor", "--fix", "--yes", "--tracker", "sandbox")
        assert files(project.folder) == whole, point


def test_a_schedule_may_die_at_any_file(project: Copy, forks: Mortals, tmp_path: Path) -> None:
    command = ["schedule", "github-actions", "--install", "--tracker", "github", "-R", "local/plans"]
    kept = shutil.copytree(project.folder, tmp_path / "kept")
    project.run(*command)
    whole = files(project.folder)

    for point in deaths(project, forks, command, Path(kept)):
        project.run(*command)
        assert files(project.folder) == whole, point


def test_git_ignores_the_local_folder_wherever_the_first_run_died(tmp_path: Path, forks: Mortals) -> None:
    """Texts of issues are in it."""
    copy = Copy.of(b"# Plan\n\n- [ ] Dig\n", tmp_path / "work", forked=forks.run)
    command = ["push", "--yes", "--tracker", "sandbox"]
    kept = shutil.copytree(copy.folder, tmp_path / "kept")

    for point in deaths(copy, forks, command, Path(kept), "*.gitignore*"):
        copy.run(*command)
        assert (copy.folder / ".plansync/local/.gitignore").read_text() == "*\n", point


@pytest.mark.parametrize("plan", ["example"], indirect=True)
def test_a_database_that_is_put_aside_loses_nothing_wherever_that_dies(
    copy: Copy, person: Person, forks: Mortals, tmp_path: Path
) -> None:
    """What stands only in its log is kept too: SQLite deletes a log that lies beside an empty database."""
    local, before = copy.folder / ".plansync" / "local", person.everything()
    database = local / "plansync.db"
    with closing(sqlite3.connect(database)) as db:
        page = db.execute("SELECT rootpage FROM sqlite_master WHERE name='shelf'").fetchone()[0] - 1
        size = db.execute("PRAGMA page_size").fetchone()[0]
    with database.open("r+b") as file:
        file.seek(page * size)
        file.write(b"\xff" * 64)
    kept = shutil.copytree(copy.folder, tmp_path / "kept")

    def logged() -> sqlite3.Connection:
        """Write what is only in the log; it stays there as long as this is open."""
        db = sqlite3.connect(database, isolation_level=None)
        db.execute("INSERT INTO run VALUES ('only in the log', '', '', '', '')")
        db.execute("BEGIN")
        db.execute("SELECT id FROM run").fetchone()
        return db

    deaths_ = 0
    for number in range(1, POINTS_MAX):
        shutil.rmtree(copy.folder)
        shutil.copytree(kept, copy.folder)
        with closing(logged()):
            code = forks.run(
                copy, ["doctor", "--fix", "--yes"], dies_at=number, among_files=f"{database.name}*"
            ).code
            died_at = forks.points()[-1]
            deaths_ += code == KILLED
            copy.run("doctor", "--fix", "--yes")
            copy.sync()
            shutil.rmtree(tmp_path / "aside", ignore_errors=True)
            shutil.copytree(local, tmp_path / "aside")
        aside = [p for p in (tmp_path / "aside").glob("*.bad-*") if p.name[-1].isdigit()]
        assert len(aside) == 1, f"{died_at}: {aside}"
        with closing(sqlite3.connect(aside[0])) as db:
            found = db.execute("SELECT id FROM run WHERE id='only in the log'").fetchall()
        assert found, f"{died_at}: what stood in the log is lost"
        if code != KILLED:
            break

    assert deaths_ > 3
    assert person.everything() == before
    assert copy.is_settled()
