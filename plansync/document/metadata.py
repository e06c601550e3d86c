"""Metadata lines: `**Key**: value`, `**Key:** value`, `_Key: value_`, one or several on a line."""

from __future__ import annotations

import re
from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from plansync.document.spans import Span, after_eol, line_end, line_start

_KEY = re.compile(
    r"(?P<lead>[ \t>]*(?:[-*+][ \t]+)?)(?P<mark>\*\*|__)(?P<key>[^*_\r\n]+?)"
    r"(?:(?P<inner>(?<!\s)\s*+[:：])(?P=mark)|(?P=mark)(?P<outer>\s*[:：]))[ \t]*+"
    r"(?P<value>(?:[^\r\n]*[^ \t\r\n\\])?|[^\r\n]*[^ \t\r\n])(?P<tail>[ \t]*|\\)$"
)
_ITALIC = re.compile(
    r"(?P<lead>[ \t>]*(?:[-*+][ \t]+)?)(?P<mark>\*\*|__|[_*])(?P<key>[^*_:：\r\n]*[^*_:：\s])"
    r"(?P<inner>\s*+[:：])[ \t]*+(?P<value>[^\r\n]*?)(?P=mark)(?P<tail>[ \t]*)$"
)
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_NEXT = re.compile(r"[ \t]*[|·•][ \t]*(?=(?:\*\*|__)[^*_\r\n]+?(?:\s*[:：](?:\*\*|__)|(?:\*\*|__)\s*[:：]))")


class Key(NamedTuple):
    """One metadata line: `name` is its meaning (empty: none known), `key` the word as written.

    `line` leaves the line ending out but holds trailing blanks; `lead` is what stands before the
    key, `colon` the colon as written. `items`: the bullets below a key that has no value of its own.
    `is_shared`: another key stands on the same line.
    """

    name: str
    key: str
    line: Span
    value: Span
    lead: str
    is_colon_inside: bool
    colon: str
    tail: str
    is_shared: bool = False
    items: tuple[Span, ...] = ()


def key_lines(source: bytes, span: Span, names: Mapping[str, str]) -> list[Key]:
    """Read the metadata lines of a paragraph or an item's text; lines that are none are passed over."""
    found: list[Key] = []
    at = line_start(source, span.start)
    while at < span.end:
        end = line_end(source, at)
        line = source[at:end].decode("utf-8")
        if "*" in line or "_" in line:
            found += _keys_of(line, at, Span(at, end), names)
        at = after_eol(source, end) if end < len(source) else span.end
    return found


def _keys_of(line: str, at: int, span: Span, names: Mapping[str, str]) -> Iterable[Key]:
    """Read one line: mostly one key, seldom several between bars."""
    if "|" not in line and "·" not in line and "•" not in line:
        match = _KEY.fullmatch(line) or _all_marked(line, names)
        return [_key(match, at, span, names, is_shared=False)] if match else []
    return _shared_keys(line, at, span, names)


def _shared_keys(line: str, at: int, span: Span, names: Mapping[str, str]) -> Iterator[Key]:
    bars = list(_NEXT.finditer(line))
    # a line that begins with a key does so however much more of it is read
    cuts = bars[bisect_left(bars, True, key=lambda m: _KEY.fullmatch(line, 0, m.start()) is not None) :]
    starts = [0, *(m.end() for m in cuts)]
    ends = [*(m.start() for m in cuts), len(line)]
    read = 0
    for start, end in zip(starts, ends, strict=True):
        part = line[start:end]
        at += len(line[read:start].encode())
        read = start
        match = _KEY.fullmatch(part) or _all_marked(part, names)
        if match:
            yield _key(match, at, span, names, is_shared=len(starts) > 1)


def _all_marked(part: str, names: Mapping[str, str]) -> re.Match[str] | None:
    """Take a line that is all italic or bold for metadata only by a key that is known: prose is written so too."""
    match = _ITALIC.fullmatch(part)
    return match if match and folded(match["key"]) in names else None


def _key(match: re.Match[str], at: int, line: Span, names: Mapping[str, str], *, is_shared: bool) -> Key:
    text, (start, end) = match.string, match.span("value")
    if not text.isascii():
        start, end = len(text[:start].encode()), len(text[:end].encode())
    groups = match.groupdict()
    return Key(
        name=names.get(folded(match["key"]), ""),
        key=match["key"],
        line=line,
        value=Span(at + start, at + end),
        lead=match["lead"],
        is_colon_inside=groups["inner"] is not None,
        colon=groups["inner"] or groups.get("outer") or ":",
        tail=match["tail"],
        is_shared=is_shared,
    )


def folded(word: str) -> str:
    """Write a key as the tables hold it."""
    return " ".join(word.split()).casefold()


def day_in(text: str) -> str:
    """Read the first day that a text names, as 2027-05-01; one that no calendar has is none."""
    for found in _DAY.finditer(text):
        year, month, day = (int(part) for part in found.groups())
        if year and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]:
            return found[0]
    return ""
