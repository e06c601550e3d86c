"""Totals, counts and the lines at the end of a plan."""

from __future__ import annotations

import pytest

from tests.unit.checks.plans import PHASE, fixed, said, task


def summed(*times: str, total: str, key: str = "Total Estimated Time") -> str:
    tasks = "".join(task(f"1.{n}", f"Part {n}", time) for n, time in enumerate(times, 1))
    return f"{PHASE}{tasks}## Summary\n\n**{key}**: {total}\n"


@pytest.mark.parametrize(
    ("times", "total"),
    [
        (("1 hour", "30 minutes"), "1.5 hours"),
        (("1 hour", "30 minutes"), "~90 minutes"),
        (("1-2 hours", "3 hours"), "5 hours"),
        (("1-2 hours", "3 hours"), "4-5 hours"),
        (("1-2 hours", "3 hours"), "3-6 hours"),
        (("1 day", "2 days"), "3 days"),
        (("1 hour", ""), "8 hours"),
        (("XL", "S"), "2 weeks"),
        (("2 hours", "1 hour"), "when it is done"),
    ],
)
def test_a_total_that_can_be_right_is_not_found(times: tuple[str, ...], total: str) -> None:
    assert said(summed(*times, total=total), "PLAN001") == []


@pytest.mark.parametrize(
    ("times", "total", "mended"),
    [
        (("1 hour", "30 minutes"), "2 hours", "1.5 hours"),
        (("1 hour", "1 hour"), "1 hour", "2 hours"),
        (("30 minutes", "30 minutes"), "3 hours", "1 hour"),
        (("1-2 hours", "3 hours"), "2-4 hours", "4-5 hours"),
        (("1 day", "4 hours"), "~2 days", "~1.5 days"),
        (("1 hour", "1 hour"), "3h", "2h"),
        (("2 hours", "1 hour"), "5 Stunden", "3 Stunden"),
    ],
)
def test_a_wrong_total_is_written_as_its_author_writes(
    times: tuple[str, ...], total: str, mended: str
) -> None:
    plan = summed(*times, total=total)

    assert len(said(plan, "PLAN001")) == 1
    assert fixed(plan) == summed(*times, total=mended)


@pytest.mark.parametrize("total", ["3 hours (one morning)", "20 minutes or so", "3 hours to 4 days"])
def test_a_total_with_words_around_it_is_found_and_left_to_its_author(total: str) -> None:
    plan = summed("1 hour", "1 hour", total=total)

    assert len(said(plan, "PLAN001")) == 1
    assert fixed(plan) == plan


def test_a_task_without_an_estimate_makes_the_sum_the_least() -> None:
    (message,) = said(summed("3 hours", "", total="2 hours"), "PLAN001")

    assert "add up to at least 3 hours, not 2 hours" in message


def test_a_dropped_task_weighs_nothing() -> None:
    plan = summed("1 hour", "2 hours", total="1 hour").replace("Part 2\n", "Part 2\n\n**Status**: Dropped\n")

    assert said(plan, "PLAN001") == []


def test_a_total_within_a_phase_is_that_of_the_phase_and_is_not_rewritten() -> None:
    plan = f"{PHASE}**Total Time**: 2 hours\n\n{task('1.1', 'Dig', '1 hour')}{task('1.2', 'Level', '1 hour')}"
    plan += "## Phase 2: Walls\n\n**Total Time**: 9 hours\n\n" + task("2.1", "Frame", "5 hours")

    (message,) = said(plan, "PLAN001")

    assert message == "11: the tasks' estimates add up to 5 hours, not 9 hours".replace(
        "11:", message.split()[0]
    )
    assert fixed(plan) == plan


@pytest.mark.parametrize("count", ["2", "2 tasks", "two", "2/3", "about 2"])
def test_a_right_or_unreadable_count_is_not_found(count: str) -> None:
    assert said(summed("", "", total=count, key="Number of Tasks"), "PLAN002") == []


