"""Stopping a run from outside: after the request in flight, or at once; a wait ends at the first asking."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field


@dataclass(slots=True)
class Stop:
    """What a signal and a run tell each other.

    `is_asked`: begin no further request. `is_writing`: the run is past its reading, so stopping at once would
    leave an outcome unknown (which the next run finds out).
    """

    is_asked: bool = False
    is_writing: bool = False
    _asked: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    def ask(self) -> None:
        """Let the run end."""
        self.is_asked = True
        self._asked.set()

    async def pause(self, seconds: float) -> None:
        """Let so many seconds pass, or fewer where the run is to end."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._asked.wait(), seconds)
