"""`openspec`: `## 1. Group` over `- [ ] 1.1 text`; items may have a letter or no number at all."""

from __future__ import annotations

from plansync.document.dialect import Carrier, Dialect, Where
from plansync.document.dialects.kiro import NUMBERED
from plansync.document.dialects.parts import DEPENDS, OWNER, sign, words
from plansync.document.letters import STARTED
from plansync.document.spans import Shape

DIALECT = Dialect(
    name="openspec",
    tasks=(NUMBERED,),
    phases=(
        Carrier(Shape.HEADING, words(r"(?P<label>(?P<id>\d+))\.\s+(?P<title>.+)"), levels=(2,)),
        Carrier(Shape.HEADING, words(r"(?P<label>(?P<id>\d+))\.\s+(?P<title>.+)")),
    ),
    letters=STARTED,
    inline=(("depends", DEPENDS), ("owner", OWNER)),
    needs=(sign(Where.GROUP, r"^##\s+\d+\.\s", 0.3, share=0.6),),
    signs=(
        sign(Where.BOX, r"^\d+\.\d+[a-z]?\s", 0.4, least=2, share=0.5),
        sign(Where.PATH, r"(?:^|/)openspec/", 0.2),
        sign(Where.HEADING, r"\btasks$", 0.05),
    ),
)
