"""What stands around a task's title in its issue's, and how the two are told apart again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plansync.text import one_line
from plansync.titles import PLAIN, frame, problem, put, taken

NUMBERED = "{number}: {title}"
LONG = " ".join(["a title that goes on"] * 15)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{title}", ""),
        ("[{phase}] {number} {title} ({plan})", ""),
        ("{number}", "once"),
        ("{title} {title}", "once"),
        ("{titel}", "{titel} is none of"),
        ("{title}" + "x" * 61, "60 characters"),
    ],
)
def test_a_template_names_the_title_once_and_nothing_unknown(template: str, said: str) -> None:
    assert said in problem(template) if said else problem(template) == ""


@pytest.mark.parametrize(
    ("template", "number", "expected"),
    [
        (NUMBERED, "2.1", "2.1: {title}"),
        (NUMBERED, "", "{title}"),
        ("{title} ({number})", "7", "{title} (7)"),
        ("[{phase}] {number} {title}", "2.1", "[Core] 2.1 {title}"),
        ("[{phase}] {number} {title}", "", "[Core] {title}"),
        ("{plan}/{title}", "1", "App/{title}"),
    ],
)
def test_a_frame_is_the_template_filled_in_but_for_the_title(
    template: str, number: str, expected: str
) -> None:
    assert frame(template, number, "Core", "App") == expected


def test_a_phase_with_a_long_name_leaves_room_for_the_title() -> None:
    around = frame("{phase}: {title}", "", LONG, "")

    assert len(put(around, LONG, 200)) <= 200
    assert put(around, "Dig", 200).endswith("…: Dig")


@pytest.mark.parametrize(
    ("text", "title", "around"),
    [
        ("2.1: Dig", "Dig", "2.1: {title}"),
        ("2.1: Dig deeper", "Dig deeper", "2.1: {title}"),
        ("2.2: Dig", "Dig", "2.2: {title}"),
        ("2.2: Dig deeper", "Dig deeper", "2.2: {title}"),
        ("Dig", "Dig", "{title}"),
        ("Dig deeper", "Dig deeper", "{title}"),
        ("Not: Dig", "Not: Dig", "{title}"),
        ("Ditch 3: the rest", "the rest", "Ditch 3: {title}"),
    ],
)
def test_what_a_person_makes_of_a_numbered_title(text: str, title: str, around: str) -> None:
    assert taken(text, NUMBERED, ("2.1: {title}",), ("Dig",), 200) == (around, title)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("[Core] Dig", "Dig"),
        ("[Cellar] Dig", "Dig"),
        ("[Core] Dig deeper", "Dig deeper"),
        ("Dig", "Dig"),
        ("[Cellar] Dig deeper", "[Cellar] Dig deeper"),
    ],
)
def test_what_a_person_makes_of_a_title_behind_its_phase(text: str, title: str) -> None:
    assert taken(text, "[{phase}] {title}", ("[Core] {title}",), ("Dig",), 200)[1] == title


@pytest.mark.parametrize("around", [PLAIN, "2.1: {title}"])
def test_a_cut_title_is_known_for_the_whole_one(around: str) -> None:
    text = put(around, LONG, 200)

    assert len(text) <= 200 and text.endswith("…")
    assert taken(text, NUMBERED, (around,), (LONG,), 200) == (around, LONG)
    assert taken("3.4: " + put(PLAIN, LONG, 195), NUMBERED, (around,), (LONG,), 200)[1] == LONG


def test_a_cut_title_that_a_person_changes_is_another_one() -> None:
    text = put(PLAIN, LONG, 200).replace("a title", "the title", 1)

    assert taken(text, PLAIN, (PLAIN,), (LONG,), 200) == (PLAIN, text)


WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=260
).filter(lambda text: bool(one_line(text)))


@given(
    st.sampled_from(
        [PLAIN, NUMBERED, "{title} ({number})", "[{phase}] {title}", "{phase} {number} {title} – {plan}"]
    ),
    WORDS,
    st.sampled_from(["", "2.1", "T001", "IV"]),
    WORDS,
)
def test_any_title_in_any_frame_is_read_as_it_was_written(
    template: str, title: str, number: str, phase: str
) -> None:
    around, own = frame(template, number, phase, "The plan"), one_line(title)

    assert taken(put(around, title, 200), template, (around,), (own,), 200) == (around, own)
