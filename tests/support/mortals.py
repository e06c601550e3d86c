"""The other end of `dying.py`: start it, ask for runs, read what they said."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.support.canary import assert_untold
from tests.support.people import LIMIT_S, Copy, Ran

PROGRAM = Path(__file__).with_name("dying.py")
KILLED = -9


@dataclass(frozen=True)
class Meanwhile:
    """A run in another working copy, in the middle of one; or what somebody does there with another `program`."""

    copy: Copy
    arguments: tuple[str, ...]
    program: tuple[str, ...] = ()

    def wish(self) -> dict[str, Any]:
        where = {"cwd": str(self.copy.folder), "env": self.copy.env}
        own = (sys.executable, "-m", "plansync", *self.arguments, *self.copy.flags)
        return {"words": (*self.program, *self.arguments) if self.program else own, "where": where}


class Mortals:
    """Runs of the command that may be told where to die."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._trace = folder / "trace"
        self.took_s = 0.0
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Mortals:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def run(
        self,
        copy: Copy,
        arguments: Sequence[str],
        dies_at: int = 0,
        meanwhile: Meanwhile | None = None,
        lives_s: float = LIMIT_S,
        *,
        among_files: str = "",
    ) -> Ran:
        """Run the command in a working copy, to its end or to its death at a point, or after so many seconds.

        `among_files`: the points are its changes to files of the copy whose names match this, not what a sync passes.
        `meanwhile`: what is run in another working copy at the point `dies_at`, where this run then lives on.
        """
        out, err = self.folder / "out", self.folder / "err"
        self._trace.write_text("")
        wish = {
            "arguments": [*arguments, *copy.flags],
            "folder": str(copy.folder),
            "env": copy.env,
            "out": str(out),
            "err": str(err),
            "trace": str(self._trace),
            "dies_at": dies_at,
            "meanwhile": meanwhile.wish() if meanwhile else None,
            "lives_s": lives_s,
            "among_files": among_files,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps(wish)}\n")
        self._process.stdin.flush()
        code, self.took_s = (float(word) for word in self._process.stdout.readline().split())
        assert self.took_s < LIMIT_S, f"it hung: plansync {' '.join(arguments)}\n{err.read_text()}"
        ran = Ran(tuple(arguments), int(code), out.read_text(), err.read_text())
        assert_untold(ran.out + ran.err, copy.env)
        return ran

    def points(self) -> list[str]:
        """Name the points that the last run passed."""
        return self._trace.read_text().splitlines()
