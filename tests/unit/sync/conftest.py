"""Benches that are put away after the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from plansync.model import Field
from tests.unit.sync.bench import PLAN, Bench


@pytest.fixture
def make() -> Iterator[Callable[..., Bench]]:
    """Set up as many as a test wants."""
    made: list[Bench] = []

    def make_one(plan: str = PLAN, **fields: object) -> Bench:
        made.append(Bench(plan, fields))
        return made[-1]

    yield make_one
    for each in made:
        each.close()


@pytest.fixture
def bench(make: Callable[..., Bench]) -> Bench:
    """Set up one whose plan is not on the tracker yet."""
    return make()


@pytest.fixture
def synced(bench: Bench) -> Bench:
    """Set up one whose plan is on the tracker."""
    report = bench.run()
    assert not report.error
    return bench


@pytest.fixture
def rival(synced: Bench, make: Callable[..., Bench]) -> Bench:
    """Set up another copy of a plan that is on the tracker, in which a task may be one of those, or a new one."""
    plan = PLAN.replace("Paint\n", "Paint it\n").replace("Buy paint", "Ask whoever knows")
    bench = make(plan).beside(synced)
    report = bench.run()
    assert [(c.field, c.remote) for c in report.conflicts] == [(Field.EXISTENCE, "perhaps its own")]
    assert list(report.ways.values()) == [("follow", "recreate")]
    assert "create-issue" not in {d.operation.kind for d in report.done}
    return bench
