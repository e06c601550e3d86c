"""Suggestions: issues that look like tasks without an issue, as the commands that would link them."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import SequenceMatcher
from shlex import quote
from typing import NamedTuple

from plansync.model import Changeset, Field, Kind, Note, Uid, text_of
from plansync.sync.decision import decide
from plansync.sync.lookalikes import key, read_titles
from plansync.sync.session import Session
from plansync.text import cut
from plansync.trackers.base import Record

_CLOSE = 0.75
"""From here on two titles are listed as alike; the person decides."""
_SHOWN_MAX = 60


class Suggestion(NamedTuple):
    """A task without an issue, an open issue of nobody's, and how alike their titles are (1: the same)."""

    uid: Uid
    record: Record
    score: float


@dataclass(slots=True)
class Suggesting:
    """Looks for such pairs; decides nothing, so that nothing is written."""

    records: list[Record] = field(default_factory=list)

    async def prepare(self, session: Session) -> None:
        """Read the open issues that no plan holds."""
        self.records = await read_titles(session)

    def decide(self, session: Session) -> Changeset:
        """Say what looks alike, best first, one issue for a task and one task for an issue."""
        decide(session)
        for found in suggestions(session, self.records):
            session.notes.append(Note(found.uid, _line(session, found)))
        return Changeset()


def suggestions(session: Session, records: list[Record]) -> list[Suggestion]:
    """Pair tasks and issues by their titles: each takes part once, in its best pair."""
    tasks = {
        uid: key(text_of(item, Field.TITLE))
        for uid, item in session.local.items()
        if item.kind is Kind.TASK and uid not in session.remote and uid not in session.frozen
    }
    pairs = [
        Suggestion(uid, record, score)
        for record in records
        for uid, title in tasks.items()
        if (score := _score(title, key(record.title))) >= _CLOSE
    ]
    order = {uid: turn for turn, uid in enumerate(tasks)}
    best: dict[Uid, Suggestion] = {}
    taken: set[int] = set()
    for pair in sorted(pairs, key=lambda p: (-p.score, order[p.uid], p.record.ref)):
        if pair.uid not in best and pair.record.ref not in taken:
            best[pair.uid] = pair
            taken.add(pair.record.ref)
    return sorted(best.values(), key=lambda p: (-p.score, order[p.uid]))


def _score(one: str, other: str) -> float:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.real_quick_ratio() < _CLOSE or matcher.quick_ratio() < _CLOSE:
        return 0.0
    return matcher.ratio()


def _line(session: Session, found: Suggestion) -> str:
    number = session.number_of(found.uid)
    same = [u for u in session.local if number and session.number_of(u) == number]
    name = number if len(same) == 1 else found.uid
    plan = f" {quote(session.project.named)}" if session.project.named else ""
    alike = "same title" if found.score == 1 else f"{found.score:.0%} alike"
    return f"plansync link {quote(name)} {found.record.ref}{plan}  # {alike}: “{cut(found.record.title, _SHOWN_MAX)}”"
