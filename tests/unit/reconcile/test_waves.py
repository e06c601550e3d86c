"""What is written, and in which order: what others name comes first, the plan's ids before all, its rest at last."""

from __future__ import annotations

import pytest

from plansync.model import OVERVIEW, RELINKED, Choice, Field, Item, Operation, Take, Uid
from plansync.reconcile import Decision, Policy
from tests.unit.reconcile.sides import (
    LINEAGE,
    NOTHING,
    OTHER,
    PHASE,
    TASK,
    THIRD,
    decide,
    noted,
    phase,
    plan,
    showing,
    task,
    written,
)

URL = "https://host.example/team/shed/issues"
CREATE = Policy(done_at_first_push="create")


def waves(decision: Decision, kind: str) -> dict[Uid, int]:
    return {op.uid: op.wave for op in decision.changeset.operations if op.kind == kind}


def only(decision: Decision, kind: str) -> Operation:
    (found,) = (op for op in decision.changeset.operations if op.kind == kind)
    return found


def new(*depends: tuple[Uid, tuple[Uid, ...]]) -> dict[Uid, Item]:
    return {u: i for uid, on in depends for u, i in task(uid, state="todo", depends=on).items()}


# --------------------------------------------------------------------- new issues


def test_an_issue_that_others_depend_on_is_made_before_them() -> None:
    """The first of the plan needs the second, and that the third: no issue can name one that is not there."""
    local = new((TASK, (OTHER,)), (OTHER, (THIRD,)), (THIRD, ()))

    assert waves(decide(NOTHING, local, {}), "create-issue") == {THIRD: 2, OTHER: 3, TASK: 4}


def test_a_tracker_that_takes_one_write_at_a_time_gets_its_issues_in_the_plans_order() -> None:
    local = new((TASK, ()), (OTHER, (TASK,)), (THIRD, ()))

    assert waves(decide(NOTHING, local, {}), "create-issue") == {TASK: 2, OTHER: 3, THIRD: 3}
    assert waves(decide(NOTHING, local, {}, is_serial=False), "create-issue") == {TASK: 2, OTHER: 3, THIRD: 2}


def test_tasks_that_depend_on_each_other_name_the_last_one_once_all_are_there() -> None:
    local = new((TASK, (OTHER,)), (OTHER, (TASK,)))

    decision = decide(NOTHING, local, {})

    assert waves(decision, "create-issue") == {OTHER: 2, TASK: 3}
    late = only(decision, "update-issue")
    assert (late.uid, late.wave, late.needs) == (OTHER, 4, (OTHER,))
    assert [(c.field, c.new, c.rule) for c in late.changes] == [(Field.DEPENDS, (TASK,), "cycle")]


def test_a_task_that_depends_on_itself_is_made_at_once() -> None:
    decision = decide(NOTHING, new((TASK, (TASK,))), {})

    assert [op[1] for op in written(decision)] == ["create-issue"]


def test_a_dependency_on_a_task_that_has_an_issue_holds_nothing_up() -> None:
    there = task(TASK, state="todo")
    local = {**there, **task(OTHER, state="todo", depends=(TASK,))}

    assert waves(decide(there, local, there), "create-issue") == {OTHER: 2}


def test_an_issue_of_a_finished_task_is_made_open_and_then_closed() -> None:
    local = task(TASK, "DIG", title="Dig", state="done", estimate="", carrier="line")

    decision = decide(NOTHING, local, {}, policy=CREATE)

    assert written(decision) == [
        (
            "tracker",
            "create-issue",
            TASK,
            {"title": "Dig", "steps": (f"{TASK}/1",)},
        ),
        ("tracker", "close-issue", TASK, {"state": "done"}),
    ]
    assert only(decision, "close-issue").changes[0].old == "todo"
    assert only(decision, "close-issue").wave > only(decision, "create-issue").wave


def test_finished_tasks_get_no_issue_and_that_is_said_before_the_plan_has_any() -> None:
    local = {
        **task(TASK, "DIG", state="done"),
        **task(OTHER, state="todo", depends=(TASK, THIRD)),
        **task(THIRD, state="todo"),
    }
    there = {u: i for u, i in local.items() if u == THIRD}

    first, later = decide(NOTHING, local, {}), decide(there, local, there)

    assert first.skipped == {TASK}
    assert waves(first, "create-issue").keys() == {OTHER, THIRD}
    assert noted(first) == [
        "1 task was done or dropped before it had an issue and gets none (done_at_first_push)"
    ]
    assert noted(later) == []
    depends = [c for op in first.changeset.operations for c in op.changes if c.field is Field.DEPENDS]
    assert [(c.uid, c.new) for c in depends] == [(OTHER, (THIRD,))]


# --------------------------------------------------------------------- milestones


