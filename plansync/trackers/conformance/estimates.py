"""Estimates, and milestones that belong to more projects: what some trackers keep and others do not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plansync.errors import OutcomeUnknown, Rejected, TrackerError, Unsupported
from plansync.model import State
from plansync.trackers.base import Batched, Thing, Tracker
from plansync.trackers.conformance.bench import Bench, Suite, Trait, everything, made, records_of, seen

MINUTES = (1, 30, 60, 90, 480, 750, 2_400, 12_345)
"""A minute, parts of hours, whole days and weeks of an office, and none of them."""


class Estimates(Suite):
    """What `estimate`, inherited milestones and reads of several issues at once promise."""

    @pytest.mark.parametrize("minutes", MINUTES)
    async def test_an_estimate_is_kept_to_the_minute(
        self, bench: Bench, tracker: Tracker, minutes: int
    ) -> None:
        """The answer, a direct read and a listing agree; a day has as many hours there as here."""
        bench.needs(Trait.ESTIMATES)
        issue = await made(tracker)

        answer = await tracker.estimate(issue.ref, minutes)

        assert (issue.estimate, answer) == (0, minutes)
        assert (await seen(tracker, Thing.ISSUE, issue.ref)).estimate == minutes
        assert [record.estimate for record in await records_of(tracker.changed(""))] == [minutes]

    async def test_an_estimate_is_changed_and_taken_away_and_nothing_else_moves(
        self, bench: Bench, tracker: Tracker
    ) -> None:
        """Zero is nothing; what is nothing already is no error."""
        bench.needs(Trait.ESTIMATES)
        issue = await made(tracker, "Estimated", body="a body")

        answers = [await tracker.estimate(issue.ref, minutes) for minutes in (90, 45, 0, 0)]

        assert answers == [90, 45, 0, 0]
        found = await seen(tracker, Thing.ISSUE, issue.ref)
        assert replace(found, revision=issue.revision) == issue

    async def test_another_write_leaves_an_estimate(self, bench: Bench, tracker: Tracker) -> None:
        """And its answer shows it."""
        bench.needs(Trait.ESTIMATES)
        ref = (await made(tracker)).ref
        await tracker.estimate(ref, 90)

        answer = await tracker.update(Thing.ISSUE, ref, {"title": "Changed", "state": State.DONE})

        assert answer.estimate == 90

    async def test_an_estimate_by_a_person_is_read(self, bench: Bench, tracker: Tracker) -> None:
        """It is two-way: the plan follows it."""
        bench.needs(Trait.ESTIMATES)
        ref = (await made(tracker)).ref
        await records_of(tracker.changed(""))
        bench.estimate(ref, 200)

        assert [record.estimate for record in await records_of(tracker.changed(""))] == [200]

    async def test_an_estimate_of_what_is_not_there_is_refused(self, bench: Bench, tracker: Tracker) -> None:
        """That is no lack of the tracker's, and no unknown outcome."""
        bench.needs(Trait.ESTIMATES)

        with pytest.raises(TrackerError) as raised:
            await tracker.estimate(987_654, 90)

        assert not isinstance(raised.value, OutcomeUnknown | Unsupported)

    async def test_a_tracker_without_estimates_says_so(self, bench: Bench, tracker: Tracker) -> None:
        """They stand in the texts then."""
        if Trait.ESTIMATES not in bench.absent:
            pytest.skip("this tracker has estimates")
        issue = await made(tracker)

        assert issue.estimate is None
        with pytest.raises(Unsupported):
            await tracker.estimate(issue.ref, 90)

    # Milestones of more projects.

    async def test_an_inherited_milestone_is_listed_read_and_used(
        self, bench: Bench, tracker: Tracker
    ) -> None:
        """It is told from the project's own."""
        bench.needs(Trait.INHERITED)
        ref = bench.inherit("Release 1")
        own = await tracker.create(Thing.MILESTONE, {"title": "Phase 1"})

        listed = {record.ref: record for record in await records_of(tracker.milestones())}
        issue = await made(tracker, "In it", milestone=ref)

        assert {each: record.is_inherited for each, record in listed.items()} == {ref: True, own.ref: False}
        assert await seen(tracker, Thing.MILESTONE, ref) == listed[ref]
        assert issue.milestone == ref

    async def test_an_inherited_milestone_is_not_edited(self, bench: Bench, tracker: Tracker) -> None:
        """Nor is one made that has its title."""
        bench.needs(Trait.INHERITED)
        ref = bench.inherit("Release 1")
        before = await everything(tracker)

        stranger = bench.open()  # it did not see the milestone yet
        for each in (tracker, stranger):
            with pytest.raises(Rejected):
                await each.update(Thing.MILESTONE, ref, {"title": "Release one"})
            with pytest.raises(Rejected):
                await each.create(Thing.MILESTONE, {"title": "Release 1"})
        await stranger.aclose()

        assert await everything(tracker) == before

    # Several at once.

    async def test_several_issues_are_read_in_fewer_requests(self, bench: Bench, tracker: Tracker) -> None:
        """Each as a direct read shows it; what is not there is left out. For adapters that offer it."""
        if not isinstance(tracker, Batched):
            pytest.skip("this adapter reads issues one by one")
        refs = [(await made(tracker, f"Task {n}", body=f"text {n}")).ref for n in range(60)]
        bench.close(refs[0])
        before = tracker.requests.total

        found = await tracker.several([*refs, 987_654])

        assert tracker.requests.total - before < 5
        assert {record.ref: record for record in found} == {
            ref: await seen(tracker, Thing.ISSUE, ref) for ref in refs
        }
