"""Issue bodies as safe HTML, and their boxes: the sandbox's one user of the Markdown parser.

An issue body is foreign text. Every tag in the output is one that this module writes itself; HTML
in the source is shown as text, its comments not at all, images as links, and a link leads only to
http, https or mailto. A box is a task-list item's, never one in code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple, TypeAlias

import pyromark
from markupsafe import Markup, escape

_OPTIONS = (
    pyromark.Options.ENABLE_TASKLISTS
    | pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_GFM
)
_BOM = "\ufeff"
_COMMENT = re.compile(r"<!--.*?(?:-->|$)", re.DOTALL)
_ADDRESS = re.compile(r"(?:https?://|mailto:)[^\x00-\x20]+", re.IGNORECASE)
_BARE_ADDRESS = re.compile(r"https?://[^\s<>()\[\]\"']*[^\s<>()\[\]\"'.,;:!?]")
_LIKE_DROPPED = re.compile(rb"^(?:[ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]+)+\[~\](?=[ \t])", re.MULTILINE)
_SIMPLE = {
    "Paragraph": "p",
    "Emphasis": "em",
    "Strong": "strong",
    "Strikethrough": "del",
    "BlockQuote": "blockquote",
    "TableRow": "tr",
}


class Box(NamedTuple):
    """A task-list box: its ordinal in the body, from 0, and its letter's place in UTF-8 bytes.

    `is_dropped`: GitLab's `[~]`, which is neither done nor to do. `has_words`: whether anything follows it.
    """

    ordinal: int
    letter_at: int
    is_ticked: bool
    is_dropped: bool = False
    has_words: bool = True


DrawBox: TypeAlias = Callable[[Box, str], Markup]
"""Draws one box; is also given the plain text of its item."""


def boxes(body: str) -> list[Box]:
    """Find a body's boxes, in its order."""
    return [event for event in _events(body) if isinstance(event, Box)]


def flip(body: str, ordinal: int) -> str | None:
    """Tick or untick one box: one letter changes, nothing else. `None` where there is no such box, or a dropped one."""
    box = next((each for each in boxes(body) if each.ordinal == ordinal and not each.is_dropped), None)
    if box is None:
        return None
    raw = body.encode()
    letter = b" " if box.is_ticked else b"x"
    return (raw[: box.letter_at] + letter + raw[box.letter_at + 1 :]).decode()


def render(body: str, draw_box: DrawBox) -> Markup:
    """Render a body as HTML."""
    events = list(_events(body))
    return _Writer(events, draw_box).written()


def _events(body: str) -> Iterator[Any]:
    """Parse; a box comes as a `Box`, anything else as the parser's own event."""
    offset = len(_BOM.encode()) if body.startswith(_BOM) else 0
    # A lone CR is no line end to this parser; LF is as long, so positions hold.
    source = re.sub(r"\r(?!\n)", "\n", body.removeprefix(_BOM))
    ordinals, raw = count(), source.encode()
    dropped = _dropped(raw)
    for event, where in _parsed(_ticked(raw, dropped)):
        if isinstance(event, dict) and "TaskListMarker" in event:
            at = where["start"] + 1
            rest = raw[at + 2 :].partition(b"\n")[0]
            is_dropped = at in dropped
            is_ticked = event["TaskListMarker"] and not is_dropped
            yield Box(next(ordinals), offset + at, is_ticked, is_dropped, bool(rest.strip()))
        else:
            yield event


def _parsed(source: str) -> Iterator[tuple[Any, Any]]:
    yield from pyromark.events_with_range(source, options=_OPTIONS, merge_text=True)


def _dropped(raw: bytes) -> set[int]:
    """Find the letters of `[~]`, which the parser does not know: where `[x]` in its place would be a box."""
    looks = {found.end() - 2 for found in _LIKE_DROPPED.finditer(raw)}
    if not looks:
        return looks
    are = {where["start"] + 1 for event, where in _parsed(_ticked(raw, looks)) if "TaskListMarker" in event}
    return looks & are


def _ticked(raw: bytes, letters: set[int]) -> str:
    """Put an x for each of these letters."""
    changed = bytearray(raw)
    for at in letters:
        changed[at] = ord("x")
    return changed.decode()


def top_paragraphs(body: str) -> list[tuple[int, int]]:
    """Find the paragraphs that stand in nothing else. Units: UTF-8 bytes of the body, from and to."""
    found, depth = [], 0
    for event, where in _parsed(body):
        if isinstance(event, dict) and "Start" in event:
            if depth == 0 and event["Start"] == "Paragraph":
                found.append((where["start"], where["end"]))
            depth += 1
        elif isinstance(event, dict) and "End" in event:
            depth -= 1
    return found


