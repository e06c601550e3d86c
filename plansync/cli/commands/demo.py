"""`plansync demo`: the whole way there and back, on this machine only, each command shown."""

from __future__ import annotations

import difflib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import typer

from plansync.cli.context import Common
from plansync.cli.door import say, tell
from plansync.cli.options import Plan
from plansync.errors import ConfigError, PlansyncError
from plansync.text import in_line


def command(
    context: typer.Context,
    plan: Plan = None,
    board: Annotated[bool, typer.Option("--board", help="Keep the board open at the end.")] = False,
) -> None:
    """Show it work: push a copy of a plan, act as a person on the tracker, pull, push, sync."""
    common: Common = context.obj
    if common.as_json:
        raise ConfigError("demo is there to be watched and has no JSON; leave --json out")
    folder = Path(tempfile.mkdtemp(prefix="plansync-demo-"))
    copy = folder / (plan.name if plan else "implementation-plan.md")
    try:
        copy.write_bytes(plan.read_bytes() if plan else example())
    except OSError as error:
        raise PlansyncError(f"{plan or 'the example plan'} cannot be read: {error.strerror}") from None
    (folder / "plansync.toml").write_text('tracker = "sandbox"\n', encoding="utf-8")
    demo = _Demo(common, folder, copy)
    demo.play()
    with _sandbox(folder) as where:
        demo.close(where["url"], board)
    if not plan and not board:
        say(f"The demo's folder stays for you to look at: {folder}")


def example() -> bytes:
    """Read the example plan, from the package or from its repository."""
    inside = files("plansync") / "examples" / "implementation-plan.md"
    beside = Path(__file__).parents[3] / "examples" / "implementation-plan.md"
    return inside.read_bytes() if inside.is_file() else beside.read_bytes()


@contextmanager
def _sandbox(folder: Path) -> Iterator[dict[str, Any]]:
    """Serve the folder's sandbox while a person is at work on it."""
    argv = [sys.executable, "-m", "plansync", "-C", str(folder), "sandbox", "--port", "0", "--json"]
    server = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=_environment())
    try:
        line = server.stdout.readline() if server.stdout else ""
        yield json.loads(line)
    finally:
        server.terminate()
        server.wait(timeout=10)


def _environment() -> dict[str, str]:
    """Leave settings that would send the demo anywhere else behind."""
    return {k: v for k, v in os.environ.items() if not k.startswith("PLANSYNC_")}


class _Demo:
    """Plays the scenes, in order."""

    def __init__(self, common: Common, folder: Path, plan: Path) -> None:
        self.common, self.folder, self.plan = common, folder, plan

    def play(self) -> None:
        """Everything but the end."""
        self._say(f"A copy of the plan lies in {self.folder}. Nothing leaves this machine.")
        self._run("status", self.plan.name)
        self._scene("1. Plan → tracker")
        self._run("push", self.plan.name, "--yes")
        with _sandbox(self.folder) as where:
            person = _Person(where["github"])
            self._list(person)
            self._scene("2. A person works on the tracker")
            self._say(person.close_first())
            self._say(person.tick_next())
        self._scene("3. Tracker → plan")
        before = self.plan.read_text(encoding="utf-8")
        self._run("pull", self.plan.name)
        self._show_diff(before)
        self._scene("4. You tick a box in the plan, and push")
        self._tick_in_plan()
        self._run("push", self.plan.name)
        self._scene("5. Nothing left to do")
        self._run("sync", self.plan.name)

    def close(self, url: str, keep_open: bool) -> None:
        """Say how to go on, with the board open if wanted."""
        self._scene("Go on")
        program = _program()
        self._say(
            f"See the board:              {program} -C {self.folder} sandbox      (then open the address it prints)"
        )
        self._say(f"In your own project:        {program} init, then diff and push in the same way")
        if keep_open:
            self._say(f"The board is at {url} until you press Ctrl-C.")
            typer.launch(url)
            try:
                input()
            except (EOFError, KeyboardInterrupt):
                return

    def _scene(self, title: str) -> None:
        say("\n" + (typer.style(title, bold=True) if self.common.has_color else title))

    def _say(self, text: str) -> None:
        say(in_line(text))

    def _run(self, *arguments: str) -> None:
        """Run a command just as it is printed."""
        tell(f"$ plansync {' '.join(arguments)}")
        sys.stdout.flush()
        argv = [sys.executable, "-m", "plansync", *arguments]
        done = subprocess.run(argv, cwd=self.folder, env=_environment(), check=False)
        if done.returncode not in (0, 4):
            raise PlansyncError(f"the demo's command ended with {done.returncode}")

    def _list(self, person: _Person) -> None:
        say("\nOn the tracker now:")
        for milestone in person.get("milestones?state=all&per_page=100"):
            self._say(f"  milestone {milestone['title']}: {milestone['open_issues']} open issues")
        issues = sorted(person.get("issues?state=all&per_page=100"), key=lambda i: i["number"])
        for issue in issues:
            self._say(f"    #{issue['number']:<3} {issue['title']}")

    def _show_diff(self, before: str) -> None:
        after = self.plan.read_text(encoding="utf-8")
        say("\nWhat changed in the plan, and nothing else:")
        lines = difflib.unified_diff(
            before.splitlines(), after.splitlines(), "before", "after", lineterm="", n=0
        )
        for line in lines:
            self._say(f"  {line}")

    def _tick_in_plan(self) -> None:
        source = self.plan.read_bytes()
        changed = re.sub(rb"^(\s*[-*] )\[ \]", rb"\1[x]", source, count=1, flags=re.MULTILINE)
        self.plan.write_bytes(changed)
        line = next(
            (new for old, new in zip(source.splitlines(), changed.splitlines(), strict=True) if old != new),
            b"",
        )
        self._say(f"In the editor: {line.decode().strip()}")


class _Person:
    """Somebody on the tracker, with nothing but its HTTP API."""

    def __init__(self, where: dict[str, str]) -> None:
        import httpx

        headers = {"authorization": f"Bearer {where['token']}", "accept": "application/vnd.github+json"}
        self.client = httpx.Client(base_url=f"{where['api_url']}/repos/{where['repo']}/", headers=headers)

    def get(self, path: str) -> Any:
        """Read something."""
        answer = self.client.get(path)
        answer.raise_for_status()
        return answer.json()

    def _tasks(self) -> Sequence[Any]:
        issues = sorted(self.get("issues?state=open&per_page=100"), key=lambda i: i["number"])
        return [i for i in issues if "kind=task" in (i["body"] or "")]

    def close_first(self) -> str:
        """Close the first task's issue as done."""
        tasks = self._tasks()
        if not tasks:
            return "(this plan has no open task, so nobody has anything to close)"
        issue = tasks[0]
        body = {"state": "closed", "state_reason": "completed"}
        self.client.patch(f"issues/{issue['number']}", json=body).raise_for_status()
        return f"Somebody closes #{issue['number']} {issue['title']} as completed."

    def tick_next(self) -> str:
        """Tick the first open box of the next task with one."""
        for issue in self._tasks():
            body, count = re.subn(r"- \[ \]", "- [x]", issue["body"], count=1)
            if count:
                self.client.patch(f"issues/{issue['number']}", json={"body": body}).raise_for_status()
                return f"Somebody ticks the first box of #{issue['number']} {issue['title']}."
        return "(there is no open box left to tick)"


def _program() -> str:
    """Write how to call plansync from this shell: by name where it is found, else by where it lies."""
    called = Path(sys.argv[0])
    is_unknown = called.stem == "plansync" and not shutil.which("plansync")
    return shlex.quote(str(called.absolute())) if is_unknown else "plansync"
