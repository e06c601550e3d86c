"""`execplan`: goal, scope and done criteria, the work under `Task Breakdown`, a log of progress."""

from __future__ import annotations

import re

from plansync.document.dialect import Carrier, Dialect, Where
from plansync.document.dialects.parts import ANYTHING, sign, words
from plansync.document.spans import Shape

_WORK = re.compile(r"(?:task|work)\s+breakdown|plan\s+of\s+work", re.IGNORECASE)

DIALECT = Dialect(
    name="execplan",
    tasks=(
        Carrier(Shape.HEADING, words(r"(?P<label>PR\s*-?(?P<id>\d+))\W*(?P<title>.*)"), below=_WORK),
        Carrier(Shape.ITEM, ANYTHING, levels=(0,), below=_WORK),
    ),
    is_written=False,
    signs=(
        sign(Where.HEADING, r"^done\s+criteria\b", 0.5),
        sign(Where.HEADING, r"^task\s+breakdown$", 0.45),
        sign(Where.HEADING, r"^decision\s+log$", 0.45),
        sign(Where.HEADING, r"^surprises\b.*discoveries$", 0.3),
        sign(Where.HEADING, r"^progress$", 0.2),
        sign(Where.PATH, r"(?:^|/)exec-?plans?/", 0.1),
    ),
)
