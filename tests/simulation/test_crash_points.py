from __future__ import annotations

import pytest

from tests.simulation.golden import GOLDEN, Golden, play_golden, singles


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)
def test_a_run_that_dies_before_any_of_its_points_comes_to_the_same_end(golden: Golden) -> None:
    deaths = list(singles(golden))

    assert len(deaths) > 10
    assert not [str(death) for death in deaths if death.error][:1]


def test_a_conflict_is_told_by_the_scenario_that_has_one() -> None:
    ends = {golden.name: play_golden(golden).end for golden in GOLDEN}

    assert [name for name, end in ends.items() if end and end.conflicts] == ["a conflict beside a neighbour"]
