"""`write_back = "merge-request"`: one branch, one request, whatever happens on the branch that takes no pushes."""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import replace
from typing import Any

import pytest

from tests.support.people import Copy, Person, run
from tests.support.repository import ROOT, git
from tests.support.sandbox import Sandbox
from tests.support.served import Served

QUICK = False
PLAN = "implementation-plan.md"
STATE = f".plansync/{PLAN}.jsonl"
BRANCH = "plansync/write-back"
JOB = ("sync", "--yes", "--commit")


def protect(served: Served) -> Served:
    """Let the server take pushes to no branch but that of a request."""
    hook = served.folder / "server.git" / "hooks" / "update"
    hook.write_text(
        f'#!/bin/sh\ncase "$1" in refs/heads/{BRANCH}) exit 0;; esac\n'
        '[ -e allowed ] || { echo "protected" >&2; exit 1; }\n'
    )
    hook.chmod(0o755)
    return served


def by_people(served: Served) -> None:
    """Push what people committed on their desk; they may."""
    allowed = served.folder / "server.git" / "allowed"
    allowed.touch()
    git(served.desk.folder, "push", "-q", "origin", "main")
    allowed.unlink()


def merge(served: Served) -> None:
    allowed = served.folder / "server.git" / "allowed"
    allowed.touch()
    served.merge(BRANCH)
    allowed.unlink()


def pulls(person: Person, state: str = "all") -> list[Any]:
    return list(person.client.get("pulls", params={"state": state}).raise_for_status().json())


@pytest.fixture
def served(copy: Copy) -> Served:
    """A project whose plan is on the tracker and on a server, with a protected branch."""
    return protect(Served.of(copy, 'write_back = "merge-request"'))


@pytest.fixture
def unpushed(fresh: Copy) -> Served:
    """The same before the first push."""
    return protect(Served.of(fresh, 'write_back = "merge-request"'))


def test_ten_runs_make_one_request(served: Served, person: Person) -> None:
    tasks = served.desk.outline.tasks
    for number in range(10):
        person.close(tasks[number].title)
        served.clone(f"job {number}").run(*JOB)

    (request,) = pulls(person)
    assert (request["head"]["ref"], request["base"]["ref"], request["state"]) == (BRANCH, "main", "open")
    plan = served.file(PLAN, BRANCH)
    assert all(f"- [x] {step}" in plan for task in tasks[:10] for step in task.steps)
    assert served.log(BRANCH) == ["Sync the plan with its issues", "Plan"]
    assert served.log() == ["Plan"]


def test_a_run_that_finds_nothing_new_leaves_the_branch_as_it_is(served: Served, person: Person) -> None:
    person.close(served.desk.outline.task("1.1").title)
    served.clone("one").run(*JOB)
    head = served.head(BRANCH)

    ran = served.clone("two").run(*JOB, "--json")

    assert served.head(BRANCH) == head
    assert ran.writes == 0
    assert len(pulls(person)) == 1


def test_the_work_tree_is_left_as_it_was_checked_out(served: Served, person: Person) -> None:
    person.close(served.desk.outline.task("1.1").title)
    job = served.clone("job")

    job.run(*JOB)

    assert git(job.folder, "status", "--short") == ""
    assert git(job.folder, "log", "--format=%s").split() == ["Plan"]


def test_a_task_renamed_while_the_first_request_is_open_makes_no_second_issue(
    unpushed: Served, person: Person
) -> None:
    unpushed.clone("first").run("push", "--yes", "--commit")
    titles = [unpushed.desk.outline.task(number).title for number in ("1.1", "2.1", "3.2")]
    for number, title in enumerate(titles):
        unpushed.desk.replace(title, f"Quite another name {number}")
    git(unpushed.desk.folder, "commit", "-qam", "Rename")
    by_people(unpushed)

    unpushed.clone("second").run(*JOB)

    assert len(person.tasks()) == 12
    assert {f"Quite another name {n}" for n in range(3)} <= {issue["title"] for issue in person.tasks()}
    plan = unpushed.file(PLAN, BRANCH)
    assert "Quite another name 0 <!-- plansync:" in plan
    assert unpushed.log(BRANCH) == ["Sync the plan with its issues", "Rename", "Plan"]
    assert len(pulls(person)) == 1
    merge(unpushed)
    assert unpushed.clone("third").run(*JOB, "--json").writes == 0


def test_a_plan_moved_while_the_first_request_is_open_keeps_its_issues(
    unpushed: Served, person: Person
) -> None:
    unpushed.clone("first").run("push", "--yes", "--commit")
    git(unpushed.desk.folder, "mv", PLAN, "plan.md")
    git(unpushed.desk.folder, "commit", "-qm", "Move")
    by_people(unpushed)

    unpushed.clone("second").run(*JOB)

    assert len(person.tasks()) == 12
    names = git(unpushed.folder / "server.git", "ls-tree", "-r", "--name-only", BRANCH).split()
    assert names == [".plansync/plan.md.jsonl", "plan.md", "plansync.toml"]
    merge(unpushed)
    assert unpushed.clone("third").run(*JOB, "--json").writes == 0


