"""Real plans and our own are read as their authors meant them: form, phases, tasks, boxes."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from plansync.document.detect import read
from plansync.document.dialects import DIALECTS
from plansync.document.tree import Document, Role

PLANS = Path(__file__).parents[2] / "plans"
WRITTEN = {dialect.name for dialect in DIALECTS if dialect.is_written}

TRAPS = {
    "009": "the same phase heading stands in three sections, and fences of equal length leak sample headings",
    "025": "the sections around the milestones were counted as phases, not the milestone headings in them",
    "029": "a list without phases, counted as a checklist with phases by its author's word in the items",
    "074": "two stories a file, begun by #TAG:order lines that are no Markdown",
    "095": "a table that repeats numbered headings, under which the boxes stand",
    "097": "features with check marks in prose; counted as no tasks",
    "098": "features first; the phases come later and one level deeper, and only refer to them",
    "103": "each phase has a second heading, its summary, with epics below it",
}
"""What is counted otherwise than by hand, and the trap in the file that leads to it."""


@dataclass(frozen=True)
class Counts:
    """What is compared, in the words of the lists."""

    dialect: str
    phases: int
    tasks: int
    boxes: int
    ticked: int
    hidden: int


def counted(document: Document) -> Counts:
    roles = [node.role for node in document.nodes]
    boxes = [document.text(b.box) for b in document.blocks if b.box and (b.is_task or b.is_optional)]
    return Counts(
        dialect=document.dialect.name,
        phases=roles.count(Role.PHASE),
        tasks=roles.count(Role.TASK),
        boxes=sum(letter in (" ", "x", "X") for letter in boxes),
        ticked=sum(letter in ("x", "X") for letter in boxes),
        hidden=len(document.hidden),
    )


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _expected(row: dict[str, str], boxes: str, ticked: str, hidden: str) -> Counts:
    numbers = (int(row[name]) for name in ("phases", "tasks", boxes, ticked, hidden))
    return Counts(row["dialect"], *numbers)


OURS = {row["file"]: row for row in _rows(PLANS / "expected.csv")}


@pytest.mark.parametrize("name", OURS)
def test_our_own_plans_are_counted_as_by_hand(name: str) -> None:
    row = OURS[name]
    document = read((PLANS / name).read_bytes(), row["path"])

    assert counted(document) == _expected(row, "boxes", "boxes_ticked", "hidden"), row["why"]
    assert document.dialect.is_written == bool(int(row["writable"]))


def test_every_plan_of_ours_is_in_the_list() -> None:
    assert {path.name for path in PLANS.glob("*.md")} == OURS.keys()


def test_every_dialect_has_a_plan_of_ours() -> None:
    assert {row["dialect"] for row in OURS.values()} == {dialect.name for dialect in DIALECTS}


@pytest.fixture(scope="module")
def real(corpus: Path) -> dict[str, tuple[Counts, Counts]]:
    """Count every real plan: number → (as read, as listed)."""
    found = {}
    for row in _rows(corpus / "manifest.csv"):
        document = read((corpus / row["file"]).read_bytes(), row["path"])
        listed = _expected(row, "checkboxes_total", "checked", "hidden_by_fence")
        found[row["file"][:3]] = counted(document), listed
    return found


Real = dict[str, tuple[Counts, Counts]]


def test_the_boxes_of_every_real_plan_are_right(real: Real) -> None:
    assert len(real) == 106
    for number, (read_, listed) in real.items():
        assert (read_.boxes, read_.ticked) == (listed.boxes, listed.ticked), number


def test_the_form_of_nearly_every_real_plan_is_right(real: Real) -> None:
    right = [read_.dialect == listed.dialect for read_, listed in real.values()]

    assert sum(right) >= 0.95 * len(right)


@pytest.mark.parametrize(("is_written", "share"), [(True, 0.95), (False, 0.80)])
def test_nearly_all_real_plans_are_right_in_everything(real: Real, is_written: bool, share: float) -> None:
    pairs = [pair for pair in real.values() if (pair[1].dialect in WRITTEN) is is_written]
    right = [_tree(read_) == _tree(listed) for read_, listed in pairs]

    assert sum(right) >= share * len(right)


def _tree(counts: Counts) -> tuple[object, ...]:
    return counts.dialect, counts.phases, counts.tasks, counts.boxes, counts.ticked


def test_each_real_plan_that_is_read_otherwise_has_a_trap_that_explains_it(real: Real) -> None:
    wrong = {number for number, (read_, listed) in real.items() if _tree(read_) != _tree(listed)}

    assert wrong == TRAPS.keys()


def test_tasks_that_nested_fences_hide_are_found(real: Real) -> None:
    listed = {number: pair[1].hidden for number, pair in real.items() if pair[1].hidden}

    assert {number: real[number][0].hidden for number in listed} == listed
