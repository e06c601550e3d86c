"""The sandbox's GitLab dialect says what GitLab's own schemas and API description say: every route, both ways."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from plansync.sandbox.app import REPO, TOKEN, app
from plansync.sandbox.gitlab import routes
from plansync.sandbox.kinds import Fault, Role, Tier, TraitChanges
from plansync.sandbox.records import Records
from tests.contract.gitlab import SCHEMAS, Breach, Checked, Contract, example, load

P = "/projects/" + REPO.replace("/", "%2F")
BASE = "http://127.0.0.1:7526/git/api/v4"

Story = Callable[[httpx.AsyncClient, Records], Awaitable[None]]


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load("/git/api/v4")


@pytest.fixture
def records() -> Iterator[Records]:
    with closing(Records()) as opened:
        yield opened


def tell(records: Records, contract: Contract, story: Story) -> Checked:
    """Run a story of requests through the checking transport."""
    checked = Checked(httpx.ASGITransport(app(records, token=TOKEN, root="/git")), contract)

    async def run() -> None:
        headers = {"authorization": f"Bearer {TOKEN}"}
        async with httpx.AsyncClient(transport=checked, base_url=BASE, headers=headers) as client:
            await story(client, records)

    asyncio.run(run())
    return checked


async def answered(client: httpx.AsyncClient, method: str, path: str, status: int, **payload: Any) -> Any:
    given = {"json": payload} if method in ("POST", "PUT") else {"params": payload}
    answer = await client.request(method, path, **given)  # type: ignore[arg-type]  # one of two forms
    assert answer.status_code == status, (method, path, answer.text)
    return answer.json() if answer.content else None


async def everything(client: httpx.AsyncClient, records: Records) -> None:
    """Use every route, with every form of answer that it has."""
    await places(client)
    await milestones(client)
    await issues(client)
    await labels(client)
    await relations(client, records)
    await tracking(client)
    await notes(client)
    await endings(client, records)


async def places(client: httpx.AsyncClient) -> None:
    for path in (
        "/version",
        "/metadata",
        "/user",
        "/users",
        "/personal_access_tokens/self",
        P,
        f"{P}/members",
    ):
        await answered(client, "GET", path, 200)
    [mona] = await answered(client, "GET", "/users", 200, username="mona")
    assert len(await answered(client, "GET", f"{P}/members/all", 200)) == 2
    for path in ("members", "members/all"):
        await answered(client, "GET", f"{P}/{path}/{mona['id']}", 200)
    await answered(client, "GET", f"{P}/repository/branches/main", 200)
    await answered(client, "GET", f"{P}/protected_branches", 200)
    await answered(client, "GET", "/projects/other", 404)


async def milestones(client: httpx.AsyncClient) -> None:
    for owner in (P, "/groups/local"):
        title = f"Setup {owner}"
        full = {"title": title, "description": "first", "start_date": "2026-12-01", "due_date": "2026-12-24"}
        made = await answered(client, "POST", f"{owner}/milestones", 201, **full)
        path = f"{owner}/milestones/{made['id']}"
        await answered(client, "POST", f"{owner}/milestones", 400, title=title)
        await answered(client, "GET", f"{owner}/milestones", 200, state="active")
        await answered(client, "GET", path, 200)
        await answered(client, "PUT", path, 200, state_event="close")
        gone = (await answered(client, "POST", f"{owner}/milestones", 201, title="Never"))["id"]
        await answered(client, "DELETE", f"{owner}/milestones/{gone}", 204)
        await answered(client, "GET", f"{owner}/milestones/{gone}", 404)
    assert len(await answered(client, "GET", f"{P}/milestones", 200, include_ancestors=True)) == 2


async def issues(client: httpx.AsyncClient) -> None:
    listed = await answered(client, "GET", f"{P}/milestones", 200, include_ancestors=True)
    own, ours = sorted(listed, key=lambda each: "group_id" in each)
    me = (await answered(client, "GET", "/user", 200))["id"]
    full = {"title": "One", "description": "- [ ] a\n- [~] b", "milestone_id": own["id"], "labels": "a,b"}
    await answered(client, "POST", f"{P}/issues", 201, **full, assignee_ids=[me], due_date="2026-12-24")
    await answered(
        client, "POST", f"{P}/issues", 201, title="Two", milestone_id=ours["id"], confidential=True
    )
    await answered(client, "POST", f"{P}/issues", 201, title="Three", issue_type="task")
    await answered(client, "POST", f"{P}/issues", 400, title="x" * 256)
    await answered(client, "POST", f"{P}/issues", 400)
    assert len(await answered(client, "GET", f"{P}/issues", 200, per_page=2, state="opened")) == 2
    keyset = {"pagination": "keyset", "order_by": "updated_at", "per_page": 2}
    assert len(await answered(client, "GET", f"{P}/issues", 200, **keyset)) == 2
    await answered(client, "GET", f"{P}/issues", 400, state="open")
    await answered(client, "GET", f"{P}/issues/1", 200)
    await answered(client, "GET", f"{P}/issues/99", 404)
    await answered(client, "GET", f"{P}/milestones/{own['id']}/issues", 200)
    closed = await answered(client, "PUT", f"{P}/issues/1", 200, state_event="close", add_labels="c")
    assert closed["closed_by"]["username"] == "local"
    await answered(client, "PUT", f"{P}/issues/1", 200, description="", state_event="reopen", labels="")
    await answered(client, "PUT", f"{P}/issues/1", 400)


async def labels(client: httpx.AsyncClient) -> None:
    made = await answered(
        client, "POST", f"{P}/labels", 201, name="x/y", color="#2a6555", description="slashed"
    )
    await answered(client, "POST", f"{P}/labels", 409, name="x/y", color="#2a6555")
    await answered(client, "GET", f"{P}/labels", 200, with_counts=True)
    await answered(client, "GET", f"{P}/labels/x%2Fy", 200)
    await answered(client, "PUT", f"{P}/labels/{made['id']}", 200, new_name="z")
    await answered(client, "PUT", f"{P}/labels", 200, name="z", color="#aabbcc")
    await answered(client, "DELETE", f"{P}/labels/z", 204)
    await answered(client, "POST", f"{P}/labels", 201, name="z", color="#aabbcc")
    await answered(client, "DELETE", f"{P}/labels", 204, name="z")
    await answered(client, "GET", f"{P}/labels/z", 404)


async def relations(client: httpx.AsyncClient, records: Records) -> None:
    to = {"target_project_id": str(records.repository_id), "target_issue_iid": 2}
    for kind in ("blocks", "is_blocked_by", "relates_to"):
        await answered(client, "POST", f"{P}/issues/1/links", 201, **to, link_type=kind)
        await answered(client, "POST", f"{P}/issues/1/links", 409, **to)
        [link] = await answered(client, "GET", f"{P}/issues/1/links", 200)
        assert link["link_type"] == kind
        await answered(client, "GET", f"{P}/issues/2/links/{link['issue_link_id']}", 200)
        await answered(client, "DELETE", f"{P}/issues/2/links/{link['issue_link_id']}", 200)
    for tier, status in ((Tier.CE, 400), (Tier.FREE, 403)):
        records.play(tier=tier)
        await answered(client, "POST", f"{P}/issues/1/links", status, **to, link_type="blocks")
        await answered(client, "GET", f"{P}/issues/1", 200)
    records.play(tier=Tier.PREMIUM)


async def tracking(client: httpx.AsyncClient) -> None:
    await answered(client, "POST", f"{P}/issues/1/time_estimate", 200, duration="12h30m")
    await answered(client, "POST", f"{P}/issues/1/time_estimate", 400, duration="soon")
    await answered(client, "POST", f"{P}/issues/1/add_spent_time", 201, duration="1h")
    await answered(client, "GET", f"{P}/issues/1/time_stats", 200)
    await answered(client, "POST", f"{P}/issues/1/reset_time_estimate", 200)
    await answered(client, "POST", f"{P}/issues/1/reset_spent_time", 200)


async def notes(client: httpx.AsyncClient) -> None:
    made = await answered(client, "POST", f"{P}/issues/1/notes", 201, body="noted")
    await answered(client, "POST", f"{P}/issues/1/notes", 202, body="/close")
    await answered(client, "POST", f"{P}/issues/1/notes", 400, body=" ")
    assert len(await answered(client, "GET", f"{P}/issues/1/notes", 200)) > 1
    path = f"{P}/issues/1/notes/{made['id']}"
    await answered(client, "GET", path, 200)
    await answered(client, "PUT", path, 200, body="changed")
    await answered(client, "DELETE", path, 204)


async def endings(client: httpx.AsyncClient, records: Records) -> None:
    await answered(client, "POST", f"{P}/issues/1/move", 201, to_project_id=records.repository_id + 1)
    await answered(client, "GET", f"{P}/issues/1", 200)
    await answered(client, "DELETE", f"{P}/issues/2", 204)
    await answered(client, "DELETE", f"{P}/issues/2", 404)
    records.play(faults=(Fault.LOCK, Fault.LIMIT, Fault.THROTTLE, Fault.BROKEN))
    await answered(client, "PUT", f"{P}/issues/1", 409, title="x")
    await answered(client, "POST", f"{P}/issues", 429, title="x")
    for status in (429, 502):
        assert (await client.get(P)).status_code == status
    records.play(scopes=("read_api",))
    await answered(client, "PUT", f"{P}/issues/1", 403, title="x")
    records.play(is_revoked=True)
    await answered(client, "GET", P, 401)


def test_every_answer_has_the_form_that_gitlab_gives_it(records: Records, contract: Contract) -> None:
    checked = tell(records, contract, everything)

    asked = {(method, path) for method, path, _ in checked.seen}
    never = [
        (method, path)
        for method, path, _ in routes()
        if not any(
            method == verb and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), at) for verb, at in asked
        )
    ]
    assert never == []


def test_the_description_has_words_for_all_that_it_should(records: Records, contract: Contract) -> None:
    contract.described.clear()
    tell(records, contract, everything)

    ours = {f"{verb} {_plain(path)}" for verb, path, _ in routes()}
    theirs = {_plain(each) for each in contract.describes()} & ours
    assert {_plain(each) for each in contract.described} == theirs
    assert len(theirs) == 18


def _plain(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


OUTDATED = {
    "issue-list": ["task_status"],
    "issue-note-list": ["author.created_at", "author.email"],
    "label-create": ["closed_issues_count", "open_issues_count", "open_merge_requests_count"],
    "note-with-quick-action-reply": ["commands_changes.promote_to_epic"],
}
"""What older pages show that newer ones, or GitLab's own schemas, do not; and what another note asked for."""


