"""What kind of server the sandbox can be: who may do what, where a repository is, how much is allowed."""

from __future__ import annotations

from itertools import chain
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from plansync.sandbox.kinds import Role
from tests.sandbox.api import Api, R


def by_id(api: Api) -> str:
    return f"/api/v3/repositories/{api.records.repository_id}"


# --- who may do what


def test_a_repository_tells_what_its_token_may(api: Api) -> None:
    api.records.play(role=Role.TRIAGE)

    may = {"admin": False, "maintain": False, "push": False, "triage": True, "pull": True}
    assert api.get(R)["permissions"] == may


def test_whoever_may_only_read_makes_issues_that_nobody_sorted(api: Api) -> None:
    api.post(f"{R}/milestones", title="m")
    api.records.play(role=Role.READ)
    made = api.post(f"{R}/issues", title="x", body="y", labels=["a"], milestone=1, assignees=["mona"])
    changed = api.patch(f"{R}/issues/1", title="z", labels=["a"], milestone=1, assignees=["mona"])

    assert (made["title"], made["body"], changed["title"]) == ("x", "y", "z")
    for issue in (made, changed):
        assert (issue["labels"], issue["milestone"], issue["assignees"]) == ([], None, [])


def test_assignees_of_whoever_may_only_read_are_passed_over(api: Api) -> None:
    api.post(f"{R}/issues", title="x", assignees=["mona"])
    api.records.play(role=Role.READ)
    api.post(f"{R}/issues/1/assignees", assignees=["lee"])
    kept = api.ask("DELETE", f"{R}/issues/1/assignees", json={"assignees": ["mona"]}).json()

    assert [each["login"] for each in kept["assignees"]] == ["mona"]


@pytest.mark.parametrize(
    ("method", "path", "payload"),
    [
        ("PATCH", "/issues/2", {"title": "x"}),
        ("POST", "/issues/1/labels", {"labels": ["a"]}),
        ("PUT", "/issues/1/labels", {"labels": ["a"]}),
        ("DELETE", "/issues/1/labels/a", None),
        ("POST", "/issues/1/dependencies/blocked_by", {"issue_id": 1}),
        ("DELETE", "/issues/1/dependencies/blocked_by/1", None),
        ("POST", "/labels", {"name": "b"}),
        ("PATCH", "/labels/a", {"color": "aabbcc"}),
        ("DELETE", "/labels/a", None),
        ("POST", "/milestones", {"title": "n"}),
        ("PATCH", "/milestones/1", {"title": "n"}),
        ("DELETE", "/milestones/1", None),
    ],
)
def test_whoever_may_only_read_is_told_what_is_missing(
    api: Api, method: str, path: str, payload: Any
) -> None:
    api.post(f"{R}/milestones", title="m")
    api.post(f"{R}/issues", title="own", labels=["a"])
    api.records.add_issue("somebody else's", "mona")
    api.records.play(role=Role.READ)
    answer = api.ask(method, R + path, json=payload)

    assert answer.status_code == 403
    assert answer.headers["x-accepted-github-permissions"] == "issues=write"
    assert api.get(f"{R}/issues/2")["title"] == "somebody else's"


# --- where a repository is, and whether it takes anything


def test_a_renamed_repository_leads_to_its_id_and_a_write_keeps_its_method(api: Api) -> None:
    api.post(f"{R}/issues", title="x")
    api.records.play(former_names=("local/old", "Else/Where"))
    read = api.ask("GET", "/repos/else/where/issues", params={"state": "all"})
    write = api.ask("PATCH", "/repos/LOCAL/old/issues/1", json={"title": "y"})
    home = api.ask("GET", "/repos/local/old")

    assert (read.status_code, write.status_code, home.status_code) == (301, 307, 301)
    assert urlsplit(read.headers["location"])[2:4] == (f"{by_id(api)}/issues", "state=all")
    assert urlsplit(write.headers["location"]).path == f"{by_id(api)}/issues/1"
    assert urlsplit(home.headers["location"]).path == by_id(api)
    assert api.ask("PATCH", write.headers["location"], json={"title": "y"}).json()["title"] == "y"


def test_a_repository_without_issues_says_so(api: Api) -> None:
    api.post(f"{R}/issues", title="x")
    api.records.play(has_issues=False)

    assert api.get(R)["has_issues"] is False
    for method, path in (("POST", "/issues"), ("GET", "/issues/1"), ("PATCH", "/issues/1")):
        assert api.refused(method, R + path, title="y")[0] == 410


def test_an_archived_repository_can_be_read_only(api: Api) -> None:
    api.post(f"{R}/issues", title="x")
    api.records.play(is_archived=True)

    assert api.get(R)["archived"] is True
    assert api.get(f"{R}/issues/1")["title"] == "x"
    for base in (R, by_id(api).removeprefix("/api/v3")):
        assert api.refused("PATCH", f"{base}/issues/1", title="y")[0] == 403


# --- pages


