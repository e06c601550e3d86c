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
    repository: Repository, ancestor: str, job: str, people: Read
) -> tuple[dict[str, bytes | None], list[str]]:
    """Join what a job changed since a commit with people's files as they are now.

    Gives the files, by name from the root, and the names of those that are none of a job's.
    """
    names = repository.changed(ancestor, job) if ancestor else []
    strange = [name for name in names if not is_ours(name)]
    found: dict[str, bytes | None] = {}
    for plan, memory in _pairs([name for name in names if is_ours(name)]):
        then, ours, now = (
            Version(read(plan), read(memory))
            for read in (_reader(repository, ancestor), _reader(repository, job), people)
        )
        joined = join(then, ours, now, memory)
        found |= {
            name: content
            for name, content, before in zip((plan, memory), joined, now, strict=True)
            if content != before
        }
    return found, strange


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
