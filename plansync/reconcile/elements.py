"""The writes of fields that are sets of which only some elements are ours: labels, owners, links between issues.

What nobody wrote into the plan is somebody's own, and stays. Source: sync semantics §2.2 and §2.5, "labels,
assignees" and "dependency edges".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from plansync.model import Base, Change, Field, Item, Kind, Operation, Side, Snapshot, Uid, uids_of
from plansync.reconcile.agreement import Agreement
from plansync.reconcile.given import Given
from plansync.reconcile.reasons import UNLINKED
from plansync.reconcile.rows import by_key

_WHOLE = {Field.LABELS: "set-labels", Field.OWNERS: "set-assignees"}


def element_changes(agreement: Agreement, given: Given, uid: Uid, wave: int) -> Iterator[Operation]:
    """List the writes to an issue that is there: all that comes in one, each that goes in one of its own."""
    shown = given.remote[uid]
    for name, kind in _WHOLE.items():
        for change in _steps_to(agreement, given, shown, name):
            yield Operation(Side.REMOTE, kind, uid, (change,), wave, (uid,))


def edge_changes(agreement: Agreement, given: Given, uid: Uid, wave: int) -> Iterator[Operation]:
    """List the links that an issue gets and loses, one write each; what would close a circle is left to the text.

    Those that go come a wave before: a dependency that is turned around would close a circle otherwise.
    """
    shown = given.remote.get(uid) or Item(uid, Kind.TASK, {Field.EDGES: ()})
    for change in _steps_to(agreement, given, shown, Field.EDGES):
        old, new = by_key(change.old), by_key(change.new)
        (target,) = old.keys() ^ new.keys()
        is_new = target in new
        kind = "add-dependency" if is_new else "remove-dependency"
        needs = (uid, Uid(target)) if is_new else (uid,)
        yield Operation(Side.REMOTE, kind, uid, (change,), wave if is_new else wave - 1, needs)


def _steps_to(agreement: Agreement, given: Given, shown: Item, name: Field) -> Iterator[Change]:
    """Go from what the tracker shows of ours to what is agreed, in as many writes as that takes."""
    uid, agreed = shown.uid, agreement.get(shown.uid, name)
    if not isinstance(agreed, tuple) or name not in shown.fields or name not in given.stores[Side.REMOTE]:
        return
    ours = {
        key: n
        for side in _sides(given)
        if uid in side
        for key, n in by_key(side[uid].fields.get(name)).items()
    }
    there, wanted = by_key(shown.fields[name]), by_key(agreed)
    now = {key: n for key, n in there.items() if key in ours or key in wanted}
    coming = {key: n for key, n in wanted.items() if key not in there}
    if name is Field.EDGES:
        coming = {key: n for key, n in coming.items() if _can_be(agreement, given, uid, Uid(key))}
    why = agreement.why.get((uid, name), "")
    if coming and name is not Field.EDGES:
        yield Change(uid, name, tuple(now.values()), (*now.values(), *coming.values()), why)
        now |= coming
        coming = {}
    for key in [key for key in now if key not in wanted and (name is not Field.EDGES or key in given.remote)]:
        left = {k: n for k, n in now.items() if k != key}
        yield Change(uid, name, tuple(now.values()), tuple(left.values()), why)
        now = left
    for key, spelt in coming.items():
        yield Change(uid, name, tuple(now.values()), (*now.values(), spelt), why)
        now[key] = spelt


def _sides(given: Given) -> tuple[Snapshot, ...]:
    return given.base.agreed, given.base.local, given.base.remote


def _can_be(agreement: Agreement, given: Given, uid: Uid, other: Uid) -> bool:
    """Say whether a link's other end has an issue, or gets one, and does not wait for this one."""
    is_new = other in given.local and other not in given.skipped
    return (other in given.remote or is_new) and not _leads_back(agreement, given, other, uid)


def _leads_back(agreement: Agreement, given: Given, start: Uid, goal: Uid) -> bool:
    """Say whether a task waits, however many tasks on, for another one: by the plan, or by somebody's own links."""
    seen, todo = set[Uid](), [start]
    while todo:
        uid = todo.pop()
        if uid == goal:
            return True
        if uid not in seen:
            seen.add(uid)
            edges = agreement.get(uid, Field.EDGES)
            todo += [Uid(e) for e in edges] if isinstance(edges, tuple) else []
            todo += _own_links(given, uid)
    return False


def _own_links(given: Given, uid: Uid) -> list[Uid]:
    """List the links of an issue that nobody wrote into the plan: those that stay, whatever is agreed."""
    ours = {u for side in _sides(given) for u in uids_of(side.get(uid), Field.EDGES)}
    return [u for u in uids_of(given.remote.get(uid), Field.EDGES) if u not in ours]


def without_lost_ends(base: Base, remote: Snapshot) -> Base:
    """Remember no link to an issue that is not there: with it the link went, and nobody took it away."""
    lost = {u for i in base.remote.values() for u in uids_of(i, Field.EDGES) if u not in remote}
    if not lost:
        return base

    def lens(item: Item) -> Item:
        edges = tuple(u for u in uids_of(item, Field.EDGES) if u not in lost)
        return (
            replace(item, fields={**item.fields, Field.EDGES: edges}) if Field.EDGES in item.fields else item
        )

    return replace(base, remote={uid: lens(item) for uid, item in base.remote.items()})


def follow_edges(agreement: Agreement, given: Given) -> None:
    """Take a link that was removed on the tracker out of the plan's line, where that is a bare list; else say so."""
    for uid, item in given.local.items():
        agreed = agreement.get(uid, Field.EDGES)
        if item.kind is not Kind.TASK or uid not in given.remote or not isinstance(agreed, tuple):
            continue
        ours, known = uids_of(item, Field.EDGES), uids_of(item, Field.DEPENDS)
        gone = [edge for edge in ours if edge not in agreed]
        was_ours = {u for side in _sides(given) for u in uids_of(side.get(uid), Field.EDGES)}
        strange = [u for u in uids_of(given.remote[uid], Field.EDGES) if u not in {*ours, *agreed, *was_ours}]
        is_pulled = agreement.why.get((uid, Field.EDGES)) == "pull"
        if gone and is_pulled and set(gone) <= set(uids_of(item, Field.LISTED)):
            agreement.set(uid, Field.DEPENDS, tuple(d for d in known if d not in gone), UNLINKED)
        elif gone:
            agreement.drift(
                uid, Field.EDGES, _told(given, uid, gone, "is not blocked by", "though the plan says so")
            )
        elif strange:
            agreement.drift(
                uid, Field.EDGES, _told(given, uid, strange, "is blocked by", "which the plan does not say")
            )


def _told(given: Given, uid: Uid, others: list[Uid], is_what: str, why: str) -> str:
    numbers = ", ".join(f"#{given.remote[u].at}" for u in others if u in given.remote)
    return f"#{given.remote[uid].at} {is_what} {numbers or 'it'} on the tracker, {why}"
