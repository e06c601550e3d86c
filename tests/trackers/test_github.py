"""The GitHub adapter over real HTTP, against a server that says as little as it may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from plansync.errors import (
    AuthError,
    ConfigError,
    Moved,
    NotFound,
    OutcomeUnknown,
    Rejected,
    TrackerError,
    Unavailable,
)
from plansync.model import Field, State
from plansync.trackers.base import Absence, Page, Record, Thing, Written
from plansync.trackers.github import TRAITS, GitHub
from plansync.trackers.github_payloads import IssuePayload, MilestonePayload, Site, web_root

pytestmark = pytest.mark.anyio
SITE = Site("https://api.github.com", "acme/plans", ("wontfix",))
ISSUE = {"number": 1, "title": "Set up", "state": "open"}
MILESTONE = {"number": 1, "title": "Phase 1"}
FULL_ISSUE = {
    **ISSUE,
    "number": 12,
    "body": "text\r\n",
    "html_url": "https://github.com/acme/plans/issues/12",
    "updated_at": "2026-01-02T03:04:05Z",
    "node_id": "I_x",
    "milestone": {"number": 4, "title": "Phase 1"},
    "labels": [{"name": "plansync", "color": "ededed"}, "plain", {"name": None}],
    "pull_request": None,
    "closed_by": {"login": "someone"},
}


async def _all(pages: Any) -> list[Page]:
    return [page async for page in pages]


@pytest.fixture
async def github(anyio_backend: str, server: Any, reach: dict[str, Any]) -> AsyncIterator[GitHub]:
    """Give an adapter for the repository acme/plans on the server."""
    adapter = GitHub(server.url, "acme/plans", is_paced=False, **reach)
    yield adapter
    await adapter.aclose()


# Payloads.


def test_an_issue_needs_a_number_a_title_and_a_state() -> None:
    record = IssuePayload.model_validate(ISSUE).record(SITE)

    assert record == Record(
        Thing.ISSUE, 1, "Set up", State.TODO, url="https://github.com/acme/plans/issues/1"
    )


def test_all_that_an_issue_shows_is_kept_as_it_stands() -> None:
    record = IssuePayload.model_validate(FULL_ISSUE).record(SITE)

    assert record == Record(
        thing=Thing.ISSUE,
        ref=12,
        title="Set up",
        state=State.TODO,
        body="text\r\n",
        url="https://github.com/acme/plans/issues/12",
        revision="2026-01-02T03:04:05Z",
        milestone=4,
        labels=("plansync", "plain"),
        node="I_x",
    )


def test_what_is_null_is_empty() -> None:
    names = ("body", "labels", "milestone", "html_url", "updated_at", "node_id", "state_reason")

    record = IssuePayload.model_validate({**ISSUE, **dict.fromkeys(names)}).record(SITE)

    assert (record.body, record.labels, record.milestone, record.revision) == ("", (), None, "")


@pytest.mark.parametrize(
    ("shown", "state"),
    [
        ({"state": "open"}, State.TODO),
        ({"state": "open", "state_reason": "reopened"}, State.TODO),
        ({"state": "open", "labels": ["wontfix"]}, State.TODO),
        ({"state": "closed"}, State.DONE),
        ({"state": "closed", "state_reason": None}, State.DONE),
        ({"state": "closed", "state_reason": "completed"}, State.DONE),
        ({"state": "closed", "state_reason": "not_planned"}, State.DROPPED),
        ({"state": "closed", "state_reason": "duplicate"}, State.DROPPED),
        ({"state": "closed", "state_reason": "completed", "labels": [{"name": "WontFix"}]}, State.DROPPED),
    ],
)
def test_a_state_is_read_with_its_reason_and_labels(shown: dict[str, Any], state: State) -> None:
    assert IssuePayload.model_validate({**ISSUE, **shown}).record(SITE).state is state


def test_a_milestone_needs_a_number_and_a_title() -> None:
    bare = MilestonePayload.model_validate(MILESTONE).record(SITE)
    closed = MilestonePayload.model_validate(
        {**MILESTONE, "state": "closed", "description": None, "html_url": None}
    ).record(SITE)

    assert bare == Record(
        Thing.MILESTONE, 1, "Phase 1", State.TODO, url="https://github.com/acme/plans/milestone/1"
    )
    assert (closed.state, closed.body) == (State.DONE, "")


@pytest.mark.parametrize(
    ("api_url", "root"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://api.github.com/", "https://github.com"),
        ("https://api.acme.ghe.com", "https://acme.ghe.com"),
        ("https://ghe.example/api/v3/", "https://ghe.example"),
        ("http://127.0.0.1:7526", ""),
        ("https://api.github.com.evil.example", ""),
    ],
)
def test_the_pages_address_is_derived_where_the_layout_is_known(api_url: str, root: str) -> None:
    assert web_root(api_url) == root


# Listings.


@pytest.mark.parametrize(
    ("listing", "path", "query"),
    [
        (
            lambda g: g.changed("2026-01-01T00:00:00Z"),
            "/repos/acme/plans/issues",
            {"state": "all", "sort": "updated", "direction": "desc", "per_page": "100"},
        ),
        (
            lambda g: g.labelled("plan sync, too"),
            "/repos/acme/plans/issues",
            {"state": "all", "labels": "plan sync, too", "per_page": "100"},
        ),
        (lambda g: g.milestones(), "/repos/acme/plans/milestones", {"state": "all", "per_page": "100"}),
    ],
    ids=["changed", "labelled", "milestones"],
)
async def test_a_listing_asks_for_open_and_closed_a_hundred_at_a_time(
    server: Any, github: GitHub, listing: Any, path: str, query: dict[str, str]
) -> None:
    server.says([{**ISSUE, "number": 3}], etag='"one"')
    server.says(status=304)

    first = await _all(listing(github))
    second = await _all(listing(github))

    assert (server.asked[0].path, server.asked[0].query) == (path, query)
    assert server.asked[0].headers["accept"] == "application/vnd.github+json"
    assert server.asked[0].headers["x-github-api-version"] == "2022-11-28"
    assert [(page.records[0].ref, page.is_unchanged) for page in first + second] == [(3, False), (3, True)]
    assert second[0].records == first[0].records


async def test_pull_requests_are_no_issues_in_a_listing(server: Any, github: GitHub) -> None:
    pull = {**ISSUE, "number": 2, "pull_request": {"url": "https://api.github.com/x"}}
    server.says([ISSUE, pull, FULL_ISSUE])

    pages = await _all(github.changed(""))

    assert [record.ref for record in pages[0].records] == [1, 12]


async def test_the_newest_issues_are_one_page_and_never_from_a_cache(server: Any, github: GitHub) -> None:
    for _ in range(2):
        server.says([ISSUE], etag='"one"', link=f'<{server.url}/p2>; rel="next"')

    await github.newest()
    records = await github.newest()

    assert [record.ref for record in records] == [1]
    assert len(server.asked) == 2
    assert server.asked[1].query["sort"] == "created"
    assert server.asked[1].query["direction"] == "desc"
    assert "if-none-match" not in server.asked[1].headers


@pytest.mark.parametrize("body", [{}, None, [{"number": 1}], [{**ISSUE, "state": "weird"}], ["x"]])
async def test_a_listing_that_cannot_be_read_is_unavailable_and_never_half(
    server: Any, github: GitHub, body: Any
) -> None:
    server.says(body)

    with pytest.raises(Unavailable):
        await _all(github.changed(""))


LISTINGS: dict[str, Any] = {
    "changed": lambda g: _all(g.changed("")),
    "labelled": lambda g: _all(g.labelled("x")),
    "milestones": lambda g: _all(g.milestones()),
    "newest": lambda g: g.newest(),
    "repository": lambda g: g.repository(),
    "create": lambda g: g.create(Thing.ISSUE, {"title": "x"}),
}


@pytest.mark.parametrize("ask", LISTINGS.values(), ids=LISTINGS)
async def test_a_repository_that_is_not_there_is_named(server: Any, github: GitHub, ask: Any) -> None:
    server.says({"message": "Not Found"}, 404)

    with pytest.raises(NotFound, match=r"repository acme/plans not found at 127\.0\.0\.1:") as caught:
        await ask(github)

    assert "this token may not see it" in str(caught.value)
    assert caught.value.exit_code == 8


@pytest.mark.parametrize("ask", LISTINGS.values(), ids=LISTINGS)
async def test_issues_that_are_switched_off_are_said_to_be(server: Any, github: GitHub, ask: Any) -> None:
    server.says({"message": "Issues are disabled for this repo"}, 410)

    with pytest.raises(Rejected, match="issues are switched off in acme/plans"):
        await ask(github)


@pytest.mark.parametrize("ask", LISTINGS.values(), ids=LISTINGS)
async def test_a_wrong_token_says_what_to_set(server: Any, github: GitHub, ask: Any) -> None:
    server.says({"message": "Bad credentials"}, 401)

    with pytest.raises(AuthError, match=r"GH_TOKEN was not accepted.*set PLANSYNC_TOKEN"):
        await ask(github)


# One record.


@pytest.mark.parametrize("thing", Thing)
async def test_a_record_is_read_directly_and_afresh(server: Any, github: GitHub, thing: Thing) -> None:
    for _ in range(2):
        server.says({**ISSUE, "number": 12}, etag='"one"')

    await github.look(thing, 12)
    record = await github.look(thing, 12)

    assert isinstance(record, Record)
    assert (record.thing, record.ref, record.url) == (thing, 12, "")
    assert server.asked[1].path == f"/repos/acme/plans/{thing.value}s/12"
    assert "if-none-match" not in server.asked[1].headers


@pytest.mark.parametrize(
    ("status", "body", "absence"),
    [
        (410, {"message": "This issue was deleted"}, Absence.GONE),
        (404, {"message": "Not Found"}, Absence.DENIED),
        (403, {"message": "Resource not accessible by integration"}, Absence.DENIED),
        (200, {**ISSUE, "pull_request": {"url": "x"}}, Absence.OTHER),
    ],
)
async def test_an_issue_that_is_not_there_says_why(
    server: Any, github: GitHub, status: int, body: Any, absence: Absence
) -> None:
    server.says(body, status)

    assert await github.look(Thing.ISSUE, 12) is absence


async def test_a_refusal_for_pace_is_no_absence(server: Any, github: GitHub, slept: list[float]) -> None:
    server.says({"message": "slow"}, 403, retry_after="3")
    server.says(ISSUE)

    record = await github.look(Thing.ISSUE, 1)

    assert isinstance(record, Record)
    assert slept == [3.0]


async def test_a_transferred_issue_has_moved(server: Any, github: GitHub, elsewhere: Any) -> None:
    server.says(status=301, location=f"{server.url}/repositories/99/issues/12")
    server.says({})
    server.says(status=301, location=f"{elsewhere.url}/issues/12")
    server.says({})

    assert await github.look(Thing.ISSUE, 12) is Absence.MOVED
    assert await github.look(Thing.ISSUE, 12) is Absence.MOVED
    assert elsewhere.asked == []


async def test_a_transfer_out_of_a_renamed_repository_has_moved(server: Any, github: GitHub) -> None:
    server.says(status=301, location=f"{server.url}/repositories/99/issues/12")
    server.says(status=301, location=f"{server.url}/repositories/9")

    assert await github.look(Thing.ISSUE, 12) is Absence.MOVED


async def test_an_issue_of_a_renamed_repository_has_not_moved(server: Any, github: GitHub) -> None:
    for path in ("/issues/12", ""):
        server.says(status=301, location=f"{server.url}/repositories/9{path}")
    server.says({**ISSUE, "number": 12})
    server.says({**ISSUE, "number": 13})

    record = await github.look(Thing.ISSUE, 12)
    await github.look(Thing.ISSUE, 13)

    assert isinstance(record, Record)
    assert [asked.path for asked in server.asked[2:]] == [f"/repositories/9/issues/{n}" for n in (12, 13)]


async def test_an_issue_that_a_renamed_repository_gave_away_has_moved(server: Any, github: GitHub) -> None:
    for path in ("9/issues/12", "9", "7/issues/1"):
        server.says(status=301, location=f"{server.url}/repositories/{path}")
    server.says(status=301, location=f"{server.url}/repositories/7/issues/1")
    server.says(status=301, location=f"{server.url}/repositories/9")

    assert await github.look(Thing.ISSUE, 12) is Absence.MOVED
    with pytest.raises(Moved, match="was transferred to another repository; nothing was written"):
        await github.update(Thing.ISSUE, 12, {"title": "x"})

    assert "/repositories/7/issues/1" not in [asked.path for asked in server.asked]


@pytest.mark.parametrize("is_whole", [True, False], ids=["a whole address", "a path"])
async def test_what_follows_the_preflight_goes_to_where_a_renamed_repository_is_now(
    server: Any, github: GitHub, is_whole: bool
) -> None:
    server.says(status=301, location=f"{server.url if is_whole else ''}/repositories/9")
    server.says({"full_name": "acme/schemes"})
    server.says({**ISSUE, "number": 12}, 201)
    server.says({**ISSUE, "number": 12})
    server.says(status=204)

    await github.repository()
    await github.create(Thing.ISSUE, {"title": "Set up"})
    await github.update(Thing.ISSUE, 12, {"title": "Set up"})
    await github.is_assignable("ana")

    paths = ["/repos/acme/plans", "", "/issues", "/issues/12", "/assignees/ana"]
    assert [a.path for a in server.asked] == [paths[0], *(f"/repositories/9{path}" for path in paths[1:])]


async def test_the_links_of_a_renamed_repository_are_those_of_its_own_issues(
    server: Any, github: GitHub
) -> None:
    ours, theirs = (
        {**ISSUE, "repository_url": f"{server.url}/repos/{name}"} for name in ("Acme/Schemes", "a/plans")
    )
    server.says([{**ours, "number": 3}])
    server.says([{**ours, "number": 2}, {**theirs, "number": 1}])

    await _all(github.changed(""))

    assert await github.blockers(3) == (2,)


# Writing.


async def test_a_create_sends_title_body_labels_and_milestone_and_answers_with_the_record(
    server: Any, github: GitHub
) -> None:
    server.says({**FULL_ISSUE, "labels": []}, 201)
    fields: Written = {
        "title": "Set up",
        "body": "text",
        "labels": ("plansync",),
        "milestone": 4,
        "state": State.TODO,
    }

    record = await github.create(Thing.ISSUE, fields)

    asked = server.asked[0]
    assert (asked.method, asked.path) == ("POST", "/repos/acme/plans/issues")
    assert asked.body == {"title": "Set up", "body": "text", "labels": ["plansync"], "milestone": 4}
    assert (record.ref, record.labels) == (12, ())


async def test_no_milestone_is_not_sent_with_a_create(server: Any, github: GitHub) -> None:
    server.says(ISSUE, 201)

    await github.create(Thing.ISSUE, {"title": "x", "body": "", "milestone": None})

    assert server.asked[0].body == {"title": "x", "body": ""}


async def test_a_milestone_is_created_with_a_description(server: Any, github: GitHub) -> None:
    server.says(MILESTONE, 201)

    record = await github.create(Thing.MILESTONE, {"title": "Phase 1", "body": "why"})

    assert server.asked[0].path == "/repos/acme/plans/milestones"
    assert server.asked[0].body == {"title": "Phase 1", "description": "why"}
    assert record.thing is Thing.MILESTONE


async def test_nothing_is_created_closed(github: GitHub) -> None:
    with pytest.raises(AssertionError, match="operation of its own"):
        await github.create(Thing.ISSUE, {"title": "x", "state": State.DONE})

    assert github.requests.total == 0


async def test_a_milestone_whose_title_is_taken_says_so(server: Any, github: GitHub) -> None:
    error = {"resource": "Milestone", "field": "title", "code": "already_exists"}
    server.says({"message": "Validation Failed", "errors": [error]}, 422)

    with pytest.raises(Rejected, match="Milestone title already_exists"):
        await github.create(Thing.MILESTONE, {"title": "Phase 1"})


UPDATES: list[tuple[Thing, Written, dict[str, Any]]] = [
    (Thing.ISSUE, {"title": "new"}, {"title": "new"}),
    (Thing.ISSUE, {"body": ""}, {"body": ""}),
    (Thing.ISSUE, {"milestone": None}, {"milestone": None}),
    (Thing.ISSUE, {"title": "new", "labels": ("x",)}, {"title": "new"}),
    (Thing.ISSUE, {"state": State.TODO}, {"state": "open", "state_reason": "reopened"}),
    (Thing.ISSUE, {"state": State.DONE}, {"state": "closed", "state_reason": "completed"}),
    (Thing.ISSUE, {"state": State.DROPPED}, {"state": "closed", "state_reason": "not_planned"}),
    (
        Thing.ISSUE,
        {"state": State.DROPPED, "is_duplicate": True},
        {"state": "closed", "state_reason": "duplicate"},
    ),
    (Thing.MILESTONE, {"body": "why", "title": "t"}, {"title": "t", "description": "why"}),
    (Thing.MILESTONE, {"state": State.TODO}, {"state": "open"}),
    (Thing.MILESTONE, {"state": State.DONE}, {"state": "closed"}),
]


@pytest.mark.parametrize(("thing", "fields", "sent"), UPDATES)
async def test_an_update_sends_the_given_fields_and_no_others(
    server: Any, github: GitHub, thing: Thing, fields: Written, sent: dict[str, Any]
) -> None:
    server.says({**ISSUE, "number": 12})

    record = await github.update(thing, 12, fields)

    asked = server.asked[0]
    assert (asked.method, asked.path) == ("PATCH", f"/repos/acme/plans/{thing.value}s/12")
    assert asked.body == sent
    assert (record.thing, record.ref) == (thing, 12)


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (410, Moved, "issue 12 of acme/plans was deleted meanwhile"),
        (404, Rejected, "issue 12 of acme/plans was deleted, or this token may not edit it"),
        (403, AuthError, "not allowed"),
        (422, Rejected, "refused"),
    ],
)
async def test_an_update_that_is_refused_says_why(
    server: Any, github: GitHub, status: int, error: type[TrackerError], words: str
) -> None:
    server.says({"message": "No"}, status)

    with pytest.raises(error, match=words):
        await github.update(Thing.ISSUE, 12, {"title": "x"})

    assert len(server.asked) == 1


async def test_a_transferred_issue_is_never_written_to(server: Any, github: GitHub) -> None:
    server.says(status=307, location=f"{server.url}/repositories/99/issues/3")
    server.says({})

    with pytest.raises(Moved, match="issue 12 of acme/plans was transferred"):
        await github.update(Thing.ISSUE, 12, {"title": "x"})

    assert [asked.method for asked in server.asked] == ["PATCH", "GET"]


async def test_an_issue_of_a_renamed_repository_is_written_where_it_lives_now(
    server: Any, github: GitHub
) -> None:
    server.says(status=307, location=f"{server.url}/repositories/9/issues/12")
    server.says(status=301, location=f"{server.url}/repositories/9")
    server.says({**ISSUE, "number": 12, "title": "x"})

    record = await github.update(Thing.ISSUE, 12, {"title": "x"})

    assert record.title == "x"
    assert server.asked[-1].body == {"title": "x"}
    assert server.asked[-1].path == "/repositories/9/issues/12"


@pytest.mark.parametrize("body", [{}, [], {"number": 12}, None])
async def test_a_write_answered_with_no_record_is_unknown(server: Any, github: GitHub, body: Any) -> None:
    server.says(body, 201)
    server.says(body, 200)

    with pytest.raises(OutcomeUnknown):
        await github.create(Thing.ISSUE, {"title": "x"})
    with pytest.raises(OutcomeUnknown):
        await github.update(Thing.ISSUE, 12, {"title": "x"})

    assert len(server.asked) == 2


# The repository.


async def test_a_repository_may_say_nothing_of_itself(server: Any, github: GitHub) -> None:
    server.says({})

    target = await github.repository()

    assert server.asked[0].path == "/repos/acme/plans"
    assert (target.node, target.name, target.url) == ("", "acme/plans", "")
    assert (target.can_write, target.refusal) == (True, "")


@pytest.mark.parametrize(
    ("shown", "refusal"),
    [
        ({"permissions": {"push": True, "pull": True}}, ""),
        ({"permissions": {"triage": True}}, ""),
        ({"permissions": {"maintain": True}}, ""),
        ({"permissions": {"admin": True}}, ""),
        ({"permissions": {"pull": True, "push": False}}, "this token may read acme/new but not edit"),
        ({"archived": True}, "acme/new is archived"),
        ({"has_issues": False}, "issues are switched off in acme/new"),
    ],
)
async def test_a_repository_that_takes_no_writes_says_why(
    server: Any, github: GitHub, shown: dict[str, Any], refusal: str
) -> None:
    server.says({"node_id": "R_x", "full_name": "acme/new", "html_url": "https://h/acme/new", **shown})

    target = await github.repository()

    assert (target.node, target.name, target.url) == ("R_x", "acme/new", "https://h/acme/new")
    assert target.refusal.startswith(refusal)
    assert target.can_write is not bool(refusal)


def test_its_traits_are_githubs() -> None:
    assert (TRAITS.name, TRAITS.title_max, TRAITS.body_max) == ("github", 256, 65_536)
    assert (TRAITS.writes_at_once, TRAITS.is_paced) == (1, True)
    assert Field.STATE in TRAITS.stores
    assert Field.MARKER not in TRAITS.stores


async def test_writes_are_paced_unless_told_otherwise(
    server: Any, reach: dict[str, Any], slept: list[float]
) -> None:
    adapter = GitHub(server.url, "acme/plans", **reach)
    for _ in range(21):
        server.says(ISSUE, 201)

    for _ in range(21):
        await adapter.create(Thing.ISSUE, {"title": "x"})
    await adapter.aclose()

    assert slept == [1.0]
    assert adapter.requests.writes == 21


async def test_names_are_percent_encoded_and_the_address_may_end_in_slashes(
    server: Any, reach: dict[str, Any]
) -> None:
    server.says({})
    adapter = GitHub(f"{server.url}/api/v3//", "a b/ü?x", **reach)

    await adapter.repository()
    await adapter.aclose()

    assert server.asked[0].target == "/api/v3/repos/a%20b/%C3%BC%3Fx"


@pytest.mark.parametrize("project", ["", "acme", "acme/", "/plans", "acme/plans/more", "acme/..", "./plans"])
def test_a_project_is_an_owner_and_a_name(project: str) -> None:
    with pytest.raises(ConfigError, match="OWNER/NAME"):
        GitHub("https://api.github.com", project)
