"""What plansync wrote into the plan to know it again: lost, copied, damaged or out of place."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from plansync.checks.context import Context
from plansync.checks.finding import Finding
from plansync.document import marks
from plansync.document.edits import Edit, apply_edits
from plansync.document.spans import Shape, Span, after_eol, line_end, line_start
from plansync.document.token import FOOTER, marked_blocks
from plansync.document.tree import Node, Role
from plansync.model import WHOLE_PLAN, Field, Item, Kind, Uid, text_of
from plansync.reconcile.pairing import unmarked
from plansync.text import UID_PATTERN, heading_words

_OURS = re.compile(rb"<!--\s*plansync\b", re.IGNORECASE)
_END = re.compile(rb"-->|\r|\n")
_MARKER = re.compile(rf"<!-- plansync:({UID_PATTERN})(?: #\d{{1,15}})? -->".encode())
_BLOCK = re.compile(rb"<!--\s*plansync:(?:begin|end|milestone)\b")
_MEANT = re.compile(
    rb"<!--\s*plansync\s*(?:[:=].*|plan\s*=.*|[0-9a-z]{5,9}(?:\s+#?\d+)?\s*(?:--+>?)?)",
    re.IGNORECASE | re.DOTALL,
)
_T = TypeVar("_T")
_CODE = re.compile(rb"(`+)(?!`).*?(?<!`)\1(?!`)")


# ------------------------------------------------------------------------ lost


def lost_marker(context: Context) -> Iterator[Finding]:
    """Find phases and tasks, and the plan, whose id the state file knows and the plan does not show."""
    document = context.document
    for uid, node in _lost(context):
        edits = (
            marks.item_token(document, node, uid, "")
            if node.is_item
            else marks.heading_marker(document, node, uid)
        )
        fix = () if node.trap or node.block.shape is Shape.FILE else tuple(edits)
        yield context.finding("PLAN301", node.title, f"{context.name_of(node)} has lost its id, {uid}", fix)
    lineage = context.beside.lineage
    if lineage and not document.footer and not any(FOOTER.fullmatch(text) for _, text in _comments(context)):
        end = len(document.source.rstrip())
        last = Span(line_start(document.source, end), end)
        fix = () if document.is_open_ended else tuple(marks.footer(document, lineage))
        yield context.finding("PLAN301", last, f"the plan has lost its id, {lineage}, on its last line", fix)


def _lost(context: Context) -> Iterator[tuple[Uid, Node]]:
    """Pair ids that stand nowhere with items that have none: as a sync would, and phases by their titles too."""
    nodes, base = context.document.nodes, context.beside.base
    marked = {node.marker for node in nodes if node.marker}
    gone = {
        uid: heading_words(text_of(item, Field.TITLE))
        for uid, item in base.local.items()
        if item.kind in (Kind.PHASE, Kind.TASK) and uid not in marked and uid != WHOLE_PLAN
    }
    names = unmarked(base, context.view.items, _linked(context))
    bare = {index: names.get(uid, uid) for index, uid in context.view.uids.items() if not nodes[index].marker}
    yield from ((uid, nodes[index]) for index, uid in bare.items() if uid in gone)
    known = _once(
        (title, uid)
        for uid, title in gone.items()
        if base.local[uid].kind is Kind.PHASE and uid not in bare.values() and title
    )
    shown = _once(
        (heading_words(context.document.title_of(nodes[i])), i)
        for i, uid in bare.items()
        if nodes[i].role is Role.PHASE and uid not in gone
    )
    yield from ((uid, nodes[shown[title]]) for title, uid in known.items() if title in shown)


def _linked(context: Context) -> dict[Uid, Item]:
    """Show each known issue with the link that the plan has for its number: only a tracker knows addresses."""
    items = context.view.items.values()
    links = [text_of(i, f) for i in items for f in (Field.LINK, Field.REFERENCE) if text_of(i, f)]
    by_number = _once((link.partition(" ")[0], link) for link in links)
    return {
        uid: replace(item, fields={Field.LINK: by_number.get(f"#{item.at}", "")})
        for uid, item in context.beside.base.remote.items()
    }


def _once(pairs: Iterable[tuple[str, _T]]) -> dict[str, _T]:
    """Keep the keys that stand once."""
    listed = list(pairs)
    counts = Counter(key for key, _ in listed)
    return {key: value for key, value in listed if counts[key] == 1}


# ------------------------------------------------- copied, damaged, out of place


def copied_marker(context: Context) -> Iterator[Finding]:
    """Find ids that stand on more than one item."""
    first: dict[str, Node] = {}
    for node in context.document.nodes:
        if node.token and node.marker in first:
            lines = f"lines {context.line_of(first[node.marker])} and {context.line_of(node)}"
            message = f"the id {node.marker} stands on two items, {lines}; neither is synced"
            yield context.finding("PLAN302", node.token.comment, message)
        elif node.token:
            first[node.marker] = node


def malformed_marker(context: Context) -> Iterator[Finding]:
    """Find comments that were meant as ours and cannot be read."""
    for span, text in _comments(context):
        if _MARKER.fullmatch(text) or FOOTER.fullmatch(text) or not _MEANT.fullmatch(text):
            continue
        if _BLOCK.match(text):
            reason = "this belongs into an issue, not into a plan"
        elif not text.endswith(b"-->"):
            reason = "the comment is not closed, so what follows is part of it"
        else:
            reason = "no id can be read from this comment"
        yield context.finding("PLAN303", span, reason)


def stray_marker(context: Context) -> Iterator[Finding]:
    """Find sound ids that belong to no phase and no task."""
    used = {node.token.comment.start for node in context.document.nodes if node.token}
    for span, text in _comments(context):
        if (found := _MARKER.fullmatch(text)) and span.start not in used:
            message = f"the id {found[1].decode()} belongs to no phase and no task here"
            yield context.finding("PLAN304", span, message)


def misplaced_footer(context: Context) -> Iterator[Finding]:
    """Find the plan's own id on another line than the last; one alone is moved."""
    document = context.document
    footers = [(span, text) for span, text in _comments(context) if FOOTER.fullmatch(text)]
    for span, text in footers:
        if document.footer and span.start >= document.footer.start:
            continue
        found = FOOTER.fullmatch(text)
        is_alone = len(footers) == 1 and found is not None and not document.is_open_ended
        fix = _moved_to_the_end(context, span, found[1].decode()) if is_alone and found else ()
        others = "" if len(footers) == 1 else f"; there are {len(footers)} such lines"
        yield context.finding("PLAN305", span, f"the plan's own id is not on its last line{others}", fix)


