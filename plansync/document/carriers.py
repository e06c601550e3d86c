"""Which blocks of a plan are its phases and tasks: a dialect's carriers, held against the plan itself."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from plansync.document.dialect import Carrier, Dialect
from plansync.document.letters import is_struck, tick_of_letter
from plansync.document.spans import Block, Shape, Span, front_matter, line_end
from plansync.document.token import Tail, tail_of, token_of
from plansync.document.vocabulary import CRITERIA
from plansync.model import Tick

_FRONT_TITLE = re.compile(rb"^title:[ \t]*(['\"]?)([^\r\n]*?)\1[ \t]*$", re.MULTILINE)
_WORD = re.compile(r"[^\W\d]*")
_SEPARATOR = re.compile(r"\s*[:：.–—-]*\s*")
_REMARK = re.compile(r"\s*+(?:(?:\([^()]*\)|\[[^\[\]]*\])\s*)?")
_MOST_REMARKS = 16
_DEEPEST = 7
Inline = Sequence[tuple[str, re.Pattern[str]]]


_ANY_HEADING = Carrier(Shape.HEADING, re.compile(r"(?P<title>.+)", re.DOTALL))


class Found(NamedTuple):
    """What a carrier saw in a block: the title's range, number and label as written, the box of a heading.

    `further`: how many more of its kind the same block of HTML holds. `tail`: what was passed over.
    """

    title: Span
    label: str = ""
    id: str = ""
    box: Span | None = None
    inline: tuple[tuple[str, str], ...] = ()
    further: int = 0
    tail: Tail | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """Index of a block → what it is. `file`: the title's range where the whole file is one task.

    `task`: the carrier that was taken, `None` where the plan has no task.
    """

    tasks: Mapping[int, Found] = field(default_factory=dict)
    phases: Mapping[int, Found] = field(default_factory=dict)
    file: Span | None = None
    task: Carrier | None = None


def choose(source: bytes, blocks: Sequence[Block], dialect: Dialect, letters: Mapping[str, Tick]) -> Chosen:
    """Take the first carrier of tasks that this plan has, and the phases above them.

    In a plan that bears our marks the carrier is the one that bears them: what was a task stays one,
    however the plan grows.
    """
    chooser = _Chooser(source, blocks, dialect, letters)
    if chooser.marked and (chosen := chooser.marked_most()):
        return chooser.with_reworded(chosen)
    for carrier in dialect.tasks:
        if carrier.shape is Shape.FILE:
            return Chosen(file=_file_title(source, blocks))
        if chosen := chooser.held_by(carrier):
            return chosen
    return Chosen(phases=chooser.phases(_DEEPEST, {}))


class _Chooser:
    """Holds one dialect's carriers against the blocks of one plan."""

    def __init__(
        self, source: bytes, blocks: Sequence[Block], dialect: Dialect, letters: Mapping[str, Tick]
    ) -> None:
        self.source, self.blocks, self.dialect, self.letters = source, blocks, dialect, letters
        self.sections = [i for i, b in enumerate(blocks) if b.is_section]
        self.boxed = [i for i, b in enumerate(blocks) if b.box and self._has_box(b)]
        self.over_boxes = set(self._over_boxes())
        self.marked = {i for i, b in enumerate(blocks) if b.comments and token_of(source, b)}

    def marked_most(self) -> Chosen | None:
        """Give the tasks of the carrier that most of our marks stand on; `None` where none does."""
        held = [each for c in self.dialect.tasks if c.shape is not Shape.FILE and (each := self.held_by(c))]
        best = max(held, key=self._marks, default=None)
        return best if best and self._marks(best) else None

    def with_reworded(self, chosen: Chosen) -> Chosen:
        """Keep headings that bear our mark and lost the words of a phase or task: they are what they were.

        On the tasks' level it is a task; no deeper than the phases, or over tasks that are no headings, a phase.
        """
        known = chosen.tasks.keys() | chosen.phases.keys()
        levels = {b.level for i in chosen.tasks if (b := self.blocks[i]).is_section}
        depth = max((self.blocks[i].level for i in chosen.phases), default=min(levels, default=_DEEPEST) - 1)
        tasks, phases = dict(chosen.tasks), dict(chosen.phases)
        for index in (i for i in self.sections if i in self.marked and i not in known):
            level = self.blocks[index].level
            into = tasks if level in levels else phases if level <= depth else None
            found = match(self.source, self.blocks[index], _ANY_HEADING, ())
            if found and into is not None:
                into[index] = found
        return replace(chosen, tasks=tasks, phases=phases)

    def _marks(self, chosen: Chosen) -> int:
        return len(self.marked & (chosen.tasks.keys() | chosen.phases.keys()))

    def _over_boxes(self) -> Iterator[int]:
        """List the headings that have a box at list depth 0 right below them."""
        for index in self.boxed:
            before = bisect_left(self.sections, index)
            if self.blocks[index].level == 0 and before:
                yield self.sections[before - 1]

    def held_by(self, carrier: Carrier) -> Chosen | None:
        """Give the tasks that this carrier finds with the phases around them; `None` where too few."""
        if carrier.shape is Shape.HEADING:
            return self._on_a_level(carrier)
        tasks = dict(self._matches(carrier))
        if carrier.numbered and not self._are_numbered(tasks, carrier.numbered):
            return None
        if len(tasks) < carrier.least and not self.marked & tasks.keys():
            return None
        return Chosen(tasks, self.phases(_DEEPEST, tasks), task=carrier)

    def _are_numbered(self, tasks: Mapping[int, Found], share: float) -> bool:
        """Say whether enough tasks bear a number; criteria, which bear none, are no tasks."""
        counting, depth = list[bool](), 0
        for index, block in enumerate(self.blocks):
            if block.is_section and not 0 < depth < block.level:
                text = self.source[block.text.start : block.text.end].decode("utf-8")
                depth = block.level if CRITERIA.fullmatch(text) else 0
            elif index in tasks and not depth:
                counting.append(bool(tasks[index].label))
        return sum(counting) >= share * len(counting)

    def _on_a_level(self, carrier: Carrier) -> Chosen | None:
        """Take the headings of the level that has most of them, the next level where those do not do."""
        found = dict(self._matches(carrier))
        for level in [max(carrier.levels)] if carrier.levels else self._levels(found):
            tasks = {i: f for i, f in found.items() if carrier.levels or self.blocks[i].level == level}
            phases = self.phases(level, tasks)
            if carrier.in_phase:
                inside = self._within(phases, phases, tasks)
                tasks = {i: f for i, f in tasks.items() if i in inside}
            is_plain = len(tasks) >= carrier.least and self._held(tasks, level) >= carrier.holds
            if is_plain or self.marked & tasks.keys():
                return Chosen(tasks, phases, task=carrier)
        return None

    def phases(self, deepest: int, tasks: Mapping[int, Found]) -> dict[int, Found]:
        """Find the phase headings, no deeper than the tasks: on the level that holds most tasks, else has most."""
        for carrier in self.dialect.phases:
            found = {
                i: f for i, f in self._matches(carrier) if i not in tasks and self.blocks[i].level <= deepest
            }
            if carrier.over_numbers:
                found = self._counted_on(found, tasks)
            if len(found) >= carrier.least:
                by_level = [
                    {i: f for i, f in found.items() if self.blocks[i].level == level}
                    for level in self._levels(found)
                ]
                best = max(by_level, key=lambda each: self._weight(each, each, tasks))
                if len(best) >= carrier.least or self.marked & best.keys():
                    return self._of_one_kind(best, tasks)
        return {}

    def _counted_on(self, found: Mapping[int, Found], tasks: Mapping[int, Found]) -> dict[int, Found]:
        """Keep the headings in whose section a task counts on from their number: `1.` over `1.1`."""
        kept, open_ = set[int](), list[int]()
        for index in sorted({*self.sections, *tasks}):
            block = self.blocks[index]
            while block.is_section and open_ and self.blocks[open_[-1]].level >= block.level:
                open_.pop()
            if index in tasks:
                kept |= {i for i in open_ if tasks[index].id.startswith(f"{found[i].id}.")}
            elif index in found:
                open_.append(index)
        return {i: f for i, f in found.items() if i in kept}

    def _weight(
        self, phases: Mapping[int, Found], chosen: Mapping[int, Found], tasks: Mapping[int, Found]
    ) -> tuple[int, int]:
        """Weigh some of the phases: by our marks on them, then by the tasks that they hold."""
        return len(self.marked & chosen.keys()), len(self._within(phases, chosen, tasks))

    def _of_one_kind(self, phases: Mapping[int, Found], tasks: Mapping[int, Found]) -> dict[int, Found]:
        """Leave out headings with another word than the phases' that hold no task: a calendar, a check list."""
        by_word: dict[str, dict[int, Found]] = {}
        for index, found in phases.items():
            word = _WORD.match(found.label.casefold())
            by_word.setdefault(word[0] if word else "", {})[index] = found
        kept = [group for group in by_word.values() if any(self._weight(phases, group, tasks))]
        return {i: f for i, f in phases.items() if not kept or any(i in group for group in kept)}

    def _levels(self, found: Mapping[int, Found]) -> list[int]:
        """List the levels of headings that were found, the one with most of them first."""
        votes = Counter(self.blocks[i].level for i in found)
        marks = Counter(self.blocks[i].level for i in found if i in self.marked)
        return sorted(votes, key=lambda level: (-marks[level], -votes[level], level)) or [0]

    def _within(
        self, phases: Mapping[int, Found], chosen: Mapping[int, Found], tasks: Mapping[int, Found]
    ) -> set[int]:
        """List the tasks in the sections of the chosen ones among the phases."""
        inside: set[int] = set()
        level = 0
        for index in sorted({*self.sections, *tasks}):
            block = self.blocks[index]
            if index in phases:
                level = block.level if index in chosen else 0
            elif block.is_section and block.level <= level:
                level = 0
            elif level and index in tasks:
                inside.add(index)
        return inside

    def _held(self, tasks: Mapping[int, Found], level: int) -> float:
        """Tell which share of the plan's boxes stands below these headings."""
        if not self.boxed:
            return 1.0
        inside, is_below = 0, False
        for index in sorted({*self.sections, *self.boxed}):
            block = self.blocks[index]
            if block.is_section:
                is_below = index in tasks if index in tasks or block.level <= level else is_below
            else:
                inside += is_below
        return inside / len(self.boxed)

    def _matches(self, carrier: Carrier) -> Iterator[tuple[int, Found]]:
        for index in self._candidates(carrier):
            block = self.blocks[index]
            if carrier.levels and block.level not in carrier.levels:
                continue
            if carrier.over_boxes and index not in self.over_boxes:
                continue
            if found := match(self.source, block, carrier, self.dialect.inline):
                yield index, found

    def _candidates(self, carrier: Carrier) -> Iterable[int]:
        """List the blocks of the carrier's shape, below a heading (or in a table) that it asks for."""
        if carrier.below is not None:
            return self._below(carrier)
        if carrier.shape is Shape.HEADING:
            return self.sections
        if carrier.shape is Shape.ITEM and not carrier.takes_bare:
            return self.boxed
        return (i for i, b in enumerate(self.blocks) if b.shape is carrier.shape and not b.is_quoted)

    def _below(self, carrier: Carrier) -> Iterator[int]:
        boxed = set(self.boxed)
        open_: list[tuple[int, bool]] = []  # levels of open sections, and whether they are asked for
        for index, block in enumerate(self.blocks):
            if block.is_section:
                while open_ and open_[-1][0] >= block.level:
                    open_.pop()
            is_one = block.shape is not Shape.HEADING or block.is_section
            if block.shape is Shape.ITEM:
                is_one = carrier.takes_bare or index in boxed
            is_here = block.shape is carrier.shape and not block.is_quoted and is_one
            if is_here and any(is_asked_for for _, is_asked_for in open_):
                yield index
            if block.is_section:
                is_asked_for = carrier.below is not None and carrier.below.fullmatch(self._text(block.text))
                open_.append((block.level, bool(is_asked_for)))
            elif block.shape is Shape.TABLE and carrier.shape is Shape.ROW:
                open_ = [(0, self._is_head(carrier, block))]

    def _is_head(self, carrier: Carrier, table: Block) -> bool:
        head = self._text(Span(table.span.start, line_end(self.source, table.span.start)))
        return carrier.below is None or bool(carrier.below.search(head))

    def _has_box(self, block: Block) -> bool:
        if block.box is None or block.shape is not Shape.ITEM or block.is_quoted:
            return False
        return tick_of_letter(self._text(block.box), self.letters) is not None

    def _text(self, span: Span) -> str:
        return self.source[span.start : span.end].decode("utf-8")


