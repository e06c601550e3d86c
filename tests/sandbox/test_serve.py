"""The served sandbox: a real process on a real socket, and how it ends."""

from __future__ import annotations

import io
import json
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from plansync.errors import ConfigError, StoreError
from plansync.sandbox.moments import micros
from plansync.sandbox.records import Records
from plansync.sandbox.serve import serve

PROGRAM = """
import sys
from pathlib import Path
from plansync.sandbox.serve import serve
db, as_json = sys.argv[1:]
serve(Path(db) if db else None, 0, as_json=as_json == "json", out=sys.stdout)
"""
WAIT_S = 10

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    running: list[subprocess.Popen[str]] = []

    def run(db: Path | None = None, form: str = "json") -> subprocess.Popen[str]:
        command = [sys.executable, "-c", PROGRAM, str(db or ""), form]
        root = Path(__file__).parents[2]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=root
        )
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.communicate()


def first_line(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def test_the_first_line_tells_where_and_how(start: Start) -> None:
    told = first_line(start())

    assert told == {
        "url": told["url"],
        "github": {"api_url": f"{told['url']}/api/v3", "token": "sandbox", "repo": "local/plans"},
        "gitlab": {"api_url": f"{told['url']}/api/v4", "token": "sandbox", "project": "local/plans"},
    }
    assert told["url"].startswith("http://127.0.0.1:")


def test_it_answers_as_soon_as_it_has_said_so(start: Start) -> None:
    told = first_line(start())
    headers = {"authorization": f"Bearer {told['github']['token']}"}

    assert httpx.get(told["url"]).status_code == 200
    answer = httpx.get(f"{told['github']['api_url']}/repos/{told['github']['repo']}", headers=headers)
    assert answer.json()["full_name"] == "local/plans"


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_quietly_even_with_a_client_on_the_line(
    start: Start, ending: signal.Signals
) -> None:
    process = start()
    told = first_line(process)
    with httpx.Client() as client:
        client.get(told["url"])
        process.send_signal(ending)
        out, err = process.communicate(timeout=WAIT_S)

    assert (process.returncode, out, err) == (0, "", "")


def test_what_is_answered_without_content_has_none(start: Start) -> None:
    process = start()
    github = first_line(process)["github"]
    base = f"{github['api_url']}/repos/{github['repo']}/"
    with httpx.Client(headers={"authorization": f"Bearer {github['token']}"}, base_url=base) as client:
        client.post("milestones", json={"title": "Soon"})
        gone = client.delete("milestones/1")
    process.send_signal(signal.SIGTERM)
    err = process.communicate(timeout=WAIT_S)[1]

    assert (gone.status_code, gone.content, err) == (204, b"", "")


def test_for_people_it_says_the_address_in_words(start: Start) -> None:
    process = start(form="words")
    assert process.stdout is not None

    assert process.stdout.readline().startswith("The sandbox is open: http://127.0.0.1:")


def test_the_records_are_kept_in_the_file(start: Start, tmp_path: Path) -> None:
    process = start(tmp_path / "sandbox.db")
    github = first_line(process)["github"]
    headers = {"authorization": f"Bearer {github['token']}"}
    path = f"{github['api_url']}/repos/{github['repo']}/issues"
    assert httpx.post(path, json={"title": "kept"}, headers=headers).status_code == 201
    process.terminate()
    process.wait(timeout=WAIT_S)

    with closing(Records(tmp_path / "sandbox.db")) as records:
        kept = records.issue(1)
    assert kept is not None
    assert kept.title == "kept"


def test_another_name_for_this_machine_is_refused_by_the_api_too(start: Start) -> None:
    told = first_line(start())
    headers = {"authorization": "Bearer sandbox", "host": "evil.example"}

    assert httpx.get(f"{told['github']['api_url']}/user", headers=headers).status_code == 421


def test_a_busy_port_is_a_problem_with_a_way_out() -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConfigError, match=r"plansync sandbox --port 0"):
            serve(None, taken.getsockname()[1], as_json=True, out=io.StringIO())


def test_a_port_that_is_none_is_a_problem() -> None:
    with pytest.raises(ConfigError, match="0 to 65535"):
        serve(None, 70_000, as_json=True, out=io.StringIO())


def test_a_file_that_holds_no_records_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to be looked at " * 10)
    before = path.read_bytes()

    with pytest.raises(StoreError, match="cannot be opened"):
        serve(path, 0, as_json=True, out=io.StringIO())
    assert path.read_bytes() == before


