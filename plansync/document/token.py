"""Our mark on a heading or a list item, read: the uid, and for an item the issue that it names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from plansync.document.spans import Block, Shape, Span, blocks, line_end, line_start
from plansync.model import OVERVIEW
from plansync.text import UID_PATTERN

MARKER = re.compile(rf"<!--[ \t]*plansync:({UID_PATTERN})(?:[ \t]+#(\d{{1,15}}))?[ \t]*-->")
"""Read with any blanks, as a formatter may leave them; written with one."""
FOOTER = re.compile(rb"<!-- plansync plan=([0-9a-z]{8}) -->")
"""The last line of a plan that was pushed: its lineage."""

_LINKS = re.compile(r"(?:[ \t]+\[#\d+\]\([^()\s]*\))+[ \t]*$")
_LINK = re.compile(r"[ \t]\[#(\d+)\]\(([^)\s]*)\)[ \t\r\n]*$")


@dataclass(frozen=True, slots=True)
class Token:
    """Our mark: `cut` is all of ours with the blank before it, `comment` the marker alone.

    `number` and `url`: the issue that a list item names in its marker and in the link before it.
    """

    uid: str
    cut: Span
    comment: Span
    number: str = ""
    url: str = ""


class Tail(NamedTuple):
    """What stands behind the own words of a phase or task: our mark, and on an item links to issues before it.

    The links are left out whoever wrote them: an item whose marker was deleted says the same as before.
    `link`: the last one with the blank before it, on an item without a marker; `ref`: `#41 https://…`.
    """

    span: Span
    link: Span | None = None
    ref: str = ""


def tail_of(source: bytes, block: Block, token: Token | None) -> Tail | None:
    """Find what is left out of a block's own words; `None` where nothing is."""
    span = token.cut if token else None
    if block.shape is not Shape.ITEM:
        return Tail(span) if span else None
    at = span.start if span else token_place(source, block)
    head = source[block.text.start : at].decode("utf-8")
    links = _LINKS.search(head)
    if not links or not head[: links.start()].strip():
        return Tail(span) if span else None
    whole = Span(block.text.start + len(head[: links.start()].encode()), span.end if span else at)
    last = _LINK.search(head)
    if token or not last:
        return Tail(whole)
    return Tail(whole, Span(at - len(last[0].encode()), at), f"#{last[1]} {last[2]}".strip())


def token_place(source: bytes, block: Block) -> int:
    """Find the end of an item's first line, before a hard break; inside a wrapped span, the paragraph's end.

    Source: design, "Identity".
    """
    text = block.text
    end = line_end(source, text.start)
    if end < text.end:
        line = source[text.start : end].rstrip(b" \t")
        is_break = line.endswith(b"\\") and (len(line) - len(line.rstrip(b"\\"))) % 2 == 1
        at = text.start + len(line) - is_break
        at = text.start + len(source[text.start : at].rstrip(b" \t"))
        if not any(span.start < at < span.end for span in block.wraps):
            return at
    return text.end


def marked_blocks(source: bytes) -> list[Block]:
    """List a plan's blocks; a marker alone on the line below an item's text is the item's own.

    A formatter that wraps lines puts it there, where Markdown reads a block of HTML.
    Raises: UnicodeDecodeError where the source is not UTF-8.
    """
    found = blocks(source)
    for at, block in enumerate(found):
        item = found[at - 1] if at and block.shape is Shape.HTML and block.inside == at - 1 else None
        if item is None or not MARKER.fullmatch(source[block.span.start : block.span.end].decode("utf-8")):
            continue
        if source[item.text.end : line_start(source, block.span.start)].count(b"\n") < 2:
            text = Span(item.text.start, block.span.end)
            found[at - 1] = item._replace(text=text, comments=(*item.comments, block.span))
    return found


def token_of(source: bytes, block: Block) -> Token | None:
    """Find our mark among a block's comments; the link before it is ours where both name one issue."""
    for comment in reversed(block.comments):
        found = MARKER.fullmatch(source[comment.start : comment.end].decode("utf-8"))
        if found and found[1] != OVERVIEW:
            head = source[block.text.start : comment.start].decode("utf-8")
            link = _LINK.search(head)
            ours = link if link and found[2] and link[1] == found[2] else None
            bare = head[: ours.start()] if ours else head.rstrip(" \t\r\n")
            cut = Span(block.text.start + len(bare.encode()), comment.end)
            return Token(found[1], cut, comment, found[2] or "", ours[2] if ours else "")
    return None


def own_block(source: bytes, block: Block) -> Block:
    """Leave a mark at a step's end out of its text: its author nested what was a task."""
    token = token_of(source, block) if block.comments else None
    is_last = token is not None and token.cut.end == block.text.end
    return block._replace(text=Span(block.text.start, token.cut.start)) if token and is_last else block
