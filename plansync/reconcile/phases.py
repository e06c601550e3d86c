"""The state of a phase's milestone: it follows when all of its tasks are done, or one of them is open again.

It fires on that edge alone, so that a milestone which people closed or reopened stays as they want it.
Source: sync semantics §2.2, "milestone state".
"""

from __future__ import annotations

from collections.abc import Mapping

from plansync.model import Field, Kind, State, Uid, state_of, text_of
from plansync.reconcile.agreement import Agreement
from plansync.reconcile.given import Given
from plansync.reconcile.reasons import PHASE_DONE, PHASE_OPEN

_YES, _NO = "yes", "no"


def follow_tasks(agreement: Agreement, given: Given, states: Mapping[Uid, State]) -> None:
    """Agree on the state of every phase's milestone, and remember whether its tasks are done.

    A task that is left alone counts as it was: nothing is done because its issue cannot be found.
    """
    states = {**{uid: state_of(item) or State.TODO for uid, item in given.left_alone.items()}, **states}
    for uid, item in given.local.items():
        if item.kind is not Kind.PHASE:
            continue
        tasks = [t for t in states if _phase_of(agreement, given, t) == uid]
        is_done = bool(tasks) and all(states[t] is not State.TODO for t in tasks)
        wanted = State.DONE if is_done else State.TODO
        then = given.base.agreed.get(uid)
        was_done = text_of(then, Field.FINISHED)
        now, before = state_of(given.remote.get(uid)), state_of(given.base.remote.get(uid))
        agreement.set(uid, Field.FINISHED, _YES if is_done else _NO, "computed")
        if uid not in given.remote:
            agreement.set(uid, Field.STATE, wanted.value, "new")
        elif was_done and was_done != (_YES if is_done else _NO):
            agreement.set(uid, Field.STATE, wanted.value, PHASE_DONE if is_done else PHASE_OPEN)
        elif now is not None:
            agreed = state_of(then)
            is_theirs = agreed is None or now is not before
            agreement.set(
                uid, Field.STATE, now.value if is_theirs or agreed is None else agreed.value, "agree"
            )


def _phase_of(agreement: Agreement, given: Given, task: Uid) -> str:
    agreed = agreement.get(task, Field.PHASE)
    item = given.local.get(task) or given.left_alone.get(task)
    return agreed if isinstance(agreed, str) else text_of(item, Field.PHASE)
