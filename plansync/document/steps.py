"""Checkbox steps in any Markdown, a plan's or an issue body's: read them, and edit them in place."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from plansync.document.edits import Edit, apply_edits
from plansync.document.letters import is_struck
from plansync.document.spans import Block, Shape, Span, after_eol, eol_at, line_end, line_start
from plansync.errors import Unwritable
from plansync.model import Tick, Uid

_DEEPEST = 50
_EOL = re.compile(r"\r\n|\r|\n")
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

    `bullet`: with the blanks behind it. `ends_line`: a line ending follows the last step.
    """

    at: int
    before: bytes = b""
    after: bytes = b""
    indent: bytes = b""
    bullet: bytes = b"- "
    ends_line: bool = True


def read_line(source: bytes, block: Block, tick: Tick, level: int) -> Line:
    """Read an item that is known to be a step."""
    raw = source[block.text.start : block.text.end].decode("utf-8")
    text = raw.strip()
    if "\n" in raw or "\r" in raw:
        text = " ".join(part.strip() for part in _EOL.split(raw)).strip()
    was_struck = is_struck(text)
    return Line(block, Step(text[2:-2] if was_struck else text, tick, level), was_struck)


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
    edits = [_removal(source, *gone) for gone in _gone(shown, held)]
    inner = {u: _inner(source, shown[u], held[u], write, drop_letter) for u in kept}
    if kept == wanted:
        edits += [edit for u in kept for edit in inner[u]]
    else:
        edits += _Order(source, shown, kept, wanted).edits(inner, slots)
    return edits + _additions(source, shown, slots, held, write, empty, drop_letter)


def _gone(shown: Mapping[Uid, Line], held: Mapping[Uid, Step]) -> list[tuple[Line, list[Line]]]:
    """List the steps that are to go, each with those nested in it."""
    gone: list[tuple[Line, list[Line]]] = []
    end = 0
    for uid, line in shown.items():
        span = line.block.span
        if uid in held and span.start < end:
            raise Unwritable("a step was removed, but one nested in it stays; move that one first")
        if span.start < end:
            gone[-1][1].append(line)
        elif uid not in held:
            gone.append((line, []))
            end = span.end
    return gone


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
    return box_edits + strike_edits(source, line.block.text, line.is_struck, is_struck)


def letter_edits(source: bytes, box: Span, tick: Tick, drop_letter: str) -> list[Edit]:
    """Write the letter of a box whose tick changes; an `X` is as good as an `x`."""
    letter = source[box.start : box.end].decode("utf-8")
    wanted = {Tick.OPEN: " ", Tick.TICKED: "x", Tick.DROPPED: drop_letter or "x"}[tick]
    return (
        []
        if letter == wanted or (letter == "X" and wanted == "x")
        else [Edit(box.start, box.end, wanted.encode())]
    )


def strike_edits(source: bytes, text: Span, is_struck: bool, wanted: bool) -> list[Edit]:
    """Strike a text through, or take the strokes off.

    Raises: Unwritable where a part of it is struck through: strokes do not nest.
    """
    if wanted and not is_struck:
        words = source[text.start : text.end]
        if b"~~" in words or words.startswith(b"~") or words.endswith((b"~", b"\\")):
            raise Unwritable("a text with such strokes in it cannot be struck through; do it by hand")
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


