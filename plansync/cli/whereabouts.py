"""Which tracker a folder belongs to, as far as its git remote tells; an unknown host is asked, without a token."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import NamedTuple

from plansync.cli.door import tell
from plansync.remotes import Remote, api_of

_API_PATHS = {"gitlab": "/api/v4", "github": "/api/v3"}


class Whereabouts(NamedTuple):
    """A tracker and a repository there. `kind` is empty where nobody knows; `api_url` where the kind's own is meant."""

    kind: str = ""
    repo: str = ""
    api_url: str = ""


def found(remote: Remote | None, kind: str, ca_file: Path | None) -> Whereabouts:
    """Say what a remote leads to.

    Shape: `kind` is the one that a person named, empty for none. What is called after GitHub is taken for that; a host
    called after GitLab is asked only where below it GitLab is, any other what it is.
    """
    if remote is None:
        return Whereabouts()
    if (kind or remote.kind) == "github" and remote.kind == "github":
        return Whereabouts("github", remote.path, api_of(remote.host))
    if remote.host == "gitlab.com":
        return Whereabouts("gitlab", remote.path)
    tell(f"{remote.host} is asked what it is; no token is sent with that.")
    answered = asyncio.run(_asked(remote, ca_file))
    if answered and kind in ("", answered.kind):
        return answered
    named = kind or remote.kind
    if named not in _API_PATHS:
        tell(f"It answered neither as GitLab nor as GitHub. If it is one of them: {_by_hand(remote)}")
        return Whereabouts()
    return Whereabouts(named, remote.path, remote.root + _API_PATHS[named])


async def _asked(remote: Remote, ca_file: Path | None) -> Whereabouts | None:
    """Ask everywhere that a tracker may be installed below a host. GitHub knows no groups within groups."""
    from plansync.trackers.probe import probe

    places = list(remote.roots())
    answers = await asyncio.gather(*(probe(root, ca_file=ca_file) for root, _ in places))
    known = (
        Whereabouts(answer.kind.value, path, answer.api_url)
        for answer, (_, path) in zip(answers, places, strict=True)
        if answer
    )
    return next((each for each in known if each.kind == "gitlab" or each.repo.count("/") == 1), None)


def _by_hand(remote: Remote) -> str:
    return f"plansync init --tracker gitlab --api-url {remote.root}/api/v4 -R {remote.path}"


def kind_of(repo: str, api_url: str) -> str:
    """Guess the kind from what a person typed: what GitHub has none of is GitLab's."""
    return "gitlab" if api_url.rstrip("/").endswith("/api/v4") or repo.count("/") > 1 else "github"
