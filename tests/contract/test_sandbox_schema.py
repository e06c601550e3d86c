"""The sandbox's GitHub dialect says what GitHub's own API description says: every route, both ways."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing

import httpx
import pytest

from plansync.sandbox.app import REPO, TOKEN, app
from plansync.sandbox.github import routes
from plansync.sandbox.records import Records
from tests.contract.openapi import Breach, Checked, Contract, load

R = f"/repos/{REPO}"
BASE = "http://127.0.0.1:7526/api/v3"


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load()


@pytest.fixture
def records() -> Iterator[Records]:
    with closing(Records()) as opened:
        yield opened


Story = Callable[[httpx.AsyncClient], Awaitable[None]]


def tell(records: Records, contract: Contract, story: Story) -> Checked:
    """Run a story of requests through the checking transport."""
    checked = Checked(httpx.ASGITransport(app=app(records, token=TOKEN)), contract)

    async def run() -> None:
        headers = {"authorization": f"Bearer {TOKEN}", "accept": "application/vnd.github+json"}
        async with httpx.AsyncClient(transport=checked, base_url=BASE, headers=headers) as client:
            await story(client)

    asyncio.run(run())
    return checked


async def everything(client: httpx.AsyncClient) -> None:
    """Use every route, with every form of answer that it has."""
    for path in ("/user", "/rate_limit", "/versions", R):
        assert (await client.get(path)).status_code == 200
    await milestones(client)
    await issues(client)
    await labels(client)
    await comments(client)
    await assignees(client)
    await dependencies(client)


async def milestones(client: httpx.AsyncClient) -> None:
    full = {"title": "Setup", "description": "first", "due_on": "2026-12-24T12:00:00Z", "state": "open"}
    assert (await client.post(f"{R}/milestones", json=full)).status_code == 201
    assert (await client.post(f"{R}/milestones", json={"title": "Later"})).status_code == 201
    assert (await client.post(f"{R}/milestones", json={"title": "Setup"})).status_code == 422
    assert (await client.get(f"{R}/milestones", params={"state": "all"})).status_code == 200
    assert (await client.get(f"{R}/milestones/1")).status_code == 200
    assert (await client.get(f"{R}/milestones/9")).status_code == 404
    assert (await client.patch(f"{R}/milestones/2", json={"state": "closed"})).status_code == 200
    assert (await client.post(f"{R}/milestones", json={"title": "Never"})).status_code == 201
    assert (await client.delete(f"{R}/milestones/3")).status_code == 204
    assert (await client.delete(f"{R}/milestones/3")).status_code == 404


async def issues(client: httpx.AsyncClient) -> None:
    full = {"title": "One", "body": "- [ ] a", "milestone": 1, "labels": ["plansync", "risk: high"]}
    assert (await client.post(f"{R}/issues", json=full)).status_code == 201
    assert (await client.post(f"{R}/issues", json={"title": "Two"})).status_code == 201
    assert (await client.post(f"{R}/issues", json={"title": "x" * 257})).status_code == 422
    assert (await client.post(f"{R}/issues", json={"title": "x", "milestone": 77})).status_code == 422
    assert (await client.get(f"{R}/issues", params={"state": "all", "per_page": 1})).status_code == 200
    assert (await client.get(f"{R}/issues", params={"milestone": "77"})).status_code == 422
    assert (await client.get(f"{R}/issues/1")).status_code == 200
    assert (await client.get(f"{R}/issues/99")).status_code == 404
    closing = {"state": "closed", "state_reason": "not_planned"}
    assert (await client.patch(f"{R}/issues/1", json=closing)).json()["state_reason"] == "not_planned"
    assert (await client.get(f"{R}/issues/1")).json()["closed_by"]["login"] == "local"
    changes: dict[str, object] = {
        "title": "Uno",
        "body": None,
        "milestone": None,
        "labels": [],
        "state": "open",
    }
    assert (await client.patch(f"{R}/issues/1", json=changes)).json()["state_reason"] == "reopened"
    assert (await client.patch(f"{R}/issues/1", json={"milestone": 77})).status_code == 422


async def labels(client: httpx.AsyncClient) -> None:
    new = {"name": "a/b & c", "color": "2a6555", "description": "slashed"}
    assert (await client.post(f"{R}/labels", json=new)).status_code == 201
    assert (await client.post(f"{R}/labels", json=new)).status_code == 422
    assert (await client.get(f"{R}/labels")).status_code == 200
    assert (await client.get(f"{R}/labels/a%2Fb%20%26%20c")).json()["name"] == "a/b & c"
    assert (await client.get(f"{R}/labels/none")).status_code == 404
    assert (await client.patch(f"{R}/labels/risk:%20high", json={"color": "aa0000"})).status_code == 200
    assert (await client.post(f"{R}/issues/2/labels", json={"labels": ["a/b & c", "x"]})).status_code == 200
    assert (await client.get(f"{R}/issues/2/labels")).status_code == 200
    assert (await client.delete(f"{R}/issues/2/labels/a%2Fb%20%26%20c")).status_code == 200
    assert (await client.delete(f"{R}/issues/2/labels/a%2Fb%20%26%20c")).status_code == 404
    assert (await client.put(f"{R}/issues/2/labels", json={"labels": ["y"]})).status_code == 200
    assert (await client.delete(f"{R}/labels/a%2Fb%20%26%20c")).status_code == 204


async def comments(client: httpx.AsyncClient) -> None:
    assert (await client.post(f"{R}/issues/2/comments", json={"body": "noted"})).status_code == 201
    assert (await client.post(f"{R}/issues/2/comments", json={"body": " "})).status_code == 422
    assert (await client.get(f"{R}/issues/2/comments")).status_code == 200


async def assignees(client: httpx.AsyncClient) -> None:
    mona = {"assignees": ["mona"]}
    assert (await client.get(f"{R}/assignees")).status_code == 200
    assert (await client.get(f"{R}/assignees/mona")).status_code == 204
    assert (await client.get(f"{R}/assignees/no%20body")).status_code == 404
    assert (await client.get(f"{R}/issues/1/assignees/mona")).status_code == 204
    assert (await client.post(f"{R}/issues", json={"title": "Three", **mona})).status_code == 201
    refused = {"title": "Four", "assignees": ["no body"]}
    assert (await client.post(f"{R}/issues", json=refused)).status_code == 422
    assert (await client.patch(f"{R}/issues/3", json={"assignees": []})).json()["assignees"] == []
    assert (await client.post(f"{R}/issues/3/assignees", json=mona)).status_code == 201
    assert (await client.request("DELETE", f"{R}/issues/3/assignees", json=mona)).status_code == 200


async def dependencies(client: httpx.AsyncClient) -> None:
    one = (await client.get(f"{R}/issues/1")).json()["id"]
    blocked_by = f"{R}/issues/2/dependencies/blocked_by"
    made = await client.post(blocked_by, json={"issue_id": one})
    assert (made.status_code, made.json()["number"]) == (201, 2)
    assert (await client.post(blocked_by, json={"issue_id": one})).status_code == 422
    assert (await client.post(blocked_by, json={"issue_id": 1})).status_code == 404
    assert (await client.get(blocked_by)).json()[0]["repository"]["full_name"] == REPO
    assert (await client.get(f"{R}/issues/1/dependencies/blocking")).json()[0]["number"] == 2
    assert (await client.delete(f"{blocked_by}/{one}")).status_code == 200
    assert (await client.delete(f"{blocked_by}/{one}")).status_code == 404


def test_every_answer_has_the_form_that_github_describes(records: Records, contract: Contract) -> None:
    checked = tell(records, contract, everything)

    assert len(checked.seen) > 30


def test_the_story_above_leaves_no_route_out(records: Records, contract: Contract) -> None:
    used = {
        (verb, path.removeprefix("/api/v3")) for verb, path, _ in tell(records, contract, everything).seen
    }

    for verb, base, path, _ in routes():
        if not base.startswith("/repositories"):
            assert any(verb == each and _fits(base + path, at) for each, at in used), f"{verb} {base}{path}"


def test_a_pull_request_in_a_listing_has_the_described_form(records: Records, contract: Contract) -> None:
    records.add_issue("a change", "local", is_pull=True)

    async def story(client: httpx.AsyncClient) -> None:
        assert "pull_request" in (await client.get(f"{R}/issues")).json()[0]
        assert "pull_request" in (await client.get(f"{R}/issues/1")).json()

    tell(records, contract, story)


def test_a_deleted_issue_is_gone_in_the_described_form(records: Records, contract: Contract) -> None:
    records.add_issue("a mistake", "local")
    records.delete_issue(1)

    async def story(client: httpx.AsyncClient) -> None:
        assert (await client.get(f"{R}/issues/1")).status_code == 410
        assert (await client.patch(f"{R}/issues/1", json={"title": "x"})).status_code == 410

    tell(records, contract, story)


def test_a_page_named_by_repository_id_has_the_described_form(records: Records, contract: Contract) -> None:
    for title in ("a", "b", "c"):
        records.add_issue(title, "local")

    async def story(client: httpx.AsyncClient) -> None:
        first = await client.get(f"{R}/issues", params={"per_page": 2})
        assert len((await client.get(first.links["next"]["url"])).json()) == 1

    tell(records, contract, story)


@pytest.mark.parametrize(
    ("method", "path", "payload"),
    [
        ("POST", f"{R}/issues", {"titel": "misspelt"}),
        ("POST", f"{R}/issues", {"title": "x", "milstone": 1}),
        ("PATCH", f"{R}/issues/1", {"state": "done"}),
        ("POST", f"{R}/milestones", {"title": "x", "due_on": "2026-12-24"}),
        ("POST", f"{R}/isues", {"title": "x"}),
    ],
)
def test_the_checker_refuses_what_github_does_not_describe(
    records: Records, contract: Contract, method: str, path: str, payload: dict[str, object]
) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        with pytest.raises(Breach):
            await client.request(method, path, json=payload)

    tell(records, contract, story)


def test_the_checker_refuses_an_answer_that_github_does_not_describe(contract: Contract) -> None:
    answers = httpx.MockTransport(lambda request: httpx.Response(200, json={"number": 1}))

    async def run() -> None:
        async with httpx.AsyncClient(transport=Checked(answers, contract), base_url=BASE) as client:
            with pytest.raises(Breach, match="required property"):
                await client.get(f"{R}/issues/1")

    asyncio.run(run())


def _fits(template: str, path: str) -> bool:
    """Say whether a path is one of a route's."""
    pattern = re.sub(r"\{\w+:path\}", ".+", template)
    return bool(re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", pattern), path))
