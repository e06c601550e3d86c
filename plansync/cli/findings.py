"""Findings in the words of people, programs and CI systems.

Everything that comes from a plan or a file name is escaped here: no line of it can be a command to
the terminal or to the runner of a workflow.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plansync.checks.catalogue import CATALOGUE
from plansync.checks.finding import Finding, Severity
from plansync.cli.columns import line_width, shortened
from plansync.document.tree import Document
from plansync.errors import ExitCode
from plansync.text import in_line

if TYPE_CHECKING:
    from plansync.cli.output import Writer

_COLORS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_ANNOTATIONS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_GRADES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.NOTE: "info"}
_NAMED_MAX = 5
_WORST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Checked:
    """One plan, as it was read first, with what is left to say of it and what was mended.

    `document` is `None` where the file cannot be read.
    """

    path: str
    document: Document | None
    found: tuple[Finding, ...]
    fixed: tuple[Finding, ...] = ()

    @property
    def fixable(self) -> tuple[Finding, ...]:
        """What `--fix` would mend."""
        return tuple(f for f in self.found if f.fix and self.is_written)

    @property
    def dialect(self) -> str:
        """The form of the plan, empty where it cannot be read."""
        return self.document.dialect.name if self.document else ""

    @property
    def is_written(self) -> bool:
        """Whether plans of this form are written."""
        return self.document is not None and self.document.dialect.is_written


def exit_code(checked: Sequence[Checked]) -> int:
    """Say how a check ended: 1 where an error is left."""
    has_error = any(f.severity is Severity.ERROR for each in checked for f in each.found)
    return ExitCode.ERROR if has_error else ExitCode.DONE


# ------------------------------------------------------------------- for people


def print_findings(
    writer: Writer, checked: Sequence[Checked], *, quiet: bool, verbose: bool, fix: bool
) -> None:
    """Print each plan's findings in the order of its lines, then what they come to."""
    told: set[str] = set()
    is_first = True
    for each in checked:
        lines = list(_lines(writer, each, told if verbose else None, quiet=quiet))
        for line in [""] * bool(lines and not is_first) + lines:
            writer.say(line)
        is_first = is_first and not lines
    if not quiet:
        if not is_first:
            writer.say()
        for line in _closing(checked, fix):
            writer.say(line)


def _lines(writer: Writer, checked: Checked, told: set[str] | None, *, quiet: bool) -> Iterator[str]:
    """Write a plan's lines; `told`: the codes whose help was given, `None` where none is wanted."""
    path = in_line(checked.path)
    fixable = set(map(id, checked.fixable))
    for finding in checked.fixed:
        yield f"{path}:{finding.line}: mended {finding.code} {in_line(finding.message)}"
    for finding in checked.found:
        if quiet and finding.severity is Severity.NOTE:
            continue
        severity = writer.style(finding.severity.value, fg=_COLORS[finding.severity], bold=True)
        mark = writer.style(" [--fix]", dim=True) if id(finding) in fixable else ""
        place = writer.link_file(f"{path}:{finding.line}:{finding.column}", checked.path) + ":"
        yield f"{place} {severity} {finding.code} {in_line(finding.message)}{mark}"
        if told is not None and finding.code not in told:
            told.add(finding.code)
            yield writer.style(f"    {finding.help}", dim=True)


def _closing(checked: Sequence[Checked], fix: bool) -> Iterator[str]:
    counts = Counter(f.severity for each in checked for f in each.found)
    plans = _count(len(checked), "plan")
    said = [_count(counts[severity], severity.value) for severity in Severity if counts[severity]]
    fixed = sum(len(each.fixed) for each in checked)
    mended = f"{fixed} mended; " if fixed else ""
    yield f"{mended}{', '.join(said) or 'nothing found'} in {plans}."
    fixable = [each for each in checked if each.fixable]
    if fixable and not fix:
        count = sum(len(each.fixable) for each in fixable)
        names = [each.path for each in fixable[:_NAMED_MAX]] if len(fixable) <= _NAMED_MAX else []
        command = shlex.join(["plansync", "check", "--fix", *names])
        yield in_line(f"{count} can be mended: {command}")
    for each in checked if fix else ():
        if any(f.fix for f in each.found) and not each.is_written:
            name = in_line(each.path)
            yield f"{name} is in the form {each.dialect}, which is only read; nothing was mended in it."


