"""The people: one edits the plan, one the tracker. Both read text as people do, by its looks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random

from plansync.model import State
from plansync.trackers.base import Thing
from tests.simulation.looks import (
    MARK,
    STEP,
    WORDS,
    BodySeen,
    Look,
    Pen,
    PlanSeen,
    StepSeen,
    TaskSeen,
    phase_word,
    read_body,
    reworded,
    word_of,
)
from tests.simulation.world import Row, SimTracker

# ------------------------------------------------------------------ the plan


class PlanPerson:
    """Edits a plan as people do in an editor. Each edit says what it did, or nothing."""

    def __init__(self, pen: Pen, look: Look) -> None:
        self.pen, self.look = pen, look

    def edit(self, kind: str, rng: Random, source: bytes) -> tuple[bytes, str]:
        """Make one edit."""
        seen = self.look.read(source)
        lines = list(seen.lines)
        said = getattr(self, f"_{kind}")(rng, seen, lines)
        lines[-1] = lines[-1].removesuffix("\r")  # half a line end is none
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
        lines[step.line] = _lettered(lines[step.line], "x" if ticked else " ")
        return f"{'ticks' if ticked else 'unticks'} {step.key}"

    def _untick(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        return self._tick(rng, seen, lines, ticked=False)

    def _finish(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        task = self._task(rng, seen)
        if task is None or not task.steps:
            return ""
        for step in task.steps:
            if not step.is_ticked:
                lines[step.line] = _lettered(lines[step.line], "x")
        return f"ticks all of {task.key}"

    def _begin_step(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        step = self._pick(rng, seen)
        if step is None or seen.drop_letter:
            return ""
        lines[step.line] = _lettered(lines[step.line], "-")
        return f"begins {step.key}"

    def _drop_step(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        step = self._pick(rng, seen)
        if step is None or step.is_dropped:
            return ""
        if seen.drop_letter and rng.random() < 0.5:
            lines[step.line] = _lettered(lines[step.line], seen.drop_letter)
        else:
            lines[step.line] = lines[step.line].replace(step.text, f"~~{step.text}~~")
        return f"drops {step.key}"

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
            lead = STEP.sub(r"\g<lead>", task.steps[0].raw)
            _insert(lines, at, [f"{lead}{box}] {text}"], eol)
        elif task.line + 1 < len(lines):
            gap = (
                self.look.gap if lines[task.line + 1].strip() else ()
            )  # a list ends before text that follows
            block = [*self.look.gap, f"{self.look.indent}- [{box}] {text}", *gap]
            _insert(lines, task.line + 1, block, eol)
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
            found = self.look.task.match(lines[task.line].rstrip("\r")) if task.number else None
            if found:
                start, end = found.span("number")
                line = lines[task.line]
                lines[task.line] = line[:start] + self.look.renumber(task.number) + line[end:]
        return "renumbers all tasks"

    def _move(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        task = self._task(rng, seen)
        others = [k for k in seen.phases if task and k != task.phase]
        if task is None or not others or task.end + 1 >= len(lines):
            return ""
        key = rng.choice(others)
        block = lines[task.line : task.end + 1]
        eol = self._eol(lines[task.line])
        at = seen.phases[key][1] + 1
        del lines[task.line : task.end + 1]
        at -= len(block) if at > task.line else 0
        _insert(lines, at, ["", *(b.rstrip("\r") for b in block), *self.look.gap], eol)
        return f"moves {task.key} to {key}"

    def _unmark(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        had = sum("<!-- plansync:" in line for line in lines)
        lines[:] = [MARK.sub("", line) for line in lines]
        return f"deletes {had} markers" if had else ""

    def _new_task(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        key = rng.choice(list(seen.phases))
        eol = self._eol(lines[seen.phases[key][1]])
        block = self.look.write_task(rng, self.pen, self.look.number(rng, seen), [])
        at, before = self.look.place(rng, seen, key)
        _insert(lines, at, [*before, *block], eol)
        return f"adds {word_of('t', block[0])} to {key} with {', '.join(word_of('s', b) for b in block if '] ' in b)}"

    def _status(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        tasks = [t for t in seen.tasks.values() if t.status_line >= 0]
        if not tasks:
            return ""
        task = rng.choice(tasks)
        del lines[task.status_line]
        return f"deletes the status line of {task.key}"

    def _prose(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        at = [n for n, line in enumerate(lines) if _ABOUT.match(line)]
        if not at:
            return ""
        place = rng.choice(at)
        lead = lines[place].partition("About ")[0]
        lines[place] = f"{lead}About {' '.join(rng.sample(WORDS, 3))}.{self._eol(lines[place])}"
        return "rewrites a task's prose"

    def _estimate(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        tasks = [t for t in seen.tasks.values() if t.minutes_line >= 0]
        if not tasks:
            return ""
        task, hours = rng.choice(tasks), rng.choice((1, 2, 3, 5, 8, 1.5, 2.25))
        eol = self._eol(lines[task.minutes_line])
        lines[task.minutes_line] = f"**Estimated Time**: {hours} hours  {eol}"
        return f"estimates {task.key} at {hours} hours"

    def _order(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        """Write prose that would be an order to a GitLab."""
        at = [n for n, line in enumerate(lines) if _ABOUT.match(line)]
        if not at:
            return ""
        place = rng.choice(at)
        order = rng.choice(("/close", "/estimate 9h", "/title Mine", "/label ~x"))
        lines[place] = f"{order}{self._eol(lines[place])}"
        return f"writes {order} where a task's prose was"

    def _remove_task(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        task = self._task(rng, seen)
        if task is None or len(seen.tasks.keys() - {"overview"}) < 3:
            return ""
        del lines[task.line : task.end + 1]
        return f"removes {task.key}"

    # ------------------------------------------------------------- own boxes

    def _check(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        return self._say(rng, seen, lines, "checks", (State.TODO,), "x")

    def _uncheck(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        return self._say(rng, seen, lines, "unchecks", (State.DONE,), " ")

    def _begin(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        letter = "/" if seen.drop_letter else "-"
        return self._say(rng, seen, lines, "begins", (State.TODO, State.DONE), letter)

    def _drop(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        if seen.drop_letter and rng.random() < 0.5:
            return self._say(rng, seen, lines, "drops", (State.TODO, State.DONE), seen.drop_letter)
        letter = rng.choice(("x", " "))
        return self._say(rng, seen, lines, "strikes out", (State.TODO, State.DONE), letter, "~~")

    def _take_up(self, rng: Random, seen: PlanSeen, lines: list[str]) -> str:
        return self._say(rng, seen, lines, "takes up", (State.DROPPED,), " ")

    def _say(
        self,
        rng: Random,
        seen: PlanSeen,
        lines: list[str],
        what: str,
        states: Sequence[State],
        letter: str,
        strike: str = "",
    ) -> str:
        """Let the own box of a task in one of these states say another one."""
        tasks = [t for t in seen.tasks.values() if t.state in states]
        if not tasks:
            return ""
        task = rng.choice(tasks)
        line = lines[task.line].rstrip("\r")
        found = self.look.task.fullmatch(line)
        assert found is not None
        words = line[found.end("mid") : found.start("mark")].strip("~")
        lead, mid, mark = found["lead"], found["mid"], found["mark"]
        lines[task.line] = f"{lead}{letter}{mid}{strike}{words}{strike}{mark}{self._eol(lines[task.line])}"
        return f"{what} {task.key}"


_ABOUT = re.compile(r"\s*(?:- )?About ")


def _lettered(line: str, letter: str) -> str:
    """Write the letter of a step's box."""
    return STEP.sub(lambda m: f"{m['lead']}{letter}{m['mid']}{m['text']}", line)


