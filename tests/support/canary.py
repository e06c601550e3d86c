"""A token that must never be seen again: what the command says, and every file that it leaves, is searched for it."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path

CANARY = "ghp_canary1Vw7dRk3Zq9mXsT5"
"""The token of the sandbox that tests talk to. A person's would look like it."""
_HELD_IN = ("TOKEN",)
_SHORTEST = 12
"""A shorter one may be a word that has every right to be said."""


def tokens(env: Mapping[str, str]) -> set[str]:
    """List the tokens that an environment gives to a run."""
    held = {value.strip() for name, value in env.items() if name.endswith(_HELD_IN)}
    return {token for token in held if len(token) >= _SHORTEST}


def assert_untold(said: str, env: Mapping[str, str]) -> None:
    """Look that a run said none of its tokens."""
    told = [token for token in tokens(env) if token in said]
    assert not told, f"a token was told:\n{said}"


def leaks(folder: Path, secrets: set[str]) -> list[str]:
    """Name the files below a folder that hold a token: as it is, or in a row or a packed text of a database."""
    wanted = [secret.encode() for secret in secrets]
    return [
        str(path)
        for path in folder.rglob("*")
        if path.is_file() and any(secret in content for content in _contents(path) for secret in wanted)
    ]


def _contents(path: Path) -> Iterator[bytes]:
    content = path.read_bytes()
    yield content
    if content.startswith(b"SQLite format 3"):
        yield from _values(path)


def _values(path: Path) -> Iterator[bytes]:
    """Read every value of a database, as it is and unpacked."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type='table'").fetchall():
            for row in db.execute(f'SELECT * FROM "{table}"'):  # the names are of the file itself
                for value in row:
                    raw = value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
                    yield raw
                    with suppress(zlib.error):
                        yield zlib.decompress(raw)
