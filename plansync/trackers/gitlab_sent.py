"""What is sent to GitLab, in its names: the fields of a write, a duration, where a listing begins. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from plansync.model import State
from plansync.trackers.base import Thing, Written
from plansync.trackers.gitlab_payloads import DROPPED, DUPLICATE, moment

_OVERLAP = timedelta(
    seconds=120
)  # times in the database are finer than those shown, and a write may land late
_EVENTS: Mapping[Thing, Mapping[State, str]] = {
    Thing.ISSUE: {State.TODO: "reopen", State.DONE: "close", State.DROPPED: "close"},
    Thing.MILESTONE: {State.TODO: "activate", State.DONE: "close", State.DROPPED: "close"},
}
_NO_MILESTONE = 0


def given(thing: Thing, fields: Written) -> dict[str, object]:
    """Put the fields of an update into GitLab's names; labels and assignees come and go one by one.

    Why an issue was closed is a label of ours, which goes with the event in one request.
    """
    names = {"title": "title", "body": "description", "due": "due_date"}
    sent: dict[str, object] = {names[name]: value for name, value in fields.items() if name in names}
    if "milestone" in fields:
        sent["milestone_id"] = fields["milestone"] or _NO_MILESTONE
    if "state" in fields:
        sent["state_event"] = _EVENTS[thing][fields["state"]]
        sent |= _reason(fields) if thing is Thing.ISSUE else {}
    return sent


def made(thing: Thing, fields: Written) -> dict[str, object]:
    """Put the fields of a create into GitLab's names; whatever is made is open, and in no milestone unless one is."""
    sent = given(thing, {**fields, "state": State.TODO})
    for name in ("state_event", "add_labels", "remove_labels"):
        sent.pop(name, None)
    is_empty = {"milestone_id": _NO_MILESTONE, "due_date": ""}
    return {name: value for name, value in sent.items() if is_empty.get(name) != value}


def _reason(fields: Written) -> dict[str, object]:
    if fields["state"] is not State.DROPPED:
        return {"remove_labels": [DROPPED, DUPLICATE]}
    both = [DUPLICATE, DROPPED] if fields.get("is_duplicate") else [DROPPED, DUPLICATE]
    return {"add_labels": both[:1], "remove_labels": both[1:]}


def duration(minutes: int) -> str:
    """Write minutes as GitLab reads them: in hours and minutes alone, of which every instance thinks the same."""
    hours, rest = divmod(minutes, 60)
    return (f"{hours}h" if hours else "") + (f"{rest}m" if rest else "")


def before(since: str) -> str:
    """Give the moment to ask from, which lies before the last one that was read; empty where none was."""
    try:
        return moment((datetime.fromisoformat(since) - _OVERLAP).isoformat()) if since else ""
    except ValueError:
        return ""
