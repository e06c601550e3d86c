"""What answers at an address: found out without a token."""

from __future__ import annotations

from typing import Any

import pytest

from plansync.errors import ConfigError
from plansync.trackers.credentials import Kind
from plansync.trackers.probe import Probed, probe

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize(
    ("address", "kind", "api_url"),
    [
        ("gitlab.com", Kind.GITLAB, "https://gitlab.com/api/v4"),
        ("https://gitlab.com/", Kind.GITLAB, "https://gitlab.com/api/v4"),
        ("github.com", Kind.GITHUB, "https://api.github.com"),
        ("acme.ghe.com", Kind.GITHUB, "https://api.acme.ghe.com"),
    ],
)
async def test_what_everybody_knows_is_not_asked(address: str, kind: Kind, api_url: str) -> None:
    assert await probe(address) == Probed(kind, api_url)


@pytest.mark.parametrize(
    ("body", "status"),
    [({"message": "401 Unauthorized"}, 401), ({"version": "19.2.1", "revision": "f4d029d2da8"}, 200)],
)
async def test_gitlab_is_told_by_how_it_refuses_or_says_its_version(
    server: Any, body: Any, status: int
) -> None:
    server.says(body, status)

    assert await probe(f"{server.url}/sub/") == Probed(Kind.GITLAB, f"{server.url}/sub/api/v4")
    assert [asked.path for asked in server.asked] == ["/sub/api/v4/version"]
    assert "authorization" not in server.asked[0].headers


@pytest.mark.parametrize(
    ("body", "status", "headers"),
    [
        ({"verifiable_password_authentication": True}, 200, {}),
        ({"message": "Must authenticate"}, 401, {"x_github_request_id": "A1"}),
    ],
)
async def test_github_enterprise_is_told_by_what_it_says_of_itself(
    server: Any, body: Any, status: int, headers: dict[str, str]
) -> None:
    server.says({"message": "Not Found"}, 404)
    server.says(body, status, **headers)

    assert await probe(server.url) == Probed(Kind.GITHUB, f"{server.url}/api/v3")
    assert server.asked[1].path == "/api/v3/meta"
    assert "authorization" not in server.asked[1].headers


@pytest.mark.parametrize("status", [200, 302, 401, 403, 404, 429, 500])
async def test_what_is_neither_is_called_nothing_and_asked_no_more(server: Any, status: int) -> None:
    for _ in range(2):
        server.says({"message": "whatever"}, status, location="https://elsewhere.example/login")

    assert await probe(server.url) is None
    assert len(server.asked) == 2


async def test_nobody_is_nothing(refused_url: str) -> None:
    assert await probe(refused_url) is None


@pytest.mark.parametrize("address", ["http://tracker.example", "https://me:secret@tracker.example"])
async def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigError):
        await probe(address)
