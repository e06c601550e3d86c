"""What a plan says: metadata in every style, letters and legends, forms that stay, traps that are told."""

from __future__ import annotations

import pytest

from plansync.document import vocabulary
from plansync.document.detect import read
from plansync.document.dialects import DIALECTS
from plansync.document.rewrite import rewrite
from plansync.document.tree import Document, Node, Role
from plansync.document.view import snapshot
from plansync.errors import PlanError
from plansync.model import (
    OVERVIEW,
    WHOLE_PLAN,
    Change,
    Field,
    Kind,
    Operation,
    Side,
    State,
    Tick,
    state_of,
    text_of,
)


def plan(body: str, heading: str = "# Plan\n\n## Phase 1: Begin\n\n") -> bytes:
    return (heading + body).encode()


def the_task(source: bytes) -> tuple[Document, Node]:
    document = read(source)
    return document, next(n for n in document.nodes if n.role is Role.TASK)


# ------------------------------------------------------------------- metadata


def test_metadata_right_below_a_step_is_the_tasks_and_not_the_steps() -> None:
    document, task = the_task(
        plan("### Task 1.1: Dig\n\n- [ ] a\n  - [ ] b\n**Effort**: 2 hours\n**Owner**: @ana\n")
    )

    steps = [(document.own_text(n), document.text(n.span)) for n in document.nodes if n.role is Role.STEP]
    assert steps == [("a", "- [ ] a\n  - [ ] b"), ("b", "- [ ] b")]
    assert (document.value(task, "estimate"), document.value(task, "owner")) == ("2 hours", "@ana")


@pytest.mark.parametrize(
    ("line", "more"),
    [("  **Effort**: 2 hours", ""), ("**Sic**: it is", ""), ("**Effort**: 2 hours", "\n  more\n")],
)
def test_lines_that_may_be_meant_as_a_steps_own_stay_with_it(line: str, more: str) -> None:
    document, task = the_task(plan(f"### Task 1.1: Dig\n\n- [ ] a\n{line}\n{more}"))

    assert document.value(task, "estimate") == ""
    assert [n.span.end for n in document.nodes if n.role is Role.STEP] == [len(document.source.rstrip())]


@pytest.mark.parametrize(
    "line",
    [
        "**Estimated Time**: 2 hours",
        "**Estimated Time:** 2 hours",
        "**Estimated Time** : 2 hours",
        "**Estimated Time**：2 hours",
        "__Estimated Time__: 2 hours",
        "- **Estimated Time**: 2 hours",
        "* **Effort:** 2 hours  ",
        "**Priority**: P1 | **Estimate:** 2 hours | **Owner**: nobody",
        "**Temps estimé :** 2 hours",
        "**推定工数**: 2 hours",
        "**예상 시간**: 2 hours",
        "**Оценка времени:** 2 hours",
    ],
)
def test_an_estimate_is_read_in_every_style(line: str) -> None:
    document, task = the_task(plan(f"### Task 1.1: Dig\n\n{line}\n\n- [ ] a step\n"))

    assert document.value(task, "estimate") == "2 hours"


def test_a_key_without_a_value_says_the_bullets_below_it() -> None:
    document, task = the_task(
        plan(
            "### Task 1.1: Dig\n\n- [ ] a step\n\n**Dependencies**:\n- Task 1.2\n- Task 1.3\n\n**Priority**: P1\n"
        )
    )

    assert document.value(task, "depends") == "Task 1.2, Task 1.3"
    assert document.value(task, "priority") == "P1"


def test_italic_keys_count_where_they_are_known_and_are_prose_elsewhere() -> None:
    source = (
        b"# Implementation Plan\n\n- [ ] 1. Dig\n  - _Note to all: dig deep_\n  - _Requirements: 1.1, 1.2_\n"
        b"- [ ] 2. Fill\n"
    )
    document, task = the_task(source)

    assert document.value(task, "requirements") == "1.1, 1.2"
    assert text_of(
        next(i for i in snapshot(document, "").items.values() if i.kind is Kind.TASK), Field.PROSE
    ) == ("- _Note to all: dig deep_")