def test_a_task_added_and_one_removed_meanwhile_are_what_people_made_of_them(
    unpushed: Served, person: Person
) -> None:
    unpushed.clone("first").run("push", "--yes", "--commit")
    section = unpushed.desk.section("1.1")
    unpushed.desk.replace(section, f"{section}\n\n### Task 1.9: More\n\n- [ ] a")
    gone = unpushed.desk.section("4.3")
    unpushed.desk.replace(f"{gone}\n", "")
    git(unpushed.desk.folder, "commit", "-qam", "Change")
    by_people(unpushed)

    unpushed.clone("second").run(*JOB)

    assert len(person.tasks()) == 13
    assert person.issue("More")
    assert "### Task 4.3" not in unpushed.file(PLAN, BRANCH)


def test_a_request_that_was_merged_is_followed_by_a_new_one_only_when_there_is_something(
    served: Served, person: Person
) -> None:
    one, other = (served.desk.outline.task(number) for number in ("1.1", "2.1"))
    person.close(one.title)
    served.clone("first").run(*JOB)
    merge(served)
    person.change(pulls(person)[0]["number"], state="closed")

    served.clone("second").run(*JOB)
    assert len(pulls(person)) == 1
    assert served.branches() == ["main"], "what is merged needs no branch"

    person.close(other.title)
    served.clone("third").run(*JOB)

    assert len(pulls(person)) == 2
    assert len(pulls(person, "open")) == 1
    assert all(f"- [x] {step}" in served.file(PLAN, BRANCH) for step in other.steps)


def test_conflicts_reach_the_branch_before_the_exit_code_says_so(served: Served, person: Person) -> None:
    task, other = (served.desk.outline.task(number) for number in ("1.1", "1.2"))
    served.desk.replace(other.title, f"{other.title} here")
    git(served.desk.folder, "commit", "-qam", "Rename")
    by_people(served)
    person.rename(other.title, f"{other.title} there")
    person.close(task.title)

    served.clone("job").run(*JOB, exits=4)

    assert all(f"- [x] {step}" in served.file(PLAN, BRANCH) for step in task.steps)
    served.clone("next").run(*JOB, "--fail-on", "new")


def test_two_jobs_at_once_leave_one_branch_with_what_both_did(served: Served, person: Person) -> None:
    """Another job pushes the branch between this one's look at it and its own push."""
    one, other = (served.desk.outline.task(number) for number in ("1.1", "2.1"))
    person.close(one.title)
    quick, slow = served.clone("quick"), served.clone("slow")
    hook = slow.folder / ".git" / "hooks" / "pre-push"
    program = f'PYTHONPATH="{ROOT}" "{sys.executable}" -m plansync'
    hook.write_text(
        '#!/bin/sh\nrm "$0"\nunset GIT_DIR GIT_INDEX_FILE\n'
        f'cd "{quick.folder}" && {program} {" ".join((*JOB, *quick.flags))} >/dev/null 2>&1\n'
    )
    hook.chmod(0o755)
    person.close(other.title)

    slow.run(*JOB)

    plan = served.file(PLAN, BRANCH)
    assert not hook.exists()
    assert all(f"- [x] {step}" in plan for task in (one, other) for step in task.steps)
    assert served.log(BRANCH) == ["Sync the plan with its issues", "Plan"]
    assert len(pulls(person)) == 1
    assert served.clone("third").run(*JOB, "--json").writes == 0


def test_a_branch_that_people_use_for_something_else_is_not_written_over(
    served: Served, person: Person
) -> None:
    git(served.desk.folder, "switch", "-qc", BRANCH)
    (served.desk.folder / "notes.txt").write_text("mine")
    git(served.desk.folder, "add", "notes.txt")
    git(served.desk.folder, "commit", "-qm", "Notes")
    git(served.desk.folder, "push", "-q", "origin", BRANCH)
    issues = person.everything()
    person.close(served.desk.outline.task("1.1").title)

    ran = served.clone("job").run(*JOB, exits=1)

    assert "holds more than plan and state file (notes.txt)" in ran.err
    assert served.log(BRANCH)[0] == "Notes"
    assert len(person.everything()) == len(issues)


def test_what_is_not_committed_stays_on_the_desk(served: Served, person: Person) -> None:
    title = served.desk.outline.task("1.1").title
    served.desk.tick("1.1")

    served.desk.run(*JOB)

    assert person.issue(title)["state"] == "closed"
    assert git(served.desk.folder, "status", "--short").split() == ["M", STATE, "M", PLAN]
    assert "- [x]" in served.file(PLAN, BRANCH)


