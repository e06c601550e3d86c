"""The plan's side: a document as a snapshot, and operations as edits of its bytes."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from plansync.document.dialect import Dialect
from plansync.document.edits import Edit, apply_edits
from plansync.document.spans import Shape, Span, after_eol, eol_at, line_end, line_no
from plansync.document.steps import Line, Place, Step, line_edits, read_line
from plansync.document.tree import ISSUE_LINK, Document, Key, Node, Role, link_line, parse
from plansync.errors import PlanError, Unwritable
from plansync.model import (
    OVERALL_WORDS,
    OVERVIEW,
    TITLE_MAX,
    Field,
    Item,
    Kind,
    Note,
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
from plansync.text import cut, heading, heading_words, imported, is_placeholder, words

STORES: frozenset[Field] = frozenset(
    {
        Field.TITLE,
        Field.PHASE,
        Field.STEPS,
        Field.TEXT,
        Field.TICK,
        Field.STATUS,
        Field.MARKER,
        Field.LINK,
        Field.COMPLETION,
        Field.CURRENT_PHASE,
        Field.OVERALL,
        Field.UPDATED,
    }
)
"""The fields that a heading-carried plan can be written; others only flow out of it."""

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_LEAD_MAX = 600
_COMPLETION = re.compile(r"(\d+)(\s*%\s*\(\s*)(\d+)(\s*/\s*)(\d+)(\s+tasks?\b[^)]*\).*)")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_NONE = re.compile(
    r"(?:none|nothing|no|n/?a|keine?|aucune?|ninguna?|nenhuma?|нет|无|なし|없음|[-–—]*)\W*(?:\(.*\))?",
    re.I,
)
_TASK_REF = re.compile(
    r"(?:tasks?|stor(?:y|ies)|epics?|t)?[\s\-]*#?(\d+(?:[.\-]\d+)*[a-z]?)\b", re.IGNORECASE
)
_NAMED_REF = re.compile(r"\btasks?\s*#?(\d+(?:\.\d+)*[a-z]?)\b", re.IGNORECASE)
_JOINERS = re.compile(r"[\s,;&+/→]|\band\b|\bund\b|\bet\b|\by\b|\be\b", re.IGNORECASE)


_OUR_STATUS = {State.DONE: "Done", State.DROPPED: "Dropped"}
_STATUS_WORDS = _OUR_STATUS | {State.TODO: "In Progress"}


def mint(phase: str, title: str, taken: Callable[[Uid], bool]) -> Uid:
    """Make the uid that any copy of the plan makes for this title; equals are told apart by ordinal.

    Source: design, "Minting a UID".
    """
    for ordinal in range(1_000_000):
        digest = int.from_bytes(
            hashlib.sha256(f"{words(phase)}\n{words(title)}\n{ordinal}".encode()).digest(), "big"
        )
        letters = []
        for _ in range(7):
            digest, rest = divmod(digest, len(_ALPHABET))
            letters.append(_ALPHABET[rest])
        uid = Uid("".join(letters))
        if not taken(uid):
            return uid
    raise PlanError("more than a million tasks have the same title")


@dataclass(frozen=True, slots=True)
class View:
    """The plan's side: its items, which of them carry their marker, and what is worth a note."""

    items: dict[Uid, Item]
    notes: tuple[Note, ...]


def snapshot(document: Document, name: str, *, links: bool = True) -> View:
    """Show a plan. `name` is the file's, for a plan whose title is a placeholder.

    An item without a marker gets its minted uid. Two items with one marker are left out: nothing
    about them can be guessed. `links = False`: the plan shows no links, so none are written.
    """
    return _Viewer(document, name, links).view()


