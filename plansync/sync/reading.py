"""A plan file read as the settings say, and refused where there is nothing to keep in step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from plansync.document import detect
from plansync.document.torn import Torn, torn
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


def settled(source: bytes, path: str, parse: Parse) -> Torn | None:
    """Settle what git left of a merge where only computed lines conflict; `None` where it left nothing.

    Raises: SafetyStop where something else conflicts.
    """
    found = torn(source, parse)
    if found and found.stuck:
        raise SafetyStop(
            f"{path}:{found.stuck}: git left a conflict here; settle it in the plan, then run again"
        )
    return found


def require_plan(document: Document, path: str) -> None:
    """Refuse a file in which there is nothing to sync, or that is in a form plansync does not write.

    Raises: PlanError.
    """
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
