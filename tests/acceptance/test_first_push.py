"""The first push: a plan becomes milestones and issues, and the plan gets nothing but ids and links."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.conftest import Source, in_every_form
from tests.support.outline import FOOTER, MARKER
from tests.support.people import ENVELOPE, OPERATION, Copy, Person, Ran, boxes

BOTH = True

QUICK = False


@in_every_form
def test_a_plan_becomes_milestones_issues_and_an_overview(fresh: Copy, person: Person) -> None:
    fresh.push()

    plan = fresh.outline
    assert [milestone["title"] for milestone in person.milestones()] == list(plan.phases)
    made = {issue["title"]: (issue["milestone"]["title"], boxes(issue["body"])) for issue in person.tasks()}
    assert made == {task.title: (task.phase, [(" ", step) for step in task.steps]) for task in plan.tasks}
    overview = person.overview()
    assert boxes(overview["body"]) == [(" ", criterion) for criterion in plan.criteria]
    assert overview["milestone"] is None
    assert len(person.issues()) == len(plan.tasks) + 1 == overview["number"], "it is made last"
    assert all(i["labels"][0]["name"] == "plansync" for i in person.issues())
    assert {i["state"] for i in person.everything()} == {"open"}


@pytest.mark.parametrize("plan", ["reference"], indirect=True)
def test_the_reference_plan_makes_4_milestones_12_issues_with_54_boxes_and_1_overview(
    copy: Copy, person: Person
) -> None:
    tasks = person.tasks()

    assert len(person.milestones()) == 4
    assert (len(tasks), sum(len(boxes(issue["body"])) for issue in tasks)) == (12, 54)
    assert len(person.issues()) == 13


@in_every_form
def test_the_plan_gets_ids_links_and_a_last_line_and_nothing_else(fresh: Copy, person: Person) -> None:
    before = fresh.content

    fresh.push()

    numbers = {issue["title"]: issue["number"] for issue in person.tasks()}
    headings = [*fresh.outline.phases, *(f"Task {t.number}: {t.title}" for t in fresh.outline.tasks)]
    changed = [(old, new) for old, new in fresh.since(before) if old]
    added = [new for old, new in fresh.since(before) if not old]
    assert sorted(old.lstrip("# ") for old, _ in changed) == sorted(headings)
    assert all(MARKER.sub("", new) == old != new for old, new in changed)
    assert len({MARKER.findall(new)[0] for _, new in changed}) == len(headings), "no id is used twice"
    *links, last = added
    assert [line.rpartition("](")[0] for line in links] == [
        f"**Issue**: [#{numbers[task.title]}" for task in fresh.outline.tasks
    ]
    assert all(line.endswith(")  ") for line in links), "they end as the lines below them do"
    assert FOOTER.fullmatch(last)


def test_a_link_stands_first_among_the_metadata_and_leads_to_the_issue(copy: Copy, person: Person) -> None:
    issue = person.issue(copy.outline.task("1.2").title)

    lines = copy.section("1.2").splitlines()

    at = lines.index(f"**Issue**: [#{issue['number']}]({issue['html_url']})  ")
    assert lines[at - 1] == ""
    assert lines[at + 1].startswith("**Requirements**: ")


@in_every_form
def test_a_second_sync_writes_nothing_anywhere(copy: Copy, person: Person) -> None:
    before = person.everything()
    files = [copy.plan, copy.state]
    contents = [(path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) for path in files]

    ran = copy.sync()

    assert ran.writes == 0
    assert ran.json["operations"] == []
    assert ran.json["requests"]["total"] == 2
    assert [(path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) for path in files] == contents
    assert person.everything() == before


@pytest.mark.github
def test_from_the_second_time_on_nothing_to_do_costs_two_answers_that_say_unchanged(copy: Copy) -> None:
    copy.sync()

    assert copy.sync().json["requests"] == {
        "total": 2,
        "writes": 0,
        "not_modified": 2,
        "by_method": {"GET": 2},
    }


@in_every_form
def test_a_dry_run_shows_the_same_operations_and_leaves_no_trace(fresh: Copy, person: Person) -> None:
    before = sorted(fresh.folder.rglob("*")), fresh.content, fresh.plan.stat().st_mtime_ns

    shown = fresh.run("push", "--dry-run", "--json")

    assert (sorted(fresh.folder.rglob("*")), fresh.content, fresh.plan.stat().st_mtime_ns) == before
    assert person.everything() == []
    assert shown.writes == 0
    assert {op["status"] for op in shown.json["operations"]} == {"planned"}
    assert told(shown) == told(fresh.push())


def told(ran: Ran) -> list[tuple[object, ...]]:
    """Say what a run does, without what chance and the tracker add."""
    parts = ("side", "kind", "task", "label", "fields", "rule")
    return [tuple(str(op[part]) for part in parts) for op in ran.json["operations"]]


def test_a_dry_run_in_the_default_sandbox_leaves_no_trace_either(plan: Source, tmp_path: Path) -> None:
    alone = Copy.of(plan.content, tmp_path / "work")

    shown = alone.run("push", "--dry-run", "--json")

    assert [path.name for path in alone.folder.rglob("*")] == [alone.name]
    assert len(shown.kinds("tracker", "planned")) == 17 + 14, "milestones, issues and links between them"


@pytest.mark.github
def test_a_run_is_one_json_document(fresh: Copy) -> None:
    document = fresh.push().json

    assert document.keys() >= ENVELOPE
    assert (document["schema"], document["command"], document["outcome"]) == (
        "plansync/run/1",
        "push",
        "done",
    )
    assert document["plan"] == fresh.name
    assert document["tracker"].keys() == {"kind", "project", "url"}
    assert (document["tracker"]["kind"], document["tracker"]["project"]) == ("github", "local/plans")
    assert document["requests"].keys() == {"total", "writes", "not_modified", "by_method"}
    assert document["requests"]["writes"] == 17 + 14, "one request for each thing that was made"
    for operation in document["operations"]:
        assert set(operation) == OPERATION
        assert operation["status"] == "applied"
    kinds = [op["kind"] for op in document["operations"] if op["side"] == "tracker"]
    assert kinds == ["create-milestone"] * 4 + ["create-issue"] * 12 + ["add-dependency"] * 14 + [
        "create-issue"
    ]


def test_a_first_push_that_nobody_can_be_asked_about_stops_before_any_write(
    fresh: Copy, person: Person
) -> None:
    for command in ("push", "sync"):
        ran = fresh.run(command, exits=7)

        assert "--yes" in ran.err
        assert len(ran.err.splitlines()) == 1
    assert fresh.content == fresh.original
    assert not fresh.state.exists()
    assert person.everything() == []


def test_more_than_twenty_writes_that_nobody_can_be_asked_about_stop_too(copy: Copy, person: Person) -> None:
    copy.plan.write_bytes(copy.content.replace(b"- [ ]", b"- [x]"))
    before = person.everything(), copy.content

    ran = copy.run("sync", exits=7)

    assert "--yes" in ran.err
    assert (person.everything(), copy.content) == before


def test_on_a_terminal_the_first_push_asks_and_takes_no_for_an_answer(fresh: Copy, person: Person) -> None:
    code, said = on_a_terminal(fresh, "n")

    assert code == 7
    assert "12 issues" in said or "13 issues" in said
    assert fresh.content == fresh.original
    assert person.everything() == []

    code, said = on_a_terminal(fresh, "y")

    assert code == 0
    assert len(person.issues()) == 13


def on_a_terminal(copy: Copy, answer: str) -> tuple[int, str]:
    """Run a push with a terminal in front of it, and type one answer."""
    argv = [sys.executable, "-m", "plansync", "push", *copy.flags]
    child, terminal = pty.fork()
    if not child:
        os.chdir(copy.folder)
        os.execve(argv[0], argv, {**copy.env, "TERM": "xterm"})
    os.write(terminal, f"{answer}\n".encode())
    said = b""
    while part := _read(terminal):
        said += part
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), said.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # Linux says that the other end is gone
        return b""


def test_without_any_setting_a_push_stays_on_this_machine(plan: Source, tmp_path: Path) -> None:
    alone = Copy.of(plan.content, tmp_path / "work")

    ran = alone.run("push", "--yes")

    hint = "Using the sandbox: nothing leaves this machine. Connect a repository: plansync init"
    assert ran.out.splitlines()[0] == hint
    assert "**Issue**" not in alone.text, "a sandbox is no place to link to"
    assert all(
        MARKER.sub("", new) == old or FOOTER.fullmatch(new) for old, new in alone.since(alone.original)
    )
    assert alone.state.parent == alone.folder / ".plansync" / "local", "trying leaves nothing to commit"
    assert (alone.folder / ".plansync" / "local" / ".gitignore").read_text().split() == ["*"]
    assert alone.is_settled()


def test_whoever_chose_the_sandbox_is_not_told_to_connect_a_repository(plan: Source, tmp_path: Path) -> None:
    alone = Copy.of(plan.content, tmp_path / "work")
    hint = "Using the sandbox: nothing leaves this machine."

    assert alone.run("diff", "--tracker", "sandbox").out.splitlines()[0] == hint
    settings = alone.folder / "plansync.toml"
    settings.write_text("links = false\n")
    connect = 'Connect a repository: repo = "OWNER/NAME" in plansync.toml'
    assert alone.run("diff").out.splitlines()[0] == f"{hint} {connect}"
    settings.write_text('tracker = "sandbox"\n')
    assert alone.run("diff").out.splitlines()[0] == hint


def test_a_task_that_is_dropped_before_it_has_an_issue_is_nothing_to_decide(fresh: Copy) -> None:
    title = fresh.outline.task("1.1").title
    line = next(each for each in fresh.text.splitlines() if f"Task 1.1: {title}" in each)
    fresh.replace(f"{line}\n", f"{line}\n\n**Status**: Dropped\n")

    assert fresh.push().json["conflicts"] == []


def test_after_a_first_push_in_a_work_tree_what_belongs_together_is_named_once(fresh: Copy) -> None:
    advice = "Next, commit the plan and what is remembered of it together:\n  git add "
    subprocess.run(["git", "init", "-q"], cwd=fresh.folder, check=True, env=fresh.env)
    assert advice not in fresh.run("push", "--yes", "--dry-run").out

    said = fresh.run("push", "--yes").out

    assert said.endswith(f"{advice}{fresh.plan.name} .plansync\n")
    assert advice not in fresh.run("sync").out
