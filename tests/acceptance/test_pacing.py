"""A long push: its pace is kept across runs, what it takes is said before, and it goes on wherever it was stopped.

No test waits: how much was written before is put into the local database, as an earlier run leaves it.
"""

from __future__ import annotations

import re
import time
from contextlib import closing
from pathlib import Path

import pytest

from plansync.store import shelf
from plansync.trackers.pacing import Bucket
from plansync.trackers.token import Token
from tests.support.mortals import Mortals
from tests.support.people import Copy, Person, Place
from tests.support.small_server import Fault, Says, SmallServer
from tests.support.terminal import Terminal

TASKS = 30
PLAN = "# Plan: Long\n\n## Phase 1: All\n\n" + "\n".join(
    f"### Task 1.{n}: Stage {n}\n\n- [ ] Do part {n}\n" for n in range(1, TASKS + 1)
)


@pytest.fixture
def stage(small_server: SmallServer) -> SmallServer:
    small_server.restore(small_server.empty)
    return small_server


@pytest.fixture
def long(tracker: Place, tmp_path: Path, forks: Mortals) -> Copy:
    """A plan of 30 tasks and a phase, so 31 writes, in a copy that paces itself."""
    copy = Copy.of(PLAN.encode(), tmp_path / "work", tracker, forked=forks.run)
    copy.env["PLANSYNC_PACE"] = "on"
    return copy


def _key(stage: SmallServer, copy: Copy) -> str:
    return f"127.0.0.1:{stage.port} {Token(copy.env['PLANSYNC_TOKEN']).id}"


def counted(copy: Copy, stage: SmallServer) -> Bucket:
    """Read what the runs of a copy counted."""
    with closing(shelf.connect(copy.folder / ".plansync" / "local" / "plansync.db")) as db:
        return Bucket().filled(shelf.Shelf(db, "bucket").get(_key(stage, copy)))


def wrote_before(copy: Copy, stage: SmallServer, bucket: Bucket) -> None:
    """Let an earlier run of this copy have written so much."""
    with closing(shelf.connect(copy.folder / ".plansync" / "local" / "plansync.db")) as db:
        shelf.Shelf(db, "bucket")[_key(stage, copy)] = bucket.dump()


