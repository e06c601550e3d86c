"""All that a decision rests on: both sides, what was agreed, what a user follows, and what a person decided."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from plansync.model import Base, Choice, Choices, Field, Side, Snapshot, State, Take, Twin, Uid, Value
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
    to be none of those. `spoken`: the items below whose issues people wrote comments.
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
