"""Another server: whatever speaks GitHub's documented REST will do, and whatever goes wrong is said plainly.

The server of these tests is written for them alone (`tests/support/small_server.py`). When a run fails
it says so in one line, ends with the code that fits, and leaves plan, memory and tracker as they were.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from tests.acceptance.conftest import Source
from tests.support.mortals import Mortals
from tests.support.outline import body
from tests.support.people import Copy, Person, Ran
from tests.support.small_server import REPO, Fault, SmallServer

AT_ONCE = {"PLANSYNC_MAX_WAIT_S": "0"}
"""Asks again without a wait."""


@pytest.fixture
def small(small_server: SmallServer) -> SmallServer:
    """The server, with nothing on it."""
    small_server.restore(small_server.empty)
    return small_server


@pytest.fixture
def stage(small: SmallServer) -> SmallServer:
    """In this module the tracker is not plansync's own."""
    return small


@pytest.fixture
def least() -> Iterator[SmallServer]:
    """Smaller still: nothing says when it changed, and a page holds five records."""
    server = SmallServer(has_dates=False, page_max=5)
    yield server
    server.close()


@pytest.mark.parametrize("plan", ["reference", "example-crlf"], indirect=True)
def test_the_whole_way_there_and_back(
    plan: Source, least: SmallServer, tmp_path: Path, forks: Mortals
) -> None:
    copy = Copy.of(plan.content, tmp_path / "work", least.place, forked=forks.run)
    person = Person(least.place)
    one, two, three = (copy.outline.task(number) for number in ("1.1", "1.2", "2.2"))

    copy.push()
    assert len(person.milestones()) == 4
    assert {issue["title"]: issue["milestone"]["title"] for issue in person.tasks()} == {
        task.title: task.phase for task in copy.outline.tasks
    }
    assert len(person.issues()) == 13
    assert copy.is_settled()
    linked, text = copy.content, copy.text

    person.close(one.title)
    copy.pull()
    ticks = [(f"- [ ] {step}", f"- [x] {step}") for step in one.steps]
    assert body(copy.since(linked)) == ticks
    person.reopen(one.title)
    copy.pull()
    assert plan.is_live or copy.content == linked

    person.tick(three.title, three.steps[0])
    copy.tick("1.2")
    copy.sync()
    assert f"- [x] {three.steps[0]}" in copy.text
    assert person.issue(two.title)["state_reason"] == "completed"
    person.reopen(two.title)
    for _ in range(2):
        copy.sync()
    assert person.issue(two.title)["state"] == "open"

    copy.replace(f"Task 2.1: {copy.outline.task('2.1').title}", "Task 2.1: Another name")
    copy.sync()
    assert person.issue("Another name")["milestone"]["title"] == copy.outline.phases[1]
    person.close("Another name", "not_planned")
    copy.pull()
    assert "**Status**: Dropped" in copy.section("2.1")
    person.reopen("Another name")
    copy.sync()
    assert "**Status**" not in copy.section("2.1")
    assert copy.is_settled()

    assert len(person.issues()) == 13
    assert text.count("**Issue**") == copy.text.count("**Issue**")
    person.leave()


def test_nothing_beyond_documented_rest_is_asked_for(small: SmallServer, fresh: Copy, person: Person) -> None:
    fresh.push()
    person.close(fresh.outline.task("1.1").title)
    fresh.sync()

    records = rf"/repos/{re.escape(REPO)}(/(issues|milestones)(/\d+)?)?"
    assert all(re.fullmatch(records, asked.path) for asked in small.asked)
    assert {asked.method for asked in small.asked} == {"GET", "POST", "PATCH"}
    sent = {(asked.path.split("/")[4], name) for asked in small.writes for name in asked.body}
    assert sent <= {
        *(("issues", name) for name in ("title", "body", "labels", "milestone", "state", "state_reason")),
        *(("milestones", name) for name in ("title", "description", "state")),
    }


def test_milestones_that_others_made_are_neither_taken_nor_in_the_way(
    plan: Source, small: SmallServer, tmp_path: Path, forks: Mortals
) -> None:
    copy = Copy.of(plan.content, tmp_path / "work", small.place, forked=forks.run)
    person = Person(small.place)
    person.client.post("milestones", json={"title": copy.outline.phases[0]}).raise_for_status()
    person.client.post("issues", json={"title": "Somebody's own", "milestone": 1}).raise_for_status()
    before = person.issues()[0], person.milestones()[0]

    copy.push()

    assert (person.issues()[0], person.milestones()[0]) == before
    assert person.milestones()[1]["title"].startswith(f"{copy.outline.phases[0]} (")
    assert f"## {copy.outline.phases[0]} <!--" in copy.text, "and the plan keeps its heading"
    assert copy.is_settled()
    person.leave()


