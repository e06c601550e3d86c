"""The main job in every form that plansync writes: push, both ways, and leaving without a trace.

In a form whose tasks have boxes of their own a closed issue ticks that box alone; where steps are all that
tells, it ticks the steps.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from plansync.document.dialects import DIALECTS
from tests.acceptance.conftest import Stage
from tests.support.mortals import Mortals
from tests.support.people import Copy, Person, Place

PLANS = Path(__file__).parents[1] / "plans"
FORMS = [dialect.name for dialect in DIALECTS if dialect.is_written]


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def bare(form: str, tracker: Place, tmp_path: Path, forks: Mortals) -> Copy:
    """A working copy of a plan in this form, not on the tracker yet."""
    content = (PLANS / f"{form}.md").read_bytes()
    return Copy.of(content, tmp_path / "work", tracker, forked=forks.run)


Pushes = dict[str, tuple[bytes, bytes, Any]]


@pytest.fixture(scope="module")
def pushes() -> Pushes:
    """Plan, state file and tracker as a first push left them, by form."""
    return {}


@pytest.fixture
def pushed(form: str, bare: Copy, stage: Stage, pushes: Pushes) -> Copy:
    """The same, on the tracker."""
    if form not in pushes:
        bare.push()
        bare.sync()
        pushes[form] = bare.content, bare.state.read_bytes(), stage.remember()
    content, remembered, records = pushes[form]
    bare.plan.write_bytes(content)
    bare.state.parent.mkdir(parents=True, exist_ok=True)
    bare.state.write_bytes(remembered)
    stage.restore(records)
    return bare


def seen(copy: Copy) -> Any:
    """Look at the plan as the command does."""
    return copy.run("inspect", "--json", copy.name).json


def open_task(copy: Copy, *, with_steps: bool = True) -> Any:
    """Pick the first task that is to do, with an open step where one is asked for."""
    tasks = [t for t in seen(copy)["tasks"] if t["state"] == "todo"]
    has_open = [t for t in tasks if any(s["tick"] == "open" for s in t["steps"])]
    return (has_open if with_steps and has_open else tasks)[0]


def lines_changed(copy: Copy, before: bytes) -> list[int]:
    old, new = before.split(b"\n"), copy.content.split(b"\n")
    assert len(old) == len(new), "no line came or went"
    return [n for n, pair in enumerate(zip(old, new, strict=True), 1) if pair[0] != pair[1]]


def letters_changed(copy: Copy, before: bytes) -> set[tuple[str, str]]:
    assert len(copy.content) == len(before), "letters for letters"
    pairs = zip(before.decode("latin-1"), copy.content.decode("latin-1"), strict=True)
    return {(old, new) for old, new in pairs if old != new}


def test_each_task_to_do_gets_its_issue_and_one_more_sync_does_nothing(bare: Copy, person: Person) -> None:
    wanted = [t["title"] for t in seen(bare)["tasks"] if t["state"] == "todo"]

    bare.push()
    bare.sync()

    assert sorted(issue["title"] for issue in person.tasks()) == sorted(wanted)
    assert bare.content.count(b"<!-- plansync:") >= len(wanted)
    assert bare.is_settled()


def test_leaving_gives_the_file_back_byte_for_byte(pushed: Copy) -> None:
    assert pushed.content != pushed.original

    pushed.run("unlink", "--all", "--strip", "--yes", pushed.name)

    assert pushed.content == pushed.original


IDS = re.compile(rb" <!-- plansync:[2-9a-hj-km-np-z]{7}(?: #[0-9]+)? -->")


def test_ids_that_somebody_deleted_come_back_and_nothing_is_made_twice(pushed: Copy, person: Person) -> None:
    """An editor without comments: the links stay, and so do the tasks that they name."""
    linked, before = pushed.content, person.everything()
    pushed.plan.write_bytes(IDS.sub(b"", linked))
    assert pushed.content != linked

    pushed.sync()

    assert pushed.content == linked
    assert person.everything() == before


def test_a_task_renamed_while_the_ids_were_gone_is_still_known_by_its_link(
    pushed: Copy, person: Person
) -> None:
    title, many = open_task(pushed)["title"], len(person.tasks())
    bare = IDS.sub(b"", pushed.content)
    pushed.plan.write_bytes(bare.replace(title.encode(), b"Quite another thing"))

    pushed.sync()

    assert len(person.tasks()) == many
    assert "Quite another thing" in [issue["title"] for issue in person.tasks()]
    assert pushed.is_settled()


def test_a_formatter_that_puts_the_ids_on_lines_of_their_own_doubles_nothing(
    pushed: Copy, person: Person
) -> None:
    before = person.everything()
    wrapped = re.sub(
        rb"(?m)^([ \t]*)([-*+] .*?)(<!-- plansync:\S+ (?:#\d+ )?-->)$", rb"\1\2\n\1  \3", pushed.content
    )
    pushed.plan.write_bytes(wrapped)

    pushed.sync()

    assert pushed.content == wrapped
    assert person.everything() == before


def test_a_closed_issue_ticks_what_says_the_state_and_reopening_gives_the_bytes_back(
    pushed: Copy, person: Person
) -> None:
    task = open_task(pushed)
    before = pushed.content
    person.close(task["title"])

    ran = pushed.pull()

    kinds = set(ran.kinds("plan"))
    own = [line for line in lines_changed(pushed, before) if line == task["line"]]
    steps = {s["line"] for s in task["steps"] if s["tick"] == "open"}
    others = set(lines_changed(pushed, before)) - set(own) - steps
    assert (
        letters_changed(pushed, before) <= {(" ", "x"), ("-", "x"), ("~", "x")} or "update-summary" in kinds
    )
    assert bool(own) == ("set-status" in kinds) and bool(own) != ("tick" in kinds)
    assert not others or kinds & {"update-summary"}
    assert next(t for t in seen(pushed)["tasks"] if t["uid"] == task["uid"])["state"] == "done"

    person.reopen(task["title"])
    pushed.pull()
    assert {t["uid"]: t["state"] for t in seen(pushed)["tasks"]}[task["uid"]] == "todo"
    assert letters_changed(pushed, before) <= {("-", " "), ("~", " ")} or "update-summary" in kinds


def test_a_task_done_in_the_plan_closes_its_issue_with_one_write(pushed: Copy, person: Person) -> None:
    task = open_task(pushed)
    lines = [task["line"]]
    if not pushed.content.split(b"\n")[task["line"] - 1].lstrip().startswith((b"-", b"*", b"1", b"2", b"3")):
        lines = [s["line"] for s in task["steps"] if s["tick"] == "open"]
    source = pushed.content.split(b"\n")
    for line in lines:
        head, bracket, tail = source[line - 1].partition(b"[")
        source[line - 1] = head + bracket + b"x" + tail[1:]
    pushed.plan.write_bytes(b"\n".join(source))

    ran = pushed.push()

    assert ran.kinds("tracker").count("close-issue") == 1
    assert person.issue(task["title"])["state"] == "closed"
    pushed.sync()
    assert pushed.is_settled()


def test_a_step_ticked_on_the_tracker_is_one_letter_in_the_plan(pushed: Copy, person: Person) -> None:
    task = open_task(pushed)
    step = next((s for s in task["steps"] if s["tick"] == "open"), None)
    if step is None:
        pytest.skip("the tasks of this form have no steps")
    before = pushed.content
    person.tick(task["title"], step["text"])

    pushed.pull()

    assert step["line"] in lines_changed(pushed, before)
    assert [s["tick"] for t in seen(pushed)["tasks"] for s in t["steps"] if s["line"] == step["line"]] == [
        "ticked"
    ]
    pushed.sync()
    assert pushed.is_settled()


def test_a_title_changed_on_the_tracker_changes_the_title_alone(pushed: Copy, person: Person) -> None:
    task = open_task(pushed)
    before = pushed.content
    person.rename(task["title"], "Something quite else")

    pushed.pull()

    now = next(t for t in seen(pushed)["tasks"] if t["uid"] == task["uid"])
    assert (now["title"], now["label"]) == ("Something quite else", task["label"])
    kept = pushed.content.split(b"\n")
    changed = [n for n in lines_changed(pushed, before) if not kept[n - 1].startswith(b"**Last Updated")]
    assert changed == [task["line"]]
    pushed.sync()
    assert pushed.is_settled()


def test_a_task_that_will_not_be_done_is_dropped_and_taken_up_again(pushed: Copy, person: Person) -> None:
    task = open_task(pushed)
    before = pushed.content
    person.close(task["title"], reason="not_planned")

    pushed.pull()

    assert {t["uid"]: t["state"] for t in seen(pushed)["tasks"]}[task["uid"]] == "dropped"
    pushed.sync()
    assert pushed.is_settled()
    person.reopen(task["title"])
    pushed.sync()
    assert {t["uid"]: t["state"] for t in seen(pushed)["tasks"]}[task["uid"]] == "todo"
    assert pushed.content.count(b"~~") == before.count(b"~~")


def test_kiros_started_letter_is_no_change_and_its_end_is_one_write(
    tracker: Place, person: Person, tmp_path: Path, forks: Mortals
) -> None:
    """`[ ]` → `[-]` → `[x]`, as the tool writes while it works: the tracker hears of the end alone."""
    plan = (
        b"# Implementation Plan\n\n- [ ] 1. Sharpen the pencils\n  - All of them\n  - _Requirements: 1.1_\n"
        b"- [ ] 2. Draw a line\n  - _Requirements: 1.2_\n"
    )
    copy = Copy.of(plan, tmp_path / "work", tracker, name="tasks.md", forked=forks.run)
    copy.push(copy.name)

    copy.replace("[ ] 1.", "[-] 1.")
    started = copy.sync(copy.name)
    copy.replace("[-] 1.", "[x] 1.")
    ended = copy.sync(copy.name)
    again = copy.sync(copy.name)

    assert (started.writes, again.writes) == (0, 0)
    assert ended.kinds("tracker") == ["close-issue"] and ended.writes == 1
    assert person.issue("Sharpen the pencils")["state_reason"] == "completed"
    assert b"- [x] 1. Sharpen the pencils [#" in copy.content


def test_a_form_that_is_read_only_is_shown_and_never_written(
    tracker: Place, tmp_path: Path, forks: Mortals
) -> None:
    board = (PLANS / "status-columns.md").read_bytes()
    copy = Copy.of(board, tmp_path / "work", tracker, name="TODO.md", forked=forks.run)

    refused = copy.run("push", "--yes", "TODO.md", exits=1)

    assert "'status-columns', which plansync reads but does not write" in refused.err
    assert "read only" in copy.run("inspect", "TODO.md").out
    assert copy.run("status", "TODO.md").code == 0
    assert copy.content == board
    assert not (copy.folder / ".plansync").exists()


def test_plans_of_one_title_in_one_repository_all_get_their_milestone(
    tracker: Place, person: Person, tmp_path: Path, forks: Mortals
) -> None:
    """Tools give every plan the same title; the folder says more, and a title that is taken gets another end."""
    plan = b"# %s\n\n- [ ] 1. Dig\n  - _Requirements: 1.1_\n- [ ] 2. Fill\n"
    specs = [f".kiro/specs/{name}/tasks.md" for name in ("login", "search")]
    names = [*specs, "a/tasks.md", "b/tasks.md", "c/tasks.md"]
    copy = Copy.of(plan % b"Implementation Plan", tmp_path / "work", tracker, name=names[0], forked=forks.run)
    (copy.folder / "plansync.toml").touch()
    for name in names:
        (copy.folder / name).parent.mkdir(parents=True, exist_ok=True)
        title = b"Implementation Plan" if "kiro" in name else b"Garden"
        (copy.folder / name).write_bytes(plan % title)
        copy.push(name)

    titles = [milestone["title"] for milestone in person.milestones()]
    assert titles[:3] == ["Login", "Search", "Garden"]
    assert len(set(titles)) == len(names)
    assert all(copy.sync(name).writes == 0 for name in names)


def test_an_author_who_renames_and_extends_a_synced_plan_moves_no_issue(
    tracker: Place, person: Person, tmp_path: Path, forks: Mortals
) -> None:
    plan = b"# Things\n\n## Phase 1: Beds\n\n" + b"".join(b"- [ ] Thing %d\n" % n for n in range(5))
    copy = Copy.of(plan, tmp_path / "work", tracker, name="plan.md", forked=forks.run)
    copy.push(copy.name)
    before = [(issue["title"], issue["milestone"]["title"]) for issue in person.tasks()]

    copy.replace("## Phase 1: Beds", "## Beds")
    copy.plan.write_bytes(
        copy.content.replace(b"\n<!-- plansync plan", b"\n- [ ] T1 More\n\n<!-- plansync plan")
    )
    copy.sync(copy.name)

    after = [(issue["title"], issue["milestone"]["title"]) for issue in person.tasks()]
    assert [title for title, _ in after[:5]] == [title for title, _ in before]
    assert {milestone for _, milestone in after} == {"Phase 1: Beds"}, "a number less is no new name"


def test_a_conflict_that_was_settled_is_forgotten(
    tracker: Place, person: Person, tmp_path: Path, forks: Mortals
) -> None:
    plan = b"# Things\n\n- [ ] 1. Dig\n  - _Requirements: 1.1_\n- [ ] 2. Fill\n"
    copy = Copy.of(plan, tmp_path / "work", tracker, name="tasks.md", forked=forks.run)
    copy.push(copy.name)
    copy.replace("1. Dig", "1. Dig deeper")
    person.rename("Dig", "Dig wider")

    told = copy.run("sync", "--yes", "--json", copy.name, exits=4)
    person.rename("Dig wider", "Dig deeper")
    copy.sync(copy.name)

    assert len(told.json["conflicts"]) == 1
    assert copy.run("status", "--json", copy.name).json["decisions"] == []
    copy.replace("1. Dig deeper", "1. Dig again")
    person.rename("Dig deeper", "Dig no more")
    copy.run("sync", "--yes", "--json", "--fail-on", "new", copy.name, exits=4)
