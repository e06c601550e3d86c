"""Links between issues in GitLab's dialect: each is seen from the issue that is asked, and some need a licence."""

from __future__ import annotations

from plansync.sandbox import gitlab_shown as shown
from plansync.sandbox import gitlab_taken as taken
from plansync.sandbox.door import Answer
from plansync.sandbox.gitlab_common import can_see, one_issue, paged, permit, the_issue, there
from plansync.sandbox.gitlab_door import Call
from plansync.sandbox.gitlab_site import Json
from plansync.sandbox.kinds import Issue, Link, LinkKind, Tier

_LICENSED = ("blocks", "is_blocked_by")
_NO_LICENCE = "Blocked issues not available for current license"
_NO_MATCH = "No matching issue found. Make sure that you are adding a valid issue URL."
_TAKEN = "Issue(s) already assigned"


def list_links(call: Call) -> Answer:
    """Answer GET P/issues/{iid}/links with the issues at the other ends."""
    issue = the_issue(call)
    links = [(each, _other(call, each, issue)) for each in call.records.relations.links(issue.number)]
    return paged(
        call,
        [
            shown.linked(link, issue.number, one_issue(call, other))
            for link, other in links
            if can_see(call, other)
        ],
    )


def create_link(call: Call) -> Answer:
    """Answer POST P/issues/{iid}/links; the reply does not say the link's id."""
    project, number = (
        taken.needed(call.params, "target_project_id"),
        taken.needed_number(call.params, "target_issue_iid"),
    )
    kinds = ("relates_to",) if call.traits.tier is Tier.CE else ("relates_to", *_LICENSED)
    kind = taken.choice(call.params, "link_type", kinds, "relates_to")
    issue = the_issue(call)
    permit(call)
    if project not in (str(call.site.project_id), call.site.project):
        raise taken.not_found("Project")
    other = call.records.issue(number)
    other = there(other if other and can_see(call, other) else None)
    if kind in _LICENSED and call.traits.tier is Tier.FREE:
        raise taken.said(403, _NO_LICENCE)
    if other.number == issue.number:
        raise taken.said(404, _NO_MATCH)
    if any(other.number in (each.source, each.target) for each in call.records.relations.links(issue.number)):
        raise taken.said(409, _TAKEN)
    ends = (other, issue) if kind == "is_blocked_by" else (issue, other)
    stored = LinkKind.RELATES if kind == "relates_to" else LinkKind.BLOCKS
    made = call.records.relations.link(
        ends[0].number, ends[1].number, stored, moves=call.traits.do_links_move
    )
    return Answer(_both(call, made, issue, other), 201)


def get_link(call: Call) -> Answer:
    """Answer GET P/issues/{iid}/links/{link_id}."""
    issue = the_issue(call)
    link = _link(call, issue)
    return Answer(_both(call, link, issue, _other(call, link, issue)))


def delete_link(call: Call) -> Answer:
    """Answer DELETE P/issues/{iid}/links/{link_id}, from either end."""
    issue = the_issue(call)
    link = _link(call, issue)
    permit(call)
    other = _other(call, link, issue)
    call.records.relations.unlink(link, moves=call.traits.do_links_move)
    return Answer(_both(call, link, issue, other))


def _link(call: Call, issue: Issue) -> Link:
    id_ = call.number("link_id", "issue_link_id")
    found = [each for each in call.records.relations.links(issue.number) if each.id == id_]
    return there(found[0] if found else None)


def _other(call: Call, link: Link, issue: Issue) -> Issue:
    return there(call.records.issue(link.target if link.source == issue.number else link.source))


def _both(call: Call, link: Link, seen_from: Issue, other: Issue) -> Json:
    return {
        "source_issue": one_issue(call, there(call.records.issue(seen_from.number))),
        "target_issue": one_issue(call, there(call.records.issue(other.number))),
        "link_type": shown.link_type(link, seen_from.number),
    }
