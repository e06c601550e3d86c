"""The GitLab adapter over real HTTP, against a server that says as little as it may."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from plansync.errors import (
    AuthError,
    ConfigError,
    Locked,
    Moved,
    NotFound,
    OutcomeUnknown,
    Rejected,
    TrackerError,
    Unavailable,
    Unsupported,
)
from plansync.model import State
from plansync.trackers.base import UNCOUNTED, Absence, Page, Record, Thing
from plansync.trackers.gitlab import TRAITS, GitLab
from plansync.trackers.gitlab_payloads import IssuePayload, MilestonePayload, Site, moment, web_root
from plansync.trackers.gitlab_sent import before, duration, given, made

pytestmark = pytest.mark.anyio
EXAMPLES = Path(__file__).parents[2].parent / "shared" / "api" / "gitlab-schemas" / "examples"
SITE = Site("https://gitlab.example/api/v4", "acme/sub/plans", ("wontfix",))
HOME = "/api/v4/projects/acme%2Fsub%2Fplans"
ISSUE: dict[str, Any] = {"id": 901, "iid": 1, "project_id": 77, "title": "Set up", "state": "opened"}
MILESTONE: dict[str, Any] = {"id": 400, "iid": 2, "project_id": 77, "title": "Phase 1", "state": "active"}
NO_ISSUE = {"message": "404 Not found"}
NO_PROJECT = {"message": "404 Project Not Found"}
LOCKED = {"message": "409 Conflict: Resource lock"}
LABELS = [{"id": 1, "name": "Bug"}, {"id": 2, "name": "priority::high"}, {"id": 3, "name": "priority::low"}]


def example(name: str) -> Any:
    """Read a body that GitLab's documentation shows, or skip the test that needs it."""
    file = EXAMPLES / f"{name}.json"
    if not file.exists():
        pytest.skip(f"GitLab's examples are not here ({file.name} in a folder beside the repository)")
    return json.loads(file.read_text("utf-8"))


async def _all(pages: Any) -> list[Page]:
    return [page async for page in pages]


@pytest.fixture
async def gitlab(anyio_backend: str, server: Any, reach: dict[str, Any]) -> AsyncIterator[GitLab]:
    """Give an adapter for the project acme/sub/plans on the server."""
    adapter = GitLab(f"{server.url}/api/v4", "acme/sub/plans", **reach)
    yield adapter
    await adapter.aclose()


# Payloads.


def test_an_issue_needs_a_number_a_title_and_a_state() -> None:
    bare = {"iid": 1, "title": "Set up", "state": "opened"}

    record = IssuePayload.model_validate(bare).record(SITE)

    url = "https://gitlab.example/acme/sub/plans/-/issues/1"
    assert record == Record(Thing.ISSUE, 1, "Set up", State.TODO, url=url, key=1, blocked_by=UNCOUNTED)


def test_all_that_the_documentation_shows_of_an_issue_is_read() -> None:
    record = IssuePayload.model_validate(example("issue-get")).record(SITE)

    assert record == Record(
        thing=Thing.ISSUE,
        ref=1,
        title="Ut commodi ullam eos dolores perferendis nihil sunt.",
        state=State.DROPPED,  # it is closed as a duplicate
        is_duplicate=True,
        body="Omnis vero earum sunt corporis dolor et placeat.",
        url="http://gitlab.example.com/my-group/my-project/issues/1",
        revision="2016-01-04T15:31:46.176Z",
        created="2016-01-04T15:31:46.176Z",
        milestone=11,
        node="41",
        comments=1,
        assignees=("lennie",),
        key=1,
        blocked_by=UNCOUNTED,
        estimate=0,
    )


@pytest.mark.parametrize(
    "name", ["issue-list", "issue-create", "issue-update-close", "issue-move", "issue-clone"]
)
def test_each_issue_of_the_documentation_is_read(name: str) -> None:
    found = example(name)

    for each in found if isinstance(found, list) else [found]:
        assert IssuePayload.model_validate(each).record(SITE).ref == each["iid"]


@pytest.mark.parametrize(
    ("name", "is_inherited"), [("project-milestone-list", False), ("group-milestone-list", True)]
)
def test_each_milestone_of_the_documentation_is_read(name: str, is_inherited: bool) -> None:
    for each in example(name):
        record = MilestonePayload.model_validate(each).record(SITE)

        assert (record.ref, record.due, record.is_inherited) == (each["id"], each["due_date"], is_inherited)


