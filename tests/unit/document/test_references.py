"""Which tasks a dependency line names, in every way that plans write it."""

from __future__ import annotations

import pytest

from plansync.document.references import Named, Register, named
from plansync.model import Uid

KNOWN = Register(
    tasks={
        key: [Uid(f"uid {key}")]
        for key in ("1.1", "1.2", "2.1", "3", "4", "5", "6", "8.6a", "12", "ii-1.2", "1-1")
    }
    | {"7": [Uid("uid 7"), Uid("uid 7 again")]},
    phases={"2": [Uid("uid 2.1")], "1": [Uid("uid 1.1"), Uid("uid 1.2")]},
)


def uids(*ids: str) -> tuple[Uid, ...]:
    return tuple(Uid(f"uid {each}") for each in ids)


@pytest.mark.parametrize(
    "text",
    ["", "None", "none", "-", "—", "n/a", "Nothing (first task)", "なし", "无", "нет", "Keine", "없음"],
)
def test_nothing_is_said_in_many_ways(text: str) -> None:
    assert named(text, KNOWN) == Named()


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Task 1.1", ("1.1",)),
        ("1.1", ("1.1",)),
        ("Tasks 1.1, 1.2", ("1.1", "1.2")),
        ("Task 1.1 and Task 2.1", ("1.1", "2.1")),
        ("Task 1.1, Task 1.1", ("1.1",)),
        ("T012", ("12",)),
        ("T-012, task_03", ("12", "3")),
        ("#3, #4", ("3", "4")),
        ("Tasks 3, 4 (they share the table)", ("3", "4")),
        ("Task 1.1 must be complete", ("1.1",)),
        ("1.1 → 1.2", ("1.1", "1.2")),
        ("Task 8.6a", ("8.6a",)),
        ("Task II-1.2", ("ii-1.2",)),
        ("タスク1.1、タスク1.2", ("1.1", "1.2")),
        ("任务 1.1", ("1.1",)),
        ("Aufgabe 1.1 und Aufgabe 2.1", ("1.1", "2.1")),
        ("задача 1.1", ("1.1",)),
    ],
)
def test_a_list_of_numbers_names_those_tasks(text: str, ids: tuple[str, ...]) -> None:
    assert named(text, KNOWN) == Named(tasks=uids(*ids))


@pytest.mark.parametrize("text", ["Tasks 3-6", "Task 3 to 6", "T003–T006", "Task Groups 3-6", "3 – 6"])
def test_a_range_names_what_lies_in_it(text: str) -> None:
    assert named(text, KNOWN).tasks == uids("3", "4", "5", "6")


def test_a_number_with_a_dash_is_an_id_where_a_task_has_it() -> None:
    assert named("1-1", KNOWN).tasks == uids("1-1")


def test_a_phase_means_all_its_tasks() -> None:
    assert named("Phase 1", KNOWN).tasks == uids("1.1", "1.2")
    assert named("Phase 2, Task 3", KNOWN).tasks == uids("2.1", "3")


def test_running_text_counts_only_behind_a_word_for_a_task() -> None:
    found = named("the new parser (version 3) and Task 1.2 for the 4 formats", KNOWN)

    assert found.tasks == uids("1.2")


@pytest.mark.parametrize("text", ["PostgreSQL 15", "a quiet room", "M3 complete", "access to server 4"])
def test_words_that_name_no_task_are_kept_as_words(text: str) -> None:
    assert named(text, KNOWN) == Named(words=text)


def test_an_unknown_number_is_told() -> None:
    assert named("Task 9.9", KNOWN) == Named(unknown=("9.9",))
    assert named("Task 1.1, Task 9.9", KNOWN) == Named(tasks=uids("1.1"), unknown=("9.9",))


def test_a_number_that_two_tasks_bear_is_told() -> None:
    assert named("Task 7", KNOWN).unknown == ("7",)


def test_a_phase_that_is_not_there_is_told() -> None:
    assert named("Phase 9", KNOWN).unknown == ("Phase 9",)


@pytest.mark.parametrize("text", ["Tasks 2.1-2.3", "2.1 through 2.3", "Task 2.1 to Task 2.3", "2.1–2.3"])
def test_a_range_of_decimals_names_what_lies_in_it(text: str) -> None:
    known = Register(tasks={f"2.{n}": [Uid(f"uid 2.{n}")] for n in range(1, 5)})

    assert named(text, known) == Named(tasks=uids("2.1", "2.2", "2.3"))


def test_a_range_that_cannot_be_counted_out_is_told() -> None:
    assert named("1.1 – 2.1", KNOWN).unknown == ("1.1 – 2.1",)
