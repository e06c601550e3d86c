"""How an operation of an earlier run is called."""

from __future__ import annotations

import pytest

from plansync.cli.past import _name


@pytest.mark.parametrize(
    ("label", "title", "task", "called"),
    [
        ("Phase 1", "Phase 1: Dig", "p", "Phase 1: Dig"),
        ("1", "1. Dig", "p", "1. Dig"),
        ("1", "1 Dig", "p", "1 Dig"),
        ("1", "10. Dig", "p", "1 10. Dig"),
        ("Task 1.1", "Dig", "t", "Task 1.1 Dig"),
        ("Task 1.1", "", "t", "Task 1.1"),
        ("Fetch a spade", "Dig", "t/1", "Fetch a spade (Dig)"),
    ],
)
def test_a_number_that_a_title_begins_with_is_said_once(
    label: str, title: str, task: str, called: str
) -> None:
    assert _name({"label": label, "title": title, "task": task}) == called
