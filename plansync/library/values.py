"""What the library gives back: frozen values, in the words of the plan and the tracker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Value = str | int | tuple[str, ...] | None
"""A field's value: a text, a number, or a list of texts."""

Status = Literal["planned", "applied", "agreed", "deferred", "refused", "unknown", "skipped"]


@dataclass(frozen=True, slots=True)
class Step:
    """A box under a task. `state`: open, ticked or dropped. `line` counts from 1."""

    text: str
    state: str
    line: int


@dataclass(frozen=True, slots=True)
class Task:
    """A task as the plan has it.

    `id` stays with it for good; `label` is its number as written. `state`: todo, done or dropped, by its status or its
    steps. `estimate_min`: minutes, `None` where it has no estimate of time. `issue`: its number on the tracker, `None`
    where it has none that is remembered.
    """

    id: str
    label: str
    title: str
    phase: str
    state: str
    steps: tuple[Step, ...]
    estimate_min: int | None
    issue: int | None
    line: int


@dataclass(frozen=True, slots=True)
class Problem:
    """What a check found: `severity` is error, warning or note; line and column count from 1."""

    code: str
    severity: str
    line: int
    column: int
    message: str
    help: str
    is_fixable: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """One write: to the tracker one request, to the plan one edit; and what became of it.

    `kind` is one of those in docs/schemas/run-1.json. `ref`, `url`: of the issue or milestone, where it has one.
    `changes`: by field, what it was and what it is to be.
    """

    side: Literal["tracker", "plan"]
    kind: str
    task: str
    label: str
    status: Status
    ref: int | None
    url: str
    changes: Mapping[str, tuple[Value, Value]]
    error: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """One field that both sides changed differently; neither is written before somebody decides."""

    id: str
    task: str
    label: str
    field: str
    base: Value
    plan: Value
    issue: Value


@dataclass(frozen=True, slots=True)
class Result:
    """What a run did. `error`: why it ended early, empty where it did not; what was done by then is remembered.

    `outcome`: done, conflicts, partial or failed.
    """

    outcome: str
    operations: tuple[Operation, ...]
    conflicts: tuple[Conflict, ...]
    notes: tuple[str, ...]
    error: str = ""

    @property
    def is_done(self) -> bool:
        """Whether all was done, and nothing is left for somebody to decide."""
        return self.outcome == "done"
