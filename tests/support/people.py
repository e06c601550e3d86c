"""The people of a test: one at a working copy with an editor and the command, one on the tracker."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

from tests.support.canary import assert_untold
from tests.support.outline import BOM, Change, Outline, changes, outline

LIMIT_S = 120
ENVELOPE = {
    *("schema", "command", "run", "plan", "tracker", "outcome"),
    *("operations", "conflicts", "drifts", "notes", "requests", "duration_s"),
}
"""The keys of the document that a run prints."""
OPERATION = {"id", "side", "kind", "task", "label", "ref", "url", "fields", "status", "rule", "error"}
"""The keys of one operation in it."""


@dataclass(frozen=True)
class Place:
    """Where a tracker listens, what it lets in, and which kind of tracker it is."""

    api_url: str
    token: str
    repo: str
    kind: str = "github"

    @property
    def flags(self) -> tuple[str, ...]:
        kind = () if self.kind == "github" else ("--tracker", self.kind)
        return (*kind, "--api-url", self.api_url, "-R", self.repo)


@dataclass(frozen=True)
class Ran:
    """One run of the command that is over."""

    arguments: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def operations(self) -> list[Any]:
        """All operations but the one by which the overview issue follows the others."""
        return [op for op in self.json["operations"] if not follows(op)]

    def kinds(self, side: str, *statuses: str) -> list[str]:
        """List the kinds of operations on one side that were applied (or have another status)."""
        wanted = statuses or ("applied",)
        return [op["kind"] for op in self.operations if op["side"] == side and op["status"] in wanted]

    @property
    def writes(self) -> int:
        """How many requests of this run could have changed something on the tracker."""
        return int(self.json["requests"]["writes"])

    @property
    def own_writes(self) -> int:
        """The same, but for the write by which the overview issue follows the others."""
        return self.writes - len(
            [op for op in self.json["operations"] if follows(op) and op["status"] == "applied"]
        )

    def __str__(self) -> str:
        return f"plansync {' '.join(self.arguments)} ended with {self.code}\n{self.out}\n{self.err}"


def follows(operation: Any) -> bool:
    """Say whether an operation writes nothing but the derived parts of the overview issue."""
    derived = {"progress", "criteria", "decisions", "outsiders", "graph"}
    return operation["kind"] == "update-issue" and {*operation["fields"]} <= derived


def environment(home: Path, **more: str) -> dict[str, str]:
    """An environment of our own: no settings, no tokens and no history of the person who runs the tests."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(("COVERAGE_", "PATH"))}
    mine = {"HOME": str(home), "PLANSYNC_SETTLE_S": "0", "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}
    return {**kept, **mine, **more}


def run(
    arguments: Sequence[str],
    folder: Path,
    env: Mapping[str, str],
    program: Sequence[str] = (sys.executable, "-m", "plansync"),
) -> Ran:
    """Run the command as a person or a job would, off a terminal."""
    done = subprocess.run(
        [*program, *arguments],
        cwd=folder,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=LIMIT_S,
        check=False,
    )
    ran = Ran(tuple(arguments), done.returncode, done.stdout.decode(), done.stderr.decode())
    assert_untold(ran.out + ran.err, env)
    assert "Traceback" not in ran.err, ran
    assert ran.code != 3, f"a bug: {ran}"
    return ran


@dataclass
class Copy:
    """A working copy: a folder with a plan in it, and whoever works there."""

    folder: Path
    env: dict[str, str]
    flags: tuple[str, ...] = ()
    name: str = "implementation-plan.md"
    original: bytes = b""
    forked: Callable[[Copy, Sequence[str]], Ran] | None = None
    """A quicker way to run the command: the same program, in a process forked for each, without its start-up."""
    is_quick: bool = True
    """Every command runs so where it can; otherwise only the one more sync with which many tests end."""

    @classmethod
    def of(cls, source: bytes, folder: Path, place: Place | None = None, **more: Any) -> Copy:
        """Lay a plan into an empty folder."""
        home = folder.parent / f"home of {folder.name}"
        home.mkdir(parents=True)
        folder.mkdir(parents=True, exist_ok=True)
        env = environment(home, **({"PLANSYNC_TOKEN": place.token} if place else {}))
        flags = place.flags if place else ()
        made = cls(folder, env, flags, original=source, **more)
        made.plan.parent.mkdir(parents=True, exist_ok=True)
        made.plan.write_bytes(source)
        return made

    # the files

    @cached_property
    def outline(self) -> Outline:
        """The plan as it was at first, where it is in the template's form."""
        return outline(self.original)

    @property
    def plan(self) -> Path:
        return self.folder / self.name

    @property
    def content(self) -> bytes:
        return self.plan.read_bytes()

    @property
    def text(self) -> str:
        return self.content.removeprefix(BOM).decode().replace("\r\n", "\n")

    @property
    def state(self) -> Path:
        local = self.folder / ".plansync" / "local" / f"{self.name}.jsonl"
        return local if local.exists() else self.folder / ".plansync" / f"{self.name}.jsonl"

    def since(self, before: bytes) -> list[Change]:
        return changes(before, self.content)

    # the editor

    def replace(self, old: str, new: str) -> None:
        """Change one place of the plan, in its own line ends."""
        text = self.content.decode()
        if "\r\n" in text:
            old, new = old.replace("\n", "\r\n"), new.replace("\n", "\r\n")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the plan"
        self.plan.write_bytes(text.replace(old, new).encode())

    def tick(self, *numbers_and_steps: str) -> None:
        """Tick all steps of a task (by number), or one step (by its text)."""
        for name in numbers_and_steps:
            for step in self._steps(name):
                self.replace(f"- [ ] {step}\n", f"- [x] {step}\n")

    def untick(self, *numbers_and_steps: str) -> None:
        for name in numbers_and_steps:
            for step in self._steps(name):
                self.replace(f"- [x] {step}\n", f"- [ ] {step}\n")

    def _steps(self, name: str) -> tuple[str, ...]:
        return self.outline.task(name).steps if re.fullmatch(r"\d+\.\d+", name) else (name,)

    def section(self, number: str) -> str:
        """The text of one task: from its heading to the blank line before the next heading or rule."""
        found = re.search(rf"^### Task {re.escape(number)}:.*?(?=\n\n(?:#|---))", self.text, re.M | re.S)
        assert found, f"no task {number}"
        return found[0]

    # the command

    def run(self, *arguments: str, exits: int | None = 0) -> Ran:
        """Run the command here; it must end with the given code."""
        if self.forked and self.is_quick:
            ran = self.forked(self, arguments)
        else:
            ran = run([*arguments, *self.flags], self.folder, self.env)
        assert exits is None or ran.code == exits, ran
        assert "Traceback" not in ran.err, ran
        assert ran.code != 3, f"a bug: {ran}"
        return ran

    def push(self, *arguments: str, exits: int = 0) -> Ran:
        return self.run("push", "--yes", "--json", *arguments, exits=exits)

    def pull(self, *arguments: str, exits: int = 0) -> Ran:
        return self.run("pull", "--json", *arguments, exits=exits)

    def sync(self, *arguments: str, exits: int = 0) -> Ran:
        return self.run("sync", "--yes", "--json", *arguments, exits=exits)

    def is_settled(self) -> bool:
        """Whether one more sync finds nothing to do: no write, no byte, no conflict."""
        plan, state = self.content, self.state.read_bytes()
        again = ("sync", "--yes", "--json")
        ran = self.forked(self, again) if self.forked else self.run(*again)
        assert ran.code == 0, ran
        is_quiet = not ran.writes and not ran.json["operations"]
        is_same = (plan, state) == (self.content, self.state.read_bytes())
        if not (is_quiet and is_same):
            print(f"{ran}\n{self.since(plan)}\n{changes(state, self.state.read_bytes())}")  # noqa: T201 - why
        return is_quiet and is_same


Issue = dict[str, Any]


class Person:
    """Somebody on the tracker, with its documented REST API and nothing else."""

    def __init__(self, place: Place) -> None:
        headers = {"authorization": f"Bearer {place.token}", "accept": "application/vnd.github+json"}
        # Loopback without TLS; reading the certificates of the world would take longer than most tests.
        self.client = httpx.Client(
            base_url=f"{place.api_url}/repos/{place.repo}/", headers=headers, trust_env=False, verify=False
        )

    def leave(self) -> None:
        self.client.close()

    def _all(self, path: str) -> list[Issue]:
        found: list[Issue] = []
        url: str | None = path
        while url:
            answer = self.client.get(url).raise_for_status()
            found += answer.json()
            url = answer.links.get("next", {}).get("url")
        return sorted(found, key=lambda each: int(each["number"]))

    # looking

    def milestones(self) -> list[Issue]:
        return self._all("milestones?state=all&per_page=100")

    def issues(self) -> list[Issue]:
        return self._all("issues?state=all&per_page=100")

    def tasks(self) -> list[Issue]:
        return [issue for issue in self.issues() if "kind=task" in (issue["body"] or "")]

    def overview(self) -> Issue:
        (found,) = [issue for issue in self.issues() if "kind=overview" in (issue["body"] or "")]
        return found

    def issue(self, title: str) -> Issue:
        (found,) = [issue for issue in self.issues() if issue["title"] == title]
        return found

    def boxes(self, title: str) -> list[tuple[str, str]]:
        """List an issue's boxes: letter and text."""
        return boxes(self.issue(title)["body"])

    def everything(self) -> list[Issue]:
        """All that one could see, to compare two moments."""
        return [*self.milestones(), *self.issues()]

    def kept(self, text: str) -> str:
        """Say what this tracker keeps of a text that somebody writes."""
        return text

    # acting

    def everything_else(self) -> list[Issue]:
        """All of that but the overview issue, which tells what waits and how far the plan is."""
        return [thing for thing in self.everything() if "kind=overview" not in (thing.get("body") or "")]

    def _patch(self, title: str, /, **fields: Any) -> None:
        self.change(self.issue(title)["number"], **fields)

    def change(self, number: int, /, **fields: Any) -> None:
        """Edit an issue by its number, where titles do not tell."""
        self.client.patch(f"issues/{number}", json=fields).raise_for_status()

    def comment(self, number: int, text: str) -> None:
        self.client.post(f"issues/{number}/comments", json={"body": text}).raise_for_status()

    def write(self, title: str, body: str = "", milestone: str = "", labels: Sequence[str] = ()) -> int:
        """Open an issue by hand; says its number."""
        fields: dict[str, Any] = {"title": title, "body": body, "labels": list(labels)}
        if milestone:
            (fields["milestone"],) = [m["number"] for m in self.milestones() if m["title"] == milestone]
        made = self.client.post("issues", json=fields).raise_for_status().json()
        return int(made["number"])

    def label(self, title: str, *labels: str) -> None:
        number = self.issue(title)["number"]
        self.client.post(f"issues/{number}/labels", json={"labels": list(labels)}).raise_for_status()

    def unlabel(self, title: str, label: str) -> None:
        number = self.issue(title)["number"]
        self.client.delete(f"issues/{number}/labels/{label}").raise_for_status()

    def blockers(self, number: int) -> list[int]:
        """List the issues by which one is blocked, by their numbers."""
        answer = self.client.get(f"issues/{number}/dependencies/blocked_by").raise_for_status()
        return sorted(each["number"] for each in answer.json())

    def block(self, title: str, blocker: str) -> None:
        path = f"issues/{self.issue(title)['number']}/dependencies/blocked_by"
        self.client.post(path, json={"issue_id": self.issue(blocker)["id"]}).raise_for_status()

    def unblock(self, title: str, blocker: str) -> None:
        number, other = self.issue(title)["number"], self.issue(blocker)["id"]
        self.client.delete(f"issues/{number}/dependencies/blocked_by/{other}").raise_for_status()

    def add_milestone(self, title: str, description: str = "") -> int:
        """Make a milestone by hand; says its number."""
        given = {"title": title, "description": description}
        return int(self.client.post("milestones", json=given).raise_for_status().json()["number"])

    def change_milestone(self, number: int, /, **fields: Any) -> None:
        self.client.patch(f"milestones/{number}", json=fields).raise_for_status()

    def delete_milestone(self, number: int) -> None:
        self.client.delete(f"milestones/{number}").raise_for_status()

    def close(self, title: str, reason: str = "completed") -> None:
        self._patch(title, state="closed", state_reason=reason)

    def reopen(self, title: str) -> None:
        self._patch(title, state="open")

    def rename(self, title: str, new: str) -> None:
        self._patch(title, title=new)

    def move(self, title: str, milestone: str) -> None:
        (number,) = [each["number"] for each in self.milestones() if each["title"] == milestone]
        self._patch(title, milestone=number)

    def edit(self, title: str, change: Callable[[str], str]) -> None:
        """Edit a body as a web form does: whatever it was, it is sent back with CRLF."""
        body = self.issue(title)["body"].replace("\r\n", "\n")
        changed = change(body)
        assert changed != body, "this edit changes nothing"
        self._patch(title, body=changed.replace("\n", "\r\n"))

    def tick(self, title: str, step: str) -> None:
        self.edit(title, lambda body: body.replace(f"- [ ] {step}", f"- [x] {step}"))

    def untick(self, title: str, step: str) -> None:
        self.edit(title, lambda body: body.replace(f"- [x] {step}", f"- [ ] {step}"))


def boxes(body: str) -> list[tuple[str, str]]:
    """List the task-list items of a body: letter and text, what plansync hides from trackers put back."""
    plain = body.replace("\r\n", "\n").replace("#<!-- -->", "#").replace("@<!-- -->", "@")
    return re.findall(r"^ *- \[(.)\] (.*)$", plain, re.M)
