"""What may be remembered of an item after a write, and what a side will hold."""

from __future__ import annotations

from plansync.model import Base, Change, Field, Operation, Side, Stamp, Tick, Uid
from plansync.reconcile import fold, held, read_back, settle
from plansync.reconcile.settle import said
from tests.unit.reconcile.sides import (
    OTHER,
    PHASE,
    TASK,
    decide,
    phase,
    showing,
    steps,
    task,
    without,
    written,
)

ONE, TWO = Uid(f"{TASK}/1"), Uid(f"{TASK}/2")


def op(*changes: Change) -> Operation:
    return Operation(Side.LOCAL, "any", changes[0].uid, changes, 0)


# ---------------------------------------------------------------------------- held


def test_a_side_holds_what_is_written_to_it() -> None:
    side = task(TASK, "dig", title="Then")

    after = held(
        side,
        {},
        [op(Change(TASK, Field.TITLE, "Then", "Now")), op(Change(ONE, Field.TICK, "open", "ticked"))],
    )

    assert (after[TASK].fields[Field.TITLE], after[ONE].fields[Field.TICK]) == ("Now", "ticked")
    assert side[TASK].fields[Field.TITLE] == "Then"


def test_a_change_to_nothing_is_held_as_before() -> None:
    """What follows from it (the steps that are left) is a change of its own."""
    side = task(TASK, "dig", link="#1")

    assert held(side, {}, [op(Change(TASK, Field.LINK, "#1", None))]) == side


def test_a_step_that_is_listed_no_more_is_not_held() -> None:
    side = task(TASK, "dig", "level")

    assert held(side, {}, [op(Change(TASK, Field.STEPS, (ONE, TWO), (TWO,)))]).keys() == {TASK, TWO}


def test_a_new_step_is_held_with_its_level() -> None:
    side, agreed = task(TASK, "dig"), showing(task(TASK, "dig", "level"), TWO, level=2)
    changes = Change(TWO, Field.TEXT, None, "level"), Change(TASK, Field.STEPS, (ONE,), (ONE, TWO))

    after = held(side, agreed, [op(*changes)])

    assert dict(after[TWO].fields) == {Field.TEXT: "level", Field.LEVEL: 2}


def test_a_step_that_is_only_listed_is_held_as_agreed() -> None:
    side, agreed = task(TASK, "dig"), task(TASK, "dig", "level")

    assert held(side, agreed, [op(Change(TASK, Field.STEPS, (ONE,), (ONE, TWO)))])[TWO] == agreed[TWO]
    assert TWO not in held(side, {}, [op(Change(TASK, Field.STEPS, (ONE,), (ONE, TWO)))])


def test_a_new_item_is_of_the_kind_that_was_agreed() -> None:
    change = Change(PHASE, Field.TITLE, None, "Ground")

    assert held({}, phase(), [op(change)])[PHASE].kind == "phase"
    assert held({}, {}, [op(change)])[PHASE].kind == "task"


# -------------------------------------------------------------------------- settle


def test_a_field_that_is_not_agreed_keeps_the_base_it_had() -> None:
    base, ours, theirs = (task(TASK, title=t, state="todo") for t in ("Then", "Ours", "Theirs"))
    agreed = without(base, Field.TITLE)

    part = settle(Base(base, base, base), agreed, ours, theirs, TASK)

    assert [side[TASK].fields[Field.TITLE] for side in (part.local, part.remote, part.agreed)] == ["Then"] * 3


def test_a_half_still_owed_is_remembered_as_it_is() -> None:
    then, now = task(TASK, title="Then", state="todo"), task(TASK, title="Now", state="todo")

    part = settle(Base(then, then, then), now, now, then, TASK)

    assert [side[TASK].fields[Field.TITLE] for side in (part.local, part.remote, part.agreed)] == [
        "Now",
        "Then",
        "Now",
    ]


def test_a_step_that_one_side_does_not_have_yet_is_remembered_where_it_is() -> None:
    then, now = task(TASK, "dig", state="todo"), task(TASK, "dig", "level", state="todo")

    part = settle(Base(then, then, then), now, now, then, TASK)

    assert (TWO in part.local, TWO in part.remote, TWO in part.agreed) == (True, False, True)


def test_a_step_about_which_nothing_is_agreed_is_remembered_as_before() -> None:
    then, ours = task(TASK, "dig", state="todo"), task(TASK, "dig", "level", state="todo")
    base = Base(then, then, then)

    part = settle(base, without({TASK: then[TASK]}, Field.STEPS), ours, then, TASK)

    assert dict(part.local) == {TASK: part.local[TASK], ONE: then[ONE]}


