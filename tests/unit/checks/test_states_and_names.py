"""Carriers that contradict each other, letters, numbers and titles that stand twice, blanks of templates."""

from __future__ import annotations

import pytest

from plansync.checks.context import Beside
from plansync.checks.run import check
from plansync.document import detect
from plansync.model import Tick
from tests.unit.checks.plans import PHASE, codes, said, task


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (
            "### Task 1: Dig\n\n**Status**: Done\n\n- [x] A\n- [ ] B\n",
            "the status of Task 1 says done, and 1 of 2 steps is open",
        ),
        (
            "### Task 1: Dig\n\n**Status**: Pending\n\n- [x] A\n",
            "all steps of Task 1 are ticked, and its status does not say done",
        ),
        (
            "### ✅ Task 1: Dig\n\n- [ ] A\n- [ ] B\n",
            "the title of Task 1 says done, and 2 of 2 steps are open",
        ),
        (
            "### Task 1: Dig ✅ (2026-01-04)\n\n- [ ] A\n",
            "the title of Task 1 says done, and its only step is open",
        ),
        (
            "### Task 1: Dig (Completed)\n\n- [ ] A\n",
            "the title of Task 1 says done, and its only step is open",
        ),
        ("# T\n\n- [x] Dig\n  - [ ] A\n- [ ] Sow\n", "“Dig” is ticked, and its only step is open"),
        (
            "# T\n\n- [ ] Dig\n  - [x] A\n- [ ] Sow\n",
            "all steps of “Dig” are ticked, and its own box is open",
        ),
        (
            "# T\n\n## Phase 1: Ground ✅\n\n- [x] Dig\n- [ ] Sow\n",
            "the heading of Phase 1 says done, and 1 of 2 tasks is open",
        ),
    ],
)
def test_two_carriers_that_differ_are_found(plan: str, message: str) -> None:
    assert [text.partition(": ")[2] for text in said(plan, "PLAN201")] == [message]


@pytest.mark.parametrize(
    "plan",
    [
        "### Task 1: Dig\n\n**Status**: Done\n\n- [x] A\n- [x] ~~B~~\n",
        "### Task 1: Dig\n\n**Status**: In Progress\n\n- [x] A\n- [ ] B\n",
        "### Task 1: Show ✅ beside what is done\n\n- [ ] A\n",
        "### Task 1: Complete the form\n\n- [ ] A\n",
        "# T\n\n- [x] 1. Dig\n  - [x] 1.1 A\n  - [ ]* 1.2 B\n    - [ ] C\n- [ ] 2. Sow\n",
        "# T\n\n- [ ] Dig\n- [x] Sow\n",
    ],
)
def test_what_fits_together_is_not_found(plan: str) -> None:
    assert said(plan, "PLAN201") == []


def test_a_letter_is_unknown_until_dialect_or_legend_explains_it() -> None:
    plan = "# T\n\n- [?] Dig\n- [~] Level\n- [x] Sow\n"

    assert said(plan, "PLAN202") == ["3: [?] is counted as open: nothing says what it means"]
    assert said(f"{plan}\n`[?]`: dropped\n", "PLAN202") == []


@pytest.mark.parametrize(
    ("plan", "lines"),
    [
        (PHASE + task("1.1", "A") + task("1.1", "B"), ["5: Task 1.1 stands in line 3 too"]),
        (
            PHASE + task("1.1", "A") + "## Phase 2: W\n\n" + task("1.1", "B"),
            ["8: Task 1.1 stands in line 3 too"],
        ),
        (PHASE + task("1", "A") + "## Phase 2: W\n\n" + task("1", "B"), []),
        (PHASE + task("1", "A") + task("1", "B"), ["6: Task 1 stands in line 3 too"]),
        (
            PHASE + task("1.1", "A") + "## Phase 1: W\n\n" + task("2.1", "B"),
            ["6: Phase 1 stands in line 1 too"],
        ),
        (PHASE + task("1.1", "A") + "## Phase 1 summary\n\nAll well.\n", []),
    ],
)
def test_a_number_that_stands_twice_is_found_where_it_must_be_its_own(plan: str, lines: list[str]) -> None:
    assert [line.partition(": ")[2] for line in said(plan, "PLAN203")] == [
        t.partition(": ")[2] for t in lines
    ]


