"""`phase-task`: `## Phase N: Title` over `### Task N.M: Title` over metadata lines and boxes.

So is `## N. Title` over `### N.M Title`, where the numbers of tasks count on from those of their phases.
"""

from __future__ import annotations

from plansync.document.dialect import Carrier, Counts, Dialect, Where
from plansync.document.dialects.parts import AFTER, BEFORE, PHASE, sign, words
from plansync.document.letters import STARTED
from plansync.document.spans import Shape
from plansync.document.vocabulary import NUMBER, PHASE_WORDS, TASK_WORDS

_BY_WORD = rf"{BEFORE}(?P<label>(?:(?:{TASK_WORDS})[\s\-]*#?|T-?(?=\d))(?P<id>{NUMBER})){AFTER}(?P<title>.*)"
_BY_DAY = rf"{BEFORE}(?P<label>(?:day|tag|día|dia|jour)\s*#?(?P<id>\d+)\+?){AFTER}(?P<title>.*)"
_BY_NUMBER = r"(?:[^\w\[#`*]++)?(?P<label>(?P<id>\d+(?:\.\d+)*))(?:[.:)]\s*|\s+)(?P<title>.+)"
_OUTLINE = Carrier(
    Shape.HEADING,
    words(r"(?:[^\w\[#`*]++)?(?P<label>(?P<id>\d+))(?:[.:)]\s*|\s+)(?P<title>.+)"),
    over_numbers=True,
)
"""A heading `1. Setup` over `1.1 Title` or `Task 1.1: Title`."""

DIALECT = Dialect(
    name="phase-task",
    tasks=(
        Carrier(Shape.HEADING, words(_BY_WORD)),
        Carrier(Shape.HEADING, words(_BY_DAY)),
        Carrier(Shape.HEADING, words(_BY_NUMBER), in_phase=True, holds=0.3),
    ),
    phases=(PHASE, _OUTLINE),
    state=Counts.STEPS,
    milestones="phase",
    letters=STARTED,
    any_of=(
        sign(Where.ANY_BOX, r""),
        sign(
            Where.HEADING,
            rf"^\W*(?:task|ticket|tâche|tarea|tarefa|aufgabe|задача|タスク|任务|任務|작업)[\s-]*#?{NUMBER}",
        ),
    ),
    signs=(
        sign(Where.HEADING, rf"^\W*(?:{PHASE_WORDS})\s*#?{NUMBER}", 0.3),
        sign(Where.HEADING, rf"^\W*(?:(?:{TASK_WORDS})[\s-]*#?{NUMBER}|T-?\d+)", 0.4),
        sign(Where.HEADING, rf"^\W*(?:(?:{TASK_WORDS})[\s-]*#?{NUMBER}|T-?\d+)", 0.1, least=2),
        sign(Where.HEADING, r"^\W*day\s+\d+", 0.4, least=3),
        sign(Where.GROUP, r"^#+\W*\d+(?:\.\d+)*[.)]?\s", 0.34, least=2, share=0.5),
        sign(Where.OUTLINE, r"", 0.3, least=2),
    ),
)
