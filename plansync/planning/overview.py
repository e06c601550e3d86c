"""What the overview issue says besides the plan's own words: progress, what waits for a person, the graph.

Each part is a heading and lines below it, in the form by which `document.sections` knows them again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from plansync.model import (
    OVERALL_WORDS,
    OVERVIEW,
    Conflict,
    Field,
    Snapshot,
    State,
    Uid,
    conflict_id,
    is_step,
    owner_of,
    steps_of,
    text_of,
)
from plansync.planning.mermaid import drawing
from plansync.planning.progress import by_phase, overall, progress
from plansync.text import cut, in_line, neutralise, one_line

_LINES_MAX = 50
_TITLE_MAX = 120
_MARKDOWN = re.compile(r"[\\`*_\[\]<>|~]")
_OUTSIDER = re.compile(r"- #(\d{1,15}) .*")
_MORE = re.compile(r"- … and (\d+) more")


class Outsider(NamedTuple):
    """An open issue in one of the plan's milestones that is no task of it."""

    number: int
    title: str


class Facts(NamedTuple):
    """What the plan does not know: issue numbers, and the issues that people made.

    `outsiders`: those that are known; `others`: the numbers of issues that are known to be none; `listed`: what the
    issue says of them now. `room`: characters that the derived parts may take together.
    """

    numbers: Mapping[Uid, int]
    outsiders: Sequence[Outsider]
    others: frozenset[int]
    listed: str
    room: int


def sections(
    items: Snapshot, states: Mapping[Uid, State], conflicts: Sequence[Conflict], facts: Facts
) -> dict[Field, str]:
    """Derive every part; an empty text where there is nothing to say.

    Where they would not fit, the graph goes first, then lists are cut.
    """
    found = {
        Field.PROGRESS: _progress(items, states),
        Field.CRITERIA: "**Success criteria**" if steps_of(items, OVERVIEW) else "",
        Field.DECISIONS: _decisions(items, conflicts, facts),
        Field.OUTSIDERS: _outsiders(facts),
        Field.GRAPH: _graph(items, states),
    }
    return _fitted(found, facts.room)


def _progress(items: Snapshot, states: Mapping[Uid, State]) -> str:
    if not states:
        return ""
    now = progress(states)
    words = OVERALL_WORDS[overall(items, states, now)]
    lines = [f"**Progress**: {now.done} of {now.total} tasks done ({now.percent}%), {words}"]
    phases = {p: tasks for p, tasks in by_phase(items).items() if p in items and tasks}
    for phase, tasks in phases.items() if len(phases) > 1 else ():
        part = progress({u: states[u] for u in tasks if u in states})
        lines.append(f"- {part.done} of {part.total} done: {_title(text_of(items[Uid(phase)], Field.TITLE))}")
    return "\n".join(lines)


def _title(text: str) -> str:
    return neutralise(cut(one_line(in_line(text)), _TITLE_MAX))


def _foreign(text: str) -> str:
    """Write a title that anybody on the tracker may have made: as words, no markup of theirs."""
    return neutralise(_MARKDOWN.sub(r"\\\g<0>", cut(one_line(in_line(text)), _TITLE_MAX)))


# --------------------------------------------------------------- decisions


_WAYS = (Field.EXISTENCE, Field.TWIN)
"""What is no question of whose value holds: the ways out differ, and one command lists them."""

_WORDS: Mapping[Field, str] = {
    Field.STEPS: "steps",
    Field.TICK: "tick",
    Field.EXISTENCE: "is it there",
    Field.TWIN: "two issues",
}


def _decisions(items: Snapshot, conflicts: Sequence[Conflict], facts: Facts) -> str:
    lines = dict.fromkeys(_decision(items, conflict, facts) for conflict in conflicts)
    return _list("**Needs a decision**", list(lines)) if lines else ""


def _decision(items: Snapshot, conflict: Conflict, facts: Facts) -> str:
    owner = owner_of(conflict.uid)
    title = _title(text_of(items.get(owner), Field.TITLE)) or owner
    ref = f"#{facts.numbers[owner]} " if owner in facts.numbers else ""
    what = _WORDS.get(conflict.field, conflict.field.in_words)
    if is_step(conflict.uid):
        what = f"{what} of “{_title(text_of(items.get(conflict.uid), Field.TEXT))}”"
    ident = conflict_id(conflict.uid, conflict.field)
    command = "resolve" if conflict.field in _WAYS else f"resolve {ident} --take plan"
    return f"- {ref}{title}: {what}; `plansync {command}`{'' if conflict.field in _WAYS else ' (or issue)'}"


# --------------------------------------------------------------- outsiders


def _outsiders(facts: Facts) -> str:
    """List the issues that are not in the plan.

    A machine that did not see all issues takes over what is listed of those it does not know, and takes none of them
    away: else two machines would write by turns.
    """
    known = {o.number: f"- #{o.number} {_foreign(o.title) or '…'}" for o in facts.outsiders}
    shown = {int(m[1]): m[0] for line in facts.listed.split("\n") if (m := _OUTSIDER.fullmatch(line))}
    unknown = {number: line for number, line in shown.items() if number not in facts.others}
    lines = unknown | known
    if not lines:
        return ""
    ordered = [lines[number] for number in sorted(lines)]
    more = _MORE.search(facts.listed)
    unlisted = int(more[1]) if more and unknown.keys() - known.keys() else 0
    head = f"**Not in the plan yet**: `plansync adopt {min(lines)}` takes one in"
    return _list(head, ordered, unlisted)


# ------------------------------------------------------------------- graph


def _graph(items: Snapshot, states: Mapping[Uid, State]) -> str:
    drawn = drawing(items, states)
    if not drawn.lines:
        return ""
    part = f": {drawn.shown:,} of {drawn.total:,} tasks are drawn" if drawn.shown < drawn.total else ""
    return "\n".join([f"**Dependencies**{part}", *drawn.lines])


# -------------------------------------------------------------------- room


def _list(head: str, lines: Sequence[str], unlisted: int = 0, most: int = _LINES_MAX) -> str:
    """Write a list, cut with a count where it is long; `unlisted`: how many more there are at the least."""
    left = max(len(lines) - most, unlisted)
    return "\n".join([head, *lines[:most], *([f"- … and {left} more"] if left else [])])


def _fitted(found: dict[Field, str], room: int) -> dict[Field, str]:
    """Make the parts fit into the room: without the graph, then with shorter lists, then with none."""

    def size() -> int:
        return sum(len(text) + 40 for text in found.values() if text)

    if found[Field.GRAPH] and size() > room:
        found[Field.GRAPH] = "**Dependencies**: the graph is left out, because this text has no room for it"
    for most in (10, 3, 0):
        for name in (Field.OUTSIDERS, Field.DECISIONS, Field.PROGRESS):
            if size() > room and found[name]:
                found[name] = _shorter(found[name], most)
    return found


def _shorter(text: str, most: int) -> str:
    head, *lines = text.split("\n")
    more = _MORE.fullmatch(lines[-1]) if lines else None
    own = lines[:-1] if more else lines
    return _list(head, own, len(own) - most + int(more[1]) if more else 0, most)
