"""All that a decision rests on: both sides, what was agreed, what a user follows, and what a person decided."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from plansync.model import (
    OVERVIEW,
    Base,
    Choice,
    Choices,
    Conflict,
    Field,
    Side,
    Snapshot,
    State,
    Take,
    Twin,
    Uid,
    Value,
)
from plansync.reconcile.aside import Settles
from plansync.reconcile.bare import Bare


@dataclass(frozen=True, slots=True)
class Policy:
    """What a user may choose to follow. Source: design, `[when]`."""

    issue_closed: str = "auto"
    steps_done: str = "close"
    task_removed: str = "keep"
    issue_added: str = "labelled"
    done_at_first_push: str = "skip"


Computed = Callable[[Snapshot, Mapping[Uid, State]], Mapping[Field, Value]]
Sections = Callable[[Snapshot, Mapping[Uid, State], Sequence[Conflict]], Mapping[Field, str]]


def no_sections(
    items: Snapshot, states: Mapping[Uid, State], conflicts: Sequence[Conflict]
) -> Mapping[Field, str]:
    """Derive nothing."""
    return {}


@dataclass(frozen=True, slots=True)
class Given:
    """All that a decision rests on.

    `computed` gives the plan's live lines for agreed states. `is_serial`: the tracker takes one write
    at a time, so issues can be made in the plan's order at no cost. `choices`: what a person decided.
    `assume`: the side that holds where nothing is remembered of a field. `is_final`: the plan is on its default
    branch, where its computed lines are refreshed. `settles`: which fields may be settled where the sides differ,
    where not all. `pruned`: in which state a person wants the issues of removed tasks.
    `former`: the numbers of issues that were a task's until now. `bare`: the records that get our block or mark,
    because the plan was linked to them, or because a person asked for a new one. `twins`: the issues that were made
    for a task which has another one. `told`: which tasks a person said to be which on the tracker; `apart`: which ones
    to be none of those. `spoken`: the items below whose issues people wrote comments. `overview`: for which plans an
    overview issue is made. `sections` gives its derived parts for agreed states and what is for a person to decide;
    `seen`: what this machine last saw both sides say in them. `left_alone`: the plan's tasks of which nothing can be
    decided now, and which `local` leaves out, each in the state that was agreed last. `without_milestone`: the phases
    whose milestone is gone for certain, whatever a person decides about that. `renewed`: the items of which a person
    wants a new record.
    """

    base: Base
    local: Snapshot
    remote: Snapshot
    stores: Mapping[Side, frozenset[Field]]
    lineage: str
    computed: Computed
    today: str = ""
    is_serial: bool = True
    policy: Policy = field(default_factory=Policy)
    skipped: frozenset[Uid] = frozenset()
    choices: Choices = field(default_factory=dict)
    assume: Take | None = None
    is_final: bool = True
    settles: Settles | None = None
    pruned: Mapping[Uid, Choice] = field(default_factory=dict)
    former: Mapping[Uid, int] = field(default_factory=dict)
    bare: Mapping[Uid, Bare] = field(default_factory=dict)
    twins: tuple[Twin, ...] = ()
    spoken: frozenset[Uid] = frozenset()
    told: Mapping[Uid, Uid] = field(default_factory=dict)
    apart: Collection[Uid] = ()
    overview: str = "auto"
    sections: Sections = no_sections
    seen: Mapping[Field, str] = field(default_factory=dict)
    left_alone: Snapshot = field(default_factory=dict)
    without_milestone: Collection[Uid] = ()
    renewed: Collection[Uid] = ()

    @property
    def has_overview(self) -> bool:
        """Whether the plan has an overview issue, or gets one with its other issues."""
        item = self.local.get(OVERVIEW)
        if item is None or OVERVIEW in self.remote:
            return item is not None
        has_cause = bool(item.fields.get(Field.STEPS) or item.fields.get(Field.PROSE))
        return self.overview == "always" or (self.overview == "auto" and has_cause)
