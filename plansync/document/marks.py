"""What plansync writes into a plan to know it again: markers, links to issues, the footer."""

from __future__ import annotations

from plansync.document.edits import Edit
from plansync.document.lines import eol_before, line_insertion, line_removal
from plansync.document.spans import after_eol, eol_at
from plansync.document.token import token_place
from plansync.document.tree import Document, Node, link_line


def heading_marker(document: Document, node: Node, uid: str) -> list[Edit]:
    """Put a marker on a heading, before trailing blanks and closing hashes; an empty uid takes it off."""
    text = f" <!-- plansync:{uid} -->".encode() if uid else b""
    if node.token:
        return [Edit(node.token.cut.start, node.token.cut.end, text)]
    return [Edit(node.block.text.end, node.block.text.end, text)] if uid else []


def heading_link(document: Document, node: Node, link: str, *, replaces: bool = False) -> list[Edit]:
    """Write the link line; one that names another issue is its author's and stays, ours stands before it.

    `replaces`: the one that is there was ours, of an issue that is the task's no more.
    """
    number, _, url = link.partition(" ")
    text = f"[{number}]({url})"
    key = link_line(document, node) if node.token else None
    if key and number and replaces:
        return [Edit(key.value.start, key.value.end, text.encode())]
    if key and number and document.text(key.value).startswith(f"[{number}]("):
        return [Edit(key.value.start, key.value.end, text.encode())]
    if key and not number:
        return [line_removal(document, node, key)]
    return [line_insertion(document, node, "Issue", text, first=True)] if number else []


def item_token(document: Document, node: Node, uid: str, link: str) -> list[Edit]:
    """Put marker and link on a list item as one token; an empty uid takes both off."""
    number, _, url = link.partition(" ")
    visible = f" [{number}]({url})" if number and url else ""
    text = f"{visible} <!-- plansync:{uid}{' ' if number else ''}{number} -->".encode() if uid else b""
    if node.token:
        return [Edit(node.token.cut.start, node.token.cut.end, text)]
    at = start = token_place(document.source, node.block)
    if node.tail and node.tail.link and node.tail.ref == link:  # ours, left behind by who deleted the marker
        start = node.tail.link.start
    return [Edit(start, at, text)] if uid else []


def footer(document: Document, lineage: str) -> list[Edit]:
    """Put the footer on the last line, replace it, or take exactly its line away."""
    source, shown = document.source, document.footer
    line = f"<!-- plansync plan={lineage} -->".encode() if lineage else b""
    if shown and line:
        return [Edit(shown.start, shown.end, line)]
    if shown:
        end = after_eol(source, shown.end)
        return [Edit(shown.start if end > shown.end else eol_before(source, shown.start), end, b"")]
    eol = eol_at(source, max(len(source) - 1, 0))
    has_end = not source or source.endswith((b"\n", b"\r"))
    return [Edit(len(source), len(source), line + eol if has_end else eol + line)] if line else []
