"""Pull requests in GitHub's dialect: as much of them as it takes to ask for one, and to find it again.

Source: GitHub REST docs, "Pulls"; the part of the API description that the tests hold routes against has none.
"""

from __future__ import annotations

from plansync.sandbox import github_shown as shown
from plansync.sandbox import github_taken as taken
from plansync.sandbox.door import Answer
from plansync.sandbox.github_common import created, paged, permit, there
from plansync.sandbox.github_door import Call
from plansync.sandbox.github_shown import Json, Site
from plansync.sandbox.github_taken import Refused
from plansync.sandbox.kinds import State
from plansync.sandbox.pulls import Pull


def list_pulls(call: Call) -> Answer:
    """Answer GET R/pulls: `head` counts only with its owner, as OWNER:BRANCH."""
    state = taken.state_filter(call.query, "PullRequest")
    owner, colon, branch = call.query.get("head", "").partition(":")
    is_ours = owner.casefold() == call.site.owner.casefold()
    head = (branch if is_ours else ":") if colon else ""
    found = call.records.pulls.all(head, call.query.get("base", ""))
    return paged(
        call, [p for p in found if state in (None, _state(call, p))], lambda site, p: _shown(call, site, p)
    )


def create_pull(call: Call) -> Answer:
    """Answer POST R/pulls: one open request for a branch, no more."""
    permit(call)
    title = taken.title(call.payload, "PullRequest")
    head, base = (taken.string(call.payload.get(name), name) for name in ("head", "base"))
    head = head.rpartition(":")[2]
    records = call.records
    if head == base:
        raise _refused(f"No commits between {base} and {head}")
    if any(_state(call, each) is State.OPEN for each in records.pulls.all(head, base)):
        raise _refused(f"A pull request already exists for {call.site.owner}:{head}.")
    with records.writing():
        body = taken.text(call.payload, "body", "PullRequest")
        issue = records.add_issue(title, call.site.owner, body=body, is_pull=True)
        made = records.pulls.add(issue.number, head, base)
    return created(_shown(call, call.site, made))


def _refused(message: str) -> Refused:
    return taken.invalid("PullRequest", "head", "custom", message=message)


def _state(call: Call, pull: Pull) -> State:
    return State(there(call.records.issue(pull.issue)).state)


def _shown(call: Call, site: Site, pull: Pull) -> Json:
    """Show a pull request: what it has of an issue, and its branches."""
    issue = shown.issue(site, there(call.records.issue(pull.issue)), None)
    names = (
        "id",
        "node_id",
        "number",
        "title",
        "body",
        "state",
        "user",
        "created_at",
        "updated_at",
        "closed_at",
    )
    url = f"{site.repo_api}/pulls/{pull.issue}"
    branches = {
        side: {"ref": name, "label": f"{site.owner}:{name}"}
        for side, name in (("head", pull.head), ("base", pull.base))
    }
    return {**{name: issue[name] for name in names}, "url": url, "html_url": issue["html_url"], **branches}
