"""Milestones in GitLab's dialect: the project's, and those that it inherits from its group."""

from __future__ import annotations

from collections.abc import Callable

from plansync.sandbox import gitlab_shown as shown
from plansync.sandbox import gitlab_taken as taken
from plansync.sandbox.door import Answer
from plansync.sandbox.gitlab_common import at_least_one, one_issue, paged, permit, there
from plansync.sandbox.gitlab_door import Call
from plansync.sandbox.kinds import Milestone, MilestoneChanges, Query, State
from plansync.sandbox.moments import micros

_FIELDS = ("title", "description", "start_date", "due_date", "state_event")
_TAKEN = "already being used for another group or project milestone."
_STATES = {"active": State.OPEN, "closed": State.CLOSED}
_EVENTS = {"close": State.CLOSED, "activate": State.OPEN}


def list_milestones(call: Call) -> Answer:
    """Answer GET P/milestones."""
    has_ancestors = taken.flag(call.params, "include_ancestors") or taken.flag(
        call.params, "include_parent_milestones"
    )
    found = call.records.milestones(with_inherited=bool(has_ancestors))
    return _listed(call, found, None if has_ancestors else taken.numbers(call.params, "iids"))


def list_group_milestones(call: Call) -> Answer:
    """Answer GET G/milestones."""
    found = [each for each in call.records.milestones(with_inherited=True) if each.is_inherited]
    return _listed(_of_group(call), found, taken.numbers(call.params, "iids"))


def _listed(call: Call, found: list[Milestone], iids: tuple[int, ...] | None) -> Answer:
    state = taken.choice(call.params, "state", ("active", "closed", "all"), "all")
    title, search = taken.text(call.params, "title"), (taken.text(call.params, "search") or "").lower()
    since, until = (taken.instant(call.params, f"updated_{way}") for way in ("after", "before"))
    kept = [
        each
        for each in reversed(found)
        if (state == "all" or each.state is _STATES[state])
        and (iids is None or each.number in iids)
        and title in (None, each.title)
        and search in f"{each.title}\n{each.description or ''}".lower()
        and (since is None or each.updated_us >= micros(since))
        and (until is None or each.updated_us <= micros(until))
    ]
    return paged(call, [shown.milestone(call.site, each) for each in kept])


def get_milestone(call: Call) -> Answer:
    """Answer GET P/milestones/{milestone_id}, and G's."""
    return Answer(shown.milestone(call.site, _milestone(call)))


def create_milestone(call: Call) -> Answer:
    """Answer POST P/milestones, and G's."""
    permit(call)
    taken.needed(call.params, "title")
    fields = _fields(call, None)
    made = call.records.add_milestone(fields.pop("title"), call.site.me, **fields)
    return Answer(shown.milestone(call.site, made), 201)


def update_milestone(call: Call) -> Answer:
    """Answer PUT P/milestones/{milestone_id}, and G's: only what is named moves."""
    permit(call)
    before = _milestone(call)
    at_least_one(call, _FIELDS)
    fields = _fields(call, before)
    if event := taken.choice(call.params, "state_event", tuple(_EVENTS)):
        fields["state"] = _EVENTS[event]
    return Answer(shown.milestone(call.site, call.records.change_milestone(before.number, **fields)))


def delete_milestone(call: Call) -> Answer:
    """Answer DELETE P/milestones/{milestone_id}, and G's: its issues stay, in none."""
    permit(call)
    call.records.delete_milestone(_milestone(call).number)
    return Answer(None, 204)


def list_issues(call: Call) -> Answer:
    """Answer GET P/milestones/{milestone_id}/issues."""
    belongs_to = _milestone(call)
    found, _ = call.records.issues(Query(milestone=belongs_to.number, has_pulls=False))
    return paged(call, [one_issue(call, each) for each in found])


def of_group(do: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
    """Do with the group's milestones what is done with the project's."""
    return lambda call: do(_of_group(call))


def _of_group(call: Call) -> Call:
    if call.path["group"].casefold() not in (str(call.site.group_id), call.site.group.casefold()):
        raise taken.not_found("Group")
    return call


def _milestone(call: Call) -> Milestone:
    """Read the milestone that the path names by its id: the project finds its own, the group its own."""
    found = call.records.milestone_with_id(call.number("milestone_id"))
    return there(found if found and found.is_inherited == ("group" in call.path) else None)


def _fields(call: Call, before: Milestone | None) -> MilestoneChanges:
    """Read what a write says of a milestone, and refuse what cannot be; what is refused is told as a Ruby hash."""
    deed, params = "create" if before is None else "update", call.params
    fields: MilestoneChanges = {}
    if "title" in params:
        fields["title"] = (taken.text(params, "title") or "").strip()
        if not fields["title"]:
            raise _failed(deed, "title", "can't be blank")
        if call.records.milestone_titled(fields["title"]) not in (None, before and before.number):
            raise _failed(deed, "title", _TAKEN)
    if "description" in params:
        fields["description"] = taken.text(params, "description")
    if "start_date" in params:
        fields["start_date"] = taken.day(params, "start_date")
    if "due_date" in params:
        fields["due_on"] = taken.due_on(taken.day(params, "due_date"))
    starts = fields.get("start_date", before.start_date if before else None)
    ends = fields.get("due_on", before.due_on if before else None)
    if starts and ends and ends[:10] < starts:
        raise _failed(deed, "due_date", "must be greater than start date")
    if before is None:
        fields["is_inherited"] = "group" in call.path
    return fields


def _failed(deed: str, field: str, problem: str) -> taken.Refused:
    return taken.said(400, f'Failed to {deed} milestone {{:{field}=>["{problem}"]}}')
