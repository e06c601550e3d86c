"""Which plan stood with which state file: in the local database for the runs of this machine, and in git's history.

An old copy of a plan is known by its bytes; the state file of that moment is what it agreed on with the tracker.
"""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from plansync.store import git
from plansync.store.files import digest
from plansync.store.shelf import Database

_MOMENTS_MAX = 100
"""For each plan: the last fifty runs, before and after."""
_COMMITS_MAX = 200


class Moment(NamedTuple):
    """A plan and its state file as they stood together."""

    plan: bytes
    state: bytes


class Moments:
    """The moments of one plan, named by its lineage, that runs on this machine passed."""

    def __init__(self, db: Database, lineage: str) -> None:
        self.db, self.lineage = db, lineage

    def keep(self, moment: Moment, *, is_end: bool) -> None:
        """Remember a moment; the last one with a plan counts. `is_end`: a run left both so."""
        known = self._row(
            "digest=? AND state_digest=? AND is_end>=?", digest(moment.plan), digest(moment.state), is_end
        )
        if known is not None:
            return
        values = (self.lineage, digest(moment.plan), digest(moment.state), is_end)
        texts = (zlib.compress(moment.plan), zlib.compress(moment.state))
        same = "lineage=? AND digest=? AND state_digest=?"
        self.db.execute(f"DELETE FROM plan WHERE {same}", values[:3])
        columns = "lineage, digest, state_digest, is_end, content, state"
        self.db.execute(f"INSERT INTO plan ({columns}) VALUES (?,?,?,?,?,?)", (*values, *texts))
        last = "SELECT number FROM plan WHERE lineage=:lineage ORDER BY number DESC LIMIT :max"
        self.db.execute(
            f"DELETE FROM plan WHERE lineage=:lineage AND number NOT IN ({last})",
            {"lineage": self.lineage, "max": _MOMENTS_MAX},
        )

    def of_plan(self, plan: bytes) -> Moment | None:
        """Find the last moment at which the plan had these bytes."""
        return self._row("digest=?", digest(plan))

    def has(self, moment: Moment) -> bool:
        """Say whether plan and state file once stood together so."""
        return self._row("digest=? AND state_digest=?", *map(digest, moment)) is not None

    def of_state(self, state: bytes) -> Moment | None:
        """Find the moment at which a run left this state file."""
        return self._row("state_digest=? AND is_end", digest(state))

    def _row(self, where: str, *values: object) -> Moment | None:
        sql = f"SELECT content, state FROM plan WHERE lineage=? AND {where} ORDER BY number DESC LIMIT 1"
        row = self.db.execute(sql, (self.lineage, *values)).fetchone()
        return Moment(*(zlib.decompress(text) for text in row)) if row else None


@dataclass(frozen=True, slots=True)
class Commits:
    """The moments of one plan that were committed. Without git, or before the first commit, there are none."""

    plan: Path
    state: Path

    def of_plan(self, plan: bytes, state: bytes) -> Moment | None:
        """Find the last commit with a plan of these bytes beside another state file than `state`."""
        wanted, now = self._blob(self.plan, plan), self._blob(self.state, state)
        found = next((s for p, s in self._pairs() if p == wanted and s not in ("", now)), "")
        return Moment(plan, self._content(found)) if found else None

    def of_state(self, state: bytes) -> Moment | None:
        """Find the commit that brought this state file."""
        wanted = self._blob(self.state, state)
        found = ""
        for plan_blob, state_blob in self._pairs():
            if state_blob == wanted:
                found = plan_blob
            elif found:
                break
        return Moment(self._content(found), state) if found else None

    def former_paths(self, root: Path) -> list[str]:
        """List the names that the plan had before it was moved, from a root, with slashes."""
        words = ("log", "--follow", "--diff-filter=R", "--name-status", "--format=", "-z", "--")
        said = git.ask(self.plan.parent, *words, self.plan.name).decode("utf-8", "replace").split("\0")
        top = git.ask(self.plan.parent, "rev-parse", "--show-toplevel").decode("utf-8", "replace").strip()
        return [Path(os.path.relpath(Path(top, name), root.resolve())).as_posix() for name in said[1::3]]

    def _pairs(self) -> list[tuple[str, str]]:
        """List the blobs of plan and state file in each commit that changed one of them, the newest first."""
        names = [self._name(path) for path in (self.plan, self.state)]
        said = git.ask(
            self.plan.parent,
            "log",
            "--format=%H",
            f"--max-count={_COMMITS_MAX}",
            "--",
            *(n.removeprefix("./") for n in names),
        )
        wanted = [f"{commit}:{name}" for commit in said.decode().split() for name in names]
        given = "".join(f"{name}\n" for name in wanted).encode()
        lines = (
            git.ask(self.plan.parent, "cat-file", "--batch-check=%(objectname)", given=given)
            .decode()
            .splitlines()
        )
        blobs = ["" if line.endswith(" missing") else line for line in lines]
        return list(zip(blobs[::2], blobs[1::2], strict=False))

    def _name(self, path: Path) -> str:
        """Name a file as git finds it from the plan's folder."""
        return f"./{Path(os.path.relpath(path, self.plan.parent)).as_posix()}"

    def _blob(self, path: Path, content: bytes) -> str:
        """Name a content as git would keep it under a path."""
        name = self._name(path).removeprefix("./")
        return (
            git.ask(self.plan.parent, "hash-object", "--stdin", "--path", name, given=content)
            .decode()
            .strip()
        )

    def _content(self, blob: str) -> bytes:
        return git.ask(self.plan.parent, "cat-file", "blob", blob)
