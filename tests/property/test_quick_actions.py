"""What plansync writes gives a GitLab no orders, whichever rule it reads a text by, and comes back as it was."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plansync import text
from plansync.sandbox.gitlab_commands import told

PIECES = (
    *(
        "/close",
        "/close\n",
        "/label ~a",
        "/CLOSE",
        "text",
        "text\n",
        "a `b` c\n",
        "| a |\n",
        "---\n",
        "\\",
        "`",
        "\t",
    ),
    *("\n", "\n\n", "\r\n", "\r", " ", "    ", "- ", "1. ", "> ", ">>>\n", ">>> [!note]\n"),
    *(
        "```",
        "```\n",
        "```sh\n",
        "````\n",
        "~~~\n",
        "<!-- c -->\n",
        "<!--\n",
        "-->\n",
        "<div>\n",
        "</div>\n",
        "<pre>\n",
    ),
)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=10).map("".join), st.booleans())
def test_no_text_gives_orders_and_each_comes_back(written: str, is_plain_rule: bool) -> None:
    safe = text.neutralise(written)

    assert told(safe, is_plain_rule=is_plain_rule).commands == ()
    assert text.restore(safe) == written


@pytest.mark.parametrize("is_plain_rule", [False, True])
@pytest.mark.parametrize(
    "written",
    [
        "```\r\nx\r\n```\r\n\r\n/close\r\n",
        "x\n\r/close",
        "```\n/close\n",
        "~~~\n```\n~~~\n\n/close\n",
        "  ```\n/close\n  ```",
        "</div>\n```<div>\n\n/close\n```",
        "<!--\n```\n-->\n/close\n```\n",
        ">>>\n```\n>>>\n/close\n```",
        ">>> [!note]\n```\n>>>\n/close\n```",
    ],
)
def test_what_once_gave_orders_gives_none(written: str, is_plain_rule: bool) -> None:
    safe = text.neutralise(written)

    assert told(safe, is_plain_rule=is_plain_rule).commands == ()
    assert text.restore(safe) == written


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("before", ["", "Run:\n", "<!-- a note -->\n", "<p>x</p>\n\n"])
def test_code_in_a_plain_fence_keeps_its_slashes(before: str, line_end: str) -> None:
    written = f"{before}```sh\n/usr/bin/env\n/close\n```\n".replace("\n", line_end)

    assert text.neutralise(written) == written
