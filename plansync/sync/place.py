"""Whether the place on the tracker is the one that a plan was synced with, under whatever name."""

from __future__ import annotations

from dataclasses import replace

from plansync.errors import NotFound, StoreError
from plansync.store.header import Target
from plansync.store.state import Saved
from plansync.trackers.base import Lasting, Tracker


def is_maybe_renamed(saved: Saved, now: Target) -> bool:
    """Say whether only the name of the place is another one: what it was known by besides can tell."""
    known = saved.target
    return bool(saved.repository) and known is not None and now == replace(known, project=now.project)


async def find(tracker: Tracker, node: str, refusal: StoreError | None) -> None:
    """Make sure that a place of another name is the one that it was, and let one that lost its name be found.

    `node`: what proved its identity last. Raises: `refusal`, where the place has another name and is another one.
    """
    if refusal is not None and await _node(tracker) != node:
        raise refusal
    if node and isinstance(tracker, Lasting):
        tracker.known_as(node)


async def _node(tracker: Tracker) -> str:
    """Read what proves the identity of the place; empty where it is not there."""
    try:
        return (await tracker.repository()).node
    except NotFound:
        return ""
