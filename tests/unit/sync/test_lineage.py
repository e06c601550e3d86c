"""Issues and milestones that are there before a plan has any of its own: what tells whose they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from plansync.errors import Rejected, SafetyStop, StoreError, Unavailable
from plansync.model import State
from plansync.trackers.base import Thing
from tests.unit.sync.bench import PLAN, Bench, kinds, notes

Make = Callable[..., Bench]
OTHERWISE = {"Dig": "Zebra", "Level": "Yak", "Paint": "Xenon"}
OTHER_PHASES = {"Ground": "Soil", "Walls": "Roof"}
ITS_OWN_STEPS = {
    "Mark the corners": "Saddle up",
    "Take the turf off": "Ride",
    "Fill with gravel": "Milk",
    "Buy paint": "Weigh",
}


def _in_other_words(*words: dict[str, str]) -> str:
    plan = PLAN
    for old, new in (pair for each in words for pair in each.items()):
        plan = plan.replace(old, new)
    return plan


def test_a_plan_without_a_last_line_takes_its_issues_over(synced: Bench, make: Make) -> None:
    bench = make(PLAN).beside(synced)

    report = bench.run()

    assert "issues of this plan are there already; taking them over (plan 00000002)" in notes(report)
    assert len(bench.tracker.issues()) == 4


def test_issues_of_two_plans_of_one_name_are_for_a_person_to_tell_apart(synced: Bench, make: Make) -> None:
    other = synced.issue("Dig")
    synced.write("Dig", body=other.body.replace("plan=00000002", "plan=00000009"), labels=other.labels)
    bench = make(PLAN).beside(synced)

    with pytest.raises(
        SafetyStop, match=r"issues of 2 plans named plan.md are there.*--take 00000002.*--new"
    ):
        bench.run()


def test_milestones_of_a_first_push_that_died_are_taken_over(bench: Bench, make: Make) -> None:
    bench.tracker.errors["POST issue"] = StoreError("the process died")
    with pytest.raises(StoreError):
        raise bench.run().error or AssertionError
    bench.tracker.errors.clear()
    assert not bench.tracker.issues()
    second = make(PLAN).beside(bench)

    report = second.run()

    assert any(
        "milestones of this plan are there already; taking them over" in note for note in notes(report)
    )
    assert len(second.tracker.milestone_rows()) == 2
    assert second.is_settled()


@pytest.mark.parametrize(
    "words",
    [(OTHERWISE, ITS_OWN_STEPS), (OTHERWISE, OTHER_PHASES)],
    ids=["the phases are the same", "the steps are the same"],
)
def test_issues_of_a_plan_of_this_name_in_other_words_are_for_a_person(
    synced: Bench, make: Make, words: tuple[dict[str, str], ...]
) -> None:
    """No task here has the id of one, and there is no overview: it may be the same plan, or another one."""
    synced.delete("Implementation Plan: Shed")
    plan = _in_other_words(*words)
    bench = make(plan).beside(synced)
    before = dict(bench.tracker.rows)

    with pytest.raises(
        SafetyStop,
        match="issues of a plan named plan.md are there, and no task here has the id of one "
        r"\(#1, #2, #3, ….*--take 00000002.*if not: .*--new",
    ):
        bench.run()
    assert (bench.tracker.rows, bench.text, bench.files.state) == (before, plan, b"")


def test_a_plan_of_this_name_that_has_nothing_in_common_is_another_one(synced: Bench, make: Make) -> None:
    synced.delete("Implementation Plan: Shed")
    bench = make(_in_other_words(OTHERWISE, ITS_OWN_STEPS, OTHER_PHASES)).beside(synced)

    assert kinds(bench.run(), "applied").count("create-issue") == 4
    assert "plansync plan=00000002" not in bench.text


@pytest.mark.parametrize(
    ("refused", "words", "has_overview"),
    [
        ("POST", (ITS_OWN_STEPS,), True),
        ("POST", (OTHERWISE, ITS_OWN_STEPS), False),
        ("POST", (OTHERWISE, OTHER_PHASES), False),
        ("POST issue", (OTHERWISE, OTHER_PHASES), False),
    ],
    ids=["the same titles", "the same phases", "the same steps", "the same steps, and milestones of its own"],
)
def test_a_first_push_that_died_after_which_another_copy_pushed_is_for_a_person(
    bench: Bench, make: Make, refused: str, words: tuple[dict[str, str], ...], has_overview: bool
) -> None:
    """Each gave the plan a name of its own before either had an issue."""
    bench.tracker.errors[refused] = Unavailable("nobody answers")
    assert bench.run().error
    bench.tracker.errors.clear()
    other = make(_in_other_words(*words)).beside(bench)
    assert not other.run().error
    (name,) = {row.body.partition("plan=")[2][:8] for row in other.tracker.issues()}
    if not has_overview:
        bench.delete("Implementation Plan: Shed")
    before, plan = dict(bench.tracker.rows), bench.text
    assert name not in plan

    with pytest.raises(
        SafetyStop,
        match="issues of another copy of plan.md are there, and this one has made none yet "
        rf"\(#1, #2, #3, ….*--take {name}",
    ):
        bench.run()
    assert (bench.tracker.rows, bench.text) == (before, plan)


def test_a_first_push_that_made_the_overview_alone_asks_where_another_copy_made_the_tasks(
    bench: Bench, make: Make
) -> None:
    """Two copies pushed at the same moment: one found the titles of its milestones taken."""
    bench.tracker.errors["POST milestone"] = Rejected("a milestone of that name is there already")
    bench.run()
    bench.tracker.errors.clear()
    assert [row.title for row in bench.tracker.issues()] == ["Implementation Plan: Shed"]
    other = make(PLAN)
    other.run()
    for row in other.tracker.issues():
        bench.write(row.title, body=row.body.replace("plan=00000002", "plan=00000009"), labels=row.labels)
    before, plan = dict(bench.tracker.rows), bench.text

    with pytest.raises(SafetyStop, match=r"issues of another copy of plan\.md are there.*--take 00000009"):
        bench.run()

    assert (bench.tracker.rows, bench.text) == (before, plan)


MOVED = {"path": "docs/shed.md", "is_there": lambda path: False}


MORE = """
## Phase 3: Roof

