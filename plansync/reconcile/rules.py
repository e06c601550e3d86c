"""What follows from what was merged: R1 to R5 connect steps and state; markers, links, computed lines.

Every rule fires on an edge, read from what was agreed before, so a person's reopening is never
undone. A task with an open conflict among its steps or state is left as it is.
Source: sync semantics, "Steps and derived state".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from plansync.model import (
    OVERVIEW,
    Conflict,
    Field,
    Item,
    Kind,
    Snapshot,
    State,
    Tick,
    Uid,
    conflict_id,
    is_step,
    owner_of,
    state_of,
    steps_of,
    text_of,
    tick_of,
    uids_of,
)
from plansync.reconcile.agreement import Agreement
from plansync.reconcile.given import Given
from plansync.reconcile.merge import shown_state
from plansync.reconcile.sections import decide_sections


def without_issue(given: Given) -> frozenset[Uid]:
    """List the tasks that get no issue: finished before they ever had one, or dropped by a person now.

    Not those of which a person wants a new one.
    """
    tasks = [u for u, i in given.local.items() if i.kind is Kind.TASK and u not in given.remote]
    dropped = {u for u in tasks if (u, Field.STATE) in given.choices}
    if given.policy.done_at_first_push != "skip":
        return frozenset(dropped)
    finished = {u for u in tasks if shown_state(given.local, u) is not State.TODO}
    return frozenset(dropped | (finished - {*given.renewed}))


def derive(agreement: Agreement, given: Given) -> None:
    """Apply every rule, in order."""
    for uid, item in given.local.items():
        if item.kind is Kind.TASK and not _is_suspended(agreement, given, uid):
            for rule in (_first_state, _dropped, _chosen, _closed, _steps_done, _unticked, _reopened):
                rule(agreement, given, uid)
        elif item.kind is Kind.TASK:
            _closed_in_doubt(agreement, given, uid)
    for uid, item in given.local.items():
        if item.kind is Kind.TASK:
            _status_line(agreement, given, uid)
            _link(agreement, given, uid)
    _markers(agreement, given)
    _forget_told(agreement, given)
    for uid, name in agreement.conflicts:
        owner = owner_of(uid)
        told = agreement.get(owner, Field.TOLD)
        ids = {*(told if isinstance(told, tuple) else ()), conflict_id(uid, name)}
        agreement.set(owner, Field.TOLD, tuple(sorted(ids)), "told")
    for name, value in given.computed(_overlaid(agreement, given), states(agreement, given)).items():
        agreement.set(OVERVIEW, name, value, "computed")


def _forget_told(agreement: Agreement, given: Given) -> None:
    """Forget the conflicts of an earlier run: those that last are told again."""
    for uid in agreement.items.keys() & given.remote.keys() & given.base.agreed.keys():
        if given.base.agreed[uid].fields.get(Field.TOLD):
            agreement.set(uid, Field.TOLD, (), "told")


def note_drifts(agreement: Agreement, given: Given) -> None:
    """Remember which drifts were noted, and of those that last which ones a person accepted."""
    for uid in agreement.items.keys() & given.remote.keys():
        known = given.base.agreed[uid].fields if uid in given.base.agreed else {}
        names = {name.value for owner, name in agreement.drifts if owner == uid}
        if names or known.get(Field.NOTED):
            agreement.set(uid, Field.NOTED, tuple(sorted(names)), "told")
        accepted = known.get(Field.ACCEPTED)
        if isinstance(accepted, tuple) and accepted:
            lasting = (a for a in accepted if a in names or a.startswith("#"))
            agreement.set(uid, Field.ACCEPTED, tuple(lasting), "told")


def add_sections(agreement: Agreement, given: Given, conflicts: Sequence[Conflict]) -> None:
    """Agree on the derived parts of the overview issue; like the plan's own lines they wait for its default branch."""
    if not given.is_final or not given.has_overview:
        return
    values = given.sections(_overlaid(agreement, given), states(agreement, given), conflicts)
    remote, is_whole = given.remote.get(OVERVIEW), OVERVIEW in given.bare
    decide_sections(agreement, remote, values, given.seen, given.settles, is_whole=is_whole)


