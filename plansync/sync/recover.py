"""After a run that was cut off: finds out which of its operations landed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from plansync.document import block
from plansync.model import (
    ELEMENTS,
    Base,
    Field,
    Item,
    Kind,
    Side,
    Snapshot,
    Uid,
    Value,
    is_step,
    owner_of,
    steps_of,
    text_of,
    tick_of,
    uids_of,
)
from plansync.reconcile.pairing import is_similar
from plansync.reconcile.settle import said
from plansync.store import state
from plansync.store.journal import Entry, Journal, Outcome
from plansync.sync.events import Waiting
from plansync.sync.session import Session, thing_of
from plansync.text import folded, words
from plansync.trackers import drafts
from plansync.trackers.base import Record, Thing


class Unsettled(NamedTuple):
    """The rows whose outcome nobody wrote down, and what the state file says: what landed is not folded into it."""

    entries: list[Entry]
    then: Base


def fold_landed(session: Session, journal: Journal) -> Unsettled:
    """Fold what landed into the base; return the rows whose outcome nobody wrote down.

    Rows written over another state file than the one that is there now (a checkout in between) are
    not folded: that file's own base stands, and what moved since is merged like any other news. Nor is
    what was written into a plan whose bytes are again those from before.
    """
    open_: list[Entry] = []
    then, pending = _kept_apart(session.base), journal.pending()
    for entry in pending:
        if entry.outcome in (Outcome.INTENDED, Outcome.UNKNOWN):
            open_.append(entry)
        elif _is_over(session, entry) and not _has_gone_back(session, entry, pending):
            _fold(session.base, entry)
    _doubt_what_went_back(session, then)
    return Unsettled(open_, then)


def _has_gone_back(session: Session, entry: Entry, pending: Iterable[Entry]) -> bool:
    """Say whether what landed on the plan's side is not there any more, as somebody put the bytes from before back.

    Where its run came to write the state file and the one from before is there, that one was put back: most likely
    with the plan, in which people may have gone on since.
    """
    if session.digest == entry.intent.get("pre"):
        return True
    if not any(
        session.memory.digest == e.intent["state"] != e.intent.get("next", e.intent["state"]) for e in pending
    ):
        return False
    if entry.kind == "agree":
        return not all(_says(session, Uid(uid), r) for uid, r in entry.intent["records"].items())
    return entry.intent.get("side") == Side.LOCAL.value and not _has_plan_landed(session, entry)


def _kept_apart(base: Base) -> Base:
    return Base(dict(base.local), dict(base.remote), dict(base.agreed))


def _doubt_what_went_back(session: Session, then: Base) -> None:
    """Forget what the plan held when its rows landed, where it says again what the state file (`then`) does.

    Somebody took it back, or checked out plan and state file from before: nobody can tell, so it is asked about.
    """
    for uid, item in list(session.base.local.items()):
        known = then.local.get(uid)
        if known is None or known.fields == item.fields:
            continue
        shown = _shown(session.shown, item, known)
        back = [n for n in _CONTESTED.values() if _is_back(n, item.fields, known.fields, shown)]
        state.forget_fields(session.base, uid, back)
        is_text_back = _is_back(Field.TEXT, item.fields, known.fields, shown)
        if is_text_back and isinstance(session.base.local, dict):
            session.base.local[uid] = _doubted_text(session.base, uid, known)
    _doubt_steps_that_went(session, then)


def _is_back(
    name: Field, landed: Mapping[Field, Value], known: Mapping[Field, Value], shown: Mapping[Field, Value]
) -> bool:
    """Say whether a field that a landed row moved is as it was before; a state may be shown by no line then."""
    is_known = name in known or (name is Field.STATE and name not in shown)
    return is_known and landed.get(name) != known.get(name) == shown.get(name)


def _doubted_text(base: Base, step: Uid, known: Item) -> Item:
    """Forget what was agreed of a step's text; by the one that it had in the plan it is known there."""
    state.forget_fields(Base({}, {}, base.agreed), step, [Field.TEXT])
    held = base.local[step]
    return replace(held, fields={**held.fields, Field.TEXT: known.fields[Field.TEXT]})