class _Viewer:
    """Builds the items of one document."""

    def __init__(self, document: Document, name: str, links: bool) -> None:
        self.document, self.name, self.links = document, name, links
        self.items: dict[Uid, Item] = {}
        self.notes: list[Note] = []
        markers = Counter(n.marker for n in document.nodes if n.marker)
        self.copied = {m for m, count in markers.items() if count > 1}
        self.marked = set(markers)
        self.uids: dict[int, Uid] = {}
        self.numbered: dict[str, list[Uid]] = {}
        self.steps: dict[int, list[int]] = {}
        for index, node in enumerate(document.nodes):
            if node.role in (Role.STEP, Role.CRITERION):
                self.steps.setdefault(node.parent, []).append(index)

    def view(self) -> View:
        """Name the phases and tasks first: a dependency may point forward."""
        nodes = self.document.nodes
        tasks = [i for i, n in enumerate(nodes) if n.role in (Role.PHASE, Role.TASK)]
        minted: set[Uid] = set()
        for index in tasks:
            if (uid := self._uid(index, minted)) is not None:
                self.uids[index] = uid
        for index, uid in self.uids.items():
            if nodes[index].role is Role.TASK:
                self.numbered.setdefault(nodes[index].id, []).append(uid)
        self._plan()
        for index in self.uids:
            (self._phase if nodes[index].role is Role.PHASE else self._task)(index)
        return View(self.items, tuple(self.notes))

    def _uid(self, index: int, minted: set[Uid]) -> Uid | None:
        node = self.document.nodes[index]
        title = self.document.text(node.title)
        if node.marker:
            if node.marker in self.copied:
                line = line_no(self.document.source, node.block.span.start)
                self.notes.append(
                    Note(
                        node.marker,
                        f"line {line}: the marker {node.marker} stands on two items; neither is synced",
                    )
                )
                return None
            return Uid(node.marker)
        if node.role is Role.TASK and is_placeholder(title):
            line = line_no(self.document.source, node.block.span.start)
            self.notes.append(Note("", f'line {line}: "{title}" is a placeholder and was skipped'))
            return None
        phase = self.document.text(self.document.nodes[node.parent].title) if node.parent >= 0 else ""
        words_ = (phase, title) if node.role is Role.TASK else (title or node.label, "")
        uid = mint(*words_, lambda u: u in minted)
        minted.add(uid)
        return uid if uid not in self.marked else mint(*words_, lambda u: u in minted or u in self.marked)

    def _add(self, uid: Uid, kind: Kind, at: int, fields: Mapping[Field, Value]) -> None:
        self.items[uid] = Item(uid, kind, dict(fields), at)

    def _plan(self) -> None:
        document = self.document
        raw = document.text(document.title) if document.title else ""
        bare = re.sub(r"^\W*(?:implementation\s+plan|plan)\s*[:：–—-]\s*", "", raw, flags=re.IGNORECASE)
        title = self.name if not bare or is_placeholder(bare) else raw
        fields: dict[Field, Value] = {
            Field.TITLE: words(title),
            Field.MARKER: document.lineage,
            Field.PROSE: "\n".join(document.text(span).replace("\r\n", "\n") for span in document.risks),
            Field.STEPS: self._steps(OVERVIEW, -1),
        }
        self._add(OVERVIEW, Kind.PLAN, -1, fields | _computed(document, self.uids))

    def _phase(self, index: int) -> None:
        node = self.document.nodes[index]
        end = node.marked.start if node.marked else node.block.text.end
        title = self.document.source[node.block.text.start : end].decode().strip()
        fields: dict[Field, Value] = {Field.TITLE: title, Field.MARKER: node.marker}
        self._add(self.uids[index], Kind.PHASE, index, fields)

    def _task(self, index: int) -> None:
        document, node = self.document, self.document.nodes[index]
        uid = self.uids[index]
        title = document.text(node.title)
        prose = self._prose(node)
        fields: dict[Field, Value] = {
            Field.TITLE: title,
            Field.STEPS: self._steps(uid, index),
            Field.PROSE: f"{title}\n\n{prose}".strip() if len(title) > TITLE_MAX else prose,
            Field.REQUIREMENTS: self._value(node, "requirements"),
            Field.ESTIMATE: self._value(node, "estimate"),
            Field.MARKER: node.marker,
        }
        depends = dependencies(document, node, self.numbered)
        if depends is not None:
            fields[Field.DEPENDS] = depends
        if node.parent < 0 or node.parent in self.uids:  # under a phase that cannot be named it is unknown
            fields[Field.PHASE] = self.uids.get(node.parent, "")
        if self.links:
            fields[Field.LINK] = self._link(node)
        self._add(uid, Kind.TASK, index, fields | _status(document, node))

    def _steps(self, owner: Uid, parent: int) -> tuple[str, ...]:
        uids = []
        for count, index in enumerate(self.steps.get(parent, ())):
            uid = Uid(f"{owner}/~{count}")
            node = self.document.nodes[index]
            step = _line(self.document, node).step
            fields: dict[Field, Value] = {Field.TEXT: step.text, Field.TICK: step.tick.value}
            fields |= {Field.LEVEL: step.level, Field.OPTIONAL: int(node.block.is_optional)}
            self._add(uid, Kind.STEP, index, fields)
            uids.append(uid)
        return tuple(uids)

    def _value(self, node: Node, name: str) -> str:
        key = node.key(name)
        return self.document.text(key.value) if key else ""

    def _link(self, node: Node) -> str:
        key = link_line(self.document, node)
        found = ISSUE_LINK.fullmatch(self.document.text(key.value)) if key else None
        return f"#{found[1]} {found[2]}".strip() if found else ""

    def _prose(self, node: Node) -> str:
        parts = [self.document.text(span).replace("\r\n", "\n") for span in node.prose]
        return cut("\n\n".join(parts), _LEAD_MAX)


