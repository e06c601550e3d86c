"""Stopping a run from outside: after the request in flight, or at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Stop:
    """What a signal and a run tell each other.

    `is_asked`: begin no further request. `is_writing`: the run is past its reading, so stopping at once would
    leave an outcome unknown (which the next run finds out).
    """

    is_asked: bool = False
    is_writing: bool = False
