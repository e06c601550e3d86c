"""What a test says of a plan: its tasks by number, its steps, its lines; and which lines changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

BOM = b"\xef\xbb\xbf"
MARKER = re.compile(r" <!-- plansync:[2-9a-hj-km-np-z]{7} -->")
FOOTER = re.compile(r"<!-- plansync plan=([0-9a-z]{8}) -->")
COMPUTED = ("Implementation Status", "Current Phase", "Completion", "Last Updated")

Change = tuple[str, str]
"""One line before and after; an empty string where it was added or removed."""


@dataclass(frozen=True)
class Task:
    """One task as its author wrote it."""

    number: str
    title: str
    phase: str
    steps: tuple[str, ...]


@dataclass(frozen=True)
class Outline:
    """A plan read with the simplest means, which is enough for a plan that is written plainly."""

    phases: tuple[str, ...]
    tasks: tuple[Task, ...]
    criteria: tuple[str, ...]

    def task(self, number: str) -> Task:
        return next(task for task in self.tasks if task.number == number)

    @property
    def steps(self) -> int:
        return sum(len(task.steps) for task in self.tasks)


def outline(plan: bytes) -> Outline:
    phases: list[str] = []
    tasks: list[Task] = []
    criteria: list[str] = []
    section = ""
    for line in lines(plan):
        text = MARKER.sub("", line)
        if found := re.match(r"## (Phase \d+: .*)", text):
            phases.append(found[1])
        if text.startswith("## "):
            section = text[3:]
        elif found := re.match(r"### Task ([\d.]+): (.*)", text):
            tasks.append(Task(found[1], found[2], section, ()))
        elif found := re.match(r" *- \[.\] (.*)", text):
            if section == "Success Criteria":
                criteria.append(found[1])
            else:
                last = tasks[-1]
                tasks[-1] = Task(last.number, last.title, last.phase, (*last.steps, found[1]))
    return Outline(tuple(phases), tuple(tasks), tuple(criteria))


def lines(plan: bytes) -> list[str]:
    """Split a plan into its lines, without line ends and byte order mark."""
    return plan.removeprefix(BOM).decode().replace("\r\n", "\n").split("\n")


def in_crlf(plan: bytes) -> bytes:
    """Write a plan as Windows editors do: CRLF, with a byte order mark."""
    return BOM + plan.replace(b"\n", b"\r\n")


def changes(before: bytes, after: bytes) -> list[Change]:
    """List the lines that differ; fail where line ends or the byte order mark do.

    Line ends of the whole file must be of one kind, and that kind must stay.
    """
    assert _form(after) == _form(before), "line ends, byte order mark or the end of the file changed"
    old, new = lines(before), lines(after)
    found: list[Change] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            found += zip_longest(old[a:b], new[c:d], fillvalue="")
    return found


def _form(plan: bytes) -> tuple[bool, int, bool]:
    crlf, lf = plan.count(b"\r\n"), plan.count(b"\n")
    assert crlf in (0, lf), "this plan mixes line ends"
    return plan.startswith(BOM), bool(crlf), plan.endswith(b"\n")


def in_footer(change: Change) -> bool:
    """Whether a change is one of the lines that plansync computes."""
    return any(line.startswith(f"**{key}**: ") for line in change for key in COMPUTED)


def body(changes: list[Change]) -> list[Change]:
    """The changes outside the lines that plansync computes."""
    return [change for change in changes if not in_footer(change)]


def stripped(plan: bytes) -> bytes:
    """Take what plansync adds out of a plan, the simplest way."""
    text = plan.decode()
    text = re.sub(r"\*\*Issue\*\*: \[#\d+\]\([^)]*\)[ ]*\r?\n", "", text)
    text = re.sub(r"\r?\n" + FOOTER.pattern, "", text)
    return MARKER.sub("", text).encode()


def nameless(text: str) -> str:
    """Put constants where a run puts chance: the plan's own name, and the stamps of writes."""
    text = re.sub(r"plan=[0-9a-z]{8}", "plan=", text)
    return re.sub(r" rev=\d+ op=[0-9a-f]{8}", " rev= op=", re.sub(r" op=[0-9a-f]{8} -->", " op= -->", text))
