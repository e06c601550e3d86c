"""Issues that two runs made for one task at the same moment: the lower number is the task's.

Another one that says nothing of its own is closed as a duplicate; of any other a person decides.
Source: sync semantics §2.9, "laptop + CI at the same moment".
"""

from __future__ import annotations

from plansync.model import (
    Change,
    Conflict,
    Field,
    Item,
    Kind,
    Operation,
    Side,
    State,
    Tick,
    Twin,
    Uid,
    state_of,
    steps_of,
    text_of,
    tick_of,
)
from plansync.reconcile.given import Given
from plansync.reconcile.order import ISSUES
from plansync.reconcile.reasons import DUPLICATE
from plansync.reconcile.rows import ROWS
from plansync.text import words

_Step = tuple[str, Tick | None]


def closed_twins(given: Given) -> list[Operation]:
    """Close those that say nothing of their own, or that a person named; an undo opens them again."""
    found = []
    for twin in _met(given):
        uid, now, wanted = twin.item.uid, state_of(twin.item), _wanted(given, twin)
        if wanted is not None and now is not None and now is not wanted:
            rule = DUPLICATE if wanted is State.DROPPED else given.pruned[uid].rule
            kind = "close-issue" if wanted is State.DROPPED else "reopen-issue"
            change = Change(uid, Field.STATE, now.value, wanted.value, rule)
            found.append(Operation(Side.REMOTE, kind, uid, (change,), ISSUES, (twin.of,)))
    return found


def asked_twins(given: Given) -> list[Conflict]:
    """Ask about the others, about one of each task at a time."""
    found: dict[Uid, Conflict] = {}
    for twin in _met(given):
        if twin.of not in found and twin.item.uid not in given.pruned and _is_question(given, twin):
            numbers = f"#{given.remote[twin.of].at}", twin.number
            found[twin.of] = Conflict(twin.of, Field.TWIN, None, *numbers)
    return list(found.values())


def _met(given: Given) -> list[Twin]:
    """List the twins of what is looked at now, without those that are done with."""
    both = given.local.keys() & given.remote.keys()
    twins = (t for t in given.twins if t.of in both)
    return [t for t in twins if t.item.uid in given.pruned or not (_is_accepted(given, t) or t.is_reopened)]


def _is_accepted(given: Given, twin: Twin) -> bool:
    """Say whether we closed a twin before, or a person decided to leave it."""
    known = given.base.agreed.get(twin.of)
    accepted = known.fields.get(Field.ACCEPTED) if known else None
    return isinstance(accepted, tuple) and twin.number in accepted


def _wanted(given: Given, twin: Twin) -> State | None:
    """Say in which state a twin should be; `None` for as it is."""
    choice = given.pruned.get(twin.item.uid)
    if choice is not None:
        return State(str(choice.value))
    is_done_with = state_of(twin.item) is State.TODO and not _says_more(given, twin)
    return State.DROPPED if is_done_with else None


def _is_question(given: Given, twin: Twin) -> bool:
    """Say whether a twin is open and says something, or somebody closed it while the task is open."""
    now = state_of(twin.item)
    if now is State.TODO:
        return _says_more(given, twin)
    is_closed_by_us = now is State.DROPPED and twin.is_duplicate
    return not is_closed_by_us and state_of(given.remote[twin.of]) is State.TODO


def _says_more(given: Given, twin: Twin) -> bool:
    """Say whether an open twin came first, is open where the task's own issue was dropped, or has words of its own."""
    is_lower = (twin.item.at or 0) < (given.remote[twin.of].at or 0)
    own = given.remote[twin.of]
    is_only_one = own.kind is Kind.TASK and state_of(own) not in (State.TODO, State.DONE)
    return is_lower or is_only_one or not _is_silent(given, twin)


def _is_silent(given: Given, twin: Twin) -> bool:
    """Say whether a twin says nothing that the task or its own issue does not say as well."""
    own = given.local[twin.of], given.remote[twin.of]
    for (kind, name), row in ROWS.items():
        value = twin.item.fields.get(name)
        is_told = kind is own[0].kind and name is not Field.STATE and value not in (None, "", ())
        if is_told and not any(row.same(value, item.fields.get(name)) for item in own):
            return False
    sides = [[_step(s) for s in steps_of(side, twin.of)] for side in (given.local, given.remote)]
    return not twin.is_spoken and any(_is_told_by(side, [_step(s) for s in twin.steps]) for side in sides)


def _is_told_by(own: list[_Step], steps: list[_Step]) -> bool:
    """Say whether the same steps stand on a side, each ticked as there or open."""
    is_same = sorted(text for text, _ in own) == sorted(text for text, _ in steps)
    return is_same and all(step in own or step[1] is Tick.OPEN for step in steps)


def _step(item: Item) -> _Step:
    return words(text_of(item, Field.TEXT)), tick_of(item)
