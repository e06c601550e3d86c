"""Ways out where no value can be taken: an issue that is gone, one that strayed, a reason that differs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum

from plansync.document import block
from plansync.errors import ConfigError
from plansync.model import (
    OVERVIEW,
    Choice,
    Conflict,
    Drift,
    Field,
    Kind,
    Stamp,
    State,
    Take,
    Twin,
    Uid,
    Value,
    state_of,
    text_of,
)
from plansync.reconcile.merge import shown_state
from plansync.reconcile.reasons import FIX_REASON
from plansync.store import state
from plansync.sync import existence
from plansync.sync.existence import accept
from plansync.sync.prune import CLOSED
from plansync.sync.session import Session, thing_of
from plansync.sync.stand_ins import unlinked
from plansync.trackers.base import Record, Thing


class How(StrEnum):
    """What can be done about something that no value settles."""

    RECREATE = "recreate"
    DROP = "drop"
    FOLLOW = "follow"
    CLOSE = "close"
    KEEP = "keep"
    RESTORE = "restore"
    ACCEPT = "accept"
    FIX_REASON = "fix-reason"
    REWRITE_BLOCK = "rewrite-block"


WORDS: Mapping[How, str] = {
    How.RECREATE: "make a new one",
    How.DROP: "mark the task as dropped",
    How.FOLLOW: "it is here under another number",
    How.CLOSE: "close its issue as not planned",
    How.KEEP: "leave its issue open",
    How.RESTORE: "put it back into the milestone of its phase",
    How.ACCEPT: "leave it as it is, and say no more of it",
    How.REWRITE_BLOCK: "append our part anew, as it is agreed; what is left of the old one stays as text",
    How.FIX_REASON: "reopen it and close it for the reason that the plan gives",
}


_WITHOUT = "go on without one"
"""What dropping is for a milestone and for the overview issue."""
TWIN_WORDS: Mapping[How, str] = {
    How.FOLLOW: "the other one is the task's",
    How.CLOSE: "close the other one as a duplicate",
    How.ACCEPT: "leave both as they are",
}


def in_words(how: How, about: Conflict | Drift, *, has_other: bool = False) -> str:
    """Say what a way does about something that is to be decided.

    `has_other`: another issue bears the mark of one that is gone.
    """
    if about.field is Field.TWIN:
        return TWIN_WORDS[how]
    if how is How.DROP and (about.uid == OVERVIEW or existence.is_of_milestone(about)):
        return _WITHOUT
    return f"{WORDS[how]}, and close that one as not planned" if how is How.DROP and has_other else WORDS[how]


_DRIFTS: Mapping[Field, tuple[How, ...]] = {
    Field.PHASE: (How.RESTORE, How.ACCEPT),
    Field.REASON: (How.FIX_REASON, How.ACCEPT),
    Field.STEPS: (How.REWRITE_BLOCK,),
    Field.EDGES: (How.ACCEPT,),
    Field.EFFORT: (How.ACCEPT,),
}
_SIDES: Mapping[tuple[Take, bool], How] = {
    (Take.PLAN, True): How.RECREATE,
    (Take.ISSUE, True): How.DROP,
    (Take.PLAN, False): How.CLOSE,
    (Take.ISSUE, False): How.KEEP,
}


def ways_of(session: Session, about: Conflict | Drift) -> tuple[How, ...]:
    """List what can be done about something; nothing where a value is to be taken."""
    if isinstance(about, Drift):
        return _DRIFTS.get(about.field, ())
    if about.field is Field.TWIN:
        twin = _twin_of(session, about)
        if twin is None or state_of(twin.item) is not State.TODO:
            return (How.ACCEPT,)
        is_lower = (twin.item.at or 0) < (session.remote[twin.of].at or 0)
        is_only_one = state_of(session.remote[twin.of]) is not State.TODO
        return (How.FOLLOW, How.CLOSE, How.ACCEPT) if is_lower or is_only_one else (How.CLOSE, How.ACCEPT)
    if about.field is not Field.EXISTENCE:
        return ()
    if about.uid in session.doubts:
        return How.FOLLOW, How.RECREATE
    if about.uid not in session.shown:
        return How.CLOSE, How.KEEP
    if _elsewhere(session, about.uid):
        return How.FOLLOW, How.RECREATE, How.DROP
    return How.RECREATE, How.DROP


def way_of_side(session: Session, about: Conflict, take: Take) -> How | None:
    """Say what taking a side means where an issue or a task is gone; `None` for no such side."""
    if about.uid in session.doubts:
        return {Take.PLAN: How.RECREATE, Take.ISSUE: How.FOLLOW}.get(take)
    return _SIDES.get((take, about.uid in session.shown))


def go(session: Session, how: How, about: Conflict | Drift) -> None:
    """Prepare the session for the next decision, which then does it.

    Raises: ConfigError for a way that is none here, or that leads nowhere.
    """
    ways, terms = ways_of(session, about), session.project.tracker.traits.terms
    if how not in ways:
        name, takes = session.label_of(about.uid), ", ".join(ways)
        instead = (
            f"it takes --how {takes}" if takes else "take a side: --take plan, --take issue or --take base"
        )
        is_away = how is How.FOLLOW and isinstance(about, Conflict) and about.remote == terms.moved
        why = f": it went to another {terms.place}, and a plan has one target" if is_away else ""
        raise ConfigError(f"--how {how.value} is no way out for {name}{why}; {instead}")
    if isinstance(about, Conflict) and (twin := _twin_of(session, about)):
        _settle_twin(session, how, twin)
    else:
        _GO[how](session, about.uid, about.field)


def _twin_of(session: Session, about: Conflict) -> Twin | None:
    """Find the second issue that a conflict is about."""
    is_it = (t for t in session.view.twins if about.field is Field.TWIN and about.remote == t.number)
    return next(is_it, None)


def _settle_twin(session: Session, how: How, twin: Twin) -> None:
    """Close a second issue, or leave it to people for good."""
    if how is How.CLOSE:
        session.pruned = {**session.pruned, twin.item.uid: CLOSED}
    elif how is How.FOLLOW:
        session.following.add(twin.of)
        session.show_remote()
    else:
        existence.accept(session.base, twin.of, twin.number)


def _recreate(session: Session, uid: Uid, name: Field) -> None:
    """Forget the record that is gone, so that a new one is made; a milestone gets its issues back.

    Copies of it are left to who made them, also those of an earlier one. Another one that bears the mark may be the new
    one already, made by a run that died and whose memory of that is lost; links to the old one are owed to it.
    """
    if uid in session.doubts:
        session.apart.add(uid)
        return
    if session.shown[uid].kind is Kind.PHASE:
        for task, item in session.base.agreed.items():
            if item.fields.get(Field.PHASE) == uid and task in session.remote and task in session.shown:
                _restore(session, task, Field.PHASE)
    session.renewed.add(uid)
    others = {f"#{record.ref}": record for record in _elsewhere(session, uid)}
    stamp = session.base.remote[uid].stamp
    if others and all(
        existence.is_accepted(session.base, uid, number) or _is_copy(record, stamp)
        for number, record in others.items()
    ):
        session.passed_over[uid] = tuple(others)
    elif others:
        _unlink(session, uid)
    _forget(session, uid)


def _drop(session: Session, uid: Uid, name: Field) -> None:
    """Drop a task whose issue is gone; a phase or the overview just does without."""
    if session.shown[uid].kind is not Kind.TASK:
        accept(session.base, uid, Field.EXISTENCE)
        return
    _force(session, uid, Field.STATE, State.DROPPED.value)
    _unlink(session, uid)
    _forget(session, uid)


def _forget(session: Session, uid: Uid) -> None:
    _leave(session, uid)
    state.forget(session.base, uid)
    session.show_remote()


def _unlink(session: Session, uid: Uid) -> None:
    """Let links to a record that is gone be owed to the one that stands in for it."""
    others = {item.uid: item for item in unlinked(session.base, uid)}
    session.base = replace(session.base, remote={**session.base.remote, **others})


def _leave(session: Session, uid: Uid) -> None:
    """Remember the number that the plan still names."""
    known = session.base.remote[uid]
    if known.at is not None:  # pragma: no branch — what is lost was known by its number
        session.former_refs[uid] = known.at


def _elsewhere(session: Session, uid: Uid) -> list[Record]:
    """List the records that bear an item's mark under another number than the one that is known."""
    known, found = session.base.remote.get(uid), list[Record]()
    for (thing, ref), record in session.mirror.records.items():
        if known is None or known.at == ref or thing is not thing_of(known):
            continue
        if thing is Thing.MILESTONE:
            marked = block.read_milestone(record.body)
            is_it = marked is not None and (marked.plan, marked.uid) == (session.lineage, uid)
        else:
            ours = block.read(record.body)
            is_it = ours is not None and (ours.plan, ours.uid) == (session.lineage, uid)
        if is_it:
            found.append(record)
    return found


