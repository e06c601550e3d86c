"""The writer to the tracker: one operation, one request; it intends, writes, settles."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from functools import cached_property
from typing import Any

from plansync.errors import (
    Moved,
    OutcomeUnknown,
    Rejected,
    TrackerError,
    Unsupported,
    Unwritable,
)
from plansync.model import (
    Base,
    Field,
    Item,
    Operation,
    Snapshot,
    Stamp,
    State,
    Uid,
    Value,
    owner_of,
    steps_of,
    uids_of,
)
from plansync.reconcile import fold, held
from plansync.reconcile.reasons import NEW
from plansync.store import history, state
from plansync.store.journal import Journal, Outcome
from plansync.sync import existence
from plansync.sync.derived import is_derived
from plansync.sync.events import Done, Status
from plansync.sync.remembering import remember
from plansync.sync.session import Session, thing_of
from plansync.sync.telling import before_image, told
from plansync.text import folded, same_lines
from plansync.trackers import drafts, mapping
from plansync.trackers.base import UNCOUNTED, Record, Thing, Written
from plansync.trackers.drafts import Draft

_BESIDE = ("set-labels", "set-assignees", "add-dependency", "remove-dependency")
READ_FIRST = (
    *("update-issue", "set-milestone", "reopen-issue", "close-issue"),
    *("update-milestone", "close-milestone", "reopen-milestone", "set-estimate"),
)
"""The kinds of operations before which a record is read again."""
_CREATES = {"create-milestone": Thing.MILESTONE, "create-issue": Thing.ISSUE}


class Writer:
    """Performs operations of one run on the tracker. Whatever happens, the journal knows it."""

    def __init__(self, session: Session, journal: Journal) -> None:
        self.session, self.journal = session, journal
        self.at_once = session.project.tracker.traits.writes_at_once
        self._terms = session.project.tracker.traits.terms
        self._slots = asyncio.Semaphore(self.at_once)

    async def write_tracker(self, done: Done, goes_on: Callable[[], bool]) -> None:
        """Perform one operation: one request, certified by the journal before and after.

        As many as the tracker bears are on their way; others are made ready meanwhile, and sent only while `goes_on`.
        What is read just before waits for its turn with that read.
        Raises: what the adapter raises, where the request did not land; OutcomeUnknown where nobody
        knows. The operation's status is set either way.
        """
        slots = (self._slots, contextlib.nullcontext())
        whole, send = slots if done.operation.kind in READ_FIRST else slots[::-1]
        async with whole:
            await self._write(done, send, goes_on)

    async def _write(
        self, done: Done, slot: AbstractAsyncContextManager[None], goes_on: Callable[[], bool]
    ) -> None:
        session, op = self.session, done.operation
        item = session.remote.get(op.uid)
        body = await self._freshest(op, item)
        fields, after = self._meant(done, body)
        if why := drafts.too_long(fields, session.project.tracker.traits):
            raise Rejected(why)
        intent = self._intent(op, after, item) | {"told": [history.dump(told(session, done, after))]}
        image = before_image(session.record_of(op.uid), fields)
        before = (done.id, image) if image else None
        row = await self.journal.intend_beside(done.id, session.run, op.uid, op.kind, intent, before)
        session.project.at_point(f"intended {op.kind}")
        async with slot:
            if not goes_on():
                self.journal.withdraw(row)
                return
            record = await self._sent(done, item, fields, row)
        session.project.at_point(f"sent {op.kind}")
        if missing := drafts.missing(fields, record):
            session.forgo(op.uid, missing)
        self._landed(done, record, after, row, intent)
        if lost := drafts.dropped(fields, record):
            done.error = self._not_kept(lost, missing.get(Field.OWNERS, ()) if record.assignees else ())
        session.project.at_point(f"landed {op.kind}")

    async def _sent(self, done: Done, item: Item | None, fields: Written, row: int) -> Record:
        try:
            record = await self._send(done.operation, item, fields)
        except OutcomeUnknown:
            done.status = Status.UNKNOWN
            self.journal.settle(row, Outcome.UNKNOWN)
            raise
        except TrackerError:
            done.status = Status.REFUSED
            self.journal.settle(row, Outcome.REFUSED)
            raise
        done.status = Status.UNKNOWN  # until the journal knows
        return record

    def too_long(self, done: Done) -> str:
        """Say what of an operation the tracker's limits do not let in, as far as can be told before it is written."""
        record = self.session.record_of(done.operation.uid)
        try:
            fields, _ = self._meant(done, record.body if record else "")
        except (Rejected, Unwritable):
            return ""  # it depends on the text as it is then
        return drafts.too_long(fields, self.session.project.tracker.traits)

    def _meant(self, done: Done, body: str) -> tuple[Written, dict[Uid, Item]]:
        """Say what an operation sends, where `body` is the text that it edits, and what its side shows afterwards."""
        session, op = self.session, done.operation
        item = session.remote.get(op.uid)
        after = held(_with_steps(session.remote, op.uid), session.agreed, [op])
        if item is None:
            after[op.uid] = replace(after[op.uid], fields=self._fresh(op.uid))
        known = item.stamp if item else Stamp()
        stamp = known if is_derived(op) else Stamp(known.rev + 1, done.id, known.birth)
        after[op.uid] = replace(after[op.uid], stamp=stamp if _has_body(op) else after[op.uid].stamp)
        if _has_body(op):
            after[op.uid] = self._naming(after[op.uid])
        return drafts.written(self._draft(op, after, stamp), body), after

    def _naming(self, item: Item) -> Item:
        """Show the dependencies that a text can name: what has no issue yet is left out of it."""
        there = {
            *self.session.names.known.values(),
            *(u for u, i in self.session.remote.items() if i.at is not None),
        }
        named = tuple(u for u in uids_of(item, Field.DEPENDS) if u.startswith("=") or u in there)
        return (
            item
            if named == uids_of(item, Field.DEPENDS)
            else replace(item, fields={**item.fields, Field.DEPENDS: named})
        )

    def _not_kept(self, lost: Sequence[str], others: Sequence[str]) -> str:
        """Say what a tracker dropped without a word: it does where an account may not set it.

        `others`: people whom it did not keep beside those that it did, as a GitLab does that is not Premium.
        """
        project = self.session.project.target.project
        if others and list(lost) == ["assignees"]:
            named = ", ".join(f"@{login}" for login in others)
            return f"{project} did not keep {named} beside the one whom the issue is given to: it takes one person"
        return f"{project} did not keep the {' and '.join(lost)}; it needs {self._terms.writer}"

    def _fresh(self, uid: Uid) -> dict[Field, Value]:
        """Say what a record will show that is only now made: all that is agreed, open, and no estimate.

        Its estimate is said afterwards, and so are links to others, if the tracker keeps any: what it shows of these
        is not known yet.
        """
        agreed = self.session.agreed[uid].fields
        fields = {f: v for f, v in agreed.items() if f in self.session.stored - {Field.EDGES}}
        first: dict[Field, Value] = {Field.STATE: State.TODO.value, Field.EFFORT: 0}
        return fields | {f: v for f, v in first.items() if f in fields}

    async def _freshest(self, op: Operation, item: Item | None) -> str:
        """Read a record again just before it is edited: no tracker can compare and swap.

        Raises: Moved where it is not what this run decided on.
        """
        if item is None or item.at is None or not is_read_first(op):
            return ""
        known = self.session.record_of(op.uid)
        fresh = await self.session.project.tracker.look(thing_of(item), item.at)
        if not isinstance(fresh, Record):
            self.session.lose(thing_of(item), item.at, fresh)
            raise Rejected(
                f"#{item.at} is {self._terms.absent(thing_of(item), fresh)}; nothing was written to it"
            )
        self.session.mirror.keep(fresh)
        if known is None or self._has_moved(op, known, fresh):
            raise Moved(
                f"#{item.at} changed on the tracker while this run was deciding; nothing was overwritten"
            )
        return fresh.body

    def _has_moved(self, op: Operation, known: Record, fresh: Record) -> bool:
        """Say whether a record shows something else than what an operation was decided on.

        An estimate may have moved before an earlier operation read the record again: what is known is no measure of it.
        """
        if op.kind == "set-estimate":
            return (fresh.estimate or 0) != (op.changes[0].old or 0)
        rests_on = _seen_of_twin if self.session.twin(op.uid) else _seen
        return rests_on(fresh) != rests_on(known)

    def _draft(self, op: Operation, after: Snapshot, stamp: Stamp) -> Draft:
        session = self.session
        known = session.mirror.records if op.kind.endswith("milestone") else {}
        own = session.record_of(op.uid)
        taken = {
            folded(r.title) for (thing, _), r in known.items() if thing is Thing.MILESTONE and r is not own
        }
        traits = session.project.tracker.traits
        return Draft(op, after, session.remote, session.names, stamp, traits, frozenset(taken))

    def _intent(self, op: Operation, after: Snapshot, item: Item | None) -> dict[str, Any]:
        session = self.session
        known, twin = session.record_of(op.uid), session.twin(op.uid)
        owner = twin.of if twin else op.uid  # a twin is remembered as what its task has besides
        part = session.settled(owner, remote=None if twin else after)
        if twin:
            existence.accept(part, owner, twin.number)
        changes = [[c.uid, c.field.value, c.old, c.new, c.rule] for c in op.changes]
        return {
            "side": op.side.value,
            "ref": item.at if item else None,
            "before": known.revision if known else "",
            "reopened": bool(known and known.is_reopened),
            "changes": changes,
            "state": session.memory.digest,
            "then": state.record(session.base, owner)["crc"] if owner in session.base.local else "",
            "records": {owner: state.record(part, owner)} | self._records_of(self._unlinked(op)),
        }

    @cached_property
    def _ends(self) -> frozenset[Uid]:
        """List what issues are remembered to be linked to or to name; what is made in this run is so only then."""
        names, items = (Field.EDGES, Field.DEPENDS), self.session.base.remote.values()
        return frozenset(u for item in items for name in names for u in uids_of(item, name))

    def _unlinked(self, op: Operation) -> dict[Uid, Base]:
        """Show what is remembered of the issues that were linked to one which a new one stands in for, or named it.

        Nobody took that away: it went with the old issue, and is owed to the new one.
        """
        base, found = self.session.base, dict[Uid, Base]()
        if op.kind == "create-issue" and op.uid in self._ends:
            for uid, item in base.remote.items():
                left = _without(item, op.uid, Field.EDGES, Field.DEPENDS)
                if left != item:
                    sides = (base.local, base.remote, base.agreed)
                    part = Base(*({u: i for u, i in side.items() if owner_of(u) == uid} for side in sides))
                    found[uid] = replace(part, remote={**part.remote, uid: left})
        return found

    @staticmethod
    def _records_of(parts: Mapping[Uid, Base]) -> dict[Uid, Any]:
        return {uid: state.record(part, uid) for uid, part in parts.items()}

    async def _send(self, op: Operation, item: Item | None, fields: Written) -> Record:
        tracker = self.session.project.tracker
        if op.kind in _CREATES:
            made = await tracker.create(_CREATES[op.kind], fields)
            return replace(made, blockers=()) if made.blocked_by == UNCOUNTED else made
        known = self.session.record_of(op.uid)
        if (
            item is None or item.at is None or known is None
        ):  # pragma: no cover — a run that lost it stops there
            raise Moved("the issue this operation stands on is not there")
        if op.kind == "set-estimate":
            return replace(known, estimate=await tracker.estimate(item.at, fields["estimate"]))
        if op.kind in _BESIDE:
            return await self._send_beside(op, item.at, known)
        return await tracker.update(thing_of(item), item.at, fields)

    async def _send_beside(self, op: Operation, ref: int, known: Record) -> Record:
        """Change one thing that stands beside an issue's text; what others set there stays.

        Raises: Unsupported where the tracker keeps no links between issues.
        """
        tracker, (coming, going) = self.session.project.tracker, drafts.moved(op)
        match op.kind:
            case "set-labels" if coming:
                return replace(known, labels=await tracker.label(ref, coming))
            case "set-labels":
                return replace(known, labels=await tracker.unlabel(ref, going[0]))
            case "set-assignees":
                return await (tracker.assign(ref, coming) if coming else tracker.unassign(ref, going))
        blocker = self.session.record_of(Uid((*coming, *going)[0]))
        if blocker is None:
            raise Moved("the issue that this one waits for is not there any more")
        if known.blocked_by is None:
            known = await self._counted(ref)
        answer = await (tracker.block(ref, blocker) if coming else tracker.unblock(ref, blocker))
        step = len(coming) - len(going)
        if (
            known.blockers is None and known.blocked_by == UNCOUNTED
        ):  # nor does the answer say which there are
            return replace(answer, blockers=await tracker.blockers(ref))
        expected = UNCOUNTED if known.blocked_by == UNCOUNTED else (known.blocked_by or 0) + step
        if known.blockers is None or answer.blocked_by != expected:
            return answer
        linked = {*known.blockers, blocker.ref} if coming else {*known.blockers} - {blocker.ref}
        return replace(answer, blockers=tuple(sorted(linked)))

    async def _counted(self, ref: int) -> Record:
        """Read an issue again of which the last answer did not count what blocks it: nobody says that all answers do.

        Raises: Unsupported where the tracker counts nothing of the kind; Moved.
        """
        found = await self.session.project.tracker.look(Thing.ISSUE, ref)
        if not isinstance(found, Record):
            self.session.lose(Thing.ISSUE, ref, found)
            raise Moved(f"#{ref} is {self._terms.absent(Thing.ISSUE, found)}; nothing was written to it")
        if found.blocked_by is None:
            raise Unsupported(
                f"{self.session.project.target} keeps no links between issues; they stand in the texts"
            )
        return found

    def _landed(self, done: Done, record: Record, after: Snapshot, row: int, intent: dict[str, Any]) -> None:
        session, op = self.session, done.operation
        session.mirror.keep(record, is_own=True)
        session.numbers[record.thing, record.ref] = op.uid
        answer = mapping.answered(record, op.uid, steps_of(after, op.uid), session.names, session.numbers)
        known = _with_steps(session.remote, op.uid)
        for uid in known:
            del session.remote[uid]
        session.remote |= _certified(op, known, answer)
        if twin := session.twin(op.uid):
            session.accept_twin(twin)
        unlinked = self._unlinked(op)
        for uid, part in unlinked.items():
            fold(session.base, part, uid)
        waiting = {uid: session.remote[uid] for uid in unlinked if uid in session.remote}
        session.remote |= {uid: _without(item, op.uid, Field.DEPENDS) for uid, item in waiting.items()}
        besides = self._records_of(unlinked)
        remember(session, self.journal, [twin.of if twin else op.uid], row, intent, besides, is_patient=True)
        done.status, done.ref, done.url = Status.APPLIED, record.ref, record.url


