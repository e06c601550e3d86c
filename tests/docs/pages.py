"""What stands in the pages: their code blocks, and every command line that a reader may copy."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", *sorted(file.relative_to(ROOT).as_posix() for file in (ROOT / "docs").glob("*.md")))
ALSO = ("CHANGELOG.md", "config.example.toml")

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ANY_FENCE = re.compile(r"^ *([`~]{3,})[^\n]*\n.*?^ *\1[`~]*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_COMMAND = re.compile(r"(?:^|[\s/{])(plansync(?: [^;|`]*)?)(?=$|[;|])")


def read(name: str) -> str:
    """Read a page of the project."""
    return (ROOT / name).read_text(encoding="utf-8")


def fenced(name: str, language: str) -> list[str]:
    """List a page's code blocks in one language."""
    return [text for kind, text in _FENCE.findall(read(name)) if kind == language]


def command_lines(name: str) -> list[list[str]]:
    """List what follows `plansync` on every command line of a page, split into words."""
    found: list[str] = []
    for kind, text in _FENCE.findall(read(name)):
        lines = text.splitlines()
        if kind == "console":
            found += [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        elif kind == "yaml":
            found += [m for line in lines for m in re.findall(r"run: (plansync .*)", line)]
        elif kind in ("sh", "cron"):
            found += [m for line in lines for m in _COMMAND.findall(line.partition(" # ")[0])]
            found += [m for line in lines for m in re.findall(r"#.*?(plansync \w+ -.*)", line)]
    codes = (code for code in _CODE.findall(_FENCE.sub("", read(name))) if not code.startswith("<!--"))
    found += [m for code in codes for m in _COMMAND.findall(code)]
    return [shlex.split(line)[1:] for line in found if not line.startswith("plansync:")]


def headings(name: str) -> list[str]:
    """List a page's headings."""
    return re.findall(r"^#+ (.*)$", _ANY_FENCE.sub("", read(name)), re.MULTILINE)


def _require_one(name: str, first: str) -> None:
    """A second table of the same name would be read by people, and checked by nobody."""
    count = read(name).count(f"\n| {first} |")
    assert count == 1, f"{name} has {count} tables whose first heading is {first}"


def rows(name: str, first: str) -> list[list[str]]:
    """List the rows of the table whose first heading is `first`, as cells without backticks."""
    lines = iter(read(name).splitlines())
    _require_one(name, first)
    for line in lines:
        if line.startswith(f"| {first} |"):
            break
    next(lines)
    found = []
    for line in lines:
        if not line.startswith("|"):
            break
        found.append([cell.strip().strip("`") for cell in line.strip("|").split("|")])
    return found
