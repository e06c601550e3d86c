"""A tracker that takes several writes at once and counts no links; and a plan that is just being written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from plansync.document.marking import Marking
from plansync.errors import ConfigError, Locked, Unsupported
from plansync.model import Field, Uid
from plansync.sync.events import Status
from plansync.sync.guards import ALLOWED, require_known
from plansync.sync.session import Session
from plansync.sync.unkept import without
from plansync.trackers.base import Record, Thing, Traits, Written
from plansync.trackers.gitlab import TRAITS
from tests.simulation.gitlab import SimGitLab
from tests.unit.sync.bench import Bench, Tracker, kinds, notes

PLAN = """\
# Implementation Plan: Shed

## Phase 1: Ground

### Task 1.1: Dig

- [ ] Mark the corners

**Owner**: @ana, @bo

### Task 1.2: Level

- [ ] Lay the stones

**Dependencies**: Task 1.1

### Task 1.3: Pave

- [ ] Lay the slabs

**Dependencies**: Task 1.1

### Task 1.4: Sweep

- [ ] Twice

**Dependencies**: Task 1.1

### Task 1.5: Plant

- [ ] Roses
"""


class Hasty(Tracker, SimGitLab):
    """Takes two writes at once, and gives an issue to one person. `begun`: what was asked of it."""

    begun: list[str]

    def _begin(self, method: str, what: str, *kinds: str) -> str:
        self.begun.append(f"{method} {what}")
        return super()._begin(method, what, *kinds)

    @property
    def traits(self) -> Traits:
        return replace(TRAITS, writes_at_once=2)

    async def create(self, thing: Thing, fields: Written) -> Record:
        return await super().create(thing, {**fields, "assignees": fields.get("assignees", ())[:1]})


@pytest.fixture
def hasty(make: Callable[..., Bench]) -> Bench:
    bench = make(PLAN, marking=Marking(scope_mark="::"))
    hasty = bench.tracker = Hasty(bench.clock)
    hasty.begun = []
    return bench


def test_what_one_of_several_writes_shows_to_be_lacking_is_not_sent_by_the_others(hasty: Bench) -> None:
    hasty.tracker.errors["POST blockers"] = Unsupported("no links here")

    report = hasty.run()

    links = [done.status for done in report.done if done.operation.kind == "add-dependency"]
    assert links == [Status.AGREED] * 3
    assert [note for note in notes(report) if "links" in note] == ["no links here"]
    assert hasty.is_settled()


def test_links_that_nobody_counts_are_read_after_one_is_added_where_they_were_not_known(hasty: Bench) -> None:
    hasty.run()
    hasty.edit("- [ ] Roses\n", "- [ ] Roses\n\n**Dependencies**: Task 1.2\n")
    hasty.tracker.ahead["GET issue #2"] = lambda: hasty.touch("Plant", labels=("plansync", "garden"))

    report = hasty.run()

    assert kinds(report, "applied").count("add-dependency") == 1
    assert hasty.issue("Plant").blockers == (3,)
    assert hasty.is_settled()


def test_the_links_of_issues_that_are_found_late_are_read_then(hasty: Bench) -> None:
    hasty.run()

    async def found_late(session: Session) -> None:
        records = session.mirror.records
        for key, record in records.items():
            records[key] = replace(record, blockers=None)
        session.show_remote()
        assert not any(Field.EDGES in item.fields for item in session.remote.values())
        await session.read_links_found()

    session = hasty.read(found_late)

    assert sorted(record.ref for record in session.mirror.records.values() if record.blockers) == [3, 4, 5]
    assert any(item.fields.get(Field.EDGES) for item in session.remote.values())


def test_people_whom_an_issue_did_not_keep_beside_another_one_are_named(hasty: Bench) -> None:
    report = hasty.run()

    told = [done.error for done in report.done if "did not keep" in done.error] + notes(report)
    assert any("did not keep @bo beside the one whom the issue is given to" in text for text in told)
    assert hasty.is_settled()


def test_an_item_that_is_not_there_loses_nothing() -> None:
    assert without({}, Uid("aaaaaaa"), {Field.LABELS: ("x",)}) == {}


def test_a_plan_that_is_just_being_written_sends_ticks_alone(hasty: Bench) -> None:
    hasty.run()
    hasty.edit("- [ ] Twice", "- [x] Twice")
    hasty.edit("- [ ] Roses\n", "- [ ] Roses\n- [ ] Thyme\n\n### Task 1.6: Rest\n\n- [ ] Sit\n")

    report = hasty.run(is_settled=False)

    assert hasty.issue("Sweep").body.count("[x]") == 1
    assert "create-issue" not in kinds(report, "applied")
    assert "Thyme" not in hasty.issue("Plant").body
    assert "create-issue" in kinds(hasty.run(), "applied")
    assert "Thyme" in hasty.issue("Plant").body
    assert hasty.is_settled()


def test_a_guard_is_allowed_by_its_name() -> None:
    require_known(ALLOWED)

    with pytest.raises(ConfigError, match="not mass-changes"):
        require_known([*ALLOWED, "mass-changes"])


def test_what_another_write_holds_for_long_is_left_to_the_next_run(hasty: Bench) -> None:
    hasty.run()
    hasty.edit("- [ ] Twice", "- [x] Twice")
    hasty.tracker.errors["PATCH issue"] = Locked("another write held it")
    assert isinstance(hasty.tracker, Hasty)
    hasty.tracker.begun.clear()

    report = hasty.run()

    assert kinds(report, "refused") == ["update-issue"]
    assert sum(each.startswith("PATCH issue") for each in hasty.tracker.begun) == 1
    hasty.tracker.errors.clear()
    hasty.run()
    assert hasty.is_settled()
