"""Lines that fit a terminal: a wide character takes two cells, a combining one none."""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Iterator, Sequence

_NARROWEST, _WIDEST = 60, 120


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
