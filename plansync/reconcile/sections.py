"""The derived parts of the overview issue: they only flow to the tracker, and only when they changed.

What they say is computed anew each run, so that the base needs no more of it than whether it is the same:
a digest. A plan has no place for them, so what is agreed stands for the plan's side too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping

from plansync.model import OVERVIEW, SECTIONS, Field, Item, Note, Snapshot, Uid, Value
from plansync.reconcile.agreement import Agreement
from plansync.text import same_lines

_SHORT = re.compile(r"~[0-9a-f]{12}")


def short(value: Value | None) -> Value | None:
    """Give what is remembered of a section; what is short already stays so."""
    if not isinstance(value, str) or not value or _SHORT.fullmatch(value):
        return value
    return f"~{hashlib.sha256(same_lines(value).encode()).hexdigest()[:12]}"


def decide_sections(
    agreement: Agreement,
    then: tuple[Item | None, Item | None],
    remote: Item | None,
    values: Mapping[Field, str],
    settles: Callable[[Uid, Field], bool] | None,
    *,
    is_whole: bool = False,
) -> None:
    """Agree on what the sections say; `then`: what of the overview was agreed, and what the tracker held of it.

    One that says something else on the tracker, because somebody edited it or another copy wrote it, is noted, and
    written when what it is to say changes. `is_whole`: the issue gets a whole block anyway.
    """
    for name, value in values.items():
        if settles is not None and not settles(OVERVIEW, name):
            continue
        agreed, held = (short(item.fields.get(name)) if item else None for item in then)
        shown = short(remote.fields.get(name)) if remote else None
        now = short(value)
        if remote is None or is_whole or (shown is not None and (shown in (now, held) or agreed != now)):
            agreement.set(OVERVIEW, name, value, "computed")
        elif shown is not None:
            text = "says something else on the tracker; plansync writes it when what it is to say changes"
            agreement.notes.append(Note(OVERVIEW, f"#{remote.at}: {name.value} {text}"))


def beside_the_plan(local: Snapshot, agreed: Snapshot) -> Snapshot:
    """Show the plan's side with the sections as they are agreed."""
    if OVERVIEW not in local or OVERVIEW not in agreed:
        return local
    item, said = local[OVERVIEW], agreed[OVERVIEW].fields
    own = {name: said[name] for name in SECTIONS if name in said}
    return {
        **local,
        OVERVIEW: Item(item.uid, item.kind, {**item.fields, **own}, item.at, item.stamp, item.node),
    }