def match(source: bytes, block: Block, carrier: Carrier, inline: Inline) -> Found | None:
    """Read a block as a phase or task of this carrier; our own mark in it, and links before it, are passed over."""
    token = token_of(source, block)
    tail = tail_of(source, block, token)
    found = _match(source, block, carrier, inline, tail)
    if found is None and tail and (token is None or tail.span != token.cut):
        return _match(source, block, carrier, inline, Tail(token.cut) if token else None)
    return found


def _match(source: bytes, block: Block, carrier: Carrier, inline: Inline, tail: Tail | None) -> Found | None:
    text, cut, width = source[block.text.start : block.text.end], 0, 0
    if tail:
        cut, width = tail.span.start - block.text.start, tail.span.end - tail.span.start
        text = text[:cut] + text[cut + width :]
    words = text.decode("utf-8").rstrip()
    start, end = (2, len(words) - 2) if is_struck(words) else (0, len(words))
    find = carrier.words.search if block.shape is Shape.HTML else carrier.words.fullmatch
    found = find(words, start, end)
    if not found:
        return None

    is_ascii = words.isascii()

    def at(position: int) -> int:
        """Find a character's byte in the source."""
        byte = position if is_ascii else len(words[:position].encode())
        return block.text.start + byte + (width if byte > cut else 0)

    groups = found.groupdict()
    first, last = _bold_evened(words, start, *found.span("title"))
    last = first + _bare_length(words[first:last], inline)
    box = found.span("box") if groups.get("box") is not None else None
    said = [(name, m["value"]) for name, pattern in inline if (m := pattern.search(words[start:end]))]
    said += [("labels", tags)] if (tags := groups.get("tags") or "").strip() else []
    return Found(
        title=Span(at(first), at(last)),
        label=(groups.get("label") or groups.get("label2") or "").strip(),
        id=groups.get("id") or groups.get("id2") or groups.get("id3") or "",
        box=Span(at(box[0]), at(box[1])) if box else None,
        inline=tuple(said),
        further=sum(1 for _ in carrier.words.finditer(words, found.end()))
        if block.shape is Shape.HTML
        else 0,
        tail=tail,
    )


