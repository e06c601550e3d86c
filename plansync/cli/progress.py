"""What a run tells while it lasts, on stderr: a bar on a terminal, a line now and then elsewhere, requests with -vv."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from plansync.cli.context import Common, is_dumb
from plansync.cli.door import say
from plansync.cli.wording import duration
from plansync.sync.events import Answered, Event, Progressed, Waiting
from plansync.text import in_line

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_TOLD_S = 5
"""A shorter wait is not worth a line: a paced run waits a second before each write."""
_EVERY_S = 30
"""So often a log hears how far a run is."""
_LOOKS_S = 2
"""Reading that is over by then needs no line."""
_ASKS_ALL = 2
"""So many `-v` show each request."""


class Quiet:
    """Tells only of long waits."""

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """End."""

    def clear(self) -> None:
        """Take away what is redrawn, before a question is asked."""

    def listen(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, Waiting) and event.seconds >= _TOLD_S:
            say(f"waiting {duration(event.seconds)}: {in_line(event.reason)}", err=True)


class Sparse(Quiet):
    """Tells of long waits, and twice a minute how far a run is: what a log can hold. `now`: a clock, in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.now, self.told_at = now, now()

    def listen(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, Progressed) and self.now() - self.told_at >= _EVERY_S:
            self.told_at = self.now()
            say(f"{event.number - 1} of {event.total} done, {duration(event.left_s)} left", err=True)
        super().listen(event)


class Requests(Sparse):
    """Tells of each request, and of every wait: no token, no text, nothing of what was sent or came back."""

    def listen(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, Answered):
            status = str(event.status) if event.status else "no answer"
            say(in_line(f"{event.method} {event.path} {status} {event.took_s * 1000:.0f} ms"), err=True)
        elif isinstance(event, Waiting):
            say(f"waiting {event.seconds:.1f} s: {in_line(event.reason)}", err=True)
        else:
            super().listen(event)


class Bar(Quiet):
    """A progress bar on stderr that leaves no line behind."""

    def __init__(self) -> None:
        self.progress: Progress | None = None
        self.looking: Progress | None = None
        self.task: TaskID | None = None
        self.began, self.answers = time.monotonic(), 0

    def __exit__(self, *_: object) -> None:
        """Take the bar away."""
        self.clear()
        if self.progress:
            self.progress.stop()

    def _look(self) -> None:
        """Count the answers of a tracker that is read for long; once it is written to, the bar says it all."""
        self.answers += 1
        if self.progress or time.monotonic() - self.began < _LOOKS_S:
            return
        if self.looking is None:
            self.looking = _counter()
            self.looking.start()
            self.looking.add_task("")
        self.looking.update(self.looking.task_ids[0], description=f"reading: {self.answers} answers so far")

    def clear(self) -> None:
        """Take away what was said of reading, before something else is shown."""
        if self.looking:
            self.looking.stop()
            self.looking = None

    def listen(self, event: Event) -> None:
        """Move the bar, or say why it stands and for how long."""
        if isinstance(event, Progressed):
            self.clear()
            self._move(event)
        elif isinstance(event, Answered):
            self._look()
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


def _counter() -> Progress:
    """Make a line that is redrawn."""
    from rich.console import Console
    from rich.progress import Progress, TextColumn

    return Progress(TextColumn("{task.description}"), console=Console(stderr=True), transient=True)


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
    """Pick what fits where stderr goes, and what was asked for."""
    if common.verbose >= _ASKS_ALL:
        return Requests()
    if common.quiet:
        return Quiet()
    is_redrawn = sys.stderr.isatty() and not is_dumb() and not os.environ.get("CI")
    return Bar() if is_redrawn else Sparse()
