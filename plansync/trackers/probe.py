"""What kind of tracker a host is: asked without a token, so that none goes to a host that nobody has named yet."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from plansync.errors import TrackerError
from plansync.trackers.credentials import Kind
from plansync.trackers.http import REDIRECTS, Answer, Http

_ANY_REFUSAL = {*REDIRECTS, *range(400, 600)}
_PATIENCE_S = 5.0
_KNOWN = {
    "gitlab.com": (Kind.GITLAB, "https://gitlab.com/api/v4"),
    "github.com": (Kind.GITHUB, "https://api.github.com"),
}
_GITHUB_HEADERS = ("x-github-enterprise-version", "x-github-request-id")


class Probed(NamedTuple):
    """A tracker that answered: its kind, and the address of its API."""

    kind: Kind
    api_url: str


async def probe(address: str, *, ca_file: Path | None = None) -> Probed | None:
    """Find out whether GitLab or GitHub Enterprise answers; `None` where neither does, or nobody.

    Shape: `address` is a host, with a port where it has one, or an http address, with the path of an installation.
    Two requests at most; none for a host that everybody knows. Raises: ConfigError for what is no address.
    """
    root = (address if "://" in address else f"https://{address}").rstrip("/")
    if known := _known(root):
        return known
    asked: tuple[tuple[Kind, str, str], ...] = (
        (Kind.GITLAB, f"{root}/api/v4", "version"),
        (Kind.GITHUB, f"{root}/api/v3", "meta"),
    )
    for kind, api_url, path in asked:
        answer = await _ask(api_url, path, ca_file)
        if answer is not None and _SIGNS[kind](answer):
            return Probed(kind, api_url)
    return None


def _known(root: str) -> Probed | None:
    host = urlsplit(root).hostname or ""
    if host.endswith(".ghe.com"):
        return Probed(Kind.GITHUB, f"https://api.{host.removeprefix('api.')}")
    return Probed(*_KNOWN[host]) if host in _KNOWN else None


async def _ask(api_url: str, path: str, ca_file: Path | None) -> Answer | None:
    http = Http(base_url=api_url, timeout_s=_PATIENCE_S, max_wait_s=0, ca_file=ca_file)
    try:
        async with asyncio.timeout(_PATIENCE_S):  # with all its tries, which are for a host that is one
            return await http.get(path, accept=_ANY_REFUSAL, is_cached=False)
    except (TrackerError, TimeoutError):
        return None
    finally:
        await http.aclose()


def _is_gitlab(answer: Answer) -> bool:
    """Tell GitLab by its refusal: a version needs a token, and it says so in a JSON body of its own."""
    body = answer.body if isinstance(answer.body, Mapping) else {}
    is_refused = answer.status == 401 and str(body.get("message", "")).startswith("401")
    return is_refused or (answer.status == 200 and {"version", "revision"} <= body.keys())


def _is_github(answer: Answer) -> bool:
    body = answer.body if isinstance(answer.body, Mapping) else {}
    return any(name in answer.headers for name in _GITHUB_HEADERS) or (
        answer.status == 200 and "verifiable_password_authentication" in body
    )


_SIGNS = {Kind.GITLAB: _is_gitlab, Kind.GITHUB: _is_github}