def test_an_item_that_left_the_plan_is_remembered_as_the_plan_last_held_it() -> None:
    then = task(TASK, "dig", title="Then", state="todo")
    closed = showing(then, TASK, state="dropped")

    part = settle(Base(then, then, then), then, {}, closed, TASK)

    assert {u: dict(i.fields) for u, i in part.local.items()} == {
        u: {n: v for n, v in i.fields.items() if n is not Field.MARKER} for u, i in then.items()
    }
    assert part.remote[TASK].fields[Field.STATE] == "dropped"


def test_a_base_that_is_behind_does_not_catch_up_while_a_conflict_stems_from_that() -> None:
    then, now = task(TASK, state="todo", stamp=Stamp(1, "a")), task(TASK, state="todo", stamp=Stamp(2, "b"))
    base = Base(then, then, then)
    in_conflict = showing(then, TASK, told=("1a2b3c4d",))

    def stamp(agreed: object, is_behind: bool) -> Stamp:
        return settle(base, agreed, then, now, TASK, is_behind=is_behind).remote[TASK].stamp  # type: ignore[arg-type]

    assert stamp(in_conflict, True) == Stamp(1, "a")
    assert stamp(then, True) == stamp(in_conflict, False) == Stamp(2, "b")


def test_a_block_that_cannot_be_read_does_not_say_how_often_we_wrote() -> None:
    then, now = task(TASK, state="todo", stamp=Stamp(4, "a")), task(TASK, state="todo")

    assert settle(Base(then, then, then), then, then, now, TASK).remote[TASK].stamp == Stamp(4, "a")


def test_what_is_remembered_of_an_item_takes_the_place_of_what_was() -> None:
    then, now = task(TASK, "dig", "level", state="todo"), task(TASK, "dig", state="todo")
    other = task(OTHER, "paint", state="todo")
    base = Base({**then, **other}, {**then, **other}, {**then, **other})

    folded = fold(base, settle(base, now, now, now, TASK), TASK)

    assert [side.keys() for side in (folded.local, folded.remote, folded.agreed)] == [{TASK, ONE, *other}] * 3


# ------------------------------------------------------------- read back, and said


def test_a_plan_that_was_just_written_is_shown_under_the_names_it_is_held_by() -> None:
    """Without a marker an item is named by its titles; a new title is a new name."""
    known = task(TASK, "dig", title="Now", marker="")
    shown = task(OTHER, "dig", title="Now", marker="")

    assert read_back(shown, known).keys() == {TASK, ONE}


def test_twins_are_known_by_their_turn() -> None:
    known = {**task(TASK, "dig", title="Twin", marker=""), **task(OTHER, "paint", title="Twin", marker="")}
    first, second = Uid("minted1"), Uid("minted2")
    shown = {**task(first, "dig", title="Twin", marker=""), **task(second, "paint", title="Twin", marker="")}

    assert [i.fields[Field.TEXT] for u, i in read_back(shown, known).items() if "/" in u] == ["dig", "paint"]
    assert read_back(shown, known).keys() == known.keys()


def test_what_bears_a_marker_or_another_title_is_itself() -> None:
    known = {**task(TASK, title="Now", marker=""), **phase(marker="")}

    for shown in (
        task(OTHER, title="Now"),
        task(OTHER, title="Else", marker=""),
        phase(OTHER, title="Now", marker=""),
    ):
        assert read_back(shown, known) == shown


def test_what_an_item_says_is_told_with_its_steps_in_order() -> None:
    fields, steps = said(task(TASK, "dig", "LEVEL", title="Dig  it", state="todo"), TASK)

    assert (fields[Field.TITLE], fields[Field.STATE], fields[Field.PROSE]) == ("Dig it", "todo", "")
    assert steps == [("dig", Tick.OPEN), ("level", Tick.TICKED)]


def test_a_step_that_was_removed_and_is_written_again_is_a_new_one() -> None:
    """Within one run: what was remembered of the old one says nothing about it, though it has its number."""
    then, now = task(TASK, "dig", "level", state="todo"), task(TASK, "dig", state="todo")
    base = Base(dict(then), dict(then), dict(then))
    known = fold(base, settle(base, now, now, now, TASK), TASK)

    decision = decide(known, then, now)

    assert steps(decision) == "dig level"
    assert [op[:2] for op in written(decision)] == [("tracker", "update-issue")]
