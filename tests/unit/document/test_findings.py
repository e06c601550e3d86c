"""What the fuzzer found, each once: a text on which a law of the document did not hold."""

from __future__ import annotations

import pytest

from plansync.document import rewrite, view
from plansync.document.detect import read
from plansync.sync.leave import stripped
from tests.support.edits import look, made, marks


def _is_marked_without_a_trace(source: bytes) -> bool:
    shown = look(source)
    marked = made(shown, marks(shown))
    return marked != source and stripped(marked, read)[0] == source


def test_a_heading_in_a_list_is_no_task_of_a_section() -> None:
    document = read(b"# Story\n\n## Tasks / Subtasks\n\n- ## Task 1: a\n")

    assert document.nodes == ()


def test_a_setext_heading_with_two_kinds_of_line_ends_gets_the_one_of_its_last_line() -> None:
    assert _is_marked_without_a_trace(b"# P\n\nTask 1: a\r------\r\n\n### b\n\n- [ ] c\n")


def test_a_box_behind_a_blank_and_a_tab_has_one_letter() -> None:
    document = read(b"### Task 1: a\n\n10. \t[X] b\n\n- [ ] c\n")

    assert [document.text(n.box) for n in document.nodes if n.box] == ["X", " "]


@pytest.mark.parametrize("number", ["1" * 5000, f"1-{'2' * 5000}", f"{'1' * 5000}-2"])
def test_a_number_without_end_is_no_range_of_tasks(number: str) -> None:
    source = f"### Task 1: a\n\n**Dependencies**: {number}\n\n- [ ] b\n".encode()
    document = read(source)
    items = view.snapshot(document, "plan").items

    assert rewrite.rewrite(document, items, [], items) == source
