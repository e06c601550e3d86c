"""What may go wrong with one request, and what the adapter then raises.

Each fault stands for what a network or a server does; `plansync.trackers.http` turns it into one of a
few errors, after the retries that it is allowed, and that is where the simulation begins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from plansync.errors import (
    AuthError,
    Locked,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    TrackerError,
    Unavailable,
)


class Fault(NamedTuple):
    """One fault. `read` and `write` are what it raises, `None` for what cannot happen there.

    `applies`: whether a write is carried out all the same; `comes_late`: it is, but only after its sender gave up.
    """

    read: type[TrackerError] | None = None
    write: type[TrackerError] | None = None
    applies: bool = False
    comes_late: bool = False
    wait_s: float = 0.0


FAULTS: Mapping[str, Fault] = {
    "no connection": Fault(Unavailable, Unavailable),
    "reset": Fault(Unavailable, OutcomeUnknown),
    "reset after": Fault(None, OutcomeUnknown, applies=True),
    "502": Fault(Unavailable, OutcomeUnknown),
    "502 after": Fault(None, OutcomeUnknown, applies=True),
    "truncated": Fault(Unavailable, OutcomeUnknown, applies=True),
    "timeout": Fault(Unavailable, OutcomeUnknown, applies=True),
    "timeout, late": Fault(None, OutcomeUnknown, comes_late=True),
    "429": Fault(RateLimited, RateLimited, wait_s=60),
    "429 with retry-after": Fault(RateLimited, RateLimited, wait_s=7),
    "403 secondary": Fault(RateLimited, RateLimited, wait_s=960),
    "403 with retry-after": Fault(RateLimited, RateLimited, wait_s=30),
    "401": Fault(AuthError, AuthError),
}
GITLAB_FAULTS: Mapping[str, Fault] = {
    "409, locked": Fault(None, Locked),
    "429, retry later": Fault(RateLimited, RateLimited, wait_s=60),
}
"""What a GitLab does besides."""
ABSENT = "404"
"""A record that flickers; it means another thing to each kind of request, see `absent`."""
STALE = ("stale", "shifted")
"""What a listing may do: show a moment ago, or move while its pages are read."""

READ = (*(name for name, fault in FAULTS.items() if fault.read), ABSENT)
WRITE = (*(name for name, fault in FAULTS.items() if fault.write and not fault.comes_late), ABSENT)
LATE = tuple(name for name, fault in FAULTS.items() if fault.comes_late)


class Chances(NamedTuple):
    """From which faults each kind of request draws one."""

    read: Sequence[str]
    pages: Sequence[str]
    write: Sequence[str]
    late: Sequence[str] = ()


ALL = Chances(READ, (*READ, *STALE * 3), WRITE, LATE * 2)
OF_GITLAB = Chances(
    (*READ, "429, retry later"),
    (*READ, "429, retry later", *STALE * 3),
    (*WRITE, *GITLAB_FAULTS),
    LATE * 2,
)
FEW = Chances(
    ("no connection", "429"),
    ("no connection", "429", "stale"),
    ("no connection", "429", *["502 after"] * 2, *["502"] * 2),
)
"""Those of the first histories, which come to the same defects with no others."""


def raised(name: str, *, is_read: bool) -> TrackerError | None:
    """Give the error that a fault ends in, `None` where the request goes on."""
    fault = FAULTS.get(name) or GITLAB_FAULTS.get(name)
    kind = fault and (fault.read if is_read else fault.write)
    if fault is None or kind is None:
        return None
    return RateLimited(name, fault.wait_s) if kind is RateLimited else kind(name)


def lands(name: str) -> bool:
    """Say whether a write that ends in a fault is carried out all the same, now or later."""
    fault = FAULTS.get(name)
    return fault is not None and (fault.applies or fault.comes_late)


def absent(*, is_update: bool) -> TrackerError:
    """Give what the adapter makes of a 404: of one record, or of all that it lists and creates in."""
    return Rejected("404, or this token may not edit it") if is_update else NotFound("404")
