"""The decision of one run: what `reconcile` is given of a session, and what the session holds of its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from plansync.document import rewrite
from plansync.document.torn import Torn
from plansync.model import (
    OVERVIEW,
    Base,
    Change,
    Changeset,
    Conflict,
    Field,
    Kind,
    Operation,
    Side,
    Snapshot,
    State,
    Uid,
    Value,
    state_of,
)
from plansync.planning import overview
from plansync.planning.progress import computed_lines, computed_now
from plansync.reconcile import Bare, Given, reconcile
from plansync.reconcile.merge import shown_state
from plansync.reconcile.order import IDS
from plansync.reconcile.pairing import rename, unmarked
from plansync.sync import claims, existence
from plansync.sync.facts import facts, seen
from plansync.sync.session import Session, Then
from plansync.trackers import mapping


def decide(session: Session) -> Changeset:
    """Decide everything, from what was read; both sides are then paired."""
    _recognise_frozen(session)
    lost = _lost(session)
    decision = reconcile(_given(session, lost))
    twins = {t.item.uid: t.item for t in session.view.twins}
    session.local, session.remote = decision.local, {**decision.remote, **twins}
    session.skipped, session.doubts = decision.skipped, decision.doubts
    base = session.base
    then = Base(dict(base.local), dict(base.remote), dict(base.agreed))
    session.then = Then(then, decision.local, session.remote)
    session.numbers = {**session.names.known, **mapping.known_numbers(decision.remote)}
    session.behind = {
        uid
        for uid, item in session.remote.items()
        if uid in base.remote and item.stamp.is_beyond(base.remote[uid].stamp)
    }
    session.agreed = dict(decision.changeset.agreed)
    for uid, numbers in session.passed_over.items():
        for number in numbers if uid in session.agreed else ():
            session.agreed[uid] = existence.accepting(session.agreed[uid], number)
    session.asked = (*decision.changeset.conflicts, *lost)
    changeset = replace(decision.changeset, conflicts=session.asked)
    if session.torn is None:
        return changeset
    return replace(changeset, operations=(_mended(session, session.torn), *changeset.operations))


def _given(session: Session, lost: Sequence[Conflict]) -> Given:
    """Hand over both sides and the base, without what cannot be read, and all that a decision rests on."""
    project = session.project
    return Given(
        base=_thawed_base(session),
        local=session.thawed(session.settable({**session.shown, **session.awaited})),
        remote=session.thawed(_kept(session)),
        stores={Side.LOCAL: rewrite.STORES, Side.REMOTE: session.stored},
        lineage=session.lineage,
        computed=lambda items, states: computed_lines(*_with_frozen(session, items, states)),
        today=project.now().date().isoformat(),
        policy=project.policy,
        is_serial=project.tracker.traits.writes_at_once == 1,
        choices=session.choices,
        assume=session.assume,
        is_final=not project.branch,
        settles=session.settles,
        pruned=session.pruned,
        former={**_outlived(session), **session.former_refs},
        bare=_bare(session),
        twins=session.view.twins,
        spoken=frozenset(uid for uid, record in session.view.records.items() if record.comments),
        told=session.told,
        apart=session.apart,
        overview=project.overview,
        sections=lambda items, states, conflicts: _sections(session, items, states, (*conflicts, *lost)),
        left_alone={
            u: replace(session.shown[u], fields={**session.shown[u].fields, Field.STATE: state.value})
            for u, state in _held(session).items()
        },
        seen=seen(session.mirror, session.lineage),
        without_milestone=existence.gone(session.absent, session.names.known),
        renewed=session.renewed,
    )


# ------------------------------------------------------- what cannot be read


def _recognise_frozen(session: Session) -> None:
    """Show frozen tasks that lost their ids under these: what their titles make by now would be new tasks."""
    if session.frozen:
        names = unmarked(session.base, session.shown, session.view.items, session.bare)
        session.recognised |= {uid: name for uid, name in names.items() if name in session.frozen}
        session.shown = dict(rename(session.shown, session.recognised))


def _thawed_base(session: Session) -> Base:
    base = session.base
    if not session.frozen:
        return base
    return Base(*(session.thawed(side) for side in (base.local, base.remote, base.agreed)))


def _with_frozen(
    session: Session, items: Snapshot, states: Mapping[Uid, State]
) -> tuple[Snapshot, Mapping[Uid, State]]:
    """Add the tasks that are left alone, in the state that was agreed last: what is computed counts them too."""
    if not session.frozen:
        return items, states
    whole = {uid: items.get(uid, item) for uid, item in session.shown.items()}
    return {**whole, **items}, {**_held(session), **states}


def _held(session: Session) -> dict[Uid, State]:
    """Give the states that were agreed last of the plan's tasks that are left alone."""
    shown = session.shown
    tasks = [u for u in session.frozen if u in shown and shown[u].kind is Kind.TASK]
    return {u: state_of(session.base.agreed.get(u)) or shown_state(shown, u) for u in tasks}


def _lost(session: Session) -> list[Conflict]:
    terms = session.project.tracker.traits.terms
    return existence.lost(session.absent, session.names.known, session.shown, session.base, terms)


# ----------------------------------------------------------------- both sides


def _outlived(session: Session) -> Mapping[Uid, int]:
    gone = {key for key, absence in session.absent.items() if absence in existence.LOST}
    return claims.outlived(session.shown, session.base, gone, session.project.target.project)


def _kept(session: Session) -> Snapshot:
    """Show the tracker without links, where they are none of ours."""
    if Field.EDGES in session.stored:
        return session.view.items
    return {
        u: replace(i, fields={f: v for f, v in i.fields.items() if f is not Field.EDGES})
        for u, i in session.view.items.items()
    }


def _bare(session: Session) -> dict[Uid, Bare]:
    new = session.awaited.keys()
    bare = {u: b for u, b in session.bare.items() if u not in session.frozen}
    return {u: replace(b, is_new=u in new) for u, b in bare.items()}


# ------------------------------------------------------------ what is derived


def _sections(
    session: Session, items: Snapshot, states: Mapping[Uid, State], conflicts: Sequence[Conflict]
) -> Mapping[Field, str]:
    """Derive what the overview issue says, of all that is known here."""
    whole, held = _with_frozen(session, items, states)
    known, traits = {*session.names.known, *session.bound}, session.project.tracker.traits
    told = facts(session.view, session.mirror.records, known, whole, traits.body_max)
    return overview.sections(whole, held, conflicts, told)


def _mended(session: Session, torn: Torn) -> Operation:
    """Compute the lines anew in which git left a conflict: whatever else is done, its signs go first."""
    shown = session.local[OVERVIEW].fields
    now: Mapping[Field, Value] = {
        **computed_now({**session.shown, **session.local}, session.base),
        Field.UPDATED: torn.updated,
    }
    changes = (
        Change(OVERVIEW, name, shown[name], now.get(name, shown[name]), "merged") for name in torn.fields
    )
    return Operation(Side.LOCAL, "update-summary", OVERVIEW, tuple(changes), IDS)
