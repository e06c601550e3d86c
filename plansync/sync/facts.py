"""What the overview issue is told that the plan does not know: numbers, issues of others, the room in its text."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from plansync.model import OVERVIEW, Field, Kind, Snapshot, steps_of, text_of
from plansync.planning.overview import Facts, Outsider
from plansync.sync import claims
from plansync.text import neutralise
from plansync.trackers.base import Record, Thing
from plansync.trackers.mapping import View

_ROOM_STEP = 2_000
_FRAME = 1_000
"""Characters for our comment lines, headings and the closing sentence, rounded up."""


def facts(
    view: View,
    records: Mapping[claims.Key, Record],
    known: Collection[claims.Key],
    items: Snapshot,
    body_max: int,
) -> Facts:
    """Collect what the derived parts of the overview are made from.

    `records`: all that was seen of the tracker; `known`: what is, or becomes, the plan's; `items`: the plan as agreed.
    """
    outsiders = claims.newcomers(view, records, known)
    seen = {ref for thing, ref in records if thing is Thing.ISSUE}
    issues = ((u, i.at) for u, i in view.items.items() if i.kind is not Kind.PHASE)
    return Facts(
        numbers={uid: at for uid, at in issues if at is not None},
        outsiders=[Outsider(record.ref, record.title) for record in outsiders],
        others=frozenset(seen - {record.ref for record in outsiders}),
        listed=text_of(view.items.get(OVERVIEW), Field.OUTSIDERS),
        room=body_max - _taken(view.records.get(OVERVIEW), items),
    )


def _taken(record: Record | None, items: Snapshot) -> int:
    """Measure what the body holds besides; people's own text counts in large steps, so that a word moves nothing."""
    own = sum(len(neutralise(text_of(step, Field.TEXT))) + 12 for step in steps_of(items, OVERVIEW))
    own += len(neutralise(text_of(items.get(OVERVIEW), Field.PROSE))) + _FRAME
    body = record.body.replace("\r\n", "\n") if record else ""
    theirs = len(body.partition("<!-- plansync:begin")[0]) + len(body.rpartition("<!-- plansync:end -->")[2])
    return own - -theirs // _ROOM_STEP * _ROOM_STEP
