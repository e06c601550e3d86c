"""`plansync watch` as a process beside an editor and a tracker: what waits, what does not, how it ends, and health."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.people import Copy, Person

LIMIT_S = 20.0
SETTINGS = "[watch]\nevery_s = {every}\nquiet_s = 0.1\nsettle_s = {settle}\n"


def until(is_so: Callable[[], Any], limit_s: float = LIMIT_S) -> Any:
    """Wait until something is so; gives what it was."""
    end = time.monotonic() + limit_s
    while not (found := is_so()):
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)
    return found


class Watch:
    """The command at work in a working copy."""

    def __init__(self, copy: Copy, *arguments: str, every: float = 3600, settle: float = 3600) -> None:
        (copy.folder / "plansync.toml").write_text(SETTINGS.format(every=every, settle=settle), "utf-8")
        self.copy = copy
        self.out, self.err = copy.folder.parent / "watch.out", copy.folder.parent / "watch.err"
        with self.out.open("a") as out, self.err.open("a") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "plansync", "watch", *arguments, *copy.flags],
                cwd=copy.folder,
                env={**copy.env, "PYTHONPATH": str(Path(__file__).parents[2])},
                stdout=out,
                stderr=err,
            )

    def is_up(self) -> bool:
        """Whether it has synced once and waits now."""
        return self.pulse() != "" and "Watching" in self.out.read_text("utf-8")

    def pulse(self) -> str:
        return next((f.read_text("utf-8") for f in self.copy.folder.rglob("*.pulse")), "")

    def beat(self) -> int:
        """Name the last run that came to its end."""
        (file,) = self.copy.folder.rglob("*.pulse")
        return file.stat().st_mtime_ns

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(LIMIT_S)


Start = Callable[..., Watch]


@pytest.fixture
def start(copy: Copy) -> Iterator[Start]:
    """Start a watch on the working copy, and wait until it has looked once."""
    started: list[Watch] = []

    def go(*arguments: str, waits: bool = True, **settings: float) -> Watch:
        for old in copy.folder.rglob("*.pulse"):
            old.unlink()
        watch = Watch(copy, *arguments, **settings)
        started.append(watch)
        if waits:
            until(watch.is_up)
        return watch

    yield go
    for watch in started:
        watch.process.kill()
        watch.process.wait()


def test_a_tick_is_there_soon_after_the_save_and_what_is_renamed_waits(
    copy: Copy, start: Start, person: Person
) -> None:
    start(settle=3600)
    first, second = copy.outline.task("1.1"), copy.outline.task("2.1")

    copy.replace(f"Task 2.1: {second.title}", "Task 2.1: Half typ")
    copy.tick("1.1")
    until(lambda: person.issue(first.title)["state"] == "closed")

    assert person.issue(second.title)["state"] == "open"
    owed = copy.run("diff", "--json").json["operations"]
    assert [op["kind"] for op in owed if op["side"] == "tracker" and "title" in op["fields"]] == [
        "update-issue"
    ]


def test_what_is_new_and_renamed_is_there_once_it_settled(copy: Copy, start: Start, person: Person) -> None:
    start(settle=1)
    title = copy.outline.task("2.1").title

    copy.replace(f"Task 2.1: {title}", "Task 2.1: Renamed")
    copy.replace("### Task 1.1:", "### Task 1.9: Quite new\n\n- [ ] Begin\n\n### Task 1.1:")
    until(lambda: {"Renamed", "Quite new"} <= {issue["title"] for issue in person.issues()})

    assert len([i for i in person.issues() if i["title"] == "Quite new"]) == 1
    until(lambda: "plansync:" in copy.text.partition("Quite new")[2].partition("\n")[0])


def test_a_task_that_is_cut_and_pasted_is_the_same_one(copy: Copy, start: Start, person: Person) -> None:
    watch = start(settle=3600)
    before, whole, beat = len(person.issues()), copy.content, watch.beat()
    section = copy.section("3.1").replace("\n", "\r\n").encode()

    assert section in whole
    copy.plan.write_bytes(whole.replace(section, b""))
    until(lambda: watch.beat() != beat)
    copy.plan.write_bytes(whole)
    watch.end()

    assert copy.sync().code == 0
    assert len(person.issues()) == before
    assert {issue["state"] for issue in person.issues()} == {"open"}


def test_what_happens_on_the_tracker_comes_with_the_timer(copy: Copy, start: Start, person: Person) -> None:
    start(every=0.5)
    task = copy.outline.task("1.1")

    person.close(task.title)

    until(lambda: "- [ ]" not in copy.section("1.1"))


def test_it_ends_well_when_told_to_and_leaves_nothing_undone(
    copy: Copy, start: Start, person: Person
) -> None:
    watch = start()
    beat = watch.beat()
    copy.tick("1.1")
    until(lambda: watch.beat() != beat)
    assert person.issue(copy.outline.task("1.1").title)["state"] == "closed"

    assert watch.end() == 0
    assert watch.out.read_text("utf-8").splitlines()[-1] == "ended; what was done is remembered"
    assert copy.is_settled()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_in_the_middle_of_a_run_it_can_be_gone_on_with(
    fresh: Copy, person: Person, how: signal.Signals
) -> None:
    watch = Watch(fresh, "--yes", settle=0)
    try:
        until(lambda: len(person.issues()) >= 3)
        code = watch.end(how)
    finally:
        watch.process.kill()
        watch.process.wait()

    assert code == 0
    fresh.sync()
    assert fresh.is_settled()
    titles = [issue["title"] for issue in person.tasks()]
    assert len(titles) == len(set(titles)) == len(fresh.outline.tasks)


def test_a_plan_is_watched_once(copy: Copy, start: Start) -> None:
    start()

    ran = copy.run("watch", exits=9)

    assert "is being watched already (pid " in ran.err
    assert copy.sync().code == 0  # a person's own run is no watch


def test_a_plan_that_a_pattern_matches_later_is_taken_in_once_nobody_else_watches_it(
    copy: Copy, start: Start
) -> None:
    third = copy.folder / "third.md"
    third.write_text("# Third\n\n## Phase 1: Only\n\n### Task 1.1: Alone\n\n- [ ] one\n", "utf-8")
    other = start("third.md", waits=False, every=0.3)
    until(lambda: "Watching third.md" in other.out.read_text("utf-8"))
    watch = start(waits=False, every=0.3)
    until(lambda: "Watching implementation-plan.md" in watch.out.read_text("utf-8"))
    with (copy.folder / "plansync.toml").open("a") as settings:
        settings.write('[[plan]]\npath = "*.md"\n')

    until(lambda: "third.md is being watched already" in watch.err.read_text("utf-8"))
    assert other.end() == 0
    until(lambda: "third.md: watched from now on" in watch.out.read_text("utf-8"))

    copy.run("watch", "third.md", exits=9)
    third.unlink()
    until(lambda: copy.run("health", "third.md", exits=None).out.count("nobody watches it"))
    third.write_text("# Third\n", "utf-8")
    until(lambda: watch.out.read_text("utf-8").count("third.md: watched from now on") == 2)
    assert watch.err.read_text("utf-8").count("being watched already") == 1


def test_settings_that_cannot_be_read_for_a_moment_end_no_watch(
    copy: Copy, start: Start, person: Person
) -> None:
    watch = start(every=1)
    settings = copy.folder / "plansync.toml"
    before = settings.read_text("utf-8")

    settings.write_text("[watch\n", "utf-8")
    until(
        lambda: watch.err.read_text("utf-8").count("plansync.toml") == 2
    )  # by the list of plans, and by a run
    copy.tick("1.1")
    time.sleep(1)  # it is tried again on the save, and fails again
    settings.write_text(before, "utf-8")

    until(lambda: person.issue(copy.outline.task("1.1").title)["state"] == "closed")


def test_a_lock_that_was_deleted_is_taken_again(copy: Copy, start: Start) -> None:
    start(every=0.2)
    (lock,) = copy.folder.rglob("*.watch.lock")

    lock.unlink()

    until(lock.is_file)
    until(lambda: copy.run("watch", exits=9).err)


def test_a_folder_that_is_gone_ends_the_watch_with_a_word(copy: Copy, start: Start) -> None:
    watch = start(every=0.2)

    def is_removed() -> bool:
        shutil.rmtree(copy.folder, ignore_errors=True)  # the watch writes there meanwhile
        return not copy.folder.exists()

    until(is_removed)

    assert watch.process.wait(LIMIT_S) == 2
    assert "the folder that plansync was started in is gone" in watch.err.read_text("utf-8")


def test_a_first_push_waits_for_a_persons_yes(fresh: Copy, person: Person) -> None:
    watch = Watch(fresh, settle=0)
    try:
        until(lambda: "add --yes" in watch.err.read_text("utf-8"))
        assert person.issues() == []
        fresh.push()
        fresh.tick("1.1")
        until(lambda: person.issue(fresh.outline.task("1.1").title)["state"] == "closed")
        assert watch.err.read_text("utf-8").count("add --yes") == 1
    finally:
        watch.process.kill()
        watch.process.wait()


def test_each_run_that_does_something_is_a_line_of_json(copy: Copy, start: Start, person: Person) -> None:
    watch = start("--json", waits=False)
    until(watch.pulse)
    copy.tick("1.1")
    until(lambda: person.issue(copy.outline.task("1.1").title)["state"] == "closed")
    until(lambda: watch.out.read_text("utf-8"))
    watch.end()

    lines = [json.loads(line) for line in watch.out.read_text("utf-8").splitlines()]
    assert {line["schema"] for line in lines} == {"plansync/run/1"}
    assert "close-issue" in {op["kind"] for line in lines for op in line["operations"]}


# ------------------------------------------------------------------ health


def aged(copy: Copy, **ago: float) -> None:
    """Let the last good run be longer ago."""
    (file,) = copy.folder.rglob("*.pulse")
    said = json.loads(file.read_text("utf-8"))
    said["last_ok"] = (datetime.now(UTC) - timedelta(**ago)).isoformat(timespec="seconds")
    file.write_text(json.dumps(said), encoding="utf-8")


def test_a_plan_that_was_never_synced_here_is_not_well(fresh: Copy) -> None:
    assert "not synced on this machine yet" in fresh.run("health", exits=1).out


def test_health_is_twice_the_interval(copy: Copy) -> None:
    copy.sync()

    assert copy.run("health", "--every", "60m").out.startswith("implementation-plan.md: well, last synced ")
    aged(copy, minutes=119)
    assert copy.run("health", "--every", "60m", "--quiet").out == ""
    aged(copy, minutes=121)
    assert (
        "not well, last synced 2 h 1 min ago, more than 2 h"
        in copy.run("health", "--every", "60m", exits=1).out
    )
    assert copy.run("health", "--every", "2h").code == 0


def test_a_last_run_that_is_still_to_come_is_not_well(copy: Copy) -> None:
    aged(copy, hours=-5)

    assert "a clock is wrong" in copy.run("health", exits=1).out


def test_what_watches_says_its_own_interval(copy: Copy, start: Start) -> None:
    watch = start(every=3000)
    found = copy.run("health", "--json").json
    watch.end()
    gone = copy.run("health", "--json").json

    assert found["plans"][0]["limit_s"] == gone["plans"][0]["limit_s"] == 6000
    assert (found["plans"][0]["is_watched"], gone["plans"][0]["is_watched"]) == (True, False)


def test_runs_that_fail_are_told_and_do_not_count(copy: Copy) -> None:
    copy.sync()
    aged(copy, minutes=30)
    copy.env["PLANSYNC_TOKEN"] = "of-somebody-else"
    copy.run("sync", exits=8)
    copy.run("sync", exits=8)

    (found,) = copy.run("health", "--json", exits=1).json["plans"]

    assert found["failures"] == 2
    assert found["outcome"] == "auth"
    assert found["age_s"] >= 1800


def test_a_look_is_no_sync(copy: Copy) -> None:
    copy.sync()
    aged(copy, minutes=30)
    copy.run("diff")
    copy.run("sync", "--dry-run")

    copy.run("health", exits=1)
