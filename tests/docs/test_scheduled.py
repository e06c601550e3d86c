"""The README's workflow and cron line: real git, the real command, a tracker on loopback."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.docs.conftest import Person, Run
from tests.docs.pages import fenced

yaml = pytest.importorskip("yaml")

WORKFLOW: Any = yaml.safe_load(fenced("README.md", "yaml")[0])
STEPS: list[dict[str, Any]] = WORKFLOW["jobs"]["sync"]["steps"]
SYNC, COMMIT = (step for step in STEPS if "plansync sync" in step.get("run", "") or "if" in step)
BASH = "bash -ec"  # as a runner starts a step
(CRON,) = fenced("README.md", "cron")


def test_the_workflow_may_do_what_it_does_and_no_more() -> None:
    assert WORKFLOW["permissions"] == {"contents": "write", "issues": "write"}
    assert SYNC["env"] == {"GITHUB_TOKEN": "${{ github.token }}"}


def test_runs_wait_for_each_other_and_none_is_cancelled() -> None:
    assert set(WORKFLOW["concurrency"]) == {"group"}


def test_the_sync_is_followed_by_a_commit_whatever_it_ended_with() -> None:
    assert COMMIT["if"] == "always()"
    assert STEPS.index(COMMIT) == STEPS.index(SYNC) + 1 == len(STEPS) - 1
    assert "continue-on-error" not in SYNC, "a conflict is to be seen"


def test_the_message_closes_nothing_and_starts_nothing() -> None:
    for text in (COMMIT["run"], CRON):
        (message,) = re.findall(r'git commit .*-m "(.*?)"', text)
        assert not re.search(r"#\d|\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\b", message, re.IGNORECASE)
    assert "[skip ci]" in COMMIT["run"]


def test_a_checkout_starts_from_the_branch_and_not_from_the_event() -> None:
    assert STEPS[0]["with"] == {"ref": "${{ github.ref_name }}"}
    assert "schedule" in WORKFLOW[True], "YAML 1.1 reads `on` as true; GitHub does not"


# ------------------------------------------------------------------ really run


@dataclass
class Project:
    """A bare repository as the server, and clones of it."""

    run: Run
    folder: Path
    person: Person

    def clone(self, name: str) -> Path:
        """Check the branch out, as the first step does."""
        assert self.run(f"git clone -q server.git {name}", self.folder).returncode == 0
        return self.folder / name

    def sync(self, where: Path, token: str = "") -> int:
        """Perform the sync step as a runner does."""
        env = {
            "GITHUB_TOKEN": token or self.person.token,
            "GITHUB_API_URL": self.person.api_url,
            "CI": "true",
        }
        return self.run(SYNC["run"], where, env, BASH).returncode

    def commit(self, where: Path) -> subprocess.CompletedProcess[str]:
        """Perform the commit step as a runner does."""
        return self.run(COMMIT["run"], where, {"CI": "true"}, BASH)

    def served(self, path: str) -> str:
        """Read a file at the server's head."""
        return self.run(f"git -C server.git show main:{path}", self.folder).stdout

    def log(self) -> list[str]:
        """List the server's messages, newest first."""
        return self.run("git -C server.git log --format=%s main", self.folder).stdout.splitlines()

    def edit(self, where: Path, old: str, new: str) -> None:
        """Change the plan, commit, push."""
        plan = where / "PLAN.md"
        source = plan.read_text(encoding="utf-8")
        assert old in source
        plan.write_text(source.replace(old, new), encoding="utf-8")
        done = self.run("git pull -q --rebase --autostash && git commit -qam Edit && git push -q", where)
        assert done.returncode == 0, done.stderr


@pytest.fixture
def project(run: Run, tmp_path: Path, person: Person, plan: Path, settings: str) -> Project:
    """A project whose first push was made by hand, and committed."""
    made = Project(run, tmp_path, person)
    assert run("git init -q --bare -b main server.git").returncode == 0
    desk = made.clone("desk")
    plan.rename(desk / "PLAN.md")
    (desk / "plansync.toml").write_text(settings, encoding="utf-8")
    script = "plansync push --yes && git add . && git commit -qm Plan && git push -q origin HEAD:main"
    done = run(script, desk, {"PLANSYNC_TOKEN": person.token})
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture
def in_conflict(project: Project) -> Project:
    """A title that both sides changed, and an issue that was closed."""
    project.edit(project.folder / "desk", "Attach a photo", "Attach one photo")
    project.person.retitle(3, "Attach photos")
    project.person.close(1)
    return project