def linked(api: Api, **params: Any) -> list[list[int]]:
    """Follow a listing's own links to its end: the numbers on each page."""
    answer, pages = api.ask("GET", f"{R}/issues", params={"state": "all", "per_page": 2, **params}), []
    while True:
        pages.append([each["number"] for each in answer.json()])
        if "next" not in answer.links:
            return pages
        answer = api.ask("GET", answer.links["next"]["url"])


def test_a_large_listing_is_followed_by_its_links_and_not_by_page_numbers(api: Api) -> None:
    for number in range(7):
        api.post(f"{R}/issues", title=f"t{number}")
    api.records.play(page_offset_max=2)
    answer = api.ask("GET", f"{R}/issues", params={"per_page": 2})

    assert linked(api) == [[7, 6], [5, 4], [3, 2], [1]]
    assert list(answer.links) == ["next"]
    assert "after" in parse_qs(urlsplit(answer.links["next"]["url"]).query)
    assert api.numbers(per_page=2, page=2) == [5, 4]
    status, body = api.refused("GET", f"{R}/issues?per_page=2&page=3")
    assert (status, body["message"].split(" for ")[0]) == (
        422,
        "Pagination with the page parameter is not supported",
    )


@pytest.mark.parametrize("sort", ["created", "updated", "comments"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_links_lead_through_every_order(api: Api, sort: str, direction: str) -> None:
    for number in range(5):
        api.clock.pass_s(number % 2)  # some share their second
        api.post(f"{R}/issues", title=f"t{number}")
    api.post(f"{R}/issues/2/comments", body="moved")
    whole = api.numbers(state="all", sort=sort, direction=direction)

    assert list(chain(*linked(api, sort=sort, direction=direction))) == whole


def test_what_moves_while_it_is_listed_is_seen_twice_or_late_but_leaves_no_gap(api: Api) -> None:
    for number in range(4):
        api.clock.pass_s(1)
        api.post(f"{R}/issues", title=f"t{number}")
    order = {"state": "all", "per_page": 2, "sort": "updated", "direction": "asc"}
    first = api.ask("GET", f"{R}/issues", params=order)
    api.clock.pass_s(1)
    api.patch(f"{R}/issues/1", title="moved")
    second = api.ask("GET", first.links["next"]["url"])
    third = api.ask("GET", second.links["next"]["url"])

    pages = [[each["number"] for each in page.json()] for page in (first, second, third)]
    assert pages == [[1, 2], [3, 4], [1]]


@pytest.mark.parametrize(
    "after", ["x", "é", "Y3Vyc29yOnYyOg==", "Y3Vyc29yOnYyOlsxXQ==", "Y3Vyc29yOnYyOltbXSwxXQ=="]
)
def test_a_made_up_cursor_is_refused(api: Api, after: str) -> None:
    answer = api.ask("GET", f"{R}/issues", params={"after": after})

    assert (answer.status_code, answer.json()["message"]) == (422, "Validation Failed")


# --- how much is allowed


def left(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.headers["x-ratelimit-remaining"]


def test_requests_beyond_the_hours_limit_are_refused_until_the_hour_is_over(api: Api) -> None:
    api.records.play(hourly_max=2)
    answers = [api.ask("GET", R), api.ask("POST", f"{R}/issues", json={"title": "x"}), api.ask("GET", R)]

    assert [left(each) for each in answers] == [(200, "1"), (201, "0"), (403, "0")]
    assert answers[2].json()["message"].startswith("API rate limit exceeded")
    wait_s = int(answers[2].headers["x-ratelimit-reset"]) - int(api.clock.now.timestamp())
    assert 0 < wait_s <= 3600
    api.clock.pass_s(wait_s)
    assert left(api.ask("GET", R)) == (200, "1")


def test_what_did_not_move_costs_nothing(api: Api) -> None:
    api.records.play(hourly_max=5)
    first = api.ask("GET", R)
    again = api.ask("GET", R, headers={"if-none-match": first.headers["etag"]})

    assert (left(first), left(again)) == ((200, "4"), (304, "4"))


def test_the_limits_can_be_read_for_nothing(api: Api) -> None:
    api.records.play(hourly_max=1)
    api.ask("GET", R)

    core = api.get("/rate_limit")["resources"]["core"]
    assert (core["limit"], core["used"], core["remaining"]) == (1, 1, 0)


def test_many_creations_in_a_minute_are_the_secondary_limit(api: Api) -> None:
    api.records.play(creations_max=2)
    answers = [api.ask("POST", f"{R}/issues", json={"title": "x"}) for _ in range(3)]

    assert [each.status_code for each in answers] == [201, 201, 403]
    assert answers[2].headers["retry-after"] == "60"
    assert "secondary rate limit" in answers[2].json()["message"]
    assert api.patch(f"{R}/issues/1", title="y")["title"] == "y"
    api.clock.pass_s(60)
    assert api.post(f"{R}/issues", title="z")["number"] == 3


def test_nothing_is_limited_unless_it_is_asked_for(api: Api) -> None:
    assert "x-ratelimit-limit" not in api.ask("GET", R).headers
    assert api.get("/rate_limit")["resources"]["core"]["remaining"] == 5000
