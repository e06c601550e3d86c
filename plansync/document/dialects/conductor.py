"""`conductor`: `## Phase N: Title [checkpoint: sha]` over `- [ ] Task: …`; tracks as headings with a box."""

from __future__ import annotations

from plansync.document.dialect import Carrier, Dialect, Where
from plansync.document.dialects.parts import OWNER, sign, words
from plansync.document.letters import STARTED
from plansync.document.spans import Shape
from plansync.document.vocabulary import NUMBER

_SHA = r"(?:(?<!\s)\s++\(?`?(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,40}`?\)?)?"
_PHASE = (
    rf"(?P<label>Phase(?:\s+(?P<id>{NUMBER}))?)\s*[:：–—-]\s*"
    r"(?P<title>.+?)(?<!\s)(?:\s*+\[checkpoint:[^\]]*\])?\s*"
)

DIALECT = Dialect(
    name="conductor",
    tasks=(
        Carrier(Shape.HEADING, words(r"\[(?P<box>[^\]])\]\s*(?P<label>Track)\s*:\s*(?P<title>.+)")),
        Carrier(Shape.ITEM, words(rf"(?:(?P<label>Task)\s*:\s*)?(?P<title>.+?){_SHA}"), levels=(0,)),
    ),
    phases=(Carrier(Shape.HEADING, words(_PHASE)),),
    letters=STARTED,
    inline=(("owner", OWNER),),
    signs=(
        sign(Where.HEADING, r"\[checkpoint:\s*[0-9a-f]{7,40}\s*\]", 0.9),
        sign(Where.BOX, r"^(?:Task)\s*:", 0.8, least=2, share=0.3),
        sign(Where.HEADING, r"^\[.\]\s*Track\s*:", 0.9),
        sign(Where.PATH, r"(?:^|/)conductor/", 0.7),
    ),
)
