"""Text that crosses between a plan, a tracker and a terminal: comparing, escaping, cleaning.

Nothing here knows what an item is. Every escape has its exact inverse, so a value that travels to a
tracker and back is the value that left.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

UID_PATTERN = "[2-9a-hj-km-np-z]{7}"
PLACEHOLDER = re.compile(r"\[[^\]\[]*\]|<[^<>]*>|\{[^{}]*\}|T?XXX+|TBD|TODO|\.{3}|…", re.IGNORECASE)
"""A title that wholly matches is a blank to be filled in, not an item."""

_COMMON_TITLE = re.compile(
    r"(?:implementation |project |spec |development )?(?:plan|task|todo|roadmap|milestone|checklist|doc|spec|backlog)s?"
    r"(?: list)?|openspec|changes|kiro|src|实施计划|实现计划|实作计划|實作計畫|実装計画|구현 계획|план|план реализации|"
    r"plan de implementación|plano de implementação|plan d['’]implémentation|implementierungsplan|umsetzungsplan",
    re.IGNORECASE,
)
"""Titles, and names of files and folders, that say nothing of one plan: any project has them."""

_EMPTY = "<!-- -->"
_SIGIL = r"@(?=(?:<!-- -->)*[A-Za-z0-9])|[#!](?=(?:<!-- -->)*\d)|\bGH-(?=(?:<!-- -->)*\d)"
_CLOSING = r"\b(?:clos(?:e[sd]?|ing)|fix(?:e[sd]|ing)?|resolv(?:e[sd]?|ing))\b(?=(?:<!-- -->)*:?\s+https?://)"
_NEUTRALISE = re.compile(f"(?:{_SIGIL}|{_CLOSING})", re.IGNORECASE)
_CODE = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_COMMENT_START = re.compile(r"<!--(?=\s*plansync)")
_ESCAPED_COMMENT = re.compile(r"&((?:amp;)*lt;!--)(?=\s*plansync)")
_BOX_LINE = re.compile(r"^(\s*(?:[-*+]|\d{1,9}[.)])\s+)(\\*)\[(?=.\])", re.MULTILINE)
_ESCAPED_BOX_LINE = re.compile(r"^(\s*(?:[-*+]|\d{1,9}[.)])\s+)\\(\\*)\[(?=.\])", re.MULTILINE)
_HIDDEN = {
    0x00AD,
    0x200B,
    0x200C,
    0x200E,
    0x200F,
    0x2060,
    0xFEFF,
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
}
_LEADING_NUMBER = re.compile(
    r"^\W*(?:(?:[^\W\d_]+[\s-]*#?)?(?:\d+(?:[.\-]\d+)*(?:[a-z]|\s*단계|\s*차)?|[IVXLC]+|[一二三四五六七八九十]+)|"
    r"[^\W\d_]+\s+(?-i:[A-Z]\d*)|phase)\s*[:：.)）–—-]+\s*",
    re.IGNORECASE,
)


def _outside_code(text: str, change: re.Pattern[str], by: str) -> str:
    """Apply a substitution everywhere but inside code spans."""
    parts, end = [], 0
    for span in _CODE.finditer(text):
        parts += [change.sub(by, text[end : span.start()]), span.group()]
        end = span.end()
    return "".join(parts) + change.sub(by, text[end:])


def neutralise(text: str) -> str:
    """Write plan text so that a tracker neither mentions, links nor closes anything by it.

    An empty comment goes after each sigil outside code; `restore` is the exact inverse.
    """
    text = _outside_code(text, _NEUTRALISE, r"\g<0>" + _EMPTY)
    text = _ESCAPED_COMMENT.sub(r"&amp;\1", text)
    text = _COMMENT_START.sub("&lt;!--", text)
    return _BOX_LINE.sub(r"\1\\\2[", text)


def restore(text: str) -> str:
    """Take back what `neutralise` wrote, and nothing else."""
    if "<!--" not in text and "\\" not in text and "&lt;" not in text:
        return text
    text = _ESCAPED_BOX_LINE.sub(r"\1\2[", text)
    text = _ESCAPED_COMMENT.sub(lambda m: f"&{m[1].removeprefix('amp;')}" if "amp;" in m[1] else "<!--", text)
    return _outside_code(text, re.compile(f"({_NEUTRALISE.pattern}){_EMPTY}", re.IGNORECASE), r"\1")


def sound(text: str) -> str:
    """Replace what no file could hold: half of a character pair, as JSON can carry it."""
    return text.encode("utf-8", "replace").decode()


def one_line(text: str) -> str:
    """Fold all blanks and line ends to single spaces and drop control characters."""
    if text.isprintable():  # then a space is the only blank in it
        return " ".join(text.split())
    kept = (" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c) != "Cc")
    return " ".join("".join(kept).split())


def visible(text: str) -> str:
    r"""Make text safe for a terminal: no control byte but \n and \t, hidden characters shown."""
    return "".join(
        f"<U+{ord(c):04X}>" if ord(c) in _HIDDEN else c
        for c in text
        if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")
    )


def imported(text: str) -> str:
    """Write a tracker's text so that it stays one inline of a plan: no line, comment or marker of its own."""
    text = "".join(f"<U+{ord(c):04X}>" if ord(c) in _HIDDEN else c for c in one_line(text))
    return text.replace("<!--", "&lt;!--")


def heading(text: str) -> str:
    """Write a tracker's text as a heading's: hashes at its end are no closing sequence."""
    return re.sub(r"(^|\s)(#+)$", r"\1\\\2", imported(text))


def words(text: object) -> str:
    """Reduce a text to what is compared: NFC, escapes taken back, inner blanks to one, trimmed."""
    return _words(text) if isinstance(text, str) else ""


@lru_cache(maxsize=16_384)  # three sides hold the same text, and each step of a run compares it again
def _words(text: str) -> str:
    text = re.sub(r"\\(#+)$", r"\1", one_line(restore(text)))
    text = re.sub(r"<U\+([0-9A-F]{4})>", lambda m: chr(int(m[1], 16)), text)
    return unicodedata.normalize("NFC", text.replace("&lt;!--", "<!--"))


def heading_words(text: object) -> str:
    """Compare headings without their number: `Phase 2: Core` and `Phase 3: Core` are alike."""
    text = words(text)
    return _LEADING_NUMBER.sub("", text) or text


def is_common_title(text: str) -> bool:
    """Say whether a title could be any plan's, such as `Implementation Plan` or `tasks`."""
    return bool(_COMMON_TITLE.fullmatch(text.strip()))


def is_placeholder(text: str) -> bool:
    """Say whether a title is wholly a blank to be filled in, such as `[Feature Name]`."""
    return bool(PLACEHOLDER.fullmatch(text.strip()))


def cut(text: str, limit: int) -> str:
    """Shorten to at most `limit` characters at a word, ending in an ellipsis."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    return (head[: head.rfind(" ")] if " " in head[limit // 2 :] else head).rstrip() + "…"


def same_lines(text: object) -> str:
    """Compare running text: line ends, trailing blanks and outer blank lines do not count."""
    if not isinstance(text, str):
        return ""
    lines = (line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return unicodedata.normalize("NFC", "\n".join(lines).strip("\n"))
