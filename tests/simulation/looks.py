"""How plans and issues look to people: each look writes a plan, reads one, and knows where things go.

Every phase, task and step carries a word of its own (`p3`, `t7`, `s21`) that survives rewording, so
that a witness knows what is what without asking the engine. Here stands all that the looks do
differently; the people and the witness ask the look.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from random import Random

from plansync.model import WHOLE_PLAN, State

WORDS = (
    "harbour",
    "velvet",
    "compass",
    "quartz",
    "ladder",
    "meadow",
    "falcon",
    "cinder",
    "orbit",
    "walnut",
    "tunnel",
    "glacier",
    "pepper",
    "anchor",
    "thimble",
    "copper",
    "lantern",
    "saddle",
    "bishop",
    "marble",
    "cactus",
    "ribbon",
    "trumpet",
    "vessel",
    "kettle",
    "jungle",
    "puzzle",
    "summit",
    "oyster",
    "fabric",
    "wagon",
    "violin",
    "tractor",
    "pillow",
    "magnet",
    "donkey",
    "chimney",
    "barrel",
    "napkin",
    "sphinx",
)
STEP = re.compile(r"(?P<lead>\s*[-*] \[)(?P<box>[ xX/~-])(?P<mid>\]\*? )(?P<text>.*?)$")
MARK = re.compile(r"(?: \[#\d+\]\([^)]*\))? <!-- plansync:\w{7}(?: #\d+)? -->")
_TASK = re.compile(r"### Task (?P<number>[\d.]+): (?P<title>.*?)(?: <!-- plansync:(?P<uid>\w{7}) -->)?$")
_BOX = re.compile(
    r"(?P<lead>[-*] \[)(?P<box>.)(?P<mid>\] )(?P<strike>~~)?(?:(?P<number>\d+(?:\.\d+)*)\.? )?(?P<title>.*?)"
    r"(?(strike)~~)(?P<mark>(?: \[#\d+\]\([^)]*\))?(?: <!-- plansync:(?P<uid>\w{7})(?: #\d+)? -->)?)$"
)
_PHASE = re.compile(r"## Phase (?P<number>\d+): (?P<title>.*?)(?: <!-- plansync:(?P<uid>\w{7}) -->)?$")
_PLAN_TITLE = re.compile(r"\ufeff?# (?:Implementation Plan: )?(?P<title>.*)")
_LEGEND = re.compile(r"`\[(.)\]` = dropped")
_BEGIN = re.compile(r"^<!-- plansync:begin .*? id=(\w{7}) rev=(\d+) .*-->[ \t]*\r?$", re.MULTILINE)
_END = re.compile(r"^<!-- plansync:end -->[ \t]*\r?$", re.MULTILINE)
_OURS = re.compile(r"\*\*(?:Issue|Status|Completion|Current Phase|Implementation Status|Last Updated)\*\*")
_TIME = re.compile(
    r"\*\*Estimated Time\*\*: (?:(?P<hours>[\d.]+) ?h(?:ours?)?|(?:(?P<h>\d+)h)? ?(?:(?P<m>\d+)m)?) *"
)
_FOOTER = re.compile(r"<!-- plansync plan=\w{8} -->")


@dataclass(frozen=True, slots=True)
class StepSeen:
    """A step as a reader sees it. `line` is its index among the lines of its text."""

    key: str
    text: str
    is_ticked: bool
    line: int
    raw: str
    is_optional: bool = False
    is_dropped: bool = False


@dataclass(slots=True)
class TaskSeen:
    """A task as a reader sees it.

    `frame`: what its own line says besides title, state and marks; `letter` is in its box.
    """

    key: str
    title: str
    phase: str = ""
    number: str = ""
    uid: str = ""
    line: int = 0
    end: int = 0
    steps: list[StepSeen] = field(default_factory=list)
    state: State | None = None
    frame: str = ""
    letter: str = ""
    status_line: int = -1
    ref: int = 0
    minutes: int | None = None
    minutes_line: int = -1


@dataclass(slots=True)
class PlanSeen:
    """A plan as a reader sees it: `rest` are the lines that no operation may touch, nor `times` on most trackers.

    `drop_letter`: with which its legend drops a task, empty where there is no legend.
    """

    lines: list[str]
    tasks: dict[str, TaskSeen] = field(default_factory=dict)
    phases: dict[str, tuple[str, int]] = field(default_factory=dict)
    uids: dict[str, str] = field(default_factory=dict)
    rest: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    doubled: list[str] = field(default_factory=list)
    drop_letter: str = ""

    def take(self, task: TaskSeen) -> TaskSeen:
        """Hold a task that was read."""
        if task.key in self.tasks:
            self.doubled.append(task.key)
        self.tasks[task.key] = task
        self.uids[task.uid] = task.key
        return task


def word_of(kind: str, text: str) -> str:
    """Find the word that names a thing."""
    found = re.search(rf"\b{kind}\d+\b", text)
    return found[0] if found else ""


def phase_word(title: str) -> str:
    """Find the word of what a milestone stands for: a phase, or the whole plan."""
    return word_of("p", title) or word_of("plan", title)


def _step_seen(found: re.Match[str], at: int, drop_letter: str = "") -> StepSeen:
    text = found["text"].strip()
    is_dropped = found["box"] == drop_letter or (text.startswith("~~") and text.endswith("~~"))
    is_ticked = found["box"] in "xX" and not is_dropped
    is_optional = "*" in found["mid"]
    return StepSeen(word_of("s", text), text.strip("~"), is_ticked, at, found[0], is_optional, is_dropped)


class Pen:
    """Hands out words that name things, and text that carries them."""

    def __init__(self) -> None:
        self.count = 0

    def word(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def text(self, rng: Random, kind: str, length: int) -> str:
        return " ".join((*rng.sample(WORDS, length), self.word(kind)))


def reworded(rng: Random, text: str) -> str:
    """Change one word of a text, or add one; the word that names it stays."""
    parts = text.split(" ")
    at = rng.randrange(len(parts))
    if re.fullmatch(r"(?:[pts]|plan)\d+", parts[at]) or rng.random() < 0.3:
        return " ".join((*parts[:at], rng.choice(WORDS), *parts[at:]))
    return " ".join((*parts[:at], rng.choice(WORDS), *parts[at + 1 :]))


# ----------------------------------------------------------------- issues


@dataclass(frozen=True, slots=True)
class BodySeen:
    """An issue's text as a reader sees it; `around` is what stands outside the block."""

    uid: str
    rev: int
    lines: tuple[str, ...]
    first: int
    last: int
    steps: tuple[StepSeen, ...]
    around: tuple[str, str]
    notes: frozenset[str]


