from __future__ import annotations

import pytest

from tests.simulation.driver import History, describe, play, read_actions, shrink
from tests.simulation.looks import BOXES, LOOKS, TEMPLATE, Look
from tests.simulation.regressions import REGRESSIONS

_CHUNK = 25


@pytest.mark.parametrize(
    ("look", "first"),
    [(look, first) for look, end in ((TEMPLATE, 400), (BOXES, 150)) for first in range(0, end, _CHUNK)],
    ids=lambda value: value.name if isinstance(value, Look) else str(value),
)
def test_people_crashes_and_lost_answers_leave_both_sides_whole(look: Look, first: int) -> None:
    for seed in range(first, first + _CHUNK):
        result = play(seed, look=look)

        assert not result.error, "\n" + describe(shrink(result))


@pytest.mark.parametrize("look", [TEMPLATE, BOXES], ids=lambda look: look.name)
@pytest.mark.parametrize("seed", range(0, 500, 100))
def test_a_seed_always_tells_the_same_history(seed: int, look: Look) -> None:
    assert play(seed, look=look).log == play(seed, look=look).log


@pytest.mark.parametrize("name", REGRESSIONS)
def test_what_once_broke_holds(name: str) -> None:
    past = REGRESSIONS[name]
    history = History(past.seed, past.copies, LOOKS[past.look], chances=past.chances)
    result = history.play(read_actions(past.actions))

    assert not result.error, f"{name}\n{describe(result)}"
