"""Checkbox steps in any Markdown, a plan's or an issue body's: read them, and edit them in place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from plansync.document.edits import Edit, apply_edits
from plansync.document.spans import Block, Shape, Span, after_eol, eol_at, line_end, line_start
from plansync.errors import Unwritable
from plansync.model import Tick, Uid

_BULLET = re.compile(rb"([-*+]|\d{1,9}[.)])([ \t]+)")


class Step(NamedTuple):
    """What a step says: its text without box and strike, its tick, its nesting level."""

    text: str
    tick: Tick
    level: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One step as it stands in a source."""

    block: Block
    step: Step
    is_struck: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where the first step of an empty list goes, and what must stand around it."""

    at: int
    before: bytes = b""
    after: bytes = b""


def read_line(source: bytes, block: Block, tick: Tick, level: int) -> Line:
    """Read an item that is known to be a step."""
    raw = source[block.text.start : block.text.end].decode("utf-8")
    text = " ".join(part.strip() for part in re.split(r"\r\n|\r|\n", raw)).strip()
    is_struck = len(text) > 4 and text.startswith("~~") and text.endswith("~~") and "~~" not in text[2:-2]
    return Line(block, Step(text[2:-2] if is_struck else text, tick, level), is_struck)


def read_boxes(source: bytes, parsed: Sequence[Block]) -> list[Line]:
    """Read every task-list item of a text as hosts show it; struck text is a dropped step."""
    found: list[Line] = []
    levels: dict[int, int] = {}
    for index, block in enumerate(parsed):
        if block.shape is not Shape.ITEM or not block.box or block.is_quoted:
            continue
        letter = source[block.box.start : block.box.end]
        if not block.is_task and letter not in (b"~", b"-", b"/"):
            continue
        tick = Tick.TICKED if letter in b"xX" else Tick.DROPPED if letter == b"~" else Tick.OPEN
        levels[index] = levels.get(block.inside, -1) + 1
        line = read_line(source, block, tick, levels[index])
        if line.is_struck:
            line = Line(block, line.step._replace(tick=Tick.DROPPED), True)
        found.append(line)
    return found


def line_edits(
    source: bytes,
    lines: Sequence[Line],
    uids: Sequence[Uid],
    held: Mapping[Uid, Step],
    write: Callable[[str], str],
    empty: Callable[[], Place],
) -> list[Edit]:
    """List the edits that make `lines` (known as `uids`, in that order) say what `held` says.

    `held` is in the wanted order. `write` turns a step's text into this source's spelling; it is
    used for texts that change, others keep their bytes. `empty` says where a first step goes.
    Raises: Unwritable where a step cannot be moved or removed by itself.
    """
    shown = dict(zip(uids, lines, strict=True))
    kept = [u for u in uids if u in held]
    wanted = [u for u in held if u in shown]
    slots = {u: shown[u].block.span for u in kept}
    gone = {u: shown[u].block.span for u in uids if u not in held}
    for uid in kept:
        if any(_holds(span, shown[uid].block.span) for span in gone.values()):
            raise Unwritable("a step was removed, but one nested in it stays; move that one first")
    outer = [u for u in gone if not any(o != u and _holds(gone[o], gone[u]) for o in gone)]
    edits = [_removal(source, shown[u]) for u in outer]
    inner = {u: _inner(source, shown[u], held[u], write) for u in kept}
    if kept == wanted:
        edits += [edit for u in kept for edit in inner[u]]
    else:
        slots = _permuted(shown, kept, wanted)
        for uid, slot in slots.items():
            edits.append(Edit(slot.start, slot.end, _rewritten(source, shown[uid].block.span, inner[uid])))
    return edits + _additions(source, shown, slots, held, write, empty)


def _holds(outer: Span, inner: Span) -> bool:
    """Say whether one range lies within another."""
    return outer.start <= inner.start and inner.end <= outer.end


def _inner(source: bytes, line: Line, held: Step, write: Callable[[str], str]) -> list[Edit]:
    box, text = line.block.box, line.block.text
    edits: list[Edit] = []
    letter = source[box.start : box.end] if box else b" "
    is_letter_dropped = letter == b"~" and line.step.tick is Tick.DROPPED
    if box and held.tick is Tick.OPEN and (letter in b"xX" or is_letter_dropped):
        edits.append(Edit(box.start, box.end, b" "))
    elif box and held.tick is not Tick.OPEN and letter not in b"xX":
        edits.append(Edit(box.start, box.end, b"x"))
    is_struck = held.tick is Tick.DROPPED
    if held.text != line.step.text:
        edits.append(Edit(text.start, text.end, _spelled(held, write).encode()))
    elif is_struck and not line.is_struck:
        edits += [Edit(text.start, text.start, b"~~"), Edit(text.end, text.end, b"~~")]
    elif line.is_struck and not is_struck:
        edits += [Edit(text.start, text.start + 2, b""), Edit(text.end - 2, text.end, b"")]
    return edits


def _spelled(step: Step, write: Callable[[str], str]) -> str:
    return f"~~{write(step.text)}~~" if step.tick is Tick.DROPPED else write(step.text)


def _rewritten(source: bytes, span: Span, edits: Sequence[Edit]) -> bytes:
    moved = [Edit(e.start - span.start, e.end - span.start, e.text) for e in edits]
    return apply_edits(source[span.start : span.end], moved)


def _permuted(shown: Mapping[Uid, Line], kept: Sequence[Uid], wanted: Sequence[Uid]) -> dict[Uid, Span]:
    """Give each step the place of the one whose turn it takes."""
    if len({(shown[u].block.level, shown[u].block.inside) for u in kept}) > 1:
        raise Unwritable("nested steps were put in another order; move them by hand")
    return dict(zip(wanted, (shown[u].block.span for u in kept), strict=True))


def _removal(source: bytes, line: Line) -> Edit:
    start = line_start(source, line.block.span.start)
    if source[start : line.block.span.start].strip(b" \t"):
        raise Unwritable("a step shares its line with another item; remove it by hand")
    end = line_end(source, line.block.span.end)
    beyond = after_eol(source, end)
    if beyond == end and start:
        return Edit(start - (2 if source[start - 2 : start] == b"\r\n" else 1), end, b"")
    return Edit(start, beyond, b"")


def _additions(
    source: bytes,
    shown: Mapping[Uid, Line],
    slots: Mapping[Uid, Span],
    held: Mapping[Uid, Step],
    write: Callable[[str], str],
    empty: Callable[[], Place],
) -> list[Edit]:
    edits: list[Edit] = []
    anchor: Uid | None = None
    for uid, step in held.items():
        if uid in shown:
            anchor = uid
            continue
        letter = b" " if step.tick is Tick.OPEN else b"x"
        tail = b"[" + letter + b"] " + _spelled(step, write).encode()
        if anchor is not None:
            line, slot = shown[anchor], slots[anchor]
            is_child = step.level > line.step.level
            at = line_end(source, line.block.text.end) if is_child and slot == line.block.span else slot.end
            edits.append(Edit(at, at, eol_at(source, at) + _lead(source, line.block, is_child) + tail))
        elif shown:
            first = next(iter(shown.values())).block
            at = line_start(source, first.span.start)
            edits.append(Edit(at, at, _lead(source, first, False, step=0) + tail + eol_at(source, at)))
        else:
            place = empty()
            eol = eol_at(source, place.at)
            edits.append(Edit(place.at, place.at, (b"" if edits else place.before) + b"- " + tail + eol))
    if edits and not shown:
        edits[-1] = edits[-1]._replace(text=edits[-1].text + empty().after)
    return edits


def _lead(source: bytes, block: Block, is_child: bool, step: int = 1) -> bytes:
    """Copy an item's indentation and bullet; a child stands under its parent's text."""
    indent = source[line_start(source, block.span.start) : block.span.start]
    found = _BULLET.match(source, block.span.start)
    bullet, blank = (found[1], found[2]) if found else (b"-", b" ")
    if is_child:
        return indent + b" " * (len(bullet) + len(blank)) + b"- "
    if block.is_ordered:
        bullet = str(int(bullet[:-1]) + step).encode() + bullet[-1:]
    return indent + bullet + blank
