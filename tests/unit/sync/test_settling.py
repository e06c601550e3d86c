"""What a person may say of a conflict, and what is answered to words that decide nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plansync.errors import ConfigError
from plansync.model import Conflict, Field, State, Take, conflict_id
from plansync.sync.events import Report
from plansync.sync.settling import Settling
from tests.unit.sync.bench import Bench

Make = Callable[..., Bench]
PHASES = (
    "# Implementation Plan: Shed\n\n## Phase 1: Ground\n\n### Task 1.1: Dig\n\n- [ ] Mark the corners\n\n"
    "## Phase 2: Walls\n\n### Task 2.1: Paint\n\n- [ ] Buy paint\n\n"
    "## Phase 3: Roof\n\n### Task 3.1: Slate\n\n- [ ] Count\n"
)


def _settle(bench: Bench, take: Take, value: str = "") -> Report:
    return bench.run(settling=Settling((), take, value))


@pytest.fixture
def forgotten(synced: Bench, make: Make) -> Bench:
    """The same plan and issues on a machine that remembers nothing; a title and a state differ."""
    bench = make(synced.text)
    bench.tracker = synced.tracker
    bench.clock = synced.clock
    bench.touch("Dig", title="Dig a hole")
    bench.touch("Paint", state=State.DONE)
    report = bench.run()
    assert report.is_rebuilt
    assert [c.field for c in bench.run().conflicts] == [Field.TITLE, Field.STATE]
    return bench


def test_a_side_that_says_nothing_cannot_be_taken(forgotten: Bench) -> None:
    with pytest.raises(
        ConfigError, match=r"what was agreed says nothing of the title of Task 1.1; take another side"
    ):
        _settle(forgotten, Take.BASE)


def test_words_of_ones_own_have_to_fit_the_field(forgotten: Bench) -> None:
    title, state = forgotten.run().conflicts

    def decide(conflict: Conflict, value: str) -> Report:
        settling = Settling((conflict_id(conflict.uid, conflict.field),), Take.VALUE, value)
        return forgotten.run(settling=settling)

    with pytest.raises(ConfigError, match="title cannot be ''; it takes a text that is not empty"):
        decide(title, " ")
    with pytest.raises(ConfigError, match="state cannot be 'maybe'; it takes one of todo, done, dropped"):
        decide(state, "maybe")
    assert not decide(title, "Dig deep").error
    assert not decide(state, "done").error
    assert forgotten.issue("Dig deep").state is State.TODO
    assert "- [x] Buy paint" in forgotten.text
    assert forgotten.is_settled()


@pytest.mark.parametrize("name", ["Phase 3: Roof", "Phase 3"])
def test_a_phase_is_chosen_by_its_name(make: Make, name: str) -> None:
    bench = make(PHASES)
    bench.run()
    moved = "### Task 1.1: Dig"
    text = bench.text
    part = text[text.index(moved) : text.index("## Phase 2")]
    bench.edit(part, "")
    bench.edit("### Task 2.1", f"{part}### Task 2.1")
    bench.touch("Dig", milestone=bench.issue("Phase 3: Roof").ref)
    assert [c.field for c in bench.run().conflicts] == [Field.PHASE]

    with pytest.raises(ConfigError, match="no phase of this plan is called 'Cellar'"):
        _settle(bench, Take.VALUE, "Cellar")
    _settle(bench, Take.VALUE, name)

    assert bench.text.index("Dig") > bench.text.index("## Phase 3")
    assert bench.is_settled()
