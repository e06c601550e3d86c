"""Base, local and remote in, one changeset out: pure, and the same for a dry run and a real one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from plansync.model import Changeset, Field, Item, Kind, Note, Snapshot, Uid, is_step, uids_of
from plansync.reconcile.adopt import adopt
from plansync.reconcile.agreement import Agreement
from plansync.reconcile.akin import doubtful, same_task
from plansync.reconcile.aside import set_aside
from plansync.reconcile.bare import Bare
from plansync.reconcile.elements import follow_edges
from plansync.reconcile.given import Given, Policy
from plansync.reconcile.merge import merge
from plansync.reconcile.order import operations
from plansync.reconcile.pairing import pair, read_back
from plansync.reconcile.phases import follow_tasks
from plansync.reconcile.removed import asked, closed, noted, remembered, removed
from plansync.reconcile.rules import add_sections, derive, note_drifts, states, without_issue
from plansync.reconcile.settle import fold, held, settle
from plansync.reconcile.twins import asked_twins, closed_twins

__all__ = [
    "Agreement",
    "Bare",
    "Decision",
    "Given",
    "Policy",
    "fold",
    "held",
    "linkable",
    "read_back",
    "reconcile",
    "settle",
]


class Decision(NamedTuple):
    """A changeset, with both sides as they were paired for it, and the tasks that get no issue.

    `doubts`: which task of the tracker's some of those may be.
    """

    changeset: Changeset
    local: Snapshot
    remote: Snapshot
    skipped: frozenset[Uid] = frozenset()
    doubts: Mapping[Uid, Uid] = MappingProxyType({})


def reconcile(given: Given) -> Decision:
    """Decide everything that would make plan and tracker tell the same story."""
    local, remote = pair(given.base, given.local, given.remote, given.bare, given.told)
    given = replace(given, local=local, remote=remote)
    given = replace(given, skipped=without_issue(given))
    doubts = doubtful(given)
    given = replace(given, skipped=given.skipped | doubts.keys())
    given = replace(given, local=linkable(given.local, given.skipped, doubts, remote))
    agreement = merge(given.base, given.local, remote, given.choices, given.assume, given.bare)
    adopt(agreement, given)
    if given.settles is not None:
        set_aside(agreement, given.local, remote, given.settles)
    derive(agreement, given)
    follow_edges(agreement, given)
    note_drifts(agreement, given)
    follow_tasks(agreement, given, states(agreement, given))
    gone = removed(given)
    closes = closed(given, gone)
    conflicts = (
        *agreement.conflicts.values(),
        *asked(given, gone),
        *asked_twins(given),
        *same_task(given, doubts),
    )
    add_sections(agreement, given, conflicts)
    changeset = Changeset(
        agreed={**_snapshot(agreement, local, remote), **remembered(given, closes)},
        operations=tuple(
            sorted((*operations(agreement, given), *closes, *closed_twins(given)), key=lambda op: op.wave)
        ),
        conflicts=conflicts,
        drifts=tuple(agreement.drifts.values()),
        removed=gone,
        notes=(
            *agreement.notes,
            *_assumed(agreement),
            *noted(given, gone),
            *_left_out(given),
            *_put_back(given),
        ),
    )
    return Decision(changeset, given.local, remote, given.skipped, doubts)


def _assumed(agreement: Agreement) -> tuple[Note, ...]:
    """Say for how many fields a side was taken because nothing is remembered of them."""
    count = sum(agreement.why.get(key) == "assumed" for key in agreement.chosen)
    if agreement.assume is None or not count:
        return ()
    values = "1 value" if count == 1 else f"{count} values"
    text = f"what was agreed of {values} is not known; the {agreement.assume} is taken as right (--assume)"
    return (Note("", text),)


def _left_out(given: Given) -> tuple[Note, ...]:
    """Say once, before a plan has any issue, which of its tasks will get none."""
    if not given.skipped or any(i.kind is Kind.TASK for i in given.remote.values()):
        return ()
    count = len(given.skipped)
    were, they, get = ("task was", "it", "gets") if count == 1 else ("tasks were", "they", "get")
    text = f"{count} {were} done or dropped before {they} had an issue and {get} none (done_at_first_push)"
    return (Note("", text),)


def _put_back(given: Given) -> tuple[Note, ...]:
    """Say in one line what became of a plan that lost half of its ids or more."""
    known = [u for u, i in given.base.remote.items() if i.kind is Kind.TASK and i.at is not None]
    there = [u for u in known if u in given.local]
    nameless = [u for u in there if not given.local[u].fields.get(Field.MARKER)]
    if not nameless or 2 * len(nameless) < len(known):
        return ()
    fresh = [u for u, i in given.local.items() if i.kind is Kind.TASK and u not in known]
    gone = len(known) - len(there)
    text = f"{len(nameless)} of {len(known)} tasks had lost their ids and are known by links, titles or steps"
    rest = f"; {_are(gone)} gone, {_are(len(fresh))} new" if gone or fresh else ""
    return (Note("", f"{text}; the ids are put back{rest}"),)


def _are(count: int) -> str:
    return f"{count} {'is' if count == 1 else 'are'}"


def linkable(
    local: Snapshot, skipped: frozenset[Uid], doubts: Mapping[Uid, Uid], remote: Snapshot
) -> Snapshot:
    """Show the plan without dependencies on tasks that have no issue: no tracker could name them.

    One on a task that may be another copy's is taken for that one where the issue names it: that is no difference yet.
    """
    if not skipped:
        return local

    def lens(item: Item) -> Item:
        depends = item.fields.get(Field.DEPENDS)
        if not isinstance(depends, tuple) or not skipped & set(depends):
            return item
        there = uids_of(remote.get(item.uid), Field.DEPENDS)
        meant = (doubts[Uid(d)] if doubts.get(Uid(d)) in there else d for d in depends)
        named = tuple(d for d in meant if d not in skipped)
        edges = tuple(d for d in named if not d.startswith("="))
        return replace(item, fields={**item.fields, Field.DEPENDS: named, Field.EDGES: edges})

    return {uid: lens(item) for uid, item in local.items()}


def _snapshot(agreement: Agreement, local: Snapshot, remote: Snapshot) -> Snapshot:
    def kind(uid: Uid) -> Kind:
        known = local.get(uid) or remote.get(uid)
        return known.kind if known else Kind.STEP if is_step(uid) else Kind.TASK

    return {uid: Item(uid, kind(uid), fields) for uid, fields in agreement.items.items()}
