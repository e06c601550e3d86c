"""What the overview issue is told that the plan does not know: numbers, issues of others, the room in its text."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Mapping

from plansync.document import block
from plansync.model import OVERVIEW, SECTIONS, Field, Item, Kind, Snapshot, steps_of, text_of
from plansync.planning.overview import Facts, Outsider
from plansync.reconcile.sections import same_section
from plansync.sync import claims
from plansync.text import neutralise
from plansync.trackers.base import Record, Thing
from plansync.trackers.mapping import View
from plansync.trackers.mirror import NOTES, Mirror

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
    theirs = len(block.outside(record.body).replace("\r\n", "\n")) if record else 0
    return own - -theirs // _ROOM_STEP * _ROOM_STEP


def seen(mirror: Mirror, lineage: str) -> dict[Field, str]:
    """Read what this machine last saw both sides say in the overview's derived parts."""
    with contextlib.suppress(ValueError, TypeError, AttributeError):
        kept = json.loads(mirror.notes.get(_key(lineage), b"{}"))
        return {name: str(kept[name.value]) for name in SECTIONS if name.value in kept}
    return {}  # what cannot be read is not there


def keep_seen(mirror: Mirror, lineage: str, agreed: Item, there: Item) -> None:
    """Remember the derived parts in which the issue says what it is to say."""
    known = seen(mirror, lineage)
    both = [name for name in SECTIONS if name in agreed.fields and name in there.fields]
    alike = {n: text_of(agreed, n) for n in both if same_section(agreed.fields[n], there.fields[n])}
    if known | alike != known:
        said = {name.value: text for name, text in (known | alike).items()}
        mirror.note(_key(lineage), json.dumps(said, ensure_ascii=False).encode())


def _key(lineage: str) -> str:
    return f"{NOTES}{lineage}"
