"""What one line of commits changed of plans and state files, brought to where people's work stands now."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from plansync.jobs.joining import Version, join
from plansync.jobs.repository import Repository
from plansync.store import places

_STATE = re.compile(rf"(?P<root>(?:.*/)?){re.escape(places.FOLDER)}/(?P<plan>.+)\.jsonl")
_PLAN = re.compile(r".+\.(?:md|markdown)", re.IGNORECASE)

Read = Callable[[str], bytes | None]
"""Reads a file by its name from the root; `None` where it is not there."""


def is_ours(name: str) -> bool:
    """Say whether a job may have written a file: a plan, or what is remembered of one."""
    return bool(_STATE.fullmatch(name) or _PLAN.fullmatch(name))


def carried(
    repository: Repository, ancestor: str, job: str, people: Read, now: str, *, may_be_squashed: bool = False
) -> tuple[dict[str, bytes | None], list[str]]:
    """Join what a job changed since a commit with people's files as they are now, where they are now.

    Gives the files, by name from the root, and the names of those that are none of a job's. `now`: the commit that
    people's files come from. `may_be_squashed`: what the job did may be in it without the job's commit.
    """
    names = repository.changed(ancestor, job) if ancestor else []
    strange = [name for name in names if not is_ours(name)]
    found: dict[str, bytes | None] = {}
    for plan, memory in _pairs([name for name in names if is_ours(name)]):
        since = _since(repository, ancestor, job, now, memory) if may_be_squashed else ancestor
        then, ours = (
            Version(read(plan), read(memory)) for read in (_reader(repository, c) for c in (since, job))
        )
        new_plan, new_memory = plan, memory
        theirs = Version(people(plan), people(memory))
        if theirs.plan is None and (to := repository.moved(ancestor, now).get(plan)):
            new_plan, new_memory = to, _memory_of(to, memory, plan) or memory
            theirs = Version(people(to), people(new_memory) or theirs.state)
        joined = join(then, ours, theirs, memory)
        if new_memory != memory and people(memory) is not None:
            found[memory] = None
        found |= {
            name: content
            for name, content in zip((new_plan, new_memory), joined, strict=True)
            if content != people(name)
        }
    return found, strange


def _since(repository: Repository, ancestor: str, job: str, now: str, memory: str) -> str:
    """Say from which commit on what a job changed is new: from its last one with a state file that people merged.

    A squash or a rebase leaves no trace of that commit. Brought again, it would undo what people changed since.
    """
    merged = set(repository.versions(ancestor, now, memory).values())
    mine = repository.versions(ancestor, job, memory)
    return next((commit for commit, blob in mine.items() if blob in merged), ancestor)


def _memory_of(plan: str, memory: str, before: str) -> str:
    """Name the state file of a plan that was moved; empty where that left the project."""
    root = memory[: -len(f"{places.FOLDER}/{before}.jsonl")]
    return f"{root}{places.FOLDER}/{plan.removeprefix(root)}.jsonl" if plan.startswith(root) else ""


def _reader(repository: Repository, revision: str) -> Read:
    return lambda name: repository.content(revision, name)


def _pairs(names: Sequence[str]) -> list[tuple[str, str]]:
    """Put each plan with its state file, whichever of the two changed."""
    found: dict[str, str] = {}
    for name in names:
        if state := _STATE.fullmatch(name):
            found[f"{state['root']}{state['plan']}"] = name
    for name in names:
        if not _STATE.fullmatch(name):
            found.setdefault(name, f"{places.FOLDER}/{name}.jsonl")
    return list(found.items())
