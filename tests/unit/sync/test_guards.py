"""What a run refuses to do by itself: each guard, just before it stops a run and just after."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plansync.errors import SafetyStop
from plansync.model import Base, Change, Field, Item, Kind, Operation, Side, Uid, Value
from plansync.store.header import NO_CONFIG
from plansync.sync import guards
from plansync.trackers.base import Repository
from tests.unit.sync.bench import Bench, notes


def _tasks(count: int, **fields: str) -> dict[Uid, Item]:
    shown = {Field.MARKER: "yes"} | {Field(name): value for name, value in fields.items()}
    return {
        Uid(f"task{n:03}"): Item(Uid(f"task{n:03}"), Kind.TASK, dict(shown), n) for n in range(1, count + 1)
    }


def _check(
    linked: dict[Uid, Item],
    local: dict[Uid, Item],
    operations: list[Operation] | None = None,
    absent: int = 0,
    **more: object,
) -> None:
    settings: dict[str, object] = {"allow": (), "max_creates": 50, "is_attended": False} | more
    guards.check(Base({}, linked, {}), local, operations or [], absent, **settings)  # type: ignore[arg-type]


def _op(kind: str, uid: Uid, name: Field, old: str | None, new: str | None) -> Operation:
    return Operation(Side.REMOTE, kind, uid, (Change(uid, name, old, new),), 2)


def test_a_plan_without_any_task_stops_where_issues_are_linked_to_it() -> None:
    phase = {Uid("phase01"): Item(Uid("phase01"), Kind.PHASE)}

    with pytest.raises(SafetyStop, match=r"no task left, but 2 issues are linked to it.*--allow empty-plan"):
        _check(_tasks(2), phase)
    _check({}, phase)
    _check(_tasks(2), _tasks(1))
    _check(_tasks(2), phase, allow=("empty-plan",))


@pytest.mark.parametrize(
    ("linked", "absent", "said"),
    [
        (1, 1, "none of the 1"),
        (4, 4, "none of the 4"),
        (4, 2, "only 2 of the 4"),
        (4, 1, ""),
        (10, 2, ""),
        (10, 3, "only 7 of the 10"),
        (100, 9, ""),
        (100, 10, "only 90 of the 100"),
        (0, 3, ""),
    ],
)
def test_issues_that_cannot_be_read_stop_a_run_where_they_are_many(
    linked: int, absent: int, said: str
) -> None:
    there = _tasks(linked)
    if said:
        with pytest.raises(SafetyStop, match=said):
            _check(there, there, absent=absent)
    _check(there, there, absent=absent, allow=("unreadable-issues",) if said else ())


@pytest.mark.parametrize(("count", "stops"), [(9, False), (10, True)])
def test_a_change_of_the_words_of_every_task_at_once_stops_a_run(count: int, stops: bool) -> None:
    there = _tasks(count)
    operations = [_op("update-issue", uid, Field.TITLE, "Then", "Now") for uid in there]

    if stops:
        with pytest.raises(SafetyStop, match="every one of the 10 linked tasks changes its words"):
            _check(there, there, operations)
    _check(there, there, operations, allow=("all-changed",) if stops else ())
    _check(there, there, operations[1:])


@pytest.mark.parametrize(
    ("creates", "is_attended", "stops"), [(3, False, False), (4, False, True), (4, True, False)]
)
def test_many_new_issues_stop_a_run_that_nobody_attends(creates: int, is_attended: bool, stops: bool) -> None:
    operations = [_op("create-issue", uid, Field.TITLE, None, "New") for uid in _tasks(creates)]
    expected = pytest.raises(SafetyStop, match="4 issues would be made, more than max_creates = 3")

    if stops:
        with expected:
            _check({}, _tasks(creates), operations, max_creates=3, is_attended=is_attended)
    _check(
        {},
        _tasks(creates),
        operations,
        max_creates=3,
        is_attended=is_attended,
        allow=("mass-create",) if stops else (),
    )


@pytest.mark.parametrize(("count", "stops"), [(5, False), (6, True)])
@pytest.mark.parametrize(
    ("kind", "name", "old", "new"),
    [
        ("close-issue", Field.STATE, "todo", "dropped"),
        ("reopen-issue", Field.STATE, "done", "todo"),
        ("update-issue", Field.TICK, "ticked", "open"),
        ("remove-step", Field.TEXT, "Dig", None),
        ("update-issue", Field.STEPS, ("a", "b"), ("a",)),
        ("update-issue", Field.DEPENDS, ("a", "b"), ("a",)),
    ],
)
def test_many_tasks_that_lose_something_stop_a_run(
    kind: str, name: Field, old: Value, new: Value | None, count: int, stops: bool
) -> None:
    there = _tasks(20)
    operations = [
        Operation(Side.REMOTE, kind, uid, (Change(uid, name, old, new),), 2) for uid in list(there)[:count]
    ]

    if stops:
        with pytest.raises(
            SafetyStop, match=r"6 of 20 tasks would be closed as won.t do, reopened, or lose ticks"
        ):
            _check(there, there, operations)
    _check(there, there, operations, allow=("mass-change",) if stops else ())


def test_a_close_as_done_a_tick_and_a_new_step_are_no_loss() -> None:
    there = _tasks(20)
    gains: list[tuple[str, Field, Value, Value]] = [
        ("close-issue", Field.STATE, "todo", "done"),
        ("tick", Field.TICK, "open", "ticked"),
        ("update-issue", Field.STEPS, ("a",), ("a", "b")),
    ]

    for kind, name, old, new in gains:
        _check(
            there,
            there,
            [Operation(Side.REMOTE, kind, u, (Change(u, name, old, new),), 2) for u in there][:9],
        )


@pytest.mark.parametrize(
    ("gone", "fresh", "nameless", "stops"),
    [
        (2, 2, 0, False),
        (3, 1, 0, False),
        (3, 2, 0, True),
        (1, 1, 2, True),
        (0, 1, 3, False),
        (1, 0, 3, False),
    ],
)
def test_a_plan_that_was_written_anew_stops_a_run(gone: int, fresh: int, nameless: int, stops: bool) -> None:
    """Six were linked: so many are gone or lost their ids, and so many new ones would get issues."""
    linked = _tasks(6)
    left = dict(list(linked.items())[gone:])
    for uid in list(left)[:nameless]:
        left[uid] = Item(uid, Kind.TASK, {})
    operations = [_op("create-issue", Uid(f"fresh{n:02}"), Field.TITLE, None, "New") for n in range(fresh)]

    if stops:
        with pytest.raises(
            SafetyStop, match=f"{gone} of 6 linked tasks are gone from the plan and {fresh} new"
        ):
            _check(linked, left, operations)
    _check(linked, left, operations, allow=("rewritten-plan",) if stops else ())


@pytest.mark.parametrize(
    ("known", "node", "stops"),
    [("R1", "R2", True), ("R1", "R1", False), ("", "R2", False), ("R1", "", False)],
)
def test_a_repository_that_was_made_anew_stops_a_run(known: str, node: str, stops: bool) -> None:
    there = Repository(node, "owner/name")

    if stops:
        with pytest.raises(
            SafetyStop, match="owner/name is not the repository that this plan was synced with"
        ):
            guards.check_repository(known, there, allow=())
    guards.check_repository(known, there, allow=("other-repository",) if stops else ())


@pytest.mark.parametrize(
    ("known", "now", "stops"), [("a", "b", True), ("a", "a", False), (NO_CONFIG, "b", False)]
)
def test_other_settings_stop_a_run(known: str, now: str, stops: bool) -> None:
    if stops:
        with pytest.raises(
            SafetyStop, match="is not as it was in the last run; see first what it changes: plansync diff"
        ):
            guards.check_settings(known, now, allow=())
    guards.check_settings(known, now, allow=("settings-changed",) if stops else ())


def test_each_guard_that_is_let_pass_is_told_in_its_words() -> None:
    linked, told = _tasks(10), list[str]()
    changed = [_op("update-issue", uid, Field.TITLE, "Then", "Now") for uid in linked]
    made = [_op("create-issue", uid, Field.TITLE, None, "New") for uid in _tasks(4)]
    closed = [_op("close-issue", uid, Field.STATE, "todo", "dropped") for uid in list(linked)[:6]]
    half = dict(list(linked.items())[5:])

    for local, operations, absent in (
        ({}, [], 0),
        (linked, [], 10),
        (half, made[:3], 0),
        *((linked, each, 0) for each in (changed, closed, made)),
    ):
        _check(linked, local, operations, absent, allow=guards.ALLOWED, max_creates=3, tell=told.append)
    guards.check_repository("R1", Repository("R2", "owner/name"), allow=guards.ALLOWED, tell=told.append)
    guards.check_settings("a", "b", allow=guards.ALLOWED, tell=told.append)

    let_pass = [text.rpartition("; that was let pass (--allow ")[2].rstrip(")") for text in told]
    assert let_pass == [
        *("empty-plan", "unreadable-issues", "rewritten-plan", "all-changed", "mass-change", "mass-create"),
        *("other-repository", "settings-changed"),
    ]
    assert told[5].startswith("4 issues would be made, more than max_creates = 3; ")


def test_what_a_run_was_let_do_stands_in_its_report(make: Callable[..., Bench]) -> None:
    bench = make(config="1" * 8)
    assert not bench.run().error
    bench.fields["config"] = "2" * 8
    bench.tracker.here = Repository("R2", "owner/name")
    bench.edit("Fill with gravel", "Fill with sand")
    with pytest.raises(SafetyStop, match="add --allow settings-changed"):
        bench.run()
    assert notes(bench.run(is_dry=True)) == [
        guards.about_settings("1" * 8, "2" * 8),
    ], "where the guard sends people, they are told what it saw"

    report = bench.run(allow=("settings-changed", "other-repository"))

    assert notes(report) == [
        f"a setting that says what becomes what ({guards.SETTINGS}) is not as it was in the last run; "
        "that was let pass (--allow settings-changed)",
        "owner/name is not the repository that this plan was synced with; that was let pass (--allow other-repository)",
    ]
    assert "Fill with sand" in bench.issue("Level").body
    assert bench.is_settled()
