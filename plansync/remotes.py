"""What git knows of the places that a work tree belongs to: hints, and no permission to write there."""

from __future__ import annotations

import subprocess
from pathlib import Path


def git_remote(root: Path) -> str:
    """Read the address of a work tree's `origin` (or only) remote, empty where there is none."""
    found = git_remotes(root)
    return found.get("origin") or (next(iter(found.values())) if len(found) == 1 else "")


def git_remotes(root: Path) -> dict[str, str]:
    """Read the addresses from which a work tree fetches, by the names of its remotes."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "remote", "-v"], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    rows = [line.split() for line in done.stdout.splitlines() if line.endswith("(fetch)")]
    return {row[0]: row[1] for row in rows if len(row) >= 2}


def remote_repository(address: str) -> tuple[str, str]:
    """Split a remote's address into host and `owner/name`; empty strings where it is none."""
    text = address.removesuffix("/").removesuffix(".git")
    if "://" in text:
        text = text.partition("://")[2].rpartition("@")[2] if "@" in text else text.partition("://")[2]
        host, _, path = text.partition("/")
        host = host.partition(":")[0] if address.startswith("ssh:") else host  # ssh's port is not the API's
    else:
        host, _, path = text.rpartition("@")[2].partition(":")
    host = host.lower().removeprefix("ssh.") if host.lower() == "ssh.github.com" else host.lower()
    parts = path.strip("/").split("/")
    is_tracker = any(word in host for word in ("github", "gitlab", "ghe"))
    return (host, "/".join(parts)) if len(parts) >= 2 and is_tracker else ("", "")


def api_of(host: str) -> str:
    """Derive the API's address from the host that people visit; empty for github.com, which needs none.

    Source: GitHub REST docs, "Getting started"; data residency has a host of its own for the API.
    """
    if host in ("", "github.com"):
        return ""
    return f"https://api.{host}" if host.endswith(".ghe.com") else f"https://{host}/api/v3"
