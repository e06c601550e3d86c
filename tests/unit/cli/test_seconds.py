"""Times on the command line."""

from __future__ import annotations

import pytest

from plansync.cli.running import seconds
from plansync.errors import ConfigError


@pytest.mark.parametrize(("text", "found"), [("90s", 90.0), ("20m", 1200.0), ("2h", 7200.0), ("0s", 0.0)])
def test_a_time_is_read(text: str, found: float) -> None:
    assert seconds(text) == found


@pytest.mark.parametrize("text", ["", "5", "m", "1.5h", "-1s", "2d", "9" * 400 + "h"])
def test_what_is_no_time_is_told_with_its_option(text: str) -> None:
    with pytest.raises(ConfigError, match="--every takes a time such as 90s, 20m or 2h"):
        seconds(text, "--every")
