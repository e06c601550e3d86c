from __future__ import annotations

import pytest

from tests.simulation.mutants import MUTANTS, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_defect_of_the_protocol_is_caught_by_what_the_protocol_passes(mutant: Mutant) -> None:
    assert mutant.killed_by()

    assert [error for error in mutant.plays() if error] == []
