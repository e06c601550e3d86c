"""A record that was there before, without a block of ours: it gets the plan's words, and what else it lacks."""

from __future__ import annotations

from plansync.model import OVERVIEW, Choice, Field, Take, Uid
from plansync.reconcile import Bare
from tests.unit.reconcile.sides import (
    NOTHING,
    PHASE,
    TASK,
    agreed,
    asked,
    decide,
    phase,
    plan,
    showing,
    steps,
    task,
    without,
    written,
)

BLOCK = (Field.STEPS, Field.PROSE, Field.REQUIREMENTS, Field.ESTIMATE, Field.DEPENDS)
OURS = task(TASK, "dig", "LEVEL", title="Dig", state="todo", prose="Deep.", estimate="2 days", depends=())
BY_HAND = without(task(TASK, title="Dig", state="todo"), *BLOCK)


def test_an_issue_that_was_there_gets_the_whole_block() -> None:
    decision = decide(NOTHING, OURS, BY_HAND, bare={TASK: Bare()})

    assert not asked(decision)
    assert decision.changeset.drifts == ()
    assert written(decision) == [
        (
            "tracker",
            "update-issue",
            TASK,
            {
                "prose": "Deep.",
                "estimate": "2 days",
                "text 1": "dig",
                "tick 1": "open",
                "text 2": "level",
                "tick 2": "ticked",
                "steps": (f"{TASK}/1", f"{TASK}/2"),
            },
        )
    ]
    assert steps(decision) == "dig LEVEL"


def test_what_such_an_issue_does_say_is_merged_like_any_other() -> None:
    decision = decide(NOTHING, OURS, showing(BY_HAND, TASK, title="Dig a hole"), bare={TASK: Bare()})

    assert asked(decision) == [(TASK, "title")]


def test_a_title_that_was_chosen_is_written_with_the_block() -> None:
    choices = {(TASK, Field.TITLE): Choice(Take.PLAN)}

    decision = decide(
        NOTHING, OURS, showing(BY_HAND, TASK, title="Dig a hole"), bare={TASK: Bare()}, choices=choices
    )

    assert written(decision)[0][3]["title"] == "Dig"


def test_a_half_that_a_block_does_say_is_not_adopted() -> None:
    """A block whose text was lost still says steps: those are merged."""
    remote = showing(task(TASK, "dig", "LEVEL", title="Dig", state="todo"), TASK, prose="Theirs.")

    decision = decide(NOTHING, OURS, remote, bare={TASK: Bare()})

    assert asked(decision) == [(TASK, "prose")]
    assert agreed(decision, TASK, Field.ESTIMATE) == "2 days"
    assert {c.rule for op in decision.changeset.operations for c in op.changes if c.field is Field.STEPS} == {
        "order"
    }


def test_a_plan_that_shows_no_steps_writes_those_that_the_issue_has() -> None:
    local = without(OURS, Field.STEPS)
    remote = task(TASK, "dig", title="Dig", state="todo")

    decision = decide(NOTHING, local, remote, bare={TASK: Bare()})

    assert written(decision)[0][3]["steps"] == (f"{TASK}/1",)


def test_a_step_is_written_with_what_is_known_of_it() -> None:
    one = Uid(f"{TASK}/1")
    local = showing(without(task(TASK, "dig", state="todo"), Field.TICK, uid=one), one, level=2)

    decision = decide(NOTHING, local, without(task(TASK, state="todo"), *BLOCK), bare={TASK: Bare()})

    assert agreed(decision, one, Field.LEVEL) == 2
    assert written(decision)[0][3] == {"text 1": "dig", "steps": (one,)}


def test_an_issue_in_no_milestone_is_put_into_its_phases_and_gets_our_label() -> None:
    local = {**phase(), **showing(OURS, TASK, phase=PHASE)}
    remote = {**phase(), **BY_HAND}

    decision = decide(NOTHING, local, remote, bare={TASK: Bare(("plan",), is_loose=True)})

    assert [op[1:] for op in written(decision)][:2] == [
        ("set-labels", TASK, {"labels": ("plan",)}),
        ("set-milestone", TASK, {"phase": PHASE}),
    ]
    assert decision.changeset.operations[1].needs == (PHASE,)
    assert decision.changeset.drifts == ()
    assert agreed(decision, TASK, Field.PHASE) == PHASE


def test_an_issue_in_a_milestone_of_somebody_elses_is_left_there() -> None:
    local = {**phase(), **showing(OURS, TASK, phase=PHASE)}

    decision = decide(NOTHING, local, {**phase(), **BY_HAND}, bare={TASK: Bare()})

    assert "set-milestone" not in [op[1] for op in written(decision)]
    assert [d.field for d in decision.changeset.drifts] == [Field.PHASE]


def test_a_loose_issue_of_a_task_without_a_phase_stays_in_none() -> None:
    decision = decide(NOTHING, OURS, BY_HAND, bare={TASK: Bare(is_loose=True)})

    assert [op[1] for op in written(decision)] == ["update-issue"]


def test_a_milestone_that_was_there_is_marked_and_keeps_its_words() -> None:
    decision = decide(NOTHING, phase(), phase(at=3), bare={PHASE: Bare()})

    assert written(decision) == [("tracker", "update-milestone", PHASE, {"marker": PHASE})]


def test_an_overview_whose_block_is_gone_gets_it_back() -> None:
    local = plan("warm", prose="Rain.")

    decision = decide(local, local, without(plan(), *BLOCK, uid=OVERVIEW), bare={OVERVIEW: Bare()})

    assert written(decision) == [
        (
            "tracker",
            "update-issue",
            OVERVIEW,
            {"prose": "Rain.", "text 1": "warm", "tick 1": "open", "steps": (f"{OVERVIEW}/1",)},
        )
    ]


def test_an_issue_becomes_a_task_that_the_plan_does_not_have_yet() -> None:
    expected = task(TASK, title="Dig", state="todo", marker="", link="", status="", phase=PHASE)
    local = {**phase(), **expected}
    remote = {**phase(), **showing(BY_HAND, TASK, link="#1 https://host.example/1", phase=PHASE)}

    decision = decide(NOTHING, local, remote, bare={TASK: Bare(is_new=True)})

    added = next(op for op in decision.changeset.operations if op.kind == "add-task")
    assert (added.wave, {c.field.value: c.new for c in added.changes}) == (
        0,
        {"title": "Dig", "phase": PHASE, "marker": TASK, "link": "#1 https://host.example/1"},
    )
    assert [op[1] for op in written(decision)] == ["add-task", "update-issue"]


def test_of_a_record_that_the_plan_or_the_tracker_does_not_show_nothing_is_adopted() -> None:
    bare = {TASK: Bare(), PHASE: Bare()}

    assert written(decide(NOTHING, {}, BY_HAND, bare=bare)) == []
    assert [op[1] for op in written(decide(NOTHING, OURS, {}, bare=bare))] == ["create-issue"]
