"""Each refusal that GitLab is known to make, replayed: which error it is, and that its words arrive."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from plansync.errors import AuthError, Locked, NotFound, RateLimited, Rejected, TrackerError
from plansync.trackers.base import Thing
from plansync.trackers.gitlab import GitLab
from plansync.trackers.refusals import wait_asked
from tests.trackers.test_gitlab import EXAMPLES

pytestmark = pytest.mark.anyio
ERRORS = json.loads(file.read_text("utf-8")) if (file := EXAMPLES / "errors.json").exists() else []
KINDS: dict[int, type[TrackerError]] = {
    400: Rejected,
    401: AuthError,
    403: AuthError,
    404: NotFound,
    405: Rejected,
    409: Rejected,
    412: Rejected,
    422: Rejected,
    429: RateLimited,
}


def _words(body: Any) -> list[str]:
    """List all that a body says, whatever its shape."""
    match body:
        case str():
            return [body]
        case list():
            return [word for each in body for word in _words(each)]
        case dict():
            return [word for each in body.values() for word in _words(each)]
    return []


def _kind(entry: dict[str, Any]) -> type[TrackerError]:
    return Locked if "Resource lock" in str(entry["body"]) else KINDS[entry["status"]]


@pytest.fixture
async def gitlab(anyio_backend: str, server: Any, reach: dict[str, Any]) -> AsyncIterator[GitLab]:
    adapter = GitLab(f"{server.url}/api/v4", "acme/plans", **reach, max_wait_s=0)
    yield adapter
    await adapter.aclose()


@pytest.mark.parametrize("entry", ERRORS, ids=lambda entry: f"{entry['status']} {entry['when']}"[:50])
async def test_each_refusal_of_the_catalogue_is_the_error_that_it_means(
    server: Any, gitlab: GitLab, entry: dict[str, Any]
) -> None:
    for _ in range(4):
        if isinstance(entry["body"], str):
            server.says_text(entry["body"], entry["status"], entry["content_type"])
        else:
            server.says(entry["body"], entry["status"])

    with pytest.raises(_kind(entry)) as raised:
        await gitlab._http.send("PUT", "projects/77/issues/1", {"title": "T"})

    told = str(raised.value).replace('"', "'")
    assert all(word.replace('"', "'")[:60] in told for word in _words(entry["body"]))


def test_the_catalogue_is_not_empty_where_it_is() -> None:
    if not EXAMPLES.exists():
        pytest.skip("GitLab's examples are not here")

    assert len(ERRORS) > 25


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"retry_after": "3"}, 3.0),
        ({"ratelimit_reset": "1700000009", "ratelimit_remaining": "0"}, 10.0),
        ({"ratelimit_reset": "1700000009", "ratelimit_remaining": "33"}, 10.0),
        ({"ratelimit_reset": "1700000009"}, 10.0),
        ({}, 60.0),
    ],
)
async def test_a_refusal_for_pace_is_waited_for_as_long_as_gitlab_says(
    server: Any, reach: dict[str, Any], slept: list[float], headers: dict[str, str], wait_s: float
) -> None:
    body = {"message": {"error": "This endpoint has been requested too many times. Try again later."}}
    server.says(body, 429, **headers)
    server.says({"iid": 1, "title": "T", "state": "opened"}, 201)
    adapter = GitLab(f"{server.url}/api/v4", "acme/plans", **reach)

    await adapter.create(Thing.ISSUE, {"title": "T"})
    await adapter.aclose()

    assert slept == [wait_s]


def test_a_reset_of_githubs_counts_only_where_none_remain() -> None:
    headers = {"x-ratelimit-reset": "1700000009", "x-ratelimit-remaining": "33"}

    assert wait_asked(headers, 1_700_000_000.0) is None


async def test_a_role_that_is_too_low_is_no_matter_of_pace_though_nothing_is_left(
    server: Any, gitlab: GitLab, slept: list[float]
) -> None:
    """GitLab tells what is left of a minute beside every answer."""
    server.says({"message": "403 Forbidden"}, 403, ratelimit_remaining="0", ratelimit_reset="1700000009")

    with pytest.raises(AuthError):
        await gitlab.create(Thing.ISSUE, {"title": "T"})

    assert slept == []
