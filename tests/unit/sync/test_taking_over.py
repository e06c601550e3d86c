"""Issues that people made: what is asked for, and what a run says where it cannot be done."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plansync.errors import ConfigError
from plansync.model import State
from plansync.reconcile import Policy
from plansync.sync.intake import Intake
from plansync.sync.linking import Linking
from plansync.sync.lookalikes import read_titles
from plansync.sync.suggesting import Suggesting
from plansync.trackers.base import Thing
from tests.simulation.world import Row
from tests.unit.sync.bench import PLAN, Bench, kinds, notes

Make = Callable[..., Bench]


def _take_in(bench: Bench, ref: int, phase: str = "") -> list[str]:
    intake = Intake(f"#{ref}", phase)
    return kinds(bench.run(prepare=intake.prepare, decide=intake.decide), "applied")


# ------------------------------------------------------------------------- where


def test_an_issue_is_taken_into_the_phase_that_a_person_names(synced: Bench) -> None:
    made = synced.write("Sweep")

    assert "add-task" in _take_in(synced, made, "Phase 2: Walls")
    assert synced.text.index("Sweep") > synced.text.index("Paint")
    assert synced.is_settled()


def test_an_issue_in_no_milestone_has_to_be_given_a_phase(synced: Bench) -> None:
    made = synced.write("Sweep")

    with pytest.raises(ConfigError, match="in no milestone of this plan; say where it is to stand"):
        _take_in(synced, made)


@pytest.mark.parametrize(
    ("phase", "said"),
    [
        ("1.1", "1.1 is a task, not a phase"),
        ("Phase 2: Walls", "is in the milestone of .*Ground; leave --phase"),
    ],
)
def test_a_phase_that_cannot_be_is_refused(synced: Bench, phase: str, said: str) -> None:
    made = synced.write("Sweep", milestone=synced.issue("Dig").milestone)

    with pytest.raises(ConfigError, match=said):
        _take_in(synced, made, phase)
    assert "Sweep" not in synced.text


def test_a_task_of_the_plan_stands_where_it_stands(synced: Bench) -> None:
    with pytest.raises(ConfigError, match="is a task of the plan already; leave --phase out"):
        _take_in(synced, synced.issue("Dig").ref, "Phase 2: Walls")


@pytest.mark.parametrize("milestones", ["plan", "none"])
def test_in_a_plan_whose_phases_are_no_milestones_it_goes_to_the_end(make: Make, milestones: str) -> None:
    bench = make(milestones=milestones)
    bench.run()
    made = bench.write("Sweep")

    with pytest.raises(ConfigError, match="no milestones, so a new task goes behind the last one"):
        _take_in(bench, made, "Phase 2: Walls")
    assert "add-task" in _take_in(bench, made)
    assert bench.text.index("Sweep") > bench.text.index("Paint")
    assert bench.is_settled()


def test_in_a_plan_without_phases_it_is_one_more_task(make: Make) -> None:
    bench = make("# Implementation Plan: Shed\n\n### Task 1: Dig\n\n- [ ] Mark the corners\n")
    bench.run()

    assert "add-task" in _take_in(bench, bench.write("Sweep"))
    assert "Sweep" in bench.text
    assert bench.is_settled()


# ------------------------------------------------------------------- by the settings


def test_an_issue_that_was_closed_since_the_list_is_not_taken_in(make: Make) -> None:
    """A list tells nothing of its text, so it is read itself before it becomes a task."""
    bench = make(policy=Policy(issue_added="all"))
    bench.run()
    made = bench.write("Sweep", milestone=bench.issue("Dig").milestone)
    look = bench.tracker.look

    async def late(thing: Thing, ref: int) -> object:
        if ref == made:
            bench.touch("Sweep", state=State.DONE)
        return await look(thing, ref)

    bench.tracker.look = late  # type: ignore[method-assign,assignment]

    assert not bench.run().done
    assert "Sweep" not in bench.text


# ------------------------------------------------------------------------- linking


def _link(bench: Bench, task: str, ref: str) -> None:
    linking = Linking(task, ref)
    bench.run(prepare=linking.prepare, decide=linking.decide)


def test_a_title_that_two_tasks_have_names_none(make: Make) -> None:
    bench = make(PLAN.replace("Task 2.1: Paint", "Task 2.1: Dig"))
    made = bench.write("Dig a hole")

    with pytest.raises(
        ConfigError, match=r"2 tasks of plan.md are called dig; name one by its id: \w+ \(line 5\), "
    ):
        _link(bench, "dig", str(made))


def test_a_pull_request_is_no_task(bench: Bench) -> None:
    number = bench.tracker.number(Thing.ISSUE)
    bench.tracker.put(Thing.ISSUE, Row(number, "Dig", is_pull=True))

    with pytest.raises(ConfigError, match=f"#{number} is a pull request; only an issue can be a task"):
        _link(bench, "1.1", str(number))


def test_an_address_of_something_else_is_refused(bench: Bench) -> None:
    with pytest.raises(ConfigError, match="/milestone/1 is no issue"):
        _link(bench, "1.1", "https://tracker.test/owner/name/milestone/1")


# ------------------------------------------------------------------- likely the same


def test_a_huge_repository_is_read_only_so_far(bench: Bench) -> None:
    """The newest are read: fifty pages of the five issues that this tracker gives at once."""
    for number in range(260):
        bench.write(f"Issue {number}")
        bench.clock.pass_(1)
    found: list[str] = []

    async def read(session: object) -> None:
        found.extend(record.title for record in await read_titles(session))  # type: ignore[arg-type]

    bench.read(read)

    assert len(found) == 250
    assert "Issue 9" not in found
    assert "Issue 259" in found


def test_a_task_and_an_issue_are_suggested_once_each_in_their_best_pair(bench: Bench) -> None:
    best, _, other = (bench.write(title) for title in ("Level", "Levels", "Digs"))
    suggesting = Suggesting()

    report = bench.run(is_dry=True, prepare=suggesting.prepare, decide=suggesting.decide)

    lines = [line for line in notes(report) if line.startswith("plansync link")]
    assert lines == [
        f"plansync link 1.2 {best}  # same title: “Level”",
        f"plansync link 1.1 {other}  # 86% alike: “Digs”",
    ]
