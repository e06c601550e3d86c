"""Text that crosses: from a tracker it becomes one field of a plan, from a plan it wakes nobody on a tracker."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from random import Random

import pyromark
import pytest
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from plansync import text
from plansync.errors import Unwritable
from tests.property.grammars import DIALECTS, HOSTILE, plan
from tests.support import edits
from tests.support.edits import assert_no_other_difference, assert_within, look, made, marks, places

QUICK = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
WITH = (
    "Build",
    "a",
    "river ",
    "- ",
    "#",
    "1.2",
    "`",
    "*",
    "[",
    "]",
    "(",
    ")",
    "<",
    ">",
    "|",
    "\\",
    ":",
    "~~",
    "_",
    "–",
)
BREAKS = (
    "\n",
    "\r",
    "\r\n",
    "\v",
    "\f",
    "\x1c",
    "\x85",
    "\u2028",
    "\u2029",
    "\n\n",
    "\n    ",
    "\x00",
    "\x1b[2J",
)
MARKS = (
    "<!-- plansync:k3f9a2c -->", "<!-- plansync:k3f9a2c #12 -->",
    "<!--plansync:k3f9a2c-->", "<!-- plansync plan=abcd1234 -->",
    "<!-- plansync:begin v=1 kind=task plan=abcd1234 id=k3f9a2c rev=1 op=00000000 -->", "<!-- plansync:end -->",
    "-->", "<!--", "--!>", "<!A", "<?", "<![CDATA[", "[#12](https://tracker.example/12)",
)  # fmt: skip
foreign = st.lists(st.sampled_from((*HOSTILE, *WITH, *BREAKS, *MARKS)), min_size=1, max_size=6).map("".join)
"""What a title or a step on a tracker may hold."""

KINDS = {name: edits.KINDS[name] for name in ("rename", "edit_step", "add_last_step")}
every_dialect = pytest.mark.parametrize("dialect", DIALECTS)
every_kind = pytest.mark.parametrize("kind", KINDS)


def _plan(dialect: str, seed: int) -> edits.Plan:
    """A plan as a careful person writes it, with its ids."""
    shown = look(plan(Random(seed).randint, dialect, is_odd=False))
    return shown.again(made(shown, marks(shown)))


def _imported(shown: edits.Plan, kind: str, where: int, words: str) -> bool:
    """Write a foreign text into a plan and see that it is one field, or that it is refused; says which."""
    found = places(shown, kind)
    if not found:
        return False
    edit = KINDS[kind](shown, found[where % len(found)], words)
    if edit is None:
        return False
    try:
        after = made(shown, edit.operations)
    except Unwritable:
        return False
    assert_within(edit, shown.source, after)
    assert_no_other_difference(shown, after, edit)
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]", after.decode())
    return True


@every_kind
@every_dialect
@QUICK
@given(words=foreign, seed=st.integers(0, 7), where=st.integers(0, 40))
def test_a_foreign_text_is_one_field_of_a_plan(
    dialect: str, kind: str, words: str, seed: int, where: int
) -> None:
    event("taken in" if _imported(_plan(dialect, seed), kind, where, words) else "refused")


TAKEN = (
    "## Phase 9: x", "- [x] x", "```", "~~~ x", "---", "<!-- x", "x -->",
    "# x", "> x", "| a | b |", "a\nb", "a\u2028b", "a\x85b",
    "a\r\n\r\n## Phase 9: b", "<!-- plansync:k3f9a2c --> x", "<!-- plansync:end --> x", "a <details> b",
)  # fmt: skip
"""What must not be refused either: people write such things, and a refusal would be the price of their words."""


@every_kind
@every_dialect
def test_what_looks_like_structure_is_taken_in_as_words(dialect: str, kind: str) -> None:
    shown = next(each for seed in range(9) if len(places(each := _plan(dialect, seed), kind)) > 1)

    refused = [words for words in TAKEN if not _imported(shown, kind, 1, words)]

    assert refused == []


# ------------------------------------------------------------------ plan → tracker

ALIVE = (
    "@someone", "@org/team", "@", "#12", "#", "!7", "GH-3",
    "gh-4", "GH", "-", "owner/name#4", "&#64;", "&#x40;", "&commat;", "&#0064;",
    "&#64", "&#35;", "&num;", "&#49;", "&#71;", "&#45;",
    "name", "12", "closes ", "Fixes: ", "resolved ", "implements ",
    "https://host/o/r/issues/1", "\\@who", "\\#5", "GH\\-6", "\\`", "`", "``",
    "`@code`", "\\", " ", " ", "\n", "\n\n", "\n- ", "\r\n",
    "|", "<", ">", "<b>", "<!-- ` -->", "<!-- -->", "<a title='`'>", "*", "**", "_", "[", "](x)", "a", "1", "~~",
)  # fmt: skip
sent = st.lists(st.sampled_from(ALIVE), max_size=14).map("".join)


class _Seen(HTMLParser):
    """The texts that a tracker looks at for names and numbers: between tags and comments, outside code."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts = [""]
        self.code = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.code += tag in ("code", "pre")
        self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        self.code -= tag in ("code", "pre") and self.code > 0
        self.texts.append("")

    def handle_comment(self, data: str) -> None:
        self.texts.append("")

    def handle_data(self, data: str) -> None:
        if not self.code:
            self.texts[-1] += data


