"""What a plan on GitHub costs: requests by method, wall time with a slow network, peak memory.

Run it with the project's own environment; sizes are tasks, a latency is what each round trip takes longer:

    .venv/bin/python benchmarks/github.py 12 100 1000 --latency 0 50

The plan of 12 tasks is the example that plansync comes with, the others are made. Each command is a process of its own
that talks over HTTP on loopback to `plansync sandbox`, through a proxy of ours that counts and waits. Times belong to
one machine on one day: compare the ratios. Before and after each command bare round trips are timed, one after the
other, which a busy machine slows down as well; `: bare` is the wall time, divided by as many of them.
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
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proxy import Proxy, opened
from sync import plan_of

BARE = 20
TEMPLATE = Path(__file__).parents[1] / "examples" / "implementation-plan.md"
COLUMNS = (
    "tasks | command | GET | of them 304 | POST | PATCH | other | all | wall s | : latency | : bare | CPU s"
    " | peak MB"
)


@dataclass(frozen=True)
class Cost:
    """What one command took. `seen` counts (method, status)."""

    seen: Counter[tuple[str, int]]
    wall_s: float
    bare_s: float
    cpu_s: float
    peak_mb: float
    document: dict[str, Any]

    @property
    def total(self) -> int:
        return sum(self.seen.values())

    def of(self, method: str) -> int:
        return sum(count for (verb, _), count in self.seen.items() if verb == method)

    def row(self, tasks: int, what: str, latency_s: float) -> str:
        unchanged = sum(count for (_, status), count in self.seen.items() if status == 304)
        verbs = {method: self.of(method) for method in ("GET", "POST", "PATCH")}
        other = self.total - sum(verbs.values())
        serial = f"{self.wall_s / (self.total * latency_s):.2f}" if latency_s and self.total else "-"
        counts = [verbs["GET"], unchanged, verbs["POST"], verbs["PATCH"], other, self.total]
        bare = f"{self.wall_s / (self.total * self.bare_s):.2f}" if latency_s and self.total else "-"
        times = [f"{self.wall_s:.2f}", serial, bare, f"{self.cpu_s:.2f}", f"{self.peak_mb:.0f}"]
        return f"| {tasks} | {what} | {' | '.join(map(str, counts))} | {' | '.join(times)} |"


@dataclass(frozen=True)
class Desk:
    """A folder with a plan, a tracker that is reached through a proxy, and the tracker's own address."""

    folder: Path
    proxy: Proxy
    direct: str
    token: str
    repo: str

    @property
    def plan(self) -> Path:
        return self.folder / "plan.md"

    def run(self, *arguments: str) -> Cost:
        """Run one command in a process of its own."""
        where = ("--api-url", f"http://127.0.0.1:{self.proxy.port}/api/v3", "-R", self.repo)
        argv = [sys.executable, "-m", "plansync", "--json", *arguments, *where]
        foreign = ("PLANSYNC_", "GITHUB_", "GH_")
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
        cpu_s = used.ru_utime + used.ru_stime
        seen, bare_s = self.proxy.taken(), (before_s + self.round_trip_s()) / 2
        return Cost(seen, wall_s, bare_s, cpu_s, used.ru_maxrss / 1024, json.loads(said))

    def round_trip_s(self) -> float:
        """Time bare requests through the proxy, on one connection; give the mean of one."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.proxy.port)) as connection:
            headers = {"authorization": f"Bearer {self.token}", "user-agent": "benchmark"}
            started = time.perf_counter()
            for _ in range(BARE):
                connection.request("GET", "/api/v3/versions", headers=headers)
                connection.getresponse().read()
            return (time.perf_counter() - started) / BARE

    def close_an_issue(self, number: int) -> None:
        """Close an issue as a person on the tracker does, past the proxy."""
        request = urllib.request.Request(
            f"{self.direct}/repos/{self.repo}/issues/{number}",
            data=json.dumps({"state": "closed", "state_reason": "completed"}).encode(),
            headers={"authorization": f"Bearer {self.token}", "content-type": "application/json"},
            method="PATCH",
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
def desk(tasks: int, latency_s: float) -> Iterator[Desk]:
    """Lay a new plan beside a new tracker."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        argv = [
            sys.executable,
            "-m",
            "plansync",
            "sandbox",
            "--port",
            "0",
            "--json",
            "--db",
            str(folder / "db"),
        ]
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=folder)
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())["github"]
            port = int(re.findall(r":(\d+)/", said["api_url"])[0])
            with opened(port, latency_s) as proxy:
                (folder / "work").mkdir()
                made = Desk(folder / "work", proxy, said["api_url"], said["token"], said["repo"])
                made.plan.write_text(TEMPLATE.read_text("utf-8") if tasks == 12 else plan_of(tasks), "utf-8")
                yield made
        finally:
            process.terminate()
            process.wait()


def story(at: Desk, tasks: int) -> Iterator[tuple[str, Cost]]:
    """Run the commands of a plan's life, one after the other."""
    yield "first push", at.run("push", "--yes", "--allow", "mass-create", "--allow", "mass-change")
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


def main() -> None:
    """Print a table for each latency: one row a size and a command."""
    asked = argparse.ArgumentParser(description="What a plan on GitHub costs.")
    asked.add_argument("sizes", nargs="*", type=int, default=[12, 100, 1000])
    asked.add_argument("--latency", nargs="*", type=int, default=[0, 50], help="milliseconds a round trip")
    given = asked.parse_args()
    for latency in given.latency:
        print(f"\n{latency} ms\n\n| {COLUMNS} |\n|{'---|' * (COLUMNS.count('|') + 1)}")
        for tasks in given.sizes:
            with desk(tasks, latency / 1000) as at:
                for what, cost in story(at, tasks):
                    print(cost.row(tasks, what, latency / 1000), flush=True)


if __name__ == "__main__":
    main()