def test_a_phase_gets_its_milestone_with_its_first_issue_and_before_it() -> None:
    local = {**phase(), **task(TASK, state="todo", phase=PHASE)}

    decision = decide(NOTHING, local, {})

    assert [op[:3] for op in written(decision)] == [
        ("tracker", "create-milestone", PHASE),
        ("tracker", "create-issue", TASK),
    ]
    assert only(decision, "create-issue").needs == (PHASE,)


def test_a_phase_whose_tasks_have_no_issue_gets_no_milestone() -> None:
    local = {**phase(), **task(TASK, state="done", phase=PHASE)}

    assert written(decide(NOTHING, local, {})) == []


def test_a_phase_of_a_task_that_has_its_issue_gets_a_milestone() -> None:
    there = task(TASK, state="todo", phase="")
    local = {**phase(), **task(TASK, state="todo", phase=PHASE)}

    decision = decide(there, local, there)

    assert [op[1:] for op in written(decision)] == [
        ("create-milestone", PHASE, {"title": "Ground"}),
        ("set-milestone", TASK, {"phase": PHASE}),
    ]
    assert only(decision, "set-milestone").needs == (PHASE,)


def test_a_task_that_left_all_phases_leaves_its_milestone() -> None:
    base = {**phase(), **task(TASK, state="todo", phase=PHASE)}
    local = {**phase(), **task(TASK, state="todo", phase="")}

    moved = only(decide(base, local, base), "set-milestone")

    assert ([c.new for c in moved.changes], moved.needs) == ([""], ())


def test_a_renamed_phase_renames_its_milestone() -> None:
    base, local = phase(title="Ground"), phase(title="Garden")

    assert written(decide(base, local, base)) == [("tracker", "update-milestone", PHASE, {"title": "Garden"})]


# ------------------------------------------------------------------------- states


def test_an_issue_that_is_closed_for_another_reason_is_opened_and_closed_again() -> None:
    base, local = task(TASK, state="done"), task(TASK, state="dropped")
    choice = Choice(Take.VALUE, "dropped", "fix-reason", is_forced=True)

    decision = decide(base, local, base, choices={(TASK, Field.STATE): choice})

    assert [op[1:] for op in written(decision)] == [
        ("reopen-issue", TASK, {"state": "todo"}),
        ("close-issue", TASK, {"state": "dropped"}),
    ]
    assert waves(decision, "reopen-issue")[TASK] < waves(decision, "close-issue")[TASK]


# ----------------------------------------------------------------------- overview


@pytest.mark.parametrize(("criteria", "prose"), [(("warm",), ""), ((), "Rain.")])
def test_a_plan_with_criteria_or_risks_gets_an_overview_with_its_first_issue(
    criteria: tuple[str, ...], prose: str
) -> None:
    local = {**plan(*criteria, prose=prose), **task(TASK, state="todo")}

    made = waves(decide(NOTHING, local, {}), "create-issue")

    assert made.keys() == {TASK, OVERVIEW}
    assert made[OVERVIEW] > made[TASK]


def test_a_plan_without_criteria_and_risks_gets_no_overview() -> None:
    local = {**plan(prose=""), **task(TASK, state="todo")}

    assert waves(decide(NOTHING, local, {}), "create-issue").keys() == {TASK}


def test_a_plan_whose_tasks_get_no_issue_gets_no_overview() -> None:
    local = {**plan("warm"), **task(TASK, state="done")}

    assert written(decide(NOTHING, local, {})) == []


def test_a_criterion_goes_both_ways() -> None:
    base, ours, theirs = plan("warm", "dry"), plan("WARM", "dry"), plan("warm", "DRY")

    decision = decide(base, ours, theirs)

    assert written(decision) == [
        ("tracker", "update-issue", OVERVIEW, {"tick 1": "ticked"}),
        ("plan", "set-criterion", f"{OVERVIEW}/2", {"tick 2": "ticked"}),
    ]


def test_the_title_of_the_plan_is_no_title_of_a_task() -> None:
    """The tracker's is noted, the plan's is written, and none is ever written into the plan."""
    base, other = plan(title="Shed"), plan(title="House")

    assert written(decide(base, other, base)) == [("tracker", "update-issue", OVERVIEW, {"title": "House"})]
    assert written(decide(base, base, other)) == []
    assert noted(decide(base, base, other)) == [
        "#1: title was edited on the tracker; plansync writes it only when the plan changes it"
    ]


# --------------------------------------------------------------------------- plan


def test_ids_are_in_the_plan_before_any_issue_is_made() -> None:
    local = {**plan(marker=""), **phase(marker=""), **task(TASK, state="todo", marker="", phase=PHASE)}

    decision = decide(NOTHING, local, {})

    assert [(op.kind, op.uid, op.wave) for op in decision.changeset.operations][:3] == [
        ("set-marker", OVERVIEW, 0),
        ("set-marker", PHASE, 0),
        ("set-marker", TASK, 0),
    ]
    assert [op[3]["marker"] for op in written(decision)[:3]] == [LINEAGE, PHASE, TASK]


