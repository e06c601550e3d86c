"""What an estimate says: time, points and sizes, each kept as what it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plansync.durations import Duration
from plansync.planning.estimates import Estimate, estimate, estimates, times
from tests.unit.planning.tasks import plan, task


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("4 SP (~16 hours)", 4),
        ("[3 SP]", 3),
        ("3.5 SP", 3.5),
        ("1-2 points", 2),
        ("5 story points", 5),
        ("Points: 8", 8),
        ("3 ポイント", 3),
        ("5", None),
        ("5 hours", None),
        ("spare time", None),
    ],
)
def test_points_are_read_where_a_word_says_so(text: str, points: float | None) -> None:
    assert estimate(text).points == points


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("S", "S"),
        ("`XL`", "XL"),
        ("Small", "S"),
        ("**Medium**", "M"),
        ("Extra large", "XL"),
        ("S (2-4 hours)", "S"),
        ("M - 2 days", "M"),
        ("Size: L", "L"),
        ("Large refactoring", None),
        ("M1 complete", None),
        ("5 m", None),
        ("High", None),
        ("Someday", None),
    ],
)
def test_a_size_is_read_where_nothing_else_is_meant(text: str, size: str | None) -> None:
    assert estimate(text).size == size


def test_all_that_an_estimate_says_is_kept() -> None:
    assert estimate("5 SP (2-3 days)") == Estimate("5 SP (2-3 days)", Duration(960, 1440), 5, None)
    assert estimate("S (2-4 hours)") == Estimate("S (2-4 hours)", Duration(120, 240), None, "S")


def test_points_and_sizes_are_no_time() -> None:
    found = estimates(plan(task("a", estimate="3 SP"), task("b", estimate="L"), task("c", estimate="1 h")))

    assert times(found) == {"c": Duration(60, 60)}


@given(st.text(max_size=60))
def test_any_text_is_an_estimate_that_says_itself(text: str) -> None:
    assert estimate(text).text == text
