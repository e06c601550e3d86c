"""What GitHub does and its description does not say: the sandbox does it too."""

from __future__ import annotations

import json
from contextlib import closing
from typing import Any

import pytest

from plansync.sandbox.app import REPO, TOKEN
from plansync.sandbox.kinds import Query, Reason
from plansync.sandbox.records import Records
from tests.sandbox.api import Api, Clock, R

# --- identity


def test_issues_are_numbered_in_order_with_pull_requests_among_them(api: Api) -> None:
    api.post(f"{R}/issues", title="one")
    api.records.add_issue("a change", "local", is_pull=True)

    assert api.post(f"{R}/issues", title="three")["number"] == 3
    assert "pull_request" in api.get(f"{R}/issues/2")


def test_an_issue_id_is_above_32_bits_and_not_its_number(api: Api) -> None:
    made = [api.post(f"{R}/issues", title=each) for each in ("a", "b")]

    assert all(each["id"] > 2**31 and each["id"] != each["number"] for each in made)
    assert len({each["id"] for each in made} | {each["node_id"] for each in made}) == 4


def test_a_deleted_issue_is_gone_and_its_number_never_comes_back(api: Api) -> None:
    api.post(f"{R}/issues", title="one")
    api.records.delete_issue(1)

    assert api.refused("GET", f"{R}/issues/1")[0] == 410
    assert api.post(f"{R}/issues", title="two")["number"] == 2


def test_a_transferred_issue_tells_where_it_is_now(api: Api) -> None:
    api.post(f"{R}/issues", title="one")
    api.records.transfer_issue(1)

    read, write = api.ask("GET", f"{R}/issues/1"), api.ask("PATCH", f"{R}/issues/1", json={"title": "x"})

    assert (read.status_code, write.status_code) == (301, 307)
    assert f"/repositories/{api.records.repository_id}/" not in read.headers["location"]


def test_the_issues_of_a_deleted_milestone_stay_in_none(api: Api) -> None:
    api.post(f"{R}/milestones", title="M")
    api.post(f"{R}/issues", title="one", milestone=1)
    api.records.delete_milestone(1)

    assert api.get(f"{R}/issues/1")["milestone"] is None
    assert api.get(f"{R}/milestones", state="all") == []


def test_owner_and_repository_match_in_any_case(api: Api) -> None:
    assert api.get("/repos/LOCAL/Plans")["full_name"] == REPO


def test_another_repository_is_not_found(api: Api) -> None:
    assert api.refused("GET", "/repos/local/other")[0] == 404


def test_two_databases_are_two_repositories(api: Api) -> None:
    with closing(Records()) as other:
        assert other.repository_id != api.records.repository_id


# --- who may come in


def test_no_token_and_a_wrong_one_are_told_apart(api: Api) -> None:
    api.headers = {}
    assert api.refused("GET", R)[1]["message"] == "Requires authentication"
    api.headers = {"authorization": "Bearer guess"}
    assert api.refused("GET", R)[1]["message"] == "Bad credentials"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "token"])
def test_the_token_comes_in_either_scheme(api: Api, scheme: str) -> None:
    api.headers = {"authorization": f"{scheme} {TOKEN}"}

    assert api.get("/user")["login"] == "local"


def test_a_request_without_user_agent_is_refused(api: Api) -> None:
    assert api.ask("GET", R, headers={"user-agent": ""}).status_code == 403


def test_an_unknown_api_version_is_refused(api: Api) -> None:
    assert api.ask("GET", R, headers={"x-github-api-version": "1999-01-01"}).status_code == 400


@pytest.mark.parametrize(
    "path", ["/nothing", f"{R}/", f"{R}/issues/", f"{R}/issues/x", f"{R}/issues/{'9' * 5000}"]
)
def test_what_is_not_there_is_a_json_404(api: Api, path: str) -> None:
    assert api.refused("GET", path)[1]["message"] == "Not Found"


