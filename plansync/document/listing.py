"""A dependency line that is a bare list of tasks: its parts, and the edit that takes some of them out."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from plansync.document.edits import Edit
from plansync.document.references import Register, named
from plansync.document.spans import Span
from plansync.document.tree import Document, Node
from plansync.errors import Unwritable
from plansync.model import Uid

_PART = re.compile(rb"[^,;]+")
_REMARK = re.compile(r"\([^()]*\)")
_WORDS_MAX = 2  # `Task 1.3`, `#1.3`; behind `Task 1.3 must be done` the rest would stand alone
_NONE = b"None"


class Part(NamedTuple):
    """One part of the list: the task that it names, and where it stands, without blanks around it."""

    uid: Uid
    span: Span


def parts(document: Document, node: Node, known: Register) -> list[Part]:
    """Take a task's dependency line apart; nothing where any part of it names no task, or more than one."""
    key = node.key("depends")
    if key is None or key.items:
        return []
    text, found = document.source[key.value.start : key.value.end], list[Part]()
    for match in _PART.finditer(text):
        bare = match[0].strip()
        start = key.value.start + match.start() + match[0].index(bare)
        words = bare.decode("utf-8", "replace")
        tasks = named(words, known)
        is_bare = len(_REMARK.sub("", words).split()) <= _WORDS_MAX
        if not is_bare or len(tasks.tasks) != 1 or tasks.unknown or tasks.words or tasks.by_phase:
            return []
        found.append(Part(tasks.tasks[0], Span(start, start + len(bare))))
    return found


def without(document: Document, node: Node, known: Register, gone: Collection[Uid]) -> list[Edit]:
    """Take tasks out of a dependency line; one that loses all of them says so.

    Raises: Unwritable where the line is no bare list that names them.
    """
    there = parts(document, node, known)
    if not {part.uid for part in there} >= set(gone):
        raise Unwritable("the dependency line is no bare list of tasks; edit it by hand")
    kept = [part for part in there if part.uid not in gone]
    start, end = there[0].span.start, there[-1].span.end
    if not kept:
        return [Edit(start, end, _NONE)]
    edits = []
    for part, following in zip(there, [*there[1:], None], strict=True):
        if part.uid in gone and following is not None:
            edits.append(Edit(part.span.start, following.span.start, b""))
    last = kept[-1].span.end
    if there[-1].uid in gone:
        edits = [e for e in edits if e.start < last]
        edits.append(Edit(last, end, b""))
    return edits
