"""Taking over what is there already: an issue without a block of ours says nothing of what a block holds.

So the plan's words are agreed for all of that, and the block is written whole. What such an issue does
say (title, state, phase) was merged like any other: without a base, equal agrees and all else is asked.
"""

from __future__ import annotations

from plansync.model import Field, Kind, Snapshot, Uid, uids_of
from plansync.reconcile.agreement import Agreement
from plansync.reconcile.bare import Bare
from plansync.reconcile.given import Given
from plansync.reconcile.rows import ROWS

_SAID = (Field.TITLE, Field.STATE, Field.PHASE)
_IN_A_BLOCK = tuple(name for kind, name in ROWS if kind is Kind.TASK and name not in _SAID)


def adopt(agreement: Agreement, given: Given) -> None:
    """Agree on the plan's words for what only a block would say."""
    for uid, bare in given.bare.items():
        if uid in given.local and uid in given.remote and given.local[uid].kind is not Kind.PHASE:
            _adopt(agreement, given.local, given.remote, uid, bare)


def _adopt(agreement: Agreement, local: Snapshot, remote: Snapshot, uid: Uid, bare: Bare) -> None:
    ours, theirs = local[uid].fields, remote[uid].fields
    for name in _IN_A_BLOCK:
        if name in ours and name not in theirs:
            agreement.set(uid, name, ours[name], "adopt")
    if Field.STEPS in ours and Field.STEPS not in theirs:
        agreement.set(uid, Field.STEPS, ours[Field.STEPS], "adopt")
        for step in uids_of(local[uid], Field.STEPS):
            for name in (Field.TEXT, Field.TICK, Field.LEVEL):
                if name in local[step].fields:
                    agreement.set(step, name, local[step].fields[name], "adopt")
    if bare.is_loose and ours.get(Field.PHASE):
        agreement.set(uid, Field.PHASE, ours[Field.PHASE], "adopt")