def test_a_reply_has_every_field_that_gitlabs_pages_show(records: Records, contract: Contract) -> None:
    bodies: dict[str, Any] = {}

    async def story(client: httpx.AsyncClient, records: Records) -> None:
        records.add_issue("two", "local")
        bodies["issue-create"] = await answered(client, "POST", f"{P}/issues", 201, title="One", labels="a")
        bodies["issue-get"] = await answered(client, "GET", f"{P}/issues/1", 200)
        bodies["issue-list"] = await answered(client, "GET", f"{P}/issues", 200)
        bodies["issue-update-close"] = await answered(
            client, "PUT", f"{P}/issues/1", 200, state_event="close"
        )
        bodies["label-create"] = await answered(client, "POST", f"{P}/labels", 201, name="x", color="#2a6555")
        bodies["label-list"] = await answered(client, "GET", f"{P}/labels", 200, with_counts=True)
        await answered(client, "POST", f"{P}/milestones", 201, title="M")
        await answered(client, "POST", "/groups/local/milestones", 201, title="G")
        bodies["project-milestone-list"] = await answered(client, "GET", f"{P}/milestones", 200)
        bodies["group-milestone-list"] = await answered(client, "GET", "/groups/local/milestones", 200)
        to = {"target_project_id": str(records.repository_id), "target_issue_iid": 2}
        bodies["issue-link-create"] = await answered(client, "POST", f"{P}/issues/1/links", 201, **to)
        bodies["issue-links-list"] = await answered(client, "GET", f"{P}/issues/1/links", 200)
        estimate = f"{P}/issues/1/time_estimate"
        bodies["time-estimate-set"] = await answered(client, "POST", estimate, 200, duration="1h")
        bodies["note-with-quick-action-reply"] = await answered(
            client, "POST", f"{P}/issues/1/notes", 201, body="x"
        )
        bodies["issue-note-list"] = await answered(client, "GET", f"{P}/issues/1/notes", 200)
        bodies["version"] = await answered(client, "GET", "/version", 200)
        bodies["personal-access-token-self"] = await answered(
            client, "GET", "/personal_access_tokens/self", 200
        )
        move = {"to_project_id": records.repository_id + 1}
        bodies["issue-move"] = await answered(client, "POST", f"{P}/issues/1/move", 201, **move)

    tell(records, contract, story)

    missing = {name: _missing(example(name), body) for name, body in bodies.items()}
    assert {name: fields for name, fields in missing.items() if fields} == OUTDATED


