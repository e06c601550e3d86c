"""Prints a report. Everything that came from outside passes `in_line` here."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from plansync.cli.because import because
from plansync.cli.columns import folded
from plansync.cli.context import is_dumb
from plansync.cli.door import say
from plansync.cli.lines import Line, ids_in_words, in_lines, is_id, sign_of
from plansync.cli.wording import differing, each_step, named, needs, places, summary, told
from plansync.model import Conflict, Drift, Field, Side, conflict_id
from plansync.sync.events import Done, Report, Status
from plansync.text import in_line

_SHOWN = (Status.PLANNED, Status.APPLIED, Status.DEFERRED, Status.UNKNOWN)


_NUMBER = re.compile(r"(?<![\w#&/])#(\d+)\b")
_PLAN_LINK = re.compile(r"\[#(\d+)\]\((https?://[^()\s]+)\)")
_PLACE = re.compile(r"\blines? \d+(?:(?: to |, |–)\d+)*")
_WITH_LINKS = {
    *("iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "rio", "Tabby"),
    *("xterm-kitty", "xterm-ghostty", "alacritty", "foot", "foot-extra", "wezterm", "contour"),
}
"""What `TERM_PROGRAM` or `TERM` is in terminals that show links. Source: their own documentation of OSC 8."""
_VTE_WITH_LINKS = 5000


def has_links(env: Mapping[str, str]) -> bool:
    """Say whether a terminal shows links: `FORCE_HYPERLINK`, as other tools read it, or else what it says it is."""
    if "FORCE_HYPERLINK" in env:
        return env["FORCE_HYPERLINK"] not in ("", "0", "false")
    vte = env.get("VTE_VERSION", "")
    is_known = {env.get("TERM_PROGRAM"), env.get("TERM")} & _WITH_LINKS
    is_new = vte.isdecimal() and int(vte) >= _VTE_WITH_LINKS
    return bool(is_known or is_new or {"WT_SESSION", "KONSOLE_VERSION", "DOMTERM"} & env.keys())


class Writer:
    """Prints for people: results on stdout, what went wrong on stderr.

    On a terminal lines are broken at its width, and `#12` and `line 31` lead to the issue and the plan where it can.
    `plan`: the file that lines are of.
    """

    def __init__(self, has_color: bool, plan: Path | None = None) -> None:
        self.has_color = has_color
        is_terminal = sys.stdout.isatty()
        self.width = shutil.get_terminal_size().columns if is_terminal else sys.maxsize
        self.has_links = is_terminal and not is_dumb() and has_links(os.environ)
        self._issues: Mapping[str, str] = {}
        self._plan = plan.resolve().as_uri() if plan else ""

    def style(self, text: str, **how: Any) -> str:
        """Colour a text where colours are wanted."""
        return typer.style(text, **how) if self.has_color else text

    def link(self, text: str, url: str) -> str:
        """Make a text lead somewhere, where the terminal can; the address is as it comes from a tracker."""
        is_plain = url.isascii() and url.isprintable() and " " not in url
        return f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\" if self.has_links and url and is_plain else text

    def link_file(self, text: str, path: str) -> str:
        """Make a text lead to a file on this machine."""
        return self.link(text, Path(path).resolve().as_uri())

    def say(self, text: str = "", indent: int | None = None) -> None:
        """Print one line, in as many as it takes; `indent`: where all but the first begin."""
        for line in folded(text, self.width, indent):
            say(self._with_links(line))

    def _with_links(self, line: str) -> str:
        if not self.has_links:
            return line
        line = _NUMBER.sub(lambda found: self.link(found[0], self._issues.get(found[1], "")), line)
        return _PLACE.sub(lambda found: self.link(found[0], self._plan), line)

    def leads_as_in(self, plan: str) -> None:
        """Let numbers lead where a plan's own links do."""
        if not self.has_links:
            return
        with contextlib.suppress(OSError):
            text = Path(plan).read_text(encoding="utf-8", errors="replace")
            self._issues = dict(_PLAN_LINK.findall(text))

    def _leads_to(self, report: Report) -> None:
        """Remember where the numbers of a report lead."""
        self._issues = {str(ref): url for ref, url in report.urls.items()}
        self._issues |= {
            str(done.ref): done.url
            for done in report.done
            if done.url and "milestone" not in done.operation.kind.replace("set-milestone", "")
        }

    def heading(self, text: str) -> None:
        """Print a heading."""
        self.say(self.style(text, bold=True))

    def report(self, report: Report, *, verbose: bool, quiet: bool) -> None:
        """Print what a run did, or would do."""
        self._leads_to(report)
        if not quiet:
            self._side(report, Side.REMOTE, "To the tracker", verbose)
            self._side(report, Side.LOCAL, "To the plan", verbose)
        self._conflicts(report)
        self._left(report)
        self._failures(report)
        if not quiet:
            self.notes(report)
            self.say(summary(report))
            if report.is_dry and (cost := needs(report)):
                self.say(cost)

    def notes(self, report: Report) -> None:
        """Print what there is to know besides."""
        for note in report.notes:
            self.say(self.style(f"note: {in_line(note.text)}", dim=True))

    def _side(self, report: Report, side: Side, title: str, verbose: bool) -> None:
        done = [d for d in report.done if d.operation.side is side and d.status in _SHOWN]
        if not done:
            return
        self.heading(title)
        if verbose:
            for each in done:
                self._line(report, Line(each))
                if each.operation.kind == "update-issue":
                    for words in each_step(report, each.operation):
                        self.say(f"      {in_line(words)}")
            return
        for line in in_lines([d for d in done if not is_id(d)]):
            self._line(report, line)
        if ids := [d for d in done if is_id(d)]:
            self.say(f"  {self.style('~', fg='yellow')} {ids_in_words(ids)}")

    def _line(self, report: Report, line: Line) -> None:
        done, op = line.done, line.done.operation
        sign = sign_of(op.kind)
        color = {"+": "green", "-": "red", "x": "red"}.get(sign, "yellow")
        is_issue = op.side is Side.REMOTE and (op.kind == "set-milestone" or "milestone" not in op.kind)
        number = f"#{done.ref}" if done.ref and is_issue else ""
        why = _why_not_now(report, done)
        rest = self.style(f" ({why})", dim=True) if why else ""
        if report.is_dry and (reason := because(report, op)):
            rest = self.style(f"  {reason}", dim=True) + rest
        words = in_line(line.words(report))
        self.say(f"  {self.style(sign, fg=color)} {number + ' ' if number else ''}{words}{rest}")

    def decisions(self, report: Report) -> None:
        """Print what is for a person to decide, and nothing else."""
        self._leads_to(report)
        self._conflicts(report)
        self._drifts(report)
        if not report.conflicts and not report.drifts and not report.error:
            self.say("Nothing to decide.")

    def suggestions(self, report: Report) -> None:
        """Print the commands that would link what looks alike."""
        lines = [note.text for note in report.notes if note.text.startswith("plansync link ")]
        for line in lines:
            self.say(in_line(line))
        if not lines and not report.error:
            self.say("No open issue looks like a task without an issue.")

    def _conflicts(self, report: Report) -> None:
        if not report.conflicts:
            return
        self.heading("For you to decide")
        for conflict in report.conflicts:
            self._item(report, conflict, differing(report, conflict))
            if conflict.field in (Field.EXISTENCE, Field.TWIN):
                self._ways(report, conflict)
                continue
            here, there = places(report, conflict)
            self.say(f"      {here or 'plan'}: {told(report, conflict.local)}")
            self.say(f"      {there or 'tracker'}: {told(report, conflict.remote)}")
        if fields := [c for c in report.conflicts if c.field not in (Field.EXISTENCE, Field.TWIN)]:
            key = conflict_id(fields[0].uid, fields[0].field) if len(fields) == 1 else "ID"
            both = "or make both sides say the same and run again"
            self.say(f"  Decide: plansync resolve {key} --take plan (or issue), {both}.")
        self.say("  Everything else goes on syncing.")

    def _drifts(self, report: Report) -> None:
        if not report.drifts:
            return
        self.heading("As somebody left it, and nothing waits for it")
        for drift in report.drifts:
            self._item(report, drift, drift.text)
            self._ways(report, drift)

    def _item(self, report: Report, about: Conflict | Drift, what: str) -> None:
        is_conflict = isinstance(about, Conflict)
        sign = self.style("!", fg="red", bold=True) if is_conflict else self.style("~", fg="yellow")
        name = in_line(named(report, about.uid))
        self.say(
            f"  {sign} {self.style(conflict_id(about.uid, about.field), bold=True)} {name}: {in_line(what)}"
        )

    def _ways(self, report: Report, about: Conflict | Drift) -> None:
        """List the ways out, each with the command that takes it."""
        from plansync.sync.ways import How, in_words

        key = conflict_id(about.uid, about.field)
        for how in report.ways.get((about.uid, about.field), ()):
            self.say(f"      plansync resolve {key} --how {how:<12} {in_words(How(how), about)}")

    def _left(self, report: Report) -> None:
        if report.left:
            self.heading("Changed since, so for you to do")
        for note in report.left:
            self.say(f"  {self.style('!', fg='red', bold=True)} {in_line(note.text)}")

    def _failures(self, report: Report) -> None:
        for done in report.done:
            is_told = report.error is not None and done.error == str(report.error)  # said once, at the end
            if done.error and done.status is not Status.SKIPPED and not is_told:
                name = report.labels.get(done.operation.uid, done.operation.uid)
                line = report.lines.get(done.operation.uid, 0)
                where = f" (line {line})" if line and "line " not in done.error else ""
                say(in_line(f"plansync: {done.operation.kind} {name}{where}: {done.error}"), err=True)


def _why_not_now(report: Report, done: Done) -> str:
    """Say of an operation that was not done what it waits for."""
    if done.status is Status.UNKNOWN:
        return "outcome unknown; the next run finds out"
    if done.status is not Status.DEFERRED:
        return ""
    match report.command, done.operation.side:
        case "push", Side.REMOTE:
            return "waits: pull first"
        case "push", Side.LOCAL:
            return "left to a pull"
        case "pull", Side.REMOTE:
            return "left to a push"
    return "deferred"
