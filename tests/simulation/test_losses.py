from __future__ import annotations

import pytest

from tests.simulation.looks import GITLAB_LOOKS, LOOKS, Look
from tests.simulation.losses import check


@pytest.mark.parametrize("look", [*LOOKS.values(), *GITLAB_LOOKS.values()], ids=lambda look: str(look.name))
def test_what_is_lost_is_asked_about_and_made_anew_only_when_somebody_wants_it(look: Look) -> None:
    check(range(25), look)
