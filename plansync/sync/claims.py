"""Which issues that people made belong to a plan's tasks: by the plan's own links, by a person's word, by a label.

Nothing is taken on a likeness. An issue that bears a block of anybody's is what that says, and nothing else.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from plansync.document import block
from plansync.model import Base, Field, Kind, Snapshot, State, Uid, text_of
from plansync.reconcile import Bare
from plansync.text import words
from plansync.trackers import mapping
from plansync.trackers.base import Record, Thing
from plansync.trackers.mapping import LABEL, View

Key = tuple[Thing, int]
_WAYS = ("/issues/", "/-/issues/", "/-/work_items/")
"""What stands between a project and a number in an issue's address, on GitHub and on GitLab."""
_ISSUE = re.compile(r"#(\d{1,15})\b(?: (\S+))?")


class Link(NamedTuple):
    """The issue that a task of the plan names."""

    number: int
    url: str


def links(shown: Snapshot) -> dict[Uid, Link]:
    """List the issues that the plan's tasks name, by a link of ours or of their author's."""
    found: dict[Uid, Link] = {}
    for uid, item in shown.items():
        said = text_of(item, Field.LINK) or text_of(item, Field.REFERENCE)
        if item.kind is Kind.TASK and (link := _ISSUE.match(said)):
            found[uid] = Link(int(link[1]), link[2] or "")
    return found


def named(shown: Snapshot, project: str) -> set[Key]:
    """List the issues to read because the plan names them: those of the project that it is bound to."""
    return {
        (Thing.ISSUE, link.number)
        for uid, link in links(shown).items()
        if shown[uid].fields.get(Field.MARKER) or _is_in(project, link)
    }


def _is_in(project: str, link: Link) -> bool:
    return link.url.casefold().endswith(tuple(f"/{project}{way}{link.number}".casefold() for way in _WAYS))


def outlived(shown: Snapshot, base: Base, gone: Collection[Key], project: str) -> dict[Uid, int]:
    """List the issues that are gone and that the plan still names, of marked tasks that have none or another.

    A run that made that one died or could not write the plan, or the task was dropped with its issue and is taken up
    again. Then the line is ours, and not about any other issue.
    """
    return {
        uid: link.number
        for uid, link in links(shown).items()
        if _is_in(project, link)
        and (Thing.ISSUE, link.number) in gone
        and shown[uid].fields.get(Field.MARKER)
        if uid not in base.remote or base.remote[uid].at != link.number
    }


def inherited(shown: Snapshot, base: Base, view: View, records: Iterable[Record]) -> dict[Key, Uid]:
    """Find the open milestones of a group above that bear a phase's very title, where it has none of its own yet.

    They are made for the projects below to use, and no mark could say whose they are.
    """
    phases = {u: i for u, i in shown.items() if i.kind is Kind.PHASE}
    free = [u for u in phases if u not in view.items and u not in base.remote]
    titles = Counter(words(text_of(item, Field.TITLE)) for item in phases.values())
    open_ = {words(r.title): r for r in records if r.is_inherited and r.state is State.TODO}
    wanted = {u: words(text_of(shown[u], Field.TITLE)) for u in free}
    return {(Thing.MILESTONE, open_[t].ref): u for u, t in wanted.items() if t in open_ and titles[t] == 1}


class Claims(NamedTuple):
    """What the plan's links claim. `contested`: tasks that name one issue, by its number."""

    known: Mapping[Key, Uid]
    contested: Mapping[int, tuple[Uid, ...]]


def claims(shown: Snapshot, base: Base, view: View, records: Mapping[Key, Record]) -> Claims:
    """Find issues by the plan's own links, where the base does not know them and no block names them any more.

    The plan's link to this very issue is proof enough; without it a lost state file and a cut block would make
    a second issue. A task without our marker gets only an issue in which there is nothing of ours.
    """
    found: dict[int, list[Uid]] = defaultdict(list)
    for uid, link in links(shown).items():
        record = records.get((Thing.ISSUE, link.number))
        if record is None or uid in base.remote or uid in view.items or not record.url == link.url != "":
            continue
        is_marked = bool(shown[uid].fields.get(Field.MARKER))
        if not (bears_id(record) if is_marked else block.bears_one(record.body)):
            found[link.number].append(uid)
    taken = {i.at for i in view.items.values() if i.kind is Kind.TASK}
    free = {number: uids for number, uids in found.items() if number not in taken}
    return Claims(
        {(Thing.ISSUE, number): uids[0] for number, uids in free.items() if len(uids) == 1},
        {number: tuple(uids) for number, uids in free.items() if len(uids) > 1},
    )


def bears_id(record: Record) -> bool:
    """Say whether a record's block can be read: then it is what that says, and nothing else."""
    return block.read(record.body) is not None


def bare(view: View, base: Base, bound: Collection[Key]) -> Iterator[tuple[Uid, Bare]]:
    """List the known records that never got a block (a milestone: a mark) of ours.

    One that had it and lost it is another thing: what it said is unknown, and a person decides.
    """
    for uid, record in view.records.items():
        item, then = view.items[uid], base.remote.get(uid)
        if item.kind is Kind.PHASE:
            is_begun = then is not None and not then.fields and uid not in base.agreed
            is_unmarked = block.read_milestone(record.body) is None and not record.is_inherited
            if is_unmarked and (is_begun or (record.thing, record.ref) in bound):
                yield uid, Bare()
        elif item.kind is Kind.TASK and not block.bears_one(record.body) and not (then and then.stamp.rev):
            yield uid, Bare(mapping.labels_lacking(record), is_loose=record.milestone is None)


def newcomers(view: View, records: Mapping[Key, Record], known: Collection[Key]) -> list[Record]:
    """List the open issues in this plan's milestones that are in no plan."""
    milestones = {i.at for i in view.items.values() if i.kind is Kind.PHASE}
    return [
        record
        for key, record in sorted(records.items())
        if record.thing is Thing.ISSUE
        and record.state is State.TODO
        and record.milestone in milestones
        and key not in known
        and not block.bears_one(record.body)
    ]


def is_labelled(record: Record) -> bool:
    """Say whether somebody gave an issue the label that asks for it to be taken in."""
    return LABEL in (label.casefold() for label in record.labels)
