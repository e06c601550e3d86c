"""Every kind of edit of a plan as operations, and the laws that each must keep: for tests of any plan.

An edit is chosen on what a plan shows and made as the product makes it: rewritten, read back, and refused
where what is read is not what was meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from plansync.document import rewrite, view
from plansync.document.detect import read
from plansync.document.dialect import Counts
from plansync.document.spans import Span, after_eol, line_end, line_start
from plansync.document.tree import Document, Node, Role
from plansync.errors import Unwritable
from plansync.model import (
    OVERVIEW,
    WHOLE_PLAN,
    Change,
    Field,
    Item,
    Kind,
    Operation,
    Side,
    Snapshot,
    Tick,
    Uid,
    Value,
    is_step,
    owner_of,
    steps_of,
    text_of,
    uids_of,
)
from plansync.reconcile import held
from plansync.text import words

NAME = "plan"
LINK = "#12 https://tracker.example/12"
NEW = Uid("zzzzzzz")
_TICKS = {Tick.OPEN: "untick", Tick.TICKED: "tick", Tick.DROPPED: "drop-step"}


class Plan(NamedTuple):
    """A plan as it was read, with what it shows.

    `dialect`: as named, empty for the one that it shows. `milestones` and `links`: as in the settings.
    """

    document: Document
    items: Snapshot
    dialect: str
    milestones: str
    links: bool

    def again(self, source: bytes) -> Plan:
        """Read another text by the same settings."""
        return look(source, self.dialect, self.milestones, links=self.links)

    @property
    def source(self) -> bytes:
        return self.document.source

    def node(self, uid: Uid) -> Node:
        at = self.items[uid].at
        assert at is not None
        return self.document.nodes[at]

    def steps(self) -> list[Uid]:
        return [u for u in self.items if is_step(u) and owner_of(u) in self.items]

    def tasks(self) -> list[Uid]:
        return [u for u, i in self.items.items() if i.kind is Kind.TASK]

    def phases(self) -> list[Uid]:
        return [u for u, i in self.items.items() if i.kind is Kind.PHASE and u != WHOLE_PLAN]


def look(source: bytes, dialect: str = "", milestones: str = "auto", *, links: bool = True) -> Plan:
    document = read(source, dialect=dialect)
    items = view.snapshot(document, NAME, links=links, milestones=milestones).items
    return Plan(document, items, dialect, milestones, links)


@dataclass(frozen=True)
class Edit:
    """One edit: its operations, and the bytes that it may touch; `is_line`: it adds or takes whole lines."""

    kind: str
    operations: tuple[Operation, ...]
    span: Span
    is_pure: str = ""


def made(plan: Plan, operations: Sequence[Operation]) -> bytes:
    """Write as the product writes: an edit that does not read as meant is refused.

    Raises: Unwritable.
    """
    after = held(plan.items, {}, operations)
    written = rewrite.rewrite(plan.document, plan.items, operations, after)
    astray = rewrite.differing(plan.again(written).items, after)
    if astray:
        raise Unwritable(f"reads otherwise than meant: {astray}")
    return written


def one(uid: Uid, kind: str, field: Field, old: Value | None, new: Value) -> Operation:
    return Operation(Side.LOCAL, kind, uid, (Change(uid, field, old, new),), 0)


def marks(plan: Plan) -> list[Operation]:
    """Every id, link and the footer, as a first push writes them."""
    found = []
    for uid, item in plan.items.items():
        if item.kind in (Kind.PHASE, Kind.TASK) and item.fields.get(Field.MARKER) == "":
            found.append(one(uid, "set-marker", Field.MARKER, "", uid))
        if item.kind is Kind.TASK and item.fields.get(Field.LINK) == "":
            found.append(one(uid, "set-link", Field.LINK, "", LINK))
    if not plan.items[OVERVIEW].fields[Field.MARKER] and not plan.document.is_open_ended:
        found.append(one(OVERVIEW, "set-marker", Field.MARKER, "", "abcd1234"))
    return found


# ------------------------------------------------------------------ one kind each


def first_lines(plan: Plan, node: Node) -> Span:
    """The lines of a heading, or of an item's first paragraph."""
    source, block = plan.source, node.block
    end = max(block.text.end, block.span.end if not node.is_item else 0, block.span.start)
    return Span(line_start(source, block.span.start), line_end(source, end))


