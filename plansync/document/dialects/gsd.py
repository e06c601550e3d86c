"""`gsd`: a roadmap of phases with their plan files as boxes; a plan file holds `<task>` tags."""

from __future__ import annotations

import re

from plansync.document.dialect import Carrier, Dialect, Where
from plansync.document.dialects.parts import ANYTHING, PHASE, sign, words
from plansync.document.spans import Shape

_PLAN = r"\**\[?(?P<label>(?P<id>\d+(?:\.\d+)?-\d+))(?:-PLAN)?(?:\.md)?\W*(?P<title>.*)"

DIALECT = Dialect(
    name="gsd",
    has_tags=True,
    tasks=(
        Carrier(Shape.ITEM, words(_PLAN), levels=(0,)),
        Carrier(Shape.HTML, words(r"<task[ >].*?<name>(?P<title>.*?)</name>")),
    ),
    phases=(Carrier(Shape.HEADING, ANYTHING, below=re.compile(r"Phase Details")), PHASE),
    is_written=False,
    signs=(
        sign(Where.BOX, r"^\**\[?\d+(?:\.\d+)?-\d+(?:-PLAN)?\b", 0.6, least=2),
        sign(Where.TEXT, r"\*\*Depends\s+on\*\*\s*:", 0.25),
        sign(Where.TEXT, r"\*\*Plans\*\*\s*:", 0.25),
        sign(Where.HTML, r"<task[ >]", 0.9),
        sign(Where.PATH, r"(?:^|/)\.planning/", 0.15),
    ),
)
