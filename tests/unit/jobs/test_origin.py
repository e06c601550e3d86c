"""What a job on another machine installs plansync from: what this one was installed from, or nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from plansync.jobs.origin import of_record
from tests.support.repository import git

PLACE = "https://git.example.org/octo/plansync.git"


def record(url: str, **more: Any) -> str:
    return json.dumps({"url": url, **more})


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Clone something, as somebody does who installs from it."""
    made = tmp_path / "the server"
    made.mkdir()
    git(made, "init", "-q", "-b", "main")
    git(made, "commit", "-q", "--allow-empty", "-m", "One")
    git(tmp_path, "clone", "-q", "the server", "a clone")
    return tmp_path / "a clone"


def test_what_came_from_an_index_is_installed_from_there() -> None:
    assert of_record(None, "1.2.3") == "plansync==1.2.3"


def test_what_came_from_git_is_installed_from_the_same_commit() -> None:
    said = record(PLACE, vcs_info={"vcs": "git", "commit_id": "c0ffee"})

    assert of_record(said) == f"plansync @ git+{PLACE}@c0ffee"


def test_an_archive_is_installed_from_where_it_was() -> None:
    url = "https://example.org/plansync.whl"

    assert of_record(record(url, archive_info={})) == f"plansync @ {url}"


@pytest.mark.parametrize(
    "said",
    [
        record("file:///tmp/plansync.whl", archive_info={}),
        record("file:///no/such/folder", dir_info={"editable": True}),
        record("https://me:secret@example.org/x.git", vcs_info={"vcs": "git", "commit_id": "c0ffee"}),
        record("ssh://git@example.org/x.git", vcs_info={"vcs": "git", "commit_id": "c0ffee"}),
        record("https://example.org/x", vcs_info={"vcs": "hg", "commit_id": "c0ffee"}),
        "{",
    ],
)
def test_what_no_other_machine_can_reach_is_named_to_none(said: str) -> None:
    assert of_record(said) == ""


@pytest.mark.parametrize(
    "remote", [PLACE, "git@git.example.org:octo/plansync.git", "ssh://git@git.example.org/octo/plansync.git"]
)
def test_a_clone_is_installed_from_where_it_was_cloned(clone: Path, remote: str) -> None:
    git(clone, "remote", "set-url", "origin", remote)
    commit = git(clone, "rev-parse", "HEAD").strip()

    assert of_record(record(clone.as_uri(), dir_info={})) == f"plansync @ git+{PLACE}@{commit}"


@pytest.mark.parametrize(
    "how", ["not pushed", "cloned from this machine", "a folder of another repository", "a token"]
)
def test_a_clone_that_others_cannot_get_is_not_named(clone: Path, how: str) -> None:
    folder = clone
    if how != "cloned from this machine":
        git(
            clone,
            "remote",
            "set-url",
            "origin",
            "https://x:y@example.org/z.git" if how == "a token" else PLACE,
        )
    if how == "not pushed":
        git(clone, "commit", "-q", "--allow-empty", "-m", "Mine")
    if how == "a folder of another repository":
        folder = clone / "vendor"
        folder.mkdir()

    assert of_record(record(folder.as_uri(), dir_info={})) == ""
