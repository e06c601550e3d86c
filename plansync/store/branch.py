"""Which branch a plan is on, and whether it is the default one: only there issues are closed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from plansync.store import git

_USUAL = ("main", "master", "trunk", "develop")
_NAMED_BY_CI = ("GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_COMMIT_BRANCH", "CI_COMMIT_REF_NAME")
DETACHED = "a commit without a branch"


def other_branch(folder: Path, default: str, environ: Mapping[str, str]) -> str:
    """Name the branch that is checked out where it is not the default one; empty where it is, or without git.

    `default`: the default branch as the settings name it; empty: what the remote calls so, else the usual
    name that is there, else whatever is checked out. Source: design, "On a branch other than the default one".
    """
    if _git(folder, "rev-parse", "--is-inside-work-tree") != "true":
        return ""
    current = _git(folder, "symbolic-ref", "--quiet", "--short", "HEAD") or _from_ci(environ)
    main = default or _default(folder, current)
    if not current:
        head = _git(folder, "rev-parse", "--quiet", "--verify", "HEAD")
        heads = [_git(folder, "rev-parse", "--quiet", "--verify", f"{where}{main}") for where in _PLACES]
        return "" if head and head in heads else DETACHED
    return "" if not main or current == main else current


_PLACES = ("refs/heads/", "refs/remotes/origin/")


def _from_ci(environ: Mapping[str, str]) -> str:
    """Ask the CI system, which checks out a commit: the branch has no name there."""
    return (
        next((environ[name] for name in _NAMED_BY_CI if environ.get(name)), "") if environ.get("CI") else ""
    )


def _default(folder: Path, current: str) -> str:
    known = _git(folder, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    if known:
        return known.removeprefix("origin/")
    if current in _USUAL:
        return current
    listed = _git(
        folder, "for-each-ref", "--format=%(refname:lstrip=-1)", "refs/heads", "refs/remotes/origin"
    )
    names = listed.split()
    return next((name for name in _USUAL if name in names), current)


def _git(folder: Path, *arguments: str) -> str:
    return git.ask(folder, *arguments).decode("utf-8", "replace").strip()
