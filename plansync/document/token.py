"""Our mark on a heading or a list item, read: the uid, and for an item the issue that it names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from plansync.document.spans import Block, Span
from plansync.model import OVERVIEW
from plansync.text import UID_PATTERN

MARKER = re.compile(rf"<!--[ \t]*plansync:({UID_PATTERN})(?:[ \t]+#(\d{{1,15}}))?[ \t]*-->")
"""Read with any blanks, as a formatter may leave them; written with one."""
FOOTER = re.compile(rb"<!-- plansync plan=([0-9a-z]{8}) -->")
"""The last line of a plan that was pushed: its lineage."""

_LINK = re.compile(r"[ \t]\[#(\d+)\]\(([^)\s]*)\)[ \t]*$")


@dataclass(frozen=True, slots=True)
class Token:
    """Our mark: `cut` is all of ours with the blank before it, `comment` the marker alone.

    `number` and `url`: the issue that a list item names in its marker and in the link before it.
    """

    uid: str
    cut: Span
    comment: Span
    number: str = ""
    url: str = ""


def token_of(source: bytes, block: Block) -> Token | None:
    """Find our mark among a block's comments; the link before it is ours where both name one issue."""
    for comment in reversed(block.comments):
        found = MARKER.fullmatch(source[comment.start : comment.end].decode("utf-8"))
        if found and found[1] != OVERVIEW:
            head = source[block.text.start : comment.start].decode("utf-8")
            link = _LINK.search(head)
            ours = link if link and found[2] and link[1] == found[2] else None
            bare = head[: ours.start()] if ours else head.rstrip(" \t")
            cut = Span(block.text.start + len(bare.encode()), comment.end)
            return Token(found[1], cut, comment, found[2] or "", ours[2] if ours else "")
    return None
