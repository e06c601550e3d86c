"""Requests to a tracker: paced, retried where that is safe, conditional, never to another host.

The only user of httpx and tenacity, and the one place where an answer becomes an error. It knows no
milestone and no issue, reads no environment, and lets no request object out: those carry the token.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import json
import math
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple, NoReturn, TypeAlias, TypedDict

import httpx
import tenacity

from plansync.errors import (
    AuthError,
    ConfigError,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    TrackerError,
    Unavailable,
)
from plansync.text import cut, one_line, visible
from plansync.trackers.base import Requests

REDIRECTS = frozenset({301, 302, 307, 308})
Params: TypeAlias = Mapping[str, str | int]

_HOPS = 3
_READ_ATTEMPTS = 4
_LIMIT_ATTEMPTS = 5
_FALLBACK_WAIT_S = 60.0  # GitHub, "Best practices": at least a minute, then longer
_LONGEST_WAIT_S = 86_400.0  # what a header asks beyond a day is a header gone wrong
_CONNECT_S = 5.0
_SAID_MAX = 400
_LIMIT_TEXTS = (
    "exceeded a secondary rate limit",
    "api rate limit exceeded",
    "abuse detection mechanism",
    "please retry your request again later",
    "please wait a few minutes before you try again",
)
_TOO_QUICK = "was submitted too quickly"
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_NOT_JSON = object()
_BACK_OFF = tenacity.wait_exponential_jitter(multiplier=0.2, max=1.0, jitter=0.2)


class Token:
    """A secret that shows itself only when asked; `source` tells in words where it was found."""

    __slots__ = ("_secret", "source")

    def __init__(self, secret: str, source: str = "the settings") -> None:
        """Keep a secret, without the blanks that copying leaves around it."""
        self._secret, self.source = secret.strip(), source
        if not self._secret or not (self._secret.isascii() and self._secret.isprintable()):
            raise ConfigError(f"the token from {source} is empty or holds characters that no token has")

    def __repr__(self) -> str:
        """Show where it came from."""
        return f"Token(***, {self.source!r})"

    __str__ = __repr__

    def reveal(self) -> str:
        """Give the secret itself, for a request header and nothing else."""
        return self._secret

    @property
    def id(self) -> str:
        """A name for the token that does not tell it, to keep one token's answers from another's."""
        return hashlib.sha256(self._secret.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Bucket:
    """How much was written lately: `burst` writes at once, then `per_s` a second."""

    burst: int = 20
    per_s: float = 1.0
    level: float = 0.0
    at: float = 0.0

    def take(self, now: float) -> tuple[float, Bucket]:
        """Count one write; give the seconds to wait before it, and the bucket after it."""
        drained = max(0.0, self.level - max(0.0, now - self.at) * self.per_s)
        after = Bucket(self.burst, self.per_s, drained + 1, now)
        return max(0.0, (after.level - self.burst) / self.per_s), after


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
    transport: httpx.AsyncBaseTransport | None
    sleep: Callable[[float], Awaitable[None]]
    now: Callable[[], float]
    is_paced: bool
    ca_file: Path | None
    timeout_s: float
    max_wait_s: float
    on_wait: Callable[[float, str], None]


class _Call(NamedTuple):
    """One request to make. `accept` names refusals that the caller wants as answers."""

    method: str
    url: httpx.URL
    content: bytes | None = None
    accept: Collection[int] = ()
    is_cached: bool = False

    @property
    def is_read(self) -> bool:
        return self.method == "GET"

    def __str__(self) -> str:
        return f"{self.method} {self.url.path} at {_host(self.url)}"


class _Kept(NamedTuple):
    """An answer in the cache: what replays it when the tracker says that nothing moved."""

    etag: str
    link: str
    body: object


def _let_pass(wait_s: float, reason: str) -> None:
    """Tell nobody of a wait."""


class Http:
    """A connection to one tracker.

    Errors: every method raises the `TrackerError` family. A read is tried again on a fault, any
    method on a rate limit (it was refused before it was executed), a write on nothing else: its
    fault is `Unavailable` where nothing was sent, `OutcomeUnknown` otherwise.
    """

    def __init__(
        self,
        *,
        base_url: str,
        token: Token | None = None,
        cache: MutableMapping[str, bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], float] = time.time,
        is_paced: bool = False,
        ca_file: Path | None = None,
        timeout_s: float = 30.0,
        max_wait_s: float = 300.0,
        on_wait: Callable[[float, str], None] = _let_pass,
        sign_in: str = "set PLANSYNC_TOKEN",
    ) -> None:
        """Open nothing yet; `sign_in` is the advice that a refused or missing token gets."""
        self.requests = Requests()
        self._base = _base(base_url, transport)
        self._token, self.sign_in = token, sign_in
        self._cache: MutableMapping[str, bytes] = {} if cache is None else cache
        self._headers = {"accept": "application/json", **_lower(headers or {}), "user-agent": _user_agent()}
        self._sleep, self._now, self._on_wait = sleep, now, on_wait
        self._max_wait_s = max_wait_s
        self._bucket = Bucket() if is_paced else None
        # A proxy would read what goes over plain http, so those settings count for https alone.
        self._client = httpx.AsyncClient(
            transport=transport,
            verify=_tls(self._base, ca_file),
            trust_env=self._base.scheme == "https",
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, _CONNECT_S)),
            follow_redirects=False,
        )

    @property
    def host(self) -> str:
        """The tracker's host, with its port where that is not the usual one."""
        return _host(self._base)

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
        self, path: str, params: Params | None = None, *, accept: Collection[int] = ()
    ) -> AsyncIterator[Answer]:
        """Read a listing page by page, following the tracker's own links to the next.

        Only the first page is conditional: the addresses of later ones hold a cursor and never recur.
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
            call = call._replace(url=self._ours(target, call.url), is_cached=False)
        raise Unavailable(f"{call}: its pages lead in a circle; the listing cannot be trusted")

    async def send(
        self, method: str, path: str, body: object = None, *, accept: Collection[int] = ()
    ) -> Answer:
        """Write; never tried again unless the tracker refused it for its pace."""
        content = None if body is None else json.dumps(body).encode()
        return await self._answer(_Call(method, self._url(path), content, accept))

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._client.aclose()

    # From a call to an answer: redirects around retries around one exchange.

    async def _answer(self, call: _Call) -> Answer:
        for _ in range(_HOPS + 1):
            answer = await self._retried(call)
            if answer.status not in REDIRECTS or answer.status in call.accept:
                return answer
            call = call._replace(url=self._ours(answer.headers.get("location", ""), call.url))
        raise TrackerError(f"{call}: redirected more than {_HOPS} times; check the tracker's address")

    async def _retried(self, call: _Call) -> Answer:
        attempts = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(lambda e: _is_worth_another_try(call, e)),
            wait=_wait_before_next,
            stop=self._is_over,
            sleep=self._sleep,
            before_sleep=self._tell,
            reraise=True,
        )
        async for attempt in attempts:
            with attempt:
                return await self._once(call, attempt.retry_state.attempt_number)
        raise AssertionError("an attempt ends in an answer or an exception")

    async def _once(self, call: _Call, attempt: int) -> Answer:
        kept = self._kept(call)
        await self._pace(call)
        response = await self._exchange(call, {"if-none-match": kept.etag} if kept else {})
        if response.status_code == 304 and kept:
            self.requests.not_modified += 1
            return Answer(200, kept.body, True, {**response.headers, "link": kept.link})
        answer = Answer(response.status_code, _json(response), False, dict(response.headers))
        self._judge(call, answer, response, attempt)
        self._keep(call, answer)
        return answer._replace(body=None) if answer.body is _NOT_JSON else answer

    async def _exchange(self, call: _Call, extra: Mapping[str, str]) -> httpx.Response:
        request = self._client.build_request(
            call.method, call.url, content=call.content, headers={**self._headers_of(call), **extra}
        )
        self._count(call)
        try:
            return await self._client.send(request)
        except httpx.RequestError as error:
            fault = self._fault(call, error)
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
        if _origin(url) == _origin(self._base):
            return url
        raise TrackerError(
            f"{self.host} points to another address ({self._said(target)}), where the token never goes; "
            "if the tracker has moved, set its new address"
        )

    # Waiting.

    async def _pace(self, call: _Call) -> None:
        if self._bucket is None or call.is_read:
            return
        wait_s, self._bucket = self._bucket.take(self._now())
        if wait_s > 0:
            self._on_wait(wait_s, f"{self.host} asks for no more than one write a second")
            await self._sleep(wait_s)

    def _is_over(self, state: tenacity.RetryCallState) -> bool:
        error = _error_of(state)
        if isinstance(error, RateLimited):
            return state.attempt_number >= _LIMIT_ATTEMPTS or error.wait_s > self._max_wait_s
        return state.attempt_number >= _READ_ATTEMPTS

    def _tell(self, state: tenacity.RetryCallState) -> None:
        self._on_wait(state.next_action.sleep if state.next_action else 0.0, str(_error_of(state)))

    def _count(self, call: _Call) -> None:
        self.requests.total += 1
        self.requests.writes += not call.is_read
        self.requests.by_method[call.method] = self.requests.by_method.get(call.method, 0) + 1

    # The cache. A row that cannot be read is a row that is not there.

    def _key(self, call: _Call) -> str:
        identity = self._token.id if self._token else "anonymous"
        return f"{call.method} {call.url} {self._headers['accept']} {identity}"

    def _kept(self, call: _Call) -> _Kept | None:
        row = self._cache.get(self._key(call)) if call.is_cached else None
        try:
            match json.loads(row) if row else None:
                case [str(etag), str(link), body]:
                    return _Kept(etag, link, body)
        except ValueError:
            pass
        return None

    def _keep(self, call: _Call, answer: Answer) -> None:
        etag = answer.headers.get("etag")
        if call.is_cached and answer.status == 200 and etag:
            kept = _Kept(etag, answer.headers.get("link", ""), answer.body)
            self._cache[self._key(call)] = json.dumps(kept).encode()

    # From an answer, or the lack of one, to an error.

    def _judge(self, call: _Call, answer: Answer, response: httpx.Response, attempt: int) -> None:
        """Raise what the answer means, unless it is a success, a redirect or accepted."""
        status, said = answer.status, self._said(_words(answer, response))
        if _is_limit(status, answer.headers, said):
            raise self._limited(call, answer, said, attempt)
        if status in call.accept or status in REDIRECTS:
            return
        if not 200 <= status < 300:
            self._refuse(call, answer, said)
        if answer.body is _NOT_JSON:
            raise _lost(call, f"answered {status} with something that is not JSON", _request_id(answer))

    def _refuse(self, call: _Call, answer: Answer, said: str) -> NoReturn:
        status, named = answer.status, _request_id(answer)
        told = f"{status}: {said}" if said else str(status)
        match status:
            case 401:
                raise AuthError(f"{call}: {self._sign_in_words()} ({told})", named)
            case 403:
                raise AuthError(f"{call}: not allowed ({told}); {self._permission_words(answer)}", named)
            case 404:
                raise NotFound(f"{call}: not found ({told}), or this token may not see it", named)
            case 408:
                raise _lost(call, f"answered {told}", named)
            case _ if 400 <= status < 500:
                raise Rejected(f"{call}: refused ({told})", named)
            case _:
                raise _lost(call, f"answered {told}", named)

    def _sign_in_words(self) -> str:
        if self._token is None:
            return f"this needs a token; {self.sign_in}"
        return f"the token from {self._token.source} was not accepted; it may have expired: {self.sign_in}"

    def _permission_words(self, answer: Answer) -> str:
        needed = self._said(answer.headers.get("x-accepted-github-permissions", ""))
        if self._token is None:
            return self.sign_in
        wanted = f"it needs {needed}" if needed else "it needs the permission to write issues"
        return f"give the token from {self._token.source} more rights: {wanted}"

    def _limited(self, call: _Call, answer: Answer, said: str, attempt: int) -> RateLimited:
        now = self._now()
        wait_s = wait_asked(answer.headers, now)
        if wait_s is None:
            wait_s = _FALLBACK_WAIT_S * 2 ** (attempt - 1)
        told = f"{call}: refused for the pace of requests ({answer.status}: {said or 'no reason given'})"
        return RateLimited(f"{told}; run again {_when(wait_s, now)}", wait_s, _request_id(answer))

    def _fault(self, call: _Call, error: httpx.RequestError) -> TrackerError:
        why = "the time was up" if isinstance(error, httpx.TimeoutException) else "the connection failed"
        said = self._said(str(error))
        told = f"{why}: {said}" if said else why
        if isinstance(error, _UNSENT):
            advice = "nothing was sent; check the network, proxy and address, then run again"
            return Unavailable(f"{call}: {told}; {advice}")
        return _lost(call, told, "")

    def _said(self, text: str) -> str:
        """Clean a foreign text for a message: one line, no control bytes, never our token."""
        if self._token:
            text = text.replace(self._token.reveal(), "***")
        return cut(visible(one_line(text)), _SAID_MAX)


def in_process(app: Callable[..., Awaitable[None]]) -> httpx.AsyncBaseTransport:
    """Reach an ASGI app without a network; its crash is an answer of 500, as a server's would be."""
    return httpx.ASGITransport(app, raise_app_exceptions=False)


