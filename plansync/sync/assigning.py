"""Whom an issue cannot be given to: asked before anything is written, because one such name refuses a whole issue."""

from __future__ import annotations

import contextlib
import json

from plansync.model import Field, Note, Uid, owner_of
from plansync.sync.session import Session
from plansync.trackers.mirror import NOTES

_KEY = f"{NOTES}unassignable"


async def ask_for_owners(session: Session, *, is_full: bool = False) -> None:
    """Ask once for each account that the plan names anew; those that are no collaborators are left out, and told.

    This machine remembers whom it asked about in vain; `is_full`: they are asked about again.
    """
    if Field.OWNERS not in session.project.tracker.traits.stores:
        return
    refused = set[str]() if is_full else _refused(session)
    named = dict[str, list[Uid]]()
    for uid, item in session.shown.items():
        known = (
            _names(session.base.agreed[uid].fields.get(Field.OWNERS)) if uid in session.base.agreed else set()
        )
        for login in _names(item.fields.get(Field.OWNERS)) - known:
            named.setdefault(login, []).append(uid)
    there = {login for record in session.mirror.records.values() for login in _names(record.assignees)}
    for login, uids in named.items():
        if login in there:
            continue
        if login in refused:
            session.unassignable.add(login)
        elif not await session.project.tracker.is_assignable(login):
            session.unassignable.add(login)
            session.notes += [Note(uid, _told(session, login, uid)) for uid in uids]
    if session.unassignable - refused:
        session.mirror.note(_KEY, json.dumps(sorted(session.unassignable | refused)).encode())


def _refused(session: Session) -> set[str]:
    with contextlib.suppress(ValueError, TypeError):
        return {str(login) for login in json.loads(session.mirror.notes.get(_KEY, b"[]"))}
    return set()  # what cannot be read is not there


def _told(session: Session, login: str, uid: Uid) -> str:
    line = session.line_of(owner_of(uid))
    return (
        f"line {line}: @{login} cannot be given issues of {session.project.target.project}, so nobody is; it takes "
        f"{session.project.tracker.traits.terms.member}"
    )


def _names(value: object) -> set[str]:
    return {name.casefold() for name in value} if isinstance(value, tuple) else set()
