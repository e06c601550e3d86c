"""A GitLab in memory: what differs from the other tracker of the simulation, and what people do there alone."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from plansync.trackers import gitlab
from plansync.trackers import gitlab_sent as sent
from plansync.trackers.base import UNCOUNTED, Absence, Page, Record, Thing, Traits, Written
from tests.simulation import faults
from tests.simulation.world import Broken, Clock, Row, SimTracker

_ORDER = re.compile(r"^/[a-z_]\w*", re.MULTILINE | re.IGNORECASE)
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


class SimGitLab(SimTracker):
    """Takes eight writes at once and keeps estimates; counts no links; cleans texts, and does what they order.

    A write takes effect at once and is answered a while later: others take effect in between.
    """

    keeps_estimates = True

    def __init__(self, clock: Clock, log: Callable[[str], None]) -> None:
        super().__init__(clock, log)
        self.chances = faults.OF_GITLAB

    @property
    def traits(self) -> Traits:
        return gitlab.TRAITS

    def stamp(self) -> str:
        """Show the time in milliseconds."""
        seconds = datetime.fromisoformat(self.clock.stamp()).timestamp() + self.clock.seconds % 1
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def put(self, thing: Thing, row: Row) -> Row:
        if thing is Thing.ISSUE:
            row = replace(row, body=row.body.replace("\r", "").rstrip())
        return super().put(thing, row)

    def _record(self, thing: Thing, row: Row) -> Record:
        shown = replace(super()._record(thing, row), is_reopened=False)
        if thing is Thing.MILESTONE:
            return shown
        return replace(shown, blockers=None, blocked_by=UNCOUNTED, estimate=row.estimate)

    def changed(self, since: str) -> AsyncIterator[Page]:
        edge = sent.before(since)
        return self._pages(
            Thing.ISSUE, "changed", lambda r: (r.updated, r.ref), lambda r: r.updated >= edge, edge
        )

    async def several(self, refs: Sequence[int]) -> tuple[Record, ...]:
        """Read issues together; those that are away are left out."""
        self._refuse_absent(self._read(f"issues {', '.join(map(str, refs))}"))
        rows = [self.rows[Thing.ISSUE, ref] for ref in refs if (Thing.ISSUE, ref) in self.rows]
        self.unseen -= {*refs}
        self.weather.point("after GET issues")
        return tuple(self._record(Thing.ISSUE, row) for row in rows if not row.is_pull)

    async def look(self, thing: Thing, ref: int) -> Record | Absence:
        self.weather.rereads[thing, ref] = self.weather.points
        return await super().look(thing, ref)

    async def create(self, thing: Thing, fields: Written) -> Record:
        self._check_orders(fields)
        return await self._answered(super().create(thing, fields))

    async def update(self, thing: Thing, ref: int, fields: Written) -> Record:
        self._check_orders(fields)
        self.weather.rereads.pop((thing, ref), None)
        return await self._answered(super().update(thing, ref, fields))

    async def estimate(self, ref: int, minutes: int) -> int:
        def timed(row: Row) -> Row:
            return replace(row, estimate=minutes)

        self.weather.rereads.pop((Thing.ISSUE, ref), None)
        answer = self._beside("POST", f"estimate of #{ref}", ref, timed)
        await asyncio.sleep(0)
        return answer.estimate or 0

    async def block(self, ref: int, blocker: Record) -> Record:
        return await self._answered(super().block(ref, blocker))

    async def label(self, ref: int, labels: tuple[str, ...]) -> tuple[str, ...]:
        kept = await super().label(ref, labels)
        await asyncio.sleep(0)
        return kept

    @staticmethod
    async def _answered(writing: Awaitable[Record]) -> Record:
        try:
            return await writing
        finally:
            await asyncio.sleep(0)

    @staticmethod
    def _check_orders(fields: Written) -> None:
        """Refuse a text that would give an order: nobody who wrote a plan meant one."""
        if found := _ORDER.search(_FENCED.sub("", fields.get("body", ""))):
            raise Broken(f"the engine sends an order: {found[0]}")