def _line(document: Document, node: Node) -> Line:
    return read_line(document.source, node.block, node.tick or Tick.OPEN, node.level)


def _status(document: Document, node: Node) -> dict[Field, Value]:
    """Show what carries the task's state: its boxes, or a status line (of its author, or ours)."""
    key = node.key("status")
    state = _state(document, key) if key else None
    if key is None or state is None:
        return {Field.CARRIER: "boxes", Field.STATUS: ""}
    fields: dict[Field, Value] = {Field.STATE: state.value, Field.STATUS: state.value}
    return fields | {Field.CARRIER: "boxes" if _is_ours(document, node, key, state) else "line"}


def _state(document: Document, key: Key) -> State | None:
    value = words(document.text(key.value)).casefold()
    if "|" in value:
        return None
    bare = re.sub(r"^[^\w✅]+", "", value).replace("_", " ")
    table = document.dialect.states
    for word in sorted(table, key=len, reverse=True):
        if bare.startswith(word) or bare.replace("-", " ").startswith(word):
            return State(table[word])
    return None


def _is_ours(document: Document, node: Node, key: Key, state: State) -> bool:
    """Say whether the line is as we write it, where we write it."""
    first = next((k for k in node.keys if k.name != "issue"), None)
    return first is key and key.key == "Status" and document.text(key.value) == _OUR_STATUS.get(state)


def dependencies(
    document: Document, node: Node, numbered: Mapping[str, Sequence[Uid]]
) -> tuple[str, ...] | None:
    """Read a task's dependencies as uids; `None` where a target is unknown or ambiguous.

    `numbered`: id as written → the tasks that bear it. Free words that name no task come as one element
    that starts with `=`.
    """
    key = node.key("depends")
    value = document.text(key.value).strip() if key else ""
    if not value or _NONE.fullmatch(value):
        return ()
    bare = re.sub(r"\([^)]*\)", " ", value)
    rest = _JOINERS.sub("", _TASK_REF.sub("", bare))
    ids = [m[1] for m in _TASK_REF.finditer(bare)] if not rest else [m[1] for m in _NAMED_REF.finditer(bare)]
    if not ids:
        return (f"={value}",)
    found = [numbered.get(wanted, ()) for wanted in ids]
    if any(len(uids) != 1 for uids in found):
        return None
    return tuple(dict.fromkeys(uids[0] for uids in found))


def _computed(document: Document, uids: Mapping[int, Uid]) -> dict[Field, Value]:
    """Show the computed lines that the plan has and that hold a live value."""
    shown: dict[Field, Value] = {}
    texts = {
        name: document.text(key.value)
        for name in ("completion", "current_phase", "implementation_status", "last_updated")
        if (key := document.key(name))
    }
    if match := _COMPLETION.fullmatch(texts.get("completion", "")):
        shown[Field.COMPLETION] = f"{match[1]}% {match[3]}/{match[5]}"
    if (phase := _phase_named(document, uids, texts.get("current_phase", ""))) is not None:
        shown[Field.CURRENT_PHASE] = phase
    if texts.get("implementation_status") in OVERALL_WORDS:
        shown[Field.OVERALL] = texts["implementation_status"]
    if _DATE.fullmatch(texts.get("last_updated", "")):
        shown[Field.UPDATED] = texts["last_updated"]
    return shown