def _missing(shown: Any, body: Any, at: str = "") -> list[str]:
    """Name the fields of an example that a reply has not."""
    if isinstance(shown, list) and shown and isinstance(body, list) and body:
        return _missing(shown[0], body[0], at)
    if not isinstance(shown, dict) or not isinstance(body, dict):
        return []
    below = [
        each
        for name in shown.keys() & body.keys()
        for each in _missing(shown[name], body[name], f"{at}{name}.")
    ]
    return sorted([f"{at}{name}" for name in shown.keys() - body.keys()] + below)


# --- refusals, word for word

TO = {"target_project_id": REPO, "target_issue_iid": 2}
BLOCKS = {**TO, "link_type": "blocks"}
TAKEN = {"name": "taken", "color": "#aabbcc", "title": "Taken"}
PROVOCATIONS: tuple[tuple[str, str, dict[str, Any], TraitChanges], ...] = (
    ("POST", f"{P}/issues", {}, {}),
    ("GET", f"{P}/issues?state=open", {}, {}),
    ("PUT", f"{P}/issues/1", {"state_event": "closed"}, {}),
    ("PUT", f"{P}/issues/1", {}, {}),
    ("GET", f"{P}/issues/x", {}, {}),
    ("POST", f"{P}/issues", {"title": "x" * 256}, {}),
    ("POST", f"{P}/issues", {"title": " "}, {}),
    ("POST", f"{P}/issues", {"title": "x", "iid": 1}, {}),
    ("POST", f"{P}/milestones", TAKEN, {}),
    ("PUT", f"{P}/milestones/{{other}}", TAKEN, {}),
    ("POST", f"{P}/issues/1/time_estimate", {"duration": "soon"}, {}),
    ("POST", f"{P}/issues/1/notes", {"body": ""}, {}),
    ("POST", f"{P}/issues/1/notes", {}, {}),
    ("POST", f"{P}/issues/1/links", BLOCKS, {"tier": Tier.CE}),
    ("POST", f"{P}/issues/1/links", BLOCKS, {"tier": Tier.FREE}),
    ("POST", f"{P}/issues/3/links", TO, {}),
    ("POST", f"{P}/labels", TAKEN, {}),
    ("GET", P, {}, {"is_revoked": True}),
    ("POST", f"{P}/milestones", TAKEN, {"role": Role.READ}),
    ("GET", "/projects/7", {}, {}),
    ("GET", f"{P}/issues/9", {}, {}),
    ("DELETE", f"{P}/issues/9", {}, {}),
    ("GET", f"/projects/{REPO}", {}, {}),
    ("PUT", "/projects/old%2Fname/issues/1", {"title": "x"}, {"former_names": ("old/name",)}),
    ("PUT", f"{P}/issues/1", {"title": "x"}, {"faults": (Fault.LOCK,)}),
    ("POST", f"{P}/issues", {"title": "x"}, {"faults": (Fault.LIMIT,)}),
    ("POST", f"{P}/issues", {"title": "x"}, {"faults": (Fault.THROTTLE,)}),
)
NOT_PROVOKED = {
    "no or invalid token",  # these two are provoked below: they take other headers
    "DELETE with If-Unmodified-Since older than updated_at",
    "read_api token used for a write (docs also show a scope key)",  # it is, and with that key
    "older documented form of a missing attribute",
    "reorder failure",  # there is no such route here
    "GraphQL endpoint, bad token",
}


