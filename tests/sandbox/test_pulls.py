"""Pull requests of the sandbox, asked for with an independent client."""

from __future__ import annotations

import pytest
from github import Auth, Github, GithubException
from github.Repository import Repository

from tests.support.sandbox import Sandbox


@pytest.fixture
def repository(sandbox: Sandbox) -> Repository:
    sandbox.restore(sandbox.empty)
    place = sandbox.place
    return Github(base_url=place.api_url, auth=Auth.Token(place.token), verify=False).get_repo(place.repo)


def test_a_request_is_made_and_found_by_its_branch(repository: Repository) -> None:
    owner = repository.owner.login

    made = repository.create_pull(base="main", head="proposal", title="T", body="B")

    assert (made.title, made.body, made.state, made.head.ref, made.base.ref) == (
        "T",
        "B",
        "open",
        "proposal",
        "main",
    )
    assert [p.number for p in repository.get_pulls(head=f"{owner}:proposal", base="main")] == [made.number]
    assert not list(repository.get_pulls(head=f"{owner}:other"))
    assert not list(repository.get_pulls(head="elsewhere:proposal"))
    assert not list(repository.get_pulls(base="release"))


def test_a_branch_has_one_open_request_at_most(repository: Repository) -> None:
    made = repository.create_pull(base="main", head="proposal", title="T")

    with pytest.raises(GithubException) as refused:
        repository.create_pull(base="main", head="proposal", title="Another")

    assert refused.value.status == 422
    assert "already exists" in str(refused.value.data)
    repository.get_issue(made.number).edit(state="closed")
    assert repository.create_pull(base="main", head="proposal", title="Another").number != made.number
    assert [p.state for p in repository.get_pulls(state="all")] == ["open", "closed"]


def test_it_shares_its_number_with_issues_and_is_listed_among_them(repository: Repository) -> None:
    issue = repository.create_issue("I")

    made = repository.create_pull(base="main", head="proposal", title="T")

    assert made.number == issue.number + 1
    assert [i.pull_request is not None for i in repository.get_issues()] == [True, False]


@pytest.mark.parametrize(("head", "title"), [("main", "T"), ("proposal", " ")])
def test_what_cannot_be_merged_is_refused(repository: Repository, head: str, title: str) -> None:
    with pytest.raises(GithubException) as refused:
        repository.create_pull(base="main", head=head, title=title)

    assert refused.value.status == 422
