"""One plan, one target, and the ports through which a run reaches both: what the composition root puts together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from plansync.document.marking import Marking
from plansync.document.tree import Document
from plansync.reconcile import Policy
from plansync.store.header import NO_CONFIG, command
from plansync.store.journal import Journal
from plansync.store.moments import Commits
from plansync.store.state import Target
from plansync.titles import PLAIN
from plansync.trackers.base import Tracker
from plansync.trackers.mirror import Keeper


class Files(Protocol):
    """The plan and its state file; see `store.files.PlanFiles`."""

    def clear_up(self) -> None: ...  # noqa: D102
    def read(self) -> bytes: ...  # noqa: D102
    def check_writable(self) -> None: ...  # noqa: D102
    def replace(self, content: bytes, expected: str) -> str: ...  # noqa: D102
    def read_state(self) -> bytes: ...  # noqa: D102
    def write_state(self, content: bytes) -> None: ...  # noqa: D102
    def keep_state_aside(self, why: str) -> str: ...  # noqa: D102
    def forget_state(self) -> None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Project:
    """One plan, one target, and every port through which a run touches the world.

    `place` says what the plan's folder is about. `path` names the plan to other copies (relative to the
    root, with slashes), `named` and `flags` name it and the target on a command line. `claimed`: lineage →
    path of the root's other plans. `config`: the fingerprint of the settings, `config_at` with
    another target. `commits`: what git's history knows; `former_paths`: how the plan was called before
    it was moved. `is_there` says whether a file is at a path from the root. `first_lineage` names a plan that is
    begun by the ids in it; empty: by chance.
    `at_point` does nothing; tests let a run die there.
    """

    name: str
    path: str
    parse: Callable[[bytes], Document]
    files: Files
    target: Target
    tracker: Tracker
    keeper: Keeper
    journal: Callable[[str], Journal]
    lock: Callable[[str], AbstractContextManager[None]]
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    sleep: Callable[[float], Awaitable[None]]
    monotonic: Callable[[], float]
    policy: Policy = field(default_factory=Policy)
    links: bool = True
    milestones: str = "auto"
    marking: Marking = field(default_factory=Marking)
    has_links: bool = True
    place: str = ""
    prose: str = "lead"
    title: str = PLAIN
    overview: str = "auto"
    link: str = ""
    branch: str = ""
    max_creates: int = 50
    settle_wait_s: float = 10.0
    claimed: Mapping[str, str] = field(default_factory=dict)
    named: str = ""
    flags: tuple[str, ...] = ()
    config: str = NO_CONFIG
    config_at: Callable[[Target], str] = lambda target: NO_CONFIG
    commits: Commits | None = None
    former_paths: Callable[[], Collection[str]] = tuple
    is_there: Callable[[str], bool] = lambda path: True
    first_lineage: Callable[[Sequence[str]], str] = lambda uids: ""
    at_point: Callable[[str], None] = lambda name: None

    @property
    def typed(self) -> str:
        """The plan, as one would type it."""
        return self.named or self.path

    def command(self, verb: str, *options: str) -> str:
        """Write a command of `plansync state` for this plan, as one would type it."""
        return command(verb, self.typed, *options)
