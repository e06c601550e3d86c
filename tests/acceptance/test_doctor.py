"""`plansync doctor`: what stands in the way of a sync is named with its way out, and nothing is written unasked."""

from __future__ import annotations

import json
import os
import shlex
import sqlite3
import subprocess
from pathlib import Path

import filelock
import pytest

from tests.support.people import Copy, Person, environment


def git(folder: Path, *arguments: str) -> None:
    own = {
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@b",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@b",
    }
    subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, env=environment(folder) | own
    )


def examined(copy: Copy, *arguments: str, exits: int = 0) -> dict[str, tuple[str, str, str]]:
    """Give health, text and way out of each part; of a part with several, the worst."""
    found = json.loads(copy.run("doctor", "--json", *arguments, exits=exits).out)["findings"]
    order = ["well", "note", "ill"]
    found.sort(key=lambda each: order.index(each["health"]))
    return {each["name"]: (each["health"], each["text"], each["way"]) for each in found}


def test_of_a_sound_project_all_is_well(copy: Copy) -> None:
    before = copy.content, copy.state.read_bytes()

    found = examined(copy)

    assert {name for name, (health, *_) in found.items() if health == "well"} >= {
        "plan file",
        "state file",
        "local memory",
        "tracker",
    }
    assert "17 issues and milestones" in found["state file"][1]
    assert (copy.content, copy.state.read_bytes()) == before
    assert "Nothing is in the way of a sync." in copy.run("doctor").out


def test_a_plan_that_check_finds_ill_is_named_with_the_command_that_mends_it(copy: Copy) -> None:
    copy.replace("## Phase 2", "<<<<<<< ours\n## Phase 2")

    health, text, way = examined(copy, exits=1)["plan"]

    assert health == "ill" and "line " in text and way.startswith("plansync check")


def test_a_state_file_that_cannot_be_read_is_named_with_its_way_out(copy: Copy) -> None:
    copy.state.write_bytes(b"no state\n")

    health, _, way = examined(copy, exits=1)["state file"]

    assert health == "ill" and way.startswith("plansync state rebuild")


def test_a_copy_of_the_plan_with_the_same_id_is_named(copy: Copy) -> None:
    twin = copy.folder / "twin.md"
    twin.write_bytes(copy.content)
    (copy.state.parent / "twin.md.jsonl").write_bytes(
        copy.state.read_bytes().replace(f'"path":"{copy.name}"'.encode(), b'"path":"twin.md"')
    )

    health, text, way = examined(copy, exits=1)["state file"]

    assert health == "ill" and "twin.md" in text and "rekey" in way


def test_conflicts_are_counted(copy: Copy, person: Person) -> None:
    task = copy.outline.task("1.1")
    copy.replace(f"Task 1.1: {task.title}", "Task 1.1: Ours")
    person.rename(task.title, "Theirs")
    copy.sync(exits=4)

    assert examined(copy)["conflicts"][:2] == ("note", "1 item waits for a decision")


def test_a_state_file_that_git_ignores_is_in_the_way(copy: Copy) -> None:
    git(copy.folder, "init", "--quiet")
    (copy.folder / ".gitignore").write_text(".plansync/\n")

    health, text, way = examined(copy, exits=1)["git"]

    assert health == "ill" and ".gitignore:1" in text and "git add" in way


def test_plan_and_state_file_travel_together(copy: Copy) -> None:
    git(copy.folder, "init", "--quiet")
    assert "not committed" in examined(copy)["git"][1]
    git(copy.folder, "add", "-A")
    git(copy.folder, "commit", "--quiet", "-m", "plan")
    assert examined(copy)["git"][0] == "well"
    copy.tick(copy.outline.task("1.1").steps[0])

    health, text, _ = examined(copy)["git"]

    assert health == "note" and text.endswith(f"is only {copy.name}; sync it, then commit both")

    copy.sync()
    git(copy.folder, "commit", "--quiet", "-m", "tick", copy.name)

    health, text, way = examined(copy)["git"]

    assert health == "note" and text.endswith("is only the state file; commit it")
    git(copy.folder, *shlex.split(way)[1:])
    git(copy.folder, "commit", "--quiet", "-m", "synced")
    assert examined(copy)["git"][0] == "well"


