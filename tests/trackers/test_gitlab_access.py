"""What is said of a token and a project before the first write."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plansync.trackers.gitlab import GitLab
from tests.trackers.conftest import NOW_S
from tests.trackers.test_gitlab import HOME, example

pytestmark = pytest.mark.anyio
PROJECT = {
    "id": 77,
    "path_with_namespace": "acme/sub/plans",
    "web_url": "https://gitlab.example/acme/sub/plans",
    "visibility": "internal",
    "default_branch": "main",
    "forked_from_project": {"path_with_namespace": "other/plans"},
    "permissions": {"project_access": {"access_level": 15}, "group_access": None},
}
TOKEN = {"scopes": ["api"], "active": True, "expires_at": None}


@pytest.fixture
async def gitlab(anyio_backend: str, server: Any, reach: dict[str, Any]) -> AsyncIterator[GitLab]:
    adapter = GitLab(f"{server.url}/api/v4", "acme/sub/plans", **reach)
    yield adapter
    await adapter.aclose()


def _in(days: int) -> str:
    return (datetime.fromtimestamp(NOW_S, UTC) + timedelta(days=days)).date().isoformat()


async def test_a_project_names_itself_and_costs_two_requests(server: Any, gitlab: GitLab) -> None:
    server.says(PROJECT)
    server.says(TOKEN)

    found = await gitlab.repository()

    assert (found.node, found.name, found.can_write) == ("77", "acme/sub/plans", True)
    assert (found.visibility, found.default_branch, found.parent) == ("internal", "main", "other/plans")
    assert (found.refusal, found.warning, found.role) == ("", "", "Planner")
    assert [asked.path for asked in server.asked] == [HOME, "/api/v4/personal_access_tokens/self"]


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ({"archived": True}, "is archived and takes no writes"),
        ({"issues_enabled": False}, "issues are switched off in acme/sub/plans"),
        ({"issues_access_level": "disabled"}, "issues are switched off in acme/sub/plans"),
        (
            {"permissions": {"project_access": {"access_level": 10}}},
            "is Guest in .* the role Planner or higher",
        ),
        ({"permissions": {"project_access": {"access_level": 12}}}, "is a role of level 12"),
        ({"permissions": {"project_access": {"access_level": 10}, "group_access": {"access_level": 20}}}, ""),
        ({"permissions": {"project_access": None, "group_access": None}}, ""),
        ({"permissions": None}, ""),
    ],
)
async def test_a_project_that_takes_no_writes_of_this_account_says_why(
    server: Any, gitlab: GitLab, shown: dict[str, Any], said: str
) -> None:
    server.says({**PROJECT, **shown})
    server.says(TOKEN)

    found = await gitlab.repository()

    assert found.can_write == (not said)
    assert re.search(said, found.refusal)


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ({"scopes": ["read_api", "read_user"]}, "has the scopes read_api, read_user, which read only"),
        ({"scopes": ["api"], "active": False}, "has expired or was revoked"),
        ({"scopes": ["granular"]}, ""),
        ({"scopes": ["something"], "granular": True}, ""),
        ({"scopes": []}, ""),
        ({}, ""),
    ],
)
async def test_a_token_that_cannot_write_says_what_it_lacks(
    server: Any, gitlab: GitLab, shown: dict[str, Any], said: str
) -> None:
    server.says(PROJECT)
    server.says(shown)

    found = await gitlab.repository()

    assert found.can_write == (not said)
    assert said in found.refusal
    assert not said or "GH_TOKEN" in found.refusal, "it names where the token was found"


@pytest.mark.parametrize(
    ("days", "said"),
    [(31, ""), (30, "expires in 30 days"), (1, "expires in 1 day "), (0, "expires today")],
)
async def test_a_token_that_expires_soon_is_told_and_still_writes(
    server: Any, gitlab: GitLab, days: int, said: str
) -> None:
    server.says(PROJECT)
    server.says({**TOKEN, "expires_at": _in(days)})

    found = await gitlab.repository()

    assert found.can_write
    assert (found.warning != "") == (said != "")
    assert said in found.warning


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_a_token_that_is_not_shown_is_no_refusal(server: Any, gitlab: GitLab, status: int) -> None:
    """One of OAuth is none of these tokens."""
    server.says(PROJECT)
    server.says({"message": "no"}, status)

    found = await gitlab.repository()

    assert (found.can_write, found.warning) == (True, "")


async def test_the_token_of_the_documentation_is_read(server: Any, gitlab: GitLab) -> None:
    server.says(PROJECT)
    server.says(example("personal-access-token-self"))

    assert (await gitlab.repository()).can_write


async def test_an_account_says_its_name_where_it_may(server: Any, gitlab: GitLab) -> None:
    server.says({"id": 5, "username": "amara"})
    server.says({"message": "403 Forbidden"}, 403)

    assert [await gitlab.account(), await gitlab.account()] == ["amara", ""]


async def test_a_branch_says_whether_it_is_protected(server: Any, gitlab: GitLab) -> None:
    server.says({"name": "a/b", "protected": True})
    server.says({"message": "404 Branch Not Found"}, 404)

    assert [await gitlab.is_protected("a/b"), await gitlab.is_protected("none")] == [True, None]
    assert server.asked[0].path == f"{HOME}/repository/branches/a%2Fb"


@pytest.mark.parametrize(("can_push", "is_shut"), [(True, False), (False, True), (None, True)])
async def test_a_protected_branch_may_be_open_to_the_account(
    server: Any, gitlab: GitLab, can_push: bool | None, is_shut: bool
) -> None:
    server.says({"name": "main", "protected": True, "can_push": can_push})

    assert await gitlab.is_protected("main") is is_shut


async def test_who_is_a_member_can_be_given_issues_and_is_asked_about_once(
    server: Any, gitlab: GitLab
) -> None:
    server.says([{"id": 5, "username": "amara.k"}, {"id": 6, "username": "Amara"}])
    server.says([{"id": 7, "username": "jonas", "state": "blocked"}])

    answers = [await gitlab.is_assignable(each) for each in ("amara", "Amara", "jonas")]

    assert answers == [True, True, False]
    assert len(server.asked) == 2