# What goes wrong.


@pytest.fixture
def untouched(copy: Copy, small: SmallServer) -> Iterator[Copy]:
    """A working copy with news on both sides, none of which a failed run may move."""
    person = Person(small.place)
    person.close(copy.outline.task("1.1").title)
    person.leave()
    copy.tick("1.2", copy.outline.task("2.1").steps[0])
    before = snapshot(copy), small.remember()
    small.asked.clear()
    yield copy
    assert (snapshot(copy), small.remember()) == before, "nothing changed anywhere"
    assert small.writes == []


def snapshot(copy: Copy) -> dict[str, tuple[bytes, int]]:
    """Every file that is not this machine's own, with its bytes and time."""
    own = copy.folder / ".plansync" / "local"
    files = (path for path in copy.folder.rglob("*") if path.is_file() and own not in path.parents)
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def said(ran: Ran) -> str:
    """The one line that a failed run says."""
    (line,) = ran.err.splitlines()
    assert line.startswith("plansync: ")
    return line


COMMANDS = pytest.mark.parametrize("command", [("sync", "--yes"), ("sync", "--yes", "--json")], ids=" ".join)


@COMMANDS
def test_a_wrong_token(untouched: Copy, command: tuple[str, ...]) -> None:
    untouched.env["PLANSYNC_TOKEN"] = "wrong-and-secret"

    ran = untouched.run(*command, exits=8)

    assert "PLANSYNC_TOKEN" in said(ran)
    assert "wrong-and-secret" not in ran.err + ran.out


def test_no_token(untouched: Copy) -> None:
    del untouched.env["PLANSYNC_TOKEN"]

    assert "PLANSYNC_TOKEN" in said(untouched.run("sync", "--yes", exits=8))


def test_a_token_that_may_not_write(copy: Copy, small: SmallServer, person: Person) -> None:
    closed, ticked = copy.outline.task("1.1"), copy.outline.task("2.1")
    person.close(closed.title)
    copy.tick(ticked.steps[0])
    before = copy.content, small.remember()
    small.misbehave(403, "PATCH|POST")

    ran = copy.run("sync", "--yes", exits=8)

    assert "PLANSYNC_TOKEN" in said(ran)
    assert (copy.content, small.remember()) == before

    small.behave()
    copy.sync()
    assert copy.section("1.1").count("- [x]") == len(closed.steps)
    assert person.boxes(ticked.title)[0] == ("x", ticked.steps[0])
    assert copy.is_settled()


@COMMANDS
def test_a_missing_repository(untouched: Copy, small: SmallServer, command: tuple[str, ...]) -> None:
    small.misbehave(404)

    assert f"repository {REPO} not found" in said(untouched.run(*command, exits=8))


@pytest.mark.parametrize(("fault", "code"), [(401, 8), (404, 8), (500, 1)])
def test_a_first_push_that_fails_leaves_no_trace(
    fresh: Copy, small: SmallServer, fault: int, code: int
) -> None:
    small.misbehave(fault)
    fresh.env.update(AT_ONCE)

    assert said(fresh.run("push", "--yes", exits=code))

    assert fresh.content == fresh.original
    assert [path.name for path in fresh.folder.rglob("*")] == [fresh.name]
    assert small.writes == []


def test_a_tracker_that_is_down(plan: Source, tmp_path: Path, forks: Mortals) -> None:
    server = SmallServer()
    copy = Copy.of(plan.content, tmp_path / "work", server.place, forked=forks.run)
    copy.push()
    copy.tick("1.2")
    before = snapshot(copy)
    server.close()
    copy.env.update(AT_ONCE)

    assert f"127.0.0.1:{server.port}" in said(copy.run("sync", exits=1))

    assert snapshot(copy) == before


@pytest.mark.parametrize(
    "fault", [500, Fault.DROP, Fault.TRUNCATE], ids=lambda f: str(getattr(f, "name", f)).lower()
)
def test_a_tracker_that_answers_with_nothing_usable(
    untouched: Copy, small: SmallServer, fault: Fault | int
) -> None:
    small.misbehave(fault)
    untouched.env.update(AT_ONCE)

    assert f"127.0.0.1:{small.port}" in said(untouched.run("sync", "--yes", exits=1))


