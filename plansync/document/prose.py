"""What an issue shows of a task's text: its lead, all of it, or nothing; and the whole title where that was cut."""

from __future__ import annotations

import re
from collections.abc import Sequence

from plansync import titles
from plansync.document.block import holds
from plansync.document.spans import Span
from plansync.document.tree import Document, Node
from plansync.model import TITLE_MAX
from plansync.text import cut

_LEAD_MAX = 600
_BULLET = re.compile(r"(?:[-*+]|\d{1,9}[.)])\s")


def opened(title: str, prose: str, around: str = titles.PLAIN) -> str:
    """Let a text begin with the whole title where the issue's holds only a part of it."""
    return f"{title}\n\n{prose}".strip() if len(title) > titles.room(around, TITLE_MAX) else prose


def prose_of(document: Document, node: Node, much: str) -> str:
    """Read a task's text: its "lead", up to the first fence or heading; all of it ("full"); or "none"."""
    if much == "none":
        return ""
    if much == "full" and holds(text := _joined(document, node.whole)):
        return text
    return cut(_joined(document, node.prose), _LEAD_MAX)


def _joined(document: Document, spans: Sequence[Span]) -> str:
    text = ""
    for part in (_unindented(document, span) for span in spans):
        joint = "\n" if _BULLET.match(part) and _BULLET.match(text.rpartition("\n")[2]) else "\n\n"
        text = f"{text}{joint}{part}" if text else part
    return text


def _unindented(document: Document, span: Span) -> str:
    """Read a block so that it begins at the margin, whatever stood it in a list."""
    text = document.text(span).replace("\r\n", "\n").replace("\r", "\n")
    margin = document.column(span.start) - 1
    return re.sub(rf"\n[ \t]{{0,{margin}}}", "\n", text) if margin else text
