"""The pages that are made from the program are as it makes them now, and lead where they say."""

from __future__ import annotations

import re

import pytest
from pydantic import BaseModel

from plansync.cli.outcome import OUTCOMES
from plansync.config import Check, Settings, Watching, When
from tests.docs.pages import ROOT, headings, read
from tests.docs.reference import ANY, COMMAND, ENDS, PAGES, verbs


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_reference_is_as_the_program_makes_it(name: str) -> None:
    assert read(name) == PAGES[name](), f"{COMMAND} writes it anew"


def test_each_command_is_there_with_the_codes_it_may_end_with() -> None:
    names = [verb.name for verb in verbs()]

    assert list(names) == [name for name in headings("docs/commands.md") if name in ENDS]
    assert set(names) == set(ENDS)
    assert all({*codes, *ANY} <= set(OUTCOMES) and not set(codes) & set(ANY) for codes in ENDS.values())


def test_each_setting_is_there_with_its_reason() -> None:
    sections = dict(re.findall(r"^### (\S+)\n\n.*\n\n(.+)$", read("docs/configuration.md"), re.MULTILINE))
    tables: dict[str, type[BaseModel]] = {"when": When, "check": Check, "watch": Watching}
    plain = [name for name in Settings.model_fields if name not in {*tables, "people", "plan"}]
    inner = [f"{table}.{key}" for table, model in tables.items() for key in model.model_fields]

    assert set(sections) == {*plain, *inner}
    assert all(len(reason) > 40 for reason in sections.values())


def test_each_schema_is_there() -> None:
    linked = re.findall(r"^\| \[[^]]+\]\(schemas/([a-z0-9-]+\.json)\)", read("docs/json.md"), re.MULTILINE)

    assert linked == sorted(file.name for file in (ROOT / "docs" / "schemas").iterdir())
