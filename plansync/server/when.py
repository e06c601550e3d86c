"""When a watched plan is synced next: on save, on a timer, later after a failure. Pure: time is an argument.

Two clocks run for what a person writes. A tick is meant as soon as it is saved and nothing more is typed. What is
new, renamed or gone may be half of something, a heading that is still being typed, a task that is cut here to be
pasted there; that waits until the plan's shape, its text without the letters in its boxes, has stayed for a while.
Neither waits for ever: a plan that something saves again and again is synced in between.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass

_BOX = re.compile(rb"\[[ xX]\]")
_PARTIAL_S = 5.0
_BRAKES_MAX = 16
_PATIENCE = 10
"""So many times the rest that a shape needs, and it is acted on though it never came to rest."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often, in seconds: by the timer, after a save, after a change of shape; and how failures are spaced.

    `first_pause_s` after the first failure, twice that after each further one; after `tries` of them the longest.
    """

    every_s: float = 300.0
    quiet_s: float = 2.0
    settle_s: float = 60.0
    first_pause_s: float = 60.0
    last_pause_s: float = 3600.0
    tries: int = 5

    def pause_s(self, failures: int) -> float:
        """Say how long to wait after so many failures in a row."""
        if failures >= self.tries:
            return self.last_pause_s
        return min(self.last_pause_s, self.first_pause_s * 2.0 ** max(failures - 1, 0))


@dataclass(frozen=True, slots=True)
class Sight:
    """A plan as it is on disk: its bytes, and its shape, each by a digest; empty where it cannot be read."""

    digest: str = ""
    shape: str = ""

    @classmethod
    def of(cls, content: bytes) -> Sight:
        """Look at a plan's bytes."""
        plain = _BOX.sub(b"[ ]", content)
        return cls(hashlib.sha256(content).hexdigest(), hashlib.sha256(plain).hexdigest())


@dataclass(frozen=True, slots=True)
class Went:
    """How a run went.

    `has_written`: anything on either side. `is_mine`: what failed is mended by a save. `wait_s`: at least so long.
    """

    has_failed: bool = False
    is_partial: bool = False
    is_busy: bool = False
    has_written: bool = False
    is_mine: bool = False
    wait_s: float = 0.0


class Watched:
    """What is known of one plan, and what follows. All times are of one clock, in seconds.

    `jitter` gives a factor around 1, so that the copies of a team do not all ask at the same moment. `restless_at`:
    since when it is another than was synced; `reshaped_at`: since when its shape is, infinite where that is settled.
    `allowed_at`: from when on the tracker takes another try.
    """

    def __init__(self, pace: Pace, sight: Sight, changed_at: float, now: float, jitter: Callable[[], float]):
        self.pace, self.sight, self.jitter = pace, sight, jitter
        self.changed_at = self.shaped_at = changed_at
        self.restless_at = self.reshaped_at = changed_at
        self.synced: Sight | None = None
        self.timer_at = now
        self.resumes_at = self.allowed_at = -math.inf
        self.failures = self.partials = self.brakes = 0
        self.owes_shape = self.is_own = self.is_mine = False

    def see(self, sight: Sight, now: float) -> bool:
        """Take what is on disk now; says whether it changed since it was last seen."""
        if sight == self.sight:
            return False
        if self.sight == self.synced or self.is_own:
            self.restless_at = now
        self.changed_at = now
        self.is_own = False
        if sight.shape != self.sight.shape:
            if self.reshaped_at == math.inf:
                self.reshaped_at = now
            self.shaped_at = now
        self.sight = sight
        return True

    def is_settled(self, now: float) -> bool:
        """Say whether the plan's shape may be acted on."""
        return now >= self._settled_at()

    def _rested_at(self, quiet_s: float) -> float:
        return min(self.changed_at + quiet_s, self.restless_at + max(quiet_s, self.pace.settle_s))

    def _settled_at(self) -> float:
        longest_s = _PATIENCE * self.pace.settle_s
        return min(self.shaped_at + self.pace.settle_s, self.reshaped_at + longest_s)

    def next_at(self) -> float:
        """Say when it is to be synced next, if nothing changes before."""
        due = [self.timer_at]
        if self.synced is not None and self.sight != self.synced:
            due.append(self._rested_at(self._quiet_s()))
        if self.owes_shape:
            due.append(self._settled_at())
        quiet_at = self._rested_at(self.pace.quiet_s)
        is_mended = self.is_mine and self.synced is not None and self.sight != self.synced
        return max(min(due), quiet_at, quiet_at if is_mended else self.resumes_at)

    def _quiet_s(self) -> float:
        """Say how long a change has to rest; one of our own rests longer each time, so that nothing goes round fast."""
        return self.pace.quiet_s * 2 ** max(self.brakes - 1, 0) if self.is_own else self.pace.quiet_s

    def hurry(self, now: float) -> None:
        """After a failure, try again soon: somebody did something about it."""
        at = max(now + self.pace.quiet_s, self.allowed_at)
        self.resumes_at, self.timer_at = min(self.resumes_at, at), min(self.timer_at, at)

    def begin(self) -> None:
        """Remember what a run that begins now is about."""
        self.synced = self.sight

    def end(self, went: Went, now: float, *, was_settled: bool, sight: Sight) -> None:
        """Take how the run went; `sight`: what it left on disk, as far as nobody saved meanwhile."""
        self.timer_at = now + self.pace.every_s * self.jitter()
        self.owes_shape = not was_settled
        if was_settled:
            self.reshaped_at = math.inf
        self.is_own = self.see(sight, now)
        self.brakes = min(self.brakes + 1, _BRAKES_MAX) if self.is_own and went.has_written else 0
        self.is_mine = went.is_mine
        self.failures = self.failures + 1 if went.has_failed else 0
        self.partials = self.partials + 1 if went.is_partial else 0
        self.allowed_at = now + went.wait_s
        if went.is_busy:
            self.resumes_at = self.timer_at = now + min(_PARTIAL_S, self.pace.every_s)
        elif went.has_failed:
            pause_s = max(self.pace.pause_s(self.failures), went.wait_s)
            self.resumes_at = self.timer_at = now + pause_s * self.jitter()
        elif went.is_partial:
            again_s = min(self.pace.every_s, _PARTIAL_S * 2 ** min(self.partials - 1, _BRAKES_MAX))
            self.timer_at = now + max(again_s * self.jitter(), went.wait_s)
        else:
            self.resumes_at = -math.inf
