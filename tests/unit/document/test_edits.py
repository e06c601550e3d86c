"""Every kind of edit on every plan of ours that can be written, and the places where an edit must be careful."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from plansync.document import rewrite
from plansync.document.detect import read
from plansync.errors import Unwritable
from plansync.model import OVERVIEW, Change, Field, Kind, Operation, Side, Tick, Uid, text_of
from plansync.sync.leave import stripped
from tests.support import edits
from tests.support.edits import (
    KINDS,
    LINK,
    Plan,
    assert_no_other_difference,
    assert_within,
    look,
    made,
    marks,
    one,
    places,
)

PLANS = Path(__file__).parents[2] / "plans"
WRITABLE = [p for p in sorted(PLANS.glob("*.md")) if look(p.read_bytes()).document.dialect.is_written]
UID = Uid("k3f9a2c")
MARK = b" <!-- plansync:k3f9a2c -->"
TOKEN = b" <!-- plansync:k3f9a2c #12 -->"
VISIBLE = b" [#12](https://tracker.example/12)"

REFUSED = {
    ("conductor-index.md", "drop"): "a heading's box has no letter that says its task was dropped",
    ("kiro.md", "remove_step"): "words below the step would go with it",
    ("kiro-optional.md", "remove_step"): "words below the step would go with it",
    ("phase-task-items-with-blocks.md", "remove_step"): "words below the step would go with it",
    ("phase-task-over-indented.md", "remove_step"): "words below the step would go with it",
    ("flat-checklist-ordered.md", "remove_step"): "without its first item the list would be no list any more",
    ("phase-task-dropped.md", "drop_step"): "a part of the step is struck through already",
    ("phase-task-nested-fence-to-end.md", "add_task"): "the last phase ends inside a fence",
    ("phase-task-nested-fence-to-end.md", "add_task_to_phase"): "the last phase ends inside a fence",
    ("phase-task-open-fence.md", "add_task"): "the last phase ends inside a fence",
    ("phase-task-open-fence.md", "add_task_to_phase"): "the last phase ends inside a fence",
}
"""The edits of our plans that are refused, with the reason."""

every_plan = pytest.mark.parametrize("path", WRITABLE, ids=lambda p: p.stem)


def _marked(source: bytes, dialect: str = "", *, links: bool = True) -> Plan:
    shown = look(source, dialect, links=links)
    return shown.again(made(shown, marks(shown)))


# ------------------------------------------------------- the laws, on our plans


@every_plan
def test_an_unchanged_view_is_written_back_byte_for_byte(path: Path) -> None:
    shown = look(path.read_bytes())

    assert rewrite.rewrite(shown.document, shown.items, [], shown.items) == shown.source


@every_plan
def test_marks_come_and_go_without_a_trace(path: Path) -> None:
    shown = look(path.read_bytes())
    if any(i.fields.get(Field.LINK) for i in shown.items.values()):
        pytest.skip("the plan's own links to issues are taken for ours once its tasks are marked")

    assert stripped(_marked(shown.source).source, read)[0] == shown.source
    assert stripped(_marked(shown.source, links=False).source, read)[0] == shown.source


@every_plan
def test_an_edit_of_any_kind_touches_its_own_span_and_reads_as_meant(path: Path) -> None:
    shown = _marked(path.read_bytes())
    refusals = {}
    for kind in KINDS:
        where = places(shown, kind) if kind != "unmark" else []
        for uid in dict.fromkeys([*where[:1], *where[-1:]]):
            edit = KINDS[kind](shown, uid, "New words")
            if edit is None:
                continue
            try:
                after = made(shown, edit.operations)
            except Unwritable as refused:
                refusals[path.name, kind] = str(refused)
                continue

            assert_within(edit, shown.source, after)
            assert_no_other_difference(shown, after, edit)

    assert {each: why for each, why in refusals.items() if each not in REFUSED} == {}


@every_plan
def test_ticking_and_unticking_gives_the_bytes_back(path: Path) -> None:
    shown = _marked(path.read_bytes())
    for uid in shown.steps()[:12]:
        box = shown.node(uid).box
        if shown.items[uid].fields[Field.TICK] == Tick.DROPPED:
            continue
        if box and shown.document.text(box) == " " and (there := edits.tick(shown, uid, "")):
            ticked = shown.again(made(shown, there.operations))
            back = edits.untick(ticked, uid, "")
            assert back

            assert [a for a, b in zip(shown.source, ticked.source, strict=True) if a != b] == [ord(" ")]
            assert made(ticked, back.operations) == shown.source


# -------------------------------------------------------------- where marks stand


def _with_marks(source: bytes, *, links: bool = True, dialect: str = "") -> bytes:
    """Mark and link the first task of a plan, and strip it again to see that no trace is left."""
    shown = look(source, dialect, links=links)
    uid, *_ = shown.tasks()
    operations = [one(uid, "set-marker", Field.MARKER, "", UID), one(uid, "set-link", Field.LINK, "", LINK)]
    written = rewrite.rewrite(shown.document, shown.items, operations, shown.items)

    assert stripped(written, read)[0] == source
    assert [n.marker for n in shown.again(written).document.nodes if n.marker] == [UID]
    return written


ISSUE = b"**Issue**: [#12](https://tracker.example/12)"


@pytest.mark.parametrize(
    ("source", "expected"),
    {
        "a plain heading": (b"### Task 1: A\n\n- [ ] a\n", b"### Task 1: A%m\n\n%i\n\n- [ ] a\n"),
        "closing hashes": (b"### Task 1: A ###\n\n- [ ] a\n", b"### Task 1: A%m ###\n\n%i\n\n- [ ] a\n"),
        "closing hashes and blanks": (
            b"### Task 1: A ##  \n\n- [ ] a\n",
            b"### Task 1: A%m ##  \n\n%i\n\n- [ ] a\n",
        ),
        "blanks behind": (b"### Task 1: A  \t\n\n- [ ] a\n", b"### Task 1: A%m  \t\n\n%i\n\n- [ ] a\n"),
        "a setext heading": (b"Task 1: A\n---------\n\n- [ ] a\n", b"Task 1: A%m\n---------\n\n%i\n\n- [ ] a\n"),
        "the last line": (b"### Task 1: A", b"### Task 1: A%m\n\n%i"),
        "text right below": (b"### Task 1: A\nText\n", b"### Task 1: A%m\n%i\n\nText\n"),
        "a rule right below": (b"### Task 1: A\n---\n", b"### Task 1: A%m\n%i\n\n---\n"),
        "CRLF": (b"### Task 1: A\r\n\r\n- [ ] a\r\n", b"### Task 1: A%m\r\n\r\n%i\r\n\r\n- [ ] a\r\n"),
        "lines of keys": (
            b"### Task 1: A\n\n- [ ] a\n\n**Estimate**: 1 h  \n**Goal**: b\n",
            b"### Task 1: A%m\n\n- [ ] a\n\n%i  \n**Estimate**: 1 h  \n**Goal**: b\n",
        ),
        "keys with the colon inside": (
            b"### Task 1: A\n\n**Estimate:** 1 h\n",
            b"### Task 1: A%m\n\n**Issue:** [#12](https://tracker.example/12)  \n**Estimate:** 1 h\n",
        ),
        "one key, where others stand one below the other": (
            b"### Task 1: A\n\n**Risk:** b\n\n### Task 2: C\n\n**Risk:** d\n**Estimate:** 1 h\n",
            b"### Task 1: A%m\n\n**Issue:** [#12](https://tracker.example/12)\n**Risk:** b\n\n"
            b"### Task 2: C\n\n**Risk:** d\n**Estimate:** 1 h\n",
        ),
        "one key, below a head whose lines end in a backslash": (
            b"# P\n\n**Owner:** a\\\n**Date:** b\n\n### Task 1: A\n\n**Estimate:** 1 h\n",
            b"# P\n\n**Owner:** a\\\n**Date:** b\n\n### Task 1: A%m\n\n"
            b"**Issue:** [#12](https://tracker.example/12)\\\n**Estimate:** 1 h\n",
        ),
        "no key, where the plan's have their colon inside": (
            b"### Task 1: A\n\n- [ ] a\n\n### Task 2: B\n\n**Estimate:** 1 h\n",
            b"### Task 1: A%m\n\n**Issue:** [#12](https://tracker.example/12)\n\n- [ ] a\n\n"
            b"### Task 2: B\n\n**Estimate:** 1 h\n",
        ),
        "keys as bullets": (
            b"### Task 1: A\n\n* **Estimate**: 1 h\n",
            b"### Task 1: A%m\n\n* %i\n* **Estimate**: 1 h\n",
        ),
        "a full-width colon": (
            b"### Task 1: A\n\n**\xe5\xb7\xa5\xe6\x97\xb6**\xef\xbc\x9a2\n**Goal**\xef\xbc\x9ab\n",
            b"### Task 1: A%m\n\n**Issue**\xef\xbc\x9a[#12](https://tracker.example/12)\n"
            b"**\xe5\xb7\xa5\xe6\x97\xb6**\xef\xbc\x9a2\n**Goal**\xef\xbc\x9ab\n",
        ),
        "keys of a step alone": (
            b"### Task 1: A\n\n- [ ] a\n  - **Note**: b\n",
            b"### Task 1: A%m\n\n%i\n\n- [ ] a\n  - **Note**: b\n",
        ),
    }.values(),
)  # fmt: skip
def test_a_heading_bears_its_marker_and_its_link_stands_first_below(source: bytes, expected: bytes) -> None:
    assert _with_marks(source) == expected.replace(b"%m", MARK).replace(b"%i", ISSUE)


@pytest.mark.parametrize(
    ("source", "expected"),
    {
        "a plain item": (b"- [ ] a\n", b"- [ ] a%t\n"),
        "the last line": (b"- [ ] a", b"- [ ] a%t"),
        "CRLF": (b"- [ ] a\r\n", b"- [ ] a%t\r\n"),
        "blanks behind": (b"- [ ] a \t\n", b"- [ ] a%t \t\n"),
        "a star": (b"- [ ]* a\n", b"- [ ]* a%t\n"),
        "an ordered item": (b"7. [ ] a\n", b"7. [ ] a%t\n"),
        "a wrapped item": (b"- [ ] a\n  b\n", b"- [ ] a%t\n  b\n"),
        "a hard break of blanks": (b"- [ ] a  \n  b\n", b"- [ ] a%t  \n  b\n"),
        "a hard break of a backslash": (b"- [ ] a\\\n  b\n", b"- [ ] a%t\\\n  b\n"),
        "an escaped backslash": (b"- [ ] a\\\\\n  b\n", b"- [ ] a\\\\%t\n  b\n"),
        "a code span over the line end": (b"- [ ] `a\n  b` c\n", b"- [ ] `a\n  b` c%t\n"),
        "a link over the line end": (b"- [ ] [a\n  b](c) d\n", b"- [ ] [a\n  b](c) d%t\n"),
        "emphasis over the line end": (b"- [ ] **a\n  b** c\n", b"- [ ] **a\n  b** c%t\n"),
        "a comment over the line end": (b"- [ ] a <!-- b\n  c --> d\n", b"- [ ] a <!-- b\n  c --> d%t\n"),
        "a code span before the line end": (b"- [ ] `a`\n  b\n", b"- [ ] `a`%t\n  b\n"),
        "nested items": (b"- [ ] a\n  - [ ] b\n", b"- [ ] a%t\n  - [ ] b\n"),
        "a comment of its author": (b"- [ ] a <!-- b -->\n", b"- [ ] a <!-- b -->%t\n"),
        "a commit behind": (b"- [ ] a 70cf326\n", b"- [ ] a 70cf326%t\n"),
    }.values(),
)  # fmt: skip
@pytest.mark.parametrize("links", [True, False])
def test_an_item_bears_one_token_at_the_end_of_its_first_line(
    source: bytes, expected: bytes, links: bool
) -> None:
    source, expected = b"# P\n\n" + source, b"# P\n\n" + expected
    if not links:
        shown = look(source, "flat-checklist", links=False)
        (uid,) = shown.tasks()
        op = one(uid, "set-marker", Field.MARKER, "", UID)
        written = rewrite.rewrite(shown.document, shown.items, [op], shown.items)

        assert written == expected.replace(b"%t", MARK)
        assert stripped(written, read)[0] == source
        return

    assert _with_marks(source, dialect="flat-checklist") == expected.replace(b"%t", VISIBLE + TOKEN)


def test_a_link_that_changes_or_goes_leaves_the_marker() -> None:
    shown = look(b"# P\n\n- [ ] a" + VISIBLE + TOKEN + b"\n", "flat-checklist")
    change = edits.relink(shown, UID, "")
    away = edits.unlink(shown, UID, "")
    assert change and away

    assert made(shown, change.operations) == (
        b"# P\n\n- [ ] a [#345](https://tracker.example/345) <!-- plansync:k3f9a2c #345 -->\n"
    )
    assert made(shown, away.operations) == b"# P\n\n- [ ] a" + MARK + b"\n"


def test_a_plan_that_ends_in_an_open_fence_gets_no_footer() -> None:
    shown = look(b"### Task 1: A\n\n- [ ] a\n\n```\ncode\n")

    with pytest.raises(Unwritable, match="close it first"):
        made(shown, [one(OVERVIEW, "set-marker", Field.MARKER, "", "abcd1234")])


# ----------------------------------------------------------------- a task's state


def _edited(
    source: bytes, edit: Callable[[Plan, Uid, str], edits.Edit | None], text: str = "", at: int = 0
) -> bytes:
    """Mark all but the footer, make one edit on one task, and take the marks off again."""
    shown = look(source)
    shown = shown.again(
        made(shown, [op for op in marks(shown) if op.kind == "set-marker" and op.uid != OVERVIEW])
    )
    chosen = edit(shown, shown.tasks()[at], text)
    assert chosen
    written = made(shown, chosen.operations)
    return stripped(written, read)[0]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"# P\n\n- [ ] a\n- [ ] b\n", b"# P\n\n- [x] ~~a~~\n- [ ] b\n"),
        (b"# P\n\n- [X] a\n- [ ] b\n", b"# P\n\n- [X] ~~a~~\n- [ ] b\n"),
        (b"# P\n\n`[-]`: dropped\n\n- [ ] a\n- [ ] b\n", b"# P\n\n`[-]`: dropped\n\n- [-] a\n- [ ] b\n"),
        (b"# P\n\n- [ ] a\n  b\n- [ ] c\n", b"# P\n\n- [x] ~~a\n  b~~\n- [ ] c\n"),
    ],
)
def test_an_own_box_is_dropped_by_strokes_or_by_the_letter_of_the_legend(
    source: bytes, expected: bytes
) -> None:
    assert _edited(source, edits.drop) == expected


def test_an_own_box_that_is_taken_back_has_its_bytes_again() -> None:
    assert _edited(b"# P\n\n- [x] ~~a~~\n- [ ] b\n", edits.reopen) == b"# P\n\n- [ ] a\n- [ ] b\n"
    assert _edited(b"# P\n\n- [ ] a\n- [ ] b\n", edits.finish) == b"# P\n\n- [x] a\n- [ ] b\n"


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (b"**Estimated Time**: 1 h", b"**Status**: Dropped"),
        ("**Оценка**: 1 ч".encode(), "**Статус**: Отменено".encode()),
        ("**所要時間**：1時間".encode(), "**ステータス**：中止".encode()),
        ("**Durée :** 1 h".encode(), "**Statut :** Abandonné".encode()),
        (b"**Aufwand**: 1 h", b"**Status**: Verworfen"),
    ],
)
def test_a_status_line_speaks_the_language_of_the_plan(key: bytes, line: bytes) -> None:
    source = b"## Phase 1: A\n\n### Task 1: B\n\n- [ ] c\n\n" + key + b"\n**Goal**: d\n"
    expected = source.replace(key, line + b"\n" + key)

    assert _edited(source, edits.drop) == expected


def test_a_status_line_keeps_hard_breaks_and_line_ends() -> None:
    source = b"### Task 1: B\r\n\r\n- [ ] c\r\n\r\n**Estimate**: 1 h  \r\n**Goal**: d\r\n"

    assert b"\r\n\r\n**Status**: Dropped  \r\n**Estimate**: 1 h  \r\n" in _edited(source, edits.drop)


def test_a_status_line_of_its_author_is_changed_in_its_value_alone() -> None:
    source = b"### Task 1: B\n\n**Status:** In Progress \xf0\x9f\x9a\xa7  \n**Goal**: d\n\n- [ ] c\n"

    assert _edited(source, edits.finish) == source.replace(b"In Progress \xf0\x9f\x9a\xa7", b"Completed"), (
        "never the word of a line of ours"
    )


# ----------------------------------------------------------------- computed lines


@pytest.mark.parametrize(
    "key", ["Completion", "Fortschritt", "Avancement", "Готовность", "進捗", "完成度", "진행률"]
)
def test_computed_lines_are_written_in_their_values_alone(key: str) -> None:
    source = (
        f"## Phase 1: A\n\n### Task 1: B\n\n- [ ] c\n\n---\n\n**{key}**: 0 % (0/1 done, of all)  \n".encode()
    )
    shown = look(source)
    edit = edits.refresh(shown, OVERVIEW, "")
    assert edit

    assert made(shown, edit.operations) == source.replace(
        b"0 % (0/1 done, of all)", b"43 % (3/7 done, of all)"
    )


def test_the_current_phase_is_named_as_it_was_before() -> None:
    footer = b"\n---\n\n**Current Phase**: Phase 1\n**Last Updated**: 2026-01-02\n"
    shown = look(
        b"## Phase 1: A\n\n### Task 1: B\n\n- [ ] c\n\n## Phase 2: C\n\n### Task 2: D\n\n- [ ] e\n" + footer
    )
    edit = edits.refresh(shown, OVERVIEW, "")
    assert edit

    assert made(shown, edit.operations).endswith(
        b"**Current Phase**: Phase 2\n**Last Updated**: 2031-12-24\n"
    )


# -------------------------------------------------------------------------- steps


@pytest.mark.parametrize(
    ("source", "expected"),
    {
        "below its text": (b"# P\n\n- [ ] a\n- [ ] b\n", b"# P\n\n- [ ] a\n  - [ ] New\n- [ ] b\n"),
        "the last line": (b"# P\n\n- [ ] b\n- [ ] a", b"# P\n\n- [ ] b\n- [ ] a\n  - [ ] New"),
        "the bullet of the others": (
            b"# P\n\n* [ ] a\n* [ ] b\n    * [ ] c\n",
            b"# P\n\n* [ ] a\n    * [ ] New\n* [ ] b\n    * [ ] c\n",
        ),
        "below an ordered item": (
            b"# P\n\n1. [ ] a\n2. [ ] b\n",
            b"# P\n\n1. [ ] a\n   - [ ] New\n2. [ ] b\n",
        ),
        "behind a tab": (b"# P\n\n-\t[ ] a\n-\t[ ] b\n", b"# P\n\n-\t[ ] a\n\t- [ ] New\n-\t[ ] b\n"),
        "a wrapped item": (b"# P\n\n- [ ] a\n  b\n- [ ] c\n", b"# P\n\n- [ ] a\n  b\n  - [ ] New\n- [ ] c\n"),
        "CRLF": (b"# P\r\n\r\n- [ ] a\r\n- [ ] b\r\n", b"# P\r\n\r\n- [ ] a\r\n  - [ ] New\r\n- [ ] b\r\n"),
        "an indented list": (b"# P\n\n - [ ] a\n - [ ] b\n", b"# P\n\n - [ ] a\n   - [ ] New\n - [ ] b\n"),
    }.values(),
)
def test_a_first_step_copies_bullet_and_indentation(source: bytes, expected: bytes) -> None:
    at = 1 if source.endswith(b"- [ ] a") else 0

    assert _edited(source, edits.add_last_step, "New", at) == expected


def test_a_first_step_below_a_heading_is_a_list_of_its_own() -> None:
    source = b"## Phase 1: A\n\n### Task 1: B\n\nWords.\n\n### Task 2: C\n* [ ] c\n"

    assert _edited(source, edits.add_last_step, "New") == source.replace(b"Words", b"* [ ] New\n\nWords")


def test_a_step_of_the_first_level_goes_behind_what_is_nested_in_the_last_one() -> None:
    source = b"### Task 1: B\n\n- [ ] a\n  - [ ] b\n    - [ ] c\n\nWords.\n"

    assert _edited(source, edits.add_last_step, "New") == source.replace(b"c\n", b"c\n- [ ] New\n")
    assert _edited(source, edits.add_nested_step, "New") == source.replace(b"c\n", b"c\n      - [ ] New\n")


def test_steps_that_change_places_take_along_what_is_nested_and_leave_the_numbers() -> None:
    source = b"### Task 1: B\n\n1. [ ] a\n   - [x] b\n2. [x] c\n"

    swapped = b"### Task 1: B\n\n1. [x] c\n2. [ ] a\n   - [x] b\n"
    shown = look(source)
    (task,) = shown.tasks()
    a, b, c = (Uid(u) for u in shown.items[task].fields[Field.STEPS])  # type: ignore[union-attr]
    order = Change(task, Field.STEPS, (a, b, c), (c, a, b))

    assert made(shown, [Operation(Side.LOCAL, "order-steps", task, (order,), 0)]) == swapped


def test_a_ticked_star_keeps_its_star() -> None:
    shown = look(b"### Task 1: B\n\n- [ ]* a\n")
    edit = edits.tick(shown, shown.steps()[0], "")
    assert edit

    assert made(shown, edit.operations) == b"### Task 1: B\n\n- [x]* a\n"


# -------------------------------------------------------------------- whole tasks


HEADINGS = (
    b"# P\n\n## Phase 1: A\n\n### Task 1.1: B\n\n- [ ] b\n\n### Task 1.2: C\n\n- [ ] c\n\n---\n\n"
    b"## Phase 2: D\n\n### Task 2.1: E\n\n- [ ] e\n\n## Phase 3: F\n\nNothing yet.\n\n## Summary\n"
)
GROUPS = (
    b"# P\n\n## 1. A\n\n- [ ] 1.1 b\n- [ ] 1.2 c\n\n## 2. D\n\n* [ ] 2.1 e\n\n* [ ] 2.2 f\n\n"
    b"## 3. G\n\n- [ ] 3.1 h\n"
)


def _added(source: bytes, phase: int, dialect: str) -> bytes:
    """Add a task to the phase of that place, counted from 0."""
    shown = look(source, dialect, "phase")
    edit = edits.add_task_to_phase(shown, shown.phases()[phase], "New")
    assert edit
    return made(shown, edit.operations)


def test_a_new_task_counts_on_from_the_last_one_of_its_phase() -> None:
    new = b"- [ ] c\n\n### Task 1.3: New <!-- plansync:zzzzzzz -->\n\n- [ ] New step 1\n- [ ] New step 2\n\n---\n"

    assert _added(HEADINGS, 0, "phase-task") == HEADINGS.replace(b"- [ ] c\n\n---\n", new)


def test_a_new_task_in_an_empty_phase_begins_with_its_number() -> None:
    written = _added(HEADINGS, 2, "phase-task")

    assert b"Nothing yet.\n\n### Task 3.1: New <!-- plansync:zzzzzzz -->\n\n- [ ] New step 1\n" in written


def test_a_new_task_in_a_tight_list_stays_tight_and_in_a_loose_one_loose() -> None:
    new = b" New <!-- plansync:zzzzzzz -->\n  - [ ] New step 1\n  - [ ] New step 2\n\n## "

    assert b"- [ ] 1.2 c\n- [ ] 1.3" + new in _added(GROUPS, 0, "openspec")
    assert b"* [ ] 2.2 f\n\n* [ ] 2.3" + new in _added(GROUPS, 1, "openspec")


def test_a_new_task_for_the_plan_as_a_whole_goes_behind_its_last_one() -> None:
    shown = look(GROUPS)
    edit = edits.add_task(shown, shown.tasks()[0], "New")
    assert edit

    assert b"- [ ] 3.1 h\n- [ ] 3.2 New <!-- plansync:zzzzzzz -->\n" in made(shown, edit.operations)


def test_a_moved_item_takes_its_steps_along() -> None:
    source = GROUPS.replace(b"1.1 b\n", b"1.1 b\n  - [x] step\n\n    words\n")
    shown = look(source, "openspec", "phase")
    shown = shown.again(made(shown, [op for op in marks(shown) if op.kind == "set-marker"]))
    task = shown.tasks()[0]
    phase = shown.phases()[2]
    written = made(shown, [one(task, "move-task", Field.PHASE, shown.phases()[0], phase)])

    moved = b"- [ ] 3.1 h\n- [ ] 1.1 b\n  - [x] step\n\n    words\n"
    assert stripped(written, read)[0] == source.replace(
        b"- [ ] 1.1 b\n  - [x] step\n\n    words\n", b""
    ).replace(b"- [ ] 3.1 h\n", moved)


# -------------------------------------------------------------------------- traps


@pytest.mark.parametrize(
    ("source", "edit", "reason"),
    [
        (
            b"### Task 1: A\n\n```md\n```py\ncode\n```\n\n### Task 2: B\n\n- [ ] b\n\n```\n\n"
            b"### Task 3: C\n\n- [ ] c\n",
            edits.drop,
            "nested code fences",
        ),
        (b"# P\n\n- [ ] a ~~b~~\n- [ ] c\n", edits.drop, "strokes"),
        (b"# P\n\n- [ ] a \\\\\n- [ ] c\n", edits.drop, "strokes"),
        (b"# P\n\n## [ ] Track: A\n\n## [ ] Track: B\n", edits.drop, "by hand"),
        (b"### Task 1: A\n\n- [ ] a\n", edits.add_last_step, "words"),
        (b"### Task 1: A\n\n- [ ] a\n", edits.rename, "words"),
    ],
)  # fmt: skip
def test_where_the_text_is_a_trap_nothing_is_written_and_the_reason_is_said(
    source: bytes, edit: Callable[[Plan, Uid, str], edits.Edit | None], reason: str
) -> None:
    shown = look(source)
    trapped = [u for u in shown.tasks() if shown.node(u).trap] or shown.tasks()
    chosen = edit(shown, trapped[0], "")
    assert chosen

    with pytest.raises(Unwritable, match=reason):
        made(shown, chosen.operations)


def test_a_step_whose_details_would_be_another_ones_is_not_removed() -> None:
    shown = look(b"### Task 1: A\n\n- [ ] a\n-   [ ] b\n  - detail\n")
    edit = edits.remove_step(shown, shown.steps()[1], "")
    assert edit

    with pytest.raises(Unwritable, match="another one"):
        made(shown, edit.operations)


def test_a_first_step_does_not_swallow_the_code_below_it() -> None:
    shown = look(b"### Task 1: A\n\n    code\n\n### Task 2: B\n\n- [ ] b\n")
    edit = edits.add_last_step(shown, shown.tasks()[0], "new")
    assert edit

    with pytest.raises(Unwritable, match="would become part of the step"):
        made(shown, edit.operations)


def test_a_step_that_was_a_task_keeps_its_words_apart_from_the_mark() -> None:
    """Its author nested it: the mark is no part of what it says, and an edit leaves it where it is."""
    plan = b"- [ ] Build <!-- plansync:m5n7p2r -->\n  - [ ] Walls <!-- plansync:w8x4q5z -->\n"
    shown = look(plan)
    (step,) = shown.steps()

    assert text_of(shown.items[step], Field.TEXT) == "Walls"
    edit = edits.edit_step(shown, step, "Roof")
    assert edit
    assert made(shown, edit.operations) == plan.replace(b"Walls", b"Roof")


def test_a_task_cannot_go_below_a_phase_that_is_no_higher() -> None:
    work = b"## Work\n\n### Task 1: C\n\n- [ ] c\n\n### Task 2: D\n\n- [ ] d\n"
    shown = look(b"# P\n\n## Parts\n\n### Phase 1: A\n\nWords.\n\n### Phase 2: B\n\nWords.\n\n" + work)

    with pytest.raises(Unwritable, match="no higher"):
        made(shown, [one(shown.tasks()[0], "move-task", Field.PHASE, "", shown.phases()[0])])


@pytest.mark.parametrize(
    "text", ["# x", "- [ ] x", "1. x", "x <!-- y", "`x", "**x", "x\n\n- [ ] y", "x  ", "<b>x", "x\\"]
)
@pytest.mark.parametrize("kind", ["edit_step", "add_last_step", "rename", "add_task"])
def test_a_foreign_text_stays_one_text(text: str, kind: str) -> None:
    """What means something to Markdown is written so that it reads back as it is, or refused; nothing else moves."""
    source = b"## Phase 1: A\n\n### Task 1.1: B\n\n- [ ] b\n- [ ] c\n\nWords.\n\n### Task 1.2: D\n\n- [ ] d\n"
    shown = _marked(source)
    edit = KINDS[kind](shown, places(shown, kind)[0], text)
    assert edit
    after = made(shown, edit.operations)

    assert_within(edit, shown.source, after)
    assert_no_other_difference(shown, after, edit)
    assert len([i for i in shown.again(after).items.values() if i.kind is Kind.TASK]) == 2 + (
        kind == "add_task"
    )
