"""A plan beside a tracker of this machine, and what each command of its life takes there.

Each command is a process of its own that talks over HTTP on loopback to `plansync sandbox`, through a proxy of ours
that counts and waits. Times belong to one machine on one day: compare the ratios. Before and after each command bare
round trips are timed, one after the other, which a busy machine slows down as well; `: bare` is the wall time, divided
by as many of them.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from proxy import Proxy, opened
from sync import plan_of

BARE = 20
TEMPLATE = Path(__file__).parents[1] / "examples" / "implementation-plan.md"
PROGRAM = ("-m", "plansync")


@dataclass(frozen=True)
class Dialect:
    """How one tracker is talked to. `kind`: as the settings name it; `edit` is the method that changes a record."""

    kind: str
    path: str
    edit: str
    trifle: str
    closing: Mapping[str, str]

    def issue(self, repo: str, number: int) -> str:
        """Name an issue's address below the API's."""
        if self.kind == "github":
            return f"repos/{repo}/issues/{number}"
        return f"projects/{quote(repo, safe='')}/issues/{number}"

    @property
    def columns(self) -> str:
        verbs = f"GET | of them 304 | POST | {self.edit} | other | all"
        return f"tasks | command | {verbs} | wall s | : latency | : bare | CPU s | peak MB | load"


GITHUB = Dialect("github", "/api/v3", "PATCH", "versions", {"state": "closed", "state_reason": "completed"})
GITLAB = Dialect("gitlab", "/api/v4", "PUT", "version", {"state_event": "close"})


@dataclass(frozen=True)
class Cost:
    """What one command took. `seen` counts (method, status); `load`: how many processes wanted a core meanwhile."""

    seen: Counter[tuple[str, int]]
    wall_s: float
    bare_s: float
    cpu_s: float
    peak_mb: float
    load: float
    document: dict[str, Any]

    @property
    def total(self) -> int:
        return sum(self.seen.values())

    def of(self, method: str) -> int:
        return sum(count for (verb, _), count in self.seen.items() if verb == method)

    def row(self, tasks: int, what: str, latency_s: float, edit: str) -> str:
        unchanged = sum(count for (_, status), count in self.seen.items() if status == 304)
        verbs = {method: self.of(method) for method in ("GET", "POST", edit)}
        other = self.total - sum(verbs.values())
        serial = f"{self.wall_s / (self.total * latency_s):.2f}" if latency_s and self.total else "-"
        counts = [verbs["GET"], unchanged, verbs["POST"], verbs[edit], other, self.total]
        bare = f"{self.wall_s / (self.total * self.bare_s):.2f}" if latency_s and self.total else "-"
        times = [f"{self.wall_s:.2f}", serial, bare, f"{self.cpu_s:.2f}", f"{self.peak_mb:.0f}"]
        return (
            f"| {tasks} | {what} | {' | '.join(map(str, counts))} | {' | '.join(times)} | {self.load:.1f} |"
        )


@dataclass(frozen=True)
class Desk:
    """A folder with a plan, a tracker that is reached through a proxy, and the tracker's own address."""

    folder: Path
    proxy: Proxy
    direct: str
    token: str
    repo: str
    dialect: Dialect
    program: Sequence[str] = PROGRAM

    @property
    def plan(self) -> Path:
        return self.folder / "plan.md"

    def run(self, *arguments: str) -> Cost:
        """Run one command in a process of its own."""
        where = ("--api-url", f"http://127.0.0.1:{self.proxy.port}{self.dialect.path}", "-R", self.repo)
        where = ("--tracker", self.dialect.kind, *where)
        argv = [sys.executable, *self.program, "--json", *arguments, *where]
        foreign = ("PLANSYNC_", "GITHUB_", "GH_", "GITLAB_", "CI_")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        environment |= {"PLANSYNC_TOKEN": self.token, "PLANSYNC_PACE": "off"}
        before_s = self.round_trip_s()
        self.proxy.taken()
        started = time.perf_counter()
        with tempfile.TemporaryFile() as out:
            process = subprocess.Popen(argv, cwd=self.folder, env=environment, stdout=out)
            _, status, used = os.wait4(process.pid, 0)
            wall_s = time.perf_counter() - started
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            said = out.read()
        if process.returncode:
            raise SystemExit(
                f"plansync {' '.join(arguments)} ended with {process.returncode}: {said.decode()}"
            )
        cpu_s, load = used.ru_utime + used.ru_stime, os.getloadavg()[0]
        seen, bare_s = self.proxy.taken(), (before_s + self.round_trip_s()) / 2
        return Cost(seen, wall_s, bare_s, cpu_s, used.ru_maxrss / 1024, load, json.loads(said))

    def round_trip_s(self) -> float:
        """Time bare requests through the proxy, on one connection; give the mean of one."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.proxy.port)) as connection:
            headers = {"authorization": f"Bearer {self.token}", "user-agent": "benchmark"}
            started = time.perf_counter()
            for _ in range(BARE):
                connection.request("GET", f"{self.dialect.path}/{self.dialect.trifle}", headers=headers)
                connection.getresponse().read()
            return (time.perf_counter() - started) / BARE

    def close_an_issue(self, number: int) -> None:
        """Close an issue as a person on the tracker does, past the proxy."""
        request = urllib.request.Request(
            f"{self.direct}/{self.dialect.issue(self.repo, number)}",
            data=json.dumps(self.dialect.closing).encode(),
            headers={"authorization": f"Bearer {self.token}", "content-type": "application/json"},
            method=self.dialect.edit,
        )
        urllib.request.urlopen(request).close()

    def tick_one(self) -> None:
        """Tick the last open step of the plan."""
        head, _, tail = self.plan.read_text("utf-8").rpartition("- [ ]")
        self.plan.write_text(f"{head}- [x]{tail}", "utf-8")

    def edit_a_tenth(self) -> None:
        """Rename every tenth task."""
        first, *rest = re.split(r"(?m)^(?=### Task )", self.plan.read_text("utf-8"))
        renamed = [each.replace(": ", ": Anew: ", 1) if n % 10 == 4 else each for n, each in enumerate(rest)]
        self.plan.write_text("".join([first, *renamed]), "utf-8")


@contextmanager
def desk(tasks: int, latency_s: float, dialect: Dialect, program: Sequence[str] = PROGRAM) -> Iterator[Desk]:
    """Lay a new plan beside a new tracker. `program`: what Python runs as plansync."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        argv = [sys.executable, *PROGRAM, "sandbox", "--port", "0", "--json", "--db", str(folder / "db")]
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=folder)
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())[dialect.kind]
            port = int(re.findall(r":(\d+)/", said["api_url"])[0])
            repo = said.get("repo") or said["project"]
            with opened(port, latency_s) as proxy:
                (folder / "work").mkdir()
                made = Desk(folder / "work", proxy, said["api_url"], said["token"], repo, dialect, program)
                made.plan.write_text(TEMPLATE.read_text("utf-8") if tasks == 12 else plan_of(tasks), "utf-8")
                yield made
        finally:
            process.terminate()
            process.wait()


