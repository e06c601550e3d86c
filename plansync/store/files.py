"""Plan files on disk: read whole, replaced whole, never half written."""

from __future__ import annotations

import hashlib
import itertools
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from plansync.errors import Moved, PlanError, PlanUnsure, StoreError
from plansync.store import replacing
from plansync.store.disk import DISK, Disk
from plansync.store.places import FOLDER, LOCAL
from plansync.store.replacing import Overwriting, Unreplaceable, Unsure

_WRITE_BITS = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
_PLAN_MAX_BYTES = 16 * 1024 * 1024
_REQUIREMENTS = "requirements.md"
_REQUIREMENTS_MAX_BYTES = 4 * 1024 * 1024
STATE_MAX_BYTES = 64 * 1024 * 1024
_HIDDEN = (b"*.jsonl.bad-*", b"*.jsonl.old-*")
"""What git is to overlook: a state file under another name is this machine's own, and no part of what is shared."""


def digest(content: bytes) -> str:
    """Name a content by its bytes."""
    return hashlib.sha256(content).hexdigest()


class PlanFiles:
    """One plan and its state file on disk.

    `former`: where the state file lay before the plan was moved. `record`: where a write in place is recorded.
    """

    def __init__(
        self, plan: Path, state: Path, record: Path, former: Path | None = None, disk: Disk = DISK
    ) -> None:
        self.plan, self.state, self.record, self.former, self.disk = plan, state, record, former, disk

    def read(self) -> bytes:
        """Read the plan; of one that a run left half written, the text that it had before.

        Raises: PlanError where it is missing, no file, too large, or not UTF-8.
        """
        content = _bytes_of(self.plan)
        cut_off = Overwriting.read(self.record)
        return _text(cut_off.old if cut_off and cut_off.is_torn(content) else content, self.plan)

    def clear_up(self) -> None:
        """Take away what a run that died left of its writes; whoever does holds the lock.

        Raises: PlanError, StoreError where that cannot be done.
        """
        target = self.plan.resolve()
        try:
            replacing.sweep(self.disk, target.parent, target.name)
            if cut_off := Overwriting.read(self.record):
                replacing.put_back(self.disk, target, self.record, cut_off)
        except OSError as error:
            raise PlanError(
                f"what a run that was cut off left cannot be cleared up: {error.strerror}", str(self.plan)
            ) from None
        try:
            for kept in (self.state, self.record):
                replacing.sweep(self.disk, kept.parent, kept.name)
        except OSError as error:
            raise StoreError(
                f"what a run that was cut off left beside {self.state} cannot be cleared up: {error.strerror}"
            ) from None

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

    def replace(self, content: bytes, expected: str) -> str:
        """Put new bytes in place of those with the digest `expected`, all at once.

        Gives the reason where the file could only be written over. Raises: Moved where it changed since it was
        read; PlanError where it cannot be written, PlanUnsure where nobody can say whether it is.
        """
        target = self.plan.resolve()

        def check() -> None:
            if digest(self.read()) != expected:
                raise Moved(
                    f"{self.plan.name} was saved by someone while plansync worked; nothing was overwritten"
                )

        check()
        try:
            try:
                replacing.replace_single(self.disk, target, content, check)
            except Unreplaceable as why:
                texts = Overwriting(self.read(), content)
                replacing.overwrite(self.disk, target, self.record, texts, check)
                return why.reason
        except Unsure as unsure:
            raise PlanUnsure(_doubt(unsure), str(self.plan)) from None
        except OSError as error:
            message = f"the plan cannot be written ({error.strerror}); it is unchanged"
            raise PlanError(message, str(self.plan)) from None
        return ""

    def read_state(self) -> bytes:
        """Read the state file, empty where there is none."""
        try:
            known = next((s for s in (self.state, self.former) if s and s.exists()), None)
            return read_state(known) if known else b""
        except OSError as error:
            raise StoreError(f"the state file {self.state} cannot be read: {error.strerror}") from None

    def write_state(self, content: bytes) -> None:
        """Write the state file if it differs, and take the former one away.

        Raises: StoreError where it cannot be written.
        """
        is_new = not self.state.exists() or self.read_state() != content
        try:
            if is_new:
                replacing.make_folders(self.disk, self.state.parent)
                replacing.replace(self.disk, self.state, content)
            if self.former:
                self.disk.delete(self.former)
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
                replacing.make_folders(self.disk, aside.parent)
                self._hide_asides()
                replacing.replace(self.disk, aside, content)
        except OSError as error:
            raise StoreError(f"{self.state} cannot be kept aside: {error.strerror}") from None
        return str(aside)

    def _hide_asides(self) -> None:
        """Have git overlook what is kept aside beside state files: their folder says so itself, as the local one does.

        That of the sandbox lies in the local one; a `.gitignore` that somebody wrote gets the missing lines.
        """
        folder = next((f for f in self.state.parents if f.name == FOLDER), None)
        if folder is None or self.state.is_relative_to(folder / LOCAL):
            return
        ignore = folder / ".gitignore"
        known = ignore.read_bytes() if ignore.exists() else b""
        lines = [line for line in _HIDDEN if line not in known.splitlines()]
        if lines:
            start = [b"/.gitignore"] if not known else [] if known.endswith(b"\n") else [b""]
            with ignore.open("ab") as end:
                end.write(b"\n".join([*start, *lines, b""]))

    def forget_state(self) -> None:
        """Delete the state file, and the folders that it leaves empty."""
        try:
            self.disk.delete(self.state)
            for folder in self.state.parents:
                if folder.name == FOLDER or not folder.is_dir() or any(folder.iterdir()):
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
        replacing.replace(DISK, path, content)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}") from None


def write_file(path: Path, content: bytes) -> None:
    """Replace a file that no run writes, such as the settings, and delete what a try that died left beside it.

    Raises: StoreError where it cannot be written.
    """
    try:
        replacing.sweep(DISK, path.parent, path.name)
    except OSError as error:
        raise StoreError(f"what was left beside {path} cannot be deleted: {error.strerror}") from None
    replace_file(path, content)


def read_plan(path: Path) -> bytes:
    """Read any plan; see `PlanFiles.read`."""
    return _text(_bytes_of(path), path)


def _bytes_of(path: Path) -> bytes:
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode) and not stat.S_ISDIR(about.st_mode):
            raise PlanError("this is no regular file", str(path))
        if about.st_size > _PLAN_MAX_BYTES:
            raise PlanError("the file is larger than 16 MB, which is no plan", str(path))
        return path.read_bytes()
    except FileNotFoundError:
        raise PlanError("there is no such file", str(path)) from None
    except IsADirectoryError:
        raise PlanError("this is a folder, not a plan; name a file in it", str(path)) from None
    except OSError as error:
        raise PlanError(f"the plan cannot be read: {error.strerror}", str(path)) from None


def _text(content: bytes, path: Path) -> bytes:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise PlanError("this is not UTF-8 text; save the plan as UTF-8", str(path), line) from None
    return content


def _doubt(unsure: Unsure) -> str:
    if unsure.is_torn:
        return (
            f"the plan could only be written half-way ({unsure.strerror}), and not be put back; its text before is "
            "kept, and the next run puts it back"
        )
    return f"the plan is written, but the disk does not say that it will last ({unsure.strerror}); run again"


def read_requirements(path: Path) -> str | None:
    """Read the requirements.md beside a plan; one that is too large or unreadable counts as none."""
    file = path.resolve().parent / _REQUIREMENTS
    try:
        if not file.is_file() or file.stat().st_size > _REQUIREMENTS_MAX_BYTES:
            return None
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