def _bold_evened(text: str, start: int, first: int, last: int) -> tuple[int, int]:
    """Narrow a title so that no bold mark is left without its twin: `**1. Set up**: why` → `Set up`.

    What is bold and only a remark is no title: `**Day 2 (Thu)** - Receipts` → `Receipts`.
    """
    title = text[first:last]
    if text[start:first].count("**") % 2 and "**" in title:
        at = title.index("**")
        behind = _SEPARATOR.match(title, at + 2)
        if behind and behind.end() < len(title) and _REMARK.fullmatch(title[:at]):
            return first + behind.end(), last
        return first, first + at
    if title.startswith("**") and title.endswith("**") and title.count("**") == 2 and len(title) > 4:
        return first + 2, last - 2
    return first, last


def _bare_length(title: str, inline: Inline) -> int:
    """Leave metadata off the end of a title, as far as something stands before it."""
    end = len(title.rstrip())
    for _ in range(_MOST_REMARKS if inline else 0):
        starts = [m.start() for _, words in inline for m in words.finditer(title, 0, end) if m.end() == end]
        cut = len(title[: min(starts, default=end)].rstrip())
        if not 0 < cut < end:
            break
        end = cut
    return end


def _file_title(source: bytes, blocks: Sequence[Block]) -> Span:
    """Find the title of a file that is one task: in its front matter, else its first heading."""
    front = front_matter(source)
    if front and (found := _FRONT_TITLE.search(source, front.start, front.end)):
        return Span(*found.span(2))
    first = next((b.text for b in blocks if b.is_section), None)
    return first or Span(0, 0)
