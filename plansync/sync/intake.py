"""Taking in: an issue that people made becomes a task of the plan, because a person or the settings say so.

Only its title comes along, as one more task at the end of a phase. Its text stays people's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from plansync.document.dialect import Counts
from plansync.document.prose import opened
from plansync.document.tree import Role
from plansync.errors import ConfigError, SafetyStop
from plansync.model import (
    OVERVIEW,
    WHOLE_PLAN,
    Changeset,
    Field,
    Item,
    Kind,
    Note,
    State,
    Uid,
    Value,
    text_of,
)
from plansync.sync import claims
from plansync.sync.decision import decide
from plansync.sync.linking import find, holder_of, named, require_of_nobody
from plansync.sync.session import Session
from plansync.trackers.base import Record, Thing
from plansync.uids import Minter

_LISTED_MAX = 10


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes in one issue that a person names; `phase`: where it is to stand, where its milestone does not say."""

    ref: str
    phase: str = ""

    async def prepare(self, session: Session) -> None:
        """Look at the issue, and let the plan expect a task for it; one that has begun is gone on with.

        Raises: ConfigError for what is not there, or does not say where; SafetyStop for what is somebody else's.
        """
        record = await find(session, Thing.ISSUE, self.ref)
        holder = holder_of(session, record)
        if holder == OVERVIEW or (holder and holder not in {**session.incoming, **session.shown}):
            raise SafetyStop(
                f"#{record.ref} is an issue of this plan already, and no task of it is to have it"
            )
        if not holder:
            require_of_nobody(record)
            expect(session, record, self._place(session, record))
        elif self.phase and holder in session.shown:
            raise ConfigError(f"#{record.ref} is a task of the plan already; leave --phase out")
        else:
            session.bound[Thing.ISSUE, record.ref] = holder
        session.wanted = frozenset({session.bound[Thing.ISSUE, record.ref]})
        session.show_remote()

    def decide(self, session: Session) -> Changeset:
        """Decide as ever, and take what is about this issue."""
        session.wanted = session.wanted or frozenset()
        both = {**session.incoming, **session.shown}
        phases = (Uid(text_of(both.get(uid), Field.PHASE)) for uid in session.wanted)
        session.wanted |= frozenset(phase for phase in phases if phase in both)
        return decide(session)

    def _place(self, session: Session, record: Record) -> str | None:
        """Find the phase for a new task: that of the issue's milestone, else the one that a person named."""
        phases = [u for u, i in session.shown.items() if i.kind is Kind.PHASE]
        own = phase_of(session, record)
        if self.phase and phases in ([], [WHOLE_PLAN]):
            raise ConfigError(
                "the sections of this plan are no milestones, so a new task goes behind the last one; leave --phase out"
            )
        wanted = named(session, self.phase, "phase") if self.phase else None
        if wanted is not None and wanted not in phases:
            raise ConfigError(f"{self.phase} is a task, not a phase")
        if own and wanted not in (None, own):
            name = text_of(session.shown[own], Field.TITLE)
            raise ConfigError(
                f"#{record.ref} is in the milestone of {name}; leave --phase out, or move it there"
            )
        if own or wanted:
            return own or wanted
        if phases == [WHOLE_PLAN]:
            return WHOLE_PLAN
        if phases:
            raise ConfigError(
                f"#{record.ref} is in no milestone of this plan; say where it is to stand: --phase PHASE"
            )
        return (
            ""
            if session.project.milestones != "none" and session.document.dialect.milestones == "phase"
            else None
        )


async def take_in(session: Session) -> list[Record]:
    """Take in the issues in this plan's milestones that the settings name; gives the others."""
    policy = session.project.policy.issue_added
    found = claims.newcomers(session.view, session.mirror.records, session.names.known)
    left: list[Record] = []
    for record in found:
        phase = phase_of(session, record)
        is_wanted = policy == "all" or (policy == "labelled" and claims.is_labelled(record))
        if not phase or not is_wanted:
            left += [record] if phase else []
            continue
        fresh = record if record.body else await session.mirror.look(Thing.ISSUE, record.ref)
        if isinstance(fresh, Record) and claims.newcomers(
            session.view, {(fresh.thing, fresh.ref): fresh}, ()
        ):
            expect(session, fresh, phase)
    if session.incoming:
        session.show_remote()
    return left


def note_left(session: Session, left: Sequence[Record]) -> None:
    """Note the issues that are left out of the plan, but for one that was taken in since."""
    if still := [record for record in left if (record.thing, record.ref) not in session.bound]:
        session.notes.append(Note("", _listed(still)))


def _listed(left: Sequence[Record]) -> str:
    more = ", …" if len(left) > _LISTED_MAX else ""
    numbers = ", ".join(f"#{record.ref}" for record in left[:_LISTED_MAX])
    what = "1 open issue is" if len(left) == 1 else f"{len(left)} open issues are"
    return (
        f"{what} in this plan's milestones and not in the plan: {numbers}{more}; `plansync adopt {left[0].ref}` takes "
        "one in"
    )


def phase_of(session: Session, record: Record) -> Uid | None:
    """Find the phase of the plan whose milestone an issue is in."""
    items = session.view.items.items()
    found = (u for u, i in items if i.kind is Kind.PHASE and i.at == record.milestone and u in session.shown)
    return next(found, None) if record.milestone is not None else None


def expect(session: Session, record: Record, phase: str | None) -> None:
    """Let the plan expect a task for an issue: as it will be read once it is written."""
    taken = {*session.shown, *session.view.items, *session.base.local, *session.incoming}
    title = text_of(session.shown.get(Uid(phase or "")), Field.TITLE)
    uid = Minter().mint(title, record.title, taken)
    fields: dict[Field, Value] = {
        Field.TITLE: record.title,
        Field.STEPS: (),
        Field.PROSE: opened(record.title, ""),
        Field.REQUIREMENTS: "",
        Field.ESTIMATE: "",
        **dict.fromkeys((Field.DEPENDS, Field.EDGES, Field.LABELS, Field.OWNERS), ()),
        Field.MARKER: "",
        **({Field.LINK: ""} if session.project.links else {}),
        **({Field.PHASE: phase} if phase is not None else {}),
        **_state(session, record.state),
    }
    session.incoming[uid] = Item(uid, Kind.TASK, fields)
    session.bound[record.thing, record.ref] = uid


def _state(session: Session, state: State) -> Mapping[Field, Value]:
    """Say the state as the plan's tasks do: in a box of their own, else by a line where boxes say something else."""
    tasks = (n for n in session.document.nodes if n.role is Role.TASK)
    if session.document.dialect.state is Counts.OWN and any(n.tick is not None for n in tasks):
        return {Field.STATE: state.value, Field.STATUS: state.value, Field.CARRIER: "line"}
    if state is State.TODO:
        return {Field.STATUS: "", Field.CARRIER: "boxes"}
    return {Field.STATE: state.value, Field.STATUS: state.value, Field.CARRIER: "boxes"}
