"""What the commands print, word for word, at 80 columns: in colour, with NO_COLOR, on a dumb terminal and in a pipe.

The files in `golden/` are what is expected; `make goldens` writes them anew, and `git diff` then shows what changed.
In them `␛` is an escape character, and what differs from run to run (ports, ids, dates, times) is always the same.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.conftest import Source, source
from tests.support.people import Copy, Person
from tests.support.screen import COLUMNS, Screen

GOLDEN = Path(__file__).parent / "golden"
IS_WRITING = os.environ.get("WRITE_GOLDENS") == "1"
ESCAPE, SHOWN = "\x1b", "␛"
_UNSEEN = re.compile(r"␛\[[0-9;]*m|␛\]8;;[^␛]*␛\\")
_VARYING = (
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:00000"),
    (re.compile(r"(?<![0-9a-f])[0-9a-f]{8}\b"), "0a0a0a0a"),
    (re.compile(r"\b20\d\d-\d\d-\d\d\b"), "2027-01-01"),
    (re.compile(r"\(\d+ requests?(, \d+ not modified)?\)"), "(2 requests)"),
    (re.compile(r"Needs \d+ requests, about \d+ s"), "Needs 9 requests, about 1 s"),
)
"""What differs from run to run, and what stands for it: as wide where lines are broken."""
FLAWED = """# Plan: Flawed

## Phase 1: All

### Task 1.1: Dig a hole

- [ ] Dig

**Estimated Time**: 2 hours
**Dependencies**: Task 9.9

### Task 1.2: Fill the hole with everything that was in it before, and a little more than that

- [x] Fill

**Estimated Time**: soon
**Dependencies**: Task 1.2
"""


@pytest.fixture
def plan() -> Source:
    return source("example")


@dataclass(frozen=True)
class Case:
    """One output. `prepare` makes what is printed about; `answers`: what is typed, and after which words."""

    arguments: tuple[str, ...]
    prepare: Callable[[Copy, Person], object] = lambda copy, person: None
    answers: tuple[tuple[str, str], ...] = ()
    exits: int = 0


def pushed(copy: Copy, person: Person) -> None:
    copy.push()


def torn(copy: Copy, person: Person) -> None:
    """Push, then change both sides, one title differently on each."""
    copy.push()
    copy.tick("Ask six people for three recipe pages each, printed and handwritten")
    copy.replace("Task 1.2: Keep pictures with recipes", "Task 1.2: Keep all the pictures")
    copy.replace("Task 2.1: Straighten the picture", "Task 2.1: Turn the picture")
    person.rename("Straighten the picture", "Make the picture straight")
    person.rename("Upload page", "The page for uploads")
    person.close("Read the ingredients")


def synced(copy: Copy, person: Person) -> None:
    torn(copy, person)
    copy.sync(exits=4)


def flawed(copy: Copy, person: Person) -> None:
    copy.plan.write_text(FLAWED, encoding="utf-8")


CASES = {
    "status": Case(("status",)),
    "status-torn": Case(("status",), synced),
    "diff-first": Case(("diff",)),
    "diff-both": Case(("diff",), torn, exits=4),
    "push-asked": Case(("push",), answers=(("[y/N]:", "n"),), exits=7),
    "push": Case(("push", "--yes")),
    "sync": Case(("sync",), torn, exits=4),
    "resolve": Case(("resolve", "--dry-run"), torn, exits=4),
    "doctor": Case(("doctor",), pushed),
    "check": Case(("check", "implementation-plan.md"), flawed, exits=1),
}
ALIKE = ("status", "diff-both", "check")
"""The ones that are also printed on terminals without colour."""


def constant(text: str) -> str:
    """Put in place of what differs from run to run what never does."""
    text = text.replace("\r\n", "\n").replace(ESCAPE, SHOWN)
    for varying, fixed in _VARYING:
        text = varying.sub(fixed, text)
    return text


def on_a_terminal(case: Case, copy: Copy, **env: str) -> str:
    screen = Screen(copy, *case.arguments, errors=copy.folder.parent / "errors", **env)
    for words, answer in case.answers:
        screen.until(words)
        screen.answer(answer)
    assert screen.end() == case.exits, screen.seen
    return constant(screen.seen)


def compare(name: str, printed: str) -> None:
    file = GOLDEN / name
    if IS_WRITING:
        file.parent.mkdir(exist_ok=True)
        file.write_text(printed, encoding="utf-8")
    assert printed == file.read_text(encoding="utf-8"), f"{name} is not what is printed now: make goldens"


@pytest.mark.parametrize("name", CASES)
def test_a_terminal_shows_it_in_colour_and_in_its_width(name: str, fresh: Copy, person: Person) -> None:
    case = CASES[name]
    case.prepare(fresh, person)

    printed = on_a_terminal(case, fresh)

    compare(f"{name}.terminal.txt", printed)
    too_wide = [line for line in _UNSEEN.sub("", printed).splitlines() if len(line) > COLUMNS]
    assert all("plansync " in line or "Go on?" in line for line in too_wide), "nothing but commands runs on"


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not case.answers])
def test_a_pipe_gets_the_words_alone(name: str, fresh: Copy, person: Person) -> None:
    case = CASES[name]
    case.prepare(fresh, person)
    fresh.env = {**fresh.env, "TERM": "xterm-256color"}
    del fresh.env["NO_COLOR"]

    ran = fresh.run(*case.arguments, exits=case.exits)

    assert ran.err == ""
    assert ESCAPE not in ran.out
    compare(f"{name}.pipe.txt", constant(ran.out))


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["NO_COLOR", "dumb"])
@pytest.mark.parametrize("name", ALIKE)
def test_without_colour_a_terminal_shows_the_same_words(
    name: str, env: dict[str, str], fresh: Copy, person: Person
) -> None:
    case = CASES[name]
    case.prepare(fresh, person)

    printed = on_a_terminal(case, fresh, **env)

    assert SHOWN not in printed
    assert printed == _UNSEEN.sub("", (GOLDEN / f"{name}.terminal.txt").read_text(encoding="utf-8"))


def test_every_golden_is_compared() -> None:
    named = {f"{name}.terminal.txt" for name in CASES}
    named |= {f"{name}.pipe.txt" for name, case in CASES.items() if not case.answers}

    assert {file.name for file in GOLDEN.iterdir()} == named