def _overlaid(agreement: Agreement, given: Given) -> Snapshot:
    """Show the plan as it will be, as far as it is agreed: with steps that only the tracker has yet."""
    agreed = agreement.items
    items = {u: replace(i, fields={**i.fields, **agreed.get(u, {})}) for u, i in given.local.items()}
    return items | {u: Item(u, Kind.STEP, f) for u, f in agreed.items() if u not in items and is_step(u)}


def _is_suspended(agreement: Agreement, given: Given, uid: Uid) -> bool:
    steps = set(uids_of(given.local.get(uid), Field.STEPS)) | set(uids_of(given.remote.get(uid), Field.STEPS))
    fields = (Field.TICK, Field.STEPS, Field.STATE)
    if (uid, Field.STATE) in agreement.aside:
        return True
    return any((u, f) in agreement.conflicts for u in (uid, *steps) for f in fields)


def counting(agreement: Agreement, given: Given, uid: Uid) -> list[Uid]:
    """List the steps that count for a task's state: neither optional nor dropped."""
    steps = agreement.get(uid, Field.STEPS)
    return [
        Uid(s)
        for s in (steps if isinstance(steps, tuple) else ())
        if agreement.get(Uid(s), Field.TICK) != Tick.DROPPED and not _is_optional(given, Uid(s))
    ]


def _is_optional(given: Given, step: Uid) -> bool:
    item = given.local.get(step)
    return bool(item and item.fields.get(Field.OPTIONAL))


def _is_finished(agreement: Agreement, given: Given, uid: Uid) -> bool:
    steps = counting(agreement, given, uid)
    return bool(steps) and all(agreement.get(s, Field.TICK) == Tick.TICKED for s in steps)


def _then(given: Given, uid: Uid) -> State | None:
    value = given.base.agreed[uid].fields.get(Field.STATE) if uid in given.base.agreed else None
    return State(value) if isinstance(value, str) else None


def _first_state(agreement: Agreement, given: Given, uid: Uid) -> None:
    """Without a base: a plan whose boxes carry the state says done when all are ticked, as they are now agreed."""
    is_chosen = (uid, Field.STATE) in agreement.chosen
    if is_chosen or _then(given, uid) is not None or Field.STATE in given.local[uid].fields:
        return
    is_there = uid in given.remote and Field.STEPS in agreement.items.get(uid, {})
    derived = shown_state(given.local, uid)
    if is_there:
        derived = State.DONE if _is_finished(agreement, given, uid) else State.TODO
    issue = given.remote[uid].fields.get(Field.STATE) if uid in given.remote else derived.value
    if issue is None:
        return
    if issue == derived:
        agreement.set(uid, Field.STATE, derived.value, "agree")
    else:
        agreement.disagree(Conflict(uid, Field.STATE, None, derived.value, issue))


def _chosen(agreement: Agreement, given: Given, uid: Uid) -> None:
    """Follow a state that a person decided: a plan whose boxes carry it gets them ticked for a done task."""
    if (uid, Field.STATE) not in agreement.chosen or agreement.get(uid, Field.STATE) != State.DONE:
        return
    choice = agreement.choices.get((uid, Field.STATE))
    if choice and choice.is_forced:
        return  # an undo says itself what becomes of the ticks
    if given.local[uid].fields.get(Field.CARRIER) != "boxes" or given.policy.issue_closed == "mark-task":
        return
    rule = agreement.why[uid, Field.STATE]
    open_ = [s for s in counting(agreement, given, uid) if agreement.get(s, Field.TICK) == Tick.OPEN]
    for step in open_:
        agreement.set(step, Field.TICK, Tick.TICKED.value, rule)
    agreement.set(uid, Field.IMPLIED, tuple(open_), rule)


