"""What people do with git: plan and state file travel together, apart, back in time, and over branches."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple

from plansync.store import merging
from tests.simulation.memory import PLAN, Memory
from tests.simulation.witness import Witness
from tests.simulation.world import Disk


class Commit(NamedTuple):
    """Both files at one moment, and what was known of the past then.

    `unsettled`: the tasks whose files were committed after a run that was cut off, and before the next one. Such a
    commit does not say what was written to the tracker, so nobody can be held to it once it comes back.
    """

    plan: bytes
    state: bytes
    memory: Memory
    unsettled: set[str]


class Repository:
    """The commits of one copy: those of the branch that is checked out, and the tip of another one.

    Whoever works on a branch closes no issue: that waits for the default one.
    """

    def __init__(
        self,
        disk: Disk,
        witness: Witness,
        log: Callable[[str], None],
        unsettled: Callable[[], set[str]],
    ) -> None:
        self.disk, self.witness, self.log, self.unsettled = disk, witness, log, unsettled
        self.commits: list[Commit] = []
        self.branch = ""
        self.fork: Commit | None = None
        self.other: Commit | None = None

    def act(self, kind: str, rng: Random) -> None:
        """Do one thing, as far as it can be done now."""
        done = getattr(self, f"_{kind}")(rng)
        if done:
            self.log(f"git: {done}")

    def end(self) -> None:
        """Bring a branch to its end: merged, or given up."""
        if self.fork and not self._merge(Random(0)):
            self.fork = self.other = None

    # ------------------------------------------------------------------ acts

    def _commit(self, rng: Random) -> str:
        self._committed()
        return "commits plan and state file"

    def _committed(self) -> Commit:
        commit = Commit(*self.disk.commit(), self.witness.commit(), self.unsettled())
        self.commits.append(commit)
        return commit

    def _check_out(self, rng: Random) -> str:
        if not self.commits:
            return ""
        at = rng.randrange(len(self.commits))
        target = self.commits[at]
        self._committed()
        self._put(target)
        return f"checks out commit {at}"

    def _revert(self, rng: Random) -> str:
        if not self.commits:
            return ""
        target = self.commits[-1]
        self._committed()
        self._put(target)
        return "commits, and reverts that"

    def _put(self, commit: Commit) -> None:
        self.witness.judge()
        self.disk.check_out(commit[:2])
        self.witness.check_out(commit.memory, self.unsettled())
        self.witness.excused |= commit.unsettled

    def _plan_back(self, rng: Random) -> str:
        if not self.commits:
            return ""
        at = rng.randrange(len(self.commits))
        self.witness.before_person()
        self.disk.plan = self.commits[at].plan
        self.witness.after_person(PLAN, is_old=True)
        return f"checks out only the plan of commit {at}"

    def _state_back(self, rng: Random) -> str:
        if not self.commits:
            return ""
        at = rng.randrange(len(self.commits))
        self.witness.judge()
        self.disk.state = self.commits[at].state
        self.witness.restore_state(self.commits[at].memory)
        self.witness.excused |= self.commits[at].unsettled
        return f"restores only the state file of commit {at}"

    def _branch(self, rng: Random) -> str:
        if self.fork:
            return self._switch(rng)
        self.fork = self.other = self._committed()
        self.branch = "topic"
        return "begins a branch"

    def _switch(self, rng: Random) -> str:
        if not self.fork or not self.other:
            return ""
        here = self._committed()
        self.witness.owe()
        self._put(self.other)
        self.other, self.commits = here, [self.other]
        self.branch = "" if self.branch else "topic"
        return f"switches to {self.branch or 'main'}"

    def _merge(self, rng: Random) -> str:
        if not self.fork:
            return ""
        if self.branch:
            self.log(f"git: {self._switch(rng)}")
        assert self.other is not None
        here, there, fork = self._committed(), self.other, self.fork
        plan = merged(fork.plan, here.plan, there.plan)
        if plan is None:
            return ""
        self.witness.judge()
        self.disk.plan, self.disk.state = plan, self._merged_state(fork.state, here.state, there.state)
        self.witness.merge(fork.memory, there.memory)
        self.witness.excused |= there.unsettled
        self.fork = self.other = None
        return "merges the branch"

    def _merged_state(self, fork: bytes, here: bytes, there: bytes) -> bytes:
        """Merge two state files, as git does by itself where that is clean, and by our driver where not."""
        state = merged(fork, here, there)
        if state is not None:
            return state
        self.log("git: the driver merges the state file")
        return merging.merge(fork.decode(), here.decode(), there.decode()).content


def merged(fork: bytes, here: bytes, there: bytes) -> bytes | None:
    """Merge two texts by lines, as git does; `None` where they conflict."""
    if here == there or there == fork:
        return here
    if here == fork:
        return there
    with TemporaryDirectory() as folder:
        paths = [Path(folder, name) for name in ("here", "fork", "there")]
        for path, content in zip(paths, (here, fork, there), strict=True):
            path.write_bytes(content)
        done = subprocess.run(["git", "merge-file", "-p", *paths], capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


GIT_ACTS: Mapping[str, int] = {
    "commit": 6,
    "check_out": 4,
    "revert": 1,
    "plan_back": 1,
    "state_back": 2,
    "branch": 3,
    "merge": 2,
}
