"""A branch of a request that is deleted before it is merged: what is on the tracker is found again."""

from __future__ import annotations

import re
import shutil

import pytest

from tests.acceptance.test_write_back import BRANCH, JOB, PLAN, by_people, merge, protect
from tests.support.people import Copy, Person
from tests.support.repository import git
from tests.support.served import Served

QUICK = False


@pytest.fixture
def served(fresh: Copy) -> Served:
    """A project before its first push, with a protected branch."""
    return protect(Served.of(fresh, 'write_back = "merge-request"'))


def forget(served: Served) -> None:
    """Delete the branch on the server, as the button under a closed request does."""
    git(served.folder / "server.git", "update-ref", "-d", f"refs/heads/{BRANCH}")


def change(served: Served, old: str, new: str) -> None:
    """Change a place of the plan, as people do on the branch that the jobs work for."""
    served.desk.replace(old, new)
    git(served.desk.folder, "commit", "-qam", "Change")
    by_people(served)


def move(served: Served) -> None:
    git(served.desk.folder, "mv", PLAN, "plan.md")
    git(served.desk.folder, "commit", "-qm", "Move")
    by_people(served)


@pytest.fixture
def made(served: Served, person: Person) -> list[int]:
    """List what a first run made, of which only the branch tells, and the branch is gone."""
    served.clone("first").run(*JOB)
    numbers = [issue["number"] for issue in person.everything()]
    forget(served)
    return numbers


def test_nothing_is_made_again(served: Served, person: Person, made: list[int]) -> None:
    ran = served.clone("second").run(*JOB)

    assert "issues of this plan are there already; taking them over" in ran.out
    assert [issue["number"] for issue in person.everything()] == made
    assert served.file(PLAN, BRANCH).count("<!-- plansync:") == 16
    merge(served)
    assert served.clone("third").run(*JOB, "--json").writes == 0


def test_a_task_that_was_renamed_meanwhile_is_asked_about(
    served: Served, person: Person, made: list[int]
) -> None:
    change(served, served.desk.outline.task("1.1").title, "Quite another name")

    ran = served.clone("second").run(*JOB, exits=4)

    assert "Task 1.1: title differs" in ran.out
    assert [issue["number"] for issue in person.everything()] == made


def test_a_plan_that_was_moved_meanwhile_takes_its_issues_along(
    served: Served, person: Person, made: list[int]
) -> None:
    move(served)

    served.clone("second").run(*JOB)

    assert [issue["number"] for issue in person.everything()] == made
    merge(served)
    assert served.clone("third").run(*JOB, "--json").writes == 0


def test_a_checkout_that_cannot_tell_whether_the_plan_was_moved_makes_nothing(
    served: Served, person: Person, made: list[int]
) -> None:
    move(served)
    address = (served.folder / "server.git").as_uri()
    job = served.clone("second")
    shutil.rmtree(job.folder)
    git(served.folder, "clone", "-q", "--depth", "1", address, "second")

    ran = job.run(*JOB, exits=7)

    assert f"issues of {PLAN}, which is not here any more, have the ids of tasks of this plan" in ran.err
    assert [issue["number"] for issue in person.everything()] == made
    assert served.branches() == ["main"]
    ((_, how),) = re.findall("`plansync (state lineage) --take (\\w+) plan.md`", ran.err)
    job.run("state", "lineage", "--take", how, "plan.md")
    job.run("sync", "--yes", exits=6)  # what both sides say is learnt anew
    job.run("sync", "--yes")
    assert [issue["number"] for issue in person.everything()] == made
