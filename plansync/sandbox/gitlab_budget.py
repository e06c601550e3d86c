"""How many requests a client has, and what befalls one by chance: GitLab's two limits, and faults that are asked for.

The limit at the door counts all requests of a minute and tells in headers; the application counts what is
created and tells nothing. Counts are kept in memory, for as long as the server runs; faults are a trait.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import formatdate

from plansync.sandbox import gitlab_taken as taken
from plansync.sandbox.door import READS
from plansync.sandbox.gitlab_taken import Refused
from plansync.sandbox.kinds import Fault, Traits
from plansync.sandbox.records import Records

_MINUTE_S = 60
_CREATED = ("/projects/{id}/issues", "/projects/{id}/issues/{iid}/notes")
_LIMITED = {"error": "This endpoint has been requested too many times. Try again later."}
_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>\n"


@dataclass(slots=True)
class Budget:
    """What was spent: requests in this minute, and when things were created. Units: Unix seconds."""

    minute: int = 0
    used: int = 0
    created_s: dict[str, list[float]] = field(default_factory=dict)

    def take(self, records: Records, method: str, path: str, now_s: float) -> None:
        """Count a request, or raise `Refused` where it is one too many, or out of luck."""
        traits = records.traits
        minute = int(now_s) // _MINUTE_S
        self.minute, self.used = minute, (self.used if minute == self.minute else 0) + 1
        if traits.minutely_max is not None and self.used > traits.minutely_max:
            raise self._throttled(traits, now_s)
        if traits.faults:
            self._suffer(records, method, path, now_s)
        if method == "POST" and path in _CREATED and traits.creations_max is not None:
            self._create(path, traits.creations_max, now_s)

    def headers(self, traits: Traits, now_s: float) -> dict[str, str]:
        """Tell where the client stands, where the door limits anything."""
        if traits.minutely_max is None:
            return {}
        return {
            "ratelimit-limit": str(traits.minutely_max),
            "ratelimit-name": "throttle_authenticated_api",
            "ratelimit-observed": str(self.used),
            "ratelimit-remaining": str(max(0, traits.minutely_max - self.used)),
            "ratelimit-reset": str(self._reset_s(now_s)),
        }

    def _suffer(self, records: Records, method: str, path: str, now_s: float) -> None:
        """Let the next fault befall this request, where it is one that it can befall."""
        fault, *later = records.traits.faults
        is_spared = (fault is Fault.LOCK and method in READS) or (
            fault is Fault.LIMIT and not (method == "POST" and path in _CREATED)
        )
        if is_spared:
            return
        records.play(faults=tuple(later))
        match fault:
            case Fault.LOCK:
                raise taken.said(409, "409 Conflict: Resource lock")
            case Fault.LIMIT:
                raise taken.said(429, _LIMITED)
            case Fault.THROTTLE:
                raise self._throttled(records.traits, now_s, 1)
            case Fault.BROKEN:
                raise Refused(502, _GATEWAY)

    def _throttled(self, traits: Traits, now_s: float, wait_s: int | None = None) -> Refused:
        left_s = self._reset_s(now_s) - int(now_s) if wait_s is None else wait_s
        ends = {"retry-after": str(left_s), "ratelimit-resettime": formatdate(now_s + left_s, usegmt=True)}
        return Refused(429, "Retry later\n", headers=ends)

    def _create(self, path: str, most: int, now_s: float) -> None:
        lately = [each for each in self.created_s.get(path, []) if now_s - each < _MINUTE_S]
        if len(lately) >= most:
            raise taken.said(429, _LIMITED)
        self.created_s[path] = [*lately, now_s]

    def _reset_s(self, now_s: float) -> int:
        return (int(now_s) // _MINUTE_S + 1) * _MINUTE_S
