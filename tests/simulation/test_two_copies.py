from __future__ import annotations

import pytest

from tests.simulation.driver import CHUNK, check
from tests.simulation.looks import LOOKS


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("first", range(0, 50, CHUNK))
def test_two_working_copies_of_one_plan_leave_one_issue_of_each_task(first: int, look: str) -> None:
    check(range(first, first + CHUNK), LOOKS[look], copies=2)
