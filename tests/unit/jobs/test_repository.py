"""What git says where it fails, for a message."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from plansync.jobs.repository import GitFailed, Rejected, Repository


def failing(folder: Path, script: str) -> Repository:
    """A work tree whose git is a script."""
    git = folder / "git"
    git.write_text(f"#!/bin/sh\n{script}\n")
    git.chmod(0o755)
    return Repository(folder, environ={**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"})


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("kill -9 $$", "origin cannot be pushed to: git ended with -9 and said nothing; run again"),
        ("echo 'fatal: no such host' >&2; exit 128", "origin cannot be pushed to: no such host"),
    ],
)
def test_a_push_that_fails_says_why(script: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(GitFailed) as failed:
        failing(tmp_path, script).push("origin", "HEAD:main")

    assert str(failed.value) == says


ASKS = ("merge_request.create", "merge_request.title=Sync: it's time")


@pytest.fixture
def clone(tmp_path: Path) -> Repository:
    """A work tree with a commit, and a server that takes push options."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
    made = Repository(tmp_path / "work", environ=environ)
    made.root.mkdir()
    made.run("init", "--quiet", "--initial-branch", "main")
    (made.root / "plan.md").write_text("# Plan\n")
    made.commit(["plan.md"], "Plan")
    made.run("init", "--quiet", "--bare", "../server.git")
    made.run("-C", "../server.git", "config", "receive.advertisePushOptions", "true")
    made.run("remote", "add", "origin", "../server.git")
    return made


def hooked(clone: Repository, name: str, script: str) -> None:
    hook = clone.root.parent / "server.git" / "hooks" / name
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n{script}\n")
    hook.chmod(0o755)


def pushed(clone: Repository, heard: list[str]) -> Rejected | None:
    return clone.push("origin", "HEAD:refs/heads/own", asks=ASKS, unheard=heard.append)


def test_a_push_whose_options_are_heard_says_nothing(clone: Repository) -> None:
    hooked(clone, "post-receive", 'test "$GIT_PUSH_OPTION_COUNT" = 2 && echo "View the request: it is there"')
    heard: list[str] = []

    assert pushed(clone, heard) is None
    assert heard == []


def test_a_server_that_takes_no_push_options_takes_the_push(clone: Repository) -> None:
    clone.run("-C", "../server.git", "config", "receive.advertisePushOptions", "false")
    heard: list[str] = []

    assert pushed(clone, heard) is None
    assert heard == ["it takes no push options"]
    assert clone.ask("ls-remote", "origin", "refs/heads/own")


def test_push_options_of_which_gitlab_made_nothing_are_told_with_its_reason(clone: Repository) -> None:
    frame = "echo; echo ==========; echo; echo 'WARNINGS:'; {}; echo; echo ==========; echo"
    options = "Error encountered with push options 'merge_request.create'"
    says = f"echo \"{options}\"; echo \"'a': Target\"; echo '  branch is gone'"
    hooked(clone, "post-receive", frame.format(says))
    heard: list[str] = []

    assert pushed(clone, heard) is None
    assert heard == ["Target branch is gone"]


@pytest.mark.parametrize("says", ["GitLab: You may not push here.", "error: You may not push here."])
def test_a_push_that_a_hook_refuses_says_what_the_hook_says(clone: Repository, says: str) -> None:
    hooked(clone, "pre-receive", f"echo; echo '{says}'; exit 1")

    rejected = pushed(clone, [])

    assert rejected is not None and not rejected.is_stale
    told = f"[remote rejected] (pre-receive hook declined): {says.removeprefix('error: ')}"
    assert rejected.reason == told