class _Order:
    """Steps that were put in another order: each takes the place of the one whose turn it takes.

    What is nested in a step goes with it. Raises: Unwritable where that does not give the wanted order.
    """

    def __init__(
        self, source: bytes, shown: Mapping[Uid, Line], kept: Sequence[Uid], wanted: Sequence[Uid]
    ) -> None:
        self.source, self.blocks = source, {u: shown[u].block for u in kept}
        self.children: dict[Uid | None, list[Uid]] = {}
        around: list[Uid] = []
        for uid in kept:
            while around and not _holds(self.blocks[around[-1]].span, self.blocks[uid].span):
                around.pop()
            self.children.setdefault(around[-1] if around else None, []).append(uid)
            around.append(uid)
            if len(around) > _DEEPEST:
                raise Unwritable("steps nested so deep were put in another order; move them by hand")
        self.rank = {u: n for n, u in enumerate(wanted)}
        if self._in_turn(None) != list(wanted):
            raise Unwritable("nested steps were put in another order; move them by hand")

    def _turns(self, outer: Uid | None) -> list[Uid]:
        return sorted(self.children.get(outer, ()), key=self.rank.__getitem__)

    def _in_turn(self, outer: Uid | None) -> list[Uid]:
        return [each for u in self._turns(outer) for each in (u, *self._in_turn(u))]

    def edits(
        self, inner: Mapping[Uid, Sequence[Edit]], slots: dict[Uid, Span], outer: Uid | None = None
    ) -> list[Edit]:
        """List the edits within one step, what is nested in it included; tell each step's place in `slots`."""
        found: list[Edit] = []
        places = self.children.get(outer, [])
        turns = self._turns(outer)
        if places != turns:
            self._check_alike(places)
        for uid, place in zip(turns, places, strict=True):
            block, slot = self.blocks[uid], self.blocks[place].span
            changes = [*inner[uid], *self.edits(inner, slots, uid)]
            slots[uid] = slot
            if uid == place:
                found += changes
                continue
            changes += _numbered(self.source, slot, block)
            found.append(Edit(slot.start, slot.end, _rewritten(self.source, block.span, changes)))
        return found

    def _check_alike(self, steps: Sequence[Uid]) -> None:
        """See that what is nested in a step, or follows it, stays where it belongs in another one's place."""
        source, blocks = self.source, [self.blocks[u] for u in steps]
        indents = {column(marker_of(source, b)[0]) for b in blocks}
        texts = {column(b"".join(marker_of(source, b))) for b in blocks}
        pairs = itertools.pairwise(b.span for b in blocks)
        is_plain = not any(re.search(rb"[\r\n]", source[b.span.start : b.span.end]) for b in blocks)
        is_plain = is_plain and not any(source[a.end : b.start].strip() for a, b in pairs)
        behind = after_eol(source, line_end(source, blocks[-1].span.end))
        is_plain = is_plain and not is_swallowed(source, behind, min(indents))
        if (
            len({(b.level, b.inside) for b in blocks}) > 1
            or len(indents) > 1
            or (len(texts) > 1 and not is_plain)
        ):
            raise Unwritable("steps of unlike indentation were put in another order; move them by hand")


def _has_words_below(source: bytes, line: Line, nested: Sequence[Line]) -> bool:
    """Say whether an item holds more than itself and the steps nested in it: text, code, details of its author."""
    at = line_end(source, line.block.text.end)
    for other in nested:
        if source[at : line_start(source, other.block.span.start)].strip():
            return True
        at = line_end(source, other.block.text.end)
    return bool(source[at : line.block.span.end].strip())


def _removal(source: bytes, line: Line, nested: Sequence[Line]) -> Edit:
    start = line_start(source, line.block.span.start)
    if _has_words_below(source, line, nested):
        raise Unwritable("words below the step would go with it; remove it by hand")
    if source[start : line.block.span.start].strip(b" \t"):
        raise Unwritable("a step shares its line with another item; remove it by hand")
    end = line_end(source, line.block.span.end)
    beyond = after_eol(source, end)
    if is_swallowed(source, beyond, column(source[start : line.block.span.start])):
        raise Unwritable("what follows the step would become part of another one; remove it by hand")
    if beyond == end and start:
        return Edit(start - (2 if source[start - 2 : start] == b"\r\n" else 1), end, b"")
    return Edit(start, beyond, b"")


def is_swallowed(source: bytes, at: int, indent: int) -> bool:
    """Say whether the next line that holds anything is indented deeper than that."""
    while at < len(source):
        end = line_end(source, at)
        text = source[at:end]
        if bare := text.lstrip(b" \t"):
            return column(text[: len(text) - len(bare)]) > indent
        at = after_eol(source, end) if end < len(source) else end
    return False


