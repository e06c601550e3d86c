"""Every rule that the code can give a change has its words."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from plansync.model import RELINKED
from plansync.reconcile.reasons import (
    DUPLICATE,
    FIX_REASON,
    PHASE_DONE,
    PHASE_OPEN,
    UNDO,
    UNLINKED,
    WORDS,
    in_words,
)

PACKAGE = Path(__file__).parents[3] / "plansync"
RULE_AT = {"Verdict": 1, "Choice": 2, "Change": 4, "set": 3, "_set": 3}
"""Which argument of a call names the rule: `Verdict(value, rule)`, `agreement.set(uid, field, value, rule)`, …"""


def rules_in(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            at = RULE_AT.get(name)
            given = [k.value for k in node.keywords if k.arg == "rule"]
            given += [node.args[at]] if at is not None and len(node.args) > at else []
            yield from (text for each in given for text in _texts(each))
        if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "rule" and node.value:
            yield from _texts(node.value)


def _texts(node: ast.expr) -> Iterator[str]:
    """Find the texts that an expression can be: not those that it compares with."""
    match node:
        case ast.Constant(value=str(text)) if text:
            yield text
        case ast.IfExp():
            yield from (*_texts(node.body), *_texts(node.orelse))
        case ast.Call(args=[_, fallback]):
            yield from _texts(fallback)
        case _:
            pass


def rules() -> set[str]:
    files = [*(PACKAGE / "reconcile").glob("*.py"), *(PACKAGE / "sync").glob("*.py"), PACKAGE / "model.py"]
    named = {
        RELINKED,
        FIX_REASON,
        DUPLICATE,
        UNLINKED,
        PHASE_DONE,
        PHASE_OPEN,
    }  # by a constant: other parts ask for them
    return named | {rule for file in files for rule in rules_in(file.read_text(encoding="utf-8"))}


def test_the_rules_are_found_in_the_code() -> None:
    found = rules()

    assert {"push", "pull", "agree", "finish", "new", "conflict", "order", "removed", "cycle"} <= found
    assert {"R1", "R2", "R3", "R4", "computed", "identity", "link", "resolved", "status", "told"} <= found


def test_each_rule_has_words_and_no_words_are_left_over() -> None:
    assert rules() == set(WORDS)


def test_a_numbered_rule_is_told_with_its_number() -> None:
    assert in_words("R2") == "the last open step was ticked, so the task is done (R2)"


def test_another_rule_is_told_without_its_name() -> None:
    assert in_words("push") == "only the plan changed it, so the tracker follows"


def test_what_an_undo_sets_back_names_the_run() -> None:
    assert in_words(f"{UNDO}1a2b3c4d") == "run 1a2b3c4d was undone"


def test_a_rule_of_a_later_version_is_its_name() -> None:
    assert in_words("R9x") == "R9x"
    assert in_words("S12") == "S12 (S12)"
