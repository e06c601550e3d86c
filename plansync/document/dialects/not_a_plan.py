"""`not-a-plan`: no box of its own, at most ones that it quotes, and no word of planning in its headings."""

from __future__ import annotations

from plansync.document.dialect import Dialect, Where
from plansync.document.dialects.parts import sign

DIALECT = Dialect(
    name="not-a-plan",
    is_plan=False,
    tasks=(),
    is_written=False,
    signs=(sign(Where.QUOTED, r"", 0.6), sign(Where.PATH, r"", 0.04)),
    never=(sign(Where.BOX, r""), sign(Where.NESTED, r"")),
)
