"""Two issues of one task, made by two runs at once: the lower number stays, and nothing that was said is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from plansync.errors import ConfigError, StoreError
from plansync.model import Field, State, Take, conflict_id
from plansync.sync.events import Report
from plansync.sync.settling import Settling
from plansync.sync.undo import Undo
from plansync.sync.ways import How
from plansync.trackers.base import Thing
from tests.simulation.world import Row
from tests.unit.sync.bench import Bench, kinds

Make = Callable[..., Bench]


def _row(bench: Bench, ref: int) -> Row:
    return bench.tracker.rows[Thing.ISSUE, ref]


def _second(bench: Bench, old: str = "", new: str = "") -> int:
    """Let another run have made a second issue for a task, with a word of its own; says its number."""
    first = bench.issue("Paint")
    body = first.body.replace(" op=0", " op=f", 1).replace(old, new)
    return bench.write("Paint", body=body, milestone=first.milestone, labels=first.labels)


def _decide(bench: Bench, how: How) -> Report:
    return bench.run(settling=Settling((), Take.PLAN, how=how))


# -------------------------------------------------------------- one with a higher number


def test_one_that_says_nothing_of_its_own_is_closed_and_an_undo_opens_it(synced: Bench) -> None:
    second = _second(synced)

    report = synced.run()

    assert kinds(report, "applied") == ["close-issue"]
    assert _row(synced, second).state is State.DROPPED
    assert synced.is_settled()
    synced.run(decide=Undo(report.run).decide)
    assert _row(synced, second).state is State.TODO


@pytest.mark.parametrize(("how", "state"), [(How.CLOSE, State.DROPPED), (How.ACCEPT, State.TODO)])
def test_one_in_which_somebody_worked_is_for_a_person(synced: Bench, how: How, state: State) -> None:
    second = _second(synced, "[ ] Buy paint", "[x] Buy paint")
    report = synced.run()
    assert [c.field for c in report.conflicts] == [Field.TWIN]
    assert list(report.ways.values()) == [("close", "accept")]

    _decide(synced, how)

    assert _row(synced, second).state is state
    assert synced.is_settled()


# --------------------------------------------------------------- one with a lower number


@pytest.fixture
def lower(bench: Bench) -> Callable[[str, str], int]:
    """Let another run have made the issue with the lower number, with a word of its own."""
    number = bench.write("Not yet")

    def appear(old: str, new: str) -> int:
        assert not bench.run().error
        first = bench.issue("Paint")
        assert first.ref > number
        body = first.body.replace(" op=0", " op=f", 1).replace(old, new)
        bench.clock.pass_(5)
        bench.tracker.put(Thing.ISSUE, replace(first, ref=number, body=body, created=""))
        return number

    return appear


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("", "", "- [ ] Buy paint"),
        ("[ ] Buy paint", "[x] Buy paint", "- [x] Buy paint"),
        ("- [ ] Buy paint", "- [ ] Buy paint\n- [ ] Stir", "- [ ] Stir"),
    ],
    ids=["says the same", "went further", "has another step"],
)
def test_the_lower_one_becomes_the_tasks(
    bench: Bench, lower: Callable[[str, str], int], old: str, new: str, text: str
) -> None:
    number = lower(old, new)

    report = bench.run()

    assert report.error is None
    assert f"[#{number}](" in bench.text
    assert text in bench.text
    assert text in _row(bench, number).body
    assert _row(bench, number).state is (State.DONE if "[x]" in text else State.TODO)
    bench.run()
    assert bench.is_settled()


def _is_asked(bench: Bench, *ways: str) -> bool:
    report = bench.run()
    return [c.field for c in report.conflicts] == [Field.TWIN] and list(report.ways.values()) == [ways]


@pytest.mark.parametrize(
    ("how", "is_lower_its", "states"),
    [
        (How.FOLLOW, True, (State.TODO, State.DROPPED)),
        (How.CLOSE, False, (State.DROPPED, State.TODO)),
        (How.ACCEPT, False, (State.TODO, State.TODO)),
    ],
)
def test_a_lower_one_that_somebody_touched_since_is_for_a_person(
    bench: Bench,
    lower: Callable[[str, str], int],
    how: How,
    is_lower_its: bool,
    states: tuple[State, State],
) -> None:
    """What stands in it may be forged, so its number alone does not make it the task's."""
    number = lower("", "")
    high = next(row.ref for row in bench.tracker.issues() if row.title == "Paint" and row.ref != number)
    bench.clock.pass_(5)
    bench.tracker.put(Thing.ISSUE, _row(bench, number))
    assert _is_asked(bench, "follow", "close", "accept")

    _decide(bench, how)

    assert (f"[#{number}](" in bench.text) is is_lower_its
    bench.run()
    assert (_row(bench, number).state, _row(bench, high).state) == states
    assert bench.is_settled()


