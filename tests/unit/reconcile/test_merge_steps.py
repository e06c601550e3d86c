"""Which steps a task has after a merge, and their order."""

from __future__ import annotations

import pytest

from plansync.model import Base, Choice, Field, Item, Take, Uid
from plansync.reconcile.merge import merge
from tests.unit.reconcile.sides import TASK, agreed, asked, decide, known, showing, steps, task, without

ONE, TWO = (Uid(f"{TASK}/{n}") for n in (1, 2))


def test_the_steps_of_an_issue_that_shows_none_wait() -> None:
    base = task(TASK, "dig", state="todo")
    local = task(TASK, "DIG", state="todo")

    for ours, theirs in ((local, without(base, Field.STEPS)), (without(local, Field.STEPS), base)):
        agreement = merge(known(base), ours, theirs)
        assert Field.STEPS not in agreement.items[TASK]
        assert ONE not in agreement.items


def test_the_level_of_a_step_is_the_plans() -> None:
    base = task(TASK, "dig", state="todo")

    assert agreed(decide(base, showing(base, ONE, level=3), base), ONE, Field.LEVEL) == 3
    assert agreed(decide(base, base, base), ONE, Field.LEVEL) is None
    assert merge(known(base), showing(base, ONE, level=3), base).why[ONE, Field.LEVEL] == "agree"


def test_a_new_step_is_agreed_with_its_text_tick_and_level_and_from_whom() -> None:
    base = task(TASK, state="todo")
    ours = showing(task(TASK, "dig", state="todo"), ONE, level=2, optional="yes")

    here, there = merge(known(base), ours, base), merge(known(base), base, ours)

    for agreement, rule in ((here, "push"), (there, "pull")):
        assert agreement.items[ONE] == {Field.TEXT: "dig", Field.TICK: "open", Field.LEVEL: 2}
        assert {agreement.why[ONE, f] for f in agreement.items[ONE]} == {rule}
        assert agreement.why[TASK, Field.STEPS] == "order"


def test_a_step_that_is_gone_here_and_touched_there_is_told_with_its_texts() -> None:
    base = task(TASK, "dig", "level", state="todo")
    gone, touched = task(TASK, "dig", state="todo"), task(TASK, "dig", "LEVEL", state="todo")

    (one,), (other,) = (
        decide(base, *sides).changeset.conflicts for sides in ((gone, touched), (touched, gone))
    )

    assert (one.base, one.local, one.remote) == ("level", None, "level")
    assert (other.base, other.local, other.remote) == ("level", "level", None)


def test_a_forced_choice_settles_no_question_about_a_step() -> None:
    base = task(TASK, "dig", "level", state="todo")
    gone, touched = task(TASK, "dig", state="todo"), task(TASK, "dig", "LEVEL", state="todo")
    forced = Choice(Take.PLAN, None, "undo 1a2b3c4d", is_forced=True)

    assert merge(known(base), gone, touched, {(TASK, Field.STEPS): forced}).conflicts


def test_a_question_about_a_step_that_a_person_decided_is_noted_as_decided() -> None:
    base = task(TASK, "dig", "level", state="todo")
    gone, touched = task(TASK, "dig", state="todo"), task(TASK, "dig", "LEVEL", state="todo")
    choices = {(TASK, Field.STEPS): Choice(Take.ISSUE)}

    assert merge(known(base), gone, touched, choices).chosen == {(TASK, Field.STEPS)}
    assert merge(known(base), base, base, choices).chosen == set()


def test_a_step_that_a_side_is_owed_is_added_and_one_whose_removal_is_owed_goes() -> None:
    """The plan held it both times: it was agreed, and never came to the issue; or it was agreed no more."""
    then, now = task(TASK, "dig", state="todo"), task(TASK, "dig", "level", state="todo")

    owed = decide(Base(now, then, now), now, then)
    gone = decide(Base(now, then, then), now, then)

    assert steps(owed) == "dig level"
    assert asked(owed) == []
    assert steps(gone) == "dig"


