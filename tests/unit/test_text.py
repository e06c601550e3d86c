"""Text that crosses between plan, tracker and terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plansync import text
from plansync.document import view
from plansync.document.builder import parse
from plansync.document.dialects.phase_task import DIALECT
from plansync.model import Field
from plansync.text import neutralise, restore

PIECES = [
    *"ab @#!x12-*+>`~[]().<>\\/\n\r\t|=_",
    "<!--",
    "-->",
    "plansync:",
    "GH-",
    "closes ",
    "https://",
    "&lt;",
]
HOSTILE = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


@given(HOSTILE)
def test_what_was_neutralised_is_restored_exactly(written: str) -> None:
    assert text.restore(text.neutralise(written)) == written


@pytest.mark.parametrize(
    "sigil", ["@someone", "@org/team", "#12", "!7", "GH-3", "owner/name#4", "fixes https://host/o/r/issues/1"]
)
def test_a_mention_or_reference_is_cut_by_an_empty_comment(sigil: str) -> None:
    written = text.neutralise(f"see {sigil} there")

    assert "<!-- -->" in written
    assert sigil not in written
    assert text.restore(written) == f"see {sigil} there"


@pytest.mark.parametrize("lead", ["- ", "  1. ", "- - ", "* 1) - "])
def test_a_box_is_none_in_running_text_however_deep_its_list_begins(lead: str) -> None:
    written = text.neutralise(f"{lead}[ ] box")

    assert written == f"{lead}\\[ ] box"
    assert text.restore(written) == f"{lead}[ ] box"


def test_code_is_left_as_it_is() -> None:
    assert text.neutralise("run `npm i @scope/name#1` twice") == "run `npm i @scope/name#1` twice"


@pytest.mark.parametrize("title", ["a mail@host", "C# and F#", "50 % !important", "no issue # here"])
def test_ordinary_text_is_not_touched(title: str) -> None:
    assert text.neutralise(title.replace("@host", " at host")) == title.replace("@host", " at host")


def _plan(step: str, title: str) -> bytes:
    task = f"### Task 1.1: {title}\n\n- [ ] {step}\n- [ ] last\n\n**Estimated Time**: 1 hour\n"
    return f"# P\n\n## Phase 1: A\n\n{task}".encode()


@given(HOSTILE.filter(lambda t: bool(text.one_line(t))))
def test_imported_text_changes_one_step_and_nothing_else(foreign: str) -> None:
    before = view.snapshot(parse(_plan("first", "T"), DIALECT), "p").items
    after = view.snapshot(parse(_plan(text.imported(foreign), "T"), DIALECT), "p").items

    changed = [uid for uid in before if uid not in after or before[uid].fields != after[uid].fields]
    assert len(after) == len(before)
    assert len(changed) <= 1
    assert all(uid.endswith("/~0") for uid in changed)


@given(HOSTILE.filter(lambda t: bool(text.words(t))))
def test_imported_text_compares_equal_to_what_it_came_from(foreign: str) -> None:
    imported = text.imported(foreign)
    assert text.words(imported) == text.words(foreign)


@pytest.mark.parametrize("hidden", ["\x1b[31m", "\x9b1m", "\x07", "\u202e", "\u200b", "\x00"])
def test_nothing_invisible_reaches_a_terminal(hidden: str) -> None:
    shown = text.visible(f"a{hidden}b")

    assert not set(hidden) & set(shown) - set("[31m1")
    assert shown.startswith("a") and shown.endswith("b")


def test_a_long_title_is_cut_at_a_word() -> None:
    assert text.cut("alpha beta gamma", 12) == "alpha beta…"
    assert text.cut("alpha", 12) == "alpha"


def test_renumbered_headings_compare_equal() -> None:
    assert text.heading_words("Phase 1: Setup") == text.heading_words("Phase 12 – Setup")
    assert text.heading_words("Phase 1") != text.heading_words("Phase 2")


@pytest.mark.parametrize("blank", ["[Feature Name]", "[…]", "TBD", "TXXX", "<name>", "..."])
def test_a_title_that_is_wholly_a_blank_is_a_placeholder(blank: str) -> None:
    assert text.is_placeholder(blank)
    assert not text.is_placeholder(f"Set up {blank}")


def test_a_hash_at_the_end_of_a_title_stays_part_of_it() -> None:
    assert text.words("Learn C#") != text.words("Learn C")
    assert text.words(text.heading("ends in #")) == "ends in #"
    for title in ("Learn C#", "ends in #", "##", "a ## b"):
        items = view.snapshot(parse(_plan("s", text.heading(title)), DIALECT), "p").items
        assert title in [text.words(str(i.fields.get(Field.TITLE))) for i in items.values()]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("/close", "\\/close"),
        ("Do it\n/assign @ana\nnow", "Do it\n\\/assign @<!-- -->ana\nnow"),
        ("\\/close", "\\\\/close"),
        (" /close", " /close"),
        ("see /close", "see /close"),
        ("/2 of it", "/2 of it"),
        ("```\n/close\n```\n/done", "```\n/close\n```\n\\/done"),
        ("~~~\n/close\n~~~", "~~~\n\\/close\n~~~"),
        ("```\n/close", "```\n\\/close"),
    ],
)
def test_a_line_is_no_order_to_a_tracker(text: str, written: str) -> None:
    assert neutralise(text) == written
    assert restore(written) == text


@given(st.text(st.sampled_from("/\\` ~ac\n"), max_size=24))
def test_slashes_come_back_as_they_were(text: str) -> None:
    assert restore(neutralise(text)) == text