def _additions(
    source: bytes,
    shown: Mapping[Uid, Line],
    slots: Mapping[Uid, Span],
    held: Mapping[Uid, Step],
    write: Callable[[str], str],
    empty: Callable[[], Place],
    drop_letter: str,
) -> list[Edit]:
    """Add each new step behind the one above it that is on its level, else in the one that it is nested in."""
    edits: list[Edit] = []
    fresh: list[Step] = []
    above: list[Uid] = []  # the steps that are there, each nested in the one before it
    is_behind = False  # a new step of a level went behind them: what follows goes there too
    for uid, step in held.items():
        if uid in shown:
            while above and shown[above[-1]].step.level >= shown[uid].step.level:
                above.pop()
            above.append(uid)
            is_behind = False
            continue
        tail = boxed(step, write, drop_letter)
        if above:
            near = next((u for u in reversed(above) if shown[u].step.level <= step.level), above[0])
            line, slot = shown[near], slots[near]
            depth = max(0, step.level - line.step.level)
            is_behind |= not depth or slot != line.block.span
            at = slot.end if is_behind else line_end(source, line.block.text.end)
            edits.append(Edit(at, at, eol_at(source, at) + _lead(source, line.block, depth) + tail))
        elif shown:
            first = next(iter(shown.values())).block
            at = line_start(source, first.span.start)
            edits.append(Edit(at, at, _lead(source, first, 0, number=0) + tail + eol_at(source, at)))
        else:
            fresh.append(step)
    if fresh:
        edits.append(_first(source, fresh, write, empty(), drop_letter))
    return edits


def _first(
    source: bytes, steps: Sequence[Step], write: Callable[[str], str], place: Place, drop_letter: str
) -> Edit:
    """Begin a list with its steps, each on a line of its own."""
    eol = eol_at(source, place.at)
    lines = eol.join(
        place.indent + b"  " * s.level + place.bullet + boxed(s, write, drop_letter) for s in steps
    )
    return Edit(place.at, place.at, place.before + lines + (eol if place.ends_line else b"") + place.after)


def boxed(step: Step, write: Callable[[str], str], drop_letter: str = "") -> bytes:
    """Write a new step's box and text."""
    if step.tick is Tick.DROPPED and drop_letter:
        return f"[{drop_letter}] {write(step.text)}".encode()
    return f"[{' ' if step.tick is Tick.OPEN else 'x'}] {spelled(step, write)}".encode()


def _lead(source: bytes, block: Block, depth: int, number: int = 1) -> bytes:
    """Copy an item's indentation and bullet; a child stands under its parent's text."""
    indent, bullet, blank = marker_of(source, block)
    if depth:
        return content_indent(source, block) + b"  " * (depth - 1) + b"- "
    if block.is_ordered:
        bullet = str(int(bullet[:-1]) + number).encode() + bullet[-1:]
    return indent + bullet + blank


def marker_of(source: bytes, block: Block) -> tuple[bytes, bytes, bytes]:
    """Read what stands before an item's text: indentation, bullet, blanks."""
    indent = source[line_start(source, block.span.start) : block.span.start]
    found = _BULLET.match(source, block.span.start)
    return (indent, found[1], found[2]) if found else (indent, b"-", b" ")


def content_indent(source: bytes, block: Block) -> bytes:
    """Write the blanks that put a line below an item's text, so that it is nested in the item."""
    indent, bullet, blank = marker_of(source, block)
    begin = column(indent + bullet)
    end = column(indent + bullet + blank)
    if end - begin > 4:  # so wide a gap belongs to the text
        end = begin + 1
    outer = re.sub(rb"[^\t ]", b" ", indent)
    if blank.startswith(b"\t") and column(outer + b"\t") == end:
        return outer + b"\t"
    return outer + b" " * (end - column(outer))


def column(text: bytes) -> int:
    """Count the columns that the beginning of a line takes; a tab goes to the next fourth."""
    return len(text.expandtabs(4))
