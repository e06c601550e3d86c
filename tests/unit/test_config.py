"""Where plans are looked for, and what settings say of their form."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import get_args

import pytest

from plansync import config, plans
from plansync.document.dialects import DIALECTS
from plansync.errors import ConfigError, PlanError


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
    assert set(get_args(plans.Dialect)) == {dialect.name for dialect in DIALECTS if dialect.is_written}


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


# ------------------------------------------------------------------ a plan's own place


def place(where: config.Home, plan: str) -> tuple[str | None, ...]:
    assert where.root
    found = config.for_plan(where, where.root / plan).settings
    assert found == config.for_plan(config.for_plan(where, where.root / plan), where.root / plan).settings
    return found.tracker, found.repo, found.api_url, found.ca_file


@pytest.mark.parametrize(
    ("above", "own", "is_found_at"),
    [
        ('repo = "a/b"', 'repo = "c/d"', (None, "c/d", None, None)),
        ('tracker = "github"\nrepo = "a/b"', 'repo = "c/d"', ("github", "c/d", None, None)),
        (
            'repo = "a/b"\napi_url = "https://h/api/v3"',
            'repo = "c/d"',
            (None, "c/d", "https://h/api/v3", None),
        ),
        # what belongs to one tracker does not go to another
        ('repo = "a/b"\napi_url = "https://h/api/v3"', 'tracker = "sandbox"', ("sandbox", None, None, None)),
        (
            'tracker = "github"\nrepo = "a/b"\nca_file = "/c.pem"',
            'api_url = "https://h/api/v4"\nrepo = "g/p"',
            (None, "g/p", "https://h/api/v4", None),
        ),
        ('tracker = "sandbox"', 'tracker = "gitlab"\nrepo = "g/p"', ("gitlab", "g/p", None, None)),
        # the same tracker, said once more
        (
            'repo = "a/b"\napi_url = "https://h/api/v3"',
            'tracker = "github"\nrepo = "c/d"',
            ("github", "c/d", "https://h/api/v3", None),
        ),
    ],
)
def test_a_plans_own_table_says_where_its_issues_are(
    tmp_path: Path, above: str, own: str, is_found_at: tuple[str | None, ...]
) -> None:
    where = home(tmp_path, f'{above}\n[[plan]]\npath = "a.md"\n[[plan]]\npath = "b.md"\n{own}\n')

    assert place(where, "b.md") == is_found_at
    assert config.for_plan(where, tmp_path / "a.md") == where


def test_certificates_of_a_plans_own_place_count_from_the_files_folder(tmp_path: Path) -> None:
    table = '[[plan]]\npath = "b.md"\napi_url = "https://h/api/v4"\nrepo = "g/p"\nca_file = "own.pem"\n'

    assert place(home(tmp_path, table), "b.md")[3] == str(tmp_path / "own.pem")


def test_what_an_option_or_the_environment_says_stands_before_a_plans_own_table(tmp_path: Path) -> None:
    home(tmp_path, '[[plan]]\npath = "b.md"\ntracker = "gitlab"\nrepo = "g/p"\n')

    flagged = config.load(tmp_path, {}, {"tracker": "sandbox", "repo": None})
    varied = config.load(tmp_path, {"PLANSYNC_REPO": "x/y"}, {})

    assert place(flagged, "b.md")[:2] == ("sandbox", "g/p")
    assert place(varied, "b.md")[:2] == ("gitlab", "x/y")


def test_the_table_that_names_a_plan_stands_before_a_pattern_that_matches_it(tmp_path: Path) -> None:
    (tmp_path / "plans").mkdir()
    for name in ("a.md", "b.md", "notes.txt", ".#a.md"):
        (tmp_path / "plans" / name).write_text("# Plan\n", encoding="utf-8")
    tables = '[[plan]]\npath = "plans/*"\nrepo = "a/b"\n[[plan]]\npath = "plans/b.md"\nrepo = "c/d"\n'
    where = home(tmp_path, tables)

    assert place(where, "plans/b.md")[1] == "c/d"
    assert place(where, "plans/a.md")[1] == "a/b"
    assert [p.name for p in config.plan_paths(where, tmp_path)] == ["a.md", "b.md", "notes.txt"]
    assert config.names_several(where)


def test_a_name_with_brackets_is_a_name_where_such_a_file_is_there(tmp_path: Path) -> None:
    (tmp_path / "plan [draft].md").write_text("# Plan\n", encoding="utf-8")

    where = home(tmp_path, '[[plan]]\npath = "plan [draft].md"\n')

    assert config.plan_paths(where, tmp_path) == [tmp_path / "plan [draft].md"]


def test_a_table_that_cannot_be_acted_on_is_told_with_its_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as told:
        home(tmp_path, '[[plan]]\npath = "/plans/*.md"\nrepo = "x"\ntraker = "github"\n')

    words = "\n".join(told.value.problems)
    assert "plan.path: a pattern counts from the folder of this file" in words
    assert "plan.repo must be OWNER/NAME" in words
    assert "did you mean 'plan.tracker'?" in words


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("**.md", "plan.path: `**` stands alone between slashes, as in plans/**/*.md (got '**.md')"),
        ("docs/a**/*.md", "plan.path: `**` stands alone between slashes"),
        (r"a\u0000b", "plan.path: no file's name can hold what stands there"),
    ],
)
def test_a_path_that_no_file_can_have_is_told_with_its_key(tmp_path: Path, path: str, says: str) -> None:
    with pytest.raises(ConfigError) as told:
        home(tmp_path, f'[[plan]]\npath = "{path}"\n')

    assert says in str(told.value)


def test_two_stars_between_slashes_mean_all_folders(tmp_path: Path) -> None:
    (tmp_path / "plans" / "deep").mkdir(parents=True)
    (tmp_path / "plans" / "deep" / "a.md").write_text("# Plan\n", encoding="utf-8")

    where = home(tmp_path, '[[plan]]\npath = "plans/**/*.md"\n')

    assert config.plan_paths(where, tmp_path) == [tmp_path / "plans" / "deep" / "a.md"]


@pytest.mark.parametrize("option", ["every_s", "quiet_s", "settle_s"])
def test_a_watch_waits_for_no_longer_than_can_be_said(tmp_path: Path, option: str) -> None:
    with pytest.raises(ConfigError, match=f"watch.{option} input should be a finite number"):
        home(tmp_path, f"[watch]\n{option} = inf\n")


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="it is the reading that finds out there")
def test_a_link_that_leads_to_itself_is_no_plan(tmp_path: Path) -> None:
    (tmp_path / "loop.md").symlink_to("loop.md")
    where = home(tmp_path, '[[plan]]\npath = "loop.md"\n')

    with pytest.raises(PlanError, match="leads to itself"):
        config.plan_paths(where, tmp_path)
