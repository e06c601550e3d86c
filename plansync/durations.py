"""Words ⇄ minutes: `1.5 hours`, `2-3 days`, `1h 30m`, `half a day`, in the languages plans are written in.

A day has 8 hours and a week 5 days. What has no fixed length in working hours (points, sizes,
months, sessions) is no time and reads as `None`; so do ordinals such as `Day 2` or `第2周`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

HOUR, DAY, WEEK = 60, 480, 2400

_UNITS = {
    1: "m min mins minute minutes minuten minuto minutos minuti мин минут минута минуты минуту",
    HOUR: "h hr hrs hour hours stunde stunden std heure heures hora horas ora ore ч час часа часов",
    DAY: "d day days workday workdays tag tage tagen tages arbeitstag arbeitstage personentag personentage j jour "
    "jours journée journées día días dia dias jornada jornadas giorno giorni дн день дня дней",
    WEEK: "w wk wks week weeks workweek workweeks woche wochen sem semaine semaines semana semanas settimana "
    "settimane нед неделя недели неделю недель",
}
_GLUED_UNITS = {  # scripts without blanks: what follows a unit is no part of it
    1: "分钟 分鐘 分間 分 분",
    HOUR: "小时 小時 時間 人时 人時 시간",
    DAY: "工作日 人天 人日 天 日間 日 일",
    WEEK: "周 週間 週 주일 주",
}
_MINUTES = {w: m for table in (_UNITS, _GLUED_UNITS) for m, words in table.items() for w in words.split()}

_NUMBER_WORDS = {
    0.5: "half|half a|half an|halbe|halben|halber|halbes|eine halbe|einen halben|ein halber|demi|une demi|medio|media"
    "|meio|meia|mezza|mezzo|пол",
    1: "a|an|one|ein|eine|einen|un|une|una|uno|um|uma|один|одна|одну",
    1.5: "anderthalb|eineinhalb|полтора|полторы",
    2: "two|a couple of|a couple|zwei|deux|dos|dois|duas|due|два|две",
    3: "three|drei|trois|tres|três|tre|три",
    4: "four|vier|quatre|cuatro|quatro|quattro|четыре",
    5: "five|fünf|cinq|cinco|cinque|пять",
}
_WORDS = {word: value for value, words in _NUMBER_WORDS.items() for word in words.split("|")}
_NUMERALS = {
    "半": 0.5,
    "반": 0.5,
    "一": 1,
    "二": 2,
    "两": 2,
    "兩": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
}
_NUMERALS |= {"八": 8, "九": 9, "十": 10}
_FRACTIONS = {"½": 1 / 2, "¼": 1 / 4, "¾": 3 / 4, "⅓": 1 / 3, "⅔": 2 / 3}


def _any_of(words: list[str] | dict[str, int] | dict[str, float]) -> str:
    """Match one of some words, the longest first."""
    return "|".join(re.escape(w).replace(r"\ ", r"\s+") for w in sorted(words, key=len, reverse=True))


_PLAIN = [w for words in _UNITS.values() for w in words.split()]
_GLUED = [w for words in _GLUED_UNITS.values() for w in words.split()]
_LETTER = r"[^\W\d_]"
# A number may not continue another (1.2.3, 2026-01-06, T-003) nor count what is named (第2, 3月5).
_ALONE = r"(?<![A-Za-zÀ-ɏЀ-ӿ\d_第제月])(?<!\d[.,:/])(?<!\w-)"
_FIGURE = (
    rf"(?:(?:\d{{1,3}}\s*)?[{''.join(_FRACTIONS)}]|(?:\d{{1,3}}\s+)?[1-3]/[2-4](?!\d)"
    r"|\d{1,6}(?:[.,]\d{1,6})?)(?![\d:])"
)
_NUMBER = (
    rf"(?:{_FIGURE}|(?<!{_LETTER})(?:{_any_of(_WORDS)})(?=[\s-]|(?<=пол))"
    rf"|(?<![第期{''.join(_NUMERALS)}])[{''.join(_NUMERALS)}])"
)
_HALF = r"(?:\s*[半반](?![\w])|\s+(?:and\s+a\s+half|et\s+demie?|y\s+medi[oa]|e\s+mei[oa]|e\s+mezz[oa]))"
_TO = r"(?:\s*(?:-|‐|‑|–|—|−|~|～|〜|\.{2,3}|…|到|至|から|에서)\s*|\s+(?:to|or|bis|oder|à|a|ou|o|до|или)\s+)"
_KIND = (
    r"(?:(?:full|ideal|work|working|business|calendar|person|man|dev|developer|engineer|engineering)[\s-]+)?"
)
_UNIT = rf"(?:{_KIND}(?:{_any_of(_PLAIN)})(?!{_LETTER})|(?:个|個)?(?P<more>半)?(?:{_any_of(_GLUED)})(?![目号號支之차]))"
_TIME = (
    rf"(?P<first>{_NUMBER})(?P<first_half>{_HALF})?"
    rf"(?:{_TO}(?P<last>{_NUMBER})(?P<last_half>{_HALF})?)?\s*\+?[\s-]*(?P<unit>{_UNIT})\.?(?P<half>{_HALF})?"
    r"(?P<clock>(?<=h)[0-5]\d(?!\w))?"
)
_PART = re.compile(_ALONE + _TIME, re.IGNORECASE)
_MORE = re.compile(_TIME, re.IGNORECASE)
_JOIN = re.compile(r"\s*(?:,|\+|&|\b(?:and|und|et|y|e|и))?\s*", re.IGNORECASE)
_BETWEEN = re.compile(_TO, re.IGNORECASE)
_COUNTED = re.compile(
    r"\b(?:(?:day|week|phase|sprint|task|step|milestone|stage|part|tag|woche|jour|semaine|día|semana|день|неделя)s?\s*#?"
    r"|(?:once|twice|times|per|every|each)\s+)$",
    re.IGNORECASE,
)
_LOOKED_AT = 200  # characters; an estimate is short, and what is long is prose
_BRACKETED = re.compile(r"[(（]([^()（）]*)[)）]")


class Duration(NamedTuple):
    """A time in whole minutes; both ends of a range, the upper one counts."""

    low: int
    high: int


@lru_cache(maxsize=4096)  # a plan says the same few estimates over and over
def read(text: str) -> Duration | None:
    """Read the first duration in a text, else the first one in its brackets.

    `1h 30m` adds up; `2-3 days` and `2 hours - 3 days` are ranges; `4 SP (~16 hours)` and
    `S (2-4 hours)` give the time in the brackets, since the words before are none.
    """
    text = text[:_LOOKED_AT]
    return _first(_BRACKETED.sub(" ", text)) or next(
        filter(None, map(_first, _BRACKETED.findall(text))), None
    )


def _first(text: str) -> Duration | None:
    at = 0
    while found := _PART.search(text, at):
        if _is_time(found, text):
            return _range(text, found)
        at = found.end("first")
    return None


def _is_time(found: re.Match[str], text: str) -> bool:
    """Tell `3 days` from `Day 3`, `3D`, `1H 2027` and `a d`."""
    unit = found["unit"]
    if len(unit) == 1 and unit.isascii() and (unit.isupper() or found["first"].casefold() in _WORDS):
        return False
    return not _COUNTED.search(text, 0, found.start())


def _range(text: str, found: re.Match[str]) -> Duration | None:
    """Read one time; and where another follows with a range's sign between, both as a range."""
    start, end = _sum(text, found)
    sign = _BETWEEN.match(text, end)
    other = _MORE.match(text, sign.end()) if sign else None
    finish = _sum(text, other)[0] if other and _is_time(other, text) else start
    low, high = min(start.low, finish.low), max(start.high, finish.high)
    return Duration(low, high) if high else None


