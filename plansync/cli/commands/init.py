"""`plansync init`: writes a commented settings file, and says where issues would be made and as whom."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plansync.cli.context import Common, relative
from plansync.cli.door import ask, say, tell
from plansync.errors import ConfigError, PlansyncError

if TYPE_CHECKING:
    from plansync.config import Home

_ATTRIBUTES = "*.jsonl merge=plansync"
_DRIVER = "plansync state merge %O %A %B"
_TEXT = """\
# Settings of plansync for this project. Every option, with its default and a reason, is in
# config.example.toml of plansync's repository. Tokens never stand here: set PLANSYNC_TOKEN or GH_TOKEN.

# Where issues are made: "github", or "sandbox" to try everything on this machine.
tracker = "{tracker}"
{repo}
# A GitHub Enterprise address; github.com needs none.
{api_url}
{plans}"""


def command(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; take what was found.")] = False,
) -> None:
    """Write a commented plansync.toml for this project; on the tracker it only looks."""
    from plansync import config, remotes

    common: Common = context.obj
    root = config.git_root(Path.cwd()) or Path.cwd()
    target = root / config.FILE
    if target.exists():
        raise ConfigError(f"{target} is there already; edit it, or delete it to begin anew")
    host, found = remotes.remote_repository(_own_remote(root))
    repo = common.flags.get("repo") or (found if "gitlab" not in host else "")
    if common.is_attended and not yes:
        repo = ask("Repository (OWNER/NAME, empty for the sandbox)", repo or "")
    tracker = common.flags.get("tracker") or ("github" if repo else "sandbox")
    api = common.flags.get("api_url") or (remotes.api_of(host) if repo else "")
    home = config.load(Path.cwd(), {}, {"repo": repo or None, "tracker": tracker, "api_url": api or None})
    found_plans = config.plan_paths(home, root)
    plans = [_name(path, root) for path in found_plans]
    try:
        target.write_text(_text(tracker, repo or "", api, plans), encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{target} cannot be written: {error.strerror}") from None
    tell(f"wrote {target.relative_to(Path.cwd()) if target.is_relative_to(Path.cwd()) else target}")
    if config.git_root(root) is not None:
        _prepare_merges(root)
    if "gitlab" in host and not repo:
        tell("This folder's remote is on GitLab, which plansync does not write to yet; the sandbox is set.")
    if tracker == "github" and repo:
        _tell_remotes(root, repo)
        _tell_standing(config.load(Path.cwd(), os.environ, common.flags, target), repo)
    _advise(tracker, repo or "", found_plans)


def _own_remote(root: Path) -> str:
    """Find the remote that is meant: never one that is called upstream, which belongs to others."""
    from plansync import remotes

    return "" if remotes.git_remotes(root).keys() == {"upstream"} else remotes.git_remote(root)


def _tell_remotes(root: Path, repo: str) -> None:
    """Where git knows several repositories, name them all."""
    from plansync import remotes

    found = {name: remotes.remote_repository(url)[1] for name, url in remotes.git_remotes(root).items()}
    others = [f"{other} ({name})" for name, other in found.items() if other and other != repo]
    if others:
        tell(f"This folder has other remotes too: {', '.join(others)}. Taken: {repo}.")


def _tell_standing(home: Home, repo: str) -> None:
    """Say what the repository is and whose token would write there; without token or network, that nobody knows."""
    from plansync import wiring

    try:
        found = asyncio.run(wiring.look_at(home.settings))
    except PlansyncError as error:
        tell(f"{repo} could not be looked at: {error}")
        return
    place, seen = found.repository, found.repository.visibility
    words = "public: everybody can read what is made there" if seen == "public" else seen
    tell(f"Repository: {place.name}{f' ({words})' if words else ''}")
    tell(f"Account: {found.account or 'the tracker does not say whose token this is'}")
    if found.is_protected is not None:
        is_not = (
            "is protected: a job that commits the plan there is refused"
            if found.is_protected
            else "is not protected"
        )
        tell(f"Default branch: {place.default_branch} {is_not}")
    if place.parent:
        tell(
            f'{place.name} is a fork of {place.parent}. Taken: {place.name}; for the other: repo = "{place.parent}"'
        )
    if place.refusal:
        tell(f"Not yet: {place.refusal}")


def _prepare_merges(root: Path) -> None:
    """Let git merge state files by item and field, in each clone that is told how."""
    file = root / ".plansync" / ".gitattributes"
    try:
        known = file.read_text(encoding="utf-8") if file.is_file() else ""
        if _ATTRIBUTES not in known.splitlines():
            file.parent.mkdir(exist_ok=True)
            file.write_text(f"{known}{_ATTRIBUTES}\n", encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} cannot be written: {error}") from None
    tell(f"wrote {file.relative_to(root)}; so that git merges what plansync remembers, once in each clone:")
    say(f"  git config merge.plansync.driver '{_DRIVER}'")


def _name(path: Path, root: Path) -> str:
    return Path(os.path.relpath(path.absolute(), root.absolute())).as_posix()


def _text(tracker: str, repo: str, api: str, plans: list[str]) -> str:
    tables = "\n".join(f"[[plan]]\npath = {_quoted(name)}" for name in plans)
    return _TEXT.format(
        tracker=tracker,
        repo=f"repo = {_quoted(repo)}" if repo else '# repo = "OWNER/NAME"',
        api_url=f"api_url = {_quoted(api)}" if api else '# api_url = "https://HOST/api/v3"',
        plans=(tables or '# [[plan]]\n# path = "docs/implementation-plan.md"') + "\n",
    )


def _quoted(text: str) -> str:
    """Write a text as TOML has it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _advise(tracker: str, repo: str, plans: Sequence[Path]) -> None:
    if not plans:
        tell("No plan was found; name it in the file, or on the command line.")
    named = {"github": f"{repo} on GitHub", "sandbox": "the sandbox"}
    where = named.get(tracker, f"{repo} on {tracker}")
    tell(f"Issues will be made in {where}. Nothing was written there. Next, see what a first push would do:")
    which = [str(relative(plans[0]))] if len(plans) > 1 else []
    say(f"  {shlex.join(['plansync', 'diff', *which])}")
