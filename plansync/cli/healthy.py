"""Whether plans are still synced by whatever should do that: what `plansync health` says, and its exit code."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plansync.cli.context import Common, find_plans
from plansync.cli.door import say
from plansync.cli.running import seconds
from plansync.errors import ExitCode
from plansync.text import in_line

if TYPE_CHECKING:
    from plansync.config import Home

_TIMES = 2
"""Source: sync semantics, "Dead man": a run may come late, but two in a row may not be missing."""


def health(common: Common, named: Path | None, every: str) -> int:
    """Say of each plan when it was last synced here; 1 where one of them is not well."""
    home = common.home()
    every_s = seconds(every, "--every") if every else None
    found = [_of(home, plan, every_s) for plan in find_plans(home, named)]
    if common.as_json:
        from plansync.cli.documents import dumped

        is_ok = all(each["is_ok"] for each in found)
        say(dumped({"schema": "plansync/health/1", "is_ok": is_ok, "plans": found}))
    else:
        for each in found:
            if not (each["is_ok"] and common.quiet):
                say(in_line(_words(each)))
    return ExitCode.DONE if all(each["is_ok"] for each in found) else ExitCode.ERROR


def _of(home: Home, plan: Path, every_s: float | None) -> dict[str, Any]:
    from plansync import wiring
    from plansync.store import pulse

    paths = wiring.paths_of(home, plan)
    felt = pulse.read(paths.pulse, paths.name)
    age_s = felt.age_s(datetime.now(UTC))
    limit_s = _TIMES * (every_s or felt.every_s or home.settings.watch.every_s)
    return {
        "path": str(plan),
        "is_ok": age_s is not None and abs(age_s) <= limit_s,
        "is_watched": wiring.is_watched(paths),
        "last_ok": felt.last_ok,
        "last_run": felt.last_run,
        "age_s": None if age_s is None else round(max(age_s, 0.0), 1),
        "limit_s": limit_s,
        "outcome": felt.outcome,
        "error": felt.error,
        "failures": felt.failures,
    }


def _words(found: dict[str, Any]) -> str:
    from plansync.cli.wording import duration

    by = "" if found["is_watched"] else "; nobody watches it at this moment"
    why = f" The last {_runs(found['failures'])} failed: {found['error']}" if found["failures"] else ""
    if found["age_s"] is None:
        return f"{found['path']}: not synced on this machine yet{by}.{why}"
    ago = f"last synced {duration(found['age_s'])} ago"
    if not found["is_ok"] and found["age_s"] <= found["limit_s"]:
        at = f"{found['last_ok']}, which is still to come: a clock is wrong"
        return f"{found['path']}: not well, last synced at {at}{by}.{why}"
    if found["is_ok"]:
        return f"{found['path']}: well, {ago}{by}.{why}"
    return f"{found['path']}: not well, {ago}, more than {duration(found['limit_s'])}{by}.{why}"


def _runs(number: int) -> str:
    return "run" if number == 1 else f"{number} runs"
