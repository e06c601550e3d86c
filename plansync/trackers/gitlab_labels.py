"""How GitLab spells labels: it tells `Bug` from `bug`, and makes a second label of a name that it does not know."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable

from plansync.errors import Rejected
from plansync.trackers.gitlab_door import Door
from plansync.trackers.gitlab_payloads import LabelPayload

SCOPE = "::"
"""What ends the scope in a label's name."""
_CLEANED = re.compile(r"<[A-Za-z/!?]|&#?\w+;")
"""What GitLab takes for HTML in a label's name: app/models/label.rb strips tags and decodes entities."""


class Spellings:
    """The labels of the project and of the groups above it, read once before the first is written."""

    def __init__(self, door: Door) -> None:
        self._door, self._at_once = door, asyncio.Lock()
        self._known: dict[str, list[str]] | None = None

    async def stored(self, names: Iterable[str]) -> tuple[str, ...]:
        """Spell labels as they are stored; a new one stays as it is. Of one scope the last is kept, as Premium does.

        Raises: Rejected for a name that no label can have.
        """
        known = await self._labels()
        spelt = [_closest(check(name), known.get(name.casefold(), [])) for name in names]
        last = {_scope(name): name for name in spelt}
        return tuple(name for name in dict.fromkeys(spelt) if not _scope(name) or last[_scope(name)] == name)

    async def alike(self, name: str) -> tuple[str, ...]:
        """List all spellings under which an issue may bear a label."""
        known = await self._labels()
        return tuple(dict.fromkeys((name, *known.get(name.casefold(), []))))

    async def siblings(self, names: Iterable[str]) -> tuple[str, ...]:
        """List the labels that exclude the given ones: the others of a scope. Only Premium takes them off by itself."""
        given = set(names)
        scopes = {_scope(name) for name in given} - {""}
        known = (name for spelt in (await self._labels()).values() for name in spelt)
        return tuple(name for name in known if _scope(name) in scopes and name not in given)

    def learn(self, names: Iterable[str]) -> None:
        """Remember what an answer showed: a write makes labels."""
        if self._known is None:
            return
        for name in names:
            spelt = self._known.setdefault(name.casefold(), [])
            if name not in spelt:
                spelt.append(name)

    async def _labels(self) -> dict[str, list[str]]:
        async with self._at_once:
            if self._known is None:
                found: dict[str, list[str]] = {}
                async for answer in self._door.pages("labels", {"per_page": 100}):
                    for label in self._door.read_all(LabelPayload, answer):
                        found.setdefault(label.name.casefold(), []).append(label.name)
                self._known = found
            return self._known


def check(name: str) -> str:
    """Refuse a name that GitLab would take for several, or keep as another one.

    Raises: Rejected.
    """
    if "," in name:
        raise Rejected(
            f"the label {name!r} holds a comma, at which GitLab cuts it in two; give it a name without one. Nothing "
            "was written"
        )
    if _CLEANED.search(name):
        raise Rejected(
            f"the label {name!r} holds what GitLab takes for HTML and strips; give it a name without it. Nothing was "
            "written"
        )
    return name


def _closest(name: str, spelt: list[str]) -> str:
    return name if name in spelt or not spelt else spelt[0]


def _scope(name: str) -> str:
    """Give what stands before the last `::`, which is what excludes; empty for a label without a scope."""
    return name.rpartition(SCOPE)[0]
