"""Starting plans: `plansync new` writes one that is right from its first line, over nothing that is there."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from plansync import durations
from tests.support.mortals import Mortals
from tests.support.outline import outline
from tests.support.people import Copy, Ran, environment

DIALECTS = ("phase-task", "kiro", "spec-kit", "openspec")
New = Callable[..., Ran]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty project."""
    made = tmp_path / "work"
    made.mkdir()
    return made


@pytest.fixture
def new(folder: Path, tmp_path: Path, forks: Mortals) -> New:
    """Run the command in the project."""
    home = tmp_path / "home"
    home.mkdir()
    project = Copy(folder, environment(home), forked=forks.run)

    def ran(*arguments: str, verb: str = "new", exits: int = 0) -> Ran:
        return project.run(verb, *arguments, exits=exits)

    return ran


def value(text: str, key: str) -> str:
    found = re.search(rf"^(?:- )?\*\*{key}\*\*: (.*?) *$", text, re.MULTILINE)
    assert found, key
    return found[1]


def minutes(words: str) -> int:
    read = durations.read(words)
    assert read is not None
    return read.high


# Where it writes.


def test_new_writes_one_file_and_names_the_next_two_commands(new: New, folder: Path) -> None:
    said = new("docs/night-bus.md")

    assert [p for p in folder.rglob("*") if p.is_file()] == [folder / "docs" / "night-bus.md"]
    assert "docs/night-bus.md" in said.out.splitlines()[0]
    commands = [line.strip() for line in said.out.splitlines() if line.startswith("  ")]
    assert commands == ["plansync status docs/night-bus.md", "plansync check docs/night-bus.md"]
    assert said.err == ""


def test_a_name_with_a_blank_is_quoted_in_the_commands(new: New) -> None:
    assert "plansync status 'night bus.md'" in new("night bus.md").out


def test_new_says_the_same_to_a_program(new: New) -> None:
    said = new("plan.md", "--dialect", "kiro", "--json")

    assert said.json == {"schema": "plansync/new/1", "path": "plan.md", "dialect": "kiro"}


def test_a_file_that_is_there_stays_as_it_is(new: New, folder: Path) -> None:
    (folder / "plan.md").write_bytes(b"mine\r\n")

    said = new("plan.md", exits=2)

    assert "plan.md is there already" in said.err
    assert len(said.err.splitlines()) == 1
    assert (folder / "plan.md").read_bytes() == b"mine\r\n"


def test_a_link_that_leads_nowhere_is_not_written_through(new: New, folder: Path) -> None:
    (folder / "plan.md").symlink_to(folder / "elsewhere.md")

    said = new("plan.md", exits=2)

    assert "there already" in said.err
    assert not (folder / "elsewhere.md").exists()


def test_of_two_runs_at_once_one_writes(folder: Path) -> None:
    argv = [sys.executable, "-m", "plansync", "new", "plan.md", "--dialect"]
    both = [
        subprocess.Popen([*argv, name], cwd=folder, env=environment(folder), stdout=-1, stderr=-1)
        for name in ("phase-task", "openspec")
    ]
    for each in both:
        each.communicate()
    codes = [each.returncode for each in both]

    assert sorted(codes) == [0, 2]
    is_openspec = codes[1] == 0
    assert ("## 4. Validation" in (folder / "plan.md").read_text()) is is_openspec


def test_places_that_cannot_hold_a_plan_are_refused_in_one_line(new: New, folder: Path) -> None:
    (folder / "docs").mkdir()
    (folder / "notes").write_text("")

    for named, advice in (
        ("docs", "plansync new docs/plan.md"),
        ("later", "plansync new later.md"),
        ("notes/plan.md", "the folder notes cannot be made"),
        (f"{'x' * 300}.md", "cannot be written"),
    ):
        said = new(named, exits=2)
        assert advice in said.err
        assert len(said.err.splitlines()) == 1


def test_a_dialect_without_a_starting_plan_is_a_usage_error(new: New, folder: Path) -> None:
    said = new("plan.md", "--dialect", "gsd", exits=2)

    assert all(name in said.err for name in DIALECTS)
    assert list(folder.iterdir()) == []


# What it writes.


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_starting_plan_is_ready_to_be_reworded(new: New, folder: Path, dialect: str) -> None:
    new("specs/004-night-bus/tasks.md", "--dialect", dialect)

    content = (folder / "specs" / "004-night-bus" / "tasks.md").read_bytes()
    text = content.decode()
    assert re.fullmatch(r"# [\w ]+: Night bus", text.splitlines()[0])
    assert "{" not in text
    assert "\r" not in text
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert len(re.findall(r"^ *- \[ \]", text, re.MULTILINE)) >= 10
    assert not re.search(r"^ *- \[[^ P]\]", text, re.MULTILINE)
    assert not re.search(r"\[(?!P\]|ID\]|P\?\]|Story\]|US\d\]| \])", text)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("night-bus.md", "Night bus"),
        ("Night_Bus.MD", "Night Bus"),
        ("docs/2026-03-01-night-bus.md", "Night bus"),
        ("night-bus/docs/implementation-plan.md", "Night bus"),
        ("plan.md", "Work"),
        ("夜间巴士.md", "夜间巴士"),
        ("a*b <!-- c # [x].md", "A b ! c x"),
        ("{date}.md", "{date}"),
    ],
)
def test_the_title_comes_from_the_first_name_that_says_something(
    new: New, folder: Path, name: str, title: str
) -> None:
    new(name)

    first = (folder / name).read_text(encoding="utf-8").splitlines()[0]
    assert first == f"# Implementation Plan: {title}"


