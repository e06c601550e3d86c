"""Serve the embedded tracker on loopback until a signal ends it.

Listens on 127.0.0.1 and nowhere else. The address it prints is true: the socket is bound before.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TextIO

import uvicorn

from plansync.errors import ConfigError
from plansync.sandbox.app import API_PATH, GITLAB_PATH, REPO, TOKEN, app
from plansync.sandbox.guard import LoopbackOnly
from plansync.sandbox.kinds import Tier
from plansync.sandbox.records import Records
from plansync.text import in_line

HOST = "127.0.0.1"
_ENDING = (signal.SIGINT, signal.SIGTERM)
_PATIENCE_S = 2


def serve(
    db: Path | None, port: int, *, as_json: bool, out: TextIO, tier: Tier | None = None, root: str = ""
) -> None:
    """Serve until SIGINT or SIGTERM.

    Units: `port` 0 picks a free one; `db` `None` keeps the records in memory; `tier` `None` leaves what its GitLab
    is licensed for; `root` is the path that GitLab is installed under, as `/sub`.
    Raises: `ConfigError` for a port that cannot be had, `StoreError` for records that cannot.
    """
    with closing(_listen(port)) as listening, closing(Records(db)) as records:
        url = f"http://{HOST}:{listening.getsockname()[1]}"
        if tier:
            records.play(tier=tier)
        announcement = _json(url, root) if as_json else _words(url, root, db)
        server = _Server(_config(records, root), lambda: print(announcement, file=out, flush=True))
        asyncio.run(server.serve(sockets=[listening]))


class _Server(uvicorn.Server):
    """Says when it accepts connections, and ends quietly on a signal."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept connections."""
        await super().startup(sockets)
        self._announce()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let a signal end the server; unlike uvicorn's own, do not raise it again afterwards."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in _ENDING}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _config(records: Records, root: str) -> uvicorn.Config:
    return uvicorn.Config(
        LoopbackOnly(app(records, root=root)),
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="none",
        loop="asyncio",
        timeout_graceful_shutdown=_PATIENCE_S,
    )


def _listen(port: int) -> socket.socket:
    # Without its protocol the socket would lose TCP_NODELAY: 44 ms a request.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen()
    except (OSError, OverflowError) as error:
        listening.close()
        raise ConfigError(_no_port(port, error)) from error
    return listening


def _no_port(port: int, error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) else "a port is a number from 0 to 65535"
    return (
        f"Cannot listen on {HOST}:{port}: {reason}. Stop what uses it, or choose another port:"
        " `plansync sandbox --port 0` takes a free one."
    )


def _json(url: str, root: str) -> str:
    github = {"api_url": url + API_PATH, "token": TOKEN, "repo": REPO}
    gitlab = {"api_url": url + root + GITLAB_PATH, "token": TOKEN, "project": REPO}
    return json.dumps({"url": url, "github": github, "gitlab": gitlab})


def _words(url: str, root: str, db: Path | None) -> str:
    kept = in_line(str(db)) if db else "memory only, gone when this ends"
    return (
        f"The sandbox is open: {url}\n"
        f"  Records     {kept}\n"
        f"  GitHub API  {url}{API_PATH} (token {TOKEN}, repository {REPO})\n"
        f"  GitLab API  {url}{root}{GITLAB_PATH} (token {TOKEN}, project {REPO})\n"
        "Nothing leaves this machine. Ctrl+C ends it."
    )
