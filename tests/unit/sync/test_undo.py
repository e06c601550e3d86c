"""Undoing a run whose work somebody went on with: what moved since is told, and left alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from plansync.errors import ConfigError
from plansync.model import State, Take
from plansync.reconcile import Policy
from plansync.sync.events import Report
from plansync.sync.linking import Linking
from plansync.sync.settling import Settling
from plansync.sync.undo import Undo
from plansync.sync.ways import How
from plansync.trackers.base import Thing
from tests.unit.sync.bench import Bench

ALL = ("mass-change", "all-changed", "rewritten-plan", "mass-create")
LEVEL = "### Task 1.2: Level"


def _undo(bench: Bench, run: str) -> list[str]:
    """Undo a run; what is left alone is told, and what is left to do afterwards is nothing of the undo."""
    report = bench.run(decide=Undo(run).decide, allow=ALL)
    assert report.error is None
    return [note.text for note in report.left]


def _changed(bench: Bench, old: str, new: str) -> str:
    """Edit the plan and sync; says which run that was."""
    bench.edit(old, new)
    report: Report = bench.run(allow=ALL)
    assert not report.error
    assert not report.conflicts
    return report.run


def _remove(bench: Bench, first: str, end: str) -> str:
    """Take a part out of the plan, from one text to just before another."""
    text = bench.text
    part = text[text.index(first) : text.index(end)]
    bench.edit(part, "")
    return part


# ------------------------------------------------------------------------- fields


def test_a_task_that_was_dropped_because_its_issue_is_gone_is_told(synced: Bench) -> None:
    synced.delete("Paint")
    run = synced.run(settling=Settling((), Take.PLAN, how=How.DROP)).run

    left = _undo(synced, run)

    assert left == ["Paint: its issue is gone, so the plan alone says its state; it is left as it is"]
    assert "Dropped" in synced.text


def test_a_value_of_a_task_that_is_gone_is_left(synced: Bench) -> None:
    run = _changed(synced, "Fill with gravel", "Fill with fine gravel")
    _remove(synced, LEVEL, "## Phase 2")

    assert _undo(synced, run) == [
        "Fill with fine gravel: it is not on both sides any more; it is left as it is"
    ]
    assert "Fill with fine gravel" in synced.issue("Level").body


def test_a_task_is_not_moved_back_into_a_phase_that_is_gone(make: Callable[..., Bench]) -> None:
    one = "## Phase 1: Ground\n\n### Task 1.1: Dig\n\n- [ ] Mark the corners\n\n"
    bench = make(
        f"# Implementation Plan: Shed\n\n{one}## Phase 2: Walls\n\n### Task 2.1: Paint\n\n- [ ] Buy paint\n"
    )
    bench.run()
    moved = _remove(bench, "### Task 1.1", "## Phase 2")
    bench.files.plan = f"{bench.text.rstrip()}\n\n{moved}".encode()
    run = bench.run(allow=ALL).run
    _remove(bench, "## Phase 1", "## Phase 2")
    bench.run(allow=ALL)
    bench.delete("Phase 1: Ground")

    assert _undo(bench, run) == [
        "Task 1.1: the phase that it stood in is not there any more; it is left as it is"
    ]
    assert bench.is_settled()


def test_a_run_that_is_not_remembered_cannot_be_undone(synced: Bench) -> None:
    with pytest.raises(ConfigError, match="no run 12345678 of this plan is remembered here"):
        synced.run(decide=Undo("12345678").decide)


def test_a_run_of_an_earlier_version_cannot_be_undone(synced: Bench) -> None:
    run = _changed(synced, "Fill with gravel", "Fill with sand")
    synced.db.execute("UPDATE journal SET intent = json_remove(intent, '$.told')")

    with pytest.raises(
        ConfigError, match=f"run {run} was made by an earlier plansync, which kept too little"
    ):
        synced.run(decide=Undo(run).decide)


def test_a_value_that_somebody_changed_since_is_left(synced: Bench) -> None:
    run = _changed(synced, "Fill with gravel", "Fill with fine gravel")
    _changed(synced, "Fill with fine gravel", "Fill with very fine gravel")

    assert _undo(synced, run) == [
        "Fill with fine gravel: the step was removed or reworded since; it is left as it is"
    ]


def test_a_title_that_somebody_changed_since_is_left_and_one_that_is_back_is_no_work(synced: Bench) -> None:
    run = _changed(synced, "Task 2.1: Paint", "Task 2.1: Varnish")
    _changed(synced, "Task 2.1: Varnish", "Task 2.1: Stain")
    assert _undo(synced, run) == ["Task 2.1: its title was changed since; it is left as it is"]
    _changed(synced, "Task 2.1: Stain", "Task 2.1: Paint")
    assert _undo(synced, run) == []
    assert synced.is_settled()


def test_a_close_is_taken_back_with_the_ticks_that_it_implied(synced: Bench) -> None:
    synced.touch("Dig", state=State.DONE)
    run = synced.run(allow=ALL).run
    assert synced.text.count("- [x]") == 2

    assert _undo(synced, run) == []
    assert (synced.text.count("- [x]"), synced.issue("Dig").state) == (0, State.TODO)
    assert synced.is_settled()


# -------------------------------------------------------------------------- state


def test_a_state_that_somebody_changed_since_is_left(synced: Bench) -> None:
    run = _changed(synced, "- [ ] Buy paint", "- [x] Buy paint")
    assert synced.issue("Paint").state is State.DONE
    synced.touch("Paint", state=State.DROPPED)

    assert "Paint: its state was changed since; it is left as it is" in _undo(synced, run)
    assert synced.issue("Paint").state is State.DROPPED


def test_a_tick_is_taken_back_from_a_task_that_was_closed_since(synced: Bench) -> None:
    """The run did not touch the state, so there is nothing of it to tell."""
    run = _changed(synced, "- [ ] Mark the corners", "- [x] Mark the corners")
    synced.touch("Dig", state=State.DROPPED)

    assert _undo(synced, run) == []
    assert "- [ ] Mark the corners" in synced.text
    assert synced.issue("Dig").state is State.DROPPED


def test_an_issue_of_a_task_that_is_gone_stays(synced: Bench) -> None:
    run = _changed(synced, "## Phase 2", "### Task 1.3: Sweep\n\n- [ ] Find a broom\n\n## Phase 2")
    _remove(synced, "### Task 1.3", "## Phase 2")

    assert _undo(synced, run) == ["Sweep: it is not on both sides any more; it is left as it is"]
    assert synced.issue("Sweep").state is State.TODO


def test_an_issue_that_a_run_closed_since_its_task_was_gone_is_opened_again(
    make: Callable[..., Bench],
) -> None:
    bench = make(policy=Policy(task_removed="close"))
    bench.run()
    _remove(bench, LEVEL, "## Phase 2")
    first = bench.run(allow=ALL).run
    assert bench.issue("Level").state is State.DROPPED

    assert _undo(bench, first) == []
    assert bench.issue("Level").state is State.TODO
    bench.touch("Level", state=State.DONE)
    assert _undo(bench, first) == ["Level: its state was changed since; it is left as it is"]
    assert bench.issue("Level").state is State.DONE


SWEEP = "### Task 1.3: Sweep\n\n- [ ] Find a broom\n\n## Phase 2"


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("- [ ] Find a broom", "- [x] Find a broom\n- [ ] Sweep", "tick"),
        ("- [ ] Find a broom\n", "- [ ] Find a broom\n- [ ] Sweep\n", "its steps"),
        ("- [ ] Find a broom", "- [x] Find a broom", "its state"),
        ("Task 1.3: Sweep", "Task 1.3: Sweep it", "title"),
    ],
)
def test_an_issue_that_a_run_made_is_closed_unless_somebody_worked_on_it(
    synced: Bench, old: str, new: str, what: str
) -> None:
    run = _changed(synced, "## Phase 2", SWEEP)
    ref = synced.issue("Sweep").ref
    _changed(synced, old, new)

    assert _undo(synced, run) == [f"Sweep: #{ref} was worked on since ({what}); it is left as it is"]


def test_an_issue_that_a_run_made_is_closed_as_not_planned(synced: Bench) -> None:
    run = _changed(synced, "## Phase 2", SWEEP)

    assert _undo(synced, run) == []
    assert synced.issue("Sweep").state is State.DROPPED
    assert synced.is_settled()


def test_an_issue_that_a_run_made_and_that_is_not_its_tasks_any_more_stays(synced: Bench) -> None:
    """Another run made one at the same moment, with a lower number: the task went over to that one."""
    low = synced.write("Not yet")
    run = _changed(synced, "## Phase 2", SWEEP)
    made = synced.issue("Sweep")
    synced.tracker.put(
        Thing.ISSUE, replace(made, ref=low, body=made.body.replace(" op=0", " op=f", 1), created="")
    )
    synced.run()
    assert f"/issues/{low}" in synced.text

    assert _undo(synced, run) == [f"Sweep: #{made.ref} is not its issue any more; it is left as it is"]
    assert synced.tracker.rows[Thing.ISSUE, low].state is State.TODO
    assert "### Task 1.3: Sweep" in synced.text


def test_undoing_a_first_push_leaves_the_overview_to_a_person(bench: Bench) -> None:
    run = bench.run().run

    left = _undo(bench, run)

    assert left == [
        f"#{bench.issue('Implementation Plan: Shed').ref}: the overview issue stays; close it by hand"
    ]
    assert {row.state for row in bench.tracker.issues() if "kind=task" in row.body} == {State.DROPPED}


def test_an_issue_that_was_there_before_stays_its_tasks(synced: Bench) -> None:
    synced.edit("## Success", "### Task 2.2: Sweep\n\n- [ ] Find a broom\n\n## Success")
    made = synced.write("Sweep", milestone=synced.issue("Phase 2: Walls").ref)
    linking = Linking("2.2", str(made))
    run = synced.run(prepare=linking.prepare, decide=linking.decide).run

    assert f"Sweep: #{made} was there before, and stays its issue; it is left as it is" in _undo(synced, run)


# -------------------------------------------------------------------------- steps

ADDED = "- [ ] Mark the corners\n- [ ] Fetch string\n"


@pytest.fixture
def added(synced: Bench) -> str:
    """Add a step in a run of its own; says which."""
    return _changed(synced, "- [ ] Mark the corners\n", ADDED)


def test_a_step_that_was_changed_since_stays(synced: Bench, added: str) -> None:
    _changed(synced, "- [ ] Fetch string", "- [x] Fetch string")

    assert _undo(synced, added) == ["Fetch string: the step was changed since; it is left as it is"]
    assert "- [x] Fetch string" in synced.text


def test_the_order_of_steps_comes_back_where_nobody_changed_it_since(synced: Bench) -> None:
    one, other = "- [ ] Mark the corners\n", "- [ ] Take the turf off\n"
    run = _changed(synced, f"{one}{other}", f"{other}{one}")
    _changed(synced, other, f"{other}- [ ] Rest\n")

    assert _undo(synced, run) == []
    assert [synced.text.index(step) for step in (one, "Rest", other)] == sorted(
        synced.text.index(step) for step in (one, "Rest", other)
    )
    _changed(synced, one, "")
    assert _undo(synced, run) == []
    assert synced.is_settled()


def test_a_removed_step_comes_back_under_its_own_number(synced: Bench) -> None:
    run = _changed(synced, "- [ ] Mark the corners\n", "")

    assert _undo(synced, run) == []
    assert synced.text.index("Mark the corners") < synced.text.index("Take the turf off")
    assert synced.is_settled()


def test_a_step_that_somebody_took_away_already_is_nothing_to_undo(synced: Bench, added: str) -> None:
    _changed(synced, "- [ ] Fetch string\n", "")

    assert _undo(synced, added) == []
    assert "Fetch string" not in synced.text + synced.issue("Dig").body
    assert synced.is_settled()


def test_steps_in_conflict_are_left(synced: Bench, added: str) -> None:
    synced.edit("- [ ] Take the turf off\n", "")
    synced.tick("Dig", "Take the turf off")

    assert _undo(synced, added) == ["Dig: its steps are in conflict, or cannot be read; it is left as it is"]
    assert "Fetch string" in synced.text


def test_a_step_that_waits_on_one_side_comes_along_with_the_list(synced: Bench, added: str) -> None:
    synced.edit("- [ ] Take the turf off\n", "- [ ] Take the turf off\n- [ ] Rest\n")

    assert _undo(synced, added) == []
    assert "Fetch string" not in synced.text + synced.issue("Dig").body
    assert "- [ ] Rest" in synced.issue("Dig").body
    assert synced.is_settled()


def test_a_step_that_is_written_again_already_is_not_put_back_twice(synced: Bench) -> None:
    run = _changed(synced, "- [ ] Take the turf off\n", "")
    _changed(synced, "- [ ] Mark the corners\n", "- [ ] Take the turf off\n- [ ] Mark the corners\n")

    assert _undo(synced, run) == []
    assert synced.text.count("Take the turf off") == synced.issue("Dig").body.count("Take the turf off") == 1


def test_a_step_whose_number_another_one_has_by_now_gets_the_next(synced: Bench) -> None:
    run = _changed(synced, "- [ ] Take the turf off\n", "")
    _changed(synced, "- [ ] Mark the corners\n", "- [ ] Mark the corners\n- [ ] Fetch string\n")

    assert _undo(synced, run) == []
    for text in (synced.text, synced.issue("Dig").body):
        assert [step in text for step in ("Mark the corners", "Take the turf off", "Fetch string")] == [
            True
        ] * 3
    assert synced.is_settled()


def test_a_step_that_waits_on_the_issue_comes_along_with_the_list(synced: Bench, added: str) -> None:
    body = synced.issue("Dig").body
    synced.touch("Dig", body=body.replace("- [ ] Take the turf off", "- [ ] Take the turf off\n- [ ] Rest"))

    assert _undo(synced, added) == []
    assert "Fetch string" not in synced.text + synced.issue("Dig").body
    assert "- [ ] Rest" in synced.text
    assert synced.is_settled()


def test_a_plan_that_nobody_edited_since_gets_its_former_bytes_back(synced: Bench) -> None:
    """An edit back would wrap the line and write the letter in another way than its author did."""
    _changed(synced, "- [ ] Buy paint", "- [X] Buy\n  paint")
    before = synced.files.plan
    synced.touch("Paint", body=synced.issue("Paint").body.replace("[x] Buy paint", "[ ] Buy green paint"))
    run = synced.run(allow=ALL).run
    assert "green" in synced.text

    assert _undo(synced, run) == []
    assert synced.files.plan == before
