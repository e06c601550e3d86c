"""Without a local memory of the tracker a list may show what is older than what was agreed: a direct read decides."""

from __future__ import annotations

from plansync.model import Changeset, Kind
from plansync.reconcile.settle import said
from plansync.store.journal import Journal
from plansync.sync import old_copy
from plansync.sync.recover import look_twice
from plansync.sync.session import Session, thing_of
from plansync.trackers.base import Record


async def read_again(session: Session) -> None:
    """Read each issue and milestone itself that a list shows otherwise than it is remembered.

    Lists lag behind writes, and where nothing here remembers the issue's last change nobody could tell:
    its old words would go into the plan as news. It costs a request for each one that has some.
    """
    if not session.mirror.is_cold:
        return
    known = session.base.remote
    news = [
        (thing_of(item), item.at)
        for uid, item in session.view.items.items()
        if item.kind is not Kind.STEP
        and item.at is not None
        and uid in known
        and said(session.view.items, uid) != said(known, uid)
    ]
    for thing, ref in sorted(news):
        answer = await session.project.tracker.look(thing, ref)
        if isinstance(answer, Record):
            session.mirror.keep(answer)
        else:
            session.lose(thing, ref, answer)
    if news:
        session.show_remote()


async def look_for_forgotten(session: Session, journal: Journal, changeset: Changeset) -> bool:
    """Look for issues that another run made or began to make, of which nothing here knows.

    Either the local database is older than the state file, or the state file is older than what was made, or there is
    none and the issues are only now taken over. A list that lags behind that run would not show them all, and they
    would be made again. Says whether it looked.
    """
    new = [op.uid for op in changeset.operations if op.kind in ("create-issue", "create-milestone")]
    begun = [u for u in new if u in session.base.local and u not in session.base.remote]
    state = session.project.files.read_state()
    if journal.knows(session.memory.digest) or old_copy.is_known(session, state):
        begun = []
    wanted = new if session.has_taken_over else [*begun, *(u for u in new if journal.has_made(u))]
    if not wanted:
        return False
    why = "issues of this plan were made elsewhere; looking whether there are more"
    await look_twice(session, lambda: all(uid in session.view.items for uid in wanted), why)
    return True
