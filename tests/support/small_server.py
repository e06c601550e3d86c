"""A second tracker: the least that a GitHub-compatible server can be, and it misbehaves on demand.

Documented REST only: a repository, its milestones and issues, pages with `Link`. No ETag, no GraphQL,
no sub-issues, no dependencies, no addresses of pages, no field that nobody asked for. It shares no
line with plansync's own sandbox.
"""

from __future__ import annotations

import copy
import json
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.support.people import Place

REPO = "kitchen/recipes"
TOKEN = "token-of-the-small-server"
HANG_MAX_S = 60.0

Json = dict[str, Any]


@dataclass(frozen=True)
class Says:
    """An answer as ordered, instead of doing what was asked, or after it."""

    status: int
    message: str = "as the test ordered"
    headers: dict[str, str] = field(default_factory=dict)
    more: Json = field(default_factory=dict)
    raw: str = ""
    is_applied: bool = False


class Fault(Enum):
    """Ways to misbehave; a plain number is a status to refuse with."""

    APPLY_AND_DROP = "do what was asked, then close the connection without an answer"
    DROP = "close the connection and do nothing"
    HANG = "take the request, and never answer"
    TRUNCATE = "answer with the first half of the JSON"


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    body: Any

    @property
    def is_write(self) -> bool:
        return self.method != "GET"


@dataclass
class _Trap:
    fault: Fault | Says | int
    method: str
    path: re.Pattern[str]
    after: int
    times: int


@dataclass
class Records:
    """All that the tracker knows."""

    milestones: list[Json] = field(default_factory=list)
    issues: list[Json] = field(default_factory=list)
    clock: int = 0


class SmallServer:
    """Serves one repository on loopback, from a thread of the test.

    `has_dates`: whether records say when they changed. `page_max`: how many of them a page holds. `home`: what is
    said of the repository besides its name. `former`: the name that it had before, which leads to its address by id.
    """

    def __init__(
        self, *, has_dates: bool = True, page_max: int = 100, tls: ssl.SSLContext | None = None
    ) -> None:
        self.has_dates, self.page_max = has_dates, page_max
        self.records, self.empty = Records(), Records()
        self.home: Json = {}
        self.former = ""
        self.asked: list[Asked] = []
        self.traps: list[_Trap] = []
        self.lock, self.is_closing = Lock(), Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = Thread(target=self._server.serve_forever, args=(0.005,), daemon=True)
        self._thread.start()

    @property
    def place(self) -> Place:
        return Place(self.url, TOKEN, REPO)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def writes(self) -> list[Asked]:
        return [each for each in self.asked if each.is_write]

    def misbehave(
        self,
        fault: Fault | Says | int,
        method: str = "[A-Z]+",
        path: str = ".*",
        *,
        after: int = 0,
        times: int = 999,
    ) -> None:
        """Answer requests that match with a fault, `times` times, the first `after` of them left alone."""
        self.traps.append(_Trap(fault, method, re.compile(path), after, times))

    def behave(self) -> None:
        self.traps.clear()

    def remember(self) -> Records:
        return copy.deepcopy(self.records)

    def restore(self, records: Records) -> None:
        """Put records back, and begin anew: no fault is set, nothing was asked."""
        self.records = copy.deepcopy(records)
        self.asked.clear()
        self.home, self.former = {}, ""
        self.behave()

    def close(self) -> None:
        """Be gone: from now on nobody listens at this address."""
        self.is_closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    # what a handler asks

    def fault(self, asked: Asked) -> Fault | Says | int | None:
        for trap in self.traps:
            if re.fullmatch(trap.method, asked.method) and trap.path.search(asked.path):
                if trap.after:
                    trap.after -= 1
                elif trap.times:
                    trap.times -= 1
                    return trap.fault
        return None

    def answer(self, asked: Asked, query: dict[str, str]) -> tuple[int, Any]:
        """Do what was asked; returns status and content."""
        if f"{asked.method} {asked.path}" == f"GET {_PATH}":
            return 200, {"full_name": REPO, "name": REPO.partition("/")[2], **self.home}
        for pattern, does in _ROUTES:
            found = re.fullmatch(pattern, f"{asked.method} {asked.path}")
            if found:
                return does(self.records, [int(n) for n in found.groups()], asked.body, query)
        return 404, {"message": "Not Found"}


Doing = Callable[[Records, list[int], Any, dict[str, str]], tuple[int, Any]]


