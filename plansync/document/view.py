"""The plan's side: a document as a snapshot of items and fields."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from plansync import titles
from plansync.document import vocabulary
from plansync.document.dialect import Counts
from plansync.document.listing import parts
from plansync.document.marking import Marking, effort, exclusive, labels, owners, risky
from plansync.document.metadata import Key, day_in, folded
from plansync.document.prose import opened, prose_of
from plansync.document.references import Register, named, register
from plansync.document.spans import Span
from plansync.document.steps import Line, read_line
from plansync.document.token import own_block
from plansync.document.tree import ISSUE_LINK, Document, Node, Role, link_line
from plansync.model import (
    OVERALL_WORDS,
    OVERVIEW,
    WHOLE_PLAN,
    Field,
    Item,
    Kind,
    Note,
    State,
    Tick,
    Uid,
    Value,
    text_of,
    uids_of,
)
from plansync.text import is_common_title, is_placeholder, words
from plansync.uids import Minter

COMPLETION = re.compile(r"(\d+)(\s*%\s*\(\s*)(\d+)(\s*/\s*)(\d+)(\s*[^\d)][^)]*\).*)")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_STATES = {Tick.OPEN: State.TODO, Tick.TICKED: State.DONE, Tick.DROPPED: State.DROPPED}


@dataclass(frozen=True, slots=True)
class View:
    """The plan's side: its items, what is worth a note, and the uid of each phase and task node.

    `partly`: of tasks that name something unknown as well, the dependencies that are known.
    """

    items: dict[Uid, Item]
    notes: tuple[Note, ...]
    uids: Mapping[int, Uid]
    known: Register
    partly: Mapping[Uid, tuple[Uid, ...]]


def snapshot(
    document: Document,
    name: str,
    *,
    links: bool = True,
    milestones: str = "auto",
    place: str = "",
    marking: Marking | None = None,
    prose: str = "lead",
    title: str = titles.PLAIN,
) -> View:
    """Show a plan. `name` is the file's, for a plan whose title is a placeholder.

    An item without a marker gets its minted uid. Two items with one marker are left out: nothing
    about them can be guessed. `links = False`: the plan shows no links, so none are written.
    `place`: what the folder says the plan is about, for the milestone of a plan whose title any plan could
    have. `milestones`: "phase", one for the whole "plan", "none", or as the dialect has it ("auto"). `prose`: of a
    task's text the "lead", all of it ("full"), or "none"; `title`: the template of an issue's title.
    """
    lens = document.dialect.milestones if milestones == "auto" else milestones
    return _Viewer(document, name, links, lens, place, marking or Marking(), prose, title).view()


class _Viewer:
    """Builds the items of one document."""

    def __init__(
        self,
        document: Document,
        name: str,
        links: bool,
        milestones: str,
        place: str,
        marking: Marking,
        prose: str,
        template: str,
    ) -> None:
        self.document, self.name, self.links, self.milestones = document, name, links, milestones
        self.place, self.marking, self.prose, self.template = place, marking, prose, template
        self.items: dict[Uid, Item] = {}
        self.notes: list[Note] = []
        markers = Counter(n.marker for n in document.nodes if n.marker)
        self.copied = {m for m, count in markers.items() if count > 1}
        self.marked = set(markers)
        self.uids: dict[int, Uid] = {}
        self.partly: dict[Uid, tuple[Uid, ...]] = {}
        self.steps: dict[int, list[int]] = {}
        for index, node in enumerate(document.nodes):
            if node.role in (Role.STEP, Role.CRITERION):
                self.steps.setdefault(node.parent, []).append(index)

    def view(self) -> View:
        """Name the phases and tasks first: a dependency may point forward."""
        nodes = self.document.nodes
        tasks = [i for i, n in enumerate(nodes) if n.role in (Role.PHASE, Role.TASK)]
        minter = Minter()
        for index in tasks:
            if (uid := self._uid(index, minter)) is not None:
                self.uids[index] = uid
        self.known = register(self.document, self.uids)
        self.risky = risky(self.document, self.known)
        self._plan()
        for index in self.uids:
            if nodes[index].role is Role.TASK:
                self._task(index)
            elif self.milestones == "phase":
                self._phase(index)
        self._blocked()
        self._edges()
        return View(self.items, tuple(self.notes), self.uids, self.known, self.partly)

    def _note(self, node: Node, text: str) -> None:
        line = self.document.line_no(node.block.span.start)
        self.notes.append(Note(node.marker, f"line {line}: {text}"))

    def _uid(self, index: int, minter: Minter) -> Uid | None:
        node = self.document.nodes[index]
        title = self.document.title_of(node)
        if node.marker:
            if node.marker in self.copied:
                self._note(node, f"the marker {node.marker} stands on two items; neither is synced")
                return None
            return Uid(node.marker)
        if node.role is Role.TASK and (not title or is_placeholder(title)):
            self._note(node, f'"{title}" is a placeholder and was skipped')
            return None
        phase = self.document.title_of(self.document.nodes[node.parent]) if node.parent >= 0 else ""
        if node.role is Role.PHASE:
            return minter.mint(title or node.label, "", self.marked)
        return minter.mint(phase, title, self.marked)

    def _add(self, uid: Uid, kind: Kind, at: int, fields: Mapping[Field, Value]) -> None:
        self.items[uid] = Item(uid, kind, fields, at)

    def _plan(self) -> None:
        document = self.document
        raw = document.text(document.title) if document.title else ""
        bare = re.sub(r"^\W*(?:implementation\s+plan|plan)\s*[:：–—-]\s*", "", raw, flags=re.IGNORECASE)
        title = self.name if not bare or is_placeholder(bare) else raw
        fields: dict[Field, Value] = {
            Field.TITLE: words(title),
            Field.MARKER: document.lineage,
            Field.PROSE: "\n".join(document.text(span).replace("\r\n", "\n") for span in document.risks),
            Field.STEPS: self._steps(OVERVIEW, -1),
        }
        computed = _computed(document, self.uids)
        if self.milestones != "phase":
            computed.pop(Field.CURRENT_PHASE, None)
        self._add(OVERVIEW, Kind.PLAN, -1, fields | computed)
        if self.milestones == "plan":
            own = self.place if self.place and is_common_title(words(title)) else title
            self._add(WHOLE_PLAN, Kind.PHASE, -1, {Field.TITLE: words(own)})

    def _phase(self, index: int) -> None:
        node = self.document.nodes[index]
        fields: dict[Field, Value] = {
            Field.TITLE: self.document.text(phase_name(self.document, node)),
            Field.MARKER: node.marker,
        }
        if due := self._due(index):
            fields[Field.DUE] = due
        self._add(self.uids[index], Kind.PHASE, index, fields)

    def _due(self, index: int) -> str:
        """Read the day on which a phase is due, from a line between its heading and its first task."""
        document, nodes = self.document, self.document.nodes
        start = nodes[index].block.span.end
        end = nodes[index + 1].block.span.start if index + 1 < len(nodes) else len(document.source)
        keys = (key for key in document.keys if key.name == "due" and start <= key.line.start < end)
        return next((day for key in keys if (day := day_in(document.text(key.value)))), "")

    def _task(self, index: int) -> None:
        document, node = self.document, self.document.nodes[index]
        uid = self.uids[index]
        title = document.title_of(node)
        around = self._frame(node)
        fields: dict[Field, Value] = {
            Field.TITLE: title,
            Field.STEPS: self._steps(uid, index),
            Field.PROSE: opened(title, prose_of(document, node, self.prose), around),
            Field.REQUIREMENTS: document.value(node, "requirements"),
            Field.ESTIMATE: document.value(node, "estimate"),
            Field.MARKER: node.marker,
            Field.LABELS: self._labels(uid, node),
            Field.OWNERS: owners(document, node, self.marking),
        }
        if (minutes := effort(document, node, self.marking)) is not None:
            fields[Field.EFFORT] = minutes
        if self.template != titles.PLAIN:
            fields[Field.FRAME] = around
        if (depends := self._depends(uid, node)) is not None:
            fields[Field.DEPENDS] = depends
        if (phase := self._phase_of(node)) is not None:
            fields[Field.PHASE] = phase
        if self.links:
            fields[Field.LINK] = _link(document, node)
        if node.tail and node.tail.ref:
            fields[Field.REFERENCE] = node.tail.ref
        self._add(uid, Kind.TASK, index, fields | status_fields(document, node))

    def _labels(self, uid: Uid, node: Node) -> tuple[str, ...]:
        """List the labels that an issue can bear together; the others are told."""
        said = labels(self.document, node, self.marking, is_risky=uid in self.risky)
        borne = exclusive(said, self.marking.scope_mark)
        if away := [name for name in said if name not in borne]:
            text = f"{', '.join(away)}: an issue bears one label of a scope, and the last one here counts"
            self._note(node, text)
        return borne

    def _frame(self, node: Node) -> str:
        """Fill in the title's template for a task, all but its title."""
        if self.template == titles.PLAIN:
            return titles.PLAIN
        phase = self.document.nodes[node.parent] if node.parent >= 0 else None
        named = self.document.text(phase_name(self.document, phase)) if phase else ""
        return titles.frame(self.template, node.id, named, text_of(self.items[OVERVIEW], Field.TITLE))

    def _phase_of(self, node: Node) -> str | None:
        if self.milestones == "plan":
            return WHOLE_PLAN
        if self.milestones == "none" or (node.parent >= 0 and node.parent not in self.uids):
            return None  # under a phase that cannot be named it is unknown
        return self.uids.get(node.parent, "")

    def _depends(self, uid: Uid, node: Node) -> tuple[str, ...] | None:
        """Read a task's dependencies; `None` where a target is unknown or ambiguous.

        What is known of such a task's dependencies is kept apart: planning reckons with it.
        """
        found = named(self.document.value(node, "depends").strip(), self.known)
        tasks = tuple(t for t in found.tasks if t != uid or uid not in found.by_phase)
        if found.unknown:
            self.partly[uid] = tasks
            return None
        return (f"={found.words}",) if found.words else tasks

    def _edges(self) -> None:
        """Show which tasks block which: what is known of the dependencies, as links can say it."""
        for uid, item in self.items.items():
            if item.kind is Kind.TASK and Field.DEPENDS in item.fields:
                edges = tuple(d for d in uids_of(item, Field.DEPENDS) if not d.startswith("=") and d != uid)
                listed = self._listed(item) if edges else ()
                self.items[uid] = replace(
                    item, fields={**item.fields, Field.EDGES: edges, Field.LISTED: listed}
                )

    def _listed(self, item: Item) -> tuple[str, ...]:
        """List the tasks that a dependency line names by themselves: those that can be taken out of it."""
        return tuple(part.uid for part in parts(self.document, self.document.nodes[item.at or 0], self.known))

    def _blocked(self) -> None:
        """Turn `Blocks: Task 2.1` around: it is the other task that depends."""
        for index, uid in self.uids.items():
            node = self.document.nodes[index]
            value = self.document.value(node, "blocks") if node.role is Role.TASK else ""
            for other in named(value, self.known).tasks if value else ():
                item = self.items[other]
                depends = item.fields.get(Field.DEPENDS)
                if other != uid and isinstance(depends, tuple) and uid not in depends:
                    self.items[other] = replace(item, fields={**item.fields, Field.DEPENDS: (*depends, uid)})

    def _steps(self, owner: Uid, parent: int) -> tuple[str, ...]:
        uids = []
        for count, index in enumerate(self.steps.get(parent, ())):
            uid = Uid(f"{owner}/~{count}")
            node = self.document.nodes[index]
            step = step_line(self.document, node).step
            fields: dict[Field, Value] = {
                Field.TEXT: step.text,
                Field.TICK: step.tick.value,
                Field.LEVEL: step.level,
                Field.OPTIONAL: int(node.block.is_optional),
            }
            self._add(uid, Kind.STEP, index, fields)
            uids.append(uid)
        return tuple(uids)


