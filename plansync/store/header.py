"""A state file's first line: whose plan it is of, and where that plan is synced.

It is read as what it is: a line that anybody may have written, in a pull request or by accident.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from typing import Any

from plansync.errors import StoreError, Unreadable

VERSION = 1
NO_CONFIG = "00000000"
"""The fingerprint of settings that nobody took."""
LINE_MAX = 64 * 1024
"""Characters of a header; a longer line is none."""

LINEAGE = re.compile(r"[0-9a-z]{8}")
_FINGERPRINT = re.compile(r"[0-9a-f]{8}")
_FORM = re.compile(r"[a-z-]{1,40}")
_NODE = re.compile(r"[\w=+/.:-]{1,200}")
_KIND = re.compile(r"[a-z]{1,20}")
_API = re.compile(r"https?://[^\s\x00-\x20\x7f]{1,300}|sandbox")
_PROJECT = re.compile(r"\d{1,20}|[\w.-]{1,200}(?:/[\w.-]{1,200}){1,20}")
_PATH = re.compile(r"(?!/)[^\x00-\x1f\x7f\\]{1,1000}")


@dataclass(frozen=True, slots=True)
class Target:
    """The one place that a plan is synced with."""

    kind: str
    api: str
    project: str

    def __str__(self) -> str:
        return f"{self.project} at {self.api}" if self.kind != "sandbox" else "the sandbox"


@dataclass(frozen=True, slots=True)
class Header:
    """What the first line says. `config`: the fingerprint of the settings; `form`: the plan's dialect.

    `repository`: the tracker's lasting id of the target, which a renamed one keeps and one made anew does not have.
    `lacks`: what the tracker was found not to keep, so that nobody asks for it in every run.
    """

    lineage: str
    path: str = ""
    target: Target | None = None
    config: str = NO_CONFIG
    form: str = ""
    repository: str = ""
    lacks: frozenset[str] = frozenset()


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


_READER = json.JSONDecoder(parse_constant=_refuse)


def plain(line: str) -> Any:
    """Read one line of JSON, `None` for anything else."""
    try:
        return _READER.decode(line)
    except (ValueError, RecursionError):
        return None


def read(line: str, name: str, plan: str = "") -> Header:
    """Read a header; for messages: `name` of the file, and `plan` as one would type it.

    Raises: Unreadable for what is none, or is of an older format; StoreError for one of a later format.
    """
    mend = f"rebuild it from the issues: `{command('rebuild', plan)}`"
    value = plain(line.lstrip("\ufeff")) if len(line) <= LINE_MAX else None
    found: dict[str, Any] = value if isinstance(value, dict) else {}
    version = found.get("plansync")
    if type(version) is not int:
        raise Unreadable(f"{name} is no state file of plansync; {mend}")
    if version > VERSION:
        raise StoreError(
            f"{name} was written by a later plansync (format {version}); install that one, or {mend}"
        )
    if version < VERSION:
        raise Unreadable(f"{name} is of an older format ({version}); {mend}")
    lineage = found.get("plan")
    if not isinstance(lineage, str) or not LINEAGE.fullmatch(lineage):
        raise Unreadable(f"{name} does not say whose plan it is of; {mend}")
    path = found.get("path")
    return Header(
        lineage,
        path if isinstance(path, str) and is_inside(path) else "",
        _target(found.get("target"), f"{name} does not say where its plan is synced; {mend}"),
        _said(found.get("config"), _FINGERPRINT) or NO_CONFIG,
        _said(found.get("form"), _FORM),
        _said(found.get("repository"), _NODE),
        _lacks(found.get("caps")),
    )


def command(verb: str, plan: str = "", *options: str) -> str:
    """Write a command line of `plansync state` as one would type it."""
    return shlex.join(["plansync", "state", *verb.split(), *options, *([plan] if plan else [])])


def is_inside(path: str) -> bool:
    """Say whether this is a path below the root: relative, in slashes, and never upwards."""
    return _PATH.fullmatch(path) is not None and ".." not in path.split("/")


def _said(value: object, shape: re.Pattern[str]) -> str:
    return value if isinstance(value, str) and shape.fullmatch(value) else ""


def _lacks(value: object) -> frozenset[str]:
    names = value if isinstance(value, dict) else {}
    return frozenset(name for name, is_there in names.items() if is_there is False and _KIND.fullmatch(name))


def _target(value: object, problem: str) -> Target | None:
    """Read where a plan is synced; `None` where that is still open.

    Raises: Unreadable where it cannot be told.
    """
    if value is None or (isinstance(value, dict) and value.get("kind") == ""):
        return None
    shapes = {"kind": _KIND, "api": _API, "project": _PROJECT}
    parts = [_said(value.get(key), shape) for key, shape in shapes.items()] if isinstance(value, dict) else []
    if not parts or not all(parts):
        raise Unreadable(problem)
    return Target(*parts)


def line(header: Header) -> str:
    """Write a header."""
    target = header.target or Target("", "", "")
    return compact(
        {
            "plansync": VERSION,
            "plan": header.lineage,
            "path": header.path,
            "target": {"kind": target.kind, "api": target.api, "project": target.project},
            "config": header.config,
            "caps": dict.fromkeys(sorted(header.lacks), False),
            "form": header.form,
            "repository": header.repository,
        }
    )


def compact(value: object) -> str:
    """Write one line of JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
