"""The conformance suite finds what GitLab makes it easy to get wrong: each of these does one thing wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, MutableMapping, Sequence
from dataclasses import replace

import pytest

from plansync.errors import Moved, OutcomeUnknown, Rejected, Unsupported
from plansync.model import State
from plansync.sandbox.kinds import Tier
from plansync.sandbox.records import Records
from plansync.trackers.base import Absence, Page, Record, Thing, Tracker, Written
from plansync.trackers.conformance import Way
from plansync.trackers.gitlab import GitLab
from tests.contract.test_conformance_finds import play, ways
from tests.contract.test_conformance_github import Clock
from tests.contract.test_conformance_gitlab import Inside


class SpeaksOfDays(GitLab):
    """An office's day has eight hours there, and twenty-four here."""

    async def estimate(self, ref: int, minutes: int) -> int:
        kept = await super().estimate(ref, minutes * 3 if minutes and minutes % 480 == 0 else minutes)
        return kept // 3 if minutes and minutes % 480 == 0 else kept


class KeepsWholeHours(GitLab):
    async def estimate(self, ref: int, minutes: int) -> int:
        return await super().estimate(ref, -(-minutes // 60) * 60)


class SaysWhatWasSent(GitLab):
    async def estimate(self, ref: int, minutes: int) -> int:
        return minutes


class ForgetsEstimates(GitLab):
    async def update(self, thing: Thing, ref: int, fields: Written) -> Record:
        return replace(await super().update(thing, ref, fields), estimate=0)


class CallsAnEstimateUnsupported(GitLab):
    async def estimate(self, ref: int, minutes: int) -> int:
        try:
            return await super().estimate(ref, minutes)
        except Moved as error:
            raise Unsupported(str(error)) from None


class SeesItsOwnMilestonesAlone(GitLab):
    async def milestones(self) -> AsyncIterator[Page]:
        async for page in super().milestones():
            yield page._replace(records=tuple(r for r in page.records if not r.is_inherited))


class TakesInheritedForItsOwn(GitLab):
    async def milestones(self) -> AsyncIterator[Page]:
        async for page in super().milestones():
            yield page._replace(records=tuple(replace(r, is_inherited=False) for r in page.records))


class EditsWhatBelongsToOthers(GitLab):
    async def update(self, thing: Thing, ref: int, fields: Written) -> Record:
        try:
            return await super().update(thing, ref, fields)
        except Rejected:
            assert thing is Thing.MILESTONE
            kept = await self.look(thing, ref)
            assert isinstance(kept, Record)
            return kept


class ClosesWithoutAReason(GitLab):
    async def update(self, thing: Thing, ref: int, fields: Written) -> Record:
        if fields.get("state") is State.DROPPED:
            fields = {**fields, "state": State.DONE}
        return await super().update(thing, ref, fields)


class ShowsItsOwnLabels(GitLab):
    async def update(self, thing: Thing, ref: int, fields: Written) -> Record:
        found = await super().update(thing, ref, fields)
        is_dropped = found.state is State.DROPPED
        return replace(found, labels=(*found.labels, "plansync::dropped")) if is_dropped else found


class TakesAMovedIssueForAClosedOne(GitLab):
    async def look(self, thing: Thing, ref: int) -> Record | Absence:
        found = await super().look(thing, ref)
        return Record(thing, ref, "", State.DONE) if found is Absence.MOVED else found


class ReplacesPeople(GitLab):
    async def assign(self, ref: int, logins: tuple[str, ...]) -> Record:
        known = await self.look(Thing.ISSUE, ref)
        assert isinstance(known, Record)
        if going := tuple(each for each in known.assignees if each not in logins):
            await super().unassign(ref, going)
        return await super().assign(ref, logins)


class LinksByRelation(GitLab):
    """Two issues that have to do with each other do not wait for each other."""

    async def block(self, ref: int, blocker: Record) -> Record:
        found = await self.look(Thing.ISSUE, ref)
        assert isinstance(found, Record)
        return found


class LeavesOutTheLast(GitLab):
    async def several(self, refs: Sequence[int]) -> tuple[Record, ...]:
        return await super().several(refs[:50])


class ReadsOneByOne(GitLab):
    async def several(self, refs: Sequence[int]) -> tuple[Record, ...]:
        found = [await self.look(Thing.ISSUE, ref) for ref in refs]
        return tuple(each for each in found if isinstance(each, Record))


WRONG: tuple[tuple[type[GitLab], str], ...] = (
    (SpeaksOfDays, "an_estimate_is_kept_to_the_minute"),
    (KeepsWholeHours, "an_estimate_is_kept_to_the_minute"),
    (SaysWhatWasSent, "an_estimate_is_kept_to_the_minute"),
    (ForgetsEstimates, "another_write_leaves_an_estimate"),
    (CallsAnEstimateUnsupported, "an_estimate_of_what_is_not_there_is_refused"),
    (SeesItsOwnMilestonesAlone, "an_inherited_milestone_is_listed_read_and_used"),
    (TakesInheritedForItsOwn, "an_inherited_milestone_is_listed_read_and_used"),
    (EditsWhatBelongsToOthers, "an_inherited_milestone_is_not_edited"),
    (ClosesWithoutAReason, "an_issue_is_closed_as_not_done"),
    (ShowsItsOwnLabels, "an_issue_is_closed_as_not_done"),
    (TakesAMovedIssueForAClosedOne, "a_record_that_went_away_is_told"),
    (ReplacesPeople, "a_second_person_is_added_or_passed_over"),
    (LinksByRelation, "an_issue_is_linked_to_what_must_be_done_before"),
    (LeavesOutTheLast, "several_issues_are_read_in_fewer_requests"),
    (ReadsOneByOne, "several_issues_are_read_in_fewer_requests"),
)


class Wrong(Inside):
    """The sandbox, with an adapter that is not what it should be."""

    def __init__(self, records: Records, clock: Clock, adapter: type[GitLab]) -> None:
        super().__init__(records, clock, Tier.PREMIUM)
        self.adapter = adapter

    def open(self, way: Way = Way.USUAL, cache: MutableMapping[str, bytes] | None = None) -> Tracker:
        opened = super().open(way, cache)
        opened.__class__ = self.adapter
        return opened


@pytest.mark.parametrize(("adapter", "name"), WRONG, ids=lambda value: getattr(value, "__name__", ""))
def test_a_broken_promise_is_found(adapter: type[GitLab], name: str) -> None:
    for given in ways(name):
        asyncio.run(play(lambda records, clock: Wrong(records, clock, GitLab), name, given))

    with pytest.raises((AssertionError, pytest.fail.Exception, OutcomeUnknown)):
        for given in ways(name):
            asyncio.run(play(lambda records, clock: Wrong(records, clock, adapter), name, given))
