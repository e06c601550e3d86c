"""Draws the README's pictures from what the commands show on a real terminal: `make pictures`.

Each is the README's own example after a push, with changes on both sides. The terminal's text and colours are drawn
as they come; only what differs from run to run (an id of eight digits, the number of requests) is made constant.
"""

from __future__ import annotations

import io
import re
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from tests.docs.pages import ROOT, fenced
from tests.support.people import Copy, Person
from tests.support.sandbox import Sandbox
from tests.support.screen import COLUMNS, Screen

IMAGES = ROOT / "docs" / "images"
_FONTS = 'ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace'
_NORMAL = [(110, 118, 129), (255, 123, 114), (126, 231, 135), (227, 179, 65)]
_NORMAL += [(121, 192, 255), (210, 168, 255), (86, 212, 221), (201, 209, 217)]
_THEME = TerminalTheme((13, 17, 23), (230, 237, 243), _NORMAL, _NORMAL)
_CONSTANT = (
    (re.compile(r"\(\d+ requests?(, \d+ not modified)?\)"), "(2 requests)"),
    (re.compile(r"Needs \d+ requests, about \d+ s"), "Needs 9 requests, about 1 s"),
    (re.compile(r"(?<![0-9a-f])[0-9a-f]{8}\b"), "3c91e07b"),
)


def shots(sandbox: Sandbox, folder: Path) -> dict[str, str]:
    """Play the README's example, and give what `diff` and `status` show of it, with the terminal's colours."""
    sandbox.restore(sandbox.empty)
    place = sandbox.place
    copy = Copy.of(fenced("README.md", "markdown")[0].encode(), folder / "work", place, name="PLAN.md")
    settings = f'tracker = "github"\nrepo = "{place.repo}"\napi_url = "{place.api_url}"\n'
    (copy.folder / "plansync.toml").write_text(settings, encoding="utf-8")
    copy.flags = ()
    person = Person(place)
    copy.push()
    person.close("Set up the project")
    copy.replace("- [ ] Pick a photo", "- [x] Pick a photo")
    copy.replace("Task 1.2: Write the first entry", "Task 1.2: Write a first entry")
    person.rename("Write the first entry", "Write today's entry")
    person.leave()
    diff = _shown(copy, "diff", exits=4)
    copy.sync(exits=4)
    return {"diff": diff, "status": _shown(copy, "status", exits=0)}


def _shown(copy: Copy, command: str, *, exits: int) -> str:
    screen = Screen(copy, command)
    assert screen.end() == exits, screen.seen
    text = screen.seen.replace("\r\n", "\n").rstrip("\n")
    for varying, fixed in _CONSTANT:
        text = varying.sub(fixed, text)
    return text


def drawn(command: str, shown: str) -> str:
    """Draw a terminal as SVG that fetches nothing."""
    console = Console(
        record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, legacy_windows=False
    )
    console.print(Text.assemble(("$ ", "dim"), (f"plansync {command}", "bold")))
    console.print(Text.from_ansi(shown), soft_wrap=True)
    svg = console.export_svg(title="", theme=_THEME, unique_id=f"plansync-{command}")
    svg = re.sub(r"@font-face \{.*?\}\n?", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: Fira Code, monospace", f"font-family: {_FONTS}", svg)
    return "\n".join(line.rstrip() for line in svg.splitlines() if line.strip()) + "\n"


def main() -> None:
    """Write the pictures anew."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        sandbox = Sandbox(Path(name))
        try:
            for command, shown in shots(sandbox, Path(name)).items():
                (IMAGES / f"{command}.svg").write_text(drawn(command, shown), encoding="utf-8")
        finally:
            sandbox.close()


if __name__ == "__main__":
    main()
