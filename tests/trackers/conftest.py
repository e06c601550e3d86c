"""A tracker on loopback that answers as it is told, faults included, and remembers what it was asked."""

from __future__ import annotations

import json
import socket
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from plansync.trackers.http import Http, Token

SECRET = "ghp_canary0123456789"
NOW_S = 1_700_000_000.0
PATIENCE_S = 30.0
"""How long a connection waits for a server that answers: long enough for a machine that is busy."""
IMPATIENCE_S = 0.3
"""How long it waits for an answer that never comes."""


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: Any

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))


@dataclass(frozen=True)
class Reply:
    """One answer, or the lack of one."""

    status: int = 200
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    fault: str = ""


class FaultServer:
    """Give the replies in the order they were scripted; a script that is over answers 418."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._script: deque[Reply] = deque()
        self._is_closing = Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, args=(0.005,), daemon=True)
        self._thread.start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def says(self, body: Any = None, status: int = 200, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        content = b"" if status in (204, 304) else json.dumps(body).encode()
        self._script.append(Reply(status, content, {"content-type": "application/json"} | named))

    def says_text(self, text: str, status: int = 200, content_type: str = "text/html") -> None:
        self._script.append(Reply(status, text.encode(), {"content-type": content_type}))

    def hangs(self) -> None:
        """Take the request and never answer."""
        self._script.append(Reply(fault="hang"))

    def hangs_up(self) -> None:
        """Take the request and close the connection."""
        self._script.append(Reply(fault="close"))

    def stops_halfway(self) -> None:
        """Send the beginning of a body, then close the connection."""
        self._script.append(Reply(content=b'[{"number": 1, "ti', fault="cut"))

    @property
    def will_hang(self) -> bool:
        return any(reply.fault == "hang" for reply in self._script)

    def next_reply(self) -> Reply:
        return self._script.popleft() if self._script else Reply(418, b'{"message": "the script is over"}')

    def wait_for_the_end(self) -> None:
        self._is_closing.wait(10)

    def close(self) -> None:
        self._is_closing.set()
        self._server.shutdown()
        self._server.server_close()


def _handler(server: FaultServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            sent = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.asked.append(Asked(self.command, self.path, headers, json.loads(sent) if sent else None))
            reply = server.next_reply()
            if reply.fault == "hang":
                server.wait_for_the_end()
            if reply.fault in ("hang", "close"):
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(reply.content) + (50 if reply.fault else 0)))
            self.end_headers()
            self.wfile.write(reply.content)
            self.close_connection = bool(reply.fault)

        def log_message(self, format: str, *args: Any) -> None:
            """Keep quiet."""

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        setattr(Handler, f"do_{method}", Handler.answer)
    return Handler


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def server() -> Iterator[FaultServer]:
    started = FaultServer()
    yield started
    started.close()


@pytest.fixture
def elsewhere() -> Iterator[FaultServer]:
    """Another host, which must never be asked anything."""
    started = FaultServer()
    yield started
    started.close()


@pytest.fixture
def refused_url() -> str:
    """An address where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def slept() -> list[float]:
    """How long each wait would have been; no test waits."""
    return []


@pytest.fixture
def reach(slept: list[float]) -> dict[str, Any]:
    """What every connection of these tests has in common."""

    async def sleep(wait_s: float) -> None:
        slept.append(wait_s)

    return {"token": Token(SECRET, "GH_TOKEN"), "sleep": sleep, "now": lambda: NOW_S, "timeout_s": PATIENCE_S}


@pytest.fixture
async def http(
    anyio_backend: str, server: FaultServer, reach: dict[str, Any]
) -> AsyncIterator[Callable[..., Http]]:
    """Open connections to the server; arguments win over the usual ones."""
    opened: list[Http] = []

    def make(**given: Any) -> Http:
        waits = {"timeout_s": IMPATIENCE_S} if server.will_hang else {}
        opened.append(Http(**{"base_url": server.url, **reach, **waits, **given}))
        return opened[-1]

    yield make
    for each in opened:
        await each.aclose()
