"""Ctrl-C and SIGTERM: the first one lets the request in flight end, the second one stops at once."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import signal
from collections.abc import Callable, Iterator
from typing import Any

from plansync.cli.door import say
from plansync.sync.stopping import Stop

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopper:
    """Turns signals into a stop that loses nothing.

    `hears`: listens to the signals itself; else somebody who does passes them on, with `hear`.
    """

    def __init__(self, *, hears: bool = True) -> None:
        self.stop, self.hears = Stop(), hears
        self._hear: Callable[[], object] | None = None

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Hear signals while a run lasts; where a loop cannot, they end the program as ever."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        heard = {}
        self._hear = functools.partial(loop.call_soon_threadsafe, self._heard, task)
        for number in _SIGNALS if self.hears else ():
            before = signal.getsignal(number)
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(number, self._heard, task)
                heard[number] = before
        try:
            yield
        finally:
            self._hear = None
            for number, before in heard.items():
                loop.remove_signal_handler(number)
                signal.signal(number, before)  # the loop would leave the default, which ends the program

    def hear(self) -> None:
        """Take a signal that somebody else got; where no run is at work there is nothing to do."""
        if self._hear is not None:
            self._hear()

    def _heard(self, task: asyncio.Task[Any] | None) -> None:
        if self.stop.is_asked or not self.stop.is_writing:
            if task is not None:
                task.cancel()
            return
        self.stop.ask()
        say("\nfinishing the request in flight; once more stops at once, which is safe too", err=True)
