"""Before the first push: open issues that have the titles of tasks, which somebody made by hand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from plansync.document import block
from plansync.model import Field, Kind, Operation, State, Uid, text_of
from plansync.sync.session import Session
from plansync.text import words
from plansync.trackers.base import Record, Thing

_PAGES_MAX = 50
"""The newest 5,000 issues. Source: design, "Before a first push"."""


class LookAlike(NamedTuple):
    """A task without an issue, and an open issue of nobody's with its title."""

    uid: Uid
    record: Record


async def read_titles(session: Session) -> list[Record]:
    """Read the repository's open issues that no plan holds."""
    found: dict[int, Record] = {}
    pages = 0
    async for page in session.project.tracker.changed(""):
        pages += 1
        found |= {r.ref: r for r in page.records if r.thing is Thing.ISSUE}
        if pages >= _PAGES_MAX:
            break
    taken = {ref for thing, ref in session.names.known if thing is Thing.ISSUE}
    return [
        r
        for ref, r in sorted(found.items())
        if r.state is State.TODO and ref not in taken and not block.is_begun(r.body)
    ]


def look_alikes(
    session: Session, operations: Iterable[Operation], records: Iterable[Record]
) -> list[LookAlike]:
    """Pair the tasks that would get an issue with the issues that have their titles."""
    by_title: dict[str, Record] = {}
    for record in records:
        by_title.setdefault(key(record.title), record)
    made = (op.uid for op in operations if op.kind == "create-issue")
    titles = {
        u: key(text_of(session.local[u], Field.TITLE)) for u in made if session.local[u].kind is Kind.TASK
    }
    return [LookAlike(uid, by_title[title]) for uid, title in titles.items() if title in by_title]


def key(title: str) -> str:
    """Reduce a title to what is compared."""
    return words(title).casefold()
