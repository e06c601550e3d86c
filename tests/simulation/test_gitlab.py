from __future__ import annotations

import pytest

from tests.simulation.driver import CHUNK, check, play
from tests.simulation.looks import GITLAB_LOOKS, GITLAB_TEMPLATE


@pytest.mark.parametrize("look", GITLAB_LOOKS)
@pytest.mark.parametrize("first", range(0, 100, CHUNK))
def test_on_a_gitlab_both_sides_stay_whole_too(first: int, look: str) -> None:
    check(range(first, first + CHUNK), GITLAB_LOOKS[look])


def test_what_gitlab_alone_has_is_played() -> None:
    told = "\n".join(line for seed in range(40) for line in play(seed, look=GITLAB_TEMPLATE).log)

    for words in (
        "applied set-estimate",
        "time_estimate 60→",
        " minutes",
        "drops s",
        "taken away on the tracker",
    ):
        assert words in told
