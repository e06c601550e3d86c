"""What says how far things are: carriers that contradict each other, letters that mean nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from plansync.checks.context import Context
from plansync.checks.finding import Finding
from plansync.document.dialect import Counts
from plansync.document.spans import Block, Shape, Span
from plansync.document.tree import Document, Node, Role
from plansync.document.view import state_of_key
from plansync.model import State, Tick

_SIGN = r"(?:✅|✔|☑|:white_check_mark:)\ufe0f?"
_DONE = r"(?:(?i:completed?|done|finished)|完了|已完成|完成|готово|완료)"
_BEFORE = re.compile(rf"[^\w]*{_SIGN}")
_BEHIND = re.compile(
    rf"(?:{_SIGN}\s*(?:{_DONE}\s*)?(?:[(（\[][^()（）\[\]]*[)）\]]\s*)?|[(（\[]\s*{_DONE}\s*[)）\]]|"
    r"\s[-–—]+\s*(?:COMPLETED?|DONE))[\s*_~:]*$"
)
_LETTER = re.compile(r"[^\W\d_]")
Found = tuple[Span, str] | None


def contradiction(context: Context) -> Iterator[Finding]:
    """Find tasks and phases of which two carriers say different states."""
    for index, node in context.tasks:
        if found := _of_task(context, index, node):
            yield context.finding("PLAN201", found[0], found[1])
    for index, node in context.phases:
        if found := _of_phase(context, index, node):
            yield context.finding("PLAN201", found[0], found[1])


def _of_task(context: Context, index: int, node: Node) -> Found:
    steps = _counting_steps(context, index)
    is_open = [step for step in steps if step.tick is Tick.OPEN]
    left = _left(len(is_open), len(steps), "step")
    name = context.name_of(node)
    status = _status(context, node)
    own = node.tick if context.document.dialect.state is Counts.OWN else None
    if is_open and status and status[1] is State.DONE:
        return status[0], f"the status of {name} says done, and {left}"
    if is_open and own is Tick.TICKED and node.box:
        return node.box, f"{name} is ticked, and {left}"
    if _says_done(context, node) and (own is Tick.OPEN or (is_open and own is None)):
        reason = "its box is open" if own is Tick.OPEN else left
        return _heading(node), f"the title of {name} says done, and {reason}"
    if steps and not is_open and status and status[1] is State.TODO:
        return status[0], f"all steps of {name} are ticked, and its status does not say done"
    if steps and not is_open and own is Tick.OPEN and node.box:
        return node.box, f"all steps of {name} are ticked, and its own box is open"
    return None


def _of_phase(context: Context, index: int, node: Node) -> Found:
    """Hold what a phase's heading or status says against its tasks."""
    tasks = context.document.children(index, Role.TASK)
    is_open = [at for at in tasks if _is_open(context, at)]
    if not is_open:
        return None
    left = _left(len(is_open), len(tasks), "task")
    if _says_done(context, node):
        return node.block.text, f"the heading of {context.name_of(node)} says done, and {left}"
    status = _status(context, node)
    if status and status[1] is State.DONE:
        return status[0], f"the status of {context.name_of(node)} says done, and {left}"
    return None


def _left(count: int, total: int, word: str) -> str:
    if total == 1:
        return f"its only {word} is open"
    return f"{count} of {total} {word}s {'is' if count == 1 else 'are'} open"


def _is_open(context: Context, index: int) -> bool:
    """Say whether something says that a task is open; a title alone says nothing."""
    node = context.document.nodes[index]
    status = _status(context, node)
    if context.document.dialect.state is Counts.OWN and node.tick is not None:
        return node.tick is Tick.OPEN
    return (
        status[1] is State.TODO
        if status
        else any(s.tick is Tick.OPEN for s in _counting_steps(context, index))
    )


def _counting_steps(context: Context, index: int) -> list[Node]:
    """List the steps that say something of a task's state: not the dropped ones, nor the optional with theirs."""
    found: list[Node] = []
    optional = -1
    for at in context.document.children(index, Role.STEP):
        node = context.document.nodes[at]
        if 0 <= optional < node.level:
            continue
        optional = node.level if node.block.is_optional else -1
        if not node.block.is_optional and node.tick is not Tick.DROPPED:
            found.append(node)
    return found


def _status(context: Context, node: Node) -> tuple[Span, State] | None:
    key = node.key("status")
    state = state_of_key(context.document, key) if key else None
    return (key.value, state) if key and state else None


def _says_done(context: Context, node: Node) -> bool:
    """Say whether a heading or an item's first line bears a sign or a word for done."""
    text = context.document.own_text(node)
    before = context.document.text(Span(node.block.text.start, node.title.start))
    return bool(_BEFORE.match(before) or _BEFORE.match(text) or _BEHIND.search(text.partition("\n")[0]))


def _heading(node: Node) -> Span:
    return node.block.text if node.block.shape is Shape.HEADING else node.title


def unknown_letter(context: Context) -> Iterator[Finding]:
    """Find boxes whose letter neither the dialect nor the plan nor the settings explain."""
    document = context.document
    for node in document.nodes:
        letter = document.text(node.box) if node.box else " "
        if node.box and letter not in "xX" and not letter.isspace() and letter not in document.letters:
            message = f"[{letter}] is counted as open: nothing says what it means"
            yield context.finding("PLAN202", node.box, message)
    for items in _lists(document):
        odd = [each for each in items if _is_word_letter(context, each)]
        if odd and any(context.is_box(each) for each in items):
            for box in [each.box for each in odd if each.box]:
                message = f"[{document.text(box)}] is not counted as a box: nothing says what it means"
                yield context.finding("PLAN202", box, message)


def _is_word_letter(context: Context, item: Block) -> bool:
    """Say whether an item begins with one letter in brackets that makes no box; `[P]` means parallel."""
    letter = context.document.text(item.box) if item.box else ""
    return bool(_LETTER.fullmatch(letter)) and letter not in "pP" and not context.is_box(item)


def _lists(document: Document) -> Iterable[list[Block]]:
    """List the items of each list, those nested in them apart."""
    found: list[list[Block]] = []
    running: dict[int, list[Block]] = {}  # by the item around the list
    for block in document.blocks:
        if block.is_quoted:
            continue
        if block.shape is not Shape.ITEM:
            running.pop(block.inside, None)
            continue
        if block.inside not in running:
            found.append(running.setdefault(block.inside, []))
        running[block.inside].append(block)
    return found
