"""Text that crosses between a plan, a tracker and a terminal: comparing, escaping, cleaning.

Nothing here knows what an item is. Every escape has its exact inverse, so a value that travels to a
tracker and back is the value that left.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
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
_THEN = r"(?=(?:<!-- -->)*(?:{}|&(?:#|[A-Za-z])))"
_SIGIL = rf"@{_THEN.format('[A-Za-z0-9]')}|[#!]{_THEN.format('[0-9]')}|(?<![A-Za-z0-9])GH\\?-{_THEN.format('[0-9]')}"
_CODED = (
    r"(?<!\\)&(?:#0{0,9}(?:3[3-9]|[4-9][0-9]|1[01][0-9]|12[0-6])|#x0{0,9}(?:2[1-9a-f]|[3-7][0-9a-f])|commat|num|excl);|"
    r"(?<=&)#(?=(?:<!-- -->)*x[0-9a-f])|(?<=\\)&(?=(?:<!-- -->)*(?:commat|num|excl);)"
)
"""A printable ASCII character written as an entity: a tracker reads a mention or a number in what it stands for.

Behind a backslash it may be none, or all the same: there it is cut in two.
"""
_CLOSING = (
    r"(?<![A-Za-z0-9])(?:clos(?:e[sd]?|ing)|fix(?:e[sd]|ing)?|resolv(?:e[sd]?|ing)|implement(?:s|ed|ing)?)\b"
    r"(?=(?:<!-- -->)*:?\s+https?://)"
)
_NEUTRALISE = re.compile(f"(?:{_CODED}|{_SIGIL}|{_CLOSING})", re.IGNORECASE)
_TICKS = re.compile(r"\\.|`+", re.DOTALL)
_OURS = re.compile(rf"(?<=[@#!&;\-A-Za-z])(?:{_EMPTY})+")
_QUICK = re.compile(r"^(\r*)(\\*/)(?=[A-Za-z_])", re.MULTILINE)
"""A line that GitLab may take for an order to itself. Source: GitLab docs, "Quick actions": it begins with a slash.

GitLab takes every CR away before it looks.
"""
_ESCAPED_QUICK = re.compile(r"^(\r*)\\(\\*/)(?=[A-Za-z_])", re.MULTILINE)
_FENCED = re.compile(
    r"^ {0,3}(?P<fence>`{3,}(?=[^`\n]*$)|~{3,})[^\n]*$.*?(?:^ {0,3}(?P=fence)[`~]*[ \t\r]*$|\Z)",
    re.MULTILINE | re.DOTALL,
)
_SAFE_FENCE = re.compile(r"```[^`\n]*\n(?:.*\n)?```\r?", re.DOTALL)
"""A fence that every GitLab knows: older ones look for three backticks in the first column, and three at the end."""
_QUOTE_LINE = re.compile(r"^ {0,3}>>>", re.MULTILINE)
_HTML_LINE = re.compile(r"^ {0,3}<(?!!--.*-->[ \t\r]*$)", re.MULTILINE)
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_COMMENT_START = re.compile(r"<!--(?=\s*plansync)")
_ESCAPED_COMMENT = re.compile(r"&((?:amp;)*lt;!--)(?=\s*plansync)")
_BULLETS = r"^(\s*(?:(?:[-*+]|\d{1,9}[.)])\s+)+)"  # several: a list may begin in an item's first line
_BOX_LINE = re.compile(rf"{_BULLETS}(\\*)\[(?=.\])", re.MULTILINE)
_ESCAPED_BOX_LINE = re.compile(rf"{_BULLETS}\\(\\*)\[(?=.\])", re.MULTILINE)
HIDDEN = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff"
    r"\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff"
)
"""Characters that nobody sees, or that turn what one sees around: for a class in a pattern.

