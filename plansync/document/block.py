"""The managed block: our part of an issue's body, found by its two comment lines.

What people wrote around it, and lines in it that we did not write, are never changed. A block that
is cut, doubled or unreadable reads as `None`: unknown, never empty.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from plansync.document import sections as parts_of
from plansync.document.edits import Edit, apply_edits
from plansync.document.metadata import Key, key_lines
from plansync.document.sections import Section
from plansync.document.spans import Block as Parsed
from plansync.document.spans import Shape, Span, after_eol, blocks, eol_at, line_end, line_start
from plansync.document.steps import Line, Place, Step, line_edits, read_boxes
from plansync.model import OVERVIEW, SECTIONS, Field, Stamp, Tick, Uid
from plansync.text import UID_PATTERN, neutralise, restore, same_lines

_BEGIN = re.compile(
    rb"^<!-- plansync:begin v=1 kind=(?P<kind>task|overview) plan=(?P<plan>[0-9a-z]{8}) "
    rb"id=(?P<uid>" + UID_PATTERN.encode() + rb") rev=(?P<rev>\d{1,9}) op=(?P<op>[0-9a-f]{8})"
    rb"(?: made=(?P<made>[0-9a-f]{8}))? -->[ \t]*\r?$",
    re.MULTILINE,
)
_ANY_BEGIN = re.compile(rb"^<!-- plansync:begin\b", re.MULTILINE)
_END = re.compile(rb"^<!-- plansync:end -->[ \t]*\r?$", re.MULTILINE)
_LEFT_OVER = re.compile(rb"^<!-- plansync:(?:begin|end)\b[^\r\n]*", re.MULTILINE)
_FOLLOWS = re.compile(
    rb"^Boxes above follow (?:`(?P<path>[^`\r\n]+)`|\[(?P<linked>[^\]`\r\n]+)\]\((?P<link>[^)\s]+)\)), both ways\."
    rb"[ \t]*\r?$",
    re.MULTILINE,
)
_LINKABLE = re.compile(r"[\w.,+ ()/-]+")
"""A path that is its own words in the text of a link."""
_MILESTONE = re.compile(
    rf"<!-- plansync:milestone v=1 plan=([0-9a-z]{{8}}) id=({UID_PATTERN}) op=([0-9a-f]{{8}}) -->"
)
_TASKS_OF = re.compile(r"^Tasks of `([^`\r\n]+)`\.[ \t]*\r?$", re.MULTILINE)

META: Mapping[Field, str] = {
    Field.REQUIREMENTS: "Requirements",
    Field.ESTIMATE: "Estimated Time",
    Field.DEPENDS: "Dependencies",
}
"""The metadata lines of a block, in the order in which they are written."""

_NAMES = {key.casefold(): name.value for name, key in META.items()}


@dataclass(frozen=True, slots=True)
class Content:
    """What a block says, in the plan's spelling. `meta` holds one line's text for each field.

    `link` leads to the plan, empty where nobody knows it. `sections`: an overview's derived parts.
    `drop_letter`: as in `steps.line_edits`.
    """

    kind: str
    plan: str
    uid: Uid
    stamp: Stamp
    path: str = ""
    prose: str = ""
    steps: Mapping[Uid, Step] = field(default_factory=dict)
    meta: Mapping[Field, str] = field(default_factory=dict)
    sections: Mapping[Field, str] = field(default_factory=dict)
    link: str = ""
    drop_letter: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A block that was read. `inner` is the range between the two comment lines.

    `written`: the digest of what we last wrote in a section.
    """

    kind: str
    plan: str
    uid: Uid
    stamp: Stamp
    path: str
    prose: str
    steps: tuple[Step, ...]
    meta: Mapping[Field, str]
    begin: Span
    inner: Span
    sections: Mapping[Field, str] = field(default_factory=dict)
    link: str = ""
    written: Mapping[Field, str] = field(default_factory=dict)


def _encoded(body: str) -> bytes:
    return body.encode("utf-8", errors="replace")


def is_begun(body: str) -> bool:
    """Say whether a body may hold a block of ours, whole or not."""
    return "plansync:begin" in body