def _dropped(agreement: Agreement, given: Given, uid: Uid) -> None:
    """Ask where an issue was closed as not planned and the steps, which say the state, moved it otherwise.

    Source: sync semantics §2.3, what the plan says now.
    """
    is_pulled = agreement.get(uid, Field.STATE) == State.DROPPED and _then(given, uid) is not State.DROPPED
    is_chosen = (uid, Field.STATE) in agreement.chosen or uid not in given.remote
    if given.local[uid].fields.get(Field.CARRIER) != "boxes" or not is_pulled or is_chosen:
        return
    then, is_finished = _then(given, uid), _is_finished(agreement, given, uid)
    has_steps = bool(counting(agreement, given, uid))
    now = State.DONE if is_finished else State.TODO
    is_crossed = is_finished and (_had_open(agreement, given, uid) or _was_told(given, uid))
    if is_crossed if then is State.TODO else has_steps and not is_finished:
        agreement.disagree(Conflict(uid, Field.STATE, then, now.value, State.DROPPED.value))


def _closed(agreement: Agreement, given: Given, uid: Uid) -> None:
    """R1: the task became done on one side: its open steps are ticked and remembered as implied."""
    then, now = _then(given, uid), agreement.get(uid, Field.STATE)
    if then in (None, State.DONE) or now != State.DONE or (uid, Field.STATE) in agreement.chosen:
        return
    policy = given.policy.issue_closed
    carrier = given.local[uid].fields.get(Field.CARRIER)
    if policy == "mark-task" or (policy == "auto" and carrier != "boxes"):
        return
    is_asked = policy == "ask" or _was_told(given, uid)
    if is_asked and given.local[uid].fields.get(Field.STATE) == State.DONE:
        return
    open_ = [s for s in counting(agreement, given, uid) if agreement.get(s, Field.TICK) == Tick.OPEN]
    if open_ and (is_asked or not all(_was_seen_open(given, uid, s) for s in open_)):
        issue = given.remote[uid].fields.get(Field.STATE) if uid in given.remote else None
        agreement.disagree(
            Conflict(
                uid, Field.STATE, then, given.local[uid].fields.get(Field.STATE, State.TODO.value), issue
            )
        )
        _chosen(agreement, given, uid)
        return
    for step in open_:
        agreement.set(step, Field.TICK, Tick.TICKED.value, "R1")
    agreement.set(uid, Field.IMPLIED, tuple(open_), "R1")


def _closed_in_doubt(agreement: Agreement, given: Given, uid: Uid) -> None:
    """Ask about a close too while steps are asked about, where a side shows a new open one: that would undo it."""
    is_pulled = agreement.get(uid, Field.STATE) == State.DONE and _has_closed(given, uid)
    is_asked = (uid, Field.STATE) in agreement.conflicts or (uid, Field.STATE) in agreement.aside
    if given.local[uid].fields.get(Field.CARRIER) != "boxes" or not is_pulled or is_asked:
        return
    steps = [*steps_of(given.remote, uid), *steps_of(given.local, uid)]
    if any(tick_of(s) is Tick.OPEN and s.uid not in given.base.agreed for s in steps):
        plan = given.local[uid].fields.get(Field.STATE, State.TODO.value)
        agreement.disagree(Conflict(uid, Field.STATE, _then(given, uid), plan, State.DONE.value))


def _was_told(given: Given, uid: Uid) -> bool:
    """Whether a conflict about the state is open since an earlier run: it lasts until the sides agree."""
    told = given.base.agreed[uid].fields.get(Field.TOLD, ()) if uid in given.base.agreed else ()
    return isinstance(told, tuple) and conflict_id(uid, Field.STATE) in told


def _was_seen_open(given: Given, uid: Uid, step: Uid) -> bool:
    """Whether a step was open when both sides last agreed, and the side that closed showed it so.

    Whoever closed without seeing it said nothing about it; and one added since may be newer than the close.
    """
    is_remote = _has_closed(given, uid)
    now, then = (given.remote, given.base.remote) if is_remote else (given.local, given.base.local)
    was_open = step not in then or tick_of(then[step]) is Tick.OPEN
    return (
        was_open and tick_of(now.get(step)) is Tick.OPEN and tick_of(given.base.agreed.get(step)) is Tick.OPEN
    )


def _is_news(given: Given, step: Uid) -> bool:
    """Whether an open step was added, or unticked, since what was agreed."""
    then = given.base.agreed.get(step)
    return then is None or tick_of(then) is not Tick.OPEN


