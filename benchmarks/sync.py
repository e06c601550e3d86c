"""How much a sync costs: requests, processor time and memory, for plans of several sizes.

Run it with the project's own environment:

    .venv/bin/python benchmarks/sync.py 12 100 1000

Each command is a process of its own against the embedded tracker in-process, so the figures hold
plan, merge, adapter and tracker together. Absolute times belong to one machine on one day: compare
the ratios.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any


def plan_of(tasks: int) -> str:
    """Write a plan: twenty tasks a phase, four steps each, a chain of dependencies in each phase."""
    parts = ["# Implementation Plan: Benchmark\n"]
    for number in range(tasks):
        phase, task = number // 20 + 1, number % 20 + 1
        if task == 1:
            parts.append(f"## Phase {phase}: Part {phase}\n")
        steps = "".join(f"- [ ] Step {s} of task {phase}.{task}\n" for s in range(1, 5))
        after = "None" if task == 1 else f"Task {phase}.{task - 1}"
        keys = f"**Estimated Time**: 2 hours  \n**Dependencies**: {after}\n"
        parts.append(f"### Task {phase}.{task}: Build piece {phase} {task}\n\n{steps}\n{keys}")
    return "\n".join(parts) + f"\n---\n\n**Completion**: 0% (0/{tasks} tasks completed)\n"


def measured(folder: Path, *arguments: str) -> dict[str, Any]:
    """Run one command; give its run document with processor seconds and peak megabytes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    argv = [sys.executable, "-m", "plansync", "--json", *arguments]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PLANSYNC_")}
    done = subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    document: dict[str, Any] = json.loads(done.stdout)
    document["cpu_s"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    document["peak_mb"] = after.ru_maxrss / 1024
    return document


def main(sizes: list[int]) -> None:
    """Print a table: one row a size and a command."""
    print("| tasks | command | requests | writes | not modified | CPU s | peak MB so far |")
    print("|---|---|---|---|---|---|---|")
    for tasks in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            plan = folder / "plan.md"
            plan.write_text(plan_of(tasks), encoding="utf-8")
            rows = [("status", measured(folder, "status"))]
            rows.append(("first push", measured(folder, "push", "--yes", "--allow", "mass-create")))
            rows.append(("sync after it", measured(folder, "sync")))
            rows.append(("nothing to do", measured(folder, "sync")))
            text = plan.read_text(encoding="utf-8")
            plan.write_text(re.sub(r"- \[ \]", "- [x]", text, count=1), encoding="utf-8")
            rows.append(("one tick", measured(folder, "sync")))
        for what, found in rows:
            asked = found.get("requests", {"total": 0, "writes": 0, "not_modified": 0})
            counts = f"{asked['total']} | {asked['writes']} | {asked['not_modified']}"
            print(f"| {tasks} | {what} | {counts} | {found['cpu_s']:.2f} | {found['peak_mb']:.0f} |")


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [12, 100, 1000])
