"""Lines are measured in cells of a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plansync.cli.columns import cells, folded, line_width, padded, shortened


@pytest.mark.parametrize(
    ("text", "width"),
    [("plan", 4), ("計画", 4), ("プラン", 6), ("계획", 4), ("e\u0301", 1), ("—½", 2), ("", 0)],
)
def test_wide_characters_take_two_cells_and_combining_ones_none(text: str, width: int) -> None:
    assert cells(text) == width


def test_a_cut_text_ends_in_an_ellipsis_within_its_cells() -> None:
    assert shortened("計画を立てる", 7) == "計画を…"
    assert shortened("計画を立てる", 6) == "計画…"
    assert shortened("a long title", 7) == "a long…"
    assert shortened("fits", 4) == "fits"


@given(st.text(max_size=30), st.integers(2, 30))
def test_no_text_is_wider_than_it_may_be(text: str, limit: int) -> None:
    assert cells(shortened(text, limit)) <= limit
    assert cells(padded(shortened(text, limit), limit)) == limit


def test_the_width_is_the_terminals_within_what_reads_well(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns, width in (("100", 100), ("20", 60), ("500", 120)):
        monkeypatch.setenv("COLUMNS", columns)
        assert line_width() == width


def test_what_a_terminal_does_not_show_breaks_no_line() -> None:
    link = "\x1b]8;;https://code.example/acme/plans/issues/12\x1b\\#12\x1b]8;;\x1b\\"
    line = f"  \x1b[32m+\x1b[0m {link} issue Dig the garden"

    assert folded(line, 60) == [line]
