"""Whole tasks in a plan: put a new one into a phase, move one to another, bytes intact."""

from __future__ import annotations

import re
from collections.abc import Sequence

from plansync.document.edits import Edit, apply_edits
from plansync.document.spans import Shape, Span, after_eol, eol_at, line_end, line_start
from plansync.document.steps import Step, boxed, column, content_indent, marker_of
from plansync.document.tree import Document, Node, Role
from plansync.errors import Unwritable
from plansync.text import heading, imported

_ID = re.compile(r"(?P<head>.*?(?P<joint>[.\-]?))(?P<last>\d+)[a-z]?")
_FLAGS = re.compile(r"(?:\[[^\]]*\]\s*|\([^()]*\)\s*)+")


def moved_task(document: Document, task: Node, phase_at: int) -> bytes:
    """Move a task's bytes to the end of another phase (-1: the tasks without one)."""
    start, end = _extent(document, task)
    source = document.source
    eol = eol_at(source, task.block.span.start)
    at, lead = _place(document, phase_at, task, eol, without=task)
    after = end
    if not task.is_item:
        while (beyond := after_eol(source, line_end(source, after))) > after and not source[
            after:beyond
        ].strip():
            after = beyond
    text = source[start:end].rstrip(b"\r\n") if task.is_item else source[start:end]
    return apply_edits(source, [Edit(start, max(after, end), b""), Edit(at, at, lead + text)])


def _extent(document: Document, task: Node) -> tuple[int, int]:
    """Find the lines of a task: an item with all that is nested in it, a heading with its section."""
    source = document.source
    if not task.is_item:
        return task.span.start, content_end(document, task.span)
    start = line_start(source, task.span.start)
    if source[start : task.span.start].strip(b" \t"):
        raise Unwritable("the task shares its line with another item; move it by hand")
    return start, after_eol(source, line_end(source, task.span.end))


def _place(
    document: Document, phase_at: int, like: Node, eol: bytes, without: Node | None = None
) -> tuple[int, bytes]:
    """Find where a task goes in a phase, and what must stand before it: behind the last task, else behind all."""
    source = document.source
    siblings = [n for i in document.children(phase_at, Role.TASK) if (n := document.nodes[i]) is not without]
    level = 0 if like.is_item else like.block.level
    if siblings and like.is_item:
        gap = eol if len(siblings) > 1 and _is_loose(document, siblings[-2], siblings[-1]) else b""
        return line_end(source, siblings[-1].span.end), eol + gap
    if not siblings and phase_at < 0:
        raise Unwritable("there is no task outside the phases to put it behind; do it by hand")
    phase = document.nodes[phase_at].block if phase_at >= 0 else None
    if level and phase and phase.level >= level:
        raise Unwritable("the phase's heading is no higher than a task's, so no task can stand in it")
    span = siblings[-1].span if siblings else document.nodes[phase_at].span
    at = content_end(document, span)
    if document.is_open_ended and any(b.span.start < at and not b.is_closed for b in document.blocks):
        raise Unwritable("the plan ends inside an open code fence, so no task can follow; close it first")
    return at, eol + eol


def _is_loose(document: Document, before: Node, last: Node) -> bool:
    between = document.source[before.span.end : last.span.start]
    return between.replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") > 1


def content_end(document: Document, span: Span) -> int:
    """Find where a section's own text ends: before the rule, footer and blank lines that close it.

    What stands behind a rule at the margin, with no step left to come, is not the task's: the plan's footer, its
    author's last words.
    """
    source, end, limit = document.source, span.start, span.end
    last = max(n.block.span.start for n in document.nodes if span.start <= n.block.span.start < limit)
    if document.footer and document.footer.start < limit:
        limit = len(source[: document.footer.start].rstrip(b" \t\r\n"))
    for block in document.blocks:
        is_rule = block.shape is Shape.RULE and line_start(source, block.span.start) == block.span.start
        if is_rule and last < block.span.start < limit:
            break
        if span.start <= block.span.start < limit and block.shape is not Shape.RULE:
            end = max(end, min(block.span.end, limit))
    return line_end(source, end)


