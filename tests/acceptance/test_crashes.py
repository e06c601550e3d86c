"""Crashes: a run may die anywhere, or lose an answer; the next one ends as if nothing had happened.

`tests/support/dying.py` runs the real command and kills it (SIGKILL) at its N-th named point; the names
are those that `plansync.sync` passes to `at_point`. Every point is tried: die there, run again, compare
with a run that nobody disturbed.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.conftest import Source
from tests.support.mortals import KILLED, Mortals
from tests.support.outline import body, nameless
from tests.support.people import Copy, Person, Ran
from tests.support.small_server import Fault, Records, SmallServer

pytestmark = pytest.mark.slow

World = tuple[str, str, str]
"""Plan, state file and tracker, without what chance adds."""


@dataclass
class Bench:
    """A tracker and a working copy that can be put back to where a scenario begins."""

    server: SmallServer
    copy: Copy
    mortals: Mortals
    start: Records
    kept: Path

    @classmethod
    @contextmanager
    def of(
        cls, folder: Path, source: bytes, mortals: Mortals, prepare: Callable[[Copy, SmallServer], None]
    ) -> Iterator[Bench]:
        server = SmallServer()
        copy = Copy.of(source, folder / "work", server.place, forked=mortals.run)
        try:
            prepare(copy, server)
            kept = folder / "kept"
            shutil.copytree(copy.folder, kept)
            yield cls(server, copy, mortals, server.remember(), kept)
        finally:
            server.close()

    def rewind(self) -> None:
        """Put everything back."""
        shutil.rmtree(self.copy.folder)
        shutil.copytree(self.kept, self.copy.folder)
        self.server.restore(self.start)

    def run(self, *arguments: str, dies_at: int = 0) -> Ran:
        return self.mortals.run(self.copy, arguments, dies_at)

    def world(self) -> World:
        records = {"milestones": self.server.records.milestones, "issues": self.server.records.issues}
        return nameless(self.copy.text), _memory(self.copy.state), nameless(_dumped(records))


def _dumped(value: object) -> str:
    kept = json.loads(json.dumps(value))

    def timeless(each: object) -> object:
        if isinstance(each, dict):
            return {k: timeless(v) for k, v in each.items() if k not in ("updated_at", "created_at")}
        return [timeless(v) for v in each] if isinstance(each, list) else each

    return json.dumps(timeless(kept), indent=1)


def _memory(state: Path) -> str:
    """The state file's items without the stamps of writes, which a repeated run may move."""
    header, *lines = [json.loads(line) for line in state.read_text().splitlines()]
    items = [
        {k: v for k, v in line.items() if k not in ("rev", "op", "crc")} if isinstance(line, dict) else line
        for line in lines
    ]
    port_free = {k: v for k, v in header.items() if k in ("plansync", "path")}
    return "\n".join(json.dumps(each) for each in [port_free, *items])


def deaths(
    folder: Path,
    source: bytes,
    mortals: Mortals,
    prepare: Callable[[Copy, SmallServer], None],
    command: tuple[str, ...],
    step: int = 1,
) -> list[str]:
    """Let `command` die at every point, or at each `step`-th; return what was different afterwards, a line each."""
    found = []
    with Bench.of(folder, source, mortals, prepare) as bench:
        bench.rewind()
        assert bench.run(*command).code == 0
        expected, points = bench.world(), bench.mortals.points()
        last = bench.run(*command, "--json")
        assert last.kinds("tracker") + last.kinds("plan") == [], "where all is alike nothing is left to do"
        assert len(set(points)) > 3, points
        for number, point in list(enumerate(points, 1))[::step]:
            bench.rewind()
            differences = _after_death(bench, command, number, expected)
            found += [f"point {number}, {point}: {what}" for what in differences]
    return found


def _after_death(bench: Bench, command: tuple[str, ...], number: int, expected: World) -> Iterator[str]:
    died = bench.run(*command, dies_at=number)
    if died.code != KILLED:
        yield f"it did not die but ended with {died.code}"
        return
    again = bench.run(*command)
    if again.code != 0:
        yield f"the next run ended with {again.code}: {again.err or again.out}"
    titles = [issue["title"] for issue in bench.server.records.issues]
    if len(set(titles)) != len(titles):
        yield f"issues were made twice: {titles}"
    for what, now, then in zip(("plan", "state file", "tracker"), bench.world(), expected, strict=True):
        if now != then:
            yield f"the {what} is different: {_first_difference(then, now)}"


def _first_difference(then: str, now: str) -> str:
    pairs = zip(then.splitlines(), now.splitlines(), strict=False)
    return next((f"{a!r} became {b!r}" for a, b in pairs if a != b), "it is longer or shorter")


def nothing(copy: Copy, server: SmallServer) -> None:
    """A plan that is not on the tracker yet."""


def work_on_both_sides(copy: Copy, server: SmallServer) -> None:
    """A plan that is on the tracker, and a day's work on either side since."""
    copy.push()
    plan = copy.outline
    copy.tick("1.2", plan.task("2.1").steps[0])
    copy.replace(f"- [ ] {plan.task('2.2').steps[1]}\n", f"- [ ] {plan.task('2.2').steps[1]}, soon\n")
    copy.replace(f"Task 3.1: {plan.task('3.1').title}", "Task 3.1: Renamed in the plan")
    copy.replace(
        f"- [ ] {plan.task('3.3').steps[0]}\n", f"- [ ] {plan.task('3.3').steps[0]}\n- [ ] New here\n"
    )
    person = Person(server.place)
    person.close(plan.task("1.1").title)
    person.tick(plan.task("1.3").title, plan.task("1.3").steps[2])
    person.tick(plan.task("2.1").title, plan.task("2.1").steps[1])
    person.close(plan.task("2.3").title, "not_planned")
    person.rename(plan.task("4.1").title, "Renamed on the tracker")
    old = plan.task("4.2").steps[0]
    person.edit(plan.task("4.2").title, lambda body: body.replace(old, f"{old}, there"))
    person.move(plan.task("4.3").title, plan.phases[0])
    person.tick(person.overview()["title"], plan.criteria[0])
    person.leave()


