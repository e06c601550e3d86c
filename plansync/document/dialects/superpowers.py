"""`superpowers`: `### Task N: Title` over a list of files and `- [ ] **Step 1: …**` between long code fences."""

from __future__ import annotations

from plansync.document.dialect import Carrier, Counts, Dialect, Where
from plansync.document.dialects.parts import AFTER, BEFORE, sign, words
from plansync.document.letters import STARTED
from plansync.document.spans import Shape

_TASK = rf"{BEFORE}(?P<label>Task\s+(?P<id>\d+(?:\.\d+)*[a-z]?)){AFTER}(?P<title>.+)"

DIALECT = Dialect(
    name="superpowers",
    tasks=(Carrier(Shape.HEADING, words(_TASK), levels=(2, 3)),),
    state=Counts.STEPS,
    letters=STARTED,
    needs=(sign(Where.HEADING, r"^\W*Task\s+\d+", 0.3),),
    never=(sign(Where.HEADING, r"^\W*Phase\s+\d+\s*[:：]", least=2),),
    signs=(
        sign(Where.BOX, r"^\**Step\s+\d+", 0.5, least=2),
        sign(Where.TEXT, r"\*\*For\s+(?:agentic\s+workers|claude)|REQUIRED\s+SUB-SKILL|superpowers:", 0.5),
        sign(Where.TEXT, r"\*\*Goal\s*:\*\*|\*\*Goal\*\*\s*:", 0.15),
        sign(Where.TEXT, r"\*\*Architecture\s*:\*\*|\*\*Tech\s+Stack\s*:\*\*", 0.25),
        sign(Where.PATH, r"(?:^|/)superpowers/plans/", 0.2),
    ),
)
