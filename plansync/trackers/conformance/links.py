"""What relates: single labels, people that issues are given to, links between issues, due dates, who we are."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from plansync.errors import OutcomeUnknown, Rejected, TrackerError, Unsupported
from plansync.model import Field, State
from plansync.trackers.base import UNCOUNTED, Record, Thing, Tracker
from plansync.trackers.conformance.bench import Bench, Suite, Trait, made, records_of, seen

DAYS = ("2026-01-15", "2026-07-01", "2026-12-31", "2028-02-29", "2026-03-08", "2026-11-01")
"""Winter and summer, the ends of year and month, and the days on which American clocks are set."""


Call = Callable[[], Awaitable[object]]


def _counted(bench: Bench, links: int) -> int:
    """Say what an issue shows that waits for so many."""
    return UNCOUNTED if Trait.LINK_COUNTS in bench.absent else links


async def _listed(tracker: Tracker, ref: int) -> Record:
    """Find an issue in the listing."""
    (found,) = [record for record in await records_of(tracker.changed("")) if record.ref == ref]
    return found


class Links(Suite):
    """What `unlabel`, `assign`, `unassign`, `block`, `unblock`, `blockers` and due dates promise."""

    async def test_the_traits_name_what_the_tracker_relates(self, bench: Bench, tracker: Tracker) -> None:
        """What they do not name is never asked for."""
        fields = {
            Trait.LABELS: Field.LABELS,
            Trait.ASSIGNEES: Field.OWNERS,
            Trait.LINKS: Field.EDGES,
            Trait.DUE: Field.DUE,
        }

        assert {
            field for trait, field in fields.items() if trait not in bench.absent
        } <= tracker.traits.stores

    async def test_an_adapter_says_whose_token_it_has_and_whether_it_waits(self, tracker: Tracker) -> None:
        """Empty, and `None`, are answers too."""
        assert isinstance(await tracker.account(), str)
        assert await tracker.is_protected("main") in (True, False, None)
        assert tracker.bucket is None, "a bench opens adapters that do not wait"

    # Labels.

    @pytest.mark.parametrize("label", ["plansync", "risk: high", "a/b & c?", "won't do", "größer"])
    async def test_one_label_is_taken_off_and_the_others_stay(
        self, bench: Bench, tracker: Tracker, label: str
    ) -> None:
        """Whatever characters its name has; the answer names those that are left."""
        bench.needs(Trait.LABELS)
        before = await made(tracker, "Labelled", labels=("kept", label, "of a person"))

        answer = await tracker.unlabel(before.ref, label)

        assert sorted(answer) == ["kept", "of a person"]
        assert sorted((await seen(tracker, Thing.ISSUE, before.ref)).labels) == ["kept", "of a person"]

    async def test_a_label_that_an_issue_does_not_bear_is_taken_off_without_error(
        self, bench: Bench, tracker: Tracker
    ) -> None:
        """Somebody was quicker."""
        bench.needs(Trait.LABELS)
        ref = (await made(tracker, "Labelled", labels=("kept",))).ref

        assert await tracker.unlabel(ref, "risk: high") == ("kept",)

    # People.

    async def test_an_issue_is_given_to_somebody_when_it_is_made(
        self, bench: Bench, tracker: Tracker
    ) -> None:
        """The one comes back in the answer, goes, and is followed by another."""
        bench.needs(Trait.ASSIGNEES)
        one, two = bench.people
        made_ = await made(tracker, "Given", assignees=(one,))
        bare = await tracker.unassign(made_.ref, (one,))
        given = await tracker.assign(made_.ref, (two,))

        assert [record.assignees for record in (made_, bare, given)] == [(one,), (), (two,)]
        assert (await seen(tracker, Thing.ISSUE, made_.ref)).assignees == (two,)

    async def test_a_second_person_is_added_or_passed_over(self, bench: Bench, tracker: Tracker) -> None:
        """Where an issue is given to one alone, the one who has it keeps it, and the answer says so."""
        bench.needs(Trait.ASSIGNEES)
        one, two = bench.people
        ref = (await made(tracker, "Given", assignees=(one,))).ref

        answer = await tracker.assign(ref, (two,))

        assert set(answer.assignees) == ({one} if Trait.TEAMS in bench.absent else {one, two})
        assert await seen(tracker, Thing.ISSUE, ref) == answer

    async def test_an_issue_is_given_to_people_when_it_is_made(self, bench: Bench, tracker: Tracker) -> None:
        """They come back in the answer, and stay when something else is written."""
        bench.needs(Trait.ASSIGNEES, Trait.TEAMS)
        made_ = await made(tracker, "Given", assignees=bench.people)
        answer = await tracker.update(Thing.ISSUE, made_.ref, {"title": "Given, still", "assignees": ()})

        assert set(made_.assignees) == set(bench.people)
        assert set(answer.assignees) == set(bench.people)

    async def test_people_come_and_go_one_by_one(self, bench: Bench, tracker: Tracker) -> None:
        """Those that were not named keep the issue; what is so already is no error."""
        bench.needs(Trait.ASSIGNEES, Trait.TEAMS)
        one, two = bench.people
        ref = (await made(tracker, "Given", assignees=(one,))).ref

        both = await tracker.assign(ref, (two,))
        again = await tracker.assign(ref, (two,))
        left = await tracker.unassign(ref, (one,))
        still = await tracker.unassign(ref, (one,))

        assert [set(record.assignees) for record in (both, again, left, still)] == [
            {one, two},
            {one, two},
            {two},
            {two},
        ]
        assert (await seen(tracker, Thing.ISSUE, ref)).assignees == (two,)

    async def test_who_can_be_given_issues_is_told_before(self, bench: Bench, tracker: Tracker) -> None:
        """Some trackers pass over the others without a word."""
        bench.needs(Trait.ASSIGNEES)

        assert [await tracker.is_assignable(login) for login in bench.people] == [True, True]
        assert not await tracker.is_assignable(bench.nobody)

    # Links.

    async def test_a_new_issue_waits_for_none(self, bench: Bench, tracker: Tracker) -> None:
        """None is a number: it is known."""
        bench.needs(Trait.LINKS)
        issue = await made(tracker)

        assert issue.blocked_by == _counted(bench, 0)
        assert await tracker.blockers(issue.ref) == ()

    async def test_an_issue_is_linked_to_what_must_be_done_before(
        self, bench: Bench, tracker: Tracker
    ) -> None:
        """The answer is the issue that waits; a listing that can counts the links, so that a change is seen there."""
        bench.needs(Trait.LINKS)
        first, second, issue = [await made(tracker, title) for title in ("First", "Second", "Waits")]

        one = await tracker.block(issue.ref, first)
        two = await tracker.block(issue.ref, second)

        answers = [(record.ref, record.blocked_by) for record in (one, two)]
        assert answers == [(issue.ref, _counted(bench, 1)), (issue.ref, _counted(bench, 2))]
        assert await tracker.blockers(issue.ref) == (first.ref, second.ref)
        assert await tracker.blockers(first.ref) == ()
        assert (await seen(tracker, Thing.ISSUE, issue.ref)).blocked_by == _counted(bench, 2)
        assert (await _listed(tracker, issue.ref)).blocked_by == _counted(bench, 2)
        assert (await _listed(tracker, first.ref)).blocked_by == _counted(bench, 0)

    async def test_a_link_changes_no_field(self, bench: Bench, tracker: Tracker) -> None:
        """And a field that is written changes no link."""
        bench.needs(Trait.LINKS)
        first, issue = await made(tracker, "First"), await made(tracker, "Waits", body="a body")

        linked = await tracker.block(issue.ref, first)
        closed = await tracker.update(Thing.ISSUE, issue.ref, {"state": State.DONE})

        assert replace(linked, revision="", blocked_by=None, blockers=None) == replace(
            issue, revision="", blocked_by=None, blockers=None
        )
        assert closed.blocked_by == _counted(bench, 1)
        assert await tracker.blockers(issue.ref) == (first.ref,)

    async def test_a_link_is_made_once_and_taken_away_once(self, bench: Bench, tracker: Tracker) -> None:
        """What is so already is no error; the other links stay."""
        bench.needs(Trait.LINKS)
        first, second, issue = [await made(tracker, title) for title in ("First", "Second", "Waits")]
        await tracker.block(issue.ref, first)
        await tracker.block(issue.ref, second)

        again = await tracker.block(issue.ref, first)
        left = await tracker.unblock(issue.ref, first)
        still = await tracker.unblock(issue.ref, first)

        assert [record.blocked_by for record in (again, left, still)] == [
            _counted(bench, n) for n in (2, 1, 1)
        ]
        assert await tracker.blockers(issue.ref) == (second.ref,)

    async def test_a_link_to_a_closed_issue_is_one(self, bench: Bench, tracker: Tracker) -> None:
        """A task that is done is still one that another stood on."""
        bench.needs(Trait.LINKS)
        first, issue = await made(tracker, "First"), await made(tracker, "Waits")
        await tracker.block(issue.ref, first)
        bench.close(first.ref)

        assert await tracker.blockers(issue.ref) == (first.ref,)
        assert (await _listed(tracker, issue.ref)).blocked_by == _counted(bench, 1)

    async def test_a_link_by_a_person_is_read(self, bench: Bench, tracker: Tracker) -> None:
        """A link is two-way: the plan follows it."""
        bench.needs(Trait.LINKS)
        first, issue = await made(tracker, "First"), await made(tracker, "Waits")
        await records_of(tracker.changed(""))
        bench.link(issue.ref, first.ref)

        assert (await _listed(tracker, issue.ref)).blocked_by == _counted(bench, 1)
        assert await tracker.blockers(issue.ref) == (first.ref,)

    async def test_a_link_the_other_way_round_is_another_one(self, bench: Bench, tracker: Tracker) -> None:
        """It is never taken for the one that was asked for: it is made, or refused in words."""
        bench.needs(Trait.LINKS)
        first, issue = await made(tracker, "First"), await made(tracker, "Waits")
        bench.link(first.ref, issue.ref)

        with contextlib.suppress(Rejected):
            await tracker.block(issue.ref, first)
            assert await tracker.blockers(issue.ref) == (first.ref,)

        assert await tracker.blockers(first.ref) == (issue.ref,)

    async def test_a_link_of_what_is_not_there_is_refused(self, bench: Bench, tracker: Tracker) -> None:
        """That is no lack of the tracker's, and no unknown outcome."""
        bench.needs(Trait.LINKS)
        first, unknown = await made(tracker, "First"), 987_654

        for write in (tracker.block, tracker.unblock):
            with pytest.raises(TrackerError) as raised:
                await write(unknown, first)
            assert not isinstance(raised.value, OutcomeUnknown | Unsupported)

    async def test_a_tracker_without_links_says_so(self, bench: Bench, tracker: Tracker) -> None:
        """The plan then keeps them in the texts, and asks no more: a refused write is enough to know it."""
        if Trait.LINKS not in bench.absent:
            pytest.skip("this tracker has links")
        first, issue = await made(tracker, "First"), await made(tracker, "Waits")

        assert issue.blocked_by in (None, UNCOUNTED)
        assert not await tracker.blockers(issue.ref)
        with pytest.raises(Unsupported):
            await tracker.block(issue.ref, first)
        assert await tracker.blockers(issue.ref) is None
        with contextlib.suppress(Unsupported):
            await tracker.unblock(issue.ref, first)
        assert await seen(tracker, Thing.ISSUE, issue.ref) == issue

    # Due dates.

    @pytest.mark.parametrize("day", DAYS)
    async def test_a_due_date_is_a_day(self, bench: Bench, tracker: Tracker, day: str) -> None:
        """Whatever the tracker makes of the hour: the same day comes back, from a create and from an update."""
        bench.needs(Trait.MILESTONES, Trait.DUE)
        given = await tracker.create(Thing.MILESTONE, {"title": "Phase 1", "due": day})
        bare = await tracker.create(Thing.MILESTONE, {"title": "Phase 2"})
        later = await tracker.update(Thing.MILESTONE, bare.ref, {"due": day})

        assert (given.due, bare.due, later.due) == (day, "", day)
        assert (await seen(tracker, Thing.MILESTONE, given.ref)).due == day
        assert {record.due for record in await records_of(tracker.milestones())} == {day}

    async def test_a_due_date_goes_when_it_is_emptied_and_not_before(
        self, bench: Bench, tracker: Tracker
    ) -> None:
        """Another field that is written leaves it."""
        bench.needs(Trait.MILESTONES, Trait.DUE)
        ref = (await tracker.create(Thing.MILESTONE, {"title": "Phase 1", "due": DAYS[0]})).ref

        renamed = await tracker.update(Thing.MILESTONE, ref, {"title": "Phase one", "state": State.DONE})
        emptied = await tracker.update(Thing.MILESTONE, ref, {"due": ""})

        assert (renamed.due, emptied.due) == (DAYS[0], "")
        assert (emptied.title, emptied.state) == ("Phase one", State.DONE)

    # Counting.

    async def test_each_of_these_is_one_request(self, bench: Bench, tracker: Tracker) -> None:
        """A big push is reckoned before it begins: one request each, or as many as the bench says."""
        first, issue = await made(tracker, "First", body="a"), await made(tracker, "Waits", body="b")
        person = bench.people[:1]
        calls: tuple[tuple[Trait, str, Call], ...] = (
            (Trait.LABELS, "label", lambda: tracker.label(issue.ref, ("plansync",))),
            (Trait.LABELS, "unlabel", lambda: tracker.unlabel(issue.ref, "plansync")),
            (Trait.ASSIGNEES, "is_assignable", lambda: tracker.is_assignable(person[0])),
            (Trait.ASSIGNEES, "assign", lambda: tracker.assign(issue.ref, person)),
            (Trait.ASSIGNEES, "unassign", lambda: tracker.unassign(issue.ref, person)),
            (Trait.LINKS, "block", lambda: tracker.block(issue.ref, first)),
            (Trait.LINKS, "blockers", lambda: tracker.blockers(issue.ref)),
            (Trait.LINKS, "unblock", lambda: tracker.unblock(issue.ref, first)),
            (Trait.ESTIMATES, "estimate", lambda: tracker.estimate(issue.ref, 90)),
        )
        there = [(name, call) for trait, name, call in calls if trait not in bench.absent]
        for _, call in there:
            await call()

        counts = {}
        for name, call in there:
            before = tracker.requests.total
            await call()
            counts[name] = tracker.requests.total - before

        assert counts == {name: bench.costs.get(name, 1) for name, _ in there}

    async def test_what_cannot_be_given_to_somebody_is_refused_or_passed_over(
        self, bench: Bench, tracker: Tracker
    ) -> None:
        """It is never called given."""
        bench.needs(Trait.ASSIGNEES)
        ref = (await made(tracker)).ref

        try:
            answer = (await tracker.assign(ref, (bench.nobody,))).assignees
        except Rejected:
            answer = ()

        assert answer == ()
        assert (await seen(tracker, Thing.ISSUE, ref)).assignees == ()
