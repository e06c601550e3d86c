"""Which operations are told in one line: the links of a task, and its steps that are ticked for one reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from plansync.cli.wording import counted, described, steps_in_words
from plansync.model import Operation, Side, owner_of
from plansync.sync.events import Done, Report

_LINKS = ("add-dependency", "remove-dependency")
_TICKS = ("tick", "untick", "drop-step")
_IDS = {"set-marker": "id", "set-link": "link"}


@dataclass(frozen=True, slots=True)
class Line:
    """One operation with what became of it, and what is told along with it: links of its task, or more steps."""

    done: Done
    links: list[Operation] = field(default_factory=list)
    steps: list[Operation] = field(default_factory=list)

    def words(self, report: Report) -> str:
        """Say it all."""
        op = self.done.operation
        return steps_in_words(report, [op, *self.steps]) if self.steps else described(report, op, self.links)


def in_lines(done: Sequence[Done]) -> list[Line]:
    """Put the links of one task together where the same became of them; all else is a line of its own."""
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
        if is_link and key in heads:
            heads[key].links.append(op)
            continue
        lines.append(Line(each))
        if is_link or op.kind == "create-issue":
            heads[key] = lines[-1]
    return lines


def is_id(done: Done) -> bool:
    """Say whether it is an id or a link in the plan, of which only the number is told."""
    return done.operation.kind in _IDS


def ids_in_words(ids: Sequence[Done]) -> str:
    """Count ids and links: `write 9 ids and 5 links`."""
    kinds = [each.operation.kind for each in ids]
    said = " and ".join(counted(kinds.count(kind), word) for kind, word in _IDS.items() if kind in kinds)
    return f"{'write' if any(each.operation.changes[0].new for each in ids) else 'take out'} {said}"
