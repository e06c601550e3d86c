"""A secret that shows itself only when asked. Reads nothing and sends nothing."""

from __future__ import annotations

import hashlib

from plansync.errors import ConfigError


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