def _sum(text: str, found: re.Match[str]) -> tuple[Duration, int]:
    """Add what follows in ever smaller units: `1 day, 2 hours`. Also says where it ends."""
    total, smallest = _part(found), _unit(found)
    while (
        (joined := _JOIN.match(text, found.end()))
        and (after := _MORE.match(text, joined.end()))
        and _unit(after) < smallest
        and _is_time(after, text)
    ):
        found, smallest, more = after, _unit(after), _part(after)
        total = Duration(total.low + more.low, total.high + more.high)
    return total, found.end()


def _part(found: re.Match[str]) -> Duration:
    unit = _unit(found)
    extra = (unit // 2 if found["half"] or found["more"] else 0) + int(found["clock"] or 0)
    first = _number(found["first"]) + 0.5 * bool(found["first_half"])
    last = _number(found["last"]) + 0.5 * bool(found["last_half"]) if found["last"] else first
    low, high = sorted((round(first * unit), round(last * unit)))
    return Duration(low + extra, high + extra)


def _unit(found: re.Match[str]) -> int:
    """Give the minutes of a unit, whatever kind of day or hour it says it is."""
    word = re.split(r"[\s-]", found["unit"])[-1].casefold()
    return _MINUTES.get(word) or _MINUTES[word.lstrip("个個半")]


def _number(text: str) -> float:
    text = " ".join(text.casefold().split())
    if text in _WORDS or text in _NUMERALS:
        return _WORDS.get(text) or _NUMERALS[text]
    if text[-1] in _FRACTIONS:
        return _FRACTIONS[text[-1]] + float(text[:-1].strip() or 0)
    if "/" in text:
        whole, _, share = text.rpartition(" ")
        return float(whole or 0) + int(share[0]) / int(share[2])
    is_thousands = re.fullmatch(r"[1-9]\d{0,2},\d{3}", text)
    return float(text.replace(",", "" if is_thousands else "."))


def write(minutes: int) -> str:
    """Say minutes as people do: `45 minutes`, `1 hour`, `25.5 hours`."""
    if minutes < HOUR:
        return f"{minutes} minute{'s' * (minutes != 1)}"
    hours = f"{minutes / HOUR:.2f}".rstrip("0").rstrip(".")
    return f"{hours} hour{'s' * (hours != '1')}"


def compact(minutes: int) -> str:
    """Say minutes exactly, in hours and minutes: `1h 30m`, `45m`, `16h`."""
    parts = (f"{minutes // HOUR}h" * (minutes >= HOUR), f"{minutes % HOUR}m" * (minutes % HOUR > 0))
    return " ".join(part for part in parts if part) or "0m"


def rewritten(text: str, minutes: int) -> str:
    """Let a text that says a time say another one, in its own unit where that can be: `2 days (with review)`."""
    found = _spot(text[:_LOOKED_AT])
    if found:
        start, end, time = found
        new = f"{text[:start]}{_in_its_unit(time, minutes)}{text[end:]}"
        if read(new) == Duration(minutes, minutes):
            return new
    return compact(minutes)


def _spot(text: str) -> tuple[int, int, re.Match[str]] | None:
    """Find where a text says its time, and the first part of that."""
    outside = _BRACKETED.sub(lambda found: " " * len(found[0]), text)
    for shown in (outside, *(" " * m.start(1) + m[1] for m in _BRACKETED.finditer(text))):
        at = 0
        while found := _PART.search(shown, at):
            if _is_time(found, shown):
                _, end = _sum(shown, found)
                sign = _BETWEEN.match(shown, end)
                other = _MORE.match(shown, sign.end()) if sign else None
                is_range = other is not None and _is_time(other, shown)
                return found.start(), _sum(shown, other)[1] if other and is_range else end, found
            at = found.end("first")
    return None


def _in_its_unit(time: re.Match[str], minutes: int) -> str:
    """Say minutes in the unit of another time, with two decimals at most; else exactly, in hours and minutes."""
    amount, rest = divmod(minutes * 100, _unit(time))
    number = f"{amount / 100:.2f}".rstrip("0").rstrip(".")
    between = time.string[time.end("last" if time["last"] else "first") : time.start("unit")]
    if rest or not re.fullmatch(r"[\s-]*", between):
        return compact(minutes)
    unit = time["unit"]
    if re.fullmatch(r"(?:minute|min|hour|hr|day|week|wk)s?", unit, re.IGNORECASE):
        unit = unit.rstrip("sS") + ("" if number == "1" else "s")
    return f"{number}{between}{unit}"


def write_range(duration: Duration) -> str:
    """Say a range: `2-3.5 hours`, `45 minutes - 2 hours`; one time where both ends are the same."""
    low, high = write(duration.low), write(duration.high)
    if low == high:
        return high
    number, _, unit = low.partition(" ")
    return f"{number}-{high}" if high.endswith(unit.rstrip("s") + "s") else f"{low} - {high}"