@lru_cache(maxsize=8192)
def read_body(body: str) -> BodySeen | None:
    """Read an issue by its looks."""
    begin, end = _BEGIN.search(body), _END.search(body)
    if begin is None or end is None:
        return None
    lines = body.split("\n")
    first, last = body[: begin.start()].count("\n"), body[: end.start()].count("\n")
    found_in = ((at, STEP.fullmatch(lines[at].rstrip("\r"))) for at in range(first + 1, last))
    steps = [_step_seen(found, at, "~") for at, found in found_in if found]
    return BodySeen(
        begin[1],
        int(begin[2]),
        tuple(lines),
        first,
        last,
        tuple(steps),
        (body[: begin.start()], body[end.end() :]),
        frozenset(re.findall(r"\bnote\d+\b", body)),
    )


# -------------------------------------------------------- tasks as headings


@lru_cache(maxsize=4096)
def _read_template(source: bytes) -> PlanSeen:
    """Read a plan whose tasks are headings."""
    seen = PlanSeen(source.decode("utf-8").split("\n"))
    task: TaskSeen | None = None
    phase, rest, times = "", list[str](), list[str]()
    for at, raw in enumerate(seen.lines):
        line = raw.rstrip("\r")
        if found := _PHASE.fullmatch(line):
            phase, task = word_of("p", found["title"]), None
            seen.phases[phase] = (found["title"], at)
            seen.uids[found["uid"] or ""] = phase
        elif found := _TASK.fullmatch(line):
            key = word_of("t", found["title"])
            task = TaskSeen(key, found["title"], phase, found["number"], found["uid"] or "", at, at)
            seen.take(task).frame = found["number"]
        elif line.startswith("## "):
            phase, task = "", None
            if line.startswith("## Success"):
                task = seen.tasks["overview"] = TaskSeen("overview", "", line=at, end=at)
            rest.append(line)
        elif (step := STEP.fullmatch(line)) and task:
            task.steps.append(_step_seen(step, at))
        elif line.startswith("**Status**") and task:
            word = line.partition(":")[2].strip().casefold()
            task.state = {"done": State.DONE, "dropped": State.DROPPED}.get(word, State.TODO)
            task.status_line = at
        elif (time := _TIME.fullmatch(line)) and task:
            task.minutes, task.minutes_line = _minutes(time), at
            times.append(line)
        elif line.strip() and not _OURS.match(line) and not _FOOTER.fullmatch(line):
            rest.append(line)
        if task and line.strip():
            task.end = at
    seen.rest, seen.times = tuple(sorted(rest)), tuple(sorted(times))
    return seen