@lru_cache(maxsize=4096)  # one run reads the same body as often as it looks at the tracker
def read(body: str) -> Block | None:
    """Find and read the block of a body."""
    if not is_begun(body):
        return None
    source = _encoded(body)
    begins, ends = list(_BEGIN.finditer(source)), list(_END.finditer(source))
    if len(begins) != 1 or len(ends) != 1 or len(_ANY_BEGIN.findall(source)) != 1:
        return None
    begin, end = begins[0], ends[0]
    inner = Span(after_eol(source, line_end(source, begin.start())), end.start())
    if inner.end < inner.start:
        return None
    part = source[inner.start : inner.end]
    parsed = blocks(part)
    if any(_is_open(part, each) for each in parsed):
        return None
    inside = _Inside.of(part, parsed, begin["kind"] == b"overview")
    lines, metas, follows = inside.lines, inside.metas, _FOLLOWS.search(part)
    return Block(
        kind=begin["kind"].decode(),
        plan=begin["plan"].decode(),
        uid=Uid(begin["uid"].decode()),
        stamp=Stamp(int(begin["rev"]), begin["op"].decode(), (begin["made"] or b"").decode()),
        path=(follows["path"] or follows["linked"]).decode() if follows else "",
        prose=restore(part[slice(*inside.prose)].decode().replace("\r\n", "\n").strip("\n ")),
        steps=tuple(line.step._replace(text=restore(line.step.text)) for line in lines),
        meta={name: restore(part[k.value.start : k.value.end].decode()) for name, k in metas.items()},
        begin=Span(begin.start(), line_end(source, begin.start())),
        inner=inner,
        sections={name: each.text for name, each in inside.sections.items() if name in SECTIONS},
        link=(follows["link"] or b"").decode() if follows else "",
        written={name: each.last for name, each in inside.sections.items() if each.last},
    )


@dataclass(frozen=True, slots=True)
class _Inside:
    """What was found between the two comment lines. `close`: where the closing sentence begins, else the end."""

    lines: Sequence[Line]
    metas: Mapping[Field, Key]
    sections: Mapping[Field, Section]
    prose: Span
    close: int

    @classmethod
    def of(cls, part: bytes, parsed: Sequence[Parsed], is_overview: bool) -> _Inside:
        """Look at an inner part; metadata lines are a task's, sections an overview's."""
        lines = read_boxes(part, parsed)
        metas = {} if is_overview else _metas(part, parsed)
        found = parts_of.find(part) if is_overview else {}
        follows = _FOLLOWS.search(part)
        close = follows.start() if follows else len(part)
        prose = parts_of.risks(part, found, lines, close)
        first = min([s.line.start for s in found.values()], default=len(part))
        return cls(lines, metas, found, prose or Span(0, min(first, _prose_end(part, lines, metas))), close)


def _is_open(part: bytes, block: Parsed) -> bool:
    """Say whether a fence or comment begins here and swallows what follows: the boxes below are not gone."""
    text = part[block.span.start : block.span.end]
    is_comment = block.shape is Shape.HTML and text.count(b"<!--") > text.count(b"-->")
    return is_comment or (block.shape is Shape.CODE and not block.is_closed)


def _metas(part: bytes, parsed: Sequence[Parsed]) -> dict[Field, Key]:
    found: dict[Field, Key] = {}
    for block in parsed:
        if block.shape is Shape.TEXT and block.inside < 0:
            for key in key_lines(part, block.text, _NAMES):
                if key.name:
                    found.setdefault(Field(key.name), key)
    return found


def _prose_end(part: bytes, lines: Sequence[Line], metas: Mapping[Field, Key]) -> int:
    """Find where lead prose ends: at the first step, metadata line or our closing sentence."""
    starts = [line.block.span.start for line in lines[:1]] + [k.line.start for k in metas.values()]
    follows = _FOLLOWS.search(part)
    starts += [follows.start()] if follows else []
    return line_start(part, min(starts)) if starts else len(part)


def _begin_line(kind: str, plan: str, uid: Uid, stamp: Stamp) -> str:
    made = f" made={stamp.made}" if stamp.made else ""
    return f"<!-- plansync:begin v=1 kind={kind} plan={plan} id={uid} rev={stamp.rev} op={stamp.op}{made} -->"


def render(content: Content) -> str:
    """Write a whole block: only at creation, and where a body has none."""
    steps = "\n".join(_step_line(step, content.drop_letter) for step in content.steps.values())
    if content.kind == "overview":
        parts = _overview_parts(content, steps)
    else:
        meta = "\n".join(_meta_line(name, content.meta[name]) for name in META if name in content.meta)
        parts = [neutralise(content.prose), steps, meta]
    parts = [*(part for part in parts if part), f"Boxes above follow {_named(content)}, both ways."]
    begin = _begin_line(content.kind, content.plan, content.uid, content.stamp)
    return "\n".join([begin, "\n\n".join(parts), "<!-- plansync:end -->"])


def _overview_parts(content: Content, steps: str) -> list[str]:
    said = {name: parts_of.render(name, text) for name, text in content.sections.items() if text}
    risks = [parts_of.render(Field.PROSE, parts_of.RISKS), neutralise(content.prose)] if content.prose else []
    above, below = SECTIONS[:2], SECTIONS[2:]
    return [*(said.get(n, "") for n in above), steps, *risks, *(said.get(n, "") for n in below)]


