"""GitHub's REST dialect, and that of servers which speak enough of it: which requests, and what their answers mean."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from typing import TypeVar, Unpack
from urllib.parse import quote

from pydantic import BaseModel, TypeAdapter, ValidationError

from plansync.errors import (
    AuthError,
    ConfigError,
    Moved,
    NotFound,
    OutcomeUnknown,
    Rejected,
    Unavailable,
    Unsupported,
)
from plansync.model import SECTIONS, Field, State
from plansync.text import folded, sound
from plansync.trackers.base import Absence, Page, Record, Repository, Requests, Thing, Traits, Written
from plansync.trackers.credentials import sign_in_advice
from plansync.trackers.github_payloads import (
    PAYLOADS,
    AccountPayload,
    BranchPayload,
    IssuePayload,
    Names,
    RepositoryPayload,
    Site,
    issues_off,
)
from plansync.trackers.http import REDIRECTS, Answer, Http, Params, Reach
from plansync.trackers.pacing import Bucket

TRAITS = Traits(
    name="github",
    title_max=256,
    body_max=65_536,
    writes_at_once=1,
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
            Field.DEPENDS,
            Field.EDGES,
            Field.LABELS,
            Field.OWNERS,
            Field.DUE,
            Field.FRAME,
            *SECTIONS,
        }
    ),
    is_paced=True,
)
DROPPED_LABELS = ("wontfix", "won't do", "invalid", "duplicate")

_HEADERS = {"accept": "application/vnd.github+json", "x-github-api-version": "2022-11-28"}
_EVERY: Params = {"state": "all", "per_page": 100}
_BLOCKED_BY = "dependencies/blocked_by"
_FOLDERS = {Thing.ISSUE: "issues", Thing.MILESTONE: "milestones"}
_ABSENCES = {403: Absence.DENIED, 404: Absence.DENIED, 410: Absence.GONE}
_ABSENT = frozenset({404, 410})
_STATES = {
    State.TODO: ("open", "reopened"),
    State.DONE: ("closed", "completed"),
    State.DROPPED: ("closed", "not_planned"),
}


_LABELS: TypeAdapter[tuple[str, ...]] = TypeAdapter(Names)
_Model = TypeVar("_Model", bound=BaseModel)


class GitHub:
    """The adapter. A write answers with the record as GitHub keeps it, which may drop what was sent.

    Labels and assignees are given by `create`, `label` and `assign` alone: a PATCH would replace the whole set, and
    with it what someone added in between.
    """

    def __init__(
        self,
        api_url: str,
        project: str,
        *,
        dropped_labels: Collection[str] = DROPPED_LABELS,
        **reach: Unpack[Reach],
    ) -> None:
        """Open nothing yet. Shape: `project` is OWNER/NAME. Paced unless `reach` says otherwise."""
        self._home = _home(project)
        self._names = {project.casefold()}
        self._site = Site(api_url, project, dropped_labels)
        reach.setdefault("is_paced", TRAITS.is_paced)
        self._http = Http(base_url=api_url, headers=_HEADERS, sign_in=sign_in_advice(api_url), **reach)

    @property
    def traits(self) -> Traits:
        """Limits and abilities."""
        return TRAITS

    @property
    def requests(self) -> Requests:
        """The running count."""
        return self._http.requests

    async def repository(self) -> Repository:
        """Read the target itself; where it was renamed, all that follows goes to where it is now."""
        answer = await self._http.get(self._home, accept=REDIRECTS | _ABSENT)
        if answer.status in REDIRECTS:
            self._home = self._http.target(answer)
            answer = await self._http.get(self._home, accept=_ABSENT)
        self._refuse_absent(answer)
        return self._read(RepositoryPayload, answer.body).record(self._site)

    @property
    def bucket(self) -> Bucket | None:
        """How much was written lately."""
        return self._http.bucket

    async def account(self) -> str:
        """Read whose token this is; a token of an app or a job may not ask."""
        answer = await self._http.get("user", accept=_ABSENCES.keys(), is_cached=False)
        account = _valid(AccountPayload, answer.body)
        return sound(account.login) if account and answer.status == 200 else ""

    async def is_protected(self, branch: str) -> bool | None:
        """Read whether a branch is protected."""
        path = f"{self._home}/branches/{quote(branch, safe='')}"
        answer = await self._http.get(path, accept=_ABSENCES.keys(), is_cached=False)
        found = _valid(BranchPayload, answer.body)
        return found.protected if found and answer.status == 200 else None

    def changed(self, since: str) -> AsyncIterator[Page]:
        """List all issues, last changed first. `since` is not sent: the ETag would never recur."""
        return self._list(Thing.ISSUE, {**_EVERY, "sort": "updated", "direction": "desc"})

    def labelled(self, label: str) -> AsyncIterator[Page]:
        """List all issues that bear a label, open and closed."""
        return self._list(Thing.ISSUE, {**_EVERY, "labels": label})

    def milestones(self) -> AsyncIterator[Page]:
        """List all milestones, open and closed."""
        return self._list(Thing.MILESTONE, _EVERY)

    async def newest(self) -> tuple[Record, ...]:
        """List the issues created last: one page, never from a cache."""
        params: Params = {**_EVERY, "sort": "created", "direction": "desc"}
        answer = await self._http.get(self._path(Thing.ISSUE), params, accept=_ABSENT, is_cached=False)
        return self._page(Thing.ISSUE, answer).records

    async def look(self, thing: Thing, ref: int) -> Record | Absence:
        """Read one record directly.

        A missing record and an unreadable one look alike (404), so that alone is never `GONE`.
        """
        accept = REDIRECTS | _ABSENCES.keys()
        answer = await self._http.get(self._path(thing, ref), accept=accept, is_cached=False)
        if answer.status in REDIRECTS and await self._is_renamed(answer):
            answer = await self._http.get(self._path(thing, ref), accept=accept, is_cached=False)
        if answer.status in REDIRECTS:
            return Absence.MOVED
        if answer.status in _ABSENCES:
            return _ABSENCES[answer.status]
        payload = self._read(PAYLOADS[thing], answer.body)
        return Absence.OTHER if payload.pull_request else payload.record(self._site)

    async def create(self, thing: Thing, fields: Written) -> Record:
        """Make one open record; the answer is the truth. A `milestone` of `None` is not sent."""
        assert fields.get("state", State.TODO) is State.TODO, "closing is an operation of its own"
        given = {name: value for name, value in _payload(thing, fields).items() if value is not None}
        answer = await self._http.send("POST", self._path(thing), _open(given), accept=_ABSENT)
        self._refuse_absent(answer)
        return self._written(thing, answer)

    async def update(self, thing: Thing, ref: int, fields: Written) -> Record:
        """Write the given fields of one record, no others but `labels`; the answer is the truth."""
        given = _payload(thing, fields)
        for name in ("labels", "assignees"):
            given.pop(name, None)
        answer = await self._change("PATCH", thing, ref, "", given)
        return self._written(thing, answer)

    async def label(self, ref: int, labels: tuple[str, ...]) -> tuple[str, ...]:
        """Add labels to an issue, which keeps its own; answers with all that it bears then."""
        answer = await self._change_issue("POST", ref, "labels", {"labels": list(labels)})
        return self._labels_of(ref, answer)

    async def unlabel(self, ref: int, label: str) -> tuple[str, ...]:
        """Take one label off an issue; one that it does not bear is no error. Answers with those that it keeps."""
        try:
            answer = await self._change_issue("DELETE", ref, f"labels/{quote(label, safe='')}", None)
        except Rejected:  # 404: no such label there, or no such issue
            found = await self.look(Thing.ISSUE, ref)
            if isinstance(found, Record) and folded(label) not in map(folded, found.labels):
                return found.labels
            raise
        return self._labels_of(ref, answer)

    def _labels_of(self, ref: int, answer: Answer) -> tuple[str, ...]:
        try:
            return _LABELS.validate_python(answer.body)
        except ValidationError:
            raise OutcomeUnknown(
                f"{self._http.host} changed the labels of {self._named(Thing.ISSUE, ref)} and did not say which it "
                "bears; the next run looks"
            ) from None

    async def is_assignable(self, login: str) -> bool:
        """Say whether an account can be given issues of this repository."""
        path = f"{self._home}/assignees/{quote(login, safe='')}"
        answer = await self._http.get(path, accept=(404,), is_cached=False)
        return answer.status == 204

    async def assign(self, ref: int, logins: tuple[str, ...]) -> Record:
        """Give an issue to more people; it keeps those that it has."""
        answer = await self._change_issue("POST", ref, "assignees", {"assignees": list(logins)})
        return self._written(Thing.ISSUE, answer)

    async def unassign(self, ref: int, logins: tuple[str, ...]) -> Record:
        """Take an issue from people; the others keep it."""
        answer = await self._change_issue("DELETE", ref, "assignees", {"assignees": list(logins)})
        return self._written(Thing.ISSUE, answer)

    async def estimate(self, ref: int, minutes: int) -> int:
        """Raise: GitHub keeps no estimates."""
        raise Unsupported(f"{self._site.project} keeps no estimates; they stand in the texts alone")

    async def blockers(self, ref: int) -> tuple[int, ...] | None:
        """List the issues of this repository by which one is blocked; `None` where there are no such links."""
        found: list[IssuePayload] = []
        path = f"{self._path(Thing.ISSUE, ref)}/{_BLOCKED_BY}"
        async for answer in self._http.pages(path, {"per_page": 100}, accept=_ABSENT):
            if answer.status in _ABSENT:
                return None
            if not isinstance(answer.body, list):
                raise Unavailable(
                    f"{self._http.host} answered a listing with something else; run again later"
                )
            found += [self._read(IssuePayload, each) for each in answer.body]
        return tuple(each.number for each in found if not each.repository or each.repository in self._names)

    async def block(self, ref: int, blocker: Record) -> Record:
        """Link an issue to one that must be done before; a link that is there is no error.

        Raises: Unsupported where the server keeps no such links, or not for this account.
        """
        return await self._link("POST", ref, _BLOCKED_BY, {"issue_id": blocker.key}, blocker)

    async def unblock(self, ref: int, blocker: Record) -> Record:
        """Take such a link away; one that is not there is no error. Raises: as `block`."""
        return await self._link("DELETE", ref, f"{_BLOCKED_BY}/{blocker.key}", None, blocker)

    async def _link(
        self, method: str, ref: int, below: str, given: dict[str, object] | None, blocker: Record
    ) -> Record:
        """Write one link. What is refused may be so already: nobody says how a second one is answered."""
        try:
            return self._written(Thing.ISSUE, await self._change_issue(method, ref, below, given))
        except (Rejected, AuthError) as error:
            linked, found = await self.blockers(ref), await self.look(Thing.ISSUE, ref)
            if not isinstance(found, Record):
                raise
            if linked is None or isinstance(error, AuthError):
                raise Unsupported(
                    f"{self._site.project} keeps no links between issues that block each other, or not for this "
                    "token; they stand in the texts alone",
                    error.request_id,
                ) from None
            if (blocker.ref in linked) is (method == "POST"):
                return found
            raise

    async def _change_issue(
        self, method: str, ref: int, below: str, given: dict[str, object] | None
    ) -> Answer:
        return await self._change(method, Thing.ISSUE, ref, f"/{below}", given)

    async def _change(
        self, method: str, thing: Thing, ref: int, below: str, given: dict[str, object] | None
    ) -> Answer:
        """Write to one record, or below it, wherever a renamed repository answers from."""
        name, accept = self._named(thing, ref), REDIRECTS | _ABSENT
        answer = await self._http.send(method, self._path(thing, ref) + below, given, accept=accept)
        if answer.status in REDIRECTS and await self._is_renamed(answer):
            answer = await self._http.send(method, self._path(thing, ref) + below, given, accept=accept)
        if answer.status in REDIRECTS:
            raise Moved(f"{name} was transferred to another repository; nothing was written")
        if answer.status == 410:
            raise Moved(f"{name} was deleted meanwhile; nothing was written")
        if answer.status == 404:
            raise Rejected(f"{name} was deleted, or this token may not edit it")
        return answer

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._http.aclose()

    async def _list(self, thing: Thing, params: Params) -> AsyncIterator[Page]:
        async for answer in self._http.pages(self._path(thing), params, accept=_ABSENT):
            yield self._page(thing, answer)

    def _page(self, thing: Thing, answer: Answer) -> Page:
        self._refuse_absent(answer)
        if not isinstance(answer.body, list):
            raise Unavailable(f"{self._http.host} answered a listing with something else; run again later")
        payloads = [self._read(PAYLOADS[thing], each) for each in answer.body]
        self._names |= {each.repository for each in payloads if each.repository}
        records = (each.record(self._site) for each in payloads if not each.pull_request)
        return Page(tuple(records), answer.is_unchanged, answer.is_last)

    def _read(self, model: type[_Model], body: object) -> _Model:
        if (payload := _valid(model, body)) is not None:
            return payload
        raise Unavailable(
            f"{self._http.host} answered with something that is no {_noun(model)}; run again later"
        )

    def _written(self, thing: Thing, answer: Answer) -> Record:
        if (payload := _valid(PAYLOADS[thing], answer.body)) is not None:
            return payload.record(self._site)
        raise OutcomeUnknown(
            f"{self._http.host} took a write of {self._site.project} and answered with no {thing.value}; "
            "the next run looks before it writes again"
        )

    def _refuse_absent(self, answer: Answer) -> None:
        """Raise what a 404 or 410 of the repository itself means."""
        if answer.status == 404:
            where = f"repository {self._site.project} not found at {self._http.host}"
            raise NotFound(f"{where}, or this token may not see it; {self._http.sign_in}")
        if answer.status == 410:
            raise Rejected(issues_off(self._site.project))

    async def _is_renamed(self, answer: Answer) -> bool:
        """Tell a redirect of the whole repository, to be followed, from one of a transferred issue."""
        home = await self._http.get(self._home, accept=REDIRECTS)
        place = self._http.target(home) if home.status in REDIRECTS else ""
        if not place or not self._http.target(answer).startswith(f"{place}/"):
            return False
        self._home = place
        return True

    def _path(self, thing: Thing, ref: int | None = None) -> str:
        folder = f"{self._home}/{_FOLDERS[thing]}"
        return folder if ref is None else f"{folder}/{ref}"

    def _named(self, thing: Thing, ref: int) -> str:
        return f"{thing.value} {ref} of {self._site.project}"


def _payload(thing: Thing, fields: Written) -> dict[str, object]:
    """Put fields into GitHub's names."""
    given: dict[str, object] = {
        name: value for name, value in fields.items() if name not in ("state", "is_duplicate", "due")
    }
    if "due" in fields:  # at noon: GitHub floors it to a day of its own, which is Pacific time's
        given["due_on"] = f"{fields['due']}T12:00:00Z" if fields["due"] else None
    if thing is Thing.MILESTONE and "body" in given:
        given["description"] = given.pop("body")
    if "state" in fields:
        given["state"], reason = _STATES[fields["state"]]
        reason = "duplicate" if fields.get("is_duplicate") else reason
        given |= {"state_reason": reason} if thing is Thing.ISSUE else {}
    return given


def _open(given: dict[str, object]) -> dict[str, object]:
    """Leave the state out of a create: whatever is made is open."""
    return {name: value for name, value in given.items() if name not in ("state", "state_reason")}


def _valid(model: type[_Model], body: object) -> _Model | None:
    try:
        return model.model_validate(body)
    except ValidationError:
        return None


def _noun(model: type[BaseModel]) -> str:
    return model.__name__.removesuffix("Payload").lower()


def _home(project: str) -> str:
    owner, slash, name = project.partition("/")
    if not slash or "/" in name or {owner, name} & {"", ".", ".."}:
        raise ConfigError(f"{project!r} is no repository of GitHub's; it must look like OWNER/NAME")
    return f"repos/{quote(owner, safe='')}/{quote(name, safe='')}"
