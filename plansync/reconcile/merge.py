"""The three-way merge: every field of every item by its row, nothing written.

`remote changed` includes an issue whose block was written by a newer copy than this one knows
(`ahead`): a value that went there and back is still news.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, assert_never

from plansync.model import (
    OVERVIEW,
    Base,
    Choice,
    Choices,
    Conflict,
    Field,
    Item,
    Kind,
    Note,
    Snapshot,
    State,
    Take,
    Tick,
    Uid,
    Value,
    is_step,
    owner_of,
    state_of,
    steps_of,
    tick_of,
    uids_of,
)
from plansync.reconcile import equals
from plansync.reconcile.agreement import Agreement
from plansync.reconcile.bare import Bare
from plansync.reconcile.rows import ROWS, Case, Row, same


def merge(
    base: Base,
    local: Snapshot,
    remote: Snapshot,
    choices: Choices | None = None,
    assume: Take | None = None,
    bare: Mapping[Uid, Bare] | None = None,
) -> Agreement:
    """Merge every item of the plan with its twin on the tracker; one without a twin is new.

    `bare`: what is about to get a block, so that the lack of one is no news.
    """
    agreement, bare = Agreement(choices or {}, assume), bare or {}
    for uid, item in local.items():
        if is_step(uid):
            continue
        agreement.items[uid] = {}
        if uid in remote:
            _merge_item(agreement, base, local, remote[uid])
            _note_unknown(agreement, item, remote, remote[uid], bare.get(uid))
        else:
            _take_over(agreement, local, item)
    for uid in local:
        if not is_step(uid) and uid in remote:
            _merge_steps(agreement, base, local, remote, uid)
    _force(agreement, local, remote)
    return agreement


def _force(agreement: Agreement, local: Snapshot, remote: Snapshot) -> None:
    """Set what holds whether the sides differ or not.

    Of what the tracker does not have, only the plan's own criteria and a task's state can be set: one that is
    dropped there gets no issue.
    """
    for (uid, name), choice in agreement.choices.items():
        owner = owner_of(uid)
        is_there = owner in (*remote, OVERVIEW) or name is Field.STATE
        if choice.is_forced and choice.value is not None and owner in local and is_there:
            agreement.conflicts.pop((uid, name), None)
            agreement.drifts.pop((uid, Field.REASON if name is Field.STATE else name), None)
            agreement.set(uid, name, choice.value, choice.rule)
            agreement.chosen.add((uid, name))


def _note_unknown(
    agreement: Agreement, ours: Item, remote: Snapshot, theirs: Item, bare: Bare | None
) -> None:
    """Say what of an issue cannot be read, so that a silence is not taken for agreement."""
    if Field.STEPS not in theirs.fields and ours.kind is not Kind.PHASE and bare is None:
        text = f"#{theirs.at}: our block in its text is cut, doubled or gone; its steps and text wait until it is back"
        agreement.drift(ours.uid, Field.STEPS, text)
    phase, is_left = ours.fields.get(Field.PHASE), bare is None or not bare.is_loose
    if ours.kind is Kind.TASK and phase in remote and is_left and Field.PHASE not in theirs.fields:
        agreement.drift(
            ours.uid, Field.PHASE, f"#{theirs.at} is in no milestone of this plan; it is left there"
        )


def _take_over(agreement: Agreement, local: Snapshot, item: Item) -> None:
    """Agree on what the plan says of a new item."""
    for uid in (item.uid, *uids_of(item, Field.STEPS)):
        kind = local[uid].kind
        for name, value in local[uid].fields.items():
            if (kind, name) in ROWS or name in (Field.STEPS, Field.LEVEL):
                agreement.set(uid, name, value, "new")


def case_of(
    base: Base, uid: Uid, name: Field, local: Value | None, remote: Value | None, is_ahead: bool, row: Row
) -> Case:
    """Collect the five values of one field."""

    def then(side: Snapshot) -> Value | None:
        return side[uid].fields.get(name) if uid in side else None

    return Case(then(base.agreed), then(base.local), then(base.remote), local, remote, is_ahead, row.same)


def _merge_item(agreement: Agreement, base: Base, local: Snapshot, theirs: Item) -> None:
    ours, known = local[theirs.uid], base.remote.get(theirs.uid)
    is_ahead = known is not None and theirs.stamp.is_beyond(known.stamp)
    for (kind, name), row in ROWS.items():
        if kind is ours.kind:
            case = case_of(
                base, ours.uid, name, ours.fields.get(name), theirs.fields.get(name), is_ahead, row
            )
            said = shown_state(local, ours.uid).value if name is Field.STATE else case.local
            _decide(agreement, ours.uid, name, case, row, theirs.at, said)


def shown_state(local: Snapshot, uid: Uid) -> State:
    """Read a task's state from the plan alone: what it says, else what its boxes say."""
    if (said := state_of(local[uid])) is not None:
        return said
    ticks = [tick_of(s) for s in steps_of(local, uid) if not s.fields.get(Field.OPTIONAL)]
    counting = [t for t in ticks if t is not Tick.DROPPED]
    return State.DONE if counting and all(t is Tick.TICKED for t in counting) else State.TODO


