"""`plansync schedule`: the files of a job that syncs by itself."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plansync.cli.context import Common, find_plans, name_of
from plansync.cli.door import say, tell
from plansync.errors import ConfigError, StoreError
from plansync.jobs.schedules import Kind
from plansync.store.files import write_file

if TYPE_CHECKING:
    from plansync.config import Home
    from plansync.jobs.schedules import File, Job

_SOURCELESS = (
    "plansync: this plansync was installed from this machine, where no job can get it. Say where one can: --from "
    '"git+https://github.com/OWNER/plansync@REF", or PLANSYNC_PACKAGE in the file'
)


def command(
    context: typer.Context,
    kind: Annotated[Kind, typer.Argument(help="What starts the job.")],
    plan: Annotated[Path | None, typer.Argument(help="The plan; else all of the settings.")] = None,
    every: Annotated[str, typer.Option("--every", help="How often: 15m, 60m, 6h, 1d.")] = "60m",
    install: Annotated[
        bool, typer.Option("--install", help="Write the files to where they belong; never over others.")
    ] = False,
    source: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="SOURCE",
            help="What a CI job installs plansync from, as pip takes it; else what this one was installed from.",
        ),
    ] = "",
) -> None:
    """Print the files of a scheduled job, with their reasons; no token stands in them."""
    from plansync.cli.documents import dumped
    from plansync.jobs.schedules import files

    common: Common = context.obj
    if install and kind is Kind.CRON:
        raise ConfigError("a crontab is yours to edit: put the line into `crontab -e`")
    job = _job(common, plan, every, source)
    found = files(kind, job)
    root = _root()
    if install:
        _install(found, root)
    if common.as_json:
        shown = [{"path": file.path, "content": file.content} for file in found]
        say(
            dumped(
                {"schema": "plansync/schedule/1", "kind": kind.value, "files": shown, "installed": install}
            )
        )
    elif install:
        _advise(kind, found)
    else:
        say("\n".join(file.content for file in found).rstrip("\n"))
    if not job.package and kind in (Kind.GITHUB_ACTIONS, Kind.GITLAB_CI):
        tell(_SOURCELESS, err=True)


def _job(common: Common, plan: Path | None, every: str, source: str) -> Job:
    from plansync import config, wiring
    from plansync.jobs import origin
    from plansync.jobs.intervals import interval
    from plansync.jobs.schedules import Job

    home = common.home()
    found = find_plans(home, plan)
    is_whole = plan is None and config.names_several(home)
    patterns = [entry.path for entry in home.settings.plan] if is_whole else []
    home = wiring.bound(home, found[0])
    if home.settings.kind == "sandbox":
        raise ConfigError(
            "the sandbox is on this machine alone, so no job can reach it; first: plansync init"
        )
    target = wiring.target_of(home.settings)
    folder = config.root_of(home, found[0]).resolve()
    root = _root()
    names = [name_of(home, path) for path in found]
    below = folder.relative_to(root).as_posix() if folder.is_relative_to(root) else ""
    return Job(
        folder.name,
        names,
        str(folder),
        "" if below == "." else below,
        str(target),
        _default_branch(home, root),
        interval(every, str(target)),
        _program(),
        source or origin.package(),
        home.settings.write_back == "merge-request",
        not _is_own(home, root),
        patterns,
    )


def _root() -> Path:
    from plansync import config

    return config.git_root(Path.cwd()) or Path.cwd().resolve()


def _default_branch(home: Home, root: Path) -> str:
    from plansync.store import git

    known = git.ask(root, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD").decode().strip()
    current = git.ask(root, "symbolic-ref", "--quiet", "--short", "HEAD").decode().strip()
    return home.settings.default_branch or known.removeprefix("origin/") or current or "main"


def _is_own(home: Home, root: Path) -> bool:
    """Say whether the issues are where the plan is pushed to: then the job's own token may write them."""
    from plansync import remotes, wiring

    target, remote = wiring.target_of(home.settings), remotes.remote_of(remotes.git_remote(root))
    if target.kind != "github":
        return False
    return remote is None or remote.project_at(target.api).casefold() == target.project.casefold()


def _program() -> list[str]:
    """Name what runs now, so that it is found where nobody's PATH is set."""
    path = Path(sys.argv[0])
    is_script = path.name.startswith("plansync") and os.access(path, os.X_OK)
    return [str(path.absolute())] if is_script else [sys.executable, "-m", "plansync"]


def _install(found: list[File], root: Path) -> None:
    """Write the files, all or none.

    Raises: ConfigError where another file is there; StoreError where one cannot be written.
    """
    places = [_place(file, root) for file in found]
    try:
        for file, place in zip(found, places, strict=True):
            if place.exists() and place.read_text("utf-8", "replace") != file.content:
                raise ConfigError(f"{place} is there already and says something else; compare, or delete it")
        for file, place in zip(found, places, strict=True):
            place.parent.mkdir(parents=True, exist_ok=True)
            write_file(place, file.content.encode())
            tell(f"wrote {place}", err=True)
    except OSError as error:
        raise StoreError(f"{error.filename} cannot be written: {error.strerror}") from None


def _place(file: File, root: Path) -> Path:
    return Path.home() / file.path.removeprefix("~/") if file.path.startswith("~/") else root / file.path


def _advise(kind: Kind, found: list[File]) -> None:
    unit = Path(found[-1].path).name
    advice = {
        Kind.GITHUB_ACTIONS: "Commit and push it. It can be started by hand: Actions, plansync, Run workflow.",
        Kind.GITLAB_CI: f"Add to .gitlab-ci.yml: include: [{{ local: {found[0].path} }}]; the file says what it needs.",
        Kind.SYSTEMD: f"Begin: systemctl --user daemon-reload && systemctl --user enable --now {unit}",
    }
    tell(advice[kind])