# --- payloads


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"\xff\xfe",
        b'{"title": "\\ud800"}',
        b"[" * 100_000,
        b"[]",
        b"1",
        b'"x"',
        b'{"title": 1' + b"1" * 5000 + b"}",
    ],
)
def test_what_is_no_json_object_is_a_400(api: Api, raw: bytes) -> None:
    answer = api.ask("POST", f"{R}/issues", content=raw)

    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/json; charset=utf-8")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", None),
        ("title", ["x"]),
        ("title", True),
        ("body", 3),
        ("labels", "x"),
        ("labels", [3]),
        ("labels", [{}]),
    ],
)
def test_a_field_of_the_wrong_kind_is_an_invalid_request(api: Api, field: str, value: object) -> None:
    status, body = api.refused("POST", f"{R}/issues", **{"title": "x", field: value})

    assert status == 422
    assert body["message"].startswith("Invalid request.")
    assert "errors" not in body


def test_a_missing_title_is_told_without_a_list_of_errors(api: Api) -> None:
    status, body = api.refused("POST", f"{R}/issues", body="x")

    assert (status, body["message"]) == (422, 'Invalid request.\n\n"title" wasn\'t supplied.')


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ({"title": " "}, {"resource": "Issue", "field": "title", "code": "missing_field"}),
        (
            {"title": "x" * 257},
            {
                "resource": "Issue",
                "field": "title",
                "code": "custom",
                "message": "title is too long (maximum is 256 characters)",
            },
        ),
        (
            {"title": "x", "body": "x" * 65_537},
            {
                "resource": "Issue",
                "field": "body",
                "code": "custom",
                "message": "body is too long (maximum is 65536 characters)",
            },
        ),
        (
            {"title": "x", "milestone": 9},
            {"resource": "Issue", "field": "milestone", "code": "invalid", "value": 9},
        ),
        (
            {"title": "x", "milestone": "Setup"},
            {"resource": "Issue", "field": "milestone", "code": "invalid", "value": "Setup"},
        ),
        (
            {"title": "x", "labels": ["y" * 51]},
            {
                "resource": "Label",
                "field": "name",
                "code": "custom",
                "message": "name is too long (maximum is 50 characters)",
            },
        ),
        (
            {"title": "x", "assignees": ["no body"]},
            {"resource": "Issue", "field": "assignees", "code": "invalid", "value": ["no body"]},
        ),
    ],
)
def test_a_refused_create_names_the_field_and_makes_nothing(api: Api, payload: Any, error: Any) -> None:
    status, body = api.refused("POST", f"{R}/issues", **payload)

    assert (status, body["message"], body["errors"]) == (422, "Validation Failed", [error])
    assert api.numbers(state="all") == []


def test_the_longest_allowed_texts_are_taken(api: Api) -> None:
    made = api.post(f"{R}/issues", title="é" * 256, body="😀" * 65_536)

    assert (len(made["title"]), len(made["body"])) == (256, 65_536)


def test_a_body_is_stored_as_it_was_sent(api: Api) -> None:
    body = "a\r\nb\n\rc\t \n\0"
    api.post(f"{R}/issues", title="x", body=body)

    assert api.get(f"{R}/issues/1")["body"] == body


def test_an_absent_body_is_null_and_an_empty_one_is_empty(api: Api) -> None:
    assert api.post(f"{R}/issues", title="x")["body"] is None
    assert api.post(f"{R}/issues", title="x", body="")["body"] == ""


def test_a_refused_patch_changes_nothing_at_all(api: Api) -> None:
    api.post(f"{R}/issues", title="before")
    api.refused("PATCH", f"{R}/issues/1", title="after", labels=["new"], milestone=9)

    assert api.get(f"{R}/issues/1")["title"] == "before"
    assert api.get(f"{R}/labels") == []


# --- state