def _doubt_steps_that_went(session: Session, then: Base) -> None:
    """Let a task have no steps that its landed rows tell of, where the plan shows just those of the state file again.

    They come back from the tracker: where somebody removed one all the same, that is no loss.
    """
    for uid, item in list(session.base.local.items()):
        known = then.local.get(uid)
        if known is None or Field.STEPS not in known.fields or not isinstance(session.base.local, dict):
            continue
        gone = {s.uid for s in steps_of(session.base.local, uid)} - {s.uid for s in steps_of(then.local, uid)}
        if gone and _texts(session.shown, uid) == _texts(then.local, uid):
            kept = tuple(s for s in uids_of(item, Field.STEPS) if s not in gone)
            session.base.local[uid] = replace(item, fields={**item.fields, Field.STEPS: kept})
            for step in gone:
                del session.base.local[step]


def _texts(side: Snapshot, owner: Uid) -> list[str]:
    return sorted(words(text_of(s, Field.TEXT)) for s in steps_of(side, owner))


def _shown(side: Snapshot, item: Item, known: Item) -> Mapping[Field, Value]:
    """Show what the plan says of an item; its steps have no names yet, so a text of theirs tells which is which."""
    if not is_step(item.uid):
        return side[item.uid].fields if item.uid in side else {}
    there = {words(text_of(s, Field.TEXT)): s.fields for s in steps_of(side, owner_of(item.uid))}
    texts = (words(text_of(i, Field.TEXT)) for i in (item, known))
    return next((there[text] for text in texts if text in there), {})


def _is_over(session: Session, entry: Entry) -> bool:
    """Say whether a row was written over the state file that is there now."""
    return session.memory.digest in (entry.intent.get("state"), entry.intent.get("next"))


def _fold(base: Base, entry: Entry) -> None:
    for uid, record in entry.intent.get("records", {}).items():
        state.forget(base, Uid(uid))
        state.restore(base, uid, record)


async def settle_open(session: Session, journal: Journal, unsettled: Unsettled) -> None:
    """Find out what became of the rows that were cut off, and fold those that landed.

    A record tells of a whole item, so it brings back what was forgotten of that one: it is doubted again.
    """
    waits, entries = False, unsettled.entries
    for entry in entries:
        if entry.intent.get("side") == Side.LOCAL.value:
            _settle(session, journal, entry, _has_plan_landed(session, entry))
        elif entry.kind.startswith("create-"):
            if _created(session, entry) is None:
                waits = True
        else:
            has_landed = _has_update_landed(session, entry)
            if has_landed is None:
                _remember_doubt(session, journal, entry)
            _settle(session, journal, entry, bool(has_landed))
    if waits:
        creates = [e for e in entries if e.kind.startswith("create-")]
        await look_twice(session, lambda: all(_created(session, e) for e in creates))
    for entry in entries:
        if entry.kind.startswith("create-"):
            record = _created(session, entry)
            if record is not None:
                made = {**entry.intent["records"][entry.item], "ref": record.ref}
                entry.intent["records"][entry.item] = state.sealed(entry.item, made)
            _settle(session, journal, entry, record is not None)
    _doubt_what_went_back(session, unsettled.then)
    session.show_remote()


def take_late(session: Session, journal: Journal) -> None:
    """Know a body write again that was given up and came through later, by its stamp: what it wrote is no news.

    Where nothing was remembered of the item since, it landed like any other. Else what is agreed stays: where that is
    something else by now, the issue owes it.
    """
    for uid, item in session.view.items.items():
        known = session.base.remote.get(uid)
        if is_step(uid) or known is None or not item.stamp.is_beyond(known.stamp):
            continue
        entry, there = journal.given_up(item.stamp.op), session.base.remote
        is_next = (
            item.stamp.rev <= known.stamp.rev + 1
        )  # else the state file is older than what that one stands on
        if entry is None or not is_next or not isinstance(there, dict):
            continue
        if entry.intent.get("then") == state.record(session.base, uid)["crc"]:
            _fold(session.base, entry)
        else:
            there.update(_with_changes(there, entry))
            there[uid] = replace(there[uid], stamp=item.stamp)
        journal.settle(entry.number, Outcome.LANDED)