def in_short(writer: Writer, checked: Checked) -> Iterator[str]:
    """Sum up one plan's findings for somebody who is about to push it: how many, and the worst of them."""
    counts = Counter(f.severity for f in checked.found)
    said = [_count(counts[severity], severity.value) for severity in Severity if counts[severity]]
    path = shlex.quote(checked.path)
    if not said:
        yield "plansync check finds nothing wrong."
        return
    yield in_line(f"plansync check {path} finds {', '.join(said)}:")
    order = list(Severity)
    worst = sorted(checked.found, key=lambda f: order.index(f.severity))
    for finding in worst[:_WORST_SHOWN]:
        severity = writer.style(finding.severity.value, fg=_COLORS[finding.severity], bold=True)
        words = in_line(f"{finding.code} {finding.message}")
        room = line_width() - 12 - len(f"{finding.severity.value}{finding.line}")
        yield f"  line {finding.line}: {severity} {shortened(words, room)}"
    if len(worst) > _WORST_SHOWN:
        yield f"  and {len(worst) - _WORST_SHOWN} more"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


# ----------------------------------------------------------------- for programs


def described(finding: Finding) -> dict[str, Any]:
    """Write one finding for a JSON document."""
    return {
        "code": finding.code,
        "name": CATALOGUE[finding.code].name,
        "severity": finding.severity.value,
        "line": finding.line,
        "column": finding.column,
        "end_column": finding.end_column,
        "message": finding.message,
        "help": finding.help,
        "fixable": bool(finding.fix),
    }


def as_json(checked: Sequence[Checked]) -> str:
    """Write the document `plansync/check/1`."""
    from plansync.cli.documents import dumped

    counts = Counter(f.severity for each in checked for f in each.found)
    return dumped(
        {
            "schema": "plansync/check/1",
            "plans": [
                {
                    "path": each.path,
                    "dialect": each.dialect,
                    "is_written": each.is_written,
                    "findings": [described(f) for f in each.found],
                    "fixed": [described(f) for f in each.fixed],
                }
                for each in checked
            ],
            "counts": {
                **{f"{severity.value}s": counts[severity] for severity in Severity},
                "fixed": sum(len(each.fixed) for each in checked),
            },
        }
    )


# --------------------------------------------------------------- for CI systems


def workflow_commands(checked: Sequence[Checked]) -> str:
    """Write one workflow command a finding. Source: GitHub Actions docs, "Workflow commands"."""
    lines = []
    for each in checked:
        file = property_(from_repository(each.path))
        for f in each.found:
            title = property_(f"{f.code} {CATALOGUE[f.code].name}")
            place = f"file={file},line={f.line},col={f.column},title={title}"
            lines.append(f"::{_ANNOTATIONS[f.severity]} {place}::{escaped(f.message)}")
    return "\n".join([*lines, *_closing_without_names(checked)])


def _closing_without_names(checked: Sequence[Checked]) -> list[str]:
    return list(_closing(checked, fix=False))[:1]


def escaped(text: str) -> str:
    """Write a message of a workflow command."""
    return in_line(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def property_(text: str) -> str:
    """Write a property of a workflow command."""
    return escaped(text).replace(":", "%3A").replace(",", "%2C")


def code_quality(checked: Sequence[Checked]) -> str:
    """Write a code quality report. Source: GitLab docs, "Code Quality report format".

    A fingerprint is made of path, code and the line's text, so that it stays when lines above change.
    """
    from plansync.cli.documents import dumped

    found = [(each, f) for each in checked for f in each.found]
    seen: Counter[tuple[str, str, str]] = Counter()
    report = []
    for each, finding in found:
        path = from_repository(each.path)
        key = (path, finding.code, finding.excerpt)
        name = json.dumps([*key, seen[key]])
        seen[key] += 1
        report.append(
            {
                "description": in_line(finding.message),
                "check_name": finding.code,
                "fingerprint": hashlib.sha256(name.encode()).hexdigest(),
                "severity": _GRADES[finding.severity],
                "location": {"path": path, "lines": {"begin": finding.line}},
            }
        )
    return dumped(report)


def from_repository(path: str) -> str:
    """Write a path from the work tree's root, as CI systems name files; as it is outside of one."""
    from plansync import config

    root = config.git_root(Path(path).parent)
    if root and Path(path).resolve().is_relative_to(root):
        return Path(path).resolve().relative_to(root).as_posix()
    return Path(path).as_posix()