LF = pytest.mark.parametrize("plan", ["example"], indirect=True)


@LF
def test_a_first_push_may_die_at_any_point(plan: Source, tmp_path: Path, forks: Mortals) -> None:
    """At every second point here; the simulation lets this scenario die at each."""
    assert deaths(tmp_path, plan.content, forks, nothing, ("push", "--yes"), step=2) == []


@LF
def test_a_sync_of_a_days_work_may_die_at_any_point(plan: Source, tmp_path: Path, forks: Mortals) -> None:
    assert deaths(tmp_path, plan.content, forks, work_on_both_sides, ("sync", "--yes")) == []


@LF
def test_a_pull_may_die_at_any_point(plan: Source, tmp_path: Path, forks: Mortals) -> None:
    assert deaths(tmp_path, plan.content, forks, work_on_both_sides, ("pull",)) == []


def test_the_embedded_sandbox_survives_a_death_as_well(plan: Source, tmp_path: Path, forks: Mortals) -> None:
    for number in range(1, 56, 6):
        alone = Copy.of(plan.content, tmp_path / str(number) / "work")
        assert forks.run(alone, ["push", "--yes"], dies_at=number).code == KILLED

        assert forks.run(alone, ["push", "--yes"]).code == 0

        ran = forks.run(alone, ["sync", "--json"])
        assert (ran.json["operations"], ran.writes) == ([], 0)
        assert forks.run(alone, ["status", "--json"]).json["linked"] == 12


def test_dying_twice_in_a_row_is_no_worse(plan: Source, tmp_path: Path, forks: Mortals) -> None:
    with Bench.of(tmp_path, plan.content, forks, nothing) as bench:
        bench.rewind()
        for number in (13, 7, 10, 22):
            assert bench.run("push", "--yes", dies_at=number).code == KILLED

        assert bench.run("push", "--yes").code == 0

        titles = [issue["title"] for issue in bench.server.records.issues]
        assert len(titles) == len(set(titles)) == 13
        assert len(bench.server.records.milestones) == 4
        assert bench.copy.is_settled()


# Answers that get lost: the tracker did what it was asked, and nobody was told.


@pytest.fixture
def small(small_server: SmallServer) -> SmallServer:
    """The server, with nothing on it."""
    small_server.restore(small_server.empty)
    return small_server


@pytest.fixture
def stage(small: SmallServer) -> SmallServer:
    """In this module the tracker can be told to lose its answers."""
    return small


@pytest.mark.parametrize("what", ["milestones", "issues"])
@pytest.mark.parametrize(
    "fault", [Fault.APPLY_AND_DROP, Fault.TRUNCATE, Fault.DROP], ids=lambda f: f.name.lower()
)
def test_a_create_whose_answer_was_lost_is_not_made_twice(
    fresh: Copy, small: SmallServer, person: Person, fault: Fault, what: str
) -> None:
    small.misbehave(fault, "POST", f"{what}$", after=2, times=1)

    ran = fresh.push(exits=5)

    assert ran.json["outcome"] == "partial"
    assert "unknown" in {op["status"] for op in ran.json["operations"]}
    assert any(op["error"] for op in ran.json["operations"])

    fresh.push()

    assert len(person.milestones()) == 4
    titles = [issue["title"] for issue in person.issues()]
    assert len(titles) == len(set(titles)) == 13
    assert fresh.is_settled()


@pytest.mark.parametrize("fault", [Fault.APPLY_AND_DROP, Fault.DROP], ids=lambda f: f.name.lower())
def test_an_update_whose_answer_was_lost_reaches_the_tracker_once_and_no_tick_is_lost(
    copy: Copy, small: SmallServer, person: Person, fault: Fault
) -> None:
    one, two = copy.outline.task("1.1"), copy.outline.task("2.1")
    copy.tick("1.1", two.steps[0])
    person.tick(two.title, two.steps[1])
    before = copy.content
    small.misbehave(fault, "PATCH", times=1)

    copy.sync(exits=5)
    copy.sync()

    assert person.issue(one.title)["state"] == "closed"
    assert [letter for letter, _ in person.boxes(two.title)][:3] == ["x", "x", " "]
    assert body(copy.since(before)) == [(f"- [ ] {two.steps[1]}", f"- [x] {two.steps[1]}")]
    assert copy.is_settled()


def test_a_close_whose_answer_was_lost_is_never_repeated_against_a_person_who_reopens(
    copy: Copy, small: SmallServer, person: Person
) -> None:
    task = copy.outline.task("1.1")
    copy.tick("1.1")
    small.misbehave(Fault.APPLY_AND_DROP, "PATCH", after=1, times=1)
    copy.sync(exits=5)
    assert person.issue(task.title)["state"] == "closed"
    person.reopen(task.title)

    for _ in range(3):
        ran = copy.sync(exits=4)
        assert [conflict["field"] for conflict in ran.json["conflicts"]] == ["state"]
        assert ran.own_writes == 0, "whose word is the last cannot be known, so a person decides"

    assert person.issue(task.title)["state"] == "open"
    assert f"- [x] {task.steps[0]}" in copy.text
    copy.untick(task.steps[0])
    copy.sync()
    assert person.issue(task.title)["state"] == "open"
    assert copy.is_settled()