def _steps_done(agreement: Agreement, given: Given, uid: Uid) -> None:
    """R2: the last open step was ticked: the task is done. R5, R6: nothing else ever says so."""
    if _then(given, uid) is not State.TODO or agreement.get(uid, Field.STATE) != State.TODO:
        return
    is_quiet = agreement.why.get((uid, Field.STATE)) in ("agree", "finish") and not _has_reopened(given, uid)
    is_closed = state_of(given.remote.get(uid)) not in (State.TODO, None)
    is_owed = is_closed and state_of(given.local[uid]) is State.TODO  # said in the plan, and not reopened yet
    is_owed = is_owed and not _is_said_by_steps(given, uid)
    if (
        given.policy.steps_done != "close"
        or not is_quiet
        or is_owed
        or not _is_finished(agreement, given, uid)
    ):
        return
    if _had_open(agreement, given, uid):
        agreement.set(uid, Field.STATE, State.DONE.value, "R2")
        if implied := _by_steps(given, uid):
            agreement.set(uid, Field.IMPLIED, implied, "R2")


def _had_open(agreement: Agreement, given: Given, uid: Uid) -> bool:
    """Whether a step that still counts was open when both sides last agreed."""
    then = (given.base.agreed.get(s) for s in uids_of(given.base.agreed.get(uid), Field.STEPS))
    was_open = {s.uid for s in then if s and tick_of(s) is Tick.OPEN}
    return bool(was_open & set(counting(agreement, given, uid)))


def _whole(uid: Uid) -> Uid:
    """Name a task among what is implied, as its step 0: its state was said by its steps, not by anybody."""
    return Uid(f"{uid}/0")


def _by_steps(given: Given, uid: Uid) -> tuple[Uid, ...]:
    """Give what is implied where the steps of a task that says its own state said it."""
    return () if given.local[uid].fields.get(Field.CARRIER) == "boxes" else (_whole(uid),)


def _is_said_by_steps(given: Given, uid: Uid) -> bool:
    return _whole(uid) in uids_of(given.base.agreed.get(uid), Field.IMPLIED)


def _unticked(agreement: Agreement, given: Given, uid: Uid) -> None:
    """R3: a done task got an open step: it is todo again."""
    if _then(given, uid) is not State.DONE or agreement.get(uid, Field.STATE) != State.DONE:
        return
    if (uid, Field.STATE) in agreement.chosen:
        return
    open_ = [s for s in counting(agreement, given, uid) if agreement.get(s, Field.TICK) == Tick.OPEN]
    is_owed = agreement.why.get((uid, Field.STATE)) == "finish"  # agreed, but not yet said on both sides
    was_told = _was_told(given, uid)
    if given.local[uid].fields.get(Field.CARRIER) != "boxes":
        is_disputed, is_undone = False, _is_undone(given, uid, open_)
    else:
        is_disputed = _has_closed(given, uid) or was_told
        is_undone = any(is_owed or was_told or _is_news(given, s) for s in open_)
    if is_undone and is_disputed:
        plan = given.local[uid].fields.get(Field.STATE, State.TODO.value)
        agreement.disagree(Conflict(uid, Field.STATE, State.DONE.value, plan, State.DONE.value))
        _chosen(agreement, given, uid)
    elif is_undone:
        agreement.set(uid, Field.STATE, State.TODO.value, "R3")
        agreement.set(uid, Field.IMPLIED, _by_steps(given, uid), "R3")


def _is_undone(given: Given, uid: Uid, open_: Sequence[Uid]) -> bool:
    """Say whether a task that says its own state, and so may be done with open steps, got one that undoes that.

    It does on a side that held the task for done, or where its steps said so. Whoever says
    done anew, or does not know of it yet, undoes nothing.
    """
    sides = ((given.base.local, given.local), (given.base.remote, given.remote))
    news = [s for s in open_ if _is_news(given, s) or _has_turned(given, s, Tick.TICKED, Tick.OPEN)]
    if not news or any(
        state_of(now.get(uid)) is State.DONE and state_of(then.get(uid)) is not State.DONE
        for then, now in sides
    ):
        return False
    return _is_said_by_steps(given, uid) or any(
        state_of(then.get(uid)) is State.DONE
        and tick_of(now.get(step)) is Tick.OPEN
        and tick_of(then.get(step)) is not Tick.OPEN
        for then, now in sides
        for step in news
    )


