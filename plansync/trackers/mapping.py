"""Records → items: what an issue or a milestone says to a plan, for every tracker alike; `drafts` is the way back."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from plansync import titles
from plansync.document import block as managed
from plansync.document.block import Block
from plansync.model import (
    OVERVIEW,
    SECTIONS,
    TITLE_MAX,
    Field,
    Item,
    Kind,
    Note,
    Snapshot,
    Stamp,
    State,
    Twin,
    Uid,
    Value,
    owner_of,
    steps_of,
    text_of,
)
from plansync.text import words
from plansync.trackers.base import Record, Thing

LABEL = "plansync"
"""The discovery label that every issue of ours is created with."""

_AT_ONCE = timedelta(hours=1)
"""How far apart two issues of one task may have been made by two runs that did not know of each other."""

_REFS = re.compile(r"#\d+(?:\s*,\s*#\d+)*")


@dataclass(frozen=True, slots=True)
class View:
    """The tracker's side: items, the record behind each, and what is worth a note.

    `twins`: issues that bear the mark of an item which has another one, and are no copies of that one.
    """

    items: dict[Uid, Item]
    records: dict[Uid, Record]
    notes: tuple[Note, ...] = ()
    twins: tuple[Twin, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """What records cannot say of themselves: the plan they belong to, where it is to be read, the numbers it knows.

    `template`: how an issue's title is made from a task's; `frames`: what may stand around it; `titles`: the tasks'.
    `former`: the numbers by which texts may still name the issues that new ones stand in for. `has_efforts`: a
    tracker's estimates are the plan's affair. `passed_over`: the items of which no record that bears their mark is
    theirs, as a person said.
    """

    lineage: str
    title: str
    path: str
    link: str = ""
    known: Mapping[tuple[Thing, int], Uid] = field(default_factory=dict)
    phases: Mapping[Uid, str] = field(default_factory=dict)
    template: str = titles.PLAIN
    frames: Mapping[Uid, tuple[str, ...]] = field(default_factory=dict)
    titles: Mapping[Uid, tuple[str, ...]] = field(default_factory=dict)
    former: Mapping[tuple[Thing, int], Uid] = field(default_factory=dict)
    has_efforts: bool = True
    passed_over: Collection[Uid] = ()

    def milestone_title(self, uid: Uid, title: str) -> str:
        """Read a title that was taken when the milestone was made, and so got a plan's name behind it.

        The plan may have another name by now: what it is remembered by tells where the suffix begins.
        """
        known = self.phases.get(uid, "")
        if known and title.startswith(f"{known} (") and title.endswith(")"):
            return known
        return next((t for s in self.suffixes if (t := title.removesuffix(s)) != title), title)

    @property
    def suffixes(self) -> tuple[str, ...]:
        """What is put behind a milestone's title that is taken, the first one that makes it free."""
        return f" ({self.title})", f" ({self.path})", f" ({self.lineage})"


def snapshot(records: Iterable[Record], names: Names) -> View:
    """Show the records that belong to a plan; all others are left out."""
    read = [(r, *_identity(r, names)) for r in sorted(records, key=lambda r: (r.thing, r.ref))]
    strange = {(r.thing, r.ref): Uid("") for r, _, _ in read}
    ours = _ours(read, names)
    kept, items = {u: r for u, (r, _) in ours.items()}, dict[Uid, Item]()
    second = list(_second(read, kept))
    by_ref = {**strange, **names.known, **{(r.thing, r.ref): u for u, r in kept.items()}}
    by_ref |= {(r.thing, r.ref): b.uid for r, b in second}
    for uid, (record, block) in ours.items():
        items |= {item.uid: item for item in _items(uid, record, block, names, by_ref)}
    twins, notes = list[Twin](), list[Note]()
    for record, block in second:
        if not _is_twin(record, block, kept[block.uid], items[block.uid].stamp):
            text = f"#{record.ref} bears the same marker as #{kept[block.uid].ref}; it is ignored as a copy"
            notes.append(Note(block.uid, text))
        else:
            twins.append(_twin(record, block, names, by_ref))
            if (
                kept[block.uid].is_duplicate and record.state is State.TODO
            ):  # of the open one: nothing is dropped
                items[block.uid] = _stateless(items[block.uid])
    return View(items, kept, tuple(notes), tuple(twins))


def without(view: View, uid: Uid) -> View:
    """Leave one item out, with its steps and its twins."""
    return replace(
        view,
        items={u: i for u, i in view.items.items() if owner_of(u) != uid},
        records={u: r for u, r in view.records.items() if u != uid},
        twins=tuple(twin for twin in view.twins if twin.of != uid),
    )


