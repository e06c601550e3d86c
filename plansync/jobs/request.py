"""Plan and state file back by a request: for branches that take no pushes.

One branch, rebuilt in each run on what is checked out, and one request for it. What the branch held, ids above all,
is brought to the files before the run, so that a task renamed meanwhile keeps its issue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from plansync.errors import PlansyncError, StoreError
from plansync.jobs.begun import Begun
from plansync.jobs.carrying import carried
from plansync.jobs.repository import GitFailed, Repository, Upstream
from plansync.jobs.writing_back import MESSAGE, Again, Tell, contents
from plansync.store.files import replace_file

BRANCH = "plansync/write-back"
BODY = (
    "Ids, ticks and what else plansync wrote into the plan, and its state file. Merge this whenever you like: each "
    "sync brings the branch up to date."
)
_ATTEMPTS = 3


@dataclass(frozen=True)
class Asking:
    """How a request to merge into a branch is made. `options`: what is said with the push.

    `ensure`: what is asked for after it, with the time of the commit where there was nothing to push.
    """

    options: Callable[[str], tuple[str, ...]] = lambda base: ()
    ensure: Callable[[str, str], str] = lambda base, since: ""


@dataclass
class Requested:
    """Writes to a branch of its own. `files`: plan and state files, those that may come to be too."""

    repository: Repository
    files: Sequence[Path]
    tell: Tell
    asking: Asking
    _base: Upstream = field(default_factory=lambda: Upstream("", ""))
    _there: str = ""
    _names: set[str] = field(default_factory=set)
    _clean: set[str] = field(default_factory=set)
    _left: dict[str, bytes | None] = field(default_factory=dict)
    _aside: list[str] = field(default_factory=list)
    _begun: Begun = field(init=False)

    def begin(self) -> None:
        """Bring what the branch holds to the files.

        Raises: StoreError where the remote cannot be read, or people use the branch for something else.
        """
        git = self.repository
        base = git.upstream()
        if base is None:
            raise StoreError('write_back = "merge-request" needs a branch that has an upstream')
        if base.branch == BRANCH:
            raise StoreError(f"{BRANCH} is plansync's own; check out the branch that it is to be merged into")
        self._base = base
        self._names = {git.name(path) for path in self.files}
        self._begun = Begun(git, git.name(self.files[0]))
        self._aside = self._put_aside() if self._begun.hold() else []
        if git.fetch(base) and git.contains(base.seen, "HEAD") and not git.contains("HEAD", base.seen):
            try:
                git.move_to(base.seen)
            except GitFailed as error:
                raise StoreError(
                    f"what others pushed could not be taken in ({error}); commit, and git pull"
                ) from None
        if all(git.is_clean(name) for name in self._names):  # else a person is at work here
            self._clean = set(self._names)
            self._begun.write(self._clean)
        for commit in self._aside:
            self._bring(carried(git, f"{commit}^", commit, self._read, "HEAD", may_be_squashed=True)[0])
        self._carry()
        self._left = contents(self.files)

    def has_changed(self) -> bool:
        """Compare the files with those that `begin` left; what an earlier run left there is on no branch yet."""
        return bool(self._aside) or contents(self.files) != self._left

    def abandon(self) -> None:
        """Put back what the last commit has: what the branch holds is on the branch."""
        for name in self._clean:
            self._put_back(name)
        self._begun.end()

    def finish(self, again: Again) -> None:
        """Rebuild the branch on what is checked out, and see that there is a request for it."""
        git = self.repository
        failed: PlansyncError | None = None
        for _ in range(_ATTEMPTS):
            changed = {name: self._read(name) for name in sorted(self._names) if not git.is_clean(name)}
            if not changed:
                self._drop()
                self.abandon()
                break
            commit = git.made("HEAD", changed, MESSAGE)
            is_there = self._is_there(commit)
            if is_there or self._is_pushed(commit):
                self.abandon()
                self._ask(is_there=is_there)
                break
            self._carry()
            try:
                again()
            except PlansyncError as error:  # what is joined is pushed all the same
                failed = error
        else:
            raise StoreError(f"others wrote to {BRANCH} {_ATTEMPTS} times meanwhile; run again")
        if failed is not None:
            raise failed

    def _ask(self, *, is_there: bool) -> None:
        since = self.repository.ask("log", "-1", "--format=%cI", self._there) if is_there else ""
        if told := self.asking.ensure(self._base.branch, since):
            self.tell(told)

    # the branch

    @property
    def _branch(self) -> Upstream:
        return Upstream(self._base.remote, BRANCH)

    def _carry(self) -> None:
        git = self.repository
        self._there = git.fetch(self._branch)
        if not self._there or git.contains("HEAD", self._there):
            return
        ancestor = self._ancestor()
        files, strange = carried(git, ancestor, self._there, self._read, "HEAD", may_be_squashed=True)
        if strange or not ancestor:
            raise StoreError(
                f"{BRANCH} on {self._base.remote} holds more than plan and state file"
                f"{f' ({strange[0]})' if strange else ''}; merge it, or delete it there"
            )
        self._bring(files)

    def _ancestor(self) -> str:
        """Say what the branch began with, also where the checkout holds one commit only; empty where nobody knows."""
        git = self.repository
        words = ("merge-base", "HEAD", self._there)
        if found := git.ask(*words):
            return found
        if git.ask("log", "-1", "--format=%s", self._there) == MESSAGE:  # nobody added to it
            return git.ask("rev-parse", "--verify", "--quiet", f"{self._there}^")
        git.deepen(self._base)
        return git.ask(*words)

    def _put_aside(self) -> list[str]:
        """Keep what a run left that did not come to its end, each part as a commit, and clear the files of it."""
        git = self.repository
        dirty = {name: self._read(name) for name in self._begun.names() if not git.is_clean(name)}
        earlier = self._begun.aside()  # a run was cut off before it had brought all of that back
        if not dirty:
            return [earlier] if earlier else []
        made = git.made(earlier or "HEAD", dirty, MESSAGE)
        self._begun.put_aside(made)
        for name in dirty:
            self._put_back(name)
        self.tell(f"taking up what a run left that did not come to its end: {', '.join(dirty)}")
        return [each for each in (earlier, made) if each]

    def _bring(self, files: Mapping[str, bytes | None]) -> None:
        """Bring what a commit holds to the files."""
        self._clean |= {name for name in files if name not in self._names and self.repository.is_clean(name)}
        self._names |= files.keys()
        if self._clean:
            self._begun.write(self._clean)
        for name, content in files.items():
            self._write(name, content)

    def _is_there(self, commit: str) -> bool:
        """Say whether the branch is built so already; only its time would be another."""
        git = self.repository
        same = [git.ask("rev-parse", f"{c}^{{tree}}", f"{c}^@") for c in (commit, self._there) if c]
        return len(same) == 2 and same[0] == same[1]

    def _is_pushed(self, commit: str) -> bool:
        """Push the branch over itself, if it is as it was seen."""
        lease = f"--force-with-lease=refs/heads/{BRANCH}:{self._there}"
        options = self.asking.options(self._base.branch)
        rejected = self.repository.push(
            self._base.remote,
            f"{commit}:refs/heads/{BRANCH}",
            lease,
            asks=options,
            unheard=lambda why: self.tell(
                f"{self._base.remote} made no request ({why}); make one by hand that merges {BRANCH} into "
                f"{self._base.branch}"
            ),
        )
        if rejected is None:
            self._there = commit
            self.tell(f"pushed to {self._base.remote}/{BRANCH}: {commit[:10]}")
            return True
        if not rejected.is_stale:
            raise StoreError(f"{self._base.remote} takes no push to {BRANCH}: {rejected.reason}")
        return False

    def _drop(self) -> None:
        """Take the branch away where it has nothing that is not merged."""
        if self._there:
            lease = f"--force-with-lease=refs/heads/{BRANCH}:{self._there}"
            self.repository.push(self._base.remote, f":refs/heads/{BRANCH}", lease)

    # the files

    def _read(self, name: str) -> bytes | None:
        path = self.repository.root / name
        return path.read_bytes() if path.is_file() else None

    def _write(self, name: str, content: bytes | None) -> None:
        path = self.repository.root / name
        try:
            if content is None:
                path.unlink(missing_ok=True)
                return
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{path} cannot be written: {error.strerror}") from None
        replace_file(path, content)

    def _put_back(self, name: str) -> None:
        self._write(name, self.repository.content("HEAD", name))
