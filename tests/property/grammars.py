"""Random plans of the ten dialects that are written, built from the grammar of each.

A plan is drawn as lines, its odd places among them; line ends, byte order mark and last newline are drawn last.
What a plan *should* show is not said here: the laws hold of whatever is read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

T = TypeVar("T")
Number: TypeAlias = Callable[[int, int], int]
"""Draws a whole number between two others, both included: by hypothesis, or by chance alone."""
BOM = b"\xef\xbb\xbf"

_WORDS = (
    "Build", "the", "parser", "Write", "tests", "for", "Ship", "a", "release", "Draw", "map", "Check", "every",
    "gate", "Store", "rows", "quickly", "alone", "river", "stone",
)  # fmt: skip
_FOREIGN = (
    "écluse",
    "Größe",
    "проверить",
    "测试",
    "テスト",
    "시험",
    "e\u0301tude",
    "😀",
    "👩‍👩‍👧",
    "עברית",
    "𝔘",
    "ﬁn",
)
_ODD = (
    "`code - [ ] x`", "**bold**", "*slanted*", "a_b_c", "[link](https://example.org/a_(b))", "#12", "@someone",
    "~~old~~", r"\*kept\*", "&amp;", "<b>x</b>", "<!-- note -->", "a | b", "key: value", "100%", "C#", "“so”", "…",
    "$x$", "![pic](p.png)", "<https://example.org>", "x < y > z", "(see 2.1)", "[P]", "[later]", "1.1", "T012", "--",
    "—", "::", "\u00a0", "\u200b", "\u2028", "~3d", "(2h)", "`M`", "'", '"', "]", "[", ")", "\\\\", "**", "`", "~", "!",
)  # fmt: skip
HOSTILE = (
    "# Heading", "- [ ] box", "1. first", "- bullet", "> quote", "[x] ticked", "~~gone~~", "`open", "**open", "T1: x",
    "Task 2.2: x", "2.2 x", "x #", "x ##", "\\", "x\\", "| a |", "***", "---", "===", "    code", "```", "~~~", "x -->",
    "<!-- x", "<!-- plansync:k3f9a2c -->", "<!-- plansync plan=abcd1234 -->", "[Feature Name]", "TBD", "a\nb",
    "a\r\n- [ ] b",
    "a\tb", "  padded  ", "", " ", "@who", "(2h)", "x (depends on 1.1)", "x 70cf326", "[P] x", "(P) x", "#3 - x", "~~",
    "~~a~~ ~~b~~", "<details>", "</div>", "&lt;!-- x", "<U+200B>", "\u202eabc", "Phase 2: x", "Status: Done",
    "**Status**: Done",
    "[#12](https://tracker.example/12)", "_Requirements: 9.9_", "x [checkpoint: 70cf326]", "*", "_", "x  ", "&#35;",
    "[ ] x",
)  # fmt: skip
"""Texts that a tracker may hold and that mean something in a plan."""


@dataclass(frozen=True)
class Pen:
    """Draws one plan. What is drawn smallest is the plainest. `is_odd`: traps of syntax may be drawn."""

    number: Number
    is_odd: bool
    bullet: str = "-"
    nested: str = "  "
    key: str = "outer"
    language: str = "en"
    is_loose: bool = False

    def chance(self, percent: int) -> bool:
        return self.number(0, 99) >= 100 - percent

    def odd(self, percent: int) -> bool:
        return self.is_odd and self.chance(percent)

    def pick(self, values: Sequence[T]) -> T:
        return values[self.number(0, len(values) - 1)]

    def many(self, least: int, most: int) -> range:
        return range(self.number(least, most))

    def title(self) -> str:
        words = [self.pick(_WORDS) for _ in self.many(1, 3)]
        if self.chance(30):
            words.append(self.pick(_FOREIGN))
        if self.odd(25):
            words.insert(self.number(0, len(words)), self.pick(_ODD))
        return " ".join(words)

    def letter(self) -> str:
        plain = (" ", "x", " ", "X", " ")
        return self.pick((*plain, "~", "-", "/", "\t") if self.is_odd else plain)

    def blank_tail(self) -> str:
        return self.pick((" ", "  ", "\t")) if self.odd(10) else ""

    def gap(self) -> list[str]:
        return ["" for _ in self.many(1, 2)] if self.chance(80) else ["", self.pick(("", "  "))]


def _pen(number: Number, is_odd: bool) -> Pen:
    pen = Pen(number, is_odd)
    return replace(
        pen,
        bullet=pen.pick("--*+"),
        nested=pen.pick(("  ", "    ", "\t", "   ")),
        key=pen.pick(("outer", "inner", "tail", "bullet", "slash", "wide", "under")),
        language=pen.pick(tuple(_LANGUAGES)),
        is_loose=pen.chance(10),
    )


@dataclass(frozen=True)
class _Language:
    phase: str
    task: str
    status: str
    estimate: str
    depends: str
    completion: str
    criteria: str


_LANGUAGES = {
    "en": _Language(
        "Phase", "Task", "Status", "Estimated Time", "Dependencies", "Completion", "Success Criteria"
    ),
    "de": _Language(
        "Phase", "Aufgabe", "Status", "Aufwand", "Abhängigkeiten", "Fortschritt", "Erfolgskriterien"
    ),
    "fr": _Language("Étape", "Tâche", "Statut", "Durée", "Dépendances", "Avancement", "Critères de succès"),
    "es": _Language("Fase", "Tarea", "Estado", "Duración", "Dependencias", "Progreso", "Criterios de éxito"),
    "ru": _Language("Фаза", "Задача", "Статус", "Оценка", "Зависимости", "Прогресс", "Критерии успеха"),
    "ja": _Language("フェーズ", "タスク", "ステータス", "所要時間", "依存関係", "進捗", "成功基準"),
    "zh": _Language("阶段", "任务", "状态", "工时", "依赖", "完成度", "成功标准"),
    "ko": _Language("단계", "작업", "상태", "예상 시간", "의존성", "진행률", "성공 기준"),
}


# ------------------------------------------------------------------- pieces


def _key(pen: Pen, name: str, value: str) -> str:
    match pen.key:
        case "inner":
            return f"**{name}:** {value}"
        case "tail":
            return f"**{name}**: {value}  "
        case "bullet":
            return f"- **{name}**: {value}"
        case "slash":
            return f"**{name}**: {value}\\"
        case "wide":
            return f"**{name}**：{value}"
        case "under":
            return f"__{name}__: {value}"
        case _:
            return f"**{name}**: {value}"


def _keys(pen: Pen, before: str) -> list[str]:
    words = _LANGUAGES[pen.language]
    found = []
    if pen.chance(70):
        found.append(
            _key(pen, words.estimate, pen.pick(("2 hours", "30 min", "1-2 days", "1h 30m", "~3d", "S")))
        )
    if pen.chance(40):
        found.append(_key(pen, words.depends, pen.pick(("None", before or "None", "—", "Task 9.9"))))
    if pen.chance(20):
        found.append(_key(pen, "Goal", pen.title()))
    if pen.odd(8):
        found.append(
            _key(pen, words.status, pen.pick(("In Progress", "Done", "完了", "Готово", "todo | done")))
        )
    if pen.odd(5) and len(found) > 1:
        found[:2] = [" | ".join(k.lstrip("- ").rstrip("\\ ") for k in found[:2])]
    return found


def _fence(pen: Pen, indent: str = "") -> list[str]:
    mark = pen.pick(("```", "~~~", "````"))
    inner = pen.pick(
        ("- [ ] no step", "## Phase 9: no phase", "### Task 9.9: no task", "**Status**: Done", "\tx = 1")
    )
    return [f"{indent}{mark}{pen.pick(('', 'text', 'sh'))}", f"{indent}{inner}", f"{indent}{mark}"]


def _between(pen: Pen) -> list[str]:
    """Draw something that no edit may touch, with blank lines around it."""
    kinds: tuple[list[str], ...] = (
        ["Some words about it,", "and more of them."],
        _fence(pen),
        ["| box | what |", "|---|---|", "| [ ] | cell |"],
        ["> - [ ] quoted", "> more"],
        ["<details>", "- [ ] in a tag", "</details>"],
        ["<!-- a comment", "- [ ] in it", "-->"],
        [r"- \[ \] escaped"],
        ["- [link](https://example.org)", "- plain bullet"],
        ["1) one", "2) two"],
        ["* * *"],
        ["    - [ ] indented code"],
        ["[ref]: https://example.org"],
    )
    return ["", *pen.pick(kinds), ""]


def _item(pen: Pen, indent: str, head: str, *, is_optional: bool = False, letter: str = "") -> list[str]:
    """Draw one box with its text, which may be wrapped, struck or followed by blocks of its own."""
    bullet = pen.bullet
    if pen.odd(5):
        bullet = pen.pick(("1.", "1)", "-", "*"))
    space = pen.pick(("  ", "   ", "\t")) if pen.odd(4) else " "
    box = f"[{letter or pen.letter()}]" + ("*" if is_optional else "")
    inner = indent + " " * (len(bullet) + 1)
    text = pen.title()
    if pen.odd(6):
        return [f"{indent}{bullet}{space}{box} ~~{head}{text}~~"]
    if not pen.odd(20):
        return [f"{indent}{bullet}{space}{box} {head}{text}{pen.blank_tail()}"]
    before, behind = pen.pick(
        (
            ("", ""),
            ("  ", ""),
            ("\\", ""),
            (" `a", "b` and"),
            (" [a", "b](https://example.org)"),
            (" **a", "b** c"),
            (" <!-- a", "b -->"),
            (" ~~a", "b~~"),
            (" *a", "b*."),
        )
    )
    lines = [f"{indent}{bullet}{space}{box} {head}{text}{before}", f"{inner}{behind} {pen.title()}"]
    if pen.odd(20):
        lines[1] = lines[1].strip()  # a lazy line
    if pen.odd(30):
        lines += ["", *(_fence(pen, inner)), ""]
    elif pen.odd(30):
        lines += ["", f"{inner}A paragraph of its own."]
    return lines


def _steps(pen: Pen, indent: str, heads: Sequence[str], *, depth: int = 0) -> list[str]:
    lines: list[str] = []
    for head in heads:
        lines += _item(pen, indent, head, is_optional=pen.odd(8))
        if depth < 2 and pen.chance(15):
            deeper = indent + (pen.nested if indent.strip("\t") == "" and len(pen.bullet) == 1 else "  ")
            lines += _steps(pen, deeper, [""], depth=depth + 1)
        if pen.odd(6):
            lines.append(f"{indent}  {pen.bullet} a plain detail")
        if pen.odd(4):
            lines.append(f"{indent}  {pen.bullet} **Note**: of the step")
        if pen.is_loose:
            lines.append("")
    return lines


def _heading(pen: Pen, level: int, text: str) -> list[str]:
    if pen.odd(6):
        return [f"{'#' * level} {text} {'#' * level}{pen.blank_tail()}"]
    if level <= 2 and pen.odd(6) and text.strip():
        return [text, ("=" if level == 1 else "-") * 5]
    return [f"{'#' * level}{' ' if not pen.odd(4) else '  '}{text}{pen.blank_tail()}"]


def _opening(pen: Pen, title: str) -> list[str]:
    lines = ["---", "title: x", "- [ ] no", "---"] if pen.odd(6) else []
    lines += [*_heading(pen, 1, title), ""]
    return lines + (["Words before everything.", ""] if pen.chance(30) else [])


def _closing(pen: Pen, tasks: int) -> list[str]:
    words = _LANGUAGES[pen.language]
    lines: list[str] = []
    if pen.chance(40):
        lines += ["", f"## {words.criteria}", "", *_steps(pen, "", [""] * (1 + pen.chance(50)))]
    if pen.chance(40):
        completion = f"{words.completion}" if pen.chance(60) else "Completion"
        lines += [
            "",
            "---",
            "",
            f"**{completion}**: 0% (0/{tasks} tasks completed)  ",
            "**Last Updated**: 2026-01-02",
        ]
        lines += [f"**Current Phase**: {pen.pick(('Phase 1', 'None | Phase 1'))}"] if pen.chance(50) else []
        lines += ["**Implementation Status**: Not Started"] if pen.chance(50) else []
    return lines


# ------------------------------------------------------------------ dialects


def _under_heading(pen: Pen, heads: Sequence[str], before: str) -> list[str]:
    """Draw what stands below a task's heading: words, steps and metadata lines in any order."""
    keys = _keys(pen, before)
    words = ["A lead of the task.", ""] if pen.chance(30) else []
    steps = [*_steps(pen, "", heads), ""] if heads else []
    parts = [words, [*keys, ""] if keys else [], steps]
    if pen.chance(50):
        parts = [words, steps, parts[1]]
    if pen.odd(15):
        parts.insert(pen.number(0, 3), _between(pen))
    lines = [line for part in parts for line in part]
    return (lines if pen.odd(10) else ["", *lines]) or [""]


