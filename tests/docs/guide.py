"""A page of instructions, followed: its command lines are typed in their order, and end as the page says."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.docs.pages import fenced
from tests.docs.reference import ANY, ENDS

_ENDS = re.compile(r"#.*?\bends with (\d+)")
Shell = Callable[..., "subprocess.CompletedProcess[str]"]


class Guide:
    """The blocks of commands of one page, run one after the other as a reader runs them.

    `swaps`: what stands on the page for what is there, such as an address or an id. A line whose comment says
    `ends with 4` has to end so, any other one with 0.
    """

    def __init__(self, page: str, shell: Shell, folder: Path, env: Mapping[str, str]) -> None:
        self.page, self.shell, self.folder, self.env = page, shell, folder, dict(env)
        self.blocks = fenced(page, "sh")
        self.swaps: dict[str, str] = {}

    def follow(self) -> dict[str, str]:
        """Run the next block; returns what each of its lines printed, by the line as it stands on the page."""
        said = {}
        for line in self.blocks.pop(0).splitlines():
            if not line or line.startswith("#"):
                continue
            said[line.partition("  #")[0].rstrip()] = self._run(line)
        return said

    def _run(self, line: str) -> str:
        typed = line
        for shown, real in self.swaps.items():
            typed = typed.replace(shown, real)
        done = self.shell(typed, self.folder, self.env)
        found = _ENDS.search(line)
        told = f"{self.page}: {typed}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == (int(found[1]) if found else 0), f"ended with {done.returncode}: {told}"
        verb = verb_of(line)
        assert not verb or done.returncode in {*ANY, *ENDS[verb]}, told
        return done.stdout

    @property
    def is_over(self) -> bool:
        """Whether no block is left."""
        return not self.blocks


def verb_of(line: str) -> str:
    """Say which command of plansync a line runs, empty for another program."""
    words = shlex.split(line, comments=True)
    if "plansync" not in words:
        return ""
    rest = words[words.index("plansync") + 1 :]
    return next((name for name in (" ".join(rest[:2]), *rest[:1]) if name in ENDS), "")
