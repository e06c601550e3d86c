"""What a person decided beforehand: a side for a conflict, a side for all that is unknown, a value that holds."""

from __future__ import annotations

import pytest

from plansync.model import OVERVIEW, Choice, Field, Take, Uid
from tests.unit.reconcile.sides import (
    NOTHING,
    OTHER,
    PHASE,
    TASK,
    agreed,
    asked,
    decide,
    noted,
    phase,
    plan,
    steps,
    task,
    without,
    written,
)

TITLE = (TASK, Field.TITLE)


@pytest.mark.parametrize(
    ("choice", "title"),
    [
        (Choice(Take.PLAN), "Ours"),
        (Choice(Take.ISSUE), "Theirs"),
        (Choice(Take.BASE), "Then"),
        (Choice(Take.VALUE, "New"), "New"),
    ],
)
def test_a_choice_settles_a_conflict(choice: Choice, title: str) -> None:
    base, local, remote = (task(TASK, title=t, state="todo") for t in ("Then", "Ours", "Theirs"))

    decision = decide(base, local, remote, choices={TITLE: choice})

    assert not asked(decision)
    assert {new["title"] for *_, new in written(decision) if "title" in new} == {title}
    assert {c.rule for op in decision.changeset.operations for c in op.changes if c.field is Field.TITLE} == {
        "resolved"
    }


def test_a_side_that_has_no_value_cannot_be_chosen() -> None:
    local, remote = task(TASK, title="Ours", state="todo"), task(TASK, title="Theirs", state="todo")

    decision = decide(NOTHING, local, remote, choices={TITLE: Choice(Take.BASE)})

    assert asked(decision) == [(TASK, "title")]
    assert agreed(decision, TASK, Field.TITLE) is None


def test_a_choice_about_what_is_no_conflict_changes_nothing() -> None:
    base, local = task(TASK, title="Then", state="todo"), task(TASK, title="Ours", state="todo")

    decision = decide(base, local, base, choices={TITLE: Choice(Take.ISSUE)})

    assert agreed(decision, TASK, Field.TITLE) == "Ours"


# ------------------------------------------------------- where nothing is remembered


@pytest.mark.parametrize(("side", "title", "step"), [("plan", "Ours", "dig"), ("issue", "Theirs", "DIG")])
def test_where_nothing_is_remembered_a_side_may_be_assumed(side: str, title: str, step: str) -> None:
    local, remote = (
        task(TASK, "dig", title="Ours", state="todo"),
        task(TASK, "DIG", title="Theirs", state="todo"),
    )

    decision = decide(NOTHING, local, remote, assume=Take(side))

    assert not asked(decision)
    assert (agreed(decision, TASK, Field.TITLE), steps(decision)) == (title, step)
    assert noted(decision) == [
        f"what was agreed of 2 values is not known; the {side} is taken as right (--assume)"
    ]


def test_one_value_is_counted_as_one() -> None:
    local, remote = (task(TASK, title=t, state="todo") for t in ("Ours", "Theirs"))

    decision = decide(NOTHING, local, remote, assume=Take.PLAN)

    assert noted(decision) == [
        "what was agreed of 1 value is not known; the plan is taken as right (--assume)"
    ]


def test_an_assumption_says_nothing_of_what_is_remembered() -> None:
    base, local, remote = (task(TASK, title=t, state="todo") for t in ("Then", "Ours", "Theirs"))

    decision = decide(base, local, remote, assume=Take.PLAN)

    assert (asked(decision), noted(decision)) == ([(TASK, "title")], [])


def test_an_assumption_settles_no_question_about_which_steps_there_are() -> None:
    """The issue has a step that the plan took away without knowing of its tick."""
    base, local, remote = (
        task(TASK, *s, state="todo") for s in (("dig", "level"), ("dig",), ("dig", "LEVEL"))
    )

    decision = decide(base, local, remote, assume=Take.PLAN)

    assert asked(decision) == [(TASK, "steps")]


# ----------------------------------------------------------- steps that only one has


