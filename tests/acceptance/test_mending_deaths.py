"""The commands that mend may die between any two of their writes; the same command then ends what was begun."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from tests.acceptance.conftest import Stage
from tests.support.mortals import KILLED, Mortals
from tests.support.people import Copy, Person
from tests.support.repository import began, git
from tests.support.sandbox import Sandbox

POINTS_MAX = 80

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("plan", ["example"], indirect=True)]


def everywhere(
    copy: Copy, stage: Stage, mortals: Mortals, command: Sequence[str], check: Callable[[int], None]
) -> int:
    """Let a command die at every point of it, from one and the same beginning; says how many points there were."""
    records = stage.remember()
    kept = {p: p.read_bytes() for p in copy.folder.rglob("*") if p.is_file()}
    for number in range(1, POINTS_MAX):
        stage.restore(records)
        for path in [p for p in copy.folder.rglob("*") if p.is_file()]:
            if path not in kept:
                path.unlink()
        for path, content in kept.items():
            path.write_bytes(content)
        if mortals.run(copy, command, dies_at=number).code != KILLED:
            return number - 1
        check(number)
    raise AssertionError("it never ends")


@pytest.fixture
def disputed(copy: Copy, person: Person) -> Copy:
    """A title that both sides changed, and a close that met a new step."""
    one, two = copy.outline.task("1.1"), copy.outline.task("2.1")
    copy.replace(f"Task 1.1: {one.title}", "Task 1.1: Ours")
    person.rename(one.title, "Theirs")
    copy.replace(f"- [ ] {two.steps[-1]}\n", f"- [ ] {two.steps[-1]}\n- [ ] And this\n")
    person.close(two.title)
    copy.sync(exits=4)
    return copy


def test_a_resolve_may_die_at_any_point(disputed: Copy, person: Person, stage: Stage, forks: Mortals) -> None:
    title = disputed.outline.task("2.1").title
    many = len(person.issues())

    def check(number: int) -> None:
        disputed.run("resolve", "--all", "--take", "issue", "--yes")
        disputed.sync()
        assert "Task 1.1: Theirs" in disputed.text, f"died at point {number}"
        assert person.issue("Theirs") and person.issue(title)["state"] == "closed"
        assert "- [x] And this" in disputed.text
        assert len(person.issues()) == many
        assert disputed.is_settled()

    points = everywhere(disputed, stage, forks, ["resolve", "--all", "--take", "issue", "--yes"], check)
    assert points > 5


def test_an_apply_may_die_at_any_point(copy: Copy, person: Person, stage: Stage, forks: Mortals) -> None:
    closed, ticked = copy.outline.task("1.1"), copy.outline.task("2.1")
    person.close(closed.title)
    copy.tick("2.1")
    copy.run("diff", "--out", "changes.json", "--json")
    many = len(person.issues())

    def check(number: int) -> None:
        again = copy.run("apply", "changes.json", "--yes", "--json", exits=None)
        assert again.code in (0, 7), again  # what it touches has moved by now: by its own hand
        copy.sync()
        assert person.issue(ticked.title)["state"] == "closed", f"died at point {number}"
        assert all(f"- [x] {step}" in copy.text for step in (*closed.steps, *ticked.steps))
        assert len(person.issues()) == many
        assert copy.is_settled()

    points = everywhere(copy, stage, forks, ["apply", "changes.json", "--yes"], check)
    assert points > 5


def test_a_sync_on_a_branch_may_die_at_any_point_and_the_merge_still_closes(
    copy: Copy, person: Person, stage: Stage, forks: Mortals
) -> None:
    task = copy.outline.task("1.1")
    began(copy)
    git(copy.folder, "checkout", "-qb", "feature")
    copy.tick("1.1")

    def check(number: int) -> None:
        copy.sync()
        assert person.issue(task.title)["state"] == "open", f"died at point {number}"
        git(copy.folder, "branch", "-f", "main")
        copy.env["PLANSYNC_DEFAULT_BRANCH"] = "feature"
        copy.sync()
        del copy.env["PLANSYNC_DEFAULT_BRANCH"]
        assert person.issue(task.title)["state"] == "closed"

    assert everywhere(copy, stage, forks, ["sync", "--yes"], check) > 3


def test_a_deleted_issue_may_be_made_anew_in_a_run_that_dies_at_any_point(
    copy: Copy, person: Person, stage: Stage, sandbox: Sandbox, forks: Mortals
) -> None:
    task = copy.outline.task("1.1")
    sandbox.delete(int(person.issue(task.title)["number"]))
    (conflict,) = copy.run("resolve", "--json", exits=4).json["conflicts"]
    command = ["resolve", conflict["id"], "--how", "recreate"]

    def check(number: int) -> None:
        again = copy.run(*command, exits=None)
        assert again.code in (0, 2), again  # it may be decided already
        copy.sync()
        assert len([each for each in person.issues() if each["title"] == task.title]) == 1, (
            f"died at {number}"
        )
        assert f"[#{person.issue(task.title)['number']}]" in copy.section("1.1")
        assert copy.is_settled()

    assert everywhere(copy, stage, forks, command, check) > 5


def test_a_prune_may_die_at_any_point(copy: Copy, person: Person, stage: Stage, forks: Mortals) -> None:
    titles = [copy.outline.task(number).title for number in ("1.2", "2.1")]
    back = copy.content
    for number in ("1.2", "2.1"):
        copy.replace(f"{copy.section(number)}\n\n", "")

    def check(number: int) -> None:
        copy.run("prune", "--yes")
        closed = [person.issue(title)["state_reason"] for title in titles]
        assert closed == ["not_planned"] * 2, f"died at point {number}"
        copy.plan.write_bytes(back)
        copy.sync()
        assert [person.issue(title)["state"] for title in titles] == ["open"] * 2, f"died at point {number}"
        assert copy.is_settled()

    assert everywhere(copy, stage, forks, ["prune", "--yes"], check) > 5


def test_a_reason_may_be_put_right_in_a_run_that_dies_at_any_point(
    copy: Copy, person: Person, stage: Stage, forks: Mortals
) -> None:
    title = copy.outline.task("1.1").title
    person.close(title)
    copy.sync()
    line = next(each for each in copy.text.splitlines() if f"Task 1.1: {title}" in each)
    copy.replace(f"{line}\n", f"{line}\n\n**Status**: Dropped\n")
    (drift,) = copy.sync().json["drifts"]
    command = ["resolve", drift["id"], "--how", "fix-reason"]

    def check(number: int) -> None:
        copy.run(*command, exits=None)
        copy.sync()
        assert person.issue(title)["state_reason"] == "not_planned", f"died at point {number}"
        assert "**Status**: Dropped" in copy.section("1.1")
        assert copy.is_settled()

    assert everywhere(copy, stage, forks, command, check) > 5


def test_a_task_may_be_dropped_in_a_run_that_dies_at_any_point(
    copy: Copy, person: Person, stage: Stage, sandbox: Sandbox, forks: Mortals
) -> None:
    sandbox.delete(int(person.issue(copy.outline.task("1.1").title)["number"]))
    (conflict,) = copy.run("resolve", "--json", exits=4).json["conflicts"]
    many = len(person.issues())
    command = ["resolve", conflict["id"], "--how", "drop"]

    def check(number: int) -> None:
        again = copy.run(*command, exits=None)
        assert again.code in (0, 2), again  # it may be decided already
        copy.sync()
        assert copy.section("1.1").count("**Status**: Dropped") == 1, f"died at point {number}"
        assert len(person.issues()) == many
        assert copy.is_settled()

    assert everywhere(copy, stage, forks, command, check) > 3


def test_a_cut_block_may_be_written_anew_in_a_run_that_dies_at_any_point(
    copy: Copy, person: Person, stage: Stage, forks: Mortals
) -> None:
    task = copy.outline.task("1.1")
    person.edit(task.title, lambda body: body.replace("<!-- plansync:end -->", ""))
    (drift,) = copy.sync().json["drifts"]
    command = ["resolve", drift["id"], "--how", "rewrite-block"]

    def check(number: int) -> None:
        again = copy.run(*command, exits=None)
        assert again.code in (0, 2), again
        copy.sync()
        body = person.issue(task.title)["body"]
        assert body.count("plansync:end") == body.count("plansync:begin") == 1, f"died at point {number}"
        assert all(f"- [ ] {step}" in body[body.index("plansync:begin") :] for step in task.steps)
        assert copy.run("resolve", "--json").json["drifts"] == []
        assert copy.is_settled()

    assert everywhere(copy, stage, forks, command, check) > 3


def test_a_rekey_that_died_before_it_put_the_state_file_aside_is_ended_by_another_one(
    copy: Copy, person: Person
) -> None:
    before, state = person.everything(), copy.state.read_bytes()
    copy.run("state", "rekey", "--yes")
    copy.state.write_bytes(state)

    stopped = copy.sync(exits=7)
    copy.run("state", "rekey", "--yes")

    assert "they belong to different plans" in stopped.json["error"]
    assert person.everything() == before, "nothing was sent under either id"
    planned = copy.run("diff", "--json").kinds("tracker", "planned")
    assert planned.count("create-issue") == len(copy.outline.tasks) + 1, "its tasks and its overview"


def test_a_retarget_that_died_before_the_new_state_file_makes_no_issue_twice(
    copy: Copy, person: Person
) -> None:
    before = person.everything()
    copy.run("state", "retarget", "--yes")
    copy.state.unlink()

    copy.run("sync", "--yes", exits=None)
    copy.sync()

    assert person.everything() == before
    assert copy.is_settled()


def test_a_rebuild_that_died_after_it_kept_the_old_file_can_be_made_again(copy: Copy, person: Person) -> None:
    before, plan = person.everything(), copy.content
    copy.state.write_bytes(b"damaged\n")
    copy.run("state", "rebuild", exits=None)
    copy.state.write_bytes(b"damaged\n")

    copy.run("state", "rebuild", exits=None)

    assert (person.everything(), copy.content) == (before, plan)
    assert len(list(copy.state.parent.glob("*.bad-*"))) <= 2
    assert copy.is_settled()


def test_a_sync_that_died_before_it_took_away_the_state_file_of_a_moved_plan_is_ended_by_another_one(
    copy: Copy, person: Person
) -> None:
    former, remembered, before = copy.state, copy.state.read_bytes(), person.everything()
    copy.plan.rename(copy.folder / "moved.md")
    moved = replace(copy, name="moved.md")
    moved.sync("moved.md")
    former.write_bytes(remembered)

    ran = moved.sync("moved.md")

    assert ran.json["operations"] == []
    assert not former.exists()
    assert person.everything() == before
    assert moved.state.exists()
