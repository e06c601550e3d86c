"""A person on a GitLab, with its documented REST API; what they see is told in the words that GitHub's API has.

So one test can be read, and run, for both: `number` is the iid, `body` the description, and `state_reason` what a
closed issue's labels say. All that GitLab itself shows stands beside it, under its own names.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from itertools import count
from typing import Any
from urllib.parse import quote

import httpx
from starlette.types import Receive, Scope, Send

from tests.support.front import Front
from tests.support.people import Issue, Person, Place

DROPPED, DUPLICATE = "plansync::dropped", "plansync::duplicate"
WRITE_S = 0.02
"""How long a write takes where it is looked how many are on their way."""
_new = count()
_STATES = {"opened": "open", "active": "open", "closed": "closed"}
_REASONS = {DROPPED: "not_planned", DUPLICATE: "duplicate"}


def address_of(place: Place) -> str:
    """Give the address of a project's part of the API."""
    return f"{place.api_url}/projects/{quote(place.repo, safe='')}/"


def beneath(front: Front, root: str = "") -> Place:
    """Give the place of the GitLab that a front serves."""
    return Place(f"{front.host}{root}/api/v4", front.place.token, front.place.repo, "gitlab")


class GitLabPerson(Person):
    """Somebody on a GitLab."""

    def __init__(self, place: Place) -> None:
        headers = {"authorization": f"Bearer {place.token}"}
        self.group = f"{place.api_url}/groups/{place.repo.partition('/')[0]}"
        self.client = httpx.Client(base_url=address_of(place), headers=headers, trust_env=False, verify=False)

    # looking

    def _all(self, path: str) -> list[Issue]:
        found: list[Issue] = []
        url: str | None = path
        while url:
            answer = self.client.get(url).raise_for_status()
            found += answer.json()
            url = answer.links.get("next", {}).get("url")
        return found

    def milestones(self) -> list[Issue]:
        """List them by title: several are made at once, in no order."""
        found = self._all("milestones?include_ancestors=true&per_page=100")
        return [_milestone(each) for each in sorted(found, key=lambda each: str(each["title"]))]

    def issues(self) -> list[Issue]:
        found = self._all("issues?per_page=100")
        return [_issue(each) for each in sorted(found, key=lambda each: int(each["iid"]))]

    def blockers(self, number: int) -> list[int]:
        found = self._all(f"issues/{number}/links")
        return sorted(each["iid"] for each in found if each["link_type"] == "is_blocked_by")

    def kept(self, text: str) -> str:
        return text.replace("\r", "").rstrip()

    # acting

    def change(self, number: int, /, **fields: Any) -> None:
        """Edit an issue by its number, in GitHub's words or GitLab's."""
        self.client.put(f"issues/{number}", json=_told(fields)).raise_for_status()

    def comment(self, number: int, text: str) -> None:
        self.client.post(f"issues/{number}/notes", json={"body": text}).raise_for_status()

    def write(self, title: str, body: str = "", milestone: str = "", labels: Sequence[str] = ()) -> int:
        fields: dict[str, Any] = {"title": title, "body": body, "labels": list(labels)}
        if milestone:
            (fields["milestone"],) = [m["number"] for m in self.milestones() if m["title"] == milestone]
        return int(self.client.post("issues", json=_told(fields)).raise_for_status().json()["iid"])

    def label(self, title: str, *labels: str) -> None:
        self.change(self.issue(title)["number"], add_labels=list(labels))

    def unlabel(self, title: str, label: str) -> None:
        self.change(self.issue(title)["number"], remove_labels=[label])

    def block(self, title: str, blocker: str) -> None:
        number, other = self.issue(title)["number"], self.issue(blocker)
        given = {
            "target_project_id": other["project_id"],
            "target_issue_iid": other["number"],
            "link_type": "is_blocked_by",
        }
        self.client.post(f"issues/{number}/links", json=given).raise_for_status()

    def unblock(self, title: str, blocker: str) -> None:
        number, other = self.issue(title)["number"], self.issue(blocker)["number"]
        (link,) = [e["issue_link_id"] for e in self._all(f"issues/{number}/links") if e["iid"] == other]
        self.client.delete(f"issues/{number}/links/{link}").raise_for_status()

    def add_milestone(self, title: str, description: str = "") -> int:
        given = {"title": title, "description": description}
        return int(self.client.post("milestones", json=given).raise_for_status().json()["id"])

    def change_milestone(self, number: int, /, **fields: Any) -> None:
        event = {"closed": "close", "open": "activate"}.get(fields.pop("state", ""))
        given = {**fields, **({"state_event": event} if event else {})}
        self.client.put(f"milestones/{number}", json=given).raise_for_status()

    def delete_milestone(self, number: int) -> None:
        self.client.delete(f"milestones/{number}").raise_for_status()

    # what GitLab alone has

    def estimate(self, title: str, duration: str) -> None:
        """Say how long an issue takes, as the page does; empty for nothing."""
        path = f"issues/{self.issue(title)['number']}"
        if duration:
            self.client.post(f"{path}/time_estimate", json={"duration": duration}).raise_for_status()
        else:
            self.client.post(f"{path}/reset_time_estimate").raise_for_status()

    def minutes(self, title: str) -> int:
        """Read how many minutes an issue takes."""
        return int(self.issue(title)["time_stats"]["time_estimate"]) // 60

    def group_milestone(self, title: str, **fields: Any) -> Issue:
        """Make a milestone of the group above."""
        made = self.client.post(f"{self.group}/milestones", json={"title": title, **fields})
        return _milestone(made.raise_for_status().json())