def test_a_home_folder_gives_no_title(new: New, tmp_path: Path) -> None:
    new(str(tmp_path / "home" / "plan.md"))

    assert (tmp_path / "home" / "plan.md").read_text().startswith("# Implementation Plan: New plan\n")


def test_sums_counts_and_critical_path_are_right_from_the_start(new: New, folder: Path) -> None:
    before = date.today()
    new("plan.md")

    text = (folder / "plan.md").read_text()
    plan = outline(text.encode())
    blocks = {b.split(":")[0]: b for b in text.split("### Task ")[1:]}
    needs = {n: re.findall(r"\d\.\d", value(b, "Dependencies")) for n, b in blocks.items()}
    takes = {n: minutes(value(b, "Estimated Time")) for n, b in blocks.items()}
    longest: dict[str, tuple[int, list[str]]] = {}
    for number in blocks:  # every dependency stands above its task, or this fails
        behind = max((longest[need] for need in needs[number]), default=(0, []))
        longest[number] = behind[0] + takes[number], [*behind[1], number]
    assert [task.number for task in plan.tasks] == list(blocks)
    assert sum(takes.values()) == minutes(value(text, "Total Estimated Time"))
    assert value(text, "Number of Tasks") == str(len(blocks))
    assert value(text, "Critical Path") == f"Tasks {' → '.join(max(longest.values())[1])}"
    risky = re.findall(r"Task ([\d.]+) \((.*?)\)", value(text, "High Risk Tasks"))
    assert len(risky) == 2
    assert all(plan.task(number).title == title for number, title in risky)
    assert value(text, "Implementation Status") == "Not Started"
    assert value(text, "Current Phase") == "Phase 1"
    assert value(text, "Completion") == f"0% (0/{len(blocks)} tasks completed)"
    assert before <= date.fromisoformat(value(text, "Last Updated")) <= date.today()
    assert len(plan.criteria) == 3


def test_status_reads_a_starting_plan(new: New) -> None:
    new("plan.md")

    said = new("plan.md", verb="status").out

    assert "0 of 9 tasks" in said
    assert "Next:    Task 1.1 Agree on the goal" in said


def test_a_kiro_plan_has_numbers_in_order_and_requirements_under_every_leaf(new: New, folder: Path) -> None:
    new("tasks.md", "--dialect", "kiro")

    text = (folder / "tasks.md").read_text()
    parents = re.findall(r"^- \[ \]\*? (\d+)\. ", text, re.MULTILINE)
    assert parents == [str(n) for n in range(1, len(parents) + 1)]
    leaves = re.split(r"^  - \[ \]\*? (?=\d)", text, flags=re.MULTILINE)[1:]
    assert all(re.search(r"^    - _Requirements: [\d., ]+_$", leaf, re.MULTILINE) for leaf in leaves)
    assert len(re.findall(r"^  - \[ \]\* ", text, re.MULTILINE)) == 2


def test_a_spec_kit_plan_counts_its_tasks_through_and_tells_their_story(new: New, folder: Path) -> None:
    new("tasks.md", "--dialect", "spec-kit")

    text = (folder / "tasks.md").read_text()
    ids = re.findall(r"^- \[ \] T(\d{3}) ", text, re.MULTILINE)
    assert ids == [f"{n:03}" for n in range(1, len(ids) + 1)]
    for section in text.split("\n## ")[1:]:
        story = re.match(r"Phase \d: User Story (\d)", section)
        for line in re.findall(r"^- \[ \] T.*", section, re.MULTILINE):
            assert re.findall(r"\[US(\d)\]", line) == ([story[1]] if story else [])
    for later, earlier in re.findall(r"T(\d{3}) .*\(depends on T(\d{3})\)", text):
        assert earlier < later


def test_an_openspec_plan_numbers_tasks_by_their_group(new: New, folder: Path) -> None:
    new("tasks.md", "--dialect", "openspec")

    groups = re.split(r"^## ", (folder / "tasks.md").read_text(), flags=re.MULTILINE)[1:]
    assert len(groups) == 4
    for number, group in enumerate(groups, 1):
        assert group.startswith(f"{number}. ")
        ids = re.findall(r"^- \[ \] ([\d.]+) ", group, re.MULTILINE)
        assert ids == [f"{number}.{n}" for n in range(1, len(ids) + 1)]


def test_a_plan_of_any_name_that_was_synced_here_need_not_be_named_again(new: New, folder: Path) -> None:
    new("garden.md")
    assert "no plan was found here; name it" in new(verb="check", exits=2).err
    new("garden.md", "--yes", verb="push")

    for verb in ("status", "check", "diff", "sync", "log"):
        new(verb=verb)
    new("shed.md")
    new("shed.md", "--yes", verb="push")
    assert "there are 2 plans here (garden.md, shed.md); name one" in new(verb="sync", exits=2).err
    (folder / "shed.md").unlink()
    assert "Plan: garden.md (phase-task)" in new("--tracker", "sandbox", verb="init").out


def test_the_settings_that_init_writes_say_what_a_table_of_a_plan_is_for(new: New, folder: Path) -> None:
    new("docs/plan.md")
    new("--tracker", "sandbox", verb="init")

    assert (
        (folder / "plansync.toml")
        .read_text()
        .endswith(
            '\n\n# The plans, each in a table of its own, or with a pattern several: path = "plans/*.md"\n'
            '[[plan]]\npath = "docs/plan.md"\n'
        )
    )
