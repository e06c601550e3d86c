"""Assignees and dependencies as GitHub has them: what each write does, refuses and passes over."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.api import Api, R


def links(api: Api, number: int) -> tuple[int, int, int, int]:
    """Give an issue's counts: open blockers, all; open blocked ones, all."""
    told = api.get(f"{R}/issues/{number}")["issue_dependencies_summary"]
    return told["blocked_by"], told["total_blocked_by"], told["blocking"], told["total_blocking"]


def blocked_by(number: int) -> str:
    return f"{R}/issues/{number}/dependencies/blocked_by"


def three(api: Api) -> list[int]:
    """Make three issues and give their ids."""
    return [api.post(f"{R}/issues", title=each)["id"] for each in ("one", "two", "three")]


def assignees(issue: Any) -> list[str]:
    return [each["login"] for each in issue["assignees"]]


# --- dependencies


def test_a_dependency_shows_at_both_ends(api: Api) -> None:
    one, _, three_ = three(api)
    api.post(blocked_by(2), issue_id=one)
    api.post(blocked_by(2), issue_id=three_)

    assert [each["number"] for each in api.get(blocked_by(2))] == [1, 3]
    assert [each["number"] for each in api.get(f"{R}/issues/1/dependencies/blocking")] == [2]
    assert (links(api, 1), links(api, 2)) == ((0, 0, 1, 1), (2, 2, 0, 0))


def test_a_closed_blocker_counts_in_the_total_alone(api: Api) -> None:
    one, *_ = three(api)
    api.post(blocked_by(2), issue_id=one)
    api.patch(f"{R}/issues/1", state="closed")

    assert links(api, 2) == (0, 1, 0, 0)


def test_a_dependency_is_made_with_an_id_and_not_with_a_number(api: Api) -> None:
    three(api)

    assert api.refused("POST", blocked_by(2), issue_id=1)[0] == 404


def test_writing_a_dependency_moves_the_blocked_issue_alone(api: Api) -> None:
    one, *_ = three(api)
    before = api.get(f"{R}/issues/1")["updated_at"]
    api.clock.pass_s(5)
    made = api.post(blocked_by(2), issue_id=one)
    api.clock.pass_s(5)
    gone = api.ask("DELETE", f"{blocked_by(2)}/{one}").json()

    assert (made["updated_at"], gone["updated_at"]) == ("2026-11-22T10:00:05Z", "2026-11-22T10:00:10Z")
    assert api.get(f"{R}/issues/1")["updated_at"] == before
    assert links(api, 2) == (0, 0, 0, 0)


@pytest.mark.parametrize("payload", [{}, {"issue_id": "1"}, {"issue_id": None}, {"issue_id": True}])
def test_a_dependency_without_an_id_is_an_invalid_request(api: Api, payload: Any) -> None:
    three(api)
    status, body = api.refused("POST", blocked_by(2), **payload)

    assert (status, body["message"].split("\n")[0]) == (422, "Invalid request.")


def test_a_repeated_dependency_one_on_itself_and_one_on_a_pull_request_are_refused(api: Api) -> None:
    one, two, _ = three(api)
    pull = api.records.add_issue("a change", "local", is_pull=True)
    api.post(blocked_by(2), issue_id=one)

    for id_ in (one, two, pull.id):
        status, body = api.refused("POST", blocked_by(2), issue_id=id_)
        assert (status, body["message"]) == (422, "Validation Failed")
    assert links(api, 2) == (1, 1, 0, 0)


def test_a_dependency_that_is_not_there_cannot_be_removed(api: Api) -> None:
    one, *_ = three(api)

    assert api.refused("DELETE", f"{blocked_by(2)}/{one}")[0] == 404


def test_a_deleted_blocker_blocks_nothing(api: Api) -> None:
    one, *_ = three(api)
    api.post(blocked_by(2), issue_id=one)
    api.records.delete_issue(1)

    assert links(api, 2) == (0, 0, 0, 0)


def test_a_server_without_dependencies_does_not_know_of_them(api: Api) -> None:
    one, *_ = three(api)
    api.records.play(has_dependencies=False)

    assert "issue_dependencies_summary" not in api.get(f"{R}/issues/1")
    assert api.refused("POST", blocked_by(2), issue_id=one)[0] == 404
    for path in (blocked_by(2), f"{R}/issues/1/dependencies/blocking"):
        assert api.refused("GET", path)[0] == 404


# --- assignees


def test_assignees_are_given_with_an_issue_and_replaced_by_a_patch(api: Api) -> None:
    made = api.post(f"{R}/issues", title="x", assignees=["mona", "hubot"])
    changed = api.patch(f"{R}/issues/1", assignees=["HUBOT", "lee"])

    assert (assignees(made), made["assignee"]["login"]) == (["mona", "hubot"], "mona")
    assert assignees(changed) == ["hubot", "lee"]
    assert assignees(api.patch(f"{R}/issues/1", assignees=[])) == []


def test_adding_and_removing_assignees_leaves_the_others(api: Api) -> None:
    api.post(f"{R}/issues", title="x", assignees=["mona"])
    api.clock.pass_s(5)
    added = api.post(f"{R}/issues/1/assignees", assignees=["hubot", "MONA"])
    removed = api.ask("DELETE", f"{R}/issues/1/assignees", json={"assignees": ["Mona", "lee"]}).json()

    assert (assignees(added), added["updated_at"]) == (["mona", "hubot"], "2026-11-22T10:00:05Z")
    assert assignees(removed) == ["hubot"]


def test_whoever_cannot_be_given_an_issue_refuses_a_create_and_a_patch(api: Api) -> None:
    api.records.play(assignable=("mona",))
    api.post(f"{R}/issues", title="x", assignees=["Mona", "local"])

    error = {"resource": "Issue", "field": "assignees", "code": "invalid", "value": ["lee"]}
    for method, path in (("POST", f"{R}/issues"), ("PATCH", f"{R}/issues/1")):
        status, body = api.refused(method, path, title="y", assignees=["mona", "lee"])
        assert (status, body["errors"]) == (422, [error])
    assert api.get(f"{R}/issues/1")["title"] == "x"


def test_whoever_cannot_be_given_an_issue_is_not_added_to_it(api: Api) -> None:
    api.records.play(assignable=("mona",))
    api.post(f"{R}/issues", title="x")

    assert assignees(api.post(f"{R}/issues/1/assignees", assignees=["lee", "mona"])) == ["mona"]


def test_whether_an_issue_can_be_given_to_somebody_is_told(api: Api) -> None:
    api.post(f"{R}/issues", title="x")
    api.records.play(assignable=("mona",))

    for path in (f"{R}/assignees", f"{R}/issues/1/assignees"):
        assert api.ask("GET", f"{path}/MONA").status_code == 204
        assert api.refused("GET", f"{path}/lee")[0] == 404
    assert [each["login"] for each in api.get(f"{R}/assignees")] == ["local", "mona"]


def test_an_issue_has_ten_assignees_at_most(api: Api) -> None:
    api.post(f"{R}/issues", title="x", assignees=["mona"])
    added = api.post(f"{R}/issues/1/assignees", assignees=[f"user{n}" for n in range(12)])

    assert len(added["assignees"]) == 10
