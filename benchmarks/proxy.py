"""A proxy on loopback that lets each round trip take longer, and counts what passes.

It speaks as much HTTP/1.1 as plansync and the sandbox do: one exchange at a time on a connection, bodies
with a length. Requests pass unchanged, their `host` too, so that the links in an answer lead back here.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import NamedTuple


class Message(NamedTuple):
    """A request or an answer as it arrived; `first` is its first line in words."""

    first: list[str]
    content: bytes


class Proxy:
    """Passes everything on to one port of this machine. `seen` counts (method, status)."""

    def __init__(self, port: int, latency_s: float) -> None:
        self.target, self.latency_s = port, latency_s
        self.seen: Counter[tuple[str, int]] = Counter()
        self.port = 0

    async def serve(self, is_open: asyncio.Event) -> None:
        """Pass on until cancelled."""
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        is_open.set()
        async with server:
            await server.serve_forever()

    async def _talk(self, client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        there, forth = await asyncio.open_connection("127.0.0.1", self.target)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                asked = await _read(client, is_bare=False)
                await asyncio.sleep(self.latency_s)
                if there.at_eof():  # the server lets go of a connection on which nothing came for a while
                    there, forth = await asyncio.open_connection("127.0.0.1", self.target)
                forth.write(asked.content)
                said = await _read(there, is_bare=asked.first[0] == "HEAD")
                self.seen[asked.first[0], int(said.first[1])] += 1
                back.write(said.content)
                await back.drain()
        for writer in (forth, back):
            writer.close()

    def taken(self) -> Counter[tuple[str, int]]:
        """Give what was counted since it was last asked for."""
        found, self.seen = self.seen, Counter()
        return found


async def _read(stream: asyncio.StreamReader, *, is_bare: bool) -> Message:
    """Read one message whole; `is_bare`: whatever its length says, it has no body."""
    head = await stream.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    if "transfer-encoding" in headers:
        raise ValueError("this proxy passes bodies with a length only")
    first = lines[0].split()
    has_none = is_bare or first[1] in ("204", "304")
    body = b"" if has_none else await stream.readexactly(int(headers.get("content-length", 0)))
    return Message(first, head + body)


@contextmanager
def opened(port: int, latency_s: float) -> Iterator[Proxy]:
    """Run a proxy to a port in a thread of its own while the block lasts."""
    proxy, loop = Proxy(port, latency_s), asyncio.new_event_loop()
    is_open = asyncio.Event()
    thread = Thread(target=loop.run_until_complete, args=(_until_stopped(proxy, is_open),), daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(is_open.wait(), loop).result(5)
    try:
        yield proxy
    finally:
        for task in asyncio.all_tasks(loop):
            loop.call_soon_threadsafe(task.cancel)
        thread.join(5)


async def _until_stopped(proxy: Proxy, is_open: asyncio.Event) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        await proxy.serve(is_open)
