"""Values that both sides share: what an item is, what changed, what is to be written.

A side is a snapshot: uid → item → fields. Plan, tracker and base are the same type, so a function
that reads one reads all. A field that an item lacks is *unknown*: nothing is derived from it and
nothing is written to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, NewType, TypeAlias

Uid = NewType("Uid", str)
"""`k3f9a2c` for a phase or a task; `k3f9a2c/4` for the task's fourth step ever."""

OVERVIEW = Uid("aaaaaaa")
"""The plan itself, shown as the overview issue. (plan, uid) identifies, so it may be constant."""

WHOLE_PLAN = Uid("bbbbbbb")
"""The one milestone of a plan whose phases are not milestones of their own."""

Value: TypeAlias = str | int | tuple[str, ...]


TITLE_MAX = 200
"""Characters of a title that a tracker is given; a longer one opens the block in full."""

OVERALL_WORDS = ("Not Started", "In Progress", "Completed")
"""The words of a live **Implementation Status** line, in the order in which they follow."""


RELINKED = "relinked"
"""The rule of a link in the plan that stands in the place of one to an issue that is the task's no more."""


class Kind(StrEnum):
    """What an item is."""

    PLAN = "plan"
    PHASE = "phase"
    TASK = "task"
    STEP = "step"


class Side(StrEnum):
    """Where an operation writes."""

    LOCAL = "plan"
    REMOTE = "tracker"


class Tick(StrEnum):
    """A step's box. A *started* letter counts as open; the letter itself stays in the plan."""

    OPEN = "open"
    TICKED = "ticked"
    DROPPED = "dropped"


class State(StrEnum):
    """A task's state, and an issue's."""

    TODO = "todo"
    DONE = "done"
    DROPPED = "dropped"


class Field(StrEnum):
    """Every field that an item can show."""

    TITLE = "title"
    STATE = "state"
    PHASE = "phase"
    STEPS = "steps"
    TEXT = "text"
    TICK = "tick"
    OPTIONAL = "optional"
    LEVEL = "level"
    PROSE = "prose"
    REQUIREMENTS = "requirements"
    ESTIMATE = "estimate"
    EFFORT = "time_estimate"
    DEPENDS = "depends"
    IMPLIED = "implied"
    TOLD = "told"
    NOTED = "noted"
    ACCEPTED = "accepted"
    EXISTENCE = "existence"
    TWIN = "twin"
    REASON = "reason"
    CARRIER = "carrier"
    STATUS = "status"
    MARKER = "marker"
    LINK = "link"
    REFERENCE = "reference"
    LABELS = "labels"
    OWNERS = "assignees"
    EDGES = "blocked_by"
    DUE = "due"
    FINISHED = "finished"
    LISTED = "listed"
    COMPLETION = "completion"
    CURRENT_PHASE = "current_phase"
    OVERALL = "implementation_status"
    UPDATED = "last_updated"
    FRAME = "frame"
    PROGRESS = "progress"
    CRITERIA = "criteria"
    DECISIONS = "decisions"
    OUTSIDERS = "outsiders"
    GRAPH = "graph"
    WRITTEN = "written"

    @property
    def in_words(self) -> str:
        """Call it as people do: what a tracker has of its own for an estimate is the estimate."""
        return "estimate" if self is Field.EFFORT else self.value.replace("_", " ")


SECTIONS = (Field.PROGRESS, Field.CRITERIA, Field.DECISIONS, Field.OUTSIDERS, Field.GRAPH)
"""What the overview issue says besides the plan's own words, in its order: derived, and only ever written there."""


ELEMENTS = frozenset({Field.LABELS, Field.OWNERS, Field.EDGES})
"""Fields that are sets of which only single elements are ours: on the tracker others stand beside them."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Our last write to an issue, as its block tells: how many there were, and which came last.

    `made`: the one that made the issue, told from the second write on; a copy of an issue has it too.
    """

    rev: int = 0
    op: str = ""
    made: str = ""

    @property
    def birth(self) -> str:
        """Name the write that made the issue; empty where nobody knows."""
        return self.made or (self.op if self.rev == 1 else "")

    def is_beyond(self, known: Stamp) -> bool:
        """Say whether another copy wrote since: more often, or as often and not with our last write."""
        return self.rev > known.rev or (self.rev == known.rev and bool(known.op) and self.op != known.op)


@dataclass(frozen=True, slots=True)
class Item:
    """One phase, task or step (or the plan itself) as one side shows it.

    `at` is where that side finds it: a node's index in the plan, a number on the tracker. `node` is
    the tracker's own lasting id of the record, where it has one.
    """

    uid: Uid
    kind: Kind
    fields: Mapping[Field, Value] = field(default_factory=dict)
    at: int | None = None
    stamp: Stamp = Stamp()
    node: str = ""


Snapshot: TypeAlias = Mapping[Uid, Item]