_LIVE = re.compile(r"@[a-z0-9]|#\d|!\d|\bgh-\d", re.IGNORECASE)
_CLOSING = re.compile(r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\b:?\s+(?:#\d|https?://)", re.IGNORECASE)


def live(markdown: str) -> list[str]:
    """Say what a tracker would make a mention, a reference or a closing word of; read by a parser of its own."""
    seen = _Seen()
    seen.feed(str(pyromark.html(markdown, options=pyromark.Options.ENABLE_TABLES)))
    seen.close()
    return [found[0] for each in seen.texts for p in (_LIVE, _CLOSING) for found in p.finditer(each)]


def test_the_oracle_finds_what_is_alive() -> None:
    for words in (
        "@a",
        "&#64;a",
        r"\@a",
        "see #12",
        "&#35;12",
        "GH-1",
        "fixes https://x/1",
        "a `b\n\n@c` d",
        r"\`@a\`",
    ):
        assert live(words), words
    for words in ("`@a`", "@<!-- -->a", "#<!-- -->1", "a @ b", "```\n@a\n```"):
        assert not live(words), words


@settings(max_examples=600, deadline=None)
@given(sent)
@example("\\`@a\\`")
@example("a ` b\n\n@c ` d")
@example("see `a\n- b` @c `d`")
@example("| a ` | b |\n|---|---|\n| ` @x | ` |")
@example("<!-- ` --> @name `")
def test_what_is_sent_wakes_nobody_and_comes_back_as_it_was(words: str) -> None:
    written = text.neutralise(words)

    assert live(written) == []
    assert text.restore(written) == words


@settings(max_examples=200, deadline=None)
@given(sent)
def test_neutralised_twice_it_is_restored_in_two_steps(words: str) -> None:
    """A text that went there and back, and once more, is still what it was."""
    assert text.restore(text.restore(text.neutralise(text.neutralise(words)))) == words


@given(st.text(max_size=40))
def test_any_text_at_all_is_restored_and_any_shown_line_is_one(words: str) -> None:
    assert text.restore(text.neutralise(words)) == words
    assert len(text.in_line(words).splitlines()) <= 1
    assert not re.search(rf"[\x00-\x1f\x7f-\x9f\ud800-\udfff{text.HIDDEN}]", text.in_line(words))


def test_only_what_is_hidden_is_read_back_from_its_number() -> None:
    assert text.words("a<U+200B>b") == "a\u200bb"
    assert text.words("<U+D800> <U+0041> <U+FFFFF>") == "<U+D800> <U+0041> <U+FFFFF>"
    assert text.words(text.imported("x\U000e0041y")) == "x\U000e0041y"
