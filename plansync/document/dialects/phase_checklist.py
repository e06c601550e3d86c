"""`phase-checklist`: `## Phase N` over boxes; each box at list depth 0 is a task, those below it are steps."""

from __future__ import annotations

from plansync.document.dialect import Carrier, Dialect, Where
from plansync.document.dialects.parts import (
    AFTER,
    BEFORE,
    BOX,
    INLINE,
    NUMBERED_BOX,
    NUMBERED_HEADING,
    PHASE,
    sign,
    words,
)
from plansync.document.letters import STARTED
from plansync.document.spans import Shape
from plansync.document.vocabulary import NUMBER, PHASE_WORDS

_WEEK = (
    rf"{BEFORE}(?P<label>(?:week|woche|semaine|semana|неделя)s?\s*#?(?P<id>\d+(?:\s*[-–]\s*\d+)?)){AFTER}"
    r"(?P<title>.+)"
)
_PHASE = rf"^\W*(?:[^\W\d]+\s*[:：]\s*)?(?:{PHASE_WORDS})\s*[-–]?\s*#?{NUMBER}|^P\d+[a-z]?\s*[:：–—-]"

DIALECT = Dialect(
    name="phase-checklist",
    tasks=(
        Carrier(Shape.HEADING, words(_WEEK), in_phase=True, least=2, holds=0.9),
        NUMBERED_BOX,
        BOX,
        NUMBERED_HEADING,
    ),
    phases=(PHASE,),
    milestones="phase",
    letters=STARTED,
    inline=INLINE,
    needs=(
        sign(Where.HEADING, _PHASE, 0.3),
        sign(Where.ANY_BOX, r"", 0.3, least=2),
    ),
)
