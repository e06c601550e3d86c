"""How a record is shown in GitLab's dialect: records in, JSON-ready values out.

Never reads a request and never decides anything. The shapes are those of GitLab's own test schemas; a
contract test holds them to it.
"""

from __future__ import annotations

from plansync.sandbox import markdown
from plansync.sandbox.gitlab_site import Json, Site, user
from plansync.sandbox.gitlab_time import human
from plansync.sandbox.kinds import Comment, Event, Issue, Label, Link, LinkKind, Milestone, State, Tier
from plansync.sandbox.moments import at_micros


def label(site: Site, shown: Label) -> Json:
    """Show a label."""
    red, green, blue = (int(shown.color[at : at + 2], 16) for at in (0, 2, 4))
    return {
        "id": shown.id,
        "name": shown.name,
        "description": shown.description,
        "description_html": shown.description or "",
        "text_color": "#1F1E24" if 299 * red + 587 * green + 114 * blue > 128_000 else "#FFFFFF",
        "color": f"#{shown.color}",
        "archived": False,
        "subscribed": False,
        "priority": None,
        "is_project_label": True,
    }


def milestone(site: Site, shown: Milestone) -> Json:
    """Show a milestone; its dates are days."""
    due = shown.due_on[:10] if shown.due_on else None
    owner = {"group_id": site.group_id} if shown.is_inherited else {"project_id": site.project_id}
    place = f"{site.root}/groups/{site.group}" if shown.is_inherited else site.project_html
    return {
        "id": shown.id,
        "iid": shown.number,
        **owner,
        "title": shown.title,
        "description": shown.description,
        "state": "active" if shown.state is State.OPEN else "closed",
        "created_at": in_ms(shown.created_at),
        "updated_at": from_micros(shown.updated_us),
        "due_date": due,
        "start_date": shown.start_date,
        "expired": due is not None and due < f"{site.today}",
        "web_url": f"{place}/-/milestones/{shown.number}",
    }


def issue(site: Site, shown: Issue, belongs_to: Milestone | None, *, in_detail: bool = False) -> Json:
    """Show an issue; `in_detail`: its labels as objects."""
    assignees = [user(site, each) for each in shown.assignees]
    names = sorted(shown.labels, key=lambda each: each.name)
    url = f"{site.project_api}/issues/{shown.number}"
    is_closed = shown.state is State.CLOSED
    duplicate_of = f"{site.project_api}/issues/{shown.duplicate_of}" if shown.duplicate_of else None
    return {
        "id": shown.id,
        "iid": shown.number,
        "project_id": site.project_id,
        "title": shown.title,
        "description": _text(shown),
        "state": "closed" if is_closed else "opened",
        "created_at": in_ms(shown.created_at),
        "updated_at": from_micros(shown.updated_us),
        "closed_at": in_ms(shown.closed_at) if shown.closed_at else None,
        "closed_by": user(site, shown.closed_by) if shown.closed_by and is_closed else None,
        "labels": [label(site, each) if in_detail else each.name for each in names],
        "milestone": milestone(site, belongs_to) if belongs_to else None,
        "assignees": assignees,
        "author": user(site, shown.author),
        "type": shown.kind.upper(),
        "assignee": assignees[0] if assignees else None,
        "user_notes_count": shown.comments,
        "merge_requests_count": 0,
        "upvotes": 0,
        "downvotes": 0,
        "due_date": shown.due_date,
        "confidential": shown.is_confidential,
        "discussion_locked": None,
        "issue_type": shown.kind,
        "web_url": f"{site.project_html}/-/{'issues' if shown.kind == 'issue' else 'work_items'}/{shown.number}",
        "time_stats": time_stats(shown),
        **_tasks(shown.body or ""),
        "_links": {
            "self": url,
            "notes": f"{url}/notes",
            "award_emoji": f"{url}/award_emoji",
            "project": site.project_api,
            "closed_as_duplicate_of": duplicate_of,
        },
        "references": {
            "short": f"#{shown.number}",
            "relative": f"#{shown.number}",
            "full": f"{site.project}#{shown.number}",
        },
        "severity": "UNKNOWN",
        "moved_to_id": shown.moved_to,
        "imported": False,
        "imported_from": "none",
        "service_desk_reply_to": None,
        **_licensed(site, shown),
    }


def _text(shown: Issue) -> str | None:
    """Give an issue's text as GitLab would have kept it, whatever the board's form made of its line ends."""
    if shown.body is None or shown.kind != "issue":
        return shown.body
    return shown.body.replace("\r", "").rstrip()


def time_stats(shown: Issue) -> Json:
    """Show how long an issue may take, and took."""
    return {
        "time_estimate": shown.estimate_s,
        "total_time_spent": shown.spent_s,
        "human_time_estimate": human(shown.estimate_s),
        "human_total_time_spent": human(shown.spent_s),
    }


def link_type(link: Link, seen_from: int) -> str:
    """Say what a link is, seen from one of its ends."""
    if link.kind is LinkKind.RELATES:
        return link.kind.value
    return "blocks" if link.source == seen_from else "is_blocked_by"


def linked(link: Link, seen_from: int, other: Json) -> Json:
    """Show the other end of a link."""
    at = in_ms(link.at)
    told = {"issue_link_id": link.id, "link_type": link_type(link, seen_from)}
    return {**other, **told, "link_created_at": at, "link_updated_at": at}


def note(site: Site, shown: Comment, on: Issue) -> Json:
    """Show a comment."""
    return _note(site, shown.id, shown.body, shown.author, (shown.created_at, shown.updated_at), on)


def event_note(site: Site, shown: Event, id_: int, on: Issue) -> Json:
    """Show what was done to an issue as the note that GitLab writes of it."""
    told = _note(site, id_, shown.kind, shown.actor, (shown.at, shown.at), on)
    return {**told, "system": True, "resolvable": False}


def _note(site: Site, id_: int, body: str, author: str, times: tuple[str, str], on: Issue) -> Json:
    return {
        "id": id_,
        "type": None,
        "body": body,
        "attachment": None,
        "author": user(site, author),
        "created_at": in_ms(times[0]),
        "updated_at": in_ms(times[1]),
        "system": False,
        "noteable_id": on.id,
        "noteable_type": "Issue",
        "project_id": site.project_id,
        "resolvable": False,
        "confidential": False,
        "internal": False,
        "imported": False,
        "imported_from": "none",
        "noteable_iid": on.number,
        "commands_changes": {},
    }


def in_ms(at: str) -> str:
    """Write a time of the records as GitLab does."""
    return at.replace("Z", ".000Z")


def from_micros(count: int) -> str:
    """Write an instant as GitLab does: milliseconds, though it is kept more finely."""
    instant = at_micros(count)
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03d}Z"


def _tasks(text: str) -> Json:
    """Count the boxes of a text; a dropped one counts in neither number, and one without words is none."""
    boxes = [each for each in markdown.boxes(text) if each.has_words and not each.is_dropped]
    count, done = len(boxes), sum(each.is_ticked for each in boxes)
    status = {"task_status": f"{done} of {count} checklist items completed"} if count else {}
    return {
        "task_completion_status": {"count": count, "completed_count": done},
        "has_tasks": bool(count),
        **status,
    }


def _licensed(site: Site, shown: Issue) -> Json:
    """Show what only the Enterprise Edition has, and what only a licence gives."""
    if site.tier is Tier.CE:
        return {}
    counted = {"blocking_issues_count": shown.dependencies.total_blocking}
    more = ("weight", "epic_iid", "epic", "iteration", "health_status")
    return {**counted, **(dict.fromkeys(more) if site.tier is Tier.PREMIUM else {})}
