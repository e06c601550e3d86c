"""Reads: listings are whole, in order and in pages; what did not move is said so; nothing comes from memory."""

from __future__ import annotations

from plansync.model import Field, State
from plansync.trackers.base import Page, Record, Thing, Tracker
from plansync.trackers.conformance.bench import Bench, Suite, Trait, Way, made, pages_of, records_of, seen

MANY = 105
"""More than trackers give in one page."""


def _is_whole(pages: list[Page], refs: set[int]) -> None:
    """Check that pages hold each record once, and that the last one, alone, says that it is the last."""
    listed = [record.ref for page in pages for record in page.records]
    assert sorted(listed) == sorted(refs)
    assert [page.is_last for page in pages] == [False] * (len(pages) - 1) + [True]


class Reading(Suite):
    """What `changed`, `labelled`, `milestones`, `newest`, `look` and `repository` promise."""

    async def test_the_traits_say_what_the_tracker_can(self, tracker: Tracker) -> None:
        """Without a title and a state there is nothing to keep in step."""
        traits = tracker.traits

        assert traits.name
        assert min(traits.title_max, traits.body_max, traits.writes_at_once) >= 1
        assert {Field.TITLE, Field.STATE} <= traits.stores

    async def test_the_project_names_itself(self, tracker: Tracker) -> None:
        """A run that will write reads first where it writes to."""
        found = await tracker.repository()

        assert found.name
        assert (found.can_write, found.refusal) == (True, "")

    async def test_a_reader_is_told_that_it_cannot_write(self, bench: Bench) -> None:
        """Before the first write, in words."""
        bench.needs(Trait.ACCOUNTS, Trait.READERS)
        reader = bench.open(Way.READER)
        found = await reader.repository()
        await reader.aclose()

        assert not found.can_write
        assert found.refusal

    async def test_an_empty_project_is_one_empty_page(self, tracker: Tracker) -> None:
        """Nothing there is an answer like any other."""
        for listing in (tracker.changed(""), tracker.labelled("plansync"), tracker.milestones()):
            pages = await pages_of(listing)

            assert [page.records for page in pages] == [()]
            assert pages[-1].is_last
        assert await tracker.newest() == ()

    async def test_a_listing_shows_what_a_direct_read_shows(self, bench: Bench, tracker: Tracker) -> None:
        """Open and closed, with their texts."""
        done = await made(tracker, "Done", body="a body")
        todo = await made(tracker, "To do", body="another body")
        bench.close(done.ref)

        listed = {record.ref: record for record in await records_of(tracker.changed(""))}

        assert listed == {ref: await seen(tracker, Thing.ISSUE, ref) for ref in (done.ref, todo.ref)}
        assert listed[done.ref].state is State.DONE

    async def test_issues_are_listed_in_pages_each_once(self, bench: Bench, tracker: Tracker) -> None:
        """A listing is followed to its end, one request a page."""
        label = () if Trait.LABELS in bench.absent else ("plansync",)
        refs = {(await made(tracker, f"Task {n}", labels=label)).ref for n in range(MANY)}
        before = tracker.requests.total

        pages = await pages_of(tracker.changed(""))

        _is_whole(pages, refs)
        assert tracker.requests.total - before == len(pages)
        assert len(pages) > 1 or Trait.PAGES in bench.absent
        if label:
            _is_whole(await pages_of(tracker.labelled(*label)), refs)

    async def test_milestones_are_listed_in_pages_each_once(self, bench: Bench, tracker: Tracker) -> None:
        """A plan may have more phases than fit on a page."""
        bench.needs(Trait.MILESTONES)
        refs = {(await tracker.create(Thing.MILESTONE, {"title": f"Phase {n}"})).ref for n in range(MANY)}
        closed = min(refs)
        await tracker.update(Thing.MILESTONE, closed, {"state": State.DONE})

        pages = await pages_of(tracker.milestones())

        _is_whole(pages, refs)
        found = {record.ref: record.state for page in pages for record in page.records}
        assert [ref for ref, state in found.items() if state is State.DONE] == [closed]

    async def test_what_changed_last_comes_first(self, bench: Bench, tracker: Tracker) -> None:
        """A reader stops at what it knows; the hint where it read last hides nothing that moved since."""
        refs = [(await made(tracker, f"Task {n}")).ref for n in range(5)]
        known = await records_of(tracker.changed(""))
        bench.edit(refs[1], title="Within the tick that was read last")
        bench.tick()
        bench.edit(refs[0], title="Changed")

        listed = await records_of(tracker.changed(known[0].revision))

        revisions = [record.revision for record in listed]
        assert revisions == sorted(revisions, reverse=True)
        assert (listed[0].ref, listed[0].title) == (refs[0], "Changed")
        assert "Within the tick that was read last" in [record.title for record in listed]

    async def test_a_label_selects_open_and_closed_issues_that_bear_it(
        self, bench: Bench, tracker: Tracker
    ) -> None:
        """So a run finds its issues where nothing remembers them."""
        bench.needs(Trait.LABELS)
        todo = await made(tracker, "To do", labels=("plansync", "other"))
        done = await made(tracker, "Done", labels=("plansync",))
        await made(tracker, "Other", labels=("other",))
        await made(tracker, "None")
        bench.close(done.ref)

        listed = await records_of(tracker.labelled("plansync"))

        assert {record.ref for record in listed} == {todo.ref, done.ref}

    async def test_the_newest_issues_are_listed_first_and_never_from_memory(
        self, bench: Bench, tracker: Tracker
    ) -> None:
        """A create whose answer was lost is looked for there: by number, whatever changed since."""
        old = await made(tracker, "Old")
        await tracker.newest()
        new = await made(tracker, "New")
        bench.tick()
        bench.edit(old.ref, title="Old, and changed last")

        listed = await tracker.newest()

        assert [record.ref for record in listed] == [new.ref, old.ref]
        assert [record.title for record in listed] == ["New", "Old, and changed last"]

    async def test_comments_are_counted(self, bench: Bench, tracker: Tracker) -> None:
        """An issue below which somebody wrote is not closed as nobody's."""
        bench.needs(Trait.COMMENTS)
        ref = (await made(tracker)).ref
        bench.comment(ref)

        assert (await seen(tracker, Thing.ISSUE, ref)).comments == 1

    async def test_a_direct_read_is_never_from_memory(self, bench: Bench, tracker: Tracker) -> None:
        """A write is decided on what a record holds now."""
        ref = (await made(tracker, "Old")).ref
        await seen(tracker, Thing.ISSUE, ref)
        bench.edit(ref, title="New", body="new")

        found = await seen(tracker, Thing.ISSUE, ref)

        assert (found.title, found.body) == ("New", "new")

    # What did not move.

    async def test_a_listing_that_did_not_move_says_so(self, bench: Bench) -> None:
        """It shows the same records, to another adapter with the same cache too: most runs have nothing to do."""
        bench.needs(Trait.CONDITIONAL)
        cache: dict[str, bytes] = {}
        first, second = bench.open(cache=cache), bench.open(cache=cache)
        await made(first, "Task", body="text")
        before = [await pages_of(first.changed("")), await pages_of(first.milestones())]

        after = [await pages_of(second.changed("")), await pages_of(second.milestones())]

        for fresh, known in zip(before, after, strict=True):
            assert [page.is_unchanged for page in fresh + known] == [False, True]
            assert [page.records for page in known] == [page.records for page in fresh]
        assert second.requests.not_modified == 2
        await first.aclose()
        await second.aclose()

    async def test_a_listing_that_moved_is_read_anew(self, bench: Bench, tracker: Tracker) -> None:
        """Within the same second, too."""
        ref = (await made(tracker, "Old")).ref
        await pages_of(tracker.changed(""))
        bench.edit(ref, title="New")

        (page,) = await pages_of(tracker.changed(""))

        assert not page.is_unchanged
        assert [record.title for record in page.records] == ["New"]

    async def test_milestones_that_moved_are_read_anew(self, bench: Bench, tracker: Tracker) -> None:
        """A renamed phase is found."""
        bench.needs(Trait.MILESTONES)
        place: Record = await tracker.create(Thing.MILESTONE, {"title": "Phase 1"})
        await pages_of(tracker.milestones())
        await tracker.update(Thing.MILESTONE, place.ref, {"title": "Phase one"})

        assert [record.title for record in await records_of(tracker.milestones())] == ["Phase one"]

    async def test_letting_go_twice_is_no_error(self, bench: Bench) -> None:
        """Whether it was used or not."""
        unused = bench.open()
        await unused.aclose()
        await unused.aclose()
