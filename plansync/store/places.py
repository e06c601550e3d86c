"""Where a plan's state file lies: at its own path, or where it was left behind when the plan was moved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from plansync.store import header, state
from plansync.text import UID_PATTERN

FOLDER, LOCAL = ".plansync", "local"
_FOOTER = re.compile(rb"<!-- plansync plan=([0-9a-z]{8}) -->")
_MARKER = re.compile(rf"<!--[ \t]*plansync:({UID_PATTERN})[ \t]*(?:#|-->)".encode())
_FILE_MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Kept:
    """A state file of a project, and what its first line says.

    `path`: its plan's, from the root, as that line says; `own`: as the file's own place says.
    """

    file: Path
    lineage: str
    path: str
    own: str

    def is_orphan(self, root: Path, moved: Path | None = None) -> bool:
        """Say whether its plan is at neither place; a link to where it was `moved` is none."""
        return not any(
            (root / name).exists() and not (moved and (root / name).resolve() == moved.resolve())
            for name in (self.path, self.own)
        )


def file_of(root: Path, name: str, *, is_local: bool) -> Path:
    """Name the state file of the plan at a path from the root; the sandbox's is this machine's own."""
    folder = root / FOLDER / LOCAL if is_local else root / FOLDER
    return folder / f"{name}.jsonl"


def kept(root: Path, *, is_local: bool) -> Iterator[Kept]:
    """List the state files of a project that can be read: those with a tracker, or those with the sandbox."""
    local = root / FOLDER / LOCAL
    folder = local if is_local else root / FOLDER
    for file in sorted(folder.rglob("*.jsonl")) if folder.is_dir() else ():
        if file.is_relative_to(local) is is_local and file.is_file():
            first = state.header_in(file)
            if first is not None:
                own = file.relative_to(folder).as_posix().removesuffix(".jsonl")
                yield Kept(file, first.lineage, first.path or own, own)


def left_behind(root: Path, plan: Path, own: Path, *, is_local: bool) -> Kept | None:
    """Find the state file that a plan left behind when it was moved; `own`: the one at its path.

    Known by the last line of the plan, or, where that is lost, by most of its ids. A file whose plan is
    still there is never meant; a link to this one is no plan of its own. Where its own is there already, a run died
    before it took the old one away.
    """
    if not plan.is_file() or plan.stat().st_size > _FILE_MAX_BYTES:
        return None
    gone = [k for k in kept(root, is_local=is_local) if k.file != own and k.is_orphan(root, plan)]
    if own.exists() or not gone:
        now = state.header_in(own) if gone else None
        return next((k for k in gone if now and k.lineage == now.lineage), None)
    source = plan.read_bytes()
    if footer := _FOOTER.search(source.rstrip().rpartition(b"\n")[2]):
        lineage = footer[1].decode()
        return next((k for k in gone if k.lineage == lineage), None)
    ids = {uid.decode() for uid in _MARKER.findall(source)}
    same = [k for k in gone if ids and 2 * len(ids & _ids(k.file)) > len(ids)]
    return same[0] if len(same) == 1 else None


def _ids(file: Path) -> set[str]:
    """List the uids of a state file, as far as its lines can be read."""
    if file.stat().st_size > _FILE_MAX_BYTES:
        return set()
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return {value for line in lines if line.startswith('"') and isinstance(value := header.plain(line), str)}
