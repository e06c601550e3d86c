"""`plansync check` as a person, a hook and a CI job run it: every format, exit codes, mending, hostile text."""

from __future__ import annotations

import json
import re
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer.main

from plansync.cli.main import app
from tests.support.mortals import Mortals
from tests.support.people import Copy, Ran, environment

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT.parent / "shared" / "corpus" / "000-phase-task-seed-template.md"
BOM = b"\xef\xbb\xbf"
WRONG = """# Plan: Shed

## Phase 1: Ground

### Task 1.1: Dig

- [ ] Down to the clay

**Estimated Time**: 2 hours

### Task 1.2: Level

- [ ] With the long board

**Estimated Time**: 1 hour
**Dependencies**: Task 1.1

## Summary

**Total Estimated Time**: 4 hours
**Number of Tasks**: 2
"""
BROKEN = WRONG.replace("**Dependencies**: Task 1.1", "**Dependencies**: Task 7.7")
Check = Callable[..., Ran]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "work"
    made.mkdir()
    return made


@pytest.fixture
def project(folder: Path, tmp_path: Path, forks: Mortals) -> Copy:
    """Whoever works in that folder."""
    home = tmp_path / "home"
    home.mkdir()
    return Copy(folder, environment(home), forked=forks.run)


@pytest.fixture
def check(project: Copy) -> Check:
    """Run the command in a project."""

    def ran(*arguments: str, exits: int = 0) -> Ran:
        return project.run("check", *arguments, exits=exits)

    return ran


@pytest.fixture
def plan(folder: Path) -> Path:
    path = folder / "plan.md"
    path.write_text(WRONG, encoding="utf-8")
    return path


def in_form(source: bytes, form: str) -> bytes:
    return BOM + source.replace(b"\n", b"\r\n") if form == "crlf-bom" else source


# What is printed, and how it ends.


def test_a_finding_says_place_kind_and_message_and_how_it_is_mended(check: Check, plan: Path) -> None:
    assert check().out.splitlines() == [
        "plan.md:20:27: warning PLAN001 the tasks' estimates add up to 3 hours, not 4 hours [--fix]",
        "",
        "1 warning in 1 plan.",
        "1 can be mended: plansync check --fix plan.md",
    ]


def test_only_an_error_makes_the_exit_code_1(check: Check, plan: Path) -> None:
    check()
    plan.write_text(BROKEN, encoding="utf-8")
    check(exits=1)
    check("--ignore", "PLAN101")
    check("--fix", exits=1)


def test_quiet_and_verbose(check: Check, plan: Path) -> None:
    plan.write_text(f"{WRONG}\n## Notes\n\n| A |\n|---|\n| [x] |\n", encoding="utf-8")

    assert "PLAN406" in check().out
    assert [line.split()[2] for line in check("-q").out.splitlines()] == ["PLAN001"]
    assert "Only list items have boxes." in check("-v").out


def test_a_clean_plan_says_so_in_one_line(check: Check, folder: Path) -> None:
    (folder / "plan.md").write_text(WRONG.replace("4 hours", "3 hours"), encoding="utf-8")

    assert check().out == "nothing found in 1 plan.\n"
    assert check("-q").out == ""


def test_several_plans_are_checked_each_once_and_a_missing_one_is_an_error(
    check: Check, plan: Path, folder: Path
) -> None:
    (folder / "TODO.md").write_text("# Shed\n\n- [x]Dig\n- [ ] Sow\n", encoding="utf-8")

    named = check("plan.md", "TODO.md", "./plan.md").out

    assert re.findall(r"^(\S+):\d+:\d+: \w+ (\w+)", named, re.MULTILINE) == [
        ("plan.md", "PLAN001"),
        ("TODO.md", "PLAN404"),
    ]
    assert sorted(check().out.splitlines()) == sorted(named.splitlines()), "without a name: those found"
    assert "there is no such file" in check("gone.md", exits=1).err


