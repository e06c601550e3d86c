"""Guards: what a run refuses to do by itself, asked before its first write."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from plansync.errors import SafetyStop
from plansync.model import (
    OVERVIEW,
    Base,
    Field,
    Kind,
    Operation,
    Side,
    Snapshot,
    State,
    Tick,
    Uid,
    owner_of,
    uids_of,
)

MASS_FLOOR, MASS_SHARE = 5, 0.2
ALLOWED = ("empty-plan", "unreadable-issues", "mass-change", "mass-create")
"""The names that `--allow` takes."""


def check(
    base: Base,
    local: Snapshot,
    operations: Sequence[Operation],
    absent: int,
    *,
    allow: Collection[str],
    max_creates: int,
    is_attended: bool,
) -> None:
    """Stop a run that would do what a mistake looks like.

    Raises: SafetyStop, which names the option that lets it pass once.
    """
    linked = [u for u, i in base.remote.items() if i.kind is Kind.TASK and i.at is not None]
    if linked and not any(i.kind is Kind.TASK for i in local.values()):
        _stop("empty-plan", f"the plan has no task left, but {len(linked)} issues are linked to it", allow)
    if linked and absent >= len(linked):
        _stop("unreadable-issues", f"none of the {len(linked)} linked issues can be read", allow)
    destroyed = _destroyed(base, operations)
    if len(destroyed) > max(MASS_FLOOR, MASS_SHARE * len(linked)):
        words = f"{len(destroyed)} of {len(linked)} tasks would be closed as won't do, reopened, or lose ticks or steps"
        _stop("mass-change", words, allow)
    creates = sum(op.kind == "create-issue" for op in operations)
    if creates > max_creates and not is_attended:
        _stop("mass-create", f"{creates} issues would be made, more than max_creates = {max_creates}", allow)


def _stop(name: str, what: str, allow: Collection[str]) -> None:
    if name not in allow:
        raise SafetyStop(f"stopped before any write: {what}. If that is what you want, add --allow {name}")


def _destroyed(base: Base, operations: Sequence[Operation]) -> set[Uid]:
    """List the tasks that would lose something, once each. Undoing our own ticks is no loss."""
    found: set[Uid] = set()
    for op in operations:
        owner = owner_of(op.uid)
        implied = uids_of(base.agreed.get(owner), Field.IMPLIED)
        for change in op.changes:
            is_untick = change.field is Field.TICK and change.old == Tick.TICKED and change.uid not in implied
            is_dropping = (
                op.side is Side.REMOTE and change.field is Field.STATE and change.new == State.DROPPED
            )
            is_reopening = op.kind == "reopen-issue"
            is_removal = op.kind == "remove-step" or (
                change.field is Field.STEPS
                and op.side is Side.REMOTE
                and isinstance(change.old, tuple)
                and isinstance(change.new, tuple)
                and not set(change.old) <= set(change.new)
            )
            if owner != OVERVIEW and (is_untick or is_dropping or is_reopening or is_removal):
                found.add(owner)
    return found
