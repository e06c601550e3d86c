"""GitLab's REST dialect, version 4: which requests, and what their answers mean."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from typing import Unpack
from urllib.parse import quote

from plansync.errors import Moved, Rejected
from plansync.model import SECTIONS, Field, State
from plansync.text import sound
from plansync.trackers import gitlab_sent as sent
from plansync.trackers.base import Absence, Page, Record, Repository, Requests, Terms, Thing, Traits, Written
from plansync.trackers.credentials import Kind, sign_in_advice
from plansync.trackers.gitlab_access import RIGHTS, ProjectPayload, TokenPayload
from plansync.trackers.gitlab_door import Door, valid
from plansync.trackers.gitlab_labels import SCOPE, Spellings
from plansync.trackers.gitlab_links import Links
from plansync.trackers.gitlab_payloads import (
    PAYLOADS,
    Account,
    BranchPayload,
    IssuePayload,
    Site,
    TimeStats,
)
from plansync.trackers.gitlab_people import People
from plansync.trackers.gitlab_shown import FOLDERS, Shown
from plansync.trackers.http import Answer, Http, Params, Reach
from plansync.trackers.pacing import Bucket

TRAITS = Traits(
    name="gitlab",
    title_max=255,
    body_max=1_048_576,
    writes_at_once=8,
    stores=frozenset(
        {
            Field.TITLE,
            Field.STATE,
            Field.PHASE,
            Field.STEPS,
            Field.TEXT,
            Field.TICK,
            Field.LEVEL,
            Field.PROSE,
            Field.REQUIREMENTS,
            Field.ESTIMATE,
            Field.EFFORT,
            Field.DEPENDS,
            Field.EDGES,
            Field.LABELS,
            Field.OWNERS,
            Field.DUE,
            Field.FRAME,
            *SECTIONS,
        }
    ),
    risk_label="risk::high",
    drop_letter="~",
    scope_mark=SCOPE,
    terms=Terms(
        place="project",
        member="a member of the project",
        writer=f"a token with {RIGHTS}",
        other="something else of the same numbers, a task or an incident say",
        gone="deleted on the tracker, or made confidential",
        moved="moved to another project",
    ),
)
DROPPED_LABELS = ("wontfix", "won't do", "invalid", "duplicate")

_EVERY: Params = {"state": "all", "per_page": 100}
_ISSUES: Params = {**_EVERY, "issue_type": "issue"}
_BY_CURSOR: Params = {
    "pagination": "keyset"
}  # so that no row moves between two pages; older servers pass over it
_MILESTONES: Params = {**_EVERY, "include_ancestors": "true"}
_AT_ONCE = 50  # `iids[]` in one address: longer ones are answered with 414
_NO_TOKEN_SHOWN = (400, 401, 403, 404)  # a token of OAuth, or an older server


class GitLab:
    """The adapter. A write answers with the record as GitLab keeps it, which may drop what was sent.

    Labels and assignees are given by `create`, `label` and `assign` alone. A task is made in several operations: the
    issue, its estimate, its links. Writes are not paced unless
    `reach` says so; what GitLab says of its limits is obeyed.
    """

    def __init__(
        self,
        api_url: str,
        project: str,
        *,
        dropped_labels: Collection[str] = DROPPED_LABELS,
        **reach: Unpack[Reach],
    ) -> None:
        """Open nothing yet. Shape: `api_url` ends in /api/v4; `project` is GROUP/NAME, or the project's number."""
        token = reach.get("token")
        self._source = token.source if token else ""
        self._now = reach.get("now", time.time)
        self._site = Site(api_url, project, dropped_labels)
        reach.setdefault("is_paced", TRAITS.is_paced)
        advice = sign_in_advice(api_url, Kind.GITLAB)
        self._http = Http(base_url=api_url, sign_in=advice, rights=RIGHTS, **reach)
        self._door = Door(self._http, project)
        self._spellings, self._people = Spellings(self._door), People(self._door)
        self._links = Links(self._door)
        self._shown = Shown(self._door, self._site, self._spellings, self._people)

    @property
    def traits(self) -> Traits:
        """Limits and abilities."""
        return TRAITS

    @property
    def requests(self) -> Requests:
        """The running count."""
        return self._http.requests

    @property
    def bucket(self) -> Bucket | None:
        """How much was written lately, where the settings ask for a pace."""
        return self._http.bucket

    # The project.

    async def repository(self) -> Repository:
        """Read the project, and what the token says of itself: scopes, and its last day."""
        project = self._door.read(ProjectPayload, (await self._door.look()).body)
        self._door.number = project.id
        answer = await self._http.get("personal_access_tokens/self", accept=_NO_TOKEN_SHOWN, is_cached=False)
        token = valid(TokenPayload, answer.body) if answer.status == 200 else None
        return project.repository(self._site, token, self._source, self._now())

    def known_as(self, node: str) -> None:
        """Hear by which number the project was known: it is asked by that where its name leads nowhere."""
        self._door.last = int(node) if node.isdecimal() else None

    async def account(self) -> str:
        """Read whose token this is."""
        answer = await self._http.get("user", accept=(403, 404), is_cached=False)
        account = valid(Account, answer.body)
        return sound(account.username) if account and answer.status == 200 else ""

    async def is_protected(self, branch: str) -> bool | None:
        """Read whether a branch is protected, and against this account."""
        path = f"repository/branches/{quote(branch, safe='')}"
        answer = await self._door.get(path, accept=(403, 404), is_cached=False)
        found = valid(BranchPayload, answer.body)
        return found.is_shut if found and answer.status == 200 else None

    # Reading.

    def changed(self, since: str) -> AsyncIterator[Page]:
        """List the issues that changed since a moment, or all; last changed first.

        An overlap is asked for besides. At rest the moment stays, and so does the address that the ETag is kept for.
        """
        edge = sent.before(since)
        params: Params = {**_ISSUES, "order_by": "updated_at", "sort": "desc", **_BY_CURSOR}
        return self._shown.listed(Thing.ISSUE, {**params, "updated_after": edge} if edge else params, edge)

    async def labelled(self, label: str) -> AsyncIterator[Page]:
        """List all issues that bear a label, open and closed, as it is spelt here."""
        (spelt,) = await self._spellings.stored((label,))
        async for page in self._shown.listed(Thing.ISSUE, {**_ISSUES, "labels": spelt}):
            yield page

    def milestones(self) -> AsyncIterator[Page]:
        """List all milestones, open and closed, those of the groups above too."""
        return self._shown.listed(Thing.MILESTONE, _MILESTONES)

    async def newest(self) -> tuple[Record, ...]:
        """List the issues created last: one page, never from a cache."""
        params: Params = {**_ISSUES, "order_by": "created_at", "sort": "desc"}
        answer = await self._door.get("issues", params, accept=(404,), is_cached=False)
        if answer.status == 404:
            raise self._door.not_found()
        return self._shown.records(Thing.ISSUE, answer)

    async def several(self, refs: Sequence[int]) -> tuple[Record, ...]:
        """Read issues directly, fifty in a request; those that are away, or no issues, are left out."""
        found: list[Record] = []
        for at in range(0, len(refs), _AT_ONCE):
            params: Params = {**_EVERY, "iids[]": tuple(refs[at : at + _AT_ONCE])}
            answer = await self._door.get("issues", params, accept=(404,), is_cached=False)
            if answer.status == 404:
                raise self._door.not_found()
            found += self._shown.records(Thing.ISSUE, answer)
        return tuple(found)

    async def look(self, thing: Thing, ref: int) -> Record | Absence:
        """Read one record directly.

        A deleted issue and one that was made confidential look alike (404): both are `GONE` while the project answers.
        Raises: NotFound where it is the project that is missing.
        """
        answer = await self._door.get(_path(thing, ref), accept=(403, 404), is_cached=False)
        if answer.status == 403:
            return Absence.DENIED
        if answer.status == 404:
            await self._door.must_be_there(answer)
            inherited = await self._inherited(ref) if thing is Thing.MILESTONE else None
            return inherited or Absence.GONE
        payload = self._door.read(PAYLOADS[thing], answer.body)
        if isinstance(payload, IssuePayload) and (payload.is_moved or payload.is_other):
            return Absence.MOVED if payload.is_moved else Absence.OTHER
        return self._shown.record(payload)

    async def _inherited(self, ref: int) -> Record | None:
        """Find a milestone of a group above, which the project's own routes do not show."""
        async for page in self.milestones():
            for record in page.records:
                if record.ref == ref:
                    return record
        return None

    # Writing.

    async def create(self, thing: Thing, fields: Written) -> Record:
        """Make one open record; the answer is the truth. A `milestone` of `None` is not sent."""
        assert fields.get("state", State.TODO) is State.TODO, "closing is an operation of its own"
        given = sent.made(thing, fields)
        await self._check_milestone(fields)
        if labels := fields.get("labels"):
            given["labels"] = list(await self._spellings.stored(labels))
        if logins := fields.get("assignees"):
            given["assignee_ids"] = await self._people.ids(logins)
        try:
            answer = await self._door.send("POST", FOLDERS[thing], given, accept=(404,))
        except Rejected as error:
            await self._explain_title(thing, fields, error)
            raise
        if answer.status == 404:
            raise self._door.not_found()
        return self._shown.written(thing, answer)

    async def update(self, thing: Thing, ref: int, fields: Written) -> Record:
        """Write the given fields of one record, no others; the answer is the truth."""
        await self._check_milestone(fields)
        try:
            answer = await self._put(thing, ref, sent.given(thing, fields))
        except Rejected as error:
            await self._explain_title(thing, fields, error, ref)
            raise
        return self._shown.written(thing, answer)

    async def label(self, ref: int, labels: tuple[str, ...]) -> tuple[str, ...]:
        """Add labels to an issue, which keeps its others; answers with all that it bears then."""
        adding = await self._spellings.stored(labels)
        given: dict[str, object] = {"add_labels": list(adding)}
        if siblings := await self._spellings.siblings(adding):
            given["remove_labels"] = list(siblings)
        return self._shown.written(Thing.ISSUE, await self._put(Thing.ISSUE, ref, given)).labels

    async def unlabel(self, ref: int, label: str) -> tuple[str, ...]:
        """Take one label off an issue, however it is spelt there; answers with those that it keeps."""
        if "," in label:  # no label has such a name, and GitLab would take it for two others
            return (await self._there(ref)).labels
        given: dict[str, object] = {"remove_labels": list(await self._spellings.alike(label))}
        return self._shown.written(Thing.ISSUE, await self._put(Thing.ISSUE, ref, given)).labels

    async def estimate(self, ref: int, minutes: int) -> int:
        """Say how long an issue takes; answers with the minutes that GitLab keeps."""
        path = _path(Thing.ISSUE, ref)
        recheck = self._recheck(Thing.ISSUE, ref, self._shown.revisions.get((Thing.ISSUE, ref), ""))
        below, given = (
            ("time_estimate", {"duration": sent.duration(minutes)})
            if minutes
            else ("reset_time_estimate", {})
        )
        answer = await self._door.send("POST", f"{path}/{below}", given, accept=(404,), recheck=recheck)
        if answer.status == 404:
            raise await self._absent(Thing.ISSUE, ref, answer)
        if (stats := valid(TimeStats, answer.body)) is None:
            raise self._shown.unsure(Thing.ISSUE)
        return stats.minutes

    # People. An issue's are written as a whole, so they are read just before.

    async def is_assignable(self, login: str) -> bool:
        """Say whether an account is a member of this project, by itself or through a group."""
        return await self._people.id(login) is not None

    async def assign(self, ref: int, logins: tuple[str, ...]) -> Record:
        """Give an issue to more people; it keeps those that it has. Without a licence it keeps one person alone."""
        ids, known = await self._people.ids(logins), await self._there(ref)
        there = [each.id for each in known.assignees]
        return await self._give(ref, known, [*there, *(each for each in ids if each not in there)])

    async def unassign(self, ref: int, logins: tuple[str, ...]) -> Record:
        """Take an issue from people; the others keep it."""
        known, going = await self._there(ref), {login.casefold() for login in logins}
        left = [each.id for each in known.assignees if each.username.casefold() not in going]
        return await self._give(ref, known, left)

    async def _give(self, ref: int, known: IssuePayload, ids: list[int]) -> Record:
        if ids == [each.id for each in known.assignees]:
            return self._shown.record(known)
        return self._shown.written(Thing.ISSUE, await self._put(Thing.ISSUE, ref, {"assignee_ids": ids}))

    # Links.

    async def blockers(self, ref: int) -> tuple[int, ...] | None:
        """List the issues of this project by which one is blocked; `None` where there are no such links."""
        return await self._links.blockers(ref)

    async def block(self, ref: int, blocker: Record) -> Record:
        """Link an issue to one that must be done before; a link that is there is no error.

        Raises: Unsupported where the instance has no licence for such links.
        """
        return await self._linked(ref, await self._links.block(ref, blocker.ref))

    async def unblock(self, ref: int, blocker: Record) -> Record:
        """Take such a link away; one that is not there is no error."""
        return await self._linked(ref, await self._links.unblock(ref, blocker.ref))

    async def _linked(self, ref: int, answer: Answer | None) -> Record:
        """Give the issue as it is after a write of its links, which may answer with less than all of it."""
        if answer is not None and answer.status == 404:
            raise await self._absent(Thing.ISSUE, ref, answer)
        payload = self._links.seen(ref, answer) if answer else None
        return self._shown.record(payload or await self._there(ref))

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._http.aclose()

    async def _there(self, ref: int) -> IssuePayload:
        """Read an issue that must be there, as it is shown."""
        answer = await self._door.get(_path(Thing.ISSUE, ref), accept=(404,), is_cached=False)
        if answer.status == 404:
            raise await self._absent(Thing.ISSUE, ref, answer)
        payload = self._door.read(IssuePayload, answer.body)
        if payload.is_moved:
            raise Moved(
                f"{self._shown.named(Thing.ISSUE, ref)} was moved to another project; nothing was written"
            )
        return payload

    # Before, around and after a write.

    async def _put(self, thing: Thing, ref: int, given: dict[str, object]) -> Answer:
        if self._shown.is_inherited.get(ref) and thing is Thing.MILESTONE:
            raise self._of_a_group(ref)
        recheck = self._recheck(thing, ref, self._shown.revisions.get((thing, ref), ""))
        answer = await self._door.send("PUT", _path(thing, ref), given, accept=(404,), recheck=recheck)
        if answer.status == 404:
            raise await self._absent(thing, ref, answer)
        return answer

    def _recheck(self, thing: Thing, ref: int, known: str) -> Callable[[], Awaitable[None]]:
        """Before a write is sent again that met another one: it must still be decided on what is there."""

        async def recheck() -> None:
            fresh = await self.look(thing, ref)
            if not isinstance(fresh, Record) or (known and fresh.revision != known):
                raise Moved(
                    f"{self._shown.named(thing, ref)} changed while it was written; nothing was overwritten"
                )

        return recheck

    async def _absent(self, thing: Thing, ref: int, answer: Answer) -> Moved | Rejected:
        """Say why there is nothing to write to."""
        await self._door.must_be_there(answer)
        if thing is Thing.MILESTONE and await self._inherited(ref):
            return self._of_a_group(ref)
        how = "" if thing is Thing.MILESTONE else " or made confidential"
        return Moved(f"{self._shown.named(thing, ref)} was deleted{how} meanwhile; nothing was written")

    def _of_a_group(self, ref: int) -> Rejected:
        return Rejected(
            f"milestone {ref} belongs to a group above {self._site.project}, and to its other projects; it is used and "
            "not edited. Change it on the page of the group"
        )

    async def _check_milestone(self, fields: Written) -> None:
        """Refuse a milestone that is not there: GitLab would make the issue without it, and say nothing.

        One that this run saw needs no request.
        """
        ref = fields.get("milestone")
        if (
            ref
            and ref not in self._shown.is_inherited
            and not isinstance(await self.look(Thing.MILESTONE, ref), Record)
        ):
            raise Rejected(f"there is no milestone {ref} in {self._site.project}; nothing was written")

    async def _explain_title(self, thing: Thing, fields: Written, error: Rejected, own: int = 0) -> None:
        """Look who has a milestone's title: what a refusal says of it is a dump of Ruby's, in no fixed form."""
        title = fields.get("title", "").strip()
        if thing is Thing.ISSUE or not title:
            return
        params: Params = {**_MILESTONES, "title": title}
        async for answer in self._door.pages(FOLDERS[thing], params):
            for other in (each for each in self._shown.records(thing, answer) if each.ref != own):
                owner = "a group above" if other.is_inherited else self._site.project
                raise Rejected(
                    f"a milestone named {title!r} is there already, in {owner} ({other.url}); nothing was written",
                    error.request_id,
                ) from None


def _path(thing: Thing, ref: int) -> str:
    return f"{FOLDERS[thing]}/{ref}"