def _minutes(time: re.Match[str]) -> int:
    """Read a time of hours, or of hours and minutes."""
    if time["hours"]:
        return round(float(time["hours"]) * 60)
    return int(time["h"] or 0) * 60 + int(time["m"] or 0)


def _make_template(rng: Random, pen: Pen) -> bytes:
    """Write a small plan in the template's form."""
    lines = [f"# Implementation Plan: {pen.text(rng, 'plan', 2)}", "", "Some words about it.", ""]
    count = 0
    for phase in range(1, rng.randint(1, 3) + 1):
        lines += [f"## Phase {phase}: {pen.text(rng, 'p', 2)}", ""]
        for task in range(1, rng.choice((1, 2, 2, 3)) + 1):
            count += 1
            lines += _template_task(rng, pen, f"{phase}.{task}", [] if count == 1 else ["Task 1.1"])
        lines += ["---", ""] if rng.random() < 0.3 else []
    if rng.random() < 0.3:
        lines += ["## Success Criteria", ""]
        lines += [f"- [ ] {pen.text(rng, 's', 4)}" for _ in range(rng.randint(1, 3))] + [""]
    if rng.random() < 0.4:
        total = sum(line.startswith("### ") for line in lines)
        lines += [f"**Completion**: 0% (0/{total} tasks completed)", ""]
    return _saved(rng, lines)


def _saved(rng: Random, lines: list[str]) -> bytes:
    """Save lines as editors do: with or without a last line end, CRLF or a mark in front."""
    source = "\n".join(lines)
    if rng.random() < 0.2:
        source = source.rstrip("\n")
    if rng.random() < 0.25:
        source = source.replace("\n", "\r\n")
    return (b"\xef\xbb\xbf" if rng.random() < 0.1 else b"") + source.encode()


def _template_task(rng: Random, pen: Pen, number: str, before: list[str]) -> list[str]:
    lines = [f"### Task {number}: {pen.text(rng, 't', 2)}", ""]
    if rng.random() < 0.3:
        lines += [f"About {' '.join(rng.sample(WORDS, 3))}.", ""]
    steps = rng.choice((0, 1, 2, 2, 3, 4))
    boxes = [f"- [{'x' if rng.random() < 0.1 else ' '}] {pen.text(rng, 's', 4)}" for _ in range(steps)]
    lines += [*boxes, ""] if boxes else []
    if rng.random() < 0.6:
        depends = rng.choice(before) if before and rng.random() < 0.5 else "None"
        lines += [
            f"**Requirements**: {rng.choice(WORDS)}  ",
            f"**Estimated Time**: {rng.randint(1, 9)} hours  ",
            f"**Labels**: {rng.choice(WORDS)}  ",
            f"**Dependencies**: {depends}",
            "",
        ]
    return lines


# ---------------------------------------------------------- tasks as boxes


