"""When a plan was last synced on this machine: what tells that a job which should go on by itself has died.

One small file a plan in the local folder, written by each run that came to its end. Losing it costs nothing but the
knowledge.
"""

from __future__ import annotations

import contextlib
import json
import math
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Pulse:
    """The last runs of one plan. Times are ISO 8601 with a zone, empty for never.

    `failures`: how many runs failed since the last that did not. `every_s`: how often whoever watches it syncs; 0 where
    nobody said.
    """

    plan: str
    last_ok: str = ""
    last_run: str = ""
    outcome: str = ""
    error: str = ""
    failures: int = 0
    every_s: float = 0.0

    def age_s(self, now: datetime) -> float | None:
        """Say how long ago the last good run ended; `None` for never, below 0 where a clock was wrong."""
        with contextlib.suppress(ValueError, TypeError):
            return (now - datetime.fromisoformat(self.last_ok)).total_seconds()
        return None


def read(file: Path, plan: str) -> Pulse:
    """Read the pulse of a plan; one that cannot be read was never felt."""
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        texts = {name: str(said[name]) for name in ("last_ok", "last_run", "outcome", "error")}
        felt = Pulse(plan, **texts, failures=int(said["failures"]), every_s=float(said["every_s"]))
    except (OSError, ValueError, TypeError, KeyError):
        return Pulse(plan)
    return felt if math.isfinite(felt.every_s) else Pulse(plan)


def beat(file: Path, before: Pulse, *, at: str, outcome: str, error: str, every_s: float | None) -> None:
    """Write down how a run ended; where nothing can be written, the silence is what tells.

    `error`: why it failed, empty for a run that came to its end. `every_s`: `None` leaves what was said of it.
    """
    after = Pulse(
        before.plan,
        before.last_ok if error else at,
        at,
        outcome,
        error,
        before.failures + 1 if error else 0,
        before.every_s if every_s is None else every_s,
    )
    fresh = file.with_suffix(".new")
    with contextlib.suppress(OSError):
        fresh.write_text(json.dumps(asdict(after), ensure_ascii=False), encoding="utf-8")
        fresh.replace(file)
