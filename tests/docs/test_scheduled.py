"""The files of `plansync schedule`: as the platforms' schemas say, and really run, with git and a tracker."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.docs.conftest import Person, Run
from tests.docs.pages import ROOT

yaml = pytest.importorskip("yaml")

BASH = "bash -ec"  # as a runner starts a step
MESSAGE = "Sync the plan with its issues"
KINDS = ("github-actions", "gitlab-ci", "cron", "systemd")
CLOSING = re.compile(r"#\d|\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\b", re.IGNORECASE)


@dataclass
class Project:
    """A bare repository as the server, and clones of it."""

    run: Run
    folder: Path
    person: Person

    @property
    def desk(self) -> Path:
        return self.folder / "desk"

    def clone(self, name: str) -> Path:
        """Check the branch out, as the first step does."""
        assert self.run(f"git clone -q server.git {name}", self.folder).returncode == 0
        return self.folder / name

    def scheduled(self, *words: str) -> str:
        """Print the files of a job."""
        done = self.run(shlex.join(["plansync", "schedule", *words]), self.desk)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def workflow(self, *words: str) -> Any:
        return yaml.safe_load(self.scheduled("github-actions", *words))

    def pipeline(self, *words: str) -> Any:
        return yaml.safe_load(self.scheduled("gitlab-ci", *words))

    def step(self, name: str, where: Path, job: str = "sync", **env: str) -> subprocess.CompletedProcess[str]:
        """Perform one step of the workflow as a runner does."""
        (found,) = [s for s in self.workflow()["jobs"][job]["steps"] if s.get("name", "").startswith(name)]
        values = {
            "${{ github.token }}": self.person.token,
            "${{ github.head_ref }}": "proposal",
        }
        given = {key: values.get(value, value) for key, value in found["env"].items()}
        runner = {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_API_URL": self.person.api_url}
        return self.run(found["run"], where, {**runner, **given, **env}, BASH)

    def served(self, path: str, branch: str = "main") -> str:
        """Read a file at the server's head."""
        return self.run(f"git -C server.git show {branch}:{path}", self.folder).stdout

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
def begun(run: Run, tmp_path: Path, person: Person, plan: Path, settings: str) -> Project:
    """A project with its settings, before its first push."""
    made = Project(run, tmp_path, person)
    assert run("git init -q --bare -b main server.git").returncode == 0
    desk = made.clone("desk")
    plan.rename(desk / "PLAN.md")
    (desk / "plansync.toml").write_text(settings, encoding="utf-8")
    return made


@pytest.fixture
def project(begun: Project) -> Project:
    """A project whose first push was made by hand, and committed."""
    script = "plansync push --yes && git add . && git commit -qm Plan && git push -qu origin HEAD:main"
    done = begun.run(script, begun.desk, {"PLANSYNC_TOKEN": begun.person.token})
    assert done.returncode == 0, done.stderr
    return begun


@pytest.fixture
def in_conflict(project: Project) -> Project:
    """A title that both sides changed, and an issue that was closed."""
    project.edit(project.desk, "Attach a photo", "Attach one photo")
    project.person.retitle(3, "Attach photos")
    project.person.close(1)
    return project


# ------------------------------------------------------------------ as the platforms want them


