"""What a state file remembers, in words and as the document `plansync/state/1`."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote
from typing import TYPE_CHECKING, Any, TypeAlias

from plansync.cli.columns import line_width, padded, shortened
from plansync.cli.pending import Half, counted, halves, plain, subject, told
from plansync.model import (
    Base,
    Field,
    Item,
    Kind,
    Snapshot,
    Uid,
    is_step,
    text_of,
    uids_of,
)
from plansync.reconcile.rows import ROWS
from plansync.text import in_line

if TYPE_CHECKING:
    from plansync.cli.output import Writer
    from plansync.store.state import Saved

Words: TypeAlias = dict[str, Any]
"""A part of the document."""
_ORDER = {Kind.PLAN: 0, Kind.PHASE: 1, Kind.TASK: 2}
_HEADINGS = {"plan": "Overview", "phase": "Phases", "task": "Tasks"}
_TITLE_MIN, _TITLE_MAX = 16, 48


def document(plan: str, file: str, saved: Saved | None, moved_from: str = "") -> Words:
    """Say all that is remembered of a plan; `saved` is `None` where there is no state file."""
    target = saved.target if saved else None
    parts = {"kind": target.kind, "api": target.api, "project": target.project} if target else None
    return {
        "schema": "plansync/state/1",
        "plan": plan,
        "file": file,
        "moved_from": moved_from,
        "lineage": saved.lineage if saved else "",
        "target": parts,
        "form": saved.form if saved else "",
        "config": saved.config if saved else "",
        "items": [_item(saved.base, i) for i in _items(saved.base)] if saved else [],
        "unknown": list(saved.unknown) if saved else [],
    }


def _items(base: Base) -> list[Item]:
    """List the items: the overview, phases, tasks, each by their numbers on the tracker."""
    known = {**base.agreed, **base.local, **base.remote}
    items = [i for u, i in known.items() if not is_step(u)]
    return sorted(items, key=lambda i: (_ORDER[i.kind], _ref(base, i.uid) or 2**60, i.uid))


def _ref(base: Base, uid: Uid) -> int | None:
    return base.remote[uid].at if uid in base.remote else None


def _item(base: Base, item: Item) -> Words:
    uid, there = item.uid, base.remote.get(item.uid)
    steps = dict.fromkeys(s for side in _sides(base) for s in uids_of(side.get(uid), Field.STEPS))
    is_linked = there is not None and there.at is not None
    return {
        "uid": uid,
        "kind": item.kind.value,
        "title": _title(base, uid),
        "ref": there.at if there else None,
        "node": there.node if there else "",
        "rev": there.stamp.rev if there else 0,
        "op": there.stamp.op if there else "",
        "steps": len(steps),
        "owed": [_owed(half) for u in (uid, *steps) for half in halves(base, u)] if is_linked else [],
        "unknown": list(_unknown(base, item)) if is_linked else [],
        "conflicts": [{"id": c, "field": _field_of(base, uid, c)} for c in told(base.agreed.get(uid))],
    }


def _title(base: Base, uid: Uid) -> str:
    texts = (text_of(side.get(uid), Field.TITLE) for side in _sides(base))
    return next((text for text in texts if text), "")


def _sides(base: Base) -> tuple[Snapshot, ...]:
    return base.agreed, base.local, base.remote


def _owed(half: Half) -> Words:
    """Show one half that is agreed and that a side does not show yet."""
    return {
        "side": half.side,
        "uid": half.uid,
        "field": half.name.value,
        "has": plain(half.has),
        "agreed": plain(half.agreed),
    }


_MAYBE = (Field.PHASE, Field.FRAME, Field.EFFORT, Field.EDGES, Field.DUE)
"""What a task or a phase may have none of, or its tracker."""


def _unknown(base: Base, item: Item) -> Iterator[str]:
    """List the fields of a linked item on which nothing is agreed: the next run compares them anew."""
    agreed = base.agreed[item.uid].fields if item.uid in base.agreed else {}
    steps = (Field.STEPS,) if item.kind is not Kind.PHASE else ()
    for name in (*(f for kind, f in ROWS if kind is item.kind and f not in _MAYBE), *steps):
        if name not in agreed:
            yield name.value


def _field_of(base: Base, uid: Uid, conflict: str) -> str:
    """Name the field that a conflict is about; empty where it is of none that is known any more."""
    name = subject(conflict, uid, _sides(base))[1]
    return name.value if name else ""


# --------------------------------------------------------------------- text


def print_memory(writer: Writer, found: Words) -> None:
    """Print it for a person."""
    if not found["file"]:
        writer.say(in_line(f"{found['plan']} has no state file: it was never synced from here."))
        writer.say(in_line(f"See what a first push would make: plansync diff {quote(found['plan'])}"))
        return
    target = found["target"]
    where = _place(target) if target else "no place yet; the next push names one"
    writer.heading(in_line(f"{found['plan']}, plan {found['lineage']}"))
    writer.say(in_line(f"Synced with {where}"))
    moved = f", left behind by {found['moved_from']}" if found["moved_from"] else ""
    writer.say(in_line(f"Remembered in {found['file']}{moved}"))
    for kind, heading in _HEADINGS.items():
        items = [i for i in found["items"] if i["kind"] == kind]
        if items:
            writer.say()
            writer.heading(heading)
            for line in _lines(items):
                writer.say(line)
    writer.say()
    writer.say(_sum(found))


def _place(target: Words) -> str:
    return "the sandbox" if target["kind"] == "sandbox" else f"{target['project']} at {target['api']}"


def _lines(items: list[Words]) -> Iterator[str]:
    numbers = [f"#{i['ref']}" if i["ref"] is not None else "–" for i in items]
    titles = [in_line(i["title"] or i["uid"]) for i in items]
    width = min(max(map(len, titles)), _TITLE_MAX, max(_TITLE_MIN, line_width() - 40))
    for number, title, item in zip(numbers, titles, items, strict=True):
        name = padded(shortened(title, width), width)
        yield f"  {number:>{max(map(len, numbers))}}  {name}  {in_line('; '.join(_standing(item)))}".rstrip()


def _standing(item: Words) -> Iterator[str]:
    """Say how an item stands, in a few words."""
    if item["ref"] is None:
        yield "no issue yet"
    for side in ("plan", "tracker"):
        fields = [o["field"] for o in item["owed"] if o["side"] == side]
        if fields:
            yield f"the {side} still lacks {counted(fields)}"
    if item["conflicts"]:
        yield f"to decide: {counted([c['field'] or 'something' for c in item['conflicts']])}"
    told = {c["field"] for c in item["conflicts"]}
    if unknown := [name for name in item["unknown"] if name not in told]:
        yield f"not known: {counted(unknown)}"


def _sum(found: Words) -> str:
    items = found["items"]
    counts = {
        "agreed": sum(1 for i in items if i["ref"] is not None and not any(_standing(i))),
        "with a half still owed": sum(1 for i in items if i["owed"]),
        "with a conflict": sum(1 for i in items if i["conflicts"]),
        "not wholly known": sum(1 for i in items if i["unknown"]),
        "without an issue": sum(1 for i in items if i["ref"] is None),
    }
    text = f"{len(items)} item{'s' * (len(items) != 1)}: " + ", ".join(
        f"{n} {words}" for words, n in counts.items() if n
    )
    lost = f" The lines of {', '.join(found['unknown'])} cannot be read." if found["unknown"] else ""
    return in_line((text if items else "Nothing is remembered yet") + "." + lost)
