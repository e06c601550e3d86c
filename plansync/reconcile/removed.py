"""Tasks that are gone from the plan while their issues are open: kept, asked about, or closed.

Nothing is ever deleted, and nothing is closed that moved since both sides agreed, unless a person names it.
What is remembered of such a task stays: it comes back as it was, and where we closed its issue that is
a half still owed, so the issue is opened again.
Source: sync semantics §2.5, "task removed from plan".
"""

from __future__ import annotations

from collections.abc import Iterable

from plansync.model import (
    Change,
    Conflict,
    Field,
    Item,
    Kind,
    Note,
    Operation,
    Removed,
    Side,
    Snapshot,
    State,
    Uid,
    Value,
    state_of,
    uids_of,
)
from plansync.reconcile.given import Given
from plansync.reconcile.order import ISSUES
from plansync.reconcile.rows import ROWS, same

_SHOWN_MAX = 5


def removed(given: Given) -> tuple[Removed, ...]:
    """List the tasks that this copy held, and holds no more, whose issues are open; a second issue of one too."""
    second = (
        Removed(t.item.uid, t.item.at, t.is_spoken or not t.is_new)
        for t in given.twins
        if t.of not in given.local
        and t.of in given.base.agreed
        and t.item.at is not None
        and state_of(t.item) is State.TODO
    )
    first = (
        Removed(uid, item.at, uid in given.spoken or _is_changed(given, item))
        for uid, item in given.remote.items()
        if item.kind is Kind.TASK
        and item.at is not None
        and uid not in given.local
        and uid in given.base.agreed
        and state_of(item) is State.TODO
    )
    return *first, *second


def _is_changed(given: Given, item: Item) -> bool:
    """Say whether the issue shows anything else than when both sides last agreed."""
    then = given.base.remote.get(item.uid)
    if then is None or item.stamp.is_beyond(then.stamp):
        return True
    uids = {*uids_of(item, Field.STEPS), *uids_of(then, Field.STEPS)}
    return _differs(item, then) or any(
        _differs(given.remote.get(uid), given.base.remote.get(uid)) for uid in uids
    )


def _differs(now: Item | None, then: Item | None) -> bool:
    if now is None or then is None:
        return True
    return any(
        not same(kind, name)(now.fields.get(name), then.fields.get(name))
        for kind, name in ROWS
        if kind is now.kind and name in now.fields
    )


def closed(given: Given, gone: Iterable[Removed]) -> list[Operation]:
    """Close those that a person named, and where that is the policy those that nobody touched since.

    An undo opens those again that a run had closed.
    """
    is_policy = given.policy.task_removed == "close"
    closes = [
        _turned("close-issue", each.uid, State.TODO, State.DROPPED, "task removed")
        for each in gone
        if _wanted(given, each.uid) == State.DROPPED
        or (is_policy and not each.is_changed and not _is_kept(given, each.uid))
    ]
    reopens = [
        _turned("reopen-issue", uid, State.DROPPED, State.TODO, choice.rule)
        for uid, choice in given.pruned.items()
        if uid not in given.local
        and uid in given.base.agreed
        and choice.value == State.TODO
        and state_of(given.remote.get(uid)) is State.DROPPED
    ]
    return [*closes, *reopens]


def _wanted(given: Given, uid: Uid) -> Value | None:
    """Say in which state a person wants the issue of a removed task; `None` where nobody said."""
    choice = given.pruned.get(uid)
    return choice.value if choice else None


def _turned(kind: str, uid: Uid, old: State, new: State, rule: str) -> Operation:
    change = Change(uid, Field.STATE, old.value, new.value, rule)
    return Operation(Side.REMOTE, kind, uid, (change,), ISSUES, (uid,))


def asked(given: Given, gone: Iterable[Removed]) -> list[Conflict]:
    """Ask about those that the policy would close, or asks about, and nobody decided yet."""
    if given.policy.task_removed == "keep":
        return []
    is_policy = given.policy.task_removed == "close"
    return [
        Conflict(
            each.uid, Field.EXISTENCE, "in the plan", "removed", "changed" if each.is_changed else "open"
        )
        for each in gone
        if each.uid not in given.pruned
        and not _is_kept(given, each.uid)
        and (each.is_changed or not is_policy)
    ]


def _is_kept(given: Given, uid: Uid) -> bool:
    """Say whether a person decided that the issue of a removed task stays open."""
    known = given.base.agreed.get(uid)
    accepted = known.fields.get(Field.ACCEPTED) if known else None
    return isinstance(accepted, tuple) and Field.EXISTENCE.value in accepted


def remembered(given: Given, operations: Iterable[Operation]) -> Snapshot:
    """Give what stays agreed of the tasks whose issues are closed: all that was."""
    agreed = given.base.agreed
    return {
        uid: agreed[uid]
        for op in operations
        for uid in (op.uid, *uids_of(agreed.get(op.uid), Field.STEPS))
        if uid in agreed
    }


def noted(given: Given, gone: Iterable[Removed]) -> list[Note]:
    """Say which open issues are of removed tasks, and which of tasks that this copy never held."""
    asks = given.policy.task_removed != "keep"
    kept = [each.ref for each in gone if each.uid not in given.pruned and not asks]
    unknown = [
        item.at
        for uid, item in given.remote.items()
        if item.kind is Kind.TASK
        and item.at is not None
        and uid not in given.local
        and uid not in given.base.agreed
        and state_of(item) is State.TODO
    ]
    notes = []
    if kept:
        count = len(kept) - sum(t.item.at in kept for t in given.twins)
        what = "1 task is" if count == 1 else f"{count} tasks are"
        stay = (
            "its issue stays" if len(kept) == 1 else "their issues stay" if count > 1 else "its issues stay"
        )
        text = f"{what} no longer in the plan and {stay} open ({_listed(kept)}); plansync prune closes such issues"
        notes.append(Note("", text))
    if unknown:
        belong = "belongs to a task" if len(unknown) == 1 else "belong to tasks"
        text = (
            f"{_listed(unknown)} {belong} that this copy of the plan has never held; nothing is done about it"
        )
        notes.append(Note("", text))
    return notes


def _listed(refs: list[int]) -> str:
    shown = ", ".join(f"#{ref}" for ref in refs[:_SHOWN_MAX])
    return f"{shown} and {len(refs) - _SHOWN_MAX} more" if len(refs) > _SHOWN_MAX else shown