@pytest.mark.parametrize(
    ("reason", "is_asked"), [("duplicate", False), ("", True)], ids=["as its duplicate", "as not planned"]
)
def test_where_somebody_closed_the_tasks_own_one_the_other_may_be_followed(
    synced: Bench, reason: str, is_asked: bool
) -> None:
    """A duplicate's state is not the task's; where it was dropped, the other one says otherwise: that is asked."""
    own, second = synced.issue("Paint"), _second(synced)
    synced.clock.pass_(5)
    synced.tracker.put(Thing.ISSUE, replace(own, state=State.DROPPED, reason=reason))
    assert _is_asked(synced, "follow", "close", "accept")

    _decide(synced, How.FOLLOW)
    report = synced.run()

    assert f"[#{second}](" in synced.text
    assert (_row(synced, own.ref).state, _row(synced, second).state) == (State.DROPPED, State.TODO)
    assert (Field.STATE in {c.field for c in report.conflicts}) is is_asked
    assert ("**Status**: Dropped" in synced.text) is is_asked
    assert synced.is_settled() is not is_asked


def test_one_that_somebody_closed_can_only_be_left_as_it_is(synced: Bench) -> None:
    own, second = synced.issue("Paint").ref, _second(synced)
    synced.clock.pass_(5)
    synced.tracker.put(Thing.ISSUE, replace(_row(synced, second), state=State.DONE))
    assert _is_asked(synced, "accept")
    (asked,) = synced.run().conflicts
    with pytest.raises(ConfigError, match=r"--how close is no way out for Task 2.1; it takes --how accept"):
        synced.run(settling=Settling((conflict_id(asked.uid, asked.field),), Take.PLAN, how=How.CLOSE))

    _decide(synced, How.ACCEPT)

    assert (_row(synced, second).state, _row(synced, own).state) == (State.DONE, State.TODO)
    assert synced.is_settled()


# ------------------------------------------------------------------ what nobody remembers


def test_issues_of_a_run_that_this_machine_knows_nothing_of_are_looked_for(bench: Bench, make: Make) -> None:
    """The state file names the ids, the run died, and the local database is from before: the lists lag besides."""
    bench.at["landed create-issue"] = lambda: bench.tracker.errors.update(
        {"": StoreError("the process died")}
    )
    assert bench.run().error
    bench.tracker.errors.clear()
    (made,) = (row for row in bench.tracker.issues() if "kind=task" in row.body)
    second = make(bench.text)
    second.tracker, second.clock, second.ids = bench.tracker, bench.clock, bench.ids
    second.files.state = bench.files.state
    key, newest = (Thing.ISSUE, made.ref), second.tracker.newest
    second.tracker.rows[key] = replace(made, visible_at=bench.clock.seconds + 1_000)

    async def shown() -> object:
        second.tracker.rows[key] = replace(second.tracker.rows[key], visible_at=0.0)
        return await newest()

    second.tracker.newest = shown  # type: ignore[method-assign,assignment]

    second.run()

    assert [row.title for row in second.tracker.issues()].count(made.title) == 1
    assert second.is_settled()
