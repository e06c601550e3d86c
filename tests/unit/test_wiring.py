"""What is chosen from settings and files before a run begins."""

from __future__ import annotations

import asyncio
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from plansync import config, wiring
from plansync.config import Home, Settings, When, fingerprint
from plansync.store import shelf
from plansync.store.state import Target
from plansync.sync.guards import SETTINGS


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


@pytest.mark.parametrize(
    ("kind", "api", "paced"),
    [
        ("github", "https://api.github.com", {"auto", "on"}),
        ("github", "http://127.0.0.1:7526/api/v3", {"on"}),
        ("gitlab", "https://gitlab.com/api/v4", {"on"}),
        ("gitlab", "http://127.0.0.1:7526/api/v4", {"on"}),
    ],
)
def test_a_tracker_is_paced_where_it_does_not_say_itself_what_it_takes(
    monkeypatch: pytest.MonkeyPatch, kind: str, api: str, paced: set[str]
) -> None:
    """GitLab says it; whoever wants a pace there too gets one."""
    monkeypatch.setenv("PLANSYNC_TOKEN", "a-token")

    def is_paced(pace: str) -> bool:
        settings = Settings.model_validate({"pace": pace})
        with closing(shelf.connect(None)) as nothing:
            target, limits = Target(kind, api, "a/b"), wiring.Limits()
            opened = wiring._tracker(settings, target, nothing, None, lambda event: None, limits)
            asyncio.run(opened.aclose())
            return opened.bucket is not None

    assert {pace for pace in ("auto", "on", "off") if is_paced(pace)} == paced


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


def test_the_guard_names_each_setting_that_moves_the_fingerprint_and_no_other(tmp_path: Path) -> None:
    other = {
        **dict.fromkeys(("milestones", "overview", "prose"), "none"),
        **{"title": "{number} {title}", "links": False, "dialect": "kiro", "ticks": {"-": "dropped"}},
        **{
            "dropped_labels": [],
            "dependencies": "text",
            "estimates": "label",
            "risk_label": "",
            "pace": "off",
        },
        **{
            "people": {"Ana": "ana-dev"},
            "when": {"steps_done": "nothing"},
            "tracker": "github",
            "repo": "c/d",
        },
        **{
            "api_url": "https://ghe.example.org/api/v3",
            "ca_file": "x",
            "default_branch": "x",
            "max_creates": 3,
        },
        **{"settle_s": 1, "max_wait_s": 1, "check": {"select": ["PLAN1"]}, "plan": [{"path": "x.md"}]},
        **{"write_back": "merge-request", "watch": {"settle_s": 9}},
    }

    def of(**changes: object) -> str:
        home = Home(settings=Settings.model_validate(changes), file=None, root=tmp_path)
        return fingerprint(home, tmp_path / "PLAN.md", "a/b")

    assert set(other) == set(Settings.model_fields)
    moves = {name for name, value in other.items() if of(**{name: value}) != of()}
    assert {name.strip("[]") for name in SETTINGS.split(", ")} == moves


@pytest.mark.parametrize(
    ("remote", "api", "link"),
    [
        (
            "git@github.com:a/b.git",
            "https://api.github.com",
            "https://github.com/a/b/blob/HEAD/docs/my%20plan.md",
        ),
        (
            "https://github.com/A/B",
            "https://api.github.com",
            "https://github.com/A/B/blob/HEAD/docs/my%20plan.md",
        ),
        ("git@github.com:a/fork.git", "https://api.github.com", ""),
        ("git@github.com:a/b.git", "https://github.example.org/api/v3", ""),
        (
            "git@github.example.org:a/b.git",
            "https://github.example.org/api/v3",
            "https://github.example.org/a/b/blob/HEAD/docs/my%20plan.md",
        ),
        ("", "https://api.github.com", ""),
        (
            "git@gitlab.com:a/b.git",
            "https://gitlab.com/api/v4",
            "https://gitlab.com/a/b/-/blob/HEAD/docs/my%20plan.md",
        ),
        (
            "https://code.example:8443/git/lab/a/b",
            "https://code.example:8443/git/lab/api/v4",
            "https://code.example:8443/git/lab/a/b/-/blob/HEAD/docs/my%20plan.md",
        ),
        (
            "git@code.example:a/b",
            "https://code.example/git/api/v4",
            "https://code.example/git/a/b/-/blob/HEAD/docs/my%20plan.md",
        ),
        ("git@gitlab.com:a/sub/b.git", "https://gitlab.com/api/v4", ""),
    ],
)
def test_the_plan_is_linked_to_where_its_remote_is_the_target(
    tmp_path: Path, remote: str, api: str, link: str
) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    if remote:
        subprocess.run(["git", "-C", str(tmp_path), "remote", "add", "origin", remote], check=True)

    assert config.plan_link(tmp_path / "docs" / "my plan.md", api, "a/b") == link


def test_how_issues_look_is_one_of_the_settings_whose_change_is_shown_first(tmp_path: Path) -> None:
    def named(**settings: str) -> str:
        home = Home(settings=Settings.model_validate(settings), file=None, root=tmp_path)
        return fingerprint(home, tmp_path / "plan.md", "here")

    usual = {"title": "{title}", "prose": "lead", "overview": "auto", "milestones": "auto"}
    other = {"title": "{number} {title}", "prose": "none", "overview": "none", "milestones": "none"}

    assert named(**usual) == named()
    assert len({named(), *(named(**{name: value}) for name, value in other.items())}) == 5
