"""What a reader sees and Markdown does not: tasks in fences, lines that look like boxes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from plansync.checks.context import Context
from plansync.checks.finding import Finding
from plansync.document.edits import Edit
from plansync.document.spans import Block, Shape, Span, after_eol, eol_at, line_end, line_start
from plansync.document.traps import Trap, hidden_boxes
from plansync.document.tree import Role
from plansync.text import cut, words

_SHOWN_MAX = 40  # characters of a step in a message
_NO_BOX = re.compile(r"\[\s*[xX]?\s*\](?![(\[:])")
_NO_BLANK = re.compile(rb"[ \t>]*[-*+]\[[ xX]\][ \t]+\S")
_IN_HEADING = re.compile(r"(?:\W*\s)?\[[ xX]\]\s")
_HEADING_LINE = re.compile(rb"^ {0,3}#{1,6}[ \t]+\S", re.MULTILINE)
_BOX_LINE = re.compile(rb"^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[[ xX]\][ \t]", re.MULTILINE)
_IN_CELL = re.compile(rb"\|\s*`?\[[ xX]\]`?\s*(?=[|\s])")


def hidden_task(context: Context) -> Iterator[Finding]:
    """Find headings of phases and tasks that stand in a fence."""
    document = context.document
    traps = {heading.span.start: trap for trap in document.traps for heading in trap.headings}
    for block in document.hidden:
        line = document.line_no(traps[block.span.start].span.start)
        title = words(document.text(block.text))
        message = f"“{title}” is code to Markdown; make the fence in line {line} longer than those inside it"
        yield context.finding("PLAN401", block.text, message)


def unwritable(context: Context) -> Iterator[Finding]:
    """Find regions with items that are read and not written."""
    document = context.document
    nodes = [n for n in document.nodes if n.trap and n.role is not Role.PHASE]
    for trap in document.traps:
        inside = [n for n in nodes if trap.span.start <= n.block.span.start < trap.span.end]
        if inside:
            count = f"{len(inside)} item{'s' if len(inside) > 1 else ''}"
            message = f"{count} from line {context.line_of(inside[0])} on cannot be written: the fence here is inverted"
            yield context.finding("PLAN402", _first_line(context, trap), message)


def _first_line(context: Context, trap: Trap) -> Span:
    source = context.document.source
    return Span(trap.span.start, line_end(source, trap.span.start))


def hidden_box(context: Context) -> Iterator[Finding]:
    """Find lines that look like boxes and are none to Markdown, neighbours together; comments are meant so."""
    document = context.document
    is_tagged = document.dialect.has_tags
    blocks = [
        b
        for b in document.blocks
        if b.shape is not Shape.HTML or not (is_tagged or document.source.startswith(b"<!--", b.span.start))
    ]
    for group in _neighbours(context, hidden_boxes(document.source, blocks)):
        line = document.source[group[0].start : group[0].end]
        start = group[0].end - len(line.lstrip())
        count = (
            "this line looks like a box and is"
            if len(group) == 1
            else f"{len(group)} lines look like boxes and are"
        )
        yield context.finding("PLAN403", Span(start, group[0].end), f"{count} none to Markdown")


def _neighbours(context: Context, lines: Sequence[Span]) -> Iterator[list[Span]]:
    """Put lines together between which stand no more than two others."""
    group: list[Span] = []
    for line in lines:
        if group and context.document.line_no(line.start) - context.document.line_no(group[-1].start) > 3:
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def malformed_box(context: Context) -> Iterator[Finding]:
    """Find items and lines that were meant as boxes."""
    document = context.document
    for block in document.blocks:
        if block.is_quoted or block.shape not in (Shape.ITEM, Shape.TEXT):
            continue
        if block.shape is Shape.ITEM and (message := _of_item(context, block)):
            yield context.finding("PLAN404", block.span, message)
        text = block.text if block.shape is Shape.ITEM else block.span
        start = line_start(document.source, text.start)
        for line in re.finditer(rb"[^\r\n]+", document.source[start : text.end]):
            if _NO_BLANK.match(line[0]):
                span = Span(start + line.start(), start + line.end())
                yield context.finding("PLAN404", span, "the blank between bullet and box is missing")


def _of_item(context: Context, block: Block) -> str:
    text = context.document.text(block.text)
    if block.box is None:
        found = _NO_BOX.match(text)
        if not found:
            return ""
        return (
            "a box needs a blank between its brackets"
            if found[0] == "[]"
            else "a blank is missing behind the box"
        )
    letter = context.document.text(block.box)
    if letter != " " and letter.isspace():
        return "a box needs exactly one blank between its brackets"
    is_empty = letter in " xX" and not block.is_task and not block.is_optional
    return "a box needs a text behind it" if is_empty and not text.strip() else ""


def starred_box(context: Context) -> Iterator[Finding]:
    """Find optional boxes in plans of other kinds than those whose tool writes them."""
    if context.document.dialect.has_stars:
        return
    for node in context.document.nodes:
        if node.block.is_optional and node.box:
            place = Span(node.box.start - 1, node.box.end + 2)
            yield context.finding("PLAN405", place, "GitHub shows no box here, because of the star")


def box_elsewhere(context: Context) -> Iterator[Finding]:
    """Find boxes in headings that carry nothing, and in tables."""
    document = context.document
    carriers = {node.block.span.start for node in document.nodes if node.box}
    for block in document.blocks:
        if (
            block.is_section
            and block.span.start not in carriers
            and _IN_HEADING.match(document.text(block.text))
        ):
            yield context.finding("PLAN406", block.text, "a box in a heading is not counted")
        elif block.shape is Shape.TABLE and not block.is_quoted:
            count = len(_IN_CELL.findall(document.source, block.span.start, block.span.end))
            if count and not document.dialect.has_boxes_in_cells:
                what = "a box in this table is" if count == 1 else f"{count} boxes in this table are"
                yield context.finding("PLAN406", block.span, f"{what} not counted")


def outside_box(context: Context) -> Iterator[Finding]:
    """Find boxes of written forms that belong to no task, those under one heading together."""
    document = context.document
    if not document.dialect.is_written:
        return
    known = {node.block.span.start for node in document.nodes}
    groups: dict[int, list[Block]] = {}
    for block in document.blocks:
        is_outside = not block.is_quoted and block.span.start not in known and context.is_box(block)
        if is_outside and document.text(block.text).strip():
            groups.setdefault(context.sections[block.span.start], []).append(block)
    for group in groups.values():
        line = document.line_no(group[0].span.start)
        count = (
            f"the box in line {line} belongs to no task and is"
            if len(group) == 1
            else f"{len(group)} boxes from line {line} belong to no task and are"
        )
        yield context.finding("PLAN407", group[0].span, f"{count} not synced")


def open_end(context: Context) -> Iterator[Finding]:
    """Find the fence or comment at the margin that is never closed, so that it holds the rest of the file."""
    document = context.document
    hidden = {block.span.start for block in document.hidden}  # told with the fence that inverted them
    for block in document.blocks:
        if block.inside >= 0 or block.is_quoted or not (what := _never_closed(document.source, block)):
            continue
        headings = [found.start() for found in _HEADING_LINE.finditer(document.source, *block.span)]
        if hidden.isdisjoint(headings):
            message = f"this {what} is never closed; {_swallowed(document.source, block, len(headings))}"
            yield context.finding("PLAN408", block.span, message)


def run_on_step(context: Context) -> Iterator[Finding]:
    """Find metadata lines right below a step, which a blank line would part from it."""
    document = context.document
    firsts = {key.line.start: key for node in document.nodes for key in node.keys}
    for node in document.nodes:
        at = after_eol(document.source, node.block.text.end)
        if node.role is Role.STEP and (key := firsts.get(at)) and not key.lead.strip():
            step = words(document.text(node.block.text))
            fix = () if node.trap else (Edit(at, at, eol_at(document.source, node.block.text.end)),)
            message = f"to Markdown “{key.key}” is more of the step “{cut(step, _SHOWN_MAX)}”; a blank line parts them"
            yield context.finding("PLAN409", key.line, message, fix)


def _swallowed(source: bytes, block: Block, headings: int) -> str:
    boxes = len(_BOX_LINE.findall(source, *block.span))
    counts = [(headings, "heading", "s"), (boxes, "box", "es")]
    held = " and ".join(f"{count} {word}{many if count > 1 else ''}" for count, word, many in counts if count)
    return (
        f"{held} below it {'is' if headings + boxes == 1 else 'are'} not seen"
        if held
        else "nothing can be written below it"
    )


def _never_closed(source: bytes, block: Block) -> str:
    """Say what a block opens and never closes; empty where nothing."""
    if block.shape is Shape.CODE:
        return "" if block.is_closed else "code fence"
    is_open = block.shape is Shape.HTML and source.startswith(b"<!--", block.span.start)
    return "comment" if is_open and source.find(b"-->", block.span.start, block.span.end) < 0 else ""
