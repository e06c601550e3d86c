"""What the writes of a run cost: requests, time, and mails to people who watch."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from plansync.model import Operation, Side
from plansync.sync.events import Cost
from plansync.sync.session import Session
from plansync.sync.write import is_read_first
from plansync.trackers.pacing import Bucket

_PREFLIGHT = 1
"""The repository is read once before the first write to it."""
_NOTIFYING = frozenset({"create-issue", "add-dependency", "remove-dependency", "comment", "set-assignees"})
"""What sends a mail to watchers, or to whom it is about. Source: GitHub's OpenAPI, `triggersNotification`."""
_LOOK_AGAIN_S = 5.0


def cost(
    operations: Sequence[Operation],
    bucket: Bucket | None,
    now_s: float,
    round_trip_s: float,
    reads: int = 0,
) -> Cost:
    """Say what operations cost, of which those on the plan are free.

    Units: Unix seconds for `now_s`; `round_trip_s` is what one answer takes. `bucket`: how much was written lately,
    `None` where writes are not paced. `reads`: how many requests come before the first of them.
    """
    writes = [op for op in operations if op.side is Side.REMOTE]
    if not writes:
        return Cost()
    before = reads + _PREFLIGHT
    requests, at, pause_s = before, now_s + before * round_trip_s, 0.0
    for op in writes:
        looks = is_read_first(op)
        requests += 1 + looks
        at += looks * round_trip_s
        if bucket is not None:
            wait_s, bucket = bucket.take(at)
            at, pause_s = at + wait_s, max(pause_s, wait_s)
        at += round_trip_s
    return Cost(requests, len(writes), at - now_s, sum(op.kind in _NOTIFYING for op in writes), pause_s)


def reckon(session: Session, operations: Sequence[Operation], *, is_whole: bool = False) -> Cost:
    """Say what operations cost now, at this run's tracker.

    `is_whole`: as a run of its own, which begins with the reads that this one made.
    """
    tracker = session.project.tracker
    if session.project.target.kind == "sandbox":
        return Cost()  # nothing leaves this machine
    asked = tracker.requests
    round_trip_s = asked.took_s / asked.total if asked.total else 0.0
    now_s = session.project.now().timestamp()
    return cost(operations, tracker.bucket, now_s, round_trip_s, asked.total if is_whole else 0)


class Remaining:
    """Says how many seconds the writes that are left will take; it reckons anew every few seconds."""

    def __init__(
        self, operations: Sequence[Operation], reckon: Callable[[Sequence[Operation]], Cost]
    ) -> None:
        self._operations, self._reckon = operations, reckon
        self._reckoned_at, self._seconds = float("-inf"), 0.0

    def after(self, done: int, now_s: float) -> float:
        """Say it when `done` of them are done; `now_s` is a monotonic clock's."""
        if now_s - self._reckoned_at >= _LOOK_AGAIN_S:
            self._seconds = self._reckon(self._operations[done:]).seconds
            self._reckoned_at = now_s
        return max(0.0, self._seconds - (now_s - self._reckoned_at))