@pytest.mark.parametrize(
    ("shown", "state", "is_duplicate"),
    [
        ({"state": "opened"}, State.TODO, False),
        ({"state": "opened", "labels": ["plansync::dropped"]}, State.TODO, False),
        ({"state": "closed"}, State.DONE, False),
        ({"state": "closed", "labels": ["plansync::dropped"]}, State.DROPPED, False),
        ({"state": "closed", "labels": ["plansync::duplicate"]}, State.DROPPED, True),
        ({"state": "closed", "labels": [{"name": "WontFix"}]}, State.DROPPED, False),
        ({"state": "closed", "_links": {"closed_as_duplicate_of": "https://x/1"}}, State.DROPPED, True),
        ({"state": "closed", "_links": {"closed_as_duplicate_of": None}}, State.DONE, False),
        ({"state": "closed", "_links": None}, State.DONE, False),
    ],
)
def test_a_state_is_read_with_its_labels(shown: dict[str, Any], state: State, is_duplicate: bool) -> None:
    record = IssuePayload.model_validate({**ISSUE, **shown}).record(SITE)

    assert (record.state, record.is_duplicate) == (state, is_duplicate)


def test_the_labels_that_stand_for_a_state_are_not_shown() -> None:
    labels = ["bug", "plansync", "plansync::dropped", "plansync::duplicate"]

    assert IssuePayload.model_validate({**ISSUE, "labels": labels}).record(SITE).labels == ("bug", "plansync")


@pytest.mark.parametrize(
    ("seconds", "minutes"), [(0, 0), (60, 1), (61, 2), (1, 1), (12_600, 210), (576_000, 9_600)]
)
def test_an_estimate_is_read_in_minutes_and_something_is_never_nothing(seconds: int, minutes: int) -> None:
    shown = {**ISSUE, "time_stats": {"time_estimate": seconds, "human_time_estimate": "whatever"}}

    assert IssuePayload.model_validate(shown).record(SITE).estimate == minutes


@pytest.mark.parametrize("minutes", [1, 59, 60, 61, 480, 2_400, 9_600, 12_345])
def test_an_estimate_is_written_in_hours_and_minutes_alone(minutes: int) -> None:
    text = duration(minutes)

    hours, _, rest = text.rpartition("h")
    assert int(hours or 0) * 60 + int(rest.removesuffix("m") or 0) == minutes
    assert not set(text) - set("0123456789hm")


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-11-26T10:00:00.123Z", "2026-11-26T10:00:00.123Z"),
        ("2026-11-26T12:00:00.123+02:00", "2026-11-26T10:00:00.123Z"),
        ("2026-11-26T10:00:00Z", "2026-11-26T10:00:00.000Z"),
        ("soon", "soon"),
        ("", ""),
    ],
)
def test_times_are_compared_as_texts_whatever_an_instance_shows(text: str, utc: str) -> None:
    assert moment(text) == utc
    assert IssuePayload.model_validate({**ISSUE, "updated_at": text}).record(SITE).revision == utc


@pytest.mark.parametrize(
    ("since", "asked"),
    [
        ("2026-11-26T10:00:00.123Z", "2026-11-26T09:58:00.123Z"),
        ("2026-11-26T10:00:00Z", "2026-11-26T09:58:00.000Z"),
        ("", ""),
        ("soon", ""),
    ],
)
def test_a_listing_begins_before_the_moment_that_was_read_last(since: str, asked: str) -> None:
    assert before(since) == asked


@pytest.mark.parametrize(
    ("api_url", "root"),
    [
        ("https://gitlab.com/api/v4", "https://gitlab.com"),
        ("https://host.example/sub/path/api/v4/", "https://host.example/sub/path"),
        ("http://127.0.0.1:7526/api/v4", "http://127.0.0.1:7526"),
        ("https://host.example", ""),
        ("https://api/v4", ""),
    ],
)
def test_the_pages_address_is_derived_where_the_layout_is_known(api_url: str, root: str) -> None:
    assert web_root(api_url) == root


# What is sent.


def test_an_update_names_what_is_given_as_gitlab_does() -> None:
    assert given(Thing.ISSUE, {"title": "T", "body": "B", "milestone": 400, "labels": ("x",)}) == {
        "title": "T",
        "description": "B",
        "milestone_id": 400,
    }
    assert given(Thing.ISSUE, {"milestone": None}) == {"milestone_id": 0}
    assert given(Thing.MILESTONE, {"due": "", "state": State.DONE}) == {
        "due_date": "",
        "state_event": "close",
    }


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        ({"state": State.TODO}, ("reopen", None, {"plansync::dropped", "plansync::duplicate"})),
        ({"state": State.DONE}, ("close", None, {"plansync::dropped", "plansync::duplicate"})),
        ({"state": State.DROPPED}, ("close", ["plansync::dropped"], {"plansync::duplicate"})),
        (
            {"state": State.DROPPED, "is_duplicate": True},
            ("close", ["plansync::duplicate"], {"plansync::dropped"}),
        ),
    ],
)
def test_a_state_and_why_go_in_one_request(fields: Any, sent: Any) -> None:
    event, adding, removing = sent

    body = given(Thing.ISSUE, fields)

    assert (body["state_event"], body.get("add_labels")) == (event, adding)
    assert set(body["remove_labels"]) == removing  # type: ignore[call-overload]


