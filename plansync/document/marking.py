"""What a tracker shows beside a task's text: its labels, and the accounts of its owners."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from plansync import durations
from plansync.document.references import Register, named
from plansync.document.tree import Document, Node
from plansync.document.vocabulary import HIGH_RISK
from plansync.model import Uid
from plansync.text import folded, one_line

LABEL_MAX = 50
"""Characters of a label's name. Source: GitHub's schema of labels."""

_LOGIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,253}[A-Za-z0-9_-])?")
"""How accounts are named on GitHub and on GitLab, where dots may stand within a name."""
_SEPARATORS = re.compile(r"[,;、，]")
_RESERVED = re.compile(r"plansync(?:::.*)?")
"""Labels, folded, by which plansync finds its issues and tells why one was closed: no task has them of its own."""


class Marking(NamedTuple):
    """How labels and owners are made.

    `risk`: the label of a task of high risk, empty for none. `has_estimates`: an estimate is a label too.
    `people`: names as plans have them, folded → accounts. `has_efforts`: the tracker keeps estimates itself.
    `scope_mark`: what ends a label's scope, of which one label alone can be borne; empty where all go together.
    """

    risk: str = "risk: high"
    has_estimates: bool = False
    people: Mapping[str, str] = MappingProxyType({})
    has_efforts: bool = False
    scope_mark: str = ""


def risky(document: Document, known: Register) -> set[Uid]:
    """List the tasks that the plan's own list of such names as of high risk."""
    keys = [key for key in document.keys if key.name == "high_risk"]
    spans = [span for key in keys for span in (key.items or (key.value,))]
    return {uid for span in spans for uid in named(document.text(span), known).tasks}


def labels(document: Document, node: Node, marking: Marking, *, is_risky: bool = False) -> tuple[str, ...]:
    """List a task's labels, each once, however it is spelt; one that is longer than a label may be is cut.

    Those that are plansync's own are left out: an issue of ours shows them as none of the plan's.
    """
    found = [one_line(part.strip("`#* \t"))[:LABEL_MAX].strip() for part in _parts(document, node, "labels")]
    if marking.risk and (is_risky or HIGH_RISK.match(document.value(node, "risk"))):
        found.append(marking.risk)
    estimate = durations.read(document.value(node, "estimate")) if marking.has_estimates else None
    if estimate:
        found.append(f"estimate: {durations.compact(estimate.high)}")
    return tuple(name for name in _once(found) if not _RESERVED.fullmatch(folded(name)))


def exclusive(names: tuple[str, ...], scope_mark: str) -> tuple[str, ...]:
    """Leave the last label of each scope, as the tracker would keep it: two would take turns there."""
    if not scope_mark:
        return names
    scopes = [folded(name.rpartition(scope_mark)[0]) for name in names]
    return tuple(
        name for at, name in enumerate(names) if not scopes[at] or scopes[at] not in scopes[at + 1 :]
    )


def owners(document: Document, node: Node, marking: Marking) -> tuple[str, ...]:
    """List the accounts of a task's owners: those written as @name, and those whose names are mapped."""
    accounts = (account_of(name, marking.people) for name in owner_names(document, node))
    return _once(account for account in accounts if account)


def owner_names(document: Document, node: Node) -> list[str]:
    """List a task's owners as the plan names them."""
    return [name for part in _parts(document, node, "owner") if (name := one_line(part.strip("`* \t")))]


def account_of(name: str, people: Mapping[str, str]) -> str:
    """Say which account is meant, empty where nobody can be. Shape: `people` as `Marking` has it."""
    account = people.get(name.casefold()) or (name[1:] if name.startswith("@") else "")
    return account if _LOGIN.fullmatch(account) else ""


def effort(document: Document, node: Node, marking: Marking) -> int | None:
    """Read how many minutes a task takes, 0 where its line is empty; `None` where no line of it says a time.

    Of a range the upper end counts.
    """
    if not marking.has_efforts or node.key("estimate") is None:
        return None
    said = document.value(node, "estimate")
    time = durations.read(said)
    return time.high if time else None if said else 0


def _parts(document: Document, node: Node, key: str) -> list[str]:
    return _SEPARATORS.split(document.value(node, key))


def _once(names: Iterable[str]) -> tuple[str, ...]:
    """Leave out what is there already in another case: a tracker holds both for one."""
    first: dict[str, str] = {}
    for name in names:
        if name:
            first.setdefault(folded(name), name)
    return tuple(first.values())
