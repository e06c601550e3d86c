"""What a merge agreed on so far, why, and what it leaves to a person."""

from __future__ import annotations

from dataclasses import dataclass, field

from plansync.model import Choice, Choices, Conflict, Drift, Field, Note, Take, Uid, Value


@dataclass(slots=True)
class Agreement:
    """What is agreed so far. A field in conflict, or unknown, is not in `items`.

    `choices`: what a person decided beforehand; `assume`: the side that holds where nothing is remembered of a field;
    `chosen`: the fields for which either was needed; `aside`: those that this run was told to leave as they are.
    """

    choices: Choices = field(default_factory=dict)
    assume: Take | None = None
    items: dict[Uid, dict[Field, Value]] = field(default_factory=dict)
    conflicts: dict[tuple[Uid, Field], Conflict] = field(default_factory=dict)
    why: dict[tuple[Uid, Field], str] = field(default_factory=dict)
    drifts: dict[tuple[Uid, Field], Drift] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    chosen: set[tuple[Uid, Field]] = field(default_factory=set)
    aside: set[tuple[Uid, Field]] = field(default_factory=set)

    def set(self, uid: Uid, name: Field, value: Value, rule: str) -> None:
        """Agree on a value."""
        self.items.setdefault(uid, {})[name] = value
        self.why[uid, name] = rule

    def get(self, uid: Uid, name: Field) -> Value | None:
        """Read what is agreed, `None` where nothing is."""
        return self.items.get(uid, {}).get(name)

    def disagree(self, conflict: Conflict) -> None:
        """Leave a field to a person, or take what the person decided."""
        key = conflict.uid, conflict.field
        choice = self.choices.get(key) or self._assumption(conflict)
        if choice and (value := choice.of(conflict)) is not None:
            self.set(*key, value, choice.rule)
            self.chosen.add(key)
            return
        self.conflicts[conflict.uid, conflict.field] = conflict
        self.items.get(conflict.uid, {}).pop(conflict.field, None)

    def drift(self, uid: Uid, name: Field, text: str) -> None:
        """Note that something is not as it was left, which nothing follows from."""
        self.drifts[uid, name] = Drift(uid, name, text)

    def _assumption(self, conflict: Conflict) -> Choice | None:
        """Give the choice for a field without a base; which steps there are is never one: unknown ones are kept."""
        if self.assume is None or conflict.base is not None or conflict.field is Field.STEPS:
            return None
        return Choice(self.assume, rule="assumed")