def first_push(at: Desk) -> Cost:
    """Put the whole plan on the tracker."""
    return at.run("push", "--yes", "--allow", "mass-create", "--allow", "mass-change")


def story(at: Desk, tasks: int) -> Iterator[tuple[str, Cost]]:
    """Run the commands of a plan's life, one after the other."""
    yield "first push", first_push(at)
    yield "the sync after it", at.run("sync", "--yes")
    changes: list[tuple[str, Callable[[], None]]] = [
        ("nothing to do", lambda: None),
        ("one issue closed on the tracker", lambda: at.close_an_issue(tasks // 2)),
        ("one tick in the plan", at.tick_one),
        ("a tenth of the tasks renamed", at.edit_a_tenth),
        ("nothing to do again", lambda: None),
    ]
    for what, change in changes:
        change()
        yield what, at.run("sync", "--yes", "--allow", "mass-change")


def asked(what: str) -> argparse.ArgumentParser:
    """Make the parser of what is asked for: sizes, and latencies."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("sizes", nargs="*", type=int, default=[12, 100, 1000])
    parser.add_argument("--latency", nargs="*", type=int, default=[0, 50], help="milliseconds a round trip")
    return parser


def head(latency: int, dialect: Dialect) -> None:
    """Begin the table of one latency."""
    print(f"\n{latency} ms\n\n| {dialect.columns} |\n|{'---|' * (dialect.columns.count('|') + 1)}")


def lives(sizes: Sequence[int], latencies: Sequence[int], dialect: Dialect) -> None:
    """Print a table for each latency: one row a size and a command."""
    for latency in latencies:
        head(latency, dialect)
        for tasks in sizes:
            with desk(tasks, latency / 1000, dialect) as at:
                for what, cost in story(at, tasks):
                    print(cost.row(tasks, what, latency / 1000, dialect.edit), flush=True)
