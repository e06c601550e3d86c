"""The address of one project of GitLab's, and what an answer from there is read as.

A project that was renamed answers reads with its number and refuses writes: from the first such answer on it is asked
by number, which no later name takes over. Where its old name leads nowhere any more, the number that it had last is
asked.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from typing import TypeVar
from urllib.parse import quote, unquote

from pydantic import BaseModel, ValidationError

from plansync.errors import ConfigError, NotFound, Rejected, Unavailable
from plansync.trackers.http import REDIRECTS, Answer, Http, Params

_NOT_BY_NAME = 405  # "Non GET methods are not allowed for moved projects": lib/api/helpers.rb
_NUMBER = re.compile(r"/projects/(\d+)(?=[/?#]|$)")
_GONE = "project not found"  # "404 Project Not Found": the project, or the right to see it, and not a record in it

_Model = TypeVar("_Model", bound=BaseModel)


class Door:
    """Sends requests below one project. `number` is its id, once an answer told it; `last` the one of earlier runs."""

    def __init__(self, http: Http, project: str) -> None:
        """Open nothing yet. Shape: `project` is GROUP/NAME, with any number of subgroups, or a number."""
        self.http, self.project = http, project
        self.home = f"projects/{_encoded(project)}"
        self.number = int(project) if project.isdecimal() else None
        self.last: int | None = None
        self._is_there = False

    async def get(
        self,
        below: str,
        params: Params | None = None,
        *,
        accept: Collection[int] = (),
        is_cached: bool = True,
    ) -> Answer:
        """Read something of the project, or the project itself."""
        answer = await self.http.get(
            self._path(below), params, accept={*REDIRECTS, *accept}, is_cached=is_cached
        )
        if answer.status in REDIRECTS:
            self._take_number(answer)
        elif not self._takes_last(answer):
            return answer
        return await self.http.get(self._path(below), params, accept=accept, is_cached=is_cached)

    async def pages(
        self, below: str, params: Params | None = None, *, accept: Collection[int] = ()
    ) -> AsyncIterator[Answer]:
        """Read a listing page by page.

        Raises: NotFound where the project is not there, unless 404 is accepted.
        """
        asked = {*REDIRECTS, 404}
        while True:
            async for answer in self.http.pages(self._path(below), params, accept=asked, is_rebuilt=True):
                if answer.status in REDIRECTS:
                    self._take_number(answer)
                    asked = {404}
                    break
                if self._takes_last(answer):
                    break
                if answer.status == 404 and 404 not in accept:
                    raise self.not_found()
                yield answer
            else:
                return

    async def send(
        self,
        method: str,
        below: str,
        body: object = None,
        *,
        accept: Collection[int] = (),
        recheck: Callable[[], Awaitable[None]] | None = None,
    ) -> Answer:
        """Write to the project, by its number where its name leads to another place by now."""
        asked = {*REDIRECTS, _NOT_BY_NAME, *accept}
        answer = await self.http.send(method, self._path(below), body, accept=asked, recheck=recheck)
        if answer.status in REDIRECTS:
            self._take_number(answer)
        elif answer.status == _NOT_BY_NAME:
            home = self.home
            await self.look()
            if home == self.home:
                raise Rejected(f"{self.http.host} does not take {method} on {self.project}/{below}")
        else:
            return answer
        return await self.http.send(method, self._path(below), body, accept=accept, recheck=recheck)

    async def look(self) -> Answer:
        """Read the project itself.

        Raises: NotFound where it is not there, or not for this token.
        """
        answer = await self.get("", accept=(404,))
        if answer.status == 404:
            raise self.not_found()
        self._is_there = True
        return answer

    async def must_be_there(self, answer: Answer) -> None:
        """Check, after a 404 of something in the project, that it is not the project that is missing.

        The words of the answer tell, unless a proxy made it; so the project is asked as well, once.
        """
        if _is_of_project(answer):
            raise self.not_found()
        if not self._is_there:
            await self.look()

    async def find_number(self) -> int | None:
        """Give the project's id, by asking for it where no answer told it yet."""
        if self.number is None:
            body = (await self.look()).body
            found = body.get("id") if isinstance(body, dict) else None
            self.number = found if isinstance(found, int) else None
        return self.number

    def not_found(self) -> NotFound:
        """Say that there is no such project."""
        where = f"project {self.project} not found at {self.http.host}"
        return NotFound(f"{where}, or this token may not see it; {self.http.sign_in}")

    def read(self, model: type[_Model], body: object) -> _Model:
        """Read an answer as what was asked for.

        Raises: Unavailable where it is something else.
        """
        if (payload := valid(model, body)) is not None:
            return payload
        noun = model.__name__.removesuffix("Payload").lower()
        raise Unavailable(f"{self.http.host} answered with something that is no {noun}; run again later")

    def read_all(self, model: type[_Model], answer: Answer) -> list[_Model]:
        """Read a page of a listing."""
        if not isinstance(answer.body, list):
            raise Unavailable(f"{self.http.host} answered a listing with something else; run again later")
        return [self.read(model, each) for each in answer.body]

    def _path(self, below: str) -> str:
        return f"{self.home}/{below}" if below else self.home

    def _takes_last(self, answer: Answer) -> bool:
        """Say whether the project is asked by its last number from here on, because its name leads nowhere."""
        is_away = self.last is not None and self.number is None and _is_of_project(answer)
        if is_away:
            self.number = self.last
            self.home = f"projects/{self.number}"
        return is_away

    def _take_number(self, answer: Answer) -> None:
        found = _NUMBER.search(self.http.target(answer))  # a number at another host is another project's
        if found is None:
            raise NotFound(
                f"project {self.project} is at another place of {self.http.host} by now, which it does not tell; set "
                "its new path"
            )
        self.number = int(found[1])
        self.home = f"projects/{self.number}"


def _is_of_project(answer: Answer) -> bool:
    """Say whether an answer is about the project, and not about a record in it."""
    said = answer.body.get("message", "") if isinstance(answer.body, dict) else ""
    return answer.status == 404 and _GONE in str(said).lower()


def valid(model: type[_Model], body: object) -> _Model | None:
    """Read a body as a payload; `None` where it is none."""
    try:
        return model.model_validate(body)
    except ValidationError:
        return None


def _encoded(project: str) -> str:
    """Encode a path once, slashes too; one that came encoded is not encoded again."""
    path = unquote(project)
    parts = path.split("/")
    if not path.isdecimal() and (len(parts) < 2 or {"", ".", ".."} & set(parts)):
        raise ConfigError(
            f"{project!r} is no project of GitLab's; it must look like GROUP/NAME, or GROUP/SUBGROUP/NAME"
        )
    return quote(path, safe="")