### Task 3.1: Tiles

- [ ] Buy tiles
"""


def test_issues_of_a_name_that_the_plan_had_are_its_own(synced: Bench, make: Make) -> None:
    bench = make(PLAN, **MOVED, former_paths=lambda: ["older.md", "plan.md"]).beside(synced)

    report = bench.run()

    assert "issues of this plan are there already; taking them over (plan 00000002)" in notes(report)
    assert len(bench.tracker.issues()) == 4
    assert bench.is_settled()


def test_a_plan_that_may_have_been_moved_is_for_a_person(synced: Bench, make: Make) -> None:
    bench = make(PLAN, **MOVED).beside(synced)
    before = dict(bench.tracker.rows)

    with pytest.raises(
        SafetyStop,
        match="issues of plan.md, which is not here any more, have the ids of tasks of this plan "
        r"\(#1, #2, #3, ….*--take 00000002.*if not: .*--new",
    ):
        bench.run()
    assert (bench.tracker.rows, bench.text, bench.files.state) == (before, PLAN, b"")


@pytest.mark.parametrize(
    "given",
    [
        {"path": "docs/shed.md", "former_paths": lambda: ["plan.md"]},
        {**MOVED, "claimed": {"00000002": "plan.md"}},
    ],
    ids=["its file is there", "its state file is there"],
)
def test_a_copy_beside_the_plan_is_a_plan_of_its_own(
    synced: Bench, make: Make, given: dict[str, object]
) -> None:
    bench = make(PLAN, **given).beside(synced)

    assert kinds(bench.run(), "applied").count("create-issue") == 4


def test_a_plan_that_has_little_in_common_with_one_that_is_gone_is_another_one(
    synced: Bench, make: Make
) -> None:
    plan = _in_other_words({"Level": "Yak", "Paint": "Xenon"}, ITS_OWN_STEPS) + MORE
    bench = make(plan, **MOVED).beside(synced)

    assert kinds(bench.run(), "applied").count("create-issue") == 5
    assert "plansync plan=00000002" not in bench.text


def _made_by_another_copy(bench: Bench, titles: tuple[str, ...]) -> None:
    for title in titles:
        body = bench.issue(title).body.replace("plan=00000002", "plan=00000009")
        bench.write(title, body=body, labels=("plansync",))


def test_two_first_pushes_at_the_same_moment_are_told_until_one_copys_issues_are_closed(
    synced: Bench,
) -> None:
    _made_by_another_copy(synced, ("Dig", "Level"))

    for _ in range(2):
        (told,) = notes(synced.run())
        assert told.startswith(
            "#5, #6 are issues of another copy of plan.md, for tasks that have #1, #2, #3 here."
        )
        assert "--take 00000009" in told

    for ref in (5, 6):
        row = synced.tracker.rows[Thing.ISSUE, ref]
        synced.tracker.put(Thing.ISSUE, replace(row, state=State.DROPPED))
    assert notes(synced.run()) == []
    assert synced.is_settled()


def test_what_another_plan_had_before_is_none_of_a_new_one(synced: Bench, make: Make) -> None:
    """A person said so, with `plansync state lineage --new`."""
    bench = make(f"{PLAN}\n<!-- plansync plan=00000009 -->\n").beside(synced)
    bench.run()

    assert notes(bench.run()) == []
    assert bench.is_settled()
