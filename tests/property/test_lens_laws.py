"""The lens laws of every written dialect, on random plans: what is written is what is read, and nothing else moves."""

from __future__ import annotations

from collections import Counter
from functools import partial
from random import Random

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from plansync.document import rewrite
from plansync.document.detect import read
from plansync.document.view import our_status
from plansync.errors import Unwritable
from plansync.model import Field, Tick, Uid
from plansync.reconcile import held
from plansync.sync.leave import stripped
from tests.property.grammars import DIALECTS, plan, plans, texts, words
from tests.support import edits
from tests.support.edits import (
    KINDS,
    Plan,
    assert_no_other_difference,
    assert_within,
    look,
    made,
    marks,
    places,
)

QUICK = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
_WITH = {"refresh": ("phase-task", "phase-checklist"), "move": ("phase-task", "phase-checklist", "openspec")}
"""The dialects in which the random plans have what some kinds of edits need."""

every_dialect = pytest.mark.parametrize("dialect", DIALECTS)


def _written(source: bytes, dialect: str = "", milestones: str = "auto") -> Plan:
    """Read a plan; random ones that no dialect would write, or whose end is open, are passed over."""
    shown = look(source, dialect, milestones)
    assume(shown.document.dialect.is_written and not shown.document.is_open_ended)
    return shown


def _marked(source: bytes, dialect: str = "", milestones: str = "auto") -> Plan:
    shown = _written(source, dialect, milestones)
    return shown.again(made(shown, marks(shown)))


@every_dialect
@QUICK
@given(st.data())
def test_writing_back_an_unchanged_view_changes_no_byte(dialect: str, data: st.DataObject) -> None:
    shown = look(data.draw(plans(dialect)))

    assert rewrite.rewrite(shown.document, shown.items, [], shown.items) == shown.source


@every_dialect
@QUICK
@given(st.data())
def test_marks_come_and_go_without_a_trace(dialect: str, data: st.DataObject) -> None:
    shown = _written(data.draw(plans(dialect)))
    marked = made(shown, marks(shown))

    assert stripped(marked, read)[0] == shown.source
    assert look(marked).document.dialect is shown.document.dialect


@every_dialect
@QUICK
@given(st.data())
def test_marks_without_links_come_and_go_too(dialect: str, data: st.DataObject) -> None:
    shown = _written(data.draw(plans(dialect)))
    shown = look(shown.source, links=False)
    marked = made(shown, marks(shown))

    assert marked.count(b"tracker.example") == 0
    assert stripped(marked, read)[0] == shown.source


@pytest.mark.parametrize("kind", KINDS)
@settings(QUICK, max_examples=24)
@given(st.data())
def test_an_edit_touches_its_own_span_and_reads_as_meant(kind: str, data: st.DataObject) -> None:
    dialect = data.draw(st.sampled_from(_WITH.get(kind) or tuple(DIALECTS)))
    lens = data.draw(st.sampled_from((("", "auto"), (dialect, "phase"), (dialect, "none"))))
    shown = _marked(data.draw(plans(dialect)), *lens)
    where = places(shown, kind)
    assume(where)
    text = data.draw(texts(is_hostile=data.draw(st.booleans())))
    edit = KINDS[kind](shown, data.draw(st.sampled_from(where)), text)
    assume(edit is not None)
    assert edit is not None
    before = shown.source
    try:
        after = _unmarked(shown, edit) if kind == "unmark" else made(shown, edit.operations)
    except Unwritable as refused:
        event(f"{kind} refused: {str(refused)[:40]}")
        assert shown.source == before
        return

    assert_within(edit, before, after)
    assert _ends(before) >= _ends(after)
    if kind != "unmark":
        assert_no_other_difference(shown, after, edit)


def _unmarked(shown: Plan, edit: edits.Edit) -> bytes:
    """Take a marker off: the item then has a minted uid, so nothing can be compared by uid."""
    after = held(shown.items, {}, edit.operations)
    return rewrite.rewrite(shown.document, shown.items, edit.operations, after)


def _ends(source: bytes) -> set[str]:
    text = source.decode("utf-8")
    bare = text.replace("\r\n", "")
    found = {"CRLF"} if "\r\n" in text else set()
    return found | ({"LF"} if "\n" in bare else set()) | ({"CR"} if "\r" in bare else set())


