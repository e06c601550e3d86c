"""A plan as one tree of nodes over its untouched bytes, the same for every dialect.

A node says where its text stands and what it means; nothing is copied, nothing is changed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from plansync.document.dialect import Carrier, Dialect
from plansync.document.spans import Block, Shape, Span, blocks, line_end, line_start
from plansync.model import OVERVIEW, Tick
from plansync.text import UID_PATTERN

MARKER = re.compile(rf"<!-- plansync:({UID_PATTERN}) -->")
FOOTER = re.compile(rb"<!-- plansync plan=([0-9a-z]{8}) -->")
ISSUE_LINK = re.compile(r"\[#(\d+)\]\(([^)\s]*)\)")
_KEY = re.compile(
    r"(?P<lead>[ \t>]*(?:[-*+][ \t]+)?)(?P<mark>\*\*|__)(?P<key>[^*_\r\n]+?)"
    r"(?:(?P<inner>\s*[:：])(?P=mark)|(?P=mark)(?P<outer>\s*[:：]))[ \t]*(?P<value>[^\r\n]*?)(?P<tail>[ \t]*|\\)$"
)


_FOOTER = {"completion", "current_phase", "implementation_status", "last_updated", "next_review"}


class Role(Enum):
    """What a node is to the plan."""

    PHASE = "phase"
    TASK = "task"
    STEP = "step"
    CRITERION = "criterion"


@dataclass(frozen=True, slots=True)
class Key:
    """One metadata line: `name` is its meaning (empty: none known), `key` the word as written.

    `line` leaves the line ending out but holds trailing blanks; `lead` is what stands before the
    bold key, `colon` the colon as written with the closing stars on its right side.
    """

    name: str
    key: str
    line: Span
    value: Span
    lead: str
    is_colon_inside: bool
    colon: str
    tail: str


@dataclass(frozen=True, slots=True)
class Node:
    """One phase, task, step or criterion.

    `span`: a heading's whole section, an item with all that is nested in it. `title` leaves number,
    marker and closing hashes out. `label` is the number with its word, as written. `level`: nesting
    among steps. `parent`: index of the phase or task, -1 for none. `marked` is the marker's span.
    """

    role: Role
    block: Block
    span: Span
    title: Span
    parent: int = -1
    label: str = ""
    id: str = ""
    marker: str = ""
    marked: Span | None = None
    tick: Tick | None = None
    level: int = 0
    keys: tuple[Key, ...] = ()
    prose: tuple[Span, ...] = ()

    def key(self, name: str) -> Key | None:
        """Find the first metadata line of that meaning."""
        return next((k for k in self.keys if k.name == name), None)


def link_line(document: Document, node: Node) -> Key | None:
    """Find the line that links a task to its issue; an `Issue` line with other words is its author's."""
    key = node.key("issue")
    return key if key and ISSUE_LINK.fullmatch(document.text(key.value)) else None


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed plan. `keys` are the metadata lines outside tasks; `footer` the lineage comment."""

    source: bytes
    dialect: Dialect
    blocks: tuple[Block, ...]
    nodes: tuple[Node, ...]
    title: Span | None
    keys: tuple[Key, ...]
    risks: tuple[Span, ...]
    lineage: str
    footer: Span | None
    is_open_ended: bool

    def text(self, span: Span) -> str:
        """Read a range."""
        return self.source[span.start : span.end].decode("utf-8")

    def key(self, name: str) -> Key | None:
        """Find the last metadata line of that meaning outside tasks: the footer's, mostly."""
        return next((k for k in reversed(self.keys) if k.name == name), None)

    def children(self, parent: int, role: Role) -> list[int]:
        """List the indexes of a node's direct children of one role; -1 stands for the plan."""
        return [i for i, n in enumerate(self.nodes) if n.parent == parent and n.role is role]


@dataclass(slots=True)
class _Draft:
    """A task or phase whose section is still being read."""

    index: int
    level: int
    keys: list[Key] = field(default_factory=list)
    prose: list[Span] = field(default_factory=list)
    has_lead_ended: bool = False


@dataclass(frozen=True, slots=True)
class _Title:
    """A heading that a carrier matched."""

    title: Span
    label: str
    id: str


def _match(source: bytes, block: Block, carrier: Carrier) -> _Title | None:
    text = source[block.text.start : block.text.end].decode("utf-8")
    bare = MARKER.sub("", text).rstrip()
    found = carrier.words.fullmatch(bare)
    if not found:
        return None
    groups = found.groupdict()
    start = block.text.start + len(text[: found.start("title")].encode())
    end = block.text.start + len(text[: found.end("title")].encode())
    return _Title(
        Span(start, end),
        groups["label"] or groups.get("label2") or "",
        groups["id"] or groups.get("id2") or "",
    )