def test_a_file_that_cannot_be_read_takes_no_finding_of_another_away(
    check: Check, plan: Path, folder: Path
) -> None:
    (folder / "latin.md").write_bytes("# Pläne\n".encode("latin-1"))
    (folder / "docs").mkdir()
    names = ("latin.md", "docs", "plan.md", "gone.md")

    said = check(*names, exits=1).out.splitlines()
    document = check("--json", *names, exits=1).json
    report = json.loads(check("--format", "gitlab", *names, exits=1).out)
    annotations = check("--format", "github", "--select", "PLAN001", *names, exits=1).out.splitlines()

    assert [line for line in said if line.count(":") > 2] == [
        "latin.md:1:1: error PLAN903 this is not UTF-8 text; save the plan as UTF-8 (line 1)",
        "docs:1:1: error PLAN903 this is a folder, not a plan; name a file in it",
        "plan.md:20:27: warning PLAN001 the tasks' estimates add up to 3 hours, not 4 hours [--fix]",
        "gone.md:1:1: error PLAN903 there is no such file",
    ]
    assert [p["dialect"] for p in document["plans"]] == ["", "", "phase-task", ""]
    assert document["counts"] == {"errors": 3, "warnings": 1, "notes": 0, "fixed": 0}
    assert [e["check_name"] for e in report] == ["PLAN903", "PLAN903", "PLAN001", "PLAN903"]
    assert [line.partition(" ")[0] for line in annotations[:-1]] == [
        "::error",
        "::error",
        "::warning",
        "::error",
    ]
    check("--fix", *names, exits=1)
    assert "3 hours" in plan.read_text(encoding="utf-8")


def test_one_file_alone_that_is_not_utf_8_is_a_finding(check: Check, folder: Path) -> None:
    (folder / "latin.md").write_bytes("# Pläne\n".encode("latin-1"))

    assert check("latin.md", exits=1).out.startswith("latin.md:1:1: error PLAN903 ")
    assert "name a file in it" in check(".", exits=1).err


def test_settings_choose_and_options_stand_in_their_place(check: Check, plan: Path, folder: Path) -> None:
    plan.write_text(BROKEN, encoding="utf-8")
    (folder / "plansync.toml").write_text(
        '[check]\nselect = ["PLAN0"]\nignore = ["PLAN1"]\n', encoding="utf-8"
    )

    def codes(*arguments: str, exits: int = 0) -> list[str]:
        return re.findall(r"PLAN\d{3}", check("-q", *arguments, exits=exits).out)

    assert codes() == ["PLAN001"]
    assert codes("--select", "PLAN1", "--ignore", "PLAN0", exits=1) == ["PLAN101"]
    assert codes("--select", "PLAN001, PLAN9", "--select=PLAN101") == ["PLAN001"]


def test_a_code_that_there_is_not_is_a_usage_error(check: Check, plan: Path, folder: Path) -> None:
    wrong = check("--select", "PLAN777,risk-line", exits=2)
    assert wrong.err.count("there is no check") == 2
    assert "did you mean PLAN105?" in wrong.err

    (folder / "plansync.toml").write_text('[check]\nignore = ["PLAN77"]\n', encoding="utf-8")
    assert "check.ignore: there is no check 'PLAN77'" in check(exits=2).err
    (folder / "plansync.toml").write_text("[check]\nignored = []\n", encoding="utf-8")
    assert "did you mean 'check.ignore'?" in check(exits=2).err


# Formats.


def test_json_holds_findings_and_counts(check: Check, plan: Path) -> None:
    document = check("--format", "json").json

    (only,) = document["plans"]
    assert (only["path"], only["dialect"], only["fixed"]) == ("plan.md", "phase-task", [])
    assert document["counts"] == {"errors": 0, "warnings": 1, "notes": 0, "fixed": 0}
    assert check("--json").out == check("--format", "json").out
    assert "contradict" in check("--json", "--format", "github", exits=2).err


