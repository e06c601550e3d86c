"""Mending what a plan is known by: its own id, and the place that it is synced with."""

from __future__ import annotations

from collections.abc import Sequence

from plansync.document import marks
from plansync.document.edits import apply_edits
from plansync.errors import PlanError
from plansync.model import Base, Item, is_step
from plansync.store.files import digest
from plansync.store.header import NO_CONFIG
from plansync.store.state import Saved, Target
from plansync.sync.leave import stripped
from plansync.sync.project import Files
from plansync.sync.reading import Parse, require_plan

OLD = "old"
"""What a state file is called that was put aside because its plan is another one now."""


def rekey(files: Sequence[Files], parse: Parse, lineage: str, path: str) -> tuple[int, list[str]]:
    """Make a plan one of its own: without ids and links, with a new id; its state files are put aside.

    Returns how many ids and links were taken out, and where the state files are now.
    Raises: PlanError where the plan cannot be written.
    """
    source = files[0].read()
    require_plan(parse(source), path)
    content, count = stripped(source, parse)
    _replace(files[0], source, with_lineage(content, parse, lineage, path))
    return count, [aside for each in files if (aside := put_aside(each))]


def take_lineage(files: Files, parse: Parse, lineage: str, path: str) -> bool:
    """Write a plan's id into its last line; says whether it was another one.

    Raises: PlanError where the plan cannot be written.
    """
    source = files.read()
    document = parse(source)
    require_plan(document, path)
    if document.lineage == lineage:
        return False
    _replace(files, source, with_lineage(source, parse, lineage, path))
    return True


def with_lineage(source: bytes, parse: Parse, lineage: str, path: str) -> bytes:
    """Give a plan the last line that names it.

    Raises: PlanError where no line can follow.
    """
    document = parse(source)
    content = apply_edits(source, marks.footer(document, lineage))
    if document.open_end is not None or parse(content).lineage != lineage:
        raise PlanError("its last line cannot be written: a code fence or comment is never closed", path)
    return content


def _replace(files: Files, source: bytes, content: bytes) -> None:
    files.check_writable()
    files.replace(content, digest(source))


def put_aside(files: Files) -> str:
    """Keep a state file under another name; gives that, empty where there was none."""
    if not files.read_state():
        return ""
    aside = files.keep_state_aside(OLD)
    files.forget_state()
    return aside


def retargeted(saved: Saved, target: Target | None) -> Saved:
    """Keep the ids and forget issues and values; `target`: where to, `None` for wherever the next push goes."""
    known = {**saved.base.remote, **saved.base.local}
    local = {uid: Item(uid, item.kind) for uid, item in known.items() if not is_step(uid)}
    return Saved(saved.lineage, saved.path, target, Base(local, {}, {}), form=saved.form, config=NO_CONFIG)
