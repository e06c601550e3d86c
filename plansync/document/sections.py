"""The sections of an overview issue's block: each a heading that bears our mark, and lines of a known form below it.

What else stands below a heading is somebody's, and stays where it is. A block without sections lacks them, no more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from plansync.document.edits import Edit
from plansync.document.spans import Span, after_eol, eol_at, line_end
from plansync.document.steps import Line, Place
from plansync.model import Field
from plansync.text import short_digest

_NAMES: Mapping[Field, str] = {
    Field.PROGRESS: "progress",
    Field.CRITERIA: "criteria",
    Field.PROSE: "risks",
    Field.DECISIONS: "decisions",
    Field.OUTSIDERS: "outsiders",
    Field.GRAPH: "graph",
}
"""The names in the marks, in the order of the sections; the criteria's boxes and the risks' text stand below theirs."""

RISKS = "**Risks**"
"""The heading of the plan's own words about risks."""

_FIELDS = {name: field for field, name in _NAMES.items()}
_MARK = re.compile(
    rb"^(?P<head>[^\r\n]*?)[ \t]*<!-- plansync:(?P<name>" + "|".join(_FIELDS).encode() + rb")"
    rb"(?: (?P<last>[0-9a-f]{12}))? -->[ \t]*\r?$",
    re.MULTILINE,
)
_MORE = r"- … and \d+ more.*"
_OWN: Mapping[Field, re.Pattern[str]] = {
    Field.PROGRESS: re.compile(rf"- \d+ of \d+ done: .*|{_MORE}"),
    Field.DECISIONS: re.compile(rf"- .*; `plansync resolve[^`]*`(?: \(or issue\))?|{_MORE}"),
    Field.OUTSIDERS: re.compile(rf"- #\d+ .*|{_MORE}"),
    Field.GRAPH: re.compile(
        r"```(?:mermaid)?|flowchart TD|  subgraph p\w{7}\[\".*|  end| {2,4}t\w{7}\[\".*|  t\w{7} --> t\w{7}|"
        r"  classDef .*"
    ),
}
"""What our lines below a heading look like."""


@dataclass(frozen=True, slots=True)
class Section:
    """A section that was found: its heading without our mark, and our lines below; spans leave line ends out.

    `last`: the digest of what we wrote there last.
    """

    head: str
    last: str
    line: Span
    end: int
    lines: tuple[tuple[Span, str], ...] = ()

    @property
    def text(self) -> str:
        """What it says, without anybody else's lines."""
        return "\n".join([self.head, *(text for _, text in self.lines)])


def find(part: bytes) -> dict[Field, Section]:
    """Find the sections of a block's inner part; of two with one mark the first counts."""
    found: dict[Field, Section] = {}
    marks = list(_MARK.finditer(part))
    for index, mark in enumerate(marks):
        end = marks[index + 1].start() if index + 1 < len(marks) else len(part)
        name = _FIELDS[mark["name"].decode()]
        line = Span(mark.start(), line_end(part, mark.start()))
        lines = tuple(_own_lines(part, name, after_eol(part, line.end), end))
        last = (mark["last"] or b"").decode()
        found.setdefault(name, Section(mark["head"].decode(), last, line, end, lines))
    return found


def _own_lines(part: bytes, name: Field, at: int, end: int) -> list[tuple[Span, str]]:
    found = []
    while name in _OWN and at < end:
        line = Span(at, line_end(part, at))
        text = part[line.start : line.end].decode().rstrip()
        if _OWN[name].fullmatch(text):
            found.append((line, text))
        at = after_eol(part, line.end) if line.end < len(part) else end
    return found


def render(name: Field, text: str) -> str:
    """Write a section: the first line of its text is the heading."""
    head, *lines = text.split("\n")
    return "\n".join([_heading(name, head, text), *lines])


def _heading(name: Field, head: str, text: str) -> str:
    """Write a heading with our mark, which says what we write there: so an edit of it is known for one."""
    last = "" if name is Field.PROSE else f" {short_digest(text)}"
    return f"{head} <!-- plansync:{_NAMES[name]}{last} -->"


