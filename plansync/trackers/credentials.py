"""Where a GitHub token is found: in the order that users know from `gh`, then in the system's keyring.

A token never goes to another host: a variable that belongs to github.com is not read for any other. Nothing is
ever written; the keyring is an extra (`pip install '.[keyring]'` in a clone), and without it there is none.
"""

from __future__ import annotations

import importlib
import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias
from urllib.parse import urlsplit

from plansync.errors import ConfigError
from plansync.trackers.addresses import is_loopback
from plansync.trackers.token import Token

Run: TypeAlias = Callable[[Sequence[str]], str]
"""Runs a program and gives what it printed; raises what `subprocess.run` raises."""

Keyring: TypeAlias = Callable[[str, str], str | None]
"""Gives the password of a service and a name, if there is one."""

KEYRING_NAME = "token"
"""The name under which a token is kept: `keyring set plansync:github.com token`."""
_GH_TIMEOUT_S = 3.0  # as long as gh itself gives the keyring
_PUBLIC = ("GH_TOKEN", "GITHUB_TOKEN")
_ENTERPRISE = ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")


def run_program(argv: Sequence[str]) -> str:
    """Run a program without input, for a short while."""
    done = subprocess.run(
        argv, capture_output=True, check=True, stdin=subprocess.DEVNULL, text=True, timeout=_GH_TIMEOUT_S
    )
    return done.stdout


def read_keyring(service: str, name: str) -> str | None:
    """Ask the system's keyring; whatever goes wrong there means that it has none.

    Its backends raise whatever the system's library does, so nothing more precise can be caught.
    """
    try:
        found = importlib.import_module("keyring").get_password(service, name)
    except Exception:  # noqa: BLE001 - a locked, absent or broken keyring is one that has no token
        return None
    return found if isinstance(found, str) else None


def find_token(
    host: str, environ: Mapping[str, str], run: Run = run_program, keyring: Keyring = read_keyring
) -> Token | None:
    """Find the token for a host of GitHub's kind; its `source` says where it was.

    Shape: `host` is the API's or the web's, alone, with a port, or as a whole address.
    Raises: ConfigError for a variable that is set to something that cannot be a token.
    """
    for name in variables(host, environ):
        if environ.get(name, "").strip():
            return Token(environ[name], name)
    if is_loopback(_name(host)):
        return None
    return _from_gh(host, environ, run) or _from_keyring(host, keyring)


def own_token(environ: Mapping[str, str]) -> Token | None:
    """Find the token for a tracker that is not GitHub's: no variable of GitHub's is read for it."""
    return (
        Token(environ["PLANSYNC_TOKEN"], "PLANSYNC_TOKEN")
        if environ.get("PLANSYNC_TOKEN", "").strip()
        else None
    )


def variables(host: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """List the variables that may hold a token for this host, first one first."""
    if _is_public(host):
        return ("PLANSYNC_TOKEN", *_PUBLIC)
    is_named = _netloc(environ.get("GITHUB_API_URL", "")) == _netloc(host)
    return ("PLANSYNC_TOKEN", *_ENTERPRISE, *(("GITHUB_TOKEN",) if is_named else ()))


def sign_in_advice(host: str) -> str:
    """Say what to do for a token, as the end of a sentence."""
    names = " or ".join(variables(host, {}))
    return f"set {names}" + ("" if is_loopback(_name(host)) else f", or run `gh auth login -h {_web(host)}`")


def _from_gh(host: str, environ: Mapping[str, str], run: Run) -> Token | None:
    """Ask gh; whatever goes wrong there means that it has none."""
    argv = (environ.get("GH_PATH") or "gh", "auth", "token", "--hostname", _web(host))
    try:
        return Token(run(argv), "`gh auth token`")
    except (OSError, ValueError, subprocess.SubprocessError, ConfigError):
        return None


def _from_keyring(host: str, keyring: Keyring) -> Token | None:
    service = f"plansync:{_web(host)}"
    found = keyring(service, KEYRING_NAME)
    return Token(found, f"the keyring ({service})") if found and found.strip() else None


def _is_public(host: str) -> bool:
    web = _web(host)
    return web == "github.com" or web.endswith(".ghe.com")


def _web(host: str) -> str:
    """Name the host that people and gh use: `api.github.com` is github.com's."""
    name = _name(host)
    bare = name.removeprefix("api.")
    return bare if bare == "github.com" or bare.endswith(".ghe.com") else name


def _name(host: str) -> str:
    return urlsplit(f"//{_netloc(host)}").hostname or ""


def _netloc(address: str) -> str:
    """Reduce an address, or a host alone, to its host and port; empty where it is neither."""
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
    except ValueError:
        return ""
    return parts.netloc.rpartition("@")[2].lower()
