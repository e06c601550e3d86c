"""Requests to a tracker: paced, retried where that is safe, conditional, never to another host.

The only user of httpx and tenacity. It knows no milestone and no issue, reads no environment, and lets no
request object out: those carry the token. What an answer means is `verdicts`' to say.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import math
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, MutableMapping
from pathlib import Path
from typing import NamedTuple, TypeAlias, TypedDict

import httpx
import tenacity

from plansync.errors import Locked, RateLimited, TrackerError, Unavailable
from plansync.trackers.base import Requests
from plansync.trackers.origin import netloc, origin, tracker_url, trust, user_agent
from plansync.trackers.pacing import Bucket, Counters, Pace
from plansync.trackers.refusals import when
from plansync.trackers.replay import Kept, Replay
from plansync.trackers.token import Token as Token
from plansync.trackers.verdicts import NOT_JSON, Asked, Heard, Verdicts
from plansync.trackers.verdicts import REDIRECTS as REDIRECTS

Params: TypeAlias = Mapping[str, str | int | tuple[int, ...]]
"""A query; a tuple is sent as the same key several times."""

_HOPS = 3
_READ_ATTEMPTS = 4
_LIMIT_ATTEMPTS = 5
_CONNECT_S = 5.0
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_BACK_OFF = tenacity.wait_exponential_jitter(multiplier=0.2, max=1.0, jitter=0.2)


if importlib.util.find_spec("sniffio") is None:
    # httpcore looks for it eight times a request, and Python searches the disk for what is not there: a fifth of the
    # processor time of a first push. Where httpcore asks once, or not any more, this can go.
    sys.modules["sniffio"] = None  # type: ignore[assignment]


class Answer(NamedTuple):
    """What the tracker said. `headers` have lower-case names; `is_unchanged`: 304, the body is ours."""

    status: int
    body: object
    is_unchanged: bool
    headers: Mapping[str, str]

    @property
    def is_last(self) -> bool:
        """Whether no page of a listing follows."""
        return _next_link(self) is None


class Reach(TypedDict, total=False):
    """How an adapter reaches its tracker: the options of `Http` that it passes on unread."""

    token: Token | None
    cache: MutableMapping[str, bytes]
    counters: Counters | None
    transport: httpx.AsyncBaseTransport | None
    sleep: Callable[[float], Awaitable[None]]
    now: Callable[[], float]
    time_left_s: Callable[[], float]
    is_paced: bool
    ca_file: Path | None
    timeout_s: float
    max_wait_s: float
    on_wait: Callable[[float, str], None]
    on_answer: Callable[[str, str, int, float], None]


class _Call(NamedTuple):
    """One request to make. `accept` names refusals that the caller wants as answers.

    `recheck` is called before it is sent again to a record that another write held; it raises where it must not be.
    """

    method: str
    url: httpx.URL
    content: bytes | None = None
    accept: Collection[int] = ()
    is_cached: bool = False
    recheck: Callable[[], Awaitable[None]] | None = None

    @property
    def is_read(self) -> bool:
        return self.method == "GET"

    @property
    def asked(self) -> Asked:
        return Asked(str(self), self.is_read, self.accept)

    def __str__(self) -> str:
        return f"{self.method} {self.url.path} at {netloc(self.url)}"


def _let_pass(wait_s: float, reason: str) -> None:
    """Tell nobody of a wait."""


def _let_go(method: str, path: str, status: int, took_s: float) -> None:
    """Tell nobody of an answer."""


class Http:
    """A connection to one tracker.

    Errors: every method raises the `TrackerError` family. A read is tried again on a fault, any method on a rate
    limit or a lock (it was refused before it was executed), a write on nothing else: its fault is `Unavailable`
    where nothing was sent, `OutcomeUnknown` otherwise. A wait that would be longer than `max_wait_s`, or than
    `time_left_s()`, is not begun: that is `RateLimited` too.
    """

    def __init__(
        self,
        *,
        base_url: str,
        token: Token | None = None,
        cache: MutableMapping[str, bytes] | None = None,
        counters: Counters | None = None,
        headers: Mapping[str, str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], float] = time.time,
        time_left_s: Callable[[], float] = lambda: math.inf,
        is_paced: bool = False,
        ca_file: Path | None = None,
        timeout_s: float = 30.0,
        max_wait_s: float = 300.0,
        on_wait: Callable[[float, str], None] = _let_pass,
        on_answer: Callable[[str, str, int, float], None] = _let_go,
        sign_in: str = "set PLANSYNC_TOKEN",
        rights: str = "the permission to write issues",
    ) -> None:
        """Open nothing yet; `sign_in` is the advice that a refused or missing token gets, `rights` what one lacks.

        `on_answer` is told each request's method and path, the status of its answer (0: there was none) and how long
        that took. `counters`: where the pace of writes is remembered. `sleep` may end early where `time_left_s()` is 0
        then.
        """
        self.requests = Requests()
        self._base = tracker_url(base_url, transport)
        self._token, self.sign_in = token, sign_in
        self._verdicts, self._replay = Verdicts(token, sign_in, rights), Replay(cache)
        self._headers = {"accept": "application/json", **_lower(headers or {}), "user-agent": user_agent()}
        self._sleep, self._now, self._on_wait, self._on_answer = sleep, now, on_wait, on_answer
        self._max_wait_s, self._time_left_s = max_wait_s, time_left_s
        self._identity = token.id if token else "anonymous"
        self._pace = Pace(counters, f"{self.host} {self._identity}") if is_paced else None
        # A proxy would read what goes over plain http, so those settings count for https alone.
        self._client = httpx.AsyncClient(
            transport=transport,
            verify=trust(self._base, ca_file),
            trust_env=self._base.scheme == "https",
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, _CONNECT_S)),
            follow_redirects=False,
        )

    @property
    def host(self) -> str:
        """The tracker's host, with its port where that is not the usual one."""
        return netloc(self._base)

    @property
    def bucket(self) -> Bucket | None:
        """How much was written lately; `None` where writes are not paced."""
        return self._pace.bucket() if self._pace else None

    async def get(
        self,
        path_or_url: str,
        params: Params | None = None,
        *,
        accept: Collection[int] = (),
        is_cached: bool = True,
    ) -> Answer:
        """Read; the statuses in `accept` (404, 410, a redirect) come back instead of being raised."""
        return await self._answer(_Call("GET", self._url(path_or_url, params), None, accept, is_cached))

    async def pages(
        self,
        path: str,
        params: Params | None = None,
        *,
        accept: Collection[int] = (),
        is_rebuilt: bool = False,
    ) -> AsyncIterator[Answer]:
        """Read a listing page by page, following the tracker's own links to the next.

        Only the first page is conditional: the addresses of later ones hold a cursor and never recur. `is_rebuilt`:
        of a link nothing but its query is taken, for servers that may not know their own address.
        """
        call = _Call("GET", self._url(path, params), None, accept, is_cached=True)
        seen: set[httpx.URL] = set()
        while call.url not in seen:
            seen.add(call.url)
            answer = await self._answer(call)
            yield answer
            target = _next_link(answer)
            if target is None:
                return
            url = _with_query(call.url, target) if is_rebuilt else self._ours(target, call.url)
            call = call._replace(url=url, is_cached=False)
        raise Unavailable(f"{call}: its pages lead in a circle; the listing cannot be trusted")

    async def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        accept: Collection[int] = (),
        recheck: Callable[[], Awaitable[None]] | None = None,
    ) -> Answer:
        """Write; never tried again unless the tracker refused it for its pace, or as another write held the record.

        `recheck` is called in between in the latter case; it raises where the write must not be sent again.
        """
        content = None if body is None else json.dumps(body).encode()
        return await self._answer(_Call(method, self._url(path), content, accept, recheck=recheck))

    def target(self, answer: Answer) -> str:
        """Say where a redirect leads. Raises: TrackerError where that is another host."""
        return str(self._ours(answer.headers.get("location", ""), self._base)).rstrip("/")

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._client.aclose()

    # From a call to an answer: redirects around retries around one exchange.

    async def _answer(self, call: _Call) -> Answer:
        """Follow redirects with the same method and body, on the same host.

        A client that follows them by itself makes a GET of a POST after a 301, and loses its body.
        """
        for _ in range(_HOPS + 1):
            answer = await self._retried(call)
            if answer.status not in REDIRECTS or answer.status in call.accept:
                return answer
            call = call._replace(url=self._ours(answer.headers.get("location", ""), call.url))
        raise TrackerError(f"{call}: redirected more than {_HOPS} times; check the tracker's address")

    async def _retried(self, call: _Call) -> Answer:
        attempts = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(lambda e: _is_worth_another_try(call, e)),
            wait=self._wait_before_next,
            stop=self._is_over,
            sleep=self._rest,
            before_sleep=self._tell,
            reraise=True,
        )
        was_locked = False
        async for attempt in attempts:
            with attempt:
                if was_locked and call.recheck:
                    await call.recheck()
                try:
                    return await self._once(call, attempt.retry_state.attempt_number)
                except Locked:
                    was_locked = True
                    raise
        raise AssertionError("an attempt ends in an answer or an exception")

    async def _once(self, call: _Call, attempt: int) -> Answer:
        kept = self._replay.find(self._key(call)) if call.is_cached else None
        if not call.is_read:
            await self._keep_pace()
        response = await self._exchange(call, {"if-none-match": kept.etag} if kept else {})
        if response.status_code == 304 and kept:
            self.requests.not_modified += 1
            return Answer(200, kept.body, True, {**response.headers, "link": kept.link})
        heard = Heard(response.status_code, dict(response.headers), _json(response), _plain_text(response))
        self._verdicts.judge(call.asked, heard, attempt, self._now())
        self._keep(call, heard)
        return Answer(heard.status, None if heard.body is NOT_JSON else heard.body, False, heard.headers)

    async def _exchange(self, call: _Call, extra: Mapping[str, str]) -> httpx.Response:
        request = self._client.build_request(
            call.method, call.url, content=call.content, headers={**self._headers_of(call), **extra}
        )
        self._count(call)
        began, status = time.monotonic(), 0
        try:
            response = await self._client.send(request)
            status = response.status_code
            return response
        except httpx.RequestError as error:
            why = "the time was up" if isinstance(error, httpx.TimeoutException) else "the connection failed"
            fault = self._verdicts.fault(call.asked, why, str(error), is_unsent=isinstance(error, _UNSENT))
        finally:
            took_s = time.monotonic() - began
            self.requests.took_s += took_s
            self._on_answer(call.method, call.url.path, status, took_s)
        raise fault  # out here: raised in the handler it would carry the request, and so the token

    def _headers_of(self, call: _Call) -> dict[str, str]:
        headers = dict(self._headers)
        if call.content is not None:
            headers["content-type"] = "application/json"
        if self._token:
            headers["authorization"] = f"Bearer {self._token.reveal()}"
        return headers

    def _url(self, path_or_url: str, params: Params | None = None) -> httpx.URL:
        is_whole = path_or_url.startswith(("http://", "https://"))
        url = self._ours(path_or_url if is_whole else f"{self._base}/{path_or_url.lstrip('/')}", self._base)
        return url.copy_merge_params(params) if params else url

    def _ours(self, target: str, start: httpx.URL) -> httpx.URL:
        """Resolve an address, on the tracker's own origin only."""
        try:
            url = start.join(target)
        except (httpx.InvalidURL, ValueError):
            url = httpx.URL()
        if origin(url) == origin(self._base):
            return url
        raise TrackerError(
            f"{self.host} points to another address ({self._verdicts.said(target)}), where the token never goes; "
            "if the tracker has moved, set its new address"
        )

    # Waiting.

    async def _keep_pace(self) -> None:
        if self._pace is None:
            return
        now = self._now()
        wait_s, reason = self._pace.book(now, self._longest_wait_s())
        told = f"{self.host}: {reason}"
        if wait_s > self._longest_wait_s():
            raise RateLimited(f"{told}; run again {when(wait_s, now)}", wait_s)
        if wait_s > 0:
            self._on_wait(wait_s, told)
            await self._rest(wait_s)

    def _longest_wait_s(self) -> float:
        return min(self._max_wait_s, max(0.0, self._time_left_s()))

    async def _rest(self, wait_s: float) -> None:
        """Wait, unless the run is stopped meanwhile."""
        await self._sleep(wait_s)
        if self._time_left_s() <= 0:
            raise RateLimited(
                f"{self.host}: stopped during a wait; nothing was sent, run again to go on", 0.0
            )

    def _wait_before_next(self, state: tenacity.RetryCallState) -> float:
        """Wait as the tracker says, else longer from try to try, and never longer than a run may."""
        error = _error_of(state)
        return (
            error.wait_s if isinstance(error, RateLimited) else min(_BACK_OFF(state), self._longest_wait_s())
        )

    def _is_over(self, state: tenacity.RetryCallState) -> bool:
        error = _error_of(state)
        if isinstance(error, RateLimited):
            is_too_long = error.wait_s > self._longest_wait_s() or self._time_left_s() <= 0
            return is_too_long or state.attempt_number >= _LIMIT_ATTEMPTS
        return state.attempt_number >= _READ_ATTEMPTS

    def _tell(self, state: tenacity.RetryCallState) -> None:
        self._on_wait(state.next_action.sleep if state.next_action else 0.0, str(_error_of(state)))

    def _count(self, call: _Call) -> None:
        self.requests.total += 1
        self.requests.writes += not call.is_read
        self.requests.by_method[call.method] = self.requests.by_method.get(call.method, 0) + 1

    # The cache.

    def _key(self, call: _Call) -> str:
        return f"{call.method} {call.url} {self._headers['accept']} {self._identity}"

    def _keep(self, call: _Call, heard: Heard) -> None:
        etag = heard.headers.get("etag")
        if call.is_cached and heard.status == 200 and etag:
            self._replay.keep(self._key(call), Kept(etag, heard.headers.get("link", ""), heard.body))