def is_loopback(host: str) -> bool:
    """Say whether a host (without port) is this machine itself."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def wait_asked(headers: Mapping[str, str], now_s: float) -> float | None:
    """Read how many seconds the tracker wants us to wait, `None` where it does not say.

    Shape: `retry-after` in seconds or as a date; else `x-ratelimit-reset` or `ratelimit-reset` in Unix
    seconds, where none remain. An unreadable header counts as absent.
    Source: GitHub REST docs, "Best practices"; GitLab docs, "Rate limits".
    """
    after = headers.get("retry-after", "").strip()
    if after.isdecimal():
        return min(float(after), _LONGEST_WAIT_S)
    if (date := _date(after)) is not None:
        return min(max(0.0, date - now_s), _LONGEST_WAIT_S)
    for prefix in ("x-ratelimit", "ratelimit"):
        reset = headers.get(f"{prefix}-reset", "").strip()
        if headers.get(f"{prefix}-remaining", "").strip() == "0" and reset.isdecimal():
            return min(max(0.0, float(reset) - now_s) + 1, _LONGEST_WAIT_S)
    return None


def refusal_words(body: object) -> str:
    """Say in one line what an error body says.

    Shape: GitHub's `message` with `errors` (objects, strings, one string, or none); GitLab's `message`
    (string, list, or lists by field), `error`, `error_description`.
    """
    if not isinstance(body, dict):
        return ""
    names = ("message", "error", "error_description", "errors")
    return "; ".join(dict.fromkeys(said for name in names for said in _sayings(body.get(name))))


def _sayings(part: object) -> list[str]:
    match part:
        case str():
            return [part] if part.strip() else []
        case list():
            return [said for each in part for said in _sayings(each)]
        case dict() if "code" in part:
            return [_validation_words(part)]
        case {"message": str(message)}:
            return [message]
        case dict():
            return [f"{name} {said}" for name, each in part.items() for said in _sayings(each)]
        case _:
            return []


def _validation_words(part: Mapping[str, object]) -> str:
    """Put one entry of a 422 into words: where, what, and the value that was refused."""
    where = [str(part[name]) for name in ("resource", "field") if part.get(name)]
    value = [f"({part['value']})"] if part.get("value") else []
    return " ".join([*where, str(part.get("message") or part["code"]), *value])


def _words(answer: Answer, response: httpx.Response) -> str:
    """Read the words of an answer; a page of HTML has none."""
    if answer.body is not _NOT_JSON:
        return refusal_words(answer.body)
    is_plain = response.headers.get("content-type", "").startswith("text/plain")
    return response.text if is_plain else ""


def _is_limit(status: int, headers: Mapping[str, str], said: str) -> bool:
    said = said.lower()
    if status == 403:
        is_spent = "0" in (headers.get("x-ratelimit-remaining"), headers.get("ratelimit-remaining"))
        return "retry-after" in headers or is_spent or any(text in said for text in _LIMIT_TEXTS)
    return status == 429 or (status == 422 and _TOO_QUICK in said)


def _is_worth_another_try(call: _Call, error: BaseException) -> bool:
    return isinstance(error, RateLimited) or (call.is_read and isinstance(error, Unavailable))


def _error_of(state: tenacity.RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _wait_before_next(state: tenacity.RetryCallState) -> float:
    error = _error_of(state)
    return error.wait_s if isinstance(error, RateLimited) else _BACK_OFF(state)


def _lost(call: _Call, why: str, request_id: str) -> TrackerError:
    if call.is_read:
        return Unavailable(f"{call}: {why}; the tracker gave no usable answer, run again later", request_id)
    advice = "it may have been carried out all the same; the next run looks before it writes again"
    return OutcomeUnknown(f"{call}: {why}; {advice}", request_id)


def _when(wait_s: float, now: float) -> str:
    minutes = max(1, math.ceil(wait_s / 60))
    at = datetime.fromtimestamp(now + wait_s, UTC)
    return f"in {minutes} minute{'s' if minutes > 1 else ''} (after {at:%Y-%m-%d %H:%M} UTC)"


def _date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def _json(response: httpx.Response) -> object:
    if response.status_code == 204:
        return None
    try:
        body: object = json.loads(response.content)
    except (ValueError, RecursionError):
        return _NOT_JSON
    return body


def _next_link(answer: Answer) -> str | None:
    links = httpx.Response(200, headers={"link": answer.headers.get("link", "")}).links
    return links.get("next", {}).get("url")


def _request_id(answer: Answer) -> str:
    named = answer.headers.get("x-github-request-id") or answer.headers.get("x-request-id", "")
    return visible(one_line(named))[:80]


def _base(base_url: str, transport: httpx.AsyncBaseTransport | None) -> httpx.URL:
    """Check the tracker's address: plain http would show the token to the whole network."""
    try:
        url = httpx.URL(base_url.strip().rstrip("/"))
    except httpx.InvalidURL:
        raise ConfigError("the tracker's address is not one that can be read") from None
    if url.scheme not in ("http", "https") or not url.host or url.userinfo or url.query or url.fragment:
        raise ConfigError("the tracker's address must look like https://HOST/PATH, with no token in it")
    is_in_process = transport is not None and not isinstance(transport, httpx.AsyncHTTPTransport)
    if url.scheme == "http" and not is_in_process and not is_loopback(url.host):
        raise ConfigError(f"http://{_host(url)} would send the token in the clear; use https://{_host(url)}")
    return url


def _tls(base: httpx.URL, ca_file: Path | None) -> ssl.SSLContext | bool:
    """Choose whom to trust; plain http needs nobody, and reading the usual list takes a while."""
    if base.scheme == "http":
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca_file is None:
        return True
    try:
        return ssl.create_default_context(cafile=str(ca_file))
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"{ca_file}: not a certificate file that can be read ({error})") from error


def _origin(url: httpx.URL) -> tuple[str, str, int | None, bytes]:
    return url.scheme, url.host, url.port, url.userinfo


def _host(url: httpx.URL) -> str:
    return url.netloc.decode("ascii")


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _user_agent() -> str:
    try:
        return f"plansync/{version('plansync')}"
    except PackageNotFoundError:
        return "plansync/0"
