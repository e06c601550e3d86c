"""Ids that were lost, copied, damaged, or stand out of place."""

from __future__ import annotations

import pytest

from tests.unit.checks.plans import codes, fixed, found, remembering, said

SOUND = """# Plan: Shed

## Phase 1: Ground <!-- plansync:k3f9a2c -->

### Task 1.1: Dig <!-- plansync:m5n7p2r -->

- [ ] Down to the clay

### Task 1.2: Level <!-- plansync:w8x4q5z -->

<!-- plansync plan=6b43a59c -->
"""
LIST = """# Shed

- [ ] Dig <!-- plansync:m5n7p2r -->
- [ ] Level <!-- plansync:w8x4q5z -->

<!-- plansync plan=6b43a59c -->
"""


def test_a_sound_plan_is_clean() -> None:
    assert codes(SOUND, beside=remembering(SOUND)) == set()
    assert codes(LIST, beside=remembering(LIST)) == set()


@pytest.mark.parametrize("plan", [SOUND, LIST])
@pytest.mark.parametrize("lost", ["m5n7p2r", "w8x4q5z", "k3f9a2c"])
def test_a_lost_id_is_put_back_where_it_was(plan: str, lost: str) -> None:
    bare = plan.replace(f" <!-- plansync:{lost} -->", "")

    assert len(said(bare, "PLAN301", beside=remembering(plan))) == (bare != plan)
    assert fixed(bare, beside=remembering(plan)) == plan


@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_every_id_of_a_plan_is_put_back_at_once_with_the_last_line(eol: str) -> None:
    plan = SOUND.replace("\n", eol)
    bare = plan
    for part in (" <!-- plansync:k3f9a2c -->", " <!-- plansync:m5n7p2r -->", " <!-- plansync:w8x4q5z -->"):
        bare = bare.replace(part, "")
    bare = bare.replace(f"<!-- plansync plan=6b43a59c -->{eol}", "")

    assert len(said(bare, "PLAN301", beside=remembering(plan))) == 4
    assert fixed(bare, beside=remembering(plan)) == plan


def test_an_id_is_not_put_on_a_task_with_another_title_nor_on_one_of_two() -> None:
    renamed = SOUND.replace("Dig <!-- plansync:m5n7p2r -->\n\n- [ ] Down to the clay", "Fence\n\n- [ ] Posts")
    doubled = SOUND.replace(
        "Dig <!-- plansync:m5n7p2r -->", "Dig\n\n- [ ] Down to the clay\n\n### Task 1.3: Dig"
    )

    for plan in (renamed, doubled):
        assert said(plan, "PLAN301", beside=remembering(SOUND)) == []


def test_an_id_is_put_back_by_steps_and_titles_before_the_id_that_a_title_mints() -> None:
    """As a sync pairs them: a task that took over another one's old title is not that task."""
    deeper = SOUND.replace("Dig <!-- plansync:m5n7p2r -->", "Dig deep")
    swapped = SOUND.replace("Dig <!-- plansync:m5n7p2r -->", "Level").replace(
        "Level <!-- plansync:w8x4q5z -->", "Dig"
    )

    assert "Dig deep <!-- plansync:m5n7p2r -->" in fixed(deeper, beside=remembering(SOUND))
    assert "Task 1.1: Level <!-- plansync:w8x4q5z -->" in fixed(swapped, beside=remembering(SOUND))


def test_a_plan_that_nobody_remembers_has_lost_nothing() -> None:
    assert "PLAN301" not in codes("### Task 1: Dig\n\n- [ ] A\n")


def test_a_copied_id_names_both_lines() -> None:
    (finding,) = found(SOUND.replace("w8x4q5z", "m5n7p2r"))

    assert (finding.code, finding.severity, finding.line) == ("PLAN302", "error", 9)
    assert finding.message == "the id m5n7p2r stands on two items, lines 5 and 9; neither is synced"
    assert finding.fix == ()


@pytest.mark.parametrize(
    "comment",
    [
        "<!-- plansync: m5n7p2r -->",
        "<!--plansync:m5n7p2r-->",
        "<!-- plansync:m5n7p2 -->",
        "<!-- plansync:m5n7p2r #x -->",
        "<!-- PLANSYNC:m5n7p2r -->",
        "<!-- plansync m5n7p2r -->",
        "<!-- plansync:m5n7p2r --",
        "<!-- plansync plan=6b4 -->",
        "<!-- plansync:end -->",
    ],
)
def test_a_damaged_comment_is_found(comment: str) -> None:
    plan = SOUND.replace("<!-- plansync:m5n7p2r -->", comment)

    assert [m.partition(":")[0] for m in said(plan, "PLAN303")] == ["5"]


@pytest.mark.parametrize(
    "text",
    [
        "<!-- plansync keeps this plan and its issues together -->",
        "The comment `<!-- plansync: -->` is ours.",
        "```html\n<!-- plansync:nonsense -->\n```",
        "<!-- planner:m5n7p2r -->",
    ],
)
def test_prose_and_code_about_comments_are_no_marks(text: str) -> None:
    assert codes(SOUND.replace("- [ ] Down to the clay", f"- [ ] Down to the clay\n\n{text}")) == set()


@pytest.mark.parametrize(
    "place",
    [
        "A word. <!-- plansync:n8r2t6v -->",
        "- [ ] A step <!-- plansync:n8r2t6v -->",
        "#### Aside <!-- plansync:n8r2t6v -->",
    ],
)
def test_an_id_out_of_place_is_found(place: str) -> None:
    plan = SOUND.replace("- [ ] Down to the clay", f"- [ ] Down to the clay\n\n{place}")

    assert said(plan, "PLAN304") == ["9: the id n8r2t6v belongs to no phase and no task here"]


def test_a_footer_above_the_end_is_moved_there() -> None:
    plan = SOUND + "\n### Task 1.3: Sow\n\n- [ ] Grass\n"

    assert said(plan, "PLAN305") == ["11: the plan's own id is not on its last line"]
    assert fixed(plan).endswith("- [ ] Grass\n<!-- plansync plan=6b43a59c -->\n")
    assert codes(fixed(plan)) == set()


def test_a_footer_that_parts_two_paragraphs_is_left_where_it_is() -> None:
    plan = SOUND.replace("<!-- plansync plan=", "Words above\n<!-- plansync plan=") + "===\n"

    assert said(plan, "PLAN305")
    assert fixed(plan) == plan


def test_one_of_two_footers_is_for_a_person_to_choose() -> None:
    plan = SOUND + "\n### Task 1.3: Sow\n\n<!-- plansync plan=11111111 -->\n"

    assert said(plan, "PLAN305") == ["11: the plan's own id is not on its last line; there are 2 such lines"]
    assert fixed(plan) == plan
