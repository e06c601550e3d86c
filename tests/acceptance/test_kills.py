"""Commands that are killed at any moment, from outside; `python -m tests.support.killing` kills more of them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.support.killing import SCENARIOS, Bench, benches, play

KILLS = 20

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="who waits for a run to kill it needs a pidfd"),
]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Bench]]:
    with benches(tmp_path_factory.mktemp("kills")) as made:
        yield made


def test_whatever_is_killed_comes_to_the_end_that_it_would_have_had(prepared: list[Bench]) -> None:
    tally = play(prepared, KILLS, seed=1)

    assert tally.count >= KILLS, tally
    assert tally.found == []


def test_each_command_that_writes_is_killed(prepared: list[Bench]) -> None:
    assert {b.scenario.command[0] for b in prepared} == {"push", "pull", "sync", "resolve", "apply", "undo"}
    assert len(prepared) == len(SCENARIOS)


def test_an_end_that_differs_is_told(prepared: list[Bench]) -> None:
    (bench,) = (b for b in prepared if b.scenario.name == "sync")
    then = bench.end
    bench.end = then | {"plan": then["plan"].replace("- [x]", "- [ ]", 1)}

    tally = play([bench], 1, seed=1)

    bench.end = then
    assert [found.partition(": ")[2].partition(":")[0] for found in tally.found] == ["the plan is different"]
