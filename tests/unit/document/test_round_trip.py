"""What is written into a plan can be taken out again, byte for byte, and touches nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from plansync.document import rewrite, view
from plansync.document.detect import read
from plansync.document.tree import Document
from plansync.errors import Unwritable
from plansync.model import OVERVIEW, Change, Field, Item, Kind, Operation, Side, Snapshot, Tick, Uid
from plansync.reconcile import held
from plansync.sync.leave import stripped

PLANS = Path(__file__).parents[2] / "plans"
EXAMPLE = Path(__file__).parents[3] / "examples" / "implementation-plan.md"
BOM = b"\xef\xbb\xbf"
VARIANTS: dict[str, Callable[[bytes], bytes]] = {
    "as it is": lambda s: s,
    "no last line end": lambda s: s.rstrip(b"\r\n"),
    "CRLF and BOM": lambda s: BOM + s.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
    "blank lines at the end": lambda s: s + b"\n\n",
}
Chosen = Callable[[Snapshot], Iterator[Operation]]


def _one(uid: Uid, kind: str, field: Field, old: str, new: str) -> Operation:
    return Operation(Side.LOCAL, kind, uid, (Change(uid, field, old, new),), 0)


def marks(items: Snapshot) -> Iterator[Operation]:
    """Every id, link and the footer, as a first push writes them."""
    for uid, item in items.items():
        if item.kind in (Kind.PHASE, Kind.TASK) and Field.MARKER in item.fields:
            yield _one(uid, "set-marker", Field.MARKER, "", uid)
        if item.kind is Kind.TASK:
            yield _one(uid, "set-link", Field.LINK, "", "#12 https://tracker.example/12")
    yield _one(OVERVIEW, "set-marker", Field.MARKER, "", "abcd1234")


def drops(items: Snapshot) -> Iterator[Operation]:
    for uid, item in items.items():
        if item.kind is Kind.TASK and item.fields[Field.STATUS] == "":
            yield _one(uid, "set-status", Field.STATUS, "", "dropped")


def undrops(items: Snapshot) -> Iterator[Operation]:
    for uid, item in items.items():
        if item.fields.get(Field.STATUS) == "dropped" and item.fields[Field.CARRIER] == "boxes":
            yield _one(uid, "set-status", Field.STATUS, "dropped", "")


def ticks(items: Snapshot, was: Tick = Tick.OPEN, now: Tick = Tick.TICKED) -> Iterator[Operation]:
    for uid, item in items.items():
        if item.fields.get(Field.TICK) == was:
            yield _one(uid, "tick", Field.TICK, was.value, now.value)


def rewritten(source: bytes, chosen: Chosen) -> bytes:
    """Edit, and insist that the result reads as meant."""
    document = read(source)
    items = view.snapshot(document, "plan").items
    operations = list(chosen(items))
    after = held(items, {}, operations)
    written = rewrite.rewrite(document, items, operations, after)

    assert rewrite.differing(view.snapshot(read(written), "plan").items, after) == []
    return written


@pytest.fixture(params=VARIANTS)
def source(request: pytest.FixtureRequest) -> bytes:
    return VARIANTS[request.param]((PLANS / "odd-steps.md").read_bytes())


def test_marks_links_and_footer_are_stripped_without_a_trace(source: bytes) -> None:
    marked = rewritten(source, marks)

    assert marked != source
    assert marked.count(b"\r\n") in (0, marked.count(b"\n"))
    assert stripped(marked, read)[0] == source


def test_marks_can_be_written_again_after_they_were_deleted(source: bytes) -> None:
    marked = rewritten(source, marks)

    assert rewritten(stripped(marked, read)[0], marks) == marked


def test_a_status_line_comes_and_goes(source: bytes) -> None:
    marked = rewritten(source, marks)
    dropped = rewritten(marked, drops)

    assert dropped.count(b"Status**: Dropped") + dropped.count(b"Status:** Dropped") == 5
    assert rewritten(dropped, undrops) == marked


def test_ticking_every_step_changes_one_letter_each(source: bytes) -> None:
    ticked = rewritten(source, ticks)

    different = [(a, b) for a, b in zip(source, ticked, strict=True) if a != b]
    assert {b for _, b in different} == {ord("x")}
    assert {a for a, _ in different} == {ord(" "), ord("~")}
    assert b"[x]* optional" in ticked


def test_dropping_strikes_the_text_and_undropping_gives_it_back(source: bytes) -> None:
    def undrop(items: Snapshot) -> Iterator[Operation]:
        return ticks(items, Tick.DROPPED, Tick.OPEN)

    dropped = rewritten(source, ticks_to_dropped)

    assert b"* [x] ~~star bullet~~" in dropped
    assert b"* [ ] star bullet" in rewritten(dropped, undrop)


def ticks_to_dropped(items: Snapshot) -> Iterator[Operation]:
    return ticks(items, Tick.OPEN, Tick.DROPPED)


def test_boxes_in_code_and_front_matter_are_no_steps(source: bytes) -> None:
    items = view.snapshot(read(source), "plan").items

    texts = [str(i.fields[Field.TEXT]) for i in items.values() if i.kind is Kind.STEP]
    assert "nested under it with a wrapped line" in texts
    assert not [t for t in texts if "fence" in t or "code" in t or "placeholder" in t]
    assert len(texts) == 13


def test_an_issue_line_of_the_author_is_never_taken_for_a_link(source: bytes) -> None:
    marked = rewritten(source, marks)

    assert marked.count(b"the parser loses the last line") == 1
    assert b"the parser loses the last line" in stripped(marked, read)[0]


def test_a_plan_that_ends_in_an_open_fence_is_said_to_be_so() -> None:
    document = read(b"# P\n\n### Task 1: A\n\n- [ ] a\n\n```\ncode\n")

    assert document.is_open_ended


def test_two_edits_in_one_place_are_refused() -> None:
    from plansync.document.edits import Edit, apply_edits

    with pytest.raises(Unwritable, match="meet in one place"):
        apply_edits(b"abcdef", [Edit(0, 3, b"x"), Edit(2, 4, b"y")])


def _corpus(corpus: Path) -> list[Path]:
    return sorted(corpus.glob("*.md"))


def test_every_real_plan_is_read_without_a_change(corpus: Path) -> None:
    for path in _corpus(corpus):
        source = path.read_bytes()
        document = read(source)
        local = view.snapshot(document, path.stem).items

        assert rewrite.rewrite(document, local, [], local) == source, path.name


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_real_plan_gives_back_what_was_written_into_it(corpus: Path, variant: str) -> None:
    for path in _corpus(corpus):
        source = VARIANTS[variant](path.read_bytes())
        if source.startswith(BOM + BOM):
            continue
        document = read(source)
        if document.is_open_ended or not document.dialect.is_written:
            continue
        marked = rewritten(source, marks)

        assert stripped(marked, read)[0] == source, path.name


def test_every_real_plan_takes_ticks_and_status_lines(corpus: Path) -> None:
    for path in _corpus(corpus):
        source = path.read_bytes()
        document = read(source)
        if document.dialect.is_written and not document.is_open_ended:
            marked = rewritten(source, marks)

            assert rewritten(rewritten(marked, drops), undrops) == marked, path.name
            rewritten(marked, ticks)


def test_the_reference_plan_is_counted_as_its_authors_did(corpus: Path) -> None:
    document = read((corpus / "000-phase-task-seed-template.md").read_bytes())
    items = view.snapshot(document, "plan").items

    counts = [sum(i.kind is kind for i in items.values()) for kind in (Kind.PHASE, Kind.TASK, Kind.STEP)]
    assert counts == [4, 12, 54 + 5]
    assert items[OVERVIEW].fields[Field.TITLE] == "plan"


def test_adding_and_removing_steps_leaves_the_others_alone(source: bytes) -> None:
    document = read(source)
    items = view.snapshot(document, "plan").items
    owner = next(u for u, i in items.items() if i.fields.get(Field.TITLE) == "Ordered")
    first, second, third = (Uid(u) for u in items[owner].fields[Field.STEPS])  # type: ignore[union-attr]
    new = Uid(f"{owner}/9")
    order = Change(owner, Field.STEPS, (first, second, third), (first, new, third))
    text = (Change(new, Field.TEXT, None, "*new* # one"), Change(new, Field.TICK, None, "open"))
    operations = [
        Operation(Side.LOCAL, "add-step", new, (*text, order), 0),
        Operation(Side.LOCAL, "remove-step", second, (order,), 0),
    ]  # fmt: skip
    written = rewrite.rewrite(document, items, operations, held(items, {}, operations))

    assert b"1. [ ] first" in written and b"10. [ ] tenth" in written
    assert b"2. [ ] *new* # one" in written
    assert b"[x] second" not in written
    assert len(written.splitlines()) == len(source.splitlines())


def test_swapped_steps_take_each_others_place() -> None:
    source = b"### Task 1: A\n\n- [x] one\n- [ ] two\n  more of two\n- [ ] three\n\n**Estimate**: 1 h\n"
    document = read(source)
    items = view.snapshot(document, "plan").items
    owner = next(u for u, i in items.items() if i.kind is Kind.TASK)
    one, two, three = (Uid(u) for u in items[owner].fields[Field.STEPS])  # type: ignore[union-attr]
    change = Change(owner, Field.STEPS, (one, two, three), (three, one, two))
    operations = [Operation(Side.LOCAL, "order-steps", owner, (change,), 0)]

    written = rewrite.rewrite(document, items, operations, held(items, {}, operations))

    assert (
        written == b"### Task 1: A\n\n- [ ] three\n- [x] one\n- [ ] two\n  more of two\n\n**Estimate**: 1 h\n"
    )


def test_a_task_is_moved_with_its_bytes_and_the_rule_stays_where_it_was() -> None:
    source = (
        b"# P\n\n## Phase 1: A\n\n### Task 1.1: One <!-- plansync:aaaaaab -->\n\n- [ ] a\n\n"
        b"### Task 1.2: Two\n\n- [ ] b\n\n---\n\n## Phase 2: B\n\n### Task 2.1: Three\n\n- [ ] c\n\n---\n\n## Summary\n"
    )
    document = read(source)
    items = view.snapshot(document, "plan").items
    target = next(u for u, i in items.items() if i.kind is Kind.PHASE and "B" in str(i.fields[Field.TITLE]))
    operations = [_one(Uid("aaaaaab"), "move-task", Field.PHASE, "", target)]

    written = rewrite.rewrite(document, items, operations, held(items, {}, operations))

    assert written == (
        b"# P\n\n## Phase 1: A\n\n### Task 1.2: Two\n\n- [ ] b\n\n---\n\n## Phase 2: B\n\n### Task 2.1: Three\n\n"
        b"- [ ] c\n\n### Task 1.1: One <!-- plansync:aaaaaab -->\n\n- [ ] a\n\n---\n\n## Summary\n"
    )


def test_a_step_that_shares_its_line_is_not_removed() -> None:
    source = b"### Task 1: A\n\n- - [ ] inner\n- [ ] other\n"
    document = read(source)
    items: dict[Uid, Item] = view.snapshot(document, "plan").items
    owner = next(u for u, i in items.items() if i.kind is Kind.TASK)
    inner, other = (Uid(u) for u in items[owner].fields[Field.STEPS])  # type: ignore[union-attr]
    operations = [
        Operation(
            Side.LOCAL, "remove-step", inner, (Change(owner, Field.STEPS, (inner, other), (other,)),), 0
        )
    ]

    with pytest.raises(Unwritable, match="by hand"):
        rewrite.rewrite(document, items, operations, held(items, {}, operations))


def test_documents_compare_by_value() -> None:
    source = EXAMPLE.read_bytes() if EXAMPLE.is_file() else (PLANS / "odd-steps.md").read_bytes()
    first: Document = read(source)

    assert first.nodes == read(source).nodes


def test_a_heading_on_the_very_last_line_gets_its_marker_before_the_footer() -> None:
    written = rewritten(b"# P\n\n### Task 1: A", marks)

    first, second = written.split(b"\n### Task 1: A ")[1].split(b"\n", 1)
    assert first.startswith(b"<!-- plansync:")
    assert second.endswith(b"<!-- plansync plan=abcd1234 -->")
    assert stripped(written, read)[0] == b"# P\n\n### Task 1: A"


def test_marks_on_what_is_no_task_any_more_are_stripped_as_well() -> None:
    plan = b"# Things\n\n- [ ] Dig\n- [ ] Fill\n- [ ] Rest\n"
    marked = rewritten(plan, marks)
    nested = marked.replace(b"- [ ] Fill", b"  - [ ] Fill").replace(b"- [ ] Rest", b"Rest")

    assert stripped(nested, read)[0] == plan.replace(b"- [ ] Fill", b"  - [ ] Fill").replace(
        b"- [ ] Rest", b"Rest"
    )
