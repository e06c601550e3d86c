"""Wave by wave: perform what was decided, and skip what stands on something that failed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import groupby

from plansync.errors import (
    Locked,
    Moved,
    OutcomeUnknown,
    PlanError,
    Rejected,
    StoreError,
    TrackerError,
    Unsupported,
)
from plansync.model import Operation, Side, Uid, owner_of
from plansync.store.journal import Journal
from plansync.sync.costs import Remaining, reckon
from plansync.sync.events import Done, Progressed, Status
from plansync.sync.session import LINKED, Session
from plansync.sync.stopping import Stop
from plansync.sync.write import Writer
from plansync.sync.write_plan import PlanWriter, filled, lacks_address

TIME_IS_OVER = "the time for this run is over"
LINKS = ("add-dependency", "remove-dependency")
STOPPED = "the run was stopped"
_AHEAD = 4
"""How many writes are made ready while as many as may be are on their way, where that is more than one."""


class Applier:
    """Applies the chosen operations of one changeset.

    A tracker that cannot be reached, or refuses the account, ends the applying; `error` holds why.
    What had landed by then is remembered all the same. Without a journal nothing is applied: its StoreError
    is raised.
    """

    def __init__(
        self, session: Session, journal: Journal, deadline: float | None = None, stop: Stop | None = None
    ) -> None:
        self.session, self.deadline, self.stop = session, deadline, stop or Stop()
        self.writer, self.plan_writer = Writer(session, journal), PlanWriter(session, journal)
        self.failed: set[Uid] = set()
        self.error: TrackerError | PlanError | StoreError | None = None
        self.number = self.total = 0
        self.remaining = self._remaining(())

    async def apply(self, chosen: Sequence[Done]) -> None:
        """Perform every operation, or say why not."""
        writes = [d.operation for d in chosen if d.operation.side is Side.REMOTE]
        self.total, self.remaining = len(writes), self._remaining(writes)
        for _, wave in groupby(chosen, key=lambda d: d.operation.wave):
            batch = list(wave)
            local = [d for d in batch if d.operation.side is Side.LOCAL]
            remote = [d for d in batch if d.operation.side is Side.REMOTE]
            if remote:
                await self._tracker(remote)
            if local:
                self._plan(local)
            if self.error:
                break
        for done in chosen:
            if done.status is Status.PLANNED:
                done.status = Status.SKIPPED

    def _remaining(self, operations: Sequence[Operation]) -> Remaining:
        return Remaining(operations, lambda left: reckon(self.session, left))

    async def _tracker(self, batch: Sequence[Done]) -> None:
        """Write to as many items at once as the tracker bears, and to each of them one write after the other."""
        at_once = asyncio.Semaphore(self.writer.at_once + (_AHEAD if self.writer.at_once > 1 else 0))
        by_owner: dict[Uid, list[Done]] = {}
        for done in batch:
            by_owner.setdefault(self.session.owner_of(done.operation.uid), []).append(done)

        async def in_turn(group: Sequence[Done]) -> None:
            async with at_once:
                for done in group:
                    if self.error is None and self._stands(done):
                        await self._perform(done)

        results = await asyncio.gather(*map(in_turn, by_owner.values()), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    def _goes_on(self) -> bool:
        """Say whether more may be sent."""
        is_over = self.deadline is not None and self.session.project.monotonic() > self.deadline
        return self.error is None and not is_over and not self.stop.is_asked

    def _is_lacking(self, done: Done) -> bool:
        """Say whether the tracker has no such thing, as another write showed meanwhile."""
        return done.operation.kind in LINKS and LINKED in self.session.lacks

    def _stands(self, done: Done) -> bool:
        """Say whether everything that an operation stands on is there."""
        op = done.operation
        if not self._goes_on():
            done.status, done.error = Status.SKIPPED, STOPPED if self.stop.is_asked else TIME_IS_OVER
            return False
        if self._is_lacking(done):
            done.status = Status.AGREED
            return False
        is_there = all(uid in self.session.remote for uid in op.needs)
        if owner_of(op.uid) in self.failed or not is_there:
            done.status, done.error = Status.SKIPPED, "it stands on an operation that was not done"
            self.failed.add(owner_of(op.uid))
            return False
        return True

    async def _perform(self, done: Done) -> None:
        self.number += 1
        text = f"{done.operation.kind.replace('-', ' ')} {self.session.label_of(done.operation.uid)}"
        left_s = self.remaining.after(self.number - 1, self.session.project.monotonic())
        self.session.listen(Progressed(self.number, self.total, text, left_s))
        try:
            await self.writer.write_tracker(done, lambda: self._goes_on() and not self._is_lacking(done))
            if done.status is Status.PLANNED and self._is_lacking(done):
                done.status = Status.AGREED
        except Unsupported as error:
            done.status = Status.AGREED
            self.session.lack(LINKED, str(error))
        except (Moved, Rejected, OutcomeUnknown, PlanError) as error:
            self._fail(done, error)
        except TrackerError as error:
            self._fail(done, error)
            self.error = error
        except StoreError as error:  # what cannot be journalled must not be sent
            self.error = error
            raise

    def _fail(self, done: Done, error: Exception) -> None:
        done.error = str(error)
        # what another write held for long did not move: to decide it again would wait for the same lock again
        done.has_moved = isinstance(error, Moved) and not isinstance(error, Locked)
        if done.status is Status.PLANNED:
            done.status = Status.REFUSED
        self.failed.add(owner_of(done.operation.uid))

    def _plan(self, batch: Sequence[Done]) -> None:
        ready = []
        for done in batch:
            if lacks_address(self.session, done.operation):
                done.status = Status.AGREED
                continue
            op = filled(self.session, done.operation)
            if op is not None and owner_of(op.uid) not in self.failed:
                done.operation = op
                ready.append(done)
            else:
                done.status = Status.SKIPPED
        if not ready:
            return
        try:
            self.plan_writer.write(ready)
        except Moved as error:
            for done in ready:
                self._fail(done, error)
        except PlanError as error:
            for done in ready:
                self._fail(done, error)
            self.error = error
        self.failed |= {owner_of(done.operation.uid) for done in ready if done.status is Status.REFUSED}