def test_a_create_says_neither_a_state_nor_what_is_empty() -> None:
    fields: Any = {"title": "T", "milestone": None, "due": "", "state": State.TODO}

    assert made(Thing.MILESTONE, fields) == {"title": "T"}


# The address.


@pytest.mark.parametrize("project", ["acme/sub/plans", "acme%2Fsub%2Fplans"])
async def test_a_nested_path_is_encoded_once(server: Any, reach: dict[str, Any], project: str) -> None:
    server.says([])
    adapter = GitLab(f"{server.url}/deep/down/api/v4", project, **reach)

    await _all(adapter.milestones())
    await adapter.aclose()

    assert server.asked[0].path == "/deep/down/api/v4/projects/acme%2Fsub%2Fplans/milestones"


async def test_a_number_names_a_project_too(server: Any, reach: dict[str, Any]) -> None:
    server.says([])
    adapter = GitLab(f"{server.url}/api/v4", "77", **reach)

    await _all(adapter.milestones())
    await adapter.aclose()

    assert server.asked[0].path == "/api/v4/projects/77/milestones"


@pytest.mark.parametrize("project", ["plans", "", "/plans", "acme/", "acme//plans", "acme/../plans"])
def test_what_is_no_project_is_refused(project: str) -> None:
    with pytest.raises(ConfigError, match="it must look like GROUP/NAME"):
        GitLab("https://gitlab.example/api/v4", project)


async def test_a_renamed_project_is_asked_by_its_number_from_then_on(server: Any, gitlab: GitLab) -> None:
    server.says(
        {"message": "301 Moved Permanently"},
        301,
        location=f"{server.url}/api/v4/projects/77/milestones?state=all",
    )
    server.says([MILESTONE])
    server.says(ISSUE)

    (page,) = await _all(gitlab.milestones())
    await gitlab.look(Thing.ISSUE, 1)

    assert [record.ref for record in page.records] == [400]
    assert [asked.path for asked in server.asked] == [
        f"{HOME}/milestones",
        "/api/v4/projects/77/milestones",
        "/api/v4/projects/77/issues/1",
    ]
    assert server.asked[1].query == server.asked[0].query


async def test_a_write_to_a_renamed_project_is_sent_again_whole_by_its_number(
    server: Any, gitlab: GitLab
) -> None:
    server.says({"message": "Non GET methods are not allowed for moved projects"}, 405)
    server.says({"message": "301 Moved Permanently"}, 301, location=f"{server.url}/api/v4/projects/77")
    server.says({"id": 77})
    server.says({**ISSUE, "title": "T"}, 201)

    record = await gitlab.create(Thing.ISSUE, {"title": "T"})

    assert record.title == "T"
    assert [(asked.method, asked.path) for asked in server.asked] == [
        ("POST", f"{HOME}/issues"),
        ("GET", HOME),
        ("GET", "/api/v4/projects/77"),
        ("POST", "/api/v4/projects/77/issues"),
    ]
    assert server.asked[3].body == server.asked[0].body == {"title": "T"}


async def test_a_write_that_is_not_allowed_at_all_is_refused(server: Any, gitlab: GitLab) -> None:
    server.says({"message": "405"}, 405)
    server.says({"id": 77})

    with pytest.raises(Rejected, match="does not take POST"):
        await gitlab.create(Thing.ISSUE, {"title": "T"})


async def test_a_project_that_moved_to_another_host_is_not_followed(
    server: Any, gitlab: GitLab, elsewhere: Any
) -> None:
    server.says({}, 301, location=f"{elsewhere.url}/api/v4/projects/7")

    with pytest.raises(TrackerError, match="points to another address"):
        await _all(gitlab.milestones())

    assert elsewhere.asked == []
    assert len(server.asked) == 1, "what has the number 7 there is another project here"


async def test_a_project_of_which_only_a_page_is_told_is_not_followed(server: Any, gitlab: GitLab) -> None:
    server.says({}, 301, location=f"{server.url}/users/sign_in")

    with pytest.raises(NotFound, match="set its new path"):
        await _all(gitlab.milestones())


# Listings.


