"""Which dialect a plan is written in: every dialect's signs weighed, the content before the path."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from plansync.document.builder import parse
from plansync.document.dialect import Dialect, Sign, Where
from plansync.document.dialects import DIALECTS
from plansync.document.letters import STARTED, tick_of_letter
from plansync.document.spans import Block, Shape, front_matter
from plansync.document.token import marked_blocks, token_of
from plansync.document.traps import hidden_boxes
from plansync.document.tree import Document, Role
from plansync.errors import PlanError
from plansync.model import Tick

_NUMBERED = re.compile(r"[^\w\[#`*]*(\d+(?:\.\d+)*)[.:)]?\s")
_MOST = 0.8
"""The share of our marks that stand on phases and tasks in a plan whose dialect is still the same."""

Facts = Mapping[Where, Sequence[str]]


class Guess(NamedTuple):
    """A dialect and how sure it is, 0 to 1: its score, less where another one comes close."""

    dialect: Dialect
    confidence: float


def facts(source: bytes, path: str, parsed: Sequence[Block]) -> Facts:
    """Collect the texts in which signs are looked for."""
    found: dict[Where, list[str]] = {where: [] for where in Where}
    heading = ""
    open_: list[tuple[int, str]] = []  # the sections that are open: level and text
    for block in parsed:
        text = source[block.text.start : block.text.end].decode("utf-8")
        if block.is_section:
            heading = f"{'#' * block.level} {text}"
            open_ = [*(each for each in open_ if each[0] < block.level), (block.level, text)]
        where = _where(source, block)
        found[where].append(text.removeprefix("~~"))  # a dropped task is still one of its kind
        if where is Where.BOX and heading:
            found[Where.GROUP].append(heading)
            found[Where.OUTLINE] += (t for t in _counted_from(open_) if t not in found[Where.OUTLINE][-1:])
            heading = ""
    front = front_matter(source)
    hidden = [source[s.start : s.end].decode("utf-8", "replace") for s in hidden_boxes(source, parsed)]
    return {
        **found,
        Where.ANY_BOX: [*found[Where.BOX], *found[Where.NESTED], *hidden],
        Where.FRONT: [source[front.start : front.end].decode("utf-8")] if front else [],
        Where.HIDDEN: hidden,
        Where.PATH: [path.replace("\\", "/")],
    }


def _counted_from(open_: Sequence[tuple[int, str]]) -> list[str]:
    """Give the heading whose number the innermost one counts on from, where there is one: `1. …` over `1.1 …`."""
    numbers = [found[1] for _, text in open_[-2:] if (found := _NUMBERED.match(text))]
    return [open_[-2][1]] if len(numbers) == 2 and numbers[1].startswith(f"{numbers[0]}.") else []


def _where(source: bytes, block: Block) -> Where:
    if block.box is not None and block.shape is Shape.ITEM:
        letter = source[block.box.start : block.box.end].decode("utf-8")
        if tick_of_letter(letter, STARTED) is not None:
            return Where.QUOTED if block.is_quoted else Where.NESTED if block.level else Where.BOX
    match block.shape:
        case Shape.HEADING:
            return Where.HEADING
        case Shape.ITEM:
            return Where.ITEM
        case Shape.ROW | Shape.TABLE:
            return Where.CELLS
        case Shape.HTML:
            return Where.HTML
        case Shape.CODE:
            return Where.CODE
        case _:
            return Where.TEXT


def holds(sign: Sign, known: Facts) -> bool:
    """Say whether a sign is there."""
    texts, search = known[sign.where], sign.words.search
    wanted = max(sign.least, sign.share * len(texts))
    count = 0
    for text in texts:
        if search(text):
            count += 1
            if count >= wanted:
                return True
    return wanted <= 0


def score(dialect: Dialect, known: Facts) -> float:
    """Weigh a dialect, 0 to 1; 0 where something that it must have is missing."""
    has_needed = all(holds(s, known) for s in dialect.needs)
    has_one = not dialect.any_of or any(holds(s, known) for s in dialect.any_of)
    if not (has_needed and has_one) or any(holds(s, known) for s in dialect.never):
        return 0.0
    needed = sum(s.weight for s in dialect.needs)
    return min(1.0, needed + sum(s.weight for s in dialect.signs if holds(s, known)))


def ranked(source: bytes, path: str, parsed: Sequence[Block]) -> list[Guess]:
    """List every dialect with its score, the best one first, of equals the earlier one."""
    known = facts(source, path, parsed)
    return sorted((Guess(each, score(each, known)) for each in DIALECTS), key=lambda g: -g.confidence)


def _surest(found: Sequence[Guess]) -> Guess:
    best, rival = found[0], found[1]
    return Guess(best.dialect, round(max(0.0, best.confidence - rival.confidence / 4), 2))


def named(name: str) -> Dialect:
    """Find a dialect by its name.

    Raises: PlanError where there is none of that name.
    """
    for dialect in DIALECTS:
        if dialect.name == name:
            return dialect
    raise PlanError(f"there is no dialect {name!r}; there are: {', '.join(d.name for d in DIALECTS)}")


def read(
    source: bytes,
    path: str = "",
    dialect: str = "",
    ticks: Mapping[str, Tick] | None = None,
    remembered: str = "",
) -> Document:
    """Read a plan in the dialect that is named, else the one that it was synced in, else the one that it shows.

    Raises: UnicodeDecodeError where the source is not UTF-8; PlanError for an unknown dialect.
    """
    parsed = marked_blocks(source)
    if dialect:
        return parse(source, named(dialect), ticks, parsed)
    if document := _as_remembered(source, remembered, ticks, parsed):
        return document
    found = ranked(source, path, parsed)
    best = _surest(found)
    document = replace(parse(source, best.dialect, ticks, parsed), confidence=best.confidence)
    if b"<!-- plansync:" in source and (
        marks := sum(1 for b in parsed if b.comments and token_of(source, b))
    ):
        return _that_bears(marks, document, found, ticks)
    return document


def _as_remembered(
    source: bytes, name: str, ticks: Mapping[str, Tick] | None, parsed: Sequence[Block]
) -> Document | None:
    """Read a plan as in its last sync, as long as its tasks are still found in that way.

    An edit that makes another form likelier must not move every task to other milestones. Without any mark it
    was written anew, perhaps in another form.
    """
    known = next((d for d in DIALECTS if d.name == name and d.is_written), None)
    if known is None:
        return None
    document = parse(source, known, ticks, parsed)
    marks = sum(1 for b in parsed if b.comments and token_of(source, b))
    has_tasks = any(n.role is Role.TASK for n in document.nodes)
    return document if marks and has_tasks and _marked(document) >= _MOST * marks else None


def _that_bears(
    marks: int, document: Document, found: Sequence[Guess], ticks: Mapping[str, Tick] | None
) -> Document:
    """Keep a plan in the dialect in which it was marked: an edit of its author must not lose all its tasks.

    Nor its milestones: only where phases are milestones do their headings bear our marks.
    """
    if _marked(document) >= _MOST * marks and _has_its_milestones(document):
        return document
    written = (each.dialect for each in found if each.dialect.is_written)
    others = (parse(document.source, each, ticks, document.blocks) for each in written)
    return max((document, *others), key=lambda each: (_marked(each, Role.TASK), _has_its_milestones(each)))


def _has_its_milestones(document: Document) -> bool:
    tasks = {n.block.span.start for n in document.nodes if n.role is Role.TASK}
    headings = (b for b in document.blocks if b.is_section and b.comments and b.span.start not in tasks)
    return document.dialect.milestones == "phase" or not any(token_of(document.source, b) for b in headings)


def _marked(document: Document, *roles: Role) -> int:
    """Count the nodes that bear our mark, of the given roles where any are named."""
    return sum(node.token is not None and (not roles or node.role in roles) for node in document.nodes)
