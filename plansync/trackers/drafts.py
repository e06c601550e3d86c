"""Items → what is sent: what one operation writes to an issue or a milestone, the same for every tracker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from plansync import titles
from plansync.document import block as managed
from plansync.document.block import Content
from plansync.document.steps import Step
from plansync.errors import Rejected
from plansync.model import (
    OVERVIEW,
    SECTIONS,
    TITLE_MAX,
    Field,
    Item,
    Operation,
    Snapshot,
    Stamp,
    State,
    Tick,
    Uid,
    steps_of,
    text_of,
    tick_of,
    uids_of,
)
from plansync.reconcile.reasons import DUPLICATE
from plansync.reconcile.rows import by_key
from plansync.text import folded, neutralise, one_line, same_lines, words
from plansync.trackers.base import Record, Thing, Traits, Written
from plansync.trackers.mapping import LABEL, Names

TITLE = (Field.TITLE, Field.FRAME)
"""What an issue's title is made from."""

_NAME_MAX = 255
"""Characters that a milestone's title may have. Source: GitHub's answer to a longer one."""


@dataclass(frozen=True, slots=True)
class Draft:
    """All that one write to the tracker is made from: `held` is the tracker's side with it done.

    `taken_titles`: those of other milestones, folded: GitHub holds two apart that differ in case alone, people do not.
    """

    operation: Operation
    held: Snapshot
    remote: Snapshot
    names: Names
    stamp: Stamp
    traits: Traits
    taken_titles: frozenset[str] = frozenset()


def written(draft: Draft, body: str) -> Written:
    """Say what one operation sends; `body` is the freshest text of an issue whose body is edited.

    Raises: Rejected where the text has no block to edit; Unwritable (see `block`).
    """
    return _WRITTEN[draft.operation.kind](draft, body)


def too_long(fields: Written, traits: Traits) -> str:
    """Say what of a write is longer than the tracker takes; empty for nothing. A title is cut before."""
    if len(fields.get("body", "")) > traits.body_max:
        return f"the issue text would be longer than the {traits.body_max} characters a body may have"
    return ""


def _create_milestone(draft: Draft, body: str) -> Written:
    uid = draft.operation.uid
    fields: Written = {
        "title": _free_title(draft),
        "body": managed.milestone_text(draft.names.lineage, draft.names.path, uid, draft.stamp.op),
    }
    due = text_of(draft.held[uid], Field.DUE)
    return {**fields, "due": due} if due else fields


def _free_title(draft: Draft) -> str:
    """Name a milestone like its phase; where that is taken, with the plan's name behind it, or a shorter one."""
    title = _title(draft)
    names = ("", *(s for s in draft.names.suffixes if s != f" ({title})"))
    fitting = (t for s in names if len(t := title + s) <= _NAME_MAX)
    return next((t for t in fitting if folded(t) not in draft.taken_titles), title)


def _title(draft: Draft) -> str:
    """Write a title as a tracker takes it: one line, in its frame, cut at a word."""
    item = draft.held[draft.operation.uid]
    around = text_of(item, Field.FRAME) or titles.PLAIN
    return titles.put(around, text_of(item, Field.TITLE), min(TITLE_MAX, draft.traits.title_max))


def _update_milestone(draft: Draft, body: str) -> Written:
    uid, changed = draft.operation.uid, {c.field for c in draft.operation.changes}
    fields: Written = {"title": _free_title(draft)} if Field.TITLE in changed else {}
    if Field.DUE in changed:
        fields["due"] = text_of(draft.held[uid], Field.DUE)
    if Field.MARKER in changed:
        line = managed.milestone_line(draft.names.lineage, uid, draft.stamp.op)
        fields["body"] = managed.marked_milestone(body, line)
    return fields


def _create_issue(draft: Draft, body: str) -> Written:
    item = draft.held[draft.operation.uid]
    fields: Written = {
        "title": _title(draft),
        "body": managed.render(_content(draft)),
        "labels": (LABEL, *_set_of(item, Field.LABELS)),
    }
    if owners := _set_of(item, Field.OWNERS):
        fields["assignees"] = owners
    if (phase := Uid(text_of(item, Field.PHASE))) in draft.remote:
        fields["milestone"] = draft.remote[phase].at
    return fields


def _update_issue(draft: Draft, body: str) -> Written:
    op = draft.operation
    changed = frozenset(c.field for c in op.changes)
    fields: Written = {}
    if changed.intersection(TITLE):
        fields["title"] = _title(draft)
    if any(c.field is Field.STEPS and c.old is None for c in op.changes):
        if managed.read(body) is not None:
            raise Rejected("the issue bears a whole block by now; nothing was written to it")
        fields["body"] = managed.append(body, _content(draft))
    elif changed.difference(TITLE):
        block = managed.read(body)
        if block is None:
            raise Rejected("the managed block of the issue is cut, doubled or gone")
        shown = uids_of(draft.remote[op.uid], Field.STEPS)
        fields["body"] = managed.rewrite(body, block, shown, _content(draft), changed)
    return fields


def _set_milestone(draft: Draft, body: str) -> Written:
    phase = Uid(text_of(draft.held[draft.operation.uid], Field.PHASE))
    return {"milestone": draft.remote[phase].at if phase in draft.remote else None}