def _levels(source: bytes, headings: Sequence[Block], dialect: Dialect) -> tuple[int, int]:
    """Vote the heading levels of phases and tasks: those on which the plan has most of them.

    Returns 0 for a level that the plan does not have.
    """

    def most(carrier: Carrier, below: int) -> int:
        if carrier.levels:
            return carrier.levels[0]
        votes = Counter(b.level for b in headings if b.level < below and _match(source, b, carrier))
        return max(votes, key=lambda level: (votes[level], -level), default=0)

    task = most(dialect.task, 7)
    return most(dialect.phase, task or 7), task


def key_lines(source: bytes, span: Span, names: dict[str, str] | None = None) -> list[Key]:
    """Read the metadata lines of a paragraph or an item's text; empty where any line is none."""
    found: list[Key] = []
    at = line_start(source, span.start)
    while at < span.end:
        end = line_end(source, at)
        line = source[at:end].decode("utf-8")
        if match := _KEY.fullmatch(line):
            word = " ".join(match["key"].split()).casefold()
            value = Span(
                at + len(line[: match.start("value")].encode()), at + len(line[: match.end("value")].encode())
            )
            found.append(
                Key(
                    name=(names or {}).get(word, ""),
                    key=match["key"],
                    line=Span(at, end),
                    value=value,
                    lead=match["lead"],
                    is_colon_inside=match["inner"] is not None,
                    colon=match["inner"] or match["outer"],
                    tail=match["tail"],
                )
            )
        at = end + (2 if source[end : end + 2] == b"\r\n" else 1)
    return found


def _is_running_text(source: bytes, span: Span, keys: Sequence[Key]) -> bool:
    return sum(1 for _ in re.finditer(rb"[^\r\n]+", source[span.start : span.end])) > len(keys)


