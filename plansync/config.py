"""Settings at the door: flags over environment over file, checked whole, plus where things are.

Tokens never live here. Unknown keys are errors with a suggestion, and all problems come together.
"""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import json
import re
import subprocess
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import BaseModel, Field, ValidationError, field_validator

from plansync import plans, remotes, titles
from plansync.checks.catalogue import misspelt
from plansync.errors import ConfigError
from plansync.plans import Dialect, Place, PlanEntry, Strict
from plansync.text import is_common_title, one_line, sound

FILE = "plansync.toml"
_MARKDOWN = re.compile(r"[-_\s`*<>\[\]\\&#~|]+")


class When(Strict):
    """What follows from what. Source: design, `[when]`."""

    issue_closed: Literal["auto", "tick-steps", "mark-task", "ask"] = "auto"
    steps_done: Literal["close", "nothing"] = "close"
    task_removed: Literal["keep", "ask", "close"] = "keep"
    issue_added: Literal["labelled", "list", "all"] = "labelled"
    done_at_first_push: Literal["skip", "create"] = "skip"


class Check(Strict, BaseModel):
    """Which checks `plansync check` makes: codes, or beginnings of codes."""

    select: list[str] = []
    ignore: list[str] = []

    @field_validator("select", "ignore")
    @classmethod
    def _are_known(cls, codes: list[str]) -> list[str]:
        if problems := [text for code in codes if (text := misspelt(code))]:
            raise ValueError("; ".join(problems))
        return codes


class Watching(Strict):
    """How `plansync watch` goes about it, in seconds."""

    every_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 300.0
    quiet_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 2.0
    settle_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 60.0


Letter = Annotated[str, Field(min_length=1, max_length=1, pattern=r"^[^\sxX]$")]


class Settings(Place, BaseModel):
    """Every option, with its default; `config.example.toml` gives the reasons."""

    links: bool = True
    milestones: Literal["auto", "phase", "plan", "none"] = "auto"
    overview: Literal["auto", "always", "none"] = "auto"
    prose: Literal["lead", "full", "none"] = "lead"
    title: str = titles.PLAIN
    default_branch: str = ""
    write_back: Literal["commit", "merge-request"] = "commit"
    dialect: Dialect | None = None
    ticks: dict[Letter, Literal["open", "started", "ticked", "dropped"]] = {}
    max_creates: Annotated[int, Field(ge=0)] = 50
    settle_s: Annotated[float, Field(ge=0)] = 10.0
    pace: Literal["auto", "on", "off"] = "auto"
    max_wait_s: Annotated[float, Field(ge=0)] = 300.0
    dropped_labels: list[str] = ["wontfix", "won't do", "invalid", "duplicate"]
    dependencies: Literal["links", "text"] = "links"
    estimates: Literal["text", "label"] = "text"
    risk_label: Annotated[str, Field(max_length=50)] | None = None
    people: dict[str, Annotated[str, Field(pattern=r"^@?[A-Za-z0-9_][A-Za-z0-9_.-]*$")]] = {}
    when: When = When()
    check: Check = Check()
    watch: Watching = Watching()
    plan: list[PlanEntry] = []

    @field_validator("title")
    @classmethod
    def _is_template(cls, template: str) -> str:
        if problem := titles.problem(template):
            raise ValueError(problem)
        return template

    @property
    def kind(self) -> str:
        """The tracker: as named; GitLab or GitHub where an address or a repository is, else the sandbox."""
        is_gitlab = (self.api_url or "").rstrip("/").endswith("/api/v4")
        return self.tracker or (
            "gitlab" if is_gitlab else "github" if self.repo or self.api_url else "sandbox"
        )


class Home(Strict):
    """Where a command works: settings, the file they came from, and the folder they belong to.

    `given`: the settings that an option or the environment said, which stand before any table of the file.
    """

    settings: Settings
    file: Path | None
    root: Path | None
    given: frozenset[str] = frozenset()

    def with_tracker(self, kind: str) -> Home:
        """Look at the same place as if that tracker were named."""
        return self.model_copy(update={"settings": self.settings.model_copy(update={"tracker": kind})})


_FROM_ENVIRONMENT = (
    "tracker",
    "repo",
    "api_url",
    "ca_file",
    "links",
    "milestones",
    "overview",
    "prose",
    "title",
    "default_branch",
    "write_back",
    "dialect",
    "max_creates",
    "settle_s",
    "pace",
    "dependencies",
    "estimates",
    "risk_label",
    "max_wait_s",
)


