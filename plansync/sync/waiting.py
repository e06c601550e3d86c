"""Edits of the plan that wait, because the part of the issue that would say them cannot be read."""

from __future__ import annotations

from collections.abc import Iterable

from plansync.model import Drift, Field, Uid
from plansync.reconcile.settle import said
from plansync.sync.session import Session

_OUTSIDE = (Field.TITLE, Field.FRAME, Field.STATE, Field.PHASE)
"""What goes on syncing without the block."""


def waiting(session: Session, drifts: Iterable[Drift]) -> set[Uid]:
    """List the items whose block cannot be read, and that the plan changed since both sides agreed."""
    return {d.uid for d in drifts if d.field is Field.STEPS and _is_edited(session, d.uid)}


def _is_edited(session: Session, uid: Uid) -> bool:
    """Say whether the plan shows anything else of what stands in the block than when both sides last agreed."""
    shown = [said(side, uid) for side in (session.base.local, session.local) if uid in side]
    inside = [
        ({f: words for f, words in fields.items() if f not in _OUTSIDE}, steps) for fields, steps in shown
    ]
    return len(inside) > 1 and inside[0] != inside[1]
