"""Run the command as always, but die at a chosen point, as if the power went.

A program for tests that need many runs: each line on its input asks for one run, and each run is a
process of its own, forked from this one so that the imports are paid for once. `dies_at` is the number
of the point to die at (1 is the first; 0 lets it live); `trace` is a file that gets the name of every
point that was passed. With `meanwhile`, another run of the command, somewhere else, is made at that point
instead, from its beginning to its end. `lives_s`: it is killed from outside when it has lived so long.
`among_files`: the points are its changes to files below its folder whose names match this, not what a sync passes.
The answer to a line is the run's return code and how many seconds it took.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import typer.main

import plansync
import plansync.cli.main as entry
from plansync import wiring
from plansync.jobs import pulls
from plansync.jobs.repository import Repository
from plansync.sync.project import Project

_FOREIGN = ("anyio._backends._asyncio", "h11", "httpcore", "typer._adapters", "typer._click.decorators")
"""What httpx and typer import when they are first used."""

_WRITES = ("fetch", "reset", "add", "commit", "read-tree", "commit-tree", "push")
_LASTING = ("reset", "commit", "push")
"""What git does to its branches; what it does before that nobody sees."""


def warm_up() -> None:
    """Import all that a command may need and put the verbs together, so that no fork does it again."""
    package = pkgutil.walk_packages(plansync.__path__, "plansync.")
    for name in (*_FOREIGN, *(found.name for found in package if found.name != "plansync.__main__")):
        importlib.import_module(name)
    entry.app = typer.main.get_command(entry.app)  # type: ignore[assignment]
    gc.collect()
    gc.freeze()  # a collection in a fork would copy what it shares with this process


Step = Callable[[], None]


def points(dies_at: int, trace: Path, meanwhile: dict[str, Any] | None = None) -> Callable[..., None]:
    """Count the points that are passed; the chosen one kills the process, or lets another one run.

    `half`: what is done just before a death there.
    """
    numbers = count(1)

    def at_point(name: str, half: Step = lambda: None) -> None:
        with trace.open("a", encoding="utf-8") as file:
            file.write(f"{name}\n")
        if next(numbers) != dies_at:
            return
        if meanwhile is None:
            half()
            os.kill(os.getpid(), signal.SIGKILL)
        else:
            subprocess.run(meanwhile["words"], **meanwhile["where"], check=True)

    return at_point


def let_jobs_die(at_point: Callable[[str], None]) -> None:
    """Let a run with `--commit` die before what it lets git do, and after it, and around the request."""
    git, ensure = Repository._git, pulls.ensure

    def dying_git(repository: Repository, words: Sequence[str], *given: Any) -> Any:
        name = next((word for word in words if word in _WRITES), "")
        if name:
            at_point(f"before git {name}")
        done = git(repository, words, *given)
        if name in _LASTING:
            at_point(f"after git {name}")
        return done

    async def dying_ensure(*given: Any) -> str:
        told = await ensure(*given)
        at_point("after the request")
        return told

    Repository._git = dying_git  # type: ignore[method-assign,assignment]
    pulls.ensure = dying_ensure  # type: ignore[assignment]


_CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link")
_OPENS_TO_WRITE = os.O_WRONLY | os.O_RDWR


def let_die_among_files(folder: Path, names: str, at_point: Callable[..., None]) -> None:
    """Let a run die before each change to a file, between its opening and its first byte, and before `git config`."""
    is_ours = False

    def hear(event: str, given: tuple[Any, ...]) -> None:
        nonlocal is_ours
        if is_ours:
            return
        is_ours = True
        try:
            if event == "subprocess.Popen" and "config" in given[1]:
                at_point("before git config")
            elif event in _CHANGES or (event == "open" and given[2] & _OPENS_TO_WRITE):
                change(event, *given)
        finally:
            is_ours = False

    def change(event: str, name: Any, mode: Any = None, flags: int = 0, *rest: Any) -> None:
        path = Path(name).absolute() if isinstance(name, (str, Path)) else Path()
        if not (path.is_relative_to(folder) and path.match(names)) or (event == "os.mkdir" and path.exists()):
            return
        at_point(f"before {event} {path.name}")
        if event == "open":
            opened = partial(os.open, path, (flags | os.O_CREAT) & ~os.O_EXCL, 0o600)
            at_point(f"opened {path.name}", lambda: os.close(opened()))

    sys.addaudithook(hear)


def become(wish: dict[str, Any]) -> int:
    """Be one run of the command, from its folder and environment to its return code."""
    os.chdir(wish["folder"])
    os.environ.clear()
    os.environ.update(wish["env"])
    for number, name in ((0, os.devnull), (1, wish["out"]), (2, wish["err"])):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC), number)
    at_point = points(wish["dies_at"], Path(wish["trace"]), wish["meanwhile"])
    if wish["among_files"]:
        let_die_among_files(Path(wish["folder"]), wish["among_files"], at_point)
    else:
        wiring.Project = partial(Project, at_point=at_point)  # type: ignore[assignment,attr-defined]
        let_jobs_die(at_point)
    code = entry.main(wish["arguments"])
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def serve() -> None:
    """Fork a run for every line, one after the other."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    for line in sys.stdin:
        wish = json.loads(line)
        child = os.fork()
        if not child:
            os._exit(become(wish))
        began = time.monotonic()
        ended = os.pidfd_open(child)
        if not select.select([ended], [], [], wish["lives_s"])[0]:
            os.kill(child, signal.SIGKILL)
        os.close(ended)
        _, status = os.waitpid(child, 0)
        answers.write(f"{os.waitstatus_to_exitcode(status)} {time.monotonic() - began}\n")


if __name__ == "__main__":
    warm_up()
    serve()
