"""Through the command line, against a GitLab: whose token goes there, what it may do, what is refused for a moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from plansync.sandbox.kinds import Fault, Role, Tier
from tests.acceptance.conftest import Source
from tests.support.mortals import Mortals
from tests.support.people import Copy, Place
from tests.support.sandbox import Sandbox

EVERY_TIER = pytest.mark.parametrize("tier", list(Tier))


@pytest.fixture
def place(sandbox: Sandbox) -> Place:
    """Where the sandbox speaks GitLab's dialect; it is empty now."""
    sandbox.restore(sandbox.empty)
    return sandbox.gitlab


@pytest.fixture
def copy(plan: Source, place: Place, tmp_path: Path, forks: Mortals) -> Copy:
    """A working copy that is to be pushed to GitLab."""
    made = Copy.of(plan.content, tmp_path / "work", place, forked=forks.run)
    made.flags = ("--tracker", "gitlab", *made.flags)
    return made


def _host(place: Place) -> str:
    return place.api_url.partition("://")[2].partition("/")[0]


# Whose token.


def test_a_token_of_github_never_goes_to_gitlab(copy: Copy) -> None:
    token = copy.env.pop("PLANSYNC_TOKEN")
    names = ("GH_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")
    copy.env |= dict.fromkeys(names, token)

    ran = copy.run("push", "--yes", exits=8)

    assert "no token for" in ran.err
    assert "GITLAB_TOKEN with GITLAB_HOST=" in ran.err


def test_a_token_of_gitlab_goes_to_the_host_that_its_variable_names(copy: Copy, place: Place) -> None:
    copy.env["GITLAB_TOKEN"] = copy.env.pop("PLANSYNC_TOKEN")

    copy.run("push", "--yes", exits=8)
    copy.env["GITLAB_HOST"] = "gitlab.example"
    copy.run("push", "--yes", exits=8)
    copy.env["GITLAB_HOST"] = _host(place)
    copy.push()


@pytest.mark.parametrize("name", ["CI_JOB_TOKEN", "PLANSYNC_TOKEN"])
def test_a_job_is_told_which_token_to_make(copy: Copy, name: str) -> None:
    """Whether its own token is all there is, or was set as ours."""
    copy.env["CI_JOB_TOKEN"] = copy.env["PLANSYNC_TOKEN"]
    if name == "CI_JOB_TOKEN":
        del copy.env["PLANSYNC_TOKEN"]

    ran = copy.run("push", "--yes", exits=8)

    assert "make a project access token with the role Planner or higher and the scope `api`" in ran.err


# What it may do: said before the first write.


def test_a_token_that_reads_only_is_told_before_anything_is_written(copy: Copy, sandbox: Sandbox) -> None:
    sandbox.play(scopes=("read_api",))

    ran = copy.run("push", "--yes", exits=8)

    assert "has the scopes read_api, which read only" in ran.err
    assert copy.content == copy.original


def test_a_role_that_is_too_low_is_named(copy: Copy, sandbox: Sandbox) -> None:
    sandbox.play(role=Role.READ)

    assert "is Guest in local/plans" in copy.run("push", "--yes", exits=8).err


def test_a_project_that_is_not_there_is_named(copy: Copy) -> None:
    copy.flags = (*copy.flags[:-1], "local/group/nothing")

    assert "project local/group/nothing not found at" in copy.run("push", "--yes", exits=8).err


def test_a_project_is_followed_to_its_new_name(copy: Copy, sandbox: Sandbox) -> None:
    """GitLab answers reads under the old one with a redirect, and refuses writes there."""
    sandbox.play(former_names=("local/old/name",))
    copy.flags = (*copy.flags[:-1], "local/old/name")

    ran = copy.push()

    assert any("local/old/name is called local/plans now" in note["text"] for note in ran.json["notes"])
    assert ran.json["outcome"] == "done"


# Requests.


@EVERY_TIER
def test_a_run_with_nothing_to_do_costs_two_requests(copy: Copy, sandbox: Sandbox, tier: Tier) -> None:
    sandbox.play(tier=tier)
    copy.push()

    ran = copy.push()

    assert (ran.json["operations"], ran.json["notes"]) == ([], [])
    assert (ran.json["requests"]["total"], ran.writes) == (2, 0)


@pytest.mark.parametrize("fault", [Fault.LOCK, Fault.THROTTLE])
def test_what_is_refused_for_a_moment_is_waited_for(copy: Copy, sandbox: Sandbox, fault: Fault) -> None:
    sandbox.play(faults=(fault,) * 3)

    ran = copy.push()

    assert ran.json["outcome"] == "done"
    assert {op["status"] for op in ran.json["operations"]} == {"applied"}
    assert copy.push().writes == 0
