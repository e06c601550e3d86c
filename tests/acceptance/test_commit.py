"""`--commit`: what a scheduled job writes is committed and pushed, whatever the run ended with."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.people import Copy, Person
from tests.support.repository import git
from tests.support.sandbox import Sandbox
from tests.support.served import Served

QUICK = False
MESSAGE = "Sync the plan with its issues"
STATE = ".plansync/implementation-plan.md.jsonl"
PLAN = "implementation-plan.md"
JOB = ("sync", "--yes", "--commit")


@pytest.fixture
def served(copy: Copy) -> Served:
    """A project whose plan is on the tracker, and on a server."""
    return Served.of(copy)


@pytest.fixture
def unpushed(fresh: Copy) -> Served:
    """A project whose plan is on no tracker yet."""
    return Served.of(fresh)


def status(copy: Copy) -> str:
    return git(copy.folder, "status", "--short")


def test_a_job_commits_what_it_wrote_and_pushes_it(served: Served, person: Person) -> None:
    task = served.desk.outline.task("1.1")
    person.close(task.title)
    job = served.clone("job")

    ran = job.run(*JOB)

    assert all(f"- [x] {step}" in served.file(PLAN) for step in task.steps)
    assert served.log() == [MESSAGE, "Plan"]
    assert "pushed to origin/main" in ran.err
    assert status(job) == ""
    assert set(git(job.folder, "show", "--format=", "--name-only", "HEAD").split()) == {PLAN, STATE}


def test_a_job_with_nothing_to_do_commits_nothing(served: Served) -> None:
    job = served.clone("job")

    job.run(*JOB)

    assert served.log() == ["Plan"]


def test_a_first_push_is_committed_with_its_state_file(unpushed: Served) -> None:
    job = unpushed.clone("job")

    job.run("push", "--yes", "--commit")

    assert "plansync:" in unpushed.file(PLAN)
    assert unpushed.file(STATE)


def test_conflicts_are_committed_before_the_exit_code_says_so(served: Served, person: Person) -> None:
    task, other = (served.desk.outline.task(number) for number in ("1.1", "1.2"))
    served.desk.replace(other.title, f"{other.title} here")
    served.keep(served.desk)
    person.rename(other.title, f"{other.title} there")
    person.close(task.title)
    job = served.clone("job")

    ran = job.run(*JOB, exits=4)

    assert f"{other.title} here" in served.file(PLAN)
    assert all(f"- [x] {step}" in served.file(PLAN) for step in task.steps)
    assert served.log()[0] == MESSAGE
    assert "title differs" in ran.out
    second = served.clone("second")
    second.run(*JOB, "--fail-on", "new")
    assert served.log().count(MESSAGE) == 1


def test_the_message_names_no_issue_and_closes_none(served: Served, person: Person) -> None:
    person.close(served.desk.outline.task("1.1").title)
    job = served.clone("job")
    job.env["CI"] = "true"

    job.run(*JOB)

    message = git(job.folder, "log", "-1", "--format=%B").strip()
    assert message == f"{MESSAGE} [skip ci]"
    assert not re.search(r"#\d|\b(clos|fix|resolv)", message, re.IGNORECASE)


def test_a_state_file_that_was_put_aside_is_offered_to_git_by_no_command(
    served: Served, person: Person
) -> None:
    person.close(served.desk.outline.task("1.1").title)
    job = served.clone("job")
    job.state.write_bytes(job.state.read_bytes().replace(b'"rev":1', b'"rev":NaN', 1))

    job.run(*JOB)
    (bad,) = job.state.parent.glob("*.bad-1")
    kept = {PLAN, STATE}
    assert set(git(job.folder, "show", "--format=", "--name-only", "HEAD").split()) == kept
    assert status(job) == ""

    job.run("state", "rekey", "--yes")
    (old,) = job.state.parent.glob("*.old-1")
    git(job.folder, "add", "--all", ".plansync")
    assert {line[3:] for line in status(job).splitlines()} == kept
    assert bad.exists() and old.exists()


def test_a_gitignore_that_somebody_wrote_gets_the_lines_that_hide_what_is_put_aside(served: Served) -> None:
    ignore = served.desk.state.parent / ".gitignore"
    ignore.write_text("*.swp", encoding="utf-8")

    served.desk.run("state", "rekey", "--yes")

    assert ignore.read_text("utf-8") == "*.swp\n*.jsonl.bad-*\n*.jsonl.old-*\n"
    assert ".old-1" not in status(served.desk)


def test_a_run_that_is_refused_commits_nothing(served: Served, person: Person) -> None:
    person.close(served.desk.outline.task("1.1").title)
    job = served.clone("job")
    job.env["PLANSYNC_TOKEN"] = "wrong"

    job.run(*JOB, exits=8)

    assert served.log() == ["Plan"]
    assert status(job) == ""


def test_what_is_staged_beside_stays_staged(served: Served, person: Person) -> None:
    person.close(served.desk.outline.task("1.1").title)
    (served.desk.folder / "other.txt").write_text("mine")
    git(served.desk.folder, "add", "other.txt")

    served.desk.run(*JOB)

    assert status(served.desk) == "A  other.txt\n"
    assert served.log() == [MESSAGE, "Plan"]


def test_commits_of_people_are_not_pushed_along(served: Served, person: Person) -> None:
    person.close(served.desk.outline.task("1.1").title)
    git(served.desk.folder, "commit", "-q", "--allow-empty", "-m", "Not ready")

    ran = served.desk.run(*JOB)

    assert served.log() == ["Plan"]
    assert "not pushed" in ran.err
    assert git(served.desk.folder, "log", "-1", "--format=%s").strip() == MESSAGE


def test_a_job_goes_on_from_what_others_pushed_since_its_checkout(served: Served, person: Person) -> None:
    task = served.desk.outline.task("1.1")
    job = served.clone("job")
    served.desk.tick("1.1")
    served.keep(served.desk)

    job.run(*JOB)

    assert person.issue(task.title)["state"] == "closed"
    assert served.log()[1:] == ["Work", "Plan"]


def pushed_meanwhile(served: Served, job: Copy) -> None:
    """Let somebody's push land between the job's look at the server and its own push."""
    hook = job.folder / ".git" / "hooks" / "pre-push"
    desk = served.desk.folder
    hook.write_text(
        f'#!/bin/sh\nrm "$0"\nunset GIT_DIR GIT_INDEX_FILE\ncd "{desk}" && git push -q origin main\n'
    )
    hook.chmod(0o755)


def test_a_push_of_somebody_elses_is_joined_and_synced_again(served: Served, person: Person) -> None:
    """A task is closed on the tracker; meanwhile somebody ticks another one, and renames a third."""
    closed, ticked, renamed = (served.desk.outline.task(number) for number in ("1.1", "2.1", "1.2"))
    person.close(closed.title)
    job = served.clone("job")
    served.desk.tick("2.1")
    served.desk.replace(renamed.title, "Another name")
    git(served.desk.folder, "commit", "-qam", "Mine")
    pushed_meanwhile(served, job)

    job.run(*JOB)

    plan = served.file(PLAN)
    assert all(f"- [x] {step}" in plan for task in (closed, ticked) for step in task.steps)
    assert "Another name" in plan
    assert served.log()[-2:] == ["Mine", "Plan"]
    assert set(served.log()[:-2]) == {MESSAGE}
    assert person.issue(ticked.title)["state"] == "closed"
    assert person.issue("Another name")["state"] == "open"
    assert len(person.tasks()) == 12
    assert status(job) == ""
    again = served.clone("again")
    assert again.run(*JOB, "--json").writes == 0


def test_both_changed_one_line_and_the_persons_word_stands_until_they_decide(
    served: Served, person: Person
) -> None:
    task = served.desk.outline.task("1.2")
    person.rename(task.title, "A title of the tracker")
    job = served.clone("job")
    served.desk.replace(task.title, "Quite another thing of mine")
    git(served.desk.folder, "commit", "-qam", "Mine")
    pushed_meanwhile(served, job)

    ran = job.run(*JOB, exits=4)

    assert "Quite another thing of mine" in served.file(PLAN)
    assert person.issue("A title of the tracker")
    assert "title differs" in ran.out
    assert len(person.tasks()) == 12


def test_ids_of_a_first_push_reach_tasks_that_were_renamed_meanwhile(
    unpushed: Served, person: Person
) -> None:
    job = unpushed.clone("job")
    titles = [unpushed.desk.outline.task(number).title for number in ("1.1", "2.1")]
    for number, title in enumerate(titles):
        unpushed.desk.replace(title, f"Renamed {number}")
    git(unpushed.desk.folder, "commit", "-qam", "Mine")
    pushed_meanwhile(unpushed, job)

    job.run("push", "--yes", "--commit")

    assert len(person.tasks()) == 12
    assert person.issue("Renamed 0")
    assert person.issue("Renamed 1")
    assert unpushed.file(PLAN).count("<!-- plansync:") == 4 + 12, "each phase and task has its id, once"


def test_a_plan_that_was_moved_meanwhile_keeps_its_issues(unpushed: Served, person: Person) -> None:
    """The run has the old name, so it cannot be made again; what it did is pushed all the same."""
    job = unpushed.clone("job")
    git(unpushed.desk.folder, "mv", PLAN, "plan.md")
    git(unpushed.desk.folder, "commit", "-qm", "Move")
    pushed_meanwhile(unpushed, job)

    job.run("push", "--yes", "--commit", PLAN, exits=1)

    assert "<!-- plansync:" in unpushed.file("plan.md")
    unpushed.clone("next").run(*JOB)
    assert len(person.tasks()) == 12


def test_a_protected_branch_is_named_with_the_way_out(served: Served, person: Person) -> None:
    person.close(served.desk.outline.task("1.1").title)
    hook = served.folder / "server.git" / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'error: GH006: Protected branch update failed' >&2\nexit 1\n")
    hook.chmod(0o755)
    job = served.clone("job")

    ran = job.run(*JOB, exits=1)

    assert 'write_back = "merge-request"' in ran.err
    assert served.log() == ["Plan"]
    assert git(job.folder, "log", "-1", "--format=%s").strip() == MESSAGE


def test_what_a_killed_job_left_is_committed_by_the_next_step(served: Served, person: Person) -> None:
    """The step with `if: always()` after a sync that had no time to commit."""
    task = served.desk.outline.task("1.1")
    person.close(task.title)
    job = served.clone("job")
    job.run("sync", "--yes")

    ran = job.run("sync", "--commit-only")

    assert all(f"- [x] {step}" in served.file(PLAN) for step in task.steps)
    assert served.log() == [MESSAGE, "Plan"]
    assert ran.out == ""
    job.run("sync", "--commit-only")
    assert served.log() == [MESSAGE, "Plan"]


@pytest.mark.parametrize("option", [("--dry-run",), ("--only", "1.1")])
def test_what_commits_only_heeds_no_option_of_a_sync_and_says_so(
    served: Served, option: tuple[str, ...]
) -> None:
    job = served.clone("job")
    plan = job.folder / PLAN
    plan.write_bytes(plan.read_bytes() + b"\n")

    ran = job.run("sync", "--commit-only", *option, exits=2)

    assert f"--commit-only makes no sync, so {option[0]} cannot be heeded" in ran.err
    assert served.log() == ["Plan"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_stopped_commits_what_it_did(
    unpushed: Served, person: Person, sandbox: Sandbox, number: signal.Signals
) -> None:
    """A paced first push makes 20 things at once, and then one a second: it is stopped in the middle."""
    job = unpushed.clone("job")
    command = [sys.executable, "-m", "plansync", "push", "--yes", "--commit"]
    process = subprocess.Popen(
        command,
        cwd=job.folder,
        env={**job.env, "PLANSYNC_PACE": "on"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 30
    while len(person.issues()) < 12 and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)

    assert process.returncode == 130, (out, err)
    assert "<!-- plansync:" in unpushed.file(PLAN)
    assert '"ref":' in unpushed.file(STATE)
    made = len(person.tasks())
    assert 0 < made <= 12
    unpushed.clone("next").run(*JOB)
    assert len(person.tasks()) == 12


def test_a_signal_between_commit_and_push_waits_for_the_push(served: Served, person: Person) -> None:
    person.close(served.desk.outline.task("1.1").title)
    job = served.clone("job")
    hook = job.folder / ".git" / "hooks" / "pre-push"
    hook.write_text("#!/bin/sh\ntouch reached\nsleep 1\n")
    hook.chmod(0o755)
    command = [sys.executable, "-m", "plansync", *JOB]
    process = subprocess.Popen(
        command, cwd=job.folder, env=job.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 30
    while not (job.folder / "reached").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)

    assert process.returncode == 130, (out, err)
    assert served.log() == [MESSAGE, "Plan"]


def test_a_folder_without_git_is_told_so(copy: Copy) -> None:
    ran = copy.run(*JOB, exits=2)

    assert "needs a git repository" in ran.err


def test_a_state_file_that_git_ignores_is_told_of(served: Served) -> None:
    git(served.desk.folder, "rm", "-rq", "--cached", ".plansync")
    (served.desk.folder / ".gitignore").write_text(".plansync/\n")
    git(served.desk.folder, "add", ".gitignore")
    git(served.desk.folder, "commit", "-qm", "Ignore")

    ran = served.desk.run(*JOB, exits=2)

    assert "git ignores" in ran.err


def test_a_dry_run_has_nothing_to_commit(served: Served) -> None:
    assert "contradict" in served.desk.run(*JOB, "--dry-run", exits=2).err


def test_work_that_is_not_committed_is_joined_with_what_others_pushed(served: Served, person: Person) -> None:
    """Somebody at a desk ticked a box, and is behind: their edit cannot be taken aside, so it is committed first."""
    job = served.clone("job")
    ours, theirs = (served.desk.outline.task(number) for number in ("1.1", "2.1"))
    served.desk.tick("2.1")
    served.keep(served.desk)
    job.tick("1.1")

    ran = job.run(*JOB)

    plan = served.file(PLAN)
    assert all(f"- [x] {step}" in plan for task in (ours, theirs) for step in task.steps)
    assert {person.issue(task.title)["state"] for task in (ours, theirs)} == {"closed"}
    assert "pushed to origin/main" in ran.err
    assert status(job) == ""


def test_a_shallow_checkout_is_joined_with_what_others_pushed(served: Served, person: Person) -> None:
    task = served.desk.outline.task("1.1")
    served.keep(replaced(served.desk, "Earlier"), "Earlier")
    job = served.clone("job")
    shutil.rmtree(job.folder)
    address = (served.folder / "server.git").as_uri()
    git(served.folder, "clone", "-q", "--depth", "1", address, "job")
    person.close(task.title)
    served.desk.tick("2.1")
    git(served.desk.folder, "commit", "-qam", "Mine")
    pushed_meanwhile(served, job)

    job.run(*JOB)

    assert all(f"- [x] {step}" in served.file(PLAN) for step in task.steps)
    assert served.log()[-3:] == ["Mine", "Earlier", "Plan"]


def replaced(copy: Copy, title: str) -> Copy:
    copy.replace(copy.outline.task("3.1").title, title)
    return copy


def test_a_commit_without_a_branch_is_pushed_to_the_one_that_the_ci_system_names(
    served: Served, person: Person
) -> None:
    person.close(served.desk.outline.task("1.1").title)
    job = served.clone("job")
    git(job.folder, "checkout", "-q", "--detach")
    job.env = {**job.env, "CI": "true", "GITHUB_REF": "refs/heads/main", "GITHUB_REF_NAME": "main"}

    job.run(*JOB)

    assert served.log() == [f"{MESSAGE} [skip ci]", "Plan"]


def test_what_a_pull_request_would_be_when_merged_is_pushed_nowhere(served: Served, person: Person) -> None:
    person.close(served.desk.outline.task("1.1").title)
    job = served.clone("job")
    git(job.folder, "checkout", "-q", "--detach")
    pull = {"GITHUB_REF": "refs/pull/3/merge", "GITHUB_REF_NAME": "3/merge", "GITHUB_REF_TYPE": "branch"}
    job.env = {**job.env, "CI": "true", **pull}

    ran = job.run(*JOB)

    assert served.branches() == ["main"]
    assert served.log() == ["Plan"]
    assert "not pushed" in ran.err


def test_a_plan_behind_a_link_out_of_the_work_tree_is_refused(served: Served, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    git(elsewhere, "init", "-q")
    (elsewhere / "plan.md").write_bytes(served.desk.content)
    (served.desk.folder / "link.md").symlink_to(elsewhere / "plan.md")

    ran = served.desk.run(*JOB, "link.md", exits=None)

    assert ran.code in (1, 2), ran


def test_credentials_of_an_address_are_never_told(served: Served, person: Person) -> None:
    job = served.clone("job")
    git(job.folder, "remote", "set-url", "origin", "https://robot:s3cr3t-t0ken@127.0.0.1:9/o/r.git")
    person.close(served.desk.outline.task("1.1").title)

    ran = job.run(*JOB, exits=1)

    assert "s3cr3t" not in ran.out + ran.err
    assert git(job.folder, "log", "-1", "--format=%s").strip() == MESSAGE, "it is committed all the same"
