"""What the witness knows: both sides at one moment, what people did when, and the values since the sides agreed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace

Key = tuple[str, str]
Value = str | int | bool | None
PLAN, TRACKER = "plan", "tracker"


@dataclass(slots=True)
class Sight:
    """Both sides at one moment, as a reader sees them."""

    values: dict[str, dict[Key, Value]]
    owner: dict[str, str]
    order: dict[str, dict[str, list[str]]]
    optional: set[str] = field(default_factory=set)
    doubled: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Times:
    """When people last did something to a task, in events.

    `known_tick`: a tick after the task had its issue. `news`: a tick or an open step that no run has decided on
    yet, by side. `decided`: what a run last knew when it decided on the state. `undone`: an open step came to a task
    that both sides held for done. `redone`: somebody ticked or said more since. `unsaid`: a status line was deleted,
    which says todo (semantics §2.3).
    """

    tick: int = -1
    real_tick: int = -1
    open_: int = -1
    reopen: int = -1
    close: int = -1
    state: int = -1
    status: int = -1
    removal: int = -1
    known_tick: int = -1
    decided: int = -1
    news_tick: dict[str, int] = field(default_factory=dict)
    news_open: dict[str, int] = field(default_factory=dict)
    undone: int = -1
    redone: int = -1
    unsaid: int = -1

    def copy(self) -> Times:
        """Keep them as they are now."""
        return replace(self, news_tick=dict(self.news_tick), news_open=dict(self.news_open))

    def joined(self, other: Times) -> Times:
        """Take the later of each; what only one of two copies decided on is not decided."""
        both = {name: max(getattr(self, name), getattr(other, name)) for name in _EVENTS}
        news = (
            {s: max(a.get(s, -1), b.get(s, -1)) for s in {*a, *b}}
            for a, b in ((self.news_tick, other.news_tick), (self.news_open, other.news_open))
        )
        both["decided"] = min(self.decided, other.decided)
        return replace(self, **both, news_tick=next(news), news_open=next(news))


_EVENTS = tuple(name for name, kind in Times.__annotations__.items() if kind == "int")


@dataclass(slots=True)
class Memory:
    """What is known of one copy's past: values since it agreed with the tracker, and who did what when.

    `plan_since`: what the plan held since this memory was put by (see `Witness.commit`); `statuses`: the tasks that had
    a status line then.
    """

    history: dict[tuple[str, Key], list[Value]] = field(default_factory=dict)
    times: dict[str, Times] = field(default_factory=lambda: defaultdict(Times))
    last_event: dict[tuple[str, Key], int] = field(default_factory=dict)
    met: set[tuple[str, Key]] = field(default_factory=set)
    plan_since: dict[Key, list[Value]] = field(default_factory=dict)
    statuses: set[str] = field(default_factory=set)

    def copy(self) -> Memory:
        """Keep it as it is now."""
        times = defaultdict(Times, {k: t.copy() for k, t in self.times.items()})
        return Memory(
            {k: list(v) for k, v in self.history.items()}, times, dict(self.last_event), set(self.met)
        )

    def add(self, side: str, key: Key, value: Value) -> None:
        """Note a value that came while this memory was put by."""
        if side == PLAN:
            self.plan_since.setdefault(key, []).append(value)
        else:
            values = self.history.setdefault((side, key), [nothing(key)])
            if values[-1] != value:
                values.append(value)
            self.met.discard((side, key))


def nothing(key: Key) -> Value:
    """Say what a thing that is not there is worth."""
    return False if key[0] == "step" else None


def changed(then: Sight, now: Sight, side: str) -> set[Key]:
    old, new = then.values[side], now.values[side]
    return {k for k in {*old, *new} if old.get(k) != new.get(k)}
