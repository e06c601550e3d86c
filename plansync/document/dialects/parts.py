"""Pieces of patterns and signs that several dialects share."""

from __future__ import annotations

import re

from plansync.document.dialect import Carrier, Sign, Where
from plansync.document.spans import Shape
from plansync.document.vocabulary import NUMBER, PHASE_WORDS

BEFORE = r"(?:[^\w\[#`*]++)?(?:\*\*|__)?(?:[^\w\[#`*]++)?"
"""What may stand before a heading's word: an emoji, a check mark, a bold mark."""

AFTER = r"(?:\s*[:：.)）]\s*|\s+[-–—]+\s*|\s*[–—]\s*|\s+|(?=\*\*)|$)"
"""What may stand between a number and the title."""

ANYTHING = re.compile(r"(?P<title>.+)", re.DOTALL)


def words(pattern: str) -> re.Pattern[str]:
    """Compile a pattern for titles: case does not count, and a title may be wrapped."""
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)


PHASE = Carrier(
    Shape.HEADING,
    words(
        rf"{BEFORE}(?:(?:completed?|done|in progress|current|next|erledigt)\s*[:：]\s*)?"
        rf"(?:(?P<label>(?:{PHASE_WORDS})\s*[-–]?\s*#?(?P<id>{NUMBER})|(?P<label3>(?P<id3>\d+)\s*(?:단계|차))){AFTER}|"
        r"(?P<label2>(?-i:P)(?P<id2>\d+[a-z]?))\s*[:：–—-]\s*)(?P<title>.*)"
    ),
)
"""A heading such as `Phase 2: Core`, `阶段一：…`, `**Week 1**`."""

GROUPS = Carrier(Shape.HEADING, ANYTHING, over_boxes=True, least=2)
"""Headings of one level right above boxes, two at least."""

_SIGN = r"[.:：)]\s+|\s+[-–—]\s+"


def _box(behind: str, numbered: float) -> Carrier:
    """Write the carrier of a box at list depth 0; `behind`: what may stand between its number and the title."""
    return Carrier(
        Shape.ITEM,
        words(
            r"(?:\*\*|__)?(?:(?P<label>#(?P<id>\d+))\s*[-–—:：]\s*|"
            r"(?P<label2>(?:(?:task|story|aufgabe|tarea|tâche|задача)\s+|T-?)?(?P<id2>\d+(?:\.\d+)*[a-z]?))"
            rf"(?:{behind}))?(?P<title>.+)"
        ),
        levels=(0,),
        numbered=numbered,
    )


NUMBERED_BOX = _box(rf"{_SIGN}|(?<=\d\.\d)\s+|(?<=\d\.\d\d)\s+", 0.6)
"""A box among others with numbers, so that `1.1 Title` has one too."""

BOX = _box(_SIGN, 0.0)
"""A box at list depth 0, with a number or without."""

NUMBERED_HEADING = Carrier(
    Shape.HEADING,
    words(
        r"(?:[^\w\[#`*]++)?(?:\*\*)?(?P<label>(?P<id>\d+(?:\.\d+)*+))(?:[.:)]\s*|(?<=\.\d)\s+|(?<=\.\d\d)\s+)(?P<title>.+)"
    ),
    least=2,
    holds=0.8,
)
"""Headings such as `1. Title` or `1.1 Title` that hold nearly all boxes."""

POINTS = re.compile(
    r"[(\[]\s*+(?:est\.?\s*+:?\s*+)?(?P<value>\d+(?:[.,]\d+)?\s*+(?:SP|pts?|story\s+points?|points?))\s*[)\]]",
    re.IGNORECASE,
)
TIME = re.compile(
    r"[(\[]\s*+(?:est\.?\s*+:?\s*+|~\s*+)?(?P<value>\d+(?:[.,]\d+)?(?:\s*[-–—]\s*\d+(?:[.,]\d+)?)?\s*"
    r"(?:min(?:ute)?s?|h(?:ou)?rs?|h|d(?:ays?)?|w(?:eeks?)?|sessions?|semaines?|jours?|Tage?|Stunden?|часов|дней|日|時間|小时|天))\s*[)\]]",
    re.IGNORECASE,
)
SIZE = re.compile(r"`(?P<value>XXS|XS|S|M|L|XL|XXL)`\s*$")
DAYS = re.compile(r"(?:^|\s)~(?P<value>\d+(?:\.\d+)?[hdw])(?=\s|$)")
DEPENDS = re.compile(
    r"\((?:depends\s+on|depends|after|requires|blocked\s+by)(?:\s*+:)?\s++(?P<value>[^()]+)\)", re.IGNORECASE
)
OWNER = re.compile(r"(?:[(\[|–—-]\s*|(?<=\d[hdw])\s+)@(?P<value>[A-Za-z0-9][\w-]*)[)\]]?(?![/\w])")
"""An owner behind a separator or an estimate; any other `@` is a word of the title."""

INLINE: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("estimate", POINTS),
    ("estimate", TIME),
    ("estimate", SIZE),
    ("estimate", DAYS),
    ("depends", DEPENDS),
    ("owner", OWNER),
)
"""Metadata that checklists write into a title."""


_ONE_LINE = (Where.HEADING, Where.GROUP, Where.BOX, Where.NESTED, Where.ANY_BOX, Where.QUOTED)


def sign(where: Where, pattern: str, weight: float = 1.0, least: int = 1, share: float = 0.0) -> Sign:
    """Write a sign; case does not count. What is one line by its nature begins once, however it is wrapped."""
    lines = re.NOFLAG if where in _ONE_LINE else re.MULTILINE
    return Sign(where, re.compile(pattern, re.IGNORECASE | lines), weight, least, share)
