"""Benches that are put away after the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

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
