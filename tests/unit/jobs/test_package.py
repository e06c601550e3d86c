"""Where a job installs plansync from: read from what pip noted, and from the clone that it was installed in."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plansync import __version__
from plansync.jobs.package import OPEN, package
from tests.support.people import environment

Noted = Callable[[dict[str, Any] | None], str]


@pytest.fixture
def noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Noted:
    """Install it as pip does, as far as its notes go, and ask."""

    def asked(said: dict[str, Any] | None) -> str:
        notes = tmp_path / "site" / f"plansync-{__version__}.dist-info"
        notes.mkdir(parents=True)
        (notes / "METADATA").write_text(f"Metadata-Version: 2.1\nName: plansync\nVersion: {__version__}\n")
        if said is not None:
            (notes / "direct_url.json").write_text(json.dumps(said))
        monkeypatch.syspath_prepend(str(notes.parent))
        return package()

    return asked


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=Ana", "-c", "user.email=ana@example.org", *words],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        env=environment(folder),
    )
    return done.stdout.strip()


def cloned(folder: Path, address: str) -> Path:
    """Lay a clone whose one commit its remote has too."""
    made = folder / "a clone"
    made.mkdir()
    git(made, "init", "-q", "-b", "main")
    git(made, "commit", "-q", "--allow-empty", "-m", "One")
    git(made, "remote", "add", "origin", address)
    git(made, "update-ref", "refs/remotes/origin/main", "HEAD")
    return made


def test_from_an_index_it_is_the_version(noted: Noted) -> None:
    assert noted(None) == f"plansync=={__version__}"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            {
                "url": "https://git.example.org/a/plansync.git",
                "vcs_info": {"vcs": "git", "commit_id": "1a2b"},
            },
            "plansync @ git+https://git.example.org/a/plansync.git@1a2b",
        ),
        (
            {"url": "https://example.org/plansync.whl", "archive_info": {}},
            "plansync @ https://example.org/plansync.whl",
        ),
        (
            {"url": "ssh://git@git.example.org/a/plansync", "vcs_info": {"vcs": "git", "commit_id": "1a2b"}},
            OPEN,
        ),
        ({"url": "https://ana:secret@example.org/plansync.whl", "archive_info": {}}, OPEN),
        ({"url": "https://example.org/plansync", "vcs_info": {"vcs": "hg", "commit_id": "1a2b"}}, OPEN),
        ({"url": "file:///nowhere/plansync.whl", "archive_info": {}}, OPEN),
    ],
)
def test_from_elsewhere_it_is_that_place_unless_a_job_cannot_go_there(
    noted: Noted, said: dict[str, Any], expected: str
) -> None:
    assert noted(said) == expected


@pytest.mark.parametrize(
    "address", ["git@git.example.org:a/plansync.git", "https://git.example.org/a/plansync"]
)
def test_from_a_clone_it_is_its_repository_at_this_commit(noted: Noted, tmp_path: Path, address: str) -> None:
    clone = cloned(tmp_path, address)

    said = noted({"url": clone.as_uri(), "dir_info": {"editable": True}})

    assert said == f"plansync @ git+https://git.example.org/a/plansync.git@{git(clone, 'rev-parse', 'HEAD')}"


def test_a_commit_that_was_not_pushed_is_not_to_be_had(noted: Noted, tmp_path: Path) -> None:
    clone = cloned(tmp_path, "https://git.example.org/a/plansync")
    git(clone, "commit", "-q", "--allow-empty", "-m", "Two")

    assert noted({"url": clone.as_uri(), "dir_info": {}}) == OPEN


def test_a_clone_of_a_folder_is_nowhere_else(noted: Noted, tmp_path: Path) -> None:
    assert noted({"url": cloned(tmp_path, "/srv/plansync").as_uri(), "dir_info": {}}) == OPEN
