"""What a dialect is, as data: what carries a phase, a task, a step, and which words mean what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from plansync.model import Tick


@dataclass(frozen=True, slots=True)
class Carrier:
    """What a phase or a task looks like: a heading whose text matches `words`.

    Groups: `label` (the words and number as written), `id` (the number alone), `title`. `levels`
    empty: voted, the level on which the plan itself has most of them.
    """

    words: re.Pattern[str]
    levels: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Dialect:
    """One way of writing plans. `letters` maps box letters beyond blank and x to what they mean."""

    name: str
    phase: Carrier
    task: Carrier
    criteria: re.Pattern[str]
    risks: re.Pattern[str]
    keys: Mapping[str, str]
    states: Mapping[str, str]
    milestones: str = "phase"
    letters: Mapping[str, Tick] = field(default_factory=dict)
