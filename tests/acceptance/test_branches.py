"""Branches: text and ticks travel from any of them, issues are closed from the default one alone."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from tests.acceptance.conftest import Stage
from tests.support.mortals import Meanwhile, Mortals
from tests.support.people import Copy, Person
from tests.support.repository import began, git, keep

BOTH = True


@pytest.fixture
def on_branch(copy: Copy) -> Copy:
    """A working copy that is on a branch, its plan on the tracker since before."""
    began(copy)
    git(copy.folder, "checkout", "-qb", "feature")
    return copy


def finish(copy: Copy) -> str:
    """Tick every step of a task; its title."""
    task = copy.outline.task("1.1")
    copy.tick("1.1")
    return task.title


def test_a_task_finished_on_a_branch_is_closed_when_the_branch_is_merged(
    on_branch: Copy, person: Person
) -> None:
    title, before = finish(on_branch), on_branch.content
    ran = on_branch.sync()

    assert {letter for letter, _ in person.boxes(title)} == {"x"}, "ticks travel"
    assert person.issue(title)["state"] == "open"
    assert ran.kinds("tracker", "deferred") == ["close-issue"]
    assert on_branch.content == before, "no computed line is refreshed"
    assert "on feature: closing and reopening waits for the default branch (1 change waits)" in str(
        ran.json["notes"]
    )

    again = on_branch.sync()
    assert again.writes == 0
    assert again.kinds("tracker", "deferred") == ["close-issue"], "it is owed as long as the branch lives"

    keep(on_branch)
    git(on_branch.folder, "checkout", "-q", "main")
    git(on_branch.folder, "merge", "-q", "feature")
    on_branch.sync()

    assert person.issue(title)["state"] == "closed"
    assert "(1/" in on_branch.text
    assert on_branch.is_settled()


def test_what_people_do_on_the_tracker_reaches_a_branch(on_branch: Copy, person: Person) -> None:
    task = on_branch.outline.task("2.1")
    person.close(task.title)

    on_branch.sync()

    assert all(f"- [x] {step}" in on_branch.text for step in task.steps)
    assert on_branch.is_settled()


def test_a_new_task_of_a_branch_gets_its_issue_there(on_branch: Copy, person: Person) -> None:
    on_branch.replace(
        on_branch.section("1.1"), f"{on_branch.section('1.1')}\n\n### Task 1.9: More\n\n- [ ] a"
    )

    on_branch.sync()

    assert person.issue("More")["state"] == "open"
    assert on_branch.is_settled()


def test_a_task_taken_up_again_on_a_branch_is_reopened_after_the_merge(copy: Copy, person: Person) -> None:
    git(copy.folder, "init", "-q", "-b", "trunk")
    title = finish(copy)
    copy.sync()
    keep(copy)
    git(copy.folder, "checkout", "-qb", "feature")
    copy.untick(copy.outline.task("1.1").steps[0])

    assert copy.sync().kinds("tracker", "deferred") == ["reopen-issue"]
    assert person.issue(title)["state"] == "closed"
    git(copy.folder, "checkout", "-q", "-B", "trunk")
    copy.sync()

    assert person.issue(title)["state"] == "open"
    assert copy.is_settled()


@pytest.mark.parametrize(
    ("more", "is_closed"),
    [
        ({}, False),
        ({"PLANSYNC_DEFAULT_BRANCH": "feature"}, True),
        ({"PLANSYNC_DEFAULT_BRANCH": "main"}, False),
    ],
)
def test_the_settings_say_which_branch_is_the_default_one(
    on_branch: Copy, person: Person, more: dict[str, str], is_closed: bool
) -> None:
    on_branch.env |= more
    title = finish(on_branch)

    on_branch.sync()

    assert (person.issue(title)["state"] == "closed") is is_closed


@pytest.mark.parametrize(
    ("ref", "is_closed"), [({}, True), ({"CI": "1", "GITHUB_REF_NAME": "feature"}, False)]
)
def test_a_checkout_of_the_default_branchs_commit_counts_as_it_unless_the_job_says_otherwise(
    copy: Copy, person: Person, ref: dict[str, str], is_closed: bool
) -> None:
    began(copy)
    git(copy.folder, "checkout", "-q", "--detach")
    copy.env |= ref
    title = finish(copy)

    copy.sync()

    assert (person.issue(title)["state"] == "closed") is is_closed


def test_an_old_commit_closes_nothing(copy: Copy, person: Person) -> None:
    began(copy)
    git(copy.folder, "commit", "-qm", "more", "--allow-empty")
    git(copy.folder, "checkout", "-q", "HEAD~1")
    title = finish(copy)

    ran = copy.sync()

    assert person.issue(title)["state"] == "open"
    assert "on a commit without a branch" in str(ran.json["notes"])


def test_the_remote_says_which_branch_is_its_default_one(copy: Copy, person: Person) -> None:
    """Its name is no usual one, and a branch with a usual name is there too."""
    git(copy.folder, "init", "-q", "-b", "release")
    keep(copy)
    git(copy.folder, "branch", "main")
    git(copy.folder, "update-ref", "refs/remotes/origin/release", "HEAD")
    git(copy.folder, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/release")
    title = finish(copy)

    copy.sync()

    assert person.issue(title)["state"] == "closed"


def overtaken(copy: Copy, stage: Stage, forks: Mortals, point: str, *words: str) -> None:
    """Let a sync come to a point, and git do something there meanwhile."""
    before, rehearsal = stage.remember(), copy.folder.with_name("rehearsal")
    shutil.copytree(copy.folder, rehearsal)
    forks.run(replace(copy, folder=rehearsal), ["sync", "--yes"])
    number = forks.points().index(point) + 1
    stage.restore(before)
    who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
    ran = forks.run(copy, ["sync", "--yes"], number, Meanwhile(copy, words, ("git", *who)))
    assert ran.code in (0, 5), ran


@pytest.mark.github
@pytest.mark.parametrize("plan", ["example"], indirect=True)
def test_what_a_run_wrote_is_not_taken_back_by_a_stash_before_its_end(
    copy: Copy, person: Person, stage: Stage, forks: Mortals
) -> None:
    began(copy)
    titles = [copy.outline.task(number).title for number in ("1.1", "2.1")]
    for title in titles:
        person.close(title)
    copy.tick("3.1")

    overtaken(copy, stage, forks, "landed plan", "stash", "--quiet")
    copy.tick("4.1")
    copy.sync(exits=4)

    assert [person.issue(title)["state"] for title in titles] == ["closed", "closed"]
    copy.run("resolve", "--all", "--take", "issue", "--yes")
    assert all(f"- [x] {step}" in copy.text for n in ("1.1", "2.1") for step in copy.outline.task(n).steps)


@pytest.mark.github
@pytest.mark.parametrize("plan", ["example"], indirect=True)
def test_a_branch_that_is_checked_out_in_the_middle_of_a_run_keeps_its_own_state_file(
    copy: Copy, person: Person, stage: Stage, forks: Mortals
) -> None:
    began(copy)
    git(copy.folder, "branch", "earlier")
    copy.tick("3.1")
    copy.sync()
    keep(copy)
    title = copy.outline.task("1.1").title
    person.close(title)

    overtaken(copy, stage, forks, "intended plan", "checkout", "--quiet", "earlier")

    assert git(copy.folder, "status", "--porcelain") == ""
    git(copy.folder, "checkout", "--quiet", "main")
    copy.sync()
    assert person.issue(title)["state"] == "closed"
    assert all(f"- [x] {step}" in copy.text for step in copy.outline.task("1.1").steps)
    assert copy.is_settled()
