"""Labels in GitHub's dialect: the repository's, and those that an issue bears."""

from __future__ import annotations

from plansync.sandbox import github_shown as shown
from plansync.sandbox import github_taken as taken
from plansync.sandbox.door import Answer
from plansync.sandbox.github_common import created, paged, permit, the_issue, there
from plansync.sandbox.github_door import Call
from plansync.sandbox.github_taken import Refused
from plansync.sandbox.kinds import LabelChanges
from plansync.sandbox.records import Records


def list_labels(call: Call) -> Answer:
    """Answer GET R/labels."""
    return paged(call, call.records.labels.all(), shown.label)


def get_label(call: Call) -> Answer:
    """Answer GET R/labels/{name}."""
    return Answer(shown.label(call.site, there(call.records.labels.named(call.path["name"]))))


def create_label(call: Call) -> Answer:
    """Answer POST R/labels."""
    permit(call)
    if "name" not in call.payload:
        raise taken.unusable('"name" wasn\'t supplied.')
    name = taken.label_name(call.payload["name"])
    color = taken.label_color(call.payload.get("color") or "ededed")
    text = taken.label_text(call.payload.get("description"))
    _refuse_taken_name(call.records, name)
    return created(shown.label(call.site, call.records.labels.add(name, color, text)))


def update_label(call: Call) -> Answer:
    """Answer PATCH R/labels/{name}."""
    permit(call)
    before, changes = there(call.records.labels.named(call.path["name"])), LabelChanges()
    if call.payload.get("new_name") is not None:
        changes["name"] = taken.label_name(call.payload["new_name"])
        if changes["name"].casefold() != before.name.casefold():
            _refuse_taken_name(call.records, changes["name"])
    if call.payload.get("color") is not None:
        changes["color"] = taken.label_color(call.payload["color"])
    if "description" in call.payload:
        changes["description"] = taken.label_text(call.payload["description"])
    return Answer(shown.label(call.site, call.records.labels.change(before, **changes)))


def delete_label(call: Call) -> Answer:
    """Answer DELETE R/labels/{name}: no issue bears it any longer."""
    permit(call)
    call.records.labels.delete(there(call.records.labels.named(call.path["name"])))
    return Answer(None, 204)


def list_issue_labels(call: Call) -> Answer:
    """Answer GET R/issues/{number}/labels."""
    return paged(call, the_issue(call).labels, shown.label)


def add_issue_labels(call: Call) -> Answer:
    """Answer POST R/issues/{number}/labels with all that the issue bears then."""
    permit(call)
    issue = the_issue(call)
    call.records.labels.put_on(issue.number, taken.labels(call.payload.get("labels")))
    return Answer([shown.label(call.site, each) for each in the_issue(call).labels])


def set_issue_labels(call: Call) -> Answer:
    """Answer PUT R/issues/{number}/labels, which replaces them all."""
    permit(call)
    issue = the_issue(call)
    call.records.labels.set_on(issue.number, taken.labels(call.payload.get("labels") or []))
    return Answer([shown.label(call.site, each) for each in the_issue(call).labels])


def remove_issue_label(call: Call) -> Answer:
    """Answer DELETE R/issues/{number}/labels/{name} with those that are left."""
    permit(call)
    issue = the_issue(call)
    if not call.records.labels.take_off(issue.number, call.path["name"]):
        raise Refused(404, "Label does not exist")
    return Answer([shown.label(call.site, each) for each in the_issue(call).labels])


def _refuse_taken_name(records: Records, name: str) -> None:
    if records.labels.named(name) is not None:
        raise taken.invalid("Label", "name", "already_exists")
