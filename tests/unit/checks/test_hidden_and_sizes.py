"""What Markdown hides from plansync and from hosts, and what is too long for a tracker."""

from __future__ import annotations

import pytest

from tests.unit.checks.plans import codes, fixed, found, said, task


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("- []", "a box needs a blank between its brackets"),
        ("- [] Text", "a box needs a blank between its brackets"),
        ("- [x]Text", "a blank is missing behind the box"),
        ("- [ ]Text", "a blank is missing behind the box"),
        ("- [  ] Text", "a box needs exactly one blank between its brackets"),
        ("- [ ]", "a box needs a text behind it"),
    ],
)
def test_a_box_that_is_none_says_what_is_missing(line: str, message: str) -> None:
    assert [m.partition(": ")[2] for m in said(task("1", "Dig", steps=" ") + line, "PLAN404")] == [message]


def test_a_bullet_without_a_blank_is_found() -> None:
    assert said(task("1", "Dig", steps=" ") + "Then:\n-[ ] Text\n", "PLAN404") == [
        "7: the blank between bullet and box is missing"
    ]


def test_a_bullet_without_a_blank_right_below_an_item_is_found() -> None:
    assert said("# Shed\n\n- [ ] a\n- [ ] b\n-[ ] c\n", "PLAN404") == [
        "5: the blank between bullet and box is missing"
    ]


@pytest.mark.parametrize(
    "line", ["- [x](page.md)", "- [ ](page.md)", "- [P] text", "- [x]: a term", "`- []`", "    - [] x"]
)
def test_links_flags_and_code_are_no_boxes(line: str) -> None:
    assert "PLAN404" not in codes(f"{task('1', 'Dig', steps=' ')}Text.\n\n{line}\n")


def test_lines_that_look_like_boxes_are_told_together() -> None:
    over = " " * 8
    plan = (
        task("1", "Dig", steps=" ") + f"Then:\n\n{over}- [ ] A\n{over}- [ ] B\n\nText.\n\nMore.\n2. [ ] C\n"
    )

    assert said(plan, "PLAN403") == [
        "8: 2 lines look like boxes and are none to Markdown",
        "14: this line looks like a box and is none to Markdown",
    ]


def test_boxes_in_comments_are_meant_to_be_hidden() -> None:
    assert "PLAN403" not in codes(task("1", "Dig", steps=" ") + "<!--\n- [ ] Later\n-->\n")


def test_a_star_is_grammar_in_kiro_and_a_note_elsewhere() -> None:
    kiro = "# Implementation Plan\n\n- [ ] 1. Dig\n- [ ]* 2. Sow\n  - _Requirements: 1.1_\n"

    assert "PLAN405" not in codes(kiro, path=".kiro/specs/shed/tasks.md")
    assert said(task("1", "Dig") + "- [ ]* A\n", "PLAN405") == [
        "4: GitHub shows no box here, because of the star"
    ]


def test_boxes_in_headings_and_tables_are_noted_once_each() -> None:
    plan = task("1", "Dig", steps=" ") + "#### [ ] Later\n\n| A | B |\n|---|---|\n| [x] | `[ ]` |\n"

    assert said(plan, "PLAN406") == [
        "6: a box in a heading is not counted",
        "8: 2 boxes in this table are not counted",
    ]


def test_a_heading_whose_box_carries_a_task_is_no_finding() -> None:
    plan = "# Tracks\n\n## [ ] Track: Shed\n\n*Link: [shed](./shed/)*\n\n## [x] Track: Fence\n"

    assert "PLAN406" not in codes(plan, dialect="conductor")


def test_each_hidden_heading_names_the_fence_to_lengthen() -> None:
    plan = "## Phase 1: G\n\n" + task("1.1", "Dig") + "```md\n```sh\nmake\n```\n```\n\n"
    plan += "## Phase 2: W\n\n" + task("2.1", "Frame") + "```sh\nmake\n```\n"

    findings = [f for f in found(plan) if f.code == "PLAN401"]

    assert [f.message.partition(" is ")[0] for f in findings] == ["“Phase 2: W”", "“Task 2.1: Frame”"]
    assert all("the fence in line 6 " in f.message for f in findings)
    assert {f.severity for f in findings} == {"error"}


