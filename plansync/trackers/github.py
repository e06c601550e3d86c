"""GitHub's REST dialect, and that of servers which speak enough of it.

A payload needs a number, a title and a state; all else may be missing. Bodies are opaque text.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection
from typing import Annotated, Literal, TypeAlias, TypeVar, Unpack
from urllib.parse import quote

from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError

from plansync.errors import ConfigError, Moved, NotFound, OutcomeUnknown, Rejected, Unavailable
from plansync.model import SECTIONS, Field, State
from plansync.text import sound
from plansync.trackers.base import Absence, Page, Record, Repository, Requests, Thing, Traits, Written
from plansync.trackers.credentials import sign_in_advice
from plansync.trackers.http import REDIRECTS, Answer, Http, Params, Reach

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
            Field.FRAME,
            *SECTIONS,
        }
    ),
    is_paced=True,
)
DROPPED_LABELS = ("wontfix", "won't do", "invalid", "duplicate")

_HEADERS = {"accept": "application/vnd.github+json", "x-github-api-version": "2022-11-28"}
_EVERY: Params = {"state": "all", "per_page": 100}
_FOLDERS = {Thing.ISSUE: "issues", Thing.MILESTONE: "milestones"}
_ABSENCES = {403: Absence.DENIED, 404: Absence.DENIED, 410: Absence.GONE}
_ABSENT = frozenset({404, 410})
_STATES = {
    State.TODO: ("open", "reopened"),
    State.DONE: ("closed", "completed"),
    State.DROPPED: ("closed", "not_planned"),
}


def _text(value: object) -> object:
    return "" if value is None else value


def _names(value: object) -> object:
    """Take labels as GitHub's schema allows them: objects, some with no name, or plain strings."""
    if not isinstance(value, list):
        return value or ()
    names = [each.get("name") if isinstance(each, dict) else each for each in value]
    return [name for name in names if name is not None]


_LABELS: TypeAdapter[tuple[str, ...]] = TypeAdapter(Annotated[tuple[str, ...], BeforeValidator(_names)])
Text = Annotated[str, BeforeValidator(_text)]
Names = Annotated[tuple[str, ...], BeforeValidator(_names)]


class Site:
    """What a payload does not say of itself: its project, the pages there, which labels mean dropped."""

    def __init__(self, api_url: str, project: str, dropped_labels: Collection[str]) -> None:
        """Derive the pages' address; empty for a server whose pages we do not know."""
        self.project = project
        self.dropped = frozenset(label.casefold() for label in dropped_labels)
        root = web_root(api_url)
        self.url = f"{root}/{project}" if root else ""

    def page(self, folder: str, number: int) -> str:
        """Say where people look at a record."""
        return f"{self.url}/{folder}/{number}" if self.url else ""


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Numbered(_Lenient):
    number: int


class IssuePayload(_Numbered):
    """An issue as the API shows it; a truthy `pull_request` means that it is none."""

    title: str
    state: Literal["open", "closed"]
    state_reason: Text = ""
    body: Text = ""
    labels: Names = ()
    milestone: _Numbered | None = None
    html_url: Text = ""
    updated_at: Text = ""
    node_id: Text = ""
    comments: int = 0
    created_at: Text = ""
    pull_request: object = None

    def record(self, site: Site) -> Record:
        """Turn it into what all trackers share."""
        return Record(
            thing=Thing.ISSUE,
            ref=self.number,
            title=sound(self.title),
            state=self._state(site.dropped),
            body=sound(self.body),
            url=self.html_url or site.page("issues", self.number),
            revision=self.updated_at,
            milestone=self.milestone.number if self.milestone else None,
            labels=self.labels,
            node=self.node_id,
            comments=self.comments,
            created=self.created_at,
            is_duplicate=self.state == "closed" and self.state_reason == "duplicate",
            is_reopened=self.state == "open" and self.state_reason == "reopened",
        )

    def _state(self, dropped: Collection[str]) -> State:
        if self.state == "open":
            return State.TODO
        is_labelled = any(label.casefold() in dropped for label in self.labels)
        return (
            State.DROPPED if is_labelled or self.state_reason in ("not_planned", "duplicate") else State.DONE
        )


class MilestonePayload(_Numbered):
    """A milestone as the API shows it."""

    title: str
    state: Literal["open", "closed"] = "open"
    description: Text = ""
    html_url: Text = ""
    updated_at: Text = ""
    node_id: Text = ""
    pull_request: None = None

    def record(self, site: Site) -> Record:
        """Turn it into what all trackers share."""
        return Record(
            thing=Thing.MILESTONE,
            ref=self.number,
            title=sound(self.title),
            state=State.TODO if self.state == "open" else State.DONE,
            body=sound(self.description),
            url=self.html_url or site.page("milestone", self.number),
            revision=self.updated_at,
            node=self.node_id,
        )


class _Permissions(_Lenient):
    admin: bool = False
    maintain: bool = False
    push: bool = False
    triage: bool = False