def _decide(
    agreement: Agreement,
    uid: Uid,
    name: Field,
    case: Case,
    row: Row,
    at: int | None,
    said: Value | None,
) -> None:
    """Decide one field; `said` is what the plan says of it, where its boxes say that too."""
    verdict = row.rule(case)
    if verdict.is_conflict:
        agreement.disagree(Conflict(uid, name, case.agreed, said, case.remote))
    elif verdict.value is not None:
        agreement.set(uid, name, verdict.value, verdict.rule)
    elif verdict.rule == "reason differs":
        agreement.drift(
            uid, Field.REASON, f"#{at} is closed on both sides for different reasons; only the reason differs"
        )
    elif verdict.rule == "no line":
        text = f"#{at} has an estimate, and no line of the task says a time; an empty one there takes it in"
        agreement.drift(uid, Field.EFFORT, text)
    elif verdict.rule == "edited on the tracker":
        text = f"{name.value} was edited on the tracker; plansync writes it only when the plan changes it"
        if name is Field.EFFORT:
            text = "the estimate was taken away on the tracker; the plan keeps its own until somebody says another"
        agreement.notes.append(Note(uid, f"#{at}: {text}"))


# ------------------------------------------------------------------- steps


def _merge_steps(agreement: Agreement, base: Base, local: Snapshot, remote: Snapshot, owner: Uid) -> None:
    if Field.STEPS not in local[owner].fields or Field.STEPS not in remote[owner].fields:
        return
    ours, theirs = uids_of(local[owner], Field.STEPS), uids_of(remote[owner], Field.STEPS)
    known = base.remote.get(owner)
    is_ahead = known is not None and remote[owner].stamp.is_beyond(known.stamp)
    gone: set[Uid] = set()
    choice = agreement.choices.get((owner, Field.STEPS))
    unclear = _settle_alike(agreement, base, local, remote, owner, choice, gone)
    for uid in dict.fromkeys((*ours, *theirs)):
        if uid in unclear:
            continue
        if uid in local and uid in remote:
            _merge_step(agreement, base, local[uid], remote[uid], is_ahead)
            continue
        fate = _fate(base, uid, local, remote)
        if fate == "conflict" and choice and not choice.is_forced:
            fate = "kept" if uid in _taken(choice, base, local, remote) else "gone"
            agreement.chosen.add((owner, Field.STEPS))
        match fate:
            case "gone":
                gone.add(uid)
            case "conflict":
                texts = (
                    side[uid].fields.get(Field.TEXT) if uid in side else None
                    for side in (base.agreed, local, remote)
                )
                agreement.disagree(Conflict(owner, Field.STEPS, *texts))
            case "kept":
                now, then = (local[uid], base.local) if uid in local else (remote[uid], base.remote)
                for name in (Field.TEXT, Field.TICK, Field.LEVEL):
                    if name in now.fields:
                        _keep(agreement, base, now, then, name, "push" if uid in local else "pull")
            case _:
                assert_never(fate)
    if (owner, Field.STEPS) not in agreement.conflicts:
        order = _order(base, owner, [u for u in ours if u not in gone], [u for u in theirs if u not in gone])
        agreement.set(owner, Field.STEPS, tuple(order), "order")


