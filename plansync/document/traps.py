"""Places where a reader and Markdown see different things: found and said, never written into.

A fenced block that holds the opening line of another one of the same length ends too early: the
inner closing fence closes the outer block, and what follows is inverted until the fences are even again.
Found by the file alone: an outer block whose author never closed it is taken to end where Markdown ends it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from plansync.document.spans import Block, Shape, Span, line_end, line_start

_FENCE = re.compile(rb"[ \t>]*(`{3,}|~{3,})[ \t]*([^\s`]*)")
_HEADING = re.compile(rb" {0,3}(#{1,6})[ \t]+([^\r\n]*?)[ \t]*#*[ \t]*$")
_BOX_LINE = re.compile(rb"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[[ xX]\][ \t]")


class Trap(NamedTuple):
    """A region that Markdown reads otherwise than its author.

    `headings` (as blocks) and `boxes` are those in its fences: lost ones, and samples.
    """

    span: Span
    headings: tuple[Block, ...]
    boxes: int


class _Fence(NamedTuple):
    block: Block
    has_language: bool
    holds_opening: bool


def find_traps(source: bytes, blocks: Sequence[Block]) -> tuple[Trap, ...]:
    """List the regions that a nested fence of equal length inverts, in order."""
    fences = [f for b in blocks if b.shape is Shape.CODE and (f := _fence(source, b))]
    if not any(f.holds_opening for f in fences):
        return ()
    found: list[Trap] = []
    ends = _ends(fences)
    at = 0
    while at < len(fences):
        if not fences[at].holds_opening:
            at += 1
            continue
        last = ends[at]
        end = fences[last].block.span.end
        found.append(_trap(source, fences[at : last + 1], Span(fences[at].block.span.start, end)))
        at = last + 1
    return tuple(found)


def _ends(fences: Sequence[_Fence]) -> list[int]:
    """Follow the inverted fences to the one that each outer block's own closing line opened.

    It has no language. Those before it that have one stood in the outer block as its author sees it.
    """
    ends: list[int] = []
    bare = -1  # the next fence without a language, from behind
    for at in range(len(fences) - 1, -1, -1):
        ends.append(bare if bare >= 0 else at)
        bare = bare if fences[at].has_language else at
    return ends[::-1]


def _fence(source: bytes, block: Block) -> _Fence | None:
    opening = _FENCE.match(source, line_start(source, block.span.start))
    if not opening:
        return None
    fence = opening[1]
    inner = _lines(source, block.span)
    return _Fence(block, bool(opening[2]), any(_opens(source[s.start : s.end], fence) for s in inner))


def _opens(line: bytes, fence: bytes) -> bool:
    """Say whether a line inside a fence would open another of its kind that can close it."""
    found = _FENCE.match(line)
    return bool(found and found[2] and found[1][:1] == fence[:1] and len(found[1]) >= len(fence))


def _lines(source: bytes, span: Span) -> list[Span]:
    """List the lines of a range behind its first."""
    found = []
    at = line_end(source, span.start) + 1
    while at < span.end:
        end = line_end(source, at)
        found.append(Span(at, end))
        at = end + 1
    return found


def _trap(source: bytes, fences: Sequence[_Fence], span: Span) -> Trap:
    lines = [s for fence in fences for s in _lines(source, fence.block.span)]
    headings = tuple(
        Block(Shape.HEADING, len(found[1]), s, Span(s.start + found.start(2), s.start + found.end(2)))
        for s in lines
        if (found := _HEADING.fullmatch(source[s.start : s.end]))
    )
    return Trap(span, headings, sum(bool(_BOX_LINE.match(source[s.start : s.end])) for s in lines))


def hidden_boxes(source: bytes, blocks: Sequence[Block]) -> list[Span]:
    """List the lines that look like boxes and are none to Markdown: over-indented, in HTML, in a paragraph."""
    found: list[Span] = []
    for block in blocks:
        span = block.text if block.shape is Shape.ITEM else block.span
        if source.find(b"[", span.start, span.end) >= 0:
            lines = _plain_lines(source, block)
            found += [line for line in lines if _BOX_LINE.match(source[line.start : line.end])]
    return found


def _plain_lines(source: bytes, block: Block) -> list[Span]:
    """List the lines of a block in which Markdown sees no list."""
    if block.shape is Shape.ITEM:
        return _lines(source, block.text)
    is_fenced = _FENCE.match(source, line_start(source, block.span.start))
    if block.shape in (Shape.HTML, Shape.TEXT) or (block.shape is Shape.CODE and not is_fenced):
        start = line_start(source, block.span.start)
        return [Span(start, line_end(source, start)), *_lines(source, block.span)]
    return []
