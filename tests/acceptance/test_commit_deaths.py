"""Jobs that are killed, after each thing that they do to files, branches and requests: the next one ends it.

That is one in the same checkout, or, as a CI system's disk is gone with its job, one in a new checkout.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.test_write_back import BRANCH, by_people, protect, pulls
from tests.support.mortals import KILLED, Meanwhile, Mortals
from tests.support.people import Copy, Person, Ran
from tests.support.repository import ROOT, git
from tests.support.sandbox import Sandbox
from tests.support.served import Served

PLAN = """\
# Plan: A shed

## Phase 1: Ground

### Task 1.1: Dig

- [ ] Mark the corners
- [ ] Take the turf off

### Task 1.2: Level

- [ ] Fill with gravel

## Phase 2: Walls

### Task 2.1: Paint

- [ ] Buy paint
"""
NAME = "implementation-plan.md"
STATE = f".plansync/{NAME}.jsonl"
JOB = ("sync", "--yes", "--commit")
FOLDERS = ("server.git", "job", "work")
LASTING = (
    "written plan",
    "state written",
    "after git commit",
    "after git push",
    "after git reset",
    "after the request",
)


@dataclass
class Bench:
    """A project on a server, a checkout that is killed, and a tracker; all can be put back to how they began."""

    served: Served
    person: Person
    sandbox: Sandbox
    forks: Mortals
    branch: str
    job: Copy
    is_later: bool
    kept: Path
    records: Any = None

    def remember(self) -> None:
        for name in FOLDERS:
            shutil.copytree(self.served.folder / name, self.kept / name)
        self.records = self.sandbox.remember()

    def restore(self) -> None:
        for folder in (*FOLDERS, "next", "last"):
            shutil.rmtree(self.served.folder / folder, ignore_errors=True)
        for name in FOLDERS:
            shutil.copytree(self.kept / name, self.served.folder / name)
        self.sandbox.restore(self.records)

    def run(self, copy: Copy, *more: str) -> Ran:
        return self.forks.run(copy, (*JOB, *more))

    def points(self) -> list[tuple[int, str]]:
        """Number the points after which something lasts, in a run that nobody kills."""
        self.run(self.job)
        found = list(enumerate(self.forks.points(), 1))
        self.check(self.run(self.served.clone("next")))
        return [(number, point) for number, point in found if point.startswith(LASTING)]

    def kill(self, number: int) -> None:
        """Kill the job at a point; people push what they wanted to, if that was not done by then."""
        self.restore()
        assert self.run_to(number) == KILLED
        if (self.job.folder / ".git" / "hooks" / "pre-push").exists():
            git(self.served.desk.folder, "push", "-q")

    def run_to(self, number: int) -> int:
        return self.forks.run(self.job, JOB, number).code

    def check(self, ran: Ran) -> None:
        """Expect the end that there is without a kill."""
        assert ran.code == 0, ran
        titles = sorted(issue["title"] for issue in self.person.tasks())
        wanted = (
            ["Level", "Renamed by people", "Renamed there"] if self.is_later else ["Dig", "Level", "Paint"]
        )
        assert titles == wanted
        plan = self.served.file(NAME, self.branch)
        assert all(f": {title} <!-- plansync:" in plan for title in titles)
        assert plan.count("<!-- plansync:") == 5, "phases and tasks have an id each"
        assert len(re.findall(r'"ref": ?\d', self.served.file(STATE, self.branch))) == 5
        if self.branch == BRANCH:
            assert [pull["state"] for pull in pulls(self.person)] == ["open"]
            assert len(self.served.log(BRANCH)) == len(self.served.log()) + 1
        last = self.served.clone("last")
        again = self.run(last, "--json")
        assert (again.code, again.writes) == (0, 0), again
        assert git(last.folder, "status", "--short") == ""


def change(bench: Bench) -> None:
    """Let people rename on both sides after a first run; the checkout that is killed is older than that."""
    served, desk = bench.served, bench.served.desk
    bench.run(served.clone("earlier"))
    if bench.branch == "main":
        git(bench.job.folder, "pull", "-q")
        git(desk.folder, "pull", "-q")
    desk.replace("Task 1.1: Dig", "Task 1.1: Renamed by people")
    git(desk.folder, "commit", "-qam", "Rename")
    bench.person.rename("Paint", "Renamed there")
    if bench.branch == BRANCH:
        by_people(served)
        return
    hook = bench.job.folder / ".git" / "hooks" / "pre-push"  # so that the job's push is refused
    hook.write_text(f'#!/bin/sh\nrm "$0"\nunset GIT_DIR\ngit -C "{desk.folder}" push -q\n')
    hook.chmod(0o755)


def made(
    way: str, person: Person, sandbox: Sandbox, forks: Mortals, folder: Path, *, is_later: bool
) -> Bench:
    desk = Copy.of(PLAN.encode(), folder / "work", sandbox.place)
    served = Served.of(desk, f'write_back = "{way}"')
    branch = BRANCH if way == "merge-request" else "main"
    if branch == BRANCH:
        protect(served)
    bench = Bench(served, person, sandbox, forks, branch, served.clone("job"), is_later, folder / "kept")
    if is_later:
        change(bench)
    bench.remember()
    return bench


@pytest.fixture(
    params=[(way, is_later) for way in ("commit", "merge-request") for is_later in (False, True)],
    ids=lambda each: f"{each[0]}, {'later' if each[1] else 'first push'}",
)
def bench(
    request: pytest.FixtureRequest, person: Person, sandbox: Sandbox, forks: Mortals, tmp_path: Path
) -> Bench:
    way, is_later = request.param
    return made(way, person, sandbox, forks, tmp_path, is_later=is_later)


@pytest.fixture
def asking(person: Person, sandbox: Sandbox, forks: Mortals, tmp_path: Path) -> Bench:
    """A project that writes back by a request, after the first."""
    return made("merge-request", person, sandbox, forks, tmp_path, is_later=True)


def test_what_a_killed_job_began_the_next_one_ends(bench: Bench) -> None:
    points = bench.points()
    assert len(points) >= 4

    for turn, (number, point) in enumerate(points):
        bench.kill(number)
        copy = bench.job if turn % 2 else bench.served.clone("next")

        ran = bench.run(copy)

        try:
            bench.check(ran)
            assert git(copy.folder, "status", "--short") == "", "what was left lies about"
        except AssertionError as error:
            raise AssertionError(f"killed at point {number}, {point}: {error}\n{ran.err}") from None


def test_what_was_left_in_the_files_is_taken_up_where_the_branch_moved_on(asking: Bench) -> None:
    (number,) = (number for number, point in asking.points() if point == "state written")
    asking.kill(number)
    assert git(asking.job.folder, "status", "--short") != ""
    asking.served.desk.replace("Buy paint", "Buy much paint")
    git(asking.served.desk.folder, "commit", "-qam", "Reword")
    by_people(asking.served)

    ran = asking.run(asking.job)

    assert f"taking up what a run left that did not come to its end: {STATE}, {NAME}" in ran.err
    assert git(asking.job.folder, "status", "--short") == ""
    assert "Buy much paint" in asking.served.file(NAME, BRANCH)
    asking.check(ran)


def test_what_could_not_be_pushed_is_pushed_by_the_next_run(asking: Bench) -> None:
    asking.restore()
    hook = asking.served.folder / "server.git" / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'error: the disk is full' >&2\nexit 1\n")
    hook.chmod(0o755)
    assert asking.run(asking.job).code == 1
    hook.unlink()

    ran = asking.run(asking.job)

    assert git(asking.job.folder, "status", "--short") == ""
    asking.check(ran)


def test_what_was_left_is_on_the_branch_before_the_files_are_cleared_of_it(asking: Bench) -> None:
    """Also where the run that takes it up gets nothing done."""
    (number,) = (number for number, point in asking.points() if point == "state written")
    asking.kill(number)
    token = asking.job.env["PLANSYNC_TOKEN"]
    asking.job.env["PLANSYNC_TOKEN"] = "wrong"

    assert asking.run(asking.job).code == 8

    asking.job.env["PLANSYNC_TOKEN"] = token
    assert "Renamed there" in asking.served.file(NAME, BRANCH)
    asking.check(asking.run(asking.job))
    assert git(asking.job.folder, "status", "--short") == ""


def test_the_work_of_a_person_is_not_taken_for_what_a_run_left(asking: Bench) -> None:
    asking.restore()
    asking.run(asking.job)
    text = (asking.job.folder / NAME).read_text()
    (asking.job.folder / NAME).write_text(text.replace("- [ ] Fill", "- [x] Fill"))

    ran = asking.run(asking.job)

    assert "did not come to its end" not in ran.err
    assert "- [x] Fill" in (asking.job.folder / NAME).read_text()
    assert "- [x] Fill" in asking.served.file(NAME, BRANCH)


@pytest.mark.parametrize("way", ["commit", "merge-request"])
@pytest.mark.parametrize("at", ["ids remembered", "landed create-milestone"])
def test_two_first_pushes_at_one_moment_end_as_one(
    person: Person, sandbox: Sandbox, forks: Mortals, tmp_path: Path, way: str, at: str
) -> None:
    """A race of two can make an issue twice; the one that comes next finds both, and one stays open."""
    bench = made(way, person, sandbox, forks, tmp_path, is_later=False)
    forks.run(bench.job, JOB)
    number = forks.points().index(at) + 1
    bench.restore()
    other = replace(bench.served.clone("next"), env={**bench.job.env, "PYTHONPATH": str(ROOT)})

    forks.run(bench.job, JOB, number, Meanwhile(other, JOB))
    bench.run(bench.served.clone("heals"))

    last = bench.served.clone("last")
    again = bench.run(last, "--json")
    assert (again.code, again.writes) == (0, 0), again
    still = [issue["title"] for issue in person.tasks() if issue["state"] == "open"]
    assert sorted(still) == ["Dig", "Level", "Paint"]
    assert len({b.partition("plan=")[2][:8] for b in (issue["body"] for issue in person.tasks())}) == 1
    if way == "commit":
        links = re.findall(r"\*\*Issue\*\*.*", bench.served.file(NAME, bench.branch))
        assert len(links) == len(set(links)) == 3, "a task has one link"
