"""Which way plan and state file are written back, as the settings have it: the composition root of jobs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from plansync import remotes, wiring
from plansync.config import Home, Settings
from plansync.errors import AuthError, ConfigError
from plansync.jobs import pulls
from plansync.jobs.repository import Repository
from plansync.jobs.request import BODY, BRANCH, Asking, Requested
from plansync.jobs.writing_back import MESSAGE, Straight, WriteBack
from plansync.store.state import Target
from plansync.trackers.credentials import find_token, sign_in_advice
from plansync.trackers.http import Http
from plansync.trackers.registry import adapter
from plansync.trackers.token import Token


def write_back(home: Home, plan: Path, tell: Callable[[str], None], *, is_attended: bool) -> WriteBack:
    """Choose how a run's plan and state file go back to git: as a commit here, or by a request.

    Raises: ConfigError where there is no git, or git ignores one of the two.
    """
    paths = wiring.paths_of(home, plan)
    repository = Repository.at(plan.resolve().parent, is_attended=is_attended)
    moved = paths.former
    files = [plan, *(() if paths.is_local else (paths.state,)), *((moved.file,) if moved else ())]
    for path in files[:2]:
        if repository.ask("check-ignore", "--", repository.name(path)):
            raise ConfigError(f"git ignores {path}, so it cannot be committed; take it out of .gitignore")
    if home.settings.write_back == "commit":
        return Straight(repository, files, tell, is_ci=bool(os.environ.get("CI")))
    return Requested(repository, files, tell, _asking(home, repository.root))


def _asking(home: Home, root: Path) -> Asking:
    """Choose how a request is made: where the plan is pushed to, which need not be where its issues are.

    Raises: ConfigError where that place is neither a GitHub nor a GitLab.
    """
    target = wiring.target_of(home.settings)
    remote = remotes.remote_of(remotes.git_remote(root))
    kind, api, project = target.kind, target.api, target.project
    if remote and remote.host.partition(":")[0] != wiring.host_of(target.api).removeprefix("api."):
        kind, api = remote.kind, remotes.api_of(remote.host) or adapter("github").api_url
    if kind == "gitlab":
        return Asking(options=_merge_request)
    if kind != "github":
        raise ConfigError(
            'write_back = "merge-request" needs a remote on GitHub or GitLab; the other way is write_back = "commit"'
        )
    place = Target(kind, api, remote.path if remote else project)
    token = token_for(target, place)
    return Asking(
        ensure=lambda base, since: asyncio.run(_pull_request(home.settings, place, token, base, since))
    )


def token_for(issues: Target, place: Target) -> Token:
    """Find what may make a request where the plan is; the token of the issues goes to no other host.

    In a job for issues that are elsewhere `PLANSYNC_TOKEN` is theirs, and the job's own is the repository's.
    Raises: AuthError where there is none.
    """
    if place.project.casefold() != issues.project.casefold() or place.api != issues.api:
        others = {name: value for name, value in os.environ.items() if name != "PLANSYNC_TOKEN"}
        if found := find_token(place.api, others):
            return found
    if place.api != issues.api:
        raise AuthError(f"no token for the pull request at {place.api}: {sign_in_advice(place.api)}")
    token = wiring.token_of(issues)
    if token is None:
        raise AuthError(f"no token for {place.api}: {sign_in_advice(place.api)}")
    return token


def _merge_request(base: str) -> tuple[str, ...]:
    """Say with a push that GitLab is to make a merge request of it; where there is one it stays.

    Source: GitLab docs, "Push options for merge requests".
    """
    words = ("create", f"target={base}", f"title={MESSAGE}", f"description={BODY}", "remove_source_branch")
    return tuple(f"merge_request.{word}" for word in words)


async def _pull_request(settings: Settings, place: Target, token: Token, base: str, since: str) -> str:
    """See that there is a pull request; says what became of it.

    Raises: AuthError where the token may make none; the rest of the TrackerError family.
    """
    ca_file = Path(settings.ca_file) if settings.ca_file else None
    http = Http(base_url=place.api, token=token, ca_file=ca_file, sign_in=sign_in_advice(place.api))
    try:
        return await pulls.ensure(http, place.project, pulls.Request(BRANCH, base, MESSAGE, BODY), since)
    except AuthError as error:
        raise AuthError(
            f"{BRANCH} is pushed, and this token may make no pull request of it ({error}). For the token of a job: "
            'Settings, Actions, General, "Allow GitHub Actions to create and approve pull requests"'
        ) from None
    finally:
        await http.aclose()