async def test_what_changed_is_asked_for_with_an_overlap_and_states_all_it_means(
    server: Any, gitlab: GitLab
) -> None:
    server.says([ISSUE], etag='W/"one"')
    server.says(status=304)
    since = "2026-11-26T10:00:00.123Z"

    first = await _all(gitlab.changed(since))
    second = await _all(gitlab.changed(since))

    assert server.asked[0].path == f"{HOME}/issues"
    assert server.asked[0].query == {
        "state": "all",
        "issue_type": "issue",
        "order_by": "updated_at",
        "sort": "desc",
        "pagination": "keyset",
        "per_page": "100",
        "updated_after": "2026-11-26T09:58:00.123Z",
    }
    assert server.asked[1].target == server.asked[0].target
    assert [(page.is_unchanged, page.since) for page in first + second] == [
        (False, "2026-11-26T09:58:00.123Z"),
        (True, "2026-11-26T09:58:00.123Z"),
    ]
    assert second[0].records == first[0].records


async def test_without_a_moment_everything_is_asked_for(server: Any, gitlab: GitLab) -> None:
    server.says([])

    (page,) = await _all(gitlab.changed(""))

    assert "updated_after" not in server.asked[0].query
    assert page.since == ""


async def test_milestones_are_listed_with_those_of_the_groups_above(server: Any, gitlab: GitLab) -> None:
    server.says([MILESTONE, {**MILESTONE, "id": 500, "project_id": None, "group_id": 9}])

    (page,) = await _all(gitlab.milestones())

    assert server.asked[0].query == {"state": "all", "per_page": "100", "include_ancestors": "true"}
    assert [(record.ref, record.is_inherited) for record in page.records] == [(400, False), (500, True)]


async def test_a_label_is_asked_for_as_it_is_stored(server: Any, gitlab: GitLab) -> None:
    server.says([{"id": 1, "name": "Plansync"}])
    server.says([])

    await _all(gitlab.labelled("plansync"))

    assert server.asked[0].path == f"{HOME}/labels"
    assert server.asked[1].query["labels"] == "Plansync"


async def test_tasks_and_what_was_moved_away_are_no_issues_in_a_listing(server: Any, gitlab: GitLab) -> None:
    server.says([ISSUE, {**ISSUE, "iid": 2, "moved_to_id": 7}, {**ISSUE, "iid": 3, "issue_type": "task"}])

    (page,) = await _all(gitlab.changed(""))

    assert [record.ref for record in page.records] == [1]


@pytest.mark.parametrize(
    "root", ["http://wrong.example", "https://127.0.0.1", "{url}/elsewhere"], ids=["host", "scheme", "path"]
)
async def test_a_next_page_is_asked_for_at_our_own_address(server: Any, gitlab: GitLab, root: str) -> None:
    """An instance may not know under which address it is reached; of its link nothing is taken but the query."""
    link = f"{root.format(url=server.url)}/api/v4/projects/77/issues?cursor=abc&per_page=100"
    server.says([ISSUE], link=f'<{link}>; rel="next"')
    server.says([{**ISSUE, "iid": 2}])

    pages = await _all(gitlab.changed(""))

    assert [page.is_last for page in pages] == [False, True]
    assert (server.asked[1].path, server.asked[1].query) == (
        f"{HOME}/issues",
        {"cursor": "abc", "per_page": "100"},
    )


@pytest.mark.parametrize("link", ["https://elsewhere.example/issues", "http://[broken"])
async def test_a_next_page_that_names_no_place_ends_the_listing(
    server: Any, gitlab: GitLab, link: str
) -> None:
    """Without a query it would be the listing of something else."""
    server.says([ISSUE], link=f'<{link}>; rel="next"')

    with pytest.raises(Unavailable, match="lead in a circle"):
        await _all(gitlab.changed(""))

    assert len(server.asked) == 1


async def test_several_issues_are_read_fifty_in_a_request(server: Any, gitlab: GitLab) -> None:
    for at in (1, 51, 101):
        server.says([{**ISSUE, "iid": at}])

    found = await gitlab.several(range(1, 104))

    assert [record.ref for record in found] == [1, 51, 101]
    assert [asked.target.count("iids%5B%5D=") for asked in server.asked] == [50, 50, 3]
    assert {asked.query["state"] for asked in server.asked} == {"all"}


@pytest.mark.parametrize("body", [{}, None, [{"iid": 1}], [{**ISSUE, "state": "weird"}], ["x"]])
async def test_a_listing_that_cannot_be_read_is_unavailable_and_never_half(
    server: Any, gitlab: GitLab, body: Any
) -> None:
    server.says(body)

    with pytest.raises(Unavailable):
        await _all(gitlab.changed(""))


LISTINGS: dict[str, Any] = {
    "changed": lambda g: _all(g.changed("")),
    "labelled": lambda g: _all(g.labelled("x")),
    "milestones": lambda g: _all(g.milestones()),
    "newest": lambda g: g.newest(),
    "several": lambda g: g.several([1, 2]),
    "repository": lambda g: g.repository(),
    "create": lambda g: g.create(Thing.ISSUE, {"title": "x"}),
}


