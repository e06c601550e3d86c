"""Lines that fit a terminal: a wide character takes two cells, a combining one none, nor do colours and links."""

from __future__ import annotations

import re
import shutil
import unicodedata
from collections.abc import Iterator, Sequence

_NARROWEST, _WIDEST = 60, 120
_UNSEEN = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;;[^\x1b]*\x1b\\")
"""Colours, and the beginning and end of a link."""
_PIECE = re.compile(r"plansync [^,;()]*[^,;()\s]|\(\d+ requests?[^()]*\)|[^ ]+| +")
"""What is not broken: a word, a whole command, which somebody may copy, and what a run cost."""


def line_width() -> int:
    """Say how many cells a line may have: the terminal's, within what reads well; 80 where there is none."""
    return min(max(shutil.get_terminal_size((80, 24)).columns, _NARROWEST), _WIDEST)


def cells(text: str) -> int:
    """Count the cells that a text takes."""
    return len(text) if text.isascii() else sum(map(_cells_of, text))


def _cells_of(character: str) -> int:
    if unicodedata.combining(character) or character in "\u200d\ufe0e\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def shortened(text: str, limit: int) -> str:
    """Cut a text to `limit` cells, ending in an ellipsis."""
    if cells(text) <= limit:
        return text
    kept, used = "", 1
    for character in text:
        used += _cells_of(character)
        if used > limit:
            break
        kept += character
    return kept.rstrip() + "…"


def padded(text: str, width: int) -> str:
    """Fill a text with blanks up to a width."""
    return text + " " * (width - cells(text))


def columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Write rows as lines in which each column but the last is as wide as its widest cell."""
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        parts = [padded(cell, width) for cell, width in zip(row, widths, strict=True)]
        yield "  ".join(parts).rstrip()


def folded(text: str, width: int, indent: int | None = None) -> list[str]:
    """Break a line at blanks where it is wider than `width`; what follows is indented, else by two cells more."""
    if cells(_UNSEEN.sub("", text)) <= width:
        return [text]
    indent = len(text) - len(text.lstrip(" ")) + 2 if indent is None else indent
    lines, line, used = list[str](), "", 0
    for piece in _PIECE.findall(text):
        size = cells(_UNSEEN.sub("", piece))
        if used + size > width and line.strip() and not piece.isspace():
            lines.append(line.rstrip(" "))
            line, used = " " * indent, indent
        line, used = line + piece, used + size
    return [*lines, line]
