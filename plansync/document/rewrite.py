"""Operations as edits of the plan's bytes: each touches its own span, everything else keeps its bytes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from plansync import durations
from plansync.document import marks
from plansync.document.builder import parse
from plansync.document.edits import Edit, apply_edits
from plansync.document.letters import is_struck
from plansync.document.lines import line_insertion, line_removal
from plansync.document.listing import without
from plansync.document.metadata import Key
from plansync.document.references import register
from plansync.document.spans import Span, after_eol, eol_at, line_end
from plansync.document.steps import Place, Step, column, is_swallowed, letter_edits, line_edits, strike_edits
from plansync.document.structure import added_task, first_lead, moved_task
from plansync.document.tree import Document, Node, Role
from plansync.document.view import (
    COMPLETION,
    is_ours,
    our_status,
    phase_name,
    phase_names,
    snapshot,
    state_of_key,
    step_line,
)
from plansync.errors import Unwritable
from plansync.model import (
    OVERVIEW,
    RELINKED,
    WHOLE_PLAN,
    Change,
    Field,
    Item,
    Kind,
    Operation,
    Snapshot,
    State,
    Tick,
    Uid,
    Value,
    is_step,
    owner_of,
    steps_of,
    text_of,
    tick_of,
    uids_of,
)
from plansync.text import heading, heading_words, imported, words

STORES: frozenset[Field] = frozenset(
    {
        Field.TITLE,
        Field.PHASE,
        Field.DEPENDS,
        Field.STEPS,
        Field.TEXT,
        Field.TICK,
        Field.STATUS,
        Field.EFFORT,
        Field.MARKER,
        Field.LINK,
        Field.COMPLETION,
        Field.CURRENT_PHASE,
        Field.OVERALL,
        Field.UPDATED,
    }
)
"""The fields that a plan can be written; others only flow out of it."""

STEP_KINDS = frozenset(
    {"tick", "untick", "drop-step", "edit-step", "add-step", "remove-step", "order-steps", "set-criterion"}
)
_PARTED = re.compile(r"[:：.)）–—-]\W*$")
_WHOLE_TASKS = ("move-task", "add-task")


def rewrite(document: Document, local: Snapshot, operations: Sequence[Operation], held: Snapshot) -> bytes:
    """Make the plan say what the operations say.

    `local` is the plan's side as shown by `document`, `held` the same with the operations done.
    Whole tasks are moved and added last, on the text that the other edits left.
    Raises: Unwritable where an edit would touch more than itself; nothing is half done.
    """
    if document.is_open_ended and any(o.uid == OVERVIEW and o.kind == "set-marker" for o in operations):
        raise Unwritable(
            "the plan ends inside an open code fence or comment, so no line can follow; close it first"
        )
    ends = _at_the_end(document, local, operations)
    edits = [e for op in operations if op.uid != OVERVIEW for e in _written(document, local, op)]
    edits += [e for group in ends.values() for e in _token(document, local, group)]
    for owner in dict.fromkeys(owner_of(op.uid) for op in operations if op.kind in STEP_KINDS):
        edits += _step_edits(document, owner, local, held)
    # what goes behind the last line comes last of all: the footer
    edits += [e for op in operations if op.uid == OVERVIEW for e in _written(document, local, op)]
    source = apply_edits(document.source, edits)
    whole = [op for op in operations if op.kind in _WHOLE_TASKS]
    current = parse(source, document.dialect, document.letters) if whole else document
    for op in whole:
        current = _whole_task(current, op, held)
    return current.source if whole else source


def _written(document: Document, local: Snapshot, op: Operation) -> list[Edit]:
    writer = _WRITERS.get(op.kind)
    return writer(document, local, op) if writer else []


def differing(shown: Snapshot, held: Snapshot) -> list[Uid]:
    """List the items that a written plan does not show as `held` says: edits that went astray.

    Steps are compared in their order, since the plan holds no names of theirs.
    """
    owners = [u for u in held if not is_step(u)]
    astray = [u for u in owners if u not in shown or not _is_alike(shown, held, u)]
    return astray + [u for u in shown if not is_step(u) and u not in held]


def _is_alike(shown: Snapshot, held: Snapshot, uid: Uid) -> bool:
    same = heading_words if held[uid].kind is Kind.PHASE else words
    fields = STORES - {Field.STEPS, Field.DEPENDS, *([Field.TITLE] if uid == OVERVIEW else [])}
    is_same = all(
        same(str(shown[uid].fields.get(f, ""))) == same(str(held[uid].fields.get(f, ""))) for f in fields
    )
    now, then = steps_of(shown, uid), steps_of(held, uid)
    return is_same and [_said(i) for i in now] == [_said(i) for i in then]


def _said(step: Item) -> tuple[str, Value | None]:
    return words(text_of(step, Field.TEXT)), step.fields.get(Field.TICK)


def _node(document: Document, at: int | None) -> Node:
    if at is None or at < 0:
        raise Unwritable("the item has no place in the plan")
    node = document.nodes[at]
    if node.trap:
        raise Unwritable(f"{node.trap}; make the outer fence longer than the inner one")
    return node


def _index(document: Document, uid: Uid) -> int:
    """Find a phase or task by its marker, else by the uid that its titles mint; -1 for none."""
    return next((i for i, known in snapshot(document, "").uids.items() if known == uid), -1)


# ------------------------------------------------------------------- our marks


def _at_the_end(
    document: Document, local: Snapshot, operations: Sequence[Operation]
) -> dict[Uid, list[Operation]]:
    """Group the operations on list items that write one token together: the id and the link."""
    found: dict[Uid, list[Operation]] = {}
    for op in operations:
        is_mark = op.kind in ("set-marker", "set-link") and op.uid != OVERVIEW
        if is_mark and _node(document, local[op.uid].at).is_item:
            found.setdefault(op.uid, []).append(op)
    return found


def _token(document: Document, local: Snapshot, operations: Sequence[Operation]) -> list[Edit]:
    """Write one item's token as all operations on it say."""
    node = _node(document, local[operations[0].uid].at)
    marker = node.marker
    link = f"#{node.token.number} {node.token.url}".strip() if node.token and node.token.number else ""
    for change in (c for op in operations for c in op.changes):
        if change.field is Field.MARKER:
            marker = str(change.new or "")
        else:
            link = str(change.new or "")
    return marks.item_token(document, node, marker, link)


