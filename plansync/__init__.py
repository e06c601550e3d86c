"""Keep a Markdown implementation plan and its issues telling the same story.

As a library, described in docs/library.md: `plansync.open(path)` gives a `Plan`. Nothing is imported before it is
asked for, so that `import plansync` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plansync.library.plan import Changes, Plan
    from plansync.library.plan import open_plan as open
    from plansync.library.values import Conflict, Operation, Problem, Result, Step, Task

__version__ = "0.1.0"
__all__ = ["Changes", "Conflict", "Operation", "Plan", "Problem", "Result", "Step", "Task", "open"]

_ROOMS = {
    "open": ("plan", "open_plan"),
    **{name: ("plan", name) for name in ("Changes", "Plan")},
    **{name: ("values", name) for name in ("Conflict", "Operation", "Problem", "Result", "Step", "Task")},
}


def __getattr__(name: str) -> Any:
    """Fetch what the library offers when somebody asks for it."""
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room, own = _ROOMS[name]
    return getattr(import_module(f"plansync.library.{room}"), own)


def __dir__() -> list[str]:
    """List what there is, fetched or not."""
    return sorted([*globals(), *__all__])
