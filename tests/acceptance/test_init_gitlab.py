"""`init` where a folder's remote is on GitLab, or on a host that nobody knows: it looks, sends no token and asks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from plansync.sandbox.app import REPO, TOKEN
from plansync.sandbox.kinds import Role
from tests.acceptance.conftest import Source
from tests.acceptance.test_init_looks import remote, settings
from tests.support.front import Front
from tests.support.mortals import Mortals
from tests.support.people import Copy
from tests.support.small_server import SmallServer
from tests.support.terminal import Terminal

SUB = "/git/lab"


class Seen:
    """What passed: paths, and whether a token came with them."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, bool]] = []

    def __call__(self, request: httpx.Request, answer: httpx.Response) -> None:
        self.asked.append((request.method, request.url.path, "authorization" in request.headers))


@pytest.fixture(scope="module")
def seen() -> Seen:
    return Seen()


@pytest.fixture(scope="module", params=["", SUB], ids=["at the root", "below the root"])
def served(request: pytest.FixtureRequest, seen: Seen, tmp_path_factory: pytest.TempPathFactory) -> Any:
    started = Front(tmp_path_factory.mktemp("gitlab"), seen, root=request.param)
    yield started, request.param
    started.close()


@pytest.fixture
def front(served: Any, seen: Seen) -> Iterator[Front]:
    front, _ = served
    front.restore(front.empty)
    front.records.play(role=Role.MAINTAIN)
    seen.asked.clear()
    yield front
    front.restore(front.empty)


@pytest.fixture
def root(served: Any) -> str:
    return str(served[1])


@pytest.fixture
def alone(plan: Source, tmp_path: Path, forks: Mortals) -> Copy:
    copy = Copy.of(plan.content, tmp_path / "work", forked=forks.run)
    copy.env["PLANSYNC_TOKEN"] = TOKEN
    return copy


def test_an_unknown_host_is_asked_without_a_token_and_named_for_what_it_is(
    alone: Copy, front: Front, root: str, seen: Seen
) -> None:
    remote(alone, origin=f"{front.host}{root}/{REPO}.git")

    said = alone.run("init", "--yes").out

    found = settings(alone)
    assert (found["tracker"], found["repo"]) == ("gitlab", REPO)
    assert found["api_url"] == f"{front.host}{root}/api/v4"
    assert f"Project: {REPO} (private)\n" in said
    assert "Account: local, Maintainer there\n" in said
    assert "Default branch: main is " in said
    assert f"Issues will be made in {REPO} on GitLab. Nothing was written there." in said
    probes = [path for _, path, has_token in seen.asked if not has_token]
    assert f"{root}/api/v4/version" in probes
    assert all(path.endswith(("/version", "/meta")) for path in probes)
    assert {method for method, _, _ in seen.asked} == {"GET"}
    assert "4 milestones, 13 issues" in alone.run("diff").out
    text = (alone.folder / "plansync.toml").read_text()
    assert "GITLAB_TOKEN to one with the scope `api`" in text
    assert "# The address of GitLab's API" in text


def test_a_tracker_that_was_named_is_not_doubted(alone: Copy, front: Front, root: str) -> None:
    remote(alone, origin=f"{front.host}{root}/{REPO}.git")
    where = ("--tracker", "gitlab", "--api-url", f"{front.host}{root}/api/v4", "-R", REPO)

    said = alone.run("init", "--yes", *where).out

    assert "is asked what it is" not in said
    assert settings(alone)["api_url"] == where[3]


def test_a_project_that_takes_no_writes_is_said_at_once(alone: Copy, front: Front, root: str) -> None:
    front.records.play(role=Role.READ)
    remote(alone, origin=f"{front.host}{root}/{REPO}.git")

    said = alone.run("init", "--yes").out

    assert "Not yet: " in said
    assert "Planner" in said


def test_a_token_without_the_scope_is_told_which_one_it_needs(alone: Copy, front: Front, root: str) -> None:
    front.records.play(scopes=("read_api",))
    remote(alone, origin=f"{front.host}{root}/{REPO}.git")

    assert "needs the scope `api`" in alone.run("init", "--yes").out
    assert "needs the scope `api`" in alone.run("push", "--yes", exits=8).err
    assert alone.content == alone.original


def test_a_token_that_soon_expires_is_told(alone: Copy, front: Front, root: str) -> None:
    front.records.play(expires_on=f"{front.records.now() + timedelta(days=3):%Y-%m-%d}")
    remote(alone, origin=f"{front.host}{root}/{REPO}.git")

    said = alone.run("init", "--yes").out

    assert "Soon: the token from PLANSYNC_TOKEN expires in 3 days" in said


def test_a_person_may_give_the_address_of_a_project(alone: Copy, front: Front, root: str) -> None:
    terminal = Terminal(alone, ["init"])
    terminal.until("Repository")
    terminal.type(f"{front.host}{root}/{REPO}\n")

    assert terminal.end() == 0
    assert settings(alone)["api_url"] == f"{front.host}{root}/api/v4"
    assert settings(alone)["tracker"] == "gitlab"


