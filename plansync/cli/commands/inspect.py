"""`plansync inspect`: what plansync sees in a plan."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from plansync.cli.context import Common, open_plan
from plansync.cli.options import Plan

if TYPE_CHECKING:
    from plansync.checks.finding import Finding
    from plansync.cli.output import Writer
    from plansync.config import Home
    from plansync.document.tree import Document, Node
    from plansync.document.view import View
    from plansync.model import Item, Uid


def command(context: typer.Context, plan: Plan = None) -> None:
    """Show the phases, tasks and steps of a plan, and what was counted; offline."""
    from plansync.cli.each import Looking

    common: Common = context.obj
    has_steps = bool(common.verbose)

    def show(writer: Writer, found: dict[str, Any]) -> None:
        from plansync.cli.outline import print_outline

        print_outline(writer, found, is_plan=_is_plan(found["dialect"]), has_steps=has_steps)

    raise typer.Exit(Looking("inspect", _inspected, show).perform(common, plan))


def _is_plan(dialect: str) -> bool:
    from plansync.document.dialects import DIALECTS

    return next(each.is_plan for each in DIALECTS if each.name == dialect)


def _inspected(home: Home, path: Path) -> dict[str, Any]:
    from plansync.checks.run import check
    from plansync.cli.commands.check import beside_of, codes_of
    from plansync.document.view import snapshot

    document = open_plan(home, path)
    view = snapshot(document, path.stem, milestones="phase")
    found = check(document, beside_of(home, path), codes_of(home.settings.check))
    return _document(str(path), document, view, found)


def _document(path: str, document: Document, view: View, found: Sequence[Finding]) -> dict[str, Any]:
    from plansync.model import OVERVIEW, Field, Kind, steps_of, text_of

    items = view.items
    return {
        "schema": "plansync/plan/1",
        "path": path,
        "title": text_of(items[OVERVIEW], Field.TITLE),
        "dialect": document.dialect.name,
        "confidence": document.confidence,
        "is_written": document.dialect.is_written,
        "phases": [_phase(document, item) for item in items.values() if item.kind is Kind.PHASE],
        "tasks": [_task(document, view, item) for item in items.values() if item.kind is Kind.TASK],
        "criteria": [
            {"text": text_of(s, Field.TEXT), "tick": s.fields[Field.TICK], "line": _line(document, s.at)}
            for s in steps_of(items, OVERVIEW)
        ],
        "findings": [_finding(each) for each in found],
        "counts": _counts(document),
    }


def _finding(found: Finding) -> dict[str, Any]:
    return {
        "code": found.code,
        "severity": found.severity.value,
        "line": found.line,
        "column": found.column,
        "message": found.message,
    }


def _counts(document: Document) -> dict[str, int]:
    from plansync.document.tree import Role

    roles = [node.role for node in document.nodes]
    boxes = [b.box for b in document.blocks if b.box and (b.is_task or b.is_optional)]
    letters = [document.text(box) for box in boxes]
    return {
        "phases": roles.count(Role.PHASE),
        "tasks": roles.count(Role.TASK),
        "steps": roles.count(Role.STEP),
        "criteria": roles.count(Role.CRITERION),
        "boxes": sum(letter in (" ", "x", "X") for letter in letters),
        "boxes_ticked": sum(letter in ("x", "X") for letter in letters),
    }


def _line(document: Document, at: int | None) -> int:
    return document.line_no(document.nodes[at].block.span.start) if at is not None else 0


def _phase(document: Document, item: Item) -> dict[str, Any]:
    from plansync.model import Field, text_of

    return {
        "uid": item.uid,
        "label": document.nodes[item.at or 0].label,
        "title": text_of(item, Field.TITLE),
        "line": _line(document, item.at),
        "due": text_of(item, Field.DUE),
    }


def _task(document: Document, view: View, item: Item) -> dict[str, Any]:
    from plansync import durations
    from plansync.model import Field, steps_of, text_of
    from plansync.planning.progress import shown_state

    node = document.nodes[item.at or 0]
    estimate = text_of(item, Field.ESTIMATE)
    duration = durations.read(estimate)
    return {
        "uid": item.uid,
        "label": node.label,
        "title": text_of(item, Field.TITLE),
        "line": _line(document, item.at),
        "phase": text_of(item, Field.PHASE),
        "state": shown_state(view.items, item.uid).value,
        "estimate": estimate,
        "estimate_min": duration.high if duration else None,
        "depends": _depends(view, item.uid),
        "requirements": text_of(item, Field.REQUIREMENTS),
        **_written(document, node),
        "steps": [
            {
                "text": text_of(s, Field.TEXT),
                "tick": s.fields[Field.TICK],
                "level": s.fields[Field.LEVEL],
                "is_optional": bool(s.fields.get(Field.OPTIONAL)),
                "line": _line(document, s.at),
            }
            for s in steps_of(view.items, item.uid)
        ],
    }


def _depends(view: View, uid: Uid) -> list[str]:
    from plansync.model import Field, uids_of

    return [u for u in uids_of(view.items[uid], Field.DEPENDS) if not u.startswith("=")]


def _written(document: Document, node: Node) -> dict[str, Any]:
    """Show what a task says of itself beyond what is kept in step."""
    labels = [label.strip(" []()") for label in document.value(node, "labels").replace("]", ",").split(",")]
    return {
        "priority": document.value(node, "priority"),
        "owner": document.value(node, "owner"),
        "labels": [label for label in labels if label],
        "risk": document.value(node, "risk"),
        "is_optional": node.block.is_optional,
        "is_parallel": any(label in ("P",) for label in labels),
        "unwritable": node.trap,
    }
