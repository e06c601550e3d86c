"""Where a request is made, and with which token: that of the issues goes to no other host."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from plansync.config import Home, Settings
from plansync.errors import AuthError, ConfigError
from plansync.jobs.opening import token_for, write_back
from plansync.jobs.request import Requested
from plansync.store.state import Target

TOKEN = "ghp_" + "a" * 36


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with a plan and one commit."""
    (tmp_path / "plan.md").write_text("# P\n\n- [ ] a\n", encoding="utf-8")
    who = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "Plan"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


def opened(project: Path, remote: str, **settings: str) -> Requested:
    subprocess.run(["git", "remote", "add", "origin", remote], cwd=project, check=True)
    given = Settings.model_validate({"write_back": "merge-request", **settings})
    home = Home(settings=given, file=None, root=project)
    made = write_back(home, project / "plan.md", lambda text: None, is_attended=False)
    assert isinstance(made, Requested)
    return made


def test_the_token_of_issues_elsewhere_goes_to_no_other_host(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANSYNC_TOKEN", "glpat-" + "a" * 20)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    for name in [each for each in os.environ if each.startswith(("GH_", "GITHUB_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setitem(sys.modules, "keyring", None)  # as Python marks what cannot be imported

    with pytest.raises(AuthError, match="no token for the pull request"):
        opened(project, "https://github.com/o/r.git", tracker="gitlab", repo="o/r")


@pytest.mark.parametrize(
    ("project_name", "wanted"), [("o/issues", "PLANSYNC_TOKEN"), ("o/plans", "GITHUB_TOKEN")]
)
def test_the_jobs_own_token_is_for_its_own_repository(
    monkeypatch: pytest.MonkeyPatch, project_name: str, wanted: str
) -> None:
    monkeypatch.setenv("PLANSYNC_TOKEN", TOKEN)
    monkeypatch.setenv("GITHUB_TOKEN", "ghs_" + "b" * 36)
    issues = Target("github", "https://api.github.com", "o/issues")

    assert token_for(issues, replace(issues, project=project_name)).source == wanted


def test_a_remote_of_no_known_kind_can_be_asked_for_no_request(project: Path) -> None:
    with pytest.raises(ConfigError, match="remote on GitHub or GitLab"):
        opened(project, "https://example.org/o/r.git", tracker="gitlab", repo="o/r")


def test_a_gitlab_is_asked_with_the_push(project: Path) -> None:
    made = opened(project, "git@gitlab.example.org:o/r.git", tracker="github", repo="o/r")

    assert "merge_request.create" in made.asking.options("main")
    assert "merge_request.target=main" in made.asking.options("main")
    assert not any("\n" in option for option in made.asking.options("main")), "git takes no line end in one"
