"""A plan file read as the settings say, and refused where there is nothing to keep in step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from plansync.document import detect
from plansync.document.tree import Document, Role
from plansync.errors import PlanError, SafetyStop
from plansync.model import Tick

Parse = Callable[[bytes], Document]
TICKS: Mapping[str, Tick] = {
    "open": Tick.OPEN,
    "started": Tick.OPEN,
    "ticked": Tick.TICKED,
    "dropped": Tick.DROPPED,
}
"""The words with which settings say what a box letter means."""


def reader(
    path: str, dialect: str | None = None, ticks: Mapping[str, str] | None = None, remembered: str = ""
) -> Parse:
    """Say how a plan is read: in the dialect that is named, else in that of its last sync, else as it shows."""
    letters = {letter: TICKS[word] for letter, word in (ticks or {}).items()}
    return partial(detect.read, path=path, dialect=dialect or "", ticks=letters, remembered=remembered)


def require_settled(source: bytes, path: str) -> None:
    """Refuse a file in which git left a conflict.

    Raises: SafetyStop.
    """
    if b"<<<<<<< " not in source and b">>>>>>> " not in source:
        return
    for number, text in enumerate(source.splitlines(), 1):
        if text.startswith((b"<<<<<<< ", b">>>>>>> ")):
            raise SafetyStop(
                f"{path}:{number}: git left a conflict here; settle it in the plan, then run again"
            )


def require_plan(document: Document, path: str) -> None:
    """Refuse a file in which there is nothing to sync, or that is in a form plansync does not write.

    Raises: PlanError; SafetyStop where git left a conflict.
    """
    require_settled(document.source, path)
    name = document.dialect.name
    if not document.dialect.is_written and document.nodes:
        raise PlanError(
            f"this plan is in the form {name!r}, which plansync reads but does not write; `plansync status` and "
            '`plansync inspect` show it. If it is another form, name that in plansync.toml: dialect = "…"',
            path,
        )
    if not any(n.role in (Role.PHASE, Role.TASK) for n in document.nodes):
        raise PlanError(
            "no phases or tasks were found (looked for headings such as '## Phase 1: …' and '### Task 1.1: …', and "
            "for checkboxes); `plansync new PLAN.md` writes a plan to begin with",
            path,
        )
