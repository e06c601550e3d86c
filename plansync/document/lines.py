"""Metadata lines of a task put in and taken out, in the style of the lines around them."""

from __future__ import annotations

from plansync.document.edits import Edit
from plansync.document.metadata import Key
from plansync.document.spans import after_eol, eol_at, line_end
from plansync.document.tree import Document, Node
from plansync.errors import Unwritable


def line_insertion(document: Document, node: Node, name: str, value: str, *, first: bool) -> Edit:
    """Put one metadata line where ours stand: first, in the style of the lines around it or of the plan.

    A task without metadata lines gets a paragraph of its own below its heading; a line whose key means
    nothing to us is its author's prose, and ours does not go into that.
    """
    source = document.source
    known = [k for k in node.keys if k.name]
    keys = [k for k in known if first or k.name != "issue"]
    if keys:
        style = keys[0]
        is_alone = not style.lead.strip() and len(node.keys) == 1
        tail = style.tail or (document.stacked_tail if is_alone else "")
        line = _written(name, value, style) + tail.encode() + eol_at(source, style.line.start)
        return Edit(style.line.start, style.line.start, line)
    if known:
        last = known[-1]
        line = eol_at(source, last.line.start) + _written(name, value, last)
        return Edit(last.line.end, last.line.end, line)
    model = document.key_style
    line = _written(name, value, model._replace(lead="")) if model else f"**{name}**: {value}".encode()
    return _own_paragraph(document, node, line)


def _own_paragraph(document: Document, node: Node, line: bytes) -> Edit:
    """Put a line as a paragraph below a heading: a blank line before it, or behind where text follows at once."""
    source = document.source
    at = line_end(source, node.block.span.end)
    eol = eol_at(source, at)
    beyond = after_eol(source, at)
    if beyond == at:
        return Edit(at, at, eol + eol + line)
    is_followed = source[beyond : line_end(source, beyond)].strip(b" \t") != b""
    return Edit(beyond, beyond, line + eol + eol if is_followed else eol + line + eol)


def _written(name: str, value: str, style: Key) -> bytes:
    word = f"**{name}{style.colon}**" if style.is_colon_inside else f"**{name}**{style.colon}"
    blank = "" if style.colon.endswith("：") else " "
    return f"{style.lead}{word}{blank}{value}".encode()


def line_removal(document: Document, node: Node, key: Key) -> Edit:
    """Take one metadata line out, and with it exactly what its insertion put around it.

    Raises: Unwritable where another key stands on the line.
    """
    if key.is_shared:
        raise Unwritable(f"the line of {key.key!r} holds other keys too; take it out by hand")
    source = document.source
    end = after_eol(source, key.line.end)
    lines = [k.line for k in node.keys if k.name]
    if any(line.start == end for line in lines):
        return Edit(key.line.start, end, b"")
    before = eol_before(source, key.line.start)
    if any(line.end == before for line in lines):
        return Edit(before, key.line.end, b"")
    if end == key.line.end:
        return Edit(eol_before(source, before), end, b"")
    heading_end = line_end(source, node.block.span.end)
    if after_eol(source, heading_end) == before:  # the blank line above it is ours
        return Edit(before, end, b"")
    blank_end = line_end(source, end)
    if after_eol(source, heading_end) == key.line.start and not source[end:blank_end].strip(b" \t"):
        return Edit(key.line.start, after_eol(source, blank_end), b"")
    return Edit(key.line.start, end, b"")


def eol_before(source: bytes, at: int) -> int:
    """Step back over one line ending."""
    if source[at - 2 : at] == b"\r\n":
        return at - 2
    return at - 1 if source[at - 1 : at] in (b"\n", b"\r") else at
