"""Numbers and titles: those that stand twice, and blanks that were never filled in."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator

from plansync.checks.context import Context
from plansync.checks.finding import Finding
from plansync.checks.words import is_blank, is_left_title
from plansync.document.marking import account_of, owner_names
from plansync.document.references import plain
from plansync.document.spans import Span
from plansync.document.tree import Node, Role
from plansync.document.view import phase_names
from plansync.text import words

_FURTHER = re.compile(r"[-.]\d+[a-z]?(?=\s)")  # the tail of a number such as T158-1
_STOP = re.compile(
    r"\W*(?:checkpoint|检查点|檢查點|チェックポイント|контрольная точка)", re.IGNORECASE
)  # they repeat
_BLANK_KEYS = (
    "estimate",
    "depends",
    "priority",
    "owner",
    "last_updated",
    "next_review",
    "completion",
    "current_phase",
)


def duplicate_id(context: Context) -> Iterator[Finding]:
    """Find numbers that two tasks have, or two phases with tasks; a section that only sums up is no phase."""
    tasks = ((_scope(context, node), node) for _, node in context.tasks if node.id)
    phases = (
        (words(node.label).casefold(), node)
        for index, node in context.phases
        if node.id and context.document.children(index, Role.TASK)
    )
    for node, first in (*_repeated(tasks), *_repeated(phases)):
        message = f"{context.name_of(node)} stands in line {context.line_of(first)} too"
        yield context.finding("PLAN203", _label(context, node), message)


def _scope(context: Context, node: Node) -> Hashable:
    """Say where a task's number must be its own: a bare one within its group, any other in the whole plan."""
    is_bare = node.id.isdecimal() and not node.id.startswith("0") and not re.search(r"#|T-?\d", node.label)
    further = _FURTHER.match(context.document.text(node.title))
    return plain(node.id) + (further[0] if further else ""), context.group_of(node) if is_bare else None


def _repeated(keyed: Iterable[tuple[Hashable, Node]]) -> Iterator[tuple[Node, Node]]:
    """Pair what stands again with what stood first."""
    first: dict[Hashable, Node] = {}
    for key, node in keyed:
        if key in first:
            yield node, first[key]
        first.setdefault(key, node)


def _label(context: Context, node: Node) -> Span:
    text = context.document.text(node.block.text)
    at = text.find(node.label)
    if not node.label or at < 0:
        return node.title
    start = node.block.text.start + len(text[:at].encode())
    return Span(start, start + len(node.label.encode()))


def duplicate_title(context: Context) -> Iterator[Finding]:
    """Find titles that two tasks of one phase, or two phases, have."""
    titled = ((n, words(context.document.title_of(n)).casefold()) for i, n in context.tasks)
    own = ((n, title) for n, title in titled if title and not is_left_title(title) and not _STOP.match(title))
    tasks = (((context.group_of(n), title), n) for n, title in own)
    phases = ((words(phase_names(context.document, n)[1]).casefold(), n) for _, n in context.phases)
    for node, first in (*_repeated(tasks), *_repeated(phases)):
        title = context.document.title_of(node) or node.label
        where = "another phase" if node.role is Role.PHASE else "another task here"
        message = f"“{title}” is the title of {where}, line {context.line_of(first)}"
        yield context.finding(
            "PLAN204", node.title if node.title.end > node.title.start else _label(context, node), message
        )


def placeholder(context: Context) -> Iterator[Finding]:
    """Find blanks of a template: titles, steps and values that wholly are one."""
    document = context.document
    if document.title and (left := _left_in_title(document.text(document.title))):
        yield context.finding("PLAN205", document.title, f"the plan's title is still {left}")
    for node in document.nodes:
        title = document.title_of(node)
        if is_left_title(title) and not (node.role is Role.STEP and not is_blank(title)):
            reason = ", and is skipped" if node.role is Role.TASK and not node.marker else ""
            yield context.finding("PLAN205", node.title, f"the title is still {title}{reason}")
    keys = [*document.keys, *(key for node in document.nodes for key in node.keys)]
    for key in keys:
        text = document.text(key.value).strip()
        if key.name in _BLANK_KEYS and is_blank(text):
            yield context.finding("PLAN205", key.value, f"“{key.key}” is still {text}")


def _left_in_title(title: str) -> str:
    """Give the blank that is a plan's whole title but for the words that any plan's may begin with."""
    bare = re.sub(r"^\W*(?:implementation\s+plan|plan|tasks?)\s*[:：–—-]\s*", "", title, flags=re.IGNORECASE)
    return bare if is_left_title(bare) and bare.casefold() != "todo" else ""


def unknown_owner(context: Context) -> Iterator[Finding]:
    """Find owners that are nobody's account, each where it first stands."""
    told = set[str]()
    for _, node in context.tasks:
        key = node.key("owner")
        for name in owner_names(context.document, node) if key else ():
            is_somebody = (
                is_blank(name) or account_of(name, context.beside.people) or not any(map(str.isalnum, name))
            )
            if key and not is_somebody and name.casefold() not in told:
                told.add(name.casefold())
                message = (
                    f"“{name}” is no account: write @name, or name the account under [people] in the settings"
                )
                yield context.finding("PLAN206", key.value, message)