def test_github_annotations_name_file_line_and_code(check: Check, plan: Path) -> None:
    plan.write_text(BROKEN, encoding="utf-8")

    assert check("--format", "github", exits=1).out.splitlines() == [
        "::error file=plan.md,line=16,col=19,title=PLAN101 unknown-dependency"
        "::Task 1.2 names Task 7.7, and there is none",
        "::warning file=plan.md,line=20,col=27,title=PLAN001 total-time"
        "::the tasks' estimates add up to 3 hours, not 4 hours",
        "1 error, 1 warning in 1 plan.",
    ]


HOSTILE = "::error file=x::boo%0A::set-output name=a::b\r::stop-commands::x \x1b[31m\u202e"


def test_no_text_of_a_plan_or_file_name_can_be_a_command(check: Check, folder: Path) -> None:
    name = "::warning file=a,line=1::x, y.md"
    title = HOSTILE.replace("\r", " ")
    text = f"# {title}\n\n### Task 1: {title}\n\n### Task 2: {title}\n\n- [ ] {title}\n\n**Dependencies**: Task 9\n"
    (folder / name).write_text(text, encoding="utf-8")

    for form in ("github", "text", "json", "gitlab"):
        out = check("--format", form, "-v", name, exits=1).out
        assert "\x1b" not in out
        assert "\u202e" not in out
        if form == "github":
            lines = out.splitlines()
            assert all(
                re.match(
                    r"::(error|warning|notice) file=%3A%3Awarning file=a%2Cline=1%3A%3Ax%2C y\.md,", line
                )
                for line in lines[:-1]
            )
            assert not lines[-1].startswith(":")
            assert all(line.split("::")[1].startswith(("error", "warning", "notice")) for line in lines[:-1])
            assert not any("%0A" in line.replace("%250A", "") for line in lines)


def test_a_gitlab_report_has_fingerprints_that_stay_when_lines_move(check: Check, plan: Path) -> None:
    plan.write_text(BROKEN, encoding="utf-8")
    first = json.loads(check("--format", "gitlab", exits=1).out)
    plan.write_text(BROKEN.replace("# Plan: Shed\n", "# Plan: Shed\n\nA word.\n"), encoding="utf-8")
    second = json.loads(check("--format", "gitlab", exits=1).out)

    assert [e["fingerprint"] for e in first] == [e["fingerprint"] for e in second]
    assert len({e["fingerprint"] for e in first}) == 2
    assert first[0] == {
        "description": "Task 1.2 names Task 7.7, and there is none",
        "check_name": "PLAN101",
        "fingerprint": first[0]["fingerprint"],
        "severity": "major",
        "location": {"path": "plan.md", "lines": {"begin": 16}},
    }
    assert [e["location"]["lines"]["begin"] for e in second] == [18, 22]


def test_ci_formats_name_files_from_the_root_of_the_work_tree(check: Check, folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / "docs").mkdir()
    (folder / "docs" / "plan.md").write_text(WRONG, encoding="utf-8")

    assert check("-C", "docs", "--format", "github").out.startswith("::warning file=docs/plan.md,")


# Mending.


@pytest.mark.parametrize("form", ["lf", "crlf-bom"])
def test_fix_changes_its_bytes_and_no_other(check: Check, folder: Path, form: str) -> None:
    path = folder / "plan.md"
    source = in_form(WRONG.encode(), form)
    path.write_bytes(source)
    path.chmod(0o640)

    said = check("--fix").out

    assert (
        said.splitlines()[0]
        == "plan.md:20: mended PLAN001 the tasks' estimates add up to 3 hours, not 4 hours"
    )
    assert said.splitlines()[-1] == "1 mended; nothing found in 1 plan."
    assert path.read_bytes() == source.replace(b"4 hours", b"3 hours")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [p.name for p in folder.iterdir()] == ["plan.md"], "nothing is left behind"
    assert check("--fix").out == "nothing found in 1 plan.\n"


