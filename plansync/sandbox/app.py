"""The embedded tracker as one ASGI application: GitHub's API, GitLab's, and the board at `/`.

Composes and decides nothing. Needs no lifespan and no threads, so that it also runs inside a
command, behind httpx's ASGI transport.
"""

from __future__ import annotations

from typing import Final

from starlette.applications import Starlette
from starlette.routing import Mount

from plansync.sandbox import board, github, gitlab
from plansync.sandbox.guard import LoopbackOnly
from plansync.sandbox.records import Records

TOKEN: Final = "sandbox"
"""The one token. No secret: the sandbox listens on loopback and holds what may be lost."""
REPO: Final = "local/plans"
API_PATH: Final = "/api/v3"
GITLAB_PATH: Final = "/api/v4"


def app(records: Records, *, token: str = TOKEN, repo: str = REPO, root: str = "") -> Starlette:
    """Build the application over open records; `root`: the path that GitLab is installed under, as `/sub`."""
    pages = LoopbackOnly(board.board(records, repo=repo))
    return Starlette(
        routes=[
            Mount(API_PATH, app=github.api(records, token=token, repo=repo)),
            Mount(root + GITLAB_PATH, app=gitlab.api(records, token=token, project=repo, prefix=root)),
            *([Mount(root, app=pages)] if root else []),
            Mount("/", app=pages),
        ]
    )
