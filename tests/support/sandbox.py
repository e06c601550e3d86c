"""The embedded tracker as a person starts it: `plansync sandbox`, on a free port, on records of its own."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Unpack

from plansync.sandbox.kinds import TraitChanges
from plansync.sandbox.records import Records
from tests.support.canary import CANARY
from tests.support.people import Place, environment

_PROGRAM = f"""
import functools
from plansync.cli.main import run
from plansync.sandbox import serve

serve.app, serve.TOKEN = functools.partial(serve.app, token={CANARY!r}), {CANARY!r}
run()
"""
"""`plansync sandbox`, but that its token is one to be searched for: its own is a word that is said often."""


class Sandbox:
    """A process that listens; its records can be put back to what they were, as a backup is."""

    def __init__(self, folder: Path) -> None:
        self.records = folder / "records.db"
        argv = [
            sys.executable,
            "-c",
            _PROGRAM,
            "sandbox",
            "--port",
            "0",
            "--db",
            self.records.name,
            "--json",
        ]
        self._process = subprocess.Popen(
            argv, stdout=subprocess.PIPE, text=True, cwd=folder, env=environment(folder)
        )
        assert self._process.stdout is not None
        said = json.loads(self._process.stdout.readline())
        github, gitlab = said["github"], said["gitlab"]
        self.place = Place(github["api_url"], github["token"], github["repo"])
        self.gitlab = Place(gitlab["api_url"], gitlab["token"], gitlab["project"], "gitlab")
        self._numbers = count()
        self.empty = self.remember()

    def remember(self) -> Path:
        kept = self.records.with_name(f"{next(self._numbers)}.kept")
        copy_records(self.records, kept)
        return kept

    def restore(self, kept: Path) -> None:
        copy_records(kept, self.records)

    def delete(self, number: int) -> None:
        """Delete an issue, as the web page of a tracker can."""
        with closing(Records(self.records)) as records:
            records.delete_issue(number)

    def transfer(self, number: int) -> None:
        """Transfer an issue to another repository, as the web page of a tracker can."""
        with closing(Records(self.records)) as records:
            records.transfer_issue(number)

    def play(self, **traits: Unpack[TraitChanges]) -> None:
        """Be another kind of tracker, until the records are put back."""
        with closing(Records(self.records)) as records:
            records.play(**traits)

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


def copy_records(here: Path, there: Path) -> None:
    """Copy records, the way that a process which uses them takes part in."""
    with closing(sqlite3.connect(here)) as source, closing(sqlite3.connect(there)) as target:
        source.backup(target)