@pytest.mark.parametrize(
    ("title", "shown", "said"),
    [
        ("#3 - Dig [2 SP] (depends on #4)", "Dig", {"estimate": "2 SP", "depends": "#4"}),
        ("Dig the hole (2 days)", "Dig the hole", {"estimate": "2 days"}),
        ("Dig the hole `M`", "Dig the hole", {"estimate": "M"}),
        ("Dig ~3d @sam", "Dig", {"estimate": "3d", "owner": "sam"}),
        ("Dig (with care)", "Dig (with care)", {}),
        ("**Dig**", "Dig", {}),
        ("**2. Dig**: as deep as it goes", "Dig", {}),
    ],
)
def test_what_a_checklist_writes_into_a_title_is_read_and_left_out_of_it(
    title: str, shown: str, said: dict[str, str]
) -> None:
    document, task = the_task(plan(f"- [ ] {title}\n- [ ] Fill\n"))

    assert document.title_of(task) == shown
    assert {name: document.value(task, name) for name in said} == said


# -------------------------------------------------------------------- letters


def ticks(source: bytes, **more: object) -> list[Tick | None]:
    document = read(source, ticks={"!": Tick.DROPPED} if more else None)
    return [n.tick for n in document.nodes if n.role in (Role.TASK, Role.STEP) and n.is_item]


def test_started_letters_are_open_and_struck_text_is_dropped() -> None:
    source = plan("- [~] a\n- [/] b\n- [-] c\n- [x] ~~d~~\n- [ ] ~~e~~\n- [X] f\n- [v] g\n")

    assert ticks(source) == [Tick.OPEN] * 3 + [Tick.DROPPED] * 2 + [Tick.TICKED, Tick.OPEN]


@pytest.mark.parametrize(
    "legend",
    ["Legend: `[-]` = dropped", "- `[-]`: cancelled", "`[-]` – won't do", "| `[-]` | dropped |\n|---|---|"],
)
def test_a_legend_says_what_a_letter_means(legend: str) -> None:
    assert ticks(plan(f"{legend}\n\n- [-] a\n- [ ] b\n"))[:2] == [Tick.DROPPED, Tick.OPEN]


def test_settings_come_before_the_legend() -> None:
    assert ticks(plan("Legend: `[!]` = done\n\n- [!] a\n- [ ] b\n"), settings=True)[0] is Tick.DROPPED


def test_brackets_that_hold_a_word_are_no_box() -> None:
    document = read(plan("- [P] parallel\n- [1] a note\n- [ab] no\n- [](no)\n- [ ] a\n"))

    assert [document.title_of(n) for n in document.nodes if n.role is Role.TASK] == ["a"]


# --------------------------------------------------------------------- states


@pytest.mark.parametrize(
    ("letter", "state"), [(" ", State.TODO), ("-", State.TODO), ("x", State.DONE), ("X", State.DONE)]
)
def test_a_box_of_its_own_says_a_tasks_state_whatever_its_steps_say(letter: str, state: State) -> None:
    items = snapshot(read(plan(f"- [{letter}] Dig\n  - [ ] one step\n- [ ] Fill\n")), "").items

    assert state_of(next(i for i in items.values() if i.kind is Kind.TASK)) is state


def test_a_plan_whose_form_has_no_milestones_of_its_own_has_one_for_all() -> None:
    document = read(b"# Implementation Plan\n\n- [ ] 1. Dig\n  - _Requirements: 1_\n- [ ] 2. Fill\n")

    def phases(milestones: str) -> list[object]:
        items = snapshot(document, "", milestones=milestones).items.values()
        return [i.fields.get(Field.PHASE) for i in items if i.kind is Kind.TASK]

    assert phases("auto") == phases("plan") == [WHOLE_PLAN, WHOLE_PLAN]
    assert phases("phase") == ["", ""]
    assert phases("none") == [None, None]