def whole(plan: Plan, node: Node) -> Span:
    """All lines of a task or step, with what is nested in it and one line end behind."""
    source = plan.source
    return Span(line_start(source, node.span.start), after_eol(source, line_end(source, node.span.end)))


def _tick(plan: Plan, uid: Uid, wanted: Tick) -> Edit | None:
    was = str(plan.items[uid].fields[Field.TICK])
    if was == wanted:
        return None
    kind = "set-criterion" if owner_of(uid) == OVERVIEW else _TICKS[wanted]
    return Edit(kind, (one(uid, kind, Field.TICK, was, wanted.value),), first_lines(plan, plan.node(uid)))


def tick(plan: Plan, uid: Uid, text: str) -> Edit | None:
    return _tick(plan, uid, Tick.TICKED)


def untick(plan: Plan, uid: Uid, text: str) -> Edit | None:
    return _tick(plan, uid, Tick.OPEN)


def drop_step(plan: Plan, uid: Uid, text: str) -> Edit | None:
    return _tick(plan, uid, Tick.DROPPED)


def edit_step(plan: Plan, uid: Uid, text: str) -> Edit | None:
    old = text_of(plan.items[uid], Field.TEXT)
    if words(old) == words(text):
        return None
    return Edit(
        "edit-step", (one(uid, "edit-step", Field.TEXT, old, text),), first_lines(plan, plan.node(uid))
    )


def _steps(plan: Plan, owner: Uid) -> tuple[Uid, ...]:
    return uids_of(plan.items[owner], Field.STEPS)


def _of_owner(plan: Plan, owner: Uid) -> Span:
    if owner == OVERVIEW:
        nodes = [plan.node(u) for u in _steps(plan, owner)]
        return Span(whole(plan, nodes[0]).start, max(whole(plan, n).end for n in nodes))
    return whole(plan, plan.node(owner))


def remove_step(plan: Plan, uid: Uid, text: str) -> Edit | None:
    owner, node = owner_of(uid), plan.node(uid)
    steps = _steps(plan, owner)
    gone = [u for u in steps if u == uid or _is_inside(plan.node(u).span, node.span)]
    change = Change(owner, Field.STEPS, steps, tuple(u for u in steps if u not in gone))
    removals = tuple(
        Operation(
            Side.LOCAL,
            "remove-step",
            u,
            (Change(u, Field.TEXT, text_of(plan.items[u], Field.TEXT), None), change),
            0,
        )
        for u in gone
    )
    lines = whole(plan, node)
    return Edit("remove-step", removals, Span(lines.start - 2, lines.end), "less")


def _is_inside(inner: Span, outer: Span) -> bool:
    return outer.start < inner.start and inner.end <= outer.end


def _add(plan: Plan, owner: Uid, at: int, text: str, letter: Tick = Tick.OPEN, level: int = -1) -> Edit:
    """Add a step behind the `at`-th one and all that is nested in it, on that one's level where none is said."""
    steps = _steps(plan, owner)
    new = Uid(f"{owner}/9")
    if level < 0:
        level = _level(plan, steps[at - 1]) if at else 0
    while 0 < at < len(steps) and _level(plan, steps[at]) > level:
        at += 1
    wanted = (*steps[:at], new, *steps[at:])
    changes = (
        Change(new, Field.TEXT, None, text),
        Change(new, Field.TICK, None, letter.value),
        Change(new, Field.LEVEL, None, level),
        Change(owner, Field.STEPS, steps, wanted),
    )
    operation = Operation(Side.LOCAL, "add-step", new, changes, 0)
    return Edit("add-step", (operation,), _of_owner(plan, owner), "more")