def _milestone(raw: Issue) -> Issue:
    known = {"number": raw["id"], "state": _STATES[raw["state"]], "due_on": raw["due_date"]}
    return {**raw, **known, "html_url": raw["web_url"]}


def _issue(raw: Issue) -> Issue:
    is_closed = raw["state"] == "closed"
    reason = next((said for label, said in _REASONS.items() if label in raw["labels"]), "completed")
    return {
        **raw,
        "number": raw["iid"],
        "body": raw["description"],
        "state": _STATES[raw["state"]],
        "state_reason": reason if is_closed else None,
        "labels": [{"name": name} for name in raw["labels"] if name not in _REASONS],
        "milestone": _milestone(raw["milestone"]) if raw["milestone"] else None,
        "assignees": [{"login": each["username"], **each} for each in raw["assignees"]],
        "html_url": raw["web_url"],
    }


def _told(fields: dict[str, Any]) -> dict[str, Any]:
    """Say in GitLab's words what a person does."""
    told = {"body": "description", "milestone": "milestone_id"}
    given = {told.get(name, name): value for name, value in fields.items()}
    given |= {"milestone_id": given["milestone_id"] or 0} if "milestone_id" in given else {}
    state, reason = given.pop("state", None), given.pop("state_reason", "completed")
    if state is None:
        return given
    said = {label for label, meant in _REASONS.items() if meant == reason and state == "closed"}
    given |= {"state_event": "close" if state == "closed" else "reopen"}
    if said:
        given["add_labels"] = sorted(said)
    return given | {"remove_labels": sorted({*_REASONS} - said)}


class Gauge(Front):
    """A front that lets a moment pass with each write, and counts how many are on their way, and on which item."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        self.flying: list[str] = []
        self.most = 0
        self.twice: list[str] = []
        super().__init__(*arguments, **more)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "GET":
            return await super()._serve(scope, receive, send)
        item = _item(scope["raw_path"].decode())
        self.twice += [item] if item in self.flying else []
        self.flying.append(item)
        self.most = max(self.most, len(self.flying))
        try:
            await asyncio.sleep(WRITE_S)
            await super()._serve(scope, receive, send)
        finally:
            self.flying.remove(item)


def _item(path: str) -> str:
    """Name what a write is about: an issue or a milestone that is there; a new one is like no other."""
    found = re.search(r"/(issues|milestones)/\d+", path)
    return found[0] if found else f"new {next(_new)}"