def _is_copy(record: Record, known: Stamp) -> bool:
    """Say whether an issue was copied from one that we knew, and not made by another run: it says what that said."""
    ours = block.read(record.body)
    return ours is not None and (ours.stamp.rev > 1 or ours.stamp.op == known.op)


def _follow(session: Session, uid: Uid, name: Field) -> None:
    """Bind an item to the record that bears its mark, or to the one of which it was asked whether it is its own."""
    if uid in session.doubts:
        session.told[uid] = session.doubts[uid]
        return
    record, known = min(_elsewhere(session, uid), key=lambda each: each.ref), session.base.remote[uid]
    _leave(session, uid)
    followed = replace(known, at=record.ref, node=record.node)
    session.base = replace(session.base, remote={**session.base.remote, uid: followed})
    _unlink(session, uid)
    session.show_remote()


def _close(session: Session, uid: Uid, name: Field) -> None:
    session.pruned = {**session.pruned, uid: CLOSED}


def _keep(session: Session, uid: Uid, name: Field) -> None:
    accept(session.base, uid, Field.EXISTENCE)


def _accept(session: Session, uid: Uid, name: Field) -> None:
    accept(session.base, uid, name)


def _restore(session: Session, uid: Uid, name: Field) -> None:
    """Put an issue into the milestone of its phase, wherever else it is now."""
    session.restoring.add(uid)
    session.show_remote()
    _force(session, uid, Field.PHASE, text_of(session.local[uid], Field.PHASE))


def _fix_reason(session: Session, uid: Uid, name: Field) -> None:
    _force(session, uid, Field.STATE, shown_state(session.local, uid).value, FIX_REASON)


def _rewrite_block(session: Session, uid: Uid, name: Field) -> None:
    session.rewriting.add(uid)
    session.show_remote()


def _force(session: Session, uid: Uid, name: Field, value: Value, rule: str = "resolved") -> None:
    choice = Choice(Take.VALUE, value, rule, is_forced=True)
    session.choices = {**session.choices, (uid, name): choice}


_GO: Mapping[How, Callable[[Session, Uid, Field], None]] = {
    How.RECREATE: _recreate,
    How.DROP: _drop,
    How.FOLLOW: _follow,
    How.CLOSE: _close,
    How.KEEP: _keep,
    How.RESTORE: _restore,
    How.ACCEPT: _accept,
    How.FIX_REASON: _fix_reason,
    How.REWRITE_BLOCK: _rewrite_block,
}