class RepositoryPayload(_Lenient):
    """A repository as the API shows it; `permissions` is shown to a signed-in user only."""

    node_id: Text = ""
    full_name: Text = ""
    html_url: Text = ""
    archived: bool = False
    has_issues: bool = True
    permissions: _Permissions | None = None

    def record(self, site: Site) -> Repository:
        """Turn it into what a run must know before it writes."""
        name = self.full_name or site.project
        refusal = self._refusal(name)
        return Repository(self.node_id, name, self.html_url or site.url, not refusal, refusal)

    def _refusal(self, name: str) -> str:
        if self.archived:
            return f"{name} is archived and takes no writes; unarchive it in its settings"
        if not self.has_issues:
            return _issues_off(name)
        may = self.permissions
        if may and not (may.push or may.triage or may.maintain or may.admin):
            return f"this token may read {name} but not edit its issues; it needs `Issues: write`"
        return ""


Payload: TypeAlias = IssuePayload | MilestonePayload
_Model = TypeVar("_Model", bound=BaseModel)
_PAYLOADS: dict[Thing, type[IssuePayload] | type[MilestonePayload]] = {
    Thing.ISSUE: IssuePayload,
    Thing.MILESTONE: MilestonePayload,
}


class GitHub:
    """The adapter. A write answers with the record as GitHub keeps it, which may drop what was sent.

    `labels` are written by `create` and `label` alone: a PATCH would replace the whole set, and with it a
    label that someone added in between.
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
        """Read the target itself."""
        answer = await self._http.get(self._home, accept=_ABSENT)
        self._refuse_absent(answer)
        return self._read(RepositoryPayload, answer.body).record(self._site)

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
        path = self._path(thing, ref)
        answer = await self._http.get(path, accept=REDIRECTS | _ABSENCES.keys(), is_cached=False)
        if answer.status in REDIRECTS:
            if not await self._is_renamed(answer):
                return Absence.MOVED
            answer = await self._http.get(path, accept=_ABSENCES.keys(), is_cached=False)
        if answer.status in _ABSENCES:
            return _ABSENCES[answer.status]
        payload = self._read(_PAYLOADS[thing], answer.body)
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
        given.pop("labels", None)
        answer = await self._change("PATCH", self._path(thing, ref), given, self._named(thing, ref))
        return self._written(thing, answer)

    async def label(self, ref: int, labels: tuple[str, ...]) -> tuple[str, ...]:
        """Add labels to an issue, which keeps its own; answers with all that it bears then."""
        path, name = f"{self._path(Thing.ISSUE, ref)}/labels", self._named(Thing.ISSUE, ref)
        answer = await self._change("POST", path, {"labels": list(labels)}, name)
        try:
            return _LABELS.validate_python(answer.body)
        except ValidationError:
            raise OutcomeUnknown(
                f"{self._http.host} took labels for {name} and did not say which it bears; the next run looks"
            ) from None

    async def _change(self, method: str, path: str, given: dict[str, object], name: str) -> Answer:
        """Write to one record, wherever a renamed repository answers from."""
        answer = await self._http.send(method, path, given, accept=REDIRECTS | _ABSENT)
        if answer.status in REDIRECTS and await self._is_renamed(answer):
            answer = await self._http.send(method, path, given, accept=_ABSENT)
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
        payloads = (self._read(_PAYLOADS[thing], each) for each in answer.body)
        records = (each.record(self._site) for each in payloads if not each.pull_request)
        return Page(tuple(records), answer.is_unchanged, answer.is_last)

    def _read(self, model: type[_Model], body: object) -> _Model:
        if (payload := _valid(model, body)) is not None:
            return payload
        raise Unavailable(
            f"{self._http.host} answered with something that is no {_noun(model)}; run again later"
        )

    def _written(self, thing: Thing, answer: Answer) -> Record:
        if (payload := _valid(_PAYLOADS[thing], answer.body)) is not None:
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
            raise Rejected(_issues_off(self._site.project))

    async def _is_renamed(self, answer: Answer) -> bool:
        """Tell a redirect of the whole repository, to be followed, from one of a transferred issue."""
        home = await self._http.get(self._home, accept=REDIRECTS)
        place = home.headers.get("location", "").rstrip("/")
        return bool(place) and answer.headers.get("location", "").startswith(f"{place}/")

    def _path(self, thing: Thing, ref: int | None = None) -> str:
        folder = f"{self._home}/{_FOLDERS[thing]}"
        return folder if ref is None else f"{folder}/{ref}"

    def _named(self, thing: Thing, ref: int) -> str:
        return f"{thing.value} {ref} of {self._site.project}"


def web_root(api_url: str) -> str:
    """Derive the pages' address from the API's; empty for a server that is laid out otherwise."""
    url = api_url.strip().rstrip("/")
    if match := re.fullmatch(r"https://api\.(github\.com|[^/]+\.ghe\.com)", url, re.IGNORECASE):
        return f"https://{match[1]}"
    return url.removesuffix("/api/v3") if url.endswith("/api/v3") else ""


def _payload(thing: Thing, fields: Written) -> dict[str, object]:
    """Put fields into GitHub's names."""
    given: dict[str, object] = {
        name: value for name, value in fields.items() if name not in ("state", "is_duplicate")
    }
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


def _issues_off(name: str) -> str:
    return f"issues are switched off in {name}; switch them on in its settings, under Features"


def _home(project: str) -> str:
    owner, slash, name = project.partition("/")
    if not slash or "/" in name or {owner, name} & {"", ".", ".."}:
        raise ConfigError(f"{project!r} is no repository of GitHub's; it must look like OWNER/NAME")
    return f"repos/{quote(owner, safe='')}/{quote(name, safe='')}"