def phase_name(document: Document, node: Node) -> Span:
    """Find a phase's heading as written: number and title, without our mark, bold marks and remarks behind."""
    start, end = node.block.text.start, node.title.end
    if node.title.end <= node.title.start:
        end = node.token.cut.start if node.token else node.block.text.end
    text = document.source[start:end]
    if text.startswith((b"**", b"__")) and text.count(text[:2]) % 2:
        start += 2
    return Span(start, start + len(document.source[start:end].rstrip()))


def step_line(document: Document, node: Node) -> Line:
    """Read a step with the places of its parts."""
    return read_line(
        document.source, own_block(document.source, node.block), node.tick or Tick.OPEN, node.level
    )


def _link(document: Document, node: Node) -> str:
    if node.is_item:
        return f"#{node.token.number} {node.token.url}".strip() if node.token and node.token.number else ""
    key = link_line(document, node)
    found = ISSUE_LINK.fullmatch(document.text(key.value)) if key else None
    return f"#{found[1]} {found[2]}".strip() if found else ""


def status_fields(document: Document, node: Node) -> dict[Field, Value]:
    """Show what carries the task's state: its own box, a status line (of its author, or ours), or its steps."""
    if node.tick is not None and document.dialect.state is Counts.OWN:
        state = _STATES[node.tick]
        return {Field.STATE: state.value, Field.STATUS: state.value, Field.CARRIER: "line"}
    key = node.key("status")
    said = state_of_key(document, key) if key else None
    if key is None or said is None:
        return {Field.CARRIER: "boxes", Field.STATUS: ""}
    fields: dict[Field, Value] = {Field.STATE: said.value, Field.STATUS: said.value}
    return fields | {Field.CARRIER: "boxes" if is_ours(document, node, key, said) else "line"}


