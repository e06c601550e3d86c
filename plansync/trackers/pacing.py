"""How fast a tracker may be written to: a bucket that is a pure function of the clock and of counters.

The counters outlive a run, so that several runs together keep the pace: where they are kept, and that two runs
do not count at the same moment, is the caller's.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

_MINUTE_S = 60
_HOUR_S = 3_600
_CLOCK_GONE_WRONG_S = 2 * _HOUR_S  # a count from later than that was made before the clock was set back
_KEPT_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Bucket:
    """How much was written lately: `burst` writes at once, then `per_s` a second, and `an_hour` in any hour.

    In any minute that is at most `burst + 60 * per_s` = 80, which is what GitHub allows.
    Units: `level` is writes that are not drained yet, at the Unix second `at`; `minutes` pairs a minute (Unix
    seconds // 60) with the writes in it, oldest first.
    Source: GitHub REST docs, "Rate limits", about 80 content-creating requests a minute and 500 an hour.
    """

    burst: int = 20
    per_s: float = 1.0
    an_hour: int = 500
    level: float = 0.0
    at: float = 0.0
    minutes: tuple[tuple[int, int], ...] = ()

    def take(self, now: float) -> tuple[float, Bucket]:
        """Count one write; give the seconds to wait before it, and the bucket after it."""
        level = max(0.0, self.level - max(0.0, now - self.at) * self.per_s) + 1
        wait_s = max(0.0, (level - self.burst) / self.per_s)
        wait_s += self._wait_for_the_hour(now + wait_s)
        counts = {m: n for m, n in self.minutes if self._counts(m, now)}
        minute = math.floor((now + wait_s) / _MINUTE_S)
        counts[minute] = counts.get(minute, 0) + 1
        return wait_s, replace(self, level=level, at=now, minutes=tuple(sorted(counts.items())))

    def _wait_for_the_hour(self, now: float) -> float:
        """Say how long it is until fewer than `an_hour` writes lie in the hour before."""
        counted = [(m, n) for m, n in self.minutes if self._counts(m, now)]
        total, wait_s = sum(n for _, n in counted), 0.0
        for minute, writes in counted:
            if total < self.an_hour:
                break
            total -= writes
            wait_s = (minute + 1) * _MINUTE_S + _HOUR_S - now
        return wait_s

    def _counts(self, minute: int, now: float) -> bool:
        """Say whether a minute's last second lies in the hour before, and its first not in a wrong future."""
        return now - _HOUR_S < (minute + 1) * _MINUTE_S and minute * _MINUTE_S < now + _CLOCK_GONE_WRONG_S

    def dump(self) -> bytes:
        """Write the counters down."""
        minutes = [list(pair) for pair in self.minutes]
        level, at = round(self.level, _KEPT_DIGITS), round(self.at, _KEPT_DIGITS)
        return json.dumps({"level": level, "at": at, "minutes": minutes}).encode()

    def filled(self, row: bytes | None) -> Bucket:
        """Put counters that were written down into this bucket; what cannot be read counts as nothing."""
        try:
            match json.loads(row) if row else None:
                case {"level": int() | float() as level, "at": int() | float() as at, "minutes": list(pairs)}:
                    minutes = tuple(sorted((int(minute), int(writes)) for minute, writes in pairs))
                    return replace(self, level=float(level), at=float(at), minutes=minutes)
        except (ValueError, TypeError):
            pass
        return self

    def reason(self, wait_s: float) -> str:
        """Say why the write that was counted last waits so long."""
        if wait_s > max(0.0, (self.level - self.burst) / self.per_s) + 1:
            return f"it takes {self.an_hour} writes an hour"
        return f"it takes {self.burst} writes at once, then one a second"


class Counters(Protocol):
    """Where counters are kept."""

    def get(self, key: str) -> bytes | None:
        """Read one."""
        ...

    def revise(self, key: str, change: Callable[[bytes | None], bytes]) -> None:
        """Change one, while nobody else can."""
        ...


class InMemory(dict[str, bytes]):
    """Counters that nothing remembers."""

    def revise(self, key: str, change: Callable[[bytes | None], bytes]) -> None:
        """Change one."""
        self[key] = change(self.get(key))


class Pace:
    """The bucket of one account at one host."""

    def __init__(self, counters: Counters | None, key: str) -> None:
        self._counters, self._key = InMemory() if counters is None else counters, key

    def bucket(self) -> Bucket:
        """Read how much was written lately."""
        return Bucket().filled(self._counters.get(self._key))

    def book(self, now: float, longest_wait_s: float) -> tuple[float, str]:
        """Count one write, unless it would have to wait longer; give the seconds to wait, and why."""
        wait_s, reason = 0.0, ""

        def change(row: bytes | None) -> bytes:
            nonlocal wait_s, reason
            before = Bucket().filled(row)
            wait_s, after = before.take(now)
            reason = after.reason(wait_s)
            return (after if wait_s <= longest_wait_s else before).dump()

        self._counters.revise(self._key, change)
        return wait_s, reason
