"""An independent client finds in the sandbox what it expects of GitLab: python-gitlab, over loopback, under a path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gitlab
import pytest
from gitlab import exceptions as errors
from gitlab.v4.objects import Project, ProjectIssue

from plansync.sandbox.app import REPO, TOKEN
from plansync.sandbox.kinds import Fault, Tier
from tests.support.front import Front


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    started = Front(tmp_path_factory.mktemp("gitlab"), root="/git/lab")
    yield started
    started.close()


@pytest.fixture
def front(served: Front) -> Front:
    served.restore(served.empty)
    return served


@pytest.fixture
def client(front: Front) -> Iterator[gitlab.Gitlab]:
    with gitlab.Gitlab(f"{front.host}/git/lab", private_token=TOKEN, per_page=20) as opened:
        yield opened


@pytest.fixture
def project(client: gitlab.Gitlab) -> Project:
    return client.projects.get(REPO)


def issue(project: Project, title: str = "one", **fields: Any) -> ProjectIssue:
    made = project.issues.create({"title": title, **fields})
    assert isinstance(made, ProjectIssue)
    return made


def test_it_signs_in_with_either_header(client: gitlab.Gitlab, front: Front) -> None:
    client.auth()
    assert client.user is not None
    assert client.user.username == "local"
    assert client.version()[0].startswith("19.")
    assert client.personal_access_tokens.get("self").scopes == ["api"]

    with gitlab.Gitlab(f"{front.host}/git/lab", oauth_token=TOKEN) as bearer:
        bearer.auth()
    stranger = gitlab.Gitlab(f"{front.host}/git/lab", private_token="guess")
    with stranger, pytest.raises(errors.GitlabAuthenticationError):
        stranger.auth()


def test_it_finds_the_project_by_path_and_by_number(client: gitlab.Gitlab, project: Project) -> None:
    assert project.path_with_namespace == REPO
    assert client.projects.get(project.id).name == "plans"
    assert project.branches.get("main").protected
    assert [each.name for each in project.protectedbranches.list()] == ["main"]
    assert [each.username for each in project.members_all.list()] == ["local"]
    with pytest.raises(errors.GitlabGetError) as refused:
        client.projects.get("local/other")
    assert (refused.value.response_code, refused.value.error_message) == (404, "404 Project Not Found")


def test_it_keeps_milestones(project: Project) -> None:
    made = project.milestones.create({"title": "Setup", "start_date": "2026-12-01", "due_date": "2026-12-24"})
    one = issue(project, milestone_id=made.id)
    made.title, made.state_event = "Set up", "close"
    made.save()
    found = project.milestones.list(title="Set up", include_ancestors=True, get_all=False)

    assert [(each.id, each.state, each.due_date) for each in found] == [(made.id, "closed", "2026-12-24")]
    assert [each.iid for each in made.issues()] == [one.iid]
    assert project.milestones.list(iids=[made.iid], get_all=True)[0].title == "Set up"
    with pytest.raises(errors.GitlabCreateError) as refused:
        project.milestones.create({"title": "Set up"})
    assert refused.value.response_code == 400
    made.delete()
    assert project.issues.get(one.iid).milestone is None


def test_it_uses_the_milestones_of_the_group(client: gitlab.Gitlab, project: Project) -> None:
    group = client.groups.get("local", lazy=True)
    made = group.milestones.create({"title": "Ours"})

    assert [each.title for each in group.milestones.list(get_all=True)] == ["Ours"]
    assert project.milestones.list(get_all=True) == []
    [inherited] = project.milestones.list(title="Ours", include_ancestors=True, get_all=True)
    assert issue(project, milestone_id=inherited.id).milestone["group_id"] == made.group_id
    with pytest.raises(errors.GitlabGetError):
        project.milestones.get(made.id)


def test_it_creates_edits_closes_and_deletes_an_issue(project: Project) -> None:
    made = issue(project, description="- [ ] a\n- [~] b", labels=["risk", "Risk"])
    made.title, made.description, made.state_event = "uno", "- [x] a\n- [~] b", "close"
    made.save()
    read = project.issues.get(made.iid)

    assert (read.title, read.state, read.labels) == ("uno", "closed", ["Risk", "risk"])
    assert read.task_completion_status == {"count": 1, "completed_count": 1}
    project.issues.update(
        made.iid, {"add_labels": ["new"], "remove_labels": ["risk"], "state_event": "reopen"}
    )
    assert project.issues.get(made.iid).labels == ["Risk", "new"]
    made.delete()
    with pytest.raises(errors.GitlabGetError):
        project.issues.get(made.iid)


def test_it_reads_issues_in_batches_and_by_filter(project: Project) -> None:
    for title in "abc":
        issue(project, title, labels=["x", title])
    project.issues.update(2, {"state_event": "close"})

    def iids(**filters: Any) -> list[int]:
        return [each.iid for each in project.issues.list(get_all=True, **filters)]

    assert iids(iids=[1, 3]) == [3, 1]
    assert iids(state="opened", labels=["x"], sort="asc") == [1, 3]
    assert iids(labels=["X"]) == []
    assert iids(updated_after="2026-01-01T00:00:00Z", order_by="updated_at", sort="asc") == [1, 3, 2]


def test_it_moves_an_issue(client: gitlab.Gitlab, project: Project) -> None:
    issue(project)
    made = issue(project, "two")
    made.move(project.id + 1)
    [moved] = client.projects.get("local/elsewhere").issues.list(get_all=True)

    assert (moved.iid, moved.title, moved.state) == (1, "two", "opened")
    assert project.issues.get(2).moved_to_id == made.id == moved.id
    assert project.issues.get(2).state == "closed"


def test_it_keeps_labels(project: Project) -> None:
    made = project.labels.create({"name": "Risk/High", "color": "#b3261e", "description": "take care"})
    one = issue(project, labels=["Risk/High"])
    made.new_name, made.color = "Risk", "#aabbcc"
    made.save()

    assert [each.name for each in project.labels.list(get_all=True)] == ["Risk"]
    assert project.labels.get("Risk").color == "#aabbcc"
    assert project.issues.get(one.iid).labels == ["Risk"]
    with pytest.raises(errors.GitlabCreateError) as refused:
        project.labels.create({"name": "Risk", "color": "#aabbcc"})
    assert (refused.value.response_code, refused.value.error_message) == (409, "Label already exists")
    project.labels.delete("Risk")
    assert project.issues.get(one.iid).labels == []


def test_it_links_issues(project: Project, front: Front) -> None:
    first, second = issue(project, "first"), issue(project, "second")
    to = {"target_project_id": project.id, "target_issue_iid": first.iid}
    source, target = second.links.create({**to, "link_type": "is_blocked_by"})
    [link] = second.links.list(get_all=True)

    assert (source.iid, target.iid) == (second.iid, first.iid)
    assert (link.iid, link.link_type) == (first.iid, "is_blocked_by")
    assert first.links.list(get_all=True)[0].link_type == "blocks"
    with pytest.raises(errors.GitlabCreateError) as refused:
        second.links.create(to)
    assert refused.value.response_code == 409
    second.links.delete(link.issue_link_id)
    assert second.links.list(get_all=True) == []
    for tier, status in ((Tier.CE, 400), (Tier.FREE, 403)):
        front.records.play(tier=tier)
        with pytest.raises(errors.GitlabCreateError) as refused:
            second.links.create({**to, "link_type": "blocks"})
        assert refused.value.response_code == status


def test_it_tracks_time(project: Project) -> None:
    one = issue(project)

    assert one.time_estimate("12h30m")["time_estimate"] == 45_000
    assert one.add_spent_time("2h")["human_total_time_spent"] == "2h"
    assert project.issues.get(1).time_stats()["human_time_estimate"] == "1d 4h 30m"
    assert one.reset_time_estimate()["time_estimate"] == 0
    assert one.reset_spent_time()["total_time_spent"] == 0
    with pytest.raises(errors.GitlabTimeTrackingError):
        one.time_estimate("soon")


def test_it_writes_notes(project: Project) -> None:
    one = issue(project)
    note = one.notes.create({"body": "noted\n/close"})
    note.body = "changed"
    note.save()

    assert project.issues.get(1).state == "closed"
    assert [each.body for each in one.notes.list(activity_filter="only_comments", get_all=True)] == [
        "changed"
    ]
    note.delete()
    assert [each.system for each in one.notes.list(get_all=True)] == [True]


def test_it_assigns_people(client: gitlab.Gitlab, project: Project) -> None:
    [mona] = client.users.list(username="mona", get_all=True)
    one = issue(project, assignee_ids=[mona.id])

    assert [each["username"] for each in one.assignees] == ["mona"]
    one.assignee_ids = []
    one.save()
    assert project.issues.get(1).assignees == []


def fill(front: Front, count: int) -> None:
    with front.records.writing():
        for number in range(count):
            front.records.add_issue(f"t{number}", "local")


def test_it_follows_pages_of_either_kind(project: Project, front: Front) -> None:
    fill(front, 45)
    pages = project.issues.list(iterator=True)
    assert (pages.total, pages.total_pages, pages.next_page) == (45, 3, 2)
    assert [each.iid for each in pages] == list(range(45, 0, -1))

    keyset: Any = project.issues.list(
        iterator=True, pagination="keyset", order_by="updated_at", sort="asc", per_page=10
    )
    assert keyset.total is None
    assert [each.iid for each in keyset] == list(range(1, 46))


def test_it_follows_a_listing_that_is_too_long_to_count(project: Project, front: Front) -> None:
    fill(front, 45)
    front.records.play(counted_max=10)
    pages = project.issues.list(iterator=True)

    assert pages.total is None
    assert len(list(pages)) == 45


@pytest.mark.parametrize("fault", [Fault.THROTTLE, Fault.LIMIT])
def test_it_tries_again_after_429(
    project: Project, front: Front, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    front.records.play(faults=(fault, fault))

    assert issue(project).iid == 1
    assert len(waited) == 2
    assert [(method, status) for method, _, status in front.asked[-3:]] == [
        ("POST", 429),
        ("POST", 429),
        ("POST", 201),
    ]


def test_it_is_told_of_a_lock_and_tries_again_after_a_gateway_that_failed(
    project: Project, front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It tries again after a lock only where the reason phrase of the answer says so, which no server here can say."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    issue(project)
    front.records.play(faults=(Fault.LOCK,))
    with pytest.raises(errors.GitlabUpdateError) as refused:
        project.issues.update(1, {"title": "x"})
    assert (refused.value.response_code, refused.value.error_message) == (409, "409 Conflict: Resource lock")

    front.records.play(faults=(Fault.BROKEN,))
    project.issues.update(1, {"title": "x"}, retry_transient_errors=True)
    assert project.issues.get(1).title == "x"


def test_it_stops_at_a_redirect_of_a_write(client: gitlab.Gitlab, project: Project, front: Front) -> None:
    issue(project)
    front.records.play(former_names=("old/name",))
    old = client.projects.get("old/name", lazy=True)

    assert client.projects.get("old/name").path_with_namespace == REPO
    with pytest.raises(errors.GitlabHttpError) as refused:
        client.http_put("/projects/old%2Fname/issues/1", post_data={"title": "x"})
    assert refused.value.response_code == 405
    assert old.issues.get(1).title == "one"
