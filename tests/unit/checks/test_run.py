"""All checks together: real plans, our own plans, choosing codes, mending, time."""

from __future__ import annotations

from pathlib import Path

import pytest

from plansync.checks.catalogue import CATALOGUE, chosen, misspelt
from plansync.checks.context import Beside
from plansync.checks.run import RULES, UNREADABLE, check, mended
from plansync.cli.commands.demo import example
from plansync.cli.commands.new import Start, starting_plan
from plansync.document import detect
from plansync.errors import Unwritable
from tests.unit.checks.plans import codes, found, read, said

TEMPLATE = "000-phase-task-seed-template.md"


def test_the_example_and_the_starting_plans_are_clean() -> None:
    assert found(example().decode()) == []
    for start in Start:
        assert found(starting_plan(start, "Night bus", "2026-01-31").decode(), path="docs/tasks.md") == []


def test_the_reference_template_has_its_three_flaws_and_its_blanks(corpus: Path) -> None:
    text = (corpus / TEMPLATE).read_text(encoding="utf-8")

    assert [(f.line, f.code) for f in found(text)] == [
        (1, "PLAN205"),
        (159, "PLAN001"),
        (165, "PLAN105"),
        (181, "PLAN007"),
        (182, "PLAN007"),
        (184, "PLAN205"),
        (185, "PLAN205"),
    ]


@pytest.mark.parametrize("form", ["lf", "crlf", "bom"])
def test_mending_the_template_changes_three_lines(corpus: Path, form: str) -> None:
    source = (corpus / TEMPLATE).read_bytes()
    source = source.replace(b"\n", b"\r\n") if form == "crlf" else source
    source = b"\xef\xbb\xbf" + source if form == "bom" else source
    document = detect.read(source)

    after = mended(document, check(document, Beside("plan")), detect.read)

    pairs = zip(source.splitlines(keepends=True), after.splitlines(keepends=True), strict=True)
    assert {n: new.strip() for n, (old, new) in enumerate(pairs, 1) if old != new} == {
        159: b"**Total Estimated Time**: 25.5 hours",
        181: b"**Implementation Status**: Not Started",
        182: b"**Current Phase**: Phase 1",
    }
    assert all(
        new.endswith(old[len(old.rstrip()) :])
        for old, new in zip(source.splitlines(True), after.splitlines(True), strict=True)
    )


def test_a_column_counts_characters_and_no_byte_order_mark() -> None:
    plain, marked = (
        detect.read(bom + "# Плaн: [Имя]\n\n## Phase 1: A\n".encode()) for bom in (b"", b"\xef\xbb\xbf")
    )
    first = [check(each, Beside("plan"), {"PLAN205"}) for each in (plain, marked)]

    assert [(f.line, f.column) for f in first[0]] == [(f.line, f.column) for f in first[1]]


def test_real_plans_are_checked_without_a_crash_and_mended_for_good(corpus: Path) -> None:
    for path in sorted(corpus.glob("*.md")):
        document = detect.read(path.read_bytes(), path.name)
        findings = check(document, Beside(path.stem))
        source = mended(document, findings, lambda s, name=path.name: detect.read(s, name))  # type: ignore[misc]
        after = check(detect.read(source, path.name), Beside(path.stem))
        mended_codes = {f.code for f in findings if f.fix}

        assert len(after) == len(findings) - sum(bool(f.fix) for f in findings), path.name
        assert not [f for f in after if f.fix and f.code in mended_codes]


def test_where_git_left_a_conflict_nothing_else_is_said() -> None:
    plan = "# [Name]\n\n<<<<<<< ours\n### Task 1: Dig\n=======\n### Task 1: Digg\n>>>>>>> theirs\n"

    assert said(plan, "PLAN901") == ["3: git left a conflict here; settle it first"]
    assert codes(plan) == {"PLAN901"}


def test_a_file_without_tasks_is_noted() -> None:
    assert codes("# Shed\n\nWe want a shed.\n") == {"PLAN902"}
    assert codes("") == {"PLAN902"}


def test_codes_are_chosen_by_their_beginnings() -> None:
    assert chosen([], []) == set(CATALOGUE) == {*RULES, UNREADABLE}
    assert chosen(["PLAN0"], ["PLAN008"]) == {f"PLAN00{n}" for n in range(1, 8)}
    assert check(read("# [Name]\n"), Beside("plan"), chosen(["PLAN1"], [])) == []


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("PLAN0", ""),
        ("PLAN902", ""),
        ("PLAN", ""),
        ("PLAN999", "PLAN90"),
        ("plan001", "PLAN001"),
        ("total-time", "PLAN001"),
        ("", "docs/checks.md"),
    ],
)
def test_a_code_that_there_is_not_is_said_with_what_was_meant(code: str, hint: str) -> None:
    assert hint in misspelt(code)
    assert bool(misspelt(code)) is bool(hint)


def test_a_fix_that_would_make_the_plan_read_otherwise_is_refused() -> None:
    document = read("### Task 1: Dig\n\n## Summary\n\n**Number of Tasks**: 3\n")

    with pytest.raises(Unwritable, match="read otherwise"):
        mended(document, check(document, Beside("plan")), lambda _: read("# Nothing\n"))
