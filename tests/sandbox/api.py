"""GitHub's dialect as the sandbox speaks it, asked one request at a time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from plansync.sandbox.app import REPO, TOKEN, app
from plansync.sandbox.records import Records

R = f"/repos/{REPO}"
BASE = "http://127.0.0.1:7526/api/v3"
START = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_s(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)


class Api:
    """The dialect, asked one request at a time."""

    base, root, repo = BASE, "", REPO

    def __init__(self, records: Records, clock: Clock) -> None:
        self.records, self.clock = records, clock
        self.headers = {"authorization": f"Bearer {TOKEN}"}
        self._app = app(records, token=TOKEN, repo=self.repo, root=self.root)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url=self.base) as client:
                headers = {**self.headers, **options.pop("headers", {})}
                return await client.request(method, path, headers=headers, **options)

        return asyncio.run(run())

    def get(self, path: str, **params: Any) -> Any:
        answer = self.ask("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, **payload: Any) -> Any:
        answer = self.ask("POST", path, json=payload)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def patch(self, path: str, **payload: Any) -> Any:
        answer = self.ask("PATCH", path, json=payload)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, method: str, path: str, **payload: Any) -> tuple[int, Any]:
        answer = self.ask(method, path, json=payload)
        assert answer.status_code >= 400, answer.text
        return answer.status_code, answer.json()

    def numbers(self, **params: Any) -> list[int]:
        return [each["number"] for each in self.get(f"{R}/issues", **params)]


P = "/projects/" + REPO.replace("/", "%2F")
GITLAB = "http://127.0.0.1:7526/git/api/v4"


class GitLabApi(Api):
    """GitLab's dialect, under a path."""

    base, root = GITLAB, "/git"

    def put(self, path: str, **payload: Any) -> Any:
        answer = self.ask("PUT", path, json=payload)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def issue(self, title: str = "one", **payload: Any) -> Any:
        return self.post(f"{P}/issues", title=title, **payload)

    def iids(self, **params: Any) -> list[int]:
        return [each["iid"] for each in self.get(f"{P}/issues", **params)]
