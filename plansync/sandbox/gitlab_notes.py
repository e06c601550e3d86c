"""Notes in GitLab's dialect: what people write under an issue, and what GitLab itself writes of what was done."""

from __future__ import annotations

from plansync.sandbox import gitlab_actions as actions
from plansync.sandbox import gitlab_shown as shown
from plansync.sandbox import gitlab_taken as taken
from plansync.sandbox.door import Answer
from plansync.sandbox.gitlab_commands import told
from plansync.sandbox.gitlab_common import paged, permit, the_issue, there
from plansync.sandbox.gitlab_door import Call
from plansync.sandbox.kinds import Comment, Issue

_FILTERS = ("all_notes", "only_comments", "only_activity")


def list_notes(call: Call) -> Answer:
    """Answer GET P/issues/{iid}/notes."""
    issue = the_issue(call)
    wanted = taken.choice(call.params, "activity_filter", _FILTERS, "all_notes")
    order = taken.choice(call.params, "order_by", ("created_at", "updated_at"), "created_at")
    is_ascending = taken.choice(call.params, "sort", ("asc", "desc"), "desc") == "asc"
    written = [shown.note(call.site, each, issue) for each in call.records.comments(issue.number)]
    done = [
        shown.event_note(call.site, each, at, issue)
        for at, each in enumerate(call.records.events(issue.number), 1)
    ]
    found = [*([] if wanted == "only_activity" else written), *([] if wanted == "only_comments" else done)]
    return paged(call, sorted(found, key=lambda each: (each[order], each["id"]), reverse=not is_ascending))


def get_note(call: Call) -> Answer:
    """Answer GET P/issues/{iid}/notes/{note_id}."""
    issue, note = _note(call)
    return Answer(shown.note(call.site, note, issue))


def create_note(call: Call) -> Answer:
    """Answer POST P/issues/{iid}/notes; one that held nothing but quick actions is not kept."""
    body = taken.needed(call.params, "body")
    issue = the_issue(call)
    read = told(_limited(body), is_plain_rule=call.traits.is_plain_rule)
    if not read.text.strip() and not read.commands:
        raise taken.said(400, '400 Bad request - Note {:note=>["can\'t be blank"]}')
    changes = actions.act(call, issue.number, read.commands)
    if not read.text.strip():
        return Answer({"commands_changes": changes, "summary": ["Applied commands."]}, 202)
    made = call.records.add_comment(issue.number, read.text, call.site.me)
    return Answer({**shown.note(call.site, made, issue), "commands_changes": changes}, 201)


def update_note(call: Call) -> Answer:
    """Answer PUT P/issues/{iid}/notes/{note_id}."""
    body = taken.needed(call.params, "body")
    issue, note = _note(call)
    if note.author != call.site.me:
        permit(call)
    read = told(_limited(body), is_plain_rule=call.traits.is_plain_rule)
    if not read.text.strip():
        raise taken.said(400, '400 Bad request - Note {:note=>["can\'t be blank"]}')
    call.records.change_comment(note.id, read.text)
    actions.act(call, issue.number, read.commands)
    return Answer(shown.note(call.site, _note(call)[1], issue))


def delete_note(call: Call) -> Answer:
    """Answer DELETE P/issues/{iid}/notes/{note_id}."""
    _, note = _note(call)
    if note.author != call.site.me:
        permit(call)
    call.records.delete_comment(note.id)
    return Answer(None, 204)


def _note(call: Call) -> tuple[Issue, Comment]:
    issue, id_ = the_issue(call), call.number("note_id")
    found = [each for each in call.records.comments(issue.number) if each.id == id_]
    return issue, there(found[0] if found else None, "Note")


def _limited(body: str) -> str:
    return taken.limited(body, "note", taken.NOTE_MAX)