@lru_cache(maxsize=4096)
def _read_boxes(source: bytes) -> PlanSeen:
    """Read a plan whose tasks are boxes at the margin; without phases it is one phase itself."""
    text = source.decode("utf-8")
    seen = PlanSeen(text.split("\n"))
    legend = _LEGEND.search(text)
    seen.drop_letter = legend[1] if legend else ""
    task: TaskSeen | None = None
    phase, rest = "", []
    is_flat = not re.search(r"^## Phase", text, re.MULTILINE)
    for at, raw in enumerate(seen.lines):
        line = raw.rstrip("\r")
        if at == 0 and is_flat and (found := _PLAN_TITLE.fullmatch(line)):
            phase = seen.uids[WHOLE_PLAN] = word_of("plan", found["title"])
            seen.phases[phase] = (found["title"], at)
        elif found := _PHASE.fullmatch(line):
            phase, task = word_of("p", found["title"]), None
            seen.phases[phase] = (found["title"], at)
            seen.uids[found["uid"] or ""] = phase
        elif (found := STEP.fullmatch(line)) and task and (task.key == "overview" or line.startswith(" ")):
            task.steps.append(_step_seen(found, at, seen.drop_letter))
        elif found := _BOX.fullmatch(line):
            task = seen.take(_boxed_task(found, phase, at, seen.drop_letter))
        elif line.startswith("## "):
            phase, task = "", None
            if line.startswith("## Success"):
                task = seen.tasks["overview"] = TaskSeen("overview", "", line=at, end=at)
            rest.append(line)
        elif line.strip() and not _OURS.match(line) and not _FOOTER.fullmatch(line):
            rest.append(line)
        if task and line.strip() and (task.line == at or line.startswith(" ")):
            task.end = at
    seen.rest = tuple(sorted(rest))
    return seen


def _boxed_task(found: re.Match[str], phase: str, at: int, drop_letter: str) -> TaskSeen:
    key = word_of("t", found["title"])
    task = TaskSeen(key, found["title"], phase, found["number"] or "", found["uid"] or "", at, at)
    task.letter = found["box"]
    task.frame = found["lead"] + found["mid"] + found[0][found.end("mid") : found.start("title")].strip("~")
    is_dropped = found["strike"] or task.letter == drop_letter
    task.state = State.DROPPED if is_dropped else State.DONE if task.letter in "xX" else State.TODO
    return task


def _make_boxes(rng: Random, pen: Pen) -> bytes:
    """Write a small plan whose tasks are boxes: with phases, or flat as specs have it."""
    is_flat = rng.random() < 0.35
    is_numbered = is_flat or rng.random() < 0.7
    title = pen.text(rng, "plan", 2)
    lines = [f"# Implementation Plan: {title}" if is_flat else f"# {title}", ""]
    lines += ["`[-]` = dropped", ""] if rng.random() < 0.15 else []
    lines += ["Some words about it.", ""] if rng.random() < 0.5 else []
    is_loose = rng.random() < 0.4
    phases = 1 if is_flat else rng.randint(1, 3)
    for phase in range(1, phases + 1):
        lines += [] if is_flat else [f"## Phase {phase}: {pen.text(rng, 'p', 2)}", ""]
        for task in range(1, rng.choice((2, 3, 4, 5) if phases == 1 else (1, 2, 2, 3)) + 1):
            number = "" if not is_numbered else f"{task}." if is_flat else f"{phase}.{task}"
            lines += _boxes_task(rng, pen, number, [])
            lines += [""] if is_loose else []
        lines += [] if is_loose else [""]
    if rng.random() < 0.25:
        lines += ["## Success Criteria", ""]
        lines += [f"- [ ] {pen.text(rng, 's', 4)}" for _ in range(rng.randint(1, 3))] + [""]
    if rng.random() < 0.3:
        total = sum(bool(_BOX.fullmatch(line)) for line in lines)
        lines += [f"**Completion**: 0% (0/{total} tasks completed)", ""]
    return _saved(rng, lines)


def _boxes_task(rng: Random, pen: Pen, number: str, before: list[str]) -> list[str]:
    letter = rng.choices(" x-", (20, 1, 1))[0]
    lines = [f"- [{letter}] {number}{' ' if number else ''}{pen.text(rng, 't', 2)}"]
    lines += [f"  - About {' '.join(rng.sample(WORDS, 3))}."] if rng.random() < 0.3 else []
    for _ in range(rng.choice((0, 1, 2, 2, 3, 4))):
        box = rng.choices(" x-", (17, 2, 1))[0]
        star = "*" if rng.random() < 0.1 else ""
        lines.append(f"  - [{box}]{star} {pen.text(rng, 's', 4)}")
    is_spec = number.endswith(".") and rng.random() < 0.4
    return lines + ([f"  - _Requirements: {rng.randint(1, 9)}.{rng.randint(1, 9)}_"] if is_spec else [])


