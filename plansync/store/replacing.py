"""How a file gets new content: all of it or none, whatever fails and whenever the machine dies.

The common way writes beside the file and renames over it. A file that cannot be replaced (its folder is
read-only, it has other names, it is mounted by itself) is written over in place; a record of both texts,
made first, is what the next run puts the old one back from if this one dies half-way.
"""

from __future__ import annotations

import contextlib
import errno
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from plansync.store.disk import Disk

_ENDING = ".plansync"
_SECTOR_BYTES = 512
"""The least that any disk writes as a whole."""
_KEPT_OUT = (errno.EACCES, errno.EPERM, errno.EROFS)
_CANNOT_RENAME = (*_KEPT_OUT, errno.EXDEV, errno.EBUSY)


class Unreplaceable(Exception):
    """A file that may not be replaced; nothing was done. `reason`: why, in a few words."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Unsure(OSError):
    """A write of which nobody knows what will be there after the machine stops; `error`: what failed.

    `is_torn`: it ended half-way and could not be taken back; the next run does that.
    """

    def __init__(self, error: OSError, *, is_torn: bool = False) -> None:
        self.error, self.is_torn = error, is_torn
        super().__init__(error.errno, error.strerror)


def replace(disk: Disk, target: Path, content: bytes, check: Callable[[], None] = lambda: None) -> None:
    """Write beside the target, make it durable, then rename over it; `check` may still refuse just before.

    Raises: OSError, and whatever `check` raises; the target is then as it was. Unsure, where it is replaced and
    may be as before after a crash.
    """
    like = target if target.exists() else None
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}{_ENDING}")
    handle = disk.create(temporary, like=like)
    try:
        _fill(disk, handle, content)
        check()
        disk.rename(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            disk.delete(temporary)
        raise
    try:
        disk.sync_folder(target.parent)
    except OSError as error:
        raise Unsure(error) from None


def replace_single(disk: Disk, target: Path, content: bytes, check: Callable[[], None]) -> None:
    """Replace a file that is there, unless that would make another file of it.

    Raises: Unreplaceable, where it can only be written over; else as `replace`.
    """
    if target.stat().st_nlink > 1:
        raise Unreplaceable("it has other names (hard links)")
    try:
        replace(disk, target, content, check)
    except OSError as error:
        if error.errno not in _CANNOT_RENAME:
            raise
        reason = "its folder is read-only" if error.errno in _KEPT_OUT else "it is mounted by itself"
        raise Unreplaceable(reason) from None


class Overwriting(NamedTuple):
    """A write in place: both texts, which the record holds as long as it is not over."""

    old: bytes
    new: bytes

    @classmethod
    def read(cls, record: Path) -> Overwriting | None:
        """Read a record, `None` where there is none."""
        try:
            size, _, texts = record.read_bytes().partition(b"\n")
            return cls(texts[: int(size)], texts[int(size) :])
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None

    def is_torn(self, content: bytes) -> bool:
        """Say whether a content is neither of both texts, but could be what a write that was cut off left."""
        shortest, longest = sorted((len(self.old), len(self.new)))
        if content in self or not shortest <= len(content) <= longest:
            return False
        texts = (content, *(text.ljust(longest, b"\0") for text in self))
        sectors = (
            [text[start : min(start + _SECTOR_BYTES, len(content))] for text in texts]
            for start in range(0, len(content), _SECTOR_BYTES)
        )
        return all(_is_cut(now, old, new) or _is_cut(now, new, old) for now, old, new in sectors)


def _is_cut(now: bytes, old: bytes, new: bytes) -> bool:
    """Say whether one sector begins as the new text and ends as the old one, or with nothing yet."""
    at = next((n for n, (one, other) in enumerate(zip(now, new, strict=False)) if one != other), len(now))
    return now[at:] in (old[at:], bytes(len(now) - at))


def overwrite(
    disk: Disk, target: Path, record: Path, texts: Overwriting, check: Callable[[], None] = lambda: None
) -> None:
    """Write over a file in place, once both texts are on record; `check` may still refuse just before.

    Raises: OSError, and whatever `check` raises; the target is then as it was. Unsure, where it is not.
    """
    try:
        _record(disk, record, texts)
        check()
    except Exception:
        with contextlib.suppress(OSError):
            forget(disk, record)
        raise
    try:
        _write_over(disk, target, texts.new)
    except OSError as error:
        _take_back(disk, target, texts.old, error)
        with contextlib.suppress(OSError):
            forget(disk, record)
        raise
    try:
        forget(disk, record)
    except OSError as error:
        raise Unsure(error) from None


def _record(disk: Disk, record: Path, texts: Overwriting) -> None:
    try:
        replace(disk, record, b"%d\n%b%b" % (len(texts.old), *texts))
    except Unsure as unsure:  # nothing may rest on it, and nothing does yet
        raise unsure.error from None


def _take_back(disk: Disk, target: Path, old: bytes, why: OSError) -> None:
    try:
        if target.read_bytes() != old:
            _write_over(disk, target, old)
    except OSError:
        raise Unsure(why, is_torn=True) from None


def put_back(disk: Disk, target: Path, record: Path, texts: Overwriting) -> None:
    """Undo a write in place that was cut off, and forget that it was begun."""
    if texts.is_torn(target.read_bytes()):
        _write_over(disk, target, texts.old)
    forget(disk, record)


def forget(disk: Disk, record: Path) -> None:
    """Take a record away for good: one that came back later would be taken at its word."""
    disk.delete(record)
    disk.sync_folder(record.parent)


def _write_over(disk: Disk, target: Path, content: bytes) -> None:
    handle = disk.open(target)
    _fill(disk, handle, content, is_over=True)


def _fill(disk: Disk, handle: int, content: bytes, *, is_over: bool = False) -> None:
    """Write everything, make it durable, close."""
    try:
        rest = content
        while rest:
            rest = rest[disk.write(handle, rest) :]
        if is_over:
            disk.cut(handle, len(content))
        disk.sync(handle)
    finally:
        disk.close(handle)


def make_folders(disk: Disk, folder: Path) -> None:
    """Make a folder with those above it, so that they are there after a crash as well."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        disk.make_folder(each)
        disk.sync_folder(each.parent)


def sweep(disk: Disk, folder: Path, name: str) -> None:
    """Delete what runs that died left beside a file; whoever sweeps must hold the file's lock."""
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            if path.name.startswith(f".{name}.") and path.name.endswith(_ENDING):
                disk.delete(path)