def _without(item: Item, uid: Uid, *names: Field) -> Item:
    """Show an item that names another one no more."""
    left = {name: tuple(u for u in uids_of(item, name) if u != uid) for name in names if name in item.fields}
    return replace(item, fields={**item.fields, **left})


def _seen(record: Record) -> tuple[object, ...]:
    """Say what a decision about an issue rested on."""
    return same_lines(record.body), record.title, record.state, record.milestone, record.due


def is_read_first(op: Operation) -> bool:
    """Say whether a record is read again before an operation: not one that this run has only now made."""
    return op.kind in READ_FIRST and not (op.kind == "set-estimate" and op.changes[0].rule == NEW)


def _seen_of_twin(record: Record) -> tuple[object, ...]:
    """Say what it rested on that an issue says nothing of its own: also that nobody wrote below it."""
    return *_seen(record), record.comments


def _certified(op: Operation, known: Snapshot, answer: Snapshot) -> Snapshot:
    """Take from an answer what the operation wrote; the rest is as this run saw it when it decided.

    What an answer shows beyond that is somebody's news: it was not decided on, so it must not be
    remembered as if it had been. The next run sees it move.
    """
    if op.uid not in known:
        return answer
    written = {c.field for c in op.changes if c.uid == op.uid}
    if _has_body(op):
        written |= set(answer[op.uid].fields) - _OUTSIDE
    fields = {**known[op.uid].fields, **{f: v for f, v in answer[op.uid].fields.items() if f in written}}
    if _has_body(op):
        return {**answer, op.uid: replace(answer[op.uid], fields=fields)}
    return {**known, op.uid: replace(known[op.uid], fields=fields)}


_OUTSIDE = {*drafts.TITLE, Field.STATE, Field.PHASE, Field.LABELS, Field.OWNERS, Field.EFFORT, Field.EDGES}
"""What an issue shows that is not in its text."""


def _has_body(op: Operation) -> bool:
    return op.kind == "create-issue" or (
        op.kind == "update-issue" and any(c.field not in drafts.TITLE for c in op.changes)
    )


def _with_steps(side: Snapshot, owner: Uid) -> dict[Uid, Item]:
    """Take one item with its steps out of a snapshot."""
    uids = (owner, *uids_of(side.get(owner), Field.STEPS))
    return {u: side[u] for u in uids if u in side}
