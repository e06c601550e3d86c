"""Runs that nobody saw the end of: what the next one can tell of their writes, and what it has to ask about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plansync.errors import OutcomeUnknown, PlanUnsure
from plansync.model import Field
from plansync.trackers.base import Record, Thing
from tests.unit.sync.bench import Bench, kinds


def test_an_issue_of_which_only_the_newest_page_tells_is_found_at_the_first_look(bench: Bench) -> None:
    """Its answer was lost, and the lists lag: no second issue is made, and nobody has to wait."""
    made: list[int] = []
    create, newest = bench.tracker.create, bench.tracker.newest

    async def lost(thing: Thing, fields: object) -> Record:
        record = await create(thing, fields)  # type: ignore[arg-type]
        if record.title == "Level":
            made.append(record.ref)
            row = bench.tracker.rows[thing, record.ref]
            bench.tracker.rows[thing, record.ref] = replace(row, visible_at=bench.clock.seconds + 1_000)
            raise OutcomeUnknown("no answer")
        return record

    async def shown() -> tuple[Record, ...]:
        key = Thing.ISSUE, made[0]
        bench.tracker.rows[key] = replace(bench.tracker.rows[key], visible_at=0.0)
        return await newest()

    bench.tracker.create = lost  # type: ignore[method-assign]
    bench.run()
    bench.tracker.create = create  # type: ignore[method-assign]
    bench.tracker.newest = shown  # type: ignore[method-assign]
    began = bench.clock.seconds

    bench.run()

    assert bench.clock.seconds - began < bench.project().settle_wait_s
    assert [row.title for row in bench.tracker.issues()].count("Level") == 1
    assert bench.is_settled()


def _rename_unseen(synced: Bench) -> None:
    """Rename a task in the plan; whether its issue was renamed nobody knows."""
    synced.edit("### Task 2.1: Paint", "### Task 2.1: Varnish")
    synced.tracker.errors["PATCH issue"] = OutcomeUnknown("no answer")
    assert kinds(synced.run(), "unknown") == ["update-issue"]
    synced.tracker.errors.clear()


def test_an_update_of_an_issue_that_is_gone_has_not_landed(synced: Bench) -> None:
    _rename_unseen(synced)
    synced.delete("Paint")

    report = synced.run()

    assert [c.field for c in report.conflicts] == [Field.EXISTENCE]


def test_an_update_that_nobody_can_certify_is_asked_about(synced: Bench) -> None:
    _rename_unseen(synced)
    synced.touch("Paint", title="Stain")

    assert [(c.field, c.local, c.remote) for c in synced.run().conflicts] == [
        (Field.TITLE, "Varnish", "Stain")
    ]


def test_an_update_that_nobody_can_certify_of_what_nobody_remembers_is_asked_about(synced: Bench) -> None:
    """The state file went missing besides."""
    _rename_unseen(synced)
    synced.touch("Paint", title="Stain")
    synced.files.state = b""

    assert synced.run().is_rebuilt
    assert [(c.field, c.base) for c in synced.run().conflicts] == [(Field.TITLE, None)]


# ------------------------------------------------------------------------- the plan


def _swapped(text: str) -> str:
    one, other = "- [ ] Mark the corners\n", "- [ ] Take the turf off\n"
    assert f"{one}{other}" in text
    return text.replace(f"{one}{other}", f"{other}{one}")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "- [ ] Mark the corners\n- [ ] Take the turf off\n",
            "- [ ] Take the turf off\n- [ ] Mark the corners\n",
        ),
        ("- [ ] Mark the corners\n", "- [ ] Mark the corners\n"),
        ("### Task 1.1: Dig", "### Task 1.1: Dig in"),
    ],
    ids=["as it was to be", "as it was", "as nobody wrote it"],
)
def test_a_plan_write_that_nobody_can_certify_is_told_item_by_item(synced: Bench, old: str, new: str) -> None:
    """One of its ticks is there and the other is not; of the order of steps only the whole item tells."""
    synced.touch("Dig", body=_swapped(synced.issue("Dig").body))
    synced.tick("Level", "Fill with gravel")
    synced.tick("Paint", "Buy paint")
    synced.files.fails["replace"] = PlanUnsure("nobody knows")
    assert set(kinds(synced.run(), "unknown")) == {"order-steps", "tick"}
    synced.files.fails.clear()
    synced.edit("- [ ] Fill with gravel", "- [x] Fill with gravel")
    if old != new:
        synced.edit(old, new)

    report = synced.run()

    assert report.error is None
    assert synced.text.index("Take the turf off") < synced.text.index("Mark the corners")
    assert "- [x] Fill with gravel" in synced.text
    assert not [c for c in report.conflicts if c.field is not Field.TICK]


def test_a_plan_write_of_a_task_that_is_gone_since_is_not_remembered(synced: Bench) -> None:
    synced.touch("Dig", body=_swapped(synced.issue("Dig").body))
    synced.tick("Level", "Fill with gravel")
    synced.tick("Paint", "Buy paint")
    synced.files.fails["replace"] = PlanUnsure("nobody knows")
    synced.run()
    synced.files.fails.clear()
    synced.edit("- [ ] Fill with gravel", "- [x] Fill with gravel")
    text = synced.text
    synced.files.plan = (text[: text.index("### Task 1.1")] + text[text.index("### Task 1.2") :]).encode()

    report = synced.run()

    assert any("no longer in the plan" in note.text for note in report.notes)
    assert "Mark the corners" in synced.issue("Dig").body
