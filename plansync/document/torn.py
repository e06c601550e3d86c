"""Conflicts that git left in a plan; those around computed lines alone need nobody to settle them.

Two branches that both did work change the same line that says how far the plan is. What it has to say
follows from the tasks, whatever either branch wrote there. Any other conflict is somebody's to settle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from plansync.document.edits import Edit, apply_edits
from plansync.document.spans import Span
from plansync.document.tree import Document
from plansync.document.view import snapshot
from plansync.model import OVERVIEW, Field

_LINES = (Field.COMPLETION, Field.CURRENT_PHASE, Field.OVERALL, Field.UPDATED)
_OURS, _THEN, _THEIRS = range(3)
_BEGIN, _END = b"<<<<<<< ", b">>>>>>> "


class Conflict(NamedTuple):
    """One conflict: where it stands, on which line it begins, and its lines as each side has them.

    `sides`: ours, their common ancestor where git shows it, theirs. `is_whole`: every sign of git's is there.
    """

    span: Span
    line: int
    sides: tuple[tuple[bytes, ...], ...]
    is_whole: bool = True


class Torn(NamedTuple):
    """A plan with conflicts. `source`: our side of it; `fields`: the computed lines that both sides changed.

    `updated`: the later of two dates, empty where there are none. `stuck`: the line of the first conflict that
    holds something else, 0 where there is none; then nothing of this can be used.
    """

    source: bytes
    fields: tuple[Field, ...]
    line: int
    updated: str = ""
    stuck: int = 0


def torn(source: bytes, parse: Callable[[bytes], Document]) -> Torn | None:
    """Look at the conflicts that git left in a plan; `None` where there are none."""
    found = list(conflicts(source))
    if not found:
        return None
    broken = next((c.line for c in found if not c.is_whole), 0)
    if broken:
        return Torn(source, (), found[0].line, stuck=broken)
    ours, theirs = (_of(source, found, side, parse) for side in (_OURS, _THEIRS))
    then = _of(source, found, _THEN, parse)
    for each, left, right, before in zip(found, ours.named, theirs.named, then.named, strict=True):
        if None in (*left, *right, *before) or left != right:
            return Torn(source, (), found[0].line, stuck=each.line)
    fields = tuple(name for names in ours.named for name in names if name is not None)
    dates = [str(side.fields[Field.UPDATED]) for side in (ours, theirs) if Field.UPDATED in fields]
    return Torn(ours.source, fields, found[0].line, max(dates, default=""))


def conflicts(source: bytes) -> Iterator[Conflict]:
    """List the conflicts that git left; a sign that stands alone is one that is not whole."""
    if _BEGIN not in source and _END not in source:
        return
    sides: tuple[list[bytes], ...] = ([], [], [])
    start, began, at, side = 0, 0, 0, -1  # -1: outside of any
    for number, line in enumerate(source.splitlines(keepends=True), 1):
        end = at + len(line)
        match _sign(line, side):
            case "<":
                if side >= 0:
                    yield Conflict(Span(start, at), began, (), is_whole=False)
                sides, start, began, side = ([], [], []), at, number, _OURS
            case "|":
                side = _THEN
            case "=":
                side = _THEIRS
            case ">":
                is_whole = side == _THEIRS
                place = Span(start if side >= 0 else at, end)
                yield Conflict(place, began if side >= 0 else number, tuple(map(tuple, sides)), is_whole)
                side = -1
            case _ if side >= 0:
                sides[side].append(line)
        at = end
    if side >= 0:
        yield Conflict(Span(start, at), began, (), is_whole=False)


def _sign(line: bytes, side: int) -> str:
    """Say which of git's signs a line is, where one can stand here."""
    if line.startswith(_BEGIN):
        return "<"
    if line.startswith(_END):
        return ">"
    bare = line.rstrip(b"\r\n")
    if side == _OURS and (bare == b"|||||||" or bare.startswith(b"||||||| ")):
        return "|"
    return "=" if side in (_OURS, _THEN) and bare == b"=======" else ""


class _Version(NamedTuple):
    """The plan as one side has it, what it shows, and which computed line each line in a conflict is."""

    source: bytes
    fields: dict[Field, object]
    named: list[list[Field | None]]


def _of(source: bytes, found: Sequence[Conflict], side: int, parse: Callable[[bytes], Document]) -> _Version:
    edits = [Edit(*c.span, b"".join(c.sides[side])) for c in found]
    text = apply_edits(source, edits)
    document = parse(text)
    shown = dict(snapshot(document, "").items[OVERVIEW].fields)
    lines = {
        key.line.start: name
        for name in _LINES
        if (key := document.key(name.value)) and not key.is_shared and name in shown
    }
    named, moved = [], 0
    for each in found:
        at, names = each.span.start + moved, []
        for line in each.sides[side]:
            names.append(lines.get(at))
            at += len(line)
        named.append(names)
        moved = at - each.span.end
    return _Version(text, dict(shown), named)
