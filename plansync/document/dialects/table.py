"""`table`: the plan is a table, a task a row."""

from __future__ import annotations

import re

from plansync.document.dialect import Carrier, Dialect, Where
from plansync.document.dialects.parts import sign, words
from plansync.document.spans import Shape
from plansync.document.vocabulary import NUMBER, PHASE_WORDS

_HEAD = re.compile(r"user\s+story|\btitle\b|\btask\b|\bfeature\b|编号|タスク|задача|작업", re.IGNORECASE)
_CELLS = (
    r"(?:todo|to do|done|complete[d]?|in\s+progress|pending|not\s+started|`\[[ x~]\]`|✅|⏳|❌|已完成|未开始|待办|"
    r"open|closed)"
)

DIALECT = Dialect(
    name="table",
    has_boxes_in_cells=True,
    tasks=(
        Carrier(Shape.ROW, words(r"(?P<title>.+)"), below=_HEAD),
        Carrier(Shape.HEADING, words(r"(?P<label>(?P<id>\d+))\.\s+(?P<title>.+)"), least=3),
    ),
    phases=(Carrier(Shape.HEADING, words(r"(?P<label>(?P<id>\d+))\.\s+(?P<title>.+)")),),
    is_written=False,
    needs=(sign(Where.CELLS, rf"(?:^|\|)\s*{_CELLS}\s*(?:\||$)|{_CELLS}", 0.5, least=4),),
    never=(
        sign(Where.BOX, r"", least=3),
        sign(Where.HEADING, rf"^\W*(?:{PHASE_WORDS})\s*#?{NUMBER}", least=2),
    ),
)