def test_a_title_is_found_twice_only_within_one_phase() -> None:
    twice = PHASE + task("1.1", "Test") + task("1.2", "test") + task("1.3", "Dig")
    apart = PHASE + task("1.1", "Test") + "## Phase 2: Walls\n\n" + task("2.1", "Test")

    assert [m.partition(": ")[2] for m in said(twice, "PLAN204")] == [
        "“test” is the title of another task here, line 3"
    ]
    assert said(apart, "PLAN204") == []


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ("# [Feature Name]\n\n" + task("1", "Dig"), "the plan's title is still [Feature Name]"),
        ("# Plan: <Name>\n\n" + task("1", "Dig"), "the plan's title is still <Name>"),
        (
            "# P\n\n" + task("1", "[Task Name]") + task("2", "Dig"),
            "the title is still [Task Name], and is skipped",
        ),
        (
            "# P\n\n" + task("1", "Dig") + "- [ ] [Describe the step]\n",
            "the title is still [Describe the step]",
        ),
        ("# P\n\n" + task("1", "Dig", "[Hours]"), "“Estimated Time” is still [Hours]"),
        (
            "# P\n\n" + task("1", "Dig") + "## End\n\n**Last Updated**: [Date]\n",
            "“Last Updated” is still [Date]",
        ),
    ],
)
def test_a_blank_of_a_template_is_found(plan: str, message: str) -> None:
    assert [m.partition(": ")[2] for m in said(plan, "PLAN205")] == [message]


@pytest.mark.parametrize(
    "plan",
    [
        "# TODO\n\n" + task("1", "Dig"),
        "# P\n\n" + task("1", "Implement GET /api/[endpoint]"),
        "# P\n\n" + task("1", "Dig", "1 hour", "[]"),
        "# P\n\n" + task("1", "Dig") + "**Owner**: TBD\n",
        "# P\n\n" + task("1", "Dig") + task("2", "Sow", needs="[Task 1]"),
    ],
)
def test_brackets_that_say_something_are_no_blank(plan: str) -> None:
    assert "PLAN205" not in codes(plan)


@pytest.mark.parametrize("letter", ["o", "D", "d", "я"])
def test_a_letter_of_a_word_among_boxes_is_no_box_and_said_so(letter: str) -> None:
    assert said(f"# Shed\n\n- [ ] a\n- [{letter}] b\n- [x] c\n", "PLAN202") == [
        f"4: [{letter}] is not counted as a box: nothing says what it means"
    ]


@pytest.mark.parametrize(
    "items",
    [
        "- [ ] a\n- [P] b\n- [p] c",
        "- [ ] a\n- [1] b",
        "- [ ] a\n\nLegend:\n\n- [P] in parallel\n- [S] one by one",
        "- [ ] a\n  - [S] one by one",
        "- [ ] a\n- [d](b.md)\n- [todo] c",
    ],
)
def test_flags_numbers_and_legends_are_no_lost_boxes(items: str) -> None:
    assert said(f"# Shed\n\n{items}\n", "PLAN202") == []


def test_a_letter_that_the_settings_explain_is_a_box() -> None:
    document = detect.read(b"# Shed\n\n- [ ] a\n- [d] b\n", ticks={"d": Tick.DROPPED})

    assert "PLAN202" not in {f.code for f in check(document, Beside("plan"))}


@pytest.mark.parametrize(
    ("owner", "found"),
    [
        ("Ben", ["Ben"]),
        ("Ben, @ana", ["Ben"]),
        ("@ana_maria.b-c", []),
        ("Ana", []),
        ("[Owner]", []),
        ("—", []),
        ("@", []),
        ("", []),
    ],
)
def test_an_owner_that_is_nobodys_account_is_told_once(owner: str, found: list[str]) -> None:
    tasks = "".join(f"### Task {n}: Dig {n}\n\n- [ ] Down\n\n**Owner**: {owner}\n\n" for n in (1, 2))
    plan = detect.read(f"# Plan: Shed\n\n## Phase 1: Ground\n\n{tasks}".encode())

    told = check(plan, Beside("plan", people={"ana": "ana-dev"}), {"PLAN206"})

    assert [each.message.partition("”")[0].removeprefix("“") for each in told] == found
    assert {each.line for each in told} <= {9}
