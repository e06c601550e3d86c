"""Which operations are told in one line: the links of a task stand together, those of a new issue beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from plansync.cli.wording import counted, described
from plansync.model import Operation
from plansync.sync.events import Done, Report

_LINKS = ("add-dependency", "remove-dependency")
_IDS = {"set-marker": "id", "set-link": "link"}


@dataclass(frozen=True, slots=True)
class Line:
    """One operation with what became of it, and the links of its task that are told along with it."""

    done: Done
    links: list[Operation] = field(default_factory=list)

    def words(self, report: Report) -> str:
        """Say it all."""
        return described(report, self.done.operation, self.links)


def in_lines(done: Sequence[Done]) -> list[Line]:
    """Put the links of one task together where the same became of them; all else is a line of its own."""
    lines: list[Line] = []
    heads: dict[tuple[str, str], Line] = {}
    for each in done:
        op, key = each.operation, (each.operation.uid, each.status.value)
        is_link = op.kind in _LINKS
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
