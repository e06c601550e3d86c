"""The sandbox behind a server of the tests, which looks at all that passes, or lags as a replica does.

GitHub may answer a read from a copy that has not heard of the last writes: a listing is stale, and an
issue that was just made is a 404. Nobody who uses the sandbox wants that, so it is played here.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from threading import Thread

import httpx
import uvicorn
from starlette.types import Receive, Scope, Send

from plansync.sandbox.app import API_PATH, REPO, TOKEN, app
from plansync.sandbox.records import Records
from tests.support.people import Place
from tests.support.sandbox import copy_records

Look = Callable[[httpx.Request, httpx.Response], None]
_HOST = "127.0.0.1"


class Front:
    """Serves the sandbox on loopback, from a thread.

    `root`: the path that GitLab's dialect is installed under. `look`: is shown each request with its answer; what it
    raises is kept in `found`. `lag`: so many reads after a write are answered as if it had not been made; `stale`
    counts them.
    """

    def __init__(self, folder: Path, look: Look | None = None, *, root: str = "") -> None:
        self.look, self.lag, self.stale = look, 0, 0
        self.found: list[Exception] = []
        self.asked: list[tuple[str, str, int]] = []
        self._left, self._numbers = 0, count()
        self._paths = folder / "records.db", folder / "replica.db"
        self._records = [Records(path) for path in self._paths]
        self._doors = [httpx.ASGITransport(app(each, token=TOKEN, root=root)) for each in self._records]
        self.empty = self.remember()
        config = uvicorn.Config(
            self._serve, _HOST, 0, interface="asgi3", log_config=None, lifespan="off", ws="none"
        )
        self._server = uvicorn.Server(config)
        self._thread = Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.01)

    @property
    def place(self) -> Place:
        return Place(f"{self.host}{API_PATH}", TOKEN, REPO)

    @property
    def records(self) -> Records:
        """What is served; the tests of one process may write to it while nothing is asked."""
        return self._records[0]

    @property
    def host(self) -> str:
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://{_HOST}:{port}"

    def remember(self) -> Path:
        kept = self._paths[0].with_name(f"{next(self._numbers)}.kept")
        copy_records(self._paths[0], kept)
        return kept

    def restore(self, kept: Path) -> None:
        """Put records back, and begin anew: no lag, and nothing was asked or found."""
        copy_records(kept, self._paths[0])
        self._left = self.lag = self.stale = 0
        self.asked.clear()
        self.found.clear()

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        for each in self._records:
            each.close()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = await _request(scope, receive)
        answer = await self._door(request.method == "GET").handle_async_request(request)
        await answer.aread()
        self.asked.append((request.method, request.url.path, answer.status_code))
        try:
            if self.look is not None:
                self.look(request, answer)
        except AssertionError as error:
            self.found.append(error)
        headers = [(name.lower(), value) for name, value in answer.headers.raw]
        await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": answer.content})

    def _door(self, is_read: bool) -> httpx.ASGITransport:
        """Choose the records that answer: those of before the last writes, or those of now."""
        if is_read:
            is_stale = self._left > 0
            self._left -= is_stale
            self.stale += is_stale
            return self._doors[is_stale]
        if self.lag and not self._left:
            copy_records(*self._paths)
        self._left = self.lag
        return self._doors[0]


async def _request(scope: Scope, receive: Receive) -> httpx.Request:
    body, more = b"", True
    while more:
        part = await receive()
        body, more = body + part.get("body", b""), part.get("more_body", False)
    host = dict(scope["headers"])[b"host"].decode()
    query = f"?{scope['query_string'].decode()}" if scope["query_string"] else ""
    address = f"http://{host}{scope['raw_path'].decode()}{query}"
    return httpx.Request(scope["method"], address, headers=scope["headers"], content=body)