@every_dialect
@QUICK
@given(st.data())
def test_a_tick_is_one_letter_and_an_untick_gives_the_bytes_back(dialect: str, data: st.DataObject) -> None:
    shown = _marked(data.draw(plans(dialect)))
    steps = [u for u in shown.steps() if shown.document.text(shown.node(u).box or (0, 0)) in (" ", "x")]  # type: ignore[arg-type]
    steps = [u for u in steps if shown.items[u].fields[Field.TICK] != Tick.DROPPED]
    assume(steps)
    uid = data.draw(st.sampled_from(steps))
    there, back = (edits.tick, edits.untick)
    if shown.items[uid].fields[Field.TICK] == Tick.TICKED:
        there, back = back, there
    first = there(shown, uid, "")
    assert first
    ticked = shown.again(made(shown, first.operations))
    second = back(ticked, uid, "")
    assert second

    assert len(ticked.source) == len(shown.source)
    assert sum(a != b for a, b in zip(ticked.source, shown.source, strict=True)) == 1
    assert made(ticked, second.operations) == shown.source


@every_dialect
@QUICK
@given(st.data())
def test_dropping_a_task_and_taking_it_back_leaves_no_trace(dialect: str, data: st.DataObject) -> None:
    """A status line comes and goes; an own box is struck and evened again (its letter too, where it was blank)."""
    shown = _marked(data.draw(plans(dialect)))
    tasks = [u for u in shown.tasks() if shown.items[u].fields[Field.STATUS] in ("", "todo")]
    tasks = [u for u in tasks if not (box := shown.node(u).box) or shown.document.text(box) == " "]
    tasks = [u for u in tasks if _says_todo_as_we_do(shown, u)]
    assume(tasks)
    uid = data.draw(st.sampled_from(tasks))
    first = edits.drop(shown, uid, "")
    assert first
    try:
        dropped = shown.again(made(shown, first.operations))
    except Unwritable:
        return
    is_line = shown.items[uid].fields[Field.STATUS] == ""
    second = edits.clear(dropped, uid, "") if is_line else edits.reopen(dropped, uid, "")
    assert second

    assert dropped.source != shown.source
    assert made(dropped, second.operations) == shown.source


def _says_todo_as_we_do(shown: Plan, uid: Uid) -> bool:
    """Say whether a line says to do in our word: another one (`In Progress`) is gone once the task is dropped."""
    key = shown.node(uid).key("status")
    return key is None or shown.document.text(key.value) == our_status(shown.document, key).todo


@every_dialect
def test_in_a_plain_plan_every_edit_can_be_made(dialect: str) -> None:
    """Count refusals: in plans as a careful person writes them there are none."""
    chance = Random(dialect)
    counts: Counter[str] = Counter()
    for _ in range(6):
        shown = look(plan(chance.randint, dialect, is_odd=False))
        assert shown.document.dialect.is_written
        shown = shown.again(made(shown, marks(shown)))
        for kind, chooser in KINDS.items():
            for uid in chance.sample(where := places(shown, kind), min(2, len(where))):
                edit = chooser(shown, uid, words(chance.randint))
                if edit is None or kind == "unmark":
                    continue
                try:
                    after = made(shown, edit.operations)
                except Unwritable as refused:  # the one thing that a plain plan does not let us do
                    assert "words below the step" in str(refused), (kind, shown.source)
                    continue
                assert_within(edit, shown.source, after)
                assert_no_other_difference(shown, after, edit)
                counts[kind] += 1

    assert sum(counts.values()) > 100


@every_dialect
def test_in_an_odd_plan_few_edits_are_refused(dialect: str) -> None:
    chance = Random(dialect)
    counts: Counter[str] = Counter()
    for _ in range(12):
        shown = look(plan(chance.randint, dialect))
        if not shown.document.dialect.is_written:
            continue
        shown = shown.again(made(shown, marks(shown)))
        for kind in KINDS:
            for uid in chance.sample(where := places(shown, kind), min(1, len(where))):
                if edit := KINDS[kind](shown, uid, words(chance.randint)):
                    counts["all"] += 1
                    counts["refused"] += _is_refused(
                        partial(_unmarked if kind == "unmark" else _made, shown, edit)
                    )

    assert counts["refused"] <= counts["all"] * 0.06, counts


def _made(shown: Plan, edit: edits.Edit) -> bytes:
    return made(shown, edit.operations)


def _is_refused(write: partial[bytes]) -> bool:
    try:
        write()
    except Unwritable:
        return True
    return False
