"""The conformance suite finds an adapter that breaks a promise: each of these does one thing wrong."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from plansync.errors import Moved, OutcomeUnknown, Rejected
from plansync.model import State
from plansync.sandbox.records import Records
from plansync.trackers.base import Absence, Page, Record, Thing, Tracker, Written
from plansync.trackers.conformance import Bench, Conformance, Way
from plansync.trackers.github import GitHub
from tests.contract.test_conformance_github import CANARY, Clock, Inside


class TrimsBodies(GitHub):
    async def create(self, thing: Thing, fields: Written) -> Record:
        kept: Written = {**fields, "body": fields.get("body", "").rstrip()}
        return await super().create(thing, kept)


class UnifiesLineEnds(GitHub):
    async def look(self, thing: Thing, ref: int) -> Record | Absence:
        found = await super().look(thing, ref)
        return replace(found, body=found.body.replace("\r", "")) if isinstance(found, Record) else found

    async def create(self, thing: Thing, fields: Written) -> Record:
        made = await super().create(thing, fields)
        return replace(made, body=made.body.replace("\r", ""))


class AnswersWithWhatWasSent(GitHub):
    async def update(self, thing: Thing, ref: int, fields: Written) -> Record:
        await super().update(thing, ref, fields)
        return replace(Record(thing, ref, "", State.TODO), **fields)


class SendsFromMemory(GitHub):
    async def update(self, thing: Thing, ref: int, fields: Written) -> Record:
        known = getattr(self, "known", {}).get(ref)
        whole: Written = {"title": known.title, "body": known.body, **fields} if known else fields
        return await super().update(thing, ref, whole)

    async def create(self, thing: Thing, fields: Written) -> Record:
        made = await super().create(thing, fields)
        self.known = {made.ref: made}
        return made


class KeepsTheFirstRevision(GitHub):
    async def look(self, thing: Thing, ref: int) -> Record | Absence:
        found = await super().look(thing, ref)
        return replace(found, revision=found.created) if isinstance(found, Record) else found


class ClosesAsDone(GitHub):
    async def update(self, thing: Thing, ref: int, fields: Written) -> Record:
        if fields.get("state") is State.DROPPED:
            fields = {**fields, "state": State.DONE}
        return await super().update(thing, ref, fields)


class ReplacesLabels(GitHub):
    async def label(self, ref: int, labels: tuple[str, ...]) -> tuple[str, ...]:
        for each in (await super().label(ref, labels))[: -len(labels)]:
            await super().unlabel(ref, each)
        return labels


class ReadsOnePage(GitHub):
    async def _first(self, pages: AsyncIterator[Page]) -> AsyncIterator[Page]:
        async for page in pages:
            yield page._replace(is_last=True)
            return

    def changed(self, since: str) -> AsyncIterator[Page]:
        return self._first(super().changed(since))

    def milestones(self) -> AsyncIterator[Page]:
        return self._first(super().milestones())


class NeverSaysTheLast(GitHub):
    async def changed(self, since: str) -> AsyncIterator[Page]:
        async for page in super().changed(since):
            yield page._replace(is_last=False)


class NeverUnchanged(GitHub):
    async def changed(self, since: str) -> AsyncIterator[Page]:
        async for page in super().changed(since):
            yield page._replace(is_unchanged=False)


class HidesWhatIsOld(GitHub):
    async def changed(self, since: str) -> AsyncIterator[Page]:
        async for page in super().changed(since):
            yield page._replace(records=tuple(r for r in page.records if not since or r.revision > since))


class ForgetsClosed(GitHub):
    async def labelled(self, label: str) -> AsyncIterator[Page]:
        async for page in super().labelled(label):
            yield page._replace(records=tuple(r for r in page.records if r.state is State.TODO))


class NewestByChange(GitHub):
    async def newest(self) -> tuple[Record, ...]:
        return next(iter([page.records async for page in super().changed("")]))


class LooksInMemory(GitHub):
    async def look(self, thing: Thing, ref: int) -> Record | Absence:
        self.seen: dict[int, Record | Absence] = getattr(self, "seen", {})
        if ref not in self.seen:
            self.seen[ref] = await super().look(thing, ref)
        return self.seen[ref]


class CallsAllGone(GitHub):
    async def look(self, thing: Thing, ref: int) -> Record | Absence:
        found = await super().look(thing, ref)
        return found if isinstance(found, Record) else Absence.GONE


class MakesAnew(GitHub):
    async def update(self, thing: Thing, ref: int, fields: Written) -> Record:
        try:
            return await super().update(thing, ref, fields)
        except (Moved, Rejected):
            return await super().create(thing, fields)


class NeverSure(GitHub):
    async def create(self, thing: Thing, fields: Written) -> Record:
        try:
            return await super().create(thing, fields)
        except Rejected as error:
            raise OutcomeUnknown(str(error)) from None


class TriesAgain(GitHub):
    async def create(self, thing: Thing, fields: Written) -> Record:
        try:
            return await super().create(thing, fields)
        except OutcomeUnknown:
            return await super().create(thing, fields)


class TellsTheToken(GitHub):
    async def create(self, thing: Thing, fields: Written) -> Record:
        try:
            return await super().create(thing, fields)
        except OutcomeUnknown as error:
            raise OutcomeUnknown(f"{error} (token {CANARY})") from None


class AsksTwice(GitHub):
    async def create(self, thing: Thing, fields: Written) -> Record:
        await super().repository()
        return await super().create(thing, fields)


class CountsOpenLinks(GitHub):
    async def changed(self, since: str) -> AsyncIterator[Page]:
        async for page in super().changed(since):
            yield page._replace(records=tuple(replace(r, blocked_by=0) for r in page.records))


class LinksTheOtherWay(GitHub):
    async def block(self, ref: int, blocker: Record) -> Record:
        issue = await self.look(Thing.ISSUE, ref)
        assert isinstance(issue, Record)
        await super().block(blocker.ref, issue)
        return replace(issue, blocked_by=1)


class GivesToOneOnly(GitHub):
    async def assign(self, ref: int, logins: tuple[str, ...]) -> Record:
        known = await self.look(Thing.ISSUE, ref)
        assert isinstance(known, Record)
        if known.assignees:
            await super().unassign(ref, known.assignees)
        return await super().assign(ref, logins)


class DueTheDayBefore(GitHub):
    async def create(self, thing: Thing, fields: Written) -> Record:
        made = await super().create(thing, fields)
        return replace(made, due=made.due and made.due[:-2] + f"{int(made.due[-2:]) - 1:02}")


WRONG: tuple[tuple[type[GitHub], str], ...] = (
    (TrimsBodies, "blanks_at_the_end_are_kept"),
    (UnifiesLineEnds, "line_ends_are_kept"),
    (AnswersWithWhatWasSent, "an_update_changes_what_is_given_and_nothing_else"),
    (SendsFromMemory, "a_person_edits_between_two_writes_and_loses_nothing"),
    (KeepsTheFirstRevision, "a_revision_moves_with_each_change"),
    (ClosesAsDone, "an_issue_is_closed_as_not_done"),
    (ReplacesLabels, "labels_are_added_to_those_that_are_there"),
    (ReadsOnePage, "issues_are_listed_in_pages_each_once"),
    (ReadsOnePage, "milestones_are_listed_in_pages_each_once"),
    (NeverSaysTheLast, "issues_are_listed_in_pages_each_once"),
    (NeverUnchanged, "a_listing_that_did_not_move_says_so"),
    (HidesWhatIsOld, "what_changed_last_comes_first"),
    (ForgetsClosed, "a_label_selects_open_and_closed_issues_that_bear_it"),
    (NewestByChange, "the_newest_issues_are_listed_first_and_never_from_memory"),
    (LooksInMemory, "a_direct_read_is_never_from_memory"),
    (CallsAllGone, "a_record_that_went_away_is_told"),
    (CallsAllGone, "what_is_no_issue_is_not_listed_and_not_taken_for_one"),
    (MakesAnew, "a_write_to_what_went_away_is_refused"),
    (NeverSure, "a_milestone_that_is_not_there_is_refused"),
    (TriesAgain, "a_lost_answer_is_an_unknown_outcome_and_the_write_is_not_sent_again"),
    (TellsTheToken, "a_lost_answer_is_an_unknown_outcome_and_the_write_is_not_sent_again"),
    (AsksTwice, "an_operation_is_one_request_and_is_counted"),
    (CountsOpenLinks, "a_link_to_a_closed_issue_is_one"),
    (LinksTheOtherWay, "an_issue_is_linked_to_what_must_be_done_before"),
    (GivesToOneOnly, "people_come_and_go_one_by_one"),
    (DueTheDayBefore, "a_due_date_is_a_day"),
)


class Wrong(Inside):
    """The sandbox, with an adapter that is not what it should be."""

    def __init__(self, records: Records, clock: Clock, adapter: type[GitHub]) -> None:
        super().__init__(records, clock)
        self.adapter = adapter

    def open(self, way: Way = Way.USUAL, cache: MutableMapping[str, bytes] | None = None) -> Tracker:
        opened = super().open(way, cache)
        opened.__class__ = self.adapter
        return opened


def ways(name: str) -> list[dict[str, Any]]:
    """List the arguments with which a test of the suite is run."""
    test = getattr(Conformance, f"test_{name}")
    marks = [mark for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
    found = [{name: value} for mark in marks for name in [mark.args[0]] for value in mark.args[1]]
    return found or [{}]


async def play(open_bench: Callable[[Records, Clock], Bench], name: str, given: dict[str, Any]) -> None:
    """Run one test of the suite on a bench."""
    test = getattr(Conformance(), f"test_{name}")
    clock = Clock()
    with closing(Records(now=clock)) as records:
        bench = open_bench(records, clock)
        tracker = bench.open()
        at_hand = {"bench": bench, "tracker": tracker, **given}
        try:
            await test(**{name: at_hand[name] for name in inspect.signature(test).parameters})
        except pytest.skip.Exception:
            pass
        finally:
            await tracker.aclose()


@pytest.mark.parametrize(("adapter", "name"), WRONG, ids=lambda value: getattr(value, "__name__", ""))
def test_a_broken_promise_is_found(adapter: type[GitHub], name: str) -> None:
    for given in ways(name):
        asyncio.run(play(lambda records, clock: Wrong(records, clock, GitHub), name, given))

    with pytest.raises((AssertionError, pytest.fail.Exception, OutcomeUnknown)):
        for given in ways(name):
            asyncio.run(play(lambda records, clock: Wrong(records, clock, adapter), name, given))
