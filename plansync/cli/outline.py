"""What plansync sees in a plan, as a tree for a person at a terminal."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from plansync.cli.columns import cells, line_width, padded, shortened
from plansync.text import in_line

if TYPE_CHECKING:
    from plansync.cli.output import Writer

Words = dict[str, Any]
_MARKS = {"done": "✔", "dropped": "✘", "todo": "○"}
_STEP_MARKS = {"ticked": "✔", "dropped": "✘", "open": "○"}
_UNWRITABLE = "⚠"
_NAME_MAX, _ESTIMATE_MAX, _FOUND_MAX = 60, 18, 3
_WORST_FIRST = ("error", "warning", "note")


def print_outline(writer: Writer, plan: Words, *, is_plan: bool, has_steps: bool) -> None:
    """Print phases with their tasks, the criteria, what was counted, and what is worth a look."""
    width = line_width()
    writer.heading(shortened(in_line(plan["title"]), width))
    rows = [_row(task) for task in plan["tasks"]]
    names = min(_NAME_MAX, width - 30, max((cells(name) for name, _, _ in rows), default=0))
    for phase in [*plan["phases"], {"uid": "", "title": ""}]:
        tasks = [task for task in plan["tasks"] if task["phase"] == phase["uid"]]
        if phase["title"]:
            due = f"  (due {in_line(phase['due'])})" if has_steps and phase["due"] else ""
            writer.say(shortened(f"{in_line(phase['title'])}{due}", width))
        for task in tasks:
            name, count, estimate = _row(task)
            end = f"{count:>7}  {writer.style(estimate, dim=True)}".rstrip()
            writer.say(f"  {_MARKS[task['state']]} {padded(shortened(name, names), names)}{end}")
            for line in _within(task, has_steps):
                writer.say(shortened(line, width))
    for line in _below(plan, is_plan):
        writer.say(line)


def _row(task: Words) -> tuple[str, str, str]:
    """Write a task's name, how many of its steps are done, and its estimate; optional steps do not count."""
    steps = [s for s in task["steps"] if s["tick"] != "dropped" and not s["is_optional"]]
    ticked = sum(s["tick"] == "ticked" for s in steps)
    name = "* " * task["is_optional"] + in_line(f"{task['label']} {task['title']}".strip())
    return (
        f"{_UNWRITABLE} {name}" if task["unwritable"] else name,
        f"{ticked}/{len(steps)}" if steps else "",
        shortened(in_line(task["estimate"]), _ESTIMATE_MAX),
    )


def _within(task: Words, has_steps: bool) -> Iterator[str]:
    """Say why a task is not written, and what its steps are."""
    if task["unwritable"]:
        yield f"      {_UNWRITABLE} not written: {in_line(task['unwritable'])}"
    if has_steps and (said := _said(task)):
        yield f"      {said}"
    for step in task["steps"] if has_steps else ():
        mark = _STEP_MARKS[step["tick"]]
        yield f"      {'  ' * step['level']}{mark} {'* ' * step['is_optional']}{in_line(step['text'])}"


def _said(task: Words) -> str:
    """Say a task's labels, owner and risk, as the plan has them."""
    said = {"labels": ", ".join(task["labels"]), "owner": task["owner"], "risk": task["risk"]}
    return " · ".join(f"{name}: {in_line(value)}" for name, value in said.items() if value)


def _below(plan: Words, is_plan: bool) -> Iterator[str]:
    counts = plan["counts"]
    if plan["criteria"]:
        done = sum(c["tick"] == "ticked" for c in plan["criteria"])
        yield f"Success criteria  {done}/{len(plan['criteria'])}"
    yield ""
    words = ", ".join(
        _counted(counts[name], name) for name in ("phases", "tasks", "steps", "criteria") if counts[name]
    )
    boxes = f"{counts['boxes_ticked']} of {_counted(counts['boxes'], 'boxes')} ticked"
    yield f"{words or 'Nothing to keep in step'}; {boxes}."
    yield _form(plan, is_plan)
    yield from _found(plan)


def _found(plan: Words) -> Iterator[str]:
    """Say how much there is to look at, and the first of it, the worst first."""
    found = sorted(plan["findings"], key=lambda f: _WORST_FIRST.index(f["severity"]))
    if not found:
        return
    numbers = {severity: sum(f["severity"] == severity for f in found) for severity in _WORST_FIRST}
    counts = [f"{n} {severity}{'s' * (n != 1)}" for severity, n in numbers.items() if n]
    yield f"Found: {', '.join(counts)}; all with their lines: plansync check {in_line(shlex.quote(plan['path']))}"
    for finding in found[:_FOUND_MAX]:
        message = in_line(finding["message"])
        yield f"  line {finding['line']}: {finding['severity']} {finding['code']} {message}"


def _form(plan: Words, is_plan: bool) -> str:
    if not is_plan:
        return "No form of plan was recognised in this file."
    return f"Form: {plan['dialect']}" + (
        "" if plan["is_written"] else " (read only: plansync never writes it)"
    )


_SINGULAR = {"phases": "phase", "tasks": "task", "steps": "step", "criteria": "criterion", "boxes": "box"}


def _counted(count: int, name: str) -> str:
    return f"{count} {_SINGULAR[name] if count == 1 else name}"