def _with_changes(side: Snapshot, entry: Entry) -> dict[Uid, Item]:
    """Show a side with what one operation wrote there."""
    found: dict[Uid, Item] = {}
    for name, field_, _, new, _ in entry.intent.get("changes", []):
        uid = Uid(name)
        item = found.get(uid) or side.get(uid) or Item(uid, Kind.STEP)
        value = tuple(new) if isinstance(new, list) else new
        found[uid] = replace(item, fields={**item.fields, Field(field_): value})
    return found


def doubt_late(session: Session, journal: Journal) -> None:
    """Forget what was agreed of a state that was given up and may have come through since: a state bears no stamp.

    Whether it is ours or somebody's is asked, where the plan says otherwise.
    """
    for uid, entry in journal.late_states().items():
        item, known = session.view.items.get(Uid(uid)), session.base.remote.get(Uid(uid))
        was, now = (i.fields.get(Field.STATE) if i else None for i in (known, item))
        (change,) = entry.intent["changes"]
        if None not in (was, now) and was != now == change[3]:
            _remember_doubt(session, journal, entry)
            journal.settle(entry.number, Outcome.REFUSED, entry.intent | {"may_come": False})


def _settle(session: Session, journal: Journal, entry: Entry, has_landed: bool) -> None:
    if not has_landed and entry.outcome is Outcome.UNKNOWN:
        entry.intent["may_come"] = True
    journal.settle(entry.number, Outcome.LANDED if has_landed else Outcome.REFUSED, entry.intent)
    if has_landed and _is_over(session, entry):
        _fold(session.base, entry)


def _remember_doubt(session: Session, journal: Journal, entry: Entry) -> None:
    """Forget what nobody can tell was agreed, for good: this run may end before it writes the state file."""
    uid = Uid(entry.item)
    state.forget_fields(session.base, uid, [Field(name) for _, name, *_ in entry.intent.get("changes", [])])
    if uid in session.base.local:
        records = {uid: state.record(session.base, uid)}
        intent = {"state": session.memory.digest, "changes": [], "records": records}
        journal.settle(journal.intend("", session.run, "", "agree", intent), Outcome.LANDED)


async def look_twice(
    session: Session, is_found: Callable[[], bool], why: str = "an answer was lost; looking whether it landed"
) -> None:
    """Look for creates on the newest list page, twice, with a pause: lists lag behind writes. `why` is told then.

    Source: design, "Settling an unknown create".
    """
    for attempt in range(2):
        if attempt:
            session.listen(Waiting(session.project.settle_wait_s, why))
            await session.project.sleep(session.project.settle_wait_s)
        for record in await session.project.tracker.newest():
            session.mirror.keep(record)
        async for page in session.project.tracker.milestones():
            for record in page.records:
                session.mirror.keep(record)
        session.show_remote()
        if is_found():
            return


def _created(session: Session, entry: Entry) -> Record | None:
    """Find the record that a create made: the one that says so. One of another run was never agreed on."""
    wanted = Thing.MILESTONE if entry.kind == "create-milestone" else Thing.ISSUE
    for (thing, _), record in sorted(session.mirror.records.items()):
        if thing is not wanted or "plansync:" not in record.body:
            continue
        if thing is Thing.MILESTONE:
            marker = block.read_milestone(record.body)
            found = (marker.plan, marker.uid, marker.op) if marker else None
        else:
            ours = block.read(record.body)
            found = (ours.plan, ours.uid, ours.stamp.birth) if ours else None
        if found == (session.lineage, entry.item, entry.op):
            return record
    return None