@pytest.mark.parametrize(
    ("take", "left"),
    [
        (Take.PLAN, "dig"),
        (Take.ISSUE, "dig LEVEL"),
        (Take.BASE, "dig LEVEL"),
        (Take.VALUE, "dig"),
    ],
)
def test_a_step_that_is_gone_here_and_changed_there_goes_by_the_side_that_was_taken(
    take: Take, left: str
) -> None:
    base, local, remote = (
        task(TASK, *s, state="todo") for s in (("dig", "level"), ("dig",), ("dig", "LEVEL"))
    )

    decision = decide(base, local, remote, choices={(TASK, Field.STEPS): Choice(take, "anything")})

    assert not asked(decision)
    assert steps(decision) == left


def test_a_step_that_the_plan_did_not_touch_and_the_tracker_took_away_stays_where_the_plan_is_taken() -> None:
    base, local, remote = (
        task(TASK, *s, state="todo") for s in (("dig", "level"), ("dig", "LEVEL"), ("dig",))
    )
    choices = {(TASK, Field.STEPS): Choice(Take.PLAN)}

    decision = decide(base, local, remote, choices=choices)

    assert steps(decision) == "dig LEVEL"
    assert ("tracker", "update-issue", TASK) in [op[:3] for op in written(decision)]


# --------------------------------------------------------------------- what holds


def forced(value: str, rule: str = "undo 1a2b3c4d") -> Choice:
    return Choice(Take.VALUE, value, rule, is_forced=True)


def test_what_is_forced_holds_where_both_sides_say_the_same() -> None:
    side = task(TASK, title="Then", state="todo")

    decision = decide(side, side, side, choices={TITLE: forced("Before")})

    assert written(decision) == [
        ("tracker", "update-issue", TASK, {"title": "Before"}),
        ("plan", "rename", TASK, {"title": "Before"}),
    ]


def test_what_is_forced_ends_a_conflict_and_a_drift() -> None:
    base = task(TASK, state="done")
    local, remote = task(TASK, state="dropped"), task(TASK, state="done")
    assert [d.field for d in decide(base, local, remote).changeset.drifts] == [Field.REASON]

    decision = decide(base, local, remote, choices={(TASK, Field.STATE): forced("dropped", "fix-reason")})

    assert (asked(decision), decision.changeset.drifts) == ([], ())
    assert [op[1:] for op in written(decision)] == [
        ("reopen-issue", TASK, {"state": "todo"}),
        ("close-issue", TASK, {"state": "dropped"}),
    ]


def test_what_is_forced_ends_the_conflict_of_its_field() -> None:
    base, local, remote = (task(TASK, title=t, state="todo") for t in ("Then", "Ours", "Theirs"))

    decision = decide(base, local, remote, choices={TITLE: forced("Before")})

    assert not asked(decision)
    assert agreed(decision, TASK, Field.TITLE) == "Before"


def test_what_is_forced_holds_also_where_the_side_that_was_named_has_nothing() -> None:
    local, remote = task(TASK, title="Ours", state="todo"), task(TASK, title="Theirs", state="todo")
    choice = Choice(Take.BASE, "Before", is_forced=True)

    decision = decide(NOTHING, local, remote, choices={TITLE: choice})

    assert (asked(decision), agreed(decision, TASK, Field.TITLE)) == ([], "Before")


def test_what_is_forced_of_another_fields_drift_leaves_it() -> None:
    base = task(TASK, state="done")
    local, remote = task(TASK, state="dropped"), task(TASK, state="done")

    decision = decide(base, local, remote, choices={TITLE: forced("Before")})

    assert [d.field for d in decision.changeset.drifts] == [Field.REASON]


def test_a_forced_value_that_is_none_forces_nothing() -> None:
    side = task(TASK, title="Then", state="todo")

    decision = decide(side, side, side, choices={TITLE: Choice(Take.VALUE, None, is_forced=True)})

    assert agreed(decision, TASK, Field.TITLE) == "Then"


def test_of_a_task_without_an_issue_only_the_state_is_forced() -> None:
    """It is dropped: it gets no issue. A title, which only an issue could take, is left."""
    local = task(TASK, title="Ours", state="todo", status="")
    choices = {TITLE: forced("Before"), (TASK, Field.STATE): forced("dropped")}

    decision = decide(NOTHING, local, {}, choices=choices)

    assert agreed(decision, TASK, Field.TITLE) == "Ours"
    assert written(decision) == [("plan", "set-status", TASK, {"status": "dropped"})]


