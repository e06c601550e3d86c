"""Where several plans stand: a line a plan from their documents, `plansync/status/1`, and what they come to."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from plansync import durations
from plansync.cli.columns import columns, line_width, shortened
from plansync.cli.standing import SEE, Words, bar, remote_in_words, task
from plansync.text import in_line

if TYPE_CHECKING:
    from plansync.cli.output import Writer

_BAR = 12
_NAME_MAX = 44


def print_standings(writer: Writer, all_: Sequence[Words]) -> None:
    """Print how far each plan is, what can begin, and all of it together."""
    rows = [
        (
            shortened(in_line(found["path"]), _NAME_MAX),
            bar(writer, found, _BAR),
            f"{found['percent']}%",
            f"{found['done']}/{found['total']}",
            ", ".join(_news(found)),
        )
        for found in all_
    ]
    for line in columns(rows):
        writer.say(line)
    writer.say(_together(all_))
    writer.say()
    for line in _next(all_, line_width()):
        writer.say(line)
    writer.say(in_line(f"More of one: plansync status {shlex.quote(all_[0]['path'])}"))


def _news(found: Words) -> Iterator[str]:
    """Say in short what a plan needs."""
    if not found["is_known"]:
        yield "its state file cannot be read"
    elif not found["linked"] and found["total"]:
        yield "not on a tracker yet" if found["is_written"] else "read only"
    if found["decisions"]:
        yield f"{len(found['decisions'])} to decide"
    if found["owed"]:
        yield f"{len(found['owed'])} owed"
    if found["remote"]:
        yield remote_in_words(found["remote"]).removesuffix(SEE)


def _together(all_: Sequence[Words]) -> str:
    done, total = (sum(found[name] for found in all_) for name in ("done", "total"))
    left_min = sum(found["left_min"] for found in all_)
    left = f", {durations.write(left_min)} left by the estimates" if left_min else ""
    percent = done * 100 // total if total else 0
    return (
        f"{len(all_)} {'plan' if len(all_) == 1 else 'plans'}, {percent}% done: {done} of {total} tasks{left}"
    )


def _next(all_: Sequence[Words], width: int) -> Iterator[str]:
    """Name the first task that can begin in each plan."""
    for found in all_:
        for first in found["next"][:1]:
            name = shortened(in_line(found["path"]), _NAME_MAX)
            yield f"Next in {name}: {task(first, width - len(name) - 10)}"