def _set_marker(document: Document, local: Snapshot, op: Operation) -> list[Edit]:
    new = str(op.changes[0].new or "")
    if op.uid == OVERVIEW:
        return marks.footer(document, new)
    node = _node(document, local[op.uid].at)
    return [] if node.is_item else marks.heading_marker(document, node, new)


def _set_link(document: Document, local: Snapshot, op: Operation) -> list[Edit]:
    node = _node(document, local[op.uid].at)
    if node.is_item:
        return []
    change = op.changes[0]
    return marks.heading_link(document, node, str(change.new or ""), replaces=change.rule == RELINKED)


# ---------------------------------------------------------------- task's state


def _set_status(document: Document, local: Snapshot, op: Operation) -> list[Edit]:
    node = _node(document, local[op.uid].at)
    new = str(op.changes[0].new or "")
    if node.tick is not None and node.box:
        return _own_box(document, node, node.box, State(new))
    key = node.key("status")
    if key and state_of_key(document, key) is None:
        key = None
    if key and new:
        return [Edit(key.value.start, key.value.end, _status_word(document, new, node, key).encode())]
    if key:
        return [line_removal(document, node, key)]
    if not new:
        return []
    return [
        line_insertion(document, node, our_status(document).key, _status_word(document, new), first=False)
    ]


def _status_word(document: Document, state: str, node: Node | None = None, key: Key | None = None) -> str:
    """Say a state; in a line of the author's with words that are not those of a line of ours."""
    words_ = our_status(document, key)
    said = state_of_key(document, key) if key else None
    if node and key and said and not is_ours(document, node, key, said):
        return {State.TODO: words_.todo, State.DONE: words_.completed, State.DROPPED: words_.cancelled}[
            State(state)
        ]
    return {State.TODO: words_.todo, State.DONE: words_.done, State.DROPPED: words_.dropped}[State(state)]


def _own_box(document: Document, node: Node, box: Span, state: State) -> list[Edit]:
    """Write a task's own box; a dropped one by the plan's own letter for it, else struck through."""
    letter = drop_letter(document)
    text = Span(node.block.text.start, _end_of_text(node))
    was_struck = is_struck(document.own_text(node))
    if state is State.DROPPED and not node.is_item and not letter:
        raise Unwritable("a heading's box cannot say that its task was dropped; write it by hand")
    tick = {State.TODO: Tick.OPEN, State.DONE: Tick.TICKED, State.DROPPED: Tick.DROPPED}[state]
    edits = letter_edits(document.source, box, tick, letter) if tick is not node.tick else []
    return edits + strike_edits(
        document.source, text, was_struck, state is State.DROPPED and (not letter or was_struck)
    )


def _end_of_text(node: Node) -> int:
    """Find the end of an item's own words: before links and our mark where those stand last."""
    end = node.block.text.end
    return node.tail.span.start if node.tail and node.tail.span.end == end else end


