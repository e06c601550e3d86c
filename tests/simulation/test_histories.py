from __future__ import annotations

import pytest

from tests.simulation.driver import History, describe, play, read_actions, shrink
from tests.simulation.regressions import REGRESSIONS

_CHUNK = 25


@pytest.mark.parametrize("first", range(0, 500, _CHUNK))
def test_people_crashes_and_lost_answers_leave_both_sides_whole(first: int) -> None:
    for seed in range(first, first + _CHUNK):
        result = play(seed)

        assert not result.error, "\n" + describe(shrink(result))


@pytest.mark.parametrize("seed", range(0, 500, 50))
def test_a_seed_always_tells_the_same_history(seed: int) -> None:
    assert play(seed).log == play(seed).log


OPEN = {
    "a plan write that landed before a crash is known by its other edits": "recovery judges each item of a plan "
    "write alone: an edit made right after a crash may be taken for text that was never written",
}
"""What is known to break still, and why; each is an issue's to mend, and says so when it is mended."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.xfail(reason=OPEN[n])) if n in OPEN else n for n in REGRESSIONS],
)
def test_what_once_broke_holds(name: str) -> None:
    past = REGRESSIONS[name]
    result = History(past.seed, past.copies).play(read_actions(past.actions))

    assert not result.error, f"{name}\n{describe(result)}"