def test_closing_without_a_reason_means_completed(api: Api) -> None:
    api.post(f"{R}/issues", title="x")
    closed = api.patch(f"{R}/issues/1", state="closed")

    assert (closed["state"], closed["state_reason"]) == ("closed", "completed")
    assert closed["closed_at"] == "2026-11-22T10:00:00Z"


def test_a_reason_alone_changes_nothing(api: Api) -> None:
    api.post(f"{R}/issues", title="x")

    assert api.patch(f"{R}/issues/1", state_reason="not_planned")["state_reason"] is None
    api.patch(f"{R}/issues/1", state="closed")
    again = api.patch(f"{R}/issues/1", state="closed", state_reason="not_planned")
    assert again["state_reason"] == "completed"


def test_reopening_says_so_and_forgets_the_closing(api: Api) -> None:
    api.post(f"{R}/issues", title="x")
    api.patch(f"{R}/issues/1", state="closed", state_reason="not_planned")
    opened = api.patch(f"{R}/issues/1", state="open")

    assert (opened["state_reason"], opened["closed_at"], opened["closed_by"]) == ("reopened", None, None)


def test_the_log_tells_who_closed_and_reopened(api: Api) -> None:
    api.post(f"{R}/issues", title="x")
    api.patch(f"{R}/issues/1", state="closed")
    api.records.reopen_issue(1, "you")
    api.records.close_issue(1, Reason.NOT_PLANNED, "you")

    assert [(e.kind, e.actor) for e in api.records.events(1)] == [
        ("closed", "local"),
        ("reopened", "you"),
        ("closed", "you"),
    ]
    assert api.get(f"{R}/issues/1")["closed_by"]["login"] == "you"


# --- when something moved


@pytest.mark.parametrize(
    ("method", "path", "payload"),
    [
        ("PATCH", "/issues/1", {"title": "y"}),
        ("PATCH", "/issues/1", {"body": "y"}),
        ("PATCH", "/issues/1", {"milestone": 1}),
        ("PATCH", "/issues/1", {"state": "closed"}),
        ("PATCH", "/issues/1", {"labels": []}),
        ("POST", "/issues/1/labels", {"labels": ["z"]}),
        ("DELETE", "/issues/1/labels/a", None),
        ("POST", "/issues/1/comments", {"body": "hello"}),
    ],
)
def test_every_change_moves_updated_at(api: Api, method: str, path: str, payload: Any) -> None:
    api.post(f"{R}/milestones", title="m")
    api.post(f"{R}/issues", title="x", labels=["a"])
    api.clock.pass_s(5)
    api.ask(method, R + path, json=payload)

    assert api.get(f"{R}/issues/1")["updated_at"] == "2026-11-22T10:00:05Z"


def test_writing_what_is_there_already_moves_nothing(api: Api) -> None:
    before = api.post(f"{R}/issues", title="x", body="y", labels=["a"])
    api.clock.pass_s(5)
    api.patch(f"{R}/issues/1", title="x", body="y", labels=["A"], state="open")

    assert api.get(f"{R}/issues/1") == before


def test_two_changes_in_one_second_share_their_time(api: Api) -> None:
    first = api.post(f"{R}/issues", title="x")

    assert api.patch(f"{R}/issues/1", title="y")["updated_at"] == first["updated_at"]


def test_a_clock_that_goes_back_takes_no_time_with_it(api: Api) -> None:
    api.post(f"{R}/issues", title="x")
    api.clock.pass_s(-60)

    assert api.patch(f"{R}/issues/1", title="y")["updated_at"] == "2026-11-22T10:00:00Z"


# --- milestones


def test_milestone_titles_are_unique_in_their_exact_case(api: Api) -> None:
    api.post(f"{R}/milestones", title="v1")
    api.post(f"{R}/milestones", title="V1")

    error = {"resource": "Milestone", "field": "title", "code": "already_exists"}
    assert api.refused("POST", f"{R}/milestones", title="v1")[1]["errors"] == [error]
    assert api.refused("PATCH", f"{R}/milestones/2", title="v1")[1]["errors"] == [error]
    assert api.patch(f"{R}/milestones/1", title="v1")["title"] == "v1"


