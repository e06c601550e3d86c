"""What items are called, and where they stand: as the plan's author has it."""

from __future__ import annotations

from plansync.document.tree import Document, Node
from plansync.model import Field, Item, Kind, text_of


def node_of(document: Document, item: Item | None) -> Node | None:
    """Find the node of an item of the plan; `None` where it has none."""
    if item is None or item.at is None or not 0 <= item.at < len(document.nodes):
        return None
    return document.nodes[item.at]


def label(document: Document, item: Item, *, is_in_plan: bool) -> str:
    """Name an item as its author does: its number as written, else its title or text."""
    node = node_of(document, item) if is_in_plan and item.kind is not Kind.STEP else None
    if node is not None:
        return node.label or text_of(item, Field.TITLE)
    return text_of(item, Field.TEXT) or text_of(item, Field.TITLE)