def test_a_removal_that_did_not_know_a_reworded_step_is_asked_about() -> None:
    """The tracker held `level` when it took it away; the plan had another tick already, and did nothing since."""
    then, ours = task(TASK, "dig", "level", state="todo"), task(TASK, "dig", "LEVEL", state="todo")
    gone = task(TASK, "dig", state="todo")

    assert asked(decide(Base(ours, then, ours), ours, gone)) == [(TASK, "steps")]
    assert asked(decide(known(then), then, gone)) == []


def test_a_step_that_reads_as_before_was_not_touched_by_whoever_wrapped_it_anew() -> None:
    base = task(TASK, "dig", "level", state="todo")
    wrapped = {n: showing(base, TWO, text=f"level{blank}it") for n, blank in enumerate((" ", "\n  "))}
    gone = task(TASK, "dig", state="todo")

    agreement = merge(known(wrapped[0]), wrapped[1], gone)

    assert agreement.conflicts == {}
    assert agreement.items[TASK][Field.STEPS] == (ONE,)


# ---------------------------------------------------------------------- their order


def ordered(then: str, ours: str, theirs: str) -> str:
    """Merge orders of steps, each written as a row of numbers."""

    def side(row: str) -> dict[Uid, Item]:
        found = task(TASK, *(f"step{n}" * 3 for n in range(1, 10)), state="todo")
        names = tuple(Uid(f"{TASK}/{n}") for n in row)
        return {u: i for u, i in showing(found, TASK, steps=names).items() if u == TASK or u in names}

    agreement = merge(known(side(then)), side(ours), side(theirs))
    names = agreement.items[TASK][Field.STEPS]
    assert isinstance(names, tuple)
    return "".join(name.rpartition("/")[2] for name in names)


@pytest.mark.parametrize(
    ("then", "ours", "theirs", "order"),
    [
        ("1234", "1234", "1234", "1234"),
        ("1234", "2134", "1234", "2134"),
        ("1234", "1234", "2134", "2134"),
        ("1234", "2134", "1243", "2134"),  # both moved: the plan's
        ("123", "1423", "123", "1423"),
        ("123", "123", "1423", "1423"),
        ("123", "4123", "123", "4123"),
        ("123", "123", "4123", "4123"),
        ("123", "1423", "1523", "15423"),
        ("123", "1423", "3521", "35214"),
        ("123", "3124", "1523", "31524"),
        ("123", "12345", "12367", "1236745"),
        ("123", "123", "21456", "21456"),
        ("1234", "134", "1234", "134"),
        ("1234", "1234", "143", "143"),
        ("", "12", "21", "12"),
        ("", "12", "13", "132"),
    ],
)
def test_the_order_is_the_plans_unless_only_the_tracker_changed_it(
    then: str, ours: str, theirs: str, order: str
) -> None:
    assert ordered(then, ours, theirs) == order


def test_where_a_side_owes_the_agreed_order_it_is_brought_to_it() -> None:
    base, other = task(TASK, "dig", "level", state="todo"), task(TASK, "dig", "level", state="todo")
    turned = showing(base, TASK, steps=(TWO, ONE))

    agreement = merge(Base(base, turned, turned), other, turned)

    assert agreement.items[TASK][Field.STEPS] == (TWO, ONE)


def test_an_order_of_the_trackers_is_followed_also_around_a_step_that_a_person_kept() -> None:
    """The plan only took the step away: that is no other order of the rest."""
    three = Uid(f"{TASK}/3")
    base = task(TASK, "dig", "level", "paint", state="todo")
    ours = showing({u: i for u, i in base.items() if u != TWO}, TASK, steps=(ONE, three))
    theirs = showing(task(TASK, "dig", "LEVEL", "paint", state="todo"), TASK, steps=(three, TWO, ONE))

    agreement = merge(known(base), ours, theirs, {(TASK, Field.STEPS): Choice(Take.ISSUE)})

    assert agreement.items[TASK][Field.STEPS] == (three, TWO, ONE)
