"""The command on a terminal: what a person sees there, and what they type."""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
import time
from collections.abc import Sequence
from subprocess import Popen

from tests.support.canary import assert_untold
from tests.support.people import LIMIT_S, Copy


class Terminal:
    """A run of the command whose input and output are a terminal, which is read as it comes."""

    def __init__(self, copy: Copy, arguments: Sequence[str]) -> None:
        self._ours, theirs = pty.openpty()
        argv = [sys.executable, "-m", "plansync", *arguments, *copy.flags]
        self._env = {**copy.env, "TERM": "xterm", "COLUMNS": "200"}
        self._process = Popen(
            argv,
            cwd=copy.folder,
            env=self._env,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self.seen = ""

    def until(self, text: str) -> str:
        """Read until a text was shown; returns all that was."""
        while text not in self.seen:
            assert self._read(), f"{text!r} was never shown:\n{self.seen}"
        return self.seen

    def more(self) -> bool:
        """Read what comes next; says whether anything did."""
        return self._read()

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    def end(self) -> int:
        """Read to the end; returns the exit code."""
        while self._read():
            pass
        os.close(self._ours)
        assert_untold(self.seen, self._env)
        return self._process.wait(LIMIT_S)

    def _read(self) -> bool:
        """Read what is there, or comes; says whether anything did."""
        end = time.monotonic() + LIMIT_S
        while time.monotonic() < end:
            if select.select([self._ours], [], [], 0.05)[0]:
                try:
                    part = os.read(self._ours, 65_536)
                except OSError:  # nobody holds the other end any more
                    return False
                self.seen += part.decode(errors="replace")
                return bool(part)
        return False