def _user(records: Records, numbers: list[int], body: Any, query: dict[str, str]) -> tuple[int, Any]:
    return 200, {"login": "ada"}


def _branch(records: Records, numbers: list[int], body: Any, query: dict[str, str]) -> tuple[int, Any]:
    return 200, {"name": "main", "protected": True}


def _list_milestones(
    records: Records, numbers: list[int], body: Any, query: dict[str, str]
) -> tuple[int, Any]:
    return 200, [m for m in records.milestones if query.get("state", "open") in ("all", m["state"])]


def _list_issues(records: Records, numbers: list[int], body: Any, query: dict[str, str]) -> tuple[int, Any]:
    wanted = {name for name in query.get("labels", "").split(",") if name}
    found = [
        i
        for i in records.issues
        if query.get("state", "open") in ("all", i["state"]) and wanted <= {x["name"] for x in i["labels"]}
    ]
    by = "updated_at" if query.get("sort") == "updated" else "created_at"
    found.sort(key=lambda i: (i[by], i["number"]), reverse=query.get("direction", "desc") == "desc")
    return 200, found


def _make_milestone(
    records: Records, numbers: list[int], body: Any, query: dict[str, str]
) -> tuple[int, Any]:
    if any(m["title"] == body["title"] for m in records.milestones):
        return _invalid("Milestone", "title", "already_exists")
    made = {
        "number": len(records.milestones) + 1,
        "title": body["title"],
        "state": body.get("state", "open"),
        "description": body.get("description"),
    }
    records.milestones.append(touched(records, made, is_new=True))
    return 201, made


def _make_issue(records: Records, numbers: list[int], body: Any, query: dict[str, str]) -> tuple[int, Any]:
    made: Json = {"number": len(records.issues) + 1, "state": "open", "state_reason": None, "labels": []}
    made |= {"title": body["title"], "body": body.get("body"), "milestone": None}
    refused = _write_issue(records, made, body)
    if refused:
        return refused
    records.issues.append(touched(records, made, is_new=True))
    return 201, made


def _show_milestone(
    records: Records, numbers: list[int], body: Any, query: dict[str, str]
) -> tuple[int, Any]:
    return _shown(records.milestones, numbers[0])


def _show_issue(records: Records, numbers: list[int], body: Any, query: dict[str, str]) -> tuple[int, Any]:
    return _shown(records.issues, numbers[0])


def _edit_milestone(
    records: Records, numbers: list[int], body: Any, query: dict[str, str]
) -> tuple[int, Any]:
    status, found = _shown(records.milestones, numbers[0])
    if status == 200:
        found |= {name: body[name] for name in ("title", "state", "description") if name in body}
        touched(records, found)
    return status, found


def _edit_issue(records: Records, numbers: list[int], body: Any, query: dict[str, str]) -> tuple[int, Any]:
    status, found = _shown(records.issues, numbers[0])
    if status == 200:
        refused = _write_issue(records, found, body)
        if refused:
            return refused
        touched(records, found)
    return status, found


def _write_issue(records: Records, issue: Json, body: Any) -> tuple[int, Any] | None:
    if (number := body.get("milestone")) is not None:
        status, milestone = _shown(records.milestones, number)
        if status != 200:
            return _invalid("Issue", "milestone", "invalid")
        issue["milestone"] = milestone
    elif "milestone" in body:
        issue["milestone"] = None
    issue |= {name: body[name] for name in ("title", "body") if name in body}
    if "labels" in body:
        issue["labels"] = [{"name": name} for name in body["labels"]]
    if "state" in body:
        reason = body.get("state_reason") or ("completed" if body["state"] == "closed" else "reopened")
        issue |= {"state": body["state"], "state_reason": reason}
    return None


def _shown(records: list[Json], number: int) -> tuple[int, Any]:
    return (200, records[number - 1]) if 0 < number <= len(records) else (404, {"message": "Not Found"})


def _invalid(resource: str, name: str, code: str) -> tuple[int, Any]:
    errors = [{"resource": resource, "field": name, "code": code}]
    return 422, {"message": "Validation Failed", "errors": errors}


def touched(records: Records, record: Json, *, is_new: bool = False) -> Json:
    """Note when a record changed; a second a change, so that an order can be told."""
    records.clock += 1
    minutes, seconds = divmod(records.clock, 60)
    now = f"2026-11-24T{9 + minutes // 60:02}:{minutes % 60:02}:{seconds:02}Z"
    record |= {"updated_at": now} | ({"created_at": now} if is_new else {})
    return record


