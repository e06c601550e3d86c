"""A real terminal of 80 columns: what is typed goes through its line discipline, as from a keyboard."""

from __future__ import annotations

import sys
from pathlib import Path

import pexpect

from tests.support.canary import assert_untold
from tests.support.people import LIMIT_S, Copy

COLUMNS = 80


class Screen:
    """A run of the command on a terminal. `errors`: the file that stderr goes to instead; `env`: more than usual."""

    def __init__(self, copy: Copy, *arguments: str, errors: Path | None = None, **env: str) -> None:
        argv = [sys.executable, "-m", "plansync", *arguments, *copy.flags]
        if errors is not None:
            argv = ["/bin/sh", "-c", 'exec "$@" 2>"$0"', str(errors), *argv]
        usual = {name: value for name, value in copy.env.items() if name != "NO_COLOR"}
        self._env = {**usual, "TERM": "xterm-256color", **env}
        self._child: pexpect.spawn[str] = pexpect.spawn(
            argv[0],
            argv[1:],
            cwd=str(copy.folder),
            env=self._env,
            dimensions=(24, COLUMNS),
            encoding="utf-8",
            timeout=LIMIT_S,
        )
        self.seen = ""

    def until(self, text: str) -> str:
        """Read until a text was shown; returns all that was."""
        self._child.expect_exact(text)
        self.seen += f"{self._child.before}{self._child.after}"
        return self.seen

    def answer(self, text: str) -> None:
        """Type a line."""
        self._child.sendline(text)

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self._child.sendintr()

    def end(self) -> int:
        """Read to the end; returns the exit code."""
        self._child.expect(pexpect.EOF)
        self.seen += str(self._child.before)
        self._child.wait()
        self._child.ptyproc.delayafterclose = 0  # type: ignore[attr-defined]  # it has ended: nothing to wait for
        self._child.close()
        assert_untold(self.seen, self._env)
        assert self._child.exitstatus is not None, f"it was killed:\n{self.seen}"
        return self._child.exitstatus
