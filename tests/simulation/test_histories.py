from __future__ import annotations

import pytest

from tests.simulation.driver import History, describe, play, read_actions
from tests.simulation.looks import BOXES, EVERY_LOOK, TEMPLATE, Look
from tests.simulation.regressions import REGRESSIONS


@pytest.mark.parametrize("look", [TEMPLATE, BOXES], ids=lambda look: look.name)
@pytest.mark.parametrize("seed", range(0, 1000, 50))
def test_a_seed_always_tells_the_same_history(seed: int, look: Look) -> None:
    assert play(seed, look=look).log == play(seed, look=look).log


@pytest.mark.parametrize("name", REGRESSIONS)
def test_what_once_broke_holds(name: str) -> None:
    past = REGRESSIONS[name]
    history = History(past.seed, past.copies, EVERY_LOOK[past.look], chances=past.chances)
    result = history.play(read_actions(past.actions))

    assert not result.error, f"{name}\n{describe(result)}"
