"""`success-criteria`: phases of changes, each judged by automated and manual verification boxes."""

from __future__ import annotations

from plansync.document.dialect import Carrier, Dialect, Where
from plansync.document.dialects.parts import PHASE, sign, words
from plansync.document.spans import Shape

DIALECT = Dialect(
    name="success-criteria",
    tasks=(Carrier(Shape.HEADING, words(r"(?P<label>(?P<id>\d+))\.\s+(?P<title>.+)"), in_phase=True),),
    phases=(PHASE,),
    is_written=False,
    needs=(sign(Where.HEADING, r"^automated\s+verification\b", 0.9),),
)
