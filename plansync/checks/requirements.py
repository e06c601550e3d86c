"""References from tasks to the requirements.md beside the plan."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from plansync.checks.context import Context
from plansync.checks.finding import Finding
from plansync.document.metadata import Key
from plansync.document.spans import Block, Shape, Span, blocks

_WORDS = r"requirements?|req|anforderung|exigence|requisito|требование|需求|要件|要求|요구\s*사항"
_HEADING = re.compile(rf"\W*(?:(?:{_WORDS})\s*)?#?(\d{{1,4}}(?:\.\d{{1,4}})*)(?![\w-])", re.IGNORECASE)
_WRITTEN = re.compile(r"\W*(\d{1,4}(?:\.\d{1,4})+)(?![\w-])")
_CODE = re.compile(r"(?<![\w-])([A-Z][A-Z0-9]{0,9}(?:-[A-Z]{1,6})?)-\d{1,5}(?:\.\d{1,4})*(?![\w-])")
_NUMBER = re.compile(r"(?<![\w.-])\d{1,4}(?:\.\d{1,4}){0,3}(?![\w-]|\.\d)")
_RANGE = re.compile(
    r"(?<![\w.])(?P<head>(?:\d{1,4}\.)+)(?P<first>\d{1,4})\s*(?:[-–—~]|to)\s*(?P<again>(?:\d{1,4}\.)*)(?P<last>\d{1,4})(?![\w.])"
)
_FILLING = re.compile(
    rf"{_WORDS}|reqs?|propert(?:ies|y)|validates|and|und|et|y|e|и|all|criteri(?:a|on)|acceptance|ac|和|、",
    re.IGNORECASE,
)


class _Reference(NamedTuple):
    """What a text refers to. `kind`: the letters of an id such as `FR-003`, empty for a plain number."""

    start: int
    end: int
    kind: str
    id: str


def unknown_requirement(context: Context) -> Iterator[Finding]:
    """Find references that requirements.md does not hold; silent where it numbers nothing in that form."""
    if context.beside.requirements is None:
        return
    known = _held(context.beside.requirements)
    for _, node in context.tasks:
        for key in node.keys:
            if key.name == "requirements":
                yield from _of_line(context, key, known)


def _of_line(context: Context, key: Key, known: Mapping[str, frozenset[str]]) -> Iterator[Finding]:
    for span in (key.value, *key.items):
        text = context.document.text(span)
        for found in _references(text):
            if known.get(found.kind) and found.id not in known[found.kind]:
                start, end = (span.start + len(text[:at].encode()) for at in (found.start, found.end))
                message = f"requirements.md holds no requirement {found.id}"
                yield context.finding("PLAN106", Span(start, end), message)


def _references(text: str) -> Iterator[_Reference]:
    """List what a value refers to; plain numbers count only where the value is a list of them."""
    for code in _CODE.finditer(text):
        yield _Reference(*code.span(), code[1], code[0])
    bare = _CODE.sub(_blanked, text)
    if re.search(r"[^\W\d_]", _FILLING.sub("", bare)):
        return
    for ranged in _RANGE.finditer(bare):
        if ranged["again"] in ("", ranged["head"]):
            yield _Reference(*ranged.span(), "", ranged["head"] + ranged["first"])
            yield _Reference(*ranged.span(), "", ranged["head"] + ranged["last"])
    for number in _NUMBER.finditer(_RANGE.sub(_blanked, bare)):
        yield _Reference(*number.span(), "", number[0])


def _blanked(found: re.Match[str]) -> str:
    return " " * len(found[0])


@lru_cache(maxsize=8)
def _held(text: str) -> Mapping[str, frozenset[str]]:
    """List the ids that a requirements.md holds, by kind: `FR` for FR-001, the empty one for plain numbers.

    Numbers are those of headings (`Requirement 1`) with their criteria, counted and as written (`1.2`),
    and those that are written out. Where none has a part behind a dot, numbers tell nothing.
    """
    source = text.encode("utf-8", "replace")
    found: dict[str, set[str]] = {"": set()}
    number, level, count = "", 0, 0
    for block in blocks(source):
        words = source[block.text.start : block.text.end].decode("utf-8", "replace")
        if block.is_section:
            heading = _HEADING.match(words)
            if heading or block.level <= level:
                number, level = (heading[1], block.level) if heading else ("", 0)
                found[""].add(number)
            count = 0
        elif block.shape is Shape.ITEM and block.is_ordered and block.level == 0 and number:
            count += 1
            found[""] |= {f"{number}.{count}", f"{number}.{_number_of(source, block)}"}
        if block.shape in (Shape.ITEM, Shape.TEXT) and (own := _WRITTEN.match(words)):
            found[""].add(own[1])
        for code in _CODE.finditer(words) if block.shape is not Shape.CODE else ():
            found.setdefault(code[1], set()).add(code[0])
    if not any("." in each for each in found[""]):
        found[""].clear()
    return {kind: frozenset(ids) for kind, ids in found.items()}


def _number_of(source: bytes, item: Block) -> int:
    written = re.match(rb"\d+", source[item.span.start : item.span.end])
    return int(written[0]) if written else 0