def test_half_a_listing_is_no_listing(
    plan: Source, least: SmallServer, tmp_path: Path, forks: Mortals
) -> None:
    copy = Copy.of(plan.content, tmp_path / "work", least.place, forked=forks.run)
    copy.push()
    before = snapshot(copy), least.remember()
    least.asked.clear()
    least.misbehave(500, "GET", "issues$", after=1)
    copy.env.update(AT_ONCE)

    assert said(copy.run("sync", "--yes", exits=1))

    assert (snapshot(copy), least.remember()) == before
    assert least.writes == []


@COMMANDS
def test_a_plan_that_is_not_there(untouched: Copy, command: tuple[str, ...]) -> None:
    assert "nowhere.md" in said(untouched.run(*command, "nowhere.md", exits=1))


@COMMANDS
def test_a_plan_that_is_no_text(untouched: Copy, command: tuple[str, ...]) -> None:
    (untouched.folder / "binary.md").write_bytes(b"# Plan\n\n\xff\xfe\x00")

    line = said(untouched.run(*command, "binary.md", exits=1))

    (untouched.folder / "binary.md").unlink()
    assert "binary.md:3" in line
    assert "UTF-8" in line


def test_a_text_that_is_no_plan(untouched: Copy) -> None:
    (untouched.folder / "letter.md").write_text("# Dear Ada\n\nNo tasks in here.\n")

    line = said(untouched.run("sync", "--yes", "letter.md", exits=1))

    (untouched.folder / "letter.md").unlink()
    assert "letter.md" in line


@COMMANDS
def test_a_plan_that_is_read_only(untouched: Copy, command: tuple[str, ...]) -> None:
    untouched.plan.chmod(0o444)

    line = said(untouched.run(*command, exits=1))

    untouched.plan.chmod(0o644)
    assert "read-only" in line
    assert untouched.name in line


@COMMANDS
def test_a_setting_that_does_not_exist(untouched: Copy, command: tuple[str, ...]) -> None:
    settings = untouched.folder / "plansync.toml"
    settings.write_text('trackr = "github"\n\n[when]\nissue_close = "auto"\n')

    ran = untouched.run(*command, exits=2)

    settings.unlink()
    assert len(ran.err.splitlines()) == 2, "all problems together, a line each"
    assert "unknown key 'trackr'; did you mean 'tracker'?" in ran.err
    assert "unknown key 'when.issue_close'; did you mean 'when.issue_closed'?" in ran.err


def test_a_plan_that_says_it_is_another(untouched: Copy) -> None:
    plan = untouched.content
    time_ns = untouched.plan.stat().st_mtime_ns
    untouched.plan.write_bytes(re.sub(rb"plan=[0-9a-z]{8} -->", b"plan=00000000 -->", plan))

    line = said(untouched.run("sync", "--yes", exits=7))

    untouched.plan.write_bytes(plan)
    os.utime(untouched.plan, ns=(time_ns, time_ns))
    assert "plan=00000000" in line


def test_a_plan_that_was_emptied(untouched: Copy) -> None:
    plan = untouched.content
    time_ns = untouched.plan.stat().st_mtime_ns
    untouched.plan.write_bytes(plan[: plan.index(b"###")])

    line = said(untouched.run("sync", "--yes", exits=7))

    untouched.plan.write_bytes(plan)
    os.utime(untouched.plan, ns=(time_ns, time_ns))
    assert "--allow empty-plan" in line


def test_a_second_target_for_the_same_plan(untouched: Copy) -> None:
    untouched.flags = (*untouched.flags[:2], "-R", "kitchen/another")

    line = said(untouched.run("sync", "--yes", exits=1))

    assert REPO in line
    assert "kitchen/another" in line


def test_a_run_while_another_is_at_work(untouched: Copy, small: SmallServer) -> None:
    small.misbehave(Fault.HANG, "GET", times=1)
    argv = [sys.executable, "-m", "plansync", "sync", "--yes", *untouched.flags]
    with Popen(argv, cwd=untouched.folder, env=untouched.env, stdout=PIPE, stderr=PIPE) as first:
        wait_until(lambda: bool(small.asked))

        line = said(untouched.run("sync", "--yes", exits=9))

        assert f"pid {first.pid}" in line
        first.kill()


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_tracker_that_fails_halfway_keeps_what_was_done_and_goes_on_later(
    fresh: Copy, small: SmallServer, person: Person
) -> None:
    small.misbehave(500, "POST", "issues$", after=5)

    ran = fresh.run("push", "--yes", "--json", exits=5)

    assert ran.json["outcome"] == "partial"
    assert len(person.issues()) == 5
    small.behave()
    fresh.push()
    assert len(person.issues()) == 13
    assert len({issue["title"] for issue in person.issues()}) == 13
    assert fresh.is_settled()
