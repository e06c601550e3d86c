"""The three-way merge: every field of every item by the row of a table, nothing written.

`remote changed` includes an issue whose block was written by a newer copy than this one knows
(`ahead`): a value that went there and back is still news.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, assert_never

from plansync.model import (
    OVERVIEW,
    SECTIONS,
    TITLE_MAX,
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
from plansync.reconcile.sections import same_section
from plansync.text import cut, heading_words, same_lines, words
from plansync.titles import PLAIN


class Case(NamedTuple):
    """One field: what was agreed, what each side held then, what it shows now. `None`: not shown."""

    agreed: Value | None
    then_local: Value | None
    then_remote: Value | None
    local: Value | None
    remote: Value | None
    is_ahead: bool
    same: Callable[[Value | None, Value | None], bool]

    @property
    def has_base(self) -> bool:
        """Whether anything is remembered of this field."""
        return self.agreed is not None

    @property
    def local_moved(self) -> bool:
        """Whether the plan changed it."""
        return not self.same(self.local, self.then_local)

    @property
    def remote_moved(self) -> bool:
        """Whether the tracker changed it, or may have and changed it back."""
        return self.is_ahead or not self.same(self.remote, self.then_remote)

    def knew(self, value: Value | None, then: Value | None) -> bool:
        """Whether a side held what was agreed when it changed its value, or came to it by itself.

        A side that showed nothing then owed nothing: it said it in another way (boxes for a state).
        """
        return then is None or self.same(then, self.agreed) or self.same(value, self.agreed)


class Verdict(NamedTuple):
    """What is agreed (`None`: nothing), by which rule, and whether that is a conflict."""

    value: Value | None
    rule: str
    is_conflict: bool = False


CONFLICT = Verdict(None, "conflict", True)
Rule = Callable[[Case], Verdict]


def three_way(case: Case) -> Verdict:
    """Decide a field that both sides may change."""
    if case.local is None or case.remote is None:
        return Verdict(None, "unknown")
    is_quiet = case.has_base and not case.local_moved and not case.remote_moved
    if case.same(case.local, case.remote) and not is_quiet:
        is_kept = case.has_base and case.same(case.agreed, case.local)
        return Verdict(case.agreed if is_kept else case.local, "agree")
    if not case.has_base:
        return CONFLICT
    match case.local_moved, case.remote_moved:
        case True, True:
            return CONFLICT
        case True, False:
            return Verdict(case.local, "push") if case.knew(case.local, case.then_local) else CONFLICT
        case False, True:
            return Verdict(case.remote, "pull") if case.knew(case.remote, case.then_remote) else CONFLICT
        case _:  # one side still owes what was agreed, or both do (a rule gave a value that neither had)
            is_done = case.same(case.local, case.agreed) and case.same(case.remote, case.agreed)
            return Verdict(case.agreed, "agree" if is_done else "finish")


def three_way_state(case: Case) -> Verdict:
    """Decide a task's state; a plan whose boxes carry it shows none.

    A status line that stood there and is gone says todo. Closed stays closed where only the reason
    differs and only the plan changed it.
    """
    if case.local is None and case.then_local in (State.DONE, State.DROPPED):
        case = case._replace(local=State.TODO.value)
    if case.local is None:
        if not case.has_base or case.remote is None:
            return Verdict(case.agreed, "unknown")
        if case.remote == case.then_remote:
            return Verdict(case.agreed, "agree" if case.remote == case.agreed else "finish")
        return Verdict(case.remote, "pull") if case.knew(case.remote, case.then_remote) else CONFLICT
    verdict = three_way(case)
    if verdict.rule == "push" and State.TODO not in (case.local, case.remote):
        return Verdict(None, "reason differs")
    return verdict


def plan_wins(case: Case) -> Verdict:
    """Decide a field that only the plan writes: a tracker that differs is noted, never overwritten."""
    if case.local is None or case.remote is None:
        return Verdict(None, "unknown")
    if case.same(case.local, case.remote):
        return Verdict(case.local, "agree")
    if not case.has_base:
        return CONFLICT
    is_edited = not case.same(case.remote, case.then_remote)
    if is_edited:
        return CONFLICT if case.local_moved else Verdict(None, "edited on the tracker")
    if not case.local_moved and case.same(case.remote, case.agreed):
        return Verdict(case.agreed, "agree")  # somebody chose to leave the tracker's text
    return Verdict(case.local, "push" if case.local_moved else "finish")


def plan_says(case: Case) -> Verdict:
    """Decide what stands around a title: written when the plan changes it, whatever people made of it on the tracker.

    A plan that shows none any more, because the settings want none, wants the bare title.
    """
    if case.local is None and case.has_base:
        case = case._replace(local=PLAIN)
    if case.local is None or case.remote is None:
        return Verdict(None, "unknown")
    if case.same(case.local, case.remote):
        return Verdict(case.local, "agree")
    if not case.same(case.local, case.agreed):
        return Verdict(case.local, "push")
    is_edited = not case.same(case.remote, case.then_remote)
    return Verdict(None, "edited on the tracker") if is_edited else Verdict(case.local, "finish")


def alike(a: Value | None, b: Value | None) -> bool:
    """Compare as they are."""
    return a == b


def same_words(a: Value | None, b: Value | None) -> bool:
    """Compare texts by their words."""
    return a == b or ((a is None) == (b is None) and words(a) == words(b))


def same_title(a: Value | None, b: Value | None) -> bool:
    """Compare titles as far as a tracker holds them."""
    return a == b or ((a is None) == (b is None) and cut(words(a), TITLE_MAX) == cut(words(b), TITLE_MAX))


def same_heading(a: Value | None, b: Value | None) -> bool:
    """Compare phase titles without their number: renumbering is no renaming."""
    return a == b or ((a is None) == (b is None) and heading_words(a) == heading_words(b))


def same_text(a: Value | None, b: Value | None) -> bool:
    """Compare running text by lines."""
    return a == b or ((a is None) == (b is None) and same_lines(a) == same_lines(b))


def same_set(a: Value | None, b: Value | None) -> bool:
    """Compare lists whose order says nothing."""
    return set(a) == set(b) if isinstance(a, tuple) and isinstance(b, tuple) else a == b


class Row(NamedTuple):
    """How one field is decided and compared."""

    rule: Rule = three_way
    same: Callable[[Value | None, Value | None], bool] = alike


ROWS: Mapping[tuple[Kind, Field], Row] = {
    (Kind.PLAN, Field.TITLE): Row(plan_wins, same_title),
    (Kind.PLAN, Field.PROSE): Row(plan_wins, same_text),
    (Kind.PHASE, Field.TITLE): Row(same=same_heading),
    (Kind.TASK, Field.TITLE): Row(same=same_title),
    (Kind.TASK, Field.FRAME): Row(plan_says, same_words),
    (Kind.TASK, Field.STATE): Row(three_way_state),
    (Kind.TASK, Field.PHASE): Row(),
    (Kind.TASK, Field.PROSE): Row(plan_wins, same_text),
    (Kind.TASK, Field.REQUIREMENTS): Row(plan_wins, same_words),
    (Kind.TASK, Field.ESTIMATE): Row(plan_wins, same_words),
    (Kind.TASK, Field.DEPENDS): Row(plan_wins, same_set),
    (Kind.STEP, Field.TEXT): Row(same=same_words),
    (Kind.STEP, Field.TICK): Row(),
}
"""Every field that is merged. Order and membership of steps are decided by `_merge_steps`."""


def same(kind: Kind, name: Field) -> Callable[[Value | None, Value | None], bool]:
    """Say how a field is compared."""
    if name in SECTIONS:
        return same_section
    row = ROWS.get((kind, name))
    return row.same if row else alike


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
    elif verdict.rule == "edited on the tracker":
        text = "was edited on the tracker; plansync writes it only when the plan changes it"
        agreement.notes.append(Note(uid, f"#{at}: {name.value} {text}"))


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