@pytest.mark.parametrize("ask", LISTINGS.values(), ids=LISTINGS)
async def test_a_project_that_is_not_there_is_named(server: Any, gitlab: GitLab, ask: Any) -> None:
    server.says(NO_PROJECT, 404)

    with pytest.raises(NotFound, match=r"project acme/sub/plans not found at 127\.0\.0\.1:") as caught:
        await ask(gitlab)

    assert "this token may not see it" in str(caught.value)


# One record.


@pytest.mark.parametrize(
    ("answers", "absence"),
    [
        ([(NO_ISSUE, 404), ({"id": 77}, 200)], Absence.GONE),
        ([({"message": "403 Forbidden"}, 403)], Absence.DENIED),
        ([({**ISSUE, "state": "closed", "moved_to_id": 7}, 200)], Absence.MOVED),
        ([({**ISSUE, "issue_type": "task"}, 200)], Absence.OTHER),
    ],
)
async def test_an_issue_that_is_not_there_says_why(
    server: Any, gitlab: GitLab, answers: Any, absence: Absence
) -> None:
    for body, status in answers:
        server.says(body, status)

    assert await gitlab.look(Thing.ISSUE, 1) is absence


@pytest.mark.parametrize(
    "answers", [[(NO_PROJECT, 404)], [(NO_ISSUE, 404), (NO_PROJECT, 404)], [({}, 404), ({}, 404)]]
)
async def test_a_project_that_is_gone_is_no_deleted_issue(server: Any, gitlab: GitLab, answers: Any) -> None:
    for body, status in answers:
        server.says(body, status)

    with pytest.raises(NotFound, match="project acme/sub/plans not found"):
        await gitlab.look(Thing.ISSUE, 1)


async def test_the_project_is_checked_once_for_all_that_is_missing(server: Any, gitlab: GitLab) -> None:
    server.says(NO_ISSUE, 404)
    server.says({"id": 77})
    server.says(NO_ISSUE, 404)

    assert [await gitlab.look(Thing.ISSUE, ref) for ref in (1, 2)] == [Absence.GONE] * 2
    assert len(server.asked) == 3


async def test_a_milestone_of_a_group_is_found_where_its_own_route_is_not_ours(
    server: Any, gitlab: GitLab
) -> None:
    server.says(NO_ISSUE, 404)
    server.says({"id": 77})
    server.says([{**MILESTONE, "id": 500, "group_id": 9, "project_id": None}])

    record = await gitlab.look(Thing.MILESTONE, 500)

    assert isinstance(record, Record)
    assert record.is_inherited


# Writing.


async def test_a_create_sends_all_at_once_with_labels_as_they_are_stored(server: Any, gitlab: GitLab) -> None:
    server.says([MILESTONE])
    server.says(LABELS)
    server.says([{"id": 5, "username": "Amara", "state": "active"}])
    server.says({**ISSUE, "labels": ["Bug", "plansync"], "milestone": MILESTONE}, 201)

    await _all(gitlab.milestones())
    record = await gitlab.create(
        Thing.ISSUE,
        {"title": "T", "body": "B", "labels": ("plansync", "bug"), "milestone": 400, "assignees": ("amara",)},
    )

    assert (record.milestone, record.labels) == (400, ("Bug", "plansync"))
    assert server.asked[-1].body == {
        "title": "T",
        "description": "B",
        "labels": ["plansync", "Bug"],
        "milestone_id": 400,
        "assignee_ids": [5],
    }
    assert (server.asked[2].path, server.asked[2].query["query"]) == (f"{HOME}/members/all", "amara")


async def test_an_update_is_a_put_of_what_is_given(server: Any, gitlab: GitLab) -> None:
    server.says({**ISSUE, "title": "T"})

    await gitlab.update(Thing.ISSUE, 1, {"title": "T", "labels": ("x",), "assignees": ("amara",)})

    assert [(asked.method, asked.path, asked.body) for asked in server.asked] == [
        ("PUT", f"{HOME}/issues/1", {"title": "T"})
    ]


@pytest.mark.parametrize("write", ["create", "update"])
async def test_a_milestone_that_is_not_there_is_refused_before_it_is_dropped(
    server: Any, gitlab: GitLab, write: str
) -> None:
    server.says(NO_ISSUE, 404)
    server.says({"id": 77})
    server.says([])

    with pytest.raises(Rejected, match="no milestone 999"):
        if write == "create":
            await gitlab.create(Thing.ISSUE, {"title": "T", "milestone": 999})
        else:
            await gitlab.update(Thing.ISSUE, 1, {"milestone": 999})

    assert {asked.method for asked in server.asked} == {"GET"}


