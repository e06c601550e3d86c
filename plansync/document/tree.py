"""A plan as one tree of nodes over its untouched bytes, the same for every dialect.

A node says where its text stands and what it means; nothing is copied, nothing is changed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from itertools import chain, pairwise
from typing import NamedTuple

from plansync.document import vocabulary
from plansync.document.dialect import Dialect
from plansync.document.metadata import Key, folded
from plansync.document.spans import Block, Shape, Span, after_eol, line_starts
from plansync.document.token import Tail, Token
from plansync.document.traps import Trap
from plansync.model import Tick

ISSUE_LINK = re.compile(r"\[#(\d+)\]\(([^)\s]*)\)")


class Role(Enum):
    """What a node is to the plan."""

    PHASE = "phase"
    TASK = "task"
    STEP = "step"
    CRITERION = "criterion"


class Node(NamedTuple):
    """One phase, task, step or criterion.

    `span`: a heading's whole section, an item with all that is nested in it. `title` leaves number,
    marker and closing hashes out. `label` is the number with its word, as written. `level`: nesting
    among steps. `parent`: index of the phase or task, -1 for none. `box`: the letter that carries a
    task's or step's own state. `prose`: a task's lead; `whole`: all of its text but steps and metadata.
    `inline`: metadata within the title, by meaning. `trap`: why nothing is written here, empty where nothing hinders.
    """

    role: Role
    block: Block
    span: Span
    title: Span
    parent: int = -1
    label: str = ""
    id: str = ""
    token: Token | None = None
    tail: Tail | None = None
    box: Span | None = None
    tick: Tick | None = None
    level: int = 0
    keys: tuple[Key, ...] = ()
    prose: tuple[Span, ...] = ()
    whole: tuple[Span, ...] = ()
    inline: tuple[tuple[str, str], ...] = ()
    trap: str = ""

    @property
    def marker(self) -> str:
        """The uid that the node bears, empty where none."""
        return self.token.uid if self.token else ""

    @property
    def is_item(self) -> bool:
        """Whether a list item carries it."""
        return self.block.shape is Shape.ITEM

    def key(self, name: str) -> Key | None:
        """Find the first metadata line of that meaning."""
        return next((k for k in self.keys if k.name == name), None)


@dataclass(frozen=True)
class Document:
    """A parsed plan. `keys` are the metadata lines outside tasks; `footer` the lineage comment.

    `letters`: what box letters mean in this plan. `hidden`: headings of phases and tasks that a trap
    hides. `open_end`: a fence or comment that is never closed. `confidence`: how sure the dialect is, 0 to 1.
    """

    source: bytes
    dialect: Dialect
    blocks: tuple[Block, ...]
    nodes: tuple[Node, ...]
    title: Span | None
    keys: tuple[Key, ...]
    risks: tuple[Span, ...]
    lineage: str
    footer: Span | None
    open_end: Span | None
    letters: Mapping[str, Tick]
    traps: tuple[Trap, ...]
    hidden: tuple[Block, ...]
    confidence: float = 1.0

    @property
    def is_open_ended(self) -> bool:
        """Whether no line could follow the last one: it would be in an open fence or comment."""
        return self.open_end is not None

    def text(self, span: Span) -> str:
        """Read a range."""
        return self.source[span.start : span.end].decode("utf-8")

    def title_of(self, node: Node) -> str:
        """Read a node's title: one line, what is not its own left out."""
        return " ".join(self._without_tail(node, node.title).split())

    def own_text(self, node: Node) -> str:
        """Read all of a node's first paragraph or heading, what is not its own left out."""
        return self._without_tail(node, node.block.text).strip()

    def _without_tail(self, node: Node, span: Span) -> str:
        cut = node.tail.span if node.tail else None
        if cut is None or not span.start <= cut.start < span.end:
            return self.text(span)
        return self.text(Span(span.start, cut.start)) + self.text(Span(min(cut.end, span.end), span.end))

    def value(self, node: Node, name: str) -> str:
        """Read a node's metadata of one meaning, from its lines, else from its title."""
        key = node.key(name)
        if key:
            return self.value_of(key)
        return next((value for meaning, value in node.inline if meaning == name), "")

    def value_of(self, key: Key) -> str:
        """Read a metadata line; one without a value of its own says the bullets below it."""
        own = self.text(key.value).strip()
        return own or ", ".join(" ".join(self.text(span).split()) for span in key.items)

    def key(self, name: str) -> Key | None:
        """Find the last metadata line of that meaning outside tasks: the footer's, mostly."""
        return next((k for k in reversed(self.keys) if k.name == name), None)

    @cached_property
    def key_style(self) -> Key | None:
        """Show how its author writes a metadata line outside lists: a task's first, or else the plan's."""
        tasks = (node.keys for node in self.nodes if node.role is Role.TASK)
        return next((key for key in chain(*tasks, self.keys) if not key.lead.strip()), None)

    @cached_property
    def stacked_tail(self) -> str:
        """Say how its author ends a metadata line above another; a hard break where there is none."""
        stacks = (*(node.keys for node in self.nodes if node.role is Role.TASK), self.keys)
        for above, below in chain.from_iterable(map(pairwise, stacks)):
            if not above.lead.strip() and after_eol(self.source, above.line.end) == below.line.start:
                return above.tail
        return "  "

    def children(self, parent: int, role: Role) -> list[int]:
        """List the indexes of a node's direct children of one role; -1 stands for the plan."""
        return self._children.get((parent, role), [])

    @cached_property
    def _children(self) -> dict[tuple[int, Role], list[int]]:
        found: dict[tuple[int, Role], list[int]] = {}
        for index, node in enumerate(self.nodes):
            found.setdefault((node.parent, node.role), []).append(index)
        return found

    @cached_property
    def _line_starts(self) -> tuple[int, ...]:
        return line_starts(self.source)

    def line_no(self, at: int) -> int:
        """Count lines up to a byte offset, from 1."""
        return bisect_right(self._line_starts, at)

    def column(self, at: int) -> int:
        """Count the characters of a line up to a byte offset, from 1."""
        start = self._line_starts[self.line_no(at) - 1]
        return len(self.source[start:at].decode("utf-8", "replace")) + 1

    @cached_property
    def language(self) -> str:
        """The language of most of the plan's metadata lines; English where they do not tell."""
        words = (folded(k.key) for n in self.nodes for k in n.keys)
        votes = Counter(
            vocabulary.LANGUAGE[w] for w in words if w in vocabulary.LANGUAGE and w not in _SHARED_WORDS
        )
        return max(votes, key=lambda each: votes[each], default="en")


_SHARED_WORDS = {"status", "issue"}


def link_line(document: Document, node: Node) -> Key | None:
    """Find the line that links a task to its issue; an `Issue` line with other words is its author's."""
    key = node.key("issue")
    return key if key and ISSUE_LINK.fullmatch(document.text(key.value)) else None
