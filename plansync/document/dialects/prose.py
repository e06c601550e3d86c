"""`prose`: a plan in words; its phases and larger units are shown, there is nothing to keep in step."""

from __future__ import annotations

import re

from plansync.document.dialect import Carrier, Dialect, Where
from plansync.document.dialects.parts import AFTER, ANYTHING, BEFORE, PHASE, sign, words
from plansync.document.spans import Shape
from plansync.document.vocabulary import NUMBER, TASK_WORDS

_STORIES = re.compile(r"\W*(?:user\s+)?stories\W*", re.IGNORECASE)
_TODO = re.compile(r"\W*to-?\s?do\s+list\W*", re.IGNORECASE)
_PLANNING = (
    r"plan(?:en|er|s|ning)?\b|roadmap|milestone|backlog|\bto-?do|phase|sprint|epics?\b|stor(?:y|ies)\b|features?\b|\bsteps?\b|tasks?\b|"
    r"规划|计划|任务|計画|計畫|дорожная\s+карта|план|задач|hoja\s+de\s+ruta|feuille\s+de\s+route|계획|로드맵"
)

DIALECT = Dialect(
    name="prose",
    tasks=(
        Carrier(
            Shape.HEADING,
            words(rf"{BEFORE}(?P<label>(?:{TASK_WORDS})[\s\-]*#?(?P<id>{NUMBER})){AFTER}(?P<title>.*)"),
        ),
        Carrier(Shape.HEADING, ANYTHING, below=_STORIES),
        Carrier(Shape.ITEM, words(r"[✅✔☑]\s*(?P<title>.+)"), levels=(0,), takes_bare=True, least=2),
        Carrier(Shape.ITEM, ANYTHING, levels=(0,), below=_TODO, takes_bare=True),
    ),
    phases=(PHASE,),
    is_written=False,
    needs=(sign(Where.HEADING, _PLANNING, 0.05),),
    never=(sign(Where.BOX, r""),),
)
