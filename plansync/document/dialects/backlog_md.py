"""`backlog-md`: one task a file, with front matter and sections between comment marks."""

from __future__ import annotations

from plansync.document.dialect import Carrier, Dialect, Where
from plansync.document.dialects.parts import ANYTHING, sign
from plansync.document.spans import Shape

DIALECT = Dialect(
    name="backlog-md",
    tasks=(Carrier(Shape.FILE, ANYTHING),),
    is_written=False,
    needs=(
        sign(Where.FRONT, r"^id\s*:", 0.3),
        sign(Where.HTML, r"<!-- (?:AC|SECTION(?::\w+)+|DOD):BEGIN|<!-- AC:BEGIN", 0.7),
    ),
)