@dataclass(frozen=True, slots=True)
class Base:
    """What was last agreed, and what each side held of it at that moment."""

    local: Snapshot = field(default_factory=dict)
    remote: Snapshot = field(default_factory=dict)
    agreed: Snapshot = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one item, old → new; `None` where there was or will be no such field.

    `rule` names why, in the words of the merge and rule tables.
    """

    uid: Uid
    field: Field
    old: Value | None
    new: Value | None
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One write: to the tracker exactly one request, to the plan one kind of edit.

    Operations of a lower wave are finished before those of a higher one begin.
    """

    side: Side
    kind: str
    uid: Uid
    changes: tuple[Change, ...]
    wave: int
    needs: tuple[Uid, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """One field that both sides changed differently; neither is written."""

    uid: Uid
    field: Field
    base: Value | None
    local: Value | None
    remote: Value | None


class Take(StrEnum):
    """Whose value a person takes for a field."""

    PLAN = "plan"
    ISSUE = "issue"
    BASE = "base"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person decided of one field: whose value, or a value of their own.

    A forced one (an undo) holds whether the sides differ or not; others settle a conflict, and nothing else.
    """

    take: Take
    value: Value | None = None
    rule: str = "resolved"
    is_forced: bool = False

    def of(self, conflict: Conflict) -> Value | None:
        """Give the value that was chosen, `None` where that side has none."""
        values = {
            Take.PLAN: conflict.local,
            Take.ISSUE: conflict.remote,
            Take.BASE: conflict.base,
            Take.VALUE: self.value,
        }
        return values[self.take]


Choices: TypeAlias = Mapping[tuple[Uid, Field], Choice]


def conflict_id(uid: Uid, name: Field) -> str:
    """Name a conflict for as long as it lasts, on every machine."""
    return hashlib.sha256(f"{uid}.{name.value}".encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class Drift:
    """Something that is not as plansync left it, and stays so until a person says otherwise; no conflict.

    Its id is made like a conflict's. `text`: what is so, in words.
    """

    uid: Uid
    field: Field
    text: str


class Twin(NamedTuple):
    """An issue that bears the mark of a task (or of the overview) which has another issue.

    `item`: what it shows, under a name of its own; its `at` is the issue's number. `is_spoken`: people wrote
    around our part of it, into it, or below it. `is_new`: nobody touched it since it was made.
    `is_duplicate`: it is closed as one, as we do. `is_reopened`: somebody wants it open for all that.
    """

    of: Uid
    item: Item
    steps: tuple[Item, ...] = ()
    is_spoken: bool = False
    is_new: bool = False
    is_duplicate: bool = False
    is_reopened: bool = False

    @property
    def number(self) -> str:
        """The issue's number, as one writes it."""
        return f"#{self.item.at}"


class Removed(NamedTuple):
    """A task that is gone from the plan while its issue is open; `is_changed`: the issue moved since both agreed."""

    uid: Uid
    ref: int
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth a line to the user that no operation says. `uid` may be empty."""

    uid: str
    text: str


@dataclass(frozen=True, slots=True)
class Changeset:
    """All that was decided, before anything is written."""

    agreed: Snapshot = field(default_factory=dict)
    operations: tuple[Operation, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    drifts: tuple[Drift, ...] = ()
    removed: tuple[Removed, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def undecided(self) -> tuple[Conflict | Drift, ...]:
        """All that a person may decide."""
        return (*self.conflicts, *self.drifts)


def owner_of(uid: Uid) -> Uid:
    """Name the task of a step; anything else is its own owner."""
    return Uid(uid.partition("/")[0])


def is_step(uid: Uid) -> bool:
    """Say whether this is a step's uid."""
    return "/" in uid


def text_of(item: Item | None, name: Field) -> str:
    """Read a text field, empty where it is absent."""
    value = item.fields.get(name, "") if item else ""
    return value if isinstance(value, str) else ""


def state_of(item: Item | None) -> State | None:
    """Read the state, `None` where the side does not show it."""
    value = item.fields.get(Field.STATE) if item else None
    return State(value) if isinstance(value, str) else None


def tick_of(item: Item | None) -> Tick | None:
    """Read a step's tick, `None` where the side does not show it."""
    value = item.fields.get(Field.TICK) if item else None
    return Tick(value) if isinstance(value, str) else None


def uids_of(item: Item | None, name: Field) -> tuple[Uid, ...]:
    """Read a field that lists uids (steps, dependencies, implied ticks)."""
    value = item.fields.get(name) if item else None
    return tuple(Uid(v) for v in value) if isinstance(value, tuple) else ()


def steps_of(items: Snapshot, task: Uid) -> list[Item]:
    """List a task's steps in the order of its STEPS field, leaving out those not in `items`."""
    return [items[u] for u in uids_of(items.get(task), Field.STEPS) if u in items]
