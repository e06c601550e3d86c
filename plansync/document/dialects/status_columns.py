"""`status-columns`: a board; a heading is a state, and an item's place says how far it is."""

from __future__ import annotations

from plansync.document.dialect import Carrier, Dialect, Where
from plansync.document.dialects.parts import ANYTHING, sign, words
from plansync.document.spans import Shape

_COLUMN = (
    r"^(?:<[^>]+>)?\W*(?:to\s?-?do|doing|in\s+progress|done|complete[d]?|backlog|ready|in\s+review|review|pending|"
    r"archived?|blocked|next)\W*(?:</\w+>)?$"
)

DIALECT = Dialect(
    name="status-columns",
    tasks=(
        Carrier(Shape.ITEM, ANYTHING, levels=(0,)),
        Carrier(Shape.ITEM, words(r"(?P<title>.+?)\s*<!-- \w+:.*"), levels=(0,), takes_bare=True),
    ),
    is_written=False,
    needs=(sign(Where.HEADING, _COLUMN, 0.7, least=2, share=0.3),),
    signs=(sign(Where.FRONT, r"^kanban-plugin\s*:", 0.3),),
)
