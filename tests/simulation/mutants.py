"""The protocol with one defect each, as nobody should build it: the simulation must catch every one.

Each mutant replaces a part of the engine while it is active, in this process only; plansync itself
knows no such switch. With each stands what kills it: a scenario that dies at every point, or seeds.
Source: sync semantics §3.3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any
from unittest.mock import patch

from plansync.errors import OutcomeUnknown
from plansync.model import Base, Field, Kind, Operation, Side, Snapshot, Stamp, State, Tick, Uid
from plansync.reconcile import fold, held, pairing, rules
from plansync.reconcile import settle as true_settle
from plansync.reconcile.given import Given
from plansync.reconcile.rows import ROWS, Case, Rule, Verdict
from plansync.store.journal import Entry, Journal, Outcome
from plansync.sync import recover, run, session, write
from plansync.sync.events import Done
from plansync.sync.session import Session, thing_of
from plansync.trackers.base import Record, Written
from plansync.uids import Minter
from tests.simulation.driver import play
from tests.simulation.golden import GOLDEN, singles
from tests.simulation.looks import LOOKS
from tests.simulation.world import Disk

_MERGE = import_module("plansync.reconcile.merge")  # the package names a function of it by the same name
_HALF = "half of what was written into the plan is taken back before anybody knows of it"
_TAKEN_BACK = "a tick that landed is taken back on the tracker before anybody knows of it"
Patch = tuple[object, str, object]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One defect: what it replaces, and what catches it: golden scenarios by name, histories by look and seed."""

    name: str
    patches: tuple[Patch, ...]
    scenarios: tuple[str, ...] = ()
    seeds: tuple[tuple[str, int], ...] = ()

    @contextmanager
    def active(self) -> Iterator[None]:
        """Let the engine be this mutant."""
        with ExitStack() as stack:
            for place, name, new in self.patches:
                stack.enter_context(patch.object(place, name, new))
            yield

    def plays(self) -> Iterator[str]:
        """Play what should catch it, and tell what went wrong in each play, empty for nothing."""
        for golden in (g for g in GOLDEN if g.name in self.scenarios):
            yield from (death.error for death in singles(golden))
        for look, seed in self.seeds:
            yield play(seed, look=LOOKS[look]).error

    def killed_by(self) -> str:
        """Say what catches it first, empty where it survives."""
        with self.active():
            return next((error for error in self.plays() if error), "")


# ------------------------------------------------------------- what is replaced

_write, _intend, _settle = run._Run._write, Journal.intend, Journal.settle
_send, _mint, _read_state = write.Writer._send, Minter.mint, Session.read_state


async def _write_base_first(self: Any, journal: Journal, changeset: Any, chosen: list[Done]) -> None:
    """Remember all that was decided as if both sides held it, then write."""
    here: Session = self.session
    planned: Sequence[Operation] = [d.operation for d in chosen if d.operation.kind not in ("create-issue",)]
    local, remote = (
        held(shown, here.agreed, [op for op in planned if op.side is side])
        for side, shown in ((Side.LOCAL, here.local), (Side.REMOTE, here.remote))
    )
    for uid in list(here.owners()):
        fold(here.base, here.settled(uid, local, remote), uid)
    if here.base.remote:
        here.write_state()
    await _write(self, journal, changeset, chosen)


def _intend_late(
    self: Journal, op: str, run: str, item: str, kind: str, intent: Any, before: Any = None
) -> int:
    """Do not write down that the plan is about to be written."""
    return -1 if kind == "write-plan" else _intend(self, op, run, item, kind, intent, before)


def _settle_late(
    self: Journal,
    number: int,
    outcome: Outcome,
    intent: dict[str, Any] | None = None,
    *,
    is_patient: bool = False,
) -> None:
    """Write down a plan write when it is over."""
    if number == -1 and outcome is Outcome.LANDED and intent:
        number = _intend(self, "", "", "", "write-plan", intent)
    if number != -1:
        _settle(self, number, outcome, intent)


def _landed_by_revision(session: Session, entry: Entry) -> bool:
    """Take an issue that changed for written by us."""
    item = session.view.items.get(Uid(entry.item))
    record = item and session.mirror.records.get((thing_of(item), entry.intent.get("ref") or 0))
    return bool(record) and record.revision != entry.intent.get("before")  # type: ignore[union-attr]


def _settle_one_sided(
    base: Base, agreed: Snapshot, local: Snapshot, remote: Snapshot, owner: Uid, *, is_behind: bool = False
) -> Base:
    """Remember one value for both sides, the agreed one."""
    part = true_settle(base, agreed, local, remote, owner, is_behind=is_behind)
    for side in (part.local, part.remote):
        assert isinstance(side, dict)
        for uid, item in side.items():
            if uid in part.agreed:
                common = {f: v for f, v in part.agreed[uid].fields.items() if f in item.fields}
                side[uid] = replace(item, fields={**item.fields, **common})
    return part