def test_a_task_has_the_same_id_whatever_becomes_a_milestone() -> None:
    document = read(plan("- [ ] Dig\n- [ ] Fill\n"))

    def tasks(milestones: str) -> set[str]:
        return {
            i.uid for i in snapshot(document, "", milestones=milestones).items.values() if i.kind is Kind.TASK
        }

    assert tasks("phase") == tasks("plan") == tasks("none")


def test_blocks_is_a_dependency_the_other_way_round() -> None:
    document = read(
        plan("### Task 1.1: Dig\n\n- [ ] a\n\n**Blocks**: Task 1.2\n\n### Task 1.2: Fill\n\n- [ ] b\n")
    )
    tasks = [i for i in snapshot(document, "").items.values() if i.kind is Kind.TASK]

    assert [t.fields[Field.DEPENDS] for t in tasks] == [(), (tasks[0].uid,)]


# ---------------------------------------------------------------------- forms


def test_a_form_that_is_named_is_taken() -> None:
    source = plan("- [ ] Dig\n- [ ] Fill\n")

    assert read(source).dialect.name == "phase-checklist"
    assert read(source, dialect="flat-checklist").dialect.name == "flat-checklist"
    with pytest.raises(PlanError, match="there is no dialect 'kirro'; there are: "):
        read(source, dialect="kirro")


def test_content_comes_before_the_path() -> None:
    source = plan("### Task 1.1: Dig\n\n- [ ] a\n\n### Task 1.2: Fill\n\n- [ ] b\n")

    for path in ("openspec/changes/dig/tasks.md", ".kiro/specs/dig/tasks.md", "conductor.md"):
        assert read(source, path).dialect.name == "phase-task"


def test_a_guess_is_surer_where_nothing_else_comes_close() -> None:
    sure = read(plan("- [ ] T001 [P] Dig\n- [ ] T002 Fill\n- [ ] T003 Rest\n"))
    unsure = read(b"# Things\n\n- [ ] Dig\n")

    assert sure.dialect.name == "spec-kit"
    assert sure.confidence > 0.7 > 0.5 > unsure.confidence > 0


def test_a_marked_plan_stays_in_its_form_when_an_edit_shifts_the_signs() -> None:
    marked = (
        "# Plan\n\n## Phase 1: Begin\n\n"
        "- [ ] Dig <!-- plansync:k3f9a2c -->\n- [ ] Fill <!-- plansync:m4g8b3d -->\n\n"
    )
    more = "".join(f"### Task 1.{n}: Something new\n\n- [ ] a step\n\n" for n in range(1, 9))

    document = read((marked + more).encode())

    assert document.dialect.name == "phase-checklist"
    assert {n.marker for n in document.nodes} >= {"k3f9a2c", "m4g8b3d"}


def test_marked_headings_stay_tasks_when_others_outnumber_them() -> None:
    source = plan(
        "#### 1.1 Dig <!-- plansync:k3f9a2c -->\n\n- [ ] a\n\n#### 1.2 Fill <!-- plansync:m4g8b3d -->\n\n- [ ] b\n\n"
        + "".join(f"### {n}. Note\n\n- [ ] x\n\n" for n in range(1, 9))
    )

    assert {n.marker for n in read(source).nodes if n.role is Role.TASK} >= {"k3f9a2c", "m4g8b3d"}


def test_no_dialect_is_named_twice() -> None:
    assert len({dialect.name for dialect in DIALECTS}) == len(DIALECTS) == 20


# ---------------------------------------------------------------------- traps


