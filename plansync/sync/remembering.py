"""What a write made true: the base moves, and the journal's row carries the lines of the state file that say so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from plansync.model import Uid
from plansync.reconcile import fold
from plansync.store import state
from plansync.store.journal import Journal, Outcome
from plansync.sync.session import Session


def remember(
    session: Session,
    journal: Journal,
    owners: Iterable[Uid],
    row: int | None,
    intent: dict[str, Any],
    besides: Mapping[Uid, Any] | None = None,
    *,
    is_patient: bool = False,
) -> None:
    """Move the base of some items, and let the journal's row carry what it is now, with other records `besides`.

    `is_patient`: as the journal's `settle` has it.
    """
    records: dict[Uid, Any] = dict(besides or {})
    for owner in owners:
        part = session.settled(owner)
        fold(session.base, part, owner)
        records[owner] = state.record(part, owner)
    if row is None:
        row = journal.intend("", session.run, "", "agree", intent | {"records": records})
        journal.settle(row, Outcome.LANDED)
    else:
        journal.settle(row, Outcome.LANDED, intent | {"records": records}, is_patient=is_patient)