def _boxes_number(rng: Random, seen: PlanSeen) -> str:
    numbers = [t.number for t in seen.tasks.values() if t.number]
    if not numbers:
        return ""
    return f"{rng.randint(5, 9)}.{rng.randint(1, 99)}" if "." in numbers[0] else f"{rng.randint(11, 99)}."


def _boxes_next(number: str) -> str:
    head, dot, last = number.rpartition(".")
    return f"{head}{dot}{int(last) % 90 + 1}"


def _boxes_place(rng: Random, seen: PlanSeen, phase: str) -> tuple[int, list[str]]:
    tasks = [t for t in seen.tasks.values() if t.phase == phase]
    if not tasks:
        return seen.phases[phase][1] + 1, [""]
    return (tasks[0].line if rng.random() < 0.4 else tasks[-1].end + 1), []


# ------------------------------------------------------------------- looks


def _template_number(rng: Random, seen: PlanSeen) -> str:
    return f"{rng.randint(5, 9)}.{rng.randint(1, 99)}"


def _template_place(rng: Random, seen: PlanSeen, phase: str) -> tuple[int, list[str]]:
    return seen.phases[phase][1] + 1, [""]


@dataclass(frozen=True, slots=True)
class Look:
    """One way in which plans look.

    `task` matches a task's own line, `write_task` writes a new one with its steps, `number` finds it a
    number (`renumber`: another one) and `place` a line, with what must stand before it. `gap` parts a
    task from what is around it, `indent` stands before its steps. `edits`: what people do to such a plan,
    and how often. `has_own_boxes`: the plan itself shows every task's state. `is_gitlab`: where its issues are.
    """

    name: str
    make: Callable[[Random, Pen], bytes]
    read: Callable[[bytes], PlanSeen]
    task: re.Pattern[str]
    write_task: Callable[[Random, Pen, str, list[str]], list[str]]
    number: Callable[[Random, PlanSeen], str]
    renumber: Callable[[str], str]
    place: Callable[[Random, PlanSeen, str], tuple[int, list[str]]]
    edits: Mapping[str, int]
    gap: tuple[str, ...] = ()
    indent: str = ""
    has_own_boxes: bool = False
    is_gitlab: bool = False


TEMPLATE = Look(
    name="template",
    make=_make_template,
    read=_read_template,
    task=_TASK,
    write_task=_template_task,
    number=_template_number,
    renumber=lambda number: f"{number}9",
    place=_template_place,
    gap=("",),
    edits={
        "tick": 12,
        "untick": 6,
        "finish": 6,
        "reword": 5,
        "add": 4,
        "remove": 4,
        "swap": 2,
        "rename": 2,
        "rename_phase": 1,
        "renumber": 1,
        "move": 2,
        "unmark": 1,
        "new_task": 2,
        "status": 2,
        "prose": 1,
    },
)
BOXES = Look(
    name="boxes",
    make=_make_boxes,
    read=_read_boxes,
    task=_BOX,
    write_task=_boxes_task,
    number=_boxes_number,
    renumber=_boxes_next,
    place=_boxes_place,
    indent="  ",
    has_own_boxes=True,
    edits={
        "tick": 10,
        "untick": 5,
        "finish": 5,
        "begin_step": 2,
        "drop_step": 2,
        "check": 7,
        "uncheck": 5,
        "begin": 3,
        "drop": 3,
        "take_up": 2,
        "reword": 4,
        "add": 4,
        "remove": 3,
        "swap": 2,
        "rename": 2,
        "rename_phase": 1,
        "renumber": 1,
        "move": 2,
        "unmark": 1,
        "new_task": 2,
        "remove_task": 1,
        "prose": 1,
    },
)
LOOKS: Mapping[str, Look] = {look.name: look for look in (TEMPLATE, BOXES)}
GITLAB_TEMPLATE = replace(
    TEMPLATE,
    name="gitlab-template",
    edits={**TEMPLATE.edits, "estimate": 5, "order": 1},
    is_gitlab=True,
)
GITLAB_BOXES = replace(BOXES, name="gitlab-boxes", is_gitlab=True)
GITLAB_LOOKS: Mapping[str, Look] = {look.name: look for look in (GITLAB_TEMPLATE, GITLAB_BOXES)}
EVERY_LOOK: Mapping[str, Look] = {**LOOKS, **GITLAB_LOOKS}