def _level(plan: Plan, uid: Uid) -> int:
    level = plan.items[uid].fields.get(Field.LEVEL, 0)
    assert isinstance(level, int)
    return level


def _shown_level(step: Item) -> Value | None:
    return step.fields.get(Field.LEVEL)


def add_last_step(plan: Plan, owner: Uid, text: str) -> Edit | None:
    return _add(plan, owner, len(_steps(plan, owner)), text, level=0)


def add_nested_step(plan: Plan, owner: Uid, text: str) -> Edit | None:
    """Add a step below the last one, nested in it."""
    steps = _steps(plan, owner)
    return _add(plan, owner, len(steps), text, level=_level(plan, steps[-1]) + 1) if steps else None


def add_first_step(plan: Plan, owner: Uid, text: str) -> Edit | None:
    return _add(plan, owner, 0, text) if _steps(plan, owner) else None


def add_ticked_step(plan: Plan, owner: Uid, text: str) -> Edit | None:
    return _add(plan, owner, min(1, len(_steps(plan, owner))), text, Tick.TICKED)


def _is_one(plan: Plan, steps: Sequence[Uid]) -> bool:
    spans = [plan.node(u).block.span for u in steps]
    return len({plan.source[s.start : s.end] for s in spans}) == 1


def swap_steps(plan: Plan, owner: Uid, text: str) -> Edit | None:
    steps = _steps(plan, owner)
    if len(steps) < 2 or len({plan.node(u).block.inside for u in steps}) > 1 or _is_one(plan, steps[:2]):
        return None
    order = Change(owner, Field.STEPS, steps, (steps[1], steps[0], *steps[2:]))
    return Edit(
        "order-steps", (Operation(Side.LOCAL, "order-steps", owner, (order,), 0),), _of_owner(plan, owner)
    )


def rename(plan: Plan, uid: Uid, text: str) -> Edit | None:
    old = text_of(plan.items[uid], Field.TITLE)
    if words(old) == words(text):
        return None
    return Edit("rename", (one(uid, "rename", Field.TITLE, old, text),), first_lines(plan, plan.node(uid)))


def _status(plan: Plan, uid: Uid, wanted: str) -> Edit | None:
    item, node = plan.items[uid], plan.node(uid)
    was = text_of(item, Field.STATUS)
    if was == wanted:
        return None
    is_own = node.tick is not None and plan.document.dialect.state is Counts.OWN
    if not wanted and (is_own or item.fields[Field.CARRIER] != "boxes"):
        return None
    span = first_lines(plan, node) if is_own else whole(plan, node)
    pure = "" if is_own or (was and wanted) else "more" if wanted else "less"
    return Edit("set-status", (one(uid, "set-status", Field.STATUS, was, wanted),), span, pure)


def finish(plan: Plan, uid: Uid, text: str) -> Edit | None:
    return _status(plan, uid, "done")


def drop(plan: Plan, uid: Uid, text: str) -> Edit | None:
    return _status(plan, uid, "dropped")


def reopen(plan: Plan, uid: Uid, text: str) -> Edit | None:
    return _status(plan, uid, "todo" if text_of(plan.items[uid], Field.STATUS) else "")


def clear(plan: Plan, uid: Uid, text: str) -> Edit | None:
    return _status(plan, uid, "")


def unmark(plan: Plan, uid: Uid, text: str) -> Edit | None:
    """Take one marker off; its uid is minted again, so this is compared by bytes alone."""
    node = plan.node(uid)
    if not node.marker or (node.role is Role.TASK and text_of(plan.items[uid], Field.LINK)):
        return None
    operation = one(uid, "set-marker", Field.MARKER, node.marker, "")
    return Edit("unmark", (operation,), first_lines(plan, node), "less")


def unlink(plan: Plan, uid: Uid, text: str) -> Edit | None:
    was = text_of(plan.items[uid], Field.LINK)
    span = whole(plan, plan.node(uid))
    return Edit("set-link", (one(uid, "set-link", Field.LINK, was, ""),), span) if was else None


