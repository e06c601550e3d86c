"""That a run has begun to write into files which were as the last commit has them, noted in git's own folder.

A run that comes to its end takes its note away. One that finds a note knows whose the changes in these files are: not
those of a person at work, but what a run left that was killed, or could not push.
"""

from __future__ import annotations

from collections.abc import Collection
from hashlib import sha256
from pathlib import Path

import filelock

from plansync.jobs.repository import Repository
from plansync.store.files import replace_file


class Begun:
    """The note of the runs for one plan in one work tree. `plan`: its name from the root."""

    def __init__(self, repository: Repository, plan: str) -> None:
        self.repository = repository
        short = sha256(plan.encode()).hexdigest()[:8]
        folder = Path(repository.ask("rev-parse", "--absolute-git-dir")) / "plansync"
        self._note, self._ref = folder / f"{short}.begun", f"refs/worktree/plansync/{short}"
        self._lock = filelock.FileLock(folder / f"{short}.lock", timeout=0)

    def hold(self) -> bool:
        """Take the note over, until the end of this run; not from one that is still at work."""
        try:
            self._note.parent.mkdir(exist_ok=True)
            self._lock.acquire()
        except (filelock.Timeout, OSError):
            return False
        return True

    def names(self) -> list[str]:
        """Name the files that a run wrote into which did not come to its end."""
        try:
            return [name for name in self._note.read_text("utf-8").split("\0") if name]
        except OSError:
            return []

    def write(self, names: Collection[str]) -> None:
        """Note that from here on what changes in these files is a run's.

        Raises: StoreError.
        """
        if self._lock.is_locked:
            replace_file(self._note, "\0".join(sorted(names)).encode())

    def aside(self) -> str:
        """Name the commit in which what was left was put aside before."""
        return self.repository.ask("rev-parse", "--verify", "--quiet", self._ref)

    def put_aside(self, commit: str) -> None:
        """Keep a commit until the end of a run, whatever becomes of this one."""
        self.repository.run("update-ref", self._ref, commit)

    def end(self) -> None:
        """Come to the end: nothing is left."""
        if self._lock.is_locked:
            self._note.unlink(missing_ok=True)
            if self.aside():
                self.repository.run("update-ref", "-d", self._ref)
            self._lock.release()