def _insert(lines: list[str], at: int, block: Sequence[str], eol: str) -> None:
    """Put lines before another one; what was the last line without an end gets one."""
    if at == len(lines):
        lines[-1] += eol
        lines += [*(line + eol for line in block[:-1]), block[-1]]
    else:
        lines[at:at] = [line + eol for line in block]


# --------------------------------------------------------------- the tracker


class TrackerPerson:
    """Acts on a tracker as people do on its pages."""

    def __init__(self, pen: Pen) -> None:
        self.pen = pen

    def act(self, kind: str, rng: Random, tracker: SimTracker) -> str:
        """Do one thing."""
        if kind in ("foreign", "rename_milestone", "keyword"):
            return str(getattr(self, f"_{kind}")(rng, tracker))
        rows = [r for r in tracker.issues() if read_body(r.body)]
        choose: Callable[[Row], bool] = _CHOICE.get(kind, lambda row: True)
        rows = [r for r in rows if choose(r)]
        if not rows:
            return ""
        row = rng.choice(rows)
        changed, said = getattr(self, f"_{kind}")(rng, tracker, row)
        if said:
            if kind == "reopen":  # it takes a while to see that something was closed
                tracker.clock.pass_(1)
            tracker.put(Thing.ISSUE, changed)
        return f"#{row.ref}: {said}" if said else ""

    def _close(self, rng: Random, tracker: SimTracker, row: Row) -> tuple[Row, str]:
        return replace(row, state=State.DONE), f"closes {_name(row)} as completed"

    def _drop(self, rng: Random, tracker: SimTracker, row: Row) -> tuple[Row, str]:
        return replace(row, state=State.DROPPED), f"closes {_name(row)} as not planned"

    def _reopen(self, rng: Random, tracker: SimTracker, row: Row) -> tuple[Row, str]:
        return replace(row, state=State.TODO, reason="reopened"), f"reopens {_name(row)}"

    def _keyword(self, rng: Random, tracker: SimTracker) -> str:
        """Merge a commit whose message says that it fixes issues."""
        rows = [r for r in tracker.issues() if read_body(r.body) and _CHOICE["close"](r)]
        fixed = rng.sample(rows, min(len(rows), rng.choice((1, 2))))
        for row in fixed:
            tracker.put(Thing.ISSUE, replace(row, state=State.DONE))
        return f"a commit fixes {', '.join(_name(row) for row in fixed)}" if fixed else ""

    def _label(self, rng: Random, tracker: SimTracker, row: Row) -> tuple[Row, str]:
        return replace(row, labels=(*row.labels, f"bot-{self.pen.word('l')}")), "a bot puts a label on it"

    def _block(self, rng: Random, tracker: SimTracker, row: Row) -> tuple[Row, str]:
        other = rng.choice([r for r in tracker.issues() if r.ref != row.ref] or [row])
        if other is row:
            return row, ""
        blockers = tuple(sorted({*row.blockers, other.ref}))
        return replace(row, blockers=blockers), f"says that {_name(row)} waits for {_name(other)}"

    def _unblock(self, rng: Random, tracker: SimTracker, row: Row) -> tuple[Row, str]:
        gone = rng.choice(row.blockers)
        blockers = tuple(b for b in row.blockers if b != gone)
        return replace(row, blockers=blockers), f"takes the link of {_name(row)} to #{gone} away"

    def _comment(self, rng: Random, tracker: SimTracker, row: Row) -> tuple[Row, str]:
        return row, "a bot comments"

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
        return replace(row, milestone=there.ref), f"moves {_name(row)} to {phase_word(there.title)}"

    def _estimate(self, rng: Random, tracker: SimTracker, row: Row) -> tuple[Row, str]:
        minutes = rng.choice((60, 90, 135, 180, 240, 605))
        return replace(row, estimate=minutes), f"estimates {_name(row)} at {minutes} minutes"

    def _no_estimate(self, rng: Random, tracker: SimTracker, row: Row) -> tuple[Row, str]:
        return replace(row, estimate=0), f"takes the estimate of {_name(row)} away"

    def _drop_step(self, rng: Random, tracker: SimTracker, row: Row) -> tuple[Row, str]:
        seen, lines = self._steps(row)
        steps = [s for s in seen.steps if not s.is_dropped]
        if not steps:
            return row, ""
        step = rng.choice(steps)
        lines[step.line] = STEP.sub(r"\g<lead>~\g<mid>\g<text>", lines[step.line])
        return replace(row, body="\n".join(lines)), f"drops {step.key}"

    def _take_up_step(self, rng: Random, tracker: SimTracker, row: Row) -> tuple[Row, str]:
        seen, lines = self._steps(row)
        steps = [s for s in seen.steps if s.is_dropped]
        if not steps:
            return row, ""
        step = rng.choice(steps)
        lines[step.line] = STEP.sub(r"\g<lead> \g<mid>\g<text>", lines[step.line])
        return replace(row, body="\n".join(lines)), f"takes {step.key} up"

    def _rename_milestone(self, rng: Random, tracker: SimTracker) -> str:
        rows = tracker.milestone_rows()
        if not rows:
            return ""
        row = rng.choice(rows)
        number, colon, words = row.title.rpartition(": ")
        title = f"{number}{colon}{reworded(rng, words)}"
        tracker.put(Thing.MILESTONE, replace(row, title=title))
        return f"renames milestone {phase_word(title)}: {title}"

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
    "block": _is_task,
    "unblock": lambda row: bool(row.blockers),
    "rename": _is_task,
    "move": _is_task,
    "estimate": lambda row: row.estimate > 0,
    "no_estimate": lambda row: row.estimate > 0,
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
    "keyword": 2,
    "label": 1,
    "block": 1,
    "unblock": 2,
    "comment": 1,
}
GITLAB_ACTS: Mapping[str, int] = {
    **TRACKER_ACTS,
    "estimate": 6,
    "no_estimate": 1,
    "drop_step": 2,
    "take_up_step": 1,
}