def test_what_nested_fences_of_equal_length_hide_is_counted_and_what_they_leak_is_not_writable() -> None:
    source = plan(
        "### Task 1.1: Dig\n\n- [ ] a\n\n```markdown\n### Task 9.9: A sample\n```python\nx = 1\n```\n\n"
        "### Task 9.8: Leaked\n\n- [ ] leaked\n\n```\n\n### Task 1.2: Fill\n\n- [ ] hidden\n\n```sh\nls\n```\n\n"
        "### Task 1.3: Rest\n\n- [ ] b\n"
    )
    document = read(source)

    shown = {document.title_of(n): bool(n.trap) for n in document.nodes if n.role is Role.TASK}
    assert shown == {"Dig": False, "Leaked": True, "Rest": False}
    assert [document.text(h.text) for h in document.hidden] == ["Task 9.9: A sample", "Task 1.2: Fill"]


def test_a_longer_fence_around_a_shorter_one_is_no_trap() -> None:
    document = read(
        plan(
            "### Task 1.1: Dig\n\n- [ ] a\n\n````md\n```python\nx\n```\n````\n\n### Task 1.2: Fill\n\n- [ ] b\n"
        )
    )

    assert document.traps == () and not any(n.trap for n in document.nodes)


# ----------------------------------------------------------------- many alike


def test_equal_titles_get_different_ids_whichever_of_them_are_marked() -> None:
    def uids(text: str) -> list[str]:
        items = snapshot(read(plan(text)), "").items.values()
        return [i.uid for i in items if i.kind is Kind.TASK]

    bare = uids("- [ ] Dig\n" * 4)
    first_marked = uids(f"- [ ] Dig <!-- plansync:{bare[0]} -->\n" + "- [ ] Dig\n" * 3)
    second_marked = uids(f"- [ ] Dig\n- [ ] Dig <!-- plansync:{bare[0]} -->\n" + "- [ ] Dig\n" * 2)

    assert len(set(bare)) == 4
    assert first_marked == bare
    assert len(set(second_marked)) == 4


def test_a_footer_behind_a_rule_is_the_plans_and_not_its_last_tasks() -> None:
    document = read(plan("### Task 1.1: Dig\n\n- [ ] a\n\n---\n\n**Completion**: 0% (0/1 tasks completed)\n"))

    assert document.key("completion") is not None
    assert snapshot(document, "").items[OVERVIEW].fields[Field.COMPLETION] == "0% 0/1"


def test_an_issues_number_is_no_unknown_task() -> None:
    document = read(
        plan("### Task 1.1: Dig\n\n- [ ] a\n\n**Dependencies**: #12\n\n### Task 1.2: Fill\n\n- [ ] b\n")
    )
    task = next(i for i in snapshot(document, "").items.values() if i.kind is Kind.TASK)

    assert task.fields[Field.DEPENDS] == ("=#12",)


# ------------------------------------------------- a plan that was synced before


CHECKLIST = (
    "# Plan\n\n## Phase 1: Beds\n\n- [ ] Dig <!-- plansync:k3f9a2c -->\n- [ ] Fill <!-- plansync:m4g8b3d -->\n\n"
    "## Phase 2: Paths\n\n- [ ] Gravel <!-- plansync:n5h7c4e -->\n"
)


OUTLINE = (
    "# Plan\n\n## 1. Ground\n\n### 1.1 Dig\n\n- [ ] a\n\n### 1.2 Rake\n\n- [ ] b\n\n"
    "## 2. Beds\n\n### 2.1 Sow\n\n- [ ] c\n"
)


def in_phases(document: Document) -> list[tuple[str, str]]:
    """List the tasks, each with its phase."""
    nodes = document.nodes
    return [
        (document.title_of(nodes[n.parent]) if n.parent >= 0 else "", document.title_of(n))
        for n in nodes
        if n.role is Role.TASK
    ]


@pytest.mark.parametrize("word", ["", "Task "])
def test_numbers_that_count_on_make_phases_and_tasks_without_their_words(word: str) -> None:
    document = read(OUTLINE.replace("### ", f"### {word}").encode())

    assert document.dialect.name == "phase-task"
    assert in_phases(document) == [("Ground", "Dig"), ("Ground", "Rake"), ("Beds", "Sow")]
    assert milestone_titles(document) == ["1. Ground", "2. Beds"]


