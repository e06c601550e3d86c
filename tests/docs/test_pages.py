"""What the pages say about exit codes, settings, guards and each other is what the code says."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plansync import config, errors
from plansync.cli import outcome
from plansync.config import Check, Settings, Watching, When
from plansync.sync.guards import ALLOWED
from plansync.sync.run import Declined
from tests.docs.pages import ALSO, PAGES, ROOT, headings, read, rows

EXAMPLE = ROOT / "config.example.toml"


def test_the_exit_codes_are_those_of_the_program() -> None:
    table = {int(code): name for code, name, *_ in rows("docs/exit-codes.md", "Code")}
    order = re.search(r"in this\s+order:\s+([\d,\s]+)\.", read("docs/exit-codes.md"))

    assert table == outcome.OUTCOMES
    assert list(table) == sorted(table)
    assert order
    assert tuple(map(int, order[1].split(","))) == outcome._WORST_FIRST


@pytest.mark.parametrize("name", PAGES)
def test_no_page_has_two_sections_of_one_name(name: str) -> None:
    sections = headings(name)

    assert sections
    assert len(sections) == len(set(sections))


def test_the_readme_names_each_exit_code() -> None:
    text = read("README.md").partition("## Exit codes\n")[2].partition("What to do")[0]

    assert [int(n) for n in re.findall(r"(?:^|· |·\n)(\d+) ", text, re.MULTILINE)] == sorted(outcome.OUTCOMES)


def family(root: type[errors.PlansyncError]) -> Iterator[type[errors.PlansyncError]]:
    if root.__module__ == errors.__name__:
        yield root
        for child in root.__subclasses__():
            yield from family(child)


def test_each_error_has_the_code_that_the_page_gives_it() -> None:
    table = {name: int(code) for name, code, _ in rows("docs/exit-codes.md", "Class")}

    assert table == {kind.__name__: kind.exit_code for kind in family(errors.PlansyncError)}
    assert set(table.values()) <= set(outcome.OUTCOMES)


def test_each_error_has_a_code_that_is_one_wherever_it_stands() -> None:
    every = [errors.PlansyncError]
    for kind in every:
        every += kind.__subclasses__()

    assert Declined in every
    assert all(isinstance(kind.exit_code, errors.ExitCode) for kind in every)


def test_no_part_of_the_command_line_has_numbers_of_its_own_for_exit_codes() -> None:
    """`Exit(4)`, `code == 130`, `_BUSY = 9`: who reads or changes the codes finds them all in one place."""
    names = "|".join(code.name for code in errors.ExitCode)
    own = re.compile(rf"\bExit\(\d|\bcodes? (==|!=|in) \(?\d|\b_?({names})\b.* = .*\b\d+\b")
    sources = [path for part in ("cli", "sync") for path in (ROOT / "plansync" / part).rglob("*.py")]

    found = [
        f"{path.name}: {line}"
        for path in sources
        for line in path.read_text("utf-8").splitlines()
        if own.search(line)
    ]

    assert found == []


def test_the_guards_are_those_of_the_program() -> None:
    assert [name for name, _ in rows("docs/how-it-works.md", "`--allow`")] == list(ALLOWED)


# ------------------------------------------------------------------ settings


def whole() -> str:
    """Give the example with the options that have no default switched on."""
    return re.sub(r"^# (\w+ = |\[\[)", r"\1", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)


def test_the_example_says_the_defaults() -> None:
    home = config.load(ROOT, {}, {}, EXAMPLE)

    assert home.settings == Settings()


def test_the_example_holds_each_option_and_no_other() -> None:
    values: dict[str, Any] = tomllib.loads(whole())

    assert set(values) == set(Settings.model_fields)
    assert set(values["when"]) == set(When.model_fields)
    assert set(values["check"]) == set(Check.model_fields)
    assert set(values["watch"]) == set(Watching.model_fields)


def test_an_option_without_a_default_stands_there_as_a_comment() -> None:
    active = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    defaults = Settings().model_dump()

    assert {k for k in defaults if k not in active} == {k for k, v in defaults.items() if v in (None, [])}


def test_the_example_can_be_switched_on_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "plansync.toml"
    path.write_text(whole(), encoding="utf-8")

    settings = config.load(tmp_path, {}, {}, path).settings

    assert settings.repo == "OWNER/NAME"
    assert [entry.path for entry in settings.plan] == ["docs/implementation-plan.md"]


def test_each_option_has_a_reason_above_it() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()

    for name in (*Settings.model_fields, *When.model_fields, *Check.model_fields, *Watching.model_fields):
        at = next(
            n for n, line in enumerate(lines) if re.match(rf"(# )?(\[+{name}\]+$|{name}(\.| = ))", line)
        )
        beside = lines[at + 1] if lines[at] in ("[when]", "[check]", "[watch]", "[people]") else lines[at - 1]
        assert beside.startswith("# "), name


def test_an_environment_variable_that_is_named_is_read() -> None:
    named = {name for page in (*PAGES, *ALSO) for name in re.findall(r"PLANSYNC_([A-Z_]+[A-Z])", read(page))}

    assert {name.casefold() for name in named} - {"token", "dotenv", "read_token", "package"} <= set(
        config._FROM_ENVIRONMENT
    )
    assert named >= {"TOKEN", "REPO"}


# --------------------------------------------------------------------- pages


@pytest.mark.parametrize("name", PAGES)
def test_a_link_to_another_page_leads_somewhere(name: str) -> None:
    here = (ROOT / name).parent

    for link in re.findall(r"\]\((?!https://)([^)#]+)(?:#[^)]*)?\)", read(name).replace("[#12](…)", "")):
        assert (here / link).exists(), link


@pytest.mark.parametrize("name", [*PAGES, *ALSO])
def test_a_page_names_no_place_of_a_machine(name: str) -> None:
    text = read(name)

    assert not re.search(r"/(?:home|Users|work|tmp|root)/", text)
    assert not re.search(r"\bpypi\b|index-url", text, re.IGNORECASE)


def test_the_block_that_is_shown_can_be_read() -> None:
    from plansync.document import block

    text = read("docs/how-it-works.md")
    shown = re.search(r"^<!-- plansync:begin.*?^<!-- plansync:end -->$", text, re.MULTILINE | re.DOTALL)

    assert shown
    found = block.read(shown[0])
    assert found is not None
    assert [step.text for step in found.steps] == ["Pick a photo", "Shrink it to 1 MB"]
    assert found.path == "PLAN.md"
