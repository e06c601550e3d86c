"""Every exception that plansync raises, with the exit code that each one stands for.

    PlansyncError                 1   known error
    ├── ConfigError               2   settings or usage; carries all problems at once
    ├── PlanError                 1   the Markdown file: path and line
    │   ├── Unwritable            1   one edit that cannot be made without touching more than itself
    │   └── PlanUnsure            1   a write of which only the next run can say what became of it
    ├── StoreError                1   state file, local database
    │   ├── Unreadable            1   a state file that cannot be read; it is rebuilt from the issues
    │   ├── Damaged               1   a local database that is none any more; it is put aside
    │   ├── Conflicted            7   git left a conflict in a state file
    │   └── Busy                  9   another run holds the lock
    ├── SafetyStop                7   a guard refused before the first write
    └── TrackerError              1   what the tracker answered, or did not
        ├── Unavailable           1   no usable answer; worth another try
        ├── RateLimited           5   refused for pace; carries seconds to wait
        ├── AuthError             8   token missing, wrong, or not allowed
        ├── NotFound              8   repository (not an item) does not exist for us
        ├── Rejected              1   the tracker refused the content
        │   └── Unsupported       1   the tracker does not have what was to be written
        ├── Moved                 5   the item changed since it was read
        │   └── Locked            5   another write held the item; worth another try
        └── OutcomeUnknown        5   a write was sent and its answer was lost

A caller asks: is it mine to fix, is it worth another try, what do I do now. The class answers the
first two, the message the third. Conflicts and failed operations are results, not exceptions.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum


class ExitCode(IntEnum):
    """What a command ends with, by the names that documents give. Source: design, "Exit codes"."""

    DONE = 0
    ERROR = 1
    USAGE = 2
    BUG = 3
    CONFLICTS = 4
    PARTIAL = 5
    CHANGES_PENDING = 6
    STOPPED = 7
    AUTH = 8
    BUSY = 9
    INTERRUPTED = 130

    @property
    def word(self) -> str:
        """The name as documents write it."""
        return self.name.lower().replace("_", "-")


class PlansyncError(Exception):
    """The root: anything plansync can explain to its user."""

    exit_code = ExitCode.ERROR


class ConfigError(PlansyncError):
    """Settings or usage that cannot be acted on; `problems` holds one sentence each."""

    exit_code = ExitCode.USAGE

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


class PlanError(PlansyncError):
    """A plan that cannot be read or written: `reason` without the place, which `path` and `line` name.

    `line` is 1-based, 0 where none applies.
    """

    def __init__(self, message: str, path: str = "", line: int = 0) -> None:
        self.reason, self.path, self.line = message, path, line
        place = f"{path}:{line}: " if line else f"{path}: " if path else ""
        super().__init__(place + message)


class Unwritable(PlanError):
    """An edit that cannot be made without touching text that is not its own; the value waits."""


class PlanUnsure(PlanError):
    """A plan write that the disk neither did nor refused; the next run looks what became of it."""


class StoreError(PlansyncError):
    """The state file or the local database cannot be read or written."""


class Unreadable(StoreError):
    """A state file whose header cannot be read: what it knew has to come from the issues."""


class Damaged(StoreError):
    """A local database that holds something else by now; put aside, it is made anew."""


class Conflicted(StoreError):
    """A state file in which git left a conflict."""

    exit_code = ExitCode.STOPPED


class Busy(StoreError):
    """Another run works on the same plan."""

    exit_code = ExitCode.BUSY


class SafetyStop(PlansyncError):
    """A guard stopped the run before it wrote anything; the message names the way on."""

    exit_code = ExitCode.STOPPED


class TrackerError(PlansyncError):
    """What a tracker answered, or failed to answer.

    `request_id` is the tracker's own name of the request, empty where it gave none.
    """

    def __init__(self, message: str, request_id: str = "") -> None:
        self.request_id = request_id
        super().__init__(message + (f" (request {request_id})" if request_id else ""))


class Unavailable(TrackerError):
    """The tracker could not be reached or gave no usable answer; nothing was written."""


class RateLimited(TrackerError):
    """The tracker refused the request for its pace, before executing it."""

    exit_code = ExitCode.PARTIAL

    def __init__(self, message: str, wait_s: float, request_id: str = "") -> None:
        self.wait_s = wait_s
        super().__init__(message, request_id)


class AuthError(TrackerError):
    """No token, a wrong one, or one without the permission that is needed."""

    exit_code = ExitCode.AUTH


class NotFound(TrackerError):
    """The repository does not exist, or not for this token."""

    exit_code = ExitCode.AUTH


class Rejected(TrackerError):
    """The tracker refused the content of a write; sending it again would not help."""


class Unsupported(Rejected):
    """The tracker does not have what was to be written, or not for this account; nothing was written."""


class Moved(TrackerError):
    """The item changed after it was read; nothing was written."""

    exit_code = ExitCode.PARTIAL


class Locked(Moved):
    """Another write held the item at that moment; nothing was written."""


class OutcomeUnknown(TrackerError):
    """A write was sent and nobody knows whether it landed; the next run finds out."""

    exit_code = ExitCode.PARTIAL