def test_the_merge_driver_is_set_where_somebody_says_so(copy: Copy) -> None:
    git(copy.folder, "init", "--quiet")
    assert examined(copy)["merge driver"][0] == "note"
    assert "--yes" in copy.run("doctor", "--fix", exits=7).err

    copy.run("doctor", "--fix", "--yes")

    assert examined(copy)["merge driver"][0] == "well"
    attributes = copy.folder / ".plansync" / ".gitattributes"
    assert attributes.read_text() == "*.jsonl merge=plansync\n"

    attributes.write_text("*.jsonl text")
    copy.run("doctor", "--fix", "--yes")
    assert attributes.read_text() == "*.jsonl text\n*.jsonl merge=plansync\n"


def test_what_a_run_left_open_is_told(copy: Copy) -> None:
    with sqlite3.connect(copy.folder / ".plansync" / "local" / "plansync.db") as db:
        db.execute("UPDATE journal SET state='unknown' WHERE number=(SELECT max(number) FROM journal)")

    health, text, way = examined(copy)["journal"]

    assert health == "note" and "1 unknown" in text and way.startswith("plansync sync")


def _overwritten(database: Path, at: int, content: bytes) -> None:
    with database.open("r+b") as file:
        file.seek(at)
        file.write(content)


@pytest.mark.parametrize(
    ("at", "content"),
    [
        pytest.param(0, b"no database" * 500, id="it is none"),
        pytest.param(4096, b"\xff" * 64, id="a page that shows while it is read"),
        pytest.param(36, b"\0\0\0\5", id="a list of free pages that no statement trips over"),
    ],
)
def test_a_damaged_local_database_is_named(copy: Copy, at: int, content: bytes) -> None:
    database = copy.folder / ".plansync" / "local" / "plansync.db"
    _overwritten(database, at, content)

    health, _, way = examined(copy, exits=1)["local memory"]

    assert health == "ill" and "doctor --fix" in way
    assert "mended: local memory" in copy.run("doctor", "--fix", "--yes").out
    assert content in database.with_name("plansync.db.bad-1").read_bytes()
    assert (database.parent / ".gitignore").read_text("utf-8") == "*\n"
    assert copy.is_settled()
    assert examined(copy)["local memory"][0] == "well"


def test_a_database_of_a_later_version_is_not_put_aside(copy: Copy) -> None:
    database = copy.folder / ".plansync" / "local" / "plansync.db"
    with sqlite3.connect(database) as db:
        db.execute("PRAGMA user_version=99")
    db.close()

    said = copy.run("doctor", "--fix", "--yes", exits=1).out

    assert "later plansync" in said and "mended" not in said
    assert database.is_file() and not list(database.parent.glob("*.bad-*"))


def test_a_database_that_another_plan_is_at_work_with_is_not_put_aside(copy: Copy) -> None:
    local = copy.folder / ".plansync" / "local"
    _overwritten(local / "plansync.db", 0, b"no database" * 500)

    with filelock.FileLock(local / "0123abcd.lock"):
        said = copy.run("doctor", "--fix", "--yes", exits=9).err
    copy.run("doctor", "--fix", "--yes")

    assert "another run is at work" in said
    assert (local / "plansync.db.bad-1").is_file()


def test_a_plan_with_two_names_is_told(copy: Copy) -> None:
    os.link(copy.plan, copy.folder / "other.md")

    assert examined(copy)["plan file"][0] == "note"


def test_a_tracker_that_refuses_the_token_is_in_the_way(copy: Copy) -> None:
    copy.env["PLANSYNC_TOKEN"] = "wrong-token"

    health, text, _ = examined(copy, exits=1)["tracker"]

    assert health == "ill" and "token" in text
    assert "1 in the way of a sync." in copy.run("doctor", exits=1).out


@pytest.mark.parametrize("flag", ["-q"])
def test_quiet_shows_what_is_not_well(copy: Copy, flag: str) -> None:
    os.link(copy.plan, copy.folder / "other.md")

    said = copy.run("doctor", flag).out

    assert "hard links" in said and "ok " not in said