def _identity(record: Record, names: Names) -> tuple[Uid | None, Block | None]:
    """Name a record by its marker."""
    if record.thing is Thing.MILESTONE:
        found = managed.read_milestone(record.body)
        return (found.uid if found and found.plan == names.lineage else None), None
    block = managed.read(record.body) if "plansync:begin" in record.body else None
    return (block.uid, block) if block and block.plan == names.lineage else (None, None)


_Read = tuple[Record, Uid | None, Block | None]


def _ours(read: Iterable[_Read], names: Names) -> dict[Uid, tuple[Record, Block | None]]:
    """Pick one record for each uid: the known number whatever it says, else the lowest that is marked."""
    found: dict[Uid, tuple[Record, Block | None]] = {}
    numbered = {*names.known.values(), *names.passed_over}
    for record, marked, block in read:
        known = names.known.get((record.thing, record.ref))
        if known:
            found[known] = (record, block if marked == known else None)
        elif marked and marked not in found and marked not in numbered:
            found[marked] = (record, block)
    return found


def _second(read: Iterable[_Read], records: Mapping[Uid, Record]) -> Iterator[tuple[Record, Block]]:
    """List the issues that bear a mark of ours and are not the one that is taken for it."""
    for record, uid, block in read:
        other = records.get(uid) if uid and block else None
        if block and other and other.thing is Thing.ISSUE and other.ref != record.ref:
            yield record, block


def _stateless(item: Item) -> Item:
    return replace(item, fields={name: value for name, value in item.fields.items() if name != Field.STATE})


def _is_twin(record: Record, block: Block, other: Record, stamp: Stamp) -> bool:
    """Say whether two runs made two issues at about the same moment; whatever else bears a mark is a copy of one."""
    ours, theirs = stamp.birth, block.stamp.birth
    if not ours or not theirs or ours == theirs:
        return False
    try:
        made, too = (datetime.fromisoformat(r.created) for r in (record, other))
        return abs(made - too) <= _AT_ONCE
    except (ValueError, TypeError):  # no time, or one without a zone beside one that has it
        return False


def _twin(record: Record, block: Block, names: Names, by_ref: Mapping[tuple[Thing, int], Uid]) -> Twin:
    """Show a twin as a task, also where it is one of the overview's: what becomes of it is its state."""
    shown = {i.uid: i for i in _items(block.uid, record, block, names, by_ref)}
    item = shown[block.uid]
    own = {Field.STATE: record.state.value, Field.LINK: f"#{record.ref} {record.url}".strip()}
    return Twin(
        block.uid,
        replace(item, uid=Uid(f"{block.uid}+{record.ref}"), kind=Kind.TASK, fields={**item.fields, **own}),
        tuple(steps_of(shown, block.uid)),
        is_spoken=bool(record.comments) or not managed.is_as_written(record.body, block),
        is_new=record.state is State.TODO and record.revision == record.created != "",
        is_duplicate=record.is_duplicate,
        is_reopened=record.is_reopened,
    )


def _items(
    uid: Uid, record: Record, block: Block | None, names: Names, by_ref: Mapping[tuple[Thing, int], Uid]
) -> Iterable[Item]:
    if record.is_inherited:  # other projects have it too: it is used, and nothing about it is ours to say
        yield Item(uid, Kind.PHASE, {}, record.ref, node=record.node)
        return
    if record.thing is Thing.MILESTONE:
        title = names.milestone_title(uid, record.title)
        shown: dict[Field, Value] = {
            Field.TITLE: title,
            Field.STATE: record.state.value,
            Field.DUE: record.due,
        }
        yield Item(uid, Kind.PHASE, shown, record.ref, node=record.node)
        return
    kind = Kind.PLAN if uid == OVERVIEW else Kind.TASK
    fields = _title_fields(uid, kind, record.title, names)
    if kind is Kind.TASK:
        fields |= {Field.STATE: record.state.value, Field.LINK: f"#{record.ref} {record.url}".strip()}
        phase = by_ref.get((Thing.MILESTONE, record.milestone)) if record.milestone else None
        fields |= {Field.PHASE: phase} if phase else {}
        fields |= _beside(record, by_ref)
        if names.has_efforts and record.estimate is not None:
            fields[Field.EFFORT] = record.estimate
    if block:
        steps = list(_steps(uid, block))
        named = (
            {**names.former, **by_ref} if names.former else by_ref
        )  # a text may; a link goes with its issue
        fields |= _block_fields(kind, block, named) | {Field.STEPS: tuple(s.uid for s in steps)}
        yield from steps
    yield Item(uid, kind, fields, record.ref, block.stamp if block else Stamp(), record.node)


