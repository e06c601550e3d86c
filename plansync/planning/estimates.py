"""What an estimate says: a time, points, a size, or only words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from plansync import durations
from plansync.durations import Duration
from plansync.model import Field, Kind, Snapshot, Uid, text_of

_NUMBER = r"\d{1,6}(?:[.,]\d{1,3})?"
_POINT_WORDS = (
    r"(?:sps?|(?:story[\s-]*)?points?|pts?|story[\s-]?punkte?|punkte?|puntos?|pontos?|punti|очк\w+|балл\w*)\b"
    "|故事点|ストーリーポイント|ポイント|포인트"
)
_POINTS = re.compile(
    rf"(?<![\w.,-])(?:{_NUMBER}\s*[-–—~]\s*)?({_NUMBER})[\s-]*(?:{_POINT_WORDS})"
    rf"|(?<!\w)(?:{_POINT_WORDS})\s*[:=：]?\s*({_NUMBER})(?!\w)",
    re.IGNORECASE,
)
_SIZE_WORDS = {"extra small": "XS", "small": "S", "medium": "M", "large": "L", "extra large": "XL"}
_SIZE = re.compile(
    rf"[\W_]*(?:(?i:t-?shirt|size)\W+)*((?i:{'|'.join(_SIZE_WORDS)})|X{{0,3}}[SL]|M)"
    r"(?=[\W_]*$|[`*_]*\s*[(（,;:=]|[`*_]*\s+[-–—]\s|[`*_]*\s+[~≈]?\d)",
)
_LOOKED_AT = 200  # characters; an estimate is short, and what is long is prose


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate as written, and what was understood of it.

    `points`: the upper end of a range. `size`: from `XXXS` to `XXXL`.
    """

    text: str
    duration: Duration | None = None
    points: float | None = None
    size: str | None = None


@lru_cache(maxsize=4096)  # a plan says the same few estimates over and over
def estimate(text: str) -> Estimate:
    """Understand an estimate; a bare number is neither time nor points."""
    points = _POINTS.search(text[:_LOOKED_AT])
    size = _SIZE.match(text[:_LOOKED_AT])
    return Estimate(
        text,
        durations.read(text),
        float((points[1] or points[2]).replace(",", ".")) if points else None,
        _SIZE_WORDS.get(size[1].casefold(), size[1]) if size else None,
    )


def estimates(items: Snapshot) -> dict[Uid, Estimate]:
    """Read every task's estimate."""
    return {u: estimate(text_of(i, Field.ESTIMATE)) for u, i in items.items() if i.kind is Kind.TASK}


def times(found: Mapping[Uid, Estimate]) -> dict[Uid, Duration]:
    """Keep the estimates that are a time."""
    return {uid: one.duration for uid, one in found.items() if one.duration}
