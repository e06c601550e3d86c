"""Settling conflicts: a person's decision, turned into choices that the next merge takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plansync import durations
from plansync.errors import ConfigError
from plansync.model import (
    Changeset,
    Choice,
    Conflict,
    Drift,
    Field,
    Kind,
    State,
    Take,
    Tick,
    Uid,
    Value,
    conflict_id,
    owner_of,
    text_of,
)
from plansync.sync import ways
from plansync.sync.session import Session
from plansync.sync.ways import How

_WORDS = {Field.STATE: tuple(State), Field.TICK: tuple(Tick)}
_TEXTS = (Field.TITLE, Field.TEXT)


@dataclass(frozen=True, slots=True)
class Settling:
    """Which conflicts are decided (none named: all that there are), and how.

    `value`: the person's own words, where no side is taken. `how`: what is done where no value settles it.
    """

    ids: Sequence[str]
    take: Take
    value: str = ""
    how: How | None = None

    def settle(self, session: Session, changeset: Changeset) -> set[Uid]:
        """Make the choices; returns the items whose conflicts they settle.

        Raises: ConfigError for a conflict that is not open, or a value that its field cannot have.
        """
        known = {conflict_id(each.uid, each.field): each for each in changeset.undecided}
        if unknown := [name for name in self.ids if name not in known]:
            raise ConfigError(f"no conflict {', '.join(unknown)} is open here; {_listed(list(known))}")
        chosen = [known[name] for name in self.ids] if self.ids else self._all(session, changeset)
        for each in chosen:
            self._decide(session, each)
        owners = (owner_of(each.uid) for each in chosen)
        return {session.told.get(uid, uid) for uid in owners} | session.restoring

    def _all(self, session: Session, changeset: Changeset) -> list[Conflict | Drift]:
        """Take all that can be decided so: conflicts by a side, anything by a way that is one for it."""
        if self.how is None:
            return [c for c in changeset.conflicts if c.field is not Field.TWIN]
        return [each for each in changeset.undecided if self.how in ways.ways_of(session, each)]

    def _decide(self, session: Session, about: Conflict | Drift) -> None:
        how = self.how
        if how is None and isinstance(about, Conflict) and about.field is Field.EXISTENCE:
            how = ways.way_of_side(session, about, self.take)
        if how is not None:
            ways.go(session, how, about)
        elif isinstance(about, Drift) or about.field in (Field.EXISTENCE, Field.TWIN):
            takes = ", ".join(ways.ways_of(session, about))
            raise ConfigError(
                f"no side can be taken of {session.label_of(about.uid)}; it takes --how {takes}"
            )
        else:
            session.choices = {**session.choices, (about.uid, about.field): self._choice(session, about)}

    def _choice(self, session: Session, conflict: Conflict) -> Choice:
        value = self._typed(session, conflict) if self.take is Take.VALUE else None
        choice = Choice(self.take, value)
        if conflict.field is not Field.STEPS and choice.of(conflict) is None:
            name = session.label_of(conflict.uid)
            side = {Take.PLAN: "the plan", Take.ISSUE: "the issue"}.get(self.take, "what was agreed")
            raise ConfigError(
                f"{side} says nothing of the {conflict.field.in_words} of {name}; take another side"
            )
        return choice

    def _typed(self, session: Session, conflict: Conflict) -> Value:
        name, value = conflict.field, self.value.strip()
        if name in _TEXTS and value:
            return value
        if name is Field.PHASE:
            return _phase(session, value)
        if name is Field.EFFORT:
            return _minutes(value)
        words = [each.value for each in _WORDS.get(name, ())]
        if value in words:
            return value
        text = "a text that is not empty" if name in _TEXTS else "only a side"
        takes = f"one of {', '.join(words)}" if words else text
        raise ConfigError(f"{name.value} cannot be {value!r}; it takes {takes}")


def _minutes(value: str) -> int:
    """Read a time that a person says; one that no line of a plan could say is none."""
    time = durations.read(value)
    if time is None or durations.read(durations.compact(time.high)) is None:
        raise ConfigError(f"an estimate cannot be {value!r}; it takes a time, as in '3h 30m' or '2 days'")
    return time.high


def _phase(session: Session, value: str) -> str:
    """Find the phase that a person names by its title, number or id."""
    for uid, item in session.local.items():
        if item.kind is Kind.PHASE and value in (uid, session.label_of(uid), text_of(item, Field.TITLE)):
            return uid
    raise ConfigError(f"no phase of this plan is called {value!r}")


def _listed(ids: Sequence[str]) -> str:
    return f"open: {', '.join(ids)}" if ids else "nothing is to be decided"
