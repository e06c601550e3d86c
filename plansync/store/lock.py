"""One run a plan a machine: an operating-system lock that the kernel lets go of when we die."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from plansync.errors import Busy, StoreError

_BUSY = "another run is at work on this plan ({holder}); wait for it, then run again"


@contextmanager
def locked(path: Path, run: str, started: str, busy: str = _BUSY) -> Iterator[None]:
    """Hold a plan's lock; the file stays, what it says names the holder.

    Raises: Busy at once, with the words `busy`, where another run holds it.
    """
    holder = path.with_suffix(".holder")
    lock = filelock.FileLock(path, timeout=0)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
        holder.write_text(
            f"pid {os.getpid()} on {socket.gethostname()}, {run} since {started}\n", encoding="utf-8"
        )
    except filelock.Timeout:
        raise Busy(busy.format(holder=_name(holder))) from None
    except OSError as error:
        raise StoreError(f"the lock {path} cannot be taken: {error.strerror}") from None
    try:
        yield
    finally:
        lock.release()


def is_held(path: Path) -> bool:
    """Say whether a lock is held at this moment; what cannot be tried is not."""
    lock = filelock.FileLock(path, timeout=0)
    try:
        if not path.is_file():
            return False
        with lock:
            return False
    except filelock.Timeout:
        return True
    except OSError:
        return False


def _name(holder: Path) -> str:
    try:
        return holder.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "nobody knows which"
