"""How many requests a client has: the limits of GitHub's dialect, where the tracker plays them.

Counts in memory, for as long as the server runs. A read that is answered 304 is free.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from plansync.sandbox.github_taken import Refused
from plansync.sandbox.kinds import Traits

_HOUR_S, _MINUTE_S = 3600, 60
_HOURLY = 5000  # what is shown where nothing is limited


@dataclass(frozen=True, slots=True)
class Rate:
    """Where a client stands. Units: requests, and the Unix second at which the next hour begins."""

    limit: int
    used: int
    reset_s: int

    @property
    def remaining(self) -> int:
        """How many requests are left."""
        return max(0, self.limit - self.used)

    def headers(self) -> dict[str, str]:
        """Tell it as every answer does."""
        told = {"limit": self.limit, "remaining": self.remaining, "used": self.used, "reset": self.reset_s}
        return {
            **{f"x-ratelimit-{name}": str(value) for name, value in told.items()},
            "x-ratelimit-resource": "core",
        }


@dataclass(slots=True)
class Budget:
    """What was spent: requests in this hour, and the seconds of the last creations."""

    hour: int = 0
    used: int = 0
    created_s: list[float] = field(default_factory=list)

    def rate(self, traits: Traits, now_s: float) -> Rate:
        """Say where the client stands."""
        hour = int(now_s) // _HOUR_S
        used = self.used if hour == self.hour and traits.hourly_max is not None else 0
        limit = _HOURLY if traits.hourly_max is None else traits.hourly_max
        return Rate(limit, used, (hour + 1) * _HOUR_S)

    def take(self, traits: Traits, now_s: float, *, is_creation: bool) -> None:
        """Count a request, or raise `Refused` where it is one too many."""
        rate = self.rate(traits, now_s)
        if traits.hourly_max is not None and not rate.remaining:
            raise Refused(403, "API rate limit exceeded for user ID 1.", headers=rate.headers())
        if is_creation and traits.creations_max is not None:
            self._create(traits.creations_max, now_s)
        self.hour, self.used = int(now_s) // _HOUR_S, rate.used + 1

    def give_back(self) -> None:
        """Count a request no longer."""
        self.used = max(0, self.used - 1)

    def _create(self, most: int, now_s: float) -> None:
        self.created_s = [each for each in self.created_s if now_s - each < _MINUTE_S]
        if len(self.created_s) >= most:
            raise Refused(403, _TOO_MUCH, headers={"retry-after": str(_MINUTE_S)})
        self.created_s.append(now_s)


_TOO_MUCH = (
    "You have exceeded a secondary rate limit and have been temporarily blocked from content creation."
    " Please retry your request again later."
)
