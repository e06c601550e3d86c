"""How long the command line takes to start: `--help` by the clock, `status` of a large plan in processor time.

    .venv/bin/python benchmarks/start.py 1000

Both are medians of ten runs, told with what of the target they take; `python -c pass` stands beside them, as what no
Python program can be quicker than. Take the figures on an idle machine.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sync import plan_of

RUNS = 10
HELP_S, STATUS_S = 0.150, 0.700


def took(folder: Path, *argv: str) -> tuple[float, float]:
    """Run one command; give its seconds by the clock and of the processor."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("PLANSYNC_")}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([sys.executable, *argv], cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL)
    wall_s = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def medians(folder: Path, *argv: str) -> tuple[float, float]:
    """Give the medians of several runs."""
    runs = [took(folder, *argv) for _ in range(RUNS)]
    return statistics.median(wall for wall, _ in runs), statistics.median(cpu for _, cpu in runs)


def main(tasks: int) -> None:
    """Print a table: one row a command."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "plan.md").write_text(plan_of(tasks), encoding="utf-8")
        rows.append(("python -c pass", *medians(folder, "-c", "pass"), 0.0, 0.0))
        rows.append(("plansync --help", *medians(folder, "-m", "plansync", "--help"), HELP_S, 0.0))
        status = ("-m", "plansync", "status", "plan.md")
        rows.append((f"status, {tasks} tasks", *medians(folder, *status), 0.0, STATUS_S))
        took(
            folder,
            "-m",
            "plansync",
            "push",
            "--yes",
            "--allow",
            "mass-create",
            "--tracker",
            "sandbox",
            "plan.md",
        )
        rows.append((f"status, {tasks} tasks with issues", *medians(folder, *status), 0.0, STATUS_S))
    print("| command | wall ms | CPU ms | of the target |")
    print("|---|---|---|---|")
    for what, wall_s, cpu_s, wall_max_s, cpu_max_s in rows:
        share = wall_s / wall_max_s if wall_max_s else cpu_s / cpu_max_s if cpu_max_s else 0.0
        print(f"| {what} | {wall_s * 1000:.0f} | {cpu_s * 1000:.0f} | {f'{share:.2f}' if share else ''} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