def test_a_milestone_counts_its_issues(api: Api) -> None:
    api.post(f"{R}/milestones", title="m")
    for title in ("a", "b", "c"):
        api.post(f"{R}/issues", title=title, milestone=1)
    api.patch(f"{R}/issues/2", state="closed")
    api.patch(f"{R}/issues/3", milestone=None)

    shown = api.get(f"{R}/milestones/1")
    assert (shown["open_issues"], shown["closed_issues"]) == (1, 1)


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_issue_leaves_its_milestone(api: Api, nothing: object) -> None:
    api.post(f"{R}/milestones", title="m")
    api.post(f"{R}/issues", title="a", milestone=1)

    assert api.patch(f"{R}/issues/1", milestone=nothing)["milestone"] is None


def test_closing_a_milestone_leaves_its_issues_alone_and_open_to_new_ones(api: Api) -> None:
    api.post(f"{R}/milestones", title="m")
    api.post(f"{R}/issues", title="a", milestone=1)
    closed = api.patch(f"{R}/milestones/1", state="closed")

    assert (closed["state"], closed["closed_at"]) == ("closed", "2026-11-22T10:00:00Z")
    assert api.post(f"{R}/issues", title="b", milestone=1)["state"] == "open"
    assert api.patch(f"{R}/milestones/1", state="open")["closed_at"] is None


def test_milestones_are_listed_open_by_default(api: Api) -> None:
    for title in ("a", "b"):
        api.post(f"{R}/milestones", title=title)
    api.patch(f"{R}/milestones/1", state="closed")

    assert [each["number"] for each in api.get(f"{R}/milestones")] == [2]
    assert [each["number"] for each in api.get(f"{R}/milestones", state="all")] == [1, 2]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2026-06-15T12:00:00Z", "2026-06-15T07:00:00Z"),
        ("2026-06-15T06:00:00Z", "2026-06-14T07:00:00Z"),
        ("2026-12-24T12:00:00Z", "2026-12-24T08:00:00Z"),
        ("2026-03-08T12:00:00Z", "2026-03-08T08:00:00Z"),
        ("2026-11-01T12:00:00Z", "2026-11-01T07:00:00Z"),
    ],
)
def test_a_due_date_is_floored_to_a_pacific_day(api: Api, sent: str, kept: str) -> None:
    assert api.post(f"{R}/milestones", title=sent, due_on=sent)["due_on"] == kept


# --- labels


def test_naming_an_unknown_label_makes_it(api: Api) -> None:
    api.post(f"{R}/issues", title="x", labels=["new"])
    made = api.get(f"{R}/labels/new")

    assert (made["color"], made["description"]) == ("ededed", None)


def test_labels_match_in_any_case_and_keep_their_own(api: Api) -> None:
    api.post(f"{R}/labels", name="Risk: High", color="B3261E")
    shown = api.post(f"{R}/issues", title="x", labels=["risk: high", "RISK: HIGH"])

    assert [each["name"] for each in shown["labels"]] == ["Risk: High"]
    assert api.refused("POST", f"{R}/labels", name="risk: high")[1]["errors"][0]["code"] == "already_exists"


def test_adding_labels_answers_with_all_of_them(api: Api) -> None:
    api.post(f"{R}/issues", title="x", labels=["a"])

    assert [each["name"] for each in api.post(f"{R}/issues/1/labels", labels=["b"])] == ["a", "b"]
    bare = api.ask("POST", f"{R}/issues/1/labels", json=["c"]).json()
    assert [each["name"] for each in bare] == ["a", "b", "c"]


def test_taking_off_a_label_that_is_not_on_it_is_a_404(api: Api) -> None:
    api.post(f"{R}/issues", title="x")

    assert api.refused("DELETE", f"{R}/issues/1/labels/a")[0] == 404