def test_a_deleted_marker_before_a_link_of_ours_is_put_back_where_it_was() -> None:
    link = f"#1 {URL}/1"
    base = task(TASK, state="todo", link=link)
    local = task(TASK, state="todo", link="", marker="", reference=link)

    assert written(decide(base, local, base)) == [
        ("plan", "set-marker", TASK, {"marker": TASK, "link": link})
    ]


def test_a_new_issue_is_named_in_the_plan_after_it_was_made() -> None:
    decision = decide(NOTHING, task(TASK, state="todo", link=""), {})

    assert [op[1] for op in written(decision)] == ["create-issue", "set-link"]
    assert [(c.old, c.new, c.rule) for c in only(decision, "set-link").changes] == [("", None, "link")]
    assert only(decision, "set-link").needs == (TASK,)


def test_a_plan_that_shows_no_links_gets_none() -> None:
    decision = decide(NOTHING, task(TASK, state="todo"), {})

    assert [op[1] for op in written(decision)] == ["create-issue"]


def test_a_link_to_an_issue_that_is_the_tasks_no_more_is_replaced() -> None:
    local = task(TASK, state="todo", link=f"#4 {URL}/4")
    there = task(TASK, state="todo", link=f"#9 {URL}/9", at=9)

    replaced, named = decide(local, local, there, former={TASK: 4}), decide(local, local, there)

    assert [only(d, "set-link").changes[0].new for d in (replaced, named)] == [f"#9 {URL}/9"] * 2
    assert [only(d, "set-link").changes[0].rule for d in (replaced, named)] == [RELINKED, "link"]


def test_steps_are_added_removed_and_put_in_order_as_on_the_issue() -> None:
    base = task(TASK, "dig", "level", "paint", state="todo")
    one, two, three, four = (Uid(f"{TASK}/{n}") for n in (1, 2, 3, 4))
    steps = {**task(TASK, "dig", "level", "paint", "rest", state="todo")}
    remote = showing({u: i for u, i in steps.items() if u != two}, TASK, steps=(three, one, four))

    decision = decide(base, base, remote)

    assert [op[:3] for op in written(decision)] == [
        ("plan", "add-step", four),
        ("plan", "remove-step", two),
        ("plan", "order-steps", TASK),
    ]
    added, removed, _ = decision.changeset.operations
    assert [(c.field, c.new) for c in added.changes] == [
        (Field.TEXT, "rest"),
        (Field.TICK, "open"),
        (Field.STEPS, (three, one, four)),
    ]
    assert next((c.field, c.old, c.new) for c in removed.changes) == (Field.TEXT, "level", None)


@pytest.mark.parametrize(
    ("then", "now", "kind"),
    [
        ("dig", "DIG", "tick"),
        ("DIG", "dig", "untick"),
        ("dig", "~dig", "drop-step"),
        ("dig", "digs", "edit-step"),
    ],
)
def test_each_change_of_a_step_is_an_edit_of_its_own(then: str, now: str, kind: str) -> None:
    """A step beside it stays open, so that the task stays as it is."""
    base, remote = task(TASK, then, "level", state="todo"), task(TASK, now, "level", state="todo")

    assert [op[:3] for op in written(decide(base, base, remote))] == [("plan", kind, f"{TASK}/1")]


# ---------------------------------------------------------------- computed lines


def computed(items: object, states: object) -> dict[Field, str]:
    return {Field.COMPLETION: "50%"}


def test_computed_lines_are_refreshed_with_their_date() -> None:
    side = plan(completion="0%", last_updated="2026-01-01")

    decision = decide(side, side, side, computed=computed, today="2026-02-02")

    assert written(decision) == [
        ("plan", "update-summary", OVERVIEW, {"completion": "50%", "last_updated": "2026-02-02"})
    ]


def test_the_date_alone_is_set_where_the_plan_changed() -> None:
    base = {**plan(last_updated="2026-01-01"), **task(TASK, "dig", "level", state="todo")}
    remote = {**plan(), **task(TASK, "DIG", "level", state="todo")}

    decision = decide(base, base, remote, today="2026-02-02")

    assert written(decision)[-1] == ("plan", "update-summary", OVERVIEW, {"last_updated": "2026-02-02"})
    assert written(decide(base, base, base, today="2026-02-02")) == []


def test_a_plan_without_a_date_gets_none() -> None:
    side = plan(completion="0%")

    decision = decide(side, side, side, computed=computed, today="2026-02-02")

    assert written(decision) == [("plan", "update-summary", OVERVIEW, {"completion": "50%"})]


def test_on_another_branch_no_line_is_computed() -> None:
    side = plan(completion="0%")

    assert written(decide(side, side, side, computed=computed, is_final=False)) == []
