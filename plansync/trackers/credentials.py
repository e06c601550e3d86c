"""Where a token is found: in the order that users know from `gh` or `glab`, then in the system's keyring.

A token never goes to another host: a variable that belongs to github.com or gitlab.com is not read for any other, one
of GitHub's never for GitLab, and the reverse. Nothing is ever written; the keyring is an extra (`pip install
'.[keyring]'` in a clone), and without it there is none.
"""

from __future__ import annotations

import importlib
import os
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol, TypeAlias
from urllib.parse import urlsplit

from plansync.errors import AuthError, ConfigError
from plansync.trackers.addresses import is_loopback
from plansync.trackers.token import Token


class Kind(StrEnum):
    """The kinds of tracker whose users have tokens already."""

    GITHUB = "github"
    GITLAB = "gitlab"


Run: TypeAlias = Callable[[Sequence[str]], str]
"""Runs a program and gives what it printed; raises what `subprocess.run` raises."""


class Ask(Protocol):
    """Runs a program that is told something, without some variables; raises what `subprocess.run` raises."""

    def __call__(self, argv: Sequence[str], told: str, without: Sequence[str]) -> str:
        """Give what it printed."""
        ...


Keyring: TypeAlias = Callable[[str, str], str | None]
"""Gives the password of a service and a name, if there is one."""

KEYRING_NAME = "token"
"""The name under which a token is kept: `keyring set plansync:github.com token`."""
_GH_TIMEOUT_S = 3.0  # as long as gh itself gives the keyring
_PUBLIC = ("GH_TOKEN", "GITHUB_TOKEN")
_ENTERPRISE = ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")
_GITLAB = ("GITLAB_TOKEN", "GITLAB_ACCESS_TOKEN", "OAUTH_TOKEN")
_GITLAB_HOSTS = ("GITLAB_HOST", "GITLAB_URI", "GL_HOST", "GITLAB_API_HOST")
_CI_HOSTS = ("CI_SERVER_URL", "CI_SERVER_FQDN", "CI_SERVER_HOST")
_SHAPES = {Kind.GITHUB: re.compile(r"gh[a-z]_|github_pat_"), Kind.GITLAB: re.compile(r"gl[a-z]{2,6}-")}
"""How tokens begin that the trackers give out themselves."""
_NAMES = {Kind.GITHUB: "GitHub", Kind.GITLAB: "GitLab"}
_JOB = "CI_JOB_TOKEN"
_JOB_PREFIX = "glcbt-"
_JOB_WORDS = (
    "a job token (CI_JOB_TOKEN) can write no issues, milestones or labels on GitLab: make a project access token with "
    "the role Planner or higher and the scope `api`, and give it to the job as the masked variable PLANSYNC_TOKEN"
)


def run_program(argv: Sequence[str]) -> str:
    """Run a program without input, for a short while."""
    done = subprocess.run(
        argv, capture_output=True, check=True, stdin=subprocess.DEVNULL, text=True, timeout=_GH_TIMEOUT_S
    )
    return done.stdout


def ask_program(argv: Sequence[str], told: str, without: Sequence[str]) -> str:
    """Run a program that reads one question, for a short while."""
    environ = {name: value for name, value in os.environ.items() if name not in without}
    done = subprocess.run(
        argv, capture_output=True, check=True, input=told, text=True, timeout=_GH_TIMEOUT_S, env=environ
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
    Raises: ConfigError for a variable that is set to something that cannot be a token; AuthError for one of GitLab's.
    """
    for name in variables(host, environ):
        if environ.get(name, "").strip():
            return _of_kind(Token(environ[name], name), Kind.GITHUB, host)
    if is_loopback(_name(host)):
        return None
    return _from_gh(host, environ, run) or _from_keyring(host, keyring)


def find_gitlab_token(
    host: str, environ: Mapping[str, str], ask: Ask = ask_program, keyring: Keyring = read_keyring
) -> Token | None:
    """Find the token for a host of GitLab's kind, as `find_token` does.

    Raises: ConfigError for a variable that is set to something that cannot be a token; AuthError for one of GitHub's,
    and where there is none but that of a job, which cannot write.
    """
    for name in gitlab_variables(host, environ):
        if environ.get(name, "").strip():
            return _of_no_job(_of_kind(Token(environ[name], name), Kind.GITLAB, host), environ)
    found = None
    if not is_loopback(_name(host)):
        found = _from_glab(host, ask) or _from_keyring(host, keyring)
    if found is None and environ.get(_JOB, "").strip():
        raise AuthError(f"no token for {_name(host)} but that of this job, and {_JOB_WORDS}")
    return found


def gitlab_variables(host: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """List the variables that may hold a token for this host of GitLab's, first one first.

    As for `glab`, they belong to the host that GITLAB_HOST (or GITLAB_URI, GL_HOST) names, in a job to the server that
    runs it, and to gitlab.com where nothing names any.
    """
    named = [environ[name] for name in _GITLAB_HOSTS if environ.get(name)]
    named = named or [environ[name] for name in _CI_HOSTS if environ.get(name)] or ["gitlab.com"]
    is_named = _netloc(host) in {_netloc(each) for each in named} - {""}
    return ("PLANSYNC_TOKEN", *(_GITLAB if is_named else ()))


def _of_kind(token: Token, kind: Kind, host: str) -> Token:
    """Hold a token back that another kind of tracker gave out; a server on this machine may be any.

    Raises: AuthError.
    """
    for other, shape in _SHAPES.items():
        if other is not kind and shape.match(token.reveal()) and not is_loopback(_name(host)):
            raise AuthError(
                f"{token.source} holds a token of {_NAMES[other]}'s; it was not sent to {_name(host)}, which is "
                f"{_NAMES[kind]}: {sign_in_advice(host, kind)}"
            )
    return token


def _of_no_job(token: Token, environ: Mapping[str, str]) -> Token:
    if token.reveal() == environ.get(_JOB, "").strip() or token.reveal().startswith(_JOB_PREFIX):
        raise AuthError(f"{token.source} holds the token of a job, and {_JOB_WORDS}")
    return token


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


def sign_in_advice(host: str, kind: Kind = Kind.GITHUB) -> str:
    """Say what to do for a token, as the end of a sentence."""
    if kind is Kind.GITLAB:
        return _gitlab_advice(host)
    names = " or ".join(variables(host, {}))
    return f"set {names}" + ("" if is_loopback(_name(host)) else f", or run `gh auth login -h {_web(host)}`")


def _gitlab_advice(host: str) -> str:
    names = gitlab_variables(host, {})
    first = f"set {' or '.join(names)}"
    if len(names) == 1:
        first += f", or {_GITLAB[0]} with GITLAB_HOST={_netloc(host)},"
    first += " to a token with the scope `api`"
    return first + ("" if is_loopback(_name(host)) else f", or run `glab auth login --hostname {_web(host)}`")


def _from_glab(host: str, ask: Ask) -> Token | None:
    """Ask glab for its stored login, as git does; whatever goes wrong there means that it has none.

    Its own variables are kept from it: it would answer with them whatever the host.
    """
    argv = ("glab", "auth", "git-credential", "get")
    try:
        printed = ask(argv, f"protocol=https\nhost={_netloc(host)}\n\n", _GITLAB)
        told = dict(line.split("=", 1) for line in printed.splitlines() if "=" in line)
        is_other = _netloc(told.get("host") or host) != _netloc(host)
        return None if is_other else Token(told.get("password", ""), "`glab auth git-credential`")
    except (OSError, ValueError, subprocess.SubprocessError, ConfigError):
        return None


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