def _phase_named(document: Document, uids: Mapping[int, Uid], text: str) -> Uid | None:
    for index, uid in uids.items():
        node = document.nodes[index]
        if node.role is Role.PHASE and text and text in _phase_names(document, node):
            return uid
    return None


def _phase_names(document: Document, node: Node) -> tuple[str, str]:
    """Give the two ways to name a phase: `Phase 2`, and the heading as written."""
    end = node.marked.start if node.marked else node.block.text.end
    return node.label, document.source[node.block.text.start : end].decode().strip()


def rewrite(document: Document, local: Snapshot, operations: Sequence[Operation], held: Snapshot) -> bytes:
    """Make the plan say what the operations say.

    `local` is the plan's side as shown by `document`, `held` the same with the operations done.
    Moves of whole tasks come last, on the text that the other edits left.
    Raises: Unwritable where an edit would touch more than itself; nothing is half done.
    """
    if document.is_open_ended and any(o.uid == OVERVIEW and o.kind == "set-marker" for o in operations):
        raise Unwritable(
            "the plan ends inside an open code fence or comment, so no line can follow; close it first"
        )
    footer_last = sorted(operations, key=lambda op: op.uid == OVERVIEW)
    edits = [e for op in footer_last if op.kind in _WRITERS for e in _WRITERS[op.kind](document, local, op)]
    for owner in dict.fromkeys(owner_of(op.uid) for op in operations if op.kind in STEP_KINDS):
        edits += _step_edits(document, owner, local, held)
    source = apply_edits(document.source, edits)
    for op in operations:
        if op.kind == "move-task":
            source = _move(source, document.dialect, op)
    return source


def differing(shown: Snapshot, held: Snapshot) -> list[Uid]:
    """List the items that a written plan does not show as `held` says: edits that went astray.

    Steps are compared in their order, since the plan holds no names of theirs.
    """
    owners = [u for u in held if not is_step(u)]
    astray = [u for u in owners if u not in shown or not _is_alike(shown, held, u)]
    return astray + [u for u in shown if not is_step(u) and u not in held]


def _is_alike(shown: Snapshot, held: Snapshot, uid: Uid) -> bool:
    same = heading_words if held[uid].kind is Kind.PHASE else words
    fields = STORES - {Field.STEPS, *([Field.TITLE] if uid == OVERVIEW else [])}
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
    return document.nodes[at]


def _index(document: Document, uid: Uid) -> int | None:
    """Find a phase or task by its marker, else by the uid that its titles mint."""
    return next((i.at for i in snapshot(document, "").items.values() if i.uid == uid), None)


def _set_marker(document: Document, local: Snapshot, op: Operation) -> list[Edit]:
    new = str(op.changes[0].new or "")
    if op.uid == OVERVIEW:
        return _set_footer(document, new)
    node = _node(document, local[op.uid].at)
    if node.marked:
        start = len(document.source[: node.marked.start].rstrip(b" \t"))
        return [Edit(start, node.marked.end, f" <!-- plansync:{new} -->".encode() if new else b"")]
    return (
        [Edit(node.block.text.end, node.block.text.end, f" <!-- plansync:{new} -->".encode())] if new else []
    )


def _set_footer(document: Document, lineage: str) -> list[Edit]:
    """Put the footer on the last line, replace it, or take exactly its line away."""
    source, footer = document.source, document.footer
    line = f"<!-- plansync plan={lineage} -->".encode() if lineage else b""
    if footer and line:
        return [Edit(footer.start, footer.end, line)]
    if footer:
        end = after_eol(source, footer.end)
        return [Edit(footer.start if end > footer.end else _eol_before(source, footer.start), end, b"")]
    eol = eol_at(source, max(len(source) - 1, 0))
    has_end = not source or source.endswith((b"\n", b"\r"))
    return [Edit(len(source), len(source), line + eol if has_end else eol + line)] if line else []