async def test_labels_are_added_as_they_are_stored_and_their_siblings_go(server: Any, gitlab: GitLab) -> None:
    """Only Premium takes the others of a scope off by itself."""
    server.says(LABELS)
    server.says({**ISSUE, "labels": ["Bug", "priority::low"]})

    labels = await gitlab.label(1, ("bug", "Priority::Low", "new"))

    assert labels == ("Bug", "priority::low")
    assert server.asked[1].body == {
        "add_labels": ["Bug", "priority::low", "new"],
        "remove_labels": ["priority::high"],
    }


async def test_a_label_is_taken_off_however_it_is_spelt(server: Any, gitlab: GitLab) -> None:
    server.says(LABELS)
    server.says({**ISSUE, "labels": []})

    assert await gitlab.unlabel(1, "bug") == ()
    assert server.asked[1].body == {"remove_labels": ["bug", "Bug"]}


@pytest.mark.parametrize("write", ["create", "label"])
async def test_a_comma_in_a_label_is_refused_before_anything_is_written(
    server: Any, gitlab: GitLab, write: str
) -> None:
    server.says([])

    with pytest.raises(Rejected, match="'a, b' holds a comma"):
        if write == "create":
            await gitlab.create(Thing.ISSUE, {"title": "T", "labels": ("a, b",)})
        else:
            await gitlab.label(1, ("a, b",))

    assert {asked.method for asked in server.asked} <= {"GET"}


async def test_no_label_with_a_comma_is_taken_off(server: Any, gitlab: GitLab) -> None:
    server.says({**ISSUE, "labels": ["a", "b"]})

    assert await gitlab.unlabel(1, "a,b") == ("a", "b")
    assert [asked.method for asked in server.asked] == ["GET"]


async def test_labels_are_read_once_a_run_in_pages(server: Any, gitlab: GitLab) -> None:
    server.says(LABELS[:1], link=f'<{server.url}{HOME}/labels?page=2>; rel="next"')
    server.says(LABELS[1:])
    for _ in range(2):
        server.says(ISSUE)

    await gitlab.label(1, ("PRIORITY::HIGH",))
    await gitlab.label(1, ("made just now",))

    assert server.asked[2].body["add_labels"] == ["priority::high"]
    assert [asked.method for asked in server.asked] == ["GET", "GET", "PUT", "PUT"]


async def test_people_are_written_as_a_whole_so_they_are_read_before(server: Any, gitlab: GitLab) -> None:
    one, two = ({"id": 5, "username": "amara"}, {"id": 6, "username": "jonas"})
    server.says([two])
    server.says({**ISSUE, "assignees": [one]})
    server.says({**ISSUE, "assignees": [one, two]})
    server.says({**ISSUE, "assignees": [one, two]})
    server.says({**ISSUE, "assignees": [two]})

    both = await gitlab.assign(1, ("jonas",))
    left = await gitlab.unassign(1, ("Amara",))

    assert (both.assignees, left.assignees) == (("amara", "jonas"), ("jonas",))
    assert [asked.body for asked in server.asked if asked.method == "PUT"] == [
        {"assignee_ids": [5, 6]},
        {"assignee_ids": [6]},
    ]


async def test_one_person_alone_is_kept_without_a_licence_and_the_answer_shows_it(
    server: Any, gitlab: GitLab
) -> None:
    one = {"id": 5, "username": "amara"}
    server.says([{"id": 6, "username": "jonas"}])
    server.says({**ISSUE, "assignees": [one]})
    server.says({**ISSUE, "assignees": [one]})

    assert (await gitlab.assign(1, ("jonas",))).assignees == ("amara",)


@pytest.mark.parametrize(
    ("minutes", "path", "body", "seconds"),
    [(750, "time_estimate", {"duration": "12h30m"}, 45_000), (0, "reset_time_estimate", {}, 0)],
)
async def test_an_estimate_is_one_request(
    server: Any, gitlab: GitLab, minutes: int, path: str, body: Any, seconds: int
) -> None:
    server.says({"time_estimate": seconds})

    assert await gitlab.estimate(1, minutes) == minutes
    assert [(asked.method, asked.path, asked.body) for asked in server.asked] == [
        ("POST", f"{HOME}/issues/1/{path}", body)
    ]


async def test_an_answer_that_is_no_record_leaves_a_write_unknown(server: Any, gitlab: GitLab) -> None:
    server.says({"id": 1}, 201)

    with pytest.raises(OutcomeUnknown):
        await gitlab.create(Thing.ISSUE, {"title": "T"})


