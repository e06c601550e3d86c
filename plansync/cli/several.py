"""One request for several plans: each is a run of its own, and what goes wrong with one stops no other.

What is told: each plan's own report under its name, then one summary; as JSON one document with all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from plansync.cli.door import say
from plansync.cli.outcome import OUTCOMES, worst
from plansync.cli.running import Ended, Performer
from plansync.errors import ExitCode
from plansync.text import in_line, neutralise

_WORDS = {
    ExitCode.DONE: "done",
    ExitCode.CONFLICTS: "with something to decide",
    ExitCode.PARTIAL: "partial",
    ExitCode.CHANGES_PENDING: "with changes pending",
}


def perform(performer: Performer, plans: Sequence[Path]) -> int:
    """Run for each plan, print, and return the worst of their exit codes."""
    all_: list[Ended] = []
    is_over = False
    for plan in plans:
        if not performer.is_json and not performer.common.quiet:
            _head(performer, plan, is_first=not all_)
        ended = _not_begun(performer, plan) if is_over else _run(performer, plan)
        is_over |= ended.code == ExitCode.INTERRUPTED or performer.is_late
        all_.append(ended)
        if not performer.is_json:
            _show(performer, ended)
        performer.tell_end(ended)
    return sum_up(performer, all_)


def sum_up(performer: Performer, all_: Sequence[Ended]) -> int:
    """Print the summary, or the one document, and return the exit code that counts."""
    code = worst(ended.code for ended in all_)
    if performer.is_json:
        from plansync.cli.documents import dumped, runs_document

        say(dumped(runs_document(performer.request.command, all_, code)))
    elif performer.request.format == "markdown":
        say("\n".join(["", *(neutralise(line.replace("<", "&lt;")) for line in _summary(all_, "- "))]))
    elif code or not performer.common.quiet:
        say("\n".join([""] * (not performer.common.quiet) + _summary(all_)))
    return code


def tell(performer: Performer, ended: Ended, *, is_first: bool) -> None:
    """Print one of several runs that are over."""
    if not performer.is_json and not performer.common.quiet:
        _head(performer, ended.plan, is_first=is_first)
    if not performer.is_json:
        _show(performer, ended)
    performer.tell_end(ended)


def _run(performer: Performer, plan: Path) -> Ended:
    """Run for one plan, whatever comes of it."""
    try:
        return performer.run(plan, catches=True)
    except KeyboardInterrupt:
        return _ended(performer, plan, "", ExitCode.INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - a bug that one plan brings out is told, and the others go on
        from plansync.cli.bug import told

        return _ended(performer, plan, f"this is a bug ({type(error).__name__})", told(error))


def _not_begun(performer: Performer, plan: Path) -> Ended:
    return _ended(performer, plan, "not begun; run again to go on", ExitCode.PARTIAL)


def _ended(performer: Performer, plan: Path, why: str, code: int) -> Ended:
    """Tell of a plan for which there was no run, or none that could say how it ended."""
    from plansync.errors import PlansyncError
    from plansync.sync.events import Report

    report = Report(performer.request.command, "", str(plan), error=PlansyncError(why) if why else None)
    report.is_interrupted = code == ExitCode.INTERRUPTED
    settings = performer.home.settings
    return Ended(plan, report, settings.kind, settings.repo or "", "", code, 0.0)


def _head(performer: Performer, plan: Path, *, is_first: bool) -> None:
    from plansync.cli.output import Writer

    name = in_line(str(plan))
    if performer.request.format == "markdown":
        say(f"{'' if is_first else chr(10)}## `{name.replace('`', '')}`\n")
        return
    Writer(performer.common.has_color).heading(f"{'' if is_first else chr(10)}{name}")


def _show(performer: Performer, ended: Ended) -> None:
    """Show a run; one that failed before it could look has nothing to show but why."""
    if ended.code and performer.common.quiet:
        _head(performer, ended.plan, is_first=True)
    if ended.report.run:
        performer.show(ended)
    elif performer.request.format == "markdown" and ended.report.error:
        say(f"Not looked at: {in_line(str(ended.report.error)).replace('<', '&lt;')}")


def _summary(all_: Sequence[Ended], mark: str = "  ") -> list[str]:
    """Count how the plans went, then name those that need somebody; why was said when it happened."""
    counts = Counter(_WORDS.get(ExitCode(ended.code), "failed") for ended in all_)
    words = ", ".join(f"{number} {word}" for word, number in counts.items())
    left = (in_line(f"{mark}{e.plan}: {OUTCOMES[e.code]} ({e.code})") for e in all_ if e.code)
    return [f"{len(all_)} {'plan' if len(all_) == 1 else 'plans'}: {words}.", *left]