def test_refusals_are_word_for_word_those_that_were_seen(records: Records) -> None:
    if not SCHEMAS.is_dir():
        pytest.skip("GitLab's refusals are not here")
    told: list[tuple[int, Any]] = []

    async def story() -> None:
        transport = httpx.ASGITransport(app(records, token=TOKEN, root="/git"))
        headers = {"authorization": f"Bearer {TOKEN}"}
        async with httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers) as client:
            for title in ("one", "two", "three"):
                await client.post(f"{P}/issues", json={"title": title})
            await client.post(f"{P}/issues/3/links", json=TO)
            for path in ("labels", "milestones"):
                await client.post(f"{P}/{path}", json=TAKEN)
            other = (await client.post(f"{P}/milestones", json={"title": "Other"})).json()["id"]
            for method, path, payload, traits in PROVOCATIONS:
                records.play(**traits)
                answer = await client.request(method, path.format(other=other), json=payload)
                records.play(tier=Tier.PREMIUM, is_revoked=False, role=Role.ADMIN)
                is_json = answer.headers["content-type"] == "application/json"
                told.append((answer.status_code, answer.json() if is_json else answer.text.strip()))

    asyncio.run(story())

    unheard = [
        each for each in told if each not in [(seen["status"], seen["body"]) for seen in example("errors")]
    ]
    assert unheard == []
    assert {
        seen["when"] for seen in example("errors") if (seen["status"], seen["body"]) not in told
    } == NOT_PROVOKED