def test_a_wrong_count_is_found_and_mended_in_any_language() -> None:
    for key in ("Number of Tasks", "タスク数", "Количество задач"):
        plan = summed("", "", total="3", key=key)

        assert said(plan, "PLAN002")[0].endswith("the plan has 2 tasks, not 3")
        assert fixed(plan) == summed("", "", total="2", key=key)


def test_numbers_are_not_mended_while_a_fence_hides_tasks() -> None:
    fence = "```markdown\n```sh\nmake\n```\n```\n\n### Task 1.3: Hidden\n\n```sh\nmake\n```\n\n"
    plan = summed("1 hour", "1 hour", total="1 hour").replace("## Summary", f"{fence}## Summary")

    assert said(plan, "PLAN401")
    assert said(plan, "PLAN001")
    assert fixed(plan) == plan


def ended(line: str, *steps: str) -> str:
    """Write a plan of one task a phase, with one line at its end."""
    phases = "".join(
        f"## Phase {n}: Part {n}\n\n" + task(f"{n}.1", f"Work {n}", steps=s) for n, s in enumerate(steps, 1)
    )
    return f"{phases}## Progress\n\n{line}\n"


@pytest.mark.parametrize(
    ("line", "steps", "right"),
    [
        (
            "**Completion**: 0% (0/3 tasks completed)",
            ("x", "xx", " "),
            "**Completion**: 66% (2/3 tasks completed)",
        ),
        ("**Completion**: 67% (2/3 tasks)", ("x", "xx", " "), ""),
        ("**Completion**: soon", ("x",), ""),
        ("**Current Phase**: Phase 1", ("x", " "), "**Current Phase**: Phase 2"),
        ("**Current Phase**: Phase 2: Part 2", (" ", " "), "**Current Phase**: Phase 1: Part 1"),
        ("**Current Phase**: Phase 2", ("x", "x"), ""),
        ("**Current Phase**: getting ready", ("x", " "), ""),
        ("**Implementation Status**: Completed", ("x", " "), "**Implementation Status**: In Progress"),
        ("**Implementation Status**: In Progress", ("x", "x"), "**Implementation Status**: Completed"),
        ("**Implementation Status**: going well", ("x", "x"), ""),
        (
            "**Implementation Status**: Not Started | In Progress | Completed",
            (" ", "x"),
            "**Implementation Status**: In Progress",
        ),
        (
            "**Implementation Status**: Offen | In Arbeit | Erledigt",
            ("x", "x"),
            "**Implementation Status**: Erledigt",
        ),
        ("**Current Phase**: Phase 1 | Phase 2", ("x", " "), "**Current Phase**: Phase 2"),
    ],
)
def test_a_line_at_the_end_follows_the_boxes(line: str, steps: tuple[str, ...], right: str) -> None:
    codes = ("PLAN004", "PLAN005", "PLAN006", "PLAN007")
    plan = ended(line, *steps)

    assert sum(len(said(plan, code)) for code in codes) == bool(right)
    assert fixed(plan) == ended(right or line, *steps)


def test_choices_that_do_not_say_the_state_are_found_and_left() -> None:
    plan = ended("**Implementation Status**: red | amber | green", " ")

    assert len(said(plan, "PLAN007")) == 1
    assert fixed(plan) == plan


def test_choices_of_a_task_are_for_its_author() -> None:
    plan = PHASE + task("1.1", "Dig") + "**Status**: Todo | In Progress | Done\n"

    assert said(plan, "PLAN007") == ["6: all choices of “Status” are left"]
    assert fixed(plan) == plan


def test_an_estimate_is_missed_only_where_most_tasks_to_do_have_one() -> None:
    some = (
        PHASE + task("1.1", "Dig", "1 hour") + task("1.2", "Level", "[Hours]") + task("1.3", "Sow", "1 hour")
    )
    few = PHASE + task("1.1", "Dig", "1 hour") + task("1.2", "Level") + task("1.3", "Sow")

    assert said(some, "PLAN008") == ["7: Task 1.2 has no estimate"]
    assert said(few, "PLAN008") == []
    assert said(some.replace("Task 1.2: Level\n", "Task 1.2: Level\n\n- [x] Done\n"), "PLAN008") == []
