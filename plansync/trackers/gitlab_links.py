"""Links between issues: which one waits for which. Only an instance with a licence (Premium) keeps them."""

from __future__ import annotations

import re

from plansync.errors import AuthError, Rejected, Unsupported
from plansync.trackers.gitlab_door import Door, valid
from plansync.trackers.gitlab_payloads import IssuePayload, LinkedPayload, LinkPayload
from plansync.trackers.http import Answer

_BLOCKED = "is_blocked_by"
_ABSENT = (404,)
_UNLICENSED = re.compile(
    r"link_type does not have a valid value|not available for current license", re.IGNORECASE
)
"""Community Edition answers 400 with the first, a server without the licence 403 with the second."""
_LINKED = re.compile(r"already assigned", re.IGNORECASE)


class Links:
    """Reads and writes the links by which an issue waits; those that only relate two issues are none of ours."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._is_unsupported = False

    async def blockers(self, ref: int) -> tuple[int, ...] | None:
        """List the issues of this project by which one is blocked; `None` once a write showed that there are none.

        Without a licence the list is empty: only a write tells that it could not be anything else.
        """
        if self._is_unsupported:
            return None
        linked = await self._linked(ref)
        return None if linked is None else tuple(sorted({each.iid for each in linked}))

    async def block(self, ref: int, blocker: int) -> Answer | None:
        """Make a link; `None` where it is there already. A 404 comes back as an answer."""
        given = {
            "target_project_id": self._door.number or self._door.project,
            "target_issue_iid": blocker,
            "link_type": _BLOCKED,
        }
        try:
            return await self._door.send("POST", _path(ref), given, accept=_ABSENT)
        except (Rejected, AuthError) as error:
            if _UNLICENSED.search(str(error)):
                self._is_unsupported = True
                raise Unsupported(
                    f"{self._door.project} keeps no links between issues that block each other: GitLab does with "
                    "Premium; they stand in the texts alone",
                    error.request_id,
                ) from None
            if not _LINKED.search(str(error)):
                raise
            if blocker in (await self.blockers(ref) or ()):
                return None
            raise Rejected(
                f"#{ref} and #{blocker} are linked in another way already; take that link away on the tracker, and the "
                f"next run makes #{ref} wait for #{blocker}",
                error.request_id,
            ) from None

    async def unblock(self, ref: int, blocker: int) -> Answer | None:
        """Take a link away, which only a list names; `None` where it is not there, or went just now."""
        for each in await self._linked(ref) or ():
            if each.iid == blocker:
                path = f"{_path(ref)}/{each.issue_link_id}"
                answer = await self._door.send("DELETE", path, accept=_ABSENT)
                return None if answer.status in _ABSENT else answer
        return None

    def seen(self, ref: int, answer: Answer) -> IssuePayload | None:
        """Find the issue that waits in the answer to a write, whichever end it is; `None` where it is not whole."""
        payload = valid(LinkPayload, answer.body)
        for end in (payload.source_issue, payload.target_issue) if payload else ():
            if end and end.iid == ref and end.time_stats and end.project_id in (None, self._door.number):
                return end
        return None

    async def _linked(self, ref: int) -> list[LinkedPayload] | None:
        """List what blocks an issue; `None` where there is no such issue."""
        found: list[LinkedPayload] = []
        async for answer in self._door.pages(_path(ref), accept=_ABSENT):
            if answer.status in _ABSENT:
                await self._door.must_be_there(answer)
                return None
            found += self._door.read_all(LinkedPayload, answer)
        home = await self._door.find_number() if found else None
        return [each for each in found if each.link_type == _BLOCKED and each.project_id in (None, home)]


def _path(ref: int) -> str:
    return f"issues/{ref}/links"
