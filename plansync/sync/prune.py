"""Closing the issues of tasks that are gone from the plan: what a person asks for, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from plansync.errors import ConfigError
from plansync.model import Changeset, Choice, Field, Note, Removed, State, Take, Uid, text_of
from plansync.sync.decision import decide
from plansync.sync.session import Session

CLOSED = Choice(Take.VALUE, State.DROPPED.value, "task removed")
"""What becomes of the issue of a task that is gone."""


@dataclass(slots=True)
class Prune:
    """Decides which issues are closed, as often as it is asked: those that are named, else all that nobody touched."""

    names: Sequence[str]
    known: dict[str, Uid] = field(default_factory=dict)

    def decide(self, session: Session) -> Changeset:
        """Close them as not planned; whatever else waits is left as it is.

        Raises: ConfigError for a name that no removed task with an open issue has.
        """
        session.pruned, session.settles = {}, None
        gone = decide(session).removed
        chosen = self._named(session, gone) if self.names else {g.uid for g in gone if not g.is_changed}
        session.settles = lambda uid, name: False
        session.pruned = dict.fromkeys(chosen, CLOSED)
        changeset = decide(session)
        return replace(
            changeset,
            operations=tuple(op for op in changeset.operations if op.uid in chosen),
            conflicts=(),
            notes=tuple(self._notes(session, gone, chosen)),
        )

    def _named(self, session: Session, gone: Sequence[Removed]) -> set[Uid]:
        """Find what is named; what was found before and is not there any more has been closed meanwhile."""
        found: dict[str, Uid] = {}
        for name in self.names:
            for each in gone:
                title = text_of(session.remote.get(each.uid), Field.TITLE)
                if name.removeprefix("#") == str(each.ref) or name in (each.uid, title):
                    found[name] = each.uid
        if unknown := [name for name in self.names if name not in found and name not in self.known]:
            listed = ", ".join(f"#{each.ref}" for each in gone)
            there = f"there are {listed}" if listed else "there is none"
            raise ConfigError(
                f"{', '.join(unknown)}: no open issue of a task that is gone from the plan; {there}"
            )
        self.known |= found
        return set(found.values())

    def _notes(self, session: Session, gone: Sequence[Removed], chosen: set[Uid]) -> list[Note]:
        left = [each for each in gone if each.uid not in chosen]
        if not gone:
            return [
                Note("", "every open issue of this plan belongs to a task that is in it; nothing to prune")
            ]
        if self.names:
            return []
        return [
            Note(
                each.uid,
                f"#{each.ref} {session.label_of(each.uid)!r} changed since its task was last in the plan; it stays "
                f"open (plansync prune {each.ref} closes it all the same)",
            )
            for each in left
        ]