def _eol_before(source: bytes, at: int) -> int:
    """Step back over one line ending."""
    if source[at - 2 : at] == b"\r\n":
        return at - 2
    return at - 1 if source[at - 1 : at] in (b"\n", b"\r") else at


def _set_link(document: Document, local: Snapshot, op: Operation) -> list[Edit]:
    """Write the link line; one that was there before the task had its marker is its author's and stays."""
    node = _node(document, local[op.uid].at)
    number, _, url = str(op.changes[0].new or "").partition(" ")
    text = f"[{number}]({url})"
    key = link_line(document, node) if node.marked else None
    if key and number:
        return [Edit(key.value.start, key.value.end, text.encode())]
    if key:
        return [_line_removal(document, node, key)]
    return [_line_insertion(document, node, "Issue", text, first=True)] if number else []


def _set_status(document: Document, local: Snapshot, op: Operation) -> list[Edit]:
    node = _node(document, local[op.uid].at)
    new = str(op.changes[0].new or "")
    key = node.key("status")
    if key and _state(document, key) is None:
        key = None
    if key and new:
        return [Edit(key.value.start, key.value.end, _STATUS_WORDS[State(new)].encode())]
    if key:
        return [_line_removal(document, node, key)]
    return [_line_insertion(document, node, "Status", _STATUS_WORDS[State(new)], first=False)] if new else []


def _line_insertion(document: Document, node: Node, name: str, value: str, *, first: bool) -> Edit:
    """Put one metadata line where ours stand: first, in the style of the lines around it.

    A task without metadata lines gets a paragraph of its own below its heading.
    """
    source = document.source
    keys = [k for k in node.keys if first or k.name != "issue"]
    if keys:
        style = keys[0]
        tail = style.tail or ("" if style.lead.strip() or len(node.keys) > 1 else "  ")
        line = _metadata(name, value, style) + tail.encode() + eol_at(source, style.line.start)
        return Edit(style.line.start, style.line.start, line)
    if node.keys:
        last = node.keys[-1]
        line = eol_at(source, last.line.start) + _metadata(name, value, last)
        return Edit(last.line.end, last.line.end, line)
    at = line_end(source, node.block.span.end)
    eol = eol_at(source, node.block.span.start)
    beyond = after_eol(source, at)
    line = f"**{name}**: {value}".encode()
    if beyond == at:
        return Edit(at, at, eol + eol + line)
    is_followed = source[beyond : line_end(source, beyond)].strip(b" \t") != b""
    return Edit(beyond, beyond, eol + line + (b"  " if is_followed else b"") + eol)


def _metadata(name: str, value: str, style: Key) -> bytes:
    word = f"**{name}{style.colon}**" if style.is_colon_inside else f"**{name}**{style.colon}"
    return f"{style.lead}{word} {value}".encode()


def _line_removal(document: Document, node: Node, key: Key) -> Edit:
    """Take one metadata line out, and with it exactly what its insertion put around it."""
    source = document.source
    end = after_eol(source, key.line.end)
    lines = [k.line for k in node.keys]
    if any(line.start == end for line in lines):
        return Edit(key.line.start, end, b"")
    before = _eol_before(source, key.line.start)
    if any(line.end == before for line in lines):
        return Edit(before, key.line.end, b"")
    if end == key.line.end:
        return Edit(_eol_before(source, before), end, b"")
    heading_end = line_end(source, node.block.span.end)
    is_own = after_eol(source, heading_end) == before
    return Edit(before if is_own else key.line.start, end, b"")


def _rename(document: Document, local: Snapshot, op: Operation) -> list[Edit]:
    """Write a title; a phase keeps its number where the new title brings none of its own."""
    node = _node(document, local[op.uid].at)
    text = heading(str(op.changes[0].new))
    if node.role is Role.PHASE and document.dialect.phase.words.fullmatch(text):
        end = node.marked.start if node.marked else node.block.text.end
        end = len(document.source[:end].rstrip(b" \t"))
        return [Edit(node.block.text.start, end, text.encode())]
    return [Edit(node.title.start, node.title.end, text.encode())]


