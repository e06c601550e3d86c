"""Markdown as a flat list of blocks with byte ranges: the one user of the Markdown parser.

Positions are byte offsets into the source as given, BOM and line ends included. Nothing is copied
out of the source and nothing is written here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

import pyromark

_BOM = b"\xef\xbb\xbf"
_OPTIONS = (
    pyromark.Options.ENABLE_TASKLISTS | pyromark.Options.ENABLE_TABLES | pyromark.Options.ENABLE_STRIKETHROUGH
)
_BOX = re.compile(rb"\[([^\r\n\]\[]{1,4})\](\*?)(?=[ \t\r\n]|$)")
_FRONT_MATTER = re.compile(
    rb"---[ \t]*\r?\n(?:[ \t]*\r?\n)*+(?=[\w\"'-]+[ \t]*:|\#|(?:---|\.\.\.)[ \t]*(?:\r?\n|$))(?!\#{1,6}[ \t])"
    rb"(?:.*?\r?\n)??(?:---|\.\.\.)[ \t]*(?:\r?\n|$)",
    re.DOTALL,
)
"""A rule that opens the file begins front matter only where keys (or a comment in YAML) follow."""
_EOL = re.compile(rb"\r\n|\r|\n")
_MARKER_WIDTH = re.compile(rb"[ \t\r\n>]*((?:[-*+]|\d{1,9}[.)])[ \t]*)")
_BLANKS = re.compile(rb"[ \t]*")
_BULLETS = b"-*+0123456789"


class Span(NamedTuple):
    """A byte range, end excluded."""

    start: int
    end: int


class Shape(Enum):
    """What a block is."""

    HEADING = "heading"
    ITEM = "item"
    TEXT = "text"
    CODE = "code"
    HTML = "html"
    TABLE = "table"
    ROW = "row"
    RULE = "rule"
    FILE = "file"


class Block(NamedTuple):
    """One block: a tuple, since a large plan has a hundred thousand of them.

    `level`: a heading's 1 to 6, an item's list depth from 0. `text`: the inline content, for an item
    its first paragraph without the box. `box`: the letter's own bytes between the brackets;
    `is_task`: hosts show that box (a known letter, and no star behind it). `inside`: index of the
    enclosing item, -1 for none. `comments`: inline HTML comments within `text`; `wraps`: inline spans
    (code, links, emphasis, tags) that run over a line end, so nothing may be put at that line's end.
    """

    shape: Shape
    level: int
    span: Span
    text: Span
    box: Span | None = None
    is_task: bool = False
    is_optional: bool = False
    is_ordered: bool = False
    is_quoted: bool = False
    is_closed: bool = True
    inside: int = -1
    comments: tuple[Span, ...] = ()
    wraps: tuple[Span, ...] = ()

    @property
    def is_section(self) -> bool:
        """Whether it begins a section of the document: headings in lists and quotes do not."""
        return self.shape is Shape.HEADING and self.inside < 0 and not self.is_quoted


@dataclass(slots=True)
class _Open:
    """A block whose end event has not come yet."""

    shape: Shape
    level: int
    span: Span
    index: int
    inside: int
    is_ordered: bool
    text_start: int = -1
    text_end: int = -1
    comments: list[Span] | None = None
    wraps: list[Span] | None = None
    box: Span | None = None
    takes_text: bool = True


_SHAPES = {
    "Heading": Shape.HEADING,
    "Item": Shape.ITEM,
    "Paragraph": Shape.TEXT,
    "CodeBlock": Shape.CODE,
    "HtmlBlock": Shape.HTML,
    "Table": Shape.TABLE,
    "TableRow": Shape.ROW,
}
_NESTING = ("Strong", "Emphasis", "Strikethrough", "Link", "Image")


def line_start(source: bytes, at: int) -> int:
    """Find where the line that holds `at` begins."""
    lf = source.rfind(b"\n", 0, at)
    return max(lf, source.rfind(b"\r", lf + 1, at)) + 1


def line_end(source: bytes, at: int) -> int:
    """Find the end of the line that holds `at`, before its line ending."""
    lf = source.find(b"\n", at)
    end = lf if lf >= 0 else len(source)
    cr = source.find(b"\r", at, end)  # looked for no further than the line: the whole stays linear
    return cr if cr >= 0 else end


def after_eol(source: bytes, at: int) -> int:
    """Step over the line ending at `at`, if there is one."""
    if source[at : at + 2] == b"\r\n":
        return at + 2
    return at + 1 if source[at : at + 1] in (b"\n", b"\r") else at


def line_starts(source: bytes) -> tuple[int, ...]:
    """List where every line begins; a line ends at CRLF, LF or a lone CR and nowhere else."""
    return (0, *(found.end() for found in _EOL.finditer(source)))


def front_matter(source: bytes) -> Span | None:
    """Find the front matter that opens a file."""
    start = len(_BOM) if source.startswith(_BOM) else 0
    found = _FRONT_MATTER.match(_with_lf(source), start)
    return Span(*found.span()) if found else None


def _with_lf(source: bytes) -> bytes:
    """Make a lone CR a line end for readers that do not know it; every offset stays."""
    return re.sub(rb"\r(?!\n)", b"\n", source)


def eol_at(source: bytes, at: int) -> bytes:
    """Read the line ending of the line that holds `at`; of the one before where it has none."""
    if source[at - 1 : at + 1] == b"\r\n":
        at -= 1
    end = line_end(source, at)
    ending = source[end : after_eol(source, end)]
    if ending or not (start := line_start(source, at)):
        return ending or b"\n"
    return b"\r\n" if source[start - 2 : start] == b"\r\n" else source[start - 1 : start]


def _readable(source: bytes) -> tuple[str, int]:
    """Give the parser's copy of the source, byte for byte as long, and the BOM's width.

    A lone CR is no line end to this parser, and front matter is no Markdown.
    """
    offset = len(_BOM) if source.startswith(_BOM) else 0
    copy = _with_lf(source[offset:])
    if front := _FRONT_MATTER.match(copy):
        copy = re.sub(rb"[^\r\n]", b" ", front.group()) + copy[front.end() :]
    return copy.decode("utf-8"), offset


class _Reader:
    """Folds parser events into blocks, in the order of their starts."""

    def __init__(self, source: bytes, offset: int) -> None:
        self.source, self.offset = source, offset
        self.blocks: list[Block | None] = []
        self.stack: list[_Open] = []
        self.items: list[_Open] = []  # those of the stack that are list items
        self.lists: list[bool] = []
        self.quotes = 0

    def read(self, events: Iterable[tuple[Any, Any]]) -> None:
        """Take every event: a name alone, or a name with its value."""
        stack, offset = self.stack, self.offset
        for event, where in events:
            if isinstance(event, str):
                if event == "Rule":
                    self._rule(Span(where["start"] + offset, where["end"] + offset))
                continue  # soft and hard breaks end no text
            name, value = event.popitem()  # the event is ours alone
            if name == "Text":  # nearly half of all events: kept short
                if stack and (top := stack[-1]).takes_text:
                    start, end = where["start"] + offset, where["end"] + offset
                    if top.text_start < 0 or start < top.text_start:
                        top.text_start = start
                    if end > top.text_end:
                        top.text_end = end
                continue
            if name == "End":
                self._end(value if isinstance(value, str) else next(iter(value)))
                continue
            span = Span(where["start"] + offset, where["end"] + offset)
            if name == "Start":
                tag, detail = (value, None) if isinstance(value, str) else value.popitem()
                self._start(tag, detail, span)
            else:
                self._inline(name, span)

    def _rule(self, span: Span) -> None:
        self._leave_text()
        self.blocks.append(
            Block(Shape.RULE, 0, span, Span(span.start, span.start), is_quoted=self.quotes > 0)
        )

    def _start(self, tag: str, detail: Any, span: Span) -> None:
        if tag == "List":
            self._leave_text()
            self.lists.append(detail is not None)
        elif tag == "BlockQuote":
            self._leave_text()
            self.quotes += 1
        elif tag in _SHAPES:
            self._open(tag, detail, span)
        elif self.stack and tag in _NESTING:
            self._inline(tag, span)

    def _open(self, tag: str, detail: Any, span: Span) -> None:
        item = self.items[-1] if self.items else None
        shape = _SHAPES[tag]
        if (
            shape is Shape.TEXT
            and item is not None
            and item is self.stack[-1]
            and item.text_start < 0
            and item.takes_text
        ):
            return
        self._leave_text()
        level = int(detail["level"][1]) if shape is Shape.HEADING else 0
        inside = item.index if item else -1
        if shape is Shape.ITEM:
            opened = _Open(shape, len(self.lists) - 1, span, len(self.blocks), inside, self.lists[-1])
            self.items.append(opened)
        else:
            opened = _Open(shape, level, span, len(self.blocks), inside, False)
        self.stack.append(opened)
        self.blocks.append(None)

    def _end(self, tag: str) -> None:
        if tag == "List":
            self.lists.pop()
        elif tag == "BlockQuote":
            self.quotes -= 1
        elif self.stack and (shape := _SHAPES.get(tag)):
            top = self.stack[-1]
            if shape is Shape.TEXT and top.shape is Shape.ITEM:
                top.takes_text = False
            elif top.shape is shape:
                self.stack.pop()
                if shape is Shape.ITEM:
                    self.items.pop()
                self.blocks[top.index] = self._closed(top)

    def _inline(self, name: str, span: Span) -> None:
        if not self.stack or not self.stack[-1].takes_text:
            return
        top = self.stack[-1]
        if name == "TaskListMarker":
            start = (
                self.source.index(b"[", span.start) + 1
            )  # a blank and a tab before it shift the parser's range
            top.box = Span(start, start + 1)
        else:
            top.text_start = span.start if top.text_start < 0 else min(top.text_start, span.start)
            top.text_end = max(top.text_end, span.end)
            if name == "InlineHtml" and self.source.startswith(b"<!--", span.start):
                top.comments = _with(top.comments, span)
            if _EOL.search(self.source, span.start, span.end):
                top.wraps = _with(top.wraps, span)

    def _leave_text(self) -> None:
        """End the first paragraph of the item around a nested block."""
        if self.stack and self.stack[-1].shape is Shape.ITEM:
            self.stack[-1].takes_text = False

    def _head(self, start: int) -> tuple[int, int, re.Match[bytes] | None]:
        """Find where an item's bullet and its text begin, and what looks like a box between the two."""
        marker = _MARKER_WIDTH.match(self.source, start)
        if not marker:
            return start, start, None
        written = _BOX.match(self.source, marker.end())
        blanks = _BLANKS.match(self.source, written.end()) if written else None
        return marker.start(1), blanks.end() if blanks else marker.end(), written

    def _closed(self, done: _Open) -> Block:
        start, box, is_task, is_optional = done.span.start, done.box, done.box is not None, False
        text_start, text_end = done.text_start, done.text_end
        if done.shape is Shape.ITEM:
            if box is not None and self.source[start] in _BULLETS:  # most items that matter
                after = box.end + 1
                while self.source.startswith((b" ", b"\t"), after):
                    after += 1
            else:
                start, after, written = self._head(start)
                if written and box is None:
                    box, is_optional = Span(*written.span(1)), bool(written.group(2))
            text_start, text_end = after, max(text_end, after)
        elif text_start < 0:
            text_start = text_end = start
        return Block(
            done.shape,
            done.level,
            Span(start, _trimmed(self.source, start, done.span.end)),
            Span(text_start, _trimmed(self.source, text_start, text_end)),
            box,
            is_task,
            is_optional,
            done.is_ordered,
            self.quotes > 0,
            done.shape is not Shape.CODE or _is_closed_code(self.source, start, done.span.end),
            done.inside,
            tuple(done.comments or ()),
            tuple(done.wraps or ()),
        )


def _with(spans: list[Span] | None, span: Span) -> list[Span]:
    """Add to a list that most blocks never need."""
    if spans is None:
        return [span]
    spans.append(span)
    return spans


def _trimmed(source: bytes, start: int, end: int) -> int:
    """Leave trailing blanks and blank lines out of a range."""
    while end > start and source[end - 1] in b" \t\r\n":
        end -= 1
    return end


def _is_closed_code(source: bytes, start: int, end: int) -> bool:
    """Say whether a fenced block has its closing fence (an indented block needs none)."""
    lines = source[start:end].strip(b" \t\r\n>").replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    fence = re.match(rb"`{3,}|~{3,}", lines[0])
    if not fence:
        return True
    last = lines[-1].strip(b" \t>")
    return len(lines) > 1 and set(last) == {fence.group()[0]} and len(last) >= len(fence.group())


def blocks(source: bytes) -> list[Block]:
    """List every block of a Markdown text in the order of its start.

    Raises: UnicodeDecodeError where the source is not UTF-8.
    """
    text, offset = _readable(source)
    reader = _Reader(source, offset)
    reader.read(pyromark.events_with_range(text, options=_OPTIONS))
    return [block for block in reader.blocks if block is not None]
