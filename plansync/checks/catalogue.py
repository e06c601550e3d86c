"""Every check by its code: its name, how bad it is, what it says and why it matters. Data alone.

Codes never change their meaning. The hundreds are themes, so that a prefix chooses one: numbers (0),
what names what (1), states, ids and titles (2), markers (3), what Markdown hides (4), sizes (5), the
file (9). `docs/checks.md` shows each with examples, in the words below.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

PREFIX = re.compile(r"PLAN\d{0,3}")


class Entry(NamedTuple):
    """One check. `is_mended`: `--fix` puts it right where that is safe."""

    code: str
    name: str
    severity: Literal["error", "warning", "note"]
    summary: str
    help: str
    is_mended: bool = False


_ENTRIES = (
    Entry(
        "PLAN001",
        "total-time",
        "warning",
        "A total is not the sum of the tasks' estimates.",
        "The tasks' estimates are added up, a range by its upper end, dropped tasks left out. A total that is a "
        "range must be the range of the sum. Where a task has no estimate, only a total that is too small is wrong.",
        is_mended=True,
    ),
    Entry(
        "PLAN002",
        "task-count",
        "warning",
        "The number of tasks is not the one that the plan has.",
        "Dropped tasks and tasks that a code fence hides may be counted in or left out.",
        is_mended=True,
    ),
    Entry(
        "PLAN003",
        "critical-path",
        "warning",
        "The critical path names a task that is not there, or is not the longest chain.",
        "Any longest chain of dependencies will do. It is looked at where the line names tasks with arrows between "
        "them, and judged by time where every task has an estimate and its dependencies are clear.",
        is_mended=True,
    ),
    Entry(
        "PLAN004",
        "completion",
        "warning",
        "The completion line does not fit the tasks' states.",
        "It counts the tasks that are done; dropped ones leave the count. A sync keeps the line up to date; this "
        "finds it where no sync runs.",
        is_mended=True,
    ),
    Entry(
        "PLAN005",
        "current-phase",
        "warning",
        "The current phase is not the first one with a task to do.",
        "Readers start at the phase that this line names. When all is done it is the last one.",
        is_mended=True,
    ),
    Entry(
        "PLAN006",
        "overall-status",
        "warning",
        "The implementation status does not fit the tasks' states.",
        "Not Started: nothing is ticked. Completed: every task that counts is done. Otherwise: In Progress.",
        is_mended=True,
    ),
    Entry(
        "PLAN007",
        "status-choices",
        "warning",
        "A line still lists its choices in place of one of them.",
        "A line with all choices says nothing, and a sync leaves it alone. In the footer --fix puts in the choice "
        "that fits the tasks' states; a task's own status is for its author to choose.",
        is_mended=True,
    ),
    Entry(
        "PLAN008",
        "missing-estimate",
        "note",
        "A task to do has no estimate though most others have one.",
        "It weighs nothing in totals, in the time that is left and on the critical path.",
    ),
    Entry(
        "PLAN101",
        "unknown-dependency",
        "error",
        "A task depends on a task or phase that is not there.",
        "What the task waits for is unknown then, so none of its dependencies reach the tracker. Correct the number, "
        "or write what is meant in words.",
    ),
    Entry(
        "PLAN102",
        "ambiguous-dependency",
        "warning",
        "A task depends on a number that more than one task has.",
        "plansync does not guess which one is meant, so none of the task's dependencies reach the tracker.",
    ),
    Entry(
        "PLAN103",
        "cyclic-dependency",
        "error",
        "Tasks wait for each other in a circle.",
        "None of them can ever begin, and no order and no critical path can be told. Take one dependency out.",
    ),
    Entry(
        "PLAN104",
        "later-phase",
        "warning",
        "A task depends on a task of a later phase.",
        "Phases are worked off in order. Either the dependency is wrong, or one of the two tasks stands in the wrong "
        "phase.",
    ),
    Entry(
        "PLAN105",
        "risk-line",
        "warning",
        "A line of risks names a task that is not there, or another thing's title.",
        "Whoever reads the line looks at the wrong task. The title in brackets behind a task's number must be that "
        "task's; a list of high-risk tasks must name tasks of this plan.",
    ),
    Entry(
        "PLAN106",
        "unknown-requirement",
        "warning",
        "A task refers to a requirement that requirements.md does not hold.",
        "Looked at only where a requirements.md stands beside the plan and numbers its requirements in that form: "
        "1.2 is the second criterion of Requirement 1, FR-003 an id that is written there.",
    ),
    Entry(
        "PLAN201",
        "contradiction",
        "warning",
        "A status, a sign or a task's own box says otherwise than the boxes below it.",
        "plansync goes by the one that counts in this form of plan and never rewrites the other; a reader cannot know "
        "which one is true. Optional and dropped steps do not count.",
    ),
    Entry(
        "PLAN202",
        "unknown-letter",
        "warning",
        "The letter in a box means nothing that plansync knows.",
        "A sign counts as an open box and keeps its place; a letter of a word, among boxes, counts as none. Say what "
        "it means in plansync.toml under [ticks], a sign also in a legend of the plan, such as `[?]: dropped`.",
    ),
    Entry(
        "PLAN203",
        "duplicate-id",
        "warning",
        "Two tasks or two phases have the same number.",
        "A dependency on that number is unclear. Numbers that begin anew in every phase are no duplicates.",
    ),
    Entry(
        "PLAN204",
        "duplicate-title",
        "warning",
        "Two tasks of one phase, or two phases, have the same title.",
        "Their issues cannot be told apart in a list, and before the first push only their order tells which is which.",
    ),
    Entry(
        "PLAN205",
        "placeholder",
        "warning",
        "A blank of a template was never filled in.",
        "A task whose whole title is a placeholder is skipped; a step goes to the tracker as it is.",
    ),
    Entry(
        "PLAN206",
        "unknown-owner",
        "note",
        "An owner is no account, so that the issue is given to nobody.",
        "An owner counts who is written as @name, or whose name stands in the settings under [people] with an account. "
        "Each such name is told once.",
    ),
    Entry(
        "PLAN301",
        "lost-marker",
        "warning",
        "A phase, a task or the plan itself has lost the id that plansync gave it.",
        "The next sync finds it again by its title; renamed before that, it would be taken for a new task and get a "
        "second issue. --fix writes the id back.",
        is_mended=True,
    ),
    Entry(
        "PLAN302",
        "copied-marker",
        "error",
        "One id stands on two items.",
        "Neither is synced, because nobody can tell which one the issue belongs to. Delete the comment from the copy.",
    ),
    Entry(
        "PLAN303",
        "malformed-marker",
        "error",
        "A comment of plansync cannot be read.",
        "The item counts as one without an id. Write the comment as it was, or delete it: the next sync writes a "
        "sound one.",
    ),
    Entry(
        "PLAN304",
        "stray-marker",
        "warning",
        "An id stands where it belongs to no phase and no task.",
        "It does nothing there, and the item that it came from is without one. Move it back to the end of the heading "
        "or of the item's first line, or delete it.",
    ),
    Entry(
        "PLAN305",
        "misplaced-footer",
        "error",
        "The plan's own id is not on the last line.",
        "Only the last line is looked at, so the plan would be taken for a new one. --fix moves the line to the end, "
        "if it is the only one.",
        is_mended=True,
    ),
    Entry(
        "PLAN401",
        "hidden-task",
        "error",
        "A phase or a task stands inside a code fence, as Markdown reads it.",
        "A fence that holds another one of the same length ends at the inner one's closing line, and what follows is "
        "inverted. plansync and every host read it so, and the task does not exist for them. Make the outer fence "
        "longer than the inner one.",
    ),
    Entry(
        "PLAN402",
        "unwritable",
        "warning",
        "Items stand among inverted code fences and are not written.",
        "Ticks and titles from the tracker wait until the fences are in order. Make the outer fence longer than the "
        "inner one.",
    ),
    Entry(
        "PLAN403",
        "hidden-box",
        "warning",
        "Lines look like boxes, and Markdown sees none.",
        "They stand too far in (code to Markdown), right below a paragraph with a number other than 1, or in HTML. "
        "A blank line above the list or less indentation makes them boxes.",
    ),
    Entry(
        "PLAN404",
        "malformed-box",
        "warning",
        "A box is written so that it is none.",
        "A box is a bullet, a blank, `[ ]` or `[x]`, a blank and a text. Written otherwise it is plain text to "
        "GitHub, and mostly to plansync.",
    ),
    Entry(
        "PLAN405",
        "starred-box",
        "note",
        "GitHub shows no box for `[ ]*`.",
        "Kiro writes optional tasks so, and in its plans nothing is said. Elsewhere it is read as an optional box too, "
        "but readers on GitHub see brackets.",
    ),
    Entry(
        "PLAN406",
        "box-elsewhere",
        "note",
        "A box in a heading or a table is no box.",
        "Only list items have boxes. What stands in headings and cells is not counted and not synced.",
    ),
    Entry(
        "PLAN407",
        "outside-box",
        "note",
        "Boxes belong to no task.",
        "They stand in a section of their own or below a plain bullet, outside of every task, so they are not "
        "counted and get no issue. Move them into a task or under the success criteria if they are meant to.",
    ),
    Entry(
        "PLAN408",
        "open-end",
        "error",
        "A code fence or a comment is never closed.",
        "All that follows it is code or a comment to Markdown, to the end of the file: no heading and no box of it "
        "is seen, and plansync refuses to write to the plan. Close it where it ends.",
    ),
    Entry(
        "PLAN409",
        "run-on-step",
        "warning",
        "A metadata line follows a step with no blank line between them.",
        "plansync reads it as a line of the task. To Markdown it is more of the step's text, and that is what a "
        "reader of the plan on GitHub or GitLab sees.",
        is_mended=True,
    ),
    Entry(
        "PLAN501",
        "long-title",
        "note",
        "A title has more than 200 characters and is cut on the tracker.",
        "The issue's title ends in an ellipsis and the whole text opens the issue. A short title with the details "
        "below it reads better.",
    ),
    Entry(
        "PLAN502",
        "long-body",
        "error",
        "A task is too long for an issue.",
        "GitHub takes 65,536 characters and refuses more; GitLab takes 1,048,576. Split the task.",
    ),
    Entry(
        "PLAN901",
        "git-conflict",
        "error",
        "Git left a conflict in the plan.",
        "Nothing is read before it is settled, because both versions stand there. One around lines that plansync "
        "computes (Completion, Current Phase, Implementation Status, Last Updated) needs nobody: a sync settles it "
        "too, git's signs go and the lines are computed anew.",
        is_mended=True,
    ),
    Entry(
        "PLAN902",
        "no-task",
        "note",
        "Nothing in the file reads as a phase or a task.",
        "There is nothing to keep in step. `plansync inspect` shows how the file is read, `plansync new docs/plan.md` "
        "writes a plan to begin with.",
    ),
    Entry(
        "PLAN903",
        "unreadable",
        "error",
        "The file cannot be read.",
        "It is missing, a folder, larger than 16 MB, closed to this user or not UTF-8, so nothing of it was checked. "
        "This is said whichever checks are chosen; the other plans are checked all the same.",
    ),
)

CATALOGUE: Mapping[str, Entry] = {entry.code: entry for entry in _ENTRIES}
"""Code → check, in the order of the codes."""


def chosen(select: Iterable[str], ignore: Iterable[str]) -> frozenset[str]:
    """List the codes that begin with one of `select` (all where it is empty) and with none of `ignore`."""
    wanted, unwanted = tuple(select) or ("",), tuple(ignore)
    return frozenset(c for c in CATALOGUE if c.startswith(wanted) and not c.startswith(unwanted or ("-",)))


def misspelt(code: str) -> str:
    """Say what is wrong with a code or the beginning of one; empty where it chooses something."""
    if PREFIX.fullmatch(code) and any(known.startswith(code) for known in CATALOGUE):
        return ""
    by_name = {entry.name: known for known, entry in CATALOGUE.items()}
    if code.casefold() in by_name:
        return f"there is no check {code!r}; did you mean {by_name[code.casefold()]}?"
    close = difflib.get_close_matches(code.upper(), CATALOGUE, 1, 0.5)
    hint = f"; did you mean {close[0]}?" if close else "; docs/checks.md lists them"
    return f"there is no check {code!r}{hint}"
