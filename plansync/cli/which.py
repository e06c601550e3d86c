"""Which of several plans a command means that names something only one of them has: a conflict, a run."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from plansync.cli.context import find_plans, open_plan, remembered, state_file
from plansync.errors import PlanError

if TYPE_CHECKING:
    from plansync.config import Home
    from plansync.store.history import History


def with_conflicts(home: Home, ids: Collection[str]) -> Path | None:
    """Find the plan that remembers these conflicts; `None` where that is not one plan, which then has to be named."""

    def has(path: Path) -> bool:
        from plansync.cli.pending import told

        saved = remembered(home, path) if state_file(home, path) else None
        known = {conflict for item in saved.base.agreed.values() for conflict in told(item)} if saved else ()
        return any(conflict in known for conflict in ids)

    return _only(home, has)


def with_run(home: Home, name: str) -> Path | None:
    """Find the plan in whose history a run or an operation is; `None` where that is not one plan."""

    def has(path: Path) -> bool:
        try:
            history = history_of(home, path)
        except PlanError:
            return False
        with closing(history.db):
            return (history.run(name) or history.operation(name)) is not None

    return _only(home, has)


def _only(home: Home, has: Callable[[Path], bool]) -> Path | None:
    found = find_plans(home, None)
    if len(found) == 1:
        return found[0]
    having = [path for path in found if has(path)]
    return having[0] if len(having) == 1 else None


def history_of(home: Home, path: Path) -> History:
    """Open the history of a plan; where nothing was ever synced here it is empty."""
    from plansync import config
    from plansync.store import shelf
    from plansync.store.history import History

    saved = remembered(home, path)
    lineage = open_plan(home, path).lineage or (saved.lineage if saved else "")
    database = config.root_of(home, path) / ".plansync" / "local" / "plansync.db"
    return History(shelf.reading(database) if database.is_file() else shelf.connect(None), lineage)
