"""A plan that bears our marks stays in its form: an edit of its author moves no issue to another milestone."""

from __future__ import annotations

from plansync.document import detect
from plansync.document.tree import Role

PHASES = """\
# Roadmap

## Phase 1: Ground <!-- plansync:vzppgdr -->

- [ ] 1.1 Dig [#1](https://tracker.test/issues/1) <!-- plansync:5dr2cp2 #1 -->
"""


def test_a_marked_phase_keeps_its_milestone_when_one_box_is_left() -> None:
    document = detect.read(PHASES.encode())

    assert document.dialect.name == "phase-checklist"


def test_a_marked_phase_keeps_its_milestone_when_details_speak_for_another_form() -> None:
    more = "  - _Requirements: 1.1, 2.3_\n- [ ] 1.2 Pour <!-- plansync:6k9aqny -->\n  - _Requirements: 1.2_\n"

    document = detect.read((PHASES + more).encode())

    assert document.dialect.milestones == "phase"


def test_the_title_over_boxes_is_no_phase_next_to_criteria() -> None:
    source = "# Plan\n\n- [ ] 1. Dig\n- [ ] 2. Pour\n\n## Success Criteria\n\n- [ ] It stands\n"

    document = detect.read(source.encode(), dialect="kiro")

    assert document.title is not None
    assert document.text(document.title) == "Plan"
    assert [n.role for n in document.nodes] == [Role.TASK, Role.TASK, Role.CRITERION]


def test_criteria_without_numbers_do_not_make_numbers_words_of_titles() -> None:
    criteria = "\n## Success Criteria\n\n" + "".join(
        f"- [ ] It {verb}\n" for verb in ("stands", "holds", "lasts")
    )

    document = detect.read((PHASES + criteria).encode())

    task = next(n for n in document.nodes if n.role is Role.TASK)
    assert (task.id, document.title_of(task)) == ("1.1", "Dig")
