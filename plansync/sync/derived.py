"""What follows from the rest of a changeset: computed lines of the plan, and the derived parts of its overview."""

from __future__ import annotations

from dataclasses import replace

from plansync.model import SECTIONS, Operation

_SUMMARY = "update-summary"


def is_derived(op: Operation) -> bool:
    """Say whether an operation writes nothing but what follows from others."""
    return op.kind == _SUMMARY or (op.kind == "update-issue" and all(c.field in SECTIONS for c in op.changes))


def without_sections(op: Operation) -> Operation:
    """Leave the derived parts out of what an operation writes."""
    return replace(op, changes=tuple(c for c in op.changes if c.field not in SECTIONS))
