from __future__ import annotations

import pytest

from tests.simulation.golden import GOLDEN, Golden, play_golden, singles


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)
def test_a_run_that_dies_before_any_of_its_points_comes_to_the_same_end(golden: Golden) -> None:
    deaths = list(singles(golden))

    assert len(deaths) > 5
    assert not [str(death) for death in deaths if death.error][:1]


def test_a_conflict_is_told_by_the_scenario_that_has_one() -> None:
    (golden,) = (g for g in GOLDEN if g.name == "a conflict beside a neighbour")
    end = play_golden(golden).end

    assert end and [name for _, name in end.conflicts] == ["text"]
