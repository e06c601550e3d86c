"""What kind of GitLab the sandbox can be: tiers, roles, tokens, limits; and links, time, notes, people."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from plansync.sandbox.app import TOKEN
from plansync.sandbox.door import PAYLOAD_MAX_BYTES
from plansync.sandbox.kinds import Role, Tier
from plansync.sandbox.records import Records
from tests.sandbox.api import GITLAB, Clock, GitLabApi, P

NO_TYPE = (400, {"error": "link_type does not have a valid value"})
NO_LICENCE = (403, {"message": "Blocked issues not available for current license"})

# --- what is licensed


def linked(gitlab: GitLabApi, source: int, target: int, kind: str = "blocks") -> Any:
    to = {"target_project_id": gitlab.records.repository_id, "target_issue_iid": target}
    return gitlab.post(f"{P}/issues/{source}/links", link_type=kind, **to)


def refused_link(gitlab: GitLabApi, source: int, target: int, **more: Any) -> tuple[int, Any]:
    to = {"target_project_id": gitlab.records.repository_id, "target_issue_iid": target}
    return gitlab.refused("POST", f"{P}/issues/{source}/links", **{**to, **more})


@pytest.mark.parametrize(("tier", "told"), [(Tier.CE, NO_TYPE), (Tier.FREE, NO_LICENCE)])
@pytest.mark.parametrize("kind", ["blocks", "is_blocked_by"])
def test_a_dependency_needs_a_licence(gitlab: GitLabApi, tier: Tier, told: Any, kind: str) -> None:
    gitlab.issue("one")
    gitlab.issue("two")
    gitlab.records.play(tier=tier)

    assert refused_link(gitlab, 1, 2, link_type=kind) == told
    assert linked(gitlab, 1, 2, "relates_to")["link_type"] == "relates_to"


def test_a_link_is_seen_from_either_end(gitlab: GitLabApi) -> None:
    gitlab.issue("one")
    gitlab.issue("two")
    made = linked(gitlab, 1, 2, "is_blocked_by")
    [here], [there] = gitlab.get(f"{P}/issues/1/links"), gitlab.get(f"{P}/issues/2/links")

    assert "id" not in made
    assert (made["source_issue"]["iid"], made["target_issue"]["iid"]) == (1, 2)
    assert (here["iid"], here["link_type"]) == (2, "is_blocked_by")
    assert (there["iid"], there["link_type"]) == (1, "blocks")
    assert here["issue_link_id"] == there["issue_link_id"]
    assert gitlab.get(f"{P}/issues/2")["blocking_issues_count"] == 1
    assert gitlab.get(f"{P}/issues/2/links/{here['issue_link_id']}")["link_type"] == "blocks"
    assert gitlab.ask("DELETE", f"{P}/issues/2/links/{here['issue_link_id']}").status_code == 200
    assert gitlab.get(f"{P}/issues/1/links") == []
    assert gitlab.refused("DELETE", f"{P}/issues/2/links/{here['issue_link_id']}")[0] == 404


def test_issues_are_linked_once_whatever_the_type_and_the_way(gitlab: GitLabApi) -> None:
    gitlab.issue("one")
    gitlab.issue("two")
    linked(gitlab, 1, 2, "relates_to")

    for source, target in ((1, 2), (2, 1)):
        for kind in ("relates_to", "blocks"):
            refused = refused_link(gitlab, source, target, link_type=kind)
            assert refused == (409, {"message": "Issue(s) already assigned"})
    assert refused_link(gitlab, 1, 1)[0] == 404
    assert refused_link(gitlab, 1, 9)[0] == 404
    assert refused_link(gitlab, 1, 2, target_project_id=7) == (404, {"message": "404 Project Not Found"})
    assert gitlab.refused("POST", f"{P}/issues/1/links", target_project_id=1)[1] == {
        "error": "target_issue_iid is missing"
    }


def test_a_dependency_is_the_same_in_both_dialects(gitlab: GitLabApi) -> None:
    gitlab.issue("one")
    gitlab.issue("two")
    linked(gitlab, 1, 2)
    blocked = "http://127.0.0.1:7526/api/v3/repos/local/plans/issues/2/dependencies/blocked_by"

    assert [each["number"] for each in gitlab.ask("GET", blocked).json()] == [1]
    assert linked_by_other(gitlab, 1) == 422
    gitlab.issue("three")
    assert linked_by_other(gitlab, 3) == 201
    assert [each["iid"] for each in gitlab.get(f"{P}/issues/2/links")] == [1, 3]


def linked_by_other(gitlab: GitLabApi, blocker: int) -> int:
    blocked = "http://127.0.0.1:7526/api/v3/repos/local/plans/issues/2/dependencies/blocked_by"
    return gitlab.ask(
        "POST", blocked, json={"issue_id": gitlab.get(f"{P}/issues/{blocker}")["id"]}
    ).status_code


@pytest.mark.parametrize("moves", [True, False])
def test_a_link_moves_both_issues_or_none(gitlab: GitLabApi, moves: bool) -> None:
    gitlab.records.play(do_links_move=moves)
    gitlab.issue("one")
    gitlab.issue("two")
    gitlab.clock.pass_s(5)
    linked(gitlab, 1, 2)

    changed = gitlab.iids(updated_after="2026-11-22T10:00:01Z")
    assert changed == ([2, 1] if moves else [])


@pytest.mark.parametrize(
    ("tier", "kept"), [(Tier.PREMIUM, ["lee", "mona"]), (Tier.FREE, ["lee"]), (Tier.CE, ["lee"])]
)
def test_more_than_one_assignee_needs_a_licence(gitlab: GitLabApi, tier: Tier, kept: list[str]) -> None:
    gitlab.records.play(tier=tier, assignable=("mona", "lee"))
    ids = [gitlab.get("/users", username=each)[0]["id"] for each in ("lee", "mona")]

    assert [each["username"] for each in gitlab.issue(assignee_ids=ids)["assignees"]] == kept
    assert gitlab.put(f"{P}/issues/1", assignee_ids=[])["assignees"] == []
    assert gitlab.put(f"{P}/issues/1", assignee_ids=ids)["assignee"]["username"] == "lee"
    assert gitlab.put(f"{P}/issues/1", assignee_ids=[0])["assignees"] == []


@pytest.mark.parametrize(
    ("tier", "is_enterprise"), [(Tier.CE, False), (Tier.FREE, True), (Tier.PREMIUM, True)]
)
def test_what_is_installed_and_licensed_is_told(gitlab: GitLabApi, tier: Tier, is_enterprise: bool) -> None:
    gitlab.records.play(tier=tier)

    assert gitlab.get("/version")["enterprise"] is is_enterprise
    assert gitlab.get("/metadata")["version"].startswith("19.")
    assert gitlab.get(P)["namespace"].get("plan") == (None if tier is Tier.CE else tier.value)
    assert ("weight" in gitlab.issue()) is (tier is Tier.PREMIUM)


# --- people


def test_a_name_leads_to_an_account_and_an_assignee(gitlab: GitLabApi) -> None:
    [mona] = gitlab.get("/users", username="Mona")

    assert gitlab.get("/users", username="no body") == []
    assert gitlab.issue(assignee_ids=[mona["id"]])["assignees"] == [mona]
    assert gitlab.iids(assignee_username="mona") == gitlab.iids(assignee_id=mona["id"]) == [1]
    assert gitlab.iids(assignee_id="None") == []
    assert [each["username"] for each in gitlab.get(f"{P}/members/all")] == ["local", "Mona"]
    assert gitlab.get(f"{P}/members/all/{mona['id']}")["access_level"] == 30


def test_whoever_is_no_member_is_dropped_without_a_word(gitlab: GitLabApi) -> None:
    gitlab.records.play(assignable=("mona",))
    stranger, mona = (gitlab.get("/users", username=each)[0]["id"] for each in ("stranger", "mona"))
    made = gitlab.issue(assignee_ids=[stranger, mona, 7])

    assert [each["username"] for each in made["assignees"]] == ["mona"]
    assert [each["username"] for each in gitlab.get(f"{P}/members/all", query="MON")] == ["mona"]
    assert gitlab.refused("GET", f"{P}/members/all/{stranger}")[0] == 404


# --- roles


@pytest.mark.parametrize(
    ("role", "level"),
    [(Role.ADMIN, 50), (Role.MAINTAIN, 40), (Role.WRITE, 30), (Role.TRIAGE, 15), (Role.READ, 10)],
)
def test_a_project_tells_what_its_token_may(gitlab: GitLabApi, role: Role, level: int) -> None:
    gitlab.records.play(role=role)

    assert gitlab.get(P)["permissions"]["project_access"]["access_level"] == level


def test_a_guest_makes_issues_that_nobody_sorted(gitlab: GitLabApi) -> None:
    milestone, me = gitlab.post(f"{P}/milestones", title="m")["id"], gitlab.get("/user")["id"]
    gitlab.records.play(role=Role.READ)
    sorting = {"labels": "a", "milestone_id": milestone, "assignee_ids": [me]}
    for issue in (gitlab.issue(**sorting), gitlab.put(f"{P}/issues/1", title="z", **sorting)):
        assert (issue["labels"], issue["milestone"], issue["assignees"]) == ([], None, [])


@pytest.mark.parametrize(
    ("method", "path", "payload"),
    [
        ("PUT", "/issues/2", {"title": "x"}),
        ("DELETE", "/issues/2", {}),
        ("POST", "/issues/1/move", {"to_project_id": 1}),
        ("POST", "/issues/1/time_estimate", {"duration": "1h"}),
        ("POST", "/issues/1/reset_time_estimate", {}),
        ("POST", "/issues/1/add_spent_time", {"duration": "1h"}),
        ("POST", "/issues/1/reset_spent_time", {}),
        ("POST", "/issues/1/links", {"target_project_id": 1, "target_issue_iid": 2}),
        ("POST", "/labels", {"name": "b", "color": "#aabbcc"}),
        ("PUT", "/labels/a", {"color": "#aabbcc"}),
        ("DELETE", "/labels/a", {}),
        ("POST", "/milestones", {"title": "n"}),
    ],
)
def test_a_guest_may_not(gitlab: GitLabApi, method: str, path: str, payload: Any) -> None:
    gitlab.issue(labels="a")
    gitlab.records.add_issue("somebody else's", "mona")
    gitlab.records.play(role=Role.READ)

    assert gitlab.refused(method, P + path, **payload) == (403, {"message": "403 Forbidden"})


def test_an_archived_project_is_read_only_and_one_without_issues_has_none(gitlab: GitLabApi) -> None:
    gitlab.records.play(is_archived=True)
    assert gitlab.get(P)["archived"]
    assert gitlab.refused("POST", f"{P}/issues", title="x") == (403, {"message": "403 Forbidden"})

    gitlab.records.play(is_archived=False, has_issues=False)
    assert not gitlab.get(P)["issues_enabled"]
    for path in ("/issues", "/issues/1"):
        assert gitlab.refused("GET", P + path)[0] == 403


def test_a_branch_tells_whether_it_is_protected(gitlab: GitLabApi) -> None:
    gitlab.records.play(protected_branches=("release/1",))

    assert not gitlab.get(f"{P}/repository/branches/main")["protected"]
    assert gitlab.get(f"{P}/repository/branches/release%2F1")["protected"]
    assert gitlab.refused("GET", f"{P}/repository/branches/x")[1] == {"message": "404 Branch Not Found"}
    assert [each["name"] for each in gitlab.get(f"{P}/protected_branches")] == ["release/1"]


# --- tokens


@pytest.mark.parametrize(
    "headers",
    [{"authorization": f"Bearer {TOKEN}"}, {"private-token": TOKEN}, {"authorization": f"bearer {TOKEN}"}],
)
def test_a_token_comes_in_either_header(gitlab: GitLabApi, headers: dict[str, str]) -> None:
    gitlab.headers = headers

    assert gitlab.get("/user")["username"] == "local"


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Bearer guess"}, {"authorization": f"token {TOKEN}"}, {"job-token": "guess"}],
)
def test_a_stranger_is_told_nothing(gitlab: GitLabApi, headers: dict[str, str]) -> None:
    gitlab.headers = headers

    for path in ("/version", P, f"{P}/issues", "/projects/1"):
        assert gitlab.refused("GET", path) == (401, {"message": "401 Unauthorized"})
    assert gitlab.refused("GET", f"/user?private_token={TOKEN}&access_token={TOKEN}")[0] == 401


def test_a_token_tells_about_itself(gitlab: GitLabApi) -> None:
    gitlab.records.play(scopes=("read_api",), expires_on="2026-12-01")
    told = gitlab.get("/personal_access_tokens/self")

    assert (told["scopes"], told["active"], told["expires_at"]) == (["read_api"], True, "2026-12-01")


def test_a_token_for_reading_may_not_write(gitlab: GitLabApi) -> None:
    gitlab.records.play(scopes=("read_api",))
    status, said = gitlab.refused("POST", f"{P}/issues", title="x")

    assert (status, said["error"]) == (403, "insufficient_scope")
    assert gitlab.get(f"{P}/issues") == []
    gitlab.records.play(scopes=("read_user",))
    assert gitlab.refused("GET", P)[1]["error"] == "insufficient_scope"


def test_a_granular_token_is_refused_without_a_reason(gitlab: GitLabApi) -> None:
    gitlab.records.play(scopes=("granular",))

    assert gitlab.get("/personal_access_tokens/self")["granular"]
    assert gitlab.refused("POST", f"{P}/issues", title="x") == (403, {"message": "403 Forbidden"})


@pytest.mark.parametrize(
    ("traits", "why"),
    [({"is_revoked": True}, "Token was revoked."), ({"expires_on": "2026-11-22"}, "Token is expired.")],
)
def test_a_token_that_is_good_no_longer_says_why(gitlab: GitLabApi, traits: Any, why: str) -> None:
    gitlab.records.play(**traits)
    status, said = gitlab.refused("GET", P)

    assert (status, said["error"]) == (401, "invalid_token")
    assert said["error_description"].startswith(why)


def test_a_jobs_token_reads_issues_and_nothing_more(gitlab: GitLabApi) -> None:
    gitlab.issue()
    gitlab.headers = {"job-token": TOKEN}

    assert gitlab.iids() == [1]
    assert gitlab.get(f"{P}/issues/1")["iid"] == 1
    for method, path in (
        ("POST", f"{P}/issues"),
        ("PUT", f"{P}/issues/1"),
        ("GET", f"{P}/milestones"),
        ("GET", P),
    ):
        assert gitlab.refused(method, path, title="x")[0] == 401


# --- limits


def test_the_door_counts_the_requests_of_a_minute_and_says_so(gitlab: GitLabApi) -> None:
    gitlab.records.play(minutely_max=2)
    first = gitlab.ask("GET", P)
    gitlab.ask("GET", P)
    refused = gitlab.ask("GET", P)

    assert first.headers["ratelimit-limit"] == "2"
    assert first.headers["ratelimit-remaining"] == "1"
    assert first.headers["ratelimit-reset"] == str(int(gitlab.clock.now.timestamp()) + 60)
    assert (refused.status_code, refused.text, refused.headers["retry-after"]) == (429, "Retry later\n", "60")
    gitlab.clock.pass_s(60)
    assert gitlab.ask("GET", P).status_code == 200


def test_where_nothing_is_limited_no_header_tells(gitlab: GitLabApi) -> None:
    assert not [name for name in gitlab.ask("GET", P).headers if name.startswith("ratelimit")]


def test_the_application_counts_what_is_made_and_says_nothing(gitlab: GitLabApi) -> None:
    gitlab.records.play(creations_max=1)
    gitlab.issue()
    refused = gitlab.ask("POST", f"{P}/issues", json={"title": "x"})

    assert refused.status_code == 429
    assert refused.json()["message"]["error"].endswith("Try again later.")
    assert not [name for name in refused.headers if name.startswith(("ratelimit", "retry"))]
    assert gitlab.post(f"{P}/issues/1/notes", body="notes are counted apart")["body"]
    gitlab.clock.pass_s(60)
    assert gitlab.issue()["iid"] == 2


# --- time


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("12h30m", 45_000), ("1mo", 576_000), ("1w", 144_000), ("1d", 28_800), ("3", 10_800), ("1.5h", 5400),
        ("2 weeks, 1 day", 316_800), ("0", 0), ("90m", 5400), ("1d 2h 3m", 36_180),
    ],
)  # fmt: skip
def test_an_estimate_is_read_in_eight_hour_days(gitlab: GitLabApi, text: str, seconds: int) -> None:
    gitlab.issue()

    assert gitlab.post(f"{P}/issues/1/time_estimate", duration=text)["time_estimate"] == seconds
    assert gitlab.get(f"{P}/issues/1")["time_stats"]["time_estimate"] == seconds


@pytest.mark.parametrize("text", ["", "soon", "-1h", "1x", "h", "1h!"])
def test_no_estimate_is_refused_as_the_text_of_a_hash(gitlab: GitLabApi, text: str) -> None:
    gitlab.issue()
    status, said = gitlab.refused("POST", f"{P}/issues/1/time_estimate", duration=text)

    assert status == 400
    assert said["message"].startswith("400 Bad request - {:reason=>")
    assert gitlab.refused("POST", f"{P}/issues/1/time_estimate")[1] == {"error": "duration is missing"}


def test_time_is_kept_until_it_is_reset_and_moves_the_issue(gitlab: GitLabApi) -> None:
    gitlab.issue()
    gitlab.clock.pass_s(5)
    set_ = gitlab.ask("POST", f"{P}/issues/1/time_estimate", json={"duration": "10h5m"})
    added = gitlab.ask("POST", f"{P}/issues/1/add_spent_time", json={"duration": "2h"})

    assert (set_.status_code, added.status_code) == (200, 201)
    assert gitlab.get(f"{P}/issues/1/time_stats") == {
        "time_estimate": 36_300, "total_time_spent": 7200,
        "human_time_estimate": "1d 2h 5m", "human_total_time_spent": "2h",
    }  # fmt: skip
    assert gitlab.iids(updated_after="2026-11-22T10:00:05Z") == [1]
    assert gitlab.refused("POST", f"{P}/issues/1/add_spent_time", duration="-3h")[0] == 400
    assert gitlab.post(f"{P}/issues/1/add_spent_time", duration="-1h")["total_time_spent"] == 3600
    gitlab.post(f"{P}/issues/1/reset_time_estimate")
    assert set(gitlab.post(f"{P}/issues/1/reset_spent_time").values()) == {0, None}


# --- notes


def test_notes_are_listed_newest_first_among_what_was_done(gitlab: GitLabApi) -> None:
    gitlab.issue()
    gitlab.post(f"{P}/issues/1/notes", body="one")
    gitlab.clock.pass_s(5)
    gitlab.put(f"{P}/issues/1", state_event="close")
    gitlab.clock.pass_s(5)
    two = gitlab.post(f"{P}/issues/1/notes", body="two\r\n")

    def bodies(**params: Any) -> list[str]:
        return [each["body"] for each in gitlab.get(f"{P}/issues/1/notes", **params)]

    assert bodies() == ["two", "closed", "one"]
    assert bodies(sort="asc", activity_filter="only_comments") == ["one", "two"]
    assert bodies(activity_filter="only_activity") == ["closed"]
    assert gitlab.get(f"{P}/issues/1/notes")[1]["system"]
    assert gitlab.get(f"{P}/issues/1")["user_notes_count"] == 2
    path = f"{P}/issues/1/notes/{two['id']}"
    assert gitlab.put(path, body="changed")["body"] == gitlab.get(path)["body"] == "changed"
    assert gitlab.ask("DELETE", path).status_code == 204
    assert gitlab.refused("GET", path) == (404, {"message": "404 Note Not Found"})


def test_a_note_says_something(gitlab: GitLabApi) -> None:
    gitlab.issue()
    blank = (400, {"message": '400 Bad request - Note {:note=>["can\'t be blank"]}'})

    assert gitlab.refused("POST", f"{P}/issues/1/notes") == (400, {"error": "body is missing"})
    assert gitlab.refused("POST", f"{P}/issues/1/notes", body=" ") == blank
    made = gitlab.post(f"{P}/issues/1/notes", body="x")["id"]
    assert gitlab.refused("PUT", f"{P}/issues/1/notes/{made}", body="/close") == blank


# --- forms


def test_a_form_is_read_as_json_is_and_what_is_neither_is_refused(gitlab: GitLabApi) -> None:
    form = {"title": "x", "labels[]": ["a", "b"]}
    made = gitlab.ask("POST", f"{P}/issues", data=form)

    assert (made.status_code, made.json()["labels"]) == (201, ["a", "b"])
    assert gitlab.ask("POST", f"{P}/issues?title=query").json()["title"] == "query"
    broken = gitlab.ask("POST", f"{P}/issues", content=b"{", headers={"content-type": "application/json"})
    assert broken.status_code == 400
    large = gitlab.ask("POST", f"{P}/issues", content=b'"' + b"x" * PAYLOAD_MAX_BYTES)
    assert large.status_code == 413


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ({"title": ["x"]}, "title is invalid"),
        ({"title": "x", "labels": [{}]}, "labels is invalid"),
        ({"title": "x", "milestone_id": "M"}, "milestone_id is invalid"),
        ({"title": "x", "assignee_ids": ["me"]}, "assignee_ids is invalid"),
        ({"title": "x", "confidential": "perhaps"}, "confidential is invalid"),
        ({"title": "x", "issue_type": "epic"}, "issue_type does not have a valid value"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(gitlab: GitLabApi, payload: Any, error: str) -> None:
    assert gitlab.refused("POST", f"{P}/issues", **payload) == (400, {"error": error})
    assert gitlab.iids() == []


def test_a_time_that_is_none_is_refused(gitlab: GitLabApi) -> None:
    assert gitlab.refused("GET", f"{P}/issues?updated_after=soon")[1] == {"error": "updated_after is invalid"}
    assert (
        gitlab.ask("GET", f"{GITLAB}{P}/issues?updated_after=2026-11-22T12:00:00%2B02:00").status_code == 200
    )


def test_an_issue_takes_a_milestone_by_its_title_and_another_type(gitlab: GitLabApi) -> None:
    gitlab.post(f"{P}/milestones", title="M")
    me = gitlab.get("/user")["id"]

    assert gitlab.issue(milestone="M")["milestone"]["title"] == "M"
    assert gitlab.issue(milestone="unknown")["milestone"] is None
    assert gitlab.put(f"{P}/issues/1", issue_type="incident")["issue_type"] == "incident"
    assert gitlab.put(f"{P}/issues/1", assignee_id=me)["assignee"]["id"] == me
    assert gitlab.iids(author_id=me) == [2, 1]


def test_a_guest_deletes_what_is_their_own_and_no_note_of_others(gitlab: GitLabApi) -> None:
    gitlab.issue()
    note = gitlab.records.add_comment(1, "theirs", "mona").id
    gitlab.records.play(role=Role.READ)

    for method in ("PUT", "DELETE"):
        assert gitlab.refused(method, f"{P}/issues/1/notes/{note}", body="x")[0] == 403
    unreadable = {"if-unmodified-since": "whenever"}
    assert gitlab.ask("DELETE", f"{P}/issues/1", headers=unreadable).status_code == 412
    assert gitlab.ask("DELETE", f"{P}/issues/1").status_code == 204


def test_records_that_are_busy_are_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with closing(Records(path, busy_s=0.01)) as records, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        status, said = GitLabApi(records, Clock()).refused("POST", f"{P}/issues", title="x")

    assert status == 503
    assert said["message"].startswith("503 Service Unavailable: the sandbox's records are busy")
