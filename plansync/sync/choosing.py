"""Which operations of a changeset one run performs; the others are deferred, and owed."""

from __future__ import annotations

from collections.abc import Collection, Set
from enum import StrEnum

from plansync.errors import ConfigError
from plansync.model import (
    OVERVIEW,
    SECTIONS,
    Changeset,
    Field,
    Item,
    Operation,
    Side,
    Uid,
    is_step,
    owner_of,
    text_of,
)
from plansync.reconcile.order import IDS
from plansync.sync.events import Done, Status
from plansync.sync.session import Session

_IDENTITY = ("set-marker", "set-link")
_FINAL = ("close-issue", "reopen-issue", "close-milestone", "reopen-milestone")
"""What waits for the default branch: work elsewhere is not done before it is merged."""
_SETTLED = frozenset({Field.TICK, Field.STATE, *SECTIONS})
"""What is meant as soon as it is saved; all else in a plan may still be half of something."""


class Direction(StrEnum):
    """Which half of a changeset a command performs."""

    PUSH = "push"
    PULL = "pull"
    BOTH = "sync"


class Chooser:
    """Takes the operations of a run's direction, about the tasks that it is for.

    `only`: uids, numbers or titles of those tasks, none for all. `is_settled`: the plan is not just being written.
    `wanted`: the items that a choice was about, `None` for all.
    """

    def __init__(
        self, session: Session, direction: Direction, only: Collection[str], *, is_settled: bool = True
    ) -> None:
        self.session, self.direction, self.only, self.is_settled = session, direction, only, is_settled
        self.wanted: set[Uid] | None = None

    def choose(self, changeset: Changeset, settled: Set[Uid] | None) -> list[Done]:
        """Say of each operation whether it is planned or deferred.

        `settled`: what a person decided, where that is all that is done; `None` for a run that does what is due.
        Raises: ConfigError for a name that no task has.
        """
        news = {
            owner_of(op.uid)
            for op in changeset.operations
            if op.side is Side.LOCAL and op.kind not in (*_IDENTITY, "update-summary")
        }
        self.wanted = self._wanted(settled)
        owners = {self.session.owner_of(op.uid) for op in changeset.operations}
        if self.wanted is not None and owners <= {*self.wanted, OVERVIEW}:
            self.wanted.add(OVERVIEW)  # nothing is left out, so the plan's own lines can follow
        return [
            Done(
                op,
                self.session.project.new_id(),
                Status.PLANNED if self._is_planned(op, news) else Status.DEFERRED,
            )
            for op in changeset.operations
        ]

    def waits_for_branch(self, op: Operation) -> bool:
        """Say whether an operation has to wait for the default branch."""
        return bool(self.session.project.branch) and op.kind in _FINAL

    def _is_planned(self, op: Operation, news: Set[Uid]) -> bool:
        is_footer = op.uid == OVERVIEW and op.kind == "set-marker"
        if op.wave == IDS and op.kind == "update-summary":
            return True  # what git left there is in the way of any other write
        is_wanted = self.wanted is None or is_footer or self.session.owner_of(op.uid) in self.wanted
        if self.wanted is not None and op.kind == "add-dependency":
            is_wanted &= all(uid in self.session.remote or uid in self.wanted for uid in op.needs)
        is_held = self.waits_for_branch(op) or (not self.is_settled and self._waits_to_settle(op))
        return is_wanted and not is_held and self._is_of_direction(op, news)

    def _waits_to_settle(self, op: Operation) -> bool:
        """Say whether an operation follows from what may still be half of something: new, renamed or gone."""
        remote, owner = self.session.remote, owner_of(op.uid)
        if op.side is Side.LOCAL:
            return op.kind == "set-marker" or (op.kind == "set-link" and owner not in remote)
        if (
            owner not in remote
            or any(uid not in remote for uid in op.needs)
            or owner not in self.session.local
        ):
            return True
        return op.kind not in _FINAL and any(change.field not in _SETTLED for change in op.changes)

    def _is_of_direction(self, op: Operation, news: Set[Uid]) -> bool:
        match self.direction:
            case Direction.PUSH:
                return op.kind in _IDENTITY if op.side is Side.LOCAL else owner_of(op.uid) not in news
            case Direction.PULL:
                remote = self.session.remote
                is_there = op.uid in remote or (op.uid == OVERVIEW and bool(remote))
                return op.side is Side.LOCAL and (is_there or op.kind not in _IDENTITY)
            case _:
                return True

    def _wanted(self, settled: Set[Uid] | None) -> set[Uid] | None:
        """List the items that a run is for, with what they stand on; `None` for all."""
        local, found = self.session.local, set[Uid]()
        if self.session.wanted is not None:
            return set(self.session.wanted)
        if settled is not None:
            return {*settled, *(Uid(text_of(local.get(uid), Field.PHASE)) for uid in settled)}
        if not self.only:
            return None
        for name in self.only:
            named = [u for u, i in local.items() if not is_step(u) and name in self._names(u, i)]
            if not named:
                raise ConfigError(
                    f"--only {name}: no task of {self.session.project.path} has this number, title or id"
                )
            found |= {*named, *(Uid(text_of(local[u], Field.PHASE)) for u in named)}
        return found

    def _names(self, uid: Uid, item: Item) -> tuple[str, ...]:
        return uid, self.session.number_of(uid), self.session.label_of(uid), text_of(item, Field.TITLE)