def relink(plan: Plan, uid: Uid, text: str) -> Edit | None:
    was = text_of(plan.items[uid], Field.LINK)
    new = "#345 https://tracker.example/345"
    return Edit("set-link", (one(uid, "set-link", Field.LINK, was, new),), whole(plan, plan.node(uid)))


def move(plan: Plan, uid: Uid, text: str) -> Edit | None:
    was = text_of(plan.items[uid], Field.PHASE)
    others = [p for p in plan.phases() if p != was]
    if not others or Field.PHASE not in plan.items[uid].fields:
        return None
    target = others[len(text) % len(others)]
    return Edit(
        "move-task", (one(uid, "move-task", Field.PHASE, was, target),), Span(0, len(plan.source)), "moved"
    )


def add_task(plan: Plan, uid: Uid, text: str) -> Edit | None:
    """Add a task with two steps to the phase of another one."""
    phase = plan.items[uid].fields.get(Field.PHASE)
    return _new_task(plan, None if phase is None else str(phase), text)


def add_task_to_phase(plan: Plan, uid: Uid, text: str) -> Edit | None:
    return _new_task(plan, uid, text)


def _new_task(plan: Plan, phase: str | None, text: str) -> Edit:
    is_own = any(n.tick is not None and n.role is Role.TASK for n in plan.document.nodes)
    is_own &= plan.document.dialect.state is Counts.OWN
    steps = (Uid(f"{NEW}/1"), Uid(f"{NEW}/2"))
    fields: list[tuple[Uid, Field, Value]] = [
        (NEW, Field.TITLE, text),
        *([] if phase is None else [(NEW, Field.PHASE, phase)]),
        (NEW, Field.MARKER, NEW),
        (NEW, Field.LINK, ""),
        (NEW, Field.STATUS, "todo" if is_own else ""),
        (NEW, Field.STEPS, steps),
        *((u, Field.TEXT, f"New step {u[-1]}") for u in steps),
        *((u, Field.TICK, "open") for u in steps),
    ]
    changes = tuple(Change(u, f, None, v) for u, f, v in fields)
    operation = Operation(Side.LOCAL, "add-task", NEW, changes, 0)
    return Edit("add-task", (operation,), Span(0, len(plan.source)), "more")


def refresh(plan: Plan, uid: Uid, text: str) -> Edit | None:
    """Give every computed line of the plan another value."""
    shown = plan.items[OVERVIEW].fields
    new = {Field.COMPLETION: "43% 3/7", Field.OVERALL: "In Progress", Field.UPDATED: "2031-12-24"}
    if plan.phases():
        new[Field.CURRENT_PHASE] = plan.phases()[-1]
    changes = tuple(Change(OVERVIEW, f, shown[f], v) for f, v in new.items() if f in shown and shown[f] != v)
    keys = [k for c in changes if (k := plan.document.key(c.field.value))]
    if not keys:
        return None
    span = Span(min(k.line.start for k in keys), max(k.line.end for k in keys))
    return Edit("update-summary", (Operation(Side.LOCAL, "update-summary", OVERVIEW, changes, 0),), span)


Chooser = Callable[[Plan, Uid, str], Edit | None]
ON_STEPS: tuple[Chooser, ...] = (tick, untick, drop_step, edit_step, remove_step)
ON_OWNERS: tuple[Chooser, ...] = (add_last_step, add_first_step, add_ticked_step, add_nested_step, swap_steps)
ON_TASKS: tuple[Chooser, ...] = (rename, finish, drop, reopen, unlink, relink, move, add_task)
ON_PHASES: tuple[Chooser, ...] = (rename, add_task_to_phase)
KINDS: dict[str, Chooser] = {
    c.__name__: c for c in (*ON_STEPS, *ON_OWNERS, *ON_TASKS, *ON_PHASES, unmark, refresh)
}


