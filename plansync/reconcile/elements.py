"""The writes of fields that are sets of which only some elements are ours: labels, owners, links between issues.

What nobody wrote into the plan is somebody's own, and stays. Source: sync semantics §2.2 and §2.5, "labels,
assignees" and "dependency edges".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

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
        if moving := _moving(agreement, given, shown, name):
            coming = [moving.coming] if moving.coming else []
            for change in _writes(agreement, uid, name, moving.now, coming, moving.going):
                yield Operation(Side.REMOTE, kind, uid, (change,), wave, (uid,))


def edge_changes(
    agreement: Agreement, given: Given, uid: Uid, wave: int, knotted: Set[Uid]
) -> Iterator[Operation]:
    """List the links that an issue gets and loses, one write each; what would close a circle is left to the text.

    Those that go come a wave before: a dependency that is turned around would close a circle otherwise.
    `knotted`: the tasks that may be part of one.
    """
    shown = given.remote.get(uid) or Item(uid, Kind.TASK, {Field.EDGES: ()})
    if not (moving := _moving(agreement, given, shown, Field.EDGES)):
        return
    coming = [{k: n} for k, n in moving.coming.items() if _can_be(agreement, given, uid, Uid(k), knotted)]
    going = [key for key in moving.going if key in given.remote]
    changes = _writes(agreement, uid, Field.EDGES, moving.now, coming, going)
    for number, change in enumerate(changes):
        if number < len(going):
            yield Operation(Side.REMOTE, "remove-dependency", uid, (change,), wave - 1, (uid,))
        else:
            other = Uid(*coming[number - len(going)])
            yield Operation(Side.REMOTE, "add-dependency", uid, (change,), wave, (uid, other))


class _Moving(NamedTuple):
    """What the tracker shows of ours, what it is to get besides, and what it is to lose; by key."""

    now: dict[str, str]
    coming: dict[str, str]
    going: list[str]


def _moving(agreement: Agreement, given: Given, shown: Item, name: Field) -> _Moving | None:
    """Compare what the tracker shows of ours with what is agreed; `None` where it keeps no such set."""
    agreed = agreement.get(shown.uid, name)
    if not isinstance(agreed, tuple) or name not in shown.fields or name not in given.stores[Side.REMOTE]:
        return None
    said = (side[shown.uid].fields.get(name) for side in _sides(given) if shown.uid in side)
    ours = {key for names in said for key in by_key(names)}
    there, wanted = by_key(shown.fields[name]), by_key(agreed)
    now = {key: n for key, n in there.items() if key in ours or key in wanted}
    coming = {key: n for key, n in wanted.items() if key not in there}
    return _Moving(now, coming, [key for key in now if key not in wanted])


def _writes(
    agreement: Agreement,
    uid: Uid,
    name: Field,
    now: dict[str, str],
    coming: Iterable[Mapping[str, str]],
    going: Iterable[str],
) -> Iterator[Change]:
    """Go from what the tracker shows to what is agreed: what goes one by one, then what comes batch by batch."""
    sets = [now]
    for key in going:
        sets.append({k: n for k, n in sets[-1].items() if k != key})
    for batch in coming:
        sets.append({**sets[-1], **batch})
    for old, new in pairwise(sets):
        yield Change(uid, name, tuple(old.values()), tuple(new.values()), agreement.why.get((uid, name), ""))


def _sides(given: Given) -> tuple[Snapshot, ...]:
    return given.base.agreed, given.base.local, given.base.remote


def _can_be(agreement: Agreement, given: Given, uid: Uid, other: Uid, knotted: Set[Uid]) -> bool:
    """Say whether a link's other end has an issue, or gets one, and does not wait for this one."""
    is_new = other in given.local and other not in given.skipped
    may_lead_back = {uid, other} <= knotted
    return (other in given.remote or is_new) and not (
        may_lead_back and _leads_back(agreement, given, other, uid)
    )


def knotted(agreement: Agreement, given: Given) -> frozenset[Uid]:
    """List the tasks that wait, however many tasks on, for a circle: none but these can be part of one."""
    waits: dict[Uid, set[Uid]] = {}
    behind: dict[Uid, list[Uid]] = defaultdict(list)
    for uid in {*agreement.items, *given.remote}:
        edges = agreement.get(uid, Field.EDGES)
        waits[uid] = {Uid(edge) for edge in edges} if isinstance(edges, tuple) else set()
        waits[uid] |= {*_own_links(given, uid)}
        for edge in waits[uid]:
            behind[edge].append(uid)
    free = [uid for uid in {*waits, *behind} if not waits.get(uid)]
    while free:
        first = free.pop()
        for uid in behind.get(first, ()):
            waits[uid].discard(first)
            free += () if waits[uid] else (uid,)
    return frozenset(uid for uid, left in waits.items() if left)


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
    """Remember no link to an issue that is not there: with it the link went, and nobody took it away.

    Nor one to an issue of which nothing is remembered: what bears its mark by now may be another one.
    """
    there = base.remote.keys() & remote.keys()
    lost = {u for i in base.remote.values() for u in uids_of(i, Field.EDGES) if u not in there}
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
        is_pulled = agreement.why.get((uid, Field.EDGES)) == "pull" or _is_owed(given, uid, gone)
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


def _is_owed(given: Given, uid: Uid, gone: Iterable[Uid]) -> bool:
    """Say whether an earlier run agreed that links are gone, and did not come to write that into the plan.

    What was told instead, because the plan says it in other words, is no such half.
    """
    if uid not in given.base.agreed or uid not in given.base.local:
        return False
    agreed, held = given.base.agreed[uid], {*uids_of(given.base.local[uid], Field.EDGES)}
    settled = (agreed.fields.get(name) for name in (Field.NOTED, Field.ACCEPTED))
    if any(isinstance(names, tuple) and Field.EDGES.value in names for names in settled):
        return False
    return held.issuperset(gone) and not {*uids_of(agreed, Field.EDGES)}.intersection(gone)


def _told(given: Given, uid: Uid, others: list[Uid], is_what: str, why: str) -> str:
    numbers = ", ".join(f"#{given.remote[u].at}" for u in others if u in given.remote)
    return f"#{given.remote[uid].at} {is_what} {numbers or 'it'} on the tracker, {why}"