def drop_letter(document: Document) -> str:
    """Find the letter with which this plan drops a box, by its legend or the settings."""
    return next((letter for letter, tick in document.letters.items() if tick is Tick.DROPPED), "")


# ------------------------------------------------------------- titles and lines


def _rename(document: Document, local: Snapshot, op: Operation) -> list[Edit]:
    """Write a title; a phase keeps its number where the new title brings none of its own."""
    if op.uid == WHOLE_PLAN:
        return _rename_plan(document, str(op.changes[0].new))
    node = _node(document, local[op.uid].at)
    title = _worded(str(op.changes[0].new))
    text = title if node.is_item else heading(title)
    numbered = [c.words for c in document.dialect.phases if "id" in c.words.groupindex]
    if node.role is Role.PHASE and any(each.fullmatch(text) for each in numbered):
        whole = phase_name(document, node)
        return [Edit(whole.start, whole.end, text.encode())]
    if node.role is Role.PHASE and node.label and text:
        return [_titled(document, node, text)]
    cut = node.tail.span if node.tail else None
    if cut and node.title.start < cut.start < node.title.end:  # our mark stands in a wrapped title
        return [Edit(node.title.start, cut.start, text.encode()), Edit(cut.end, node.title.end, b"")]
    return [Edit(node.title.start, node.title.end, text.encode())]


def _titled(document: Document, node: Node, text: str) -> Edit:
    """Write a phase's title behind its number, with a colon where only a blank parts the two."""
    start = node.title.start
    head = document.source[node.block.text.start : start].decode("utf-8")
    if not _PARTED.search(head):
        start -= len(head) - len(head.rstrip(" \t"))
        text = f": {text}"
    return Edit(start, node.title.end, text.encode())


def _rename_plan(document: Document, title: str) -> list[Edit]:
    if document.title is None:
        raise Unwritable("the plan has no title of its own to write the milestone's name into")
    return [Edit(document.title.start, document.title.end, heading(title).encode())]


def _update_summary(document: Document, local: Snapshot, op: Operation) -> list[Edit]:
    return list(summary_edits(document, op.changes))


def summary_edits(document: Document, changes: Sequence[Change]) -> Iterator[Edit]:
    """Write new values into the computed lines that the plan has."""
    for change in changes:
        if key := document.key(change.field.value):
            old = document.text(key.value)
            new = _computed_text(document, change.field, old, str(change.new))
            yield Edit(key.value.start, key.value.end, new.encode())


def _computed_text(document: Document, field: Field, old: str, new: str) -> str:
    if field is Field.COMPLETION and (match := COMPLETION.fullmatch(old)):
        percent, _, ratio = new.partition("% ")
        done, _, count = ratio.partition("/")
        return f"{percent}{match[2]}{done}{match[4]}{count}{match[6]}"
    if field is Field.CURRENT_PHASE:
        names = phase_names(document, _node(document, _index(document, Uid(new))))
        is_label = any(old == phase_names(document, n)[0] for n in document.nodes if n.role is Role.PHASE)
        return names[0] if is_label else names[1]
    return new


def _set_field(document: Document, local: Snapshot, op: Operation) -> list[Edit]:
    """Take tasks out of a dependency line."""
    (change,) = op.changes
    uids = {item.at: uid for uid, item in local.items() if item.at is not None and not is_step(uid)}
    known = register(document, {at: uid for at, uid in uids.items() if at >= 0})
    old, new = (set(value) if isinstance(value, tuple) else set() for value in (change.old, change.new))
    return without(document, _node(document, local[op.uid].at), known, {Uid(uid) for uid in old - new})


def _set_estimate(document: Document, local: Snapshot, op: Operation) -> list[Edit]:
    """Say another time in the line of an estimate, in its own unit; the words around it stay."""
    key, new = _node(document, local[op.uid].at).key("estimate"), op.changes[0].new
    if key is None or key.items or not isinstance(new, int):
        raise Unwritable("the plan has no line of one estimate here")
    old = document.text(key.value)
    said = durations.rewritten(old, new) if old.strip() else durations.compact(new)
    return [Edit(key.value.start, key.value.end, said.encode())]


_WRITERS: Mapping[str, Callable[[Document, Snapshot, Operation], list[Edit]]] = {
    "set-marker": _set_marker,
    "set-link": _set_link,
    "set-status": _set_status,
    "set-field": _set_field,
    "set-estimate": _set_estimate,
    "rename": _rename,
    "update-summary": _update_summary,
}


# ------------------------------------------------------------------------ steps