def load(start: Path, environ: Mapping[str, str], flags: Mapping[str, Any], file: Path | None = None) -> Home:
    """Read the settings that hold in a folder.

    Raises: ConfigError with every problem, each with its key.
    """
    found = file or find_file(start)
    if file is not None and not file.is_file():
        raise ConfigError(f"there is no settings file {file}")
    values = _read(found) if found else {}
    variables = {key: f"PLANSYNC_{key.upper()}" for key in _FROM_ENVIRONMENT}
    values |= {key: environ[name] for key, name in variables.items() if name in environ}
    values |= {key: value for key, value in flags.items() if value is not None}
    places = {key: name for key, name in variables.items() if name in environ}
    places |= {key: f"--{key.replace('_', '-')}" for key, value in flags.items() if value is not None}
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise ConfigError([_problem(e, found, places) for e in error.errors()]) from None
    root = found.resolve().parent if found else git_root(start)
    settings = settings.model_copy(update={"ca_file": _from(found, settings.ca_file)})
    return Home(settings=settings, file=found, root=root, given=frozenset(places))


def _from(file: Path | None, path: str | None) -> str | None:
    """Write a path that counts from the settings file's folder as one that counts from anywhere."""
    is_relative = file is not None and path is not None and not Path(path).is_absolute()
    return str(file.resolve().parent / path) if file and path and is_relative else path


def find_file(start: Path) -> Path | None:
    """Look upwards for a settings file, or a `pyproject.toml` with a table for us."""
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / FILE).is_file():
            return folder / FILE
        project = folder / "pyproject.toml"
        with contextlib.suppress(OSError):
            if project.is_file() and b"[tool.plansync" in project.read_bytes():
                return project
    return None