def phase_task(pen: Pen) -> list[str]:
    words = _LANGUAGES[pen.language]
    lines = _opening(pen, f"Implementation Plan: {pen.title()}")
    count, before = 0, ""
    is_bare = pen.odd(15)  # `## 1. Title` over `### 1.1 Title`
    for phase in pen.many(2 if is_bare else 1, 3):
        name = f"{phase + 1}. " if is_bare else f"{words.phase} {phase + 1}: "
        lines += [*_heading(pen, 2, f"{name}{pen.title()}"), ""]
        for task in pen.many(1, 3):
            count += 1
            name = f"{phase + 1}.{task + 1} " if is_bare else f"{words.task} {phase + 1}.{task + 1}: "
            lines += _heading(pen, 3, f"{name}{pen.title()}")
            lines += _under_heading(pen, [""] * pen.number(0, 3), before)
            before = f"{words.task} {phase + 1}.{task + 1}"
        if pen.chance(30):
            lines += ["---", ""]
    return lines + _closing(pen, count)


def phase_checklist(pen: Pen) -> list[str]:
    words = _LANGUAGES[pen.language]
    lines = _opening(pen, pen.title())
    for phase in pen.many(2, 3):
        lines += ["", *_heading(pen, 2, f"{words.phase} {phase + 1}: {pen.title()}"), ""]
        lines += ["### Tasks", ""] if pen.odd(20) else []
        for _ in pen.many(1, 3):
            lines += _item(pen, "", "")
            lines += _steps(pen, "  ", [""] * pen.number(0, 2), depth=1)
        lines += _between(pen) if pen.odd(10) else []
    return lines + _closing(pen, 4)


