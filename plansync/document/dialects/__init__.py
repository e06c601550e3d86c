"""The dialects that plansync can write: one file each, one line here."""

from __future__ import annotations

from plansync.document.dialect import Dialect
from plansync.document.dialects import phase_task

DIALECTS: tuple[Dialect, ...] = (phase_task.DIALECT,)