def an_hour_full(ago_s: float = 600) -> Bucket:
    return Bucket(minutes=((int(time.time() - ago_s) // 60, 500),))


def assert_completes(copy: Copy, person: Person) -> None:
    copy.env["PLANSYNC_PACE"] = "off"
    copy.push()
    titles = [issue["title"] for issue in person.tasks()]
    assert len(titles) == len(set(titles)) == TASKS
    assert copy.is_settled()


# Several runs keep one pace.


def test_runs_that_follow_each_other_count_together(long: Copy, stage: SmallServer, person: Person) -> None:
    for last in (5, 10, 14):
        long.push("--only", f"1.{last}")
        long.push("--only", f"1.{last - 1}")

    bucket = counted(long, stage)
    assert sum(writes for _, writes in bucket.minutes) == len(stage.writes) == 7
    assert 0 < bucket.level <= 7


def test_an_hour_that_is_full_stops_a_run_before_its_first_write_and_says_when_to_go_on(
    long: Copy, stage: SmallServer, person: Person
) -> None:
    wrote_before(long, stage, an_hour_full(ago_s=600))

    ran = long.run("push", "--yes", exits=5)

    assert re.search(
        r"it takes 500 writes an hour; run again in 5\d minutes \(after 20\d\d-.* UTC\)", ran.err
    )
    assert stage.writes == []
    assert sum(writes for _, writes in counted(long, stage).minutes) == 500, (
        "what was not sent is not counted"
    )


def test_a_new_hour_or_a_new_day_goes_on(long: Copy, stage: SmallServer, person: Person) -> None:
    wrote_before(long, stage, an_hour_full())
    long.run("push", "--yes", exits=5)

    wrote_before(long, stage, an_hour_full(ago_s=86_400))
    long.env["PLANSYNC_MAX_WAIT_S"] = "0"
    ran = long.run("push", "--yes", exits=5)

    assert "it takes 20 writes at once, then one a second; run again in 1 minute" in ran.err
    assert len(stage.writes) == 20
    assert_completes(long, person)


def test_blanks_around_a_token_make_no_other_account_of_it(
    long: Copy, stage: SmallServer, person: Person
) -> None:
    wrote_before(long, stage, an_hour_full())
    long.env["PLANSYNC_TOKEN"] = f"  {long.env['PLANSYNC_TOKEN']}"

    assert long.push("--only", "1.1", exits=5).writes == 0


def test_this_machine_is_not_paced_unless_asked_for(long: Copy, stage: SmallServer, person: Person) -> None:
    wrote_before(long, stage, an_hour_full())
    long.env["PLANSYNC_PACE"] = "auto"

    long.push()

    assert len(person.tasks()) == TASKS


# What it takes is said before.


def test_a_diff_says_what_a_push_then_takes(long: Copy, stage: SmallServer, person: Person) -> None:
    said = long.run("diff").out
    needs = long.run("diff", "--json").json["needs"]

    assert f"Needs {needs['requests']} requests, about 11 s; up to 30 mails to watchers." in said
    assert (needs["writes"], needs["mails"]) == (31, 30)
    assert 11 <= needs["seconds"] < 12
    long.env["PLANSYNC_PACE"] = "off"
    made = long.push().json["requests"]
    assert (made["writes"], made["total"]) == (needs["writes"], needs["requests"])
    assert long.run("diff", "--json").json["needs"] is None
    assert "Needs" not in long.run("diff").out


def test_a_diff_counts_what_was_written_before_and_names_a_long_pause(
    long: Copy, stage: SmallServer, person: Person
) -> None:
    wrote_before(long, stage, an_hour_full(ago_s=600))

    said = long.run("diff", "--format", "markdown").out

    assert re.search(r"Needs 3\d requests, about 5\d min, with a pause of 5\d min; up to 30 mails", said)


def test_a_big_push_says_it_before_it_asks(long: Copy, stage: SmallServer, person: Person) -> None:
    terminal = Terminal(long, ["push"])

    seen = terminal.until("Go on?")
    terminal.type("n\n")

    assert terminal.end() == 7
    assert re.search(r"Needs 3\d requests, about 11 s; up to 30 mails to watchers\.", seen)
    assert stage.writes == []


# It goes on wherever it was stopped.


def test_max_time_stops_before_a_wait_that_would_outlast_it(
    long: Copy, stage: SmallServer, person: Person
) -> None:
    stage.misbehave(Says(429, "slow down", {"retry-after": "60"}), "POST", "/issues$", after=7)

    began = time.monotonic()
    ran = long.run("push", "--yes", "--max-time", "30s", exits=5)

    assert time.monotonic() - began < 20
    assert "run again in 1 minute" in ran.err
    assert len(person.tasks()) == 7
    stage.behave()
    assert_completes(long, person)


def test_ctrl_c_during_a_wait_ends_it_at_once_and_the_next_run_goes_on(
    long: Copy, stage: SmallServer, person: Person
) -> None:
    stage.misbehave(Says(403, "secondary rate limit", {"retry-after": "120"}), "POST", "/issues$", after=9)
    terminal = Terminal(long, ["push", "--yes"])
    terminal.until("waiting 2 min")

    began = time.monotonic()
    terminal.interrupt()

    assert terminal.end() == 130
    assert time.monotonic() - began < 10
    assert "run the same command again to go on" in terminal.seen
    assert len(person.tasks()) == 9
    stage.behave()
    assert_completes(long, person)


def test_a_push_that_is_killed_goes_on(
    long: Copy, stage: SmallServer, person: Person, forks: Mortals
) -> None:
    stage.misbehave(Fault.HANG, "POST", "/issues$", after=12, times=1)
    ran = forks.run(long, ["push", "--yes"], lives_s=3)

    assert ran.code == -9
    assert len(person.tasks()) == 12
    stage.behave()
    assert_completes(long, person)


# It is shown while it lasts.


def test_a_terminal_shows_counts_and_time_left_and_why_nothing_moves(
    long: Copy, stage: SmallServer, person: Person
) -> None:
    stage.misbehave(
        Says(403, "secondary rate limit", {"retry-after": "2"}), "POST", "/issues$", after=9, times=1
    )
    terminal = Terminal(long, ["push", "--yes", "--max-time", "5s"])

    assert terminal.end() == 5
    assert re.search(r"\b1?\d/31\b", terminal.seen)
    assert re.search(r"\b\d+ s left", terminal.seen)
    assert re.search(r"waiting 2 s: POST /repos/.*secondary rate limit", terminal.seen)
    assert_completes(long, person)


def test_a_pipe_hears_of_long_waits_alone(long: Copy, stage: SmallServer, person: Person) -> None:
    stage.misbehave(Says(429, "slow down", {"retry-after": "1"}), "POST", "/issues$", after=3, times=1)
    long.env["PLANSYNC_PACE"] = "off"

    assert long.run("push", "--yes").err == ""