def test_on_gitlab_the_push_asks_for_the_request(fresh: Copy, sandbox: Sandbox) -> None:
    place = sandbox.gitlab
    fresh.flags = ("--api-url", place.api_url, "-R", place.repo)
    served = Served.of(fresh, 'write_back = "merge-request"')
    settings = served.desk.folder / "plansync.toml"
    settings.write_text(settings.read_text().replace('"github"', '"gitlab"'))
    served.keep(served.desk, "Settings")
    protect(served)
    hook = served.folder / "server.git" / "hooks" / "post-receive"
    hook.write_text("#!/bin/sh\nenv | grep ^GIT_PUSH_OPTION_[0-9] | sort >> options\n")
    hook.chmod(0o755)

    served.clone("job").run("push", "--yes", "--commit")

    said = (served.folder / "server.git" / "options").read_text().splitlines()
    options = [line.partition("=")[2] for line in said]
    assert options[:3] == [
        "merge_request.create",
        "merge_request.target=main",
        "merge_request.title=Sync the plan with its issues",
    ]
    assert "plansync:" in served.file(PLAN, BRANCH)


def test_a_request_that_people_closed_stays_closed_until_there_is_something_new(
    served: Served, person: Person
) -> None:
    one, other = (served.desk.outline.task(number) for number in ("1.1", "2.1"))
    person.close(one.title)
    served.clone("first").run(*JOB)
    person.change(pulls(person)[0]["number"], state="closed")

    ran = served.clone("second").run(*JOB)

    assert "left closed" in ran.err
    assert len(pulls(person)) == 1
    person.close(other.title)
    served.clone("third").run(*JOB)
    assert [pull["state"] for pull in pulls(person)] == ["open", "closed"]


def test_a_shallow_checkout_knows_what_the_branch_began_with(unpushed: Served, person: Person) -> None:
    """A CI system fetches one commit, as a rule: the branch stands on another that is not in it."""
    unpushed.clone("first").run("push", "--yes", "--commit")
    unpushed.desk.replace(unpushed.desk.outline.task("1.1").title, "Quite another name")
    git(unpushed.desk.folder, "commit", "-qam", "Rename")
    by_people(unpushed)
    job = unpushed.clone("full")
    shutil.rmtree(job.folder)
    address = (unpushed.folder / "server.git").as_uri()
    git(unpushed.folder, "clone", "-q", "--depth", "1", address, "full")
    assert git(job.folder, "rev-list", "--count", "HEAD").strip() == "1"

    job.run(*JOB)

    assert len(person.tasks()) == 12
    assert person.issue("Quite another name")


def test_a_run_that_is_refused_leaves_branch_and_files_alone(served: Served, person: Person) -> None:
    person.close(served.desk.outline.task("1.1").title)
    served.clone("first").run(*JOB)
    head = served.head(BRANCH)
    job = served.clone("job")
    job.env = {**job.env, "PLANSYNC_TOKEN": "wrong"}

    job.run(*JOB, exits=8)

    assert served.head(BRANCH) == head
    assert git(job.folder, "status", "--short") == ""


def test_two_plans_share_the_branch_and_the_request(served: Served, person: Person) -> None:
    second = served.desk.folder / "second.md"
    second.write_text(
        "# Second\n\n## Phase 1: Only\n\n### Task 1.1: Alone\n\n- [ ] one step\n- [ ] two steps\n"
    )
    with (served.desk.folder / "plansync.toml").open("a") as file:
        file.write(f'[[plan]]\npath = "{PLAN}"\n[[plan]]\npath = "second.md"\n')
    git(served.desk.folder, "add", ".")
    git(served.desk.folder, "commit", "-qm", "Second")
    by_people(served)
    person.close(served.desk.outline.task("1.1").title)

    for number in range(2):
        served.clone(f"job {number}").run(*JOB)

    names = git(served.folder / "server.git", "diff", "--name-only", "main", BRANCH).split()
    assert names == [STATE, ".plansync/second.md.jsonl", PLAN, "second.md"]
    assert len(pulls(person)) == 1
    assert len([issue for issue in person.tasks() if issue["title"] == "Alone"]) == 1


def squash(served: Served) -> None:
    """Merge as the other button does: the commit on the branch is another one, and the branch stays."""
    allowed = served.folder / "server.git" / "allowed"
    allowed.touch()
    git(served.folder, "clone", "-q", "server.git", "squasher")
    git(served.folder / "squasher", "merge", "-q", "--squash", f"origin/{BRANCH}")
    git(served.folder / "squasher", "commit", "-qm", "Squashed")
    git(served.folder / "squasher", "push", "-q", "origin", "main")
    allowed.unlink()