def _has_closed(given: Given, uid: Uid) -> bool:
    """Whether somebody closed the issue since."""
    then, now = given.base.remote.get(uid), given.remote.get(uid)
    return state_of(now) is State.DONE and state_of(then) is not State.DONE


def _has_reopened(given: Given, uid: Uid) -> bool:
    """Whether somebody reopened the issue, or took the tick off the task's own box, since."""
    sides = ((given.base.local, given.local), (given.base.remote, given.remote))
    return any(
        state_of(now.get(uid)) is State.TODO and state_of(then.get(uid)) in (State.DONE, State.DROPPED)
        for then, now in sides
    )


def _reopened(agreement: Agreement, given: Given, uid: Uid) -> None:
    """R4: a done task was reopened: the ticks that we implied go, people's own stay."""
    remembered = uids_of(given.base.agreed.get(uid), Field.IMPLIED)
    implied = tuple(step for step in remembered if not _has_turned(given, step, Tick.OPEN, Tick.TICKED))
    if (uid, Field.IMPLIED) in agreement.why:
        return
    if _then(given, uid) is State.DONE and agreement.get(uid, Field.STATE) == State.TODO:
        for step in implied:
            if agreement.get(step, Field.TICK) == Tick.TICKED:
                agreement.set(step, Field.TICK, Tick.OPEN.value, "R4")
        implied = ()
    if agreement.get(uid, Field.STATE) != _then(given, uid):
        implied = tuple(step for step in implied if step != _whole(uid))
    agreement.set(uid, Field.IMPLIED, implied, "R4")


def _has_turned(given: Given, step: Uid, old: Tick, new: Tick) -> bool:
    """Whether a person turned a step since, on a side that did not hold the new tick yet: it may owe it."""
    sides = ((given.base.local, given.local), (given.base.remote, given.remote))
    return any(tick_of(then.get(step)) is old and tick_of(now.get(step)) is new for then, now in sides)


def _status_line(agreement: Agreement, given: Given, uid: Uid) -> None:
    """Say in the plan what its boxes cannot: a dropped task, or a done one with open steps."""
    shown, state = given.local[uid].fields, agreement.get(uid, Field.STATE)
    if state is None or Field.STATUS not in shown:
        return
    if shown.get(Field.STATE) == state:
        line = shown[Field.STATUS]
    elif shown.get(Field.CARRIER) == "line" or state == State.DROPPED:
        line = state
    else:
        is_said = state == State.TODO or _is_finished(agreement, given, uid)
        line = "" if is_said else state
    agreement.set(uid, Field.STATUS, line, agreement.why.get((uid, Field.STATE), "status"))


def _link(agreement: Agreement, given: Given, uid: Uid) -> None:
    link = text_of(given.remote.get(uid), Field.LINK)
    if " " in link and Field.LINK in given.local[uid].fields:  # a number without an address leads nowhere
        agreement.set(uid, Field.LINK, link, "link")


def _markers(agreement: Agreement, given: Given) -> None:
    """Give each item that has or gets a record its marker, and the plan its footer."""
    tasks = [u for u, i in given.local.items() if i.kind is Kind.TASK and u not in given.skipped]
    phases = {text_of(given.local[t], Field.PHASE) for t in tasks}
    for uid in (*tasks, *(u for u, i in given.local.items() if i.kind is Kind.PHASE and u in phases)):
        agreement.set(uid, Field.MARKER, uid, "identity")
    if tasks or OVERVIEW in given.remote:
        agreement.set(OVERVIEW, Field.MARKER, given.lineage, "identity")


def states(agreement: Agreement, given: Given) -> dict[Uid, State]:
    """Tell every task's state as the plan will hold it; one in conflict keeps what was agreed."""
    found: dict[Uid, State] = {}
    for uid, item in given.local.items():
        if item.kind is Kind.TASK:
            value = agreement.get(uid, Field.STATE) or _then(given, uid) or State.TODO
            found[uid] = State(value) if isinstance(value, str) else State.TODO
    return found
