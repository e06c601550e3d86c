"""Estimates that a tracker keeps itself: minutes there, words in the plan, merged both ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from plansync.document.marking import Marking
from plansync.errors import ConfigError, OutcomeUnknown
from plansync.model import Field, Take, conflict_id
from plansync.sync.settling import Settling
from plansync.sync.ways import How
from plansync.trackers.base import Record, Thing, Traits
from plansync.trackers.github import TRAITS
from tests.simulation.world import Crash, Row
from tests.unit.sync.bench import PLAN, Bench, Tracker, kinds, notes

TIMED = PLAN.replace(
    "- [ ] Fill with gravel\n", "- [ ] Fill with gravel\n\n**Estimated Time**: 2 hours (dry weather)\n"
)


class Timekeeper(Tracker):
    """A tracker that keeps estimates; `refused`: the next one is answered with that, and kept where `is_kept`."""

    minutes: dict[int, int]
    refused: Exception | None = None
    is_kept: bool = True

    @property
    def traits(self) -> Traits:
        return replace(TRAITS, stores=TRAITS.stores | {Field.EFFORT})

    def _record(self, thing: Thing, row: Row) -> Record:
        found = super()._record(thing, row)
        return replace(found, estimate=self.minutes.get(row.ref, 0)) if thing is Thing.ISSUE else found

    async def estimate(self, ref: int, minutes: int) -> int:
        self._begin("POST", f"estimate of #{ref}")
        if self.is_kept:
            self.minutes[ref] = minutes
            self.touch(ref)
        if self.refused:
            raise self.refused
        return self.minutes[ref]

    def touch(self, ref: int) -> None:
        row = self.rows[Thing.ISSUE, ref]
        self.rows[Thing.ISSUE, ref] = replace(row, updated=self.clock.stamp())


@pytest.fixture
def timed(make: Callable[..., Bench]) -> Bench:
    bench = make(TIMED, marking=Marking(has_efforts=True))
    keeper = Timekeeper(bench.clock)
    keeper.minutes = {}
    bench.tracker = keeper
    return bench


def minutes(bench: Bench) -> int:
    assert isinstance(bench.tracker, Timekeeper)
    return bench.tracker.minutes.get(2, 0)


def say(bench: Bench, value: int) -> None:
    assert isinstance(bench.tracker, Timekeeper)
    bench.clock.pass_(2)
    bench.tracker.minutes[2] = value
    bench.tracker.touch(2)


def test_an_issue_gets_its_estimate_after_it_is_made(timed: Bench) -> None:
    report = timed.run()

    assert kinds(report, "applied").count("set-estimate") == 1
    assert minutes(timed) == 120
    assert "Estimated" not in timed.issue("Level").body
    assert timed.is_settled()


def test_a_plan_that_says_another_time_changes_the_issue(timed: Bench) -> None:
    timed.run()
    timed.edit("2 hours (dry", "1h 30m (dry")

    assert kinds(timed.run(), "applied") == ["set-estimate"]
    assert minutes(timed) == 90
    assert timed.is_settled()


def test_an_issue_that_says_another_time_changes_the_line_in_its_own_unit(timed: Bench) -> None:
    timed.run()
    say(timed, 180)

    assert kinds(timed.run(), "applied") == ["set-estimate"]
    assert "**Estimated Time**: 3 hours (dry weather)\n" in timed.text
    assert timed.is_settled()


def test_an_empty_line_takes_the_time_of_the_issue(timed: Bench) -> None:
    timed.edit("2 hours (dry weather)", "")
    timed.run()
    say(timed, 45)

    timed.run()

    assert "**Estimated Time**: 45m\n" in timed.text
    assert timed.is_settled()


def test_a_time_that_the_issue_lost_is_told(timed: Bench) -> None:
    timed.run()
    say(timed, 0)

    report = timed.run()

    assert "2 hours (dry weather)" in timed.text and minutes(timed) == 0
    assert any("estimate" in note for note in notes(report))


@pytest.mark.parametrize("line", ["", "**Estimated Time**: TBD\n", "**Estimated Time**: 0 hours\n"])
def test_a_plan_that_says_no_time_any_more_takes_back_its_own(timed: Bench, line: str) -> None:
    timed.run()
    timed.edit("**Estimated Time**: 2 hours (dry weather)\n", line)

    report = timed.run()

    assert "set-estimate" in kinds(report, "applied")
    assert minutes(timed) == 0
    assert timed.is_settled()


def test_a_time_that_could_not_be_taken_back_still_is_by_the_next_run(timed: Bench) -> None:
    timed.run()
    timed.edit("**Estimated Time**: 2 hours (dry weather)\n", "")
    assert isinstance(timed.tracker, Timekeeper)
    timed.tracker.refused, timed.tracker.is_kept = OutcomeUnknown("no answer"), False
    assert kinds(timed.run(), "unknown") == ["set-estimate"]
    timed.tracker.refused, timed.tracker.is_kept = None, True

    report = timed.run()

    assert (kinds(report, "applied"), notes(report)) == (["set-estimate"], [])
    assert minutes(timed) == 0
    assert timed.is_settled()
    say(timed, 45)
    assert any("has an estimate, and no line" in note for note in notes(timed.run()))
    timed.run()
    assert minutes(timed) == 45, "that one is the tracker's own"


def test_a_time_that_the_issue_changed_is_not_taken_back(timed: Bench) -> None:
    timed.run()
    timed.edit("\n**Estimated Time**: 2 hours (dry weather)\n", "")
    say(timed, 180)

    report = timed.run()

    assert minutes(timed) == 180
    assert any("has an estimate, and no line" in note for note in notes(report))
    timed.edit("- [ ] Fill with gravel\n", "- [ ] Fill with gravel\n\n**Estimated Time**: 3 hours\n")
    timed.run()
    assert timed.is_settled()


def test_a_time_of_an_issue_whose_task_has_no_line_is_noted_once(timed: Bench) -> None:
    timed.edit("\n**Estimated Time**: 2 hours (dry weather)\n", "")
    timed.run()
    say(timed, 180)
    before = timed.text

    report = timed.run()

    assert any("has an estimate, and no line" in note for note in notes(report))
    assert timed.text == before and minutes(timed) == 180
    assert timed.is_settled()
    report = timed.run()
    assert not any("has an estimate" in note for note in notes(report))
    (drift,) = report.drifts
    (way,) = report.ways[drift.uid, drift.field]
    settling = Settling([conflict_id(drift.uid, drift.field)], Take.PLAN, how=How(way))
    assert (timed.run(settling=settling).error, timed.run().drifts) == (None, [])
    assert timed.text == before and minutes(timed) == 180


def test_a_tracker_whose_estimates_are_not_the_plans_affair_keeps_them(make: Callable[..., Bench]) -> None:
    bench = make(TIMED)
    keeper = Timekeeper(bench.clock)
    keeper.minutes = {}
    bench.tracker = keeper
    bench.run()
    say(bench, 180)

    report = bench.run()

    assert minutes(bench) == 180
    assert not notes(report)


def test_points_are_no_time_and_stay_words(timed: Bench) -> None:
    timed.edit("2 hours (dry weather)", "5 points")
    timed.run()

    assert minutes(timed) == 0
    assert "**Estimated Time**: 5 points" in timed.issue("Level").body
    assert timed.is_settled()


def test_a_value_below_the_line_is_not_rewritten(timed: Bench) -> None:
    """Bullets say it, and which of them would change nobody can tell."""
    timed.edit("**Estimated Time**: 2 hours (dry weather)\n", "**Estimated Time**:\n- 1 hour\n- 1 hour\n")
    timed.run()
    before = timed.text
    say(timed, 300)

    report = timed.run()

    assert timed.text == before
    assert kinds(report, "refused") == ["set-estimate"]


@pytest.mark.parametrize(("value", "expected"), [("3h", 180), ("2 days", 960)])
def test_two_times_are_asked_about_and_a_person_says_one(timed: Bench, value: str, expected: int) -> None:
    timed.run()
    timed.edit("2 hours (dry", "4 hours (dry")
    say(timed, 300)

    (conflict,) = timed.run().conflicts

    assert (conflict.field, conflict.base, conflict.local, conflict.remote) == (Field.EFFORT, 120, 240, 300)
    name = conflict_id(conflict.uid, conflict.field)
    timed.run(settling=Settling([name], Take.VALUE, value))
    assert minutes(timed) == expected
    assert timed.is_settled()


@pytest.mark.parametrize("value", ["soon", "999999 weeks"])
def test_a_person_can_say_only_a_time_that_the_plans_line_can_say(timed: Bench, value: str) -> None:
    timed.run()
    timed.edit("2 hours (dry", "4 hours (dry")
    say(timed, 300)
    (conflict,) = timed.run().conflicts

    with pytest.raises(ConfigError, match="it takes a time"):
        timed.run(settling=Settling([conflict_id(conflict.uid, conflict.field)], Take.VALUE, value))


@pytest.mark.parametrize("is_sent", [True, False])
def test_an_estimate_is_set_once_whatever_its_answer(timed: Bench, is_sent: bool) -> None:
    def die() -> None:
        raise Crash("the process died")

    assert isinstance(timed.tracker, Timekeeper)
    if is_sent:
        timed.tracker.refused = OutcomeUnknown("no answer")
        assert kinds(timed.run(), "unknown") == ["set-estimate"]
        timed.tracker.refused = None
    else:
        timed.at["intended set-estimate"] = die
        with pytest.raises(Crash):
            timed.run()

    report = timed.run()

    assert (report.error, report.conflicts) == (None, [])
    assert minutes(timed) == 120
    assert [row.title for row in timed.tracker.issues()].count("Level") == 1
    assert timed.is_settled()


def test_an_estimate_that_somebody_says_while_the_issues_text_is_written_is_news_to_the_next_run(
    timed: Bench,
) -> None:
    timed.run()
    timed.edit("- [ ] Fill with gravel", "- [x] Fill with gravel")
    timed.at["intended update-issue"] = lambda: say(timed, 300)

    timed.run()
    assert minutes(timed) == 300
    timed.run()

    assert minutes(timed) == 300
    assert "**Estimated Time**: 5 hours (dry weather)" in timed.text


def test_an_estimate_that_somebody_says_while_a_run_decides_is_not_written_over(timed: Bench) -> None:
    timed.run()
    timed.edit("**Estimated Time**: 2 hours", "**Estimated Time**: 3 hours")
    timed.edit("- [ ] Fill with gravel", "- [x] Fill with gravel")
    timed.at["landed update-issue"] = lambda: say(timed, 300)

    report = timed.run()

    assert [conflict.remote for conflict in report.conflicts] == [300]
    assert minutes(timed) == 300


def test_an_estimate_that_somebody_says_before_the_issue_is_read_again_is_not_written_over(
    timed: Bench,
) -> None:
    timed.run()
    timed.edit("**Estimated Time**: 2 hours", "**Estimated Time**: 3 hours")
    timed.edit("- [ ] Fill with gravel", "- [x] Fill with gravel")
    timed.tracker.ahead["GET issue #2"] = lambda: say(timed, 300)

    report = timed.run()

    assert minutes(timed) == 300
    assert [conflict.remote for conflict in report.conflicts] == [300]
