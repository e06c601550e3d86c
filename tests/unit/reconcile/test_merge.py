"""The three-way merge of one field, every case; and the order and membership of steps."""

from __future__ import annotations

import itertools

import pytest

from plansync.model import Base, Field, Item, Kind, Side, Snapshot, Tick, Uid, Value, steps_of, text_of
from plansync.reconcile import Decision, Given, reconcile
from plansync.reconcile.rows import Case, alike, effort, plan_wins, same_title, three_way

TASK = Uid("aaaaaab")
STORES = frozenset(Field)


@pytest.mark.parametrize(("base", "local", "remote"), list(itertools.product("ot", repeat=3)))
def test_a_known_base_never_conflicts_on_two_values(base: str, local: str, remote: str) -> None:
    verdict = three_way(Case(base, base, base, local, remote, False, alike))

    assert not verdict.is_conflict
    assert verdict.value == (remote if local == base else local)


@pytest.mark.parametrize(("agreed", "then_local", "then_remote"), list(itertools.product("ot", repeat=3)))
def test_a_half_still_owed_is_brought_to_what_was_agreed(
    agreed: str, then_local: str, then_remote: str
) -> None:
    verdict = three_way(Case(agreed, then_local, then_remote, then_local, then_remote, False, alike))

    assert verdict.value == agreed


@pytest.mark.parametrize(
    ("base", "local", "remote", "expected"),
    [
        ("a", "a", "a", "agree"),
        ("a", "b", "a", "push"),
        ("a", "a", "b", "pull"),
        ("a", "b", "b", "agree"),
        ("a", "b", "c", "conflict"),
        (None, "a", "a", "agree"),
        (None, "a", "b", "conflict"),
    ],
)
def test_text_is_merged_three_ways(base: str | None, local: str, remote: str, expected: str) -> None:
    assert three_way(Case(base, base, base, local, remote, False, alike)).rule == expected


def test_a_body_that_a_newer_copy_wrote_counts_as_changed() -> None:
    assert three_way(Case("a", "a", "a", "b", "a", True, alike)).is_conflict


@pytest.mark.parametrize(
    ("local", "remote", "rule"),
    [("b", "a", "push"), ("a", "b", "edited on the tracker"), ("b", "c", "conflict"), ("b", "b", "agree")],
)
def test_a_field_of_the_plan_is_never_pulled(local: str, remote: str, rule: str) -> None:
    assert plan_wins(Case("a", "a", "a", local, remote, False, alike)).rule == rule


def test_titles_are_compared_as_far_as_a_tracker_holds_them() -> None:
    long = "word " * 60

    assert same_title(long, long[:200].rsplit(" ", 1)[0].rstrip() + "…") or same_title(long, long)
    assert not same_title("one", "two")


def _side(texts: list[tuple[str, Tick]], names: list[str] | None = None) -> Snapshot:
    uids = [Uid(f"{TASK}/{n}") for n in (names or [f"~{i}" for i in range(len(texts))])]
    fields: dict[Field, Value] = {
        Field.TITLE: "Title",
        Field.STATE: "todo",
        Field.STEPS: tuple(uids),
        Field.MARKER: TASK,
    }
    items = {TASK: Item(TASK, Kind.TASK, fields, at=1)}
    for uid, (text, tick) in zip(uids, texts, strict=True):
        items[uid] = Item(uid, Kind.STEP, {Field.TEXT: text, Field.TICK: tick.value})
    return items


def _merged(base: str, local: str, remote: str) -> Decision:
    """Merge step lists written as words; a capital letter is a tick."""

    def read(words: str) -> list[tuple[str, Tick]]:
        return [(w.casefold(), Tick.TICKED if w.isupper() else Tick.OPEN) for w in words.split()]

    names = [str(n) for n in range(1, len(base.split()) + 1)]
    then = _side(read(base), names)
    given = Given(
        Base(then, then, then) if base else Base({}, {}, {}),
        _side(read(local)),
        _side(read(remote)),
        {Side.LOCAL: STORES, Side.REMOTE: STORES},
        "abcd1234",
        lambda items, states: {},
    )
    return reconcile(given)


def _result(decision: Decision) -> str:
    steps = steps_of(decision.changeset.agreed, TASK)
    words = [(text_of(s, Field.TEXT), s.fields.get(Field.TICK)) for s in steps]
    return " ".join(text.upper() if tick == Tick.TICKED else text for text, tick in words)


