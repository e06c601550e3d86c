"""Absence: why a record is not there, and that nothing is written where none is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plansync.errors import Moved, OutcomeUnknown, TrackerError
from plansync.trackers.base import Absence, Thing, Tracker
from plansync.trackers.conformance.bench import Bench, Suite, Trait, everything, made, records_of

UNKNOWN = 987_654

Away = tuple[Trait, Callable[[Bench, int], None], Absence]
AWAY: tuple[Away, ...] = (
    (Trait.DELETION, lambda bench, ref: bench.delete(Thing.ISSUE, ref), Absence.GONE),
    (Trait.TRANSFER, lambda bench, ref: bench.transfer(ref), Absence.MOVED),
    (Trait.HIDDEN, lambda bench, ref: bench.hide(ref), Absence.DENIED),
)
each_way = pytest.mark.parametrize("away", AWAY, ids=lambda away: away[2].name.lower())


class Absences(Suite):
    """What `look` says of what is not there, and what writes to it raise."""

    @each_way
    async def test_a_record_that_went_away_is_told(self, bench: Bench, tracker: Tracker, away: Away) -> None:
        """The plan keeps a task whose issue was deleted, moved or hidden, and says which it was."""
        trait, act, absence = away
        bench.needs(trait)
        ref, beside = (await made(tracker, "Goes")).ref, (await made(tracker, "Stays")).ref
        act(bench, ref)

        assert await tracker.look(Thing.ISSUE, ref) is absence
        assert [record.ref for record in await records_of(tracker.changed(""))] == [beside]
        assert [record.ref for record in await tracker.newest()] == [beside]

    @each_way
    async def test_a_write_to_what_went_away_is_refused(
        self, bench: Bench, tracker: Tracker, away: Away
    ) -> None:
        """It certainly did not land, and it makes nothing anew."""
        trait, act, absence = away
        bench.needs(trait)
        ref = (await made(tracker, "Goes")).ref
        act(bench, ref)
        before = await everything(tracker)

        with pytest.raises(TrackerError) as updated:
            await tracker.update(Thing.ISSUE, ref, {"title": "Written"})
        with pytest.raises(TrackerError) as labelled:
            await tracker.label(ref, ("plansync",))

        for raised in (updated.value, labelled.value):
            assert not isinstance(raised, OutcomeUnknown)
            assert isinstance(raised, Moved) or absence is Absence.DENIED
        assert await everything(tracker) == before

    @pytest.mark.parametrize("thing", Thing)
    async def test_a_number_that_was_never_given_out_is_absent(
        self, bench: Bench, tracker: Tracker, thing: Thing
    ) -> None:
        """Unknown and unreadable look alike on many trackers, so it is called deleted by none that cannot tell."""
        if thing is Thing.MILESTONE:
            bench.needs(Trait.MILESTONES)

        assert await tracker.look(thing, UNKNOWN) in (Absence.DENIED, Absence.GONE)
        with pytest.raises(TrackerError) as raised:
            await tracker.update(thing, UNKNOWN, {"title": "Written"})

        assert not isinstance(raised.value, OutcomeUnknown)
        assert await everything(tracker) == {}

    async def test_a_deleted_milestone_is_absent_and_its_issues_stay(
        self, bench: Bench, tracker: Tracker
    ) -> None:
        """They are in none then."""
        bench.needs(Trait.MILESTONES)
        place = await tracker.create(Thing.MILESTONE, {"title": "Phase 1"})
        issue = await made(tracker, "Stays", milestone=place.ref)
        bench.delete(Thing.MILESTONE, place.ref)

        assert await tracker.look(Thing.MILESTONE, place.ref) in (Absence.DENIED, Absence.GONE)
        (left,) = (await everything(tracker)).values()
        assert (left.ref, left.milestone) == (issue.ref, None)

    async def test_what_is_no_issue_is_not_listed_and_not_taken_for_one(
        self, bench: Bench, tracker: Tracker
    ) -> None:
        """A pull request shares the numbers of the issues."""
        bench.needs(Trait.OTHERS)
        issue = await made(tracker)
        other = bench.other()

        assert await tracker.look(Thing.ISSUE, other) is Absence.OTHER
        assert [record.ref for record in await records_of(tracker.changed(""))] == [issue.ref]
        assert [record.ref for record in await tracker.newest()] == [issue.ref]
