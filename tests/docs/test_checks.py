"""The page of checks lists what the program finds, in its words, and each example does what it says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

import pytest

from plansync.checks.catalogue import CATALOGUE
from plansync.checks.context import Beside
from plansync.checks.run import RULES, UNREADABLE, check
from plansync.cli.main import main
from plansync.document import detect
from plansync.document.view import snapshot
from plansync.model import Base
from tests.docs.pages import read, rows

PAGE = "docs/checks.md"
_SECTION = re.compile(r"^### (PLAN\d{3}) ([a-z-]+)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
_EXAMPLE = re.compile(
    r"^(Found|Not found|Beside [^\n]*):\n\n(`{3}|~{4})markdown\n(.*?)^\2$", re.MULTILINE | re.DOTALL
)


class Section(NamedTuple):
    name: str
    words: str
    examples: dict[str, str]


def sections() -> dict[str, Section]:
    found = {}
    outside = re.sub(
        r"^(`{3}|~{4})markdown\n.*?^\1$", lambda m: m[0].replace("\n#", "\n\0"), read(PAGE), flags=re.M | re.S
    )
    for code, name, text in _SECTION.findall(outside):
        text = text.replace("\0", "#")
        examples = {kind: dedent(plan) for kind, _, plan in _EXAMPLE.findall(text)}
        found[code] = Section(name, " ".join(text.partition("\n\n")[2].split()), examples)
        found[code] = found[code]._replace(words=" ".join(text.split("\nFound:")[0].split()))
    return found


SECTIONS = sections()


def codes_of(code: str, example: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> set[str]:
    """Check an example of the page with what stands beside it; the one that is too long is made so."""
    section = SECTIONS[code]
    text = section.examples[example]
    if code == "PLAN502":
        text = re.sub(r"- \[ \] .*5000.*\n", "- [ ] Drive in one more\n" * 5000, text)
    right = detect.read(section.examples["Not found"].encode())
    base = Base(local=snapshot(right, "", milestones="phase").items) if code == "PLAN301" else Base()
    if code == UNREADABLE:
        return _printed(text.encode("latin-1" if example == "Found" else "utf-8"), folder, capsys)
    requirements = next((plan for kind, plan in section.examples.items() if kind.startswith("Beside")), None)
    beside = Beside("plan", requirements, base, right.lineage if code == "PLAN301" else "")
    return {finding.code for finding in check(detect.read(text.encode()), beside)}


def _printed(source: bytes, folder: Path, capsys: pytest.CaptureFixture[str]) -> set[str]:
    """Check a file with the command: one that cannot be read has no document."""
    (folder / "plan.md").write_bytes(source)
    main(["check", "--json", str(folder / "plan.md")])
    (plan,) = json.loads(capsys.readouterr().out)["plans"]
    return {finding["code"] for finding in plan["findings"]}


def test_catalogue_page_and_rules_list_the_same_codes() -> None:
    table = [(code[1:8], name, severity, fix) for code, name, severity, fix in rows(PAGE, "Code")]
    listed = [(e.code, e.name, e.severity, "yes" if e.is_mended else "") for e in CATALOGUE.values()]

    assert table == listed
    assert list(CATALOGUE) == list(SECTIONS) == [*RULES, UNREADABLE] == sorted(CATALOGUE)
    assert [section.name for section in SECTIONS.values()] == [e.name for e in CATALOGUE.values()]


@pytest.mark.parametrize("code", CATALOGUE)
def test_the_page_says_what_the_program_says(code: str) -> None:
    entry = CATALOGUE[code]

    assert f"**{entry.severity.capitalize()}.** {entry.summary} {entry.help}" in SECTIONS[code].words
    assert ("`--fix` mends it" in SECTIONS[code].words) is entry.is_mended


@pytest.mark.parametrize("code", CATALOGUE)
def test_an_example_that_is_found_is_found_and_the_other_is_clean(
    code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert codes_of(code, "Found", tmp_path, capsys) >= {code}
    assert codes_of(code, "Not found", tmp_path, capsys) == set()