def test_a_task_whose_number_does_not_count_on_takes_no_phase_away() -> None:
    document = read(OUTLINE.replace("## 2. Beds", "### 7 Water\n\n- [ ] d\n\n## 2. Beds").encode())

    assert in_phases(document)[2] == ("Ground", "Water")
    assert milestone_titles(document) == ["1. Ground", "2. Beds"]


@pytest.mark.parametrize(
    "source",
    [
        OUTLINE.replace("### 1.", "### 3.").replace("### 2.", "### 4."),
        OUTLINE.replace("## 1. Ground", "## Ground").replace("## 2. Beds", "## Beds"),
        OUTLINE.partition("## 2.")[0],
    ],
    ids=["other numbers", "no numbers above", "one chapter"],
)
def test_headings_above_numbered_ones_are_no_phases_where_no_two_are_counted_on(source: str) -> None:
    document = read(source.encode())

    assert document.dialect.name == "flat-checklist"
    assert {phase for phase, _ in in_phases(document)} == {""}


def test_a_plan_with_one_numbered_phase_has_it_where_its_form_is_named() -> None:
    document = read(OUTLINE.partition("## 2.")[0].encode(), dialect="phase-task")

    assert in_phases(document) == [("Ground", "Dig"), ("Ground", "Rake")]


def milestone_titles(document: Document) -> list[str]:
    return [text_of(i, Field.TITLE) for i in snapshot(document, "").items.values() if i.kind is Kind.PHASE]


def test_a_synced_plan_keeps_its_form_whatever_is_written_behind_it() -> None:
    flat = "# Things\n\n- [ ] Dig <!-- plansync:k3f9a2c -->\n- [ ] Fill <!-- plansync:m4g8b3d -->\n"
    more = flat + "\n## Phase 2: Later\n\n- [ ] Rest\n- [ ] Sleep\n"

    assert read(more.encode()).dialect.name == "phase-checklist"
    assert read(more.encode(), remembered="flat-checklist").dialect.name == "flat-checklist"


def test_phases_that_lost_their_words_but_not_their_marks_stay_phases() -> None:
    marked = CHECKLIST.replace("Phase 1: Beds", "Beds <!-- plansync:p6j9d5f -->")
    marked = marked.replace("Phase 2: Paths", "Paths <!-- plansync:q7k2f6g -->")
    document = read(marked.encode(), remembered="phase-checklist")

    assert document.dialect.name == "phase-checklist"
    assert milestone_titles(document) == ["Beds", "Paths"]
    assert [n.parent >= 0 for n in document.nodes if n.role is Role.TASK] == [True] * 3


def test_a_task_heading_that_lost_its_number_but_not_its_mark_stays_a_task() -> None:
    source = plan(
        "### Task 1.1: Dig <!-- plansync:k3f9a2c -->\n\n- [ ] a\n\n"
        "### Fill it all <!-- plansync:m4g8b3d -->\n\n- [ ] b\n"
    )
    document = read(source)

    assert [document.title_of(n) for n in document.nodes if n.role is Role.TASK] == ["Dig", "Fill it all"]


def test_a_plan_that_was_rewritten_in_another_form_is_read_in_that_one() -> None:
    assert read(CHECKLIST.encode(), remembered="superpowers").dialect.name == "phase-checklist"
    assert read(CHECKLIST.encode(), remembered="no such form").dialect.name == "phase-checklist"


@pytest.mark.parametrize(
    ("title", "whole"),
    [
        ("Add support for @mentions", "flat"),
        ("Install @types/node", "flat"),
        ("404 page", "flat"),
        ("3.11 support", "flat"),
        ("2.0 release", "flat"),
        ("10 users load test", "kiro"),
        ("Task: Ship to 20240101", "conductor"),
        ("Task: Read defaced", "conductor"),
    ],
)
def test_words_of_a_title_are_not_taken_for_numbers_owners_or_commits(title: str, whole: str) -> None:
    others = {
        "flat": "- [ ] Dig\n- [ ] Fill\n- [ ] Rest\n",
        "kiro": "- [ ] 1. Dig\n- [ ] 2. Fill\n",
        "conductor": "- [ ] Task: Dig\n",
    }[whole]
    document = read(f"# Things\n\n- [ ] {title}\n{others}".encode())

    assert document.title_of(document.nodes[0]) == title.removeprefix("Task: ")


