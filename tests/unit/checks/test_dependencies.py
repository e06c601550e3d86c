"""Dependencies, the critical path, risks and requirements: what names what."""

from __future__ import annotations

import pytest

from plansync.checks.context import Beside
from tests.unit.checks.plans import PHASE, codes, fixed, found, said, task


def test_an_unknown_target_is_found_where_it_stands() -> None:
    plan = PHASE + task("1.1", "Dig") + task("1.2", "Level", needs="Task 1.1, Task 1.7")

    (finding,) = (f for f in found(plan) if f.code == "PLAN101")

    assert (finding.line, finding.column, finding.end_column) == (8, 29, 37)
    assert finding.message == "Task 1.2 names Task 1.7, and there is none"


@pytest.mark.parametrize("needs", ["None", "Task 1.1", "the good will of others", "#12", "—", "Phase 1"])
def test_what_is_known_or_no_task_is_not_found(needs: str) -> None:
    assert not codes(PHASE + task("1.1", "Dig") + task("1.2", "Level", needs=needs)) & {"PLAN101", "PLAN102"}


def test_a_target_that_a_fence_hides_is_said_to_be_there() -> None:
    plan = (
        PHASE
        + task("1.1", "Dig")
        + "```md\n```sh\nmake\n```\n```\n\n### Task 1.2: Level\n\n```sh\nmake\n```\n\n"
    )
    plan += task("1.3", "Sow", needs="Task 1.2")

    (message,) = said(plan, "PLAN101")

    assert message.endswith("Task 1.3 names Task 1.2, and it stands in a code fence, line 12")


def test_what_a_task_blocks_is_looked_at_too() -> None:
    assert len(said(PHASE + task("1.1", "Dig") + "**Blocks**: Task 3.3\n", "PLAN101")) == 1


def test_a_number_that_two_tasks_have_is_ambiguous_not_unknown() -> None:
    plan = (
        PHASE
        + task("1", "Dig")
        + "## Phase 2: Walls\n\n"
        + task("1", "Frame")
        + task("2", "Door", needs="Task 1")
    )

    assert said(plan, "PLAN102") == ["13: Task 2 names Task 1, the number of 2 tasks (lines 3, 8)"]
    assert said(plan, "PLAN101") == []


def test_a_circle_is_told_from_its_first_task_on_each_before_the_next() -> None:
    plan = PHASE + task("1.1", "A", needs="Task 1.2") + task("1.2", "B", needs="Task 1.3")
    plan += task("1.3", "C", needs="Task 1.1")

    (message,) = said(plan, "PLAN103")

    assert message == "5: these wait for each other: Task 1.1 → Task 1.3 → Task 1.2 → Task 1.1"
    assert said(PHASE + task("1.1", "A", needs="Task 1.1"), "PLAN103") == ["5: Task 1.1 waits for itself"]


def test_only_a_dependency_on_a_phase_behind_is_found() -> None:
    plan = PHASE + task("1.1", "Dig", needs="Task 2.1") + "## Phase 2: Walls\n\n" + task("2.1", "Frame")
    back = PHASE + task("1.1", "Dig") + "## Phase 2: Walls\n\n" + task("2.1", "Frame", needs="Task 1.1")

    assert said(plan, "PLAN104") == ["5: Task 1.1 depends on Task 2.1 of Phase 2, a later phase"]
    assert said(back, "PLAN104") == []


# -------------------------------------------------------------- critical path


def chained(path: str, *, first: str = "2 hours") -> str:
    tasks = task("1.1", "Dig", first) + task("1.2", "Buy", "1 hour")
    tasks += task("1.3", "Lay", "4 hours", needs="Task 1.1, Task 1.2") + task(
        "1.4", "Sweep", "1 hour", needs="1.3"
    )
    return f"{PHASE}{tasks}## Summary\n\n**Critical Path**: {path}\n"


@pytest.mark.parametrize(
    "path",
    [
        "Tasks 1.1 → 1.3 → 1.4",
        "1.1 -> 1.3 -> 1.4",
        "Task 1.1 => Task 1.3 => Task 1.4",
        "Dig, then lay",
        "short",
    ],
)
def test_a_longest_chain_and_words_are_not_found(path: str) -> None:
    assert said(chained(path), "PLAN003") == []


