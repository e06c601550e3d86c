"""What every check looks at: the plan and what follows from it, computed once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from plansync.checks.catalogue import CATALOGUE
from plansync.checks.finding import Finding, Severity
from plansync.document.builder import parse
from plansync.document.edits import Edit
from plansync.document.letters import tick_of_letter
from plansync.document.references import plain
from plansync.document.spans import Block, Shape, Span, line_end, line_start
from plansync.document.tree import Document, Node, Role
from plansync.document.view import View, snapshot
from plansync.durations import Duration
from plansync.model import Base, Kind, State, Uid
from plansync.planning.estimates import Estimate, estimates, times
from plansync.planning.graph import Graph, graph
from plansync.planning.progress import shown_state

_EXCERPT_BYTES = 400
_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}".encode()


@dataclass(frozen=True, slots=True)
class Beside:
    """What is known beyond the plan's own text.

    `name`: the file's, without its ending. `requirements`: the text of the requirements.md beside the
    plan, `None` where there is none. `base` and `lineage`: what the plan's state file remembers. `people`: names as
    plans have them, folded → accounts.
    """

    name: str = ""
    requirements: str | None = None
    base: Base = field(default_factory=Base)
    lineage: str = ""
    people: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Context:
    """A plan under inspection."""

    document: Document
    beside: Beside

    def parse(self, source: bytes) -> Document:
        """Read another version of this plan, in the same form."""
        return parse(source, self.document.dialect, self.document.letters)

    @cached_property
    def view(self) -> View:
        """The plan as items; phases are milestones, so that every phase is one."""
        return snapshot(self.document, self.beside.name, milestones="phase")

    @cached_property
    def tasks(self) -> tuple[tuple[int, Node], ...]:
        """Every task with its index, those left out of the items too."""
        return tuple((i, n) for i, n in enumerate(self.document.nodes) if n.role is Role.TASK)

    @cached_property
    def phases(self) -> tuple[tuple[int, Node], ...]:
        """Every phase with its index."""
        return tuple((i, n) for i, n in enumerate(self.document.nodes) if n.role is Role.PHASE)

    @cached_property
    def ids(self) -> Mapping[str, list[Node]]:
        """Who bears which number, as `references.plain` writes it."""
        found: dict[str, list[Node]] = {}
        for _, node in self.tasks:
            if node.id:
                found.setdefault(plain(node.id), []).append(node)
        return found

    @cached_property
    def states(self) -> Mapping[Uid, State]:
        """The tasks' states, by the plan and what is remembered."""
        return {
            uid: shown_state(self.view.items, uid, self.beside.base)
            for uid, item in self.view.items.items()
            if item.kind is Kind.TASK
        }

    @cached_property
    def estimates(self) -> Mapping[Uid, Estimate]:
        """What each task's estimate says."""
        return estimates(self.view.items)

    @cached_property
    def times(self) -> Mapping[Uid, Duration]:
        """The estimates that are a time."""
        return times(self.estimates)

    @cached_property
    def graph(self) -> Graph:
        """What waits for what."""
        return graph(self.view.items, self.view.partly)

    @cached_property
    def counting(self) -> Mapping[int, list[Uid]]:
        """The tasks that are not dropped, by the index of their phase (-1: none)."""
        found: dict[int, list[Uid]] = {}
        for uid, state in self.states.items():
            if state is not State.DROPPED:
                found.setdefault(self.node_of(uid).parent, []).append(uid)
        return found

    @cached_property
    def sections(self) -> Mapping[int, int]:
        """Where the section begins that a heading or a block stands in (0: none), by the block's own start."""
        found: dict[int, int] = {}
        open_: list[tuple[int, int]] = []
        for block in self.document.blocks:
            while block.is_section and open_ and open_[-1][0] >= block.level:
                open_.pop()
            found[block.span.start] = open_[-1][1] if open_ else 0
            if block.is_section:
                open_.append((block.level, block.span.start))
        return found

    def group_of(self, node: Node) -> int:
        """Say to which group a task belongs: its phase, else the section around it. Numbers are for comparing."""
        return node.parent if node.parent >= 0 else -1 - self.sections.get(node.block.span.start, 0)

    def is_box(self, block: Block) -> bool:
        """Say whether a block is an item with a box whose letter counts."""
        letter = self.document.text(block.box) if block.box and block.shape is Shape.ITEM else ""
        return bool(letter) and tick_of_letter(letter, self.document.letters) is not None

    @cached_property
    def _phase_starts(self) -> list[int]:
        return [node.span.start for _, node in self.phases]

    def phase_at(self, at: int) -> int:
        """Find the index of the phase in whose section a place is, -1 for none."""
        before = bisect_right(self._phase_starts, at)
        index, node = self.phases[before - 1] if before else (-1, None)
        return index if node and at < node.span.end else -1

    def node_of(self, uid: Uid) -> Node:
        """Find the node of an item of the plan."""
        return self.document.nodes[self.view.items[uid].at or 0]

    def name_of(self, node: Node) -> str:
        """Say which phase or task it is: by its number as written, else by its title."""
        return node.label or f"“{self.document.title_of(node)}”"

    def line_of(self, node: Node) -> int:
        """Say where a node begins."""
        return self.document.line_no(node.block.span.start)

    def finding(self, code: str, span: Span, message: str, fix: tuple[Edit, ...] = ()) -> Finding:
        """Write a finding; a range of several lines counts to the end of its first."""
        document, source = self.document, self.document.source
        end = min(span.end, line_end(source, span.start))
        column = self._column(span.start)
        entry = CATALOGUE[code]
        start = line_start(source, span.start)
        line = source[start : min(line_end(source, start), start + _EXCERPT_BYTES)]
        return Finding(
            code=code,
            severity=Severity(entry.severity),
            line=document.line_no(span.start),
            column=column,
            end_column=column + len(source[span.start : end].decode("utf-8", "replace")),
            message=message,
            help=entry.help,
            excerpt=line.decode("utf-8", "ignore").strip(),
            fix=fix,
        )

    def _column(self, at: int) -> int:
        """Count the characters before a place; a byte order mark is none."""
        is_marked = self.document.source.startswith(_BOM) and self.document.line_no(at) == 1
        return max(1, self.document.column(at) - is_marked)
