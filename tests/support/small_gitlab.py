"""A small server in GitLab's words: the least of a Community Edition that a plan needs, and it misbehaves on demand.

Documented REST only: a project, its milestones, issues and estimates, pages with `Link`. No ETag, no cursor, no links
that block, no groups. It shares no line with plansync's own sandbox.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from tests.support.people import Place
from tests.support.small_server import REPO, TOKEN, Asked, Json, Records, Says, SmallServer, touched

PROJECT_ID = 42
HOME = f"/api/v4/projects/{quote(REPO, safe='')}"
FORMER = f"/api/v4/projects/{quote('kitchen/cookbook', safe='')}"
_BY_ID = f"/api/v4/projects/{PROJECT_ID}"
_SECONDS = {"m": 60, "h": 3_600}
_CANNOT = (400, {"error": "link_type does not have a valid value"})


class SmallGitLab(SmallServer):
    """Serves one project. `is_moved`: it had another name before, under which reads are led to its number."""

    is_moved = False

    @property
    def place(self) -> Place:
        return Place(f"{self.url}/api/v4", TOKEN, REPO)

    def restore(self, records: Records) -> None:
        super().restore(records)
        self.is_moved = False

    def fault(self, asked: Asked) -> Any:
        """Answer for the old name as GitLab does: it leads reads to the number, and takes no writes."""
        if self.is_moved and asked.path.startswith(FORMER):
            if asked.is_write:
                return Says(405, "Non GET methods are not allowed for moved projects")
            return Says(301, "Moved", {"location": f"{self.url}{_BY_ID}{asked.path.removeprefix(FORMER)}"})
        return super().fault(asked)

    def answer(self, asked: Asked, query: dict[str, str]) -> tuple[int, Any]:
        path = asked.path.replace(_BY_ID, HOME, 1)
        about = {"id": PROJECT_ID, "path_with_namespace": REPO, "issues_enabled": True, **self.home}
        fixed: dict[str, Any] = {
            HOME: about,
            f"{HOME}/labels": [],
            "/api/v4/user": {"id": 1, "username": "ada"},
            "/api/v4/personal_access_tokens/self": {"scopes": ["api"], "active": True, "expires_at": None},
        }
        if not asked.is_write and path in fixed:
            return 200, fixed[path]
        found = re.fullmatch(rf"{re.escape(HOME)}/(issues|milestones)(?:/(\d+))?(?:/(\w+))?", path)
        if found is None:
            return 404, {"error": "404 Not Found"}
        noun, number, below = found[1], int(found[2] or 0), found[3] or ""
        if number == 0:
            return (self._make if asked.is_write else self._list)(noun, asked.body, query)
        kept = self.records.issues if noun == "issues" else self.records.milestones
        if number > len(kept):
            return 404, {"message": "404 Not found"}
        return self._about(kept[number - 1], asked, below)

    def _about(self, record: Json, asked: Asked, below: str) -> tuple[int, Any]:
        if below == "links":
            return _CANNOT if asked.is_write else (200, [])
        if below in ("time_estimate", "reset_time_estimate"):
            parts = re.findall(r"(\d+)([hm])", (asked.body or {}).get("duration", ""))
            seconds = sum(int(count) * _SECONDS[unit] for count, unit in parts)
            record["time_stats"] = {"time_estimate": seconds}
            touched(self.records, record)
            return 200, record["time_stats"]
        if asked.is_write:
            self._write(record, asked.body)
            touched(self.records, record)
        return 200, record

    def _list(self, noun: str, body: Any, query: dict[str, str]) -> tuple[int, Any]:
        if noun == "milestones":
            return 200, [m for m in self.records.milestones if query.get("title", m["title"]) == m["title"]]
        wanted = {name for name in query.get("labels", "").split(",") if name}
        found = [
            each
            for each in self.records.issues
            if wanted <= {*each["labels"]} and each["updated_at"] >= query.get("updated_after", "")
        ]
        by = query.get("order_by", "created_at")
        return 200, sorted(
            found, key=lambda i: (i[by], i["iid"]), reverse=query.get("sort", "desc") == "desc"
        )

    def _make(self, noun: str, body: Any, query: dict[str, str]) -> tuple[int, Any]:
        kept = self.records.issues if noun == "issues" else self.records.milestones
        number = len(kept) + 1
        made: Json = {
            "id": number if noun == "milestones" else 900 + number,
            "iid": number,
            "project_id": PROJECT_ID,
        }
        if noun == "issues":
            made |= {"state": "opened", "labels": [], "milestone": None, "time_stats": {"time_estimate": 0}}
        else:
            made |= {"state": "active"}
        self._write(made, body)
        kept.append(touched(self.records, made, is_new=True))
        return 201, made

    def _write(self, record: Json, body: Any) -> None:
        """Take fields as GitLab does: what it does not know is passed over."""
        record |= {name: body[name] for name in ("title", "description", "due_date") if name in body}
        labels = set(record.get("labels", ())) | {*body.get("labels", ()), *body.get("add_labels", ())}
        if "labels" in record:
            record["labels"] = sorted(labels - {*body.get("remove_labels", ())})
        if body.get("milestone_id"):
            record["milestone"] = self.records.milestones[body["milestone_id"] - 1]
        states = {"close": "closed", "reopen": "opened", "activate": "active"}
        if event := body.get("state_event"):
            record["state"] = states[event]
