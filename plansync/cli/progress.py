"""Progress on a terminal: a bar with counts and time left while writing, the reason while waiting. Silent elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from plansync.cli.context import Common
from plansync.cli.door import say
from plansync.cli.wording import duration
from plansync.sync.events import Event, Progressed, Waiting
from plansync.text import in_line

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_TOLD_S = 5
"""A shorter wait is not worth a line: a paced run waits a second before each write."""


class Quiet:
    """Tells only of long waits, on stderr."""

    def __enter__(self) -> Quiet:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """End."""

    def listen(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, Waiting) and event.seconds >= _TOLD_S:
            say(f"waiting {duration(event.seconds)}: {in_line(event.reason)}", err=True)


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
        """Move the bar, or say why it stands and for how long."""
        if isinstance(event, Progressed):
            self._move(event)
        elif self.progress and self.task is not None:
            self.progress.update(
                self.task, until=time.monotonic() + event.seconds, reason=in_line(event.reason)
            )
        else:
            super().listen(event)

    def _move(self, event: Progressed) -> None:
        if self.progress is None or self.task is None:
            self.progress = _progress()
            self.progress.start()
            self.task = self.progress.add_task("", total=event.total, until=0.0, ends=0.0, reason="")
        self.progress.update(
            self.task,
            completed=event.number - 1,
            total=event.total,
            description=in_line(event.text),
            ends=time.monotonic() + event.left_s,
            until=0.0,
        )


def _progress() -> Progress:
    """Make a bar whose columns look at the clock: what is left goes down while nothing happens."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task
    from rich.text import Text

    class Left(ProgressColumn):
        """How long it will still take."""

        def render(self, task: Task) -> Text:
            return Text(f"{duration(task.fields['ends'] - time.monotonic())} left", no_wrap=True)

    class Doing(ProgressColumn):
        """What is done, or why nothing is."""

        def render(self, task: Task) -> Text:
            wait_s = task.fields["until"] - time.monotonic()
            is_waiting = wait_s > 0
            text = f"waiting {duration(wait_s)}: {task.fields['reason']}" if is_waiting else task.description
            return Text(text, no_wrap=True, overflow="ellipsis")

    columns = (BarColumn(bar_width=20), MofNCompleteColumn(), Left(), Doing())
    return Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=4)


def listener(common: Common) -> Quiet:
    """Pick what fits where stderr goes."""
    return Bar() if sys.stderr.isatty() and not common.quiet else Quiet()
