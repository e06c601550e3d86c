"""Refusals: the class of an error says whose it is to mend, it leaves no trace, and it shows no secret."""

from __future__ import annotations

import traceback
from collections.abc import Iterator

import pytest

from plansync.errors import AuthError, NotFound, OutcomeUnknown, Rejected, TrackerError, Unavailable
from plansync.trackers.base import Thing, Tracker, Written
from plansync.trackers.conformance.bench import Bench, Suite, Trait, Way, everything, made, records_of

UNKNOWN_MILESTONE = 987_654
WRONG: tuple[tuple[Way, Trait, type[TrackerError]], ...] = (
    (Way.STRANGER, Trait.ACCOUNTS, AuthError),
    (Way.ELSEWHERE, Trait.PROJECTS, NotFound),
    (Way.NOWHERE, Trait.NETWORK, Unavailable),
)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Follow an error to all that it stands on."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def shows_nothing(bench: Bench, error: BaseException) -> None:
    """Check that neither an error nor its traceback tells a token, whoever prints them."""
    told = [text for each in _chain(error) for text in (str(each), repr(each), repr(vars(each)))]
    told += traceback.TracebackException.from_exception(error).format()
    assert not [secret for secret in bench.secrets if secret in "\n".join(told)]


class Refusals(Suite):
    """What every method raises where something is wrong."""

    @pytest.mark.parametrize(("way", "trait", "kind"), WRONG, ids=lambda value: getattr(value, "name", ""))
    async def test_each_wrong_has_its_error(
        self, bench: Bench, tracker: Tracker, way: Way, trait: Trait, kind: type[TrackerError]
    ) -> None:
        """On reads and on writes alike, and nothing is written."""
        bench.needs(trait)
        known = await made(tracker, "Known")
        wrong = bench.open(way)

        for ask in (
            lambda: wrong.repository(),
            lambda: records_of(wrong.changed("")),
            lambda: records_of(wrong.milestones()),
            lambda: wrong.newest(),
            lambda: wrong.create(Thing.ISSUE, {"title": "Written"}),
        ):
            with pytest.raises(kind) as raised:
                await ask()
            shows_nothing(bench, raised.value)
        assert not [secret for secret in bench.secrets if secret in repr(wrong)]
        await wrong.aclose()

        assert await everything(tracker) == {(Thing.ISSUE, known.ref): known}

    async def test_a_lost_answer_is_an_unknown_outcome_and_the_write_is_not_sent_again(
        self, bench: Bench, tracker: Tracker
    ) -> None:
        """It landed, once; only whoever looks can know."""
        bench.needs(Trait.NETWORK)
        lossy = bench.open(Way.LOSSY)

        with pytest.raises(OutcomeUnknown) as raised:
            await lossy.create(Thing.ISSUE, {"title": "Lost"})
        await lossy.aclose()

        shows_nothing(bench, raised.value)
        assert [record.title for record in await tracker.newest()] == ["Lost"]

    async def test_a_write_without_a_title_is_refused(self, tracker: Tracker) -> None:
        """Nothing is made, and nothing is changed."""
        issue = await made(tracker)
        before = await everything(tracker)

        with pytest.raises(Rejected):
            await made(tracker, " ")
        with pytest.raises(Rejected):
            await tracker.update(Thing.ISSUE, issue.ref, {"title": "", "body": "changed"})

        assert await everything(tracker) == before

    @pytest.mark.parametrize("field", ["title", "body"])
    async def test_a_text_over_its_limit_is_refused(self, tracker: Tracker, field: str) -> None:
        """One character more than the traits say; what would fit is not written either."""
        issue = await made(tracker, "Short", body="short")
        limit = tracker.traits.title_max if field == "title" else tracker.traits.body_max
        given: Written = {"title": "x" * (limit + 1)} if field == "title" else {"body": "x" * (limit + 1)}

        with pytest.raises(Rejected):
            await tracker.create(Thing.ISSUE, {"title": "Long", **given})
        with pytest.raises(Rejected):
            await tracker.update(Thing.ISSUE, issue.ref, {"title": "Changed", **given})

        assert await everything(tracker) == {(Thing.ISSUE, issue.ref): issue}

    async def test_a_milestone_that_is_not_there_is_refused(self, bench: Bench, tracker: Tracker) -> None:
        """An issue is made in the milestone that was named, or not at all."""
        bench.needs(Trait.MILESTONES)
        issue = await made(tracker)

        with pytest.raises(Rejected):
            await made(tracker, "Written", milestone=UNKNOWN_MILESTONE)
        with pytest.raises(Rejected):
            await tracker.update(Thing.ISSUE, issue.ref, {"title": "Changed", "milestone": UNKNOWN_MILESTONE})

        assert await everything(tracker) == {(Thing.ISSUE, issue.ref): issue}

    async def test_a_taken_title_of_a_milestone_is_refused(self, bench: Bench, tracker: Tracker) -> None:
        """The one that has it stays as it is, and so does one that was to get it."""
        bench.needs(Trait.MILESTONES, Trait.UNIQUE_MILESTONES)
        await tracker.create(Thing.MILESTONE, {"title": "Phase 1", "body": "first"})
        other = await tracker.create(Thing.MILESTONE, {"title": "Phase 2"})
        before = await everything(tracker)

        with pytest.raises(Rejected):
            await tracker.create(Thing.MILESTONE, {"title": "Phase 1", "body": "second"})
        with pytest.raises(Rejected):
            await tracker.update(Thing.MILESTONE, other.ref, {"title": "Phase 1"})

        assert await everything(tracker) == before
