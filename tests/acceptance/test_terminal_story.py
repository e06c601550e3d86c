"""From `init` to `undo` on a real terminal, with every question answered at its prompt."""

from __future__ import annotations

import pytest

from tests.support.outline import MARKER
from tests.support.people import Copy, Person
from tests.support.screen import Screen

BOTH = True


LONG = "# Plan: Long\n\n## Phase 1: All\n\n" + "\n".join(
    f"### Task 1.{n}: Stage {n}\n\n- [ ] Do part {n}\n" for n in range(1, 31)
)


def steps(copy: Copy, number: str) -> str:
    """Give the letters of a task's boxes in the plan."""
    lines = copy.section(number).splitlines()
    return "".join(line[3] for line in lines if line.startswith("- ["))


def test_a_plan_is_set_up_pushed_torn_decided_and_set_back(fresh: Copy, person: Person) -> None:
    task = fresh.outline.task("1.1")

    setting_up = Screen(fresh, "init")
    assert setting_up.end() == 0
    assert "Repository (OWNER/NAME" not in setting_up.seen, "an option named it"
    assert "plansync diff" in setting_up.seen, "it says what comes next"
    assert person.everything() == []
    fresh.flags = ()

    pushing = Screen(fresh, "push")
    asked = pushing.until("Go on? [y/N]")
    assert asked.count(", with 3 issues") == 4
    assert "an id, as a comment, in 16 lines (3, 5, 16, " in asked
    assert "plansync check finds nothing wrong." in asked
    pushing.answer("y")
    assert pushing.end() == 0
    assert len(person.tasks()) == 12

    fresh.tick("1.1")
    person.close(task.title, "not_planned")
    before = fresh.section("1.1")
    looking = Screen(fresh, "diff")
    assert looking.end() == 4
    assert "For you to decide" in looking.seen and "state differs" in looking.seen
    syncing = Screen(fresh, "sync")
    assert syncing.end() == 4
    assert "1 conflict to decide" in syncing.seen
    assert fresh.section("1.1") == before and person.issue(task.title)["state"] == "closed"

    deciding = Screen(fresh, "resolve")
    deciding.until("Decide (plan, issue")
    deciding.answer("issue")
    assert deciding.end() == 0
    assert "**Status**: Dropped" in fresh.section("1.1")
    assert fresh.is_settled()

    (run,) = [r["id"] for r in fresh.run("log", "--json").json["runs"] if r["command"] == "resolve"]
    undoing = Screen(fresh, "undo", run)
    assert undoing.end() == 0
    assert "**Status**: Dropped" not in fresh.section("1.1")
    assert steps(fresh, "1.1") == "x" * len(task.steps), "what was ticked by hand stays ticked"
    assert len(person.tasks()) == 12


@pytest.mark.github
def test_ctrl_c_during_a_long_push_says_that_it_goes_on_and_nothing_is_made_twice(
    fresh: Copy, person: Person
) -> None:
    fresh.plan.write_text(LONG, encoding="utf-8")
    pushing = Screen(fresh, "push", "--yes", PLANSYNC_PACE="on")
    pushing.until("waiting 1 s")

    pushing.interrupt()

    assert pushing.end() == 130
    assert pushing.seen.count("run the same command again to go on") == 1
    assert 0 < len(person.tasks()) < 30

    again = Screen(fresh, "push", "--yes", PLANSYNC_PACE="off")
    assert again.end() == 0
    assert len(person.tasks()) == len({issue["title"] for issue in person.tasks()}) == 30
    assert len(MARKER.findall(fresh.text)) == len(set(MARKER.findall(fresh.text))) == 31
    assert fresh.is_settled()