def state_of_key(document: Document, key: Key) -> State | None:
    """Read the state that a status line says; `None` for a list of choices or an unknown word."""
    value = words(document.text(key.value)).casefold()
    return None if "|" in value else state_in(value)


def state_in(value: str) -> State | None:
    """Read the state with which a folded text begins."""
    bare = re.sub(r"^[^\w✅✔✓🔄🚧⏳📋]+", "", value).replace("_", " ")
    for word in _LONGEST_FIRST:
        if said := next((t for t in (bare, bare.replace("-", " ")) if t.startswith(word)), ""):
            state = State(vocabulary.STATES[word])
            return state if state is State.TODO or _ENDS.match(said, len(word)) else None
    return None


_ENDS = re.compile(r"\s*(?:$|[^\w\s?]|\d|(?:on|in|by|since|am|le|el|em)\b)")
"""What may stand behind a word that closes an issue: `Done (2 days)`, not `Closed beta` or `Completely`."""

_LONGEST_FIRST = sorted(vocabulary.STATES, key=len, reverse=True)


def our_status(document: Document, key: Key | None = None) -> vocabulary.Status:
    """Say how a status line is written here: as its key has it, else in the plan's language."""
    language = vocabulary.LANGUAGE.get(folded(key.key), "en") if key else document.language
    if key and folded(key.key) == "status":
        language = document.language if vocabulary.STATUS[document.language].key == "Status" else "en"
    return vocabulary.STATUS[language]


