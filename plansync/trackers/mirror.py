"""What was last seen of a tracker, kept between runs so that a read costs only what moved."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Protocol

from plansync.model import State
from plansync.trackers.base import UNCOUNTED, Absence, Batched, Page, Record, Thing, Tracker
from plansync.trackers.mapping import LABEL

_OVERLAP = timedelta(seconds=120)
_ROUNDS_MAX = 3
_WATERMARK = "watermark"
_UNSEEN = "unseen"
NOTES = "notes/"
"""How the keys begin under which something else than records is kept."""


def _dump(record: Record) -> bytes:
    return json.dumps(asdict(record), ensure_ascii=False).encode()


def _load(raw: bytes) -> Record:
    fields = json.loads(raw)
    fields |= {
        "thing": Thing(fields["thing"]),
        "state": State(fields["state"]),
        "labels": tuple(fields["labels"]),
        "assignees": tuple(fields.get("assignees", ())),
    }
    if fields.get("blockers") is not None:
        fields["blockers"] = tuple(fields["blockers"])
    return Record(**fields)


class Keeper(Protocol):
    """Where a mirror outlives a run. `put` stores all or nothing; a value of `None` deletes."""

    def items(self) -> Iterable[tuple[str, bytes]]:
        """Read everything."""
        ...

    def put(self, values: Mapping[str, bytes | None]) -> None:
        """Write a batch."""
        ...


class Mirror:
    """Reads a tracker through what is already known of it.

    Losing what `keeper` keeps costs requests, nothing else. A read is kept when it is complete: cut
    off halfway, the next one follows the same pages again. Records that are neither ours nor linked
    are remembered without their text.
    """

    def __init__(self, tracker: Tracker, keeper: Keeper) -> None:
        self.tracker, self.keeper = tracker, keeper
        self.records: dict[tuple[Thing, int], Record] = {}
        self.watermark = ""
        self.notes: dict[str, bytes] = {}
        self.waiting: dict[str, bytes | None] = {}
        self.unseen = set[int]()  # issues that writes of ours moved to a revision which no answer told
        self.last_own = ""  # the last revision that an answer to a write of ours told
        self.is_cold = True  # nothing is known of when anything here changed last
        for key, value in keeper.items():
            if key == _WATERMARK:
                self.watermark = value.decode()
                self.is_cold = False
            elif key.startswith(NOTES):
                self.notes[key] = value
            elif key == _UNSEEN:
                with contextlib.suppress(ValueError, TypeError):
                    self.last_own, *refs = json.loads(value)
                    self.unseen = {int(ref) for ref in refs}
            else:
                with contextlib.suppress(
                    ValueError, KeyError, TypeError
                ):  # a row that cannot be read is not there
                    record = _load(value)
                    self.records[record.thing, record.ref] = record

    async def look(self, thing: Thing, ref: int) -> Record | Absence:
        """Read one record directly, with its text, whether it is ours or not."""
        absent = await self._look([(thing, ref)])
        self._flush()
        return absent.get((thing, ref)) or self.records[thing, ref]

    async def read(
        self,
        linked: Iterable[tuple[Thing, int]],
        *,
        full: bool = False,
        whole: bool = False,
        has_links: bool = True,
        edges: Collection[tuple[Thing, int]] = (),
    ) -> dict[tuple[Thing, int], Absence]:
        """Bring the mirror up to date; tell why those linked records that are not there are not.

        `full` reads each linked record directly; `whole` lists all issues where nothing was read yet, not only
        those that bear our label. `has_links`: which issues block which is read too, of those that moved and wait; on a
        tracker that does not count (`UNCOUNTED`) of those in `edges` that moved.
        Absence from a list proves nothing: only a direct read says that a record is gone. It is asked for where a
        list should show a record and does not.
        """
        wanted, missed = set(linked), set[tuple[Thing, int]]()
        if whole or self.watermark or any(thing is Thing.ISSUE for thing, _ in self.records):
            missed = await self._read_changed(wanted)
        else:
            async for page in self.tracker.labelled(LABEL):
                self._take(page.records, wanted)
        await self._read_milestones()
        unseen = {key for key in wanted if key not in self.records or key in missed}
        absent = await self._look(wanted if full else unseen)
        if has_links:
            await self._read_links(wanted, edges, full=full)
        self._own(set())
        self._flush()
        return absent

    async def _read_changed(self, wanted: set[tuple[Thing, int]]) -> set[tuple[Thing, int]]:
        """Follow pages until one holds nothing new; a longer read looks at the first page again.

        Revisions are whole seconds: what bears the last second that was read may have changed in it
        since, so a page proves nothing until it reaches below that second. Returns the issues that moved last
        among those that were read about, by what is known, and that no page shows.
        """
        seen, reach = set[tuple[Thing, int]](), ""
        page = Page((), is_unchanged=False)
        for round_ in range(_ROUNDS_MAX):
            edge, pages = self.watermark, 0
            async for page in self.tracker.changed(edge):
                pages += 1
                seen |= {(r.thing, r.ref) for r in page.records}
                is_known = all(self._is_known(record) for record in page.records)
                self._take(page.records, wanted)
                is_as_read = page.is_unchanged and max((r.revision for r in page.records), default="") <= edge
                if _is_older(page, edge) or (is_known and (is_as_read or _reaches_below(page, edge))):
                    break
            if round_ == 0:
                is_whole = page.is_last and not page.is_unchanged
                reach = (
                    page.since if is_whole else min((r.revision for r in page.records), default=page.since)
                )
            if pages <= 1:
                break
        known = {key for key in wanted - seen if key[0] is Thing.ISSUE and key in self.records}
        return {key for key in known if self.records[key].revision > reach}

    def _is_known(self, record: Record) -> bool:
        known = self.records.get((record.thing, record.ref))
        return known is not None and bool(record.revision) and known.revision >= record.revision

    def _take(self, records: Iterable[Record], wanted: set[tuple[Thing, int]]) -> None:
        for record in records:
            if self._is_stale(record):
                continue
            is_ours = (record.thing, record.ref) in wanted or "plansync:" in record.body
            self._note(record if is_ours else replace(record, body=""))
            self._reach(record.revision)

    def _is_stale(self, record: Record) -> bool:
        """Say whether a list, which may lag, shows a record as it was before we last saw it."""
        known = self.records.get((record.thing, record.ref))
        return known is not None and bool(record.revision) and known.revision > record.revision

    def _reach(self, revision: str) -> None:
        if revision > self.watermark:
            self.watermark = revision
            self.waiting[_WATERMARK] = revision.encode()

    async def _read_milestones(self) -> None:
        found: dict[tuple[Thing, int], Record] = {}
        async for page in self.tracker.milestones():
            found |= {(r.thing, r.ref): r for r in page.records}
        for key in [k for k in self.records if k[0] is Thing.MILESTONE and k not in found]:
            self._forget(key)
        for record in found.values():
            if not self._is_stale(record):
                self._note(record)

    async def _look(self, keys: Iterable[tuple[Thing, int]]) -> dict[tuple[Thing, int], Absence]:
        absent: dict[tuple[Thing, int], Absence] = {}
        for key in sorted(await self._look_at_several(set(keys))):
            answer = await self.tracker.look(*key)
            if key[0] is Thing.MILESTONE and answer is Absence.DENIED:
                answer = Absence.GONE  # whoever reads the list of milestones, as just now, reads each of them
            if isinstance(answer, Record):
                self._note(answer)
            else:
                absent[key] = answer
                self._forget(key)
        return absent

    async def _look_at_several(self, keys: set[tuple[Thing, int]]) -> set[tuple[Thing, int]]:
        """Read issues together where the tracker can; give those of which a read alone must say why they are away."""
        issues = sorted(ref for thing, ref in keys if thing is Thing.ISSUE)
        if len(issues) < 2 or not isinstance(self.tracker, Batched):
            return keys
        found = await self.tracker.several(issues)
        for record in found:
            self._note(record)
        return keys - {(record.thing, record.ref) for record in found}

    async def _read_links(
        self, wanted: set[tuple[Thing, int]], edges: Collection[tuple[Thing, int]], *, full: bool
    ) -> None:
        """Read by which issues each of ours is blocked, where that is not known."""
        for key, record in sorted(self.records.items()):
            is_ours = record.thing is Thing.ISSUE and (key in wanted or "plansync:begin" in record.body)
            is_uncounted = record.blocked_by == UNCOUNTED
            if is_uncounted and key not in edges:
                continue
            if is_ours and record.blocked_by and (full or record.blockers is None):
                await self._read_links_of(record)

    async def _read_links_of(self, record: Record) -> None:
        found = await self.tracker.blockers(record.ref)
        counted = record.blocked_by if found is not None else None
        self._note(replace(record, blockers=found, blocked_by=counted))

    async def read_uncounted(self, issues: Iterable[Record]) -> bool:
        """Read the links of issues of which nobody says how many they have; says whether any were not known."""
        unknown = [r for r in issues if r.blocked_by == UNCOUNTED and r.blockers is None]
        for record in unknown:
            await self._read_links_of(record)
        self._flush()
        return bool(unknown)

    def _note(self, record: Record, *, is_own: bool = False) -> None:
        """Remember a record; its links stay known where nothing of it moved but by a write of our own."""
        key = (record.thing, record.ref)
        known = self.records.get(key)
        if known and record.blockers is None and record.blocked_by == known.blocked_by:
            is_still = is_own or record.revision == known.revision or self._is_as_written(record, known)
            record = replace(record, blockers=known.blockers if is_still else None)
        if known != record:
            self.records[key] = record
            self.waiting[_key(*key)] = _dump(record)

    def _is_as_written(self, record: Record, known: Record) -> bool:
        """Say whether all that moved of an issue is its revision, and that no further than our writes went."""
        is_ours = record.thing is Thing.ISSUE and record.ref in self.unseen
        is_same = replace(record, revision=known.revision, blockers=known.blockers) == known
        return is_ours and is_same and record.revision <= self.last_own

    def _notice(self, record: Record, known: Record | None) -> None:
        """Notice which issues the write that gave this answer moved unseen.

        An answer that tells less than an issue (an estimate, labels) tells no revision; a link moves both its ends.
        """
        if known is None or record.revision > known.revision:
            self.last_own = max(self.last_own, record.revision)
            moved = self.unseen - {record.ref}
        else:
            moved = self.unseen | ({record.ref} if record != known else set())
        if known is not None and known.blockers is not None and record.blockers is not None:
            moved |= {*known.blockers} ^ {*record.blockers}
        self._own(moved)

    def _own(self, unseen: set[int]) -> None:
        if unseen or self.unseen:
            self.unseen = unseen
            self.waiting[_UNSEEN] = json.dumps([self.last_own, *sorted(unseen)]).encode()

    def _forget(self, key: tuple[Thing, int]) -> None:
        if self.records.pop(key, None):
            self.waiting[_key(*key)] = None

    def keep(self, record: Record, *, is_own: bool = False) -> None:
        """Remember a record that was read or written alone; `is_own` marks the answer to our write.

        The watermark follows reads. Only where nothing was ever read does our first write begin it:
        before that write the repository held nothing of ours.
        """
        known = self.records.get((record.thing, record.ref))
        self._note(record, is_own=is_own)
        if is_own and record.thing is Thing.ISSUE:
            self._notice(self.records[record.thing, record.ref], known)
            if not self.watermark:
                self._reach(record.revision)
        self._flush()

    def note(self, key: str, value: bytes) -> None:
        """Keep something else than a record, under a key that begins with `NOTES`."""
        self.notes[key] = value
        self.keeper.put({key: value})

    def forget(self, thing: Thing, ref: int) -> None:
        """Forget a record that a direct read did not find."""
        self._forget((thing, ref))
        self._flush()

    def _flush(self) -> None:
        if self.waiting:
            self.keeper.put(self.waiting)
            self.waiting = {}


def _key(thing: Thing, ref: int) -> str:
    return f"{thing.value}/{ref}"


def _reaches_below(page: Page, edge: str) -> bool:
    """Say whether a page, newest first, ends before the last second that was read."""
    return min((r.revision for r in page.records), default="") < edge


def _is_older(page: Page, edge: str) -> bool:
    """Say whether a page reaches further back than the last read did, with an overlap."""
    oldest = min((r.revision for r in page.records if r.revision), default="")
    try:
        return (
            bool(edge and oldest) and datetime.fromisoformat(oldest) < datetime.fromisoformat(edge) - _OVERLAP
        )
    except ValueError:
        return False
