"""What follows from steps and state: under every policy, and where it was asked about before."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from plansync.model import Base, Choice, Field, Snapshot, State, Take, Uid, Value, conflict_id
from plansync.reconcile import Decision, Policy
from tests.unit.reconcile.sides import (
    NOTHING,
    TASK,
    agreed,
    asked,
    decide,
    showing,
    steps,
    task,
    without,
    written,
)

ONE, TWO = Uid(f"{TASK}/1"), Uid(f"{TASK}/2")
STATE = (TASK, Field.STATE)


def boxes(*words: str, status: str = "") -> Snapshot:
    """A task whose steps say its state; with a status line it says that itself."""
    shown = task(TASK, *words, carrier="boxes", status=status)
    return showing(shown, TASK, state=status) if status else shown


def issue(state: str, *words: str, **fields: str) -> Snapshot:
    return showing(task(TASK, *words, state=state), TASK, **fields)


def told(side: Snapshot) -> Snapshot:
    """Remember that a conflict about the state was told."""
    return showing(side, TASK, told=(conflict_id(TASK, Field.STATE),))


def why(decision: Decision, uid: Uid) -> set[str]:
    return {c.rule for op in decision.changeset.operations for c in op.changes if c.uid == uid}


# ---------------------------------------------------------------------- R1: closed

OPEN = Base(boxes("dig", "LEVEL"), issue("todo", "dig", "LEVEL"), issue("todo", "dig", "LEVEL"))
CLOSED = issue("done", "dig", "LEVEL")


def test_closing_an_issue_ticks_the_open_steps_and_remembers_which() -> None:
    decision = decide(OPEN, boxes("dig", "LEVEL"), CLOSED)

    assert (steps(decision), why(decision, ONE)) == ("DIG LEVEL", {"R1"})
    assert agreed(decision, TASK, Field.IMPLIED) == (ONE,)


def test_a_step_that_is_optional_or_dropped_is_not_ticked_by_closing() -> None:
    side = showing(
        task(TASK, "dig", "~level", "paint", carrier="boxes", status=""), Uid(f"{TASK}/3"), optional="yes"
    )
    then = issue("todo", "dig", "~level", "paint")

    decision = decide(Base(side, then, then), side, issue("done", "dig", "~level", "paint"))

    assert steps(decision) == "DIG ~level paint"


def test_closing_an_issue_leaves_the_steps_where_a_task_is_marked_instead() -> None:
    decision = decide(OPEN, boxes("dig", "LEVEL"), CLOSED, policy=Policy(issue_closed="mark-task"))

    assert written(decision) == [("plan", "set-status", TASK, {"status": "done"})]


def test_closing_an_issue_leaves_the_steps_of_a_task_that_says_its_state_itself() -> None:
    base, now = issue("todo", "dig", carrier="line", status="todo"), issue("done", "dig")

    assert steps(decide(base, base, now)) == "dig"
    assert steps(decide(base, base, now, policy=Policy(issue_closed="tick-steps"))) == "DIG"


@pytest.mark.parametrize(
    ("choice", "expected", "state"),
    [(None, "dig LEVEL", None), (Take.ISSUE, "DIG LEVEL", "done"), (Take.PLAN, "dig LEVEL", "todo")],
)
def test_closing_an_issue_may_be_asked_about(choice: Take | None, expected: str, state: str | None) -> None:
    choices = {STATE: Choice(choice)} if choice else {}

    decision = decide(OPEN, boxes("dig", "LEVEL"), CLOSED, policy=Policy(issue_closed="ask"), choices=choices)

    assert asked(decision) == ([] if choice else [STATE])
    assert (steps(decision), agreed(decision, TASK, Field.STATE)) == (expected, state)
    assert agreed(decision, TASK, Field.IMPLIED) == ((ONE,) if choice is Take.ISSUE else ())


@pytest.mark.parametrize("policy", ["ask", "auto"])
def test_a_task_that_says_itself_that_it_is_done_is_not_asked_about(policy: str) -> None:
    """A person wrote the status line over open boxes: that is what they mean; so too where it was told before."""
    base = Base(OPEN.local, OPEN.remote, told(OPEN.agreed) if policy == "auto" else OPEN.agreed)

    decision = decide(base, boxes("dig", "LEVEL", status="done"), CLOSED, policy=Policy(issue_closed=policy))

    assert not asked(decision)
    assert (steps(decision), agreed(decision, TASK, Field.STATE)) == ("dig LEVEL", "done")


def test_a_close_that_did_not_see_an_open_step_is_asked_about() -> None:
    decision = decide(OPEN, boxes("dig", "level"), CLOSED)

    assert asked(decision) == [STATE]
    (conflict,) = decision.changeset.conflicts
    assert (conflict.base, conflict.local, conflict.remote) == ("todo", "todo", "done")


def test_a_chosen_close_ticks_the_steps_of_boxes_only() -> None:
    """Without a base the sides differ: the plan's boxes say todo, the issue is closed."""
    choices = {STATE: Choice(Take.ISSUE)}
    line = issue("todo", "dig", carrier="line", status="todo")

    ticked = decide(NOTHING, boxes("dig"), issue("done", "dig"), choices=choices)
    left = decide(NOTHING, line, issue("done", "dig"), choices=choices)
    marked = decide(
        NOTHING, boxes("dig"), issue("done", "dig"), choices=choices, policy=Policy(issue_closed="mark-task")
    )

    assert [steps(d) for d in (ticked, left, marked)] == ["DIG", "dig", "dig"]
    assert (why(ticked, ONE), agreed(ticked, TASK, Field.IMPLIED)) == ({"resolved"}, (ONE,))


