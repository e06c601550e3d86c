"""`agent-os`: `- [ ] 1. Parent` over `- [ ] 1.1 Child`, under one heading `Tasks`."""

from __future__ import annotations

from plansync.document.dialect import Dialect, Where
from plansync.document.dialects.kiro import NUMBERED
from plansync.document.dialects.parts import INLINE, sign
from plansync.document.letters import STARTED

DIALECT = Dialect(
    name="agent-os",
    has_stars=True,
    tasks=(NUMBERED,),
    letters=STARTED,
    inline=INLINE,
    needs=(
        sign(Where.BOX, r"^(?:\*\*)?\d+\.\s", 0.3, share=0.6),
        sign(Where.NESTED, r"^(?:\*\*)?\d+\.\d+\.?\s", 0.3, share=0.4),
    ),
    signs=(
        sign(Where.HEADING, r"^(?:spec\s+)?tasks$", 0.15),
        sign(Where.PATH, r"(?:^|/)\.?agent-os/", 0.2),
    ),
)
