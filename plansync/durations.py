"""Words ⇄ minutes: `1.5 hours`, `2-3 days`, `1h 30m`, `~2 weeks`, in the languages plans are written in.

A day has 8 hours and a week 5 days. Points and sizes are no time: they read as `None`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

HOUR, DAY, WEEK = 60, 480, 2400

_UNITS = {
    1: "m min mins minute minutes minuten minuto minutos minuti мин минут минута минуты 分 分钟 分鐘 분",
    HOUR: "h hr hrs hour hours stunde stunden std heure heures hora horas ore ч час часа часов 小时 小時 時間 시간",
    DAY: "d day days tag tage tagen jour jours día días dia dias дн день дня дней 天 日 일",
    WEEK: "w wk wks week weeks woche wochen semaine semaines semana semanas нед неделя недели недель 周 週 週間 주",
}
_MINUTES = {word: minutes for minutes, names in _UNITS.items() for word in names.split()}
_NUMBER = r"\d+(?:[.,]\d+)?"
_PART = re.compile(
    rf"({_NUMBER})(?:\s*(?:-|–|—|~|to|bis|à|a|до|至)\s*({_NUMBER}))?\s*([^\W\d_]+)\.?", re.IGNORECASE
)


class Duration(NamedTuple):
    """A time in whole minutes; both ends of a range, the upper one counts."""

    low: int
    high: int


def read(text: str) -> Duration | None:
    """Read a duration out of the text before its first bracket or comma-separated remark.

    `1h 30m` adds up; `2-3 days` is a range; `4 SP (~16 hours)` and `S (2-4 hours)` give the time in
    the brackets, since the words before are none.
    """
    outside = _sum(re.sub(r"\([^)]*\)", " ", text))
    return outside or next((d for inner in re.findall(r"\(([^)]*)\)", text) if (d := _sum(inner))), None)


def _sum(text: str) -> Duration | None:
    low = high = 0
    for first, last, unit in _PART.findall(text):
        minutes = _MINUTES.get(unit.casefold())
        if minutes:
            low += round(float(first.replace(",", ".")) * minutes)
            high += round(float((last or first).replace(",", ".")) * minutes)
    return Duration(low, high) if high else None


def write(minutes: int) -> str:
    """Say minutes as people do: `45 minutes`, `1 hour`, `25.5 hours`."""
    if minutes < HOUR:
        return f"{minutes} minute{'s' * (minutes != 1)}"
    hours = f"{minutes / HOUR:.2f}".rstrip("0").rstrip(".")
    return f"{hours} hour{'s' * (hours != '1')}"
