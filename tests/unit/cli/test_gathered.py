"""Common options stand before the verb or after it, alone or bundled."""

from __future__ import annotations

import pytest

from plansync.cli.main import gathered


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["sync", "-q", "PLAN.md"], ["-q", "sync", "PLAN.md"]),
        (["status", "-vv"], ["-vv", "status"]),
        (["sync", "-qvv", "-y"], ["-qvv", "sync", "-y"]),
        (["sync", "-R", "a/b", "--tracker=github"], ["-R", "a/b", "--tracker=github", "sync"]),
        (["sync", "-R"], ["-R", "sync"]),
        (["status", "--", "-q"], ["status", "--", "-q"]),
    ],
)
def test_what_is_common_is_put_before_the_verb(words: list[str], found: list[str]) -> None:
    assert gathered(words) == found
