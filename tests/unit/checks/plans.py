"""Plans for tests of checks: a text in, what is found in it out."""

from __future__ import annotations

from dataclasses import replace

from plansync.checks.context import Beside
from plansync.checks.finding import Finding
from plansync.checks.run import check, mended
from plansync.document import detect
from plansync.document.tree import Document
from plansync.document.view import snapshot
from plansync.model import Base

PHASE = "## Phase 1: Ground\n\n"


def read(text: str, path: str = "", dialect: str = "") -> Document:
    return detect.read(text.encode(), path, dialect)


def found(text: str, *, path: str = "", dialect: str = "", beside: Beside | None = None) -> list[Finding]:
    return check(read(text, path, dialect), beside or Beside("plan"))


def said(text: str, code: str, *, path: str = "", beside: Beside | None = None) -> list[str]:
    """List what one check says of a plan, with the lines."""
    return [f"{f.line}: {f.message}" for f in found(text, path=path, beside=beside) if f.code == code]


def codes(text: str, *, path: str = "", dialect: str = "", beside: Beside | None = None) -> set[str]:
    return {f.code for f in found(text, path=path, dialect=dialect, beside=beside)}


def fixed(text: str, *, beside: Beside | None = None) -> str:
    """Mend a plan as `--fix` does."""
    document = read(text)
    return mended(document, check(document, beside or Beside("plan")), detect.read).decode()


def remembering(text: str) -> Beside:
    """Stand beside a plan of which a state file remembers this text."""
    document = read(text)
    items = snapshot(document, "plan", milestones="phase").items
    bare = {uid: replace(item, at=None) for uid, item in items.items()}
    return Beside("plan", None, Base(bare, {}, bare), document.lineage)


def task(number: str, title: str, time: str = "", needs: str = "", steps: str = "") -> str:
    """Write a task; `steps`: one box letter each."""
    lines = [f"### Task {number}: {title}", ""]
    lines += [f"- [{letter}] Step {n}" for n, letter in enumerate(steps, 1)] + [""] * bool(steps)
    lines += [f"**Estimated Time**: {time}  "] * bool(time) + [f"**Dependencies**: {needs}"] * bool(needs)
    return "\n".join([*lines, "", ""])
