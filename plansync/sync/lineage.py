"""Whose issues are there already: what those that name this plan's path say of a plan that has none yet.

An id that issue and plan share tells for sure. A title or a phase that they share makes a person decide: two plans
may have a task of one name, and two copies of one plan may have named it otherwise before either had an issue.
Source: design, "Lineage of a plan with no footer and no state file".

What remembers a plan may be gone while it was moved, as when the branch of a request is deleted. Then its issues name
a path at which nothing is any more: those of a name that it had, as git tells, are its own; without git a person says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Container, Iterator, Sequence, Set
from typing import NamedTuple

from plansync.document import block
from plansync.document.steps import Step
from plansync.errors import SafetyStop
from plansync.model import OVERVIEW, Kind, Snapshot, State
from plansync.reconcile.akin import COMPARISONS_MAX, wording, wording_of
from plansync.trackers.base import Record, Thing

_LISTED_MAX = 3


class Trace(NamedTuple):
    """A record that names this plan's path.

    `is_sure`: its id is that of something here; `is_akin`: it reads like one of the tasks here; `is_task`: it is one's.
    """

    plan: str
    record: Record
    is_sure: bool
    is_akin: bool = False
    is_task: bool = False


class Traces(NamedTuple):
    """What is there of plans at one path. `busy`: the plans whose tasks have issues, wherever they say they are.

    `command` writes a command of `plansync state` for this plan.
    """

    path: str
    found: Sequence[Trace]
    busy: Set[str]
    command: Callable[..., str]

    def discover(self) -> tuple[str, str]:
        """Find the plan that this one is, and say by what; nothing where it is a new one.

        Raises: SafetyStop where only a person can tell.
        """
        issues = self._plans(Thing.ISSUE)
        if len(issues) > 1:
            raise SafetyStop(
                f"issues of {len(issues)} plans named {self.path} are there. Say which is its own: "
                f"{self._ways(issues)}; or that none is: `{self.command('lineage', '--new')}`"
            )
        if issues:
            return issues.pop(), "issues"
        begun = [t.plan for t in self.found if t.record.thing is Thing.MILESTONE and t.is_sure]
        if akin := self._plans(Thing.ISSUE, akin=True) | (set(begun) & self.busy):
            self._ask(
                akin, f"issues of a plan named {self.path} are there, and no task here has the id of one"
            )
        return (begun[0], "milestones") if begun else ("", "")

    def require_none_but(self, own: str) -> None:
        """Refuse to make the issues of a plan whose push was cut off before, where another copy made them since.

        Raises: SafetyStop.
        """
        others = self._plans(Thing.ISSUE, akin=True)
        if not any(t.plan == own for t in self.found):
            others |= self._plans(Thing.MILESTONE)
        if own not in self.busy and (others := others - {own}):
            self._ask(
                others, f"issues of another copy of {self.path} are there, and this one has made none yet"
            )

    def require_not_moved(self, tasks: int) -> None:
        """Refuse to make the issues of a plan again that may have been moved; `tasks`: how many it has.

        One name in common is chance, as two plans begin alike; half of all are not.
        Raises: SafetyStop.
        """
        shared = Counter(t.plan for t in self.found if t.is_sure and t.is_task)
        if plans := {plan for plan, number in shared.items() if 2 * number >= tasks}:
            self._ask(
                plans,
                f"issues of {self.path}, which is not here any more, have the ids of tasks of this plan",
            )

    def _plans(self, thing: Thing, *, akin: bool = False) -> set[str]:
        """List the plans of which such records are here; `akin`: or read like something that is."""
        return {t.plan for t in self.found if t.record.thing is thing and (t.is_sure or (akin and t.is_akin))}

    def _ask(self, plans: Collection[str], what: str) -> None:
        refs = [t.record for t in self.found if t.plan in plans]
        listed = ", ".join(
            f"{'milestone ' * (r.thing is Thing.MILESTONE)}#{r.ref}" for r in refs[:_LISTED_MAX]
        )
        more = ", …" if len(refs) > _LISTED_MAX else ""
        raise SafetyStop(
            f"stopped before any write: {what} ({listed}{more}). If they are this plan's: {self._ways(plans)}; if "
            f"not: `{self.command('lineage', '--new')}`"
        )

    def _ways(self, plans: Collection[str]) -> str:
        return " or ".join(f"`{self.command('lineage', '--take', plan)}`" for plan in sorted(plans))


def traces(
    records: Collection[Record],
    paths: Sequence[str],
    local: Snapshot,
    claimed: Container[str],
    command: Callable[..., str],
) -> Traces:
    """Look for what is there of plans at some paths. `claimed`: the ids of other plans that are here."""
    blocks = [(r, b) for r in records if (b := block.read(r.body))]
    marks = [(r, m) for r in records if r.thing is Thing.MILESTONE and (m := block.read_milestone(r.body))]
    tasks = [wording_of(i, local) for i in local.values() if i.kind is Kind.TASK]
    own = [(r, b) for r, b in blocks if b.path in paths]
    is_cheap = len(tasks) * len(own) <= COMPARISONS_MAX

    def is_akin(record: Record, steps: Sequence[Step]) -> bool:
        theirs = wording(record.title, [step.text for step in steps])
        return any(t.title == theirs.title or (is_cheap and t.is_akin(theirs)) for t in tasks)

    found = [Trace(b.plan, r, b.uid in local, is_akin(r, b.steps), b.uid != OVERVIEW) for r, b in own]
    found += [Trace(m.plan, r, m.uid in local) for r, m in marks if m.path in paths]
    ours = sorted((t for t in found if t.plan not in claimed), key=lambda t: (t.record.thing, t.record.ref))
    return Traces(" or ".join(paths), ours, {b.plan for _, b in blocks if b.uid != OVERVIEW}, command)


def beside(
    records: Collection[Record],
    own: str,
    path: str,
    local: Snapshot,
    claimed: Container[str],
    command: Callable[..., str],
) -> Iterator[str]:
    """Tell of other copies that made issues of the same tasks when this plan had its own already.

    Two first pushes at the same moment do that, and each copy is at rest then. What another plan had before this one
    began is no word worth: a person said then that this one is new.
    """
    ours, theirs = set[int](), dict[str, list[int]]()
    for record in records:
        held = block.read(record.body)
        if held is None or held.plan in claimed or held.uid == OVERVIEW or held.uid not in local:
            continue
        if held.plan == own:
            ours.add(record.ref)
        elif record.state is State.TODO and held.path == path:
            theirs.setdefault(held.plan, []).append(record.ref)
    for plan, made in sorted(theirs.items()):
        if ours and max(made) > min(ours):
            yield (
                f"{_listed(made)} are issues of another copy of {path}, for tasks that have {_listed(ours)} here. If "
                f"two first pushes ran at the same moment, close those, or take them with "
                f"`{command('lineage', '--take', plan)}` and close these"
            )


def _listed(refs: Collection[int]) -> str:
    return ", ".join(f"#{ref}" for ref in sorted(refs)[:_LISTED_MAX]) + (
        ", …" if len(refs) > _LISTED_MAX else ""
    )


def other_paths(records: Collection[Record], path: str, local: Snapshot) -> list[str]:
    """List the other paths that are named by issues with the id of something here."""
    blocks = (b for r in records if (b := block.read(r.body)))
    return sorted(
        {b.path for b in blocks if b.uid in local and b.uid != OVERVIEW and b.path not in ("", path)}
    )
