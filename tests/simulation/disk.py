"""A disk that fails: real files, whose writes may be refused, fall short, or not be there after a crash.

What was not made durable is kept as a list of effects. After a crash any of them may be missing, and
any write may have come only in part; `Volume.possible` gives every such disk.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count, product
from pathlib import Path
from typing import Any

from plansync.errors import StoreError
from plansync.store import shelf
from plansync.store.disk import SystemDisk
from plansync.store.files import PlanFiles
from tests.simulation.world import Crash, Disk

Tree = Mapping[Path, bytes | None]
"""What is on a disk: its files, and `None` for a folder."""

UNSYNCED_MAX = 4
_GROWS = ("create", "write", "make_folder")
"""The calls that a full disk refuses."""


# ------------------------------------------------------------------- what may be lost


@dataclass(frozen=True, slots=True)
class Name:
    """Names of one folder now mean these files; `None`: no file."""

    files: Mapping[Path, int | None]

    @property
    def parts(self) -> Sequence[float]:
        return (0, 1)


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder was made."""

    path: Path

    @property
    def parts(self) -> Sequence[float]:
        return (0, 1)


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes were put into a file, or (`is_cut`) it was made to end there."""

    file: int
    start: int
    content: bytes = b""
    is_cut: bool = False

    @property
    def parts(self) -> Sequence[float]:
        return (0, 1) if self.is_cut else (0, 0.5, 1)

    def on(self, before: bytes, part: float) -> bytes:
        """Say what a file holds when that part of the write came through."""
        if self.is_cut:
            return before[: self.start].ljust(self.start, b"\0")
        come = self.content[: int(len(self.content) * part)]
        return before[: self.start].ljust(self.start, b"\0") + come + before[self.start + len(come) :]


Effect = Name | Folder | Content


class Volume:
    """What is durable, and what was done since."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.start()

    def start(self) -> None:
        """Take all that is there for durable."""
        self._numbers = count()
        self.files: dict[int, bytes] = {}
        self.names: dict[Path, int | None] = {}
        self.folders = {path for path in self.root.rglob("*") if path.is_dir()}
        self.effects: list[tuple[Effect, bool]] = []
        for path in sorted(self.root.rglob("*")):
            if path.is_file():
                self.names[path] = number = next(self._numbers)
                self.files[number] = path.read_bytes()
        self.current = dict(self.names)

    def add(self, effect: Effect) -> None:
        self.effects.append((effect, False))
        if isinstance(effect, Name):
            self.current.update(effect.files)

    def make(self, path: Path) -> int:
        number = next(self._numbers)
        self.files[number] = b""
        self.add(Name({path: number}))
        return number

    def keep(self, lasts: Iterable[bool]) -> None:
        """Make those effects durable."""
        self.effects = [(e, is_kept or now) for (e, is_kept), now in zip(self.effects, lasts, strict=True)]

    def keep_file(self, file: int) -> None:
        self.keep(isinstance(e, Content) and e.file == file for e, _ in self.effects)

    def keep_names(self, folder: Path) -> None:
        self.keep(
            (isinstance(e, Name) and all(path.parent == folder for path in e.files))
            or (isinstance(e, Folder) and e.path.parent == folder)
            for e, _ in self.effects
        )

    def possible(self) -> Iterator[Tree]:
        """List every disk that a crash may leave now."""
        loose = [effect for effect, is_kept in self.effects if not is_kept]
        assert len(loose) <= UNSYNCED_MAX, f"{len(loose)} effects at once are not durable: {loose}"
        seen = []
        for parts in product(*(effect.parts for effect in loose)):
            tree = self._tree(iter(parts))
            if tree not in seen:
                seen.append(tree)
                yield tree

    def _tree(self, parts: Iterator[float]) -> Tree:
        files, names, folders = dict(self.files), dict(self.names), set(self.folders)
        for effect, is_kept in self.effects:
            part = 1 if is_kept else next(parts)
            match effect:
                case Name() if part:
                    names.update(effect.files)
                case Folder() if part:
                    folders.add(effect.path)
                case Content():
                    files[effect.file] = effect.on(files[effect.file], part)
        there = {self.root, *folders}
        tree: dict[Path, bytes | None] = dict.fromkeys(f for f in folders if there.issuperset(self._above(f)))
        for path, number in names.items():
            if number is not None and there.issuperset(self._above(path)):
                tree[path] = files[number]
        return tree

    def _above(self, path: Path) -> Iterator[Path]:
        return (each for each in path.parents if each.is_relative_to(self.root))

    def put(self, tree: Tree) -> None:
        """Make a disk the one that is there."""
        for path in self.root.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        for path in sorted(tree, key=lambda p: len(p.parts)):
            content = tree[path]
            if content is None:
                path.mkdir()
            else:
                path.write_bytes(content)
        self.start()


