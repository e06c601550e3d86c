"""`plansync init`: writes a commented settings file."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from plansync.cli.context import Common, relative
from plansync.cli.door import ask, say, tell
from plansync.errors import ConfigError

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
    """Write a commented plansync.toml for this project; sends nothing anywhere."""
    from plansync import config

    common: Common = context.obj
    root = config.git_root(Path.cwd()) or Path.cwd()
    target = root / config.FILE
    if target.exists():
        raise ConfigError(f"{target} is there already; edit it, or delete it to begin anew")
    host, found = config.remote_repository(config.git_remote(root))
    repo = common.flags.get("repo") or (found if "gitlab" not in host else "")
    if common.is_attended and not yes:
        repo = ask("Repository (OWNER/NAME, empty for the sandbox)", repo or "")
    tracker = common.flags.get("tracker") or ("github" if repo else "sandbox")
    api = common.flags.get("api_url") or (
        "" if host in ("", "github.com") or not repo else f"https://{host}/api/v3"
    )
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
    _advise(tracker, repo or "", found_plans)


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
    tell(f"Issues will be made in {where}. Nothing was sent. Next, see what a first push would do:")
    which = [str(relative(plans[0]))] if len(plans) > 1 else []
    say(f"  {shlex.join(['plansync', 'diff', *which])}")