def _update_summary(document: Document, local: Snapshot, op: Operation) -> list[Edit]:
    edits = []
    for change in op.changes:
        key = document.key(change.field.value)
        if key:
            old = document.text(key.value)
            edits.append(
                Edit(
                    key.value.start,
                    key.value.end,
                    _computed_text(document, change.field, old, str(change.new)).encode(),
                )
            )
    return edits


def _computed_text(document: Document, field: Field, old: str, new: str) -> str:
    if field is Field.COMPLETION and (match := _COMPLETION.fullmatch(old)):
        percent, _, ratio = new.partition("% ")
        done, _, count = ratio.partition("/")
        return f"{percent}{match[2]}{done}{match[4]}{count}{match[6]}"
    if field is Field.CURRENT_PHASE:
        at = _index(document, Uid(new))
        names = _phase_names(document, _node(document, at))
        is_label = any(old == _phase_names(document, n)[0] for n in document.nodes if n.role is Role.PHASE)
        return names[0] if is_label else names[1]
    return new


_WRITERS: Mapping[str, Callable[[Document, Snapshot, Operation], list[Edit]]] = {
    "set-marker": _set_marker,
    "set-link": _set_link,
    "set-status": _set_status,
    "rename": _rename,
    "update-summary": _update_summary,
}
STEP_KINDS = frozenset(
    {"tick", "untick", "drop-step", "edit-step", "add-step", "remove-step", "order-steps", "set-criterion"}
)


def _step_edits(document: Document, owner: Uid, local: Snapshot, held: Snapshot) -> list[Edit]:
    index = -1 if owner == OVERVIEW else local[owner].at
    nodes = [_node(document, local[u].at) for u in uids_of(local[owner], Field.STEPS)]
    wanted = {
        step.uid: Step(
            text_of(step, Field.TEXT), tick_of(step) or Tick.OPEN, int(str(step.fields.get(Field.LEVEL, 0)))
        )
        for step in steps_of(held, owner)
    }
    lines = [_line(document, node) for node in nodes]
    uids = uids_of(local[owner], Field.STEPS)
    return line_edits(document.source, lines, uids, wanted, imported, lambda: _first_step(document, index))


def _first_step(document: Document, index: int | None) -> Place:
    """Put the first step of a task that has none below its heading, before all else."""
    if index is None or index < 0:
        raise Unwritable("a criterion can only be added to a list that is there")
    source, node = document.source, document.nodes[index]
    end = line_end(source, node.block.span.end)
    beyond = after_eol(source, end)
    eol = eol_at(source, node.block.span.start)
    if beyond == end:
        return Place(end, eol + eol, b"")
    blank_end = after_eol(source, line_end(source, beyond))
    if source[beyond : line_end(source, beyond)].strip(b" \t") == b"" and blank_end > beyond:
        return Place(blank_end, b"", eol)
    return Place(beyond, eol, eol)


def _move(source: bytes, dialect: Dialect, op: Operation) -> bytes:
    """Move a task's block, bytes intact, to the end of another phase."""
    document = parse(source, dialect)
    at, phase_at = _index(document, op.uid), _index(document, Uid(str(op.changes[0].new)))
    task, phase = _node(document, at), _node(document, phase_at)
    end = _content_end(document, task.span)
    siblings = document.children(phase_at if phase_at is not None else -1, Role.TASK)
    last = document.nodes[siblings[-1]].span if siblings else phase.span
    target = _content_end(document, last)
    eol = eol_at(source, task.span.start)
    after = end
    while (beyond := after_eol(source, line_end(source, after))) > after and not source[after:beyond].strip():
        after = beyond
    return apply_edits(
        source,
        [
            Edit(task.span.start, max(after, end), b""),
            Edit(target, target, eol + eol + source[task.span.start : end]),
        ],
    )


def _content_end(document: Document, span: Span) -> int:
    """Find where a section's own text ends: before rules, the footer and blank lines that close it."""
    end = span.start
    for block in document.blocks:
        is_footer = document.footer is not None and block.span.start == document.footer.start
        if span.start <= block.span.start < span.end and block.shape is not Shape.RULE and not is_footer:
            end = max(end, block.span.end)
    return line_end(document.source, end)
