"""Another parser finds the same boxes: spans against markdown-it-py, on real plans, ours and random ones."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from plansync.document.spans import Shape, blocks, front_matter
from tests.property.grammars import DIALECTS, plan

PLANS = Path(__file__).parents[2] / "plans"
BOM = b"\xef\xbb\xbf"
_BOX = re.compile(r"\[[ \txX]\](?=[ \t]|$)", re.MULTILINE)
_ORACLE = MarkdownIt("commonmark", {"maxNesting": 100}).enable("table")
_ORACLE.core.ruler.enableOnly(["normalize", "block"])

Box = tuple[int, str]
"""Where a box stands: its line from 0, and its letter."""

EXCEPTIONS = {
    "an empty first line": (
        "A bullet with nothing behind it and the box on the next line is a task to markdown-it-py's list rule "
        "alone, but not to cmark-gfm, which GitHub shows, nor to us."
    ),
    "a number, a blank and a tab": (
        "Five columns between a number and its box make it code by CommonMark; pyromark sees a box. It is the one "
        "place known where it is wrong about one."
    ),
    "behind a definition": (
        "A list that does not begin with 1 cannot interrupt the paragraph that a link definition still is; "
        "markdown-it-py has ended the definition already."
    ),
    "the end of the text": (
        "A box with nothing behind it at the very end, not even a line end: hosts add one before they read. It is "
        "a box to us all the same, but not one that is said to be shown."
    ),
}
"""Where the two differ for a reason, each judged by `_is_known`."""


def _ours(source: bytes) -> list[Box]:
    """List the boxes that hosts show: of items, with a blank or an x, and no star behind."""
    text = source.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    found = []
    for block in blocks(text):
        if block.shape is Shape.ITEM and block.box and block.is_task:
            line = text.count(b"\n", 0, block.box.start)
            found.append((line, text[block.box.start : block.box.end].decode()))
    return found


def _theirs(source: bytes) -> list[Box]:
    """List the items whose first paragraph begins with a box."""
    text = source.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if front := front_matter(text):
        text = re.sub(rb"[^\n]", b" ", text[: front.end]) + text[front.end :]
    tokens = _ORACLE.parse(text.removeprefix(BOM).decode("utf-8"))
    found = []
    for before, paragraph, inline in zip(tokens, tokens[1:], tokens[2:], strict=False):
        is_first = before.type == "list_item_open" and paragraph.type == "paragraph_open"
        if is_first and (box := _BOX.match(inline.content)):
            assert inline.map
            found.append((inline.map[0], box.group()[1]))
    return found


def _is_known(source: bytes, box: Box) -> str:
    """Name the exception that a difference falls under, empty for none."""
    lines = source.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    if re.match(rb"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*?(?:[-*+]|\d{1,9}[.)])[ \t]*\t", lines[box[0]]):
        return "a number, a blank and a tab"
    if re.match(rb"[ \t>]*(?:[-*+] +)*\[[^\]]*\]:", lines[box[0] - 1]) and box[0]:
        return "behind a definition"
    if box[0] == len(lines) - 1 and re.search(rb"\[.\]$", lines[-1]):
        return "the end of the text"
    return "an empty first line" if lines[box[0]].lstrip(b" \t>").startswith(b"[") else ""


def _only_one_sees(source: bytes) -> Box:
    (box,) = set(_ours(source)) ^ set(_theirs(source))
    return box


def _differences(source: bytes) -> list[Box]:
    ours, theirs = Counter(_ours(source)), Counter(_theirs(source))
    return [box for box in ((ours - theirs) + (theirs - ours)) if not _is_known(source, box)]


@pytest.mark.parametrize("path", sorted(PLANS.glob("*.md")), ids=lambda p: p.stem)
def test_our_plans_have_the_boxes_that_another_parser_finds(path: Path) -> None:
    assert _differences(path.read_bytes()) == []


def test_real_plans_have_the_boxes_that_another_parser_finds(corpus: Path) -> None:
    different = {p.name: d for p in sorted(corpus.glob("*.md")) if (d := _differences(p.read_bytes()))}

    assert different == {}


_TOKENS = (
    *("\n", "\n\n", "\r\n", " ", "  ", "    ", "\t", "- ", "* ", "+ ", "1. ", "2) ", "10. ", "> ", "[ ] ", "[x] "),
    *("[X] ", "[ ]", "[~] ", "[ ]* ", "# ", "## ", "###", "===", "---", "```", "~~~", "`", "``", "**", "*", "<!--"),
    *("-->", "<div>", "</div>", "<b>", "word", "a", "é", "😀", "&amp;", "\\", "|", "[a](b)", "[a]: b"),
)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(_TOKENS), max_size=30).map("".join))
def test_random_texts_have_the_boxes_that_another_parser_finds(text: str) -> None:
    assume(not text.lstrip().startswith("---"))

    assert _differences(text.encode()) == []


@pytest.mark.parametrize("dialect", DIALECTS)
def test_random_plans_have_the_boxes_that_another_parser_finds(dialect: str) -> None:
    chance = Random(dialect)
    for _ in range(15):
        source = plan(chance.randint, dialect)

        assert _differences(source) == [], source


def test_every_exception_has_an_example() -> None:
    examples = (
        b"- \n  [ ] a box of the next line\n",
        b"10. \t[ ] a\n",
        b"[a]: b\n2. [ ] a\n",
        b"- [ ]",
    )

    different = [_only_one_sees(source) for source in examples]
    assert [_is_known(source, box) for source, box in zip(examples, different, strict=True)] == list(
        EXCEPTIONS
    )


def test_a_box_behind_a_blank_and_a_tab_is_found_to_the_byte() -> None:
    assert _ours(b"10. \t[X] a\n") == [(0, "X")]