def test_of_the_overview_everything_is_forced_even_where_it_has_no_issue() -> None:
    local = plan("warm")
    choices = {(Uid(f"{OVERVIEW}/1"), Field.TICK): forced("ticked")}

    decision = decide(local, local, {}, choices=choices)

    assert steps(decision, OVERVIEW) == "WARM"


def test_what_is_forced_of_a_task_that_is_gone_is_left() -> None:
    base = {**task(TASK, state="todo"), **task(OTHER, state="todo", at=2)}

    decision = decide(base, task(TASK, state="todo"), base, choices={(OTHER, Field.STATE): forced("done")})

    assert written(decision) == []
    assert OTHER not in decision.changeset.agreed


# ------------------------------------------------------------------- what is left


def test_a_run_that_was_asked_for_something_else_settles_no_other_difference() -> None:
    base = {**task(TASK, "dig", state="todo"), **task(OTHER, "paint", title="Then", state="todo", at=2)}
    local = {**task(TASK, "DIG", state="todo"), **task(OTHER, "PAINT", title="Ours", state="todo", at=2)}

    decision = decide(base, local, base, settles=lambda uid, name: uid.startswith(TASK))

    assert [new for *_, new in written(decision)] == [{"tick 1": "ticked"}, {"state": "done"}]
    assert agreed(decision, OTHER, Field.TITLE) is None
    assert agreed(decision, OTHER, Field.STATE) == "todo"


def test_what_both_sides_say_alike_is_settled_in_any_run() -> None:
    base, now = task(TASK, title="Then", state="todo"), task(TASK, title="Now", state="todo")

    decision = decide(base, now, now, settles=lambda uid, name: False)

    assert agreed(decision, TASK, Field.TITLE) == "Now"


def test_a_step_that_only_one_side_has_is_set_aside_whole() -> None:
    base, local = task(TASK, "dig", state="todo"), task(TASK, "dig", "level", state="todo")

    decision = decide(base, local, base, settles=lambda uid, name: False)

    assert written(decision) == []
    assert agreed(decision, TASK, Field.STEPS) is None
    assert agreed(decision, Uid(f"{TASK}/2"), Field.TEXT) is None
    assert agreed(decision, Uid(f"{TASK}/1"), Field.TEXT) == "dig"


def test_a_task_whose_state_is_set_aside_derives_nothing() -> None:
    """All its steps are ticked; that it is done now is not for this run to say."""
    base, local = task(TASK, "dig", state="todo"), task(TASK, "DIG", state="done")

    decision = decide(base, local, base, settles=lambda uid, name: name is not Field.STATE)

    assert [new for *_, new in written(decision)] == [{"tick 1": "ticked"}]
    assert agreed(decision, TASK, Field.IMPLIED) is None


def test_a_new_task_is_nothing_that_could_be_set_aside() -> None:
    decision = decide(NOTHING, task(TASK, "dig", state="todo"), {}, settles=lambda uid, name: False)

    assert [op[1] for op in written(decision)] == ["create-issue"]


# ------------------------------------------------------------- what cannot be read


def test_an_issue_without_its_block_waits_and_is_told() -> None:
    base = task(TASK, "dig", title="Then", state="todo")
    local, remote = (
        task(TASK, "DIG", title="Ours", state="todo"),
        task(TASK, title="Then", state="todo", at=7),
    )

    decision = decide(base, local, without(remote, Field.STEPS))

    assert [(d.field, d.text) for d in decision.changeset.drifts] == [
        (
            Field.STEPS,
            "#7: our block in its text is cut, doubled or gone; its steps and text wait until it is back",
        )
    ]
    assert [op[1:] for op in written(decision)] == [("update-issue", TASK, {"title": "Ours"})]


def test_a_milestone_has_no_block_that_could_be_gone() -> None:
    base, remote = phase(), phase(at=3)

    assert decide(base, base, remote).changeset.drifts == ()


def test_an_issue_in_no_milestone_of_the_plan_is_left_there_and_told() -> None:
    base = {**phase(), **task(TASK, state="todo", phase=PHASE)}
    remote = {**phase(), **task(TASK, state="todo", at=7)}

    decision = decide(base, base, remote)

    assert [(d.uid, d.field, d.text) for d in decision.changeset.drifts] == [
        (TASK, Field.PHASE, "#7 is in no milestone of this plan; it is left there")
    ]
    assert written(decision) == []
    assert agreed(decision, TASK, Field.PHASE) is None
