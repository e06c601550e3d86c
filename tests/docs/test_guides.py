"""Each how-to is followed, line by line, against a tracker on loopback and real repositories."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.docs.conftest import Person, Run
from tests.docs.guide import Guide
from tests.docs.pages import fenced, read
from tests.support.sandbox import Sandbox

FOLLOWED = {
    *("ci-github.md", "ci-gitlab.md", "protected-branches.md", "self-hosted.md", "conflicts.md", "team.md"),
    *("assistants.md", "adopting.md", "watching.md", "history.md", "leaving.md"),
    *("library.md", "adapters.md"),  # by test_library.py and test_adapters.py
}
Follow = Callable[..., Guide]


@pytest.fixture
def begun(run: Run, tmp_path: Path, person: Person, plan: Path) -> Path:
    """A clone of an empty repository on a server; the plan and its settings lie there, and nothing is pushed."""
    assert run("git init -q --bare -b main server.git").returncode == 0
    assert run("git -C server.git config receive.advertisePushOptions true").returncode == 0
    assert run("git clone -q server.git desk 2>/dev/null && git -C desk switch -qc main").returncode == 0
    assert run("git -C desk config push.autoSetupRemote true").returncode == 0
    plan.rename(tmp_path / "desk" / "PLAN.md")
    return tmp_path / "desk"


@pytest.fixture
def follow(run: Run, begun: Path, person: Person, sandbox: Sandbox) -> Follow:
    """Begin a page, in that clone."""

    def start(page: str, kind: str = "github", *, settings: bool = True) -> Guide:
        place = sandbox.gitlab if kind == "gitlab" else sandbox.place
        if settings:
            text = f'tracker = "{kind}"\nrepo = "{place.repo}"\napi_url = "{place.api_url}"\n'
            (begun / "plansync.toml").write_text(text, encoding="utf-8")
        return Guide(page, run, begun, {"PLANSYNC_TOKEN": place.token, "PLANSYNC_PACE": "off"})

    return start


def push(guide: Guide) -> None:
    """Make the first push, and commit it, as a page takes for granted."""
    line = "plansync push --yes && git add . && git commit -qm Plan && git push -q"
    done = guide.shell(line, guide.folder, guide.env)
    assert done.returncode == 0, done.stderr


def edit(folder: Path, old: str, new: str) -> None:
    plan = folder / "PLAN.md"
    source = plan.read_text(encoding="utf-8")
    assert old in source
    plan.write_text(source.replace(old, new), encoding="utf-8")


def served(guide: Guide, path: str, branch: str = "main") -> str:
    """Read a file on the server."""
    return guide.shell(f"git -C ../server.git show {branch}:{path}", guide.folder).stdout


def issues(person: Person) -> list[dict[str, object]]:
    return list(person.call("GET", "issues?state=all&per_page=100"))


def test_each_how_to_of_the_site_is_followed() -> None:
    part = read("mkdocs.yml").partition("- How-to:\n")[2].partition("- Reference:")[0]

    assert set(re.findall(r": ([a-z-]+\.md)$", part, re.MULTILINE)) == FOLLOWED


def test_ci_on_github(follow: Follow, person: Person) -> None:
    guide = follow("docs/ci-github.md")
    guide.follow()
    assert len(issues(person)) == 4
    guide.follow()
    assert "plansync sync --yes --commit" in served(guide, ".github/workflows/plansync.yml")
    person.close(1)
    guide.follow()
    assert "- [x] Add a licence" in served(guide, "PLAN.md")
    edit(guide.folder, "- [ ] Pick a photo", "- [x] Pick a photo")

    said = guide.follow()

    assert guide.is_over
    assert "Merging this" in said["plansync diff --format markdown PLAN.md"]


def test_ci_on_gitlab(follow: Follow, person: Person) -> None:
    guide = follow("docs/ci-gitlab.md", "gitlab")
    guide.follow()
    guide.follow()
    assert "plansync:sync:" in served(guide, ".gitlab/plansync.yml")
    assert served(guide, ".gitlab-ci.yml") == "include:\n  - local: .gitlab/plansync.yml\n"
    person.close(1)
    guide.follow()
    assert "- [x] Add a licence" in served(guide, "PLAN.md")
    guide.follow()

    assert guide.is_over
    assert isinstance(json.loads((guide.folder / "gl-code-quality-report.json").read_text()), list)
    assert "PLANSYNC_OUTCOME=done" in (guide.folder / "plansync.env").read_text()


def test_protected_branches(follow: Follow, person: Person) -> None:
    guide = follow("docs/protected-branches.md")
    push(guide)
    settings = guide.folder / "plansync.toml"
    (line,) = fenced(guide.page, "toml")
    settings.write_text(line + settings.read_text(encoding="utf-8"), encoding="utf-8")
    guide.follow()
    assert "pull-requests: write" in served(guide, ".github/workflows/plansync.yml", "sync-by-request")
    merge = "git merge -q sync-by-request && git push -q"
    assert guide.shell(merge, guide.folder).returncode == 0
    before = served(guide, "PLAN.md")
    person.close(1)

    guide.follow()

    assert guide.is_over
    assert served(guide, "PLAN.md") == before
    assert "- [x] Add a licence" in served(guide, "PLAN.md", "plansync/write-back")
    (request,) = person.call("GET", "pulls?state=all")
    assert request["head"]["ref"] == "plansync/write-back"


@pytest.fixture
def gitlab_below_a_path(program: Path, tmp_path: Path) -> Iterator[dict[str, str]]:
    """A GitLab without a licence, installed under /gitlab: as the page says to try it."""
    argv = [str(program / "plansync"), "sandbox", "--tier", "free", "--sub-path", "/gitlab"]
    argv += ["--port", "0", "--db", str(tmp_path / "own.db"), "--json"]
    with subprocess.Popen(argv, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["gitlab"]
        process.terminate()


def test_a_server_of_your_own(follow: Follow, gitlab_below_a_path: dict[str, str]) -> None:
    place = gitlab_below_a_path
    server = place["api_url"].removesuffix("/gitlab/api/v4")
    guide = follow("docs/self-hosted.md", "gitlab", settings=False)
    guide.swaps = {"https://git.example.org": server, "group/plans": place["project"]}
    guide.env["PLANSYNC_TOKEN"] = place["token"]
    guide.follow()
    assert f'"{server}/gitlab/api/v4"' in (guide.folder / "plansync.toml").read_text(encoding="utf-8")

    said = guide.follow()

    assert guide.is_over
    assert "Nothing is in the way" in said["plansync doctor"]
    assert "keeps no links between issues that block each other" in said["plansync push --yes"]
    assert f"({server}/gitlab/" in (guide.folder / "PLAN.md").read_text(encoding="utf-8")


def test_conflicts(follow: Follow, person: Person) -> None:
    guide = follow("docs/conflicts.md")
    push(guide)
    for number, (old, new, other) in enumerate(
        [
            ("Set up the project", "Set up the repository", "Set up everything"),
            ("Write the first entry", "Write an entry", "Write two entries"),
            ("Attach a photo", "Attach one photo", "Attach photos"),
        ],
        1,
    ):
        edit(guide.folder, old, new)
        person.retitle(number, other)
    said = guide.follow()
    listed = guide.shell("plansync resolve --json", guide.folder, guide.env)
    first, _, third = (each["id"] for each in json.loads(listed.stdout)["conflicts"])
    assert all(each in said["plansync resolve"] for each in (first, third))
    guide.swaps = {"1a2b3c4d": first, "5e6f7a8b": third}

    for _ in range(3):
        guide.follow()
    last = guide.follow()

    assert guide.is_over
    assert [each["title"] for each in issues(person) if each["number"] in (1, 2, 3)][::-1] == [
        "Set up the repository",
        "Write two entries",
        "Attach up to ten photos",
    ]
    text = (guide.folder / "PLAN.md").read_text(encoding="utf-8")
    assert all(title in text for title in ("Set up the repository", "Write two entries", "up to ten photos"))
    assert "plan and tracker agree" in last["plansync sync"]


def test_laptops_and_ci_together(follow: Follow, person: Person) -> None:
    guide = follow("docs/team.md")
    guide.follow()
    desk = guide.folder
    clone = "git clone -q server.git laptop"
    assert guide.shell(clone, desk.parent).returncode == 0
    other = desk.parent / "laptop"

    guide.folder = other
    guide.follow()  # once, in each clone
    edit(other, "- [ ] Pick a photo", "- [x] Pick a photo")
    guide.follow()
    assert "- [x] Pick a photo" in served(guide, "PLAN.md")
    guide.folder = desk
    edit(desk, "- [ ] Add a licence", "- [x] Add a licence")
    guide.follow()
    text = served(guide, "PLAN.md")
    assert "- [x] Pick a photo" in text and "- [x] Add a licence" in text
    edit(desk, "Shrink it to 1 MB", "Shrink it to 2 MB")
    last = guide.follow()

    assert guide.is_over
    assert "agree" in last["plansync sync"]
    assert len(issues(person)) == 4
    (photo,) = [each for each in issues(person) if each["number"] == 3]
    assert "- [x] Pick a photo\n- [ ] Shrink it to 2 MB" in str(photo["body"])


def test_plans_that_an_assistant_edits(follow: Follow) -> None:
    guide = follow("docs/assistants.md")
    mine = guide.folder / "AGENTS.md"
    mine.write_text("# Ours\n", encoding="utf-8")

    guide.follow()

    assert guide.is_over
    text = mine.read_text(encoding="utf-8")
    assert text.startswith("# Ours\n") and "plansync check" in text


def test_issues_that_are_there_already(follow: Follow, person: Person) -> None:
    for title in ("Write the first entry", "Frame a photo", "Print a photo"):
        person.call("POST", "issues", {"title": title, "body": "Mine."})
    guide = follow("docs/adopting.md")
    guide.swaps = {"link 1.2 12": "link 1.2 1"}
    said = guide.follow()
    assert said["plansync link --suggest"]
    line = "plansync push --yes"
    assert guide.shell(line, guide.folder, guide.env).returncode == 0
    person.call("PATCH", "issues/2", {"milestone": person.call("GET", "milestones")[0]["number"]})
    guide.swaps = {
        'adopt 12 --phase "Phase 2: Core"': 'adopt 3 --phase "Phase 2: Photos"',
        "adopt 12": "adopt 2",
    }

    guide.follow()

    assert guide.is_over
    text = (guide.folder / "PLAN.md").read_text(encoding="utf-8")
    assert "Frame a photo" in text.partition("## Phase 2")[0]
    assert "Print a photo" in text.partition("## Phase 2")[2]
    bodies = {each["title"]: str(each["body"]) for each in issues(person)}
    assert all(bodies[title].startswith("Mine.") for title in ("Write the first entry", "Print a photo"))


def test_looking_back_and_undoing(follow: Follow, person: Person) -> None:
    guide = follow("docs/history.md")
    push(guide)
    person.close(1)

    said = guide.follow()

    assert guide.is_over
    assert "Add a licence" in said["plansync diff --out changes.json"]
    assert "- [x] Add a licence" in (guide.folder / "PLAN.md").read_text(encoding="utf-8")


def test_leaving(follow: Follow, person: Person) -> None:
    guide = follow("docs/leaving.md")
    source = (guide.folder / "PLAN.md").read_bytes()
    push(guide)
    guide.follow()
    guide.follow()
    assert (guide.folder / "PLAN.md").read_bytes() == source
    assert guide.shell("git ls-files", guide.folder).stdout.split() == ["PLAN.md"]
    guide.swaps = {"-R OWNER/NAME": f"-R {person.repo} --api-url {person.api_url}"}

    guide.follow()

    assert guide.is_over
    assert "/issues/1)" in (guide.folder / "PLAN.md").read_text(encoding="utf-8")
    assert len(issues(person)) == 4


def test_watching(follow: Follow, program: Path, person: Person) -> None:
    guide = follow("docs/watching.md")
    push(guide)
    block = guide.blocks[0]
    watch, second, _ = block.splitlines()
    assert "docs/plan.md" in second
    for line, step in ((watch, "Pick a photo"), (second.replace("docs/plan.md", "PLAN.md"), "Add a licence")):
        edit(guide.folder, f"- [ ] {step}", f"- [x] {step}")
        assert _watched(guide, program, shlex.split(line, comments=True)[1:]) == 0
    guide.blocks[0] = "plansync health"

    guide.follow()
    guide.follow()

    assert guide.is_over


def _watched(guide: Guide, program: Path, words: list[str]) -> int:
    """Watch until something was synced, then end it as a service manager does; returns its exit code."""
    env = {"PATH": f"{program}:/usr/bin:/bin", "HOME": str(guide.folder.parent), **guide.env}
    argv = [str(program / "plansync"), *words]
    watcher = subprocess.Popen(argv, cwd=guide.folder, env=env, stdout=subprocess.PIPE, text=True)
    state = guide.folder / ".plansync" / "PLAN.md.jsonl"
    before, until = state.read_bytes(), time.monotonic() + 20
    while state.read_bytes() == before and time.monotonic() < until:
        time.sleep(0.05)
    watcher.send_signal(signal.SIGTERM)
    watcher.communicate(timeout=20)
    assert state.read_bytes() != before
    return watcher.returncode
