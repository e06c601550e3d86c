"""From an answer, or the lack of one, to the error that it means. Sends nothing, and never tells the token."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple, NoReturn

from plansync.errors import (
    AuthError,
    Locked,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    TrackerError,
    Unavailable,
)
from plansync.text import cut, one_line, visible
from plansync.trackers.refusals import is_limit, is_lock, refusal_words, wait_before_next, when
from plansync.trackers.token import Token

REDIRECTS = frozenset({301, 302, 307, 308})
NOT_JSON = object()
"""The body of an answer that is no JSON."""

_SAID_MAX = 400


class Asked(NamedTuple):
    """One request, as far as an error tells of it. `name`: `POST /repos/a/b at HOST`."""

    name: str
    is_read: bool
    accept: Collection[int] = ()


class Heard(NamedTuple):
    """One answer. `headers` have lower-case names; `text` is what it says where it is no JSON."""

    status: int
    headers: Mapping[str, str]
    body: object
    text: str = ""


class Verdicts:
    """Says what answers mean, for one token.

    `sign_in`: what to do about a refused or missing token; `rights`: what a token needs that may read and not write.
    """

    def __init__(self, token: Token | None, sign_in: str, rights: str) -> None:
        self._token, self._sign_in, self._rights = token, sign_in, rights

    def judge(self, asked: Asked, heard: Heard, attempt: int, now_s: float) -> None:
        """Raise what the answer means, unless it is a success, a redirect or accepted."""
        status, headers = heard.status, heard.headers
        said = self.said(heard.text if heard.body is NOT_JSON else refusal_words(heard.body))
        if is_limit(status, headers, said):
            wait_s = wait_before_next(headers, said, attempt, now_s)
            told = f"refused for the pace of requests ({status}: {said or 'no reason given'})"
            raise RateLimited(
                f"{asked.name}: {told}; run again {when(wait_s, now_s)}", wait_s, _request_id(headers)
            )
        if status in asked.accept or status in REDIRECTS:
            return
        if not 200 <= status < 300:
            self._refuse(asked, heard, said)
        if heard.body is NOT_JSON:
            raise lost(asked, f"answered {status} with something that is not JSON", _request_id(headers))

    def _refuse(self, asked: Asked, heard: Heard, said: str) -> NoReturn:
        status, named = heard.status, _request_id(heard.headers)
        told = f"{status}: {said}" if said else str(status)
        match status:
            case 401:
                raise AuthError(f"{asked.name}: {self._sign_in_words()} ({told})", named)
            case 403:
                advice = self._permission_words(heard.headers)
                raise AuthError(f"{asked.name}: not allowed ({told}); {advice}", named)
            case 404:
                raise NotFound(f"{asked.name}: not found ({told}), or this token may not see it", named)
            case 408:
                raise lost(asked, f"answered {told}", named)
            case _ if is_lock(status, said):
                raise Locked(
                    f"{asked.name}: another write held it ({told}); run again, nothing was lost", named
                )
            case _ if 400 <= status < 500:
                raise Rejected(f"{asked.name}: refused ({told})", named)
            case _:
                raise lost(asked, f"answered {told}", named)

    def _sign_in_words(self) -> str:
        if self._token is None:
            return f"this needs a token; {self._sign_in}"
        return f"the token from {self._token.source} was not accepted; it may have expired: {self._sign_in}"

    def _permission_words(self, headers: Mapping[str, str]) -> str:
        needed = self.said(headers.get("x-accepted-github-permissions", ""))
        if self._token is None:
            return self._sign_in
        return f"give the token from {self._token.source} more rights: it needs {needed or self._rights}"

    def fault(self, asked: Asked, why: str, said: str, *, is_unsent: bool) -> TrackerError:
        """Say what a request that got no answer means; `said`: what the machine says of it."""
        said = self.said(said)
        told = f"{why}: {said}" if said else why
        if is_unsent:
            advice = "nothing was sent; check the network, proxy and address, then run again"
            return Unavailable(f"{asked.name}: {told}; {advice}")
        return lost(asked, told, "")

    def said(self, text: str) -> str:
        """Clean a foreign text for a message: one line, no control bytes, never our token."""
        if self._token:
            text = text.replace(self._token.reveal(), "***")
        return cut(visible(one_line(text)), _SAID_MAX)


def lost(asked: Asked, why: str, request_id: str) -> TrackerError:
    """Say what a request means of whose outcome nothing is known."""
    if asked.is_read:
        return Unavailable(
            f"{asked.name}: {why}; the tracker gave no usable answer, run again later", request_id
        )
    advice = "it may have been carried out all the same; the next run looks before it writes again"
    return OutcomeUnknown(f"{asked.name}: {why}; {advice}", request_id)


def _request_id(headers: Mapping[str, str]) -> str:
    named = headers.get("x-github-request-id") or headers.get("x-request-id", "")
    return visible(one_line(named))[:80]
