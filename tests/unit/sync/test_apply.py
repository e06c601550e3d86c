"""Applying: what becomes of the rest, and of the next run, where a write fails."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from plansync.errors import (
    Moved,
    OutcomeUnknown,
    PlanError,
    PlansyncError,
    PlanUnsure,
    Rejected,
    StoreError,
    Unavailable,
)
from plansync.model import Side, State
from plansync.store.journal import Journal
from plansync.sync.events import Status
from plansync.sync.stopping import Stop
from plansync.trackers.base import Record, Repository, Thing, Traits, Written
from tests.simulation.world import Row
from tests.unit.sync.bench import Bench, Tracker, kinds, notes

SKIPPED, REFUSED, APPLIED, UNKNOWN = Status.SKIPPED, Status.REFUSED, Status.APPLIED, Status.UNKNOWN


def test_a_tracker_that_is_gone_ends_the_applying_and_the_next_run_goes_on(bench: Bench) -> None:
    bench.tracker.errors["POST issue Level"] = Unavailable("nobody answers")

    report = bench.run()

    assert str(report.error) == "nobody answers"
    assert report.outcome == "failed"
    assert [d.error for d in report.done if d.status is REFUSED] == ["nobody answers"]
    assert "create-issue" in kinds(report, SKIPPED)
    bench.tracker.errors.clear()
    assert not bench.run().error
    assert bench.is_settled()
    assert [row.title for row in bench.tracker.issues()].count("Dig") == 1


def test_what_stands_on_something_that_failed_is_skipped(bench: Bench) -> None:
    """Without its milestone no issue of a phase is made, and the plan names none."""
    bench.tracker.errors["POST milestone"] = Rejected("no such title")

    report = bench.run()

    assert report.error is None
    assert report.outcome == "partial"
    assert [row.title for row in bench.tracker.rows.values()] == ["Implementation Plan: Shed"]
    why = {d.operation.kind: d.error for d in report.done if d.status is SKIPPED}
    assert why["create-issue"] == "it stands on an operation that was not done"
    assert "set-link" in why
    bench.tracker.errors.clear()
    assert kinds(bench.run(), APPLIED).count("create-issue") == 3
    assert bench.is_settled()


def test_a_lost_answer_leaves_it_to_the_next_run_to_look(bench: Bench) -> None:
    bench.tracker.errors["POST issue Level"] = OutcomeUnknown("no answer")

    report = bench.run()

    assert [d.error for d in report.done if d.status is UNKNOWN] == ["no answer"]
    assert "create-issue unknown" in bench.outcomes()
    bench.tracker.errors.clear()
    bench.run()
    assert bench.is_settled()


def test_no_request_begins_once_the_time_is_over(bench: Bench) -> None:
    bench.at["landed create-milestone"] = lambda: bench.clock.pass_(100)

    report = bench.run(deadline=bench.clock.seconds + 60)

    assert "the time for this run is over (--max-time); run again to go on" in notes(report)
    assert {d.error for d in report.done if d.status is SKIPPED and d.error} == {
        "the time for this run is over"
    }
    assert kinds(report, APPLIED)
    bench.run()
    assert bench.is_settled()


def test_no_request_begins_once_the_run_was_stopped(bench: Bench) -> None:
    stop = Stop()
    bench.at["landed create-issue"] = lambda: setattr(stop, "is_asked", True)

    report = bench.run(stop=stop)

    assert (report.is_interrupted, stop.is_writing) == (True, True)
    assert kinds(report, APPLIED).count("create-issue") == 1
    assert {d.error for d in report.done if d.status is SKIPPED and d.error} == {"the run was stopped"}
    bench.run()
    assert bench.is_settled()


@pytest.mark.parametrize("kind", ["create-issue", "update-issue"])
def test_what_is_ready_and_not_sent_when_the_run_stops_is_taken_back(bench: Bench, kind: str) -> None:
    if kind == "update-issue":
        bench.run()
        bench.edit("- [ ] Buy paint", "- [x] Buy paint")
    issues = len(bench.tracker.issues())
    stop = Stop()
    bench.at[f"intended {kind}"] = lambda: setattr(stop, "is_asked", True)

    report = bench.run(stop=stop)

    assert kind in kinds(report, SKIPPED)
    assert f"{kind} intended" not in bench.outcomes()
    assert len(bench.tracker.issues()) == issues
    bench.run()
    assert bench.is_settled()


class _Numbers(Tracker):
    """A tracker whose issues have no pages."""

    def _record(self, thing: Thing, row: Row) -> Record:
        return replace(super()._record(thing, row), url="")


def test_a_number_without_an_address_is_no_link(bench: Bench) -> None:
    bench.tracker = _Numbers(bench.clock)

    report = bench.run()

    assert report.outcome == "done"
    assert kinds(report, Status.AGREED).count("set-link") == 3
    assert "**Issue**" not in bench.text
    assert bench.is_settled()


class _Wide(Tracker):
    """A tracker that bears two writes at once, and counts."""

    now = most = 0

    @property
    def traits(self) -> Traits:
        return replace(super().traits, writes_at_once=2)

    async def create(self, thing: Thing, fields: Written) -> Record:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.01)
        self.now -= 1
        return await super().create(thing, fields)


def test_as_many_are_on_their_way_as_the_tracker_bears_while_others_are_made_ready(bench: Bench) -> None:
    bench.tracker = wide = _Wide(bench.clock)
    ready: list[int] = []
    bench.at["sent create-issue"] = lambda: ready.append(bench.outcomes().count("create-issue intended"))

    bench.run()

    assert wide.most == 2
    assert ready == [3], "two on their way, or just answered, and one that waits for its turn"
    assert bench.is_settled()


class _Full(Journal):
    """A local database that takes no more rows about one kind of operation."""

    kind = "create-issue"

    def intend(self, operation: str, run: str, item: str, kind: str, *rest: object) -> int:
        if kind == self.kind:
            raise StoreError("the disk is full")
        return super().intend(operation, run, item, kind, *rest)  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "left"), [("create-issue", 0), ("write-plan", 4)])
def test_what_cannot_be_journalled_is_not_written(bench: Bench, kind: str, left: int) -> None:
    bench.journal = type("Full", (_Full,), {"kind": kind})
    before = bench.text

    report = bench.run()

    assert str(report.error) == "the disk is full"
    assert len(bench.tracker.issues()) in (0, left)
    assert (bench.text == before) is (kind == "write-plan")
    assert not kinds(report, Status.PLANNED)
    bench.journal = Journal
    bench.run()
    assert bench.is_settled()


# ---------------------------------------------------------------------- the plan


def test_a_plan_that_was_saved_meanwhile_is_decided_on_anew(synced: Bench) -> None:
    synced.tick("Dig", "Mark the corners")
    synced.at["intended plan"] = lambda: synced.edit("Fill with gravel", "Fill with sand")

    report = synced.run()

    assert report.error is None
    assert "- [x] Mark the corners" in synced.text
    assert "- [ ] Fill with sand" in synced.text
    assert "Fill with sand" in synced.issue("Level").body
    assert not kinds(report, REFUSED)
    assert synced.is_settled()


def test_a_step_that_comes_back_while_its_removal_is_written_stays(synced: Bench) -> None:
    """The run takes it off the issue; somebody writes it into the plan again before the run is over."""
    synced.edit("- [ ] Take the turf off\n", "")
    synced.tick("Level", "Fill with gravel")
    synced.at["intended plan"] = lambda: synced.edit(
        "- [ ] Mark the corners\n", "- [ ] Mark the corners\n- [ ] Take the turf off\n"
    )

    report = synced.run()

    assert (report.error, report.conflicts) == (None, [])
    assert "- [ ] Take the turf off" in synced.text
    assert "- [ ] Take the turf off" in synced.issue("Dig").body
    assert synced.is_settled()


def test_a_plan_that_is_saved_again_and_again_is_left_to_the_next_run(synced: Bench) -> None:
    synced.tick("Dig", "Mark the corners")
    synced.files.fails["replace"] = Moved("it was saved")

    report = synced.run()

    assert [d.error for d in report.done if d.status is REFUSED] == ["it was saved"]
    assert report.outcome == "partial"
    assert "- [ ] Mark the corners" in synced.text
    synced.files.fails.clear()
    synced.run()
    assert "- [x] Mark the corners" in synced.text
    assert synced.is_settled()


@pytest.mark.parametrize(
    ("error", "status", "row"),
    [
        (PlanError("it cannot be written"), REFUSED, "refused"),
        (PlanUnsure("nobody knows"), UNKNOWN, "unknown"),
    ],
)
def test_a_plan_that_cannot_be_written_ends_the_applying(
    synced: Bench, error: PlansyncError, status: Status, row: str
) -> None:
    synced.tick("Dig", "Mark the corners")
    synced.files.fails["replace"] = error

    report = synced.run()

    assert report.error is error
    assert kinds(report, status) == ["tick"]
    assert f"write-plan {row}" in synced.outcomes()
    synced.files.fails.clear()
    synced.run()
    assert "- [x] Mark the corners" in synced.text
    assert synced.is_settled()


def test_a_plan_that_is_written_over_in_place_says_so(synced: Bench) -> None:
    synced.tick("Dig", "Mark the corners")
    synced.files.reason = "it has other names"

    assert notes(synced.run()) == [
        "the plan was written over in place, because it has other names; its text before is in the history"
    ]


def test_a_state_file_that_cannot_be_written_is_made_good_by_the_next_run(synced: Bench) -> None:
    synced.tick("Dig", "Mark the corners")
    synced.files.fails["write_state"] = StoreError("the disk is full")

    report = synced.run()

    assert str(report.error) == "the disk is full"
    assert "- [x] Mark the corners" in synced.text
    synced.files.fails.clear()
    assert not synced.run().done
    assert synced.is_settled()


class _Endless(Journal):
    """A local database that does not take how a run ended."""

    def end(self, run: str, outcome: str) -> None:
        raise StoreError("the disk is full")


@pytest.mark.parametrize("has_failed", [False, True])
def test_a_run_whose_end_cannot_be_noted_tells_what_it_did(synced: Bench, has_failed: bool) -> None:
    """What went wrong first is what is told."""
    synced.tick("Dig", "Mark the corners")
    synced.edit("- [ ] Fill with gravel", "- [ ] Fill with sand")
    synced.journal = _Endless
    if has_failed:
        synced.tracker.errors["PATCH"] = Unavailable("nobody answers")

    report = synced.run()

    assert str(report.error) == ("nobody answers" if has_failed else "the disk is full")
    assert report.outcome == "failed"
    assert ("update-issue" in kinds(report, APPLIED)) is not has_failed
    synced.journal = Journal
    synced.tracker.errors.clear()
    synced.run()
    assert "- [x] Mark the corners" in synced.text
    assert "Fill with sand" in synced.issue("Level").body
    assert synced.is_settled()


def test_a_plan_that_may_not_be_written_stops_the_run_before_the_first_write(synced: Bench) -> None:
    synced.tick("Dig", "Mark the corners")
    synced.files.fails["check_writable"] = PlanError("it is read-only")

    assert "a run that writes stops here: it is read-only" in [n.text for n in synced.run(is_dry=True).notes]
    with pytest.raises(PlanError, match="read-only"):
        synced.run()
    assert "- [ ] Mark the corners" in synced.text


def test_a_plan_that_ends_in_an_open_fence_stops_the_run_before_the_first_write(synced: Bench) -> None:
    synced.tick("Dig", "Mark the corners")
    synced.edit("- [ ] It stays dry\n", "- [ ] It stays dry\n\n```\nopen\n")

    (told,) = [note.text for note in synced.run(is_dry=True).notes]
    assert told.startswith("a run that writes stops here: ") and "never closed" in told
    with pytest.raises(PlanError, match="never closed"):
        synced.run()


def test_a_pull_owes_the_other_half_to_the_next_push(synced: Bench) -> None:
    synced.edit("Fill with gravel", "Fill with sand")
    synced.tick("Dig", "Mark the corners")

    synced.run("pull")

    assert "- [x] Mark the corners" in synced.text
    assert "Fill with gravel" in synced.issue("Level").body
    synced.run("push")
    assert "Fill with sand" in synced.issue("Level").body
    assert synced.is_settled()


def test_a_pull_of_one_task_leaves_the_others_undecided(synced: Bench) -> None:
    for title, step in (("Dig", "Mark the corners"), ("Level", "Fill with gravel")):
        synced.tick(title, step)

    synced.run("pull", only=("1.1",))

    assert "- [x] Mark the corners" in synced.text
    assert "- [ ] Fill with gravel" in synced.text
    synced.run("pull")
    assert "- [x] Fill with gravel" in synced.text
    assert synced.issue("Level").state is State.TODO
    synced.run()
    assert synced.issue("Level").state is State.DONE
    assert synced.is_settled()


# --------------------------------------------------------------------- the tracker


def test_an_issue_that_changed_since_it_was_read_is_decided_on_anew(synced: Bench) -> None:
    synced.edit("- [ ] Mark the corners", "- [x] Mark the corners")
    synced.at["intended update-issue"] = lambda: None
    act = synced.tracker.look

    async def look(thing: object, ref: int) -> object:
        synced.tracker.look = act  # type: ignore[method-assign]
        synced.tick("Dig", "Take the turf off")
        return await act(thing, ref)  # type: ignore[arg-type]

    synced.tracker.look = look  # type: ignore[method-assign,assignment]

    report = synced.run()

    assert report.error is None
    assert "- [x] Take the turf off" in synced.text
    assert synced.issue("Dig").state is State.DONE
    assert synced.is_settled()


def test_an_issue_that_is_gone_since_it_was_read_is_left_alone(synced: Bench) -> None:
    synced.edit("- [ ] Mark the corners", "- [x] Mark the corners")
    act = synced.tracker.look

    async def look(thing: object, ref: int) -> object:
        synced.tracker.look = act  # type: ignore[method-assign]
        synced.delete("Dig")
        return await act(thing, ref)  # type: ignore[arg-type]

    synced.tracker.look = look  # type: ignore[method-assign,assignment]

    report = synced.run()

    (refused,) = (d for d in report.done if d.status is REFUSED)
    assert "nothing was written to it" in refused.error
    assert [c.field for c in synced.run().conflicts] == ["existence"]


def test_a_token_that_may_not_write_stops_the_run_before_the_first_write(bench: Bench) -> None:
    bench.tracker.here = Repository("R1", "owner/name", can_write=False)

    with pytest.raises(PlansyncError, match="this token may not write issues of owner/name"):
        bench.run()
    bench.tracker.here = Repository("R1", "owner/name", can_write=False, refusal="it is archived")
    with pytest.raises(PlansyncError, match="it is archived"):
        bench.run()
    assert bench.tracker.rows == {}


def test_what_the_tracker_did_not_keep_of_a_write_is_told(bench: Bench) -> None:
    """A token without write access may open issues, and their labels and milestones are dropped in silence."""
    create = bench.tracker.create

    async def dropping(thing: Thing, fields: Written) -> Record:
        kept = fields.copy()
        kept.pop("labels", None)
        return await create(thing, kept)

    bench.tracker.create = dropping  # type: ignore[method-assign]

    report = bench.run()

    assert "owner/name did not keep the labels; it needs a token whose account has write access there" in [
        d.error for d in report.done
    ]
    assert report.count(Side.REMOTE, APPLIED) == 2 + 4
    assert report.count(Side.LOCAL, APPLIED, REFUSED) == len(report.done) - 6
