"""Linking: a person says which issue a task is, or which milestone a phase is.

The word of a person is what binds; a run then takes the record over like one that the plan itself names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from shlex import quote

from plansync.document import block
from plansync.errors import ConfigError, SafetyStop
from plansync.model import Changeset, Field, Item, Kind, Uid, text_of
from plansync.reconcile.pairing import is_held
from plansync.sync import claims
from plansync.sync.decision import decide
from plansync.sync.session import Session, thing_of
from plansync.text import words
from plansync.trackers.base import Absence, Record, Thing

_NUMBER = re.compile(r"#?(\d{1,15})")
_ADDRESS = re.compile(r"https?://\S+/(?P<folder>issues|milestones?)/(?P<number>\d{1,15})/?(?:[?#]\S*)?")
_FOLDERS = {Thing.ISSUE: ("issues",), Thing.MILESTONE: ("milestone", "milestones")}


@dataclass(frozen=True, slots=True)
class Linking:
    """Binds one task, or phase, to a record, and decides what that takes; all else is left."""

    task: str
    ref: str

    async def prepare(self, session: Session) -> None:
        """Find both, look at the record, and bind it.

        Raises: ConfigError for what is not there; SafetyStop for what is somebody else's.
        """
        uid = named(session, self.task)
        record = await find(session, thing_of(session.local[uid]), self.ref)
        holder = holder_of(session, record)
        if _is_of_another_copy(session, uid, holder):
            session.told[uid] = holder
            return
        require_free(session, uid, record)
        session.bound[record.thing, record.ref] = uid
        session.show_remote()

    def decide(self, session: Session) -> Changeset:
        """Decide as ever, and take what is about this item."""
        ((uid, own),) = ({uid: uid for uid in session.bound.values()} | session.told).items()
        phase = Uid(text_of(session.shown.get(uid), Field.PHASE))
        session.wanted = frozenset({own, phase})
        return decide(session)


def _is_of_another_copy(session: Session, uid: Uid, holder: Uid) -> bool:
    """Say whether a task without an issue is linked to one that another copy of the plan made for a task."""
    is_task = holder in session.view.items and session.view.items[holder].kind is Kind.TASK
    is_strange = holder not in {**session.local, **session.base.local, **session.base.agreed}
    return is_task and is_strange and not is_held(session.base, session.view.items, uid)


def named(session: Session, name: str, what: str = "task or phase") -> Uid:
    """Find the task or phase that a person names by its number, title or id; `what`: which of them is meant.

    Raises: ConfigError where there is none, or more than one.
    """
    path, local = session.project.path, session.local
    items = [(u, i) for u, i in local.items() if i.kind in (Kind.TASK, Kind.PHASE)]
    found = [uid for uid, item in items if name in _names(session, uid, item)]
    if not found:
        found = [u for u, i in items if words(text_of(i, Field.TITLE)).casefold() == words(name).casefold()]
    if not found:
        raise ConfigError(
            f"no {what} of {path} has this number, title or id: {name}; "
            f"`plansync inspect {quote(session.project.typed)}` lists them"
        )
    if len(found) > 1:
        listed = ", ".join(f"{uid} (line {session.line_of(uid)})" for uid in found)
        raise ConfigError(f"{len(found)} tasks of {path} are called {name}; name one by its id: {listed}")
    return found[0]


def _names(session: Session, uid: Uid, item: Item) -> Iterable[str]:
    return uid, session.number_of(uid), session.label_of(uid), text_of(item, Field.TITLE)


async def find(session: Session, thing: Thing, ref: str) -> Record:
    """Read the issue (or milestone) that a person names by its number, its address or a milestone's title.

    Raises: ConfigError where it is not there, or is something else.
    """
    number = _number(session, thing, ref)
    answer = await session.mirror.look(thing, number)
    terms = session.project.tracker.traits.terms
    if answer is Absence.OTHER:
        raise ConfigError(f"#{number} is {terms.other}; only an issue can be a task")
    if isinstance(answer, Absence):
        is_hidden = answer is Absence.DENIED  # a tracker does not tell that from a number which never was
        why = "not there, or this token may not read it" if is_hidden else terms.absent(thing, answer)
        raise ConfigError(f"{thing.value} #{number} of {session.project.target} is {why}")
    return answer


def _number(session: Session, thing: Thing, ref: str) -> int:
    ref, target = ref.strip(), session.project.target
    if found := _NUMBER.fullmatch(ref):
        return int(found[1])
    records = [r for r in session.mirror.records.values() if r.thing is thing]
    if found := _ADDRESS.fullmatch(ref):
        if found["folder"] not in _FOLDERS[thing]:
            raise ConfigError(f"{ref} is no {thing.value}")
        roots = {r.url.rpartition("/")[0] for r in records if r.url}
        address = ref[: found.end("number")]
        if address.rpartition("/")[0] in roots or f"/{target.project}/".casefold() in address.casefold():
            return int(found["number"])
        raise ConfigError(f"{ref} is not in {target}, with which this plan is synced")
    same = [r.ref for r in records if thing is Thing.MILESTONE and words(r.title) == words(ref)]
    if len(same) == 1:
        return same[0]
    what = "a number or an address" if thing is Thing.ISSUE else "a number, an address or the whole title"
    raise ConfigError(f"{ref!r} names no {thing.value} of {target}; give {what}")


def require_free(session: Session, uid: Uid, record: Record) -> None:
    """Refuse a record that is somebody else's, and an item that has another one.

    Raises: SafetyStop.
    """
    name, known = session.label_of(uid), {u: ref for (_, ref), u in session.names.known.items()}
    known |= {u: i.at for u, i in session.view.items.items() if i.at is not None}
    what = f"{'milestone ' if record.thing is Thing.MILESTONE else ''}#{record.ref}"
    if known.get(uid, record.ref) != record.ref:
        raise SafetyStop(
            f"{name} is #{known[uid]} already, and has one at a time. `plansync unlink --all` forgets which issues "
            "this plan has"
        )
    holder = holder_of(session, record)
    if holder not in ("", uid):
        whose = session.label_of(Uid(holder)) if holder in session.local else "another task of this plan"
        raise SafetyStop(f"{what} is {whose} already; two tasks cannot be one issue")
    if not holder:
        require_of_nobody(record)


def holder_of(session: Session, record: Record) -> Uid:
    """Say which item of this plan has a record, or is named by the record's own mark; empty for none."""
    return session.names.known.get((record.thing, record.ref)) or Uid(_marked(session, record))


def require_of_nobody(record: Record) -> None:
    """Refuse a record in which there is anything of plansync's.

    Raises: SafetyStop.
    """
    what = f"{'milestone ' if record.thing is Thing.MILESTONE else ''}#{record.ref}"
    if _bears_something(record):
        raise SafetyStop(
            f"{what} bears a mark of plansync's that is not this plan's, so another plan holds it; if that plan is "
            "gone, take plansync's lines out of its text first"
        )


def _marked(session: Session, record: Record) -> str:
    """Say which item of this plan a record's own mark names, empty for none."""
    if record.thing is Thing.MILESTONE:
        found = block.read_milestone(record.body)
        return found.uid if found and found.plan == session.lineage else ""
    ours = block.read(record.body) if claims.bears_id(record) else None
    return ours.uid if ours and ours.plan == session.lineage else ""


def _bears_something(record: Record) -> bool:
    if record.thing is Thing.MILESTONE:
        return block.read_milestone(record.body) is not None
    return block.bears_one(record.body)
