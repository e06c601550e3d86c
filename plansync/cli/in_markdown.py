"""A run's report as Markdown. Everything that came from outside passes `in_line` here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from plansync.cli.because import because
from plansync.cli.lines import Line, ids_in_words, in_lines, is_id, sign_of
from plansync.cli.wording import counted, named, needs, said, summary
from plansync.model import Side, conflict_id
from plansync.sync.events import Report
from plansync.text import in_line, neutralise


def markdown(report: Report) -> str:
    """Write a changeset as Markdown, for a comment or a job summary."""
    lines = [_merging(report), ""] if report.is_dry else []
    for side, title in ((Side.REMOTE, "To the tracker"), (Side.LOCAL, "To the plan")):
        done = [d for d in report.done if d.operation.side is side]
        texts = [_line(report, line) for line in in_lines([d for d in done if not is_id(d)])]
        texts += [f"`~` {ids_in_words(ids)}"] if (ids := [d for d in done if is_id(d)]) else []
        lines += [f"### {title}", "", *_bullets(texts), ""] if texts else []
    if report.conflicts:
        words = (
            f"{named(report, c.uid)}: {c.field.in_words}: plan {said(c.local)}, issue {said(c.remote)}"
            f" (`plansync resolve {conflict_id(c.uid, c.field)}`)"
            for c in report.conflicts
        )
        lines += ["### For you to decide", "", *_bullets(words), ""]
    return "\n".join(
        [*lines, " ".join(filter(None, (summary(report), needs(report) if report.is_dry else "")))]
    )


def _line(report: Report, line: Line) -> str:
    """Say one line, with the reason where this is still to be done."""
    op = line.done.operation
    number = (
        f"#{line.done.ref} "
        if line.done.ref and op.side is Side.REMOTE and "-milestone" not in op.kind
        else ""
    )
    reason = because(report, op) if report.is_dry else ""
    return f"`{sign_of(op.kind)}` {number}{line.words(report)}{f' ({reason})' if reason else ''}"


def _merging(report: Report) -> str:
    """Say in one sentence what becomes of issues once this is done: on a branch, when it is merged."""
    kinds = Counter(d.operation.kind for d in report.done)
    words = [
        f"{verb} {counted(number, 'issue')}"
        for verb, kind in (
            ("creates", "create-issue"),
            ("closes", "close-issue"),
            ("reopens", "reopen-issue"),
        )
        if (number := kinds[kind])
    ]
    changed = kinds["update-issue"]
    words += [f"changes {counted(changed, 'issue text')}"] if changed else []
    said = " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
    return f"Merging this {said or 'changes no issue'}."


def _bullets(texts: Iterable[str]) -> list[str]:
    """List texts; none of them can be a tag or a picture, name a person, or link an issue."""
    plain = (in_line(text).replace("<", "&lt;").replace("![", "!\\[") for text in texts)
    return [f"- {neutralise(text)}" for text in plain]
