from __future__ import annotations

import pytest

from tests.simulation.driver import CHUNK, check
from tests.simulation.looks import BOXES


@pytest.mark.parametrize("first", range(0, 500, CHUNK))
def test_people_crashes_and_faults_leave_both_sides_whole(first: int) -> None:
    check(range(first, first + CHUNK), BOXES)