@pytest.mark.parametrize("form", ["lf", "crlf-bom"])
def test_fix_mends_three_lines_of_the_reference_template(check: Check, folder: Path, form: str) -> None:
    if not REFERENCE.exists():
        pytest.skip("the reference template is not beside this clone")
    source = in_form(REFERENCE.read_bytes(), form)
    (folder / "plan.md").write_bytes(source)

    assert check("--fix", "--json").json["counts"] == {"errors": 0, "warnings": 4, "notes": 0, "fixed": 3}

    after = (folder / "plan.md").read_bytes()
    pairs = list(zip(source.split(b"\n"), after.split(b"\n"), strict=True))
    assert [n for n, (old, new) in enumerate(pairs, 1) if old != new] == [159, 181, 182]
    assert pairs[158][1] == pairs[158][0].replace(b"25 hours", b"25.5 hours")


def test_fix_mends_only_what_was_chosen(check: Check, plan: Path) -> None:
    check("--fix", "--ignore", "PLAN001")

    assert plan.read_text(encoding="utf-8") == WRONG


def test_a_form_that_is_only_read_is_checked_and_not_mended(check: Check, folder: Path) -> None:
    board = (ROOT / "tests" / "plans" / "status-columns.md").read_text(encoding="utf-8")
    text = f"{board}\n# Numbers\n\n**Number of Tasks**: 99\n"
    (folder / "board.md").write_text(text, encoding="utf-8")

    said = check("--fix", "board.md").out

    assert "PLAN002" in said
    assert "board.md is in the form status-columns, which is only read; nothing was mended in it." in said
    assert "--fix" not in check("board.md").out
    assert (folder / "board.md").read_text(encoding="utf-8") == text


def test_a_lost_id_is_put_back_from_the_state_file(check: Check, plan: Path, project: Copy) -> None:
    (project.folder / "plansync.toml").write_text('tracker = "sandbox"\n', encoding="utf-8")
    project.run("push", "--yes")
    source = plan.read_bytes()
    plan.write_bytes(re.sub(rb" <!-- plansync:\w{7} -->", b"", source, count=2))

    assert check("--select", "PLAN3").out.count("PLAN301") == 2
    check("--fix", "--select", "PLAN3")

    assert plan.read_bytes() == source
    assert project.run("sync").out.count("Nothing to do") == 1


def test_a_plan_that_nobody_may_write_stays(check: Check, plan: Path) -> None:
    plan.chmod(0o444)

    assert "read-only" in check("--fix", exits=1).err
    assert plan.read_text(encoding="utf-8") == WRONG


# The requirements beside a plan, and the hook.


def test_requirements_beside_a_plan_are_read(check: Check, folder: Path) -> None:
    (folder / "tasks.md").write_text(
        "# Tasks\n\n- [ ] 1. Dig\n  - _Requirements: 1.1, 1.9_\n- [ ] 2. Sow\n", encoding="utf-8"
    )
    assert "PLAN106" not in check("tasks.md").out
    (folder / "requirements.md").write_text(
        "# R\n\n### Requirement 1\n\n1. WHEN it rains\n", encoding="utf-8"
    )

    assert "tasks.md:4:25: warning PLAN106 requirements.md holds no requirement 1.9" in check("tasks.md").out


def test_the_hook_for_pre_commit_names_a_command_that_works() -> None:
    yaml = pytest.importorskip("yaml")
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    words = [*hook["entry"].split(), *hook["args"], "docs/plan.md", "TODO.md"]
    group = typer.main.get_command(app)

    assert hook["verbose"], "pre-commit hides what a hook that passes prints"
    assert (hook["id"], hook["language"], words[0]) == ("plansync-check", "python", "plansync")
    parsed = group.commands[words[1]].make_context(words[1], words[2:])  # type: ignore[attr-defined]
    assert parsed.params["plans"] == [Path("docs/plan.md"), Path("TODO.md")]
    names = ["plan.md", "docs/implementation-plan.md", "TODO.md", "a/ROADMAP.md", "specs/x/tasks.md"]
    assert all(re.search(hook["files"], name) for name in names)
    assert not any(re.search(hook["files"], name) for name in ("README.md", "explain.md", "plan.txt"))
    assert sys.version_info >= (3, 11)
