"""Where plans are looked for, and what settings say of their form."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from plansync import config
from plansync.document.dialects import DIALECTS
from plansync.errors import ConfigError


def home(folder: Path, settings: str = "") -> config.Home:
    (folder / "plansync.toml").write_text(settings, encoding="utf-8")
    return config.load(folder, {}, {})


@pytest.mark.parametrize(
    "place",
    [
        "implementation-plan.md",
        "docs/PLAN.md",
        "plans/roadmap.md",
        ".kiro/specs/garden/tasks.md",
        "specs/001-garden/tasks.md",
        "openspec/changes/dig-a-pond/tasks.md",
        "conductor/tracks/pond/plan.md",
    ],
)
def test_a_plan_is_found_where_tools_and_people_keep_it(tmp_path: Path, place: str) -> None:
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).write_text("# Plan\n", encoding="utf-8")

    assert config.plan_paths(home(tmp_path), tmp_path) == [tmp_path / place]


def test_other_files_are_not_taken_for_plans(tmp_path: Path) -> None:
    for place in (
        "README.md",
        "openspec/changes/dig-a-pond/proposal.md",
        "specs/001-garden/spec.md",
        "src/plan.md",
    ):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text("# Plan\n", encoding="utf-8")

    assert config.plan_paths(home(tmp_path), tmp_path) == []


def test_a_plans_own_table_says_its_form_before_the_general_one(tmp_path: Path) -> None:
    settings = 'dialect = "kiro"\n[[plan]]\npath = "notes/*.md"\ndialect = "flat-checklist"\n[[plan]]\npath = "b.md"\n'
    where = home(tmp_path, settings)
    (tmp_path / "notes").mkdir()
    for name in ("notes/a.md", "b.md"):
        (tmp_path / name).write_text("# Plan\n", encoding="utf-8")

    assert config.dialect_of(where, tmp_path / "notes" / "a.md") == "flat-checklist"
    assert config.dialect_of(where, tmp_path / "b.md") == "kiro"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('dialect = "kirro"', "dialect"),
        ('dialect = "table"', "dialect"),
        ('milestones = "weeks"', "milestones"),
        ('ticks = { "x" = "open" }', "ticks"),
        ('ticks = { "--" = "dropped" }', "ticks"),
        ('ticks = { "-" = "gone" }', "ticks"),
    ],
)
def test_a_form_or_letter_that_cannot_be_is_refused_by_its_key(
    tmp_path: Path, settings: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        home(tmp_path, settings)


def test_the_forms_that_can_be_named_are_those_that_are_written() -> None:
    assert set(get_args(config.Dialect)) == {dialect.name for dialect in DIALECTS if dialect.is_written}


@pytest.mark.parametrize(
    ("settings", "environ", "flags", "says"),
    [
        ("", {}, {"tracker": "x y"}, "--tracker: must be one of"),
        ("", {"PLANSYNC_TRACKER": "x y"}, {}, "PLANSYNC_TRACKER: must be one of"),
        ('tracker = "x y"', {}, {}, "plansync.toml: tracker: must be one of"),
        ("", {}, {"api_url": "ftp://x"}, "--api-url: must be an http or https address"),
        ("", {"PLANSYNC_REPO": "x"}, {}, "PLANSYNC_REPO: must be OWNER/NAME"),
        ('repo = "x"', {}, {}, "plansync.toml: repo must be OWNER/NAME"),
        (
            'repo = "a//b"',
            {},
            {},
            "plansync.toml: repo must be OWNER/NAME, on GitLab with all groups or a number",
        ),
        (
            'repo = "x"',
            {"PLANSYNC_REPO": "y"},
            {"repo": "z"},
            "--repo: must be OWNER/NAME, on GitLab with all groups or a number (got 'z')",
        ),
    ],
)
def test_a_problem_names_the_place_where_the_value_stands(
    tmp_path: Path, settings: str, environ: dict[str, str], flags: dict[str, str], says: str
) -> None:
    (tmp_path / "plansync.toml").write_text(settings, encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        config.load(tmp_path, environ, flags)

    assert str(caught.value).removeprefix(f"{tmp_path}/").startswith(says)