def test_a_folder_is_no_file_of_records(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file" / "records.db"):
        with pytest.raises(StoreError, match="cannot be opened"):
            serve(path, 0, as_json=True, out=io.StringIO())


def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE mine (x)")

    with pytest.raises(StoreError, match="another program's database"):
        Records(path)


def test_records_of_a_newer_plansync_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    Records(path).close()
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version = 99")

    with pytest.raises(StoreError, match="newer plansync"):
        Records(path)


_OLD_LABELS = """
DROP TABLE issue_label; DROP TABLE label;
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
INSERT INTO label VALUES ('bug', 77, 'Bug', 'aabbcc', NULL);
INSERT INTO issue_label VALUES (1, 'bug');
"""
_OLD_DEPENDENCIES = """
CREATE TABLE dependency (
    blocked INTEGER NOT NULL REFERENCES issue(number) ON DELETE CASCADE,
    blocker INTEGER NOT NULL REFERENCES issue(number) ON DELETE CASCADE,
    PRIMARY KEY (blocked, blocker)
) WITHOUT ROWID;
INSERT INTO dependency VALUES (1, 2);
"""
_NEW_COLUMNS = {
    "issue": (
        *("kind", "is_confidential", "due_date", "estimate_s", "spent_s", "moved_to", "duplicate_of"),
        "updated_us",
    ),
    "milestone": ("updated_us", "start_date", "is_inherited"),
}


def make_older(path: Path, version: int) -> None:
    """Turn records into those of an earlier version: two issues, the first of which bears a label."""
    with closing(Records(path)) as records:
        records.add_issue("kept", "local")
        records.add_issue("other", "local")
    gone = {1: ("transferred", "assignee", "traits"), 2: ("assignee", "traits"), 3: ()}
    with closing(sqlite3.connect(path)) as older:
        older.execute("DROP INDEX issue_updated_us")
        for table, columns in _NEW_COLUMNS.items():
            for column in columns:
                older.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        for table in ("pull", "link", "account", *gone[version]):
            older.execute(f"DROP TABLE {table}")
        older.executescript(_OLD_LABELS)
        if version == 3:
            older.executescript(_OLD_DEPENDENCIES)
        older.execute(f"PRAGMA user_version = {version}")
        older.commit()


@pytest.mark.parametrize("version", [1, 2, 3])
def test_older_records_are_taken_over(tmp_path: Path, version: int) -> None:
    path = tmp_path / "s.db"
    make_older(path, version)

    for _ in range(2):
        with closing(Records(path)) as records:
            kept = records.issue(1)
            assert kept is not None
            assert (kept.title, kept.assignees, records.is_transferred(1)) == ("kept", (), False)
            assert [(each.id, each.name) for each in kept.labels] == [(77, "Bug")]
            assert records.traits.has_dependencies
            assert records.relations.blockers(1) == ([2] if version == 3 else [])
            assert kept.updated_us == micros(datetime.fromisoformat(kept.updated_at))


def test_traits_are_kept_and_seen_by_another_process(tmp_path: Path) -> None:
    with closing(Records(tmp_path / "s.db")) as one, closing(Records(tmp_path / "s.db")) as two:
        one.play(has_dependencies=False)
        two.play(assignable=("mona",))

        assert not two.traits.has_dependencies
        assert one.traits.assignable == ("mona",)


def test_whoever_hangs_up_in_the_middle_of_a_request_leaves_no_trace(start: Start) -> None:
    process = start()
    told = first_line(process)
    address = urlsplit(told["url"])
    head = (
        f"POST /api/v3/repos/{told['github']['repo']}/issues HTTP/1.1\r\nhost: {address.netloc}\r\n"
        f"user-agent: a test\r\nauthorization: Bearer {told['github']['token']}\r\ncontent-length: 100\r\n\r\n"
    )

    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(head.encode() + b'{"title": ')
    assert httpx.get(told["url"]).status_code == 200

    process.terminate()
    _, said = process.communicate(timeout=WAIT_S)
    assert "Traceback" not in said


def test_its_gitlab_is_licensed_and_installed_as_told(tmp_path: Path) -> None:
    options = (
        "--json",
        "--port",
        "0",
        "--db",
        str(tmp_path / "sandbox.db"),
        "--tier",
        "free",
        "--sub-path",
        "/git",
    )
    command = [sys.executable, "-m", "plansync", "sandbox", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        told = first_line(process)
        place, headers = told["gitlab"]["api_url"], {"authorization": "Bearer sandbox"}
        found = httpx.get(f"{place}/projects/local%2Fplans", headers=headers).json()
        process.terminate()

    assert urlsplit(place).path == "/git/api/v4"
    assert found["web_url"].startswith(f"{told['url']}/git/")
    assert found["namespace"]["plan"] == "free"


@pytest.mark.parametrize("path", ["git", "/", "/a b", "//host"])
def test_a_sub_path_that_is_none_is_refused(path: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "plansync", "sandbox", "--sub-path", path]

    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=WAIT_S, check=False)

    assert done.returncode == 2
    assert f"--sub-path cannot be '{path}'; it is a path as in /gitlab" in done.stderr