@pytest.mark.parametrize(
    "write",
    [
        lambda g: g.update(Thing.ISSUE, 1, {"title": "T"}),
        lambda g: g.estimate(1, 90),
        lambda g: g.block(1, Record(Thing.ISSUE, 2, "B", State.TODO)),
    ],
)
async def test_a_write_to_a_deleted_issue_says_so(server: Any, gitlab: GitLab, write: Any) -> None:
    server.says(NO_ISSUE, 404)
    server.says({"id": 77})

    with pytest.raises(Moved, match="issue 1 of acme/sub/plans was deleted or made confidential"):
        await write(gitlab)


async def test_a_write_to_a_moved_issue_says_so(server: Any, gitlab: GitLab) -> None:
    server.says({**ISSUE, "state": "closed", "moved_to_id": 7})

    with pytest.raises(Moved, match="was moved to another project"):
        await gitlab.update(Thing.ISSUE, 1, {"title": "T"})


# A lock.


async def test_a_locked_record_is_read_again_and_written_again(
    server: Any, gitlab: GitLab, slept: list[float]
) -> None:
    seen = {**ISSUE, "updated_at": "2026-11-26T10:00:00.123Z"}
    server.says(seen)
    server.says(LOCKED, 409)
    server.says(seen)
    server.says({**seen, "title": "T"})

    await gitlab.look(Thing.ISSUE, 1)
    record = await gitlab.update(Thing.ISSUE, 1, {"title": "T"})

    assert record.title == "T"
    assert [asked.method for asked in server.asked] == ["GET", "PUT", "GET", "PUT"]
    assert server.asked[1].body == server.asked[3].body
    assert len(slept) == 1


async def test_a_locked_record_that_changed_is_not_overwritten(server: Any, gitlab: GitLab) -> None:
    server.says({**ISSUE, "updated_at": "2026-11-26T10:00:00.123Z"})
    server.says(LOCKED, 409)
    server.says({**ISSUE, "updated_at": "2026-11-26T10:00:00.124Z"})

    await gitlab.look(Thing.ISSUE, 1)
    with pytest.raises(Moved, match="changed while it was written; nothing was overwritten"):
        await gitlab.update(Thing.ISSUE, 1, {"title": "T"})

    assert [asked.method for asked in server.asked] == ["GET", "PUT", "GET"]


async def test_an_estimate_that_met_a_lock_is_not_put_on_an_issue_that_changed(
    server: Any, gitlab: GitLab
) -> None:
    server.says({**ISSUE, "updated_at": "2026-11-26T10:00:00.123Z"})
    server.says(LOCKED, 409)
    server.says({**ISSUE, "updated_at": "2026-11-26T10:00:00.124Z"})

    await gitlab.look(Thing.ISSUE, 1)
    with pytest.raises(Moved, match="changed while it was written; nothing was overwritten"):
        await gitlab.estimate(1, 90)

    assert [asked.method for asked in server.asked] == ["GET", "POST", "GET"]


async def test_a_lock_that_stays_ends_the_attempts(server: Any, gitlab: GitLab, slept: list[float]) -> None:
    for _ in range(4):
        server.says(LOCKED, 409)
        server.says(ISSUE)

    with pytest.raises(Locked, match="another write held it"):
        await gitlab.update(Thing.ISSUE, 1, {"title": "T"})

    assert [asked.method for asked in server.asked].count("PUT") == 4
    assert len(slept) == 3


async def test_a_create_that_met_a_lock_is_sent_again(server: Any, gitlab: GitLab) -> None:
    server.says(LOCKED, 409)
    server.says(ISSUE, 201)

    await gitlab.create(Thing.ISSUE, {"title": "Set up"})

    assert [asked.method for asked in server.asked] == ["POST", "POST"]


# Milestones.


@pytest.mark.parametrize("title", ["Phase 1", " Phase 1 "])
async def test_a_taken_title_says_who_has_it(server: Any, gitlab: GitLab, title: str) -> None:
    said = (
        'Failed to create milestone {:title=>["already being used for another group or project milestone."]}'
    )
    server.says({"message": said}, 400)
    server.says(
        [{**MILESTONE, "group_id": 9, "web_url": "https://gitlab.example/groups/acme/-/milestones/2"}]
    )

    with pytest.raises(
        Rejected, match=r"'Phase 1' is there already, in a group above \(https://gitlab.example"
    ):
        await gitlab.create(Thing.MILESTONE, {"title": title})

    assert server.asked[1].query["title"] == "Phase 1"
    assert server.asked[1].query["include_ancestors"] == "true"


async def test_a_refused_milestone_that_nobody_has_says_what_gitlab_says(server: Any, gitlab: GitLab) -> None:
    server.says({"message": "Failed to update milestone {:due_date=>...}"}, 400)
    server.says([MILESTONE])

    with pytest.raises(Rejected, match="Failed to update milestone"):
        await gitlab.update(Thing.MILESTONE, 400, {"title": "Phase 1", "due": "2026-01-01"})