def rewrite(
    part: bytes,
    found: Mapping[Field, Section],
    wanted: Mapping[Field, str],
    lines: Sequence[Line],
    close: int,
) -> list[Edit]:
    """List the edits that make the sections in `wanted` say that; an empty text takes a section away.

    `lines`: the boxes of the block; `close`: where its closing sentence begins.
    """
    edits: list[Edit] = []
    for name in _NAMES:
        if name not in wanted:
            continue
        section, text = found.get(name), wanted[name]
        if section is None and text:
            at = place(name, found, lines, close)
            edits.append(Edit(at, at, _spelled(part, at, render(name, text))))
        elif section is not None and not text:
            edits += _removed(part, section)
        elif section is not None:
            edits += _changed(part, name, section, text)
    return edits


def place(name: Field, found: Mapping[Field, Section], lines: Sequence[Line], close: int) -> int:
    """Find where a section that is not there begins: before the next one that is, boxes included."""
    names = list(_NAMES)
    after = [found[n].line.start for n in names[names.index(name) + 1 :] if n in found]
    is_above = names.index(name) <= names.index(Field.CRITERIA)
    boxes = [line.block.span.start for line in lines[:1]] if is_above else []
    return min([*after, *boxes], default=close)


def _spelled(part: bytes, at: int, text: str) -> bytes:
    eol = eol_at(part, at)
    return text.encode().replace(b"\n", eol) + eol + eol


def _removed(part: bytes, section: Section) -> list[Edit]:
    spans = [section.line, *(span for span, _ in section.lines)]
    edits = [Edit(span.start, after_eol(part, span.end), b"") for span in spans]
    last = edits.pop()
    blank = line_end(part, last.end)
    is_blank = last.end < section.end and not part[last.end : blank].strip()
    return [*edits, last._replace(end=after_eol(part, blank) if is_blank else last.end)]


def _changed(part: bytes, name: Field, section: Section, text: str) -> list[Edit]:
    head, *wanted = text.split("\n")
    edits = []
    heading = _heading(name, head, text).encode()
    if part[section.line.start : section.line.end].rstrip() != heading:
        edits.append(Edit(section.line.start, section.line.end, heading))
    shown = [line for _, line in section.lines]
    ends = [after_eol(part, span.end) for span in (section.line, *(span for span, _ in section.lines))]
    eol = eol_at(part, section.line.start)
    for kind, i, j, k, m in SequenceMatcher(None, shown, wanted, autojunk=False).get_opcodes():
        if kind in ("delete", "replace"):
            edits += [Edit(span.start, after_eol(part, span.end), b"") for span, _ in section.lines[i:j]]
        if kind in ("insert", "replace"):
            fresh = b"".join(line.encode() + eol for line in wanted[k:m])
            edits.append(Edit(ends[i], ends[i], fresh))
    return edits


# ------------------------------------------------------------------- risks


def risks(part: bytes, found: Mapping[Field, Section], lines: Sequence[Line], close: int) -> Span | None:
    """Find the text below the heading of the risks, `None` where there is no such heading."""
    section = found.get(Field.PROSE)
    if section is None:
        return None
    start = after_eol(part, section.line.end)
    boxes = (line.block.span.start for line in lines if line.block.span.start >= start)
    return Span(start, max(start, min([section.end, close, *boxes])))


def risk_edits(
    part: bytes, found: Mapping[Field, Section], span: Span | None, text: bytes, at: int
) -> list[Edit]:
    """List the edits that make the risks' text say that; `at`: where a section for it begins."""
    eol = eol_at(part, at)
    if span is None:
        return (
            [Edit(at, at, _spelled(part, at, render(Field.PROSE, RISKS)) + text + eol + eol)] if text else []
        )
    old = part[span.start : span.end]
    if not text:
        return [Edit(found[Field.PROSE].line.start, span.end, b"")]
    if not (bare := old.strip(b"\r\n ")):
        return [Edit(span.start, span.end, eol + text + eol + eol)]
    start = span.start + old.index(bare)
    return [Edit(start, start + len(bare), text)]


def first_criterion(part: bytes, found: Mapping[Field, Section], close: int) -> Place:
    """Say where the first box of a block without boxes goes."""
    section = found.get(Field.CRITERIA)
    if section is not None:
        at = after_eol(part, section.line.end)
        return Place(at, before=eol_at(part, at))
    at = place(Field.CRITERIA, found, (), close)
    return Place(at, after=eol_at(part, at))