def test_the_first_commit_holds_the_state_file_and_nothing_of_the_machine(project: Project) -> None:
    files = project.run("git ls-files", project.folder / "desk").stdout.split()

    assert files == [".plansync/PLAN.md.jsonl", "PLAN.md", "plansync.toml"]


def test_a_job_commits_plan_and_state_file_although_the_sync_failed(in_conflict: Project) -> None:
    project, runner = in_conflict, in_conflict.clone("runner")
    before = project.served(".plansync/PLAN.md.jsonl")

    assert project.sync(runner) == 4
    done = project.commit(runner)

    assert done.returncode == 0, done.stderr
    assert "- [x] Add a licence" in project.served("PLAN.md")
    assert "Attach one photo" in project.served("PLAN.md")
    assert project.served(".plansync/PLAN.md.jsonl") != before
    assert project.log()[0] == "Sync the plan with its issues [skip ci]"


def test_the_next_job_finds_nothing_new_to_commit(in_conflict: Project) -> None:
    project, runner = in_conflict, in_conflict.clone("runner")
    project.sync(runner)
    project.commit(runner)
    log = project.log()

    second = project.clone("second")
    assert project.sync(second) == 4
    done = project.commit(second)

    assert done.returncode == 0, done.stderr
    assert project.log() == log


def test_a_push_that_is_rejected_goes_on_top_of_what_came_between(in_conflict: Project) -> None:
    project, runner = in_conflict, in_conflict.clone("runner")
    project.sync(runner)
    project.edit(project.folder / "desk", "# Plan: Garden Diary", "# Plan: Garden Diary, Second Edition")

    done = project.commit(runner)

    assert done.returncode == 0, done.stderr
    assert project.log()[:2] == ["Sync the plan with its issues [skip ci]", "Edit"]
    assert "Second Edition" in project.served("PLAN.md")
    assert "- [x] Add a licence" in project.served("PLAN.md")


def test_a_push_that_cannot_be_joined_leaves_the_branch_to_the_next_job(in_conflict: Project) -> None:
    project, runner = in_conflict, in_conflict.clone("runner")
    project.sync(runner)
    project.edit(project.folder / "desk", "- [ ] Add a licence", "- [ ] Add a licence and a notice")

    done = project.commit(runner)

    assert done.returncode == 1
    assert project.log()[0] == "Edit"
    assert "rebase" not in project.run("git status", runner).stdout

    healed = project.clone("healed")
    project.sync(healed)
    assert project.commit(healed).returncode == 0
    assert "Add a licence and a notice" in project.served("PLAN.md")
    assert len(project.person.call("GET", "issues?state=all")) == 4


def test_a_job_without_access_commits_nothing(project: Project) -> None:
    runner = project.clone("runner")
    log = project.log()

    assert project.sync(runner, token="wrong") == 8
    assert project.commit(runner).returncode == 0
    assert project.log() == log


def test_a_project_that_was_never_pushed_makes_no_trouble(run: Run, tmp_path: Path, plan: Path) -> None:
    script = "git init -q -b main . && git add PLAN.md && git commit -qm Plan"
    assert run(script).returncode == 0

    done = run(COMMIT["run"], tmp_path, {"CI": "true"}, BASH)

    assert done.returncode == 0, done.stderr


def test_the_cron_line_commits_although_the_sync_failed(in_conflict: Project, home: Path) -> None:
    project = in_conflict
    project.clone("garden").rename(home / "garden")
    *times, command = CRON.strip().split(maxsplit=5)
    assert len(times) == 5
    assert "%" not in command, "cron would read it as a line end"

    done = project.run(command, home, {"PLANSYNC_TOKEN": project.person.token})

    log = project.run("git log --format=%s && git status --short", home / "garden").stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert "Task 2.1: title differs" in done.stdout, "a conflict is mailed"
    assert log[0] == "Sync the plan with its issues"
    assert not [line for line in log if line.startswith((" M", "??"))]
    assert "- [x] Add a licence" in (home / "garden" / "PLAN.md").read_text(encoding="utf-8")


def test_the_cron_line_says_nothing_where_nothing_needs_anybody(project: Project, home: Path) -> None:
    project.clone("garden").rename(home / "garden")
    command = CRON.strip().split(maxsplit=5)[5]

    done = project.run(command, home, {"PLANSYNC_TOKEN": project.person.token})

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