@pytest.mark.parametrize(
    ("method", "path", "payload"),
    [
        ("POST", f"{P}/issues", {"title": "x", "time_estimate": "3h"}),
        ("PUT", f"{P}/issues/1", {"state": "closed"}),
        ("GET", f"{P}/issues", {"since": "2026-01-01"}),
        ("PUT", f"{P}/milestones/1", {"due_on": "2026-01-01"}),
        ("POST", f"{P}/issues/1/comments", {"body": "x"}),
    ],
)
def test_what_gitlab_would_pass_over_is_found(
    contract: Contract, method: str, path: str, payload: dict[str, Any]
) -> None:
    is_read = method == "GET"
    request = httpx.Request(
        method, BASE + path, params=payload if is_read else None, json=None if is_read else payload
    )

    with pytest.raises(Breach):
        contract.check_request(request)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"{P}/issues", [{"id": 1}]),
        (f"{P}/milestones/1", {"id": 1, "title": "x"}),
        (f"{P}/issues/1/time_stats", {"time_estimate": "3h"}),
        (f"{P}/labels", [{"name": "a,b"}]),
    ],
)
def test_a_reply_of_another_form_is_found(contract: Contract, path: str, body: Any) -> None:
    with pytest.raises(Breach):
        contract.check_response(httpx.Request("GET", BASE + path), httpx.Response(200, json=body))
