"""`flat-checklist`: boxes under any headings, each at list depth 0 a task.

Numbered headings that hold nearly all boxes are the tasks instead; so are the second headings of a file
with several first ones.
"""

from __future__ import annotations

from plansync.document.dialect import Carrier, Dialect, Where
from plansync.document.dialects.parts import ANYTHING, BOX, INLINE, NUMBERED_BOX, NUMBERED_HEADING, sign
from plansync.document.letters import STARTED
from plansync.document.spans import Shape

DIALECT = Dialect(
    name="flat-checklist",
    tasks=(
        NUMBERED_HEADING,
        Carrier(Shape.HEADING, ANYTHING, levels=(2,), in_phase=True, least=2, holds=0.9),
        NUMBERED_BOX,
        BOX,
    ),
    phases=(Carrier(Shape.HEADING, ANYTHING, levels=(1,), least=2),),
    letters=STARTED,
    inline=INLINE,
    needs=(sign(Where.BOX, r"", 0.35),),
)
