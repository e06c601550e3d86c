"""The people: one edits the plan, one the tracker. Both read text as people do, by its looks.

Every phase, task and step carries a word of its own (`p3`, `t7`, `s21`) that survives rewording, so
that a witness knows what is what without asking the engine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from random import Random

from plansync.model import State
from plansync.trackers.base import Thing
from tests.simulation.world import Row, SimTracker

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
_TASK = re.compile(r"### Task (?P<number>[\d.]+): (?P<title>.*?)(?: <!-- plansync:(?P<uid>\w{7}) -->)?$")
_PHASE = re.compile(r"## Phase (?P<number>\d+): (?P<title>.*?)(?: <!-- plansync:(?P<uid>\w{7}) -->)?$")
_STEP = re.compile(r"(?P<lead>\s*[-*] \[)(?P<box>[ xX])(?P<mid>\] )(?P<text>.*?)$")
_BEGIN = re.compile(r"^<!-- plansync:begin .*? id=(\w{7}) rev=(\d+) .*-->[ \t]*\r?$", re.MULTILINE)
_END = re.compile(r"^<!-- plansync:end -->[ \t]*\r?$", re.MULTILINE)
_OURS = re.compile(r"\*\*(?:Issue|Status|Completion|Current Phase|Implementation Status|Last Updated)\*\*")
_FOOTER = re.compile(r"<!-- plansync plan=\w{8} -->")


@dataclass(frozen=True, slots=True)
class StepSeen:
    """A step as a reader sees it. `line` is its index among the lines of its text."""

    key: str
    text: str
    is_ticked: bool
    line: int
    raw: str


@dataclass(slots=True)
class TaskSeen:
    """A task as a reader sees it."""

    key: str
    title: str
    phase: str = ""
    number: str = ""
    uid: str = ""
    line: int = 0
    end: int = 0
    steps: list[StepSeen] = field(default_factory=list)
    state: State | None = None
    status_line: int = -1
    ref: int = 0


@dataclass(slots=True)
class PlanSeen:
    """A plan as a reader sees it: `rest` are the lines that no operation may touch."""

    lines: list[str]
    tasks: dict[str, TaskSeen] = field(default_factory=dict)
    phases: dict[str, tuple[str, int]] = field(default_factory=dict)
    uids: dict[str, str] = field(default_factory=dict)
    rest: tuple[str, ...] = ()
    doubled: list[str] = field(default_factory=list)


def word_of(kind: str, text: str) -> str:
    """Find the word that names a thing."""
    found = re.search(rf"\b{kind}\d+\b", text)
    return found[0] if found else ""


@lru_cache(maxsize=4096)
def read_plan(source: bytes) -> PlanSeen:
    """Read a plan by its looks."""
    seen = PlanSeen(source.decode("utf-8").split("\n"))
    task: TaskSeen | None = None
    phase, rest = "", []
    for at, raw in enumerate(seen.lines):
        line = raw.rstrip("\r")
        if found := _PHASE.fullmatch(line):
            phase, task = word_of("p", found["title"]), None
            seen.phases[phase] = (found["title"], at)
            seen.uids[found["uid"] or ""] = phase
        elif found := _TASK.fullmatch(line):
            key = word_of("t", found["title"])
            task = TaskSeen(key, found["title"], phase, found["number"], found["uid"] or "", at, at)
            if key in seen.tasks:
                seen.doubled.append(key)
            seen.tasks[key] = task
            seen.uids[task.uid] = key
        elif line.startswith("## "):
            phase, task = "", None
            if line.startswith("## Success"):
                task = seen.tasks["overview"] = TaskSeen("overview", "", line=at, end=at)
            rest.append(line)
        elif (step := _STEP.fullmatch(line)) and task:
            key = word_of("s", step["text"])
            task.steps.append(StepSeen(key, step["text"].strip(), step["box"] != " ", at, line))
        elif line.startswith("**Status**") and task:
            word = line.partition(":")[2].strip().casefold()
            task.state = {"done": State.DONE, "dropped": State.DROPPED}.get(word, State.TODO)
            task.status_line = at
        elif line.strip() and not _OURS.match(line) and not _FOOTER.fullmatch(line):
            rest.append(line)
        if task and line.strip():
            task.end = at
    seen.rest = tuple(sorted(rest))
    return seen


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
    steps = []
    for at in range(first + 1, last):
        if found := _STEP.fullmatch(lines[at].rstrip("\r")):
            key = word_of("s", found["text"])
            steps.append(
                StepSeen(key, found["text"].strip(), found["box"] != " ", at, lines[at].rstrip("\r"))
            )
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
    if re.fullmatch(r"[pts]\d+", parts[at]) or rng.random() < 0.3:
        return " ".join((*parts[:at], rng.choice(WORDS), *parts[at:]))
    return " ".join((*parts[:at], rng.choice(WORDS), *parts[at + 1 :]))


def make_plan(rng: Random, pen: Pen) -> bytes:
    """Write a small plan, with the looks that plans have."""
    lines = [f"# Implementation Plan: {pen.text(rng, 'plan', 2)}", "", "Some words about it.", ""]
    count = 0
    for phase in range(1, rng.randint(1, 3) + 1):
        lines += [f"## Phase {phase}: {pen.text(rng, 'p', 2)}", ""]
        for task in range(1, rng.choice((1, 2, 2, 3)) + 1):
            count += 1
            lines += _task(rng, pen, f"{phase}.{task}", [] if count == 1 else ["Task 1.1"])
        lines += ["---", ""] if rng.random() < 0.3 else []
    if rng.random() < 0.3:
        lines += ["## Success Criteria", ""]
        lines += [f"- [ ] {pen.text(rng, 's', 4)}" for _ in range(rng.randint(1, 3))] + [""]
    if rng.random() < 0.4:
        total = sum(line.startswith("### ") for line in lines)
        lines += [f"**Completion**: 0% (0/{total} tasks completed)", ""]
    source = "\n".join(lines)
    if rng.random() < 0.2:
        source = source.rstrip("\n")
    if rng.random() < 0.25:
        source = source.replace("\n", "\r\n")
    return (b"\xef\xbb\xbf" if rng.random() < 0.1 else b"") + source.encode()


def _task(rng: Random, pen: Pen, number: str, before: list[str]) -> list[str]:
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
            f"**Dependencies**: {depends}",
            "",
        ]
    return lines


# ------------------------------------------------------------------ the plan


class PlanPerson:
    """Edits a plan as people do in an editor. Each edit says what it did, or nothing."""

    def __init__(self, pen: Pen) -> None:
        self.pen = pen

    def edit(self, kind: str, rng: Random, source: bytes) -> tuple[bytes, str]:
        """Make one edit."""
        seen = read_plan(source)
        lines = list(seen.lines)
        said = getattr(self, f"_{kind}")(rng, seen, lines)
        return "\n".join(lines).encode(), said

    @staticmethod
    def _pick(rng: Random, seen: PlanSeen, *, ticked: bool | None = None) -> StepSeen | None:
        steps = [s for t in seen.tasks.values() for s in t.steps if ticked in (None, s.is_ticked)]
        return rng.choice(steps) if steps else None

    @staticmethod
    def _task(rng: Random, seen: PlanSeen) -> TaskSeen | None:
        tasks = [t for t in seen.tasks.values() if t.key != "overview"]
        return rng.choice(tasks) if tasks else None

    @staticmethod
    def _eol(line: str) -> str:
        return "\r" if line.endswith("\r") else ""

    def _tick(self, rng: Random, seen: PlanSeen, lines: list[str], ticked: bool = True) -> str:
        step = self._pick(rng, seen, ticked=not ticked)
        if step is None:
            return ""
        lines[step.line] = _STEP.sub(
            lambda m: f"{m['lead']}{'x' if ticked else ' '}{m['mid']}{m['text']}", lines[step.line]
        )
        return f"{'ticks' if ticked else 'unticks'} {step.key}"

    def _untick(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        return self._tick(rng, seen, lines, ticked=False)

    def _finish(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        task = self._task(rng, seen)
        if task is None or not task.steps:
            return ""
        for step in task.steps:
            lines[step.line] = lines[step.line].replace("[ ]", "[x]", 1)
        return f"ticks all of {task.key}"

    def _reword(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        step = self._pick(rng, seen)
        if step is None:
            return ""
        text = reworded(rng, step.text)
        lines[step.line] = lines[step.line].replace(step.text, text)
        return f"rewords {step.key}: {text}"

    def _add(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        task = self._task(rng, seen)
        if task is None:
            return ""
        text = self.pen.text(rng, "s", 4)
        box = "x" if rng.random() < 0.2 else " "
        eol = self._eol(lines[task.line])
        if task.steps:
            at = rng.choice((task.steps[0].line, task.steps[-1].line + 1, rng.choice(task.steps).line))
            if at == len(lines):
                lines[-1] += eol
                eol = ""
            lines.insert(at, f"- [{box}] {text}{eol}")
        elif task.line + 1 < len(lines):
            lines[task.line + 1 : task.line + 1] = [eol, f"- [{box}] {text}{eol}"]
        else:
            return ""
        return f"adds to {task.key} [{box}] {text}"

    def _remove(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        step = self._pick(rng, seen)
        if step is None:
            return ""
        del lines[step.line]
        return f"removes {step.key}"

    def _swap(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        tasks = [t for t in seen.tasks.values() if len(t.steps) > 1]
        if not tasks:
            return ""
        one, two = rng.sample(rng.choice(tasks).steps, 2)
        eols = self._eol(lines[one.line]), self._eol(lines[two.line])
        lines[one.line], lines[two.line] = two.raw + eols[0], one.raw + eols[1]
        return f"swaps {one.key} and {two.key}"

    def _rename(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        task = self._task(rng, seen)
        if task is None:
            return ""
        title = reworded(rng, task.title)
        lines[task.line] = lines[task.line].replace(task.title, title)
        return f"renames {task.key}: {title}"

    def _rename_phase(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        key = rng.choice(list(seen.phases))
        title, at = seen.phases[key]
        lines[at] = lines[at].replace(title, new := reworded(rng, title))
        return f"renames {key}: {new}"

    def _renumber(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        for task in seen.tasks.values():
            if task.number:
                lines[task.line] = lines[task.line].replace(f"Task {task.number}:", f"Task {task.number}9:")
        return "renumbers all tasks"

    def _move(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        task = self._task(rng, seen)
        others = [k for k in seen.phases if task and k != task.phase]
        if task is None or not others or task.end + 1 >= len(lines):
            return ""
        key = rng.choice(others)
        block = lines[task.line : task.end + 1]
        gap = self._eol(lines[task.line])
        at = seen.phases[key][1] + 1
        del lines[task.line : task.end + 1]
        at -= len(block) if at > task.line else 0
        lines[at:at] = [gap, *(b.rstrip("\r") + gap for b in block), gap]
        return f"moves {task.key} to {key}"

    def _unmark(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        had = sum("<!-- plansync:" in line for line in lines)
        lines[:] = [re.sub(r" <!-- plansync:\w{7} -->", "", line) for line in lines]
        return f"deletes {had} markers" if had else ""

    def _new_task(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        key = rng.choice(list(seen.phases))
        at = seen.phases[key][1]
        eol = self._eol(lines[at])
        block = _task(rng, self.pen, f"{rng.randint(5, 9)}.{rng.randint(1, 99)}", [])
        lines[at + 1 : at + 1] = [eol, *(line + eol for line in block)]
        return f"adds {word_of('t', block[0])} to {key} with {', '.join(word_of('s', b) for b in block if '] ' in b)}"

    def _status(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        tasks = [t for t in seen.tasks.values() if t.status_line >= 0]
        if not tasks:
            return ""
        task = rng.choice(tasks)
        del lines[task.status_line]
        return f"deletes the status line of {task.key}"

    def _prose(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        at = [n for n, line in enumerate(lines) if line.startswith("About ")]
        if not at:
            return ""
        place = rng.choice(at)
        lines[place] = f"About {' '.join(rng.sample(WORDS, 3))}.{self._eol(lines[place])}"
        return "rewrites a task's prose"


PLAN_EDITS: Mapping[str, int] = {
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
}


# --------------------------------------------------------------- the tracker


class TrackerPerson:
    """Acts on a tracker as people do on its pages."""

    def __init__(self, pen: Pen) -> None:
        self.pen = pen

    def act(self, kind: str, rng: Random, tracker: SimTracker) -> str:
        """Do one thing."""
        if kind in ("foreign", "rename_milestone"):
            return str(getattr(self, f"_{kind}")(rng, tracker))
        rows = [r for r in tracker.issues() if read_body(r.body)]
        choose: Callable[[Row], bool] = _CHOICE.get(kind, lambda row: True)
        rows = [r for r in rows if choose(r)]
        if not rows:
            return ""
        row = rng.choice(rows)
        changed, said = getattr(self, f"_{kind}")(rng, tracker, row)
        if said:
            tracker.put(Thing.ISSUE, changed)
        return f"#{row.ref}: {said}" if said else ""

    def _close(self, rng: Random, tracker: SimTracker, row: Row) -> tuple[Row, str]:
        return replace(row, state=State.DONE), f"closes {_name(row)} as completed"

    def _drop(self, rng: Random, tracker: SimTracker, row: Row) -> tuple[Row, str]:
        return replace(row, state=State.DROPPED), f"closes {_name(row)} as not planned"

    def _reopen(self, rng: Random, tracker: SimTracker, row: Row) -> tuple[Row, str]:
        return replace(row, state=State.TODO), f"reopens {_name(row)}"

    def _steps(self, row: Row) -> tuple[BodySeen, list[str]]:
        seen = read_body(row.body)
        assert seen is not None
        return seen, list(seen.lines)

    def _tick(self, rng: Random, tracker: SimTracker, row: Row, ticked: bool = True) -> tuple[Row, str]:
        seen, lines = self._steps(row)
        steps = [s for s in seen.steps if s.is_ticked != ticked]
        if not steps:
            return row, ""
        step = rng.choice(steps)
        lines[step.line] = lines[step.line].replace(
            "[ ]" if ticked else step.raw[step.raw.index("[") :][:3], "[x]" if ticked else "[ ]", 1
        )
        return replace(row, body="\n".join(lines)), f"{'ticks' if ticked else 'unticks'} {step.key}"

    def _untick(self, rng: Random, tracker: SimTracker, row: Row) -> tuple[Row, str]:
        return self._tick(rng, tracker, row, ticked=False)

    def _reword(self, rng: Random, tracker: SimTracker, row: Row) -> tuple[Row, str]:
        seen, lines = self._steps(row)
        if not seen.steps:
            return row, ""
        step = rng.choice(seen.steps)
        text = reworded(rng, step.text)
        lines[step.line] = lines[step.line].replace(step.text, text)
        return replace(row, body="\n".join(lines)), f"rewords {step.key}: {text}"

    def _add(self, rng: Random, tracker: SimTracker, row: Row) -> tuple[Row, str]:
        seen, lines = self._steps(row)
        text = self.pen.text(rng, "s", 4)
        box = "x" if rng.random() < 0.2 else " "
        eol = "\r" if lines[seen.first].endswith("\r") else ""
        if seen.steps:
            at = rng.choice((seen.steps[0].line, seen.steps[-1].line + 1))
            lines.insert(at, f"- [{box}] {text}{eol}")
        else:
            lines[seen.first + 1 : seen.first + 1] = [f"- [{box}] {text}{eol}", eol]
        return replace(row, body="\n".join(lines)), f"adds to {_name(row)} [{box}] {text}"

    def _remove(self, rng: Random, tracker: SimTracker, row: Row) -> tuple[Row, str]:
        seen, lines = self._steps(row)
        if not seen.steps:
            return row, ""
        step = rng.choice(seen.steps)
        del lines[step.line]
        return replace(row, body="\n".join(lines)), f"removes {step.key}"

    def _swap(self, rng: Random, tracker: SimTracker, row: Row) -> tuple[Row, str]:
        seen, lines = self._steps(row)
        if len(seen.steps) < 2:
            return row, ""
        one, two = rng.sample(seen.steps, 2)
        lines[one.line], lines[two.line] = lines[two.line], lines[one.line]
        return replace(row, body="\n".join(lines)), f"swaps {one.key} and {two.key}"

    def _text(self, rng: Random, tracker: SimTracker, row: Row) -> tuple[Row, str]:
        note = f"Remember {self.pen.word('note')}."
        eol = "\r\n" if "\r\n" in row.body else "\n"
        where = rng.choice(("above", "below", "inside"))
        if where == "above":
            return replace(row, body=f"{note}{eol}{eol}{row.body}"), f"writes {note} above"
        if where == "below":
            return replace(row, body=f"{row.body}{eol}{eol}{note}"), f"writes {note} below"
        seen, lines = self._steps(row)
        cr = eol[:-1]
        lines[seen.last : seen.last] = [cr, note + cr]
        return replace(row, body="\n".join(lines)), f"writes {note} inside"

    def _crlf(self, rng: Random, tracker: SimTracker, row: Row) -> tuple[Row, str]:
        body = row.body.replace("\r\n", "\n").replace("\n", "\r\n")
        return replace(row, body=body), "saves the text with CRLF"

    def _rename(self, rng: Random, tracker: SimTracker, row: Row) -> tuple[Row, str]:
        title = reworded(rng, row.title)
        return replace(row, title=title), f"renames {_name(row)}: {title}"

    def _move(self, rng: Random, tracker: SimTracker, row: Row) -> tuple[Row, str]:
        others = [m for m in tracker.milestone_rows() if m.ref != row.milestone]
        if not others:
            return row, ""
        there = rng.choice(others)
        return replace(row, milestone=there.ref), f"moves {_name(row)} to {word_of('p', there.title)}"

    def _rename_milestone(self, rng: Random, tracker: SimTracker) -> str:
        rows = tracker.milestone_rows()
        if not rows:
            return ""
        row = rng.choice(rows)
        number, colon, words = row.title.partition(": ")
        title = f"{number}{colon}{reworded(rng, words)}"
        tracker.put(Thing.MILESTONE, replace(row, title=title))
        return f"renames milestone {word_of('p', title)}: {title}"

    def _foreign(self, rng: Random, tracker: SimTracker) -> str:
        number = tracker.number(Thing.ISSUE)
        is_pull = rng.random() < 0.5
        tracker.put(Thing.ISSUE, Row(number, f"Something else {number}", is_pull=is_pull))
        return f"#{number}: opens a {'pull request' if is_pull else 'foreign issue'}"


def _name(row: Row) -> str:
    return word_of("t", row.title) or "the overview"


def _is_task(row: Row) -> bool:
    return bool(word_of("t", row.title))


_CHOICE: Mapping[str, Callable[[Row], bool]] = {
    "close": lambda row: row.state is State.TODO and _is_task(row),
    "drop": lambda row: row.state is State.TODO and _is_task(row),
    "reopen": lambda row: row.state is not State.TODO and _is_task(row),
    "rename": _is_task,
    "move": _is_task,
}
TRACKER_ACTS: Mapping[str, int] = {
    "close": 8,
    "drop": 2,
    "reopen": 8,
    "tick": 12,
    "untick": 5,
    "reword": 4,
    "add": 3,
    "remove": 3,
    "swap": 2,
    "text": 2,
    "crlf": 1,
    "rename": 2,
    "move": 2,
    "rename_milestone": 1,
    "foreign": 2,
}