def test_a_host_that_answers_as_github_is_found_to_be_that(alone: Copy, front: Front, root: str) -> None:
    remote(alone, origin=f"{front.host}/{REPO}.git")

    said = alone.run("init", "--yes").out

    found = settings(alone)
    kind, api = ("github", "/api/v3") if root else ("gitlab", "/api/v4")
    assert (found["tracker"], found["repo"], found["api_url"]) == (kind, REPO, f"{front.host}{api}")
    assert f"Issues will be made in {REPO} on {'GitHub' if root else 'GitLab'}" in said


def test_a_host_that_is_neither_is_left_alone_and_told_how_to_name_it(
    plan: Source, small_server: SmallServer, tmp_path: Path, forks: Mortals
) -> None:
    small_server.restore(small_server.empty)
    copy = Copy.of(plan.content, tmp_path / "work", forked=forks.run)
    remote(copy, origin=f"{small_server.url}/kitchen/recipes.git")

    said = copy.run("init", "--yes").out

    assert "answered neither as GitLab nor as GitHub" in said
    command = said.partition("If it is one of them: ")[2].splitlines()[0]
    assert command == (
        f"plansync init --tracker gitlab --api-url {small_server.url}/api/v4 -R kitchen/recipes"
    )
    assert settings(copy)["tracker"] == "sandbox"


@pytest.mark.parametrize(
    ("address", "repo", "api"),
    [
        ("git@gitlab.com:acme/plans.git", "acme/plans", None),
        ("ssh://git@altssh.gitlab.com:443/acme/plans.git", "acme/plans", None),
        ("https://GitLab.com/acme/sub/sub/plans", "acme/sub/sub/plans", None),
        ("https://oauth2:secret@gitlab.com/acme/plans.git", "acme/plans", None),
        (
            "git@gitlab.acme.invalid:acme/sub/plans.git",
            "acme/sub/plans",
            "https://gitlab.acme.invalid/api/v4",
        ),
        (
            "https://gitlab.acme.invalid:8443/acme/plans",
            "acme/plans",
            "https://gitlab.acme.invalid:8443/api/v4",
        ),
    ],
)
def test_a_host_that_is_called_after_gitlab_is_taken_for_that(
    plan: Source, tmp_path: Path, forks: Mortals, address: str, repo: str, api: str | None
) -> None:
    copy = Copy.of(plan.content, tmp_path / "work", forked=forks.run)
    remote(copy, origin=address)

    said = copy.run("init", "--yes").out

    found = settings(copy)
    assert (found["tracker"], found["repo"], found.get("api_url")) == ("gitlab", repo, api)
    assert f"{repo} could not be looked at: no token for " in said
    assert "GITLAB_TOKEN" in said
    assert "scope `api`" in said
    assert "glab auth login" in said
    assert "secret" not in (copy.folder / "plansync.toml").read_text() + said


@pytest.mark.parametrize(
    "address",
    [
        "git@gitlab.com:acme/sub/plans.git",
        "https://gitlab.com/acme/sub/plans",
        "https://gitlab.acme.invalid/acme/plans",
    ],
)
@pytest.mark.parametrize("command", ["push", "sync", "pull", "diff"])
def test_a_remote_on_gitlab_is_a_hint_and_no_permission(
    plan: Source, tmp_path: Path, forks: Mortals, address: str, command: str
) -> None:
    copy = Copy.of(plan.content, tmp_path / "work", forked=forks.run)
    remote(copy, origin=address)

    ran = copy.run(command, *([] if command == "diff" else ["--yes"]), exits=2)

    assert "but no tracker is set up" in ran.err
    assert "plansync init" in ran.err
    assert copy.content == copy.original
    assert not (copy.folder / ".plansync").exists()


def test_an_address_of_version_4_is_gitlabs(alone: Copy, front: Front, root: str) -> None:
    alone.flags = ("--api-url", f"{front.host}{root}/api/v4", "-R", REPO)

    assert alone.push().json["tracker"]["kind"] == "gitlab"


@pytest.mark.parametrize("named", [("--api-url", "https://git.example.com/api/v4"), ("--tracker", "gitlab")])
def test_a_tracker_that_is_named_without_its_project_is_no_sandbox(
    alone: Copy, named: tuple[str, ...]
) -> None:
    alone.flags = ()

    said = alone.run("init", "--yes", *named, exits=2).err

    assert "add -R" in said
    assert not alone.plan.with_name("plansync.toml").exists()


def test_without_a_plan_the_next_step_is_one_that_works(tmp_path: Path, forks: Mortals) -> None:
    copy = Copy.of(b"", tmp_path / "work", forked=forks.run)
    copy.plan.unlink()

    said = copy.run("init", "--yes").out

    command = said.splitlines()[-1].split()
    assert command[:2] == ["plansync", "new"]
    copy.run(*command[1:])
    copy.run("diff")