def _read(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from None
    if path.name == "pyproject.toml":
        tools = values.get("tool")
        values = tools.get("plansync", {}) if isinstance(tools, dict) else {}
        if not isinstance(values, dict):
            raise ConfigError(f"{path}: tool.plansync must be a table")
    if any("token" in key.casefold() for key in values):
        raise ConfigError(
            f"{path}: a token must not stand in this file; set PLANSYNC_TOKEN in the environment"
        )
    return dict(values)


_SHAPES = {
    "repo": "must be OWNER/NAME, on GitLab with all groups or a number",
    "api_url": "must be an http or https address",
}


def _problem(error: Any, path: Path | None, places: Mapping[str, str]) -> str:
    """Say one problem: where it stands, what it is, and what was perhaps meant.

    Shape: `places` are the variables and options that stood in place of the file, by the key that they give.
    """
    keys = [part for part in error["loc"] if isinstance(part, str)]
    name = ".".join(keys)
    place, called = (f"{places[name]}: ", "") if name in places else (f"{path}: ", f"{name} ")
    if error["type"] == "extra_forbidden":
        tables: dict[str, type[BaseModel]] = {
            "when": When,
            "check": Check,
            "watch": Watching,
            "plan": PlanEntry,
        }
        table = tables.get(keys[0] if len(keys) > 1 else "", Settings)
        close = difflib.get_close_matches(keys[-1], list(table.model_fields), 1, 0.5)
        return f"{place}unknown key {name!r}" + (
            f"; did you mean {'.'.join([*keys[:-1], close[0]])!r}?" if close else ""
        )
    if error["type"] == "value_error":
        return f"{place}{called.strip()}{': ' if called else ''}{error['ctx']['error']}"
    if keys[-1] == "[key]":
        return f"{place}{keys[0]}: {error['input']!r} must be one letter that is neither blank nor x"
    words = _SHAPES.get(keys[-1]) or error["msg"].lower()
    return f"{place}{called}{words} (got {error['input']!r})"


def people(settings: Settings) -> dict[str, str]:
    """Say who is who: names as plans have them, folded → accounts."""
    return {name.strip().casefold(): account.removeprefix("@") for name, account in settings.people.items()}


def git_root(start: Path) -> Path | None:
    """Find the git work tree that holds a folder."""
    return next((f for f in (start.resolve(), *start.resolve().parents) if (f / ".git").exists()), None)


def root_of(home: Home, plan: Path) -> Path:
    """Find the folder that a plan's path and state file count from; a plan outside has its own."""
    folder = plan.resolve().parent
    if home.root and folder.is_relative_to(home.root):
        return home.root
    return git_root(folder) or folder


def plan_paths(home: Home, start: Path) -> list[Path]:
    """List the plans that a command without a name means: the configured ones, else those found."""
    if home.settings.plan and home.root:
        return plans.named(home.root, home.settings.plan)
    base = home.root or start
    return list(plans.candidates(dict.fromkeys((start.resolve(), base))))


def names_several(home: Home) -> bool:
    """Say whether the settings are about several plans, were it only one for the time being."""
    entries = home.settings.plan if home.root else []
    return len(entries) > 1 or any(plans.is_pattern(entry.path) for entry in entries)


def dialect_of(home: Home, plan: Path) -> str | None:
    """Say in which dialect a plan was said to be: by its own table, else for all."""
    own = (entry.dialect for entry in _tables_of(home, plan) if entry.dialect)
    return next(own, home.settings.dialect)


def for_plan(home: Home, plan: Path) -> Home:
    """Give the settings that hold for one plan: where its own table names a place, its issues are there.

    What belongs to another place goes with it: no address, project or certificates of one tracker hold for another.
    """
    own = next((entry for entry in _tables_of(home, plan) if entry.names_place), None)
    if own is None:
        return home
    here = home.settings
    is_elsewhere = own.api_url is not None or own.tracker not in (None, here.kind)
    usual = Place() if is_elsewhere else here
    is_told = own.api_url is not None and here.tracker in _TOLD_BY_ADDRESS
    place = {
        "tracker": own.tracker or (None if is_told else here.tracker),
        "repo": own.repo or usual.repo,
        "api_url": own.api_url or usual.api_url,
        "ca_file": _from(home.file, own.ca_file) or usual.ca_file,
    }
    update = {name: value for name, value in place.items() if name not in home.given}
    return home.model_copy(update={"settings": here.model_copy(update=update)})


_TOLD_BY_ADDRESS = ("github", "gitlab", "sandbox")
"""Trackers that an address says by itself, so that one of another kind needs no word."""


def _tables_of(home: Home, plan: Path) -> Iterable[PlanEntry]:
    return plans.tables_of(home.root, home.settings.plan, plan) if home.root else ()


def fingerprint(home: Home, plan: Path, target: str) -> str:
    """Name the settings by which a plan is mapped and where to, in eight hexadecimal digits.

    Another name means that a sync may now write what nobody changed.
    """
    settings, usual = home.settings, Settings().model_dump()
    forms = {name: getattr(settings, name) for name in ("overview", "prose", "title")}
    mapping = {
        "target": target,
        "milestones": settings.milestones,
        **{name: said for name, said in forms.items() if said != usual[name]},
        "links": settings.links,
        "dialect": dialect_of(home, plan),
        "ticks": settings.ticks,
        "dropped_labels": sorted(settings.dropped_labels),
        "when": settings.when.model_dump(),
        **_beside(settings),
    }
    return hashlib.sha256(json.dumps(mapping, sort_keys=True).encode()).hexdigest()[:8]


def _beside(settings: Settings) -> dict[str, Any]:
    """Name what is not as it is by default of what stands beside an issue's text: a new option changes no name."""
    plain = Settings()
    names = ("dependencies", "estimates", "risk_label", "people")
    return {
        name: getattr(settings, name) for name in names if getattr(settings, name) != getattr(plain, name)
    }


def plan_title(path: Path, default: str = "") -> str:
    """Make a title of the first name, from the file outwards, that is not a name of any plan.

    `docs/night-bus.md` and `specs/004-night-bus/tasks.md` both give `Night bus`. A home folder is
    named after a person and gives none.
    """
    home = Path.home()
    folders = [folder.name for folder in path.parents[:2] if folder not in (home, *home.parents)]
    names = (_words(name) for name in (path.stem, *folders))
    found = next((name for name in names if name and not is_common_title(name)), default)
    return found[:1].upper() + found[1:]


def _words(name: str) -> str:
    """Write a name as words: no separators, no number in front, nothing that Markdown would read."""
    words = one_line(_MARKDOWN.sub(" ", sound(name).lstrip(".")))
    return re.sub(r"^(?:\d+ )+(?=\D)", "", words)


def plan_link(plan: Path, api: str, project: str) -> str:
    """Write the address of a plan on its repository's default branch; empty where its remote is not the target."""
    top = git_root(plan.resolve().parent)
    remote = remotes.remote_of(remotes.git_remote(top)) if top else None
    name = remote.project_at(api) if remote else ""
    if top is None or remote is None or not name or name.casefold() != project.casefold():
        return ""
    is_gitlab, is_below = (api.endswith(f"/api/v{number}") for number in (4, 3))
    root = api[: -len("/api/v4")] if is_gitlab or is_below else f"https://{remote.host}"
    path = quote(plan.resolve().relative_to(top).as_posix())
    return f"{root}/{name}/{'-/' if is_gitlab else ''}blob/HEAD/{path}"


def git_ancestor(file: Path) -> str:
    """Read what a file in conflict was before both branches changed it, empty where git does not know."""
    argv = ["git", "-C", str(file.resolve().parent), "show", f":1:./{file.name}"]
    try:
        done = subprocess.run(argv, capture_output=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""