_PATH = f"/repos/{REPO}"
_BY_ID = "/repositories/42"
_AT = re.escape(_PATH)
_ROUTES: list[tuple[str, Doing]] = [
    ("GET /user", _user),
    (f"GET {_AT}/branches/main", _branch),
    (f"GET {_AT}/milestones", _list_milestones),
    (f"POST {_AT}/milestones", _make_milestone),
    (rf"GET {_AT}/milestones/(\d+)", _show_milestone),
    (rf"PATCH {_AT}/milestones/(\d+)", _edit_milestone),
    (f"GET {_AT}/issues", _list_issues),
    (f"POST {_AT}/issues", _make_issue),
    (rf"GET {_AT}/issues/(\d+)", _show_issue),
    (rf"PATCH {_AT}/issues/(\d+)", _edit_issue),
]


def said(answer: Says) -> bytes:
    """The bytes of an answer as ordered."""
    return answer.raw.encode() or json.dumps({"message": answer.message, **answer.more}).encode()


def _handler(server: SmallServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def take(self) -> None:
            sent = self.rfile.read(int(self.headers.get("content-length", 0)))
            split = urlsplit(self.path)
            path = re.sub(f"^{_BY_ID}(?=/|$)", _PATH, split.path.removeprefix("/api/v3"))
            asked = Asked(self.command, path, json.loads(sent) if sent else None)
            query = dict(parse_qsl(split.query))
            with server.lock:
                server.asked.append(asked)
                fault = server.fault(asked) or self.forwarded(split.path.removeprefix("/api/v3"))
                status, content = self.outcome(asked, query, fault)
                headers, content = self.paged(content, split.path, query)
                raw = json.dumps(self.dressed(content)).encode()
                if isinstance(fault, Says):
                    status, headers, raw = fault.status, fault.headers, said(fault)
            if fault is Fault.HANG:
                server.is_closing.wait(HANG_MAX_S)
            if fault in (Fault.HANG, Fault.DROP, Fault.APPLY_AND_DROP):
                self.close_connection = True
                return
            self.say(status, headers, raw[: len(raw) // 2] if fault is Fault.TRUNCATE else raw)

        def forwarded(self, path: str) -> Says | None:
            """Lead the name that the repository had to the address that it keeps."""
            before = f"/repos/{server.former}"
            if not server.former or not path.startswith(before):
                return None
            status = 301 if self.command == "GET" else 307
            place = f"{server.url}{_BY_ID}{self.path.removeprefix('/api/v3').removeprefix(before)}"
            return Says(status, "Moved Permanently", {"location": place})

        def outcome(
            self, asked: Asked, query: dict[str, str], fault: Fault | Says | int | None
        ) -> tuple[int, Any]:
            if isinstance(fault, int):
                return fault, {"message": "as the test ordered"}
            if fault in (Fault.HANG, Fault.DROP) or (isinstance(fault, Says) and not fault.is_applied):
                return 0, None
            if self.headers.get("authorization") not in (f"Bearer {TOKEN}", f"token {TOKEN}"):
                return 401, {"message": "Bad credentials"}
            return server.answer(asked, query)

        def paged(self, content: Any, path: str, query: dict[str, str]) -> tuple[dict[str, str], Any]:
            if not isinstance(content, list):
                return {}, content
            size = min(int(query.get("per_page", 30)), server.page_max)
            page = int(query.get("page", 1))
            part = content[(page - 1) * size : page * size]
            if page * size >= len(content):
                return {}, part
            follow = f"{server.url}{path}?{urlencode({**query, 'page': page + 1})}"
            return {"link": f'<{follow}>; rel="next"'}, part

        def dressed(self, content: Any) -> Any:
            if server.has_dates or content is None:
                return content
            if isinstance(content, list):
                return [self.dressed(each) for each in content]
            shown = {
                name: value for name, value in content.items() if name not in ("created_at", "updated_at")
            }
            return {**shown, "milestone": self.dressed(shown["milestone"])} if "milestone" in shown else shown

        def say(self, status: int, headers: dict[str, str], raw: bytes) -> None:
            self.send_response(status)
            for name, value in {"content-type": "application/json; charset=utf-8", **headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:
            """Keep quiet."""

    for method in ("GET", "POST", "PATCH", "PUT", "DELETE"):
        setattr(Handler, f"do_{method}", Handler.take)
    return Handler
