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
    """Where the first step of an empty list goes, and what must stand around it.

    `lead`: indentation and bullet. `ends_line`: a line ending follows the last step.
    """

    at: int
    before: bytes = b""
    after: bytes = b""
    lead: bytes = b"- "
    ends_line: bool = True


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
    drop_letter: str = "",
) -> list[Edit]:
    """List the edits that make `lines` (known as `uids`, in that order) say what `held` says.

    `held` is in the wanted order. `write` turns a step's text into this source's spelling; it is
    used for texts that change, others keep their bytes. `empty` says where a first step goes.
    `drop_letter` drops a step where the source has such a letter; else its text is struck through.
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
    inner = {u: _inner(source, shown[u], held[u], write, drop_letter) for u in kept}
    if kept == wanted:
        edits += [edit for u in kept for edit in inner[u]]
    else:
        slots = _permuted(shown, kept, wanted)
        for uid, slot in slots.items():
            block = shown[uid].block
            changes = [*_numbered(source, slot, block), *inner[uid]]
            edits.append(Edit(slot.start, slot.end, _rewritten(source, block.span, changes)))
    return edits + _additions(source, shown, slots, held, write, empty)


def _holds(outer: Span, inner: Span) -> bool:
    """Say whether one range lies within another."""
    return outer.start <= inner.start and inner.end <= outer.end


def _inner(
    source: bytes, line: Line, held: Step, write: Callable[[str], str], drop_letter: str
) -> list[Edit]:
    is_kept = held.tick is line.step.tick
    is_struck = line.is_struck if is_kept else held.tick is Tick.DROPPED and not drop_letter
    box = line.block.box
    box_edits = letter_edits(source, box, held.tick, drop_letter) if box and not is_kept else []
    if held.text != line.step.text:
        text = f"~~{write(held.text)}~~" if is_struck else write(held.text)
        return [*box_edits, Edit(line.block.text.start, line.block.text.end, text.encode())]
    return box_edits + strike_edits(line.block.text, line.is_struck, is_struck)


def letter_edits(source: bytes, box: Span, tick: Tick, drop_letter: str) -> list[Edit]:
    """Write the letter of a box whose tick changes; an `X` is as good as an `x`."""
    letter = source[box.start : box.end].decode("utf-8")
    wanted = {Tick.OPEN: " ", Tick.TICKED: "x", Tick.DROPPED: drop_letter or "x"}[tick]
    return (
        []
        if letter == wanted or (letter == "X" and wanted == "x")
        else [Edit(box.start, box.end, wanted.encode())]
    )


def strike_edits(text: Span, is_struck: bool, wanted: bool) -> list[Edit]:
    """Strike a text through, or take the strokes off."""
    if wanted and not is_struck:
        return [Edit(text.start, text.start, b"~~"), Edit(text.end, text.end, b"~~")]
    if is_struck and not wanted:
        return [Edit(text.start, text.start + 2, b""), Edit(text.end - 2, text.end, b"")]
    return []


def spelled(step: Step, write: Callable[[str], str]) -> str:
    """Write a step's text, struck through where it is dropped."""
    return f"~~{write(step.text)}~~" if step.tick is Tick.DROPPED else write(step.text)


def _numbered(source: bytes, slot: Span, block: Block) -> list[Edit]:
    """Give an ordered step the number of the place that it takes, where that is as wide as its own."""
    here, own = _BULLET.match(source, slot.start), _BULLET.match(source, block.span.start)
    if not block.is_ordered or not here or not own or len(here[1]) != len(own[1]) or here[1] == own[1]:
        return []
    return [Edit(own.start(1), own.end(1), here[1])]


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
    fresh: list[bytes] = []
    anchor: Uid | None = None
    for uid, step in held.items():
        if uid in shown:
            anchor = uid
            continue
        letter = b" " if step.tick is Tick.OPEN else b"x"
        tail = b"[" + letter + b"] " + spelled(step, write).encode()
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
            fresh.append(b"  " * step.level + tail)
    if fresh:
        edits.append(_first(source, fresh, empty()))
    return edits


def _first(source: bytes, steps: Sequence[bytes], place: Place) -> Edit:
    """Begin a list with its steps, each on a line of its own."""
    eol = eol_at(source, place.at)
    lines = eol.join(place.lead + step for step in steps)
    return Edit(place.at, place.at, place.before + lines + (eol if place.ends_line else b"") + place.after)


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
