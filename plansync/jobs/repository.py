"""The git work tree that a job writes to: commits, and pushes, and never over what is not committed."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from plansync.errors import ConfigError, StoreError

_LOCAL_S, _REMOTE_S = 60, 180
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]*@")
_NOBODY = ("plansync", "plansync@localhost.invalid")
"""Who commits where git knows nobody: a fresh container."""
_FILE = "100644"
_KNOWS_NO_OPTIONS, _MADE_NOTHING = b"does not support push options", "Error encountered with push options"
_STALE = (
    "(fetch first)",
    "(non-fast-forward)",
    "(stale info)",
    "(failed to update ref)",
    "(incorrect old value",
)
"""How git says that somebody pushed meanwhile; the last two where that was during the push itself."""


class GitFailed(StoreError):
    """Git refused, or could not."""


class Upstream(NamedTuple):
    """Where a branch is pushed to, and how git calls what was last seen there."""

    remote: str
    branch: str

    @property
    def seen(self) -> str:
        """The remote-tracking ref."""
        return f"refs/remotes/{self.remote}/{self.branch}"


class Rejected(NamedTuple):
    """Why a push did not land. `is_stale`: somebody pushed meanwhile, so that it may land when it is joined."""

    reason: str
    is_stale: bool


@dataclass(frozen=True)
class Repository:
    """A work tree. `is_attended`: whether git may ask for a password."""

    root: Path
    is_attended: bool = False
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    @classmethod
    def at(cls, folder: Path, *, is_attended: bool) -> Repository:
        """Find the work tree that holds a folder.

        Raises: ConfigError where there is none with a commit, or no git.
        """
        found = cls(folder, is_attended)
        root = found.ask("rev-parse", "--show-toplevel")
        if not root or not found.ask("rev-parse", "--quiet", "--verify", "HEAD"):
            raise ConfigError(
                "--commit needs a git repository with a commit, and git; commit the plan by hand first"
            )
        return cls(Path(root), is_attended)

    # asking

    def ask(self, *words: str) -> str:
        """Ask git; empty where it has no answer."""
        done = self._git(words, _LOCAL_S)
        return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else ""

    def name(self, path: Path) -> str:
        """Name a file from the root, as git does.

        Raises: ConfigError where it lies elsewhere, perhaps behind a link.
        """
        there, root = path.resolve(), self.root.resolve()
        if not there.is_relative_to(root):
            raise ConfigError(f"{path} is not in {root}, so it cannot be committed there")
        return there.relative_to(root).as_posix()

    def blob(self, revision: str, name: str) -> str:
        """Name the content of a file in a commit; empty where it has no such file.

        Raises: GitFailed.
        """
        done = self._git(("rev-parse", "--quiet", "--verify", f"{revision}:{name}"), _LOCAL_S)
        if done.returncode not in (0, 1):  # that is no answer, and no file would be one
            raise GitFailed(f"git rev-parse: {_said(done)}")
        return done.stdout.decode().strip() if done.returncode == 0 else ""

    def content(self, revision: str, name: str) -> bytes | None:
        """Read a file of a commit as it would be checked out; `None` where it is not there."""
        if not self.blob(revision, name):
            return None
        return self.run("cat-file", "--filters", f"{revision}:{name}")

    def hashed(self, name: str, content: bytes) -> str:
        """Keep a content in git; says its name there."""
        return self.run("hash-object", "-w", "--stdin", "--path", name, given=content).decode().strip()

    def is_clean(self, name: str) -> bool:
        """Say whether a file is as the last commit has it; one that git ignores is.

        Raises: GitFailed; a file of which nothing is known is not clean.
        """
        words = ("status", "--porcelain", "--untracked-files=all", "--", f":(top,literal){name}")
        return not self.run(*words, env={"GIT_OPTIONAL_LOCKS": "0"}).strip()

    def changed(self, one: str, other: str) -> list[str]:
        """List the files in which two commits differ."""
        said = self.run("diff", "--name-only", "--no-renames", "-z", one, other).decode("utf-8", "replace")
        return [name for name in said.split("\0") if name]

    def moved(self, one: str, other: str) -> dict[str, str]:
        """Say which files have another name in a later commit."""
        words = ("diff", "--name-status", "--find-renames", "--diff-filter=R", "-z", one, other)
        parts = self.run(*words).decode("utf-8", "replace").split("\0")
        return dict(zip(parts[1::3], parts[2::3], strict=False))

    def versions(self, one: str, other: str, name: str) -> dict[str, str]:
        """List the commits after one that made a file another, newest first, each with what it made of it."""
        commits = self.ask("rev-list", f"{one}..{other}", "--", f":(top,literal){name}").split()
        return {commit: blob for commit in commits if (blob := self.blob(commit, name))}

    def contains(self, revision: str, other: str) -> bool:
        """Say whether a commit has another one in its history."""
        return self._git(("merge-base", "--is-ancestor", other, revision), _LOCAL_S).returncode == 0

    def upstream(self) -> Upstream | None:
        """Say where the branch that is checked out is pushed to; a CI system that checks out a commit names it."""
        branch = self.ask("symbolic-ref", "--quiet", "--short", "HEAD")
        if branch:
            remote = self.ask("config", f"branch.{branch}.remote")
            merge = self.ask("config", f"branch.{branch}.merge").removeprefix("refs/heads/")
            return Upstream(remote, merge) if remote and remote != "." and merge else None
        ref = self.environ.get("GITHUB_REF", "")
        named = self.environ.get("CI_COMMIT_BRANCH") or (
            ref.removeprefix("refs/heads/") if ref.startswith("refs/heads/") else ""
        )
        return Upstream("origin", named) if named and self.environ.get("CI") else None

    # writing

    def run(self, *words: str, given: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """Let git do something here.

        Raises: GitFailed.
        """
        done = self._git(words, _LOCAL_S, given, env)
        if done.returncode != 0:
            raise GitFailed(f"git {words[0]}: {_said(done)}")
        return done.stdout

    def commit(self, names: Sequence[str], message: str) -> str:
        """Commit these files as they are, and nothing else that is staged; says the commit, empty for no change."""
        there = [n for n in names if (self.root / n).exists() or self.blob("HEAD", n)]
        dirty = [n for n in there if not self.is_clean(n)]
        if not dirty:
            return ""
        self.run("add", "--all", "--", *(f":(top,literal){n}" for n in dirty))
        words = ("commit", "--quiet", "--only", "--message", message, "--")
        self.run(*self._who(), *words, *(f":(top,literal){n}" for n in dirty))
        return self.ask("rev-parse", "HEAD")

    def made(self, parent: str, files: Mapping[str, bytes | None], message: str) -> str:
        """Make a commit of a parent's tree with these files, `None` for none; the work tree and the index stay.

        Raises: GitFailed.
        """
        with self._index() as env:
            self.run("read-tree", parent, env=env)
            for name, content in files.items():
                if content is None:
                    self.run("update-index", "--force-remove", "--", name, env=env)
                    continue
                mode = self.ask("ls-tree", "--format=%(objectmode)", parent, "--", name) or _FILE
                info = f"{mode},{self.hashed(name, content)},{name}"
                self.run("update-index", "--add", "--cacheinfo", info, env=env)
            tree = self.run("write-tree", env=env).decode().strip()
        if tree == self.ask("rev-parse", f"{parent}^{{tree}}"):
            return parent
        words = ("commit-tree", tree, "-p", parent, "-m", message)
        return self.run(*self._who(), *words).decode().strip()

    @contextlib.contextmanager
    def _index(self) -> Iterator[dict[str, str]]:
        """Give git an index of its own; one that a killed run left, locked, is in nobody's way."""
        try:
            folder = tempfile.TemporaryDirectory(prefix="plansync-", ignore_cleanup_errors=True)
        except OSError as error:
            raise GitFailed(f"no folder for what is in between: {error.strerror}") from None
        with folder as name:
            yield {"GIT_INDEX_FILE": str(Path(name) / "index")}

    def move_to(self, commit: str) -> None:
        """Let the branch stand at a commit; what is not committed is kept.

        Raises: GitFailed where it would be written over.
        """
        self._git(
            ("update-index", "-q", "--refresh"), _LOCAL_S
        )  # else a file that was only touched is in the way
        self.run("reset", "--quiet", "--keep", commit)

    def _who(self) -> tuple[str, ...]:
        known = self.ask("var", "GIT_COMMITTER_IDENT")
        has_address = self.ask("config", "user.email") or self.environ.get("GIT_COMMITTER_EMAIL")
        if known and has_address:
            return ()
        return ("-c", f"user.name={_NOBODY[0]}", "-c", f"user.email={_NOBODY[1]}")

    # the remote

    def fetch(self, upstream: Upstream) -> str:
        """Fetch a branch; says the commit at its head, empty where there is no such branch.

        Raises: GitFailed where the remote cannot be reached.
        """
        done = self._git(
            ("ls-remote", "--quiet", "--heads", upstream.remote, f"refs/heads/{upstream.branch}"), _REMOTE_S
        )
        self._require(done, f"{upstream.remote} cannot be read")
        if not done.stdout.strip():
            return ""
        ref = f"+refs/heads/{upstream.branch}:{upstream.seen}"
        fetched = self._git(("fetch", "--quiet", "--no-tags", upstream.remote, ref), _REMOTE_S)
        self._require(fetched, f"{upstream.remote} cannot be fetched from")
        return self.ask("rev-parse", "--quiet", "--verify", upstream.seen)

    def deepen(self, upstream: Upstream) -> None:
        """Fetch what a checkout of a few commits lacks of a branch.

        Raises: GitFailed where the remote cannot be reached.
        """
        if self.ask("rev-parse", "--is-shallow-repository") != "true":
            return
        ref = f"+refs/heads/{upstream.branch}:{upstream.seen}"
        words = ("fetch", "--quiet", "--no-tags", "--unshallow", upstream.remote, ref)
        self._require(self._git(words, _REMOTE_S), f"{upstream.remote} cannot be fetched from")

    def push(
        self,
        remote: str,
        refspec: str,
        *options: str,
        asks: Sequence[str] = (),
        unheard: Callable[[str], None] = lambda why: None,
    ) -> Rejected | None:
        """Push; `None` where it landed.

        `asks`: push options. `unheard`: is told why, where nothing came of them; the push has landed all the same.
        Raises: GitFailed where the remote cannot be reached.
        """
        said = tuple(f"--push-option={each}" for each in asks)
        done = self._git(("push", "--porcelain", *options, *said, remote, refspec), _REMOTE_S)
        if done.returncode == 0:
            if why := _unheard(done.stderr):
                unheard(why)
            return None
        if asks and _KNOWS_NO_OPTIONS in done.stderr:
            rejected = self.push(remote, refspec, *options)
            if rejected is None:
                unheard("it takes no push options")
            return rejected
        lines = [line for line in done.stdout.decode("utf-8", "replace").splitlines() if line[:1] == "!"]
        if not lines:
            raise GitFailed(f"{remote} cannot be pushed to: {_said(done)}")
        is_stale = any(word in lines[0] for word in _STALE)
        told = lines[0].rpartition("\t")[2]
        words = _of_remote(done.stderr)
        hint = next((each for each in words if each.startswith("error: ")), next(iter(words), ""))
        hint = hint.removeprefix("error: ")
        return Rejected(f"{told}{f': {hint}' if hint else ''}", is_stale)

    def _require(self, done: subprocess.CompletedProcess[bytes], what: str) -> None:
        if done.returncode != 0:
            raise GitFailed(f"{what}: {_said(done)}")

    def _git(
        self, words: Sequence[str], limit_s: int, given: bytes = b"", env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Start git out of the reach of Ctrl-C, which is for the run: a half-made commit would help nobody."""
        quiet = {
            "LC_ALL": "C",
            "GIT_PAGER": "cat",
            **({} if self.is_attended else {"GIT_TERMINAL_PROMPT": "0"}),
        }
        try:
            return subprocess.run(
                ["git", "-C", str(self.root), *words],
                input=given,
                capture_output=True,
                timeout=limit_s,
                check=False,
                env={**self.environ, **quiet, **(env or {})},
                start_new_session=not self.is_attended,
            )
        except FileNotFoundError:
            raise ConfigError("--commit needs git, which is not here") from None
        except subprocess.TimeoutExpired:
            raise GitFailed(f"git {words[0]} took longer than {limit_s} s; run again later") from None


def _lines(raw: bytes) -> list[str]:
    text = _CREDENTIALS.sub("", raw.decode("utf-8", "replace"))
    return [line.strip() for line in text.splitlines() if line.strip()]


def _of_remote(raw: bytes) -> list[str]:
    """List what the server says with a push, without the frame that GitLab draws around it."""
    said = [text for line in _lines(raw) if (text := line.removeprefix("remote:").strip()) != line]
    return [text for text in said if text.strip("=")]


def _unheard(raw: bytes) -> str:
    """Say why a server made nothing of push options, which fails no push; empty where it did.

    Source: GitLab's `PostReceiveService`: the options in quotes, a colon, the reason.
    """
    _, found, rest = " ".join(_of_remote(raw)).partition(_MADE_NOTHING)
    return rest.rpartition("': ")[2].strip() if found else ""


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    """Take the line of git's that says what is wrong, without the credentials of an address in it.

    Where it was killed it says nothing: then how it ended.
    """
    lines = _lines(done.stderr)
    wrong = (line for line in lines if line.startswith(("fatal:", "error:")))
    said = next(wrong, lines[-1] if lines else "").removeprefix("fatal: ").removeprefix("error: ")
    return said or f"git ended with {done.returncode} and said nothing; run again"
