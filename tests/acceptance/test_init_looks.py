"""`init` and the first push say whose repository it is, who sees it and as whom; nothing is written by guess."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import Source
from tests.support.mortals import Mortals
from tests.support.people import Copy, environment
from tests.support.small_server import REPO, SmallServer
from tests.support.terminal import Terminal

HOME = {"private": True, "visibility": "private", "default_branch": "main", "has_issues": True}
FORK = {**HOME, "fork": True, "parent": {"full_name": "upstream/recipes"}}


@pytest.fixture
def stage(small_server: SmallServer) -> SmallServer:
    small_server.restore(small_server.empty)
    return small_server


def remote(copy: Copy, **addresses: str) -> None:
    """Make the folder a work tree with these remotes."""
    for words in (("init", "-q"), *(("remote", "add", name, url) for name, url in addresses.items())):
        subprocess.run(["git", *words], cwd=copy.folder, check=True, env=environment(copy.folder))


def settings(copy: Copy) -> dict[str, Any]:
    return tomllib.loads((copy.folder / "plansync.toml").read_text())


def test_init_names_repository_account_visibility_and_branch_and_writes_nothing_there(
    fresh: Copy, stage: SmallServer
) -> None:
    stage.home = HOME

    said = fresh.run("init", "--yes").out

    assert f"Repository: {REPO} (private)\n" in said
    assert "Account: ada\n" in said
    assert "Default branch: main is protected: a job that commits the plan there is refused\n" in said
    assert "Nothing was written there." in said
    assert {asked.method for asked in stage.asked} == {"GET"}
    assert settings(fresh)["repo"] == REPO


def test_init_names_each_plan_with_its_form_and_size(fresh: Copy, stage: SmallServer) -> None:
    (fresh.folder / "docs").mkdir(exist_ok=True)
    (fresh.folder / "docs" / "implementation-plan.md").write_text("# Plan: Pond\n\n- [ ] Dig\n- [ ] Fill\n")
    (fresh.folder / "PLAN.md").write_bytes(b"# Plan: \xff\n")

    said = fresh.run("init", "--yes").out

    assert "Plan: docs/implementation-plan.md (flat-checklist): 2 tasks\n" in said
    assert "Plan: PLAN.md cannot be read: " in said


def test_init_says_that_everybody_can_read_a_public_repository(fresh: Copy, stage: SmallServer) -> None:
    stage.home = {**HOME, "visibility": "public", "private": False}

    assert "(public: everybody can read what is made there)" in fresh.run("init", "--yes").out


@pytest.mark.parametrize(
    ("home", "says"),
    [
        ({**HOME, "archived": True}, "Not yet: kitchen/recipes is archived and takes no writes"),
        ({**HOME, "has_issues": False}, "Not yet: issues are switched off in kitchen/recipes"),
        (
            {**FORK, "has_issues": False},
            "Not yet: issues are switched off in kitchen/recipes; switch them on in its settings, under Features; "
            "it is a fork of upstream/recipes, which is another repository",
        ),
        (
            {**HOME, "permissions": {"pull": True}},
            "Not yet: this token may read kitchen/recipes but not edit its issues",
        ),
    ],
    ids=["archived", "no issues", "a fork without issues", "no permission"],
)
def test_what_will_refuse_a_push_is_said_at_once_and_refuses_it_before_any_write(
    fresh: Copy, stage: SmallServer, home: dict[str, Any], says: str
) -> None:
    stage.home = home

    assert says in fresh.run("init", "--yes").out
    ran = fresh.run("push", "--yes", exits=8)

    assert says.removeprefix("Not yet: ") in ran.err
    assert stage.writes == []
    assert fresh.content == fresh.original


@pytest.mark.parametrize(
    ("answer", "tracker", "repo"),
    [
        ("", "github", "kitchen/recipes"),
        ("sandbox", "sandbox", None),
        ("kitchen/bread", "github", "kitchen/bread"),
    ],
)
def test_on_a_terminal_init_asks_for_the_repository_that_no_option_names(
    plan: Source, tmp_path: Path, answer: str, tracker: str, repo: str | None
) -> None:
    copy = Copy.of(plan.content, tmp_path / "work")
    remote(copy, origin="git@github.com:kitchen/recipes.git")

    terminal = Terminal(copy, ["init"])
    terminal.until("to stay on this machine) [kitchen/recipes]:")
    terminal.type(f"{answer}\n")

    assert terminal.end() == 0
    assert (settings(copy)["tracker"], settings(copy).get("repo")) == (tracker, repo)


def test_a_fork_is_named_with_its_upstream_and_alone_taken(fresh: Copy, stage: SmallServer) -> None:
    stage.home = FORK
    upstream = "https://github.com/upstream/recipes.git"
    remote(fresh, origin=f"https://github.com/{REPO}.git", upstream=upstream)

    said = fresh.run("init", "--yes").out

    assert f"other remotes too: upstream/recipes (upstream). Taken: {REPO}." in said
    assert (
        f'{REPO} is a fork of upstream/recipes. Taken: {REPO}; for the other: repo = "upstream/recipes"'
        in said
    )
    assert settings(fresh)["repo"] == REPO
    fresh.push()
    assert all(REPO in asked.path or asked.path == "/user" for asked in stage.asked)


def test_a_remote_that_is_called_upstream_is_never_taken_by_guess(
    plan: Source, tmp_path: Path, forks: Mortals
) -> None:
    copy = Copy.of(plan.content, tmp_path / "work", forked=forks.run)
    remote(copy, upstream="https://github.com/upstream/recipes.git")

    copy.run("init", "--yes")

    assert settings(copy)["tracker"] == "sandbox"
    assert "repo" not in settings(copy)


def test_without_a_token_init_works_and_says_what_it_could_not_see(
    plan: Source, tmp_path: Path, forks: Mortals
) -> None:
    copy = Copy.of(plan.content, tmp_path / "work", forked=forks.run)
    remote(copy, origin="git@github.com:kitchen/recipes.git")

    said = copy.run("init", "--yes").out

    assert (
        "kitchen/recipes could not be looked at: no token for https://api.github.com: set PLANSYNC_TOKEN"
        in said
    )
    assert "Once it can be looked at, see what a first push would do:\n  plansync diff\n" in said
    assert settings(copy)["repo"] == "kitchen/recipes"


@pytest.mark.parametrize("status", [401, 404, 500])
def test_an_answer_that_says_nothing_of_the_repository_keeps_init_from_nothing(
    fresh: Copy, stage: SmallServer, status: int
) -> None:
    stage.misbehave(status)

    said = fresh.run("init", "--yes").out

    assert f"{REPO} could not be looked at: " in said
    assert settings(fresh)["repo"] == REPO


def test_a_tracker_that_does_not_say_whose_token_it_is_keeps_init_from_nothing(
    fresh: Copy, stage: SmallServer
) -> None:
    stage.misbehave(403, "GET", "/user$")

    assert "Account: the tracker does not say" in fresh.run("init", "--yes").out


@pytest.mark.parametrize(
    ("address", "repo", "api"),
    [
        ("git@github.com:a/b.git", "a/b", None),
        ("ssh://git@ssh.github.com:443/a/b.git", "a/b", None),
        ("https://GitHub.com/a/b", "a/b", None),
        ("git@acme.ghe.com:a/b.git", "a/b", "https://api.acme.ghe.com"),
        ("ssh://git@github.acme.example:2222/a/b", "a/b", "https://github.acme.example/api/v3"),
        ("https://github.acme.example:8443/a/b", "a/b", "https://github.acme.example:8443/api/v3"),
    ],
)
def test_the_address_of_the_api_follows_from_the_remote(
    plan: Source, tmp_path: Path, forks: Mortals, address: str, repo: str, api: str | None
) -> None:
    copy = Copy.of(plan.content, tmp_path / "work", forked=forks.run)
    remote(copy, origin=address)

    copy.run("init", "--yes")

    assert (settings(copy)["repo"], settings(copy).get("api_url")) == (repo, api)


def test_the_first_push_asks_with_repository_account_and_visibility(fresh: Copy, stage: SmallServer) -> None:
    stage.home = FORK
    terminal = Terminal(fresh, ["push"])

    seen = terminal.until("Go on?")
    terminal.type("n\n")

    assert terminal.end() == 7
    question = seen.replace("\r\n", " ").rpartition("This will ")[2]
    told = f"{REPO} at {stage.url} (private, a fork of upstream/recipes, as ada)"
    assert question.startswith(f"make 13 issues in {told}. Go on?")
    assert "Needs " in seen
    assert stage.writes == []
    assert sum(asked.path == "/user" for asked in stage.asked) == 1


def test_nobody_is_asked_about_who_need_not_confirm(fresh: Copy, stage: SmallServer) -> None:
    fresh.push()

    assert not any(asked.path == "/user" for asked in stage.asked)
