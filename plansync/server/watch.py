"""The loop that watches plans: looks at the files, waits, lets one run after another happen, and ends when told to.

Files are looked at, not listened to: a few calls of `stat` twice a second cost nothing that can be measured, and they
see what a notification misses, on network drives and in containers, and after an editor that puts a new file in the
old one's place. So there is no further library, and nothing to run out of.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from plansync.server.when import Pace, Sight, Watched, Went

_LOOK_S = 0.5
_LIST_S = 10.0
_SWAPS = (".{name}.swp", ".{name}.swo", ".{name}.swn", ".#{name}", "#{name}#", ".~lock.{name}#")
"""What vim, Emacs and LibreOffice lay beside a file that has changes which are not saved."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Through which the loop touches the world. `now`: seconds that only grow; `wall`: of the files' clock."""

    now: Callable[[], float]
    wall: Callable[[], float]
    sleep: Callable[[float], None]
    jitter: Callable[[], float]
    is_told_to_end: Callable[[], bool]


@dataclass(slots=True)
class Watch:
    """Watches plans. `plans` lists them; `run` syncs one, said whether its shape may be acted on.

    `beside`: the files that a sync of a plan stands on besides; who saves one after a failure wants another try.
    """

    pace: Pace
    ports: Ports
    plans: Callable[[], Sequence[Path]]
    run: Callable[[Path, bool], Went]
    beside: Callable[[Path], Sequence[Path]] = lambda plan: ()
    _known: dict[Path, Watched] = field(default_factory=dict)
    _files: dict[Path, tuple[int, ...]] = field(default_factory=dict)
    _beside: dict[Path, list[tuple[int, ...]]] = field(default_factory=dict)
    _listed_at: float = -math.inf

    def go(self) -> None:
        """Watch until told to end."""
        while not self.ports.is_told_to_end():
            self.step()
            if not self.ports.is_told_to_end():
                self.ports.sleep(min(_LOOK_S, self.pace.quiet_s / 4 or _LOOK_S))

    def step(self) -> None:
        """Look at all plans once, and sync those whose time has come, one after the other."""
        if self.ports.now() - self._listed_at >= min(_LIST_S, self.pace.every_s):
            self._list()
        for plan, watched in self._known.items():
            if self.ports.is_told_to_end():
                return
            self._look(plan, watched)
            if self.ports.now() >= watched.next_at() and not self._is_edited(plan):
                self._sync(plan, watched)

    def _list(self) -> None:
        """Take in plans that are new, and let go of those that are not meant any more."""
        self._listed_at = self.ports.now()
        plans = self.plans()
        self._known = {plan: self._known.get(plan) or self._begun(plan) for plan in plans}

    def _begun(self, plan: Path) -> Watched:
        now = self.ports.now()
        try:
            age_s = max(self.ports.wall() - plan.stat().st_mtime, 0.0)
        except OSError:
            age_s = 0.0
        return Watched(self.pace, sight(plan), now - age_s, now, self.ports.jitter)

    def _look(self, plan: Path, watched: Watched) -> None:
        """Read the file where its place, time or size is another one."""
        file = _stat(plan)
        if file != self._files.get(plan):
            watched.see(sight(plan), self.ports.now())
            self._files[plan] = file
        if watched.failures and (found := [_stat(each) for each in self.beside(plan)]) != self._beside[plan]:
            watched.hurry(self.ports.now())
            self._beside[plan] = found

    def _sync(self, plan: Path, watched: Watched) -> None:
        is_settled = watched.is_settled(self.ports.now())
        watched.begin()
        went = self.run(plan, is_settled)
        watched.end(went, self.ports.now(), was_settled=is_settled, sight=sight(plan))
        self._files[plan] = _stat(plan)
        self._beside[plan] = [_stat(each) for each in self.beside(plan)]

    def _is_edited(self, plan: Path) -> bool:
        """Say whether an editor holds changes of it that are not saved, by what it lays beside the file.

        One that was not touched for a while, or by a clock that was wrong, is left from an editor that sleeps, or died.
        """
        try:
            folder, name = plan.resolve().parent, plan.resolve().name
        except (OSError, RuntimeError):  # a link to itself, or the folder is gone: the run says so
            return False
        for pattern in _SWAPS:
            try:
                touched_at = (folder / pattern.format(name=name)).lstat().st_mtime
            except OSError:
                continue
            if abs(self.ports.wall() - touched_at) < self.pace.settle_s:
                return True
        return False


def sight(plan: Path) -> Sight:
    """Look at a plan on disk."""
    try:
        return Sight.of(plan.read_bytes())
    except OSError:
        return Sight()


def _stat(plan: Path) -> tuple[int, ...]:
    try:
        found = plan.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_mtime_ns, found.st_size
