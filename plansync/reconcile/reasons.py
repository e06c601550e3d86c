"""Why something was changed, in words: every rule that a change can carry, explained to its reader."""

from __future__ import annotations

import re
from collections.abc import Mapping

from plansync.model import RELINKED

UNDO = "undo "
"""Begins the rule of what an undo sets back; the id of the run that is undone follows."""

FIX_REASON = "fix-reason"
"""The rule by which an issue that is closed for another reason than the plan's is closed anew."""

DUPLICATE = "duplicate"
"""The rule by which an issue is closed that was made for a task which has another one."""

NEW = "new"
"""The rule by which something is written that was not there yet."""

UNLINKED = "unlinked"
"""The rule by which a dependency goes from the plan, because its link was taken away on the tracker."""

PHASE_DONE, PHASE_OPEN = "phase done", "phase open again"
"""The rules by which the state of a milestone follows its tasks."""

WORDS: Mapping[str, str] = {
    "push": "only the plan changed it, so the tracker follows",
    "pull": "only the tracker changed it, so the plan follows",
    "agree": "plan and tracker came to say the same",
    "finish": "it was agreed in an earlier run, and one side did not say so yet",
    "new": "it was not there yet",
    "conflict": "both sides changed it differently, so somebody has to decide",
    "unknown": "one side does not say it, so nothing follows",
    "no line": "the tracker has an estimate, and the plan no line that could say it",
    "reason differs": "it is closed on both sides, and only the reason differs",
    "edited on the tracker": "it was edited on the tracker, where plansync writes it only when the plan changes it",
    "order": "steps were added, removed or put in another order on one side, so the other follows",
    "removed": "one side took the step away and nobody had touched it on the other, so it goes there too",
    "R1": "the task was closed as done, so its open steps are ticked",
    "R2": "the last open step was ticked, so the task is done",
    "R3": "a done task got an open step, so it is to do again",
    "R4": "the task was reopened, so the ticks go that plansync had set when it was closed",
    "status": "the boxes alone do not say the task's state, so a status line does",
    "computed": "the line is computed from the tasks, and they changed",
    "merged": "git left a conflict in lines that are computed, so they are computed anew",
    "cycle": "the tasks depend on each other, so the last one could only be named once all had an issue",
    "identity": "everything that has an issue bears an id, so that it is known again",
    "link": "a task names its issue",
    RELINKED: "the task has another issue now, so it names that one",
    "resolved": "somebody decided the conflict so",
    "task removed": "the task is no longer in the plan, so its issue is closed as not planned",
    DUPLICATE: "two runs made an issue for the task at the same moment, and this one says no more than the other",
    FIX_REASON: "somebody wanted the issue closed for the reason that the plan gives",
    "assumed": "nothing was remembered of it, and the run was told which side to take then (--assume)",
    "adopt": "the issue was there before, and the plan was linked to it",
    UNLINKED: "the link was taken away on the tracker, so the plan does not name the task any more",
    PHASE_DONE: "the last open task of the phase was done or dropped, so its milestone is closed",
    PHASE_OPEN: "the phase has an open task again, so its milestone is reopened",
    "told": "the conflict was told, and is not news any more",
}
_NUMBERED = re.compile(r"[RS]\d+")


def in_words(rule: str) -> str:
    """Explain a rule; one of the numbered ones with its number. An unknown one (of a later plansync) is its name."""
    if rule.startswith(UNDO):
        return f"run {rule.removeprefix(UNDO)} was undone"
    text = WORDS.get(rule, rule)
    return f"{text} ({rule})" if _NUMBERED.fullmatch(rule) else text