def test_a_long_title_is_noted_and_a_long_body_refused() -> None:
    assert "PLAN501" not in codes(task("1", "x" * 200))
    assert said(task("1", "x" * 201), "PLAN501") == ["1: 201 characters; the issue's title is cut at 200"]
    assert "PLAN502" not in codes(task("1", "Dig", steps=" " * 2000))
    assert said(task("1", "Dig", steps=" " * 4000), "PLAN502")[0].endswith(
        "an issue takes 65,536 (GitHub's limit; GitLab's is 1,048,576)"
    )
    criteria = task("1", "Dig") + "## Success Criteria\n\n" + "- [ ] It stands for a hundred years\n" * 2000
    assert "the overview issue takes" in said(criteria, "PLAN502")[0]


NOTES = task("1", "Dig", steps=" ") + "### Notes\n\n- [ ] A\n- [x] B\n\n### More\n\nText.\n\n- [ ] C\n"


def test_boxes_that_belong_to_nothing_are_told_once_a_section() -> None:
    assert said(NOTES, "PLAN407") == [
        "8: 2 boxes from line 8 belong to no task and are not synced",
        "15: the box in line 15 belongs to no task and is not synced",
    ]
    assert {f.severity for f in found(NOTES) if f.code == "PLAN407"} == {"note"}


def test_a_box_below_a_plain_bullet_belongs_to_nothing_in_a_checklist() -> None:
    assert said("# Shed\n\n- [ ] a\n- Later\n  - [ ] b\n", "PLAN407") == [
        "5: the box in line 5 belongs to no task and is not synced"
    ]


@pytest.mark.parametrize(
    "rest", ["## Success Criteria\n\n- [ ] A\n", "- Then\n  - [ ] A\n", "> - [ ] A\n", "- [P] A\n", ""]
)
def test_steps_criteria_and_quotes_do_not_lie_outside(rest: str) -> None:
    assert "PLAN407" not in codes(task("1", "Dig", steps=" ") + rest)


def test_in_a_form_that_is_only_read_no_box_lies_outside() -> None:
    assert "PLAN407" not in codes(NOTES, dialect="success-criteria")


@pytest.mark.parametrize("opening", ["```sh", "~~~", "<!--", "  <!-- for later"])
def test_what_an_open_end_swallows_is_counted(opening: str) -> None:
    what = "comment" if "<" in opening else "code fence"
    rest = task("2", "Level", steps="  ") + task("3", "Sow")

    assert said(f"{task('1', 'Dig')}{opening}\n{rest}", "PLAN408") == [
        f"4: this {what} is never closed; 2 headings and 2 boxes below it are not seen"
    ]
    assert said(f"{task('1', 'Dig')}{opening}\n- [ ] A\n", "PLAN408") == [
        f"4: this {what} is never closed; 1 box below it is not seen"
    ]
    assert said(f"{task('1', 'Dig')}{opening}\n", "PLAN408") == [
        f"4: this {what} is never closed; nothing can be written below it"
    ]


@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_a_blank_line_parts_a_step_from_metadata_below_it(eol: str) -> None:
    parted = task("1", "Dig", "2 hours", steps="  ").replace("\n", eol)
    glued = parted.replace(f"{eol}{eol}**Est", f"{eol}**Est")

    assert said(glued, "PLAN409") == [
        "5: to Markdown “Estimated Time” is more of the step “Step 2”; a blank line parts them"
    ]
    assert fixed(glued) == parted
    assert "PLAN409" not in codes(parted)


@pytest.mark.parametrize(
    "text",
    [
        "```sh\nmake\n```\n",
        "<!-- a\n\nb -->\n",
        "- A\n  ```sh\n  make\n\nText.\n",
        "a <!-- b\n",
        "> ```\n> a\n\nb\n",
    ],
)
def test_what_ends_is_no_open_end(text: str) -> None:
    assert "PLAN408" not in codes(task("1", "Dig", steps=" ") + text)


def test_boxes_in_cells_are_tasks_where_the_form_says_so() -> None:
    table = "# Plan\n\n| Task | State |\n|---|---|\n| Dig | [x] |\n| Sow | [ ] |\n"

    assert "PLAN406" in codes(table, dialect="flat-checklist")
    assert "PLAN406" not in codes(table, dialect="table")