async def test_a_milestone_of_a_group_is_used_and_not_edited(server: Any, gitlab: GitLab) -> None:
    server.says([{**MILESTONE, "id": 500, "group_id": 9, "project_id": None}])

    await _all(gitlab.milestones())
    with pytest.raises(Rejected, match="belongs to a group above"):
        await gitlab.update(Thing.MILESTONE, 500, {"state": State.DONE})

    assert [asked.method for asked in server.asked] == ["GET"]


# Links.

BLOCKER = Record(Thing.ISSUE, 2, "Before", State.TODO, key=2)


def _linked(iid: int, kind: str, link: int, project: int = 77) -> dict[str, Any]:
    return {**ISSUE, "iid": iid, "issue_link_id": link, "link_type": kind, "project_id": project}


async def test_only_what_blocks_within_the_project_is_a_dependency(server: Any, gitlab: GitLab) -> None:
    server.says(
        [
            _linked(9, "is_blocked_by", 1),
            _linked(2, "is_blocked_by", 2),
            _linked(3, "relates_to", 3),
            _linked(4, "blocks", 4),
            _linked(5, "is_blocked_by", 5, project=78),
        ]
    )
    server.says({"id": 77})

    assert await gitlab.blockers(1) == (2, 9)


async def test_a_link_is_made_from_the_issue_that_waits(server: Any, gitlab: GitLab) -> None:
    whole = {**ISSUE, "time_stats": {"time_estimate": 5400}}
    server.says(ISSUE)
    server.says(
        {"source_issue": whole, "target_issue": {**ISSUE, "iid": 2}, "link_type": "is_blocked_by"}, 201
    )

    await gitlab.look(Thing.ISSUE, 1)
    record = await gitlab.block(1, BLOCKER)

    assert (record.ref, record.estimate) == (1, 90)
    assert server.asked[1].body == {
        "target_project_id": 77,
        "target_issue_iid": 2,
        "link_type": "is_blocked_by",
    }


async def test_an_answer_with_less_than_an_issue_is_read_after(server: Any, gitlab: GitLab) -> None:
    server.says(example("issue-link-create"), 201)
    server.says(ISSUE)

    assert (await gitlab.block(11, BLOCKER)).ref == 1
    assert server.asked[1].path == f"{HOME}/issues/11"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error": "link_type does not have a valid value"}),
        (403, {"message": "Blocked issues not available for current license"}),
    ],
)
async def test_a_server_without_a_licence_has_no_links_and_is_asked_no_more(
    server: Any, gitlab: GitLab, status: int, body: Any
) -> None:
    server.says(body, status)

    with pytest.raises(Unsupported, match="GitLab does with Premium"):
        await gitlab.block(1, BLOCKER)

    assert await gitlab.blockers(1) is None
    assert len(server.asked) == 1


async def test_a_role_that_is_too_low_is_no_lack_of_a_licence(server: Any, gitlab: GitLab) -> None:
    server.says({"message": "403 Forbidden"}, 403)

    with pytest.raises(AuthError):
        await gitlab.block(1, BLOCKER)


async def test_a_link_that_is_there_is_no_error(server: Any, gitlab: GitLab) -> None:
    server.says({"message": "Issue(s) already assigned"}, 409)
    server.says([_linked(2, "is_blocked_by", 1)])
    server.says({"id": 77})
    server.says(ISSUE)

    assert (await gitlab.block(1, BLOCKER)).ref == 1


@pytest.mark.parametrize("kind", ["relates_to", "blocks"])
async def test_issues_that_are_linked_otherwise_are_named_both(
    server: Any, gitlab: GitLab, kind: str
) -> None:
    server.says({"message": "Issue(s) already assigned"}, 409)
    server.says([_linked(2, kind, 1)])
    server.says({"id": 77})

    with pytest.raises(Rejected, match="#1 and #2 are linked in another way"):
        await gitlab.block(1, BLOCKER)


async def test_a_link_is_taken_away_by_its_own_number(server: Any, gitlab: GitLab) -> None:
    server.says([_linked(2, "relates_to", 8), _linked(2, "is_blocked_by", 9)])
    server.says({"id": 77})
    server.says(status=204)
    server.says(ISSUE)

    assert (await gitlab.unblock(1, BLOCKER)).ref == 1
    assert (server.asked[2].method, server.asked[2].path) == ("DELETE", f"{HOME}/issues/1/links/9")


def test_the_traits_are_gitlabs() -> None:
    assert (TRAITS.title_max, TRAITS.writes_at_once, TRAITS.is_paced) == (255, 8, False)