def test_a_state_that_an_undo_sets_back_says_itself_what_becomes_of_the_steps() -> None:
    choices = {STATE: Choice(Take.VALUE, "done", "undo 1a2b3c4d", is_forced=True)}

    decision = decide(OPEN, boxes("dig", "LEVEL"), OPEN.remote, choices=choices)

    assert (steps(decision), agreed(decision, TASK, Field.STATE)) == ("dig LEVEL", "done")


# ------------------------------------------------------------------ first states


def test_an_issue_whose_state_is_unknown_agrees_on_none() -> None:
    decision = decide(NOTHING, boxes("dig"), without(issue("todo", "dig"), Field.STATE))

    assert agreed(decision, TASK, Field.STATE) is None
    assert not asked(decision)


def test_a_task_without_an_issue_has_the_state_that_its_boxes_say() -> None:
    local = boxes("DIG")

    decision = decide(NOTHING, local, {}, policy=Policy(done_at_first_push="create"))

    assert [op[1] for op in written(decision)] == ["create-issue", "close-issue"]
    assert agreed(decision, TASK, Field.STATE) == "done"


def test_an_issue_of_which_no_steps_are_known_has_the_state_of_the_plans_boxes() -> None:
    decision = decide(NOTHING, boxes("DIG"), without(issue("done"), Field.STEPS))

    assert agreed(decision, TASK, Field.STATE) == "done"
    assert not asked(decision)


# ------------------------------------------------------------- R2, R3: by their steps


def test_ticking_the_last_step_closes_the_issue_unless_that_is_left_to_people() -> None:
    decision = decide(OPEN, boxes("DIG", "LEVEL"), OPEN.remote)
    left = decide(OPEN, boxes("DIG", "LEVEL"), OPEN.remote, policy=Policy(steps_done="nothing"))

    assert ("tracker", "close-issue", TASK, {"state": "done"}) in written(decision)
    assert [op[1] for op in written(left)] == ["update-issue"]


DONE = Base(boxes("DIG", "LEVEL"), issue("done", "DIG", "LEVEL"), issue("done", "DIG", "LEVEL"))


def test_an_open_step_opens_the_issue_of_a_done_task_again() -> None:
    decision = decide(DONE, boxes("dig", "LEVEL"), DONE.remote)

    assert ("tracker", "reopen-issue", TASK, {"state": "todo"}) in written(decision)
    assert agreed(decision, TASK, Field.STATE) == "todo"


def test_an_open_step_and_a_close_at_the_same_time_are_asked_about() -> None:
    """Done was agreed, but the issue did not say so yet; now somebody closed it, and somebody unticked a step."""
    base = Base(DONE.local, issue("todo", "DIG", "LEVEL"), DONE.agreed)
    local = boxes("dig", "LEVEL")

    decision = decide(base, local, issue("done", "DIG", "LEVEL"))

    assert asked(decision) == [STATE]
    (conflict,) = decision.changeset.conflicts
    assert (conflict.base, conflict.local, conflict.remote) == ("done", "todo", "done")
    closed = decide(base, local, issue("done", "DIG", "LEVEL"), choices={STATE: Choice(Take.ISSUE)})
    assert (steps(closed), agreed(closed, TASK, Field.STATE)) == ("DIG LEVEL", "done")


def test_a_conflict_about_a_done_task_lasts_as_long_as_its_step_is_open() -> None:
    base = Base(boxes("dig", "LEVEL"), issue("done", "dig", "LEVEL"), told(issue("done", "dig", "LEVEL")))

    assert asked(decide(base, base.local, base.remote)) == [STATE]
    assert asked(decide(base, boxes("DIG", "LEVEL"), base.remote)) == []


def test_a_state_that_a_person_chose_is_not_undone_by_an_open_step() -> None:
    base = issue("done", "DIG", carrier="line", status="done")
    local = issue("dropped", "dig", carrier="line", status="dropped")
    choices = {STATE: Choice(Take.BASE)}

    decision = decide(base, local, issue("todo", "DIG"), choices=choices)

    assert (agreed(decision, TASK, Field.STATE), steps(decision)) == ("done", "dig")


def _line(state: str, *words: str) -> Snapshot:
    """A task that says its state itself, in the plan."""
    return issue(state, *words, carrier="line", status=state)


