"""Plan files on disk: read whole, replaced whole, never half written."""

from __future__ import annotations

import hashlib
import itertools
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from plansync.errors import Moved, PlanError, StoreError

_WRITE_BITS = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
_PLAN_MAX_BYTES = 16 * 1024 * 1024
STATE_MAX_BYTES = 64 * 1024 * 1024


def digest(content: bytes) -> str:
    """Name a content by its bytes."""
    return hashlib.sha256(content).hexdigest()


class PlanFiles:
    """One plan and its state file on disk. `former`: where the state file lay before the plan was moved."""

    def __init__(self, plan: Path, state: Path, former: Path | None = None) -> None:
        self.plan, self.state, self.former = plan, state, former

    def read(self) -> bytes:
        """Read the plan.

        Raises: PlanError where it is missing, no file, too large, or not UTF-8.
        """
        return read_plan(self.plan)

    def check_writable(self) -> None:
        """Refuse a plan that a run could not write, before it writes anything anywhere.

        A read-only file counts even where its folder would let us replace it: somebody meant it.
        """
        target = self.plan.resolve()
        try:
            mode = target.stat().st_mode
        except OSError as error:
            raise PlanError(f"the plan cannot be read: {error.strerror}", str(self.plan)) from None
        if not mode & _WRITE_BITS or not os.access(target, os.W_OK):
            raise PlanError(
                "the plan is read-only; make it writable (chmod u+w) and run again", str(self.plan)
            )
        if not os.access(target.parent, os.W_OK):
            raise PlanError("its folder is read-only, so the plan cannot be replaced safely", str(self.plan))

    def replace(self, content: bytes, expected: str) -> None:
        """Put new bytes in place of those with the digest `expected`, all at once.

        Raises: Moved where the file changed since it was read; PlanError where it cannot be written.
        """
        target = self.plan.resolve()
        if digest(read_plan(target)) != expected:
            raise Moved(
                f"{self.plan.name} was saved by someone while plansync worked; nothing was overwritten"
            )
        try:
            _replace(target, content)
        except OSError as error:
            message = f"the plan cannot be written ({error.strerror}); it is unchanged"
            raise PlanError(message, str(self.plan)) from None

    def read_state(self) -> bytes:
        """Read the state file, empty where there is none."""
        try:
            known = next((s for s in (self.state, self.former) if s and s.exists()), None)
            return read_state(known) if known else b""
        except OSError as error:
            raise StoreError(f"the state file {self.state} cannot be read: {error.strerror}") from None

    def write_state(self, content: bytes) -> None:
        """Write the state file if it differs.

        Raises: StoreError where it cannot be written.
        """
        if self.state.exists() and self.read_state() == content:
            return
        try:
            self.state.parent.mkdir(parents=True, exist_ok=True)
            _replace(self.state, content)
            if self.former:
                self.former.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"the state file {self.state} cannot be written: {error.strerror}") from None

    def keep_state_aside(self, why: str) -> str:
        """Copy the state file to a name of its own, `<name>.<why>-<n>`, before it is replaced; gives that name.

        The same content is kept once. Raises: StoreError where it cannot be written.
        """
        content = self.read_state()
        try:
            aside = next(p for p in _asides(self.state, why) if not p.exists() or p.read_bytes() == content)
            if not aside.exists():
                aside.parent.mkdir(parents=True, exist_ok=True)
                _replace(aside, content)
        except OSError as error:
            raise StoreError(f"{self.state} cannot be kept aside: {error.strerror}") from None
        return str(aside)

    def forget_state(self) -> None:
        """Delete the state file, and the folders that it leaves empty."""
        try:
            self.state.unlink(missing_ok=True)
            for folder in self.state.parents:
                if folder.name == ".plansync" or not folder.is_dir() or any(folder.iterdir()):
                    break
                folder.rmdir()
        except OSError as error:
            raise StoreError(f"the state file {self.state} cannot be deleted: {error.strerror}") from None


def _asides(state: Path, why: str) -> Iterator[Path]:
    return (state.with_name(f"{state.name}.{why}-{number}") for number in itertools.count(1))


def read_state(path: Path) -> bytes:
    """Read any state file.

    Raises: OSError; StoreError where it is no file of its own (a link may come with anybody's change, and
    lead anywhere), or too large to be one of ours.
    """
    about = path.lstat()
    if not stat.S_ISREG(about.st_mode):
        raise StoreError(f"{path} is a link or no regular file; move it away, and run again")
    if about.st_size > STATE_MAX_BYTES:
        raise StoreError(
            f"{path} is larger than {STATE_MAX_BYTES // 2**20} MB, which is no state file; move it away, and run again"
        )
    return path.read_bytes()


def replace_file(path: Path, content: bytes) -> None:
    """Replace any file, all at once.

    Raises: StoreError where it cannot be written.
    """
    try:
        _replace(path, content)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}") from None


def read_plan(path: Path) -> bytes:
    """Read any plan; see `PlanFiles.read`."""
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode) and not stat.S_ISDIR(about.st_mode):
            raise PlanError("this is no regular file", str(path))
        if about.st_size > _PLAN_MAX_BYTES:
            raise PlanError("the file is larger than 16 MB, which is no plan", str(path))
        content = path.read_bytes()
    except FileNotFoundError:
        raise PlanError("there is no such file", str(path)) from None
    except IsADirectoryError:
        raise PlanError("this is a folder, not a plan; name a file in it", str(path)) from None
    except OSError as error:
        raise PlanError(f"the plan cannot be read: {error.strerror}", str(path)) from None
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise PlanError("this is not UTF-8 text; save the plan as UTF-8", str(path), line) from None
    return content


def _replace(target: Path, content: bytes) -> None:
    """Write beside the target, make it durable, then rename over it."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".plansync", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            if target.exists():
                os.fchmod(file.fileno(), stat.S_IMODE(target.stat().st_mode))
            else:
                os.fchmod(file.fileno(), 0o666 & ~_umask())
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