def in_process(app: Callable[..., Awaitable[None]]) -> httpx.AsyncBaseTransport:
    """Reach an ASGI app without a network; its crash is an answer of 500, as a server's would be."""
    return httpx.ASGITransport(app, raise_app_exceptions=False)


def _is_worth_another_try(call: _Call, error: BaseException) -> bool:
    return isinstance(error, RateLimited | Locked) or (call.is_read and isinstance(error, Unavailable))


def _error_of(state: tenacity.RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _json(response: httpx.Response) -> object:
    if response.status_code == 204:
        return None
    try:
        body: object = json.loads(response.content)
    except (ValueError, RecursionError):
        return NOT_JSON
    return body


def _plain_text(response: httpx.Response) -> str:
    """Read the words of an answer in plain text; a page of HTML has none."""
    return response.text if response.headers.get("content-type", "").startswith("text/plain") else ""


def _with_query(url: httpx.URL, target: str) -> httpx.URL:
    """Take the query of another address, which may be no address at all; without one it would ask for more."""
    try:
        return url.copy_with(query=httpx.URL(target).query or url.query)
    except httpx.InvalidURL:
        return url


def _next_link(answer: Answer) -> str | None:
    links = httpx.Response(200, headers={"link": answer.headers.get("link", "")}).links
    return links.get("next", {}).get("url")


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
