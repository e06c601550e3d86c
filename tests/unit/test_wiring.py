"""What is chosen from settings and files before a run begins."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from plansync import wiring
from plansync.config import Home, Settings, When, fingerprint
from plansync.store.state import Target


@pytest.mark.parametrize(
    ("remote", "api", "is_trusted"),
    [
        ("", "https://api.github.com", True),
        ("", "http://127.0.0.1:7526/api/v3", True),
        ("", "https://ghe.example.org/api/v3", False),
        ("git@ghe.example.org:a/b.git", "https://ghe.example.org/api/v3", True),
        ("https://me:word@ghe.example.org/a/b.git", "https://ghe.example.org/api/v3", True),
        ("ssh://git@acme.ghe.com:22/a/b.git", "https://api.acme.ghe.com", True),
        ("git@ghe.example.org:a/b.git", "https://ghe.example.org.evil.example/api/v3", False),
        ("git@github.com:a/b.git", "https://evil.example/github.com", False),
    ],
)
def test_only_a_place_that_something_else_names_is_sent_a_token(
    tmp_path: Path, remote: str, api: str, is_trusted: bool
) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    if remote:
        subprocess.run(["git", "-C", str(tmp_path), "remote", "add", "origin", remote], check=True)

    assert wiring._is_trusted(Target("github", api, "a/b"), tmp_path) is is_trusted


def test_a_target_is_written_as_the_options_that_name_it() -> None:
    assert wiring.flags_of(Target("sandbox", "sandbox", "local/plans")) == ("--tracker", "sandbox")
    assert wiring.flags_of(Target("github", "https://api.github.com", "a/b")) == ("-R", "a/b")
    ghe = Target("github", "https://ghe.example.org/api/v3", "a/b")
    assert wiring.flags_of(ghe) == ("--api-url", ghe.api, "-R", "a/b")


def test_the_fingerprint_moves_with_what_maps_a_plan_and_with_nothing_else(tmp_path: Path) -> None:
    def of(target: str = "a/b", **changes: object) -> str:
        settings = Settings.model_validate(changes)
        return fingerprint(Home(settings=settings, file=None, root=tmp_path), tmp_path / "PLAN.md", target)

    same = {of(), of(pace="off"), of(max_creates=3), of(settle_s=1), of(ca_file="x"), of(repo="c/d")}
    assert same == {of()}
    others = {
        of("c/d"),
        of(milestones="none"),
        of(links=False),
        of(dialect="kiro"),
        of(ticks={"-": "dropped"}),
        of(dropped_labels=["no"]),
        of(when=When(steps_done="nothing").model_dump()),
    }
    assert len(others | same) == 8