def _named(content: Content) -> str:
    """Name the plan: as a link where one is known and a path can be its text."""
    if content.link and _LINKABLE.fullmatch(content.path):
        return f"[{content.path}]({content.link})"
    return f"`{content.path}`"


def holds(prose: str) -> bool:
    """Say whether a text can stand above a task's steps: it is read back as it is, and hides or adds none of them."""
    step = Step("x", Tick.OPEN)
    content = Content("task", "0" * 8, OVERVIEW, Stamp(), "x", prose, {OVERVIEW: step})
    shown = read(render(replace(content, stamp=Stamp(1, "0" * 8))))
    return shown is not None and shown.steps == (step,) and same_lines(shown.prose) == same_lines(prose)


def append(body: str, content: Content) -> str:
    """Put a whole block behind what people wrote, byte for byte as it is, but for lines of ours that are left over.

    Lines of a block that was cut or doubled bear nobody's words; what stands between them stays.
    """
    source = _encoded(body)
    for begin, end in reversed([m.span() for m in _LEFT_OVER.finditer(source)]):
        source = source[:begin] + source[after_eol(source, end) :]
    eol = eol_at(source, 0).decode() if source else "\n"
    text = source.decode()
    gap = "" if not text or text.endswith(eol * 2) else eol if text.endswith(eol) else eol * 2
    return text + gap + render(content).replace("\n", eol)


def bears_one(body: str) -> bool:
    """Say whether there is a block, or what is left of one."""
    return bool(_LEFT_OVER.search(_encoded(body)))


def outside(body: str) -> str:
    """Give what people wrote around the block; all of it where none can be read."""
    shown = read(body)
    if shown is None:
        return body
    source = _encoded(body)
    return (source[: shown.begin.start] + source[line_end(source, shown.inner.end) :]).decode()


def is_as_written(body: str, shown: Block) -> bool:
    """Say whether a body is what we write of what its block says, and no word of anybody else's."""
    meta = {name: text if name is Field.DEPENDS else neutralise(text) for name, text in shown.meta.items()}
    steps = {Uid(str(number)): step for number, step in enumerate(shown.steps)}
    content = Content(
        shown.kind,
        shown.plan,
        shown.uid,
        shown.stamp,
        shown.path,
        shown.prose,
        steps,
        meta,
        shown.sections,
        shown.link,
    )
    if any(step.tick is Tick.DROPPED for step in shown.steps) and "- [~] " in body:
        content = replace(content, drop_letter="~")
    return same_lines(render(content)) == same_lines(body.strip())


def _step_line(step: Step, drop_letter: str) -> str:
    text = neutralise(step.text)
    if step.tick.value == "dropped" and drop_letter:
        return f"{'  ' * step.level}- [{drop_letter}] {text}"
    if step.tick.value == "dropped":
        return f"{'  ' * step.level}- [x] ~~{text}~~"
    return f"{'  ' * step.level}- [{'x' if step.tick.value == 'ticked' else ' '}] {text}"


def _meta_line(name: Field, text: str) -> str:
    return f"**{META[name]}**: {text}  "


def rewrite(body: str, shown: Block, uids: Sequence[Uid], held: Content, fields: frozenset[Field]) -> str:
    """Edit the block in place towards `held`, stamp included; `uids` names the shown steps in order.

    Only the one-way fields in `fields` are touched. Metadata texts are taken as they are to stand.
    Raises: Unwritable where a step cannot be moved or removed by itself.
    """
    source = _encoded(body)
    part = source[shown.inner.start : shown.inner.end]
    parsed = blocks(part)
    if shown.kind == "overview":
        edits = _overview_edits(part, parsed, uids, held, fields)
    else:
        edits = _task_edits(part, parsed, uids, held, fields)
    begin = _begin_line(held.kind, held.plan, held.uid, held.stamp).encode()
    tail = source[shown.begin.end : shown.inner.start]
    whole = source[: shown.begin.start] + begin + tail + apply_edits(part, edits) + source[shown.inner.end :]
    return whole.decode()


def _task_edits(
    part: bytes, parsed: Sequence[Parsed], uids: Sequence[Uid], held: Content, fields: frozenset[Field]
) -> list[Edit]:
    inside = _Inside.of(part, parsed, is_overview=False)
    lines, metas = inside.lines, inside.metas
    edits = line_edits(
        part, lines, uids, held.steps, neutralise, lambda: _first_step(part, metas), held.drop_letter
    )
    edits += [
        e for name in META if name in fields for e in _meta_edits(part, metas, name, held.meta.get(name, ""))
    ]
    if Field.PROSE in fields:
        edits += _prose_edits(part, inside.prose.end, held.prose)
    return edits


