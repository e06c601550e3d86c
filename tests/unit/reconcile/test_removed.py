"""Tasks that are gone from the plan: kept, asked about or closed; nothing that moved is ever closed by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plansync.model import Base, Choice, Conflict, Field, Item, Removed, Snapshot, Stamp, Take, Uid
from plansync.reconcile import Decision, Policy
from tests.unit.reconcile.sides import (
    OTHER,
    TASK,
    THIRD,
    asked,
    decide,
    noted,
    showing,
    task,
    written,
)

THERE = task(TASK, "dig", state="todo")
GONE = task(OTHER, "paint", state="todo", at=2)
BOTH = {**THERE, **GONE}
CLOSE = ("tracker", "close-issue", OTHER, {"state": "dropped"})


def decided(policy: str, remote: Snapshot = BOTH, base: Base | Snapshot = BOTH, **more: object) -> Decision:
    return decide(base, THERE, remote, policy=Policy(task_removed=policy), **more)


def test_an_issue_is_kept_and_that_is_said() -> None:
    decision = decided("keep")

    assert (written(decision), asked(decision)) == ([], [])
    assert decision.changeset.removed == (Removed(OTHER, 2, False),)
    assert noted(decision) == [
        "1 task is no longer in the plan and its issue stays open (#2); plansync prune closes such issues"
    ]


def test_many_that_are_kept_are_told_in_one_line() -> None:
    gone = {u: i for n in range(10, 17) for u, i in task(Uid(f"gone{n:03}"), state="todo", at=n).items()}
    base = {**THERE, **gone}

    assert noted(decided("keep", base, base)) == [
        "7 tasks are no longer in the plan and their issues stay open (#10, #11, #12, #13, #14 and 2 more); "
        "plansync prune closes such issues"
    ]


@pytest.mark.parametrize(("policy", "now"), [("ask", "open"), ("close", "changed")])
def test_one_is_asked_about_by_the_policy_or_where_it_moved(policy: str, now: str) -> None:
    remote = {**BOTH, **task(OTHER, "PAINT", state="todo", at=2)} if now == "changed" else BOTH

    decision = decided(policy, remote)

    assert decision.changeset.conflicts == (Conflict(OTHER, Field.EXISTENCE, "in the plan", "removed", now),)
    assert (written(decision), noted(decision)) == ([], [])


def test_one_that_nobody_touched_is_closed_where_that_is_the_policy_and_its_memory_stays() -> None:
    decision = decided("close")

    assert written(decision) == [CLOSE]
    assert [c.rule for op in decision.changeset.operations for c in op.changes] == ["task removed"]
    assert {u: i for u, i in decision.changeset.agreed.items() if u.startswith(OTHER)} == GONE


@pytest.mark.parametrize(
    "changed",
    [
        {**GONE, **task(OTHER, "PAINT", state="todo", at=2)},
        {**GONE, **task(OTHER, "paint", "rest", state="todo", at=2)},
        task(OTHER, state="todo", at=2),
        task(OTHER, "paint", state="todo", at=2, title="Paint all"),
        task(OTHER, "paint", state="todo", at=2, stamp=Stamp(3, "op")),
    ],
    ids=["ticked", "a step more", "a step less", "renamed", "written by another copy"],
)
def test_whatever_changed_on_an_issue_keeps_it_open(changed: dict[Uid, Item]) -> None:
    decision = decided("close", {**THERE, **changed})

    assert [removed.is_changed for removed in decision.changeset.removed] == [True]
    assert (written(decision), asked(decision)) == ([], [(OTHER, "existence")])


def test_an_issue_of_which_only_the_agreement_is_known_counts_as_changed() -> None:
    decision = decided("close", base=Base(BOTH, THERE, BOTH))

    assert written(decision) == []
    assert asked(decision) == [(OTHER, "existence")]


@pytest.mark.parametrize("policy", ["ask", "close"])
def test_one_that_a_person_decided_to_keep_is_asked_about_no_more(policy: str) -> None:
    accepted = showing(BOTH, OTHER, accepted=("existence",))

    decision = decided(policy, base=Base(BOTH, BOTH, accepted))

    assert (written(decision), asked(decision)) == ([], [])


def test_one_that_was_accepted_for_something_else_is_still_asked_about() -> None:
    accepted = showing(BOTH, OTHER, accepted=("reason",))

    assert asked(decided("ask", base=Base(BOTH, BOTH, accepted))) == [(OTHER, "existence")]


@pytest.mark.parametrize("policy", ["keep", "ask", "close"])
def test_one_that_a_person_names_is_closed_whatever_the_policy_and_whatever_moved(policy: str) -> None:
    remote = {**BOTH, **task(OTHER, "PAINT", state="todo", at=2)}

    decision = decided(policy, remote, pruned={OTHER: Choice(Take.VALUE, "dropped")})

    assert (written(decision), asked(decision), noted(decision)) == ([CLOSE], [], [])


def test_an_undo_opens_what_a_run_had_closed_and_only_that() -> None:
    """Of the four only the second is gone from the plan, known, closed as not planned and wanted open."""
    closed = task(OTHER, "paint", state="dropped", at=2)
    done = task(THIRD, state="done", at=3)
    unknown = task(Uid("ggggggg"), state="dropped", at=4)
    base = {**BOTH, **task(THIRD, state="todo", at=3)}
    remote = {**showing(THERE, TASK, state="dropped"), **closed, **done, **unknown}
    wanted = Choice(Take.VALUE, "todo", "undo 1a2b3c4d")
    pruned = {TASK: wanted, OTHER: wanted, THIRD: wanted, Uid("ggggggg"): wanted}

    decision = decided("keep", remote, base, pruned=pruned)

    (opened,) = (op for op in decision.changeset.operations if op.kind == "reopen-issue")
    assert (opened.uid, opened.needs) == (OTHER, (OTHER,))
    assert [(c.old, c.new, c.rule) for c in opened.changes] == [("dropped", "todo", "undo 1a2b3c4d")]


def test_an_issue_that_is_wanted_closed_stays_closed() -> None:
    remote = {**THERE, **task(OTHER, "paint", state="dropped", at=2)}

    assert written(decided("keep", remote, pruned={OTHER: Choice(Take.VALUE, "dropped")})) == []


def test_issues_of_tasks_that_this_copy_never_held_are_told_and_left() -> None:
    one, two = task(OTHER, state="todo", at=2), task(THIRD, state="todo", at=5)

    assert noted(decide(THERE, THERE, {**THERE, **one})) == [
        "#2 belongs to a task that this copy of the plan has never held; nothing is done about it"
    ]
    assert noted(decide(THERE, THERE, {**THERE, **one, **two})) == [
        "#2, #5 belong to tasks that this copy of the plan has never held; nothing is done about it"
    ]
    assert written(decide(THERE, THERE, {**THERE, **one}, policy=Policy(task_removed="close"))) == []


def test_a_record_that_has_no_number_yet_is_none_that_could_be_closed() -> None:
    unmade = {**GONE, OTHER: replace(GONE[OTHER], at=None)}

    decision = decided("close", {**THERE, **unmade})

    assert (decision.changeset.removed, written(decision), noted(decision)) == ((), [], [])


def test_a_plan_that_lost_its_ids_says_what_became_of_them() -> None:
    """Three of four are known by their titles, one is gone, one is new."""
    titles = ("Dig", "Level", "Paint", "Rest")
    uids = [Uid(f"known{n:02}") for n in range(4)]
    base = {
        u: i
        for n, (uid, t) in enumerate(zip(uids, titles, strict=True), 1)
        for u, i in task(uid, title=t, state="todo", at=n).items()
    }
    local = {
        u: i
        for n, t in enumerate(("Dig", "Level", "Paint"))
        for u, i in task(Uid(f"shown{n:02}"), title=t, state="todo", marker="").items()
    } | task(Uid("newtask"), title="Roof", state="todo", marker="")

    assert [text for text in noted(decide(base, local, base)) if "ids" in text] == [
        "3 of 4 tasks had lost their ids and are known by links, titles or steps; the ids are put back; "
        "1 is gone, 1 is new"
    ]
