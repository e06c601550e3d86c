"""Plan and state file back to where they came from: as a commit on the branch that is checked out.

Before a sync what others pushed is taken in. After it plan and state file are committed, whatever it ended with, and
pushed. Where somebody pushed meanwhile the commit is joined with theirs, and the sync is made again on the result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from plansync.errors import PlansyncError, StoreError
from plansync.jobs.carrying import carried
from plansync.jobs.repository import GitFailed, Repository, Upstream

MESSAGE = "Sync the plan with its issues"
"""It names no issue and closes none, whatever plan and tasks are called."""
_STARTS_NOTHING = " [skip ci]"
_ATTEMPTS = 5

Again = Callable[[], None]
"""Makes the sync once more, on the files as they are now."""
Tell = Callable[[str], None]


class WriteBack(Protocol):
    """How a run's plan and state file are written back."""

    def begin(self) -> None:
        """Take in what others wrote, before the run."""
        ...

    def finish(self, again: Again) -> None:
        """Write back what the run left.

        Raises: StoreError where that did not succeed; the files stay as they are, and the next run writes them back.
        """
        ...

    def has_changed(self) -> bool:
        """Say whether the files are others than `begin` left."""
        ...

    def abandon(self) -> None:
        """Leave the files as they were found: the run wrote nothing."""
        ...


@dataclass
class Straight:
    """Commits to the branch that is checked out. `files`: plan and state files, those that may come to be too."""

    repository: Repository
    files: Sequence[Path]
    tell: Tell
    is_ci: bool = False
    _upstream: Upstream | None = None
    _obstacle: str = ""
    _left: dict[str, bytes | None] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """The files, as git names them."""
        return [self.repository.name(path) for path in self.files]

    def begin(self) -> None:
        """Fetch, and go on from what is there."""
        self._upstream = self.repository.upstream()
        if self._upstream is not None:
            try:
                if self.repository.fetch(self._upstream):
                    self._catch_up()
            except GitFailed as error:  # the sync is worth its while; what it leaves is committed here
                self.tell(f"what others pushed is not taken in: {error}")
        self._left = contents(self.files)

    def has_changed(self) -> bool:
        """Compare the files with those that `begin` left."""
        return contents(self.files) != self._left

    def abandon(self) -> None:
        """Change nothing: nothing was committed."""

    def finish(self, again: Again) -> None:
        """Commit, and push as often as it takes."""
        self._commit()
        if self._upstream is None:
            self.tell("not pushed: the branch has no upstream; git push -u origin HEAD makes it one")
            return
        failed: PlansyncError | None = None
        for _ in range(_ATTEMPTS):
            if not self._is_ahead() or self._is_pushed():
                break
            self.repository.fetch(self._upstream)
            self._catch_up()
            if self._obstacle:
                raise StoreError(f"committed and not pushed: {self._obstacle}")
            try:
                again()
            except PlansyncError as error:  # what is joined is pushed all the same
                failed = error
            self._commit()
        else:
            raise StoreError(
                f"others pushed {_ATTEMPTS} times meanwhile; what was committed is pushed by the next run"
            )
        if failed is not None:
            raise failed

    def _commit(self) -> None:
        message = MESSAGE + (_STARTS_NOTHING if self.is_ci else "")
        if made := self.repository.commit(self.names, message):
            self.tell(f"committed plan and state file: {made[:10]}")

    def _is_ahead(self) -> bool:
        assert self._upstream is not None
        return not self.repository.contains(self._upstream.seen, "HEAD")

    def _is_pushed(self) -> bool:
        """Push. Raises: StoreError where pushing again would not help."""
        assert self._upstream is not None
        if others := self._commits_of_others():
            self.tell(
                f"not pushed: {len(others)} commits before it are not either, and none of plansync's; git push"
            )
            return True
        remote, branch = self._upstream
        rejected = self.repository.push(remote, f"HEAD:refs/heads/{branch}")
        if rejected is None:
            self.tell(f"pushed to {remote}/{branch}")
            return True
        if not rejected.is_stale:
            raise StoreError(
                f"{remote} takes no push to {branch}: {rejected.reason}. Where it is protected: write_back = "
                '"merge-request" in plansync.toml; what was committed is on the branch here'
            )
        return False

    def _commits_of_others(self) -> list[str]:
        """List the commits that are not pushed yet and that people made."""
        assert self._upstream is not None
        subjects = self.repository.ask("log", "--format=%s", f"{self._upstream.seen}..HEAD").splitlines()
        return [subject for subject in subjects if not subject.startswith(MESSAGE)]

    def _catch_up(self) -> None:
        """Go on from the head of the upstream branch, with what was committed here and is not there."""
        assert self._upstream is not None
        seen, git = self._upstream.seen, self.repository
        self._obstacle = ""
        if git.contains("HEAD", seen):
            return
        try:
            git.move_to(seen if git.contains(seen, "HEAD") else self._joined(seen))
        except GitFailed as error:
            self._obstacle = f"what others pushed could not be taken in ({error}); commit, and git pull"

    def _joined(self, seen: str) -> str:
        """Join the commits that are only here, all of them a job's, with the branch.

        Raises: GitFailed where people's are among them, or something that is none of a job's.
        """
        git = self.repository
        if self._commits_of_others():
            raise GitFailed("commits that are not pushed are on the branch here")
        ancestor = git.ask("merge-base", "HEAD", seen)
        files, strange = carried(git, ancestor, "HEAD", lambda name: git.content(seen, name), seen)
        if not ancestor or strange:
            raise GitFailed("the branch has another history there")
        return git.made(seen, files, MESSAGE + (_STARTS_NOTHING if self.is_ci else ""))


def contents(files: Sequence[Path]) -> dict[str, bytes | None]:
    """Read files, those that are there."""
    return {str(path): path.read_bytes() if path.is_file() else None for path in files}
