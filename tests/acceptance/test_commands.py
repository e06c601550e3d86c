"""Commands: what each of them is for, what it prints, and how it ends."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.acceptance.conftest import Source, in_every_form
from tests.support.people import Copy, Person, environment

ESCAPE = "\x1b["
QUICK = False


@pytest.fixture
def alone(plan: Source, tmp_path: Path) -> Copy:
    """A plan in a folder of its own, with no tracker and no settings."""
    return Copy.of(plan.content, tmp_path / "work")


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, env=environment(folder))


# Looking, offline.


@in_every_form
def test_inspect_counts_what_is_in_a_plan(alone: Copy, plan: Source) -> None:
    found = alone.run("inspect", "--json").json

    assert found["schema"] == "plansync/plan/1"
    assert found["dialect"] == "phase-task"
    steps, criteria = alone.outline.steps, len(alone.outline.criteria)
    assert found["counts"] == {
        "phases": 4,
        "tasks": 12,
        "steps": steps,
        "criteria": criteria,
        "boxes": steps + criteria,
        "boxes_ticked": 0,
    }
    assert plan.is_live or (steps, criteria) == (54, 5)
    assert [task["title"] for task in found["tasks"]] == [task.title for task in alone.outline.tasks]
    assert {"confidence", "phases", "tasks", "criteria", "findings"} <= found.keys()
    assert alone.content == plan.content


@in_every_form
def test_status_tells_where_a_plan_stands_and_leaves_no_trace(alone: Copy, plan: Source) -> None:
    said = alone.run("status")

    assert "0% done: 0 of 12 tasks" in said.out
    assert f"Next:    Task 1.1 {alone.outline.task('1.1').title}" in said.out
    assert all(phase in said.out for phase in alone.outline.phases)
    assert said.err == ""
    found = alone.run("status", "--json").json
    assert (found["schema"], found["done"], found["total"]) == ("plansync/status/1", 0, 12)
    assert [task["label"] for task in found["next"]] == ["Task 1.1"]
    assert [path.name for path in alone.folder.rglob("*")] == [alone.name]
    assert alone.content == plan.content


def test_status_counts_a_task_as_done_when_all_its_boxes_are_ticked(alone: Copy) -> None:
    alone.tick("1.1", alone.outline.task("1.2").steps[0])

    assert "8% done: 1 of 12 tasks" in alone.run("status").out


def test_status_asks_no_tracker(copy: Copy) -> None:
    copy.flags = ("--api-url", "http://127.0.0.1:9", "-R", "nobody/nowhere")

    assert "12 tasks have an issue" in copy.run("status").out


def test_plansync_alone_shows_the_daily_commands_and_one_line_of_state(alone: Copy) -> None:
    said = alone.run().out

    for verb in ("status", "diff", "push", "pull", "sync"):
        assert f"  plansync {verb} " in said
    assert f"{alone.name}: 0% (0/12 tasks), 0 linked" in said
    alone.plan.unlink()
    assert alone.run().code == 0


# Looking, at both sides.


def test_diff_shows_both_directions_and_writes_nothing(copy: Copy, person: Person) -> None:
    person.close(copy.outline.task("1.1").title)
    copy.tick(copy.outline.task("2.1").steps[0])
    before = copy.content, copy.state.read_bytes(), person.everything()

    said = copy.run("diff").out

    assert "To the tracker" in said
    assert "To the plan" in said
    assert f"steps of Task 1.1 {copy.outline.task('1.1').title} (lines " in said
    assert ")  #1 was closed\n" in said
    assert "” ticked  in the plan, line " in said
    assert "Task 2.1" in said
    shown = copy.run("diff", "--format", "json").json
    assert {op["status"] for op in shown["operations"]} == {"planned"}
    assert {op["side"] for op in shown["operations"]} == {"tracker", "plan"}
    assert copy.run("diff", "--json").json["operations"][0]["kind"] == shown["operations"][0]["kind"]
    markdown = copy.run("diff", "--format", "markdown").out
    assert markdown.startswith("Merging this changes 3 issue texts.\n\n### To the tracker\n\n- ")
    assert (copy.content, copy.state.read_bytes(), person.everything()) == before


def test_a_plan_that_is_a_link_to_itself_is_named_and_is_no_bug(alone: Copy) -> None:
    (alone.folder / "loop.md").symlink_to("loop.md")

    for command in (("check",), ("sync", "--yes")):
        ran = alone.run(*command, "loop.md", exits=1)
        assert "loop.md" in ran.out + ran.err


def test_diff_says_where_a_step_was_added(copy: Copy) -> None:
    last = f"- [ ] {copy.outline.task('1.1').steps[-1]}\n"
    copy.replace(last, f"{last}- [ ] Thank everybody\n")
    line = copy.text.partition("Thank everybody")[0].count("\n") + 1

    assert f"“Thank everybody” added  in the plan, line {line}\n" in copy.run("diff").out


def test_diff_tells_a_script_whether_anything_would_change(copy: Copy, person: Person) -> None:
    copy.run("diff", "--exit-code", exits=0)

    person.close(copy.outline.task("1.1").title)

    ran = copy.run("diff", "--exit-code", "--json", exits=6)
    assert ran.json["outcome"] == "changes-pending"
    copy.run("diff", exits=0)


def test_only_names_the_task_that_is_synced(copy: Copy, person: Person) -> None:
    one, two = copy.outline.task("1.1"), copy.outline.task("2.1")
    copy.tick(one.steps[0], two.steps[0])

    copy.sync("--only", "2.1")

    assert person.boxes(two.title)[0][0] == "x"
    assert person.boxes(one.title)[0][0] == " "
    copy.sync()
    assert person.boxes(one.title)[0][0] == "x"
    assert copy.is_settled()


@pytest.mark.parametrize("verb", ["log", "undo", "resolve"])
def test_what_is_neither_an_id_nor_a_file_is_named(copy: Copy, verb: str) -> None:
    ran = copy.run(verb, "zzzz", exits=2)

    assert re.search(r"\bzzzz\b", ran.err)
    assert f"plansync {'resolve' if verb == 'resolve' else 'log'} lists" in ran.err


# Setting up.


def test_init_writes_settings_with_reasons_and_sends_nothing(alone: Copy) -> None:
    said = alone.run("init", "--yes")

    settings = alone.folder / "plansync.toml"
    read = tomllib.loads(settings.read_text())
    assert read == {"tracker": "sandbox", "plan": [{"path": alone.name}]}
    assert settings.read_text().count("\n#") >= 3
    assert "plansync diff" in said.out
    assert sorted(path.name for path in alone.folder.iterdir()) == sorted([alone.name, "plansync.toml"])
    assert "plansync.toml" in alone.run("init", "--yes", exits=2).err
    assert "4 milestones, 13 issues and 14 links to make" in alone.run("diff").out


def test_init_with_two_plans_ends_with_a_command_that_works(alone: Copy) -> None:
    (alone.folder / "other plan.md").write_bytes(alone.content)

    said = alone.run("init", "--yes").out

    command = shlex.split(said.splitlines()[-1])
    assert command[:2] == ["plansync", "diff"]
    assert "4 milestones, 13 issues and 14 links to make" in alone.run(*command[1:]).out


def test_init_finds_the_repository_of_a_git_remote(alone: Copy) -> None:
    git(alone.folder, "init", "--quiet")
    git(alone.folder, "remote", "add", "origin", "git@github.com:kitchen/recipes.git")

    alone.run("init", "--yes")

    read = tomllib.loads((alone.folder / "plansync.toml").read_text())
    assert (read["tracker"], read["repo"]) == ("github", "kitchen/recipes")


def test_a_remote_is_a_hint_and_no_permission(alone: Copy) -> None:
    git(alone.folder, "init", "--quiet")
    git(alone.folder, "remote", "add", "origin", "https://github.com/kitchen/recipes")

    for command in ("push", "sync", "pull"):
        ran = alone.run(command, "--yes", exits=2)
        assert "plansync init" in ran.err
        assert len(ran.err.splitlines()) == 1
    assert alone.content == alone.original
    assert not (alone.folder / ".plansync").exists()


def test_settings_name_tracker_and_plan_so_that_a_command_needs_no_options(copy: Copy) -> None:
    api_url, repo = copy.flags[1], copy.flags[3]
    text = f'repo = "{repo}"\napi_url = "{api_url}"\n\n[[plan]]\npath = "{copy.name}"\n'
    (copy.folder / "plansync.toml").write_text(text)
    copy.flags = ()

    assert copy.is_settled()


# Around every command.


def test_the_version_is_one_line(alone: Copy) -> None:
    assert alone.run("--version").out.split()[0] == "plansync"


def test_help_names_every_verb_that_works(alone: Copy) -> None:
    said = alone.run("--help").out

    verbs = ("status", "diff", "push", "pull", "sync", "inspect", "unlink", "init", "demo", "sandbox")
    assert all(f" {verb} " in said for verb in verbs)
    for verb in verbs:
        assert "Usage: plansync" in alone.run(verb, "--help").out


HEAVY = {"httpx", "pydantic", "rich", "starlette", "uvicorn", "sqlite3", "pyromark", "asyncio", "jinja2"}
"""What takes longer to import than all that a page of help needs."""


@pytest.mark.parametrize(
    "arguments", [("--help",), ("push", "--help"), ("state", "show", "--help")], ids=" ".join
)
def test_help_imports_nothing_heavy(alone: Copy, arguments: tuple[str, ...]) -> None:
    argv = [sys.executable, "-X", "importtime", "-m", "plansync", *arguments]
    done = subprocess.run(argv, cwd=alone.folder, env=alone.env, capture_output=True, text=True, check=True)

    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "Usage: plansync" in done.stdout
    assert "plansync" in imported
    assert not imported & HEAVY


def test_common_options_stand_before_or_after_the_verb(alone: Copy, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    there, alone.folder = str(alone.folder), elsewhere

    before = alone.run("-C", there, "--json", "status")
    after = alone.run("status", "--json", "-C", there)

    assert before.json == after.json
    assert before.json["total"] == 12


def test_off_a_terminal_there_is_no_colour_and_no_progress(fresh: Copy) -> None:
    del fresh.env["NO_COLOR"]
    fresh.env["TERM"] = "xterm-256color"

    for ran in (fresh.run("push", "--yes"), fresh.run("status"), fresh.run("diff"), fresh.run("--help")):
        assert ESCAPE not in ran.out + ran.err
        assert ran.err == ""


def test_quiet_prints_only_what_needs_somebody(fresh: Copy) -> None:
    ran = fresh.run("push", "--yes", "-q")

    assert (ran.out, ran.err) == ("", "")


def test_json_is_one_document_even_when_a_run_was_stopped(fresh: Copy) -> None:
    ran = fresh.run("push", "--json", exits=7)

    assert "--yes" in ran.err
    assert ran.out == "" or json.loads(ran.out)["outcome"] == "stopped"


def test_a_mistyped_command_or_option_is_a_usage_error(alone: Copy) -> None:
    assert "pusch" in alone.run("pusch", exits=2).err
    assert "--dry-rnu" in alone.run("push", "--dry-rnu", exits=2).err


# Seeing it work.


def test_the_demo_runs_through(alone: Copy, tmp_path: Path) -> None:
    alone.env["TMPDIR"] = str(tmp_path)

    ran = alone.run("demo")

    for step in ("$ plansync push", "$ plansync pull", "$ plansync sync"):
        assert step in ran.out
    assert "Nothing to do: plan and tracker agree." in ran.out
    assert "plansync init" in ran.out, "it ends by telling how to connect a repository"
    assert " sandbox " in ran.out, "and how to open the board"
    assert alone.content == alone.original


def test_the_demo_works_on_a_copy_of_ones_own_plan(alone: Copy, tmp_path: Path) -> None:
    alone.env["TMPDIR"] = str(tmp_path)

    ran = alone.run("demo", alone.name)

    assert alone.outline.task("1.1").title in ran.out
    assert alone.content == alone.original
    assert [path.name for path in alone.folder.iterdir()] == [alone.name]
