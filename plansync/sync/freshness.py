"""Without a local memory of the tracker a list may show what is older than what was agreed: a direct read decides."""

from __future__ import annotations

from plansync.model import Changeset, Kind
from plansync.reconcile.settle import said
from plansync.store.journal import Journal
from plansync.sync import old_copy
from plansync.sync.recover import look_twice
from plansync.sync.session import Session
from plansync.trackers.base import Record, Thing


async def read_again(session: Session) -> None:
    """Read each issue itself that a list shows otherwise than it is remembered.

    Lists lag behind writes, and where nothing here remembers the issue's last change nobody could tell:
    its old words would go into the plan as news. It costs a request for each issue that has some.
    """
    if not session.mirror.is_cold:
        return
    known = session.base.remote
    news = [
        item.at
        for uid, item in session.view.items.items()
        if item.kind is Kind.TASK and uid in known and said(session.view.items, uid) != said(known, uid)
    ]
    for ref in sorted(ref for ref in news if ref is not None):
        answer = await session.project.tracker.look(Thing.ISSUE, ref)
        if isinstance(answer, Record):
            session.mirror.keep(answer)
        else:
            session.lose(Thing.ISSUE, ref, answer)
    if news:
        session.show_remote()


async def look_for_forgotten(session: Session, journal: Journal, changeset: Changeset) -> bool:
    """Look for issues that a run began to make of which nothing here knows: the local database is older than that.

    A list that lags behind that run would not show them, and they would be made again. Says whether it looked.
    """
    new = [op.uid for op in changeset.operations if op.kind in ("create-issue", "create-milestone")]
    begun = [u for u in new if u in session.base.local and u not in session.base.remote]
    state = session.project.files.read_state()
    if not begun or journal.knows(session.state_digest) or old_copy.is_known(session, state):
        return False
    await look_twice(session, lambda: all(uid in session.view.items for uid in begun))
    return True
