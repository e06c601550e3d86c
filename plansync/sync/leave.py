"""Leaving: forget a plan's links, and give the file back as it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from plansync.document import rewrite
from plansync.document.edits import Edit, apply_edits
from plansync.document.token import Token, token_of
from plansync.document.tree import Document, link_line
from plansync.document.view import snapshot
from plansync.model import OVERVIEW, Change, Field, Item, Operation, Side, Uid
from plansync.reconcile import held
from plansync.store.files import digest
from plansync.sync.project import Files
from plansync.sync.reading import Parse

Lock = Callable[[str], AbstractContextManager[None]]


def unlink(files: Sequence[Files], lock: Lock, parse: Parse, *, strip: bool) -> int:
    """Forget every state file of a plan; with `strip` take markers, links and footer out of it.

    Returns how many of them were taken out. Raises: PlanError where the plan cannot be written.
    """
    with lock("unlink"):
        count = _strip(files[0], parse) if strip else 0
        for each in files:
            each.forget_state()
    return count


def _strip(files: Files, parse: Parse) -> int:
    source = files.read()
    content, count = stripped(source, parse)
    if count:
        files.check_writable()
        files.replace(content, digest(source))
    return count


def stripped(source: bytes, parse: Parse) -> tuple[bytes, int]:
    """Take every marker, link and the footer out of a plan; tell how many there were."""
    count = 0
    for is_footer in (True, False):  # in two steps: what stood on the last line has its old place again
        document = parse(source)
        operations = [op for op in removals(document) if (op.uid == OVERVIEW) is is_footer]
        local = _items(document)
        source = rewrite.rewrite(document, local, operations, held(local, {}, operations))
        count += len(operations)
    while stray := [_without(t) for b in parse(source).blocks if b.comments and (t := token_of(source, b))]:
        source = apply_edits(source, stray)
        count += len(stray)
    return source, count


def _without(token: Token) -> Edit:
    """Take a mark away that stands on what is no phase or task any more: its author moved or nested it."""
    return Edit(token.cut.start, token.cut.end, b"")


def _items(document: Document) -> dict[Uid, Item]:
    """Name every heading by its place: copied markers are stripped too."""
    shown = snapshot(document, "").items
    items = {
        Uid(f"@{n}"): Item(Uid(f"@{n}"), shown[OVERVIEW].kind, {}, n) for n in range(len(document.nodes))
    }
    return {OVERVIEW: shown[OVERVIEW], **items}


def removals(document: Document) -> list[Operation]:
    """List the edits that take everything of ours out of a plan."""
    found = []
    for at, node in enumerate(document.nodes):
        uid = Uid(f"@{at}")
        if node.token and not node.is_item and link_line(document, node):
            found.append(Operation(Side.LOCAL, "set-link", uid, (Change(uid, Field.LINK, "", ""),), 0))
        if node.token:
            found.append(
                Operation(Side.LOCAL, "set-marker", uid, (Change(uid, Field.MARKER, node.marker, ""),), 0)
            )
    if document.footer:
        change = Change(OVERVIEW, Field.MARKER, document.lineage, "")
        found.append(Operation(Side.LOCAL, "set-marker", OVERVIEW, (change,), 0))
    return found
