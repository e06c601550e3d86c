"""Labels in GitLab's dialect: told apart by case, made where a write names them, exclusive where licensed."""

from __future__ import annotations

from collections.abc import Sequence

from plansync.sandbox import gitlab_shown as shown
from plansync.sandbox import gitlab_taken as taken
from plansync.sandbox.door import Answer
from plansync.sandbox.gitlab_common import at_least_one, paged, permit, there
from plansync.sandbox.gitlab_door import Call
from plansync.sandbox.gitlab_site import Json
from plansync.sandbox.kinds import Label, LabelChanges, Query, State, Tier

_FIELDS = ("new_name", "color", "description", "priority", "archived")
_TAKEN = "Label already exists"


def list_labels(call: Call) -> Answer:
    """Answer GET P/labels."""
    search, is_counted = (
        (taken.text(call.params, "search") or "").lower(),
        taken.flag(call.params, "with_counts"),
    )
    found = [each for each in call.records.exact_labels.all() if search in each.name.lower()]
    return paged(
        call, [_counted(call, each) if is_counted else shown.label(call.site, each) for each in found]
    )


def _counted(call: Call, label: Label) -> Json:
    counts = [
        call.records.issues(Query(labels=(label.name,), are_labels_exact=True, state=state, limit=0))[1]
        for state in (State.OPEN, State.CLOSED)
    ]
    told = {"open_issues_count": counts[0], "closed_issues_count": counts[1], "open_merge_requests_count": 0}
    return {**shown.label(call.site, label), **told}


def get_label(call: Call) -> Answer:
    """Answer GET P/labels/{name}."""
    return Answer(shown.label(call.site, _named(call, call.path["name"])))


def create_label(call: Call) -> Answer:
    """Answer POST P/labels."""
    permit(call)
    name, color = taken.needed(call.params, "name"), taken.needed(call.params, "color")
    name = taken.label_name(name)
    if call.records.exact_labels.named(name):
        raise taken.said(409, _TAKEN)
    made = call.records.exact_labels.add(name, taken.color(color), taken.text(call.params, "description"))
    return Answer(shown.label(call.site, made), 201)


def update_label(call: Call) -> Answer:
    """Answer PUT P/labels/{name}, and the older PUT P/labels that names it in the body."""
    permit(call)
    name = call.path["name"] if "name" in call.path else taken.needed(call.params, "name")
    before, changes = _named(call, name), LabelChanges()
    at_least_one(call, _FIELDS)
    if new_name := taken.text(call.params, "new_name"):
        changes["name"] = taken.label_name(new_name)
        other = call.records.exact_labels.named(changes["name"])
        if other and other.id != before.id:
            raise taken.invalid("title", "has already been taken")
    if color := taken.text(call.params, "color"):
        changes["color"] = taken.color(color)
    if "description" in call.params:
        changes["description"] = taken.text(call.params, "description")
    return Answer(shown.label(call.site, call.records.exact_labels.change(before, **changes)))


def delete_label(call: Call) -> Answer:
    """Answer DELETE P/labels/{name}: no issue bears it any longer."""
    permit(call)
    name = call.path["name"] if "name" in call.path else taken.needed(call.params, "name")
    call.records.exact_labels.delete(_named(call, name))
    return Answer(None, 204)


def _named(call: Call, name: str) -> Label:
    """Read a label by its id or its name."""
    by_id = call.records.exact_labels.with_id(int(name)) if taken.NUMBER.fullmatch(name) else None
    return there(by_id or call.records.exact_labels.named(name), "Label")


def relabel(call: Call, issue: int, wanted: Sequence[str]) -> None:
    """Make these an issue's only labels, as a write names them."""
    names = [name for each in wanted if 0 < len(name := taken.clean_name(each)) <= taken.LABEL_MAX]
    kept = _exclusive(names) if call.traits.tier is Tier.PREMIUM else names
    call.records.exact_labels.set_on(issue, kept)


def changed(call: Call, issue: int, add: Sequence[str], remove: Sequence[str]) -> None:
    """Put labels on an issue and take others off; one that is named in both goes."""
    borne = [each.name for each in call.records.exact_labels.on([issue])[issue]]
    gone = {taken.clean_name(each) for each in remove}
    new = [each for each in map(taken.clean_name, add) if each not in borne]
    relabel(call, issue, [each for each in (*borne, *new) if each not in gone])


def _exclusive(names: Sequence[str]) -> list[str]:
    """Keep the last of those labels whose names are alike up to their last `::`."""
    last = {name.rpartition("::")[0]: name for name in names if "::" in name}
    return [name for name in names if "::" not in name or last[name.rpartition("::")[0]] == name]