@pytest.mark.parametrize("color", ["#aabbcc", "red", "12345"])
def test_a_bad_colour_is_refused(api: Api, color: str) -> None:
    error = {"resource": "Label", "field": "color", "code": "invalid", "value": color}
    assert api.refused("POST", f"{R}/labels", name="x", color=color)[1]["errors"] == [error]


def test_a_renamed_label_stays_on_its_issues(api: Api) -> None:
    api.post(f"{R}/issues", title="x", labels=["old"])
    api.patch(f"{R}/labels/old", new_name="New")

    assert [each["name"] for each in api.get(f"{R}/issues/1")["labels"]] == ["New"]


def test_a_deleted_label_is_on_no_issue(api: Api) -> None:
    api.post(f"{R}/issues", title="x", labels=["a", "b"])
    api.clock.pass_s(5)

    assert api.ask("DELETE", f"{R}/labels/A").status_code == 204
    issue = api.get(f"{R}/issues/1")
    assert ([each["name"] for each in issue["labels"]], issue["updated_at"]) == (
        ["b"],
        "2026-11-22T10:00:05Z",
    )
    assert api.refused("DELETE", f"{R}/labels/a")[0] == 404


# --- listing


def seeded(api: Api) -> None:
    """Five issues, a minute apart: labels, milestone, and one closed."""
    api.post(f"{R}/milestones", title="m")
    for number, labels in enumerate((["a"], ["A", "b"], ["b"], [], ["a", "b"]), start=1):
        api.clock.pass_s(60)
        api.post(f"{R}/issues", title=f"t{number}", labels=labels, **({"milestone": 1} if number < 3 else {}))
    api.clock.pass_s(60)
    api.patch(f"{R}/issues/2", state="closed")


@pytest.mark.parametrize(
    ("params", "numbers"),
    [
        ({}, [5, 4, 3, 1]),
        ({"state": "all"}, [5, 4, 3, 2, 1]),
        ({"state": "closed"}, [2]),
        ({"state": "all", "direction": "asc"}, [1, 2, 3, 4, 5]),
        ({"state": "all", "sort": "updated"}, [2, 5, 4, 3, 1]),
        ({"state": "all", "labels": "a,B"}, [5, 2]),
        ({"state": "all", "labels": "none such"}, []),
        ({"state": "all", "labels": ""}, [5, 4, 3, 2, 1]),
        ({"state": "all", "milestone": "1"}, [2, 1]),
        ({"state": "all", "milestone": "none"}, [5, 4, 3]),
        ({"state": "all", "milestone": "*"}, [2, 1]),
        ({"state": "all", "since": "2026-11-22T10:04:00Z"}, [5, 4, 2]),
        ({"state": "all", "since": "2026-11-22T11:04:00+01:00"}, [5, 4, 2]),
        ({"state": "all", "per_page": "2", "page": "2"}, [3, 2]),
        ({"state": "all", "per_page": "2", "page": "9"}, []),
        ({"state": "all", "per_page": "x", "page": "-1"}, [5, 4, 3, 2, 1]),
    ],
)
def test_a_listing_honours_its_parameters(api: Api, params: dict[str, str], numbers: list[int]) -> None:
    seeded(api)

    assert api.numbers(**params) == numbers


@pytest.mark.parametrize(
    "params",
    [{"state": "done"}, {"sort": "title"}, {"direction": "up"}, {"since": "yesterday"}, {"milestone": "m"}],
)
def test_a_parameter_that_github_does_not_know_is_refused(api: Api, params: dict[str, str]) -> None:
    answer = api.ask("GET", f"{R}/issues", params=params)

    assert (answer.status_code, answer.json()["message"]) == (422, "Validation Failed")