def _has_update_landed(session: Session, entry: Entry) -> bool | None:
    """Certify an update: by its stamp where it wrote a body, else by revision and value.

    Where the issue moved on and shows another value, nobody can tell whether ours landed and was undone
    (`None`): what was agreed of the field is forgotten, so that it is asked about and never written twice.
    """
    twin = session.twin(Uid(entry.item))
    item = twin.item if twin else session.view.items.get(Uid(entry.item))
    ref = entry.intent.get("ref")
    if item is None or ref is None:
        return False
    record = session.mirror.records.get((thing_of(item), ref))
    if item.kind is not Kind.PHASE and item.stamp.op == entry.op:
        return True
    changes = [(Field(name), new) for _, name, _, new, _ in entry.intent.get("changes", [])]
    if entry.kind == "update-issue" and any(name not in drafts.TITLE for name, _ in changes):
        return False  # it wrote a body, and the body does not bear its stamp
    if changes and all(name in ELEMENTS for name, _ in changes):
        return _has_moved(item, entry)  # written again it does no harm
    if [name for name, _ in changes] == [Field.EFFORT]:
        return bool(item.fields.get(Field.EFFORT) == changes[0][1])  # nor does this
    if all(item.fields.get(name) == new for name, new in changes):
        return True
    if record is None or not record.revision or record.revision != entry.intent.get("before"):
        return None
    # a revision counts seconds: a close that was undone within one is known by what the tracker calls the issue then
    return False if record.is_reopened == entry.intent.get("reopened", record.is_reopened) else None


def _has_moved(item: Item, entry: Entry) -> bool:
    """Say whether the elements that a write brings into a set are there, and those gone that it takes out."""
    for _, name, old, new, _ in entry.intent.get("changes", []):
        shown = item.fields.get(Field(name))
        now = {folded(x) for x in shown} if isinstance(shown, tuple) else set[str]()
        then, wanted = ({folded(x) for x in v or ()} for v in (old, new))
        if wanted - then - now or (then - wanted) & now:
            return False
    return True


_CONTESTED = {name: name for name in (Field.TITLE, Field.PHASE, Field.TICK)} | {Field.STATUS: Field.STATE}
"""The fields of a plan's changes of which two sides can be asked about, by what they are remembered as."""


class _Sign(NamedTuple):
    """One change of a plan write, and whether the plan shows it (`None`: neither it nor what was before)."""

    uid: Uid
    field: Field
    has_landed: bool | None


def _has_plan_landed(session: Session, entry: Entry) -> bool:
    """Certify a plan write: by its bytes, else by its changes.

    A plan is replaced as a whole: where somebody saved it since, each change that it shows says that all
    landed, each old value that none did. Where both are there somebody took changes back, or made the
    same ones: nobody can tell, so what is contested is forgotten, to be asked about where the sides differ.
    """
    now = session.digest
    if now == entry.intent.get("post"):
        return True
    if now == entry.intent.get("pre"):
        return False
    signs = list(_signs(session, entry))
    said = {sign.has_landed for sign in signs} - {None}
    if len(said) == 1:
        return True in said
    records: dict[str, Any] = entry.intent.get("records", {})
    entry.intent["records"] = {
        uid: kept
        for uid, record in records.items()
        if (kept := _kept(session, Uid(uid), record, [s for s in signs if owner_of(s.uid) == uid]))
    }
    return bool(entry.intent["records"])


def _kept(session: Session, uid: Uid, record: Any, signs: Sequence[_Sign]) -> Any:
    """Give what may be remembered of one item of a plan write that nobody can certify; `None` for nothing new."""
    sure = [sign for sign in signs if sign.has_landed is not None]
    if not sure:
        return record if _says(session, uid, record) else None
    part = Base({}, {}, {})
    is_sound = state.restore(part, uid, record)
    missing = [sign.field for sign in sure if not sign.has_landed]
    is_text_unsure = any(sign.field is Field.TEXT and not sign.has_landed for sign in signs)
    if len(missing) == len(sure) or is_text_unsure:  # what is not there was rather never written
        part = session.base
    for sign in sure:
        if not sign.has_landed and sign.field in _CONTESTED:
            state.forget_fields(part, sign.uid, [_CONTESTED[sign.field]])
    if is_sound and part is not session.base and Field.TICK in missing:
        _take_state_of(
            part, session.base, uid
        )  # boxes may say the state: with them in doubt it is news again
    if is_sound and part is not session.base:
        state.forget_fields(Base({}, {}, part.agreed), uid, [Field.IMPLIED])  # the ticks may be an author's
    return state.record(part, uid) if is_sound and uid in part.local else None