def flat_checklist(pen: Pen) -> list[str]:
    lines = _opening(pen, pen.title())
    for _ in pen.many(1, 2):
        lines += ["", *_heading(pen, 2, pen.title()), ""] if pen.chance(50) else []
        for _ in pen.many(1, 4):
            lines += _item(pen, "", "")
            lines += _steps(pen, "  ", [""] * pen.number(0, 2), depth=1)
        lines += _between(pen) if pen.odd(10) else []
    return lines


def _numbered(pen: Pen, parent: str, child: str, behind: str) -> list[str]:
    """Draw boxes `1. Parent` over `1.1 Child`, nested or flat."""
    lines: list[str] = []
    is_flat = bool(behind) and pen.chance(20)
    for number in pen.many(2, 4):
        lines += _item(pen, "", parent.format(number + 1))
        lines += ["  - A detail of it"] if pen.chance(30) else []
        for step in pen.many(0, 3):
            indent = "" if is_flat else "  "
            head = child.format(number + 1, step + 1)
            lines += _item(pen, indent, head, is_optional=bool(behind) and pen.chance(10))
            lines += (
                [f"{indent}  - _Requirements: {number + 1}.{step + 1}_"] if behind and pen.chance(60) else []
            )
        lines += [f"  {behind.format(number + 1)}"] if behind else []
        lines += [""] if pen.chance(70) else []
    return lines


