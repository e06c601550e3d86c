"""What every command starts from: the common options, and how they find a plan and a tracker."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from plansync.cli.door import say
from plansync.errors import ConfigError, StoreError
from plansync.text import in_line

if TYPE_CHECKING:
    from plansync.config import Home
    from plansync.document.tree import Document
    from plansync.store.state import Saved
    from plansync.sync.reading import Parse


@dataclass(frozen=True, slots=True)
class Common:
    """The options that stand before or after any verb."""

    config: Path | None
    flags: Mapping[str, str | None]
    as_json: bool
    quiet: bool
    verbose: int
    no_color: bool

    def home(self) -> Home:
        """Read the settings that hold here."""
        from plansync import config

        return config.load(here(), os.environ, self.flags, self.config)

    @property
    def is_attended(self) -> bool:
        """Whether a person is there to be asked."""
        return sys.stdin.isatty() and sys.stdout.isatty() and not os.environ.get("CI") and not self.as_json

    @property
    def has_color(self) -> bool:
        """Whether colours are wanted on stdout."""
        return sys.stdout.isatty() and not self.no_color and not os.environ.get("NO_COLOR") and not is_dumb()


def here() -> Path:
    """Name the folder that this was started in.

    Raises: ConfigError where it is gone.
    """
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise ConfigError(
            "the folder that plansync was started in is gone; go to one that is there, or name it: -C FOLDER"
        ) from None


def is_dumb() -> bool:
    """Say whether the terminal can do nothing but show one line after the other."""
    return os.environ.get("TERM") == "dumb"


def find_plan(home: Home, named: Path | None) -> Path:
    """Find the one plan that a command means.

    Raises: ConfigError where none, or more than one, could be meant.
    """
    found = _found(home, named)
    if len(found) > 1:
        raise _too_many(found)
    return found[0]


def find_plans(home: Home, named: Path | None) -> list[Path]:
    """Find the plans that a command means: the one that is named, else all of the settings, else the one found.

    Raises: ConfigError where none is meant, or one of several that no setting names.
    """
    found = _found(home, named)
    if len(found) > 1 and not home.settings.plan:
        raise _too_many(found)
    return found


def _too_many(found: list[Path]) -> ConfigError:
    names = ", ".join(str(path) for path in found)
    return ConfigError(f"there are {len(found)} plans here ({names}); name one")


def _found(home: Home, named: Path | None) -> list[Path]:
    from plansync import plans

    if named is not None:
        plans.followed(named)
        return [named]
    if found := plans_here(home, here()):
        return [relative(path) for path in found]
    patterns = ", ".join(entry.path for entry in home.settings.plan)
    raise ConfigError(
        f"no plan was found{f': nothing is there that {patterns} means' if patterns else ' here'}; name it, as in "
        "`plansync status PLAN.md`, or begin one: `plansync new PLAN.md`"
    )


def plans_here(home: Home, start: Path) -> list[Path]:
    """List the plans that a command without a name means: the configured ones, else those found, else those synced."""
    from plansync import config
    from plansync.store import places

    found = config.plan_paths(home, start)
    if found or home.settings.plan:
        return found
    root = home.root or start.resolve()
    synced = (root / k.own for is_local in (False, True) for k in places.kept(root, is_local=is_local))
    return sorted({path for path in synced if path.is_file()})


def open_plan(home: Home, path: Path) -> Document:
    """Read a plan as the settings say, whatever it holds.

    Raises: PlanError where it cannot be read.
    """
    from plansync.store.files import read_plan

    return parser(home, path)(read_plan(path))


def parser(home: Home, path: Path) -> Parse:
    """Say how a plan is read, as the settings have it."""
    from plansync import config
    from plansync.store import state
    from plansync.sync.reading import reader

    form = state.form_in(state_file(home, path))
    return reader(name_of(home, path), config.dialect_of(home, path), home.settings.ticks, form)


def name_of(home: Home, path: Path) -> str:
    """Write a plan's path from its root, with slashes."""
    from plansync import config

    return path.resolve().relative_to(config.root_of(home, path).resolve()).as_posix()


def state_file(home: Home, path: Path) -> Path | None:
    """Find the plan's state file; it has one for a tracker and one for the sandbox, perhaps at its old path."""
    from plansync import config
    from plansync.store import places

    home = config.for_plan(home, path)
    root, name = config.root_of(home, path), name_of(home, path)
    kinds = (True, False) if home.settings.tracker == "sandbox" else (False, True)
    own = {is_local: places.file_of(root, name, is_local=is_local) for is_local in kinds}
    if known := next((p for p in own.values() if p.exists()), None):
        return known
    moved = (places.left_behind(root, path, own[is_local], is_local=is_local) for is_local in kinds)
    return next((m.file for m in moved if m), None)


def remembered(home: Home, path: Path) -> Saved | None:
    """Read what the plan's state file remembers; `None` where there is none, or none that can be read."""
    return recalled(home, path)[0]


def recalled(home: Home, path: Path) -> tuple[Saved | None, bool]:
    """Read what the plan's state file remembers, and say whether that is known: there is none, or it can be read.

    One that cannot be read is told on stderr and counts as none: whoever only looks needs no base.

    Where the file lies is known to `wiring` as well, which brings the HTTP client and the sandbox
    along: a third of a second more than a command that only looks should take.
    """
    from plansync.store import state
    from plansync.store.files import read_state

    known = state_file(home, path)
    try:
        raw = read_state(known) if known else b""
        saved = state.load(raw.decode("utf-8", "replace"), str(known), str(path)) if raw else None
    except OSError as error:
        reason = f"{known} cannot be read ({error.strerror}); make it readable"
    except StoreError as error:
        reason = str(error)
    else:
        return saved, True
    say(f"plansync: {in_line(reason)}; for now this goes on without it", err=True)
    return None, False


def gone_plans(home: Home, path: Path) -> list[str]:
    """List the project's plans that are remembered and not there any more, but for the one that moved here."""
    from plansync import config
    from plansync.store import places

    root, own = config.root_of(home, path), state_file(home, path)
    found = (k for is_local in (False, True) for k in places.kept(root, is_local=is_local) if k.file != own)
    return sorted({k.own for k in found if k.is_orphan(root)})


def relative(path: Path) -> Path:
    """Write a path from here, where it lies here."""
    try:
        return path.resolve().relative_to(here())
    except ValueError:
        return path


def check_named_target(home: Home) -> None:
    """Refuse to choose a repository by guess: a git remote is a hint, not a permission.

    Raises: ConfigError where the work tree has a tracker as remote and nothing is configured.
    """
    from plansync import remotes

    settings = home.settings
    if settings.tracker is not None or settings.repo or settings.api_url:
        return
    host, name = remotes.remote_repository(remotes.git_remote(here()))
    if name:
        raise ConfigError(
            f"this folder belongs to {name} on {host}, but no tracker is set up, and plansync never writes to a "
            "repository that nobody named. Run `plansync init`, or add --tracker sandbox to try it here"
        )
