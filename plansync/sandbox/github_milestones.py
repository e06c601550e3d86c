"""Milestones in GitHub's dialect."""

from __future__ import annotations

from plansync.sandbox import github_shown as shown
from plansync.sandbox import github_taken as taken
from plansync.sandbox.door import Answer
from plansync.sandbox.github_common import created, own_milestone, paged, permit, there
from plansync.sandbox.github_door import Call
from plansync.sandbox.kinds import Milestone, MilestoneChanges
from plansync.sandbox.records import Records


def list_milestones(call: Call) -> Answer:
    """Answer GET R/milestones."""
    state = taken.state_filter(call.query, "Milestone")
    order = taken.choice(call.query, "sort", ("due_on", "completeness"), "Milestone")
    direction = taken.choice(call.query, "direction", ("asc", "desc"), "Milestone")
    found = [each for each in call.records.milestones() if state in (None, each.state)]
    by = _due if order == "due_on" else _completeness
    return paged(call, sorted(found, key=by, reverse=direction == "desc"), shown.milestone)


def get_milestone(call: Call) -> Answer:
    """Answer GET R/milestones/{number}."""
    return Answer(shown.milestone(call.site, _milestone(call)))


def create_milestone(call: Call) -> Answer:
    """Answer POST R/milestones."""
    permit(call)
    title = taken.title(call.payload, "Milestone", taken.TITLE_MAX - 1)
    fields = _milestone_fields(call)
    _refuse_taken_title(call.records, title, None)
    made = call.records.add_milestone(title, call.site.owner, **fields)
    return created(shown.milestone(call.site, made))


def update_milestone(call: Call) -> Answer:
    """Answer PATCH R/milestones/{number}."""
    permit(call)
    before = _milestone(call)
    fields = _milestone_fields(call)
    if call.payload.get("title") is not None:
        fields["title"] = taken.title(call.payload, "Milestone", taken.TITLE_MAX - 1)
        _refuse_taken_title(call.records, fields["title"], before.number)
    return Answer(shown.milestone(call.site, call.records.change_milestone(before.number, **fields)))


def delete_milestone(call: Call) -> Answer:
    """Answer DELETE R/milestones/{number}: its issues stay, in none."""
    permit(call)
    call.records.delete_milestone(_milestone(call).number)
    return Answer(None, 204)


def _milestone_fields(call: Call) -> MilestoneChanges:
    fields: MilestoneChanges = {}
    if "description" in call.payload:
        fields["description"] = taken.text(call.payload, "description", "Milestone")
    if "due_on" in call.payload:
        fields["due_on"] = taken.due_on(call.payload["due_on"])
    if state := taken.state(call.payload, "Milestone"):
        fields["state"] = state
    return fields


def _refuse_taken_title(records: Records, title: str, own: int | None) -> None:
    if records.milestone_titled(title) not in (None, own):
        raise taken.invalid("Milestone", "title", "already_exists")


def _milestone(call: Call) -> Milestone:
    return there(own_milestone(call, call.number()))


def _due(each: Milestone) -> tuple[bool, str, int]:
    return each.due_on is None, each.due_on or "", each.number


def _completeness(each: Milestone) -> tuple[float, int]:
    total = each.open_issues + each.closed_issues
    return (each.closed_issues / total if total else 0.0), each.number
