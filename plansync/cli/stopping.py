"""Ctrl-C and SIGTERM: the first one lets the request in flight end, the second one stops at once."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from typing import Any

from plansync.cli.door import say
from plansync.sync.stopping import Stop

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopper:
    """Turns signals into a stop that loses nothing."""

    def __init__(self) -> None:
        self.stop = Stop()

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Hear signals while a run lasts; where a loop cannot, they end the program as ever."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        heard = {}
        for number in _SIGNALS:
            before = signal.getsignal(number)
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(number, self._heard, task)
                heard[number] = before
        try:
            yield
        finally:
            for number, before in heard.items():
                loop.remove_signal_handler(number)
                signal.signal(number, before)  # the loop would leave the default, which ends the program

    def _heard(self, task: asyncio.Task[Any] | None) -> None:
        if self.stop.is_asked or not self.stop.is_writing:
            if task is not None:
                task.cancel()
            return
        self.stop.ask()
        say("\nfinishing the request in flight; once more stops at once, which is safe too", err=True)
