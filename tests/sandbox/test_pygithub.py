"""An independent client finds in the sandbox what it expects of GitHub: PyGithub, over loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date

import pytest
from github import Auth, Github, GithubException, UnknownObjectException
from github.Repository import Repository

from plansync.sandbox.records import Records
from tests.support.sandbox import Sandbox


@pytest.fixture
def repository(sandbox: Sandbox) -> Iterator[Repository]:
    sandbox.restore(sandbox.empty)
    place = sandbox.place
    client = Github(
        base_url=place.api_url,
        auth=Auth.Token(place.token),
        retry=None,
        seconds_between_requests=0,  # politeness is for the real GitHub
        seconds_between_writes=0,
    )
    with closing(client):
        yield client.get_repo(place.repo)


def test_it_signs_in_and_finds_the_repository(repository: Repository) -> None:
    assert repository.full_name == "local/plans"
    assert repository.has_issues
    assert repository.permissions.push
    assert repository.owner.login == "local"


def test_it_creates_edits_and_closes_an_issue(repository: Repository) -> None:
    made = repository.create_issue("one", body="- [ ] a", labels=["risk: high"])
    made.edit(title="uno", body="- [x] a")
    made.edit(state="closed", state_reason="not_planned")
    read = repository.get_issue(made.number)

    assert (read.title, read.body, read.state, read.state_reason) == (
        "uno",
        "- [x] a",
        "closed",
        "not_planned",
    )
    assert read.closed_by is not None
    assert read.closed_by.login == "local"
    assert (read.id, read.node_id) == (made.id, made.node_id)
    read.edit(state="open")
    assert repository.get_issue(made.number).state_reason == "reopened"


def test_it_lists_every_page_and_sees_pull_requests(repository: Repository, sandbox: Sandbox) -> None:
    with closing(Records(sandbox.records)) as records, records.writing():
        for number in range(1, 66):
            records.add_issue(f"t{number}", "local", is_pull=number == 40)
            if number % 2:
                records.labels.put_on(number, ["odd"])
    listed = list(repository.get_issues(state="all"))

    assert [each.number for each in listed] == list(range(65, 0, -1))
    assert [each.number for each in listed if each.pull_request] == [40]
    assert [each.number for each in repository.get_issues(labels=["ODD"], direction="asc")][:3] == [1, 3, 5]


def test_it_follows_a_listing_too_large_for_page_numbers(repository: Repository, sandbox: Sandbox) -> None:
    with closing(Records(sandbox.records)) as records, records.writing():
        records.play(page_offset_max=30)
        for number in range(100):
            records.add_issue(f"t{number}", "local")

    assert len({each.number for each in repository.get_issues()}) == 100
    with pytest.raises(GithubException) as refused:
        repository.get_issues().get_page(2)
    assert refused.value.status == 422


def test_it_keeps_milestones(repository: Repository) -> None:
    made = repository.create_milestone("Setup", description="first", due_on=date(2026, 12, 24))
    issue = repository.create_issue("one", milestone=made)
    issue.edit(state="closed")
    made.edit("Set up", state="closed")
    read = repository.get_milestone(made.number)

    assert (read.title, read.state, read.open_issues, read.closed_issues) == ("Set up", "closed", 0, 1)
    assert [each.number for each in repository.get_milestones(state="all")] == [made.number]
    assert repository.get_issue(issue.number).milestone.title == "Set up"
    with pytest.raises(GithubException) as refused:
        repository.create_milestone("Set up")
    assert refused.value.data["errors"][0]["code"] == "already_exists"
    read.delete()
    assert repository.get_issue(issue.number).milestone is None


def test_it_keeps_labels(repository: Repository) -> None:
    made = repository.create_label("Risk: High/Now", "b3261e", "take care")
    issue = repository.create_issue("one")
    issue.add_to_labels("risk: high/now", "other")
    assert sorted(each.name for each in issue.get_labels()) == ["Risk: High/Now", "other"]

    issue.remove_from_labels("other")
    made.edit("Risk/1", "aabbcc")
    assert [each.name for each in repository.get_issue(1).labels] == ["Risk/1"]
    issue.set_labels("a", "b")
    assert sorted(each.name for each in issue.get_labels()) == ["a", "b"]
    repository.get_label("a").delete()
    assert [each.name for each in issue.get_labels()] == ["b"]
    with pytest.raises(UnknownObjectException):
        repository.get_label("a")


def test_it_assigns_people(repository: Repository, sandbox: Sandbox) -> None:
    sandbox.play(assignable=("mona",))
    issue = repository.create_issue("one", assignees=["mona"])
    assert [each.login for each in issue.assignees] == ["mona"]

    issue.add_to_assignees("local", "stranger")
    issue.remove_from_assignees("mona")
    assert [each.login for each in repository.get_issue(1).assignees] == ["local"]
    assert [each.login for each in repository.get_assignees()] == ["local", "mona"]
    assert repository.has_in_assignees("mona")
    assert not repository.has_in_assignees("stranger")
    with pytest.raises(GithubException) as refused:
        repository.create_issue("two", assignees=["stranger"])
    assert refused.value.status == 422


def test_it_links_what_blocks_an_issue(repository: Repository) -> None:
    first, second = repository.create_issue("first"), repository.create_issue("second")
    second.add_blocked_by(first)

    assert [each.number for each in second.get_blocked_by()] == [first.number]
    assert [each.number for each in first.get_blocking()] == [second.number]
    assert repository.get_issue(second.number).issue_dependencies_summary.blocked_by == 1
    second.remove_blocked_by(first)
    assert list(second.get_blocked_by()) == []


def test_it_comments(repository: Repository) -> None:
    issue = repository.create_issue("one")
    issue.create_comment("noted")

    assert [each.body for each in issue.get_comments()] == ["noted"]
    assert repository.get_issue(issue.number).comments == 1