@pytest.mark.parametrize(
    ("base", "local", "remote", "expected"),
    [
        ("alpha beta gamma", "ALPHA beta gamma", "alpha BETA gamma", "ALPHA BETA gamma"),
        ("alpha beta", "alpha new beta", "alpha beta", "alpha new beta"),
        ("alpha beta", "alpha beta", "alpha new beta", "alpha new beta"),
        ("alpha beta", "alpha mine beta", "alpha theirs beta", "alpha theirs mine beta"),
        ("alpha beta", "alpha same beta", "alpha beta same", "alpha same beta"),
        ("alpha beta gamma", "alpha gamma", "alpha beta gamma", "alpha gamma"),
        ("alpha beta gamma", "alpha beta gamma", "beta gamma", "beta gamma"),
        ("alpha beta gamma", "gamma beta alpha", "alpha beta gamma", "gamma beta alpha"),
        ("alpha beta gamma", "alpha beta gamma", "beta alpha gamma", "beta alpha gamma"),
        ("alpha beta", "alphabet beta", "ALPHA beta", "ALPHABET beta"),
        ("twin twin", "twin TWIN", "twin twin", "twin TWIN"),
        ("", "alpha beta", "alpha beta", "alpha beta"),
    ],
)
def test_steps_of_both_sides_come_together(base: str, local: str, remote: str, expected: str) -> None:
    decision = _merged(base, local, remote)

    assert decision.changeset.conflicts == ()
    assert _result(decision) == expected


def test_a_step_removed_on_one_side_and_ticked_on_the_other_is_a_conflict() -> None:
    decision = _merged("alpha beta", "alpha", "alpha BETA")

    assert [c.field for c in decision.changeset.conflicts] == [Field.STEPS]
    assert not [op for op in decision.changeset.operations if op.kind in ("remove-step", "add-step")]


def test_a_text_changed_differently_on_both_sides_is_a_conflict_and_the_tick_still_merges() -> None:
    decision = _merged("alphabetical beta", "alphabetically beta", "ALPHABETICALS beta")

    assert [c.field for c in decision.changeset.conflicts] == [Field.TEXT]
    assert any(op.kind == "tick" for op in decision.changeset.operations)


@pytest.mark.parametrize(
    ("agreed", "local", "remote", "expected"),
    [
        (None, 120, 0, (120, "push")),
        (None, 0, 120, (120, "pull")),
        (None, 0, 0, (0, "agree")),
        (120, 180, 120, (180, "push")),
        (120, 120, 180, (180, "pull")),
        (120, 0, 120, (0, "push")),
        (120, 120, 0, (None, "edited on the tracker")),
        (120, 180, 0, (180, "push")),
        (120, 180, 180, (180, "agree")),
    ],
)
def test_how_long_a_task_takes_is_said_on_both_sides(
    agreed: int | None, local: int, remote: int, expected: tuple[int | None, str]
) -> None:
    verdict = effort(Case(agreed, agreed, agreed, local, remote, False, alike))

    assert (verdict.value, verdict.rule, verdict.is_conflict) == (*expected, False)


@pytest.mark.parametrize(("agreed", "local", "remote"), [(None, 60, 120), (120, 180, 240)])
def test_two_times_are_a_conflict(agreed: int | None, local: int, remote: int) -> None:
    assert effort(Case(agreed, agreed, agreed, local, remote, False, alike)).is_conflict


@pytest.mark.parametrize(("local", "remote"), [(None, 0), (120, None)])
def test_a_side_without_estimates_says_nothing_of_them(local: int | None, remote: int | None) -> None:
    assert effort(Case(None, None, None, local, remote, False, alike)).rule == "unknown"


@pytest.mark.parametrize(
    ("agreed", "then_local", "then_remote", "rule"),
    [
        (None, None, None, "no line"),
        (120, 120, 60, "no line"),
        (0, None, 0, "no line"),
        (120, None, 120, "no line"),  # an undo brought it back
        (120, 120, 120, "push"),
        (0, None, 120, "push"),
    ],
)
def test_a_time_without_a_line_is_taken_back_where_it_was_the_plans(
    agreed: int | None, then_local: int | None, then_remote: int | None, rule: str
) -> None:
    assert effort(Case(agreed, then_local, then_remote, None, 120, False, alike)).rule == rule
