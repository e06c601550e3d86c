"""Which operations are told in one line: a new issue with its links and estimate, and steps ticked for one reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from plansync.cli.wording import counted, described, steps_in_words
from plansync.model import Field, Operation, Side, owner_of
from plansync.sync.events import Done, Report

_LINKS = ("add-dependency", "remove-dependency")
_TICKS = ("tick", "untick", "drop-step")
_SIGNS = {"create": "+", "add-task": "+", "add-step": "+", "close": "x", "remove-step": "-", "drop": "x"}
_IDS = {"set-marker": "id", "set-link": "link"}


@dataclass(frozen=True, slots=True)
class Line:
    """One operation with what became of it, and what is told along: more of its task (`beside`), or more steps."""

    done: Done
    beside: list[Operation] = field(default_factory=list)
    steps: list[Operation] = field(default_factory=list)

    def words(self, report: Report) -> str:
        """Say it all."""
        op = self.done.operation
        return steps_in_words(report, [op, *self.steps]) if self.steps else described(report, op, self.beside)


def in_lines(done: Sequence[Done]) -> list[Line]:
    """Put what belongs to a new issue, and what one task waits for, together where the same became of them."""
    lines: list[Line] = []
    heads: dict[tuple[str, str], Line] = {}
    steps: dict[tuple[str, ...], Line] = {}
    for each in done:
        op, key = each.operation, (each.operation.uid, each.status.value)
        is_link = op.kind in _LINKS
        if op.kind in _TICKS and op.side is Side.LOCAL:
            rule = op.changes[0].rule
            head = steps.setdefault((owner_of(op.uid), op.kind, rule, each.status.value), Line(each))
            if head.done is each:
                lines.append(head)
            else:
                head.steps.append(op)
            continue
        head_of = heads.get(key)
        if head_of and (
            is_link or (op.kind == "set-estimate" and head_of.done.operation.kind == "create-issue")
        ):
            head_of.beside.append(op)
            continue
        lines.append(Line(each))
        is_named = op.kind == "update-issue" and any(c.field is Field.DEPENDS for c in op.changes)
        if is_link or is_named or op.kind == "create-issue":
            heads[key] = lines[-1]
    return lines


def sign_of(kind: str) -> str:
    """Give the sign before a line: `+` made, `-` taken away, `x` closed or dropped, `~` changed."""
    return next((sign for word, sign in _SIGNS.items() if kind.startswith(word)), "~")


def is_id(done: Done) -> bool:
    """Say whether it is an id or a link in the plan, of which only the number is told."""
    return done.operation.kind in _IDS


def ids_in_words(ids: Sequence[Done]) -> str:
    """Count ids and links: `write 9 ids and 5 links`."""
    kinds = [each.operation.kind for each in ids]
    said = " and ".join(counted(kinds.count(kind), word) for kind, word in _IDS.items() if kind in kinds)
    return f"{'write' if any(each.operation.changes[0].new for each in ids) else 'take out'} {said}"
