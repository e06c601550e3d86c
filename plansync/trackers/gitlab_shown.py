"""What GitLab showed in this run: its answers as records, and what of them later writes stand on."""

from __future__ import annotations

from collections.abc import AsyncIterator

from plansync.errors import Moved, OutcomeUnknown
from plansync.trackers.base import Page, Record, Thing
from plansync.trackers.gitlab_door import Door, valid
from plansync.trackers.gitlab_labels import Spellings
from plansync.trackers.gitlab_payloads import PAYLOADS, IssuePayload, MilestonePayload, Payload, Site
from plansync.trackers.gitlab_people import People
from plansync.trackers.http import Answer, Params

FOLDERS = {Thing.ISSUE: "issues", Thing.MILESTONE: "milestones"}


class Shown:
    """Turns answers into records. Remembers revisions, and the milestones that are there: whether each is inherited."""

    def __init__(self, door: Door, site: Site, spellings: Spellings, people: People) -> None:
        self._door, self._site = door, site
        self._spellings, self._people = spellings, people
        self.revisions: dict[tuple[Thing, int], str] = {}
        self.is_inherited: dict[int, bool] = {}

    async def listed(self, thing: Thing, params: Params, edge: str = "") -> AsyncIterator[Page]:
        """Read a listing page by page; `edge`: the revision at which it was told to begin."""
        async for answer in self._door.pages(FOLDERS[thing], params):
            yield Page(self.records(thing, answer), answer.is_unchanged, answer.is_last, edge)

    def records(self, thing: Thing, answer: Answer) -> tuple[Record, ...]:
        """Read a page; what was moved away is left behind only as a closed copy, which is no issue of ours."""
        payloads = self._door.read_all(PAYLOADS[thing], answer)
        return tuple(
            self.record(each)
            for each in payloads
            if not (isinstance(each, IssuePayload) and (each.is_moved or each.is_other))
        )

    def record(self, payload: Payload) -> Record:
        """Turn a payload into a record, and remember of it what later writes stand on."""
        record = payload.record(self._site)
        self.revisions[record.thing, record.ref] = record.revision
        if isinstance(payload, MilestonePayload):
            self.is_inherited[record.ref] = record.is_inherited
        else:
            self._door.number = self._door.number or payload.project_id
            self._people.learn(payload.assignees)
            self._spellings.learn(payload.labels)
        return record

    def written(self, thing: Thing, answer: Answer) -> Record:
        """Read the answer to a write."""
        payload = valid(PAYLOADS[thing], answer.body)
        if payload is None:
            raise self.unsure(thing)
        if isinstance(payload, IssuePayload) and payload.is_moved:
            raise Moved(f"{self.named(thing, payload.iid)} was moved to another project; it is closed here")
        return self.record(payload)

    def unsure(self, thing: Thing) -> OutcomeUnknown:
        """Say that a write landed and nobody knows how."""
        return OutcomeUnknown(
            f"{self._door.http.host} took a write of {self._site.project} and answered with no {thing.value}; "
            "the next run looks before it writes again"
        )

    def named(self, thing: Thing, ref: int) -> str:
        """Name a record in a sentence."""
        return f"{thing.value} {ref} of {self._site.project}"
