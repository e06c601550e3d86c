"""What is known of items that their records cannot say of themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from plansync.model import OVERVIEW, Base, Field, Kind, Snapshot, Uid, text_of
from plansync.sync.project import Project
from plansync.trackers import mapping
from plansync.trackers.base import Thing
from plansync.trackers.mapping import Names


def names(
    project: Project, lineage: str, sides: tuple[Snapshot, Snapshot], base: Base, former: Mapping[Uid, int]
) -> Names:
    """Gather it from the plan and from what was agreed.

    Shape: `sides` are the plan's: the one that is written to, whose title counts, and the one that was read. `former`:
    the numbers of issues that tasks had and that are gone, of those that are to have another one.
    """
    local, shown = sides
    known = (shown, base.agreed, base.remote)
    tasks = {u for side in known for u, i in side.items() if i.kind is Kind.TASK}
    return Names(
        lineage,
        text_of(local.get(OVERVIEW), Field.TITLE),
        project.path,
        project.link,
        mapping.known_numbers(base.remote),
        {u: text_of(i, Field.TITLE) for u, i in base.agreed.items() if i.kind is Kind.PHASE},
        project.title,
        {u: said for u in tasks if (said := _said(known, u, Field.FRAME))},
        {u: _said(known, u, Field.TITLE) for u in (*tasks, OVERVIEW)},
        {(Thing.ISSUE, ref): uid for uid, ref in former.items() if uid in tasks},
        project.marking.has_efforts,
    )


def _said(sides: Sequence[Snapshot], uid: Uid, name: Field) -> tuple[str, ...]:
    """List what the sides say in a text field of an item, once each."""
    said = (text_of(side.get(uid), name) for side in sides)
    return tuple(dict.fromkeys(text for text in said if text))