def _take_state_of(part: Base, known: Base, uid: Uid) -> None:
    """Let a task's state be as it was known, on all sides."""
    names = (Field.STATE, Field.IMPLIED)
    for side, then in ((part.local, known.local), (part.remote, known.remote), (part.agreed, known.agreed)):
        assert isinstance(side, dict), "it was just read from a record"
        was = then.get(uid, Item(uid, Kind.TASK)).fields
        item = side.get(uid, Item(uid, Kind.TASK))
        kept = {name: value for name, value in item.fields.items() if name not in names}
        side[uid] = replace(item, fields=kept | {name: was[name] for name in names if name in was})


def _signs(session: Session, entry: Entry) -> Iterator[_Sign]:
    then = Base({}, {}, {})
    for uid, record in entry.intent.get("records", {}).items():
        state.restore(then, uid, record)
    for name, field_, old, new, _ in entry.intent.get("changes", []):
        uid, field = Uid(name), Field(field_)
        if is_step(uid):
            known = [text_of(s.get(uid), Field.TEXT) for s in (then.local, session.base.local)]
            if field is Field.TICK:
                known += _rewordings(session.shown, session.base.local, owner_of(uid), known[0])
            has_landed = _has_step_landed(session.shown, uid, field, (old, new), known)
            is_removal = field is Field.TEXT and new is None and has_landed
            is_missing = field is Field.TEXT and old is None and not has_landed
            if is_removal and _rewordings(session.shown, then.local, owner_of(uid), old):
                has_landed = None
            elif is_missing and _rewordings(session.shown, session.base.local, owner_of(uid), new):
                has_landed = True  # it was added, and somebody reworded it since
            yield _Sign(uid, field, has_landed)
        else:
            shown = session.shown[uid].fields.get(field) if uid in session.shown else None
            yield _Sign(uid, field, _has_landed(shown, old, new))


def _rewordings(side: Snapshot, then: Snapshot, owner: Uid, text: str) -> list[str]:
    """List the words in which a step that seems to be gone may be there: of steps that no write put there."""
    known = {words(text_of(s, Field.TEXT)) for s in steps_of(then, owner)}
    shown = (text_of(s, Field.TEXT) for s in steps_of(side, owner))
    return [now for now in shown if words(now) not in known and is_similar(text, now)]


def _has_step_landed(
    side: Snapshot, uid: Uid, field: Field, change: tuple[Any, Any], known: Iterable[str]
) -> bool | None:
    """Say whether a change of a step is there; a plan's steps have no names, so their texts tell which is which."""
    old, new = change
    ticks = {words(text_of(s, Field.TEXT)): tick_of(s) for s in steps_of(side, owner_of(uid))}
    if field is Field.TEXT and new is None:
        return words(old) not in ticks
    if field is Field.TEXT:
        has_new = words(new) in ticks
        return has_new if old is None or has_new is not (words(old) in ticks) else None
    text = next((words(text) for text in known if words(text) in ticks), None)
    return _has_landed(ticks[text], old, new) if old is not None and text else None


def _has_landed(shown: object, old: object, new: object) -> bool | None:
    return shown == new if shown in (old, new) and old != new else None


def _says(session: Session, uid: Uid, record: object) -> bool:
    """Say whether the plan shows an item just as a record remembers it."""
    then = Base({}, {}, {})
    if not state.restore(then, uid, record) or uid not in session.shown:
        return False
    return said(session.shown, uid) == said(then.local, uid)
