"""Which plans there are: those that `[[plan]]` tables name, else those with a usual name where tools keep them.

What a table says of its plans is read here; what it comes to, with options and the rest of the file, is `config`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from plansync.errors import PlanError
from plansync.trackers import kinds

_NAMES = (
    "implementation-plan",
    "implementation_plan",
    "plan",
    "tasks",
    "roadmap",
    "sprint_plan",
    "todo",
)
_FOLDERS = (
    "docs",
    "plans",
    "doc",
    ".kiro/specs/*",
    "specs/*",
    "openspec/changes/*",
    "conductor/tracks/*",
)
_WILD = "*?["

Dialect = Literal[
    "phase-task",
    "phase-checklist",
    "flat-checklist",
    "kiro",
    "agent-os",
    "ai-dev-tasks",
    "spec-kit",
    "openspec",
    "superpowers",
    "conductor",
]
"""The dialects that a plan can be said to be in: those that plansync writes."""

Repo = Annotated[str, Field(pattern=r"^(\d+|[\w.-]+(/[\w.-]+)+)$")]
Address = Annotated[str, Field(pattern=r"^https?://")]


class Strict(BaseModel):
    """A table in which an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Place(Strict):
    """Where issues are: the options that belong together, for all plans or in a plan's own table."""

    tracker: str | None = None
    repo: Repo | None = None
    api_url: Address | None = None
    ca_file: str | None = None

    @field_validator("tracker")
    @classmethod
    def _is_known(cls, kind: str | None) -> str | None:
        if kind is not None and not kinds.is_kind(kind):
            raise ValueError(f"must be one of {kinds.known()} (got {kind!r})")
        return kind


class PlanEntry(Place):
    """One `[[plan]]` table: a plan or, with a pattern, several; what it says stands before the rest of the file."""

    path: str
    dialect: Dialect | None = None

    @field_validator("path")
    @classmethod
    def _is_pattern(cls, path: str) -> str:
        if is_pattern(path) and Path(path).is_absolute():
            raise ValueError("a pattern counts from the folder of this file, so it cannot begin at the root")
        if any("**" in part and part != "**" for part in Path(path).parts):
            raise ValueError(f"`**` stands alone between slashes, as in plans/**/*.md (got {path!r})")
        if "\0" in path:
            raise ValueError(f"no file's name can hold what stands there (got {path!r})")
        return path

    @property
    def names_place(self) -> bool:
        """Whether its plans have a tracker or a project of their own."""
        return any(getattr(self, name) is not None for name in Place.model_fields)


def is_pattern(path: str) -> bool:
    """Say whether a path can mean several files."""
    return any(letter in path for letter in _WILD)


def matching(root: Path, entry: PlanEntry) -> list[Path]:
    """List the files that a table means; one that it names itself is listed even where it is not there.

    As in a shell, a pattern means hidden files only where it says so: editors lay some beside a plan.
    """
    named = root / entry.path
    if not is_pattern(entry.path) or named.is_file():
        return [named]
    is_hidden = Path(entry.path).name.startswith(".")
    found = (path for path in root.glob(entry.path) if is_hidden or not path.name.startswith("."))
    return sorted(path for path in found if path.is_file())


def named(root: Path, entries: Sequence[PlanEntry]) -> list[Path]:
    """List the plans of all tables, each once, in the tables' order."""
    found: dict[Path, Path] = {}
    for entry in entries:
        for path in matching(root, entry):
            found.setdefault(followed(path), path)
    return list(found.values())


def followed(path: Path) -> Path:
    """Follow the links of a plan's path to the file that it means.

    Raises: PlanError where they lead round in a circle.
    """
    try:
        return path.resolve()
    except RuntimeError:  # so says Python before 3.13; a later one leaves it to the reading
        raise PlanError("it is a link that leads to itself; name the file that is meant", str(path)) from None


def tables_of(root: Path, entries: Sequence[PlanEntry], plan: Path) -> Iterator[PlanEntry]:
    """List the tables that mean a plan; the one that names it itself before those whose patterns match it."""
    for entry in sorted(entries, key=lambda each: is_pattern(each.path)):
        if plan.resolve() in (path.resolve() for path in matching(root, entry)):
            yield entry


def candidates(bases: Iterable[Path]) -> Iterator[Path]:
    """List the plans with a usual name in some folders, and where tools keep them below."""
    seen: set[Path] = set()
    for base in bases:
        for folder in (base, *(f for name in _FOLDERS for f in sorted(base.glob(name)))):
            files = sorted(folder.glob("*.md")) + sorted(folder.glob("*.MD")) if folder.is_dir() else []
            for path in files:
                if path.stem.casefold() in _NAMES and path.resolve() not in seen:
                    seen.add(path.resolve())
                    yield path
