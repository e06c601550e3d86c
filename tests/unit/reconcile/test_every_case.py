"""Every case of the merge tables, each held against a table that is written down here.

Nothing here asks the code under test what is right: steps follow sync semantics §2.2, states §2.3,
what connects them §2.4. Each decided case is then applied on paper and decided again: that must be quiet.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import pytest

from plansync.model import Base, Conflict, Field, Item, Kind, Operation, Side, Snapshot, Stamp, Uid, Value
from plansync.reconcile import Decision, Given, fold, held, reconcile, settle

TASK, ONE, TWO = Uid("aaaaaab"), Uid("aaaaaab/1"), Uid("aaaaaab/2")
STORES = {
    Side.LOCAL: frozenset({Field.TITLE, Field.STATUS, Field.STEPS, Field.TEXT, Field.TICK, Field.MARKER}),
    Side.REMOTE: frozenset({Field.TITLE, Field.STATE, Field.PHASE, Field.STEPS, Field.TEXT, Field.TICK}),
}
TICKS = ("open", "ticked", "dropped")
PAIRS = tuple(itertools.product(TICKS, repeat=2))
VECTORS = tuple(itertools.product(("open", "ticked"), repeat=2))
STATES = ("todo", "done", "dropped")
Vector = tuple[str, ...]


@dataclass(frozen=True)
class Shown:
    """One side: a task's state (`None`: it shows none) and its steps' boxes."""

    state: str | None
    steps: Vector
    rev: int = 1
    carrier: str = ""  # of a plan: `line` says the state itself, `boxes` let their steps say it

    def items(self) -> dict[Uid, Item]:
        names = [Uid(f"{TASK}/{n}") for n in range(1, len(self.steps) + 1)]
        fields: dict[Field, Value] = {Field.TITLE: "Title", Field.STEPS: tuple(names)}
        if self.state:
            fields[Field.STATE] = self.state
        if self.carrier:
            fields |= {Field.MARKER: TASK, Field.CARRIER: self.carrier, Field.STATUS: self.state or ""}
        found = {
            TASK: Item(TASK, Kind.TASK, fields, at=1, stamp=Stamp(self.rev, "op") if self.rev else Stamp())
        }
        for name, tick in zip(names, self.steps, strict=True):
            found[name] = Item(name, Kind.STEP, {Field.TEXT: f"step {name[-1] * 9}", Field.TICK: tick})
        return found


def _given(base: Base, plan: Snapshot, issue: Snapshot) -> Given:
    return Given(base, plan, issue, STORES, "abcd1234", lambda items, states: {})


def _decide(base: tuple[Shown, Shown, Shown] | None, plan: Shown, issue: Shown) -> Decision:
    """Decide; `base` is what the plan held, what the issue held, and what was agreed."""
    then = Base(*(s.items() for s in base)) if base else Base({}, {}, {})
    given = _given(then, plan.items(), issue.items())
    decision = reconcile(given)
    _assert_quiet_after(given, decision)
    return decision


def _assert_quiet_after(given: Given, decision: Decision) -> None:
    """Do on paper what was decided, remember it, and decide again: nothing is left but the conflicts."""
    changeset = decision.changeset
    by_side: Mapping[Side, list[Operation]] = {
        side: [op for op in changeset.operations if op.side is side] for side in Side
    }
    local = held(decision.local, changeset.agreed, by_side[Side.LOCAL])
    remote = held(decision.remote, changeset.agreed, by_side[Side.REMOTE])
    for uid, item in local.items():  # a status line that was written says the state from now on
        if uid == TASK and any(op.kind == "set-status" for op in by_side[Side.LOCAL]):
            state = item.fields[Field.STATUS]
            local[uid] = replace(item, fields={**item.fields, **({Field.STATE: state} if state else {})})
    base = Base(*(dict(s) for s in (given.base.local, given.base.remote, given.base.agreed)))
    is_behind = TASK in base.remote and remote[TASK].stamp.is_beyond(base.remote[TASK].stamp)
    part = settle(base, changeset.agreed, local, remote, TASK, is_behind=is_behind)
    again = reconcile(_given(fold(base, part, TASK), local, remote)).changeset

    assert again.operations == ()
    assert {_about(c) for c in again.conflicts} == {_about(c) for c in changeset.conflicts}


def _about(conflict: Conflict) -> tuple[str, str]:
    return conflict.uid, conflict.field.value


def _steps_written(decision: Decision) -> dict[tuple[Side, Uid], str]:
    return {
        (op.side, c.uid): str(c.new)
        for op in decision.changeset.operations
        for c in op.changes
        if c.field is Field.TICK
    }


# ------------------------------------------------------------------ one step

STEP_TABLE = {
    # are both sides alike, did the plan change, did the issue change: what comes of it
    (True, True, True): "agree",
    (True, True, False): "agree",
    (True, False, True): "agree",
    (False, False, False): "finish",  # a half still owed: bring whoever differs to what was agreed
    (False, True, False): "push",
    (False, False, True): "pull",
    (False, True, True): "conflict",
    # Nobody moved and both are alike: what was agreed stands, also where neither side holds it yet (R1, R4).
    (True, False, False): "finish",
}
"""Sync semantics §2.2. Who changed a value that was never the agreed one did not know that: see `_expected_step`."""


def _expected_step(
    plan_then: str, issue_then: str, agreed: str, plan: str, issue: str, is_ahead: bool
) -> str | None:
    """Say what both sides will hold; `None` for a conflict."""
    plan_changed, issue_changed = plan != plan_then, issue != issue_then or is_ahead
    match STEP_TABLE[plan == issue, plan_changed, issue_changed]:
        case "agree":
            return plan
        case "finish":
            return agreed
        case "push":  # P3: only a value whose writer had the agreed one before its eyes, or says the same
            return plan if agreed in (plan_then, plan) else None
        case "pull":
            return issue if agreed in (issue_then, issue) else None
        case _:
            return None


@pytest.mark.parametrize("is_ahead", [False, True], ids=["known", "newer copy"])
@pytest.mark.parametrize("agreed", TICKS)
@pytest.mark.parametrize(("plan_then", "issue_then"), PAIRS)
def test_a_step_of_every_two_sided_base(plan_then: str, issue_then: str, agreed: str, is_ahead: bool) -> None:
    """81 cells of what each side held and holds, for each agreed value, and for a copy that is behind."""
    base = tuple(Shown("todo", (tick, "open"), 1) for tick in (plan_then, issue_then, agreed))
    for plan, issue in itertools.product(TICKS, repeat=2):
        decision = _decide(
            (base[0], base[1], base[2]),
            Shown("todo", (plan, "open"), 0, "line"),
            Shown("todo", (issue, "open"), 2 if is_ahead else 1),
        )
        expected = _expected_step(plan_then, issue_then, agreed, plan, issue, is_ahead)
        written = _steps_written(decision)
        wanted = {(Side.LOCAL, ONE): plan, (Side.REMOTE, ONE): issue}

        where = (plan_then, issue_then, agreed, plan, issue)
        assert {_about(c) for c in decision.changeset.conflicts} == (
            {(ONE, "tick")} if expected is None else set()
        ), where
        assert written == {k: expected for k, v in wanted.items() if expected not in (None, v)}, where


@pytest.mark.parametrize(("plan", "issue"), PAIRS)
def test_a_step_without_a_base_is_agreed_where_it_is_alike_and_else_asked_about(
    plan: str, issue: str
) -> None:
    decision = _decide(None, Shown("todo", (plan, "open"), 0, "line"), Shown("todo", (issue, "open")))

    assert {_about(c) for c in decision.changeset.conflicts} == (set() if plan == issue else {(ONE, "tick")})
    assert not _steps_written(decision)


# --------------------------------------------------------------------- states

STATE_TABLE = {
    # base, plan now: issue open, closed as completed, closed as not planned
    # A word is the state that both sides will have; `drift`: closed for two reasons, noted and left.
    ("todo", "todo"): ("todo", "done", "dropped"),
    ("todo", "done"): ("done", "done", "conflict"),
    ("todo", "dropped"): ("dropped", "conflict", "dropped"),
    ("done", "todo"): ("todo", "todo", "conflict"),
    ("done", "done"): ("todo", "done", "dropped"),
    ("done", "dropped"): ("conflict", "drift", "dropped"),
    ("dropped", "todo"): ("todo", "conflict", "todo"),
    ("dropped", "done"): ("conflict", "done", "drift"),
    ("dropped", "dropped"): ("todo", "done", "dropped"),
    (None, "todo"): ("todo", "conflict", "conflict"),
    (None, "done"): ("conflict", "done", "conflict"),
    (None, "dropped"): ("conflict", "conflict", "dropped"),
}
"""Sync semantics §2.3. Adapters read a duplicate as not planned; what is moved, gone or unknown is never decided."""


def _cell(base: str | None, plan: str, issue: str) -> str:
    return STATE_TABLE[base, plan][STATES.index(issue)]


def _merged(base: Vector, plan: Vector, issue: Vector) -> Vector:
    """Merge boxes of which each has two values: whoever changed one is right, and two can never differ."""
    return tuple(p if p != b else i for b, p, i in zip(base, plan, issue, strict=True))


def _is_crossed(then: Vector, now: Vector) -> bool:
    """Say whether the last open step was ticked, by a real tick (R2)."""
    return "open" in then and "open" not in now


def _opened(then: Vector, now: Vector) -> bool:
    return any(b == "ticked" and n == "open" for b, n in zip(then, now, strict=True))


@dataclass(frozen=True)
class Outcome:
    """What both sides will hold: a state, or `conflict`, `drift`, `waits`; and the boxes, `None` where asked about."""

    state: str
    steps: tuple[str | None, ...]


def _said_itself(base: str, plan: str, issue: str, then: Vector, ours: Vector, theirs: Vector) -> Outcome:
    """Decide a task that says its own state: the table, then R2 and R3 where nobody changed the state."""
    now = _merged(then, ours, theirs)
    state = _cell(base, plan, issue)
    if (base, plan, issue) == ("todo", "todo", "todo") and _is_crossed(then, now):
        state = "done"  # R2
    if (base, plan, issue) == ("done", "done", "done") and _opened(then, now):
        state = "todo"  # R3
    return Outcome(state, now)


def _said_by_steps(base: str, issue: str, then: Vector, ours: Vector, theirs: Vector) -> Outcome:
    """Decide a task whose steps say its state: steps first, then what the plan says now, then the table and R1."""
    now = _merged(then, ours, theirs)
    plan = base
    if base == "todo" and _is_crossed(then, now):
        plan = "done"
    if base == "done" and "open" in now:
        plan = "todo"
    state = _cell(base, plan, issue)
    if (base, state) == ("todo", "done"):  # R1: a close ticks what the base holds open, and only that
        return Outcome("conflict", now) if _opened(then, now) else Outcome(state, ("ticked", "ticked"))
    return Outcome(state, now)


def _outcome(decision: Decision, plan: Shown, issue: Shown) -> Outcome:
    """Read from the operations what both sides will hold; fails where they would not hold the same."""
    conflicts = {_about(c) for c in decision.changeset.conflicts}
    written = _steps_written(decision)
    steps: list[str | None] = []
    for name, ours, theirs in zip((ONE, TWO), plan.steps, issue.steps, strict=True):
        mine, other = written.get((Side.LOCAL, name), ours), written.get((Side.REMOTE, name), theirs)
        is_asked = (name, "tick") in conflicts
        assert is_asked or mine == other
        steps.append(None if is_asked else mine)
    return Outcome(_state(decision, plan, issue, conflicts), tuple(steps))


def _state(decision: Decision, plan: Shown, issue: Shown, conflicts: set[tuple[str, str]]) -> str:
    operations = decision.changeset.operations
    there = {c.field: str(c.new) for op in operations if op.side is Side.REMOTE for c in op.changes}
    here = {c.field: str(c.new) for op in operations if op.side is Side.LOCAL for c in op.changes}
    issue_state = there.get(Field.STATE, issue.state)
    plan_state = here.get(Field.STATUS, plan.state)
    if (TASK, "state") in conflicts:
        assert (issue_state, plan_state) == (issue.state, plan.state)
        return "conflict"
    if Field.STATE not in decision.changeset.agreed[TASK].fields:
        assert (issue_state, plan_state) == (issue.state, plan.state)
        return "drift" if decision.changeset.drifts else "waits"
    assert plan_state in (None, "", issue_state)
    return str(issue_state)


@pytest.mark.parametrize("base", STATES)
@pytest.mark.parametrize("then", VECTORS, ids="-".join)
def test_a_task_that_says_its_own_state(base: str, then: Vector) -> None:
    agreed = Shown(base, then)
    for plan, issue, ours, theirs in itertools.product(STATES, STATES, VECTORS, VECTORS):
        mine, other = Shown(plan, ours, 0, "line"), Shown(issue, theirs)
        decision = _decide((agreed, agreed, agreed), mine, other)

        expected = _said_itself(base, plan, issue, then, ours, theirs)
        assert _outcome(decision, mine, other) == expected, (plan, issue, ours, theirs)


def _derived() -> Iterator[tuple[str, Vector]]:
    yield from (("todo", then) for then in VECTORS)
    yield (
        "done",
        ("ticked", "ticked"),
    )  # a done task with open steps bears a status line, and so says its state


@pytest.mark.parametrize(("base", "then"), tuple(_derived()))
def test_a_task_whose_steps_say_its_state(base: str, then: Vector) -> None:
    held_then = Shown(None, then)
    agreed = Shown(base, then)
    for issue, ours, theirs in itertools.product(STATES, VECTORS, VECTORS):
        mine, other = Shown(None, ours, 0, "boxes"), Shown(issue, theirs)
        decision = _decide((held_then, agreed, agreed), mine, other)

        expected = _said_by_steps(base, issue, then, ours, theirs)
        assert _outcome(decision, mine, other) == expected, (issue, ours, theirs)


@pytest.mark.parametrize("carrier", ["line", "boxes"])
@pytest.mark.parametrize("issue", STATES)
@pytest.mark.parametrize("plan", STATES)
def test_a_task_without_a_base(plan: str, issue: str, carrier: str) -> None:
    """What is alike is agreed, all else is asked about; while a step is, the state of boxes waits."""
    for ours, theirs in itertools.product(VECTORS, VECTORS):
        if carrier == "boxes" and plan != ("todo" if "open" in ours else "done"):
            continue
        mine = Shown(plan if carrier == "line" else None, ours, 0, carrier)
        other = Shown(issue, theirs)
        decision = _decide(None, mine, other)

        steps = tuple(o if o == t else None for o, t in zip(ours, theirs, strict=True))
        state = "waits" if carrier == "boxes" and None in steps else _cell(None, plan, issue)
        assert _outcome(decision, mine, other) == Outcome(state, steps), (ours, theirs)


@pytest.mark.parametrize("issue", STATES)
@pytest.mark.parametrize("base", [None, *STATES])
def test_a_task_that_is_no_longer_in_the_plan_is_left_alone_and_told(base: str | None, issue: str) -> None:
    for then, theirs in itertools.product(VECTORS, VECTORS):
        side = Shown(base, then).items()
        known = Base(side, side, side) if base else Base({}, {}, {})
        changeset = reconcile(_given(known, {}, Shown(issue, theirs).items())).changeset

        assert (changeset.operations, changeset.conflicts) == ((), ())
        words = ("no longer in the plan" if base else "has never held") if issue == "todo" else ""
        assert [words in note.text for note in changeset.notes] == ([True] if words else [])
