"""One run a plan a machine: an operating-system lock that the kernel lets go of when we die."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from plansync.errors import Busy, StoreError


@contextmanager
def locked(path: Path, run: str, started: str) -> Iterator[None]:
    """Hold a plan's lock; the file stays, what it says names the holder.

    Raises: Busy at once where another run holds it.
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
        raise Busy(
            f"another run is at work on this plan ({_name(holder)}); wait for it, then run again"
        ) from None
    except OSError as error:
        raise StoreError(f"the lock {path} cannot be taken: {error.strerror}") from None
    try:
        yield
    finally:
        lock.release()


def _name(holder: Path) -> str:
    try:
        return holder.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "nobody knows which"