def _set_of(item: Item, name: Field) -> tuple[str, ...]:
    value = item.fields.get(name)
    return value if isinstance(value, tuple) else ()


def _set_labels(draft: Draft, body: str) -> Written:
    return {"labels": moved(draft.operation).coming}


def _set_owners(draft: Draft, body: str) -> Written:
    return {"assignees": moved(draft.operation).coming}


def _linked(draft: Draft, body: str) -> Written:
    return {}


def _set_estimate(draft: Draft, body: str) -> Written:
    minutes = draft.held[draft.operation.uid].fields.get(Field.EFFORT)
    return {"estimate": minutes if isinstance(minutes, int) else 0}


class Moving(NamedTuple):
    """The elements that come into a set by one operation, and those that go."""

    coming: tuple[str, ...]
    going: tuple[str, ...]


def moved(operation: Operation) -> Moving:
    """Say what an operation changes in a set."""
    (change,) = operation.changes
    old, new = (value if isinstance(value, tuple) else () for value in (change.old, change.new))
    return Moving(tuple(n for n in new if n not in old), tuple(o for o in old if o not in new))


def _set_state(draft: Draft, body: str) -> Written:
    op = draft.operation
    fields: Written = {"state": State(text_of(draft.held[op.uid], Field.STATE))}
    return {**fields, "is_duplicate": True} if op.changes[0].rule == DUPLICATE else fields


_WRITTEN: Mapping[str, Callable[[Draft, str], Written]] = {
    "create-milestone": _create_milestone,
    "update-milestone": _update_milestone,
    "create-issue": _create_issue,
    "update-issue": _update_issue,
    "set-milestone": _set_milestone,
    "set-labels": _set_labels,
    "set-assignees": _set_owners,
    "set-estimate": _set_estimate,
    "add-dependency": _linked,
    "remove-dependency": _linked,
    "close-milestone": _set_state,
    "reopen-milestone": _set_state,
    "close-issue": _set_state,
    "reopen-issue": _set_state,
}


def _content(draft: Draft) -> Content:
    uid, held = draft.operation.uid, draft.held
    item = held[uid]
    meta = {
        Field.REQUIREMENTS: neutralise(one_line(text_of(item, Field.REQUIREMENTS))),
        Field.ESTIMATE: neutralise(one_line(text_of(item, Field.ESTIMATE))),
        Field.DEPENDS: _refs(item, draft.remote, draft.names),
    }
    return Content(
        kind="overview" if uid == OVERVIEW else "task",
        plan=draft.names.lineage,
        uid=uid,
        stamp=draft.stamp,
        path=draft.names.path,
        prose=text_of(item, Field.PROSE),
        steps={s.uid: _step(s) for s in steps_of(held, uid)},
        meta={name: text for name, text in meta.items() if text},
        sections={name: text_of(item, name) for name in SECTIONS if uid == OVERVIEW},
        link=draft.names.link,
        drop_letter=draft.traits.drop_letter,
    )


def _step(item: Item) -> Step:
    level = item.fields.get(Field.LEVEL, 0)
    return Step(text_of(item, Field.TEXT), tick_of(item) or Tick.OPEN, level if isinstance(level, int) else 0)


def _refs(item: Item, remote: Snapshot, names: Names) -> str:
    """Write dependencies as our own references; free words as they are; what has no issue is left out.

    An issue that cannot be read is named by its number all the same: the plan still waits for it.
    """
    unread = {uid: ref for (thing, ref), uid in names.known.items() if thing is Thing.ISSUE}
    parts = []
    for target in uids_of(item, Field.DEPENDS):
        if target.startswith("="):
            parts.append(neutralise(one_line(target[1:])))
        elif number := remote[target].at if target in remote else unread.get(Uid(target)):
            parts.append(f"#{number}")
    return ", ".join(parts)


_SETS: Mapping[Field, str] = {Field.LABELS: "labels", Field.OWNERS: "assignees"}


def missing(sent: Written, record: Record) -> dict[Field, tuple[str, ...]]:
    """List the labels of the plan's and the accounts that the tracker did not keep of a write."""
    there = {Field.LABELS: record.labels, Field.OWNERS: record.assignees}
    asked = {Field.LABELS: sent.get("labels", ()), Field.OWNERS: sent.get("assignees", ())}
    lost = {name: by_key(asked[name]).keys() - by_key(there[name]).keys() for name in _SETS}
    return {name: tuple(sorted(keys)) for name, keys in lost.items() if keys}


def dropped(sent: Written, record: Record) -> list[str]:
    """List what the tracker did not keep of a write."""
    lost = []
    if "milestone" in sent and record.milestone != sent["milestone"]:
        lost.append("milestone")
    lost += [_SETS[name] for name in missing(sent, record)]
    if "due" in sent and record.due != sent["due"]:
        lost.append("due date")
    if "estimate" in sent and record.estimate != sent["estimate"]:
        lost.append("estimate")
    if "title" in sent and words(record.title) != words(sent["title"]):
        lost.append("title")
    if "state" in sent and record.state is not sent["state"]:
        lost.append("state")
    if "body" in sent and record.thing is Thing.ISSUE and same_lines(record.body) != same_lines(sent["body"]):
        lost.append("text")
    return lost
