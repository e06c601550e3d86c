"""Blanks of templates, told from what merely stands in brackets."""

from __future__ import annotations

import re

from plansync.text import is_placeholder

_BLANK = re.compile(r"\[([^\]\[]*)\]|<([^<>]*)>|\{([^{}]*)\}")


def is_blank(value: str) -> bool:
    """Say whether a value is wholly a blank to be filled in, such as `[Date]`.

    A box, a list of numbers in brackets and words such as TBD, which are an answer, are none.
    """
    found = _BLANK.fullmatch(value.strip())
    inner = next((part for part in found.groups() if part is not None), "") if found else ""
    return len(inner.strip()) > 1 and not re.search(r"\d|://|@", inner)


def is_left_title(title: str) -> bool:
    """Say whether a title is wholly a placeholder; a box sign that was left in it is none."""
    return bool(title.strip()) and is_placeholder(title)
