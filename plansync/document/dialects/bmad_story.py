"""`bmad-story`: one story a file, its work under `Tasks / Subtasks`; an epic lists `### Story N.M`."""

from __future__ import annotations

import re

from plansync.document.dialect import Carrier, Dialect, Where
from plansync.document.dialects.parts import AFTER, sign, words
from plansync.document.spans import Shape

_WORK = re.compile(r"\W*tasks?\s*/\s*subtasks?\W*", re.IGNORECASE)
_TASK = rf"\W*(?P<label>Task\s+(?P<id>\d+(?:\.\d+)*)){AFTER}(?P<title>.+)"
_STORY = rf"\W*(?P<label>Story\s+(?P<id>\d+(?:\.\d+)*)){AFTER}(?P<title>.+)"

DIALECT = Dialect(
    name="bmad-story",
    tasks=(
        Carrier(Shape.HEADING, words(_TASK), below=_WORK),
        Carrier(Shape.ITEM, words(_TASK), levels=(0,), below=_WORK),
        Carrier(Shape.HEADING, words(_STORY), least=2),
    ),
    is_written=False,
    signs=(
        sign(Where.HEADING, r"^\W*tasks?\s*/\s*subtasks?\W*$", 0.95),
        sign(Where.HEADING, r"^Epic\s+\d+\s*:", 0.3),
        sign(Where.HEADING, r"^Story\s+\d+\.\d+\s*:", 0.6, least=2),
    ),
)
