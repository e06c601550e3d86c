"""Where this very plansync was installed from, in words that pip takes on another machine.

Never a name on a package index that it was not installed from: whoever registers that name would run in the job.
Source: PEP 610, "Recording the Direct URL Origin of installed distributions"; what comes from an index has no record.
"""

from __future__ import annotations

import json
import re
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from plansync.store import git

_SSH = re.compile(r"(?:ssh://)?(?:[\w.-]+@)(?P<host>[\w.-]+)[:/](?P<path>[\w./~-]+)")


def package() -> str:
    """Say what pip would install it from; empty where no other machine can."""
    try:
        found = metadata.distribution("plansync")
    except metadata.PackageNotFoundError:
        return ""
    return of_record(found.read_text("direct_url.json"), found.version)


def of_record(text: str | None, version: str = "") -> str:
    """Read what pip wrote down when it installed plansync; nothing is written down of a package index."""
    if not text:
        return f"plansync=={version}"
    try:
        said: dict[str, Any] = json.loads(text)
    except ValueError:
        return ""
    url = str(said.get("url", ""))
    if url.startswith("file://"):
        return _of_clone(Path(unquote(urlsplit(url).path))) if "dir_info" in said else ""
    if not url.startswith("https://") or "@" in urlsplit(url).netloc:
        return ""
    vcs = said.get("vcs_info", {})
    if not vcs:
        return f"plansync @ {url}"
    return f"plansync @ git+{url}@{vcs.get('commit_id', '')}" if vcs.get("vcs") == "git" else ""


def _of_clone(folder: Path) -> str:
    """Name the commit that is checked out in a clone, where it was cloned from; empty where it is not there."""

    def ask(*words: str) -> str:
        return git.ask(folder, *words).decode("utf-8", "replace").strip()

    top, url, commit = (
        ask("rev-parse", "--show-toplevel"),
        ask("remote", "get-url", "origin"),
        ask("rev-parse", "HEAD"),
    )
    if (ssh := _SSH.fullmatch(url)) and not url.startswith("https://"):
        url = f"https://{ssh['host']}/{ssh['path']}"
    is_own = bool(top) and Path(top).resolve() == folder.resolve()
    is_public = url.startswith("https://") and "@" not in urlsplit(url).netloc
    is_there = bool(ask("branch", "--remotes", "--contains", commit)) if commit else False
    return f"plansync @ git+{url}@{commit}" if is_own and is_public and is_there else ""