def added_task(document: Document, uid: str, title: str, phase_at: int, steps: Sequence[Step]) -> list[Edit]:
    """Write a new task at the end of a phase, in the way of the tasks around it, with its marker.

    Raises: Unwritable where the plan has no task to learn from, or no place outside its phases.
    """
    source = document.source
    model = _model(document, phase_at)
    eol = eol_at(source, model.block.span.start)
    at, lead = _place(document, phase_at, model, eol)
    label = _next_label(document, model, phase_at)
    lines_of = _item_lines if model.is_item else _heading_lines
    lines = lines_of(document, model, label, title, uid, steps)
    return [Edit(at, at, lead + eol.join(lines))]


def _model(document: Document, phase_at: int) -> Node:
    tasks = [
        n for n in document.nodes if n.role is Role.TASK and n.block.shape in (Shape.ITEM, Shape.HEADING)
    ]
    if not tasks:
        raise Unwritable("the plan has no task yet to write another one like it; add the first by hand")
    return next((n for n in reversed(tasks) if n.parent == phase_at), tasks[-1])


def _next_label(document: Document, model: Node, phase_at: int) -> str:
    """Count on from the last task of the phase; a phase without tasks begins with its own number and 1."""
    found = _ID.fullmatch(model.id)
    if not found:
        return model.label
    head, digits = found["head"], found["last"]
    if model.parent != phase_at and found["joint"] and phase_at >= 0 and document.nodes[phase_at].id:
        head, digits = document.nodes[phase_at].id + found["joint"], "0"
    taken = {n.id for n in document.nodes if n.role is Role.TASK}
    number = int(digits) + 1
    while (new := f"{head}{number:0{len(digits)}d}") in taken:
        number += 1
    return model.label.replace(model.id, new, 1)


def _numbered(document: Document, model: Node, label: str, title: str) -> str:
    """Write label and title as the model does, without its bold marks and flags."""
    if not label:
        return title
    head = document.source[model.block.text.start : model.title.start].decode("utf-8")
    behind = _FLAGS.sub("", head.partition(model.label)[2].replace("**", "").replace("__", ""))
    return f"{label}{behind if behind.endswith((' ', '：')) else behind + ' '}{title}"


def _heading_lines(
    document: Document, model: Node, label: str, title: str, uid: str, steps: Sequence[Step]
) -> list[bytes]:
    box = "[ ] " if model.box else ""
    text = _numbered(document, model, label, heading(title))
    lines = [f"{'#' * model.block.level} {box}{text} <!-- plansync:{uid} -->"]
    return [line.encode() for line in lines] + ([b"", *_step_lines(document, model, steps)] if steps else [])


def _item_lines(
    document: Document, model: Node, label: str, title: str, uid: str, steps: Sequence[Step]
) -> list[bytes]:
    indent, bullet, blank = marker_of(document.source, model.block)
    if model.block.is_ordered:
        bullet = f"{int(bullet[:-1]) + 1}".encode() + bullet[-1:]
    text = _numbered(document, model, label, imported(title))
    line = indent + bullet + blank + f"[ ] {text} <!-- plansync:{uid} -->".encode()
    return [line, *_step_lines(document, model, steps)]


def _step_lines(document: Document, model: Node, steps: Sequence[Step]) -> list[bytes]:
    indent, bullet = first_lead(document, model)
    return [indent + b"  " * step.level + bullet + boxed(step, imported) for step in steps]


def first_lead(document: Document, task: Node) -> tuple[bytes, bytes]:
    """Find indentation and bullet for a task's first step: as the plan's first one, where that nests here too."""
    least = content_indent(document.source, task.block) if task.is_item else b""
    for node in document.nodes:
        if node.role is Role.STEP and node.level == 0 and document.nodes[node.parent].is_item == task.is_item:
            indent, bullet, blank = marker_of(document.source, node.block)
            if not node.block.is_ordered and not indent.strip(b" \t"):
                is_nested = 0 <= column(indent) - column(least) < 4
                return indent if is_nested else least, bullet + blank
            break
    return least, b"- "
