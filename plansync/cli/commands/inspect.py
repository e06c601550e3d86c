"""`plansync inspect`: what plansync sees in a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from plansync.cli.context import Common, find_plan
from plansync.cli.options import Plan

if TYPE_CHECKING:
    from plansync.document.bind import View
    from plansync.document.tree import Document


def command(context: typer.Context, plan: Plan = None) -> None:
    """Show the phases, tasks and steps of a plan, and what was counted; offline."""
    from plansync.cli.output import Writer, dumped
    from plansync.document import bind
    from plansync.document.dialects import DIALECTS
    from plansync.document.tree import parse
    from plansync.store.files import read_plan

    common: Common = context.obj
    path = find_plan(common.home(), plan)
    document = parse(read_plan(path), DIALECTS[0])
    view = bind.snapshot(document, path.stem)
    described = _document(str(path), document, view)
    if common.as_json:
        typer.echo(dumped(described))
    else:
        _tree(Writer(common.has_color), described)


def _document(path: str, document: Document, view: View) -> dict[str, Any]:
    from plansync import durations
    from plansync.document.tree import Role
    from plansync.model import OVERVIEW, Field, Kind, steps_of, text_of

    items = view.items
    tasks = [_task(document, items, uid) for uid, item in items.items() if item.kind is Kind.TASK]
    for task in tasks:
        duration = durations.read(task["estimate"])
        task["estimate_min"] = duration.high if duration else None
    boxes = [b for b in document.blocks if b.box and (b.is_task or b.is_optional)]
    letters = [document.source[b.box.start : b.box.end] for b in boxes if b.box]
    counted = [letter for letter in letters if letter in (b" ", b"x", b"X")]
    return {
        "schema": "plansync/plan/1",
        "path": path,
        "title": text_of(items[OVERVIEW], Field.TITLE),
        "dialect": document.dialect.name,
        "confidence": _confidence(document),
        "phases": [
            {
                "uid": u,
                "label": document.nodes[i.at or 0].label,
                "title": text_of(i, Field.TITLE),
                "line": _line(document, i.at),
            }
            for u, i in items.items()
            if i.kind is Kind.PHASE
        ],
        "tasks": tasks,
        "criteria": [
            {"text": text_of(s, Field.TEXT), "tick": s.fields[Field.TICK], "line": _line(document, s.at)}
            for s in steps_of(items, OVERVIEW)
        ],
        "findings": [{"text": note.text} for note in view.notes],
        "counts": {
            "phases": sum(n.role is Role.PHASE for n in document.nodes),
            "tasks": sum(n.role is Role.TASK for n in document.nodes),
            "steps": sum(n.role is Role.STEP for n in document.nodes),
            "criteria": sum(n.role is Role.CRITERION for n in document.nodes),
            "boxes": len(counted),
            "boxes_ticked": sum(letter in (b"x", b"X") for letter in counted),
        },
    }


def _confidence(document: Document) -> float:
    """Say how sure it is that this is a plan of the dialect: phases, tasks and steps each count."""
    from plansync.document.tree import Role

    roles = {n.role for n in document.nodes}
    return round(0.5 * (Role.TASK in roles) + 0.3 * (Role.PHASE in roles) + 0.2 * (Role.STEP in roles), 2)


def _line(document: Document, at: int | None) -> int:
    from plansync.document.spans import line_no

    return line_no(document.source, document.nodes[at].block.span.start) if at is not None else 0


def _task(document: Document, items: Any, uid: Any) -> dict[str, Any]:
    from plansync.model import Field, steps_of, text_of, uids_of
    from plansync.planning.progress import shown_state

    item = items[uid]
    steps = steps_of(items, uid)
    return {
        "uid": uid,
        "label": document.nodes[item.at].label,
        "title": text_of(item, Field.TITLE),
        "line": _line(document, item.at),
        "phase": text_of(item, Field.PHASE),
        "state": shown_state(items, uid).value,
        "estimate": text_of(item, Field.ESTIMATE),
        "depends": [d for d in uids_of(item, Field.DEPENDS) if not d.startswith("=")],
        "requirements": text_of(item, Field.REQUIREMENTS),
        "steps": [
            {
                "text": text_of(s, Field.TEXT),
                "tick": s.fields[Field.TICK],
                "level": s.fields[Field.LEVEL],
                "line": _line(document, s.at),
            }
            for s in steps
        ],
    }


def _tree(writer: Any, plan: dict[str, Any]) -> None:
    from plansync.text import visible

    counts = plan["counts"]
    writer.heading(visible(plan["title"]))
    for phase in [*plan["phases"], {"uid": "", "title": ""}]:
        tasks = [t for t in plan["tasks"] if t["phase"] == phase["uid"]]
        if phase["title"]:
            writer.say(visible(phase["title"]))
        for task in tasks:
            ticked = sum(s["tick"] == "ticked" for s in task["steps"])
            mark = {"done": "✔", "dropped": "✘"}.get(task["state"], "○")
            estimate = f"  {task['estimate']}" if task["estimate"] else ""
            name = visible(f"{task['label']} {task['title']}")
            writer.say(
                f"  {mark} {name}  {ticked}/{len(task['steps'])}{writer.style(visible(estimate), dim=True)}"
            )
    if plan["criteria"]:
        done = sum(c["tick"] == "ticked" for c in plan["criteria"])
        writer.say(f"Success criteria  {done}/{len(plan['criteria'])}")
    for finding in plan["findings"]:
        writer.say(f"note: {visible(finding['text'])}")
    words = ", ".join(f"{counts[name]} {name}" for name in ("phases", "tasks", "steps", "criteria"))
    writer.say(
        f"{words}; {counts['boxes_ticked']} of {counts['boxes']} boxes ticked. Dialect: {plan['dialect']}"
    )
