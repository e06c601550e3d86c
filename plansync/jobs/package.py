"""Where a job installs plansync from: the place that this very one came from."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from plansync.remotes import git_remote, remote_of
from plansync.store import git

OPEN = "plansync @ git+https://HOST/OWNER/plansync@REF"
"""What stands in a file where nobody knows: pip refuses it, while a name alone could be anybody's package."""


def package() -> str:
    """Say what pip would install this very plansync from; `OPEN` where it cannot be had from elsewhere."""
    try:
        installed = metadata.distribution("plansync")
        said = installed.read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return OPEN
    try:
        return _from(json.loads(said)) if said else f"plansync=={installed.version}"
    except ValueError:
        return OPEN


def _from(said: dict[str, Any]) -> str:
    """Read what pip noted of a package that came from no index. Source: PyPA specifications, "direct_url.json"."""
    url = said.get("url", "")
    place = urlsplit(url)
    if "dir_info" in said:
        return _of_clone(Path(unquote(place.path)))
    if place.scheme != "https" or "@" in place.netloc:
        return OPEN
    if "vcs_info" not in said:
        return f"plansync @ {url}"
    is_git = said["vcs_info"].get("vcs") == "git"
    return f"plansync @ git+{url}@{said['vcs_info'].get('commit_id', '')}" if is_git else OPEN


def _of_clone(folder: Path) -> str:
    """Name the repository that a clone came from, and the commit, where its remote has that too."""
    remote = remote_of(git_remote(folder))
    is_there = git.ask(folder, "branch", "--remotes", "--contains", "HEAD").strip()
    if remote is None or remote.scheme != "https" or not is_there:
        return OPEN
    commit = git.ask(folder, "rev-parse", "HEAD").decode().strip()
    return f"plansync @ git+{remote.root}/{remote.path}.git@{commit}"
