"""Assent to what cannot be taken back: asked for on a terminal, and insisted on where nobody can be asked."""

from __future__ import annotations

from plansync.cli.context import Common
from plansync.cli.door import confirm
from plansync.errors import SafetyStop


def require_assent(common: Common, what: str, question: str, *, yes: bool) -> None:
    """Say what would be lost and ask; elsewhere insist on `--yes`. `what`: a sentence without its end.

    Raises: SafetyStop where the answer is no, and where nobody can be asked.
    """
    if yes:
        return
    if not common.is_attended:
        raise SafetyStop(f"{what}; add --yes to go on")
    if not confirm(f"{what[:1].upper()}{what[1:]}. {question}"):
        raise SafetyStop("nothing was changed")