@pytest.mark.parametrize("words", [(), ("--every", "2h")], ids=str)
@pytest.mark.parametrize("mode", ["commit", "merge-request"])
@pytest.mark.parametrize("repo", ["own", "other"])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("github-actions", ["--builtin-schema", "vendor.github-workflows"]),
        ("gitlab-ci", ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"]),
    ],
)
def test_a_ci_file_is_as_its_schema_says(
    begun: Project, kind: str, options: list[str], mode: str, repo: str, words: tuple[str, ...]
) -> None:
    """The schemas of schemastore.org and GitLab, which check-jsonschema brings along."""
    checker = shutil.which("check-jsonschema") or str(ROOT / ".venv" / "bin" / "check-jsonschema")
    if not Path(checker).exists():
        pytest.skip("check-jsonschema is not installed")
    _settings(begun, f'write_back = "{mode}"')
    here = begun.person.api_url.removesuffix("/api/v3")
    remote = f"{here}/{begun.person.repo}" if repo == "own" else "https://github.com/octo/other"
    begun.run(f"git remote set-url origin {remote}.git", begun.desk)
    file = begun.folder / "ci.yml"
    file.write_text(begun.scheduled(kind, *words), encoding="utf-8")

    done = subprocess.run([checker, *options, str(file)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_the_action_of_the_repository_is_as_its_schema_says() -> None:
    checker = shutil.which("check-jsonschema") or str(ROOT / ".venv" / "bin" / "check-jsonschema")
    if not Path(checker).exists():
        pytest.skip("check-jsonschema is not installed")
    argv = [checker, "--builtin-schema", "vendor.github-actions", str(ROOT / "action.yml")]

    done = subprocess.run(argv, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def _settings(begun: Project, *lines: str) -> None:
    """Put settings before those that are there."""
    file = begun.desk / "plansync.toml"
    file.write_text("\n".join([*lines, file.read_text(encoding="utf-8")]), encoding="utf-8")


@pytest.mark.parametrize("every", ["15m", "60m", "6h", "1d"])
def test_units_are_what_systemd_takes(begun: Project, every: str) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze here")
    (begun.desk / 'A "plan" at 100% $HOME.md').write_text("# P\n\n- [ ] a\n")
    for plan in ("PLAN.md", 'A "plan" at 100% $HOME.md'):
        found = json.loads(begun.scheduled("systemd", "--every", every, "--json", plan))
        names = []
        for file in found["files"]:
            names.append(begun.folder / Path(file["path"]).name)
            names[-1].write_text(file["content"], encoding="utf-8")
        argv = ["systemd-analyze", "verify", "--user", *map(str, names)]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, env=_no_manager(begun))
        about = [line for line in done.stderr.splitlines() if "plansync-" in line]
        assert (done.returncode, about) == (0, []), done.stderr
        (calendar,) = re.findall(r"OnCalendar=(.*)", found["files"][1]["content"])
        argv = ["systemd-analyze", "calendar", "--iterations=3", calendar]
        assert subprocess.run(argv, capture_output=True, check=False).returncode == 0, calendar


def _no_manager(begun: Project) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "HOME": str(begun.folder), "XDG_RUNTIME_DIR": str(begun.folder)}


@pytest.mark.parametrize("every", ["5m", "15m", "30m", "60m", "2h", "24h", "1d"])
def test_a_crontab_line_has_five_fields_at_an_odd_minute_and_a_command(begun: Project, every: str) -> None:
    *comments, line = begun.scheduled("cron", "--every", every).splitlines()

    assert all(comment.startswith("#") for comment in comments)
    minute, hour, *rest = line.split()[:5]
    assert rest == ["*", "*", "*"]
    assert re.fullmatch(r"\d+(-59/(5|15|30))?", minute)
    assert re.fullmatch(r"\*(/2)?|\d+", hour)
    first = int(minute.partition("-")[0])
    assert first < 60
    assert minute != str(first) or first % 2 == 1
    command = line.split(maxsplit=5)[5]
    assert not re.search(r"(?<!\\)%", command), "cron would read it as a line end"
    assert subprocess.run(["sh", "-nc", command], check=False).returncode == 0


@pytest.mark.parametrize("every", ["7m", "90m", "5h", "0m", "1m", "soon", "48h"])
def test_an_interval_that_cron_cannot_say_is_refused(begun: Project, every: str) -> None:
    done = begun.run(f"plansync schedule cron --every {every}", begun.desk)

    assert done.returncode == 2
    assert "--every takes" in done.stderr


def test_a_plan_whose_name_a_job_would_obey_is_refused(begun: Project) -> None:
    (begun.desk / "${{ github.token }}.md").write_text("# P\n\n- [ ] a\n")

    done = begun.run("plansync schedule github-actions '${{ github.token }}.md'", begun.desk)

    assert done.returncode == 2
    assert "plainer name" in done.stderr


def test_a_hostile_name_is_one_word_everywhere(begun: Project) -> None:
    name = "a $(touch hit) 'b' [c].md"
    (begun.desk / name).write_text("# P\n\n- [ ] a\n")
    scripts = [step["run"] for step in begun.workflow(name)["jobs"]["sync"]["steps"] if "run" in step]

    assert begun.workflow(name)[True]["push"]["paths"] == [r"a $(touch hit) 'b' \[c\].md"]
    assert all(shlex.split(line)[-1] == name for text in scripts[1:] for line in text.splitlines())
    assert shlex.split(begun.scheduled("cron", name).splitlines()[-1])[-1] == name


@pytest.mark.parametrize("kind", KINDS)
def test_the_sandbox_can_be_synced_by_no_job(run: Run, plan: Path, kind: str) -> None:
    done = run(f"plansync schedule {kind}")

    assert done.returncode == 2
    assert "plansync init" in done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_no_token_stands_in_a_file(begun: Project, kind: str) -> None:
    done = begun.run(
        f"plansync schedule {kind}",
        begun.desk,
        {"PLANSYNC_TOKEN": begun.person.token, "GITHUB_TOKEN": "ghs_x1y2"},
    )

    assert done.returncode == 0
    assert begun.person.token not in done.stdout
    assert "ghs_x1y2" not in done.stdout


# ------------------------------------------------------------------ what the workflow says


def test_the_workflow_may_do_what_it_does_and_no_more(begun: Project) -> None:
    jobs = begun.workflow()["jobs"]

    assert begun.workflow()["permissions"] == {}
    assert jobs["sync"]["permissions"] == {"contents": "write", "issues": "write"}
    assert jobs["diff"]["permissions"] == {"contents": "read", "issues": "read"}
    assert jobs["diff"]["steps"][0]["with"] == {"persist-credentials": False}
    assert all(
        re.search(r"@[0-9a-f]{40}$", s["uses"]) for j in jobs.values() for s in j["steps"] if "uses" in s
    )


def test_a_request_takes_one_permission_more_and_another_repository_a_secret(begun: Project) -> None:
    _settings(begun, 'write_back = "merge-request"')
    assert begun.workflow()["jobs"]["sync"]["permissions"]["pull-requests"] == "write"

    begun.run("git remote set-url origin https://github.com/octo/other.git", begun.desk)
    jobs = begun.workflow()["jobs"]
    sync = next(s for s in jobs["sync"]["steps"] if s.get("name") == "Sync")

    assert jobs["sync"]["permissions"] == {"contents": "write", "pull-requests": "write"}
    assert sync["env"]["PLANSYNC_TOKEN"] == "${{ secrets.PLANSYNC_TOKEN }}"
    assert "head.repo.full_name == github.repository" in jobs["diff"]["if"], "a fork gets no secret"


@pytest.mark.parametrize(
    ("host", "is_own"), [("https://github.com", False), ("ssh://git@127.0.0.1:22", True), ("", True)]
)
def test_the_same_name_on_another_host_is_another_repository(begun: Project, host: str, is_own: bool) -> None:
    """The token of a job on github.com may write no issue of a server of one's own."""
    host = host or begun.person.api_url.removesuffix("/api/v3")
    begun.run(f"git remote set-url origin {host}/{begun.person.repo}.git", begun.desk)

    jobs = begun.workflow()["jobs"]
    sync = next(s for s in jobs["sync"]["steps"] if s.get("name") == "Sync")

    assert ("issues" in jobs["sync"]["permissions"]) is is_own
    assert ("PLANSYNC_TOKEN" in sync["env"]) is not is_own


def test_runs_wait_for_each_other_and_none_is_cancelled(begun: Project) -> None:
    sync = begun.workflow()["jobs"]["sync"]

    assert sync["concurrency"] == {"group": "plansync", "cancel-in-progress": False}
    assert begun.pipeline()["plansync:sync"]["resource_group"] == "plansync"
    assert begun.pipeline()["plansync:sync"]["interruptible"] is False


def test_a_checkout_starts_from_the_branch_and_not_from_the_event(begun: Project) -> None:
    workflow = begun.workflow()

    assert workflow["jobs"]["sync"]["steps"][0]["with"]["ref"] == "${{ github.ref_name }}"
    assert workflow[True]["push"] == {"branches": ["main"], "paths": ["PLAN.md"]}, (
        "YAML 1.1 reads `on` as true"
    )


def test_issues_start_a_job_only_where_they_are_the_plans_and_people_changed_them(begun: Project) -> None:
    condition = begun.workflow()["jobs"]["sync"]["if"]

    assert "contains(github.event.issue.labels.*.name, 'plansync')" in condition
    assert "sender.type != 'Bot'" in condition


def test_a_write_back_follows_whatever_the_sync_ended_with(begun: Project) -> None:
    steps = begun.workflow()["jobs"]["sync"]["steps"]

    assert steps[-1]["if"].startswith("always()")
    assert "continue-on-error" not in steps[-2], "a conflict is to be seen"
    assert "--commit-only" in steps[-1]["run"]
    assert "--fail-on new --max-time 20m" in steps[-2]["run"]


@pytest.mark.parametrize("kind", ["github-actions", "gitlab-ci"])
def test_a_job_installs_plansync_from_where_it_is_told_to(begun: Project, kind: str) -> None:
    source = "git+https://github.com/octo/plansync@v0"

    found = yaml.safe_load(begun.scheduled(kind, "--from", source))

    assert found["env" if kind == "github-actions" else "variables"] == {"PLANSYNC_PACKAGE": source}


@pytest.mark.parametrize("kind", ["github-actions", "gitlab-ci"])
def test_a_job_that_does_not_know_where_plansync_is_says_so_and_asks_no_package_index(
    begun: Project, kind: str
) -> None:
    done = begun.run(f"plansync schedule {kind} --from ''", begun.desk)
    found = yaml.safe_load(done.stdout)
    jobs = (
        found["jobs"].values()
        if kind == "github-actions"
        else (found["plansync:sync"], found["plansync:diff"])
    )
    scripts = [
        text
        for job in jobs
        for text in ([s.get("run", "") for s in job["steps"]] if "steps" in job else job["before_script"])
        if "pip install" in text
    ]
    variables = found["env" if kind == "github-actions" else "variables"]

    assert len(scripts) == 2
    if not variables[
        "PLANSYNC_PACKAGE"
    ]:  # it is known where this is a clone of something that others can clone
        assert "Say where one can: --from" in done.stderr
    for script in scripts:
        ran = begun.run(script, begun.desk, {"PLANSYNC_PACKAGE": ""}, "sh -ec")
        assert ran.returncode != 0
        assert "say in this file what plansync is installed from" in ran.stderr


# ------------------------------------------------------------------ really run


def test_the_first_commit_holds_the_state_file_and_nothing_of_the_machine(project: Project) -> None:
    files = project.run("git ls-files", project.desk).stdout.split()

    assert files == [".plansync/PLAN.md.jsonl", "PLAN.md", "plansync.toml"]


def test_a_job_commits_plan_and_state_file_although_the_sync_failed(in_conflict: Project) -> None:
    project, runner = in_conflict, in_conflict.clone("runner")
    before = project.served(".plansync/PLAN.md.jsonl")

    done = project.step("Sync", runner)

    assert done.returncode == 4, done.stderr
    assert "- [x] Add a licence" in project.served("PLAN.md")
    assert "Attach one photo" in project.served("PLAN.md")
    assert project.served(".plansync/PLAN.md.jsonl") != before
    assert project.log()[0] == f"{MESSAGE} [skip ci]"
    assert not CLOSING.search(project.log()[0])
    head = project.log()
    assert project.step("Write back", runner).returncode == 0
    assert project.log() == head


def test_the_next_job_is_green_for_what_was_told_and_commits_nothing(in_conflict: Project) -> None:
    project = in_conflict
    project.step("Sync", project.clone("runner"))
    log = project.log()

    done = project.step("Sync", project.clone("second"))

    assert done.returncode == 0, done.stderr
    assert project.log() == log


def test_what_a_sync_left_that_was_cut_off_is_written_back(in_conflict: Project) -> None:
    project, runner = in_conflict, in_conflict.clone("runner")
    env = {"GITHUB_TOKEN": project.person.token, "GITHUB_API_URL": project.person.api_url}
    project.run("plansync sync --yes PLAN.md", runner, env)

    assert project.step("Write back", runner).returncode == 0

    assert "- [x] Add a licence" in project.served("PLAN.md")


def test_a_push_that_came_between_is_taken_in_and_synced(in_conflict: Project) -> None:
    project, runner = in_conflict, in_conflict.clone("runner")
    project.edit(project.desk, "- [ ] Add a licence", "- [ ] Add a licence and a notice")

    done = project.step("Sync", runner)

    assert done.returncode == 4, done.stderr
    assert "Add a licence and a notice" in project.served("PLAN.md")
    assert len(project.person.call("GET", "issues?state=all")) == 4


def test_a_job_without_access_commits_nothing(project: Project) -> None:
    log = project.log()

    assert project.step("Sync", project.clone("runner"), GITHUB_TOKEN="wrong").returncode == 8

    assert project.log() == log


def test_a_pull_request_shows_what_merging_it_would_do(in_conflict: Project) -> None:
    """A conflict that waits for a decision makes no pull request red."""
    project, runner = in_conflict, in_conflict.clone("runner")
    plan = runner / "PLAN.md"
    text = plan.read_text(encoding="utf-8")
    plan.write_text(text.replace("- [ ] Pick a photo", "- [x] Pick a photo"), encoding="utf-8")
    project.run("git checkout -q --detach", runner)
    issues = project.person.call("GET", "issues?state=all")

    done = project.step(
        "Diff", runner, "diff", GITHUB_STEP_SUMMARY="../summary.md", GITHUB_HEAD_REF="proposal"
    )

    summary = (project.folder / "summary.md").read_text(encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert "Merging this" in summary
    assert "Attach one photo" in summary
    assert "waits for the default branch" not in summary
    assert project.person.call("GET", "issues?state=all") == issues


def test_the_pipeline_does_the_same_on_a_commit_without_a_branch(in_conflict: Project) -> None:
    project, runner = in_conflict, in_conflict.clone("runner")
    project.run("git checkout -q --detach", runner)
    job = project.pipeline()["plansync:sync"]
    prepare = "\n".join(line for line in job["before_script"] if "pip install" not in line)
    env = {
        "CI": "true",
        "CI_COMMIT_BRANCH": "main",
        "CI_DEFAULT_BRANCH": "main",
        "CI_PROJECT_URL": str(project.folder / "server"),
        "PLANSYNC_TOKEN": project.person.token,
        "PLANSYNC_DEFAULT_BRANCH": "main",
    }

    assert project.run(prepare, runner, env, BASH).returncode == 0
    done = project.run("\n".join(job["script"]), runner, env, BASH)
    after = project.run("\n".join(job["after_script"]), runner, env, BASH)

    assert (done.returncode, after.returncode) == (4, 0), (done.stderr, after.stderr)
    assert "- [x] Add a licence" in project.served("PLAN.md")
    assert project.log()[0] == f"{MESSAGE} [skip ci]"
    assert project.person.token not in (runner / ".git" / "config").read_text()
    asked = project.run("printf 'protocol=https\\nhost=x\\n\\n' | git credential fill", runner, env)
    assert f"password={project.person.token}" in asked.stdout


def test_the_pipeline_of_a_merge_request_reads_with_the_token_that_only_reads(in_conflict: Project) -> None:
    project, runner = in_conflict, in_conflict.clone("runner")
    job = project.pipeline()["plansync:diff"]
    lines = [line for line in (*job["before_script"], *job["script"]) if "pip install" not in line]
    env = {
        "CI": "true",
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "proposal",
        "PLANSYNC_DEFAULT_BRANCH": "proposal",
        "PLANSYNC_READ_TOKEN": project.person.token,
        "PLANSYNC_TOKEN": "one-that-may-write",
    }
    issues = project.person.call("GET", "issues?state=all")

    done = project.run("\n".join(lines), runner, env, BASH)

    assert done.returncode == 0, done.stderr
    assert "Attach one photo" in (runner / job["artifacts"]["paths"][0]).read_text(encoding="utf-8")
    assert project.person.call("GET", "issues?state=all") == issues


def test_the_crontab_line_commits_although_the_sync_failed(in_conflict: Project, home: Path) -> None:
    project = in_conflict
    command = project.scheduled("cron").splitlines()[-1].split(maxsplit=5)[5]

    done = project.run(command, home, {"PLANSYNC_TOKEN": project.person.token})

    assert done.returncode == 4, done.stderr
    assert "Task 2.1: title differs" in done.stdout, "a conflict is mailed"
    assert project.log()[0] == MESSAGE
    assert "- [x] Add a licence" in project.served("PLAN.md")
    again = project.run(command, home, {"PLANSYNC_TOKEN": project.person.token})
    assert again.returncode == 0


def test_the_crontab_line_says_nothing_where_nothing_needs_anybody(project: Project, home: Path) -> None:
    command = project.scheduled("cron").splitlines()[-1].split(maxsplit=5)[5]

    done = project.run(command, home, {"PLANSYNC_TOKEN": project.person.token})

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_plan_that_fails_stops_no_other(in_conflict: Project) -> None:
    """Where the settings name several plans one command means them all, those that are to come too."""
    project = in_conflict
    (project.desk / "other.md").write_text("not a plan\n")
    with (project.desk / "plansync.toml").open("a") as file:
        file.write('[[plan]]\npath = "o*.md"\n[[plan]]\npath = "PLAN.md"\n')
    project.run("git add . && git commit -qm More && git push -q", project.desk)

    done = project.step("Sync", project.clone("runner"))

    assert done.returncode not in (0, 2), done.stderr
    assert "- [x] Add a licence" in project.served("PLAN.md")
    assert project.workflow()[True]["push"]["paths"] == ["o*.md", "PLAN.md"]
    assert shlex.split(project.scheduled("cron").splitlines()[-1])[-1] == "--quiet"


# ------------------------------------------------------------------ written to their places


@pytest.mark.parametrize(
    ("kind", "path"),
    [("github-actions", ".github/workflows/plansync.yml"), ("gitlab-ci", ".gitlab/plansync.yml")],
)
def test_a_ci_file_is_written_to_its_place_and_never_over_another(
    begun: Project, kind: str, path: str
) -> None:
    install = f"plansync schedule {kind} --install"
    assert begun.run(install, begun.desk).returncode == 0
    file = begun.desk / path
    assert file.read_text(encoding="utf-8") == begun.scheduled(kind)
    assert begun.run(install, begun.desk).returncode == 0
    file.write_text("mine\n")

    done = begun.run(install, begun.desk)

    assert done.returncode == 2
    assert file.read_text() == "mine\n"


def test_a_folder_where_the_file_belongs_is_named(begun: Project) -> None:
    place = begun.desk / ".github" / "workflows" / "plansync.yml"
    place.mkdir(parents=True)

    done = begun.run("plansync schedule github-actions --install", begun.desk)

    assert (done.returncode, done.stderr) == (1, f"plansync: {place} cannot be written: Is a directory\n")


def test_units_are_written_into_the_home_folder_and_a_crontab_is_not_touched(
    begun: Project, home: Path
) -> None:
    done = begun.run("plansync schedule systemd --install", begun.desk)

    assert done.returncode == 0, done.stderr
    names = {file.name for file in (home / ".config" / "systemd" / "user").iterdir()}
    assert names == {"plansync-desk.service", "plansync-desk.timer"}
    assert "systemctl --user enable --now plansync-desk.timer" in done.stdout
    assert begun.run("plansync schedule cron --install", begun.desk).returncode == 2


# ------------------------------------------------------------------ the action of the repository


def acted(project: Project, where: Path, **inputs: str) -> list[subprocess.CompletedProcess[str]]:
    """Perform the steps of the action after its installation, as a runner does; the last though one failed."""
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    given = {name: str(value.get("default", "")) for name, value in action["inputs"].items()} | inputs
    given["token"] = project.person.token
    program = project.folder / "plansync" / "bin"
    program.mkdir(parents=True, exist_ok=True)
    if not (program / "plansync").exists():
        (program / "plansync").write_text('#!/bin/sh\nexec plansync "$@"\n')
        (program / "plansync").chmod(0o755)
    found = []
    for step in action["runs"]["steps"][1:]:
        values = {f"${{{{ inputs.{name} }}}}": value for name, value in given.items()}
        env = {key: values[value] for key, value in step["env"].items()}
        files = {"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": "../output", "GITHUB_STEP_SUMMARY": "../summary"}
        found.append(
            project.run(
                step["run"], where, {"CI": "true", "RUNNER_TEMP": str(project.folder), **files, **env}, BASH
            )
        )
    return found


def test_the_action_syncs_commits_and_says_what_it_ended_with(in_conflict: Project) -> None:
    sync, after = acted(in_conflict, in_conflict.clone("runner"), plan="PLAN.md")

    assert (sync.returncode, after.returncode) == (4, 0), (sync.stderr, after.stderr)
    said = (in_conflict.folder / "output").read_text().splitlines()
    assert {"outcome=conflicts", "exit_code=4", "conflicts=1"} <= set(said)
    assert "- [x] Add a licence" in in_conflict.served("PLAN.md")


def test_the_action_shows_what_would_be_done(in_conflict: Project) -> None:
    issues = in_conflict.person.call("GET", "issues?state=all")
    log = in_conflict.log()

    shown = acted(in_conflict, in_conflict.clone("runner"), command="diff")[0]

    assert shown.returncode == 0, shown.stderr
    assert "Attach one photo" in (in_conflict.folder / "summary").read_text()
    assert (in_conflict.person.call("GET", "issues?state=all"), in_conflict.log()) == (issues, log)


def test_the_action_obeys_nothing_that_stands_in_its_inputs(project: Project) -> None:
    runner = project.clone("runner")

    for inputs in ({"plan": "$(touch hit)"}, {"fail-on": "$(touch hit)"}, {"command": "sync; touch hit"}):
        assert acted(project, runner, **inputs)[0].returncode in (1, 2)

    assert not (runner / "hit").exists()