def test_links_lead_through_all_pages_and_back(api: Api) -> None:
    for number in range(5):
        api.post(f"{R}/issues", title=f"t{number}")
    seen: list[int] = []
    rels: list[list[str]] = []
    answer = api.ask("GET", f"{R}/issues", params={"per_page": 2, "state": "all"})
    while True:
        seen += [each["number"] for each in answer.json()]
        rels.append(sorted(str(rel) for rel in answer.links))
        if "next" not in answer.links:
            break
        answer = api.ask("GET", answer.links["next"]["url"])

    assert seen == [5, 4, 3, 2, 1]
    assert rels == [["last", "next"], ["first", "last", "next", "prev"], ["first", "prev"]]
    assert f"/repositories/{api.records.repository_id}/issues?" in answer.links["prev"]["url"]


def test_a_listing_of_one_page_has_no_links(api: Api) -> None:
    assert "link" not in api.ask("GET", f"{R}/issues").headers


def test_a_page_holds_a_hundred_at_most(api: Api) -> None:
    with api.records.writing():
        for number in range(101):
            api.records.add_issue(f"t{number}", "local")

    assert len(api.numbers(per_page=1000)) == 100
    assert len(api.numbers()) == 30


def test_a_closer_shows_in_a_direct_read_only(api: Api) -> None:
    api.post(f"{R}/issues", title="x")
    api.patch(f"{R}/issues/1", state="closed")

    assert "closed_by" not in api.get(f"{R}/issues", state="all")[0]
    assert api.get(f"{R}/issues/1")["closed_by"]["login"] == "local"


# --- conditional reads


@pytest.mark.parametrize(
    "path", [R, f"{R}/issues", f"{R}/issues/1", f"{R}/milestones", f"{R}/labels", "/user"]
)
def test_what_did_not_move_is_a_304_without_a_body(api: Api, path: str) -> None:
    api.post(f"{R}/issues", title="x")
    etag = api.ask("GET", path).headers["etag"]
    again = api.ask("GET", path, headers={"if-none-match": f'"other", W/{etag}'})

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)


def test_what_moved_within_the_same_second_has_another_etag(api: Api) -> None:
    api.post(f"{R}/issues", title="x")
    before = api.ask("GET", f"{R}/issues").headers["etag"]
    api.patch(f"{R}/issues/1", body="y")

    assert api.ask("GET", f"{R}/issues", headers={"if-none-match": before}).status_code == 200


def test_a_refusal_has_no_etag(api: Api) -> None:
    assert "etag" not in api.ask("GET", f"{R}/issues/9").headers


# --- the file


def test_records_in_a_file_are_there_when_it_is_opened_again(tmp_path: Any) -> None:
    path = tmp_path / "new" / "sandbox.db"
    with closing(Records(path)) as records:
        records.add_issue("kept", "local", labels=["a"])
        id_ = records.repository_id
    with closing(Records(path)) as records:
        kept = records.issue(1)
        assert kept is not None
        assert (kept.title, kept.labels[0].name, records.repository_id) == ("kept", "a", id_)


def test_two_openers_of_one_file_see_each_other(tmp_path: Any) -> None:
    with closing(Records(tmp_path / "s.db")) as one, closing(Records(tmp_path / "s.db")) as two:
        one.add_issue("a", "local")
        two.add_issue("b", "local")

        assert [each.number for each in one.issues(Query())[0]] == [2, 1]


def test_every_answer_is_json_with_a_request_id(api: Api) -> None:
    answer = api.ask("GET", "/nowhere")

    assert json.loads(answer.content)["status"] == "404"
    assert answer.headers["x-github-request-id"]


def test_records_that_another_process_holds_are_a_503(tmp_path: Any) -> None:
    with (
        closing(Records(tmp_path / "s.db", busy_s=0.05)) as ours,
        closing(Records(tmp_path / "s.db")) as theirs,
    ):
        api = Api(ours, Clock())
        with theirs.writing():
            assert api.refused("POST", f"{R}/issues", title="x")[0] == 503
        assert api.post(f"{R}/issues", title="x")["number"] == 1