def places(plan: Plan, kind: str) -> list[Uid]:
    """List what an edit of this kind can be made on."""
    chooser = KINDS[kind]
    if chooser is refresh:
        return [OVERVIEW]
    if chooser is add_task_to_phase:
        return plan.phases()
    if chooser is rename:
        return [*plan.tasks(), *plan.phases()]
    if chooser is unmark:
        return plan.phases()
    if chooser in ON_STEPS:
        return plan.steps()
    if chooser in ON_OWNERS:
        return [*plan.tasks(), *([OVERVIEW] if _steps(plan, OVERVIEW) else [])]
    return plan.tasks()


# ---------------------------------------------------------------------- laws


def changed(old: bytes, new: bytes) -> tuple[int, int, int]:
    """Find what differs: where it begins, and where it ends in the old and in the new text."""
    start = _common(old, new)
    behind = min(_common(old[::-1], new[::-1]), len(old) - start, len(new) - start)
    return start, len(old) - behind, len(new) - behind


def _common(one: bytes, other: bytes) -> int:
    """Count the bytes with which both begin."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low


def assert_within(edit: Edit, old: bytes, new: bytes) -> None:
    """Expect that nothing outside the edit's own lines changed."""
    if edit.is_pure == "moved":
        assert sorted(_lines(old)) == sorted(_lines(new)), "a moved task keeps its lines"
        return
    start, end, behind = changed(old, new)
    told = (edit.kind, edit.span, old[start:end], new[start:behind])
    if edit.is_pure:
        shorter = min(old, new, key=len)
        assert (len(old) < len(new)) == (edit.is_pure == "more"), told
        assert (start == end) if edit.is_pure == "more" else (start == behind), told
        # where a text is added that begins or ends as its surroundings do, several places are as good
        first, last = len(shorter) - _common(old[::-1], new[::-1]), _common(old, new)
        slack = len(old) - len(shorter)
        assert first <= edit.span.end and last >= edit.span.start - slack, told
    else:
        assert edit.span.start <= start and end <= edit.span.end, told


def _lines(source: bytes) -> Iterator[bytes]:
    """List the lines that hold something, without their ends."""
    text = source.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return (line for line in text.split(b"\n") if line.strip())


def assert_no_other_difference(before: Plan, source: bytes, edit: Edit) -> None:
    """Expect that every field which no operation names reads as it did."""
    after = before.again(source)
    named = {(c.uid, c.field) for op in edit.operations for c in op.changes}
    loose = {Field.STATE, Field.CARRIER, Field.STEPS} | (
        {Field.DEPENDS, Field.EDGES, Field.LISTED}
        if edit.kind in ("move-task", "add-task", "rename")
        else set()
    )
    for uid, item in before.items.items():
        if is_step(uid) or uid not in after.items or uid == WHOLE_PLAN:
            continue
        now = after.items[uid].fields
        touched = {f for u, f in named if owner_of(u) == uid}
        if edit.kind == "rename" and touched and (before.node(uid).inline or after.node(uid).inline):
            continue  # what its author wrote into the title goes with the title
        if edit.kind in ("rename", "remove-step", "order-steps"):
            loose |= {Field.PROSE}  # a long title opens it, a block of code in a step ends it
        for field, value in item.fields.items():
            if field in touched or (field in loose and (touched or field is not Field.STATE)):
                continue
            if field is Field.TITLE and uid == OVERVIEW:
                continue
            assert now.get(field) == value, (edit.kind, uid, field, value, now.get(field))
    meant = held(before.items, {}, edit.operations)
    for uid, item in meant.items():
        if item.kind is Kind.TASK and uid in after.items and uid != NEW:
            levels = [_shown_level(s) for s in steps_of(after.items, uid)]
            assert levels == [_shown_level(s) for s in steps_of(meant, uid)], (edit.kind, uid, levels)
    assert is_kin(before, after), (before.document.dialect.name, after.document.dialect.name)


def is_kin(before: Plan, after: Plan) -> bool:
    """Say whether a plan is still of its dialect, or of one that reads and writes it just the same."""
    pair = {before.document.dialect.name, after.document.dialect.name}
    return len(pair) == 1 or pair <= {"kiro", "agent-os", "ai-dev-tasks", "flat-checklist"}