def _settle_target_only(
    base: Base, agreed: Snapshot, local: Snapshot, remote: Snapshot, owner: Uid, *, is_behind: bool = False
) -> Base:
    """Leave what the plan held as it was, where the tracker was written."""
    part = true_settle(base, agreed, local, remote, owner, is_behind=is_behind)
    assert isinstance(part.local, dict)
    for uid, item in part.local.items():
        then = base.local.get(uid)
        if then is not None:
            old = {f: v for f, v in then.fields.items() if f in (Field.TICK, Field.TITLE, Field.TEXT)}
            part.local[uid] = replace(item, fields={**item.fields, **old})
    return part


async def _send_blind(self: write.Writer, op: Operation, item: Any, fields: Written) -> Record:
    """Send a create again whose answer was lost."""
    try:
        return await _send(self, op, item, fields)
    except OutcomeUnknown:
        if op.kind != "create-issue":
            raise
        return await _send(self, op, item, fields)


async def _look_once(session: Session, is_found: Callable[[], bool]) -> None:
    """Believe the first list that lacks what may have been made."""
    for record in await session.project.tracker.newest():
        session.mirror.keep(record)


def _mint_anew(self: Minter, phase: str, title: str, taken: Any = frozenset()) -> Uid:
    """Give a task an id that no other copy of the plan would give it."""
    return _mint(self, f"{phase} {_RUN[0]}", title, taken)


_RUN = [0]


def _read_state_anew(self: Session) -> None:
    _RUN[0] += 1
    _read_state(self)


def _done_wins(rule: Rule) -> Rule:
    """Without a base, take the side that says done or ticked."""

    def decide(case: Case) -> Verdict:
        verdict = rule(case)
        done = {State.DONE.value, Tick.TICKED.value} & {case.local, case.remote}
        return (
            Verdict(done.pop(), "done wins")
            if verdict.is_conflict and not case.has_base and done
            else verdict
        )

    return decide


_DONE_WINS = {
    key: row._replace(rule=_done_wins(row.rule))
    if key in ((Kind.STEP, Field.TICK), (Kind.TASK, Field.STATE))
    else row
    for key, row in ROWS.items()
}


def _close_by_level(agreement: Any, given: Given, uid: Uid) -> None:
    """Close whatever has all its steps ticked, whoever opened it."""
    if agreement.get(uid, Field.STATE) == State.TODO and rules._is_finished(agreement, given, uid):
        agreement.set(uid, Field.STATE, State.DONE.value, "R2")


def _nothing(*_: object, **__: object) -> None:
    """Do nothing."""


def _check_out_plan(self: Disk, commit: tuple[bytes, bytes]) -> None:
    """Put only the plan back: a base in a database of this machine stays where it is."""
    self.plan = commit[0]


def _no(*_: object) -> bool:
    return False


_LANDED = "_has_update_landed"
MUTANTS: Sequence[Mutant] = (
    Mutant(
        "base before plan",
        ((run._Run, "_write", _write_base_first),),
        scenarios=("a conflict beside a neighbour",),
        seeds=(("template", 6),),
    ),
    Mutant("no journal replay into base", ((recover, "_fold", _nothing),), seeds=(("template", 3),)),
    Mutant(
        "plan write journalled only afterwards",
        ((Journal, "intend", _intend_late), (Journal, "settle", _settle_late)),
        scenarios=(_HALF,),
    ),
    Mutant(
        "no op id in the issue, revision only",
        ((recover, _LANDED, _landed_by_revision),),
        scenarios=(_TAKEN_BACK,),
    ),
    Mutant(
        "neither op id nor revision",
        ((recover, _LANDED, _no), (Stamp, "is_beyond", _no)),
        scenarios=(_TAKEN_BACK,),
    ),
    Mutant(
        "one-sided base",
        ((session, "settle", _settle_one_sided),),
        scenarios=("a closed issue and ticked boxes are pulled",),
        seeds=(("template", 1),),
    ),
    Mutant(
        "source side's base not advanced",
        ((session, "settle", _settle_target_only),),
        scenarios=("a tick is taken back after it was sent",),
    ),
    Mutant("POST retried blind", ((write.Writer, "_send", _send_blind),), seeds=(("template", 34),)),
    Mutant(
        "list look-up without quarantine", ((recover, "look_twice", _look_once),), seeds=(("template", 25),)
    ),
    Mutant(
        "checkout without creation key",
        (
            (Minter, "mint", _mint_anew),
            (Session, "read_state", _read_state_anew),
            (pairing, "_match_tasks", _nothing),
        ),
        scenarios=("a commit from before the first push is checked out",),
    ),
    Mutant(
        "done wins for an unknown base",
        ((_MERGE, "ROWS", _DONE_WINS),),
        scenarios=("an untick meets a state file that is lost",),
    ),
    Mutant(
        "base left behind",
        ((Disk, "check_out", _check_out_plan),),
        scenarios=("a commit from before a tick and a close is checked out",),
    ),
    Mutant(
        "level-triggered close",
        ((rules, "_steps_done", _close_by_level),),
        scenarios=("an issue that a person opened again stays open",),
    ),
    Mutant(
        "no witness of a newer copy",
        ((Stamp, "is_beyond", _no),),
        scenarios=("a tick went there and back while an old commit was away",),
    ),
)
