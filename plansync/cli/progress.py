"""Progress on a terminal: a bar while writing, the reason while waiting. Silent elsewhere."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from plansync.cli.context import Common
from plansync.cli.door import say
from plansync.sync.events import Event, Progressed, Waiting
from plansync.text import in_line

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Quiet:
    """Tells only of long waits, on stderr."""

    def __enter__(self) -> Quiet:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """End."""

    def listen(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, Waiting) and event.seconds >= 1:
            say(f"waiting {event.seconds:.0f} s: {in_line(event.reason)}", err=True)


class Bar(Quiet):
    """A progress bar on stderr that leaves no line behind."""

    def __init__(self) -> None:
        self.progress: Progress | None = None
        self.task: TaskID | None = None

    def __exit__(self, *_: object) -> None:
        """Take the bar away."""
        if self.progress:
            self.progress.stop()

    def listen(self, event: Event) -> None:
        """Move the bar, or say why it stands."""
        if isinstance(event, Progressed):
            self._move(event)
        elif self.progress and self.task is not None:
            from rich.markup import escape

            text = escape(f"waiting {event.seconds:.0f} s: {in_line(event.reason)}")
            self.progress.update(self.task, description=text)
        else:
            super().listen(event)

    def _move(self, event: Progressed) -> None:
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import Progress

        if self.progress is None or self.task is None:
            self.progress = Progress(console=Console(stderr=True), transient=True)
            self.progress.start()
            self.task = self.progress.add_task("", total=event.total)
        text = escape(in_line(event.text))
        self.progress.update(self.task, completed=event.number - 1, total=event.total, description=text)


def listener(common: Common) -> Quiet:
    """Pick what fits where stderr goes."""
    return Bar() if sys.stderr.isatty() and not common.quiet else Quiet()