def test_what_people_take_back_after_a_squash_is_not_brought_again(served: Served, person: Person) -> None:
    task = served.desk.outline.task("1.1")
    person.close(task.title)
    served.clone("first").run(*JOB)
    squash(served)
    served.update(served.desk)
    served.desk.replace(f"- [x] {task.steps[0]}", f"- [ ] {task.steps[0]}")
    git(served.desk.folder, "commit", "-qam", "Not done after all")
    by_people(served)

    served.clone("second").run(*JOB)

    assert person.issue(task.title)["state"] == "open"
    assert f"- [ ] {task.steps[0]}" in served.file(PLAN, BRANCH)
    merge(served)
    assert served.clone("third").run(*JOB, "--json").writes == 0


def add_by_hand(served: Served, step: str, new: str) -> None:
    """Let somebody add a step to the plan on the branch, above another one."""
    hand = replace(served.desk, folder=served.folder / "hand")
    git(served.folder, "clone", "-q", "-b", BRANCH, "server.git", "hand")
    hand.plan.write_bytes(
        re.sub(rb"(- \[.\] )(%s\r?\n)" % step.encode(), rb"\1%s\n\1\2" % new.encode(), hand.content)
    )
    git(hand.folder, "commit", "-qam", "By hand")
    git(hand.folder, "push", "-q")


def test_an_edit_by_hand_on_the_branch_is_brought_after_a_squash(served: Served, person: Person) -> None:
    task = served.desk.outline.task("1.1")
    person.close(task.title)
    served.clone("first").run(*JOB)
    squash(served)
    add_by_hand(served, task.steps[0], "By hand")

    served.clone("second").run(*JOB)

    assert "- [x] By hand" in served.file(PLAN, BRANCH)
    assert ("x", "By hand") in person.boxes(task.title)


@pytest.mark.parametrize("way", ["commit", "merge-request"])
def test_where_git_cannot_say_what_changed_nothing_is_taken_for_unchanged(
    served: Served, person: Person, way: str
) -> None:
    """Git fails where its disk is full, and its silence is no answer: the branch is all that holds the ids."""
    one, other = (served.desk.outline.task(number) for number in ("1.1", "2.1"))
    person.close(one.title)
    served.clone("first").run(*JOB)
    head = served.head(BRANCH)
    person.close(other.title)
    job = served.clone("job")
    settings = job.folder / "plansync.toml"
    settings.write_text(settings.read_text().replace("merge-request", way))
    programs = served.folder / "programs"
    programs.mkdir()
    real = shutil.which("git")
    (programs / "git").write_text(
        f'#!/bin/sh\ncase "$*" in *" status "*) echo "fatal: write error. Out of diskspace" >&2; '
        f'exit 128;; esac\nexec {real} "$@"\n'
    )
    (programs / "git").chmod(0o755)
    job.env = {**job.env, "PATH": f"{programs}:{job.env['PATH']}"}

    ran = job.run(*JOB, exits=1)

    assert "Out of diskspace" in ran.err
    assert served.head(BRANCH) == head


def test_a_plan_for_which_there_is_no_room_is_left_whole(served: Served, person: Person) -> None:
    task = served.desk.outline.task("1.1")
    person.close(task.title)
    served.clone("first").run(*JOB)
    job = served.clone("job")
    size = len(job.content)
    room = size // 512 - 2
    limit = f'ulimit -f {room}; exec "$0" -m plansync "$@"'
    words = [*JOB, *job.flags]

    ran = run(words, job.folder, job.env, ("sh", "-c", limit, sys.executable))

    assert ran.code == 1, ran
    assert len(job.content) >= size, "half of it was written"
    job.run(*JOB)
    assert all(f"### Task {each.number}" in served.file(PLAN, BRANCH) for each in served.desk.outline.tasks)
    assert len(person.tasks()) == 12


def test_an_edit_by_hand_on_the_branch_reaches_a_shallow_checkout_with_all_that_was_there_before(
    unpushed: Served, person: Person
) -> None:
    task = unpushed.desk.outline.task("1.1")
    unpushed.clone("first").run("push", "--yes", "--commit")
    add_by_hand(unpushed, task.steps[0], "By hand")
    unpushed.desk.replace(unpushed.desk.outline.task("2.1").title, "Quite another name")
    git(unpushed.desk.folder, "commit", "-qam", "Rename")
    by_people(unpushed)
    job = unpushed.clone("shallow")
    shutil.rmtree(job.folder)
    git(unpushed.folder, "clone", "-q", "--depth", "1", (unpushed.folder / "server.git").as_uri(), "shallow")

    job.run(*JOB)

    assert "- [ ] By hand" in unpushed.file(PLAN, BRANCH)
    assert len(person.tasks()) == 12
    assert person.issue("Quite another name")