def is_ours(document: Document, node: Node, key: Key, state: State) -> bool:
    """Say whether the line is as we write it, where we write it."""
    ours = our_status(document)
    first = next((k for k in node.keys if k.name and k.name != "issue"), None)
    words_ = {State.DONE: ours.done, State.DROPPED: ours.dropped}
    return first is key and key.key == ours.key and document.text(key.value) == words_.get(state)


def _computed(document: Document, uids: Mapping[int, Uid]) -> dict[Field, Value]:
    """Show the computed lines that the plan has and that hold a live value."""
    shown: dict[Field, Value] = {}
    texts = {
        name: document.text(key.value)
        for name in ("completion", "current_phase", "implementation_status", "last_updated")
        if (key := document.key(name))
    }
    if match := COMPLETION.fullmatch(texts.get("completion", "")):
        shown[Field.COMPLETION] = f"{match[1]}% {match[3]}/{match[5]}"
    if (phase := _phase_named(document, uids, texts.get("current_phase", ""))) is not None:
        shown[Field.CURRENT_PHASE] = phase
    if texts.get("implementation_status") in OVERALL_WORDS:
        shown[Field.OVERALL] = texts["implementation_status"]
    if _DATE.fullmatch(texts.get("last_updated", "")):
        shown[Field.UPDATED] = texts["last_updated"]
    return shown


def _phase_named(document: Document, uids: Mapping[int, Uid], text: str) -> Uid | None:
    for index, uid in uids.items():
        node = document.nodes[index]
        if node.role is Role.PHASE and text and text in phase_names(document, node):
            return uid
    return None


def phase_names(document: Document, node: Node) -> tuple[str, str]:
    """Give the two ways to name a phase: `Phase 2`, and the heading as written."""
    return node.label, document.text(phase_name(document, node))
