"""How much reading, planning and editing a document costs: processor time and memory, for plans of several sizes.

Run it with the project's own environment:

    .venv/bin/python benchmarks/document.py 12 1000 10000

Each size is a process of its own, so that its peak of memory is its own. Absolute times belong to one machine
on one day: compare the ratios. The exit code is 1 where reading, showing and planning 10,000 tasks takes more
than the target.
"""

from __future__ import annotations

import gc
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable

from plansync.document import detect, rewrite, view
from plansync.model import Change, Field, Operation, Side, is_step
from plansync.planning.estimates import estimates, times
from plansync.planning.graph import graph
from plansync.planning.schedule import schedule
from plansync.reconcile import held

TARGET_S = 2.0
TARGET_MB = 250.0
"""What reading, showing and the critical path of 10,000 tasks may take at most."""


def phase_task(tasks: int) -> str:
    """Write a plan of phases and task headings: twenty tasks a phase, four steps each, a chain in each phase."""
    parts = ["# Implementation Plan: Benchmark\n"]
    for number in range(tasks):
        phase, task = number // 20 + 1, number % 20 + 1
        if task == 1:
            parts.append(f"## Phase {phase}: Part {phase}\n")
        steps = "".join(f"- [ ] Do part {s} of task {phase}.{task}\n" for s in range(1, 5))
        after = "None" if task == 1 else f"Task {phase}.{task - 1}"
        keys = f"**Estimated Time**: {task % 5 + 1} hours  \n**Dependencies**: {after}\n"
        parts.append(f"### Task {phase}.{task}: Build piece {phase} {task}\n\n{steps}\n{keys}")
    return "\n".join(parts) + f"\n---\n\n**Completion**: 0% (0/{tasks} tasks completed)\n"


def kiro(tasks: int) -> str:
    """Write a list of numbered boxes with steps, details and requirements."""
    parts = ["# Implementation Plan\n"]
    for number in range(1, tasks + 1):
        steps = "".join(
            f"  - [ ] {number}.{s} Do part {s} of piece {number}\n    - _Requirements: {number}.{s}_\n"
            for s in range(1, 5)
        )
        after = f" (depends on {number - 1})" if number % 20 != 1 else ""
        parts.append(f"- [ ] {number}. Build piece {number}{after}\n  - What it is about\n{steps}")
    return "\n".join(parts)


FORMS: dict[str, Callable[[int], str]] = {"phase-task": phase_task, "kiro": kiro}


def measure(form: str, tasks: int) -> dict[str, float]:
    """Read, show, plan and edit one document; give seconds of processor time, each step on its own."""
    gc.set_threshold(100_000, 20, 50)  # as the command line does
    source = FORMS[form](tasks).encode()
    found = {"bytes": float(len(source))}
    start = time.process_time()

    def lap(name: str) -> None:
        nonlocal start
        found[name] = time.process_time() - start
        start = time.process_time()

    document = detect.read(source)
    lap("read")
    items = view.snapshot(document, "plan").items
    lap("show")
    planned = schedule(graph(items), times(estimates(items)))
    lap("plan")
    assert document.dialect.name == form
    assert planned is not None
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    uid = next(u for u in items if is_step(u))
    start = time.process_time()
    tick = Operation(Side.LOCAL, "tick", uid, (Change(uid, Field.TICK, "open", "ticked"),), 0)
    after = held(items, {}, [tick])
    written = rewrite.rewrite(document, items, [tick], after)
    lap("edit")
    assert len(written) == len(source)
    return found


def in_its_own_process(form: str, tasks: int) -> dict[str, float]:
    """Measure in a process of its own."""
    argv = [sys.executable, __file__, "--one", form, str(tasks)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main(sizes: list[int]) -> int:
    """Print a table: one row a form and a size, and the time of each task as a ratio to the form's first row."""
    print("| form | tasks | MB | read s | show s | plan s | edit s | peak MB | a task, as a ratio |")
    print("|---|---|---|---|---|---|---|---|---|")
    too_much = 0
    for form in FORMS:
        first = 0.0
        for tasks in sizes:
            found = in_its_own_process(form, tasks)
            total = found["read"] + found["show"] + found["plan"]
            first = first or total / tasks
            laps = " | ".join(f"{found[name]:.3f}" for name in ("read", "show", "plan", "edit"))
            print(
                f"| {form} | {tasks} | {found['bytes'] / 1e6:.2f} | {laps} | {found['peak_mb']:.0f} | "
                f"{total / tasks / first:.2f} |"
            )
            too_much += tasks <= 10_000 and (total > TARGET_S or found["peak_mb"] > TARGET_MB)
    return int(too_much > 0)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(sys.argv[2], int(sys.argv[3]))))
    else:
        sys.exit(main([int(word) for word in sys.argv[1:]] or [12, 1000, 10_000]))