@pytest.mark.parametrize(
    ("path", "right"),
    [
        ("Tasks 1.2 → 1.3 → 1.4", "Tasks 1.1 → 1.3 → 1.4"),
        ("Task 1.2 -> Task 1.3 -> Task 1.4", "Task 1.1 -> Task 1.3 -> Task 1.4"),
        ("1.1 → 1.3", "1.1 → 1.3 → 1.4"),
        ("1.1→1.2→1.3→1.4", "1.1→1.3→1.4"),
    ],
)
def test_another_chain_is_mended_in_its_own_style(path: str, right: str) -> None:
    assert len(said(chained(path), "PLAN003")) == 1
    assert fixed(chained(path)) == chained(right)


def test_a_path_with_remarks_is_left_to_its_author() -> None:
    plan = chained("Task 1.2 (stones) → Task 1.3 (floor)")

    assert len(said(plan, "PLAN003")) == 1
    assert fixed(plan) == plan


def test_a_path_over_a_task_that_is_not_there_is_found() -> None:
    assert said(chained("1.1 → 1.9"), "PLAN003")[0].endswith("there is no task 1.9")


def test_any_of_two_equally_long_chains_will_do() -> None:
    for path in ("1.1 → 1.3 → 1.4", "1.2 → 1.3 → 1.4"):
        assert said(chained(path, first="1 hour"), "PLAN003") == []


def test_without_every_estimate_or_with_unclear_dependencies_nothing_is_judged() -> None:
    assert said(chained("1.2 → 1.3 → 1.4", first=""), "PLAN003") == []
    assert said(chained("1.2 → 1.3 → 1.4").replace("Task 1.2\n", "Task 9.9\n"), "PLAN003") == []


# ---------------------------------------------------------------------- risks


def risky(lines: str) -> str:
    return PHASE + task("1.1", "Dig") + task("1.2", "Level") + f"## Risks\n\n{lines}\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("- **High Risk Tasks**: Task 1.1 (Ground)", "Task 1.1 is “Dig”; that is the title of Phase 1"),
        ("- **High Risk Tasks**: Task 1.1 (Level)", "Task 1.1 is “Dig”; that is the title of Task 1.2"),
        ("- Task 1.1: Level may fail", ""),
        ("- Task 4.1 may fail", "there is no Task 4.1"),
        ("- **High Risk Tasks**: the weather", "this names no task of the plan"),
        ("- **High Risk Tasks**: Task 1.1 (Dig), Task 1.2", ""),
        ("- **High Risk Tasks**: Task 1.1 (needs a machine)", ""),
        ("- **High Risk Tasks**: Dig", ""),
        ("- **High Risk Tasks**: None", ""),
        ("- It may rain on day 2", ""),
    ],
)
def test_a_risk_names_a_task_by_its_own_title(line: str, message: str) -> None:
    assert [m.partition(": ")[2] for m in said(risky(line), "PLAN105")] == [message] * bool(message)


# --------------------------------------------------------------- requirements

REQUIREMENTS = """# Requirements

### Requirement 1: A dry floor

#### Acceptance Criteria

1. WHEN it rains THEN the floor stays dry
2. WHEN it thaws THEN nothing sinks

### Requirement 2: A door

1. It closes

FR-001 and FR-002 are from the first talk.
"""


@pytest.mark.parametrize(
    ("refs", "unknown"),
    [
        ("1.1, 1.2, 2.1", []),
        ("1, 2", []),
        ("1.3, 2.1", ["1.3"]),
        ("1.1-1.2", []),
        ("1.1-1.4", ["1.4"]),
        ("Requirements 1.1 and 3.1", ["3.1"]),
        ("FR-001, FR-009", ["FR-009"]),
        ("NFR-7", []),
        ("Python 3.11", []),
        ("All", []),
    ],
)
def test_a_reference_must_be_held_by_the_requirements(refs: str, unknown: list[str]) -> None:
    plan = f"# Tasks\n\n- [ ] 1. Dig\n  - _Requirements: {refs}_\n- [ ] 2. Level\n"

    found_ = said(plan, "PLAN106", beside=Beside("tasks", REQUIREMENTS))

    assert [message.rpartition(" ")[2] for message in found_] == unknown


def test_without_requirements_or_without_numbers_in_them_nothing_is_said() -> None:
    plan = "# Tasks\n\n- [ ] 1. Dig\n  - _Requirements: 9.9_\n- [ ] 2. Level\n"

    assert said(plan, "PLAN106") == []
    assert said(plan, "PLAN106", beside=Beside("tasks", "# Requirements\n\nA dry floor.\n")) == []
