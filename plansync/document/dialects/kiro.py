"""`kiro`: numbered boxes, nested or flat, with details as bullets and `_Requirements: 1.1_` last."""

from __future__ import annotations

from plansync.document.dialect import Carrier, Dialect, Where
from plansync.document.dialects.parts import DEPENDS, GROUPS, OWNER, sign, words
from plansync.document.letters import STARTED
from plansync.document.spans import Shape

NUMBERED = Carrier(
    Shape.ITEM,
    words(
        r"(?:\*\*)?(?:(?:(?P<label>(?P<id>\d+(?:\.\d+)+[a-z]?))[.:)]?|(?P<label2>(?P<id2>\d+[a-z]?))[.:)])\s+)?"
        r"(?P<tags>(?:\(P\)\s+)?)(?P<title>.+)"
    ),
    levels=(0,),
)
"""A numbered box at list depth 0; in a flat file that is every box."""

DIALECT = Dialect(
    name="kiro",
    has_stars=True,
    tasks=(NUMBERED,),
    phases=(GROUPS,),
    letters=STARTED,
    inline=(("depends", DEPENDS), ("owner", OWNER)),
    needs=(sign(Where.BOX, r"^(?:\*\*)?\d+(?:\.\d+)*[.:)]?\s", 0.3, least=2, share=0.5),),
    never=(sign(Where.HEADING, r"^\d+\.\s", least=2),),
    signs=(
        sign(Where.ITEM, r"^[_*]Requirements?\s*:", 0.6),
        sign(Where.ITEM, r"Validates\s*:\s*\**\s*Requirements?", 0.6),
        sign(Where.TEXT, r"^[_*]Requirements?\s*:", 0.6),
        sign(Where.PATH, r"(?:^|/)\.?kiro/|(?:^|/)specs?/[^/]+/tasks\.md$", 0.3),
        sign(Where.ITEM, r"[_*](?:Leverage|Depends|Prompt)\s*:", 0.3),
        sign(Where.HEADING, r"^(?:implementation\s+plan|実装計画|实施计划|實作計畫|实现计划)\b", 0.2),
    ),
)
"""Tasks of a spec folder. Source of the letters: the tool writes `[-]` while a task is being done."""