def _beside(record: Record, by_ref: Mapping[tuple[Thing, int], Uid]) -> dict[Field, Value]:
    """Show what stands beside an issue's text: labels, people, and links to other issues of the plan."""
    fields: dict[Field, Value] = {
        Field.LABELS: tuple(label for label in record.labels if label.casefold() != LABEL),
        Field.OWNERS: record.assignees,
    }
    if record.blockers is not None:
        ours = (by_ref.get((Thing.ISSUE, ref)) for ref in record.blockers)
        fields[Field.EDGES] = tuple(sorted(u for u in ours if u))
    return fields


def _title_fields(uid: Uid, kind: Kind, title: str, names: Names) -> dict[Field, Value]:
    """Read an issue's title: the task's own, whole where it was cut, and what stands around it."""
    frames, known = names.frames.get(uid, ()), names.titles.get(uid, ())
    if kind is not Kind.TASK or (names.template == titles.PLAIN and not frames):
        return {Field.TITLE: titles.taken(title, titles.PLAIN, (titles.PLAIN,), known, TITLE_MAX)[1]}
    around, own = titles.taken(title, names.template, frames, known, TITLE_MAX)
    return {Field.TITLE: own, Field.FRAME: around}


def _steps(uid: Uid, block: Block) -> Iterable[Item]:
    for number, step in enumerate(block.steps):
        fields: dict[Field, Value] = {
            Field.TEXT: step.text,
            Field.TICK: step.tick.value,
            Field.LEVEL: step.level,
        }
        yield Item(Uid(f"{uid}/~{number}"), Kind.STEP, fields, number)


def _block_fields(kind: Kind, block: Block, by_ref: Mapping[tuple[Thing, int], Uid]) -> dict[Field, Value]:
    fields: dict[Field, Value] = {Field.PROSE: block.prose}
    if kind is Kind.PLAN:
        fields |= {name: block.sections.get(name, "") for name in SECTIONS}
        fields[Field.WRITTEN] = tuple(f"{name.value}={last}" for name, last in block.written.items())
    if kind is Kind.TASK:
        fields[Field.REQUIREMENTS] = block.meta.get(Field.REQUIREMENTS, "")
        fields[Field.ESTIMATE] = block.meta.get(Field.ESTIMATE, "")
        depends = _depends(block.meta.get(Field.DEPENDS, "").strip(), by_ref)
        fields |= {} if depends is None else {Field.DEPENDS: depends}
    return fields


def _depends(text: str, by_ref: Mapping[tuple[Thing, int], Uid]) -> tuple[str, ...] | None:
    """Read a line of our references; `None` where it names an issue of others. A number without one is left out."""
    if not _REFS.fullmatch(text):
        return (f"={text}",) if text else ()
    uids = [by_ref.get((Thing.ISSUE, int(ref))) for ref in re.findall(r"\d+", text)]
    return None if "" in uids else tuple(u for u in uids if u)


def _thing(item: Item) -> Thing:
    return Thing.MILESTONE if item.kind is Kind.PHASE else Thing.ISSUE


def known_numbers(remote: Snapshot) -> dict[tuple[Thing, int], Uid]:
    """Index remembered items by their record."""
    return {(_thing(i), i.at): u for u, i in remote.items() if i.at is not None and owner_of(u) == u}


def answered(
    record: Record, uid: Uid, steps: Sequence[Item], names: Names, by_ref: Mapping[tuple[Thing, int], Uid]
) -> dict[Uid, Item]:
    """Show a record that a write answered with, its steps named like `steps` where they say the same."""
    _, block = _identity(record, names)
    items = {i.uid: i for i in _items(uid, record, block, names, by_ref)}
    shown = steps_of(items, uid)
    waiting = list(steps)
    renamed: dict[Uid, Uid] = {}
    for item in shown:
        twin = next(
            (s for s in waiting if words(text_of(s, Field.TEXT)) == words(text_of(item, Field.TEXT))), None
        )
        if twin is not None:
            waiting.remove(twin)
            renamed[item.uid] = twin.uid
    order = tuple(renamed[i.uid] for i in shown if i.uid in renamed)
    answer = {renamed[i.uid]: replace(i, uid=renamed[i.uid]) for i in shown if i.uid in renamed}
    whole = items[uid]
    answer[uid] = (
        replace(whole, fields={**whole.fields, Field.STEPS: order}) if Field.STEPS in whole.fields else whole
    )
    return answer


def labels_lacking(record: Record) -> tuple[str, ...]:
    """List the labels of ours that an issue does not bear."""
    return () if LABEL in (x.casefold() for x in record.labels) else (LABEL,)
