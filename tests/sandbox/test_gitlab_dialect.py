"""GitLab's dialect: issues, milestones, labels and listings behave as GitLab's do where clients go wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from plansync.sandbox.app import REPO
from plansync.sandbox.kinds import Fault, Role, Tier
from tests.sandbox.api import GITLAB, GitLabApi, P

# --- where things are


def test_a_project_is_named_by_number_or_by_its_path_encoded_once(gitlab: GitLabApi) -> None:
    by_path = gitlab.get(P)

    assert by_path["path_with_namespace"] == REPO
    assert gitlab.get(f"/projects/{by_path['id']}") == by_path
    assert gitlab.refused("GET", f"/projects/{REPO}") == (404, {"error": "404 Not Found"})
    twice = gitlab.refused("GET", "/projects/" + REPO.replace("/", "%252F"))
    assert twice == (404, {"message": "404 Project Not Found"})


@pytest.mark.parametrize("path", ["/nothing", f"{P}/", f"{P}/issues/", f"{P}/issues/1/nothing"])
def test_a_path_that_leads_nowhere_is_told_apart_from_what_is_not_there(gitlab: GitLabApi, path: str) -> None:
    assert gitlab.refused("GET", path) == (404, {"error": "404 Not Found"})
    assert gitlab.refused("GET", f"{P}/issues/9") == (404, {"message": "404 Not found"})
    assert gitlab.refused("GET", f"{P}/issues/x") == (400, {"error": "issue_iid is invalid"})


def test_a_project_that_is_hidden_looks_as_one_that_is_not_there(gitlab: GitLabApi) -> None:
    assert gitlab.refused("GET", "/projects/1") == (404, {"message": "404 Project Not Found"})
    assert gitlab.refused("POST", "/projects/a%2Fb/issues", title="x")[1] == {
        "message": "404 Project Not Found"
    }


def test_an_issue_has_a_number_in_its_project_and_another_everywhere(gitlab: GitLabApi) -> None:
    made = gitlab.issue()

    assert made["iid"] == 1
    assert made["id"] > 2**31
    assert made["project_id"] == gitlab.records.repository_id
    assert made["references"]["full"] == f"{REPO}#1"


def test_addresses_hold_the_path_that_it_is_installed_under(gitlab: GitLabApi) -> None:
    made = gitlab.issue()

    assert made["web_url"] == f"http://127.0.0.1:7526/git/{REPO}/-/issues/1"
    assert made["_links"]["self"] == f"{GITLAB}/projects/{made['project_id']}/issues/1"
    page = gitlab.ask("GET", urlsplit(made["web_url"]).path.removeprefix("/git"), headers={})
    assert page.status_code == 404  # below the API there is no page
    assert gitlab.ask("GET", made["web_url"]).headers["location"] == "/issues/1"


def test_a_project_may_lie_in_a_group_of_a_group(gitlab: GitLabApi) -> None:
    nested = "top/sub/plans"
    made = Nested(gitlab.records, gitlab.clock).get("/projects/top%2Fsub%2Fplans")

    assert made["path_with_namespace"] == nested
    assert made["namespace"]["full_path"] == "top/sub"
    group = Nested(gitlab.records, gitlab.clock).post("/groups/top%2Fsub/milestones", title="M")
    assert group["web_url"] == "http://127.0.0.1:7526/git/groups/top/sub/-/milestones/1"


class Nested(GitLabApi):
    """The same, of a project that lies deeper."""

    repo = "top/sub/plans"


def test_another_name_of_the_project_leads_reads_and_refuses_writes(gitlab: GitLabApi) -> None:
    gitlab.issue()
    gitlab.records.play(former_names=("old/name",))
    moved = gitlab.ask("GET", "/projects/old%2Fname/issues?state=opened")

    assert moved.status_code == 301
    at = moved.headers["location"]
    assert at == f"{GITLAB}/projects/{gitlab.records.repository_id}/issues?state=opened"
    assert len(gitlab.ask("GET", at).json()) == 1
    status, said = gitlab.refused("POST", "/projects/old%2Fname/issues", title="x")
    assert (status, said) == (405, {"message": "Non GET methods are not allowed for moved projects"})


# --- issues


def test_a_listing_shows_every_state_and_every_type(gitlab: GitLabApi) -> None:
    gitlab.issue("open")
    gitlab.issue("shut")
    gitlab.put(f"{P}/issues/2", state_event="close")
    gitlab.issue("a task", issue_type="task")

    assert gitlab.iids() == [3, 2, 1]
    assert gitlab.iids(state="opened", issue_type="issue") == [1]
    assert gitlab.iids(state="closed") == [2]
    assert gitlab.refused("GET", f"{P}/issues?state=open")[1] == {
        "error": "state does not have a valid value"
    }


def test_a_pull_request_of_the_other_dialect_is_no_issue(gitlab: GitLabApi) -> None:
    gitlab.records.add_issue("a change", "local", is_pull=True)

    assert gitlab.iids() == []
    assert gitlab.refused("GET", f"{P}/issues/1")[0] == 404


def test_issues_are_read_by_their_numbers(gitlab: GitLabApi) -> None:
    for title in "abc":
        gitlab.issue(title)

    assert gitlab.iids(**{"iids[]": [1, 3, 99]}) == [3, 1]


def test_what_changed_since_is_told_to_the_microsecond_and_shown_in_milliseconds(gitlab: GitLabApi) -> None:
    gitlab.clock.now += timedelta(microseconds=1500)
    made = gitlab.issue()

    assert made["updated_at"] == "2026-11-22T10:00:00.001Z"
    assert gitlab.iids(updated_after="2026-11-22T10:00:00.001Z") == [1]
    assert gitlab.iids(updated_after="2026-11-22T10:00:00.001500Z") == [1]
    assert gitlab.iids(updated_after="2026-11-22T10:00:00.002Z") == []
    assert (
        gitlab.iids(updated_before="2026-11-22T10:00:00.001Z") == []
    )  # it is later, though it does not look so


def test_a_title_is_trimmed_and_has_255_characters_at_most(gitlab: GitLabApi) -> None:
    assert gitlab.issue("  one \n")["title"] == "one"
    assert gitlab.issue("x" * 255)["title"] == "x" * 255
    too_long = {"message": {"title": ["is too long (maximum is 255 characters)"]}}
    assert gitlab.refused("POST", f"{P}/issues", title="x" * 256) == (400, too_long)
    assert gitlab.refused("POST", f"{P}/issues", title=" ")[1] == {"message": {"title": ["can't be blank"]}}
    assert gitlab.refused("POST", f"{P}/issues", description="x") == (400, {"error": "title is missing"})


def test_a_text_has_a_mebicharacter_at_most(gitlab: GitLabApi) -> None:
    assert gitlab.issue(description="x" * 1_048_576)["iid"] == 1
    assert gitlab.refused("POST", f"{P}/issues", title="x", description="x" * 1_048_577)[0] == 400


def test_an_unknown_name_is_passed_over_and_a_change_of_nothing_refused(gitlab: GitLabApi) -> None:
    made = gitlab.issue(time_estimate="3h", body="x", state="closed")
    status, said = gitlab.refused("PUT", f"{P}/issues/1", body="x")

    assert (made["time_stats"]["time_estimate"], made["description"], made["state"]) == (0, None, "opened")
    assert status == 400
    assert said["error"].endswith("issue_type are missing, at least one parameter must be provided")
    assert gitlab.iids(stat="closed") == [1]  # a filter with a spelling mistake widens the listing


def test_one_write_turns_an_issue_and_its_labels_and_once_more_is_nothing(gitlab: GitLabApi) -> None:
    gitlab.issue(labels=["a"])
    for _ in range(2):
        closed = gitlab.put(f"{P}/issues/1", state_event="close", add_labels="b", remove_labels="a")
        assert (closed["state"], closed["labels"], bool(closed["closed_at"])) == ("closed", ["b"], True)
    opened = gitlab.put(f"{P}/issues/1", state_event="reopen")

    assert (opened["state"], opened["closed_at"], opened["closed_by"]) == ("opened", None, None)
    assert gitlab.refused("PUT", f"{P}/issues/1", state_event="closed")[0] == 400


def test_a_milestone_that_is_out_of_scope_is_dropped_without_a_word(gitlab: GitLabApi) -> None:
    id_ = gitlab.post(f"{P}/milestones", title="M")["id"]
    gitlab.issue(milestone_id=id_)

    assert gitlab.issue("two", milestone_id=7)["milestone"] is None
    assert gitlab.put(f"{P}/issues/1", milestone_id=7)["milestone"]["id"] == id_
    assert gitlab.put(f"{P}/issues/1", milestone_id=0)["milestone"] is None
    assert gitlab.put(f"{P}/issues/1", milestone_id=id_)["milestone"]["title"] == "M"
    assert gitlab.put(f"{P}/issues/1", milestone_id="")["milestone"] is None


def test_a_due_date_is_a_day_and_is_taken_away_with_empty_text(gitlab: GitLabApi) -> None:
    assert gitlab.issue(due_date="2026-12-24")["due_date"] == "2026-12-24"
    assert gitlab.put(f"{P}/issues/1", due_date="")["due_date"] is None


def test_an_owner_chooses_a_number_once(gitlab: GitLabApi) -> None:
    assert gitlab.issue(iid=7)["iid"] == 7
    assert gitlab.issue()["iid"] == 8
    assert gitlab.refused("POST", f"{P}/issues", title="x", iid=7) == (409, {"message": "Duplicated issue"})


def test_a_deleted_issue_leaves_nothing(gitlab: GitLabApi) -> None:
    gitlab.issue()

    assert gitlab.ask("DELETE", f"{P}/issues/1").status_code == 204
    assert gitlab.refused("GET", f"{P}/issues/1") == (404, {"message": "404 Not found"})
    assert gitlab.refused("DELETE", f"{P}/issues/1")[1] == {"message": "404 Issue Not Found"}
    assert gitlab.iids(**{"iids[]": [1]}) == []
    assert gitlab.issue()["iid"] == 2


def test_what_changed_since_a_client_looked_is_not_deleted(gitlab: GitLabApi) -> None:
    gitlab.issue()
    looked = {"if-unmodified-since": "Sun, 22 Nov 2026 09:59:59 GMT"}

    assert gitlab.ask("DELETE", f"{P}/issues/1", headers=looked).status_code == 412
    looked = {"if-unmodified-since": "Sun, 22 Nov 2026 10:00:00 GMT"}
    assert gitlab.ask("DELETE", f"{P}/issues/1", headers=looked).status_code == 204


def test_a_moved_issue_is_closed_and_names_the_new_one(gitlab: GitLabApi) -> None:
    gitlab.issue()
    gitlab.issue("two")
    there = gitlab.records.repository_id + 1
    new = gitlab.post(f"{P}/issues/2/move", to_project_id=there)
    old = gitlab.get(f"{P}/issues/2")

    assert (new["iid"], new["project_id"], new["title"]) == (1, there, "two")
    assert (old["state"], old["moved_to_id"]) == ("closed", new["id"])
    assert gitlab.refused("POST", f"{P}/issues/1/move", to_project_id=gitlab.records.repository_id)[0] == 400
    assert gitlab.refused("POST", f"{P}/issues/1/move", to_project_id=7)[0] == 404


def test_the_other_project_counts_anew_what_was_moved_there(gitlab: GitLabApi) -> None:
    for title in ("one", "two", "three"):
        gitlab.issue(title, labels="a")
    there = f"/projects/{gitlab.records.repository_id + 1}"
    for number in (3, 1):
        gitlab.post(f"{P}/issues/{number}/move", to_project_id=gitlab.records.repository_id + 1)
    found = gitlab.get(f"{there}/issues")

    assert [(each["iid"], each["title"], each["state"]) for each in found] == [
        (2, "one", "opened"),
        (1, "three", "opened"),
    ]
    assert gitlab.get(f"{there}/issues/1") == {**found[1], "subscribed": True}
    assert gitlab.get(f"{there}/issues/1")["id"] == gitlab.get(f"{P}/issues/3")["moved_to_id"]
    assert gitlab.get(f"{P}/issues/1")["id"] != gitlab.get("/projects/local%2Felsewhere/issues/1")["id"]
    assert gitlab.get(there)["path_with_namespace"] == found[0]["references"]["full"].partition("#")[0]
    assert gitlab.get(f"{there}/issues", **{"iids[]": 2})[0]["title"] == "one"
    assert gitlab.refused("GET", f"{there}/issues/3")[0] == 404
    assert gitlab.refused("POST", f"{there}/issues", title="x") == (403, {"message": "403 Forbidden"})
    assert gitlab.refused("GET", f"{there}/labels")[0] == 403


def test_what_is_confidential_is_hidden_from_a_guest(gitlab: GitLabApi) -> None:
    gitlab.records.add_issue("other's", "mona")
    gitlab.put(f"{P}/issues/1", confidential=True)
    assert gitlab.get(f"{P}/issues/1")["confidential"]
    gitlab.records.play(role=Role.READ)

    assert gitlab.refused("GET", f"{P}/issues/1") == (404, {"message": "404 Not found"})
    assert gitlab.iids() == []


@pytest.mark.parametrize(
    "query", ["not[labels]=a", "weight=1", "milestone_id=Started", "order_by=priority", "milestone=Upcoming"]
)
def test_a_filter_that_the_sandbox_has_not_is_refused_and_not_passed_over(
    gitlab: GitLabApi, query: str
) -> None:
    assert gitlab.refused("GET", f"{P}/issues?{query}")[0] == 501


def test_a_listing_is_filtered_as_asked(gitlab: GitLabApi) -> None:
    id_ = gitlab.post(f"{P}/milestones", title="M")["id"]
    gitlab.issue("alpha", description="words here", labels="x", milestone_id=id_)
    gitlab.clock.pass_s(5)
    gitlab.issue("beta")
    gitlab.clock.pass_s(5)
    gitlab.put(f"{P}/issues/1", title="gamma")

    assert gitlab.iids(milestone="M") == gitlab.iids(milestone_id="Any") == [1]
    assert gitlab.iids(milestone="None") == gitlab.iids(milestone_id="None") == [2]
    assert gitlab.iids(milestone="nowhere") == []
    assert gitlab.iids(labels="None") == [2]
    assert gitlab.iids(labels="Any") == [1]
    assert gitlab.iids(search="words HERE") == [1]
    assert gitlab.iids(search="words", **{"in": "title"}) == []
    assert gitlab.iids(order_by="updated_at") == [1, 2]
    assert gitlab.iids(order_by="title", sort="asc") == [2, 1]
    assert gitlab.iids(created_after="2026-11-22T10:00:05Z") == [2]
    assert gitlab.iids(author_username="mona") == []
    assert gitlab.get(f"{P}/issues", with_labels_details="true")[1]["labels"][0]["name"] == "x"


# --- labels


def test_labels_are_told_apart_by_case_and_made_on_use(gitlab: GitLabApi) -> None:
    made = gitlab.issue(labels=["Risk", "risk"])

    assert made["labels"] == ["Risk", "risk"]
    assert [each["name"] for each in gitlab.get(f"{P}/labels")] == ["Risk", "risk"]
    assert gitlab.iids(labels="RISK") == []
    assert gitlab.iids(labels="risk,Risk") == [1]


def test_a_comma_parts_labels_wherever_it_stands(gitlab: GitLabApi) -> None:
    assert gitlab.issue(labels=["a, b", "c"])["labels"] == ["a", "b", "c"]
    assert gitlab.put(f"{P}/issues/1", labels="d,e")["labels"] == ["d", "e"]
    assert gitlab.put(f"{P}/issues/1", labels="")["labels"] == []
    assert gitlab.refused("POST", f"{P}/labels", name="a,b", color="#ffffff")[0] == 400


def test_a_label_that_is_added_and_removed_goes(gitlab: GitLabApi) -> None:
    gitlab.issue(labels="a,b")
    both = gitlab.put(f"{P}/issues/1", add_labels="c,d", remove_labels="c,a,never")

    assert both["labels"] == ["b", "d"]


def test_a_label_loses_tags_and_entities(gitlab: GitLabApi) -> None:
    assert gitlab.issue(labels=["a<b>c", "x &amp; y"])["labels"] == ["ac", "x & y"]


@pytest.mark.parametrize(
    ("tier", "kept"),
    [(Tier.PREMIUM, ["a::b::2", "p::2"]), (Tier.FREE, ["a::b::1", "a::b::2", "p::1", "p::2"])],
)
def test_scoped_labels_exclude_each_other_where_licensed(
    gitlab: GitLabApi, tier: Tier, kept: list[str]
) -> None:
    gitlab.records.play(tier=tier)
    gitlab.issue(labels="p::1,a::b::1")

    assert gitlab.put(f"{P}/issues/1", add_labels="p::2,a::b::2")["labels"] == kept


def test_a_label_is_kept_by_name_and_by_id(gitlab: GitLabApi) -> None:
    made = gitlab.post(f"{P}/labels", name="a/b", color="#ABC")
    gitlab.issue(labels="a/b")

    assert made["color"] == "#aabbcc"
    assert gitlab.refused("POST", f"{P}/labels", name="a/b", color="red") == (
        409,
        {"message": "Label already exists"},
    )
    assert gitlab.get(f"{P}/labels/a%2Fb") == gitlab.get(f"{P}/labels/{made['id']}") == made
    assert gitlab.put(f"{P}/labels", name="a/b", new_name="c", description="d")["description"] == "d"
    assert gitlab.get(f"{P}/issues/1")["labels"] == ["c"]
    assert gitlab.get(f"{P}/labels", with_counts=True)[0]["open_issues_count"] == 1
    assert gitlab.ask("DELETE", f"{P}/labels/c").status_code == 204
    assert gitlab.get(f"{P}/issues/1")["labels"] == []
    assert gitlab.refused("GET", f"{P}/labels/{'9' * 5000}")[0] == 404
    assert gitlab.refused("GET", f"{P}/labels/c") == (404, {"message": "404 Label Not Found"})
    assert gitlab.refused("POST", f"{P}/labels", name="x")[1] == {"error": "color is missing"}
    assert gitlab.refused("POST", f"{P}/labels", name="x", color="#12")[0] == 400


# --- milestones


def test_a_milestone_has_days_and_is_changed_by_its_id(gitlab: GitLabApi) -> None:
    made = gitlab.post(f"{P}/milestones", title=" M ", start_date="2026-11-01", due_date="2026-11-21")
    path = f"{P}/milestones/{made['id']}"

    assert (made["title"], made["iid"], made["state"]) == ("M", 1, "active")
    assert (made["start_date"], made["due_date"], made["expired"]) == ("2026-11-01", "2026-11-21", True)
    assert gitlab.refused("GET", f"{P}/milestones/1") == (404, {"message": "404 Not found"})
    closed = gitlab.put(path, state_event="close", due_date="")
    assert (closed["state"], closed["due_date"], closed["start_date"]) == ("closed", None, "2026-11-01")
    assert gitlab.put(path, state_event="activate")["state"] == "active"
    assert gitlab.refused("PUT", path, name="x")[0] == 400


def test_what_is_wrong_with_a_milestone_is_told_as_the_text_of_a_hash(gitlab: GitLabApi) -> None:
    gitlab.post(f"{P}/milestones", title="M")
    status, said = gitlab.refused("POST", f"{P}/milestones", title="M")

    assert status == 400
    assert said["message"] == (
        'Failed to create milestone {:title=>["already being used for another group or project milestone."]}'
    )
    other = gitlab.post(f"{P}/milestones", title="m")["id"]  # case tells them apart
    renamed = gitlab.refused("PUT", f"{P}/milestones/{other}", title="M")[1]["message"]
    assert renamed.startswith("Failed to update milestone {:title=>")
    dates = {"start_date": "2026-12-02", "due_date": "2026-12-01"}
    assert "due_date" in gitlab.refused("POST", f"{P}/milestones", title="x", **dates)[1]["message"]


def test_an_inherited_milestone_is_used_and_not_edited_here(gitlab: GitLabApi) -> None:
    group = f"/groups/{gitlab.records.group_id}"
    made = gitlab.post(f"{group}/milestones", title="Ours", due_date="2026-12-24")
    path = f"{P}/milestones/{made['id']}"

    assert "project_id" not in made
    assert made["group_id"] == gitlab.records.group_id
    assert gitlab.get(f"{P}/milestones") == []
    assert gitlab.get(f"{P}/milestones", include_ancestors="True", title="Ours") == [made]
    assert gitlab.get("/groups/local/milestones") == [made]
    assert gitlab.issue(milestone_id=made["id"])["milestone"] == made
    assert gitlab.iids(milestone="Ours") == [1]
    for method in ("GET", "PUT", "DELETE"):
        assert gitlab.refused(method, path, title="x") == (404, {"message": "404 Not found"})
    assert gitlab.refused("POST", f"{P}/milestones", title="Ours")[0] == 400
    assert gitlab.put(f"{group}/milestones/{made['id']}", state_event="close")["state"] == "closed"
    assert gitlab.refused("GET", "/groups/other/milestones") == (404, {"message": "404 Group Not Found"})


def test_an_inherited_milestone_is_none_in_the_other_dialect(gitlab: GitLabApi) -> None:
    gitlab.issue(milestone_id=gitlab.post("/groups/local/milestones", title="Ours")["id"])
    there = "http://127.0.0.1:7526/api/v3/repos/local/plans"

    assert gitlab.ask("GET", f"{there}/milestones?state=all").json() == []
    assert gitlab.ask("GET", f"{there}/milestones/1").status_code == 404
    assert gitlab.ask("GET", f"{there}/issues/1").json()["milestone"] is None


def test_milestones_are_listed_by_state_text_and_time(gitlab: GitLabApi) -> None:
    one = gitlab.post(f"{P}/milestones", title="One", description="here")["id"]
    gitlab.clock.pass_s(5)
    gitlab.post(f"{P}/milestones", title="Two")
    gitlab.put(f"{P}/milestones/{one}", state_event="close")

    def titles(**params: Any) -> list[str]:
        return [each["title"] for each in gitlab.get(f"{P}/milestones", **params)]

    assert titles() == ["Two", "One"]
    assert titles(state="active") == ["Two"]
    assert titles(search="HERE") == ["One"]
    assert titles(**{"iids[]": 1}) == ["One"]
    assert titles(title="two") == []
    assert titles(updated_after="2026-11-22T10:00:06Z") == []


def test_an_issue_that_comes_does_not_move_its_milestone(gitlab: GitLabApi) -> None:
    made = gitlab.post(f"{P}/milestones", title="M")
    gitlab.clock.pass_s(5)
    gitlab.issue(milestone_id=made["id"])

    assert gitlab.get(f"{P}/milestones/{made['id']}") == made
    assert len(gitlab.get(f"{P}/milestones/{made['id']}/issues")) == 1
    assert gitlab.ask("DELETE", f"{P}/milestones/{made['id']}").status_code == 204
    assert gitlab.get(f"{P}/issues/1")["milestone"] is None


# --- pages


def filled(gitlab: GitLabApi, count: int) -> None:
    with gitlab.records.writing():
        for number in range(count):
            gitlab.records.add_issue(f"t{number}", "local")


def links(answer: Any) -> dict[str, str]:
    return {rel: link["url"] for rel, link in answer.links.items()}


def test_a_page_says_where_it_lies(gitlab: GitLabApi) -> None:
    filled(gitlab, 45)
    first, last = gitlab.ask("GET", f"{P}/issues"), gitlab.ask("GET", f"{P}/issues?page=3")

    told = {
        name: first.headers[f"x-{name}"] for name in ("total", "total-pages", "page", "per-page", "next-page")
    }
    assert told == {"total": "45", "total-pages": "3", "page": "1", "per-page": "20", "next-page": "2"}
    assert list(links(first)) == ["next", "first", "last"]
    assert (last.headers["x-next-page"], list(links(last))) == ("", ["prev", "first", "last"])
    assert len(last.json()) == 5


def test_a_page_is_of_100_at_most_and_nonsense_is_refused(gitlab: GitLabApi) -> None:
    filled(gitlab, 101)

    assert gitlab.ask("GET", f"{P}/issues?per_page=1000").headers["x-per-page"] == "100"
    assert gitlab.refused("GET", f"{P}/issues?page=0")[1] == {"error": "page does not have a valid value"}
    assert gitlab.refused("GET", f"{P}/issues?per_page=x")[1] == {"error": "per_page is invalid"}


def test_a_long_listing_is_not_counted_and_pages_end_somewhere(gitlab: GitLabApi) -> None:
    filled(gitlab, 30)
    gitlab.records.play(counted_max=29, offset_max=20)
    first = gitlab.ask("GET", f"{P}/issues?per_page=10")

    assert "x-total" not in first.headers
    assert "x-total-pages" not in first.headers
    assert list(links(first)) == ["next", "first"]
    assert len(gitlab.get(f"{P}/issues", page=3, per_page=10)) == 10
    assert gitlab.refused("GET", f"{P}/issues?page=4&per_page=10")[0] == 405


@pytest.mark.parametrize("sort", ["asc", "desc"])
@pytest.mark.parametrize("order", ["created_at", "updated_at", "title", "id"])
def test_a_cursor_leads_through_every_issue_once(gitlab: GitLabApi, order: str, sort: str) -> None:
    filled(gitlab, 25)
    query = f"pagination=keyset&order_by={order}&sort={sort}&per_page=10&state=opened"
    answer = gitlab.ask("GET", f"{P}/issues?{query}")
    found = [each["iid"] for each in answer.json()]
    while answer.links:
        assert list(answer.links) == ["next"]
        assert "x-total" not in answer.headers
        assert parse_qs(urlsplit(links(answer)["next"]).query)["cursor"] == [answer.headers["x-next-cursor"]]
        answer = gitlab.ask("GET", links(answer)["next"])
        found += [each["iid"] for each in answer.json()]

    assert sorted(found) == list(range(1, 26))


def test_where_there_are_no_cursors_pages_have_numbers(gitlab: GitLabApi) -> None:
    filled(gitlab, 25)
    gitlab.records.play(has_keyset=False)
    older = gitlab.ask("GET", f"{P}/issues?pagination=keyset&order_by=updated_at")
    gitlab.records.play(has_keyset=True)
    unfit = gitlab.ask("GET", f"{P}/issues?pagination=keyset&order_by=due_date")

    for answer in (older, unfit):
        assert answer.headers["x-total"] == "25"
        assert "page=2" in links(answer)["next"]


# --- what a read costs, and what goes wrong


def test_a_read_that_is_known_is_answered_304(gitlab: GitLabApi) -> None:
    gitlab.issue()
    first = gitlab.ask("GET", f"{P}/issues")
    known = {"if-none-match": first.headers["etag"]}

    assert first.headers["etag"].startswith('W/"')
    assert gitlab.ask("GET", f"{P}/issues", headers=known).status_code == 304
    gitlab.clock.pass_s(1)
    gitlab.put(f"{P}/issues/1", title="new")
    assert gitlab.ask("GET", f"{P}/issues", headers=known).status_code == 200


def test_faults_befall_the_next_requests_that_can_meet_them(gitlab: GitLabApi) -> None:
    gitlab.issue()
    gitlab.records.play(faults=(Fault.LOCK, Fault.THROTTLE, Fault.LIMIT, Fault.BROKEN))
    assert gitlab.get(f"{P}/issues/1")["iid"] == 1
    locked = gitlab.ask("PUT", f"{P}/issues/1", json={"title": "x"})
    throttled = gitlab.ask("GET", f"{P}/issues")
    limited = gitlab.ask("POST", f"{P}/issues", json={"title": "x"})
    broken = gitlab.ask("GET", f"{P}/issues")

    assert (locked.status_code, locked.json()) == (409, {"message": "409 Conflict: Resource lock"})
    assert (throttled.status_code, throttled.text) == (429, "Retry later\n")
    assert throttled.headers["content-type"].startswith("text/plain")
    assert (throttled.headers["retry-after"], "ratelimit-resettime" in throttled.headers) == ("1", True)
    assert limited.status_code == 429
    assert limited.json()["message"]["error"].startswith("This endpoint has been requested too many times.")
    assert "retry-after" not in limited.headers
    assert (broken.status_code, broken.headers["content-type"][:9]) == (502, "text/html")
    assert gitlab.iids() == [1]
    assert gitlab.get(f"{P}/issues/1")["title"] == "one"
