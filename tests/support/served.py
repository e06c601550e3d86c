"""A bare repository as the server, clones of it, and jobs and people that work in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from tests.support.people import Copy
from tests.support.repository import git

SETTINGS = "plansync.toml"


@dataclass
class Served:
    """A project on a server; its plan was pushed to the tracker, or not yet."""

    folder: Path
    desk: Copy
    """The clone of the person who began it."""

    @classmethod
    def of(cls, desk: Copy, settings: str = "") -> Served:
        """Put a working copy on a server; settings name the tracker, so that no command needs to."""
        made = cls(desk.folder.parent, desk)
        git(made.folder, "init", "-q", "--bare", "-b", "main", "server.git")
        git(made.folder / "server.git", "config", "receive.advertisePushOptions", "true")
        api, repo = desk.flags[1], desk.flags[3]
        text = f'tracker = "github"\nrepo = "{repo}"\napi_url = "{api}"\n{settings}\n'
        (desk.folder / SETTINGS).write_text(text, encoding="utf-8")
        git(desk.folder, "init", "-q", "-b", "main")
        git(desk.folder, "remote", "add", "origin", "../server.git")
        made.keep(desk, "Plan")
        return made

    def clone(self, name: str) -> Copy:
        """Check the branch out, as a job does."""
        git(self.folder, "clone", "-q", "server.git", name)
        return replace(self.desk, folder=self.folder / name, forked=None)

    def keep(self, copy: Copy, message: str = "Work") -> None:
        """Commit all that is there, and push it."""
        git(copy.folder, "add", "--all")
        git(copy.folder, "commit", "-q", "-m", message)
        git(copy.folder, "push", "-q", "-u", "origin", "main")

    def update(self, copy: Copy) -> None:
        """Take in what is on the server."""
        git(copy.folder, "pull", "-q", "--rebase")

    def file(self, name: str, branch: str = "main") -> str:
        """Read a file at the head of a branch on the server."""
        return git(self.folder / "server.git", "show", f"{branch}:{name}")

    def log(self, branch: str = "main") -> list[str]:
        """List the messages on the server, newest first."""
        return git(self.folder / "server.git", "log", "--format=%s", branch).splitlines()

    def branches(self) -> list[str]:
        """List the branches on the server."""
        return git(
            self.folder / "server.git", "for-each-ref", "--format=%(refname:short)", "refs/heads"
        ).split()

    def head(self, branch: str = "main") -> str:
        """Name the commit at the head of a branch."""
        return git(self.folder / "server.git", "rev-parse", branch).strip()

    def merge(self, branch: str) -> None:
        """Merge a branch on the server, as the button of a request does."""
        git(self.folder, "clone", "-q", "server.git", "merger")
        git(self.folder / "merger", "merge", "-q", "--no-ff", "--no-edit", f"origin/{branch}")
        git(self.folder / "merger", "push", "-q", "origin", "main")
