"""What git knows of the places that a work tree belongs to: hints, and no permission to write there."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

_HOST = re.compile(r"(?:[\w-]+(?:\.[\w-]+)+|localhost)(?::\d+)?")
_SSH_HOSTS = {"ssh.github.com": "github.com", "altssh.gitlab.com": "gitlab.com"}
"""Where the port of https is ssh's; people visit the other. Source: the docs of both, on ssh over port 443."""
_API = re.compile(r"/api/v[34]$")
_USUAL_FOLDER = "gitlab"
"""Where GitLab lies below a host that has other pages too. Source: GitLab docs, "Relative URL"."""


class Remote(NamedTuple):
    """Where a remote's address leads. `host` has a port where the pages that people visit have one."""

    scheme: str
    host: str
    path: str
    is_ssh: bool = False

    @property
    def kind(self) -> str:
        """The kind of tracker that the host is called after, empty where its name says nothing."""
        words = (("gitlab", "gitlab"), ("github", "github"), ("ghe", "github"))
        return next((kind for word, kind in words if word in self.host), "")

    @property
    def root(self) -> str:
        """The address of the host."""
        return f"{self.scheme}://{self.host}"

    def project_at(self, api: str) -> str:
        """Name the project that a tracker knows this remote as; empty where it leads to another host.

        Shape: `api` is the address of the tracker's API: on a host of its own, or below the folder of the pages, which
        an address of ssh does not name. The port of ssh says nothing of the pages.
        """
        url = urlsplit(api.rstrip("/"))
        is_own_host = not url.path  # api.github.com
        host, _, port = self.host.partition(":")
        if host != (url.hostname or "").removeprefix("api." if is_own_host else ""):
            return ""
        if self.is_ssh:
            return self.path
        if _unusual(port) != _unusual(url.netloc.rpartition(":")[2]):
            return ""
        below = _API.sub("", url.path).strip("/")
        is_below = not below or self.path.startswith(f"{below}/")
        return self.path.removeprefix(f"{below}/" if below else "") if is_below else ""

    def roots(self) -> Iterator[tuple[str, str]]:
        """List where a tracker may be installed, the likeliest first, each with the path that its project has then.

        An https address names the folder of an installation below its host; one of ssh does not.
        """
        yield self.root, self.path
        parts = self.path.split("/")
        if self.is_ssh:
            yield f"{self.root}/{_USUAL_FOLDER}", self.path
        for end in range(1, min(len(parts) - 1, 3)) if not self.is_ssh else ():
            yield "/".join([self.root, *parts[:end]]), "/".join(parts[end:])


def _unusual(port: str) -> str:
    """Give a port where it is one that an address has to name."""
    return port if port.isdecimal() and port not in ("80", "443") else ""


def git_remote(root: Path) -> str:
    """Read the address of a work tree's `origin` (or only) remote, empty where there is none."""
    found = git_remotes(root)
    return found.get("origin") or (next(iter(found.values())) if len(found) == 1 else "")


def git_remotes(root: Path) -> dict[str, str]:
    """Read the addresses from which a work tree fetches, by the names of its remotes."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "remote", "-v"], capture_output=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    said = done.stdout.decode("utf-8", "replace")
    rows = [line.split() for line in said.splitlines() if line.endswith("(fetch)")]
    return {row[0]: row[1] for row in rows if len(row) >= 2}


def remote_of(address: str) -> Remote | None:
    """Take a remote's address apart; `None` where it leads to no host, or to no project there."""
    scheme, has_scheme, rest = address.strip().removesuffix("/").removesuffix(".git").partition("://")
    is_ssh = not has_scheme or "ssh" in scheme
    if has_scheme:
        host, _, path = rest.partition("/")
        host = host.rpartition("@")[2]
        host = host if scheme in ("http", "https") else host.partition(":")[0]  # another port than the pages'
    else:
        host, _, path = scheme.rpartition("@")[2].partition(":")
    host, path = host.lower(), path.strip("/")
    host = _SSH_HOSTS.get(host, host)
    if "/" not in path or not _HOST.fullmatch(host):
        return None
    is_bare = scheme == "http" and re.match(r"(localhost|127\.[\d.]+)(:|$)", host)
    return Remote("http" if is_bare else "https", host, path, is_ssh)


def remote_repository(address: str) -> tuple[str, str]:
    """Split a remote's address into host and `owner/name`; empty strings where its host is called after no tracker."""
    found = remote_of(address)
    return (found.host, found.path) if found and found.kind else ("", "")


def api_of(host: str) -> str:
    """Derive the API's address from the host that people visit; empty for github.com, which needs none.

    Source: GitHub REST docs, "Getting started"; data residency has a host of its own for the API.
    """
    if host in ("", "github.com"):
        return ""
    return f"https://api.{host}" if host.endswith(".ghe.com") else f"https://{host}/api/v3"
