"""An old copy of a plan, saved over a newer one: known by its bytes, and told from somebody's edits.

Its state file of that moment says what it had agreed on; measured by the one of today, everything that was done since
would look as if its author had taken it back.
"""

from __future__ import annotations

from collections.abc import Iterator

from plansync.errors import StoreError
from plansync.model import Field, Note, Snapshot, Uid, is_step
from plansync.reconcile import fold
from plansync.reconcile.settle import said
from plansync.store import state
from plansync.store.moments import Moment, Moments
from plansync.sync.session import Session

_OURS = (Field.MARKER, Field.LINK, Field.COMPLETION, Field.CURRENT_PHASE, Field.OVERALL, Field.UPDATED)
"""What plansync alone writes into a plan: nobody takes that back by hand to the letter."""
_ITEMS_MIN = 2


def measure(session: Session, content: bytes) -> bool:
    """Measure a plan that is an old copy by what was agreed at its time; say whether it is one.

    `content`: the state file of today. Where only one item differs, and nothing that plansync writes by itself, it is
    somebody who took a change back.
    """
    moments, commits = _moments(session), session.project.commits
    now = moments.of_state(content) or (commits.of_state(content) if commits else None)
    if now is None or moments.has(Moment(session.source, content)) or now.plan == session.source:
        return False
    then = moments.of_plan(session.source) or (commits.of_plan(session.source, content) if commits else None)
    if then is None or then.state == content:
        return False
    return _measure(session, then, now)


def is_known(session: Session, content: bytes) -> bool:
    """Say whether a run on this machine left the state file as it is now."""
    return _moments(session).of_state(content) is not None


def keep_first(session: Session, first: Moment) -> None:
    """Remember what a run begins with."""
    if first.state:
        _moments(session).keep(first, is_end=False)


def keep_last(session: Session, old: bytes | None = None) -> None:
    """Remember what a run ends with. `old`: the old copy that it began with; saved once more, somebody means it."""
    last = session.project.files.read_state()
    if old is not None:
        _moments(session).keep(Moment(old, last), is_end=False)
    _moments(session).keep(Moment(session.source, last), is_end=True)


def _moments(session: Session) -> Moments:
    return Moments(session.project.journal(session.lineage).db, session.lineage)


def _measure(session: Session, then: Moment, now: Moment) -> bool:
    shown, newer = session.shown, session.show(session.project.parse(now.plan)).items
    changed = list(_changed(shown, newer))
    if not changed or (len(changed) < _ITEMS_MIN and not _has_lost_ours(shown, newer)):
        return False
    try:
        saved = state.load(then.state.decode("utf-8", "replace"), session.project.path)
    except StoreError:  # it was committed damaged, or with a conflict
        return False
    if saved.lineage != session.lineage or saved.target != session.project.target:
        return False
    for uid in changed:
        if uid in shown and uid in newer:  # what the newer plan lacks is remembered as that last held it
            fold(session.base, saved.base, uid)
    text = (
        f"this is the plan as it was before a later sync ({len(changed)} of its items differ from then): what was done "
        "since comes back. To take that back on both sides, undo the run that did it: see plansync log"
    )
    session.notes.append(Note("", text))
    return True


def _changed(old: Snapshot, new: Snapshot) -> Iterator[Uid]:
    """List the items, steps with their owners, that one of two plans shows in another way."""
    for uid in dict.fromkeys((*old, *new)):
        if not is_step(uid) and (uid not in old or uid not in new or said(old, uid) != said(new, uid)):
            yield uid


def _has_lost_ours(old: Snapshot, new: Snapshot) -> bool:
    owners = [uid for uid in old if not is_step(uid) and uid in new]
    return any(old[uid].fields.get(name) != new[uid].fields.get(name) for uid in owners for name in _OURS)
