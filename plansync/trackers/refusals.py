"""What a tracker says when it refuses, in words; and whether it refuses only the pace, and for how long.

Pure: headers and parsed bodies in, words and seconds out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_LONGEST_WAIT_S = 86_400.0  # what a header asks beyond a day is a header gone wrong
_FALLBACK_WAIT_S = 60.0  # GitHub, "Best practices": at least a minute, then longer
_TOO_QUICK_WAIT_S = 180.0  # "submitted too quickly" lasts from minutes to an hour: cli/cli#4801
_LONGEST_FALLBACK_S = 3_600.0
_LIMIT_TEXTS = (
    "exceeded a secondary rate limit",
    "api rate limit exceeded",
    "abuse detection mechanism",
    "please retry your request again later",
    "please wait a few minutes before you try again",
)
_LOCK_TEXT = "resource lock"
_TOO_QUICK = "was submitted too quickly"


def is_limit(status: int, headers: Mapping[str, str], said: str) -> bool:
    """Say whether a refusal is about the pace of requests alone; it was made before anything was done.

    Shape: header names in lower case; `said` is what the body says.
    """
    said = said.lower()
    if status == 403:
        is_spent = (
            headers.get("x-ratelimit-remaining") == "0"
        )  # GitLab says 429, and what is left beside any 403
        return "retry-after" in headers or is_spent or any(text in said for text in _LIMIT_TEXTS)
    return status == 429 or (status == 422 and _TOO_QUICK in said)


def is_lock(status: int, said: str) -> bool:
    """Say whether a write was refused because another one held the record; nothing was done.

    Source: GitLab, lib/api/api.rb: a stale row or a lease that was not obtained.
    """
    return status == 409 and _LOCK_TEXT in said.lower()


def wait_before_next(headers: Mapping[str, str], said: str, attempt: int, now_s: float) -> float:
    """Say how many seconds to wait after the `attempt`-th refusal for pace: as asked, else longer each time."""
    asked_s = wait_asked(headers, now_s)
    if asked_s is not None:
        return asked_s
    first_s = _TOO_QUICK_WAIT_S if _TOO_QUICK in said.lower() else _FALLBACK_WAIT_S
    return float(min(first_s * 2 ** (attempt - 1), _LONGEST_FALLBACK_S))


def wait_asked(headers: Mapping[str, str], now_s: float) -> float | None:
    """Read how many seconds the tracker wants us to wait, `None` where it does not say.

    Shape: `retry-after` in seconds or as a date; else `x-ratelimit-reset` or `ratelimit-reset` in Unix
    seconds: of GitHub's only where none remain, because a refusal for something else shows it too. An unreadable
    header counts as absent.
    Source: GitHub REST docs, "Best practices"; GitLab docs, "Rate limits".
    """
    after = headers.get("retry-after", "").strip()
    if after.isdecimal():
        return min(float(after), _LONGEST_WAIT_S)
    if (date := _date(after)) is not None:
        return min(max(0.0, date - now_s), _LONGEST_WAIT_S)
    for prefix in ("x-ratelimit", "ratelimit"):
        reset = headers.get(f"{prefix}-reset", "").strip()
        is_meant = prefix == "ratelimit" or headers.get(f"{prefix}-remaining", "").strip() == "0"
        if is_meant and reset.isdecimal():
            return min(max(0.0, float(reset) - now_s) + 1, _LONGEST_WAIT_S)
    return None


def when(wait_s: float, now_s: float) -> str:
    """Say when a wait is over: `in 3 minutes (after 2026-11-26 19:10 UTC)`."""
    minutes = max(1, math.ceil(wait_s / 60))
    at = datetime.fromtimestamp(now_s + wait_s, UTC)
    return f"in {minutes} minute{'s' if minutes > 1 else ''} (after {at:%Y-%m-%d %H:%M} UTC)"


def refusal_words(body: object) -> str:
    """Say in one line what an error body says.

    Shape: GitHub's `message` with `errors` (objects, strings, one string, or none); GitLab's `message`
    (string, list, or lists by field), `error`, `error_description`.
    """
    if not isinstance(body, dict):
        return ""
    names = ("message", "error", "error_description", "errors")
    return "; ".join(dict.fromkeys(said for name in names for said in _sayings(body.get(name))))


def _sayings(part: object) -> list[str]:
    match part:
        case str():
            return [part] if part.strip() else []
        case list():
            return [said for each in part for said in _sayings(each)]
        case dict() if "code" in part:
            return [_validation_words(part)]
        case {"message": str(message)}:
            return [message]
        case dict():
            return [f"{name} {said}" for name, each in part.items() for said in _sayings(each)]
        case _:
            return []


def _validation_words(part: Mapping[str, object]) -> str:
    """Put one entry of a 422 into words: where, what, and the value that was refused."""
    where = [str(part[name]) for name in ("resource", "field") if part.get(name)]
    value = [f"({part['value']})"] if part.get("value") else []
    return " ".join([*where, str(part.get("message") or part["code"]), *value])


def _date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