def _overview_edits(
    part: bytes, parsed: Sequence[Parsed], uids: Sequence[Uid], held: Content, fields: frozenset[Field]
) -> list[Edit]:
    """List an overview's edits; of what is put at one place, what stands above comes first."""
    inside = _Inside.of(part, parsed, is_overview=True)
    found, lines, close = inside.sections, inside.lines, inside.close
    wanted = {name: held.sections.get(name, "") for name in SECTIONS if name in fields}

    def edits_of(names: Sequence[Field]) -> list[Edit]:
        some = {name: wanted[name] for name in names if name in wanted}
        return parts_of.rewrite(part, found, some, lines, close)

    edits = edits_of(SECTIONS[:2])
    edits += line_edits(
        part,
        lines,
        uids,
        held.steps,
        neutralise,
        lambda: parts_of.first_criterion(part, found, close),
        held.drop_letter,
    )
    if Field.PROSE in fields:
        edits += _risk_edits(part, inside, held.prose)
    return edits + edits_of(SECTIONS[2:])


def _risk_edits(part: bytes, inside: _Inside, prose: str) -> list[Edit]:
    """Write the risks where they stand: below their heading, or at the top, where older blocks have them."""
    has_heading = Field.PROSE in inside.sections
    if not has_heading and part[slice(*inside.prose)].strip():
        return _prose_edits(part, inside.prose.end, prose)
    at = parts_of.place(Field.PROSE, inside.sections, inside.lines, inside.close)
    text = neutralise(prose).encode().replace(b"\n", eol_at(part, at))
    return parts_of.risk_edits(part, inside.sections, inside.prose if has_heading else None, text, at)


def _first_step(part: bytes, metas: Mapping[Field, Key]) -> Place:
    starts = sorted(k.line.start for k in metas.values())
    follows = _FOLLOWS.search(part)
    at = starts[0] if starts else follows.start() if follows else len(part)
    return Place(at, b"", eol_at(part, at))


def _meta_edits(part: bytes, metas: Mapping[Field, Key], name: Field, text: str) -> list[Edit]:
    key = metas.get(name)
    if key and text:
        return [Edit(key.value.start, key.value.end, text.encode())]
    if key:
        return [Edit(key.line.start, after_eol(part, key.line.end), b"")]
    if not text:
        return []
    order = list(META)
    before = [k for n, k in metas.items() if order.index(n) < order.index(name)]
    if metas:
        at = (
            after_eol(part, max(before, key=lambda k: k.line.end).line.end)
            if before
            else min(k.line.start for k in metas.values())
        )
        return [Edit(at, at, _meta_line(name, text).encode() + eol_at(part, at))]
    follows = _FOLLOWS.search(part)
    at = follows.start() if follows else len(part)
    eol = eol_at(part, at)
    return [Edit(at, at, _meta_line(name, text).encode() + eol + eol)]


def _prose_edits(part: bytes, end: int, prose: str) -> list[Edit]:
    eol = eol_at(part, 0)
    old = part[:end].strip(b"\r\n ")
    new = neutralise(prose).encode().replace(b"\n", eol)
    if old and new:
        start = part.index(old)
        return [Edit(start, start + len(old), new)]
    return [Edit(0, end, new + eol + eol if new else b"")]


def milestone_text(plan: str, path: str, uid: Uid, op: str) -> str:
    """Write a milestone's description: whose tasks these are, for people and, in its last line, for us."""
    return f"Tasks of `{path}`.\n\n{milestone_line(plan, uid, op)}"


def milestone_line(plan: str, uid: Uid, op: str) -> str:
    """Write the line that ends a milestone's description."""
    return f"<!-- plansync:milestone v=1 plan={plan} id={uid} op={op} -->"


def marked_milestone(description: str, line: str) -> str:
    """Put our line at the end of a milestone's description, which stays as it is."""
    return f"{description}\n\n{line}" if description else line


@dataclass(frozen=True, slots=True)
class Milestone:
    """What a milestone's description says of it; the last such line counts."""

    plan: str
    uid: Uid
    op: str
    path: str = ""


def read_milestone(description: str) -> Milestone | None:
    """Read a milestone's description, `None` where it is not ours."""
    found, path = _MILESTONE.findall(description), _TASKS_OF.search(description)
    if not found:
        return None
    plan, uid, op = found[-1]
    return Milestone(plan, Uid(uid), op, path[1] if path else "")