def kiro(pen: Pen) -> list[str]:
    lines = ["# Implementation Plan", "", *_numbered(pen, "{}. ", "{}.{} ", "- _Requirements: {}.1_")]
    return lines + (_between(pen) if pen.odd(10) else [])


def agent_os(pen: Pen) -> list[str]:
    return ["# Spec Tasks", "", "## Tasks", "", *_numbered(pen, "{}. ", "{}.{} ", "")]


def ai_dev_tasks(pen: Pen) -> list[str]:
    files = ["## Relevant Files", "", "- `a.py` - What it holds", "", "### Notes", "", "- Run the tests", ""]
    return [*files, "## Tasks", "", *_numbered(pen, "{}.0 ", "{}.{} ", "")]


def spec_kit(pen: Pen) -> list[str]:
    lines = [
        *_opening(pen, f"Tasks: {pen.title()}"),
        "- **[P]**: runs beside others",
        "- [P] tasks = other files",
        "",
    ]
    number = 0
    for phase in pen.many(1, 3):
        lines += ["", *_heading(pen, 2, f"Phase {phase + 1}: {pen.title()} (Priority: P1)"), ""]
        lines += ["**Goal**: Something is there", ""] if pen.chance(30) else []
        for _ in pen.many(2, 3):
            number += 1
            flags = "".join(f for f in ("[P] ", "[US1] ") if pen.chance(30))
            lines += _item(pen, "", f"T{number:03d} {flags}")
            lines += _steps(pen, "  ", [""] * pen.number(0, 1), depth=1)
        lines += ["", "**Checkpoint**: It works"] if pen.chance(30) else []
    lines += ["", "## Notes", "", "- [P] tasks touch other files"] if pen.chance(40) else []
    while number < 3:
        number += 1
        lines += ["", *_item(pen, "", f"T{number:03d} ")]
    return lines


