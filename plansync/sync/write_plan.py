"""The writer of the plan: a batch of edits, one replacement; it intends, writes, settles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from plansync.document import rewrite
from plansync.errors import Moved, PlanError, PlanUnsure, Unwritable
from plansync.model import (
    Field,
    Item,
    Operation,
    Side,
    Snapshot,
    Uid,
    is_step,
    owner_of,
    steps_of,
    text_of,
    uids_of,
)
from plansync.reconcile import held, read_back
from plansync.store import history, state
from plansync.store.files import digest
from plansync.store.journal import Journal, Outcome
from plansync.sync.events import Done, Status
from plansync.sync.remembering import remember
from plansync.sync.session import Session
from plansync.sync.telling import told


class PlanWriter:
    """Puts edits of one run into the plan. Whatever happens, the journal knows it."""

    def __init__(self, session: Session, journal: Journal) -> None:
        self.session, self.journal = session, journal

    def write(self, batch: Sequence[Done]) -> None:
        """Put a batch of edits into the plan in one replacement.

        Every edit is checked by reading the result back: what does not come out as meant is left
        out, and waits. Raises: Moved where somebody saved the plan meanwhile.
        """
        writable = self._edited(batch)
        if writable is None:
            return
        content, chosen, after = writable
        session = self.session
        intent = {
            "side": Side.LOCAL.value,
            "pre": session.digest,
            "post": digest(content),
            "state": session.memory.digest,
            "changes": [
                [c.uid, c.field.value, c.old, c.new, c.rule] for d in chosen for c in d.operation.changes
            ],
            "records": self._records(chosen, after),
            "told": [history.dump(told(session, done, after)) for done in chosen],
        }
        before = ("plan", session.source)
        row = self.journal.intend(chosen[0].id, session.run, "", "write-plan", intent, before)
        session.project.at_point("intended plan")
        try:
            reason = session.project.files.replace(content, session.digest)
        except PlanUnsure:
            _mark(chosen, Status.UNKNOWN)
            self.journal.settle(row, Outcome.UNKNOWN)
            raise
        except (Moved, PlanError):
            _mark(chosen, Status.REFUSED)
            self.journal.settle(row, Outcome.REFUSED)
            raise
        _mark(chosen, Status.UNKNOWN)  # until the journal knows
        session.project.at_point("written plan")
        session.written_over = reason
        self._take(content, after)
        remember(session, self.journal, self._known_owners(chosen), row, intent)
        _mark(chosen, Status.APPLIED)
        session.project.at_point("landed plan")

    def _edited(self, batch: Sequence[Done]) -> tuple[bytes, list[Done], dict[Uid, Item]] | None:
        """Edit all at once; where that goes astray, one by one, keeping those that come out right."""
        try:
            return self._try(list(batch))
        except Unwritable:
            pass
        good: list[Done] = []
        for owner, group in _by_owner(batch).items():
            try:
                self._try([*good, *group])
                good += group
            except Unwritable as error:
                line = self.session.line_of(owner)
                for done in group:
                    done.status, done.error = Status.REFUSED, f"line {line}: {error}" if line else str(error)
        return self._try(good) if good else None

    def _try(self, batch: Sequence[Done]) -> tuple[bytes, list[Done], dict[Uid, Item]]:
        session = self.session
        operations = [done.operation for done in batch]
        after = held(session.there, session.agreed, operations)
        content = rewrite.rewrite(session.document, session.local, operations, after)
        shown = read_back(session.read_again(content), after)
        if former := self._former(after):
            content, shown = former
        lists = [op for op in operations if op.kind == "set-field"]
        astray = rewrite.differing(shown, after) + [op.uid for op in lists if not _says(shown, op)]
        if astray:
            names = ", ".join(session.label_of(uid) for uid in astray[:3])
            raise Unwritable(f"an edit here would change more than itself ({names}); the value waits")
        return content, list(batch), _named(shown, after)

    def _former(self, after: Snapshot) -> tuple[bytes, Snapshot] | None:
        """Find the bytes that an undone run replaced, where they say just what the plan is to say now.

        An edit back gives the same words; this gives back their places, wraps and letters too.
        """
        session = self.session
        for content in session.former.contents if session.digest == session.former.now else ():
            shown = read_back(session.read_again(content), after)
            if not rewrite.differing(shown, after):
                return content, shown
        return None

    def _take(self, content: bytes, after: dict[Uid, Item]) -> None:
        """Hold the plan as written, under the names that this run gave its items."""
        session = self.session
        session.take_plan(content)
        session.local = after

    def _known_owners(self, batch: Sequence[Done]) -> list[Uid]:
        """List the items whose memory a batch moves; ids, links and computed lines are not remembered."""
        kinds = ("set-marker", "set-link", "update-summary")
        owners = dict.fromkeys(owner_of(d.operation.uid) for d in batch if d.operation.kind not in kinds)
        return [u for u in owners if u in self.session.remote and u in self.session.agreed]

    def _records(self, batch: Sequence[Done], after: Snapshot) -> dict[Uid, Any]:
        session = self.session
        return {
            owner: state.record(session.settled(owner, local=after), owner)
            for owner in self._known_owners(batch)
        }


def _says(shown: Snapshot, op: Operation) -> bool:
    """Say whether a plan that was read back names just the tasks that a dependency line was to name."""
    (change,) = op.changes
    return {*uids_of(shown.get(op.uid), change.field)} == {
        *(change.new if isinstance(change.new, tuple) else ())
    }


def _mark(batch: Sequence[Done], status: Status) -> None:
    for done in batch:
        done.status = status


def _named(shown: Snapshot, held: Snapshot) -> dict[Uid, Item]:
    """Show a plan that was read back, its steps under the names that they are held by."""
    named: dict[Uid, Item] = {}
    for uid, item in shown.items():
        if not is_step(uid):
            names = uids_of(held[uid], Field.STEPS)
            pairs = zip(names, steps_of(shown, uid), strict=True)
            named |= {name: replace(step, uid=name) for name, step in pairs}
            fields = {**item.fields, Field.STEPS: names} if Field.STEPS in item.fields else item.fields
            named[uid] = replace(item, fields=fields)
    return named


def _by_owner(batch: Sequence[Done]) -> dict[Uid, list[Done]]:
    groups: dict[Uid, list[Done]] = {}
    for done in batch:
        groups.setdefault(owner_of(done.operation.uid), []).append(done)
    return groups


def filled(session: Session, op: Operation) -> Operation | None:
    """Give a link whose issue was only just made its number; `None` where it was not made."""
    if op.kind != "set-link" or op.changes[0].new is not None:
        return op
    link = text_of(session.remote.get(op.uid), Field.LINK)
    return replace(op, changes=(replace(op.changes[0], new=link),)) if link else None


def lacks_address(session: Session, op: Operation) -> bool:
    """Say whether a link was to come of which the tracker tells the number alone: it would lead nowhere."""
    link = text_of(session.remote.get(op.uid), Field.LINK)
    return op.kind == "set-link" and op.changes[0].new is None and link != "" and " " not in link
