"""The calls by which bytes and names reach the disk: a file is changed through these and no others.

What is written is only in memory until `sync`, a name only until `sync_folder`; where the machine dies
before that, any part of it may be there. `store.replacing` is built so that no such part does harm.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import Protocol

_FLAGS = os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_PRIVATE, _COMMON = 0o600, 0o666


class Disk(Protocol):
    """What may be done to a disk. Everything raises OSError, as the system says it."""

    def create(self, path: Path, *, like: Path | None) -> int: ...  # noqa: D102
    def open(self, path: Path) -> int: ...  # noqa: D102
    def write(self, handle: int, content: bytes) -> int: ...  # noqa: D102
    def cut(self, handle: int, size_bytes: int) -> None: ...  # noqa: D102
    def sync(self, handle: int) -> None: ...  # noqa: D102
    def close(self, handle: int) -> None: ...  # noqa: D102
    def rename(self, here: Path, there: Path) -> None: ...  # noqa: D102
    def delete(self, path: Path) -> None: ...  # noqa: D102
    def make_folder(self, path: Path) -> None: ...  # noqa: D102
    def sync_folder(self, folder: Path) -> None: ...  # noqa: D102


class SystemDisk:
    """The disk of this machine."""

    def create(self, path: Path, *, like: Path | None) -> int:
        """Make a file that is not there yet; `like`: one whose mode, owner and attributes it takes over.

        Whoever may not give a file away or set an attribute keeps what he may: the text matters more.
        """
        handle = os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, _PRIVATE if like else _COMMON)
        if like is not None:
            try:
                _take_after(handle, like)
            except OSError:
                os.close(handle)
                path.unlink()
                raise
        return handle

    def open(self, path: Path) -> int:
        """Open a file to write over it, from its first byte; what it holds stays until then."""
        return os.open(path, _FLAGS)

    def write(self, handle: int, content: bytes) -> int:
        """Write where the last write ended; says how many bytes were taken, which may be fewer."""
        return os.write(handle, content)

    def cut(self, handle: int, size_bytes: int) -> None:
        """Let a file end there."""
        os.ftruncate(handle, size_bytes)

    def sync(self, handle: int) -> None:
        """Wait until what was written to a file is on the disk."""
        os.fsync(handle)

    def close(self, handle: int) -> None:
        """Close a file."""
        os.close(handle)

    def rename(self, here: Path, there: Path) -> None:
        """Give a file another name, in place of whatever bears it."""
        here.replace(there)

    def delete(self, path: Path) -> None:
        """Take a name away, if it is there."""
        path.unlink(missing_ok=True)

    def make_folder(self, path: Path) -> None:
        """Make one folder, if it is not there."""
        path.mkdir(exist_ok=True)

    def sync_folder(self, folder: Path) -> None:
        """Wait until the names in a folder are on the disk."""
        if os.name == "posix":
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


DISK: Disk = SystemDisk()


def _take_after(handle: int, like: Path) -> None:
    about = like.stat()
    if hasattr(os, "fchown"):
        with contextlib.suppress(OSError):
            os.fchown(handle, about.st_uid, about.st_gid)
    os.fchmod(handle, stat.S_IMODE(about.st_mode))
    if hasattr(os, "listxattr"):
        with contextlib.suppress(OSError):
            for name in os.listxattr(like):
                os.setxattr(handle, name, os.getxattr(like, name))
