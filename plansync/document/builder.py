"""Blocks to nodes: one walk over a plan's blocks builds its tree, by the tables of its dialect."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from plansync.document import vocabulary
from plansync.document.carriers import Chosen, Found, choose, match
from plansync.document.dialect import Dialect
from plansync.document.letters import is_struck, legend, tick_of_letter
from plansync.document.metadata import Key, key_lines
from plansync.document.spans import Block, Shape, Span, after_eol, line_end, line_start
from plansync.document.token import FOOTER, marked_blocks, own_block, token_of
from plansync.document.traps import find_traps
from plansync.document.tree import Document, Node, Role
from plansync.model import Tick

_FOOTER_KEYS = {"completion", "current_phase", "implementation_status", "last_updated", "next_review"}
_INVERTED = "it stands among nested code fences of equal length, which Markdown reads inverted"


@dataclass(slots=True)
class _Draft:
    """A task or phase whose section is still being read."""

    index: int
    level: int
    keys: list[Key] = field(default_factory=list)
    prose: list[Span] = field(default_factory=list)
    whole: list[Span] = field(default_factory=list)
    has_lead_ended: bool = False


class _Builder:
    """Walks the blocks once and makes nodes."""

    def __init__(
        self, source: bytes, dialect: Dialect, ticks: Mapping[str, Tick], parsed: Sequence[Block]
    ) -> None:
        self.source, self.dialect, self.blocks = source, dialect, parsed
        self.letters = {**dialect.letters, **legend(source, self.blocks), **ticks}
        self.traps = find_traps(source, self.blocks)
        self.trap_starts = [trap.span.start for trap in self.traps]
        self.chosen: Chosen = choose(source, self.blocks, dialect, self.letters)
        self.ends = self._section_ends([b for b in self.blocks if b.is_section])
        self.nodes: list[Node] = []
        self.drafts: dict[int, _Draft] = {}
        self.keys: list[Key] = []
        self.risks: list[Span] = []
        self.title: Span | None = None
        self.phase: _Draft | None = None
        self.task: _Draft | None = None
        self.section: tuple[str, int] = ("", 0)
        self.boxed: dict[int, int] = {}
        self.around: list[int] = []  # of each block so far: the innermost boxed item that it is or stands in
        self.is_past_rule = False
        self.bare_key: tuple[list[Span], int] | None = None
        self.bare_keys: list[tuple[list[Key], int, list[Span]]] = []
        self.parents = self._parents_of_boxes()

    def _section_ends(self, headings: Sequence[Block]) -> dict[int, int]:
        ends: dict[int, int] = {}
        open_: list[Block] = []
        for heading in headings:
            while open_ and open_[-1].level >= heading.level:
                ends[open_.pop().span.start] = heading.span.start
            open_.append(heading)
        return ends | {h.span.start: len(self.source) for h in open_}

    def _parents_of_boxes(self) -> set[int]:
        """Index the items that have a box somewhere inside them."""
        found: set[int] = set()
        for block in self.blocks:
            at = block.inside if block.box else -1
            while at >= 0 and at not in found:
                found.add(at)
                at = self.blocks[at].inside
        return found

    def build(self) -> Document:
        """Walk, then close what is open."""
        self._whole_file()
        for index, block in enumerate(self.blocks):
            if block.is_section:
                self._heading(index, block)
            elif not block.is_quoted:
                self._content(index, block)
            self.around.append(index if index in self.boxed else self._boxed_around(block))
        self._further()
        for keys, at, items in self.bare_keys:
            keys[at] = keys[at]._replace(items=tuple(items))
        for draft in self.drafts.values():
            node = self.nodes[draft.index]
            self.nodes[draft.index] = node._replace(
                keys=tuple(draft.keys), prose=tuple(draft.prose), whole=tuple(draft.whole)
            )
        footer = self._footer()
        return Document(
            source=self.source,
            dialect=self.dialect,
            blocks=tuple(self.blocks),
            nodes=tuple(self.nodes),
            title=self.title,
            keys=tuple(self.keys),
            risks=tuple(self.risks),
            lineage=footer[1] if footer else "",
            footer=footer[0] if footer else None,
            open_end=self._open_end(),
            letters=self.letters,
            traps=self.traps,
            hidden=self._hidden() if self.traps else (),
        )

    def _whole_file(self) -> None:
        if self.chosen.file:
            block = Block(Shape.FILE, 0, Span(0, len(self.source)), self.chosen.file)
            self.nodes.append(Node(Role.TASK, block, block.span, self.chosen.file))
            self.task = self.drafts[0] = _Draft(0, 0)

    def _further(self) -> None:
        """Show the tasks that share a block of HTML with another one."""
        for found, node in [(self.chosen.tasks.get(i), n) for i, n in self._nodes_of_html()]:
            self.nodes += [node] * (found.further if found else 0)

    def _nodes_of_html(self) -> list[tuple[int, Node]]:
        places = {b.span.start: i for i, b in enumerate(self.blocks) if b.shape is Shape.HTML}
        return [(places[n.span.start], n) for n in self.nodes if n.block.shape is Shape.HTML]

    def _hidden(self) -> tuple[Block, ...]:
        """List the headings in inverted fences that are phases and tasks by this plan's own grammar."""
        levels = {
            role: {b.block.level for b in self.nodes if b.role is role} for role in (Role.PHASE, Role.TASK)
        }
        task = self.chosen.task if self.chosen.task and self.chosen.task.shape is Shape.HEADING else None
        carriers = [(Role.TASK, task)] if task else []
        carriers += [(Role.PHASE, phase) for phase in self.dialect.phases]
        return tuple(
            heading
            for trap in self.traps
            for heading in trap.headings
            if any(
                heading.level in levels[role] and match(self.source, heading, c, ()) for role, c in carriers
            )
        )

    # ------------------------------------------------------------- headings

    def _heading(self, index: int, block: Block) -> None:
        self.is_past_rule = False
        self.bare_key = None
        task, phase = self.chosen.tasks.get(index), self.chosen.phases.get(index)
        if block.level == 1 and self.title is None and not task and not phase:
            self.title = block.text
        if self.task and block.level <= self.task.level:
            self.task = None
        if self.phase and block.level <= self.phase.level:
            self.phase = None
        if task:
            self.task = self._open(Role.TASK, block, task, block.level)
        elif phase:
            self.phase = self._open(Role.PHASE, block, phase, block.level)
        elif self.task:
            self.task.has_lead_ended = True
            self.task.whole.append(block.span)
        else:
            self._other_heading(block)

    def _other_heading(self, block: Block) -> None:
        text = self._text(block.text)
        if self.section[0] and block.level > self.section[1]:
            return
        is_criteria, is_risks = vocabulary.CRITERIA.fullmatch(text), vocabulary.RISKS.fullmatch(text)
        self.section = ("criteria" if is_criteria else "risks" if is_risks else "", block.level)

    def _open(self, role: Role, block: Block, found: Found, level: int) -> _Draft:
        if block.shape is Shape.HEADING:
            self.section = ("", 0)
        box = found.box or (block.box if block.shape is Shape.ITEM else None)
        span = (
            Span(block.span.start, self.ends[block.span.start])
            if block.shape is Shape.HEADING
            else block.span
        )
        self.nodes.append(
            Node(
                role=role,
                block=block,
                span=span,
                title=found.title,
                parent=self.phase.index if role is Role.TASK and self.phase else -1,
                label=found.label,
                id=found.id,
                token=token_of(self.source, block),
                tail=found.tail,
                box=box,
                tick=self._tick(block, box, found.tail.span if found.tail else None) if box else None,
                inline=found.inline,
                trap=self._trap(block),
            )
        )
        draft = self.drafts[len(self.nodes) - 1] = _Draft(len(self.nodes) - 1, level)
        return draft

    def _trap(self, block: Block) -> str:
        at = bisect_right(self.trap_starts, block.span.start) - 1
        return _INVERTED if at >= 0 and block.span.start < self.traps[at].span.end else ""

    # -------------------------------------------------------------- content

    def _content(self, index: int, block: Block) -> None:
        if index in self.chosen.tasks and self.section[0] != "criteria":
            self.bare_key = None
            self.boxed[index] = self._open(Role.TASK, block, self.chosen.tasks[index], 0).index
        elif block.shape is Shape.ITEM and block.box and (tick := self._tick(block, block.box)):
            self._box(index, block, tick)
        elif block.shape is Shape.ITEM or (block.shape is Shape.TEXT and self._is_own_paragraph(block)):
            self._words(index, block)
        elif block.shape is Shape.RULE:
            self.is_past_rule = True
        elif self._ends_lead(block) and (draft := self._owner(block)):
            draft.has_lead_ended = True
            if self._is_direct(block, draft) and b"<!-- plansync" not in self._bytes(block.span):
                draft.whole.append(block.span)

    def _ends_lead(self, block: Block) -> bool:
        """Say whether no prose behind a block belongs to the lead; our mark on a line of its own is no end."""
        is_mark = block.inside >= 0 and block.span.end == self.blocks[block.inside].text.end
        return block.shape in (Shape.CODE, Shape.TABLE, Shape.HTML) and not is_mark

    def _is_own_paragraph(self, block: Block) -> bool:
        return block.inside < 0 or block.inside in self.boxed

    def _tick(self, block: Block, box: Span, tail: Span | None = None) -> Tick | None:
        tick = tick_of_letter(self._text(box), self.letters)
        if tick is None or self.source.find(b"~~", block.text.start, block.text.end) < 0:
            return tick
        own = own_block(self.source, block).text
        words = (
            self._text(Span(block.text.start, tail.start)) + self._text(Span(tail.end, block.text.end))
            if tail
            else self._text(own)
        )
        return Tick.DROPPED if is_struck(words.strip()) else tick

    def _box(self, index: int, block: Block, tick: Tick) -> None:
        self.bare_key = None
        around = self._boxed_around(block)
        outer = self.nodes[self.boxed[around]] if around >= 0 else None
        if outer is not None and outer.role is Role.TASK:
            parent, role, level = self.boxed[around], Role.STEP, 0
        elif outer is not None:
            parent, role, level = outer.parent, outer.role, outer.level + 1
        elif self.task:
            parent, role, level = self.task.index, Role.STEP, 0
        elif self.section[0] == "criteria":
            parent, role, level = -1, Role.CRITERION, 0
        else:
            return
        if role is Role.STEP and self.task and self.nodes[self.task.index].block.shape is Shape.HEADING:
            block = self._parted(index, block)
            tick = (self._tick(block, block.box) if block.box else None) or tick
        self.boxed[index] = len(self.nodes)
        self.nodes.append(
            Node(
                role,
                block,
                block.span,
                block.text,
                parent=parent,
                box=block.box,
                tick=tick,
                level=level,
                trap=self._trap(block),
            )
        )

    def _parted(self, index: int, block: Block) -> Block:
        """End a step before its task's metadata lines, where no blank line stands between them.

        Markdown takes them for more of the step's text; nobody means that. They must be at its bullet's margin.
        """
        first = self._run_on(block)
        around = list(self._items_around(block))
        if not first or any(self.blocks[at].span.end != block.text.end for at in (index, *around)):
            return block
        end = len(self.source[: first.start].rstrip(b"\r\n"))
        for at in around:
            if (known := self.boxed.get(at)) is not None:
                node = self.nodes[known]
                span = Span(node.span.start, end)
                self.nodes[known] = node._replace(span=span, block=node.block._replace(span=span))
        tail = Span(first.start, block.text.end)
        self._words(index, Block(Shape.TEXT, 0, tail, tail))
        return block._replace(span=Span(block.span.start, end), text=Span(block.text.start, end))

    def _run_on(self, block: Block) -> Span | None:
        """Find the first metadata line in a step's text that is no further in than its bullet."""
        second = after_eol(self.source, line_end(self.source, block.text.start))
        if second >= block.text.end:
            return None
        margin = block.span.start - line_start(self.source, block.span.start)
        lines = key_lines(self.source, Span(second, block.text.end), vocabulary.KEYS)
        return next((k.line for k in lines if k.name and len(k.lead) <= margin and not k.lead.strip()), None)

    def _items_around(self, block: Block) -> Iterator[int]:
        at = block.inside
        while at >= 0:
            yield at
            at = self.blocks[at].inside

    def _boxed_around(self, block: Block) -> int:
        return self.around[block.inside] if block.inside >= 0 else -1

    def _owner(self, block: Block) -> _Draft | None:
        """Find the task that a block belongs to: the item around it, else the section."""
        around = self._boxed_around(block)
        if around < 0:
            return self.task
        node = self.nodes[self.boxed[around]]
        return self.drafts.get(self.boxed[around] if node.role is Role.TASK else node.parent)

    def _is_in_step(self, block: Block) -> bool:
        around = self._boxed_around(block)
        return around >= 0 and self.nodes[self.boxed[around]].role is Role.STEP

    def _words(self, index: int, block: Block) -> None:
        keys = key_lines(self.source, block.text, vocabulary.KEYS)
        owner = self._owner(block)
        if self._is_below_bare_key(block, keys):
            return
        if self.is_past_rule and any(key.name in _FOOTER_KEYS for key in keys):
            owner = None  # a rule ends the last task where no heading does
        into = owner.keys if owner else self.keys
        if owner and self._is_in_step(block):
            into = []  # a step's own lines say nothing of its task, and ours do not go among them
        into.extend(keys)
        is_bare = bool(keys and keys[-1].name) and keys[-1].value.start == keys[-1].value.end
        self.bare_key = None
        if is_bare:
            items: list[Span] = []
            self.bare_keys.append((into, len(into) - 1, items))
            self.bare_key = (items, block.level if block.shape is Shape.ITEM else -1)
        if self.section[0] == "risks" and not owner:
            is_footer = any(key.name in _FOOTER_KEYS for key in keys)
            self.risks.extend([block.span] if block.inside < 0 and not is_footer else [])
        elif owner and self._is_prose(index, block, owner, keys):
            owner.whole.append(block.span)
            owner.prose.extend([] if owner.has_lead_ended else [block.span])

    def _is_below_bare_key(self, block: Block, keys: Sequence[Key]) -> bool:
        """Take a bullet right below a key without a value for (a part of) that value."""
        if not self.bare_key or block.shape is not Shape.ITEM or keys:
            return False
        items, level = self.bare_key
        if block.level != level + 1 and level >= 0:
            return False
        items.append(block.text)
        return True

    def _is_prose(self, index: int, block: Block, owner: _Draft, keys: Sequence[Key]) -> bool:
        is_bare = index not in self.parents and not any(key.name for key in keys)
        return is_bare and self._is_direct(block, owner)

    def _is_direct(self, block: Block, owner: _Draft) -> bool:
        """Say whether a block stands right in a task, in no list or step of it."""
        if self.nodes[owner.index].is_item:
            return self.boxed.get(block.inside) == owner.index
        return block.inside < 0

    # --------------------------------------------------------------- the end

    def _bytes(self, span: Span) -> bytes:
        return self.source[span.start : span.end]

    def _text(self, span: Span) -> str:
        return self._bytes(span).decode("utf-8")

    def _footer(self) -> tuple[Span, str] | None:
        end = len(self.source.rstrip(b" \t\r\n"))
        start = line_start(self.source, end)
        found = FOOTER.fullmatch(self.source[start:end])
        return (Span(start, end), found[1].decode()) if found else None

    def _open_end(self) -> Span | None:
        """Find the fence or comment at the margin that is never closed: it swallows all that follows."""
        for block in self.blocks:
            is_margin = block.inside < 0 and not block.is_quoted
            if block.shape is Shape.CODE and not block.is_closed and is_margin:
                return block.span
        last = self.blocks[-1] if self.blocks else None
        if last is None or last.shape is not Shape.HTML or last.inside >= 0:
            return None
        tail = self.source[last.span.start : last.span.end]
        return last.span if tail.count(b"<!--") > tail.count(b"-->") else None


def parse(
    source: bytes,
    dialect: Dialect,
    ticks: Mapping[str, Tick] | None = None,
    parsed: Sequence[Block] | None = None,
) -> Document:
    """Read a plan; `ticks` says what box letters mean, before the plan's own legend.

    `parsed`: its blocks, where they are known already.

    Raises: UnicodeDecodeError where the source is not UTF-8.
    """
    return _Builder(source, dialect, ticks or {}, marked_blocks(source) if parsed is None else parsed).build()