# ------------------------------------------------------------------- what may fail


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens at the `at`-th call, and (`lasts`) at every later one that it concerns.

    `kind`: an error's name, `short` for half a write, `crash` for the end of the process and of the machine.
    """

    kind: str
    at: int
    lasts: bool = False

    def strikes(self, number: int, call: str) -> bool:
        if self.kind == "ENOSPC" and call not in _GROWS:
            return False
        return number >= self.at if self.lasts or self.kind == "crash" else number == self.at

    def __str__(self) -> str:
        return f"{self.kind} at call {self.at}{' and on' if self.lasts else ''}"


_NO_FAULT = Fault("", 0)
ERRORS = {
    "create": ("ENOSPC", "EIO", "EACCES"),
    "open": ("EIO",),
    "write": ("short", "ENOSPC", "EIO"),
    "cut": ("EIO",),
    "sync": ("EIO",),
    "close": ("EIO",),
    "rename": ("EIO", "EACCES", "EBUSY", "EXDEV"),
    "delete": ("EIO",),
    "make_folder": ("ENOSPC", "EIO"),
    "sync_folder": ("EIO",),
    "refused": (),
}
"""How each call may fail."""


@dataclass
class FaultyDisk(SystemDisk):
    """The real calls, but one of them goes wrong. `closed`: a folder in which no name may be made or changed."""

    root: Path
    fault: Fault = _NO_FAULT
    closed: Path | None = None
    calls: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.volume = Volume(self.root)
        self.handles: dict[int, tuple[int, int]] = {}

    def start(self, fault: Fault = _NO_FAULT) -> None:
        """Begin to count."""
        self.fault = fault
        self.calls.clear()
        self.volume.start()

    def _call(self, name: str, *names_in: Path) -> str:
        if any(folder == self.closed for folder in names_in):
            self.calls.append("refused")
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        self.calls.append(name)
        if not self.fault.strikes(len(self.calls), name) or not self.fault.at:
            return ""
        if self.fault.kind == "crash":
            raise Crash(name)
        if self.fault.kind == "short":
            return "short"
        number = getattr(errno, self.fault.kind)
        raise OSError(number, os.strerror(number))

    def create(self, path: Path, *, like: Path | None) -> int:
        self._call("create", path.parent)
        handle = super().create(path, like=like)
        self.handles[handle] = self.volume.make(path), 0
        return handle

    def open(self, path: Path) -> int:
        self._call("open")
        handle = super().open(path)
        number = self.volume.current[path]
        assert number is not None
        self.handles[handle] = number, 0
        return handle

    def write(self, handle: int, content: bytes) -> int:
        if self._call("write"):
            content = content[: (len(content) + 1) // 2]
        taken = super().write(handle, content)
        number, at = self.handles[handle]
        self.volume.add(Content(number, at, content[:taken]))
        self.handles[handle] = number, at + taken
        return taken

    def cut(self, handle: int, size_bytes: int) -> None:
        self._call("cut")
        super().cut(handle, size_bytes)
        self.volume.add(Content(self.handles[handle][0], size_bytes, is_cut=True))

    def sync(self, handle: int) -> None:
        self._call("sync")
        super().sync(handle)
        self.volume.keep_file(self.handles[handle][0])

    def close(self, handle: int) -> None:
        super().close(handle)  # whatever is said, it is closed
        del self.handles[handle]
        self._call("close")

    def rename(self, here: Path, there: Path) -> None:
        self._call("rename", here.parent)
        super().rename(here, there)
        self.volume.add(Name({there: self.volume.current[here], here: None}))

    def delete(self, path: Path) -> None:
        self._call("delete", path.parent)
        if path.exists():
            super().delete(path)
            self.volume.add(Name({path: None}))

    def make_folder(self, path: Path) -> None:
        self._call("make_folder")
        super().make_folder(path)
        self.volume.add(Folder(path))

    def sync_folder(self, folder: Path) -> None:
        self._call("sync_folder")
        super().sync_folder(folder)
        self.volume.keep_names(folder)


def faults(calls: Sequence[str]) -> Iterator[Fault]:
    """List everything that may go wrong in a run of calls, once and from there on."""
    for at, call in enumerate(calls, 1):
        for kind in ERRORS[call]:
            yield Fault(kind, at)
            yield Fault(kind, at, lasts=True)


def crashes(calls: Sequence[str]) -> Iterator[Fault]:
    """List the points at which a run of calls may die: before each, and after the last."""
    return (Fault("crash", at) for at in range(1, len(calls) + 2))


# ------------------------------------------------------------------- in a history


class OnDisk(Disk):
    """A plan and its state file as they really lie on a disk, for the histories of the simulation."""

    def __init__(self, root: Path, plan: bytes, *, is_closed: bool = False) -> None:
        (root / "docs").mkdir(parents=True)
        (root / ".plansync" / "local").mkdir(parents=True)
        self.files = PlanFiles(
            root / "docs" / "plan.md",
            root / ".plansync" / "docs" / "plan.md.jsonl",
            root / ".plansync" / "local" / "1.record",
        )
        super().__init__(plan)
        self.files.disk = self.faulty = FaultyDisk(root, closed=root / "docs" if is_closed else None)

    @property
    def plan(self) -> bytes:
        return self.files.read()

    @plan.setter
    def plan(self, content: bytes) -> None:
        self.files.plan.write_bytes(content)

    @property
    def state(self) -> bytes:
        return self.files.read_state()

    @state.setter
    def state(self, content: bytes) -> None:
        if content:
            self.files.write_state(content)
        else:
            self.files.forget_state()

    def leftovers(self) -> list[Path]:
        """List what lies on the disk besides the plan and its state file."""
        own = (self.files.plan, self.files.state)
        return [p for p in sorted(self.faulty.root.rglob("*")) if p.is_file() and p not in own]

    def clear_up(self) -> None:
        self.files.clear_up()

    def read(self) -> bytes:
        content = self.files.read()
        self.weather.point("read plan")
        return content

    def check_writable(self) -> None:
        self.files.check_writable()

    def replace(self, content: bytes, expected: str) -> str:
        self.weather.point("before plan")
        before = self.plan
        said = self.files.replace(content, expected)
        self.writes += 1
        self.before = before
        return said

    def read_state(self) -> bytes:
        return self.files.read_state()

    def write_state(self, content: bytes) -> None:
        self.weather.point("before state")
        self.writes += content != self.state
        self.files.write_state(content)

    def keep_state_aside(self, why: str) -> str:
        return self.files.keep_state_aside(why)

    def forget_state(self) -> None:
        self.files.forget_state()


class FailingDatabase(shelf.Database):
    """A local database that cannot be written at the `at`-th try, or (`lasts`) from there on."""

    at, lasts, tries = 0, False, 0

    @classmethod
    def made(cls) -> FailingDatabase:
        made = sqlite3.connect(":memory:", isolation_level=None, factory=cls)
        with closing(shelf.connect(None)) as source:
            source.backup(made)
        return made

    def start(self, at: int = 0, *, lasts: bool = False) -> None:
        """Begin to count."""
        self.at, self.lasts, self.tries = at, lasts, 0
        super().execute("PRAGMA query_only=0")

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        if sql.split()[0] not in ("SELECT", "ROLLBACK"):
            self.tries += 1
            is_due = self.tries >= self.at if self.lasts else self.tries == self.at
            if self.at and is_due and sql.startswith(("BEGIN", "COMMIT")):
                raise StoreError("the local database cannot be used")
            super().execute(f"PRAGMA query_only={int(bool(self.at and is_due))}")
        return super().execute(sql, parameters)
