"""One HTTP client: what each answer means, what is tried again, and where the token may go."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from plansync.errors import (
    AuthError,
    ConfigError,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    TrackerError,
    Unavailable,
)
from plansync.trackers.addresses import is_loopback
from plansync.trackers.http import Http, Token, in_process
from plansync.trackers.pacing import Bucket, InMemory
from plansync.trackers.refusals import refusal_words, wait_asked

pytestmark = pytest.mark.anyio
SECRET = "ghp_canary0123456789"
NOW_S = 1_700_000_000.0
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


# Reading and writing, when all is well.


async def test_a_read_gives_status_body_and_headers_and_names_the_program(server: Any, http: Any) -> None:
    server.says([{"number": 1}], x_thing="here")

    answer = await http(headers={"Accept": "application/vnd.github+json"}).get("/things", {"state": "all"})

    assert (answer.status, answer.body, answer.is_unchanged) == (200, [{"number": 1}], False)
    assert answer.headers["x-thing"] == "here"
    asked = server.asked[0]
    assert (asked.method, asked.target) == ("GET", "/things?state=all")
    assert asked.headers["authorization"] == f"Bearer {SECRET}"
    assert asked.headers["accept"] == "application/vnd.github+json"
    assert asked.headers["user-agent"].startswith("plansync/")


async def test_a_write_sends_json_and_a_read_sends_no_body(server: Any, http: Any) -> None:
    server.says({"number": 7}, 201)
    server.says()

    client = http()
    answer = await client.send("POST", "things", {"title": "Gänse", "milestone": None})
    await client.get("things")

    assert answer.status == 201
    assert server.asked[0].body == {"title": "Gänse", "milestone": None}
    assert server.asked[0].headers["content-type"] == "application/json"
    assert server.asked[1].body is None
    assert "content-type" not in server.asked[1].headers


async def test_without_a_token_no_authorization_is_sent(server: Any, http: Any) -> None:
    server.says()

    await http(token=None).get("/")

    assert "authorization" not in server.asked[0].headers


async def test_an_answer_without_content_is_a_success(server: Any, http: Any) -> None:
    server.says(status=204)

    answer = await http().send("DELETE", "/things/1")

    assert (answer.status, answer.body) == (204, None)


async def test_requests_are_counted_by_method(server: Any, http: Any) -> None:
    for _ in range(3):
        server.says()

    client = http()
    await client.get("/")
    await client.send("POST", "/", {})
    await client.send("PATCH", "/", {})

    assert (client.requests.total, client.requests.writes) == (3, 2)
    assert client.requests.by_method == {"GET": 1, "POST": 1, "PATCH": 1}


async def test_a_base_address_keeps_its_path_and_loses_its_last_slashes(server: Any, http: Any) -> None:
    server.says()

    await http(base_url=f"{server.url}/api/v3//").get("/repos/a%2Fb")

    assert server.asked[0].target == "/api/v3/repos/a%2Fb"


async def test_proxy_settings_are_not_used_for_plain_http(
    server: Any, elsewhere: Any, http: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", elsewhere.url)
    monkeypatch.setenv("ALL_PROXY", elsewhere.url)
    server.says()

    await http().get("/")

    assert elsewhere.asked == []


# No usable answer.


async def test_a_refused_port_is_tried_again_for_less_than_four_seconds(
    refused_url: str, http: Any, slept: list[float]
) -> None:
    client = http(base_url=refused_url)

    with pytest.raises(Unavailable, match=r"GET /x at 127\.0\.0\.1:"):
        await client.get("/x")

    assert client.requests.total == 4
    assert len(slept) == 3
    assert 0 < sum(slept) < 4


async def test_between_tries_nobody_waits_longer_than_a_run_may(
    refused_url: str, http: Any, slept: list[float]
) -> None:
    client = http(base_url=refused_url, max_wait_s=0.0)

    with pytest.raises(Unavailable, match=r"GET /x at 127\.0\.0\.1:"):
        await client.get("/x")

    assert client.requests.total == 4
    assert slept == [0.0] * 3


async def test_a_write_to_a_refused_port_says_that_nothing_was_sent(refused_url: str, http: Any) -> None:
    client = http(base_url=refused_url)

    with pytest.raises(Unavailable, match=r"POST /x .* nothing was sent"):
        await client.send("POST", "/x", {})

    assert client.requests.total == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
async def test_a_server_error_on_a_read_is_tried_again(server: Any, http: Any, status: int) -> None:
    server.says({"message": "oops"}, status)
    server.says({"ok": True})

    answer = await http().get("/")

    assert answer.body == {"ok": True}


def _html(server: Any) -> None:
    server.says_text("<html>Maintenance</html>")


FAULTS = {
    "a server error": lambda server: server.says_text("<html>502</html>", 502),
    "a page of HTML with 200": _html,
    "a connection closed before the answer": lambda server: server.hangs_up(),
    "a body cut off": lambda server: server.stops_halfway(),
    "a JSON text cut off": lambda server: server.says_text('[{"number": 1, "ti', 200, "application/json"),
    "an answer that never comes": lambda server: server.hangs(),
    "a 304 nobody asked for": lambda server: server.says(status=304),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_a_fault_on_a_read_is_tried_again(server: Any, http: Any, fault: Any) -> None:
    fault(server)
    server.says({"ok": True})

    answer = await http().get("/")

    assert answer.body == {"ok": True}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_a_fault_on_a_write_is_unknown_and_only_one_request_arrived(
    server: Any, http: Any, fault: Any
) -> None:
    fault(server)
    server.says({"ok": True}, 201)

    with pytest.raises(OutcomeUnknown, match="the next run looks"):
        await http().send("POST", "/things", {"title": "once"})

    assert len(server.asked) == 1


async def test_reads_that_keep_failing_end_as_unavailable_with_the_request_named(
    server: Any, http: Any, slept: list[float]
) -> None:
    for _ in range(4):
        server.says({"message": "Server Error"}, 502, x_github_request_id="AB:12")

    with pytest.raises(Unavailable, match="502: Server Error") as caught:
        await http().get("/things")

    assert caught.value.request_id == "AB:12"
    assert len(server.asked) == 4
    assert sum(slept) < 4


# Not allowed, not there, not accepted.


async def test_a_wrong_token_names_where_it_came_from_and_what_to_set(server: Any, http: Any) -> None:
    server.says({"message": "Bad credentials"}, 401)

    with pytest.raises(AuthError) as caught:
        await http(sign_in="set GH_TOKEN").get("/")

    told = str(caught.value)
    assert "Bad credentials" in told
    assert "GH_TOKEN was not accepted" in told
    assert "set GH_TOKEN" in told


async def test_a_missing_token_says_what_to_set(server: Any, http: Any) -> None:
    server.says({"message": "Requires authentication"}, 401)

    with pytest.raises(AuthError, match="needs a token; set PLANSYNC_TOKEN"):
        await http(token=None).get("/")


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_missing_permission_is_named_and_not_tried_again(server: Any, http: Any, method: str) -> None:
    server.says(
        {"message": "Resource not accessible by personal access token"},
        403,
        x_accepted_github_permissions="issues=write",
        x_ratelimit_remaining="4999",
    )

    with pytest.raises(AuthError, match="it needs issues=write"):
        await http().send(method, "/")

    assert len(server.asked) == 1


async def test_what_is_not_found_is_raised_unless_it_is_accepted(server: Any, http: Any) -> None:
    server.says({"message": "Not Found"}, 404)
    server.says({"message": "Not Found"}, 404)
    client = http()

    with pytest.raises(NotFound, match=r"GET /x at 127\.0\.0\.1:.*not found"):
        await client.get("/x")
    answer = await client.get("/x", accept={404})

    assert answer.status == 404


@pytest.mark.parametrize("status", [400, 409, 410, 413, 422, 451])
async def test_any_other_refusal_is_rejected_with_the_trackers_words(
    server: Any, http: Any, status: int
) -> None:
    server.says({"message": "No thanks"}, status)

    with pytest.raises(Rejected, match=rf"POST /x .*refused \({status}: No thanks\)"):
        await http().send("POST", "/x", {})

    assert len(server.asked) == 1


REFUSALS: list[tuple[Any, str]] = [
    (
        {
            "message": "Validation Failed",
            "errors": [{"resource": "Milestone", "field": "title", "code": "already_exists"}],
        },
        "Validation Failed; Milestone title already_exists",
    ),
    (
        {
            "message": "Validation Failed",
            "errors": [
                {
                    "resource": "Issue",
                    "field": "title",
                    "code": "custom",
                    "message": "title is too long (maximum is 256 characters)",
                }
            ],
        },
        "Validation Failed; Issue title title is too long (maximum is 256 characters)",
    ),
    (
        {
            "message": "Validation Failed",
            "errors": [{"resource": "Issue", "field": "assignees", "code": "invalid", "value": ["bob"]}],
        },
        "Validation Failed; Issue assignees invalid (['bob'])",
    ),
    (
        {"message": "Validation Failed", "errors": [{"code": "unprocessable"}]},
        "Validation Failed; unprocessable",
    ),
    ({"message": "Invalid", "errors": ["first", "second"]}, "Invalid; first; second"),
    ({"message": "Invalid", "errors": "only one"}, "Invalid; only one"),
    (
        {"message": 'Invalid request.\n\n"title" wasn\'t supplied.'},
        'Invalid request.\n\n"title" wasn\'t supplied.',
    ),
    ({"message": {"title": ["is too long", "is odd"]}}, "title is too long; title is odd"),
    (
        {"error": "invalid_token", "error_description": "Token was revoked"},
        "invalid_token; Token was revoked",
    ),
    ({"message": None, "errors": [{"message": "GraphQL says no"}]}, "GraphQL says no"),
    ({"message": 12, "errors": {"a": [None, 3]}}, ""),
    (["a list"], ""),
    ("a text", ""),
    (None, ""),
]


@pytest.mark.parametrize(("body", "said"), REFUSALS)
def test_every_shape_of_a_refusal_is_read(body: Any, said: str) -> None:
    assert refusal_words(body) == said


async def test_foreign_words_arrive_on_one_line_without_control_bytes(server: Any, http: Any) -> None:
    server.says({"message": "line\none \x1b[31mred\x1b[0m " + "long " * 500}, 422)

    with pytest.raises(Rejected) as caught:
        await http().send("POST", "/x", {})

    told = str(caught.value)
    assert "\n" not in told
    assert "\x1b" not in told
    assert len(told) < 600


# The pace.


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("status", [403, 429])
async def test_a_refusal_for_pace_waits_as_long_as_asked_then_succeeds(
    server: Any, http: Any, slept: list[float], status: int, method: str
) -> None:
    server.says({"message": SECONDARY}, status, retry_after="17")
    server.says({"ok": True})

    answer = await http().send(method, "/", {"title": "x"})

    assert answer.body == {"ok": True}
    assert slept == [17.0]
    assert server.asked[0].body == server.asked[1].body


async def test_an_exhausted_budget_waits_for_its_reset_and_a_second(
    server: Any, http: Any, slept: list[float]
) -> None:
    reset = str(int(NOW_S) + 40)
    server.says({"message": "x"}, 403, x_ratelimit_remaining="0", x_ratelimit_reset=reset)
    server.says()

    await http().get("/")

    assert slept == [41.0]


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (403, SECONDARY),
        (403, "API rate limit exceeded for user ID 1."),
        (403, "You have triggered an abuse detection mechanism."),
        (429, "slow down"),
    ],
)
async def test_a_refusal_for_pace_without_a_time_waits_a_minute_then_longer(
    server: Any, http: Any, slept: list[float], status: int, message: str
) -> None:
    for _ in range(4):
        server.says({"message": message}, status)

    with pytest.raises(RateLimited) as caught:
        await http().send("POST", "/", {})

    assert slept == [60.0, 120.0, 240.0]
    assert caught.value.wait_s == 480.0


async def test_a_refusal_in_plain_text_is_understood(server: Any, http: Any, slept: list[float]) -> None:
    server.says_text("Retry later", 429, "text/plain")
    server.says()

    await http().get("/")

    assert slept == [60.0]


async def test_five_refusals_for_pace_are_enough(server: Any, http: Any, slept: list[float]) -> None:
    for _ in range(6):
        server.says({"message": SECONDARY}, 429, retry_after="1")

    with pytest.raises(RateLimited):
        await http().get("/")

    assert len(server.asked) == 5
    assert slept == [1.0] * 4


async def test_a_wait_that_is_too_long_is_raised_with_the_time_to_run_again(
    server: Any, http: Any, slept: list[float]
) -> None:
    server.says({"message": "API rate limit exceeded"}, 403, retry_after="3600")

    with pytest.raises(RateLimited, match="run again in 60 minutes") as caught:
        await http(max_wait_s=300).get("/")

    assert "(after 2023-11-14 23:13 UTC)" in str(caught.value)
    assert caught.value.wait_s == 3600.0
    assert slept == []


async def test_waits_are_told_with_their_reason(server: Any, http: Any) -> None:
    told: list[tuple[float, str]] = []
    server.says({"message": SECONDARY}, 429, retry_after="5")
    server.says()

    await http(on_wait=lambda wait_s, reason: told.append((wait_s, reason))).get("/")

    assert [wait_s for wait_s, _ in told] == [5.0]
    assert "secondary rate limit" in told[0][1]


async def test_a_write_that_came_too_quickly_waits_for_minutes_and_longer_each_time(
    server: Any, http: Any, slept: list[float]
) -> None:
    for _ in range(6):
        server.says({"message": "Validation Failed", "errors": [{"code": "was submitted too quickly"}]}, 422)

    with pytest.raises(RateLimited) as caught:
        await http(max_wait_s=9_999).send("POST", "/", {})

    assert slept == [180.0, 360.0, 720.0, 1440.0]
    assert caught.value.wait_s == 2880.0


async def test_a_wait_that_would_outlast_the_run_is_not_begun(
    server: Any, http: Any, slept: list[float]
) -> None:
    server.says({"message": SECONDARY}, 403, retry_after="30")

    with pytest.raises(RateLimited, match="run again in 1 minute"):
        await http(time_left_s=lambda: 29.0).send("POST", "/", {})

    assert slept == []
    assert len(server.asked) == 1


@pytest.mark.parametrize("is_pace", [True, False])
async def test_a_run_that_is_stopped_during_a_wait_sends_nothing_more(
    server: Any, http: Any, is_pace: bool
) -> None:
    slept: list[float] = []

    async def stopped(wait_s: float) -> None:
        slept.append(wait_s)

    full = InMemory({f"{server.host} {Token(SECRET).id}": Bucket(level=25, at=NOW_S).dump()})
    server.says({"message": SECONDARY}, 403, retry_after="1")

    with pytest.raises(RateLimited, match="stopped during a wait; nothing was sent"):
        await http(
            is_paced=is_pace, counters=full, sleep=stopped, time_left_s=lambda: 0.0 if slept else 100.0
        ).send("POST", "/", {})

    assert len(server.asked) == (0 if is_pace else 1)
    assert len(slept) == 1


async def test_a_pace_that_asks_for_too_long_a_wait_stops_before_the_request(
    server: Any, http: Any, slept: list[float]
) -> None:
    minute = int(NOW_S) // 60
    full = InMemory({f"{server.host} {Token(SECRET).id}": Bucket(minutes=((minute - 10, 500),)).dump()})
    before = dict(full)

    with pytest.raises(RateLimited, match=r"it takes 500 writes an hour; run again in 51 minutes"):
        await http(is_paced=True, counters=full).send("POST", "/", {})

    assert server.asked == []
    assert slept == []
    assert full.keys() == before.keys()
    assert Bucket().filled(full.popitem()[1]).minutes == ((minute - 10, 500),), (
        "what was not sent is not counted"
    )


async def test_connections_that_follow_each_other_keep_one_pace(
    server: Any, http: Any, slept: list[float]
) -> None:
    counters = InMemory()
    for _ in range(24):
        server.says()

    for _ in range(3):
        client = http(is_paced=True, counters=counters)
        for _ in range(7):
            await client.send("POST", "/", {})
    await http(is_paced=True, counters=counters, token=Token("another")).send("POST", "/", {})

    assert slept == [1.0]


async def test_paced_writes_wait_after_a_burst_and_reads_never(
    server: Any, http: Any, slept: list[float]
) -> None:
    for _ in range(25):
        server.says()
    client = http(is_paced=True)

    for _ in range(22):
        await client.send("POST", "/", {})
    for _ in range(3):
        await client.get("/")

    assert slept == [1.0, 2.0]  # the clock of these tests stands still


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({}, None),
        ({"retry-after": "30"}, 30.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "999999999999"}, 86_400.0),
        ({"retry-after": format_datetime(datetime.fromtimestamp(NOW_S + 90, UTC), usegmt=True)}, 90.0),
        ({"retry-after": "3", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1700000600"}, 3.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1700000010"}, 11.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1600000000"}, 1.0),
        ({"x-ratelimit-remaining": "12", "x-ratelimit-reset": "1700000010"}, None),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "1700000010"}, 11.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "later"}, None),
    ],
)
def test_the_wait_that_is_asked_for_is_read(headers: dict[str, str], wait_s: float | None) -> None:
    assert wait_asked(headers, NOW_S) == wait_s


# Redirects, and pages.


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_read_follows_a_redirect_on_the_same_host(server: Any, http: Any, status: int) -> None:
    server.says(status=status, location=f"{server.url}/repositories/1/issues?state=all")
    server.says([1])

    answer = await http().get("/repos/a/b/issues", {"state": "all"})

    assert answer.body == [1]
    assert server.asked[1].target == "/repositories/1/issues?state=all"
    assert server.asked[1].headers["authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_write_is_sent_again_whole_where_the_repository_lives_now(
    server: Any, http: Any, status: int
) -> None:
    server.says(status=status, location="/repositories/1/issues/3")
    server.says({"number": 3})

    await http().send("PATCH", "/repos/a/b/issues/3", {"title": "x"})

    asked = server.asked[1]
    assert (asked.method, asked.path, asked.body) == ("PATCH", "/repositories/1/issues/3", {"title": "x"})


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "shape", ["{url}/x", "//{host}/x", "http://user@{home}/x", "http://[", "ftp://{home}/x"]
)
async def test_a_redirect_to_another_address_is_refused_and_never_asked(
    server: Any, elsewhere: Any, http: Any, method: str, shape: str
) -> None:
    location = shape.format(url=elsewhere.url, host=elsewhere.host, home=server.host)
    server.says(status=301, location=location)

    with pytest.raises(TrackerError, match="points to another address"):
        await http().send(method, "/x")

    assert len(server.asked) == 1
    assert elsewhere.asked == []


async def test_redirects_come_to_an_end(server: Any, http: Any) -> None:
    for _ in range(5):
        server.says(status=302, location="/again")

    with pytest.raises(TrackerError, match="redirected more than 3 times"):
        await http().get("/x")

    assert len(server.asked) == 4


async def test_an_accepted_redirect_is_not_followed(server: Any, http: Any) -> None:
    server.says(status=301, location="/elsewhere")

    answer = await http().get("/x", accept={301})

    assert (answer.status, answer.headers["location"]) == (301, "/elsewhere")


async def test_pages_follow_the_trackers_own_links(server: Any, http: Any) -> None:
    second = f"{server.url}/repositories/1/issues?after=Y3Vyc29yOjE%3D&page=2"
    server.says([1], link=f'<{second}>; rel="next", <{server.url}/last>; rel="last"')
    server.says([2], link=f'<{server.url}/first>; rel="first"')

    bodies = [answer.body async for answer in http().pages("/repos/a/b/issues", {"per_page": 100})]

    assert bodies == [[1], [2]]
    assert server.asked[0].target == "/repos/a/b/issues?per_page=100"
    assert server.asked[1].target == "/repositories/1/issues?after=Y3Vyc29yOjE%3D&page=2"


async def test_a_next_page_on_another_host_is_refused_and_never_asked(
    server: Any, elsewhere: Any, http: Any
) -> None:
    server.says([1], link=f'<{elsewhere.url}/page2>; rel="next"')

    with pytest.raises(TrackerError, match="points to another address"):
        async for _ in http().pages("/issues"):
            pass

    assert elsewhere.asked == []


async def test_pages_that_lead_in_a_circle_end(server: Any, http: Any) -> None:
    for _ in range(5):
        server.says([1], link=f'<{server.url}/issues>; rel="next"')

    with pytest.raises(Unavailable, match="circle"):
        async for _ in http().pages("/issues"):
            pass

    assert len(server.asked) == 1


async def test_an_address_given_whole_must_be_the_trackers(server: Any, elsewhere: Any, http: Any) -> None:
    server.says([1])
    client = http()

    answer = await client.get(f"{server.url}/whole?x=1")
    with pytest.raises(TrackerError, match="points to another address"):
        await client.get(f"{elsewhere.url}/whole")

    assert answer.body == [1]
    assert elsewhere.asked == []


# What did not move.


async def test_what_did_not_move_is_answered_from_the_cache(server: Any, http: Any) -> None:
    server.says([{"number": 1}], etag='W/"abc"')
    server.says(status=304)
    cache: dict[str, bytes] = {}

    await http(cache=cache).get("/issues", {"state": "all"})
    client = http(cache=cache)
    answer = await client.get("/issues", {"state": "all"})

    assert answer[:3] == (200, [{"number": 1}], True)
    assert server.asked[1].headers["if-none-match"] == 'W/"abc"'
    assert client.requests.not_modified == 1
    assert SECRET not in repr(cache)


async def test_what_moved_replaces_the_cached_answer(server: Any, http: Any) -> None:
    server.says([1], etag='"one"')
    server.says([2], etag='"two"')
    server.says(status=304)
    client = http()

    answers = [await client.get("/issues") for _ in range(3)]

    assert [(answer.body, answer.is_unchanged) for answer in answers] == [
        ([1], False),
        ([2], False),
        ([2], True),
    ]
    assert server.asked[2].headers["if-none-match"] == '"two"'


async def test_the_link_to_the_next_page_survives_an_unchanged_first_page(server: Any, http: Any) -> None:
    link = f'<{server.url}/issues?page=2>; rel="next"'
    server.says([1], etag='"one"', link=link)
    server.says([2], etag='"two"')
    server.says(status=304)
    server.says([3])
    client = http()

    first = [answer.body async for answer in client.pages("/issues")]
    second = [(answer.body, answer.is_unchanged) async for answer in client.pages("/issues")]

    assert first == [[1], [2]]
    assert second == [([1], True), ([3], False)]
    assert "if-none-match" not in server.asked[3].headers


@pytest.mark.parametrize(
    "other", [{"token": Token("another")}, {"headers": {"accept": "text/x"}}, {"token": None}]
)
async def test_another_token_or_format_has_answers_of_its_own(
    server: Any, http: Any, other: dict[str, Any]
) -> None:
    cache: dict[str, bytes] = {}
    server.says([1], etag='"one"')
    server.says([2])

    await http(cache=cache).get("/issues")
    await http(cache=cache, **other).get("/issues")

    assert "if-none-match" not in server.asked[1].headers


async def test_a_cached_answer_that_cannot_be_read_is_no_answer(server: Any, http: Any) -> None:
    cache: dict[str, bytes] = {}
    server.says([1], etag='"one"')
    server.says([2], etag='"two"')
    client = http(cache=cache)

    await client.get("/issues")
    cache.update(dict.fromkeys(cache, b'\xff\x00["half'))
    answer = await client.get("/issues")

    assert answer.body == [2]
    assert "if-none-match" not in server.asked[1].headers


async def test_nothing_else_is_cached(server: Any, http: Any) -> None:
    cache: dict[str, bytes] = {}
    client = http(cache=cache)
    server.says([1], etag='"fresh"')
    server.says({"number": 1}, 201, etag='"written"')
    server.says({"message": "Not Found"}, 404, etag='"absent"')
    server.says([1])

    await client.get("/fresh", is_cached=False)
    await client.send("POST", "/issues", {})
    await client.get("/absent", accept={404})
    await client.get("/plain")

    assert cache == {}


# The token.


def test_a_token_never_shows_itself() -> None:
    token = Token(f"  {SECRET}\n", "GH_TOKEN")

    assert token.reveal() == SECRET
    assert SECRET not in f"{token} {token!r} {[token]} {token.id}"
    assert "GH_TOKEN" in repr(token)


@pytest.mark.parametrize("secret", ["", "  \n", "two\nlines", "nul\0byte", "schlüssel"])
def test_what_cannot_be_a_token_is_refused_without_being_shown(secret: str) -> None:
    with pytest.raises(ConfigError, match="the token from GH_TOKEN") as caught:
        Token(secret, "GH_TOKEN")

    assert not secret.strip() or secret not in str(caught.value)


async def test_no_part_of_a_connection_shows_the_token(server: Any, http: Any) -> None:
    server.says([1], etag='"one"')
    client = http(is_paced=True)
    answer = await client.get("/issues")

    parts = [client, *vars(client).values(), client._client.headers, answer, client.bucket]
    shown = " ".join(f"{part} {part!r} {getattr(part, '__dict__', '')!r}" for part in parts)
    assert SECRET not in shown
    assert "Token(***, 'GH_TOKEN')" in shown


ECHO = {"message": f"Bad token {SECRET}", "errors": [f"Authorization: Bearer {SECRET}"]}
LEAKS = FAULTS | {
    "401": lambda server: server.says(ECHO, 401),
    "403": lambda server: server.says(ECHO, 403, x_accepted_github_permissions=SECRET),
    "404": lambda server: server.says(ECHO, 404),
    "422": lambda server: server.says(ECHO, 422),
    "429": lambda server: server.says(ECHO, 429, retry_after="9999"),
    "a redirect": lambda server: server.says(ECHO, 302, location=f"https://evil.example/?t={SECRET}"),
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("fault", LEAKS.values(), ids=LEAKS)
async def test_no_error_holds_the_token(server: Any, http: Any, fault: Any, method: str) -> None:
    for _ in range(4):
        fault(server)

    with pytest.raises(TrackerError) as caught:
        await http().send(method, "/", {"title": "x"})

    _assert_is_clean(caught.value)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_no_error_of_a_refused_port_holds_the_token(refused_url: str, http: Any, method: str) -> None:
    with pytest.raises(TrackerError) as caught:
        await http(base_url=refused_url).send(method, "/", {"title": "x"})

    _assert_is_clean(caught.value)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_no_local_variable_of_a_traceback_shows_the_token(
    server: Any, http: Any, fault: Any, method: str
) -> None:
    for _ in range(4):
        fault(server)

    with pytest.raises(TrackerError) as caught:
        await http().send(method, "/", {"title": "x"})

    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert SECRET not in "".join(repr(f.locals) for f in shown.stack if f.filename != __file__)


def _assert_is_clean(error: BaseException) -> None:
    shown = "".join(traceback.format_exception(error))
    assert SECRET not in "".join([shown, str(error), repr(error), repr(vars(error))])
    chain: BaseException | None = error
    while chain is not None:
        assert not isinstance(chain, httpx.HTTPError)
        assert not hasattr(chain, "request")
        chain = chain.__cause__ or chain.__context__


# The address.


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("localhost", True),
        ("LOCALHOST", True),
        ("::1", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example", False),
        ("", False),
    ],
)
def test_loopback_is_this_machine_alone(host: str, is_ours: bool) -> None:
    assert is_loopback(host) is is_ours


@pytest.mark.parametrize(
    "url", ["http://ghe.example/api/v3", "http://192.168.0.7:8080", "http://127.0.0.1.evil.example"]
)
def test_plain_http_to_another_machine_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="use https://"):
        Http(base_url=url, token=Token(SECRET))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "github.com",
        "ftp://ghe.example",
        "https://",
        f"https://me:{SECRET}@ghe.example",
        "https://h:port",
        "https://h:99999",
        "https://h/?a=b",
    ],
)
def test_an_address_that_cannot_be_one_is_refused_and_shows_no_secret(url: str) -> None:
    with pytest.raises(ConfigError, match="the tracker's address") as caught:
        Http(base_url=url)

    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.2:1/x", "http://localhost", "http://[::1]:8080", "https://ghe.example"]
)
async def test_loopback_and_https_are_allowed(url: str) -> None:
    client = Http(base_url=url)

    assert client.host == url.split("/")[2]
    await client.aclose()


async def test_a_tracker_inside_the_process_needs_no_address(http: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/crash":
            raise ValueError("a bug of the app")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b'{"ok": true}'})

    client = http(base_url="http://sandbox", transport=in_process(app))
    answer = await client.get("/repos")
    with pytest.raises(OutcomeUnknown):
        await client.send("POST", "/crash")

    assert answer.body == {"ok": True}


def test_a_certificate_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    empty = tmp_path / "ca.pem"
    empty.write_text("no certificate", encoding="utf-8")

    for path in (empty, tmp_path / "missing.pem"):
        with pytest.raises(ConfigError, match=path.name):
            Http(base_url="https://ghe.example", ca_file=path)
