"""Throw random texts at the document: no crash, no byte out of place, no time that grows faster than the text.

Run it with the project's own environment, from the repository:

    .venv/bin/python benchmarks/fuzz_document.py --inputs 100000 --seed 1 --seconds 3600

More than eight in ten of the inputs are soups of Markdown's own tokens, the others plans (ours, and random ones of
every dialect) with pieces cut out, doubled, swapped and put in. Every seventh is also marked and stripped again.
What fails is printed with its input, and the exit code is 1. `--hostile` measures instead how time grows with
size on inputs made to be slow.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from plansync.document import rewrite  # noqa: E402
from plansync.document.detect import read  # noqa: E402
from plansync.document.spans import Span  # noqa: E402
from plansync.document.tree import Document  # noqa: E402
from plansync.errors import PlansyncError, Unwritable  # noqa: E402
from plansync.model import Field, Tick  # noqa: E402
from plansync.sync.leave import stripped  # noqa: E402
from tests.property.grammars import DIALECTS, HOSTILE, plan  # noqa: E402
from tests.support.edits import Plan, look, made, marks, tick  # noqa: E402

SECONDS_PER_BYTE = 60e-6
"""More than ten times what a plan costs on a slow machine, read several times over, marked and stripped."""
SECONDS = 0.25
"""What any input may take, however small: the machine is shared."""

TOKENS = (
    *("\n", "\r\n", "\r", "\n\n", " ", "  ", "    ", "\t", "- ", "* ", "+ ", "1. ", "2) ", "10. ", "> ", ">"),
    *("[ ] ", "[x] ", "[X] ", "[~] ", "[-] ", "[ ]* ", "[P] ", "[", "]", "(", ")", "# ", "## ", "### ", "###"),
    *("#### ", "===", "---", "***", "___", "```", "~~~", "````", "`", "``", "**", "*", "_", "__", "~~", "~", "|"),
    *("\\", "\\\n", "<!--", "-->", "<!-- plansync:k3f9a2c -->", "<!-- plansync:k3f9a2c #12 -->"),
    *("<!-- plansync plan=abcd1234 -->", "<div>", "</div>", "<b>", "<details>", "<?", "<![CDATA[", "&amp;", "&"),
    *("<", ">", "![", "](u)", "[#12](u)", "[a]: b", "Phase 1: ", "Phase 2: ", "Task 1.1: ", "Task 2: ", "T001 "),
    *("1.1 ", "1. ", "1.0 ", "Step 1: ", "Task: ", "words", "**Status**: Done", "**Dependencies**: 1.1"),
    *("**Estimated Time**: 2h", "_Requirements: 1.1_", "Success Criteria", "**Completion**: 0% (0/1 tasks)"),
    *("**Issue**: [#12](u)", "Tasks", "Relevant Files", "é", "日本", "😀", "\u2028", "\x0b", "\x00", "\ufeff"),
    *("\u00a0", ": ", ":", "：", "@who", "#3", "(2h)", "~3d", "|---|---|\n", "| a | b |\n", "---\ntitle: x\n---\n"),
)  # fmt: skip


_CRASHES = (
    PlansyncError,
    ArithmeticError,
    LookupError,
    AssertionError,
    ValueError,
    TypeError,
    AttributeError,
)


class Finding(Exception):
    """Something that must not be."""


def soup(chance: Random) -> bytes:
    """Draw tokens of Markdown and of plans at random."""
    return "".join(chance.choices(TOKENS, k=chance.choice((4, 8, 12, 16, 40)))).encode()


def mutant(chance: Random, seeds: list[bytes]) -> bytes:
    """Cut, double, swap and put in pieces of a plan."""
    source = bytearray(chance.choice(seeds))
    for _ in range(chance.randint(1, 4)):
        at, size = chance.randrange(len(source) + 1), chance.choice((1, 1, 2, 3, 8, 40))
        match chance.randrange(5):
            case 0:
                del source[at : at + size]
            case 1:
                source[at:at] = source[at : at + size]
            case 2:
                source[at:at] = chance.choice(TOKENS).encode()
            case 3:
                source[at:at] = chance.choice(HOSTILE).encode("utf-8", "replace")
            case _:
                source[at : at + size] = chance.choice(TOKENS).encode()
    return bytes(source).decode("utf-8", "ignore").encode()


def check(source: bytes, chance: Random, *, is_marked: bool) -> None:
    """Hold one input against every law that needs no knowledge of it; with marks put in and out where asked.

    Raises: Finding, or whatever the document should not have raised.
    """
    shown = look(source)
    _spans(shown.document)
    _is_same("an unchanged view", source, rewrite.rewrite(shown.document, shown.items, [], shown.items))
    _ticks(shown, chance)
    if not is_marked:
        return
    try:
        marked = made(shown, marks(shown))
    except Unwritable:
        return
    has_link = any(i.fields.get(Field.LINK) for i in shown.items.values())
    has_marks = any(i.fields.get(Field.MARKER) for i in shown.items.values())
    if not has_link and not has_marks and b"plansync" not in source:
        _is_same("marked and stripped", source, stripped(marked, read)[0])


def _spans(document: Document) -> None:
    size = len(document.source)
    for node in document.nodes:
        inner = [
            node.title,
            node.block.text,
            *node.prose,
            *(k.value for k in node.keys),
            *([node.box] if node.box else []),
        ]
        for span in (node.span, node.block.span, *inner):
            if not 0 <= span.start <= span.end <= size:
                raise Finding(f"a span outside the text: {span} of {size}")
            if _is_torn(document.source, span.start) or _is_torn(document.source, span.end):
                raise Finding(f"a span that tears a character: {span}")


def _is_torn(source: bytes, at: int) -> bool:
    return at < len(source) and source[at] & 0xC0 == 0x80


def _is_same(what: str, source: bytes, written: bytes) -> None:
    if source != written:
        raise Finding(f"{what}: {written!r}")


def _ticks(shown: Plan, chance: Random) -> None:
    """Tick one step: its letter changes, or nothing is written."""
    steps = [u for u in shown.steps() if shown.items[u].fields[Field.TICK] == Tick.OPEN]
    if not steps:
        return
    uid = chance.choice(steps)
    edit = tick(shown, uid, "")
    box: Span | None = shown.node(uid).box
    if edit is None or box is None:
        raise Finding("an open step without a box")
    try:
        written = made(shown, edit.operations)
    except Unwritable:
        return
    _is_same("a tick", shown.source[: box.start] + b"x" + shown.source[box.end :], written)


def run(inputs: int, seed: int, seconds: float) -> int:
    """Check so many inputs; print what fails, and a line of figures."""
    chance = Random(seed)
    seeds = [p.read_bytes() for p in sorted((ROOT / "tests" / "plans").glob("*.md"))]
    seeds = [s for s in seeds if len(s) < 1500]
    began, failed, size, done = time.monotonic(), 0, 0, 0
    slowest = 0.0
    for number in range(inputs):
        if time.monotonic() - began > seconds:
            break
        kind = number % 20
        source = soup(chance) if kind < 17 else mutant(chance, seeds)
        if kind == 19:
            source = mutant(chance, [plan(chance.randint, chance.choice(list(DIALECTS)))])
        done, size = number + 1, size + len(source)
        if done % 50_000 == 0:
            print(f"seed {seed}: {done} inputs so far, {failed} failed", flush=True)
        start = time.process_time()
        try:
            check(source, chance, is_marked=number % 7 == 0)
            took = time.process_time() - start
            slowest = max(slowest, took / max(len(source), 1000))
            if took > SECONDS + SECONDS_PER_BYTE * len(source):
                raise Finding(f"{took:.2f} s for {len(source)} bytes")
        except (
            PlansyncError,
            UnicodeError,
            ArithmeticError,
            LookupError,
            AssertionError,
            ValueError,
            TypeError,
        ) as error:
            failed += 1
            print(f"--- input {number}: {error!r}\n{source!r}\n{traceback.format_exc(limit=-3)}", flush=True)
        except (Finding, RecursionError) as error:
            failed += 1
            print(f"--- input {number}: {error!r}\n{source!r}", flush=True)
    print(
        f"seed {seed}: {done} inputs, {size / 1e6:.1f} MB, {failed} failed, {time.monotonic() - began:.0f} s, "
        f"at most {slowest * 1e6:.0f} us a byte",
        flush=True,
    )
    return failed


# ------------------------------------------------------------------- hostile


def _lines(line: str) -> Callable[[int], str]:
    return lambda size: "## Phase 1: A\n\n### Task 1.1: B\n\n" + line * (size // len(line))


def _one_line(head: str, piece: str, tail: str = "\n") -> Callable[[int], str]:
    return lambda size: f"### Task 1: A\n\n{head}{piece * (size // len(piece))}{tail}"


HOSTILE_SHAPES: dict[str, Callable[[int], str]] = {
    "boxes": _lines("- [ ] a\n"),
    "boxes with CR alone": lambda size: _lines("- [ ] a\n")(size).replace("\n", "\r"),
    "tasks of one title": lambda size: "### Task 1: Same\n\n- [ ] a\n\n" * (size // 27),
    "item tasks": lambda size: "# P\n\n" + "- [ ] 1.1 Same\n" * (size // 15),
    "phases": lambda size: "## Phase 1: A\n\n### Task 1: B\n\n- [ ] c\n\n" * (size // 41),
    "nested by indentation": lambda size: (
        "### Task 1: A\n\n" + "".join(f"{'  ' * n}- [ ] a\n" for n in range(int(size**0.5)))
    ),
    "nested on a line": _one_line("", "- "),
    "quotes": _one_line("", "> "),
    "open brackets": _one_line("- [ ] ", "["),
    "links half open": _one_line("- [ ] ", "[a]("),
    "open emphasis": _one_line("- [ ] ", "*a "),
    "open strong": _one_line("- [ ] ", "**a "),
    "emphasis nested": _one_line("- [ ] ", "*a **b "),
    "backticks": lambda size: (
        "### Task 1: A\n\n- [ ] " + "".join("`" * (n % 90 + 1) + "a" for n in range(size // 46)) + "\n"
    ),
    "open comments": _one_line("- [ ] a ", "<!-- a "),
    "comments": _one_line("- [ ] a ", "<!-- a -->"),
    "our comments": _one_line("- [ ] a ", "<!-- plansync:aaaaaaa -->"),
    "comments on lines": _lines("<!-- a -->\n"),
    "open comments on lines": _lines("\n<!-- a\n"),
    "blanks in a title": lambda size: f"## Phase 1: A\n\n- [ ] Task: a{' ' * size}b\n- [ ] Task: c\n",
    "blanks in a heading": lambda size: f"## Phase 1: A{' ' * size}b\n\n### Task 1.1: a{' ' * size}b\n\n- [ ] c\n",
    "blanks in a key": lambda size: f"### Task 1: A\n\n**Status{' ' * size}x**: Done\n\n- [ ] a\n",
    "blanks in a value": lambda size: f"### Task 1: A\n\n**Status**: a{' ' * size}b\n\n- [ ] a\n",
    "blanks in a legend": lambda size: f"### Task 1: A\n\n[-]{' ' * size}\n[-]{' ' * size}x\n\n- [ ] a\n",
    "keys on lines": _lines("**Status**: Done\n"),
    "keys on a line": _one_line("", "**Key**: a | ", "\n\n- [ ] a\n"),
    "no keys on a line": _one_line("x ", "**Key**: a | ", "\n\n- [ ] a\n"),
    "half keys": _one_line("", "**a ", "\n\n- [ ] a\n"),
    "dependencies": _one_line("**Dependencies**: ", "1.1, ", "\n\n- [ ] a\n"),
    "dependencies without blanks": _one_line("**Dependencies**: ", "依", "\n\n- [ ] a\n"),
    "dependencies of dashes": _one_line("**Dependencies**: ", "-", "\n\n- [ ] a\n"),
    "dependencies of digits": _one_line("**Dependencies**: ", "1", "\n\n- [ ] a\n"),
    "dependencies in brackets": _one_line("**Dependencies**: ", "(", "\n\n- [ ] a\n"),
    "estimates in a title": lambda size: "# P\n\n- [ ] a " + "(1h) " * (size // 5) + "\n",
    "brackets in a title": lambda size: "# P\n\n- [ ] a " + "(" * size + "\n",
    "flags in a title": lambda size: "# P\n\n" + "- [ ] T001 a\n" * 3 + "- [ ] T002 " + "[P] " * (size // 4) + "\n",
    "dots in a number": lambda size: "# P\n\n- [ ] " + "1." * (size // 2) + "\n- [ ] 2. b\n",
    "struck": _one_line("- [ ] ", "~~a"),
    "tildes": _one_line("- [ ] ", "~"),
    "fences": _lines("```\na\n```\n"),
    "fences in fences": _lines("```a\n```b\n```\n"),
    "fences with words": _lines("```a\n```b\n```c\n"),
    "code by indentation": _lines("    - [ ] a\n"),
    "html": _lines("<div>\n- [ ] a\n</div>\n\n"),
    "tables": lambda size: "### Task 1: A\n\n| a | b |\n|---|---|\n" + "| [ ] | x |\n" * (size // 12),
    "rules": _lines("---\n"),
    "a long word": lambda size: f"### Task 1: {'a' * size}\n\n- [ ] {'a' * size}\n",
    "a long paragraph": lambda size: "### Task 1: A\n\n" + "word " * (size // 5) + "\n\n- [ ] a\n",
    "a wrapped item": lambda size: "### Task 1: A\n\n- [ ] a\n" + "  word\n" * (size // 7),
    "escapes": _one_line("- [ ] ", "\\["),
    "entities": _one_line("- [ ] ", "&amp;"),
    "front matter unclosed": lambda size: "---\n" + "a: b\n" * (size // 5) + "\n### Task 1: A\n\n- [ ] a\n",
    "references": _lines("[a]: b\n"),
    "references used": lambda size: "[a]: b\n\n### Task 1: A\n\n- [ ] " + "[a]" * (size // 3) + "\n",
    "setext": _lines("a\n===\n"),
    "line ends": lambda size: "### Task 1: A\n\n- [ ] a\n" + "\n" * size,
    "criteria": lambda size: "### Task 1: A\n\n- [ ] a\n\n## Success Criteria\n\n" + "- [ ] a\n" * (size // 8),
    "risks": lambda size: "### Task 1: A\n\n- [ ] a\n\n## Risks\n\n" + "- a\n" * (size // 4),
    "bullets below a key": lambda size: (
        "### Task 1: A\n\n**Dependencies**:\n" + "- Task 1\n" * (size // 9) + "\n- [ ] a\n"
    ),
    "signs in a heading": lambda size: f"## {'! ' * (size // 2)}x\n\n### Task 1: {'-' * size} a\n\n- [ ] a\n",
    "signs on lines of a heading": lambda size: "!\n" * (size // 2) + "===\n\n### Task 1: a\n\n- [ ] a\n",
    "letters of numbers": lambda size: f"## Phase 1: {'i' * size}\n\n### Task 1: {'I' * size}\n\n- [ ] a\n",
    "steps of a box": lambda size: "# P\n\n- [ ] a\n" + "  - [ ] b\n" * (size // 10),
    "issue lines": _lines("**Issue**: [#1](u)\n"),
    "dashes of no dependency": _one_line("**Dependencies**: ", "-", "x\n\n- [ ] a\n"),
    "brackets of no dependency": _one_line("**Dependencies**: 1 ", "(", "\n\n- [ ] a\n"),
}  # fmt: skip


def hostile(size: int) -> int:
    """Read each hostile shape at two sizes; print those whose time more than triples as the size doubles."""
    slow = 0
    for name, shape in HOSTILE_SHAPES.items():
        times = [_timed(shape(n).encode()) for n in (size, 2 * size)]
        is_slow = times[1] > 0.3 and times[1] > 3 * times[0]
        slow += is_slow
        print(f"{'SLOW ' if is_slow else '     '}{name}: {times[0]:.2f} s, {times[1]:.2f} s", flush=True)
    return slow


def _timed(source: bytes) -> float:
    """Read a text, show it, and write one tick and all marks."""
    start = time.process_time()
    shown = look(source)
    for write in _writes(shown):
        try:
            write()
        except Unwritable:
            continue
    return time.process_time() - start


def _writes(shown: Plan) -> Iterator[Callable[[], bytes]]:
    if shown.document.dialect.is_written:
        yield lambda: made(shown, marks(shown))
        yield from (
            lambda e=e: made(shown, e.operations) for u in shown.steps()[:1] if (e := tick(shown, u, ""))
        )  # type: ignore[misc]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument(
        "--hostile", type=int, metavar="BYTES", help="measure growth instead, from this size on"
    )
    given = parser.parse_args()
    return bool(hostile(given.hostile) if given.hostile else run(given.inputs, given.seed, given.seconds))


if __name__ == "__main__":
    sys.exit(main())
