"""The graph of a plan's dependencies as text that Mermaid draws; what a title holds can only ever be its label.

Source: mermaid.js.org, "Flowchart", "Entity codes to escape characters"; GitHub draws no text of more than
50,000 characters and no more than 500 edges (Mermaid's `maxTextSize` and `maxEdges`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from plansync.model import Field, Snapshot, State, Uid, text_of, uids_of
from plansync.planning.progress import by_phase
from plansync.text import cut, one_line, words

TASKS_MAX, EDGES_MAX = 120, 400
"""Beyond these nobody can read a drawing, and GitHub makes none."""

_LABEL_MAX = 60
_SAFE = " ,.-/()'"
_LIST = re.compile(r"\d+[.)]|[^\w]")
"""How a list in Markdown begins, which Mermaid refuses to draw."""

_DIRECTION = re.compile(r"(directio)(n)(?=\s+(?:TB|BT|RL|LR|TD))", re.IGNORECASE)
"""A statement that Mermaid's lexer finds wherever it stands in a line, quotes or not."""

_CLASSES = (
    "classDef todo fill:#f6f8fa,stroke:#59636e,color:#1f2328",
    "classDef done fill:#dafbe1,stroke:#1a7f37,color:#1f2328",
    "classDef dropped fill:#eaeef2,stroke:#818b98,color:#59636e,stroke-dasharray:4 3",
)


class Drawing(NamedTuple):
    """The lines of a drawing, and how many of how many tasks it shows; no lines where there is nothing to draw."""

    lines: tuple[str, ...]
    shown: int = 0
    total: int = 0


def drawing(items: Snapshot, states: Mapping[Uid, State]) -> Drawing:
    """Draw the tasks, in their phases, and what each waits for; nothing where no task waits for another."""
    states = {uid: states[uid] for uid in _in_turn(items, states)}
    edges = [(n, u) for u in states for n in _in_turn(items, uids_of(items[u], Field.DEPENDS)) if n in states]
    if not edges:
        return Drawing(())
    kept = _kept(edges, states)
    edges = [edge for edge in edges if kept.issuperset(edge)][:EDGES_MAX]
    lines = ["```mermaid", "flowchart TD", *_tasks(items, states, kept)]
    lines += [f"  t{before} --> t{after}" for before, after in edges]
    used = {states[uid].value for uid in kept}
    lines += [f"  {each}" for each in _CLASSES if each.split()[1] in used]
    return Drawing((*lines, "```"), len(kept), len(states))


def _in_turn(items: Snapshot, tasks: Iterable[str]) -> list[Uid]:
    """Order tasks by their titles: where they stand in the plan changes nothing that is drawn."""
    known = {Uid(uid) for uid in tasks if uid in items}
    return sorted(known, key=lambda uid: (words(text_of(items[uid], Field.TITLE)), uid))


def _kept(edges: Sequence[tuple[Uid, Uid]], states: Mapping[Uid, State]) -> set[Uid]:
    """Choose the tasks to show where they are too many: those with an edge, of these the open ones, then the first."""
    kept = list(states)
    for keeps in ({uid for edge in edges for uid in edge}, {u for u, s in states.items() if s is State.TODO}):
        if len(kept) > TASKS_MAX and (fewer := [u for u in kept if u in keeps]):
            kept = fewer
    return set(kept[:TASKS_MAX])


def _tasks(items: Snapshot, states: Mapping[Uid, State], kept: set[Uid]) -> list[str]:
    lines: list[str] = []
    phases = by_phase(items)
    for phase, tasks in phases.items():
        nodes = [f"t{u}{_node(items, states, u)}" for u in _in_turn(items, tasks) if u in kept]
        if not nodes:
            continue
        title = text_of(items.get(Uid(phase)), Field.TITLE)
        if title and len(phases) > 1:
            lines += [f'  subgraph p{phase}["{label(title)}"]', *(f"    {node}" for node in nodes), "  end"]
        else:
            lines += [f"  {node}" for node in nodes]
    return lines


def _node(items: Snapshot, states: Mapping[Uid, State], uid: Uid) -> str:
    return f'["{label(text_of(items[uid], Field.TITLE))}"]:::{states[uid].value}'


def label(text: str) -> str:
    """Write a text as the inside of a quoted label: letters and digits as they are, nearly all else as entities."""
    text = cut(one_line(text), _LABEL_MAX)
    begin = _LIST.match(text)
    head, tail = (text[: begin.end()], text[begin.end() :]) if begin else ("", text)
    coded = [c if c.isalnum() else _coded(c) for c in head]
    coded += [c if c.isalnum() or c in _SAFE else _coded(c) for c in tail]
    return _DIRECTION.sub(lambda found: found[1] + _coded(found[2]), "".join(coded))


def _coded(character: str) -> str:
    return f"#{ord(character)};"
