"""A watch that is saved at, edited at and killed: `python -m tests.support.soak` does more of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.sandbox import Sandbox
from tests.support.soak import soak

GROWTH_KIB = 8 * 1024
"""What the last of its runs may hold more than the first: one run's own values; a leak would be many times that."""


@pytest.mark.slow
def test_after_many_edits_and_kills_both_sides_are_equal_and_nothing_grew(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    done = soak(tmp_path, sandbox, edits=300, kills=8, seed=1)

    assert done.wrong == (), done
    assert (done.saves, done.edits) == (300, 300)
    assert done.kills >= 5
    assert done.ends >= 2
    assert done.late_kib <= done.early_kib + GROWTH_KIB, done
