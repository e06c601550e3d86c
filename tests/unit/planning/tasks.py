"""Plans for tests of planning, made of as many words as matter; and random ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hypothesis import strategies as st

from plansync.durations import Duration
from plansync.model import Field, Item, Kind, Snapshot, Uid, Value


def task(
    uid: str,
    needs: Iterable[str] | None = (),
    *,
    phase: str = "",
    estimate: str = "",
    steps: Iterable[str] = (),
) -> Item:
    """Make a task. `needs`: the tasks it names; `None`: unknown. `steps`: their uids."""
    fields: dict[Field, Value] = {Field.PHASE: phase, Field.ESTIMATE: estimate, Field.STEPS: tuple(steps)}
    if needs is not None:
        fields[Field.DEPENDS] = tuple(needs)
    return Item(Uid(uid), Kind.TASK, fields)


def plan(*items: Item) -> Snapshot:
    return {item.uid: item for item in items}


def uids(names: str) -> tuple[Uid, ...]:
    return tuple(Uid(name) for name in names)


def hours(**times: float | tuple[float, float]) -> dict[Uid, Duration]:
    ends = {name: time if isinstance(time, tuple) else (time, time) for name, time in times.items()}
    return {Uid(n): Duration(round(low * 60), round(high * 60)) for n, (low, high) in ends.items()}


@st.composite
def networks(draw: st.DrawFn) -> tuple[Snapshot, Mapping[Uid, Duration]]:
    """Draw tasks that each need some earlier ones, written in any order, some of them estimated."""
    names = [Uid(f"t{n}") for n in range(draw(st.integers(1, 12)))]
    needs = {u: draw(st.sets(st.sampled_from(names[:n]))) if n else set() for n, u in enumerate(names)}
    order = draw(st.permutations(names))
    ends = st.tuples(st.integers(1, 50), st.integers(0, 50)).map(lambda t: Duration(t[0], t[0] + t[1]))
    times = draw(st.dictionaries(st.sampled_from(names), ends))
    return {u: Item(u, Kind.TASK, {Field.DEPENDS: tuple(sorted(needs[u]))}) for u in order}, times
