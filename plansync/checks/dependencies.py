"""What tasks wait for: targets that are not there, circles, later phases, and the critical path."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from plansync import durations
from plansync.checks.context import Context
from plansync.checks.finding import Finding
from plansync.document.edits import Edit
from plansync.document.metadata import Key
from plansync.document.references import named, plain
from plansync.document.spans import Span
from plansync.document.tree import Node
from plansync.document.vocabulary import NUMBER, PHASE_WORDS, TASK_WORDS
from plansync.model import Field, State, Uid, uids_of
from plansync.planning.schedule import schedule

_ARROW = re.compile(r"\s*(?:→|⟶|➔|➜|⇒|-{1,2}>|=>)\s*")
_WORD = rf"{TASK_WORDS}|{PHASE_WORDS}|t"
_LINK = re.compile(
    rf"(?P<word>(?:[^\W\d_]+[\s-]*)?#?)(?P<id>{NUMBER})(?P<rest>\s*(?:[(（][^()（）]*[)）])?[.。]?)",
    re.IGNORECASE,
)


def unknown_dependency(context: Context) -> Iterator[Finding]:
    """Find dependencies on tasks and phases that are not there."""
    hidden = _hidden_ids(context)
    has_issues = any(node.label.startswith("#") for _, node in context.tasks)
    for node, name, written in _unclear(context):
        if _bearers(context, written):
            continue
        place, said = place_of(context, node, name, written)
        if said.startswith("#") and not has_issues:
            continue  # an issue of the tracker, which no plan can know
        line = hidden.get(plain(re.sub(r"^\D*\s", "", written)))
        reason = f"it stands in a code fence, line {line}" if line else "there is none"
        message = f"{context.name_of(node)} names {said or written}, and {reason}"
        yield context.finding("PLAN101", place, message)


def ambiguous_dependency(context: Context) -> Iterator[Finding]:
    """Find dependencies on a number that several tasks have."""
    for node, name, written in _unclear(context):
        bearers = _bearers(context, written)
        if len(bearers) > 1:
            place, said = place_of(context, node, name, written)
            lines = ", ".join(str(context.line_of(b)) for b in bearers[:5])
            number = f"{said or written}, the number of {len(bearers)} tasks"
            message = f"{context.name_of(node)} names {number} (lines {lines})"
            yield context.finding("PLAN102", place, message)


def _unclear(context: Context) -> Iterator[tuple[Node, str, str]]:
    """List what tasks name and the plan does not have exactly once: task, kind of key, the id as written."""
    for index in context.view.uids:
        node = context.document.nodes[index]
        for name in ("depends", "blocks"):
            if value := context.document.value(node, name):
                for written in named(value, context.view.known).unknown:
                    yield node, name, written


def _bearers(context: Context, written: str) -> Sequence[Node]:
    """List the tasks that bear an id, those left out of the items too."""
    return context.ids.get(plain(written), ())


def _hidden_ids(context: Context) -> dict[str, int]:
    """List the numbers of headings that a code fence hides, with their lines."""
    document = context.document
    found = ((block, re.search(NUMBER, document.text(block.text))) for block in document.hidden)
    return {plain(m[0]): document.line_no(block.span.start) for block, m in found if m}


def place_of(context: Context, node: Node, name: str, written: str) -> tuple[Span, str]:
    """Find where a task says a number, and how, with the word before it; else its metadata line or its title."""
    key = node.key(name)
    spans = [key.value, *key.items] if key else [node.block.text]
    for span in spans:
        text = context.document.text(span)
        found = re.search(
            rf"(?<![\w.])(?:(?:{_WORD})s?[\s\-_]*)?#?{re.escape(written)}(?!\w|\.\d)", text, re.IGNORECASE
        )
        if found:
            start = span.start + len(text[: found.start()].encode())
            return Span(start, start + len(found[0].encode())), found[0]
    return next((span for span in spans if span.end > span.start), node.title), ""


def cyclic_dependency(context: Context) -> Iterator[Finding]:
    """Find tasks that wait for each other in a circle; one circle is told at a time."""
    if cycle := context.graph.cycle:
        nodes = [context.node_of(uid) for uid in cycle]
        names = [context.name_of(n) for n in nodes]
        shown = " → ".join(names if len(names) < 9 else [*names[:7], "…", names[-1]])
        is_self = len(set(cycle)) == 1
        message = f"{names[0]} waits for itself" if is_self else f"these wait for each other: {shown}"
        yield context.finding("PLAN103", _depends_of(context, nodes[0]), message)


def later_phase(context: Context) -> Iterator[Finding]:
    """Find tasks that depend on a task of a phase behind theirs."""
    for uid in context.states:
        node = context.node_of(uid)
        for needed in uids_of(context.view.items[uid], Field.DEPENDS) if node.parent >= 0 else ():
            other = context.node_of(needed) if needed in context.states else None
            if other is not None and other.parent > node.parent:
                phase = context.document.nodes[other.parent]
                name = f"{context.name_of(other)} of {context.name_of(phase)}"
                message = f"{context.name_of(node)} depends on {name}, a later phase"
                yield context.finding("PLAN104", place_of(context, node, "depends", other.id)[0], message)


def _depends_of(context: Context, node: Node) -> Span:
    key = node.key("depends")
    return key.value if key and key.value.end > key.value.start else node.title


# --------------------------------------------------------------- critical path


class _Chain(NamedTuple):
    """A critical path as written: what each link says before its number, the number, what follows it."""

    links: Sequence[re.Match[str]]
    arrow: str


def critical_path(context: Context) -> Iterator[Finding]:
    """Find a critical path that names no task, or is not the longest chain."""
    for key in context.document.keys:
        chain = _chain(context.document.text(key.value)) if key.name == "critical_path" else None
        if chain is None:
            continue
        found = [context.ids.get(plain(link["id"]), ()) for link in chain.links]
        missing = [link["id"] for link, nodes in zip(chain.links, found, strict=True) if not nodes]
        if missing:
            yield context.finding("PLAN003", key.value, f"there is no task {', '.join(missing)}")
        else:
            yield from _judged(context, key, chain)


def _chain(text: str) -> _Chain | None:
    """Read a line of numbers with arrows between them; `None` where it is something else."""
    parts = _ARROW.split(text.strip())
    links = [_LINK.fullmatch(part) for part in parts]
    if len(parts) < 2 or not all(links):
        return None
    arrow = _ARROW.search(text)
    return _Chain([link for link in links if link], arrow[0] if arrow else "")


def _judged(context: Context, key: Key, chain: _Chain) -> Iterator[Finding]:
    """Hold a chain against the schedule, where everything that the schedule rests on is known."""
    kept = {u for u, s in context.states.items() if s is not State.DROPPED}
    graph = context.graph.only(kept)
    plan = schedule(graph, context.times)
    uids = [u for link in chain.links for u in context.view.known.of(link["id"])]
    is_clear = not graph.is_implied and not graph.unclear and len(uids) == len(chain.links)
    if plan is None or not is_clear or not all(u in context.times for u in graph.needs):
        return
    if not kept.issuperset(uids):
        uids = [u for u in uids if u in kept]
    time = sum(context.times[u].high for u in uids)
    if time == plan.length.high and all(a in graph.needs[b] for a, b in pairwise(uids)):
        return
    length = durations.write(plan.length.high)
    right = _written(context, chain, plan.critical_path)
    reason = _reason(context, graph.needs, uids) or f"the tasks named take {durations.write(time)}"
    longest = _ARROW.sub(" → ", right) or " → ".join(
        context.name_of(context.node_of(u)) for u in plan.critical_path
    )
    message = f"the longest chain takes {length}: {longest}; {reason}"
    yield context.finding("PLAN003", key.value, message, _fix(context, key, right))


def _reason(context: Context, needs: Mapping[Uid, tuple[Uid, ...]], uids: Sequence[Uid]) -> str:
    """Say which link of a chain is none."""
    for before, after in pairwise(uids):
        if before not in needs[after]:
            names = [context.name_of(context.node_of(u)) for u in (after, before)]
            return f"{names[0]} does not wait for {names[1]}"
    return ""


def _written(context: Context, chain: _Chain, path: Sequence[Uid]) -> str:
    """Write a chain in the style of the one that is there; empty where the numbers do not tell the tasks."""
    ids = [context.node_of(uid).id for uid in path]
    is_plain = all(i and len(context.ids[plain(i)]) == 1 for i in ids) and not any(
        x["rest"] for x in chain.links
    )
    if not is_plain or not ids:
        return ""
    first, other = chain.links[0]["word"], chain.links[1]["word"]
    return chain.arrow.join([first + ids[0], *(other + each for each in ids[1:])])


def _fix(context: Context, key: Key, right: str) -> tuple[Edit, ...]:
    is_safe = right and not context.document.hidden
    return (Edit(key.value.start, key.value.end, right.encode()),) if is_safe else ()