def _settle_alike(
    agreement: Agreement,
    base: Base,
    local: Snapshot,
    remote: Snapshot,
    owner: Uid,
    choice: Choice | None,
    gone: set[Uid],
) -> set[Uid]:
    """Ask about equal steps that nobody can tell apart, or take the side that a person took; lists them."""
    if choice and choice.is_forced:
        return set()
    groups = equals.doubtful(base, local, remote, owner)
    for text, uids in groups.items():
        if choice is None:
            sides = (equals.told(side, owner, text) for side in (local, remote))
            agreement.disagree(Conflict(owner, Field.STEPS, None, *sides))
            continue
        taken = _taken(choice, base, local, remote)
        agreement.chosen.add((owner, Field.STEPS))
        gone.update(uid for uid in uids if uid not in taken)
        for step in (taken[uid] for uid in uids if uid in taken):
            for name in (Field.TEXT, Field.TICK, Field.LEVEL):
                if name in step.fields:
                    agreement.set(step.uid, name, step.fields[name], choice.rule)
    return {uid for uids in groups.values() for uid in uids}


def _keep(agreement: Agreement, base: Base, now: Item, then: Snapshot, name: Field, rule: str) -> None:
    """Agree on a step that the other side gets: as it stands; where it owes what was agreed, on that."""
    value, agreed = (
        now.fields[name],
        base.agreed[now.uid].fields.get(name) if now.uid in base.agreed else None,
    )
    was = then[now.uid].fields.get(name) if now.uid in then else None
    is_chosen = (owner_of(now.uid), Field.STEPS) in agreement.chosen
    if agreed is not None and not is_chosen and same(Kind.STEP, name)(was, value):
        value, rule = agreed, rule if same(Kind.STEP, name)(agreed, value) else "finish"
    agreement.set(now.uid, name, value, rule)


def _taken(choice: Choice, base: Base, local: Snapshot, remote: Snapshot) -> Snapshot:
    """Give the side whose steps a person took; with a value of their own it is the plan's."""
    return {Take.ISSUE: remote, Take.BASE: base.agreed}.get(choice.take, local)


def _merge_step(agreement: Agreement, base: Base, ours: Item, theirs: Item, is_ahead: bool) -> None:
    for name in (Field.TEXT, Field.TICK):
        row = ROWS[Kind.STEP, name]
        case = case_of(base, ours.uid, name, ours.fields.get(name), theirs.fields.get(name), is_ahead, row)
        _decide(agreement, ours.uid, name, case, row, None, case.local)
    if Field.LEVEL in ours.fields:
        agreement.set(ours.uid, Field.LEVEL, ours.fields[Field.LEVEL], "agree")


def _fate(base: Base, uid: Uid, local: Snapshot, remote: Snapshot) -> Literal["gone", "kept", "conflict"]:
    """Say what becomes of a step that only one side has.

    The side that lacks it removed it only if it once had it. Where the other side touched it since, or
    shows another text or tick than the remover last held, the removal did not know that: a conflict.
    """
    there, then_lacking, then_having = (
        (local[uid], base.remote, base.local) if uid in local else (remote[uid], base.local, base.remote)
    )
    is_owed = uid in then_having and uid not in base.agreed
    if uid not in then_lacking and not is_owed:
        return "kept"
    thens = [side[uid] for side in (then_lacking, then_having) if uid in side]
    is_touched = not thens or any(
        not same(Kind.STEP, name)(there.fields.get(name), then.fields.get(name))
        for name in (Field.TEXT, Field.TICK)
        for then in thens
    )
    return "conflict" if is_touched else "gone"


def _order(base: Base, owner: Uid, ours: list[Uid], theirs: list[Uid]) -> list[Uid]:
    """Order the steps: the plan's order, unless only the tracker changed it.

    Newcomers of the other side go after the nearest step before them that both know.
    """
    common = set(ours) & set(theirs)

    def moved(order: list[Uid], side: Snapshot) -> bool:
        then = [u for u in uids_of(side.get(owner), Field.STEPS) if u in common]
        return [u for u in order if u in set(then)] != then

    then = uids_of(base.agreed.get(owner), Field.STEPS)
    first, second = ours, theirs
    if then and not moved(ours, base.local):
        if moved(theirs, base.remote):
            first, second = theirs, ours
        elif {*ours, *theirs} <= {*then}:
            return [u for u in then if u in ours or u in theirs]
    order = list(first)
    for index, uid in enumerate(second):
        if uid not in order:
            before = next((u for u in reversed(second[:index]) if u in order), None)
            order.insert(order.index(before) + 1 if before else 0, uid)
    return order
