"""Instants and days as clients write them, as the records keep them, and what a due date is.

No clock and no dialect.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def moment(text: str) -> datetime | None:
    """Read an instant, UTC where it names no zone; `None` for what is none."""
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))  # an unescaped + in a query
    except ValueError:
        return None
    if not 1900 < found.year < 9999:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def written(instant: datetime) -> str:
    """Write an instant as the records do: whole seconds."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def micros(instant: datetime) -> int:
    """Count the microseconds from 1970 to an instant."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


def at_micros(count: int) -> datetime:
    """Give the instant that lies so many microseconds after 1970."""
    return _EPOCH + timedelta(microseconds=count)


def pacific_midnight(instant: datetime) -> datetime:
    """Floor an instant to a day on the Pacific coast: what GitHub makes of a due date, and so what is kept."""
    summer = _is_pacific_summer(instant)
    day = (instant - timedelta(hours=7 if summer else 8)).date()
    # The switch is at two in the morning, so midnight of that day is still in the old time.
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    in_winter = midnight + timedelta(hours=8)
    return midnight + timedelta(hours=7) if _is_pacific_summer(in_winter) else in_winter


def _is_pacific_summer(instant: datetime) -> bool:
    """Say whether daylight saving time holds (rule of 2007: March to November)."""
    begins = _nth_sunday(instant.year, 3, 2) + timedelta(hours=10)  # 02:00 PST
    ends = _nth_sunday(instant.year, 11, 1) + timedelta(hours=9)  # 02:00 PDT
    return begins <= instant < ends


def _nth_sunday(year: int, month: int, nth: int) -> datetime:
    first = date(year, month, 1)
    day = 1 + (6 - first.weekday()) % 7 + 7 * (nth - 1)
    return datetime(year, month, day, tzinfo=UTC)
