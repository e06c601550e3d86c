"""`plansync init`: writes a commented settings file, and says where issues would be made and as whom."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plansync.cli.context import Common, open_plan, plans_here, relative
from plansync.cli.door import ask, say, tell
from plansync.cli.worded import worded
from plansync.errors import ConfigError, PlansyncError, StoreError
from plansync.store.files import write_file

if TYPE_CHECKING:
    from plansync.cli.whereabouts import Whereabouts
    from plansync.config import Home

_TEXT = """\
# Settings of plansync for this project. Every option, with its default and a reason, is in
# config.example.toml of plansync's repository. Tokens never stand here: {token}.

# Where issues are made: "github", "gitlab", or "sandbox" to try everything on this machine.
tracker = "{tracker}"
{repo}
# {address}
{api_url}

# The plans, each in a table of its own, or with a pattern several: path = "plans/*.md"
{plans}"""
_GITLAB = "gitlab"
_TOKENS = {
    _GITLAB: "set PLANSYNC_TOKEN or\n# GITLAB_TOKEN to one with the scope `api`, or run `glab auth login`"
}
_TOKEN = "set PLANSYNC_TOKEN or GH_TOKEN"
_ADDRESSES = {_GITLAB: ("The address of GitLab's API; gitlab.com needs none.", "https://HOST/api/v4")}
_ADDRESS = ("A GitHub Enterprise address; github.com needs none.", "https://HOST/api/v3")
_NAMED_MAX = 10
_PLAN = "docs/implementation-plan.md"


@worded
def command(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; take what was found.")] = False,
    agents: Annotated[
        bool,
        typer.Option(
            "--agents",
            help="Tell coding assistants how to edit the plan: AGENTS.md, CLAUDE.md, .kiro/steering.",
        ),
    ] = False,
) -> None:
    """Write a commented plansync.toml for this project; on the tracker it only looks."""
    from plansync import config

    common: Common = context.obj
    root = config.git_root(Path.cwd()) or Path.cwd()
    target = root / config.FILE
    if agents and target.exists():
        _tell_agents(config.load(Path.cwd(), os.environ, common.flags, target), root)
        return
    if target.exists():
        raise ConfigError(f"{target} is there already; edit it, or delete it to begin anew")
    tracker, repo, api = _chosen(common, root, is_asked=common.is_attended and not yes)
    flags = {"repo": repo or None, "tracker": tracker, "api_url": api or None}
    home = config.load(Path.cwd(), {}, flags)
    found_plans = plans_here(home, root)
    plans = [_name(path, root) for path in found_plans]
    try:
        write_file(target, _text(tracker, repo, api, plans).encode())
    except StoreError as error:
        raise ConfigError(str(error)) from None
    tell(f"wrote {target.relative_to(Path.cwd()) if target.is_relative_to(Path.cwd()) else target}")
    _tell_plans(home, found_plans)
    if config.git_root(root) is not None:
        _prepare_merges(root)
    is_seen = True
    if tracker in ("github", _GITLAB) and repo:
        _tell_remotes(root, repo)
        home = config.load(Path.cwd(), os.environ, common.flags, target)
        is_seen = _tell_standing(common, home, tracker, repo)
    if agents:
        _tell_agents(config.load(Path.cwd(), os.environ, common.flags, target), root)
    _advise(tracker, repo, found_plans, is_seen=is_seen)


def _tell_plans(home: Home, found: Sequence[Path]) -> None:
    """Name the plans that were found, each with its form and size."""
    from plansync.cli.wording import counted
    from plansync.document.tree import Role

    for path in found[:_NAMED_MAX]:
        try:
            document = open_plan(home, path)
        except PlansyncError as error:
            tell(f"Plan: {relative(path)} cannot be read: {error}")
            continue
        roles = [node.role for node in document.nodes]
        sizes = ", ".join(counted(roles.count(r), r.value) for r in (Role.PHASE, Role.TASK) if r in roles)
        is_written = document.dialect.is_written
        form = document.dialect.name + (
            "" if is_written else ", which is only read: no push makes issues of it"
        )
        tell(f"Plan: {relative(path)} ({form}){f': {sizes}' if sizes else ''}")
    if len(found) > _NAMED_MAX:
        tell(f"… and {counted(len(found) - _NAMED_MAX, 'plan')} more")


def _tell_agents(home: Home, root: Path) -> None:
    """Put the block for assistants into the files that they read."""
    from plansync import config
    from plansync.cli import agents

    plans = [_name(path, root) for path in config.plan_paths(home, root)]
    where = "the sandbox" if home.settings.kind == "sandbox" else f"the issues of {home.settings.repo}"
    changed = agents.write(root, plans, where)
    for file in changed:
        tell(f"wrote plansync's block into {file.relative_to(root)}; all else in it is as it was")
    if not changed:
        tell("The files for assistants say it all already.")


def _chosen(common: Common, root: Path, *, is_asked: bool) -> Whereabouts:
    """Choose a tracker and a repository: as named by an option, as answered, else as the git remote leads to."""
    from plansync import remotes
    from plansync.cli import whereabouts

    named = {name: common.flags.get(name) or "" for name in ("tracker", "repo", "api_url")}
    ca_file = Path(os.environ["PLANSYNC_CA_FILE"]) if os.environ.get("PLANSYNC_CA_FILE") else None

    def lookup(address: str) -> Whereabouts:
        remote = None if named["tracker"] == "sandbox" else remotes.remote_of(address)
        if named["tracker"] not in ("", "github", _GITLAB) or named["api_url"]:
            return whereabouts.Whereabouts(named["tracker"], remote.path if remote else "")
        return whereabouts.found(remote, named["tracker"], ca_file)

    found = lookup(_own_remote(root))
    repo = named["repo"] or found.repo
    if is_asked and not named["repo"] and named["tracker"] != "sandbox":
        repo = ask(
            "Repository (OWNER/NAME, its address, or `sandbox` to stay on this machine)", repo or "sandbox"
        )
        if repo == "sandbox":
            found, repo = whereabouts.Whereabouts(), ""
        elif "://" in repo or "@" in repo:
            found = lookup(repo)
            repo = found.repo
    if not repo and (named["api_url"] or named["tracker"] not in ("", "sandbox")):
        raise ConfigError("nothing says which repository or project there is meant: add -R OWNER/NAME")
    api = named["api_url"] or (found.api_url if repo else "")
    guessed = (found.kind or whereabouts.kind_of(repo, api)) if repo else "sandbox"
    return whereabouts.Whereabouts(named["tracker"] or guessed, repo, api)


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


def _tell_standing(common: Common, home: Home, tracker: str, repo: str) -> bool:
    """Say what the repository is and whose token would write there; without token or network, that nobody knows."""
    import asyncio

    from plansync import wiring
    from plansync.cli import progress

    try:
        found = asyncio.run(wiring.look_at(home.settings, progress.listener(common).listen))
    except PlansyncError as error:
        tell(f"{repo} could not be looked at: {error}")
        return False
    place, seen = found.repository, found.repository.visibility
    words = "public: everybody can read what is made there" if seen == "public" else seen
    noun = "Project" if tracker == _GITLAB else "Repository"
    tell(f"{noun}: {place.name}{f' ({words})' if words else ''}")
    role = f", {place.role} there" if place.role else ""
    tell(f"Account: {found.account or 'the tracker does not say whose token this is'}{role}")
    if found.is_protected is not None:
        is_not = (
            "is protected: a job that commits the plan there is refused"
            if found.is_protected
            else "is open to pushes"
        )
        tell(f"Default branch: {place.default_branch} {is_not}")
    if place.parent:
        tell(
            f'{place.name} is a fork of {place.parent}. Taken: {place.name}; for the other: repo = "{place.parent}"'
        )
    if place.warning:
        tell(f"Soon: {place.warning}")
    if place.refusal:
        tell(f"Not yet: {place.refusal}")
    return True


def _prepare_merges(root: Path) -> None:
    """Let git merge state files by item and field, in each clone that is told how."""
    from plansync.cli import examining

    file = examining.name_driver(root)
    tell(
        f"wrote {file.relative_to(root)}; run this once in each clone, and git merges what plansync remembers:"
    )
    say(f"  git config merge.plansync.driver '{examining.DRIVER}'")


def _name(path: Path, root: Path) -> str:
    return Path(os.path.relpath(path.absolute(), root.absolute())).as_posix()


def _text(tracker: str, repo: str, api: str, plans: list[str]) -> str:
    tables = "\n\n".join(f"[[plan]]\npath = {_quoted(name)}" for name in plans)
    address, example = _ADDRESSES.get(tracker, _ADDRESS)
    return _TEXT.format(
        token=_TOKENS.get(tracker, _TOKEN),
        tracker=tracker,
        repo=f"repo = {_quoted(repo)}" if repo else '# repo = "OWNER/NAME"',
        address=address,
        api_url=f"api_url = {_quoted(api)}" if api else f'# api_url = "{example}"',
        plans=(tables or f'# [[plan]]\n# path = "{_PLAN}"') + "\n",
    )


def _quoted(text: str) -> str:
    """Write a text as TOML has it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _advise(tracker: str, repo: str, plans: Sequence[Path], *, is_seen: bool) -> None:
    named = {"github": f"{repo} on GitHub", _GITLAB: f"{repo} on GitLab", "sandbox": "the sandbox"}
    where = named.get(tracker, f"{repo} on {tracker}")
    tell(f"Issues will be made in {where}. Nothing was written there.")
    if not plans:
        tell("No plan was found; name yours in the file, or begin one:")
        say(f"  {shlex.join(['plansync', 'new', _PLAN])}")
        return
    tell(f"{'Next' if is_seen else 'Once it can be looked at'}, see what a first push would do:")
    which = [str(relative(plans[0]))] if len(plans) > 1 else []
    say(f"  {shlex.join(['plansync', 'diff', *which])}")