@dataclass(slots=True)
class _Writer:
    """Folds events into HTML: `closers` holds what ends each open element."""

    events: list[Any]
    draw_box: DrawBox
    out: list[str] = field(default_factory=list)
    closers: list[str] = field(default_factory=list)
    html: list[str] | None = None
    links_open: int = 0
    cell: str = "td"

    def written(self) -> Markup:
        """Write all of it."""
        for at, event in enumerate(self.events):
            self._take(at, event)
        return Markup("".join(self.out))

    def _take(self, at: int, event: Any) -> None:
        match event:
            case Box():
                self.out.append(self.draw_box(event, _words_after(self.events, at)))
            case {"Start": tag}:
                self._start(at, *_named(tag))
            case {"End": tag}:
                self._end(_named(tag)[0])
            case {"Text": text}:
                self.out.append(self._text(text))
            case {"Code": text}:
                self.out.append(f"<code>{escape(text)}</code>")
            case {"Html": text} | {"InlineHtml": text}:
                self._html(text)
            case "SoftBreak" | "HardBreak":  # in an issue GitHub breaks at every line end
                self.out.append("<br>\n")
            case "Rule":
                self.out.append("<hr>\n")

    def _start(self, at: int, tag: str, detail: Any) -> None:
        opener, closer = "", ""
        match tag:
            case "HtmlBlock":
                self.html = []
            case "Heading":
                level = min(int(detail["level"][1]) + 1, 6)  # the page's own title is the first
                opener, closer = f"<h{level}>", f"</h{level}>\n"
            case "CodeBlock":
                opener, closer = '<pre tabindex="0"><code>', "</code></pre>\n"
            case "List":
                opener, closer = (
                    ("<ul>\n", "</ul>\n") if detail is None else (f'<ol start="{detail}">\n', "</ol>\n")
                )
            case "Item":
                is_task = any(isinstance(each, Box) for each in self._first_in_item(at))
                opener, closer = '<li class="task">' if is_task else "<li>", "</li>\n"
            case "Link" | "Image":
                opener, closer = self._link(tag, detail["dest_url"])
            case "Table" | "TableHead" | "TableCell":
                opener, closer = self._table(tag)
            case "BlockQuote" if detail:
                opener = f"<blockquote><p><strong>{escape(detail)}</strong></p>"
                closer = "</blockquote>\n"
            case _ if name := _SIMPLE.get(tag):
                opener, closer = (
                    f"<{name}>",
                    f"</{name}>" + ("\n" if name in ("p", "tr", "blockquote") else ""),
                )
        self.out.append(opener)
        self.closers.append(closer)

    def _end(self, tag: str) -> None:
        if tag == "HtmlBlock":
            shown = _COMMENT.sub("", "".join(self.html or [])).strip()
            self.html = None
            self.out.append(f'<pre class="html" tabindex="0">{escape(shown)}</pre>\n' if shown else "")
        elif tag in ("Link", "Image"):
            self.links_open -= 1
        elif tag == "TableHead":
            self.cell = "td"
        self.out.append(self.closers.pop())

    def _first_in_item(self, at: int) -> list[Any]:
        """Give the item's first event, or its first two where a paragraph opens it."""
        opens_paragraph = self.events[at + 1 : at + 2] == [{"Start": "Paragraph"}]
        return self.events[at + 1 : at + (3 if opens_paragraph else 2)]

    def _link(self, tag: str, address: str) -> tuple[str, str]:
        self.links_open += 1
        before = "Image: " if tag == "Image" else ""
        if self.links_open > 1 or not _ADDRESS.fullmatch(address):
            return f"<span>{before}", "</span>"
        return f"{_anchor(address)}{before}", "</a>"

    def _table(self, tag: str) -> tuple[str, str]:
        if tag == "Table":
            return '<div class="scroll" tabindex="0"><table>\n', "</tbody></table></div>\n"
        if tag == "TableHead":
            self.cell = "th"
            return "<thead><tr>", "</tr></thead>\n<tbody>"
        return f"<{self.cell}>", f"</{self.cell}>"

    def _text(self, text: str) -> str:
        in_code = bool(self.closers) and self.closers[-1].startswith("</code>")
        if in_code or self.links_open:
            return str(escape(text))
        parts, end = [], 0
        for found in _BARE_ADDRESS.finditer(text):
            parts += [
                str(escape(text[end : found.start()])),
                _anchor(found.group()),
                str(escape(found.group())),
                "</a>",
            ]
            end = found.end()
        return "".join(parts) + str(escape(text[end:]))

    def _html(self, text: str) -> None:
        if self.html is not None:
            self.html.append(text)
        else:
            self.out.append(str(escape(_COMMENT.sub("", text))))


def _named(tag: Any) -> tuple[str, Any]:
    """Split a tag into its name and its detail."""
    return next(iter(tag.items())) if isinstance(tag, dict) else (tag, None)


def _anchor(address: str) -> str:
    return f'<a href="{escape(address)}" rel="noopener noreferrer nofollow">'


def _words_after(events: list[Any], at: int) -> str:
    """Give the plain text of the paragraph that a box begins."""
    words = []
    for event in events[at + 1 :]:
        match event:
            case {"Text": text} | {"Code": text}:
                words.append(text)
            case "SoftBreak" | "HardBreak":
                words.append(" ")
            case {"End": "Paragraph" | "Item"} | {"Start": {"List": _} | "Paragraph" | {"CodeBlock": _}}:
                break
    return "".join(words).strip()