def _moved_to_the_end(context: Context, span: Span, lineage: str) -> tuple[Edit, ...]:
    """Take the footer's line out and write it last; none where that would change what the other lines are."""
    source = context.document.source
    start, end = line_start(source, span.start), line_end(source, span.end)
    if source[start:end].strip(b" \t") != source[span.start : span.end]:
        return ()
    edits = (Edit(start, after_eol(source, end), b""), *marks.footer(context.document, lineage))
    return edits if _said(apply_edits(source, edits)) == _said(source) else ()


def _said(source: bytes) -> list[tuple[Shape, int, bytes]]:
    """List what a plan's blocks are and say, comments of ours on lines of their own left out."""
    found = ((b.shape, b.level, source[b.text.start : b.text.end].strip()) for b in marked_blocks(source))
    return [each for each in found if each[0] is not Shape.HTML or not FOOTER.fullmatch(each[2])]


def _comments(context: Context) -> list[tuple[Span, bytes]]:
    """List the comments that begin with our name, outside code; one that is not closed ends with its line."""
    source = context.document.source
    codes = [block.span for block in context.document.blocks if block.shape is Shape.CODE]
    if not _OURS.search(source):
        return []
    lines = {line_start(source, ours.start()) for ours in _OURS.finditer(source)}
    codes += [span for start in lines for span in _code_spans(source, start)]
    codes.sort()
    starts = [code.start for code in codes]
    found: list[tuple[Span, bytes]] = []
    done = 0
    for ours in _OURS.finditer(source):
        before = bisect_right(starts, ours.start())
        if ours.start() < done:
            continue  # within a comment that was never closed
        if before and ours.start() < codes[before - 1].end:
            continue
        end = _END.search(source, ours.end())
        at = (end.end() if end[0] == b"-->" else end.start()) if end else len(source)
        found.append((Span(ours.start(), at), source[ours.start() : at]))
        done = at
    return found


def _code_spans(source: bytes, start: int) -> Iterator[Span]:
    """List what stands between backticks on the line that begins at a place."""
    line = source[start : line_end(source, start)]
    return (
        (Span(start + m.start(), start + m.end()) for m in _CODE.finditer(line)) if b"`" in line else iter(())
    )
