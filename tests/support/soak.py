"""A long watch: `python -m tests.support.soak --edits 2000`.

Somebody saves the plan again and again while others work on its issues, and the watch between them is killed
(SIGKILL) or told to end (SIGTERM) now and then, and started anew. When all of them rest, both sides must say the
same, no task may have two issues, and the memory that the watch takes must not have grown. With `--whole` those on
the tracker save whole bodies, over what came since they looked.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.support.outline import outline
from tests.support.people import Copy, Person
from tests.support.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
PHASES, TASKS = 4, 10
_UNTICKED = 0.03
_BREATH = 25
"""After so many edits people rest for a moment."""
SETTINGS = "[watch]\nevery_s = 0.4\nquiet_s = 0.03\nsettle_s = 0.3\n"
_RUNS_MAX = 12
_BOX = re.compile(r"^- \[([ x])\] (.*)$", re.MULTILINE)
_PHASE = "## Phase {}: Part {}\n\n"


def plan(steps_each: int) -> str:
    """Write a plan of some phases, each with as many tasks and steps."""
    parts = ["# Plan: Long watch\n\n"]
    for phase in range(1, PHASES + 1):
        parts.append(_PHASE.format(phase, phase))
        for task in range(1, TASKS + 1):
            steps = "".join(f"- [ ] step {phase}.{task}.{n}\n" for n in range(1, steps_each + 1))
            parts.append(f"### Task {phase}.{task}: Work {phase} {task}\n\n{steps}\n")
    return "".join(parts)


@dataclass
class Editor:
    """Somebody at the plan: whole saves, each with one change.

    What two people say differently at one moment is theirs to decide, which is tested elsewhere. Here each has titles
    that only they change, and what is closed on the tracker is not ticked in the plan.
    """

    copy: Copy
    rng: Random
    saves: int = 0
    _new: int = 0

    def save(self) -> None:
        fresh, is_saved = self.copy.plan.with_name(".saved by the editor"), False
        while not is_saved:
            text = self.copy.plan.read_text("utf-8")
            fresh.write_text(self._changed(text), encoding="utf-8")
            if is_saved := self.copy.plan.read_text("utf-8") == text:  # "the file changed on disk"
                fresh.replace(self.copy.plan)
        self.saves += 1

    def _changed(self, text: str) -> str:
        kind = self.rng.random()
        if kind < 0.75:
            head, own, tail = _parted(text, self.rng)
            return head + _toggled(own, self.rng) + tail
        if kind < 0.85:
            return self._renamed(text)
        return self._with_step(text) if kind < 0.97 else self._with_task(text)

    def _renamed(self, text: str) -> str:
        lines = re.finditer(r"^### Task \d+\.\d*[02468]: (Work \d+ \d+)[^<\n]*", text, re.MULTILINE)
        found = self.rng.choice(list(lines))
        return f"{text[: found.end(1)]} v{self.saves} {text[found.end() :].lstrip(' ')}"

    def _with_step(self, text: str) -> str:
        even = r"^### Task \d+\.\d*[02468]:.*\n(?:(?!#|- \[).*\n)*"
        found = self.rng.choice(list(re.finditer(even, text, re.MULTILINE)))
        return f"{text[: found.end()]}- [ ] more {self.saves}\n{text[found.end() :]}"

    def _with_task(self, text: str) -> str:
        self._new += 1
        found = self.rng.choice(list(re.finditer(r"^## Phase (\d).*\n\n", text, re.MULTILINE)))
        number = 20 + 2 * self._new
        heading = f"### Task {found[1]}.{number}: Work {found[1]} {number}\n\n"
        return f"{text[: found.end()]}{heading}- [ ] new {self._new}\n\n{text[found.end() :]}"


def _parted(text: str, rng: Random) -> tuple[str, str, str]:
    """Choose a task that nobody closes on the tracker; gives what is before it, itself, and what is after it."""
    found = rng.choice(list(re.finditer(r"^### Task \d+\.(?!1:).*\n(?:(?!#).*\n)*", text, re.MULTILINE)))
    return text[: found.start()], found[0], text[found.end() :]


def _toggled(text: str, rng: Random) -> str:
    """Tick a box, seldom untick one: many that are unticked at once stop a run, and rightly so."""
    wanted = "x" if rng.random() < _UNTICKED else " "
    boxes = [found for found in _BOX.finditer(text) if found[1] == wanted]
    if not boxes:
        return text
    found = rng.choice(boxes)
    return text[: found.start(1)] + (" " if wanted == "x" else "x") + text[found.end(1) :]


@dataclass
class Colleague:
    """Somebody on the tracker: clicks on boxes, closes and reopens first tasks; titles of odd ones are theirs.

    They work at the board, which takes no click on what changed since it was shown: a form that would overwrite what
    came meanwhile is another story, told by the tests of races.
    """

    person: Person
    rng: Random
    is_whole: bool = False
    edits: int = 0

    def edit(self) -> None:
        issues = self.person.client.get("issues?state=all&per_page=100").raise_for_status().json()
        tasks = [issue for issue in issues if "kind=task" in (issue["body"] or "")]
        if not tasks:
            return
        issue, kind = self.rng.choice(tasks), self.rng.random()
        self.edits += 1
        if kind < 0.1 and re.fullmatch(r"Work \d+ \d*[13579]\b.*", issue["title"]):
            self.person.change(
                issue["number"], title=f"{issue['title'].partition(' by ')[0]} by {self.edits}"
            )
        elif kind < 0.3 and re.fullmatch(r"Work \d+ 1\b.*", issue["title"]):
            is_open = issue["state"] == "open"
            self.person.change(issue["number"], state="closed" if is_open else "open")
        elif self.is_whole:
            self._save_whole(issue)
        else:
            self._click(issue["number"])

    def _save_whole(self, issue: dict[str, Any]) -> None:
        """Save the whole body as it was shown a moment ago, with one box clicked, over whatever came meanwhile."""
        time.sleep(self.rng.uniform(0, 0.2))
        self.person.change(issue["number"], body=_toggled(issue["body"].replace("\r\n", "\n"), self.rng))

    def _click(self, number: int) -> None:
        """Click on a box as it is shown; where the issue changed since, look again."""
        url = f"{str(self.person.client.base_url).partition('/api/')[0]}/issues/{number}"
        wanted = "true" if self.rng.random() < _UNTICKED else "false"
        for _ in range(5):
            page = self.person.client.get(url).raise_for_status().text
            boxes = re.findall(rf'name="box" value="(\d+)"[^>]* aria-checked="{wanted}"', page)
            seen = re.search(r'name="seen" value="([^"]+)"', page)
            if not boxes or not seen:
                return
            form = {"box": self.rng.choice(boxes), "seen": seen[1]}
            if self.person.client.post(f"{url}/boxes", data=form).status_code == 303:
                return


@dataclass
class Watcher:
    """The watch, started as often as it takes."""

    copy: Copy
    folder: Path
    starts: int = 0
    since_ns: int = 0
    kills: int = 0
    ends: int = 0
    memory: list[int] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)

    def start(self) -> None:
        self.out = (self.folder / f"watch {self.starts}").open("w")
        self.starts += 1
        self.since_ns = time.time_ns()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "plansync", "watch", "--yes", *self.copy.flags],
            cwd=self.copy.folder,
            env={**self.copy.env, "PYTHONPATH": str(ROOT)},
            stdout=self.out,
            stderr=subprocess.STDOUT,
        )

    def stop(self, how: signal.Signals) -> None:
        self.process.send_signal(how)
        code = self.process.wait(60)
        self.out.close()
        self.kills += how is signal.SIGKILL
        self.ends += how is signal.SIGTERM
        if how is signal.SIGTERM:
            self.codes.append(code)

    def wait(self) -> None:
        """Wait until it synced once: one that is killed again and again before that never gets anywhere."""
        while not any(f.stat().st_mtime_ns > self.since_ns for f in self.copy.folder.rglob("*.pulse")):
            time.sleep(0.05)

    def end(self) -> None:
        """Tell it to end, once it can hear that: before, a process just dies of it."""
        while "Watching" not in Path(self.out.name).read_text():
            time.sleep(0.05)
        self.stop(signal.SIGTERM)

    def weigh(self) -> int:
        """Say how much memory the process holds, in KiB; 0 where nobody can say."""
        try:
            told = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return 0
        found = re.search(r"^VmRSS:\s+(\d+)", told, re.MULTILINE)
        return int(found[1]) if found else 0

    @property
    def said(self) -> str:
        return "".join(file.read_text() for file in sorted(self.folder.glob("watch *")))


@dataclass(frozen=True)
class Soaked:
    """What came of it. `wrong`: what is not as it should be. Memory in KiB, of the last process: early and late."""

    saves: int
    edits: int
    kills: int
    ends: int
    took_s: float
    issues: int
    early_kib: int
    late_kib: int
    wrong: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.saves} saves, {self.edits} edits on the tracker, {self.kills} kills, {self.ends} ends in "
            f"{self.took_s:.0f} s; {self.issues} issues; memory {self.early_kib} KiB, later {self.late_kib} KiB: "
            f"{len(self.wrong)} wrong"
        )


def soak(
    folder: Path, sandbox: Sandbox, *, edits: int, kills: int, seed: int, is_whole: bool = False
) -> Soaked:
    """Let them all work; the watch is killed in the first half, and lives through the second.

    `is_whole`: on the tracker they save whole bodies, over what came meanwhile.
    """
    sandbox.restore(sandbox.empty)
    copy = Copy.of(plan(max(12, edits // 60)).encode(), folder / "work", sandbox.place, name="plan.md")
    (copy.folder / "plansync.toml").write_text(SETTINGS, encoding="utf-8")
    rng, person = Random(seed), Person(sandbox.place)
    editor, colleague = Editor(copy, rng), Colleague(person, rng, is_whole)
    watcher, began = Watcher(copy, folder), time.monotonic()
    deaths = sorted(rng.randrange(edits // 10, edits // 2) for _ in range(kills))
    try:
        watcher.start()
        while not person.tasks():
            time.sleep(0.1)
        for number in range(edits):
            while deaths and deaths[0] <= number:
                watcher.wait()
                if len(deaths) % 4:
                    watcher.stop(signal.SIGKILL)
                else:
                    watcher.end()
                watcher.start()
                deaths.pop(0)
            editor.save()
            time.sleep(rng.uniform(0, 0.06))
            colleague.edit()
            if number % _BREATH == 0:
                time.sleep(0.8)  # whoever never rests is never caught up with, and a guard then rightly asks
            if number >= edits * 0.6:
                watcher.memory.append(watcher.weigh())
        _rest(copy)
        watcher.end()
        wrong = tuple(_wrong(copy, person, watcher))
        issues = len(person.tasks())
    finally:
        watcher.process.kill()
        person.leave()
    third = max(len(watcher.memory) // 3, 1)
    early, late = max(watcher.memory[:third], default=0), max(watcher.memory[-third:], default=0)
    return Soaked(
        editor.saves,
        colleague.edits,
        watcher.kills,
        watcher.ends,
        time.monotonic() - began,
        issues,
        early,
        late,
        wrong,
    )


def _rest(copy: Copy) -> None:
    """Wait until the plan stays as it is."""
    last, since = b"", time.monotonic()
    end = time.monotonic() + 60
    while time.monotonic() < end and time.monotonic() - since < 3:
        if (now := copy.content) != last:
            last, since = now, time.monotonic()
        time.sleep(0.1)


def _wrong(copy: Copy, person: Person, watcher: Watcher) -> Iterator[str]:
    if set(watcher.codes) != {0}:
        yield f"it ended with {watcher.codes} when told to"
    if "bug" in watcher.said or "Traceback" in watcher.said:
        yield f"it found a bug: {watcher.said}"
    yield from _apart(copy, person)
    last = copy.run("sync", "--yes", "--json", exits=None)
    if last.code or last.writes or last.json["operations"]:
        yield f"there was something left to do or to decide: {last}"


def _apart(copy: Copy, person: Person) -> Iterator[str]:
    """Compare both sides, with nothing of plansync's own."""
    issues = person.tasks()
    titles = Counter(issue["title"] for issue in issues)
    if twice := [title for title, number in titles.items() if number > 1]:
        yield f"issues were made twice: {twice}"
    here = {task.title.strip(): task for task in outline(copy.content).tasks}
    if gone := titles.keys() - here.keys():
        yield f"only on the tracker: {gone}"
    done = {title for title in here if all(is_done for is_done, _ in _steps(copy.text, title))}
    if missing := here.keys() - titles.keys() - done:  # what was done before it was ever pushed gets no issue
        yield f"only in the plan: {missing}"
    for issue in issues:
        task = here.get(issue["title"])
        boxes = [(letter == "x", text) for letter, text in _BOX.findall(issue["body"].replace("\r\n", "\n"))]
        if task is not None and boxes != _steps(copy.text, issue["title"]):
            yield f"{issue['title']}: {boxes} there, {_steps(copy.text, issue['title'])} in the plan"
        if task is not None and (issue["state"] == "closed") != all(is_done for is_done, _ in boxes):
            yield f"{issue['title']} is {issue['state']}, and its boxes are {boxes}"


def _steps(text: str, title: str) -> list[tuple[bool, str]]:
    section = re.search(
        rf"^### Task \S+ {re.escape(title)} *(?:<!--[^\n]*)?\n(.*?)(?=^#|\Z)", text, re.M | re.S
    )
    return [(letter == "x", step) for letter, step in _BOX.findall(section[1])] if section else []


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.support.soak", description=__doc__)
    parser.add_argument("--edits", type=int, default=2000, help="saves, and as many edits on the tracker")
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="work in this folder, and leave it")
    parser.add_argument(
        "--whole", action="store_true", help="on the tracker whole bodies are saved, over what came"
    )
    options = parser.parse_args()
    with contextlib.ExitStack() as held:
        name = options.keep or held.enter_context(tempfile.TemporaryDirectory())
        home = Path(name) / "sandbox"
        home.mkdir(parents=True)
        sandbox = Sandbox(home)
        try:
            done = soak(
                Path(name),
                sandbox,
                edits=options.edits,
                kills=options.kills,
                seed=options.seed,
                is_whole=options.whole,
            )
        finally:
            sandbox.close()
    sys.stdout.write("\n".join([*done.wrong, str(done), ""]))
    return 1 if done.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