class _Builder:
    """Walks the blocks once and makes nodes."""

    def __init__(self, source: bytes, dialect: Dialect) -> None:
        self.source, self.dialect = source, dialect
        self.blocks = blocks(source)
        headings = [b for b in self.blocks if self._is_section(b)]
        self.phase_level, self.task_level = _levels(source, headings, dialect)
        self.ends = self._section_ends(headings)
        self.names = dict(dialect.keys)
        self.nodes: list[Node] = []
        self.keys: list[Key] = []
        self.risks: list[Span] = []
        self.title: Span | None = None
        self.phase: _Draft | None = None
        self.task: _Draft | None = None
        self.section: tuple[str, int] = ("", 0)
        self.boxed: dict[int, int] = {}
        self.parents = self._parents_of_boxes()

    @staticmethod
    def _is_section(block: Block) -> bool:
        return block.shape is Shape.HEADING and block.inside < 0 and not block.is_quoted

    def _section_ends(self, headings: Sequence[Block]) -> dict[int, int]:
        ends: dict[int, int] = {}
        open_: list[Block] = []
        for heading in headings:
            while open_ and open_[-1].level >= heading.level:
                ends[open_.pop().span.start] = heading.span.start
            open_.append(heading)
        return ends | {h.span.start: len(self.source) for h in open_}

    def _parents_of_boxes(self) -> set[int]:
        """Index the items that have a box somewhere inside them."""
        found: set[int] = set()
        for block in self.blocks:
            at = block.inside if block.box else -1
            while at >= 0 and at not in found:
                found.add(at)
                at = self.blocks[at].inside
        return found

    def build(self) -> Document:
        """Walk, then close what is open."""
        for index, block in enumerate(self.blocks):
            if self._is_section(block):
                self._heading(block)
            elif not block.is_quoted:
                self._content(index, block)
        self._close(self.task)
        self._close(self.phase)
        footer = self._footer()
        return Document(
            source=self.source,
            dialect=self.dialect,
            blocks=tuple(self.blocks),
            nodes=tuple(self.nodes),
            title=self.title,
            keys=tuple(self.keys),
            risks=tuple(self.risks),
            lineage=footer[1] if footer else "",
            footer=footer[0] if footer else None,
            is_open_ended=self._is_open_ended(),
        )

    def _heading(self, block: Block) -> None:
        task = _match(self.source, block, self.dialect.task) if block.level == self.task_level else None
        phase = _match(self.source, block, self.dialect.phase) if block.level == self.phase_level else None
        if self.task and (block.level <= self.task.level):
            self._close(self.task)
            self.task = None
        if self.phase and block.level <= self.phase.level:
            self._close(self.phase)
            self.phase = None
        if task:
            self.task = self._open(Role.TASK, block, task)
        elif phase:
            self.phase = self._open(Role.PHASE, block, phase)
        elif self.task:
            self.task.has_lead_ended = True
        else:
            self._other_heading(block)

    def _other_heading(self, block: Block) -> None:
        if block.level == 1 and self.title is None:
            self.title = block.text
        text = self.source[block.text.start : block.text.end].decode("utf-8")
        if self.section[0] and block.level > self.section[1]:
            return
        is_criteria, is_risks = self.dialect.criteria.fullmatch(text), self.dialect.risks.fullmatch(text)
        self.section = ("criteria" if is_criteria else "risks" if is_risks else "", block.level)

    def _open(self, role: Role, block: Block, found: _Title) -> _Draft:
        self.section = ("", 0)
        marked = next((c for c in reversed(block.comments) if self._marker(c)), None)
        parent = self.phase.index if role is Role.TASK and self.phase else -1
        self.nodes.append(
            Node(
                role=role,
                block=block,
                span=Span(block.span.start, self.ends[block.span.start]),
                title=found.title,
                parent=parent,
                label=found.label,
                id=found.id,
                marker=self._marker(marked) if marked else "",
                marked=marked,
            )
        )
        return _Draft(len(self.nodes) - 1, block.level)

    def _marker(self, comment: Span) -> str:
        found = MARKER.fullmatch(self.source[comment.start : comment.end].decode("utf-8"))
        return found[1] if found and found[1] != OVERVIEW else ""

    def _close(self, draft: _Draft | None) -> None:
        if draft:
            node = self.nodes[draft.index]
            self.nodes[draft.index] = replace(node, keys=tuple(draft.keys), prose=tuple(draft.prose))

    def _content(self, index: int, block: Block) -> None:
        if block.shape is Shape.ITEM and self._tick(block) is not None:
            self._box(index, block)
        elif block.shape in (Shape.TEXT, Shape.ITEM) and not (
            block.shape is Shape.TEXT and block.inside >= 0
        ):
            self._words(index, block)
        elif block.shape in (Shape.CODE, Shape.TABLE, Shape.HTML) and self.task:
            self.task.has_lead_ended = True

    def _tick(self, block: Block) -> Tick | None:
        if block.box is None:
            return None
        letter = self.source[block.box.start : block.box.end].decode("utf-8")
        if letter in ("x", "X"):
            text = self.source[block.text.start : block.text.end].strip()
            return Tick.DROPPED if _is_struck(text) else Tick.TICKED
        if letter == " " or block.is_task:
            text = self.source[block.text.start : block.text.end].strip()
            return Tick.DROPPED if _is_struck(text) else Tick.OPEN
        return self.dialect.letters.get(letter)

    def _box(self, index: int, block: Block) -> None:
        role = Role.STEP if self.task else Role.CRITERION if self.section[0] == "criteria" else None
        if role is None:
            return
        parent = self.task.index if self.task else -1
        level, around = 0, block.inside
        while around >= 0:
            if around in self.boxed:
                level = self.nodes[self.boxed[around]].level + 1
                break
            around = self.blocks[around].inside
        self.boxed[index] = len(self.nodes)
        self.nodes.append(
            Node(role, block, block.span, block.text, parent=parent, tick=self._tick(block), level=level)
        )

    def _words(self, index: int, block: Block) -> None:
        keys = key_lines(self.source, block.text, self.names)
        (self.task.keys if self.task else self.keys).extend(keys)
        is_prose = (
            block.inside < 0 and index not in self.parents and _is_running_text(self.source, block.text, keys)
        )
        if self.section[0] == "risks" and not self.task:
            is_footer = any(key.name in _FOOTER for key in keys)
            self.risks.extend([block.span] if block.inside < 0 and not is_footer else [])
        elif self.task and is_prose and not keys and not self.task.has_lead_ended:
            self.task.prose.append(block.span)

    def _footer(self) -> tuple[Span, str] | None:
        end = len(self.source.rstrip(b" \t\r\n"))
        start = line_start(self.source, end)
        found = FOOTER.fullmatch(self.source[start:end])
        return (Span(start, end), found[1].decode()) if found else None

    def _is_open_ended(self) -> bool:
        if any(b.shape is Shape.CODE and not b.is_closed for b in self.blocks):
            return True
        last = next((b for b in reversed(self.blocks) if b.shape is Shape.HTML), None)
        tail = self.source[last.span.start : last.span.end] if last and last is self.blocks[-1] else b""
        return tail.startswith(b"<") and not tail.rstrip().endswith(b">") and b"<!--" in tail


def _is_struck(text: bytes) -> bool:
    return len(text) > 4 and text.startswith(b"~~") and text.endswith(b"~~") and b"~~" not in text[2:-2]


def parse(source: bytes, dialect: Dialect) -> Document:
    """Read a plan.

    Raises: UnicodeDecodeError where the source is not UTF-8.
    """
    return _Builder(source, dialect).build()
