"""From what is agreed to what is written: the difference to each side, in waves.

Tracker: milestones, issues (what others depend on first), their fields, their state, the overview.
Plan: ids before the first create, everything else after the tracker.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

from plansync.model import (
    OVERVIEW,
    RELINKED,
    SECTIONS,
    Change,
    Field,
    Item,
    Kind,
    Operation,
    Side,
    State,
    Tick,
    Uid,
    Value,
    is_step,
    owner_of,
    text_of,
    uids_of,
)
from plansync.reconcile.agreement import Agreement
from plansync.reconcile.bare import Bare
from plansync.reconcile.elements import edge_changes, element_changes, knotted
from plansync.reconcile.given import Given
from plansync.reconcile.reasons import FIX_REASON, NEW, UNLINKED
from plansync.reconcile.rows import same

IDS, MILESTONES, ISSUES = 0, 1, 2
_AFTER_ISSUES = {"update-issue": 1, "set-milestone": 2, "close-issue": 3, "reopen-issue": 3}
_MILESTONE_STATES = 4
_ELEMENTS = (Field.LABELS, Field.OWNERS)
_BODY = (
    Field.TITLE,
    Field.FRAME,
    Field.PROSE,
    Field.REQUIREMENTS,
    Field.ESTIMATE,
    Field.DEPENDS,
    Field.STEPS,
)
_SUMMARY = (Field.COMPLETION, Field.CURRENT_PHASE, Field.OVERALL)
_NEW_TASK = (Field.TITLE, Field.PHASE, Field.MARKER, Field.LINK, Field.STATUS)
_PLAN_FIELDS = (
    (Field.TITLE, "rename"),
    (Field.PHASE, "move-task"),
    (Field.STATUS, "set-status"),
    (Field.EFFORT, "set-estimate"),
)


def operations(agreement: Agreement, given: Given) -> tuple[Operation, ...]:
    """List every write that both sides need to hold what is agreed."""
    return (*_Orderer(agreement, given).remote(), *_Orderer(agreement, given).local())


class _Orderer:
    """Compares one agreement with each side."""

    def __init__(self, agreement: Agreement, given: Given) -> None:
        self.agreement, self.given = agreement, given
        self.created = [
            u
            for u, i in given.local.items()
            if i.kind is Kind.TASK and u not in given.remote and u not in given.skipped
        ]
        self.depth = self._depths()
        self.last = ISSUES + max(self.depth.values(), default=0)

    def _depths(self) -> dict[Uid, int]:
        """Place each new issue after those that it names; on a cycle the plan's order decides."""
        depth: dict[Uid, int] = {}
        new = set(self.created)

        for root in self.created:
            stack = [(root, iter(self._new_targets(root, new)))]
            path = {root}
            while stack:
                uid, targets = stack[-1]
                target = next((t for t in targets if t not in depth and t not in path), None)
                if target is not None:
                    path.add(target)
                    stack.append((target, iter(self._new_targets(target, new))))
                    continue
                depth.setdefault(
                    uid, 1 + max((depth.get(t, -1) for t in self._new_targets(uid, new)), default=-1)
                )
                path.discard(uid)
                stack.pop()
        return self._in_plan_order(depth) if self.given.is_serial else depth

    def _in_plan_order(self, depth: dict[Uid, int]) -> dict[Uid, int]:
        """Let no issue be made before the one above it in the plan, unless it is needed earlier."""
        waves: dict[Uid, int] = {}
        last = 0
        for uid in depth:
            last = max(
                last, 1 + max((waves.get(t, -1) for t in self._new_targets(uid, set(depth))), default=-1)
            )
            waves[uid] = last
        return waves

    def _new_targets(self, uid: Uid, new: set[Uid]) -> list[Uid]:
        depends = self.agreement.get(uid, Field.DEPENDS)
        return [Uid(t) for t in (depends if isinstance(depends, tuple) else ()) if t in new]

    # ------------------------------------------------------------- tracker

    def remote(self) -> Iterable[Operation]:
        """List the tracker's operations."""
        given = self.given
        for uid, item in given.local.items():
            if item.kind is Kind.PHASE:
                yield from self._milestone(uid)
        for uid in self.created:
            yield from self._issue(uid)
        for uid, item in given.local.items():
            if item.kind is Kind.TASK and uid in given.remote:
                yield from self._updates(uid, self.last)
        yield from self._overview()

    def _milestone(self, uid: Uid) -> Iterable[Operation]:
        if uid in self.given.remote:
            changes = self._changes(uid, (Field.TITLE, Field.DUE), self.given.remote[uid])
            if uid in self.given.bare:
                changes += (Change(uid, Field.MARKER, None, uid, "adopt"),)
            if changes:
                yield Operation(Side.REMOTE, "update-milestone", uid, changes, MILESTONES)
            if state := self._changes(uid, (Field.STATE,), self.given.remote[uid]):
                yield self._milestone_state(uid, state[0].old, str(state[0].new))
        elif any(self.given.local[t].fields.get(Field.PHASE) == uid for t in self._with_issue()):
            new = self._new(uid, (Field.TITLE, Field.DUE))
            yield Operation(Side.REMOTE, "create-milestone", uid, new, MILESTONES)
            if self.agreement.get(uid, Field.STATE) == State.DONE:
                yield self._milestone_state(uid, State.TODO.value, State.DONE.value)

    def _milestone_state(self, uid: Uid, old: Value | None, new: Value) -> Operation:
        kind = "reopen-milestone" if new == State.TODO else "close-milestone"
        change = Change(uid, Field.STATE, old, new, self.agreement.why.get((uid, Field.STATE), ""))
        return Operation(Side.REMOTE, kind, uid, (change,), self.last + _MILESTONE_STATES, (uid,))

    def _with_issue(self) -> list[Uid]:
        return [
            *self.created,
            *(u for u, i in self.given.remote.items() if i.kind is Kind.TASK and u in self.given.local),
        ]

    def _issue(self, uid: Uid) -> Iterable[Operation]:
        wave = ISSUES + self.depth[uid]
        new = self._new(uid, (*_BODY, Field.PHASE, *_ELEMENTS))
        yield Operation(Side.REMOTE, "create-issue", uid, new, wave, self._milestone_of(uid))
        if minutes := self.agreement.get(uid, Field.EFFORT):
            change = Change(uid, Field.EFFORT, 0, minutes, NEW)
            yield Operation(Side.REMOTE, "set-estimate", uid, (change,), self.last + 1, (uid,))
        yield from self._edges(uid, self.last + _AFTER_ISSUES["set-milestone"])
        unnamed = [
            t
            for t in self._new_targets(uid, set(self.created))
            if self.depth[t] >= self.depth[uid] and t != uid
        ]
        if unnamed:
            change = Change(uid, Field.DEPENDS, None, self.agreement.get(uid, Field.DEPENDS), "cycle")
            yield Operation(Side.REMOTE, "update-issue", uid, (change,), self.last + 1, (uid,))
        state = self.agreement.get(uid, Field.STATE)
        if state in (State.DONE, State.DROPPED):
            yield self._state(uid, State.TODO.value, state, self.last)

    def _milestone_of(self, uid: Uid) -> tuple[Uid, ...]:
        """Name the phase whose milestone an issue is to be in: none where that is gone."""
        phase = self.agreement.get(uid, Field.PHASE)
        if not isinstance(phase, str) or not phase or phase in self.given.without_milestone:
            return ()
        return (Uid(phase),)

    @cached_property
    def _knotted(self) -> frozenset[Uid]:
        return knotted(self.agreement, self.given)

    def _edges(self, uid: Uid, wave: int) -> Iterable[Operation]:
        return edge_changes(self.agreement, self.given, uid, wave, self._knotted)

    def _new(self, uid: Uid, fields: Iterable[Field]) -> tuple[Change, ...]:
        values = ((f, self.agreement.get(uid, f)) for f in fields)
        return tuple(Change(uid, f, None, v, "new") for f, v in values if v not in (None, "", ()))

    def _updates(self, uid: Uid, after: int) -> Iterable[Operation]:
        shown, bare = self.given.remote[uid], self.given.bare.get(uid)
        if bare:
            yield from self._before_the_block(uid, bare, after)
            body = self._whole_block(uid, shown)
        else:
            body = (*self._changes(uid, _BODY, shown), *self._step_changes(uid, shown, self.given.remote))
        if body:
            yield Operation(Side.REMOTE, "update-issue", uid, body, after + _AFTER_ISSUES["update-issue"])
        phase = self._changes(uid, (Field.PHASE,), shown)
        if phase:
            needs = self._milestone_of(uid)
            yield Operation(
                Side.REMOTE, "set-milestone", uid, phase, after + _AFTER_ISSUES["set-milestone"], needs
            )
        if minutes := self._changes(uid, (Field.EFFORT,), shown):
            yield Operation(Side.REMOTE, "set-estimate", uid, minutes, after + _AFTER_ISSUES["update-issue"])
        yield from element_changes(self.agreement, self.given, uid, after + _AFTER_ISSUES["update-issue"])
        yield from self._edges(uid, after + _AFTER_ISSUES["set-milestone"])
        if state := self._changes(uid, (Field.STATE,), shown):
            yield from self._states(uid, state[0], after)

    def _states(self, uid: Uid, change: Change, after: int) -> Iterable[Operation]:
        """Close or reopen; a tracker takes another reason only with another state, so that is both."""
        if change.rule != FIX_REASON:
            yield self._state(uid, change.old, change.new, after)
        else:
            yield self._state(uid, change.old, State.TODO.value, after)
            yield self._state(uid, State.TODO.value, change.new, after + 1)

    def _before_the_block(self, uid: Uid, bare: Bare, wave: int) -> Iterable[Operation]:
        """Give an issue our label, and a milestone where it has none; with the block it is taken over."""
        if bare.labels:
            change = Change(uid, Field.LABELS, None, bare.labels, "adopt")
            yield Operation(Side.REMOTE, "set-labels", uid, (change,), wave)
        if bare.is_loose and (needs := self._milestone_of(uid)):
            change = Change(uid, Field.PHASE, None, needs[0], "adopt")
            yield Operation(Side.REMOTE, "set-milestone", uid, (change,), wave, needs)

    def _whole_block(self, uid: Uid, shown: Item) -> tuple[Change, ...]:
        """List all that a block says, as if there were none: so it is written whole."""
        agreed = self.agreement.get(uid, Field.STEPS)
        steps = agreed if isinstance(agreed, tuple) else tuple(uids_of(shown, Field.STEPS))
        why = self.agreement.why.get((uid, Field.STEPS), "")
        return (
            *self._changes(uid, (Field.TITLE,), shown),
            *self._new(uid, (f for f in (*_BODY, *SECTIONS) if f not in (Field.TITLE, Field.STEPS))),
            *self._step_changes(uid, shown, self.given.remote),
            Change(uid, Field.STEPS, None, steps, why),
        )

    def _state(self, uid: Uid, old: Value | None, new: Value | None, after: int) -> Operation:
        kind = "reopen-issue" if new == State.TODO else "close-issue"
        change = Change(uid, Field.STATE, old, new, self.agreement.why.get((uid, Field.STATE), ""))
        return Operation(Side.REMOTE, kind, uid, (change,), after + _AFTER_ISSUES[kind], (uid,))

    def _overview(self) -> Iterable[Operation]:
        item = self.given.local.get(OVERVIEW)
        wave = self.last + 5
        if item is None:
            return
        if OVERVIEW in self.given.remote:
            shown = self.given.remote[OVERVIEW]
            changes = (
                *self._changes(OVERVIEW, (*_BODY, *SECTIONS), shown),
                *self._step_changes(OVERVIEW, shown, self.given.remote),
            )
            if OVERVIEW in self.given.bare:
                changes = self._whole_block(OVERVIEW, shown)
            if changes:
                yield Operation(Side.REMOTE, "update-issue", OVERVIEW, changes, wave)
        elif self._with_issue() and self.given.has_overview:
            changes = self._new(OVERVIEW, (*_BODY, *SECTIONS))
            yield Operation(Side.REMOTE, "create-issue", OVERVIEW, changes, wave)

    # ---------------------------------------------------------------- both

    def _changes(self, uid: Uid, fields: Iterable[Field], shown: Item) -> tuple[Change, ...]:
        """List the fields that this side shows, stores, and shows differently from what is agreed."""
        side = Side.REMOTE if shown is self.given.remote.get(uid) else Side.LOCAL
        found = []
        for name in fields:
            agreed, now = self.agreement.get(uid, name), shown.fields.get(name)
            is_stored = name in self.given.stores[side] and name in shown.fields
            if agreed is not None and is_stored and not same(shown.kind, name)(agreed, now):
                found.append(Change(uid, name, now, agreed, self.agreement.why.get((uid, name), "")))
        return tuple(found)

    def _step_changes(self, owner: Uid, shown: Item, side: object) -> tuple[Change, ...]:
        """List what changes in the steps that this side has, and every field of those it gets."""
        snapshot = self.given.remote if side is self.given.remote else self.given.local
        agreed = self.agreement.get(owner, Field.STEPS)
        wanted = agreed if isinstance(agreed, tuple) else tuple(uids_of(shown, Field.STEPS))
        found: list[Change] = []
        for uid in (Uid(u) for u in wanted):
            if uid in snapshot:
                found += self._changes(uid, (Field.TEXT, Field.TICK), snapshot[uid])
            else:
                found += self._new(uid, (Field.TEXT, Field.TICK))
        return tuple(found)

    # ---------------------------------------------------------------- plan

    def local(self) -> Iterable[Operation]:
        """List the plan's operations: its ids first, all else after the tracker."""
        given, last = self.given, self.last + 9
        for uid, item in given.local.items():
            fields = (Field.MARKER, Field.LINK) if self._has_link(uid, item) else (Field.MARKER,)
            if self._is_new(uid):
                yield Operation(Side.LOCAL, "add-task", uid, self._new(uid, _NEW_TASK), IDS)
            elif not is_step(uid) and self._changes(uid, (Field.MARKER,), item):
                yield Operation(Side.LOCAL, "set-marker", uid, self._changes(uid, fields, item), IDS)
        content = [op for uid in given.local if not is_step(uid) for op in self._content(uid, last)]
        yield from content
        yield from self._links(last)
        yield from self._summary(bool(content), last)

    def _is_new(self, uid: Uid) -> bool:
        """Say whether the plan has no task yet for an issue that it takes in."""
        return uid in self.given.bare and self.given.bare[uid].is_new

    def _has_link(self, uid: Uid, item: Item) -> bool:
        """Say whether our link is still there and only the marker behind it was deleted."""
        reference = text_of(item, Field.REFERENCE)
        return bool(reference) and reference == text_of(self.given.remote.get(uid), Field.LINK)

    def _content(self, uid: Uid, wave: int) -> Iterable[Operation]:
        item = self.given.local[uid]
        if uid not in self.given.remote and (uid, Field.STATE) not in self.agreement.chosen:
            return
        for name, kind in _PLAN_FIELDS:
            if uid != OVERVIEW and (changes := self._changes(uid, (name,), item)):
                yield Operation(Side.LOCAL, kind, uid, changes, wave)
        if self.agreement.why.get((uid, Field.DEPENDS)) == UNLINKED:
            changes = self._changes(uid, (Field.DEPENDS,), item)
            yield Operation(Side.LOCAL, "set-field", uid, changes, wave)
        order = self._changes(uid, (Field.STEPS,), item)
        for change in self._step_changes(uid, item, self.given.local):
            if change.old is not None:
                yield Operation(Side.LOCAL, _step_kind(change), change.uid, (change,), wave)
        if order:
            yield from self._structure(uid, order[0], wave)

    def _structure(self, owner: Uid, order: Change, wave: int) -> Iterable[Operation]:
        old = order.old if isinstance(order.old, tuple) else ()
        new = order.new if isinstance(order.new, tuple) else ()
        for uid in (Uid(u) for u in new if u not in old):
            changes = (*self._new(uid, (Field.TEXT, Field.TICK)), order)
            yield Operation(Side.LOCAL, "add-step", uid, changes, wave)
        for uid in (Uid(u) for u in old if u not in new):
            gone = Change(uid, Field.TEXT, text_of(self.given.local[uid], Field.TEXT), None, "removed")
            yield Operation(Side.LOCAL, "remove-step", uid, (gone, order), wave)
        if [u for u in old if u in new] != [u for u in new if u in old]:
            yield Operation(Side.LOCAL, "order-steps", owner, (order,), wave)

    def _links(self, wave: int) -> Iterable[Operation]:
        for uid, item in self.given.local.items():
            if item.kind is Kind.TASK and uid in self.created and Field.LINK in item.fields:
                change = Change(uid, Field.LINK, item.fields[Field.LINK], None, self._why_linked(item))
                yield Operation(Side.LOCAL, "set-link", uid, (change,), wave, (uid,))
            elif (
                item.kind is Kind.TASK
                and not self._has_link(uid, item)
                and not self._is_new(uid)
                and (link := self._changes(uid, (Field.LINK,), item))
            ):
                change = replace(link[0], rule=self._why_linked(item))
                # the link is what proves that an issue without our block is this task's
                yield Operation(
                    Side.LOCAL, "set-link", uid, (change,), IDS if uid in self.given.bare else wave
                )

    def _why_linked(self, item: Item) -> str:
        """Say whether a task names an issue for the first time, or another one of ours than it should."""
        number, given = text_of(item, Field.LINK).partition(" ")[0], self.given
        others = {t.item.at for t in given.twins if t.of == item.uid} | {given.former.get(item.uid)}
        others |= {i.at for u, i in given.remote.items() if i.kind is Kind.TASK and u != item.uid}
        return RELINKED if number in {f"#{ref}" for ref in others} else "link"

    def _summary(self, has_content: bool, wave: int) -> Iterable[Operation]:
        item = self.given.local.get(OVERVIEW)
        if item is None or not self.given.is_final:
            return
        changes = self._changes(OVERVIEW, _SUMMARY, item)
        today = self.agreement.get(OVERVIEW, Field.UPDATED) or self.given.today
        if (changes or has_content) and item.fields.get(Field.UPDATED, today) != today:
            changes += (Change(OVERVIEW, Field.UPDATED, item.fields[Field.UPDATED], today, "computed"),)
        if changes:
            yield Operation(Side.LOCAL, "update-summary", OVERVIEW, changes, wave)


def _step_kind(change: Change) -> str:
    if change.field is Field.TEXT:
        return "edit-step"
    if owner_of(change.uid) == OVERVIEW:
        return "set-criterion"
    kinds = {Tick.TICKED: "tick", Tick.OPEN: "untick", Tick.DROPPED: "drop-step"}
    return kinds[Tick(str(change.new))]
