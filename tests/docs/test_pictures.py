"""The README's pictures show what the commands show, and fetch nothing."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from tests.docs import pictures
from tests.docs.pages import read
from tests.support.sandbox import Sandbox

NAMES = ("diff", "status")


def words(svg: str) -> list[str]:
    """List the texts of a drawing, line by line; how it is drawn may change with the library that draws it."""
    found: dict[str, str] = {}
    for attributes, text in re.findall(r"<text ([^>]*)>([^<]*)</text>", svg):
        y = re.search(r'y="([\d.]+)"', attributes)
        found[y[1] if y else ""] = found.get(y[1] if y else "", "") + html.unescape(text).replace("\xa0", " ")
    return [line.strip() for line in found.values() if line.strip()]


def test_they_show_what_a_terminal_shows_now(sandbox: Sandbox, tmp_path: Path) -> None:
    shown = pictures.shots(sandbox, tmp_path)

    assert set(shown) == set(NAMES)
    for command, text in shown.items():
        kept = (pictures.IMAGES / f"{command}.svg").read_text(encoding="utf-8")
        assert words(kept) == words(pictures.drawn(command, text)), "make pictures"


@pytest.mark.parametrize("name", NAMES)
def test_they_are_in_the_readme_and_fetch_nothing(name: str) -> None:
    svg = (pictures.IMAGES / f"{name}.svg").read_text(encoding="utf-8")

    assert f"](docs/images/{name}.svg)" in read("README.md")
    assert "@font-face" not in svg and "url(http" not in svg and "<image" not in svg