def openspec(pen: Pen) -> list[str]:
    lines: list[str] = []
    for group in pen.many(1, 3):
        lines += [f"## {group + 1}. {pen.title()}", ""]
        for item in pen.many(2, 3):
            lines += _item(pen, "", f"{group + 1}.{item + 1} ")
            lines += _steps(pen, "  ", [""] * pen.chance(20), depth=1)
        lines += [""]
    return lines


def superpowers(pen: Pen) -> list[str]:
    lines = [
        f"# {pen.title()} Implementation Plan",
        "",
        "> **For agentic workers:** REQUIRED SUB-SKILL: superpowers",
        "",
    ]
    lines += [
        "**Goal:** Something",
        "",
        "**Architecture:** Small",
        "",
        "**Tech Stack:** Python",
        "",
        "---",
        "",
    ]
    for task in pen.many(1, 3):
        lines += [
            *_heading(pen, 3, f"Task {task + 1}: {pen.title()}"),
            "",
            "**Files:**",
            "- Create: `a.py`",
            "",
        ]
        for step in pen.many(2, 3):
            lines += [f"- [{pen.letter()}] **Step {step + 1}: {pen.title()}**", ""]
            lines += [*_fence(pen), ""] if pen.chance(50) else []
    return lines


def conductor(pen: Pen) -> list[str]:
    lines = [f"# Plan - {pen.title()}", ""]
    for phase in pen.many(1, 3):
        point = " [checkpoint: 70cf326]" if pen.chance(40) else ""
        lines += [f"## Phase {phase + 1}: {pen.title()}{point}", ""]
        for task in pen.many(2, 3):
            lines += _item(pen, "", "Task: " if task < 2 or pen.chance(80) else "")
            lines += _steps(pen, "    ", ["Sub-task: "] * pen.number(0, 2), depth=2)
        lines += [""]
    return lines


DIALECTS = {
    "phase-task": phase_task,
    "phase-checklist": phase_checklist,
    "flat-checklist": flat_checklist,
    "kiro": kiro,
    "agent-os": agent_os,
    "ai-dev-tasks": ai_dev_tasks,
    "spec-kit": spec_kit,
    "openspec": openspec,
    "superpowers": superpowers,
    "conductor": conductor,
}


# --------------------------------------------------------------------- bytes


def plan(number: Number, dialect: str, is_odd: bool = True) -> bytes:
    """Draw a plan of one dialect as bytes; without `is_odd` it is as a careful person writes it."""
    pen = _pen(number, is_odd)
    lines = DIALECTS[dialect](pen)
    while lines and not lines[-1].strip():
        lines.pop()
    ends = pen.pick(
        (("\n",), ("\r\n",), *((("\r",), ("\n", "\r\n"), ("\r\n", "\n", "\r")) if is_odd else ()))
    )
    text = "".join(line + ends[i % len(ends)] for i, line in enumerate(lines))
    match number(0, 9 if is_odd else 7):
        case 6 | 7:
            text = text.rstrip("\r\n")
        case 8:
            text += ends[0] * 2
        case 9:
            text += "  "
    source = text.encode("utf-8")
    return BOM + source if pen.chance(10) else source


def words(number: Number) -> str:
    """Draw words as a person types them on a tracker."""
    pen = Pen(number, is_odd=False)
    return " ".join(["New", *(pen.pick((*_WORDS, *_FOREIGN)) for _ in pen.many(1, 4))])


def hostile_words(number: Number) -> str:
    """Draw words that mean something to Markdown, to a dialect or to us."""
    pen = Pen(number, is_odd=True)
    if pen.chance(40):
        return pen.pick(HOSTILE)
    return " ".join(pen.pick((*_WORDS, *_ODD)) for _ in pen.many(1, 4))


@st.composite
def plans(draw: DrawFn, dialect: str, is_odd: bool = True) -> bytes:
    return plan(lambda low, high: draw(st.integers(low, high)), dialect, is_odd)


@st.composite
def texts(draw: DrawFn, is_hostile: bool = False) -> str:
    return (hostile_words if is_hostile else words)(lambda low, high: draw(st.integers(low, high)))