def _step_edits(document: Document, owner: Uid, local: Snapshot, held: Snapshot) -> list[Edit]:
    index = -1 if owner == OVERVIEW else local[owner].at
    nodes = [_node(document, local[u].at) for u in uids_of(local[owner], Field.STEPS)]
    wanted = {step.uid: _step(step) for step in steps_of(held, owner)}
    lines = [step_line(document, node) for node in nodes]
    return line_edits(
        document.source,
        lines,
        uids_of(local[owner], Field.STEPS),
        wanted,
        _worded,
        lambda: _first_step(document, index),
        drop_letter(document),
    )


def _worded(text: str) -> str:
    """Write a text that must not be empty: what follows would take its place."""
    if written := imported(text):
        return written
    raise Unwritable("a text without words has no place in a plan")


def _step(item: Item) -> Step:
    level = item.fields.get(Field.LEVEL, 0)
    return Step(text_of(item, Field.TEXT), tick_of(item) or Tick.OPEN, level if isinstance(level, int) else 0)


def _first_step(document: Document, index: int | None) -> Place:
    """Put the first step of a task that has none right below its heading or first paragraph."""
    if index is None or index < 0:
        raise Unwritable("a criterion can only be added to a list that is there")
    node = _node(document, index)
    if node.is_item:
        at = line_end(document.source, node.block.text.end)
        indent, bullet = first_lead(document, node)
        place = Place(at, eol_at(document.source, at), b"", indent, bullet, ends_line=False)
    else:
        place = replace(_below_heading(document.source, node), bullet=first_lead(document, node)[1])
    if is_swallowed(document.source, place.at, column(place.indent)):
        raise Unwritable("the indented lines below would become part of the step; add it by hand")
    return place


def _below_heading(source: bytes, node: Node) -> Place:
    end = line_end(source, node.block.span.end)
    beyond = after_eol(source, end)
    eol = eol_at(source, node.block.span.start)
    if beyond == end:
        return Place(end, eol + eol, b"")
    blank_end = after_eol(source, line_end(source, beyond))
    if source[beyond : line_end(source, beyond)].strip(b" \t") == b"" and blank_end > beyond:
        return Place(blank_end, b"", eol)
    return Place(beyond, eol, eol)


# ------------------------------------------------------------------ whole tasks


def _whole_task(document: Document, op: Operation, held: Snapshot) -> Document:
    """Move or add one task; both name the phase in the change of that field, where phases count.

    Raises: Unwritable where the words around it would then be another task's.
    """
    phase = next((str(c.new or "") for c in op.changes if c.field is Field.PHASE), WHOLE_PLAN)
    phase_at = _last_phase(document) if phase == WHOLE_PLAN else _index(document, Uid(phase)) if phase else -1
    if op.kind == "move-task":
        source = moved_task(document, _node(document, _index(document, op.uid)), phase_at)
    else:
        steps = [_step(step) for step in steps_of(held, op.uid)]
        edits = added_task(document, op.uid, _worded(text_of(held[op.uid], Field.TITLE)), phase_at, steps)
        source = apply_edits(document.source, edits)
    after = parse(source, document.dialect, document.letters)
    told, before = _told(after), _told(document)
    if before - told or (told - before).total() != (op.kind == "add-task"):
        raise Unwritable("words around the task would then belong to another one; do it by hand")
    return _said_of(after, op) if op.kind == "add-task" else after


def _said_of(document: Document, op: Operation) -> Document:
    """Write what else is said of a task that was just added: its issue, and a state that no open box says."""
    local = {op.uid: Item(op.uid, Kind.TASK, {}, _index(document, op.uid))}
    node = _node(document, local[op.uid].at)
    said = {c.field: str(c.new or "") for c in op.changes}
    edits: list[Edit] = []
    if link := said.get(Field.LINK):
        write = marks.item_token if node.is_item else _heading_link
        edits += write(document, node, node.marker, link)
    status = said.get(Field.STATUS, "")
    if status and not (node.box and status == State.TODO):
        edits += _set_status(
            document, local, replace(op, changes=(Change(op.uid, Field.STATUS, None, status),))
        )
    return parse(apply_edits(document.source, edits), document.dialect, document.letters)


def _heading_link(document: Document, node: Node, marker: str, link: str) -> list[Edit]:
    return marks.heading_link(document, node, link)


def _last_phase(document: Document) -> int:
    """Find where a task goes that belongs to the plan as a whole: behind its last one."""
    return next((n.parent for n in reversed(document.nodes) if n.role is Role.TASK), -1)


def _told(document: Document) -> Counter[tuple[str, ...]]:
    """List each task with the words and lines below it."""
    texts = (
        (document.title_of(n), *map(document.text, n.prose), *(document.text(k.value) for k in n.keys))
        for n in document.nodes
        if n.role is Role.TASK
    )
    return Counter(texts)
