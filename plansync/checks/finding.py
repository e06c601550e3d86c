"""What a check found: one place in the plan, and what is wrong there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from plansync.document.edits import Edit


class Severity(StrEnum):
    """How bad it is, worst first.

    An error makes plansync do wrong or nothing; a warning is likely not meant so; a note is a hint.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. Lines and columns count characters from 1; `end_column` is the one behind the last.

    `excerpt`: the line it stands on, which tells it from others when lines above come and go.
    `fix`: the edits that mend it, none where a person must decide.
    """

    code: str
    severity: Severity
    line: int
    column: int
    end_column: int
    message: str
    help: str
    excerpt: str = ""
    fix: tuple[Edit, ...] = ()
