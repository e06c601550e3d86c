"""Durations as GitLab reads and writes them: a month is four weeks, a week five days, a day eight hours."""

from __future__ import annotations

import re
from typing import Final

_MINUTE, _HOUR = 60, 3600
UNITS: Final = {"mo": 160 * _HOUR, "w": 40 * _HOUR, "d": 8 * _HOUR, "h": _HOUR, "m": _MINUTE}
_WORDS: Final = {
    **dict.fromkeys(("mo", "mos", "month", "months"), "mo"),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks"), "w"),
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "m"),
}
_PART: Final = re.compile(r"\s*(\d{1,9}(?:\.\d{1,9})?)\s*([a-z]*)\s*,?")


def seconds(text: str) -> int | None:
    """Read a duration; a bare number means hours, a minus makes all of it less. `None` for what is none."""
    is_less, rest = text.strip().startswith("-"), text.strip().removeprefix("-").strip().lower()
    total, end = 0.0, 0
    while end < len(rest):
        part = _PART.match(rest, end)
        unit = _WORDS.get(part[2] or "h") if part else None
        if part is None or unit is None:
            return None
        total, end = total + float(part[1]) * UNITS[unit], part.end()
    if not rest:
        return None
    return -round(total) if is_less else round(total)


def human(count: int) -> str | None:
    """Write seconds for people, to the minute; `None` for no time at all."""
    parts, left = [], abs(count)
    for unit, size in UNITS.items():
        number, left = divmod(left, size)
        if number:
            parts.append(f"{number}{unit}")
    if not parts:
        return None
    return ("-" if count < 0 else "") + " ".join(parts)
