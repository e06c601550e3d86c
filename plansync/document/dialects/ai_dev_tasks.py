"""`ai-dev-tasks`: relevant files and notes, then `- [ ] 1.0 Parent` over `- [ ] 1.1 Child`."""

from __future__ import annotations

from plansync.document.dialect import Dialect, Where
from plansync.document.dialects.kiro import NUMBERED
from plansync.document.dialects.parts import INLINE, sign
from plansync.document.letters import STARTED

DIALECT = Dialect(
    name="ai-dev-tasks",
    has_stars=True,
    tasks=(NUMBERED,),
    letters=STARTED,
    inline=INLINE,
    needs=(sign(Where.BOX, r"^(?:\*\*)?\d+\.0\b", 0.6, share=0.4),),
    signs=(
        sign(Where.HEADING, r"^relevant\s+files", 0.3),
        sign(Where.PATH, r"(?:^|/)tasks/tasks[-_ ]", 0.1),
    ),
)