The joiner of emoji (U+200D) is left out. Source: Unicode, `Default_Ignorable_Code_Point`, and UTR 36.
"""
_HIDDEN = re.compile(f"[{HIDDEN}]")
_ESCAPED_HIDDEN = re.compile(r"<U\+([0-9A-F]{4,5})>")
_LINE_ENDS = re.compile(r"[ \t]*[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+\s*")
_LEADING_NUMBER = re.compile(
    r"^\W*(?:(?:[^\W\d_]+[\s-]*#?)?(?:\d+(?:[.\-]\d+)*(?:[a-z]|\s*단계|\s*차)?|[IVXLC]+|[一二三四五六七八九十]+)|"
    r"[^\W\d_]+\s+(?-i:[A-Z]\d*)|phase)\s*[:：.)）–—-]+\s*",
    re.IGNORECASE,
)


def _outside_code(text: str, change: re.Pattern[str], by: str) -> str:
    """Apply a substitution everywhere but inside code spans."""
    parts, end = [], 0
    for start, stop in _code_spans(text):
        parts += [change.sub(by, text[end:start]), text[start:stop]]
        end = stop
    return "".join(parts) + change.sub(by, text[end:])


def _outside_fences(text: str, change: re.Pattern[str], by: str) -> str:
    """Apply a substitution to the lines outside fences of backticks, those that every GitLab takes for some."""
    parts, end = [], 0
    for fence in _FENCED.finditer(text):
        if not _is_safe_fence(text, fence):
            continue
        parts += [change.sub(by, text[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join(parts) + change.sub(by, text[end:])


def _is_safe_fence(text: str, fence: re.Match[str]) -> bool:
    """Say whether every GitLab takes a fence for one: it has the plainest form, and begins in no HTML and no `>>>`.

    A quote of several lines ends at its own `>>>` whatever fence is open in it.
    """
    at = fence.start()
    if not _SAFE_FENCE.fullmatch(fence[0]) or text.count("<!--", 0, at) > text.count("-->", 0, at):
        return False
    if _QUOTE_LINE.search(text, 0, at):
        return False
    begin = at
    while begin and text[(line := text.rfind("\n", 0, begin - 1) + 1) : begin].strip():
        begin = line
    return not _HTML_LINE.search(text[begin:at])


def _code_spans(text: str) -> Iterator[tuple[int, int]]:
    """List the code spans that are surely some, wherever the text stands and whoever reads.

    Surely: on one line, without a bar that would part the cells of a table, and with nothing before it in its
    paragraph that could turn the pairs around (a backtick without its like on the line, a tag).
    """
    at, is_sure = 0, True
    while at < len(text):
        line = _line_at(text, at)
        is_sure = is_sure or not line.strip()
        for start, stop in _spans_in(line) if is_sure else ():
            is_sure = stop > start
            if is_sure:
                yield at + start, at + stop
        is_sure = is_sure and not _has_tag(line)
        at += len(line)


def _has_tag(text: str) -> bool:
    """Say whether a tag may begin here; the empty comments of ours, each behind a sigil, begin none."""
    return "<" in _OURS.sub("", text)


def _line_at(text: str, at: int) -> str:
    found = _LINE.match(text, at)
    return found[0] if found else ""


def _spans_in(line: str) -> Iterator[tuple[int, int]]:
    """List the code spans of a line; an empty one at the end says that nothing behind it is sure."""
    begin = at = 0
    while ticks := _TICKS.search(line, at):
        at = ticks.end()
        if ticks[0].startswith("\\"):
            continue
        closing = re.compile(rf"(?<!`){ticks[0]}(?!`)").search(line, at)
        if closing is None or "|" in line[at : closing.end()] or _has_tag(line[begin : ticks.start()]):
            yield at, at
            return
        yield ticks.start(), closing.end()
        begin = at = closing.end()


def neutralise(text: str) -> str:
    """Write plan text so that a tracker neither mentions, links nor closes anything by it.

    An empty comment goes after each sigil outside code; `restore` is the exact inverse. A slash that begins a line gets
    a backslash, but in fences of backticks.
    """
    if "/" in text:
        text = _outside_fences(text, _QUICK, r"\1\\\2")
    if _NEUTRALISE.search(text):
        text = _outside_code(text, _NEUTRALISE, r"\g<0>" + _EMPTY)
    text = _ESCAPED_COMMENT.sub(r"&amp;\1", text)
    text = _COMMENT_START.sub("&lt;!--", text)
    return _BOX_LINE.sub(r"\1\\\2[", text)


def restore(text: str) -> str:
    """Take back what `neutralise` wrote, and nothing else."""
    if "<!--" not in text and "\\" not in text and "&lt;" not in text:
        return text
    if "\\" in text:
        text = _outside_fences(text, _ESCAPED_QUICK, r"\1\2")
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


_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters but tabs and line feeds, and halves of characters: the categories Cc and Cs, which do not grow."""


def visible(text: str) -> str:
    r"""Make text safe for a terminal: no control byte but \n and \t, hidden characters shown."""
    if text.isascii() and text.isprintable():
        return text
    return _shown(_UNSEEN.sub("", text))


def in_line(text: str) -> str:
    """Make text safe for a place in a line: it begins no other one."""
    return visible(_LINE_ENDS.sub(" ", text).replace("\t", " "))


def _shown(text: str) -> str:
    return _HIDDEN.sub(lambda found: f"<U+{ord(found[0]):04X}>", text)


def _taken_back(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16))
    return character if _HIDDEN.fullmatch(character) else found[0]


def imported(text: str) -> str:
    """Write a tracker's text so that it stays one inline of a plan: no line, comment or marker of its own."""
    return _shown(one_line(text)).replace("<!--", "&lt;!--")


def heading(text: str) -> str:
    """Write a tracker's text as a heading's: hashes at its end are no closing sequence."""
    return re.sub(r"(^|\s)(#+)$", r"\1\\\2", imported(text))


def words(text: object) -> str:
    """Reduce a text to what is compared: NFC, escapes taken back, inner blanks to one, trimmed."""
    return _words(text) if isinstance(text, str) else ""


@lru_cache(maxsize=16_384)  # three sides hold the same text, and each step of a run compares it again
def _words(text: str) -> str:
    text = re.sub(r"\\(#+)$", r"\1", one_line(restore(text)))
    text = _ESCAPED_HIDDEN.sub(_taken_back, text)
    return unicodedata.normalize("NFC", text.replace("&lt;!--", "<!--"))


def folded(name: str) -> str:
    """Name a label or an account by what it is told apart by: no case, and one spelling of each letter."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


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


def short_digest(text: str) -> str:
    """Name a text by twelve hexadecimal digits, the same for all that compare alike as lines."""
    return hashlib.sha256(same_lines(text).encode()).hexdigest()[:12]


def same_lines(text: object) -> str:
    """Compare running text: line ends, trailing blanks and outer blank lines do not count."""
    if not isinstance(text, str):
        return ""
    lines = (line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return unicodedata.normalize("NFC", "\n".join(lines).strip("\n"))