def test_a_tick_before_the_reopening_that_a_step_asked_for_has_landed_takes_it_back() -> None:
    """Its steps said that it is todo again, and a pull left the issue closed; now they say that it is done."""
    done = _line("done", "DIG")
    opened = decide(Base(done, issue("done", "DIG"), done), done, issue("done", "dig"))
    owed = Base(_line("todo", "dig"), issue("done", "dig"), {**opened.changeset.agreed})

    decision = decide(owed, _line("todo", "dig"), issue("done", "DIG"))

    assert agreed(opened, TASK, Field.STATE) == "todo"
    assert agreed(decision, TASK, Field.STATE) == "done"
    assert not [op for op in written(decision) if op[0] == "tracker"]


def test_a_tick_does_not_finish_a_task_that_its_author_took_up_before_its_issue_is_reopened() -> None:
    """The tick may be older than that: the run that decided on the reopening may not have seen it."""
    owed = Base(_line("todo", "dig"), issue("done", "dig"), _line("todo", "dig"))

    decision = decide(owed, _line("todo", "dig"), issue("done", "DIG"))

    assert agreed(decision, TASK, Field.STATE) == "todo"
    assert ("tracker", "reopen-issue", TASK, {"state": "todo"}) in written(decision)


def test_what_the_steps_said_of_a_state_is_forgotten_when_somebody_says_another() -> None:
    then = showing(_line("todo", "dig"), TASK, implied=(f"{TASK}/0",))

    same = decide(Base(then, then, then), then, then)
    closed = decide(Base(then, then, then), then, issue("done", "dig"))

    assert agreed(same, TASK, Field.IMPLIED) == (f"{TASK}/0",)
    assert (agreed(closed, TASK, Field.STATE), agreed(closed, TASK, Field.IMPLIED)) == ("done", ())


# ------------------------------------------------------------------ R4: reopened


def test_reopening_takes_back_the_ticks_that_were_implied_and_no_others() -> None:
    """The second was implied too, and a person unticked it already."""
    side = showing(issue("done", "DIG", "LEVEL", "PAINT"), TASK, implied=(ONE, TWO))
    base = Base(boxes("DIG", "LEVEL", "PAINT"), side, side)

    decision = decide(base, boxes("DIG", "LEVEL", "PAINT"), issue("todo", "DIG", "level", "PAINT"))

    assert steps(decision) == "dig level PAINT"
    assert (why(decision, ONE), why(decision, TWO)) == ({"R4"}, {"pull"})
    assert agreed(decision, TASK, Field.IMPLIED) == ()


# ---------------------------------------------------------- what is told and accepted


def test_a_conflict_is_remembered_as_told_until_it_is_over() -> None:
    base, local, remote = (task(TASK, title=t, state="todo") for t in ("Then", "Ours", "Theirs"))
    first = decide(base, local, remote)
    known = showing(base, TASK, told=agreed(first, TASK, Field.TOLD) or ())

    assert agreed(first, TASK, Field.TOLD) == (conflict_id(TASK, Field.TITLE),)
    assert agreed(decide(known, local, remote), TASK, Field.TOLD) == (conflict_id(TASK, Field.TITLE),)
    assert agreed(decide(known, local, local), TASK, Field.TOLD) == ()
    assert agreed(decide(base, local, local), TASK, Field.TOLD) is None


def test_a_drift_is_remembered_as_noted_and_as_accepted_until_it_is_over() -> None:
    base = task(TASK, state="done")
    other = task(TASK, state="dropped")
    known = showing(base, TASK, noted=("reason",), accepted=("reason", "phase"))

    assert agreed(decide(base, other, base), TASK, Field.NOTED) == ("reason",)
    lasting = decide(known, other, base)
    assert [agreed(lasting, TASK, f) for f in (Field.NOTED, Field.ACCEPTED)] == [("reason",), ("reason",)]
    over = decide(known, base, base)
    assert [agreed(over, TASK, f) for f in (Field.NOTED, Field.ACCEPTED)] == [(), ()]


# --------------------------------------------------------------------- what is shown


def test_computed_lines_see_what_is_agreed_and_the_steps_that_only_the_issue_has() -> None:
    seen: list[tuple[Snapshot, dict[Uid, State]]] = []

    def computed(items: Snapshot, states: dict[Uid, State]) -> dict[Field, str]:
        seen.append((items, states))
        return {}

    decide(OPEN, boxes("DIG", "LEVEL"), issue("todo", "dig", "LEVEL", "rest"), computed=computed)

    ((items, states),) = seen
    assert items[Uid(f"{TASK}/3")].fields[Field.TEXT] == "rest"
    assert items[ONE].fields[Field.TICK] == "ticked"
    assert states == {TASK: State.TODO}


def test_a_task_in_conflict_counts_as_what_was_agreed() -> None:
    seen: list[Mapping[Uid, State]] = []
    base, local, remote = (task(TASK, state=s, carrier="line", status=s) for s in ("done", "dropped", "todo"))

    def computed(items: Snapshot, states: Mapping[Uid, State]) -> dict[Field, Value]:
        seen.append(states)
        return {}

    decide(base, local, remote, computed=computed)

    assert seen == [{TASK: State.DONE}]
