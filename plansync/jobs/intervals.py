"""How often a job runs, as cron and systemd write it; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from zlib import crc32

from plansync.errors import ConfigError

_HOUR, _DAY = 60, 24
_SHORTEST = 5
"""Minutes. Source: GitHub docs, "schedule": the shortest interval is once every five minutes."""
_BUSY = (15, 45)
"""Odd minutes at which everybody's jobs start."""
_UNITS = {"m": 1, "h": 60, "d": 1440}


@dataclass(frozen=True, slots=True)
class Interval:
    """Every so many minutes, from a minute of the hour on that is the project's own."""

    minutes: int
    at: int

    @property
    def cron(self) -> str:
        """The five fields of a crontab."""
        if self.minutes < _HOUR:
            return f"{self.at % self.minutes}-59/{self.minutes} * * * *"
        hours = self.minutes // _HOUR
        every = {1: "*", _DAY: str(self.at % _DAY)}.get(hours, f"*/{hours}")
        return f"{self.at} {every} * * *"

    @property
    def calendar(self) -> str:
        """What systemd calls a calendar event."""
        if self.minutes < _HOUR:
            return f"*:{self.at % self.minutes:02}/{self.minutes}"
        hours = self.minutes // _HOUR
        every = {1: "*", _DAY: f"{self.at % _DAY:02}"}.get(hours, f"00/{hours}")
        return f"{every}:{self.at:02}"


def interval(text: str, project: str) -> Interval:
    """Read `60m`, `2h`, `1d`; the minute of the hour is odd, and another one for another project.

    Raises: ConfigError for what cron cannot say evenly.
    """
    found = re.fullmatch(r"(\d{1,4})([mhd])", text)
    minutes = int(found[1]) * _UNITS[found[2]] if found else 0
    is_even = (
        minutes % _HOUR == 0 and _DAY % (minutes // _HOUR or 1) == 0
        if minutes >= _HOUR
        else (minutes >= _SHORTEST and _HOUR % minutes == 0)
    )
    if not is_even or not minutes or minutes > _DAY * _HOUR:
        raise ConfigError(
            f"--every takes 5m, 10m, 15m, 20m, 30m, or hours that divide a day, such as 60m, 2h or 1d; not {text!r}"
        )
    odd = [minute for minute in range(1, _HOUR, 2) if minute not in _BUSY]
    return Interval(minutes, odd[crc32(project.encode()) % len(odd)])
