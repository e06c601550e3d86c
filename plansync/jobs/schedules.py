"""The files of a scheduled job: GitHub Actions, GitLab CI, cron, systemd. They hold no token."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import PurePosixPath
from typing import NamedTuple

from plansync.errors import ConfigError
from plansync.jobs.intervals import Interval

_CHECKOUT = "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0"
_PYTHON = "actions/setup-python@e797f83bcb11b83ae66e0230d6156d7c80228e7c # v6.0.0"
"""By digest: a tag can be moved. Raise them together with the version beside."""
_UNFIT = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]|\$\{\{")
_GLOB = re.compile(r"([*?\[\]+!\\])")
_SYNC = ("sync", "--yes", "--commit", "--fail-on", "new", "--max-time", "20m")
_LEFTOVER = ("sync", "--commit-only")
_DIFF = ("diff", "--fail-on", "never")
"""A conflict that waits for somebody makes nobody else's request red."""
_USER_UNITS = "~/.config/systemd/user"


class Kind(StrEnum):
    """What starts the job."""

    GITHUB_ACTIONS = "github-actions"
    GITLAB_CI = "gitlab-ci"
    CRON = "cron"
    SYSTEMD = "systemd"


class File(NamedTuple):
    """One file. `path`: where it belongs, from the root of the project or from the home folder; empty for a line."""

    path: str
    content: str


@dataclass(frozen=True, slots=True)
class Job:
    """What is synced, where, and how often.

    Shape: `plans` are paths from `folder`, which is where the settings are: `below` from the root of the work tree,
    empty where it is the root. `patterns`: what the settings name, where each command is to mean all plans that match
    by then; empty where it names its plan. `program`: the words that start plansync on this machine. `package`: what
    pip installs it from elsewhere, empty where that is not known. `own_token`: the CI system's own token may not write
    those issues.
    """

    name: str
    plans: Sequence[str]
    folder: str
    below: str
    tracker: str
    branch: str
    interval: Interval
    program: Sequence[str]
    package: str
    is_request: bool = False
    own_token: bool = False
    patterns: Sequence[str] = ()

    @property
    def each(self) -> list[tuple[str, ...]]:
        """The words with which each command names its plan: one that names none means all."""
        return [()] if self.patterns else [("--", plan) for plan in self.plans]


def files(kind: Kind, job: Job) -> list[File]:
    """Write the files of a job.

    Raises: ConfigError for a name that such a file cannot hold.
    """
    for name in (*job.plans, job.folder, job.branch, job.package):
        if _UNFIT.search(name):
            raise ConfigError(f"{name!r} cannot stand in the files of a job; give it a plainer name")
    return _WRITERS[kind](job)


def _github(job: Job) -> list[File]:
    more = {"checkout": _CHECKOUT, "python": _PYTHON}
    return [File(".github/workflows/plansync.yml", _filled("github-actions.yml", job, more))]


def _gitlab(job: Job) -> list[File]:
    path = ".gitlab/plansync.yml"
    return [File(path, _filled("gitlab-ci.yml", job, {"path": path}))]


def _cron(job: Job) -> list[File]:
    commands = [shlex.join((*job.program, *_SYNC, "--quiet", *plan)) for plan in job.each]
    line = f"cd {shlex.quote(job.folder)} && {'{ ' if len(commands) > 1 else ''}{'; '.join(commands)}"
    line = (line + ("; }" if len(commands) > 1 else "")).replace("%", r"\%")
    return [File("", _filled("cron", job, {"line": line}))]


def _systemd(job: Job) -> list[File]:
    unit = "plansync-" + (re.sub(r"[^A-Za-z0-9_.-]+", "-", job.name).strip("-.") or "plan")
    more = {
        "unit": unit,
        "place": _USER_UNITS,
        "start": _unit_command(job, _SYNC),
        "stop": _unit_command(job, _LEFTOVER),
    }
    place = _USER_UNITS.removeprefix("~/")
    return [File(f"~/{place}/{unit}.{part}", _filled(part, job, more)) for part in ("service", "timer")]


_WRITERS: Mapping[Kind, Callable[[Job], list[File]]] = {
    Kind.GITHUB_ACTIONS: _github,
    Kind.GITLAB_CI: _gitlab,
    Kind.CRON: _cron,
    Kind.SYSTEMD: _systemd,
}


def _filled(template: str, job: Job, more: Mapping[str, object]) -> str:
    given: dict[str, object] = {
        "names": ", ".join(job.plans),
        "tracker": job.tracker,
        "cron": job.interval.cron,
        "calendar": job.interval.calendar,
        "branch": job.branch,
        "package": job.package,
        "folder": job.folder,
        "is_request": job.is_request,
        "own_token": job.own_token,
        "patterns": _patterns(job),
        "syncs": _script([_command(job, *_SYNC, *plan) for plan in job.each]),
        "leftovers": _script([_command(job, *_LEFTOVER, *plan) for plan in job.each]),
        "diffs": [_command(job, *_DIFF, *plan) for plan in job.each],
        "markdowns": [_command(job, *_DIFF, "--format", "markdown", *plan) for plan in job.each],
    }
    return _environment().get_template(template).render({**given, **more})  # type: ignore[attr-defined,no-any-return]


def _patterns(job: Job) -> list[str]:
    """Name the paths whose change starts a job: plans as they are called, patterns as the CI systems read them.

    There `?` says something else than in the settings; what it may stand for `*` may too.
    """
    found = [p.replace("?", "*") for p in job.patterns] or [_GLOB.sub(r"\\\1", plan) for plan in job.plans]
    return [str(PurePosixPath(job.below, name)) for name in found]


def _command(job: Job, *words: str) -> str:
    there = ("-C", job.below) if job.below else ()
    return shlex.join(("plansync", *there, *words))


def _script(commands: Sequence[str]) -> list[str]:
    """Let each of several commands run whatever became of the one before; the last failure is the script's."""
    if len(commands) == 1:
        return list(commands)
    return ["code=0", *(f"{command} || code=$?" for command in commands), "exit $code"]


def _unit_command(job: Job, words: Sequence[str]) -> str:
    """Write one command line of a unit: for one plan the program's own, for several a shell's."""
    commands = [(*job.program, *words, *plan) for plan in job.each]
    if len(commands) > 1:
        commands = [("/bin/sh", "-c", "; ".join(_script([shlex.join(command) for command in commands])))]
    return " ".join(_in_unit(word) for word in commands[0])


def _in_unit(text: str) -> str:
    """Write a word as a unit file has it.

    Source: systemd.service(5), "Command lines"; systemd.unit(5), "Specifiers".
    """
    escaped = text.replace("\\", r"\\").replace('"', r"\"").replace("%", "%%").replace("$", "$$")
    return escaped if re.fullmatch(r"[\w./%$-]+", escaped) else f'"{escaped}"'


@cache
def _environment() -> object:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("plansync.jobs"),
        autoescape=False,
        undefined=StrictUndefined,
        variable_start_string="{=",
        variable_end_string="=}",
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["quoted"] = lambda text: json.dumps(text, ensure_ascii=False)
    made.filters["unit"] = lambda text: text.replace("%", "%%")
    return made
