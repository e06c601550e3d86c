"""Every command line in the pages is one that works, and the other way round."""

from __future__ import annotations

import re
from typing import Any

import pytest
import typer.main

from plansync.cli.main import app, gathered
from tests.docs.pages import ALSO, PAGES, command_lines, fenced, read

GROUP: Any = typer.main.get_command(app)
VERBS = set(GROUP.commands)
NESTED = [c for c in GROUP.commands.values() if hasattr(c, "commands")]
"""Verbs that have verbs of their own, such as `state`."""
LINES = sorted({tuple(line) for name in (*PAGES, *ALSO) for line in command_lines(name)})


def parse(words: tuple[str, ...]) -> str:
    """Parse a command line as the program would, without running it; returns the verb."""
    arguments = gathered(words)
    at = next((n for n, word in enumerate(arguments) if word in VERBS), len(arguments))
    if "--version" in arguments:
        arguments.remove("--version")
    GROUP.make_context("plansync", arguments[:at])
    if at >= len(arguments):
        return ""
    command, rest = GROUP.commands[arguments[at]], arguments[at + 1 :]
    if command in NESTED and rest:
        command, rest = command.commands[rest[0]], rest[1:]
    elif command in NESTED:
        return arguments[at]  # it lists its verbs
    command.make_context(command.name, rest)
    return arguments[at]


def test_the_pages_are_read_for_command_lines() -> None:
    assert ("diff", "--exit-code") in LINES
    assert ("push", "--yes") in LINES
    assert ("schedule", "github-actions", "--install") in LINES
    assert ("sync", "--yes", "--commit", "--fail-on", "new", "--max-time", "20m", "PLAN.md") in LINES
    assert ("unlink", "--all", "--strip") in LINES
    assert ("--version",) in LINES


@pytest.mark.parametrize("words", LINES, ids=" ".join)
def test_a_command_line_in_the_pages_can_be_parsed(words: tuple[str, ...]) -> None:
    verb = parse(words)

    assert verb or words in ((), ("--version",))


def test_a_command_line_that_is_wrong_would_be_found() -> None:
    assert not parse(("frobnicate",))
    for words in (
        ("sync", "--frob"),
        ("diff", "--format", "pdf"),
        ("sync", "a", "b"),
        ("--frob", "sync"),
        ("state", "frob"),
        ("state", "show", "a", "b"),
    ):
        with pytest.raises(Exception, match=r".+"):
            parse(words)


def test_each_command_is_in_the_readme() -> None:
    assert {words[0] for words in command_lines("README.md") if words} >= VERBS


def test_each_command_of_state_is_on_its_page() -> None:
    (state,) = NESTED

    told = {words[1] for words in command_lines("docs/state.md") if words[:1] == ["state"] and len(words) > 1}
    assert told == set(state.commands)


def test_options_named_alone_exist() -> None:
    inner = (command for group in NESTED for command in group.commands.values())
    known = {
        o for command in (GROUP, *GROUP.commands.values(), *inner) for p in command.params for o in p.opts
    }
    named = {
        option for name in (*PAGES, *ALSO) for option in re.findall(r"`(--[a-z][a-z-]*)[^`]*`", read(name))
    }

    assert named
    assert named <= known


def test_make_has_what_the_readme_names() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", read("Makefile"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)", "".join(fenced("README.md", "sh"))))

    assert named == {
        "branches",
        "coverage",
        "demo",
        "goldens",
        "pictures",
        "simulate",
        "site",
        "test",
        "test-all",
    }
    assert named <= targets


def test_what_the_readme_installs_from_is_there() -> None:
    (install,) = (block for block in fenced("README.md", "sh") if "pip install" in block)

    assert "python3 -m venv .venv" in install
    assert "-m pip install -e . -c constraints.txt" in install
    assert read("constraints.txt")
    assert 'plansync = "plansync.cli.main:run"' in read("pyproject.toml")
