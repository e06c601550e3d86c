"""`spec-kit`: `- [ ] T001 [P] [US1] text` under `## Phase N: Title`."""

from __future__ import annotations

from plansync.document.dialect import Carrier, Dialect, Where
from plansync.document.dialects.parts import DEPENDS, GROUPS, PHASE, sign, words
from plansync.document.letters import STARTED
from plansync.document.spans import Shape

DIALECT = Dialect(
    name="spec-kit",
    tasks=(
        Carrier(
            Shape.ITEM,
            words(
                r"(?:\*\*)?(?:(?P<label>(?P<id>T\d{3,}(?:[-.]\d+)?[a-z]?))(?:\*\*)?[:.]?)?(?P<tags>(?:\s*\[[^\[\]\r\n]{1,12}\])*)"
                r"\s*(?P<title>.+)"
            ),
            levels=(0,),
        ),
    ),
    phases=(PHASE, GROUPS),
    letters=STARTED,
    inline=(("depends", DEPENDS),),
    needs=(sign(Where.BOX, r"^(?:~~)?\W*T\d{3}", 0.9, least=3, share=0.4),),
    signs=(sign(Where.HEADING, r"^format\s*:|\(priority:", 0.1),),
)