def test_prose_with_a_bold_word_before_it_is_prose() -> None:
    source = plan(
        "### Task 1.1: Dig\n\nWe must take care.\n**Note**: the spade is old.\n\n**Goal**: A deep hole.\n\n- [ ] a\n"
    )
    task = next(i for i in snapshot(read(source), "").items.values() if i.kind is Kind.TASK)

    assert text_of(task, Field.PROSE) == (
        "We must take care.\n**Note**: the spade is old.\n\n**Goal**: A deep hole."
    )


def test_a_task_that_waits_for_its_own_phase_waits_for_the_others_in_it() -> None:
    source = plan(
        "### Task 1.1: Dig\n\n- [ ] a\n\n### Task 1.2: Fill\n\n- [ ] b\n\n"
        "**Dependencies**: All other tasks of Phase 1\n"
    )
    tasks = [i for i in snapshot(read(source), "").items.values() if i.kind is Kind.TASK]

    assert tasks[1].fields[Field.DEPENDS] == (tasks[0].uid,)


def test_a_rule_at_the_top_is_no_front_matter_where_no_keys_follow() -> None:
    document = read(
        b"---\n\n# Plan\n\n## Phase 1: A\n\n- [ ] Dig\n- [ ] Fill\n\n---\n\n## Phase 2: B\n\n- [ ] Rest\n"
    )

    assert [n.label for n in document.nodes if n.role is Role.PHASE] == ["Phase 1", "Phase 2"]


def test_a_fence_left_open_in_a_list_item_ends_with_it() -> None:
    document = read(
        plan("### Task 1.1: Dig\n\n- [ ] a\n  ```\n  code\n- [ ] b\n\n### Task 1.2: Fill\n\n- [ ] c\n")
    )

    assert not document.is_open_ended
    assert sum(n.role is Role.STEP for n in document.nodes) == 3


@pytest.mark.parametrize(
    ("number", "behind"),
    [("1.1", " "), ("1.12", " "), ("1.1", ". "), ("1.1", ") "), ("1", ". "), ("1.1.2", " ")],
)
def test_a_heading_with_a_number_alone_has_it_whole(number: str, behind: str) -> None:
    document, task = the_task(
        f"# Plan\n\n### {number}{behind}Dig\n\n- [ ] a\n\n### 9. Fill\n\n- [ ] b\n".encode()
    )

    assert (task.label, document.title_of(task)) == (number, "Dig")


@pytest.mark.parametrize("language", vocabulary.STATUS)
def test_a_status_line_that_its_author_wrote_is_edited_and_never_taken_away(language: str) -> None:
    """Closed and reopened, the author's line is there again: it is not mistaken for one of ours."""
    words = vocabulary.STATUS[language]
    key = {v: k for k, v in vocabulary.KEYS.items() if vocabulary.LANGUAGE[k] == language}["depends"]
    source = plan(
        f"### Task 1.1: Dig\n\n**{words.key}**: {words.todo}\n**{key.capitalize()}**: -\n\n- [ ] a\n"
    )

    for state in (State.DONE, State.DROPPED):
        written = source
        for old, new in ((State.TODO, state), (state, State.TODO)):
            document = read(written)
            items = snapshot(document, "").items
            uid = next(u for u, i in items.items() if i.kind is Kind.TASK)
            assert items[uid].fields[Field.CARRIER] == "line"
            change = Change(uid, Field.STATUS, old.value, new.value)
            written = rewrite(
                document, items, [Operation(Side.LOCAL, "set-status", uid, (change,), 0)], items
            )

        assert written == source
